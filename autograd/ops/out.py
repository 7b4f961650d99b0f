"""PyTorch's ``out=``: results written into a tensor that is there already."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autograd.dtypes import FROM_NUMPY
from autograd.errors import DtypeError, GraphError, ShapeError
from autograd.grad_mode import mode
from autograd.op import wrap, written

if TYPE_CHECKING:
    from autograd.tensor import Tensor


def into(out: Tensor | None, y: Any, name: str) -> Any:
    """``y``, written into ``out`` where one is given; an empty ``out`` takes the shape of ``y``.

    Raises:
        GraphError: a gradient would be lost.
        ShapeError: ``out`` has another shape.
        DtypeError: ``out`` cannot hold the result.
    """
    if out is None:
        return y
    if mode.enabled and (y.requires_grad or out.requires_grad):
        raise GraphError(f"{name}: expected no gradients with out=, got a tensor that requires grad. Use no_grad()")
    kind, target = FROM_NUMPY[y.raw.dtype], FROM_NUMPY[out.raw.dtype]
    if kind.category > target.category:
        raise DtypeError(f"{name}: expected an out= that can hold {kind}, got {target}")
    if out.raw.shape == y.raw.shape:
        out.raw[...] = y.raw
    elif not out.raw.size:
        out.raw = y.raw.astype(target.numpy)
    else:
        raise ShapeError(f"{name}: expected an out= of shape {tuple(y.raw.shape)}, got {tuple(out.raw.shape)}")
    written(out, name, None, track=bool(mode.enabled))
    return out


_CHANGE_NOTHING = {"layout", "memory_format", "names", "non_blocking", "pin_memory"}


def fresh(name: str, raw: Any, be: Any, requires_grad: bool, rest: dict[str, Any]) -> Any:
    """What a creation function returns: a tensor around a new array, as a leaf, or in ``out=``, where asked.

    ``rest`` are the function's other keywords.

    Raises:
        TypeError: a keyword that PyTorch does not have either.
    """
    if unknown := rest.keys() - _CHANGE_NOTHING - {"out", "size"}:
        raise TypeError(f"{name}: got an unexpected keyword argument {', '.join(sorted(unknown))}")
    t = into(rest.get("out"), wrap(raw, be), name)
    return t.requires_grad_() if requires_grad else t
