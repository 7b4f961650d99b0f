"""Products, whole and running. Gradients divide by the elements or, where one is zero, multiply all the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autograd.dtypes import as_dtype
from autograd.formats import inverse, rows
from autograd.node import Variable
from autograd.op import op
from autograd.ops.arguments import axis_of, numpy_names
from autograd.ops.axes import _permute
from autograd.ops.comparison import where
from autograd.ops.out import into
from autograd.ops.reduction import HALF, _sum, restore
from autograd.ops.scan import running_sum
from autograd.ops.shape import _reshape

if TYPE_CHECKING:
    from autograd.tensor import Tensor


def _has_zero(x: Any) -> bool:
    return not (x.raw if isinstance(x, Variable) else x).all()


def _accumulator(dtype: Any) -> str | None:
    """The dtype to multiply in."""
    return "int64" if dtype.kind in "iub" else "float32" if dtype.char == HALF else None


# -- without division: along the last axis ----------------------------------------------------------------------------


@op(complex="analytic")
def _others(be: Any, x: Any) -> Any:
    """The product of all other elements along the last axis: of those before times those after."""
    xp = be.xp
    before, after = xp.ones_like(x), xp.ones_like(x)
    if x.shape[-1]:
        before[..., 1:] = xp.cumprod(x[..., :-1], -1)
        after[..., :-1] = xp.cumprod(x[..., :0:-1], -1)[..., ::-1]
    return before * after


@op
def _all_but_one(be: Any, x: Any) -> Any:
    """(n,n) bool: row i takes every element of the last axis but i."""
    return ~be.xp.eye(x.shape[-1], dtype=bool)


@op
def _up_to(be: Any, x: Any) -> Any:
    """(n,n) bool: row i takes the elements 0..i of the last axis."""
    return be.xp.tri(x.shape[-1], dtype=bool)


def _rows_slope(g: Any, x: Any, taken: Any) -> Any:
    """Gradient of y, y[i] the product of what row i takes; differentiable again, since it is made of ``_others``."""
    *lead, n = x.shape
    rows = where(taken, _reshape(x, shape=(*lead, 1, n)), 1)  # (..., n) -> (..., n, n)
    slopes = where(taken, _reshape(g, shape=(*lead, n, 1)) * _others(rows), 0)
    return _sum(slopes, axes=(len(lead),), keepdim=False)  # (..., n, n) -> (..., n)


_others.grad(x=lambda g, x: _rows_slope(g, x, _all_but_one(x)))


def _to_last(ndim: int, axis: int) -> tuple[int, ...]:
    return (*range(axis), *range(axis + 1, ndim), axis)


# -- whole ------------------------------------------------------------------------------------------------------------


@op(complex="analytic")
def _prod(be: Any, x: Any, *, axis: int, keepdim: bool) -> Any:
    wide = _accumulator(x.dtype)
    y = rows(x.prod(axis, dtype=wide, keepdims=keepdim))
    return y.astype(x.dtype) if wide == "float32" else y


def _prod_slope(g: Any, x: Any, y: Any, *, axis: int, keepdim: bool) -> Any:
    g = restore(g, x.shape, (axis,), keepdim)
    if not _has_zero(x):
        return g * (restore(y, x.shape, (axis,), keepdim) / x)
    axes = _to_last(len(x.shape), axis)
    return g * _permute(_others(_permute(x, axes=axes)), axes=inverse(axes))


_prod.grad(x=_prod_slope)


@numpy_names
def prod(
    input: Tensor, dim: int | None = None, keepdim: bool = False, *, dtype: Any = None, out: Tensor | None = None
) -> Tensor:
    """The product of all elements, or along an axis.

    Args:
        input: any shape and dtype.
        dim: an axis, or None for all.
        keepdim: keep the reduced axis with size 1.
        dtype: cast to it first; integers and bools are otherwise multiplied in int64.
        out: a tensor for the result.

    Returns:
        A tensor of the shape without the reduced axis.

    Raises:
        IndexError: no such axis.

    Example:
        >>> ag.prod(ag.tensor([[1.0, 2.0], [3.0, 4.0]]), 1)
        tensor([ 2., 12.])
    """
    x = input if dtype is None else input.to(as_dtype(dtype))
    axis = 0 if dim is None else axis_of("prod", dim, x.raw.ndim)
    if dim is None or not x.raw.ndim:
        x, keepdim = _reshape(x, shape=(x.raw.size,)), False
    return into(out, _prod(x, axis=axis, keepdim=keepdim), "prod")


# -- running ----------------------------------------------------------------------------------------------------------


@op(complex="analytic")
def _cumprod(be: Any, x: Any, *, axis: int) -> Any:
    wide = _accumulator(x.dtype)
    y = rows(be.xp.cumprod(x, axis, dtype=wide))
    return y.astype(x.dtype) if wide == "float32" else y


def _cumprod_slope(g: Any, x: Any, y: Any, *, axis: int) -> Any:
    if not _has_zero(x):
        return running_sum(g * y, axis=axis, backwards=True) / x
    axes = _to_last(len(x.shape), axis)
    x = _permute(x, axes=axes)
    return _permute(_rows_slope(_permute(g, axes=axes), x, _up_to(x)), axes=inverse(axes))


_cumprod.grad(x=_cumprod_slope)


@numpy_names
def cumprod(input: Tensor, dim: int, *, dtype: Any = None, out: Tensor | None = None) -> Tensor:
    """The running product along an axis: y[i] = x[0] * ... * x[i].

    Args:
        input: any shape and dtype.
        dim: the axis.
        dtype: cast to it first; integers and bools are otherwise multiplied in int64.
        out: a tensor for the result.

    Returns:
        A tensor of the same shape.

    Raises:
        IndexError: no such axis.

    Example:
        >>> ag.cumprod(ag.tensor([1.0, 2.0, 3.0]), 0)
        tensor([1., 2., 6.])
    """
    x = input if dtype is None else input.to(as_dtype(dtype))
    axis = axis_of("cumprod", dim, x.raw.ndim)
    y = _cumprod(x if x.raw.ndim else _reshape(x, shape=(1,)), axis=axis)
    return into(out, y if x.raw.ndim else _reshape(y, shape=()), "cumprod")
