"""Sums and what is made of them: over all axes, one or several, kept as axes of size 1 or not."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from autograd.dtypes import FLOAT, as_dtype
from autograd.errors import DtypeError
from autograd.formats import rows
from autograd.op import floating, op
from autograd.ops.arguments import axes_of, numpy_names
from autograd.ops.comparison import isnan, where
from autograd.ops.elementwise import exp
from autograd.ops.out import into
from autograd.ops.shape import _expand, _reshape

if TYPE_CHECKING:
    from autograd.tensor import Tensor

HALF = "e"  # the character of float16, which is accumulated in float32


def restore(y: Any, shape: tuple[int, ...], axes: tuple[int, ...], keepdim: bool) -> Any:
    """A reduced tensor (or raw array) spread over the axes it was reduced along."""
    return _expand(beside(y, shape, axes, keepdim), shape=shape)


def beside(y: Any, shape: tuple[int, ...], axes: tuple[int, ...], keepdim: bool) -> Any:
    """A reduced tensor (or raw array) in a shape that broadcasts to the one it was reduced from."""
    if not keepdim and len(axes) < len(shape):  # what was reduced to one element fits as it is
        y = _reshape(y, shape=tuple([1 if i in axes else n for i, n in enumerate(shape)]))
    return y


def count(shape: tuple[int, ...], axes: tuple[int, ...]) -> int:
    """How many elements are reduced to one."""
    return math.prod(shape[a] for a in axes)


def as_float(name: str, input: Tensor, dtype: Any) -> Tensor:
    """The input in the dtype asked for, which must be floating."""
    x = input if dtype is None else input.to(as_dtype(dtype))
    if x.dtype.category < FLOAT:
        raise DtypeError(f"{name}: expected a floating dtype, got {x.dtype}. Pass dtype=, or cast with .float()")
    return x


# -- sum and mean -----------------------------------------------------------------------------------------------------


@op
def _sum(be: Any, x: Any, *, axes: tuple[int, ...], keepdim: bool) -> Any:
    if x.dtype.kind in "fc":
        return rows(be.axes_sum(x, axes, keepdim))
    return rows(x.sum(axes, dtype="int64", keepdims=keepdim))


_sum.grad(x=lambda g, x_shape, *, axes, keepdim: restore(g, x_shape, axes, keepdim))


@numpy_names
def sum(
    input: Tensor, dim: Any = None, keepdim: bool = False, *, dtype: Any = None, out: Tensor | None = None
) -> Tensor:
    """The sum over all elements, or along axes.

    Args:
        input: any shape and dtype.
        dim: an axis, several, or None for all.
        keepdim: keep the reduced axes with size 1.
        dtype: cast to it first; integers and bools are otherwise summed in int64.
        out: a tensor for the result.

    Returns:
        A tensor of the shape without the reduced axes.

    Raises:
        IndexError: no such axis.

    Example:
        >>> ag.tensor([[1.0, 2.0], [3.0, 4.0]]).sum(0)
        tensor([4., 6.])
    """
    x = input if dtype is None else input.to(as_dtype(dtype))
    y = _sum(x, axes=axes_of("sum", dim, x.raw.ndim), keepdim=keepdim)
    return into(out, y, "sum")


@numpy_names
def nansum(
    input: Tensor, dim: Any = None, keepdim: bool = False, *, dtype: Any = None, out: Tensor | None = None
) -> Tensor:
    """The sum of the elements that are not NaN.

    Args:
        input: any shape and real dtype.
        dim: an axis, several, or None for all.
        keepdim: keep the reduced axes with size 1.
        dtype: cast to it first; integers and bools are otherwise summed in int64.
        out: a tensor for the result.

    Returns:
        A tensor of the shape without the reduced axes.

    Raises:
        IndexError: no such axis.

    Example:
        >>> ag.nansum(ag.tensor([1.0, float("nan"), 2.0]))
        tensor(3.)
    """
    if input.is_complex():
        raise DtypeError(f"nansum: expected real numbers, got {input.dtype}. Use where(isnan(x), 0, x).sum()")
    return into(out, sum(where(isnan(input), 0, input), dim, keepdim, dtype=dtype), "nansum")


@op
def _mean(be: Any, x: Any, *, axes: tuple[int, ...], keepdim: bool) -> Any:
    if x.dtype.char == HALF:
        return rows((x.sum(axes, dtype="float32", keepdims=keepdim) / count(x.shape, axes)).astype(x.dtype))
    return rows(be.axes_sum(x, axes, keepdim) / count(x.shape, axes))  # xp.mean would warn of an empty one


_mean.grad(x=lambda g, x_shape, *, axes, keepdim: restore(g / (count(x_shape, axes) or 1), x_shape, axes, keepdim))


@numpy_names
def mean(
    input: Tensor, dim: Any = None, keepdim: bool = False, *, dtype: Any = None, out: Tensor | None = None
) -> Tensor:
    """The mean over all elements, or along axes; NaN of none.

    Args:
        input: any shape, floating.
        dim: an axis, several, or None for all.
        keepdim: keep the reduced axes with size 1.
        dtype: cast to it first.
        out: a tensor for the result.

    Returns:
        A tensor of the shape without the reduced axes.

    Raises:
        DtypeError: integers, and no ``dtype``.
        IndexError: no such axis.

    Example:
        >>> ag.tensor([[1.0, 2.0], [3.0, 4.0]]).mean(1, keepdim=True)
        tensor([[1.5000],
                [3.5000]])
    """
    x = as_float("mean", input, dtype)
    y = _mean(x, axes=axes_of("mean", dim, x.raw.ndim), keepdim=keepdim)
    return into(out, y, "mean")


@numpy_names
def nanmean(
    input: Tensor, dim: Any = None, keepdim: bool = False, *, dtype: Any = None, out: Tensor | None = None
) -> Tensor:
    """The mean of the elements that are not NaN.

    Args:
        input: any shape, floating.
        dim: an axis, several, or None for all.
        keepdim: keep the reduced axes with size 1.
        dtype: cast to it first.
        out: a tensor for the result.

    Returns:
        A tensor of the shape without the reduced axes; NaN where there is nothing else.

    Raises:
        DtypeError: integers, and no ``dtype``.
        IndexError: no such axis.

    Example:
        >>> ag.nanmean(ag.tensor([1.0, float("nan"), 2.0]))
        tensor(1.5000)
    """
    x = as_float("nanmean", input, dtype)
    numbers = sum(~isnan(x), dim, keepdim)
    return into(out, nansum(x, dim, keepdim) / numbers, "nanmean")


@floating
def _logsumexp(be: Any, x: Any, *, axes: tuple[int, ...], keepdim: bool) -> Any:
    xp = be.xp
    if not count(x.shape, axes):
        return xp.log(x.sum(axes, keepdims=keepdim))
    top = x.real.max(axes, keepdims=True)
    top = xp.where(xp.isfinite(top), top, 0)
    y = xp.log(xp.exp(x - top).sum(axes, keepdims=True)) + top
    return rows(y if keepdim else y.squeeze(axes))


_logsumexp.grad(
    x=lambda g, x, y, *, axes, keepdim: restore(g, x.shape, axes, keepdim) * exp(x - restore(y, x.shape, axes, keepdim))
)


@numpy_names
def logsumexp(input: Tensor, dim: Any, keepdim: bool = False, *, out: Tensor | None = None) -> Tensor:
    """log(sum(exp(x))) along axes, without overflow.

    Args:
        input: any shape.
        dim: an axis, or several.
        keepdim: keep the reduced axes with size 1.
        out: a tensor for the result.

    Returns:
        A floating tensor of the shape without the reduced axes.

    Raises:
        IndexError: no such axis.

    Example:
        >>> ag.logsumexp(ag.tensor([0.0, 0.0]), 0)
        tensor(0.6931)
    """
    y = _logsumexp(input, axes=axes_of("logsumexp", dim, input.raw.ndim), keepdim=keepdim)
    return into(out, y, "logsumexp")


# -- truth and counting: no gradient ----------------------------------------------------------------------------------


@op
def _any(be: Any, x: Any, *, axes: tuple[int, ...], keepdim: bool) -> Any:
    return rows(x.any(axes, keepdims=keepdim).astype("uint8" if x.dtype == "uint8" else "bool"))


@numpy_names
def any(input: Tensor, dim: Any = None, keepdim: bool = False, *, out: Tensor | None = None) -> Tensor:
    """Whether some element is nonzero, of all or along axes.

    Args:
        input: any shape and dtype.
        dim: an axis, several, or None for all.
        keepdim: keep the reduced axes with size 1.
        out: a tensor for the result.

    Returns:
        A bool tensor (uint8 of uint8) of the shape without the reduced axes.

    Raises:
        IndexError: no such axis.

    Example:
        >>> ag.any(ag.tensor([[0, 1], [0, 0]]), 1)
        tensor([ True, False])
    """
    return into(out, _any(input, axes=axes_of("any", dim, input.raw.ndim), keepdim=keepdim), "any")


@op
def _all(be: Any, x: Any, *, axes: tuple[int, ...], keepdim: bool) -> Any:
    return rows(x.all(axes, keepdims=keepdim).astype("uint8" if x.dtype == "uint8" else "bool"))


@numpy_names
def all(input: Tensor, dim: Any = None, keepdim: bool = False, *, out: Tensor | None = None) -> Tensor:
    """Whether every element is nonzero, of all or along axes.

    Args:
        input: any shape and dtype.
        dim: an axis, several, or None for all.
        keepdim: keep the reduced axes with size 1.
        out: a tensor for the result.

    Returns:
        A bool tensor (uint8 of uint8) of the shape without the reduced axes.

    Raises:
        IndexError: no such axis.

    Example:
        >>> ag.all(ag.tensor([[0, 1], [2, 3]]), 1)
        tensor([False,  True])
    """
    return into(out, _all(input, axes=axes_of("all", dim, input.raw.ndim), keepdim=keepdim), "all")


@op
def _count_nonzero(be: Any, x: Any, *, axes: tuple[int, ...]) -> Any:
    return (x != 0).sum(axes, dtype="int64")


@numpy_names
def count_nonzero(input: Tensor, dim: Any = None) -> Tensor:
    """How many elements are nonzero, of all or along axes.

    Args:
        input: any shape and dtype.
        dim: an axis, several, or None for all.

    Returns:
        An int64 tensor of the shape without the reduced axes.

    Raises:
        IndexError: no such axis.

    Example:
        >>> ag.count_nonzero(ag.tensor([[0, 1], [2, 3]]), 1)
        tensor([1, 2])
    """
    return _count_nonzero(input, axes=axes_of("count_nonzero", dim, input.raw.ndim))
