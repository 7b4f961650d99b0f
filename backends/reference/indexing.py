"""Rows at positions, and additions at indexed places, repeated places added up."""

from __future__ import annotations

from typing import Any

from backends.protocol import Array, Backend
from backends.reference._precision import narrow, wide


def check_positions(be: Backend, index: Array, low: int, high: int) -> int | None:
    """The first position outside [low, high).

    Args:
        index: any shape, integers.
        low, high: the range.

    Returns:
        The position, or None if all lie within.

    Example:
        >>> import numpy as np
        >>> from backends.reference import Reference
        >>> Reference(np).check_positions(np.array([1, 4, 0]), 0, 4)
        4
    """
    if not index.size or (index.min() >= low and index.max() < high):
        return None
    return int(index[(index < low) | (index >= high)][0])


def gather_rows(be: Backend, table: Array, index: Array) -> Array:
    """Rows of a table by their numbers: an embedding.

    Args:
        table: (R,*S).
        index: any shape (*), int64 in [0,R).

    Returns:
        (*,*S).

    Example:
        >>> import numpy as np
        >>> from backends.reference import Reference
        >>> Reference(np).gather_rows(np.array([[1.0], [2.0], [3.0]]), np.array([2, 0])).ravel()
        array([3., 1.])
    """
    return be.xp.take(table, index, 0)


def gather(be: Backend, x: Array, index: Array, axis: int) -> Array:
    """out[..., i, ...] = x[..., index[i], ...] along ``axis``, every other coordinate kept.

    Args:
        x: any shape.
        index: positions along ``axis``, as many axes as x and no longer than x in any other axis, int64.
        axis: along which.

    Returns:
        Like index.

    Example:
        >>> import numpy as np
        >>> from backends.reference import Reference
        >>> Reference(np).gather(np.array([[1, 2], [3, 4]]), np.array([[1], [0]]), 1).ravel()
        array([2, 3])
    """
    axis %= x.ndim
    corner = tuple(slice(None) if i == axis else slice(0, n) for i, n in enumerate(index.shape))
    return be.xp.take_along_axis(x[corner], index, axis)


def scatter_rows(be: Backend, src: Array, index: Array, rows: int) -> Array:
    """Adds each row of src to the row of a zero table that index names, in order: the gradient of an embedding.

    Args:
        src: (M,D).
        index: (M,), int64.
        rows: how many rows the table has.

    Returns:
        (rows,D).

    Example:
        >>> import numpy as np
        >>> from backends.reference import Reference
        >>> Reference(np).scatter_rows(np.ones((3, 1)), np.array([2, 0, 2]), 3).ravel()
        array([1., 0., 2.])
    """
    values = wide(src)
    out = be.xp.zeros((rows, src.shape[1]), values.dtype)
    be.xp.add.at(out, index, values)
    return narrow(out, src)


def index_add_(be: Backend, out: Array, index: Any, src: Array) -> Array:
    """out[index] += src, counting repeated positions each time.

    Args:
        out: any shape; written.
        index: as in NumPy: ints, slices, None, Ellipsis, integer or bool arrays, or a tuple of them.
        src: broadcastable to out[index].

    Returns:
        out.
    """
    be.xp.add.at(out, index, src)
    return out


def scatter_add_(be: Backend, out: Array, index: Array, src: Array, axis: int) -> Array:
    """out[..., index[i], ...] += src[i] along ``axis``, every other coordinate kept.

    Args:
        out: any shape; written.
        index: positions along ``axis``, as many axes as out and no longer than out in any other axis, int64.
        src: at least as long as index in every axis.
        axis: along which.

    Returns:
        out.
    """
    grid = list(be.xp.ogrid[tuple(slice(0, n) for n in index.shape)])
    grid[axis] = index
    be.xp.add.at(out, tuple(grid), src[tuple(slice(0, n) for n in index.shape)])
    return out
