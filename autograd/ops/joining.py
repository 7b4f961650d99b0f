"""Tensors put together and taken apart."""

from __future__ import annotations

import itertools
import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.errors import ArgumentError, ShapeError
from autograd.formats import contiguous_format, rows, suggested
from autograd.node import Variable, seen_as
from autograd.op import Operation, op, zeros_like_shape
from autograd.ops.arguments import axis_of, numpy_names, tensor_list
from autograd.ops.out import into
from autograd.ops.shape import _reshape, atleast_1d, atleast_2d, atleast_3d
from autograd.ops.views import _slice, along

if TYPE_CHECKING:
    from autograd.tensor import Tensor

# -- together ---------------------------------------------------------------------------------------------------------


@op(promote="common")
def _cat(be: Any, *tensors: Any, axis: int, ends: tuple[int, ...]) -> Any:
    y = be.xp.concatenate(tensors, axis)
    if y.flags.c_contiguous or all(suggested(x) is not contiguous_format for x in tensors):
        return y
    return rows(y)


@_cat.grad_all
def _(needs: Any, g: Any, *, axis: int, ends: tuple[int, ...]) -> Any:
    bounds = zip((0, *ends), ends, strict=False)
    return tuple(
        _slice(g, index=along(axis, slice(a, b))) if n else None for n, (a, b) in zip(needs, bounds, strict=True)
    )


@numpy_names
def cat(tensors: Any, dim: int = 0, *, out: Any = None) -> Tensor:
    """Tensors one after the other along an existing axis.

    Args:
        tensors: a sequence of tensors of equal sizes in every other axis; empty ones of shape (0,) are passed over.
        dim: the axis.
        out: a tensor to write the result into.

    Returns:
        A tensor whose size along ``dim`` is the sum of theirs, of the promoted dtype.

    Raises:
        ShapeError: the sizes do not fit.
        ValueError: there is no tensor.

    Example:
        >>> ag.cat([ag.ones(1, 2), ag.zeros(2, 2)])
        tensor([[1., 1.],
                [0., 0.],
                [0., 0.]])
    """
    return into(out, _joined("cat", tensor_list("cat", tensors), dim), "cat")


def _joined(name: str, tensors: tuple[Any, ...], dim: int) -> Any:
    shapes = [x.raw.shape for x in tensors]
    shape = shapes[0]
    if shape and shapes.count(shape) == len(shapes):
        axis = axis_of(name, dim, len(shape))
        size = shape[axis]
        return _cat(*tensors, axis=axis, ends=tuple([size * i for i in range(1, len(shapes) + 1)]))
    first = next((s for s in shapes if s != (0,)), (0,))
    if any(s == (0,) != first for s in shapes):
        tensors = tuple(x for x in tensors if x.raw.shape != (0,))
        shapes = [x.raw.shape for x in tensors]
    axis = axis_of(name, dim, len(first))
    other = (first[:axis], first[axis + 1 :])
    if not first or any(len(s) != len(first) or (s[:axis], s[axis + 1 :]) != other for s in shapes):
        raise ShapeError(
            f"{name}: expected tensors of equal sizes in every axis but {axis}, got {' and '.join(map(str, shapes))}. "
            f"{'Use stack() for a new axis' if len(set(shapes)) == 1 else 'expand() or reshape() them first'}"
        )
    return _cat(*tensors, axis=axis, ends=tuple(itertools.accumulate(s[axis] for s in shapes)))


@numpy_names
def concat(tensors: Any, dim: int = 0, *, out: Any = None) -> Tensor:
    """Tensors one after the other along an existing axis; the same as ``cat``.

    Args:
        tensors: a sequence of tensors of equal sizes in every other axis.
        dim: the axis.
        out: a tensor to write the result into.

    Returns:
        A tensor whose size along ``dim`` is the sum of theirs.

    Example:
        >>> ag.concat([ag.ones(1), ag.zeros(2)])
        tensor([1., 0., 0.])
    """
    return into(out, _joined("concat", tensor_list("concat", tensors), dim), "concat")


