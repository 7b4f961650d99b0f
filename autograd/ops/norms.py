"""The length of a tensor taken as a vector, and slices brought to a length."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from autograd.errors import ArgumentError, ShapeError
from autograd.op import op
from autograd.ops.arguments import axes_of, axis_of, numpy_names
from autograd.ops.arithmetic import abs, quotient_or_zero
from autograd.ops.axes import movedim
from autograd.ops.comparison import where
from autograd.ops.complex import sgn
from autograd.ops.extremum import _even
from autograd.ops.out import into
from autograd.ops.power import _pow
from autograd.ops.reduction import _sum, as_float, beside, restore
from autograd.ops.rounding import flat
from autograd.ops.shape import _reshape
from autograd.ops.spectrum import svdvals

if TYPE_CHECKING:
    from autograd.tensor import Tensor


@op
def _norm(be: Any, x: Any, *, p: float, axes: tuple[int, ...], keepdim: bool) -> Any:
    xp = be.xp
    if p == 2 and x.dtype.kind != "c":
        if len(axes) == x.ndim:
            return xp.sqrt(be.square_sum([x])).astype(x.dtype).reshape([1] * x.ndim if keepdim else ())
        return xp.sqrt((x * x).sum(axes, keepdims=keepdim))
    size = xp.absolute(x)
    if p == 2:
        return xp.sqrt((size * size).sum(axes, keepdims=keepdim))
    if p == math.inf:
        return size.max(axes, keepdims=keepdim)
    if p == -math.inf:
        return size.min(axes, keepdims=keepdim)
    if p == 0:
        return (size != 0).sum(axes, dtype=size.dtype, keepdims=keepdim)
    if p == 1:
        return size.sum(axes, keepdims=keepdim)
    return xp.power(xp.power(size, p).sum(axes, keepdims=keepdim), 1 / p)


def _norm_slope(g: Any, x: Any, y: Any, *, p: float, axes: tuple[int, ...], keepdim: bool) -> Any:
    if p == 0:
        return flat(x)
    if p == 2:
        g, y = beside(g, x.shape, axes, keepdim), beside(y, x.shape, axes, keepdim)
        return x * quotient_or_zero(g, y)
    g, y = restore(g, x.shape, axes, keepdim), restore(y, x.shape, axes, keepdim)
    if p == 1:
        return g * sgn(x)
    if p in (math.inf, -math.inf):
        return g * (sgn(x) * _even(abs(x), y, axes=axes))
    direction = where(x == 0, 0, sgn(x) * _pow(abs(x), exponent=p - 1))
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
        input: any shape, floating or complex.
        p: a number (0 counts what is not zero), inf, -inf, or "fro" for 2; "nuc": the sum of the singular values of
            matrices.
        dim: an axis, several, or None for all.
        keepdim: keep the reduced axes with size 1.
        out: a tensor for the result.
        dtype: cast to it first.

    Returns:
        A real tensor of the shape without the reduced axes.

    Raises:
        DtypeError: integers, and no ``dtype``.
        IndexError: no such axis.
        ShapeError: "nuc", and not two axes.
        ValueError: another name.

    Example:
        >>> ag.norm(ag.tensor([3.0, 4.0])), ag.norm(ag.tensor([3.0, -4.0]), float("inf"))
        (tensor(5.), tensor(4.))
    """
    order = 2.0 if p is None or p == "fro" else p
    x = as_float("norm", input, dtype)
    axes = axes_of("norm", dim, x.raw.ndim)
    if order == "nuc":
        return into(out, nuclear("norm", x, axes, keepdim), "norm")
    if isinstance(order, str):
        raise ArgumentError(f"norm: expected p to be a number, 'fro' or 'nuc', got {p!r}")
    return into(out, _norm(x, p=float(order), axes=axes, keepdim=keepdim), "norm")


def nuclear(name: str, x: Any, axes: tuple[int, ...], keepdim: bool) -> Any:
    """The sums of the singular values of the matrices in two axes.

    Raises:
        ShapeError: not two axes.
    """
    if len(axes) != 2:
        raise ShapeError(
            f"{name}: expected two axes for 'nuc', got {len(axes)} of shape {tuple(x.raw.shape)}. Name them in dim="
        )
    values = svdvals(movedim(x, axes, (-2, -1)))
    y = _sum(values, axes=(values.raw.ndim - 1,), keepdim=False)
    return _reshape(y, shape=tuple(1 if i in axes else n for i, n in enumerate(x.raw.shape))) if keepdim else y


@numpy_names
def renorm(input: Tensor, p: float, dim: int, maxnorm: float, *, out: Tensor | None = None) -> Tensor:
    """The slices along an axis, those longer than ``maxnorm`` scaled to that length: x * maxnorm / (norm + 1e-7).

    Args:
        input: at least two axes, floating.
        p: which norm, > 0.
        dim: the axis along which the slices stand.
        maxnorm: the greatest length that is left as it is.
        out: a tensor for the result.

    Returns:
        A tensor of the same shape.

    Raises:
        DtypeError: integers.
        IndexError: no such axis.
        ShapeError: fewer than two axes.
        ValueError: ``p`` is not positive, or ``maxnorm`` is negative.

    Example:
        >>> ag.renorm(ag.tensor([[3.0, 4.0], [0.3, 0.4]]), 2, 0, 1.0)
        tensor([[0.6000, 0.8000],
                [0.3000, 0.4000]])
    """
    ndim = input.raw.ndim
    if p <= 0:
        raise ArgumentError(f"renorm: expected a norm p > 0, got {p}")
    if maxnorm < 0:
        raise ArgumentError(f"renorm: expected maxnorm >= 0, got {maxnorm}")
    if ndim < 2:
        raise ShapeError(f"renorm: expected at least two axes, got shape {tuple(input.raw.shape)}")
    axis = axis_of("renorm", dim, ndim)
    length = norm(input, p, tuple(i for i in range(ndim) if i != axis), keepdim=True)
    return into(out, input * where(length > maxnorm, maxnorm / (length + 1e-7), 1), "renorm")
