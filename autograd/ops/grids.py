"""Combinations of the elements of several tensors, and places on a grid."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from autograd.errors import ArgumentError, DtypeError, ShapeError
from autograd.op import wrap
from autograd.ops.arguments import sizes, tensor_list
from autograd.ops.axes import transpose
from autograd.ops.indexing import index_select
from autograd.ops.joining import stack
from autograd.ops.shape import _expand, _reshape, ravel

if TYPE_CHECKING:
    from autograd.tensor import Tensor


def meshgrid(*tensors: Any, indexing: str | None = None) -> tuple[Tensor, ...]:
    """Grids of coordinates: each tensor along an axis of its own, expanded along the others.

    Args:
        tensors: one or several (or a sequence) of n_i elements, 1-d or 0-d.
        indexing: "ij" (default) for shape (n_0, n_1, ...), "xy" for (n_1, n_0, ...).

    Returns:
        A tuple of views of that shape.

    Raises:
        ShapeError: one has more than one axis.
        ValueError: another ``indexing``.

    Example:
        >>> y, x = ag.meshgrid(ag.arange(2), ag.arange(3)); x
        tensor([[0, 1, 2],
                [0, 1, 2]])
    """
    members = tensor_list(
        "meshgrid", tensors[0] if len(tensors) == 1 and isinstance(tensors[0], (list, tuple)) else tensors
    )
    if indexing not in (None, "ij", "xy"):
        raise ArgumentError(f'meshgrid: expected indexing="ij" or "xy", got {indexing!r}')
    if any(x.raw.ndim > 1 for x in members):
        raise ShapeError(f"meshgrid: expected at most 1 axis, got shapes {[tuple(x.raw.shape) for x in members]}")
    shape = tuple(x.raw.size for x in members)
    grids = tuple(
        _expand(_reshape(x, shape=(1,) * i + (x.raw.size,) + (1,) * (len(shape) - 1 - i)), shape=shape)
        for i, x in enumerate(members)
    )
    return tuple(transpose(x, 0, 1) for x in grids) if indexing == "xy" and len(shape) > 1 else grids


def cartesian_prod(*tensors: Any) -> Tensor:
    """All ways to pick one element of each tensor.

    Args:
        tensors: k 1-d tensors of n_i elements.

    Returns:
        Shape (n_0 * n_1 * ..., k); for one tensor the tensor itself.

    Example:
        >>> ag.cartesian_prod(ag.tensor([1, 2]), ag.tensor([3, 4]))
        tensor([[1, 3],
                [1, 4],
                [2, 3],
                [2, 4]])
    """
    members = tensor_list("cartesian_prod", tensors)
    if len(members) == 1:
        return members[0]
    return stack([ravel(x) for x in meshgrid(*members)], 1)


def combinations(input: Tensor, r: int = 2, with_replacement: bool = False) -> Tensor:
    """All ways to pick r elements, in order, as ``itertools.combinations``.

    Args:
        input: shape (n,).
        r: how many to pick.
        with_replacement: an element may be picked again.

    Returns:
        Shape (number of ways, r).

    Raises:
        ShapeError: not one axis.
        ValueError: ``r`` is negative.

    Example:
        >>> ag.combinations(ag.tensor([1, 2, 3]))
        tensor([[1, 2],
                [1, 3],
                [2, 3]])
    """
    if input.raw.ndim != 1:
        raise ShapeError(f"combinations: expected one axis, got shape {tuple(input.raw.shape)}")
    if r < 0:
        raise ArgumentError(f"combinations: expected r of at least 0, got {r}")
    if not r:
        return wrap(input.backend.xp.empty(0, input.raw.dtype), input.backend)
    ways = itertools.combinations_with_replacement if with_replacement else itertools.combinations
    rows = list(ways(range(input.raw.size), r))
    index = input.backend.asarray(rows, "int64").reshape(-1)
    return _reshape(index_select(input, 0, wrap(index, input.backend)), shape=(len(rows), r))


def unravel_index(indices: Tensor, shape: Any) -> tuple[Tensor, ...]:
    """Places in a flattened tensor as places along each of its axes.

    Args:
        indices: integers in [0, number of elements), any shape.
        shape: of the tensor: an int or a sequence.

    Returns:
        An int64 tensor of the shape of ``indices`` for each axis.

    Raises:
        DtypeError: no integers.
        ValueError: a negative size.

    Example:
        >>> ag.unravel_index(ag.tensor([1, 5]), (2, 3))
        (tensor([0, 1]), tensor([1, 2]))
    """
    if indices.raw.dtype.kind not in "iu":
        raise DtypeError(f"unravel_index: expected integers, got {indices.dtype}. Cast them with .long()")
    lengths = sizes((shape,))
    if any(n < 0 for n in lengths):
        raise ArgumentError(f"unravel_index: expected sizes of at least 0, got {lengths}")
    places, rest = [], indices.raw.astype("int64")
    for n in reversed(lengths):
        places.append(wrap(rest % n, indices.backend))
        rest = rest // n
    return tuple(reversed(places))
