"""Rounding, and numbers in place of what is not one; integers stay as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autograd.op import op, zeros_like_shape
from autograd.ops.comparison import isfinite, where
from autograd.ops.out import into

if TYPE_CHECKING:
    from autograd.tensor import Tensor


def flat(g: Any) -> Any:
    """The gradient of a piecewise constant function: zeros."""
    return zeros_like_shape(g, g.shape)


@op(complex="refused")
def floor(be: Any, input: Any) -> Any:
    """The largest integer not above each element.

    Args:
        input: any shape.

    Returns:
        A tensor of the same shape and dtype.

    Example:
        >>> ag.floor(ag.tensor([-0.5, 1.5]))
        tensor([-1.,  1.])
    """
    return be.xp.floor(input) if input.dtype.kind == "f" else input.copy()


floor.grad(input=flat)


@op(complex="refused")
def ceil(be: Any, input: Any) -> Any:
    """The smallest integer not below each element.

    Args:
        input: any shape.

    Returns:
        A tensor of the same shape and dtype.

    Example:
        >>> ag.ceil(ag.tensor([0.5, 1.5]))
        tensor([1., 2.])
    """
    return be.xp.ceil(input) if input.dtype.kind == "f" else input.copy()


ceil.grad(input=flat)


@op(complex="refused")
def trunc(be: Any, input: Any) -> Any:
    """The integer part of each element.

    Args:
        input: any shape.

    Returns:
        A tensor of the same shape and dtype.

    Example:
        >>> ag.trunc(ag.tensor([-1.5, 1.5]))
        tensor([-1.,  1.])
    """
    return be.xp.trunc(input) if input.dtype.kind == "f" else input.copy()


trunc.grad(input=flat)


@op(complex="refused")
def frac(be: Any, input: Any) -> Any:
    """The fractional part of each element, with its sign: x - trunc(x).

    Args:
        input: any shape, floating.

    Returns:
        A tensor of the same shape and dtype.

    Example:
        >>> ag.frac(ag.tensor([-1.5, 1.25]))
        tensor([-0.5000,  0.2500])
    """
    return input - be.xp.trunc(input)


frac.grad(input=lambda g: g)


@op(complex="refused")
def _round(be: Any, input: Any, *, decimals: int) -> Any:
    return be.xp.round(input, decimals)


_round.grad(input=lambda g, **p: flat(g))


def round(input: Tensor, *, decimals: int = 0, out: Tensor | None = None) -> Tensor:
    """The nearest number with so many decimals; halves go to the even neighbour.

    Args:
        input: any shape.
        decimals: digits after the point; negative ones count before it.
        out: a tensor for the result.

    Returns:
        A tensor of the same shape and dtype.

    Example:
        >>> ag.round(ag.tensor([0.5, 1.5, 2.25])), ag.round(ag.tensor(1.234), decimals=1)
        (tensor([0., 2., 2.]), tensor(1.2000))
    """
    return into(out, _round(input, decimals=decimals), "round")


@op
def _nan_to_num(be: Any, input: Any, *, nan: float, posinf: float | None, neginf: float | None) -> Any:
    if input.dtype.kind not in "fc":
        return input.copy()
    return be.xp.nan_to_num(input, nan=nan, posinf=posinf, neginf=neginf)


_nan_to_num.grad(input=lambda g, input, **p: where(isfinite(input), g, 0))


def nan_to_num(
    input: Tensor,
    nan: float | None = None,
    posinf: float | None = None,
    neginf: float | None = None,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """NaN and infinities replaced by numbers.

    Args:
        input: any shape.
        nan: in place of NaN; 0 by default.
        posinf, neginf: in place of the infinities; the largest and smallest finite number by default.
        out: a tensor for the result.

    Returns:
        A tensor of the same shape and dtype.

    Example:
        >>> ag.nan_to_num(ag.tensor([float("nan"), 1.0, float("inf")]), posinf=9.0)
        tensor([0., 1., 9.])
    """
    y = _nan_to_num(input, nan=0.0 if nan is None else nan, posinf=posinf, neginf=neginf)
    return into(out, y, "nan_to_num")
