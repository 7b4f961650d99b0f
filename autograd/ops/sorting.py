"""Order along an axis: sorting, the largest, the middle, the most frequent. NaN counts as greater than every number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autograd.errors import ShapeError
from autograd.op import op
from autograd.ops.arguments import axis_of, numpy_names
from autograd.ops.extremum import ValuesIndices, _tied, pick
from autograd.ops.out import into
from autograd.ops.shape import _reshape, ravel

if TYPE_CHECKING:
    from autograd.tensor import Tensor

# -- where the elements go: int64 positions along an axis -------------------------------------------------------------


@op(complex="refused")
def _argsort(be: Any, x: Any, *, axis: int, descending: bool) -> Any:
    if not descending:
        return be.xp.argsort(x, axis, kind="stable")
    backwards = be.xp.argsort(be.xp.flip(x, axis), axis, kind="stable")  # so that equal ones keep their order
    return x.shape[axis] - 1 - be.xp.flip(backwards, axis)


@op(complex="refused", name="topk")
def _foremost(be: Any, x: Any, *, axis: int, k: int, largest: bool, sorted: bool) -> Any:
    """The places of the k largest or smallest, without sorting the others."""
    xp, n = be.xp, x.shape[axis]
    if not 0 < k < n:
        return _argsort.forward(be, x, axis=axis, descending=largest).take(range(k), axis)
    split = xp.argpartition(x, n - k if largest else k - 1, axis)
    places = split.take(range(n - k, n) if largest else range(k), axis)
    if sorted:
        among = xp.take_along_axis(x, places, axis)
        places = xp.take_along_axis(places, _argsort.forward(be, among, axis=axis, descending=largest), axis)
    return places


@op(complex="refused", name="kthvalue")
def _kth(be: Any, x: Any, *, axis: int, k: int) -> Any:
    """The place of the k-th smallest, counted from 0."""
    return be.xp.argpartition(x, k, axis).take([k], axis)


@op(complex="refused", name="median")
def _middle(be: Any, x: Any, *, axis: int, skip_nan: bool) -> Any:
    """The place of the lower median; of the first NaN where there is one, unless they do not count."""
    xp = be.xp
    order = xp.argsort(x, axis, kind="stable")
    nan = xp.isnan(x) if x.dtype.kind == "f" else xp.zeros(x.shape, bool)
    count = x.shape[axis] - nan.sum(axis, keepdims=True) if skip_nan else x.shape[axis]
    rank = xp.broadcast_to(xp.maximum((count - 1) // 2, 0), (*x.shape[:axis], 1, *x.shape[axis + 1 :]))
    place = xp.take_along_axis(order, rank, axis)
    return place if skip_nan else xp.where(nan.any(axis, keepdims=True), nan.argmax(axis, keepdims=True), place)


@op(complex="refused", name="mode")
def _commonest(be: Any, x: Any, *, axis: int) -> Any:
    """The last place of the most frequent value, the smallest of several such."""
    xp = be.xp
    order = xp.moveaxis(xp.argsort(x, axis, kind="stable"), axis, -1)
    values = xp.take_along_axis(xp.moveaxis(x, axis, -1), order, -1)
    begins = xp.ones(values.shape, bool)
    begins[..., 1:] = values[..., 1:] != values[..., :-1]
    run = xp.cumsum(begins.reshape(-1), dtype="int64") - 1  # of equal values, numbered through all rows
    here = xp.arange(run.size)
    start = xp.full(run.size, run.size)
    xp.minimum.at(start, run, here)
    longest = (here - start[run]).reshape(values.shape).argmax(-1)[..., None]
    return xp.moveaxis(xp.take_along_axis(order, longest, -1), -1, axis)


def _found(name: str, input: Any, dim: Any, keepdim: bool, out: Any, place: Any, **params: Any) -> ValuesIndices:
    """The elements at the one place ``place(x, axis=...)`` of every row along an axis."""
    shape = input.raw.shape
    axis = axis_of(name, dim, len(shape))
    x = input if shape else ravel(input)
    if not x.raw.shape[axis]:
        raise IndexError(f"{name}: expected at least one element along dim {dim}, got shape {tuple(shape)}")
    index = place(x, axis=axis, **params)
    rest = shape[:axis] + ((1,) if keepdim and shape else ()) + shape[axis + 1 :]
    return _given(out, _reshape(pick(x, index, axis=axis), shape=rest), _reshape(index, shape=rest), name)


def _given(out: Any, values: Any, indices: Any, name: str) -> ValuesIndices:
    if out is not None:
        values, indices = into(out[0], values, name), into(out[1], indices, name)
    return ValuesIndices(values, indices)


# -- all of them ------------------------------------------------------------------------------------------------------


@numpy_names
def sort(
    input: Tensor, dim: int = -1, descending: bool = False, stable: bool = False, *, out: Any = None
) -> ValuesIndices:
    """The elements along an axis in order; equal ones keep theirs.

    Args:
        input: any shape and real dtype.
        dim: the axis.
        descending: the largest first.
        stable: accepted; the order of equal elements is always kept.
        out: a pair of tensors for the result.

    Returns:
        (values, indices), a named tuple of the shape of ``input``.

    Raises:
        IndexError: no such axis.

    Example:
        >>> ag.sort(ag.tensor([3, 1, 2]))
        ValuesIndices(values=tensor([1, 2, 3]), indices=tensor([1, 2, 0]))
    """
    axis = axis_of("sort", dim, input.raw.ndim)
    x = input if input.raw.ndim else ravel(input)
    index = _argsort(x, axis=axis, descending=descending)
    values = pick(x, index, axis=axis)
    if not input.raw.ndim:
        values, index = (_reshape(t, shape=()) for t in (values, index))
    return _given(out, values, index, "sort")


@numpy_names
def argsort(
    input: Tensor, dim: int = -1, descending: bool = False, *, stable: bool = False, out: Tensor | None = None
) -> Tensor:
    """The positions along an axis that would sort it; equal elements keep their order.

    Args:
        input: any shape and real dtype.
        dim: the axis.
        descending: the largest first.
        stable: accepted; the order of equal elements is always kept.
        out: a tensor for the result.

    Returns:
        int64, of the shape of ``input``.

    Raises:
        IndexError: no such axis.

    Example:
        >>> ag.argsort(ag.tensor([3, 1, 2]))
        tensor([1, 2, 0])
    """
    axis = axis_of("argsort", dim, input.raw.ndim)
    if input.raw.ndim:
        return into(out, _argsort(input, axis=axis, descending=descending), "argsort")
    return into(out, _reshape(_argsort(ravel(input), axis=0, descending=descending), shape=()), "argsort")


def msort(input: Tensor, *, out: Any = None) -> Tensor:
    """The elements in order along the first axis.

    Args:
        input: any shape and real dtype.
        out: a tensor for the result.

    Returns:
        A tensor like ``input``.

    Example:
        >>> ag.msort(ag.tensor([[2, 1], [1, 3]]))
        tensor([[1, 1],
                [2, 3]])
    """
    return into(out, sort(input, 0).values, "msort")


@numpy_names
def topk(
    input: Tensor, k: int, dim: int = -1, largest: bool = True, sorted: bool = True, *, out: Any = None
) -> ValuesIndices:
    """The k largest (or smallest) elements along an axis.

    Args:
        input: any shape and real dtype.
        k: how many, at most the size of the axis.
        dim: the axis.
        largest: False for the smallest.
        sorted: in order, the foremost first.
        out: a pair of tensors for the result.

    Returns:
        (values, indices), a named tuple; k positions along ``dim``.

    Raises:
        IndexError: no such axis.
        ShapeError: there are fewer than k elements.

    Example:
        >>> ag.topk(ag.tensor([3, 1, 2]), 2)
        ValuesIndices(values=tensor([3, 2]), indices=tensor([0, 2]))
    """
    axis = axis_of("topk", dim, input.raw.ndim)
    x = input if input.raw.ndim else ravel(input)
    if not 0 <= k <= x.raw.shape[axis]:
        raise ShapeError(f"topk: expected k in [0, {x.raw.shape[axis]}], the size of axis {axis}, got {k}")
    index = _foremost(x, axis=axis, k=k, largest=largest, sorted=sorted)
    values = pick(x, index, axis=axis)
    if not input.raw.ndim and k:
        values, index = (_reshape(t, shape=()) for t in (values, index))
    return _given(out, values, index, "topk")


# -- one of them ------------------------------------------------------------------------------------------------------


@numpy_names
def kthvalue(input: Tensor, k: int, dim: int = -1, keepdim: bool = False, *, out: Any = None) -> ValuesIndices:
    """The k-th smallest element along an axis.

    Args:
        input: any shape and real dtype.
        k: which one, counted from 1.
        dim: the axis.
        keepdim: keep the reduced axis with size 1.
        out: a pair of tensors for the result.

    Returns:
        (values, indices), a named tuple.

    Raises:
        IndexError: no such axis.
        ShapeError: there is no k-th.

    Example:
        >>> ag.kthvalue(ag.tensor([3, 1, 2]), 2)
        ValuesIndices(values=tensor(2), indices=tensor(2))
    """
    n = (input.raw.shape or (1,))[axis_of("kthvalue", dim, input.raw.ndim)]
    if not 1 <= k <= n:
        raise ShapeError(f"kthvalue: expected k in [1, {n}], the size of the axis, got {k}")
    return _found("kthvalue", input, dim, keepdim, out, _kth, k=k - 1)


@op(complex="refused")
def _median(be: Any, x: Any, *, skip_nan: bool) -> Any:
    flat = x.reshape(-1)
    if not flat.size:
        return be.xp.full((), be.xp.nan, x.dtype)
    return flat[_middle.forward(be, flat, axis=0, skip_nan=skip_nan)[0]]


_median.grad(x=lambda g, x, y, **p: _tied(g, x, y, axes=tuple(range(x.ndim)), keepdim=False))


@numpy_names
def median(input: Tensor, dim: int | None = None, keepdim: bool = False, *, out: Any = None) -> Any:
    """The middle element in order, the lower one of two; NaN where there is one.

    Args:
        input: any shape and real dtype.
        dim: None: of all elements, equal ones sharing the gradient; else the axis.
        keepdim: keep the reduced axis with size 1.
        out: a tensor, or along an axis a pair of them, for the result.

    Returns:
        A 0-d tensor; along an axis ``(values, indices)``, a named tuple.

    Raises:
        IndexError: no such axis, or no element along it.

    Example:
        >>> ag.median(ag.tensor([4.0, 1.0, 3.0, 2.0]))
        tensor(2.)
    """
    if dim is None:
        return into(out, _median(input, skip_nan=False), "median")
    return _found("median", input, dim, keepdim, out, _middle, skip_nan=False)


@numpy_names
def nanmedian(input: Tensor, dim: int | None = None, keepdim: bool = False, *, out: Any = None) -> Any:
    """The middle of the elements that are not NaN, the lower one of two.

    Args:
        input: any shape and real dtype.
        dim: None: of all elements, equal ones sharing the gradient; else the axis.
        keepdim: keep the reduced axis with size 1.
        out: a tensor, or along an axis a pair of them, for the result.

    Returns:
        A 0-d tensor; along an axis ``(values, indices)``, a named tuple.

    Raises:
        IndexError: no such axis, or no element along it.

    Example:
        >>> ag.nanmedian(ag.tensor([1.0, float("nan"), 3.0]))
        tensor(1.)
    """
    if dim is None:
        return into(out, _median(input, skip_nan=True), "nanmedian")
    return _found("nanmedian", input, dim, keepdim, out, _middle, skip_nan=True)


@numpy_names
def mode(input: Tensor, dim: int = -1, keepdim: bool = False, *, out: Any = None) -> ValuesIndices:
    """The most frequent value along an axis, the smallest of several such, and the last place where it stands.

    Args:
        input: any shape and real dtype.
        dim: the axis.
        keepdim: keep the reduced axis with size 1.
        out: a pair of tensors for the result.

    Returns:
        (values, indices), a named tuple.

    Raises:
        IndexError: no such axis, or no element along it.

    Example:
        >>> ag.mode(ag.tensor([2, 1, 2, 1, 3]))
        ValuesIndices(values=tensor(1), indices=tensor(3))
    """
    return _found("mode", input, dim, keepdim, out, _commonest)
