"""Elements written to positions given by index tensors, and combined there: means, products, extremes of groups."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from autograd.dtypes import INEXACT
from autograd.errors import ArgumentError, ShapeError
from autograd.inplace import inplace
from autograd.node import Variable
from autograd.op import op, wrap
from autograd.ops.arguments import numpy_names
from autograd.ops.comparison import where
from autograd.ops.indexing import (
    _along_axis,
    _by_axis,
    _gather,
    _grid,
    _scatter,
    _scatter_add,
    _shaped,
    _window,
)
from autograd.ops.out import into
from autograd.ops.shape import _expand, _reshape
from autograd.ops.views import _slice, _unslice

if TYPE_CHECKING:
    from autograd.tensor import Tensor

_UFUNCS = {"prod": "multiply", "amax": "maximum", "amin": "minimum"}


def _neutral(be: Any, dtype: Any, kind: str) -> Any:
    """What changes nothing when it is combined by ``kind``."""
    if kind == "prod":
        return 1
    if dtype.kind == "f":
        return -be.xp.inf if kind == "amax" else be.xp.inf
    limits = be.xp.iinfo(dtype)
    return limits.min if kind == "amax" else limits.max


@op
def _combine(be: Any, x: Any, index: Any, src: Any, *, axis: int, kind: str, include_self: bool) -> Any:
    """Products or extremes of x and of the elements of src that index names, along an axis."""
    y, grid, ufunc = x.copy(), _grid(be, index, axis), getattr(be.xp, _UFUNCS[kind])
    if not include_self:
        y[grid] = _neutral(be, x.dtype, kind)
    if be.name != "cuda":
        ufunc.at(y, grid, src[_window(index.shape)])
    elif index.size:  # CuPy has no product.at, and no other in half precision
        touched = _window(index.shape, axis)
        groups = _by_sorting(be, index, src[_window(index.shape)], y.shape[axis], axis, kind)
        y[touched] = ufunc(y[touched], groups)
    return y


def _by_sorting(be: Any, index: Any, src: Any, size: int, axis: int, kind: str) -> Any:
    """The product or extreme of the elements of src for each of ``size`` positions, without atomic operations."""
    xp, ufunc = be.xp, getattr(be.xp, _UFUNCS[kind])
    order = xp.argsort(index, axis, kind="stable")
    place = xp.moveaxis(xp.take_along_axis(index, order, axis), axis, -1)
    value = xp.moveaxis(xp.take_along_axis(src, order, axis), axis, -1).copy()
    step, n = 1, place.shape[-1]
    while step < n:  # value[i] combines the elements i to i + step - 1 that share place[i]
        ahead = ufunc(value[..., :-step], value[..., step:])
        value[..., :-step] = xp.where(place[..., step:] == place[..., :-step], ahead, value[..., :-step])
        step *= 2
    rows = place.size // n
    key = (place.reshape(rows, n) + xp.arange(rows)[:, None] * size).reshape(-1)  # sorted from end to end
    wanted = xp.arange(rows * size)
    first = xp.minimum(xp.searchsorted(key, wanted), key.size - 1)
    total = xp.where(key[first] == wanted, value.reshape(-1)[first], _neutral(be, src.dtype, kind))
    return xp.moveaxis(total.reshape(*place.shape[:-1], size), -1, axis)


@op(outputs=("of_x", "of_src"))
def _shares(be: Any, x: Any, index: Any, src: Any, y: Any, *, axis: int, include_self: bool) -> Any:
    """Which part of the gradient of an extreme each element gets: equal ones share it. Constant almost everywhere."""
    of_x = (x == y).astype(y.dtype)
    if not include_self:
        of_x[_grid(be, index, axis)] = 0
    hit = (src[_window(index.shape)] == be.xp.take_along_axis(y[_window(index.shape, axis)], index, axis)).astype(
        y.dtype
    )
    total = be.scatter_add_(of_x.copy(), index, hit, axis)
    of_x = of_x / be.xp.maximum(total, 1)
    return of_x, hit / be.xp.take_along_axis(total[_window(index.shape, axis)], index, axis)


@op
def _alone(be: Any, index: Any, src: Any, *, axis: int, shape: tuple[int, ...]) -> Any:
    """1 where no other element of src for the same place is zero, else 0."""
    zero = (src == 0).astype(src.dtype)
    zeros = be.scatter_add_(be.xp.zeros(shape, src.dtype), index, zero, axis)
    return (be.xp.take_along_axis(zeros[_window(index.shape, axis)], index, axis) == zero).astype(src.dtype)


@_combine.grad_all
def _(needs: Any, g: Any, x: Any, index: Any, src: Any, y: Any, *, axis: int, kind: str, include_self: bool) -> Any:
    whole = {"axis": axis, "kind": kind}
    used = src if src.shape == index.shape else _slice(src, index=(*_window(index.shape), ...))
    gx = gsrc = None
    if kind != "prod":
        of_x, of_src = _shares(x, index, used, y, axis=axis, include_self=include_self)
        gx = g * of_x if needs[0] else None
        gsrc = _gather(g, index, axis=axis) * of_src if needs[2] else None
    else:  # g times the product of all other factors
        if needs[0]:
            gx = g * _combine(x * 0 + 1, index, used, include_self=True, **whole)
            gx = gx if include_self else _scatter(gx, index, 0, axis=axis)
        if needs[2]:
            filled = where(used == 0, 1, used)
            product = _combine(x, index, filled, include_self=include_self, **whole)
            gsrc = (
                _gather(g * product, index, axis=axis) / filled * _alone(index, used, axis=axis, shape=tuple(x.shape))
            )
    if gsrc is not None and used is not src:
        gsrc = _unslice(gsrc, index=_window(index.shape), shape=tuple(src.shape))
    return gx, None, gsrc


@numpy_names
def scatter(
    input: Tensor,
    dim: int,
    index: Tensor,
    src: Any = None,
    *,
    value: Any = None,
    reduce: str | None = None,
    out: Any = None,
) -> Tensor:
    """A copy of ``input`` with elements written at positions of their own along an axis.

    out[index[i][j]][j] = src[i][j] for ``dim=0``; of several for one place, one is kept.

    Args:
        input: n axes.
        dim: the axis.
        index: n axes, no longer than ``src``, and no longer than ``input`` in every other axis.
        src: n axes, or a number.
        value: in place of ``src``: a number.
        reduce: None, "add" or "multiply": combine with what is there.
        out: a tensor to write the result into.

    Returns:
        A tensor like ``input``.

    Raises:
        IndexError: a position is out of range.
        ShapeError: the shapes do not fit.
        ValueError: another ``reduce``.

    Example:
        >>> ag.zeros(3).scatter(0, ag.tensor([2, 0]), ag.tensor([1.0, 2.0]))
        tensor([2., 0., 1.])
    """
    x, axis, index, src = _along_axis("scatter", input, dim, index, value if src is None else src)
    if reduce is None:
        return into(out, _shaped(_scatter(x, index, src, axis=axis), input), "scatter")
    if reduce not in ("add", "multiply"):
        raise ArgumentError(f'scatter: expected reduce="add" or "multiply", got {reduce!r}. See also scatter_reduce()')
    if not isinstance(src, Variable):
        be = input.backend
        src = wrap(be.xp.full(index.raw.shape, src, x.raw.dtype), be)
    if reduce == "add":
        return into(out, _shaped(_scatter_add(x, index, src, axis=axis), input), "scatter")
    return into(out, _shaped(_combine(x, index, src, axis=axis, kind="prod", include_self=True), input), "scatter")


@numpy_names
def scatter_reduce(
    input: Tensor, dim: int, index: Tensor, src: Tensor, reduce: str, *, include_self: bool = True, out: Any = None
) -> Tensor:
    """A copy of ``input`` in which elements of ``src`` are combined at positions of their own along an axis.

    out[index[i][j]][j] = combination of input[index[i][j]][j] and of all src[i][j] for that place, for ``dim=0``.

    Args:
        input: n axes.
        dim: the axis.
        index: n axes, no longer than ``src``, and no longer than ``input`` in every other axis.
        src: n axes, of the dtype of ``input``.
        reduce: "sum", "prod", "mean", "amax" or "amin".
        include_self: whether the elements of ``input`` take part where there are others.
        out: a tensor to write the result into.

    Returns:
        A tensor like ``input``.

    Raises:
        IndexError: a position is out of range.
        ShapeError: the shapes do not fit.
        ValueError: another ``reduce``.

    Example:
        >>> ag.zeros(2).scatter_reduce(0, ag.tensor([1, 1]), ag.tensor([1.0, 3.0]), "mean", include_self=False)
        tensor([0., 2.])
    """
    x, axis, index, src = _along_axis("scatter_reduce", input, dim, index, src)
    return into(
        out, _shaped(_reduced("scatter_reduce", x, index, src, axis, reduce, include_self), input), "scatter_reduce"
    )


def _reduced(name: str, x: Any, index: Any, src: Any, axis: int, kind: str, include_self: bool) -> Any:
    if kind in _UFUNCS:
        return _combine(x, index, src, axis=axis, kind=kind, include_self=include_self)
    if kind not in ("sum", "mean"):
        raise ArgumentError(f'{name}: expected reduce="sum", "prod", "mean", "amax" or "amin", got {kind!r}')
    total = _scatter_add(x if include_self else _scatter(x, index, 0, axis=axis), index, src, axis=axis)
    if kind == "sum":
        return total
    be, raw = x.backend, x.raw
    counts = be.xp.ones(raw.shape, raw.dtype)
    if not include_self:
        counts[_grid(be, index.raw, axis)] = 0
    be.scatter_add_(counts, index.raw, be.xp.ones(index.raw.shape, raw.dtype), axis)
    return total / wrap(counts, be) if raw.dtype.kind in INEXACT else total // wrap(counts, be)


@numpy_names
def index_reduce(
    input: Tensor, dim: int, index: Tensor, source: Tensor, reduce: str, *, include_self: bool = True, out: Any = None
) -> Tensor:
    """A copy of ``input`` in which slices of ``source`` are combined at listed positions along an axis.

    Args:
        input: any shape.
        dim: the axis.
        index: shape (m,), integers in [0, size of the axis).
        source: like ``input`` with m positions along ``dim``.
        reduce: "prod", "mean", "amax" or "amin".
        include_self: whether the slices of ``input`` take part where there are others.
        out: a tensor to write the result into.

    Returns:
        A tensor like ``input``.

    Raises:
        IndexError: a position is out of range.
        ShapeError: ``source`` has another shape.
        ValueError: another ``reduce``.

    Example:
        >>> ag.ones(2).index_reduce(0, ag.tensor([0, 0]), ag.tensor([2.0, 3.0]), "prod")
        tensor([6., 1.])
    """
    if reduce not in ("prod", "mean", "amax", "amin"):
        raise ArgumentError(f'index_reduce: expected reduce="prod", "mean", "amax" or "amin", got {reduce!r}')
    x, axis, index, source = _by_axis("index_reduce", input, dim, index, source)
    column = tuple(index.raw.size if i == axis else 1 for i in range(x.raw.ndim))
    places = _expand(_reshape(index, shape=column), shape=source.raw.shape)
    y = _reduced("index_reduce", x, places, source, axis, reduce, include_self)
    return into(out, _shaped(y, input), "index_reduce")


_SEGMENTS = {"sum": 0.0, "mean": 0.0, "max": -math.inf, "min": math.inf, "prod": 1.0}  # what an empty segment gives


def segment_reduce(
    data: Tensor,
    reduce: str,
    *,
    lengths: Tensor | None = None,
    indices: Tensor | None = None,
    offsets: Tensor | None = None,
    axis: int = 0,
    unsafe: bool = False,
    initial: float | None = None,
) -> Tensor:
    """Neighbouring slices combined: the first ``lengths[0]``, the ``lengths[1]`` after them, and so on.

    Args:
        data: shape (*B, n, ...), floating.
        reduce: "sum", "mean", "max", "min" or "prod".
        lengths: shape (*B, s), integers: how many slices each segment has.
        indices: for PyTorch's signature; segments are given by one of the two others.
        offsets: shape (*B, s + 1), in place of ``lengths``: where segments begin, and the last ends.
        axis: the axis of the n slices, as many as B has axes.
        unsafe: do not check that the segments fill the axis.
        initial: takes part in every segment; without it an empty one gives 0, NaN, an infinity or 1.

    Returns:
        Shape (*B, s, ...).

    Raises:
        ShapeError: the segments do not fill the axis, or ``axis`` is not the one behind B.
        ValueError: another ``reduce``, or neither ``lengths`` nor ``offsets``.

    Example:
        >>> ag.segment_reduce(ag.tensor([1.0, 2.0, 3.0]), "sum", lengths=ag.tensor([2, 1]))
        tensor([3., 3.])
    """
    if reduce not in _SEGMENTS:
        raise ArgumentError(f'segment_reduce: expected reduce="sum", "mean", "max", "min" or "prod", got {reduce!r}')
    given = offsets if lengths is None else lengths
    if given is None:
        raise ArgumentError("segment_reduce: expected lengths or offsets, got neither")
    be, shape = data.backend, data.raw.shape
    counts = be.xp.diff(given.raw, axis=-1) if lengths is None else given.raw
    if axis != counts.ndim - 1:
        raise ShapeError(f"segment_reduce: expected axis={counts.ndim - 1}, that of the segments, got {axis}")
    rows, many = math.prod(shape[:axis]), counts.shape[-1]
    filled = be.to_numpy(counts.sum(axis=-1)).ravel()
    if (filled != shape[axis]).any() and not (unsafe and axis == 0):
        raise ShapeError(f"segment_reduce: expected lengths with sum {shape[axis]}, got {filled.tolist()}")
    x = data if not unsafe else _slice(data, index=(slice(0, int(filled[0])),))
    column = (*shape[:axis], -1, *[1] * (len(shape) - axis - 1))
    of_row = be.xp.tile(be.xp.arange(many), rows)
    index = be.xp.repeat(of_row, counts.reshape(-1).tolist()).reshape(column)
    index = wrap(be.xp.broadcast_to(index, x.raw.shape), be)
    start = _SEGMENTS[reduce] if initial is None else initial
    empty = wrap(be.xp.full((*shape[:axis], many, *shape[axis + 1 :]), start, data.raw.dtype), be)
    if reduce in ("sum", "mean"):
        total = _scatter_add(empty, index, x, axis=axis)
        if reduce == "sum":
            return total
        size = counts if initial is None else be.xp.maximum(counts, 1)
        return total / wrap(size.reshape(column).astype(data.raw.dtype), be)
    kind = {"max": "amax", "min": "amin"}.get(reduce, reduce)
    return _combine(empty, index, x, axis=axis, kind=kind, include_self=True)


scatter_, scatter_reduce_, index_reduce_ = inplace(scatter), inplace(scatter_reduce), inplace(index_reduce)
