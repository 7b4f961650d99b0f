"""The length of a tensor taken as a vector."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from autograd.op import op
from autograd.ops.arguments import axes_of
from autograd.ops.arithmetic import abs, sign
from autograd.ops.comparison import where
from autograd.ops.extremum import _even
from autograd.ops.out import into
from autograd.ops.power import _pow
from autograd.ops.reduction import as_float, restore
from autograd.ops.rounding import flat

if TYPE_CHECKING:
    from autograd.tensor import Tensor


@op
def _norm(be: Any, x: Any, *, p: float, axes: tuple[int, ...], keepdim: bool) -> Any:
    xp = be.xp
    if p == 2:
        return xp.sqrt((x * x).sum(axes, keepdims=keepdim))
    size = xp.absolute(x)
    if p == math.inf:
        return size.max(axes, keepdims=keepdim)
    if p == -math.inf:
        return size.min(axes, keepdims=keepdim)
    if p == 0:
        return (size != 0).sum(axes, dtype=x.dtype, keepdims=keepdim)
    if p == 1:
        return size.sum(axes, keepdims=keepdim)
    return xp.power(xp.power(size, p).sum(axes, keepdims=keepdim), 1 / p)


def _norm_slope(g: Any, x: Any, y: Any, *, p: float, axes: tuple[int, ...], keepdim: bool) -> Any:
    if p == 0:
        return flat(x)
    g, y = restore(g, x.shape, axes, keepdim), restore(y, x.shape, axes, keepdim)
    if p == 1:
        return g * sign(x)
    if p == 2:
        return g * where(y == 0, 0, x / y)
    if p in (math.inf, -math.inf):
        return g * (sign(x) * _even(abs(x), y, axes=axes))
    direction = where(x == 0, 0, sign(x) * _pow(abs(x), exponent=p - 1))
    return direction * where(y == 0, 0, g * _pow(y, exponent=1 - p))


_norm.grad(x=_norm_slope)


def norm(
    input: Tensor,
    p: Any = "fro",
    dim: Any = None,
    keepdim: bool = False,
    out: Tensor | None = None,
    dtype: Any = None,
) -> Tensor:
    """The length of the vector of all elements, or of those along axes: sum(|x|^p)^(1/p).

    Args:
        input: any shape, floating.
        p: a number (0 counts what is not zero), inf, -inf, or "fro" for 2.
        dim: an axis, several, or None for all.
        keepdim: keep the reduced axes with size 1.
        out: a tensor for the result.
        dtype: cast to it first.

    Returns:
        A tensor of the shape without the reduced axes.

    Raises:
        DtypeError: integers, and no ``dtype``.
        IndexError: no such axis.
        ValueError: "nuc" or another name.

    Example:
        >>> ag.norm(ag.tensor([3.0, 4.0])), ag.norm(ag.tensor([3.0, -4.0]), float("inf"))
        (tensor(5.), tensor(4.))
    """
    order = 2.0 if p is None or p == "fro" else p
    if isinstance(order, str):
        raise ValueError(f"norm: expected p to be a number or 'fro', got {p!r}. See linalg.matrix_norm for 'nuc'")
    x = as_float("norm", input, dtype)
    y = _norm(x, p=float(order), axes=axes_of("norm", dim, x.raw.ndim), keepdim=keepdim)
    return into(out, y, "norm")
