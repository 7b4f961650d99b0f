"""Parts of a tensor that share its memory: slices, diagonals, windows."""

from __future__ import annotations

from operator import index as as_int
from typing import TYPE_CHECKING, Any

from autograd.errors import ArgumentError, ShapeError
from autograd.node import Variable
from autograd.op import op, view_scatter
from autograd.ops.arguments import axis_of, index_of, numpy_names
from autograd.ops.out import into

if TYPE_CHECKING:
    from autograd.tensor import Tensor

# -- slices -----------------------------------------------------------------------------------------------------------


@op(view=True)
def _slice(be: Any, x: Any, *, index: tuple[Any, ...]) -> Any:
    """x[index] by ints, slices, None and, so that NumPy gives a 0-d array and no scalar, an Ellipsis."""
    return x[index]


@op
def _unslice(be: Any, x: Any, *, index: tuple[Any, ...], shape: tuple[int, ...]) -> Any:
    """Zeros of ``shape`` with x at ``index``: the gradient of a slice."""
    y = be.xp.zeros(shape, x.dtype)
    y[index] = x
    return y


_slice.grad(x=lambda g, x_shape, *, index: _unslice(g, index=index, shape=x_shape))
_unslice.grad(x=lambda g, *, index, shape: _slice(g, index=index))


def along(axis: int, part: Any) -> tuple[Any, ...]:
    """The index that takes ``part`` of one axis and the whole of the others."""
    return (*(slice(None),) * axis, part, ...)


@numpy_names
def select(input: Tensor, dim: int, index: int) -> Tensor:
    """One position along an axis, as a view without that axis.

    Args:
        input: at least one axis.
        dim: the axis.
        index: the position; negative ones count from the end.

    Returns:
        A view with one axis less.

    Raises:
        IndexError: no such axis or position.

    Example:
        >>> ag.arange(6).view(2, 3).select(1, 2)
        tensor([2, 5])
    """
    axis = _axis_of_some("select", dim, input)
    return _slice(input, index=along(axis, index_of("select", index, input.raw.shape[axis])))


@numpy_names
def narrow(input: Tensor, dim: int, start: Any, length: int) -> Tensor:
    """A stretch of an axis, as a view.

    Args:
        input: at least one axis.
        dim: the axis.
        start: the first position, an int or a 0-d integer tensor; negative ones count from the end.
        length: how many positions.

    Returns:
        A view with ``length`` positions along ``dim``.

    Raises:
        IndexError: no such axis or start.
        ShapeError: the stretch ends beyond the axis.

    Example:
        >>> ag.arange(5).narrow(0, 1, 3)
        tensor([1, 2, 3])
    """
    axis = _axis_of_some("narrow", dim, input)
    size, first = input.raw.shape[axis], as_int(start)
    if not -size <= first <= size:
        raise IndexError(f"narrow: expected start in [{-size}, {size}], got {first}")
    first += size if first < 0 else 0
    if length < 0 or first + length > size:
        raise ShapeError(f"narrow: expected a length in [0, {size - first}] from {first} on, got {length}")
    return _slice(input, index=along(axis, slice(first, first + length)))


def _axis_of_some(name: str, dim: Any, input: Any) -> int:
    """``axis_of`` for what needs at least one axis."""
    if not input.raw.ndim:
        raise IndexError(f"{name}: expected at least one axis, got a 0-d tensor")
    return axis_of(name, dim, input.raw.ndim)


# -- diagonals --------------------------------------------------------------------------------------------------------


def _diagonal_of(be: Any, x: Any, offset: int, axis1: int, axis2: int) -> Any:
    """A writable view of a diagonal, which becomes the last axis."""
    rest = [i for i in range(x.ndim) if i not in (axis1, axis2)]
    x = x.transpose(*rest, axis1, axis2)[..., max(-offset, 0) :, max(offset, 0) :]
    n = min(x.shape[-2:])
    return be.xp.einsum("...ii->...i", x[..., :n, :n])


@op(view=True)
def _diagonal(be: Any, x: Any, *, offset: int, axis1: int, axis2: int) -> Any:
    return _diagonal_of(be, x, offset, axis1, axis2)


@op
def _undiagonal(be: Any, x: Any, *, offset: int, axis1: int, axis2: int, shape: tuple[int, ...]) -> Any:
    """Zeros of ``shape`` with x on a diagonal: the gradient of one."""
    y = be.xp.zeros(shape, x.dtype)
    _diagonal_of(be, y, offset, axis1, axis2)[...] = x
    return y


_diagonal.grad(x=lambda g, x_shape, **p: _undiagonal(g, shape=x_shape, **p))
_undiagonal.grad(x=lambda g, *, shape, **p: _diagonal(g, **p))