@numpy_names
def concatenate(tensors: Any, dim: int = 0, *, out: Any = None) -> Tensor:
    """Tensors one after the other along an existing axis; the same as ``cat``.

    Args:
        tensors: a sequence of tensors of equal sizes in every other axis.
        dim: the axis.
        out: a tensor to write the result into.

    Returns:
        A tensor whose size along ``dim`` is the sum of theirs.

    Example:
        >>> ag.concatenate([ag.ones(1), ag.zeros(2)])
        tensor([1., 0., 0.])
    """
    return into(out, _joined("concatenate", tensor_list("concatenate", tensors), dim), "concatenate")


@op(promote="common")
def _stack(be: Any, *tensors: Any, axis: int) -> Any:
    return rows(be.xp.stack(tensors, axis))


@_stack.grad_all
def _(needs: Any, g: Any, *, axis: int) -> Any:
    return tuple(_slice(g, index=along(axis, i)) if need else None for i, need in enumerate(needs))


@numpy_names
def stack(tensors: Any, dim: int = 0, *, out: Any = None) -> Tensor:
    """Tensors of one shape along a new axis.

    Args:
        tensors: a sequence of n tensors of the same shape.
        dim: where the new axis is in the result.
        out: a tensor to write the result into.

    Returns:
        Shape (..., n, ...), of the promoted dtype.

    Raises:
        ShapeError: the shapes differ.
        ValueError: there is no tensor.

    Example:
        >>> ag.stack([ag.ones(2), ag.zeros(2)], 1)
        tensor([[1., 0.],
                [1., 0.]])
    """
    members = tensor_list("stack", tensors)
    shapes = {x.raw.shape for x in members}
    if len(shapes) > 1:
        raise ShapeError(
            f"stack: expected tensors of one shape, got {' and '.join(map(str, sorted(shapes)))}. "
            "Use cat() to join along an axis"
        )
    axis = axis_of("stack", dim, members[0].raw.ndim + 1)
    return into(out, _stack(*members, axis=axis), "stack")


def hstack(tensors: Any, *, out: Any = None) -> Tensor:
    """Tensors side by side: along the second axis, 1-d ones along the first.

    Args:
        tensors: a sequence of tensors of equal sizes in every other axis.
        out: a tensor to write the result into.

    Returns:
        The joined tensor.

    Example:
        >>> ag.hstack([ag.tensor([1, 2]), ag.tensor([3])])
        tensor([1, 2, 3])
    """
    members = atleast_1d(tensor_list("hstack", tensors))
    return into(out, _joined("hstack", members, 0 if members[0].raw.ndim == 1 else 1), "hstack")


def vstack(tensors: Any, *, out: Any = None) -> Tensor:
    """Tensors below each other, 1-d ones as rows.

    Args:
        tensors: a sequence of tensors of equal sizes in every axis but the first.
        out: a tensor to write the result into.

    Returns:
        The joined tensor, of at least two axes.

    Example:
        >>> ag.vstack([ag.tensor([1, 2]), ag.tensor([3, 4])])
        tensor([[1, 2],
                [3, 4]])
    """
    return into(out, _joined("vstack", atleast_2d(tensor_list("vstack", tensors)), 0), "vstack")


def dstack(tensors: Any, *, out: Any = None) -> Tensor:
    """Tensors behind each other: along the third axis.

    Args:
        tensors: a sequence of tensors of equal sizes in every axis but the third.
        out: a tensor to write the result into.

    Returns:
        The joined tensor, of at least three axes.

    Example:
        >>> ag.dstack([ag.tensor([1, 2]), ag.tensor([3, 4])])
        tensor([[[1, 3],
                 [2, 4]]])
    """
    return into(out, _joined("dstack", atleast_3d(tensor_list("dstack", tensors)), 2), "dstack")


def column_stack(tensors: Any, *, out: Any = None) -> Tensor:
    """Tensors side by side as columns: those with fewer than two axes become (n, 1).

    Args:
        tensors: a sequence of tensors with the same first size.
        out: a tensor to write the result into.

    Returns:
        The joined tensor, of at least two axes.

    Example:
        >>> ag.column_stack([ag.tensor([1, 2]), ag.tensor([3, 4])])
        tensor([[1, 3],
                [2, 4]])
    """
    members = tensor_list("column_stack", tensors)
    columns = tuple(x if x.raw.ndim > 1 else _reshape(x, shape=(x.raw.size, 1)) for x in members)
    return into(out, _joined("column_stack", columns, 1), "column_stack")


