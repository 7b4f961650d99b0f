"""Copies with the elements in other places: flipped, rolled, rotated, repeated, laid out anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autograd.errors import ArgumentError, ShapeError
from autograd.formats import as_format, contiguous_format, is_in, order_of, preserve_format, rows
from autograd.node import Variable
from autograd.op import op, wrap
from autograd.ops.arguments import axes_of, axis_of, numpy_names, sizes
from autograd.ops.axes import transpose
from autograd.ops.conversion import clone, laid_out
from autograd.ops.indexing import index_select
from autograd.ops.shape import _aligned, _expand, _reshape, ravel, sum_to

if TYPE_CHECKING:
    from autograd.tensor import Tensor

# -- flipping and rolling ---------------------------------------------------------------------------------------------


@op
def _flip(be: Any, x: Any, *, axes: tuple[int, ...]) -> Any:
    return be.xp.flip(x, axes).copy()


_flip.grad(x=lambda g, *, axes: _flip(g, axes=axes))


def flip(input: Tensor, *args: Any, dims: Any = None) -> Tensor:
    """The order of the elements reversed along some axes; a copy.

    Args:
        input: any shape.
        args, dims: the axes, one by one or as one sequence.

    Returns:
        A tensor like ``input``.

    Raises:
        IndexError: no such axis.
        ShapeError: one is repeated.

    Example:
        >>> ag.tensor([[1, 2], [3, 4]]).flip(1)
        tensor([[2, 1],
                [4, 3]])
    """
    wanted = sizes(args if dims is None else dims)
    return _flip(input, axes=axes_of("flip", wanted, input.raw.ndim) if wanted else ())


def fliplr(input: Tensor) -> Tensor:
    """The columns in reversed order; a copy.

    Args:
        input: at least two axes.

    Returns:
        A tensor like ``input``.

    Raises:
        ShapeError: there are fewer than two axes.

    Example:
        >>> ag.tensor([[1, 2], [3, 4]]).fliplr()
        tensor([[2, 1],
                [4, 3]])
    """
    if input.raw.ndim < 2:
        raise ShapeError(f"fliplr: expected at least 2 axes, got {input.raw.ndim}. Use flip(0)")
    return _flip(input, axes=(1,))


def flipud(input: Tensor) -> Tensor:
    """The rows in reversed order; a copy.

    Args:
        input: at least one axis.

    Returns:
        A tensor like ``input``.

    Raises:
        ShapeError: a 0-d tensor.

    Example:
        >>> ag.tensor([1, 2, 3]).flipud()
        tensor([3, 2, 1])
    """
    if not input.raw.ndim:
        raise ShapeError("flipud: expected at least 1 axis, got a 0-d tensor")
    return _flip(input, axes=(0,))


@op
def _roll(be: Any, x: Any, *, shifts: tuple[int, ...], axes: tuple[int, ...]) -> Any:
    return rows(be.xp.roll(x, shifts, axes))


_roll.grad(x=lambda g, *, shifts, axes: _roll(g, shifts=tuple(-s for s in shifts), axes=axes))


def roll(input: Tensor, shifts: Any, dims: Any = None) -> Tensor:
    """The elements moved along some axes; those pushed out at the end come in at the beginning.

    Args:
        input: any shape.
        shifts: how far, an int or one per axis.
        dims: the axis or axes; None rolls the elements as if they were one axis.

    Returns:
        A tensor like ``input``.

    Raises:
        ShapeError: as many shifts as axes are needed.

    Example:
        >>> ag.arange(4).roll(1)
        tensor([3, 0, 1, 2])
    """
    steps = sizes((shifts,))
    if dims is None or dims == ():
        if len(steps) != 1:
            raise ShapeError(f"roll: expected one shift without dims, got {steps}. Name the axes in dims=")
        return _reshape(_roll(ravel(input), shifts=steps, axes=(0,)), shape=input.raw.shape)
    axes = tuple(axis_of("roll", d, input.raw.ndim) for d in sizes((dims,)))
    if len(steps) != len(axes):
        raise ShapeError(f"roll: expected as many shifts as dims, got {steps} and {axes}")
    if not input.raw.ndim:
        raise IndexError("roll: expected at least one axis for dims=, got a 0-d tensor")
    return _roll(input, shifts=steps, axes=axes)


def rot90(input: Tensor, k: int = 1, dims: Any = (0, 1)) -> Tensor:
    """Rotated by k quarter turns in the plane of two axes, from the first towards the second; a copy.

    Args:
        input: at least two axes.
        k: how many quarter turns; negative ones turn the other way.
        dims: the two axes.

    Returns:
        A tensor of the shape of ``input``, the two sizes exchanged where k is odd.

    Raises:
        ShapeError: not two different axes.

    Example:
        >>> ag.tensor([[1, 2], [3, 4]]).rot90()
        tensor([[2, 4],
                [1, 3]])
    """
    a, b = axes = axes_of("rot90", dims, input.raw.ndim) if len(dims) == 2 else (0, 0)
    if a == b:
        raise ShapeError(f"rot90: expected two different axes, got dims={tuple(dims)}")
    turns = k % 4
    if turns % 2 == 0:
        return _flip(input, axes=axes if turns else ())
    return _flip(transpose(input, a, b), axes=(a,) if turns == 1 else (b,))


# -- repeating --------------------------------------------------------------------------------------------------------


@op
def _tile(be: Any, x: Any, *, counts: tuple[int, ...]) -> Any:
    return be.xp.tile(x, counts)


def _untile(g: Any, shape: tuple[int, ...], counts: tuple[int, ...]) -> Any:
    """The copies added up: (r0*s0, r1*s1, ...) -> (r0, s0, r1, s1, ...) -> (s0, s1, ...)."""
    pairs = list(zip(counts, _aligned(shape, len(counts)), strict=True))
    split = _reshape(g, shape=tuple(n for pair in pairs for n in pair))
    return _reshape(sum_to(split, shape=tuple(n for _, s in pairs for n in (1, s))), shape=shape)


_tile.grad(x=lambda g, x_shape, *, counts: _untile(g, x_shape, counts))


def repeat(input: Tensor, *args: Any, repeats: Any = None) -> Tensor:
    """The tensor repeated along every axis, copied.

    Args:
        input: n axes of sizes s_i.
        args, repeats: counts r_i for at least n axes, one by one or as one sequence; more stand for new axes in front.

    Returns:
        Shape (r_0 * s_0, r_1 * s_1, ...).

    Raises:
        ShapeError: fewer counts than axes, or a negative one.

    Example:
        >>> ag.tensor([1, 2]).repeat(2, 2)
        tensor([[1, 2, 1, 2],
                [1, 2, 1, 2]])
    """
    counts = sizes(args if repeats is None else repeats)
    if len(counts) < input.raw.ndim or any(n < 0 for n in counts):
        raise ShapeError(
            f"repeat: expected at least {input.raw.ndim} counts, none negative, got {counts}. See also tile()"
        )
    return _tile(input, counts=counts)


def tile(input: Tensor, *args: Any, dims: Any = None) -> Tensor:
    """The tensor repeated along its axes, copied; like ``repeat``, but fewer counts than axes are for the last ones.

    Args:
        input: n axes of sizes s_i.
        args, dims: counts, one by one or as one sequence.

    Returns:
        Shape (r_0 * s_0, r_1 * s_1, ...).

    Raises:
        ShapeError: a negative count.

    Example:
        >>> ag.tensor([[1], [2]]).tile(2)
        tensor([[1, 1],
                [2, 2]])
    """
    counts = sizes(args if dims is None else dims)
    if any(n < 0 for n in counts):
        raise ShapeError(f"tile: expected counts of at least 0, got {counts}")
    return _tile(input, counts=_aligned(counts, max(len(counts), input.raw.ndim)))


@numpy_names
def repeat_interleave(input: Tensor, repeats: Any = None, dim: int | None = None, *, output_size: Any = None) -> Tensor:
    """Every element (or slice along an axis) repeated in place: a, a, b, b, ...

    ``repeat_interleave(repeats)`` alone gives the indices: each i as often as ``repeats[i]`` says.

    Args:
        input: any shape; in the short form the counts.
        repeats: how often: an int, or an integer tensor of one or of n counts.
        dim: the axis, of n positions; None repeats the elements of the flattened tensor.
        output_size: accepted.

    Returns:
        A tensor with sum(repeats) positions along the axis.

    Raises:
        ShapeError: the number of counts is neither 1 nor that of the positions.
        ValueError: a count is negative.

    Example:
        >>> ag.tensor([1, 2, 3]).repeat_interleave(2)
        tensor([1, 1, 2, 2, 3, 3])
    """
    if repeats is None:
        return wrap(_interleaving(input, input.raw.size), input.backend)
    if dim is None:
        input, dim = ravel(input), 0
    axis, shape = axis_of("repeat_interleave", dim, input.raw.ndim), input.raw.shape or (1,)
    if isinstance(repeats, Variable):
        index = wrap(_interleaving(repeats, shape[axis]), input.backend)
        return index_select(input, axis, index)
    if repeats < 0:
        raise ArgumentError(f"repeat_interleave: expected counts of at least 0, got {repeats}")
    wider = _reshape(input, shape=(*shape[: axis + 1], 1, *shape[axis + 1 :]))
    wider = _expand(wider, shape=(*shape[: axis + 1], repeats, *shape[axis + 1 :]))
    return _reshape(clone(wider), shape=(*shape[:axis], shape[axis] * repeats, *shape[axis + 1 :]))


def _interleaving(repeats: Any, n: int) -> Any:
    """0..n-1, each as often as ``repeats`` says."""
    counts = repeats.raw
    if counts.dtype.kind != "i" or counts.ndim > 1 or counts.size not in (1, n):
        raise ShapeError(
            f"repeat_interleave: expected 1 or {n} integer counts in one axis, got {repeats.dtype} "
            f"of shape {counts.shape}"
        )
    if counts.size and counts.min() < 0:
        raise ArgumentError(f"repeat_interleave: expected counts of at least 0, got {int(counts.min())}")
    xp = repeats.backend.xp
    return xp.repeat(xp.arange(n), counts.reshape(-1) if counts.size == n else int(counts.reshape(-1)[0]))


# -- layout -----------------------------------------------------------------------------------------------------------


def contiguous(input: Tensor, memory_format: Any = contiguous_format) -> Tensor:
    """The same tensor with its elements in row-major order in memory, or in another format; itself where they are.

    Args:
        input: any shape.
        memory_format: ``channels_last`` for (N,C,H,W) or ``channels_last_3d`` for (N,C,D,H,W) puts the channels last in
            memory instead.

    Returns:
        ``input`` or a copy, of the same shape.

    Raises:
        ShapeError: the format does not suit the number of axes.
        ValueError: ``preserve_format``, which asks for nothing.

    Example:
        >>> x = ag.zeros(2, 3).t(); x.is_contiguous(), x.contiguous().is_contiguous()
        (False, True)
    """
    format = as_format("contiguous", memory_format, contiguous_format)
    if format is preserve_format:
        raise ArgumentError("contiguous: expected a format to lay out in, got preserve_format. Use clone()")
    order = order_of("contiguous", format, input.raw)
    return input if is_in(format, input.raw) else laid_out(input, order=order)
