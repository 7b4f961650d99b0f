"""Running sums, extrema and differences along an axis."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autograd.dtypes import as_dtype
from autograd.errors import ArgumentError, ShapeError
from autograd.formats import rows
from autograd.op import floating, op
from autograd.ops.arguments import axis_of, numpy_names
from autograd.ops.comparison import where
from autograd.ops.complex import of_complex
from autograd.ops.elementwise import _logaddexp, exp, log
from autograd.ops.extremum import ValuesIndices, pick
from autograd.ops.joining import cat
from autograd.ops.out import into
from autograd.ops.shape import _reshape
from autograd.ops.views import narrow

if TYPE_CHECKING:
    from autograd.tensor import Tensor


def _along(operation: Any, name: str, x: Any, dim: int, **params: Any) -> Any:
    """The operation along a checked axis; a 0-d tensor counts as one of one element."""
    axis = axis_of(name, dim, x.raw.ndim)
    if x.raw.ndim:
        return operation(x, axis=axis, **params)
    return _reshape(operation(_reshape(x, shape=(1,)), axis=0, **params), shape=())


def _flipped(xp: Any, x: Any, axis: int, backwards: bool) -> Any:
    return xp.flip(x, axis) if backwards else x


# -- sums -------------------------------------------------------------------------------------------------------------


@op(name="cumsum")
def running_sum(be: Any, x: Any, *, axis: int, backwards: bool) -> Any:
    """The sums of what is before (or after) each element along an axis, itself included."""
    return be.cumsum(x, axis, backwards)


running_sum.grad(x=lambda g, *, axis, backwards: running_sum(g, axis=axis, backwards=not backwards))


@numpy_names
def cumsum(input: Tensor, dim: int, *, dtype: Any = None, out: Tensor | None = None) -> Tensor:
    """The running sum along an axis: y[i] = x[0] + ... + x[i].

    Args:
        input: any shape and dtype.
        dim: the axis.
        dtype: cast to it first; integers and bools are otherwise summed in int64.
        out: a tensor for the result.

    Returns:
        A tensor of the same shape.

    Raises:
        IndexError: no such axis.

    Example:
        >>> ag.cumsum(ag.tensor([1.0, 2.0, 3.0]), 0)
        tensor([1., 3., 6.])
    """
    x = input if dtype is None else input.to(as_dtype(dtype))
    return into(out, _along(running_sum, "cumsum", x, dim, backwards=False), "cumsum")


@floating
def _logcumsumexp(be: Any, x: Any, *, axis: int, backwards: bool) -> Any:
    xp = be.xp
    y = xp.moveaxis(_flipped(xp, x, axis, backwards), axis, -1).copy()
    step, n = 1, y.shape[-1]
    while step < n:  # after each round y[i] covers the 2*step elements that end at i
        y[..., step:] = _logaddexp(xp, y[..., step:], y[..., :-step])
        step *= 2
    return rows(_flipped(xp, xp.moveaxis(y, -1, axis), axis, backwards))


def _logcumsumexp_slope(g: Any, x: Any, y: Any, *, axis: int, backwards: bool) -> Any:
    """sum over i >= k of g[i] exp(x[k] - y[i]), as logarithms; of real g the positive and the negative ones apart."""
    if of_complex(g):
        return exp(_logcumsumexp(log(g) - y, axis=axis, backwards=not backwards) + x)

    def part(sign: int) -> Any:
        has = sign * g > 0
        size = where(has, log(where(has, sign * g, 1)) - y, -float("inf"))
        return exp(_logcumsumexp(size, axis=axis, backwards=not backwards) + x)

    return part(1) - part(-1)


_logcumsumexp.grad(x=_logcumsumexp_slope)


@numpy_names
def logcumsumexp(input: Tensor, dim: int, *, out: Tensor | None = None) -> Tensor:
    """log of the running sum of exponentials along an axis: y[i] = log(exp(x[0]) + ... + exp(x[i])).

    Args:
        input: any shape.
        dim: the axis.
        out: a tensor for the result.

    Returns:
        A floating tensor of the same shape.

    Raises:
        IndexError: no such axis.

    Example:
        >>> ag.logcumsumexp(ag.zeros(3), 0)
        tensor([0.0000, 0.6931, 1.0986])
    """
    y = _along(_logcumsumexp, "logcumsumexp", input, dim, backwards=False)
    return into(out, y, "logcumsumexp")


# -- extrema ----------------------------------------------------------------------------------------------------------


@op(complex="refused", name="cummax")
def _running_place(be: Any, x: Any, *, axis: int, largest: bool) -> Any:
    """The place of the extremum so far along an axis: the last of equal ones; NaN beats all."""
    xp = be.xp
    x = xp.moveaxis(x, axis, -1)
    n = x.shape[-1]
    place = xp.broadcast_to(xp.arange(n), x.shape).copy()
    step = 1
    while step < n:  # after each round place[i] is that of the 2*step elements that end at i
        old, new = place[..., :-step], place[..., step:]
        a, b = xp.take_along_axis(x, old, -1), xp.take_along_axis(x, new, -1)
        better = (a > b if largest else a < b) | ((a != a) & (b == b))
        place[..., step:] = xp.where(better, old, new)
        step *= 2
    return rows(xp.moveaxis(place, -1, axis))


def _running_extremum(name: str, input: Tensor, dim: int, largest: bool, out: Any) -> ValuesIndices:
    """``cummax`` and ``cummin``."""
    axis, shape = axis_of(name, dim, input.raw.ndim), input.raw.shape
    x = input if shape else _reshape(input, shape=(1,))
    place = _running_place(x, axis=axis, largest=largest)
    found = ValuesIndices(_reshape(pick(x, place, axis=axis), shape=shape), _reshape(place, shape=shape))
    return found if out is None else ValuesIndices(*(into(o, y, name) for o, y in zip(out, found, strict=True)))


@numpy_names
def cummax(input: Tensor, dim: int, *, out: Any = None) -> ValuesIndices:
    """The largest element so far along an axis, and its place: the last of equal ones.

    Args:
        input: any shape and real dtype.
        dim: the axis.
        out: a pair of tensors for the result.

    Returns:
        ``(values, indices)``, a named tuple of tensors of the same shape.

    Raises:
        IndexError: no such axis.

    Example:
        >>> ag.cummax(ag.tensor([1.0, 3.0, 2.0]), 0).values
        tensor([1., 3., 3.])
    """
    return _running_extremum("cummax", input, dim, True, out)


@numpy_names
def cummin(input: Tensor, dim: int, *, out: Any = None) -> ValuesIndices:
    """The smallest element so far along an axis, and its place: the last of equal ones.

    Args:
        input: any shape and real dtype.
        dim: the axis.
        out: a pair of tensors for the result.

    Returns:
        ``(values, indices)``, a named tuple of tensors of the same shape.

    Raises:
        IndexError: no such axis.

    Example:
        >>> ag.cummin(ag.tensor([3.0, 1.0, 2.0]), 0).values
        tensor([3., 1., 1.])
    """
    return _running_extremum("cummin", input, dim, False, out)


# -- differences ------------------------------------------------------------------------------------------------------


@numpy_names
def diff(
    input: Tensor,
    n: int = 1,
    dim: int = -1,
    prepend: Tensor | None = None,
    append: Tensor | None = None,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """The differences of neighbours along an axis, n times over: y[i] = x[i + 1] - x[i].

    Args:
        input: at least one axis.
        n: how many times.
        dim: the axis.
        prepend, append: tensors put before and after it along the axis first.
        out: a tensor for the result.

    Returns:
        A tensor with n elements less along the axis; of bools, where neighbours differ.

    Raises:
        IndexError: no such axis.
        ShapeError: a 0-d tensor.
        ValueError: n < 0.

    Example:
        >>> ag.diff(ag.tensor([1.0, 4.0, 9.0]))
        tensor([3., 5.])
    """
    if not input.raw.ndim:
        raise ShapeError("diff: expected at least one axis, got a 0-d tensor")
    if n < 0:
        raise ArgumentError(f"diff: expected n >= 0, got {n}")
    axis = axis_of("diff", dim, input.raw.ndim)
    parts = [part for part in (prepend, input, append) if part is not None]
    x: Any = cat(parts, axis) if len(parts) > 1 else input
    for _ in range(n):
        size = x.raw.shape[axis]
        later, earlier = narrow(x, axis, min(1, size), max(size - 1, 0)), narrow(x, axis, 0, max(size - 1, 0))
        x = later ^ earlier if x.raw.dtype.kind == "b" else later - earlier
    return into(out, x, "diff")