@op(promote="common")
def _block_diag(be: Any, *tensors: Any) -> Any:
    """Matrices along the diagonal of zeros."""
    y = be.xp.zeros([sum(sizes) for sizes in zip(*[x.shape for x in tensors], strict=True)], tensors[0].dtype)
    i = j = 0
    for x in tensors:
        m, n = x.shape
        y[i : i + m, j : j + n] = x
        i, j = i + m, j + n
    return y


@_block_diag.grad_all
def _(needs: Any, g: Any, tensors: Any) -> Any:
    grads, i, j = [], 0, 0
    for need, x in zip(needs, tensors, strict=True):
        m, n = x.shape
        grads.append(_slice(g, index=(slice(i, i + m), slice(j, j + n), ...)) if need else None)
        i, j = i + m, j + n
    return grads


def block_diag(*tensors: Any) -> Tensor:
    """Matrices along the diagonal of a matrix of zeros.

    Args:
        tensors: of at most two axes; those with fewer are rows.

    Returns:
        A matrix whose sizes are the sums of theirs.

    Raises:
        ShapeError: one has more than two axes.

    Example:
        >>> ag.block_diag(ag.tensor([1, 2]), ag.tensor([[3], [4]]))
        tensor([[1, 2, 0],
                [0, 0, 3],
                [0, 0, 4]])
    """
    members = tensor_list("block_diag", tensors)
    if any(x.raw.ndim > 2 for x in members):
        raise ShapeError(f"block_diag: expected at most 2 axes, got {max(x.raw.ndim for x in members)}")
    return _block_diag(*atleast_2d(members))


# -- apart ------------------------------------------------------------------------------------------------------------


@lru_cache(256)
def _taking_apart(count: int) -> Operation:
    """The operation with ``count`` slices of its input as outputs: one node, whose gradient is one array."""

    def split(be: Any, x: Any, *, axis: int, parts: tuple[Any, ...]) -> Any:
        return tuple([x[along(axis, part)] for part in parts])

    def put_together(g: Any, x_shape: tuple[int, ...], *, axis: int, parts: tuple[Any, ...]) -> Any:
        like = next(gi for gi in g if gi is not None)
        if isinstance(parts[0], int):
            shape = (*x_shape[:axis], *x_shape[axis + 1 :])
            return (_stack(*[zeros_like_shape(like, shape) if gi is None else gi for gi in g], axis=axis),)
        if (whole := _already_together(g, x_shape, axis, parts)) is not None:
            return (whole,)
        shapes = [(*x_shape[:axis], part.stop - part.start, *x_shape[axis + 1 :]) for part in parts]
        full = [zeros_like_shape(like, s) if gi is None else gi for gi, s in zip(g, shapes, strict=True)]
        return (_cat(*full, axis=axis, ends=tuple(part.stop for part in parts)),)

    operation = op(outputs=tuple(f"y{i}" for i in range(count)))(split)
    operation.grad_all(lambda needs, g, x_shape, **p: put_together(g, x_shape, **p))
    return operation


def _already_together(pieces: Any, shape: tuple[int, ...], axis: int, parts: tuple[slice, ...]) -> Any:
    """The array of which NumPy's arrays are these parts, or None: attention writes the gradients of a query, key and value
    that came out of one projection so that they need not be copied into one."""
    memory = getattr(pieces[0], "base", None)
    if not isinstance(memory, np.ndarray) or not memory.flags.c_contiguous or memory.size != math.prod(shape):
        return None
    whole = memory.reshape(shape)
    for piece, part in zip(pieces, parts, strict=True):
        place = whole[along(axis, part)]
        if piece is None or piece.base is not memory or piece.dtype != memory.dtype or piece.strides != place.strides:
            return None
        if piece.__array_interface__["data"] != place.__array_interface__["data"]:
            return None
    return whole


