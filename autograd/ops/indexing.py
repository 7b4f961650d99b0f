"""Reading and writing at positions given by index tensors along one axis, or by a mask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autograd.errors import DtypeError, PositionError, ShapeError
from autograd.formats import rows
from autograd.inplace import inplace
from autograd.node import Variable
from autograd.op import op, wrap
from autograd.ops.arguments import axis_of, numpy_names
from autograd.ops.out import into
from autograd.ops.shape import _expand, _reshape, broadcast, ravel
from autograd.ops.subscript import _put
from autograd.ops.views import _unslice, along

if TYPE_CHECKING:
    from autograd.tensor import Tensor


def positions(name: str, index: Any, size: int, least: int = 0) -> Any:
    """An index tensor as int64, its values checked to be in [least, size).

    Raises:
        DtypeError: it does not hold integers.
        IndexError: a value is out of range.
    """
    if not isinstance(index, Variable):
        raise TypeError(f"{name}: expected index to be a Tensor, got {type(index).__name__}")
    raw = index.raw
    if raw.dtype.kind != "i":
        raise DtypeError(f"{name}: expected an integer index, got {index.dtype}. Cast it with .long()")  # type: ignore[attr-defined]
    if (wrong := index.backend.check_positions(raw, least, size)) is not None:
        raise PositionError(f"{name}: index {wrong} is out of range for size {size}. Valid are {least} to {size - 1}")
    return index if raw.dtype == "int64" else wrap(raw.astype("int64"), index.backend)


# -- whole slices along an axis ---------------------------------------------------------------------------------------


@op
def _index_select(be: Any, x: Any, index: Any, *, axis: int) -> Any:
    return be.xp.take(x, index, axis) if axis else be.gather_rows(x, index)


@op
def _index_spread(be: Any, x: Any, index: Any, *, axis: int, shape: tuple[int, ...]) -> Any:
    """Zeros of ``shape`` with every slice of x added at its place: the gradient of ``_index_select``."""
    if axis == 0 and x.size:
        return be.scatter_rows(be.reshape(x, (len(index), x.size // len(index))), index, shape[0]).reshape(shape)
    return be.index_add_(be.xp.zeros(shape, x.dtype), along(axis, index)[:-1], x)


_index_select.grad(x=lambda g, x_shape, index, *, axis: _index_spread(g, index, axis=axis, shape=x_shape))
_index_spread.grad(x=lambda g, index, *, axis, shape: _index_select(g, index, axis=axis))


@numpy_names
def index_select(input: Tensor, dim: int, index: Tensor, *, out: Any = None) -> Tensor:
    """Slices along an axis at listed positions; a copy.

    Args:
        input: any shape.
        dim: the axis.
        index: shape (m,), integers in [0, size of the axis).
        out: a tensor to write the result into.

    Returns:
        A tensor like ``input`` with m positions along ``dim``.

    Raises:
        IndexError: a position is out of range.
        ShapeError: ``index`` has more than one axis.

    Example:
        >>> ag.arange(6).view(2, 3).index_select(1, ag.tensor([2, 0]))
        tensor([[2, 0],
                [5, 3]])
    """
    axis = axis_of("index_select", dim, input.raw.ndim)
    index = _one_axis("index_select", index, (input.raw.shape or (1,))[axis])
    if input.raw.ndim:
        return into(out, _index_select(input, index, axis=axis), "index_select")
    return into(out, _reshape(_index_select(ravel(input), index, axis=0), shape=()), "index_select")


def _one_axis(name: str, index: Any, size: int) -> Any:
    index = positions(name, index, size)
    if index.raw.ndim > 1:
        raise ShapeError(f"{name}: expected an index of one axis, got shape {tuple(index.raw.shape)}")
    return index if index.raw.ndim else ravel(index)


@op
def _index_add(be: Any, x: Any, index: Any, source: Any, *, axis: int, alpha: Any) -> Any:
    return be.index_add_(x.copy(), along(axis, index)[:-1], source if alpha == 1 else source * alpha)


_index_add.grad(
    x=lambda g, **p: g,
    source=lambda g, index, *, axis, alpha: _index_select(g if alpha == 1 else g * alpha, index, axis=axis),
)


@numpy_names
def index_add(input: Tensor, dim: int, index: Tensor, source: Tensor, *, alpha: Any = 1, out: Any = None) -> Tensor:
    """A copy of ``input`` with slices of ``source`` added at listed positions along an axis.

    out[..., index[i], ...] += alpha * source[..., i, ...], as often as a position is named.

    Args:
        input: any shape.
        dim: the axis.
        index: shape (m,), integers in [0, size of the axis).
        source: like ``input`` with m positions along ``dim``.
        alpha: a number.
        out: a tensor to write the result into.

    Returns:
        A tensor like ``input``.

    Raises:
        IndexError: a position is out of range.
        ShapeError: ``source`` has another shape.

    Example:
        >>> ag.zeros(3).index_add(0, ag.tensor([0, 0, 2]), ag.ones(3))
        tensor([2., 0., 1.])
    """
    x, axis, index, source = _by_axis("index_add", input, dim, index, source)
    y = _index_add(x, index, source, axis=axis, alpha=alpha)
    return into(out, y if x is input else _reshape(y, shape=()), "index_add")


def _by_axis(name: str, input: Any, dim: int, index: Any, source: Any) -> tuple[Any, int, Any, Any]:
    """The checked arguments of what writes slices of a source at positions; 0-d tensors get an axis."""
    axis = axis_of(name, dim, input.raw.ndim)
    x = input if input.raw.ndim else ravel(input)
    index = _one_axis(name, index, x.raw.shape[axis])
    if source.raw.dtype != x.raw.dtype:
        raise DtypeError(f"{name}: expected a source of {x.dtype}, got {source.dtype}. Cast it with .to()")
    source = source if source.raw.ndim else ravel(source)
    wanted = (*x.raw.shape[:axis], index.raw.size, *x.raw.shape[axis + 1 :])
    if source.raw.shape != wanted:
        raise ShapeError(f"{name}: expected a source of shape {wanted}, got {tuple(source.raw.shape)}")
    return x, axis, index, source


@numpy_names
def index_copy(input: Tensor, dim: int, index: Tensor, source: Tensor, *, out: Any = None) -> Tensor:
    """A copy of ``input`` with slices of ``source`` at listed positions along an axis.

    Args:
        input: any shape.
        dim: the axis.
        index: shape (m,), integers in [0, size of the axis).
        source: like ``input`` with m positions along ``dim``.
        out: a tensor to write the result into.

    Returns:
        A tensor like ``input``.

    Raises:
        IndexError: a position is out of range.
        ShapeError: ``source`` has another shape.

    Example:
        >>> ag.zeros(3).index_copy(0, ag.tensor([2, 0]), ag.tensor([1.0, 2.0]))
        tensor([2., 0., 1.])
    """
    x, axis, index, source = _by_axis("index_copy", input, dim, index, source)
    y = _put(x, source, basic=None, fancy=along(axis, index.raw.copy())[:-1])
    return into(out, y if x is input else _reshape(y, shape=()), "index_copy")


@numpy_names
def index_fill(input: Tensor, dim: int, index: Tensor, value: Any) -> Tensor:
    """A copy of ``input`` with one value at listed positions along an axis.

    Args:
        input: any shape.
        dim: the axis.
        index: shape (m,), integers in [0, size of the axis).
        value: a number or a 0-d tensor.

    Returns:
        A tensor like ``input``.

    Raises:
        IndexError: a position is out of range.
        ShapeError: ``value`` has axes.

    Example:
        >>> ag.zeros(3).index_fill(0, ag.tensor([0, 2]), 7)
        tensor([7., 0., 7.])
    """
    axis = axis_of("index_fill", dim, input.raw.ndim)
    x = input if input.raw.ndim else ravel(input)
    index = _one_axis("index_fill", index, x.raw.shape[axis])
    if isinstance(value, Variable):
        if value.raw.ndim:
            raise ShapeError(f"index_fill: expected a number or a 0-d tensor, got shape {tuple(value.raw.shape)}")
        value = value.to(input.dtype)  # type: ignore[attr-defined]
    y = _put(x, value, basic=None, fancy=along(axis, index.raw.copy())[:-1])
    return y if x is input else _reshape(y, shape=())


# -- single elements along an axis ------------------------------------------------------------------------------------


def _window(shape: tuple[int, ...], axis: int | None = None) -> tuple[slice, ...]:
    """The corner of an array that an index of ``shape`` covers, whole along ``axis``."""
    return tuple(slice(None) if i == axis else slice(0, n) for i, n in enumerate(shape))


@op
def _gather(be: Any, x: Any, index: Any, *, axis: int) -> Any:
    return rows(be.gather(x, index, axis))


@op
def _ungather(be: Any, x: Any, index: Any, *, axis: int, shape: tuple[int, ...]) -> Any:
    """Zeros of ``shape`` with every element of x added at its place: the gradient of ``_gather``."""
    return be.scatter_add_(be.xp.zeros(shape, x.dtype), index, x, axis)


_gather.grad(x=lambda g, x_shape, index, *, axis: _ungather(g, index, axis=axis, shape=x_shape))
_ungather.grad(x=lambda g, index, *, axis, shape: _gather(g, index, axis=axis))


def _along_axis(name: str, input: Any, dim: int, index: Any, src: Any = None) -> tuple[Any, int, Any, Any]:
    """The checked arguments of what reads or writes single elements along an axis; 0-d tensors get one."""
    axis = axis_of(name, dim, input.raw.ndim)
    x, index, src = (t if not isinstance(t, Variable) or t.raw.ndim else ravel(t) for t in (input, index, src))  # type: ignore[arg-type]
    size = x.raw.shape[axis]
    index = positions(name, index, size)
    shape, have = index.raw.shape, x.raw.shape
    if len(shape) != len(have):
        raise ShapeError(f"{name}: expected an index of {len(have)} axes as the input has, got shape {tuple(shape)}")
    if index.raw.size and any(n > m for i, (n, m) in enumerate(zip(shape, have, strict=True)) if i != axis):
        raise ShapeError(
            f"{name}: expected an index no longer than the input {tuple(have)} but along axis {axis}, "
            f"got {tuple(shape)}"
        )
    if isinstance(src, Variable):
        if src.raw.dtype != x.raw.dtype:
            raise DtypeError(f"{name}: expected a src of {x.dtype}, got {src.dtype}. Cast it with .to()")  # type: ignore[attr-defined]
        if src.raw.ndim != len(shape) or (
            index.raw.size and any(n > m for n, m in zip(shape, src.raw.shape, strict=True))
        ):
            raise ShapeError(
                f"{name}: expected a src at least as long as the index {tuple(shape)}, got {tuple(src.raw.shape)}"
            )
    return x, axis, index, src


@numpy_names
def gather(input: Tensor, dim: int, index: Tensor, *, sparse_grad: bool = False, out: Any = None) -> Tensor:
    """Elements along an axis at positions of their own: out[i][j] = input[index[i][j]][j] for ``dim=0``.

    Args:
        input: n axes.
        dim: the axis.
        index: n axes, no longer than ``input`` in every other; integers in [0, size of the axis).
        sparse_grad: accepted.
        out: a tensor to write the result into.

    Returns:
        A tensor of the shape of ``index``.

    Raises:
        IndexError: a position is out of range.
        ShapeError: the shapes do not fit.

    Example:
        >>> ag.tensor([[1, 2], [3, 4]]).gather(1, ag.tensor([[0, 0], [1, 0]]))
        tensor([[1, 1],
                [4, 3]])
    """
    x, axis, places, _ = _along_axis("gather", input, dim, index)
    return into(out, _shaped(_gather(x, places, axis=axis), index), "gather")


def _shaped(y: Any, like: Any) -> Any:
    return y if y.raw.ndim == like.raw.ndim else _reshape(y, shape=like.raw.shape)


@numpy_names
def take_along_dim(input: Tensor, indices: Tensor, dim: int | None = None, *, out: Any = None) -> Tensor:
    """Elements along an axis at positions of their own, the other axes broadcast; what ``argsort`` is for.

    Args:
        input: any shape.
        indices: integers, as many axes as ``input``; negative ones count from the end.
        dim: the axis; None takes from the flattened tensor.
        out: a tensor to write the result into.

    Returns:
        A tensor of the shape of ``indices``, the other axes broadcast with ``input``.

    Raises:
        IndexError: a position is out of range.
        ShapeError: the shapes do not broadcast.

    Example:
        >>> x = ag.tensor([[3, 1], [2, 4]]); x.take_along_dim(x.argsort(1), 1)
        tensor([[1, 3],
                [2, 4]])
    """
    if dim is None:
        input, indices, dim = ravel(input), ravel(indices), 0
    axis = axis_of("take_along_dim", dim, input.raw.ndim)
    size = input.raw.shape[axis]
    index = positions("take_along_dim", indices, size, -size).raw
    if index.ndim != input.raw.ndim:
        raise ShapeError(f"take_along_dim: expected indices of {input.raw.ndim} axes, got shape {tuple(index.shape)}")
    rest = [(*t.shape[:axis], 1, *t.shape[axis + 1 :]) for t in (input.raw, index)]
    shape = broadcast("take_along_dim", *rest)
    x = _expand(input, shape=(*shape[:axis], size, *shape[axis + 1 :]))
    index = input.backend.xp.broadcast_to(index % max(size, 1), (*shape[:axis], index.shape[axis], *shape[axis + 1 :]))
    return into(out, _gather(x, wrap(index, input.backend), axis=axis), "take_along_dim")


def _grid(be: Any, index: Any, axis: int) -> tuple[Any, ...]:
    """The NumPy index of the elements that ``index`` names along ``axis``."""
    grid = list(be.xp.ogrid[tuple(slice(0, n) for n in index.shape)])
    grid[axis] = index
    return tuple(grid)


@op
def _scatter(be: Any, x: Any, index: Any, src: Any, *, axis: int) -> Any:
    y = x.copy()
    y[_grid(be, index, axis)] = src[_window(index.shape)] if hasattr(src, "shape") and src.shape else src
    return y


@op
def _scatter_add(be: Any, x: Any, index: Any, src: Any, *, axis: int) -> Any:
    return be.scatter_add_(x.copy(), index, src, axis)


def _from_places(g: Any, index: Any, src_shape: tuple[int, ...], axis: int) -> Any:
    """The gradient of the elements of a src that were written, zero for those that were not."""
    if not src_shape:
        return _gather(g, index, axis=axis)
    there = _gather(g, index, axis=axis)
    same = tuple(index.shape) == tuple(src_shape)
    return there if same else _unslice(there, index=_window(index.shape), shape=src_shape)


_scatter.grad(
    x=lambda g, index, *, axis: _scatter(g, index, 0, axis=axis),
    src=lambda g, index, src_shape, *, axis: _from_places(g, index, src_shape, axis),
)
_scatter_add.grad(x=lambda g, **p: g, src=lambda g, index, src_shape, *, axis: _from_places(g, index, src_shape, axis))


@numpy_names
def scatter_add(input: Tensor, dim: int, index: Tensor, src: Tensor, *, out: Any = None) -> Tensor:
    """A copy of ``input`` with elements added at positions of their own along an axis, as often as one is named.

    out[index[i][j]][j] += src[i][j] for ``dim=0``.

    Args:
        input: n axes.
        dim: the axis.
        index: n axes, no longer than ``src``, and no longer than ``input`` in every other axis.
        src: n axes.
        out: a tensor to write the result into.

    Returns:
        A tensor like ``input``.

    Raises:
        IndexError: a position is out of range.
        ShapeError: the shapes do not fit.

    Example:
        >>> ag.zeros(3).scatter_add(0, ag.tensor([2, 2]), ag.tensor([1.0, 2.0]))
        tensor([0., 0., 3.])
    """
    x, axis, index, src = _along_axis("scatter_add", input, dim, index, src)
    return into(out, _shaped(_scatter_add(x, index, src, axis=axis), input), "scatter_add")


index_add_, index_copy_, index_fill_ = inplace(index_add), inplace(index_copy), inplace(index_fill)
scatter_add_ = inplace(scatter_add)
