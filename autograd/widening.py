"""bfloat16 is how numbers are kept, float32 how they are computed with.

An operation on bfloat16 runs its forward on float32 copies of the arrays and rounds the result once; so do the formulas
under it, whatever they are made of. What a node keeps is the bfloat16 arrays. Views and copies, which compute nothing,
take them as they are, and so do products and convolutions on a backend whose kernels read bfloat16.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd import dtypes
from autograd.dtypes import BFLOAT16
from autograd.node import Variable
from autograd.plan import ALL, pulled, quickest

if TYPE_CHECKING:
    from autograd.op import Op
    from autograd.plan import Plan, Pull

_FLOAT32 = np.dtype("float32")
_STATISTICS = {"mean", "var"}  # outputs that kernels give in the dtype of their sums


def wide(x: Any) -> Any:
    """A bfloat16 array or tensor in float32; anything else as it is; a list element by element."""
    if isinstance(x, Variable):
        return x.to(dtypes.float32) if x.raw.dtype is BFLOAT16 else x  # type: ignore[attr-defined]
    if type(x) is list:
        return [wide(part) for part in x]
    return x.astype(_FLOAT32) if getattr(x, "dtype", None) is BFLOAT16 else x


def narrow(x: Any) -> Any:
    """A float32 array or tensor in bfloat16; anything else as it is."""
    if isinstance(x, Variable):
        return x.to(dtypes.bfloat16) if x.raw.dtype == _FLOAT32 else x  # type: ignore[attr-defined]
    return x.astype(BFLOAT16) if getattr(x, "dtype", None) == _FLOAT32 else x


def mixed(raws: Sequence[Any]) -> bool:
    """Whether floating arrays of other dtypes are among them, which products refuse."""
    return any(x.dtype is not BFLOAT16 for x in raws if x is not None)


def forward(op: Op, be: Any, raws: Sequence[Any], params: dict[str, Any]) -> Any:
    """The forward on float32 copies; its outputs in bfloat16 where all operands were, or the first floating array."""
    y = op.forward(be, *map(wide, raws), **params)
    if not op.promote:
        first = next(x for x in raws if getattr(x, "dtype", None) is not None and x.dtype.kind in dtypes.INEXACT)
        if first.dtype is not BFLOAT16:
            return y
    if op.several:
        return tuple([part if name in _STATISTICS else narrow(part) for name, part in zip(op.outputs, y, strict=True)])
    return (narrow(y[0]), *y[1:]) if op.kept else narrow(y)


def widened(plan: Plan, lows: int) -> Plan:
    """The plan of a call with gradients computed in float32; bit i of ``lows``: input i is bfloat16."""

    def one(position: int, pull: Callable[..., Any], at: int) -> tuple[int, Pull, int]:
        back: Callable[[Any], Any] = narrow if lows >> position & 1 else lambda x: x

        def run(g: Any, saved: tuple[Any, ...], params: dict[str, Any]) -> Any:
            return back(pulled(pull, at, wide(g), tuple(map(wide, saved)), params))

        return position, run, ALL

    def joint(pull: Pull) -> Pull:
        def all_(g: Any, saved: tuple[Any, ...], params: dict[str, Any]) -> Any:
            grads = pull(wide(g), tuple(map(wide, saved)), params)
            return [narrow(gx) if lows >> i & 1 else gx for i, gx in enumerate(grads)]

        return all_

    plan.steps = tuple([one(*step) for step in plan.steps])
    plan.joint = None if plan.joint is None else joint(plan.joint)
    plan.quick = quickest(plan)
    return plan
