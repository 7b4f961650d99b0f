"""Additions at indexed places, repeated places added up."""

from __future__ import annotations

from typing import Any

from backends.protocol import Array, Backend
from backends.reference._precision import narrow, wide


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