def diagonal(input: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """The diagonal of two axes, as a view in which it is the last axis.

    Args:
        input: at least two axes.
        offset: which diagonal: above the main one if positive, below if negative.
        dim1, dim2: the two axes.

    Returns:
        A view of shape (..., n), without ``dim1`` and ``dim2``.

    Raises:
        IndexError: no such axis.
        ShapeError: the two axes are the same.

    Example:
        >>> ag.arange(9).view(3, 3).diagonal(1)
        tensor([1, 5])
    """
    return _diagonal(input, **_diagonal_axes("diagonal", input.raw.ndim, offset, dim1, dim2))


def _diagonal_axes(name: str, ndim: int, offset: int, dim1: int, dim2: int) -> dict[str, int]:
    a, b = axis_of(name, dim1, ndim), axis_of(name, dim2, ndim)
    if a == b:
        raise ShapeError(f"{name}: expected two different axes, got dim1={dim1} and dim2={dim2} of {ndim} axes")
    return {"offset": offset, "axis1": a, "axis2": b}


# -- windows ----------------------------------------------------------------------------------------------------------


@op(view=True)
def _windows(be: Any, x: Any, *, axis: int, size: int, step: int) -> Any:
    count = (x.shape[axis] - size) // step + 1
    shape = (*x.shape[:axis], count, *x.shape[axis + 1 :], size)
    stride = x.strides[axis]
    strides = (*x.strides[:axis], stride * step, *x.strides[axis + 1 :], stride)
    return be.xp.lib.stride_tricks.as_strided(x, shape, strides)


@op
def _unwindow(be: Any, x: Any, *, axis: int, size: int, step: int, shape: tuple[int, ...]) -> Any:
    """Zeros of ``shape`` with every window added at its place: the gradient of windows."""
    y = be.xp.zeros(shape, x.dtype)
    count, spans = x.shape[axis], -(-size // step)
    x, rest = be.xp.moveaxis(x, axis, -2), y.shape[:axis] + y.shape[axis + 1 :]
    total = be.xp.zeros((*rest, count + spans - 1, step), x.dtype)
    for i in range(spans):  # as much of all windows as lies between two steps
        part = x[..., i * step : (i + 1) * step]
        total[..., i : i + count, : part.shape[-1]] += part
    reached = (count + spans - 1) * step
    n = min(shape[axis], reached)
    be.xp.moveaxis(y, axis, -1)[..., :n] = total.reshape(*rest, reached)[..., :n]
    return y


_windows.grad(x=lambda g, x_shape, **p: _unwindow(g, shape=x_shape, **p))
_unwindow.grad(x=lambda g, *, shape, **p: _windows(g, **p))


def unfold(input: Tensor, dimension: int, size: int, step: int) -> Tensor:
    """All windows along an axis, as a view in which the positions inside a window are the last axis.

    Args:
        input: any shape, n positions along ``dimension``.
        dimension: the axis.
        size: positions in a window.
        step: from one window to the next.

    Returns:
        A view of shape (..., (n - size) // step + 1, ..., size), whose overlapping windows share memory.

    Raises:
        ShapeError: a window is longer than the axis.
        ValueError: ``step`` is not positive.

    Example:
        >>> ag.arange(5).unfold(0, 3, 2)
        tensor([[0, 1, 2],
                [2, 3, 4]])
    """
    shape = input.raw.shape
    axis = axis_of("unfold", dimension, len(shape))
    length = shape[axis] if shape else 1
    if not 0 <= size <= length:
        raise ShapeError(f"unfold: expected a size in [0, {length}] for axis {axis}, got {size}")
    if step <= 0:
        raise ArgumentError(f"unfold: expected a positive step, got {step}")
    if not shape:  # one element: one window, and no axis to count windows
        return narrow(_slice(input, index=(None, ...)), 0, 0, size)
    return _windows(input, axis=axis, size=size, step=step)


@op(view=True)
def _strided(be: Any, x: Any, *, shape: tuple[int, ...], strides: tuple[int, ...], offset: int) -> Any:
    flat = x.reshape(-1)
    return be.xp.lib.stride_tricks.as_strided(flat[offset:], shape, tuple(s * x.itemsize for s in strides))


@op
def _unstrided(be: Any, x: Any, *, shape: Any, strides: Any, offset: int, size: tuple[int, ...]) -> Any:
    """Zeros of shape ``size`` with every element of x added at its place: the gradient of a strided view."""
    y = be.xp.zeros(size, x.dtype).reshape(-1)
    places = _strided.forward(be, be.xp.arange(y.size), shape=shape, strides=strides, offset=offset)
    be.index_add_(y, places.reshape(-1), x.reshape(-1))
    return y.reshape(size)


_strided.grad(x=lambda g, x_shape, **p: _unstrided(g, size=x_shape, **p))
_unstrided.grad(x=lambda g, *, size, **p: _strided(g, **p))


def as_strided(input: Tensor, size: Any, stride: Any, storage_offset: int | None = None) -> Tensor:
    """A view with given sizes and steps into the elements of a contiguous tensor.

    Args:
        input: any shape, contiguous.
        size: the sizes of the view.
        stride: for each axis, elements from one position to the next.
        storage_offset: the first element, counted in ``input`` (whose own first element is the default).

    Returns:
        A view of shape ``size``, whose elements may share memory.

    Raises:
        ShapeError: ``input`` is not contiguous, or the view would leave it.

    Example:
        >>> ag.arange(4).as_strided((2, 3), (1, 1))
        tensor([[0, 1, 2],
                [1, 2, 3]])
    """
    shape, strides, offset = tuple(size), tuple(stride), storage_offset or 0
    if not input.raw.flags.c_contiguous:
        raise ShapeError(
            f"as_strided: expected a contiguous tensor, got shape {tuple(input.raw.shape)}. Use contiguous()"
        )
    last = offset + sum((n - 1) * s for n, s in zip(shape, strides, strict=True))
    if offset < 0 or any(s < 0 for s in strides) or (0 not in shape and last >= input.raw.size):
        raise ShapeError(
            f"as_strided: expected a view inside {input.raw.size} elements, got size {shape}, stride {strides} "
            f"and offset {offset}"
        )
    return _strided(input, shape=shape, strides=strides, offset=offset)


# -- a part replaced, out of place ------------------------------------------------------------------------------------


@numpy_names
def select_scatter(input: Tensor, src: Tensor, dim: int, index: int) -> Tensor:
    """A copy of ``input`` with ``src`` at one position along an axis.

    Args:
        input: at least one axis.
        src: of the shape of ``input.select(dim, index)``.
        dim: the axis.
        index: the position.

    Returns:
        A tensor like ``input``.

    Raises:
        ShapeError: ``src`` has another shape.

    Example:
        >>> ag.zeros(2, 2).select_scatter(ag.ones(2), 0, 1)
        tensor([[0., 0.],
                [1., 1.]])
    """
    axis = _axis_of_some("select_scatter", dim, input)
    position = index_of("select_scatter", index, input.raw.shape[axis])
    return _scattered("select_scatter", input, src, _slice, index=along(axis, position))


@numpy_names
def slice_scatter(
    input: Tensor,
    src: Tensor,
    dim: int = 0,
    start: int | None = None,
    end: int | None = None,
    step: int = 1,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """A copy of ``input`` with ``src`` in a slice along an axis.

    Args:
        input: at least one axis.
        src: of the shape of that slice.
        dim: the axis.
        start, end, step: the slice, as in Python.
        out: a tensor for the result.

    Returns:
        A tensor like ``input``.

    Raises:
        ShapeError: ``src`` has another shape.
        ValueError: ``step`` is not positive.

    Example:
        >>> ag.zeros(4).slice_scatter(ag.ones(2), start=1, end=3)
        tensor([0., 1., 1., 0.])
    """
    if step <= 0:
        raise ArgumentError(f"slice_scatter: expected a positive step, got {step}")
    axis = _axis_of_some("slice_scatter", dim, input)
    y = _scattered("slice_scatter", input, src, _slice, index=along(axis, slice(start, end, step)))
    return into(out, y, "slice_scatter")


def diagonal_scatter(input: Tensor, src: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """A copy of ``input`` with ``src`` on a diagonal.

    Args:
        input: at least two axes.
        src: of the shape of ``input.diagonal(offset, dim1, dim2)``.
        offset, dim1, dim2: the diagonal, as there.

    Returns:
        A tensor like ``input``.

    Raises:
        ShapeError: ``src`` has another shape.

    Example:
        >>> ag.zeros(2, 2).diagonal_scatter(ag.ones(2))
        tensor([[1., 0.],
                [0., 1.]])
    """
    axes = _diagonal_axes("diagonal_scatter", input.raw.ndim, offset, dim1, dim2)
    return _scattered("diagonal_scatter", input, src, _diagonal, **axes)


def _scattered(name: str, input: Any, src: Any, part: Any, **params: Any) -> Any:
    """``input`` with ``src`` in place of ``part(input, **params)``."""
    if not isinstance(src, Variable):
        raise TypeError(f"{name}: expected src to be a Tensor, got {type(src).__name__}")
    wanted = part.forward(input.backend, input.raw, **params).shape
    if src.raw.shape != wanted:
        raise ShapeError(f"{name}: expected src of shape {tuple(wanted)}, got {tuple(src.raw.shape)}")
    return view_scatter(input, src, op=part.op, params=params)