def _apart(x: Any, axis: int, parts: tuple[Any, ...]) -> tuple[Any, ...]:
    """The slices (or, for ints, positions) of an axis that together make it up, as views."""
    if len(parts) < 2:
        return tuple(_slice(x, index=along(axis, part)) for part in parts)
    pieces: tuple[Any, ...] = _taking_apart(len(parts))(x, axis=axis, parts=parts)
    for piece, part in zip(pieces, parts, strict=True):
        piece.stamp, piece.alias = x.stamp, seen_as(x, _slice.op, {"index": along(axis, part)}, x.stamp[0])
    return pieces


def _stretches(ends: Any) -> tuple[slice, ...]:
    return tuple(slice(a, b) for a, b in itertools.pairwise((0, *ends)))


@numpy_names
def split(tensor: Tensor, split_size_or_sections: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """An axis cut into pieces of given sizes, as views.

    Args:
        tensor: any shape.
        split_size_or_sections: the size of every piece (the last may be shorter), or the list of their sizes.
        dim: the axis.

    Returns:
        A tuple of views.

    Raises:
        ShapeError: the sizes do not sum up to the axis.
        ValueError: the size is not positive.

    Example:
        >>> ag.arange(5).split(2)
        (tensor([0, 1]), tensor([2, 3]), tensor([4]))
    """
    if not isinstance(split_size_or_sections, int):
        return split_with_sizes(tensor, split_size_or_sections, dim)
    axis = _axis_of_some("split", dim, tensor)
    n, size = tensor.raw.shape[axis], split_size_or_sections
    if size < 0 or (size == 0 and n):
        raise ArgumentError(f"split: expected pieces of a positive size, got {size}")
    ends = [*range(size, n, size), n] if n else [0]
    return _apart(tensor, axis, _stretches(ends))


@numpy_names
def split_with_sizes(input: Tensor, split_sizes: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """An axis cut into pieces of listed sizes, as views.

    Args:
        input: any shape.
        split_sizes: the size of each piece.
        dim: the axis.

    Returns:
        A tuple of views.

    Raises:
        ShapeError: the sizes do not sum up to the axis.

    Example:
        >>> ag.arange(5).split_with_sizes([1, 4])
        (tensor([0]), tensor([1, 2, 3, 4]))
    """
    axis = _axis_of_some("split", dim, input)
    parts = tuple(map(int, split_sizes))
    if sum(parts) != input.raw.shape[axis] or any(n < 0 for n in parts):
        raise ShapeError(
            f"split: expected sizes that sum up to {input.raw.shape[axis]}, the size of axis {axis}, got {parts}"
        )
    return _apart(input, axis, _stretches(itertools.accumulate(parts)))


def _axis_of_some(name: str, dim: Any, input: Any) -> int:
    """``axis_of`` for what needs at least one axis."""
    if not input.raw.ndim:
        raise ShapeError(f"{name}: expected at least one axis, got a 0-d tensor")
    return axis_of(name, dim, input.raw.ndim)


@numpy_names
def chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """An axis cut into (at most) a number of equal pieces, as views; the last may be shorter.

    Args:
        input: any shape.
        chunks: how many pieces.
        dim: the axis.

    Returns:
        A tuple of views.

    Raises:
        ValueError: ``chunks`` is not positive.

    Example:
        >>> ag.arange(5).chunk(2)
        (tensor([0, 1, 2]), tensor([3, 4]))
    """
    if chunks < 1:
        raise ArgumentError(f"chunk: expected at least 1 chunk, got {chunks}")
    axis = _axis_of_some("chunk", dim, input)
    n = input.raw.shape[axis]
    size = -(-n // chunks)
    ends = [*range(size, n, size), n] if n else [0] * chunks
    return _apart(input, axis, _stretches(ends))


@numpy_names
def unbind(input: Tensor, dim: int = 0) -> tuple[Tensor, ...]:
    """The positions of an axis one by one, as views without it.

    Args:
        input: at least one axis.
        dim: the axis.

    Returns:
        A tuple of views.

    Raises:
        ShapeError: a 0-d tensor.

    Example:
        >>> ag.arange(2).unbind()
        (tensor(0), tensor(1))
    """
    axis = _axis_of_some("unbind", dim, input)
    return _apart(input, axis, tuple(range(input.raw.shape[axis])))


@numpy_names
def tensor_split(input: Tensor, indices_or_sections: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """An axis cut at given positions, or into a number of pieces whose sizes differ by at most one, as views.

    Args:
        input: any shape.
        indices_or_sections: where to cut, or how many pieces.
        dim: the axis.

    Returns:
        A tuple of views.

    Raises:
        ValueError: the number of pieces is not positive.

    Example:
        >>> ag.arange(5).tensor_split(2), ag.arange(5).tensor_split([1])
        ((tensor([0, 1, 2]), tensor([3, 4])), (tensor([0]), tensor([1, 2, 3, 4])))
    """
    return _cut_at("tensor_split", input, indices_or_sections, _axis_of_some("tensor_split", dim, input))


def _cut_at(name: str, input: Any, where: Any, axis: int) -> tuple[Any, ...]:
    n = input.raw.shape[axis]
    if isinstance(where, Variable):
        where = where.raw.tolist()
    if isinstance(where, int):
        if where < 1:
            raise ArgumentError(f"{name}: expected at least 1 piece, got {where}")
        size, longer = divmod(n, where)
        ends = list(itertools.accumulate([size + 1] * longer + [size] * (where - longer)))
        return _apart(input, axis, _stretches(ends))
    cuts = [range(n)[: int(c)].stop for c in where]
    if sorted(cuts) == cuts:
        return _apart(input, axis, _stretches([*cuts, n]))
    return tuple(_slice(input, index=along(axis, slice(a, max(a, b)))) for a, b in itertools.pairwise((0, *cuts, n)))


def _even_cut(name: str, input: Any, where: Any, axis: int) -> tuple[Any, ...]:
    """As ``_cut_at``, into pieces of one size."""
    if isinstance(where, int) and (where < 1 or input.raw.shape[axis] % where):
        raise ShapeError(
            f"{name}: expected pieces that divide {input.raw.shape[axis]}, got {where}. Use tensor_split()"
        )
    return _cut_at(name, input, where, axis)


def hsplit(input: Tensor, indices_or_sections: Any) -> tuple[Tensor, ...]:
    """The second axis (of a 1-d tensor the first) cut into equal pieces or at given positions, as views.

    Args:
        input: at least one axis.
        indices_or_sections: how many pieces, or where to cut.

    Returns:
        A tuple of views.

    Raises:
        ShapeError: the pieces do not divide the axis.

    Example:
        >>> ag.arange(4).hsplit(2)
        (tensor([0, 1]), tensor([2, 3]))
    """
    _axis_of_some("hsplit", 0, input)
    return _even_cut("hsplit", input, indices_or_sections, 0 if input.raw.ndim == 1 else 1)


def vsplit(input: Tensor, indices_or_sections: Any) -> tuple[Tensor, ...]:
    """The first axis cut into equal pieces or at given positions, as views.

    Args:
        input: at least two axes.
        indices_or_sections: how many pieces, or where to cut.

    Returns:
        A tuple of views.

    Raises:
        ShapeError: too few axes, or the pieces do not divide the axis.

    Example:
        >>> ag.zeros(4, 2).vsplit(2)[1].shape
        Size([2, 2])
    """
    if input.raw.ndim < 2:
        raise ShapeError(f"vsplit: expected at least 2 axes, got {input.raw.ndim}")
    return _even_cut("vsplit", input, indices_or_sections, 0)


def dsplit(input: Tensor, indices_or_sections: Any) -> tuple[Tensor, ...]:
    """The third axis cut into equal pieces or at given positions, as views.

    Args:
        input: at least three axes.
        indices_or_sections: how many pieces, or where to cut.

    Returns:
        A tuple of views.

    Raises:
        ShapeError: too few axes, or the pieces do not divide the axis.

    Example:
        >>> ag.zeros(1, 2, 4).dsplit(2)[1].shape
        Size([1, 2, 2])
    """
    if input.raw.ndim < 3:
        raise ShapeError(f"dsplit: expected at least 3 axes, got {input.raw.ndim}")
    return _even_cut("dsplit", input, indices_or_sections, 2)
