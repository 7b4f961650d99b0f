"""Rows, and additions, at indexed places along one axis; every other indexing is served by the reference."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from backends.cpu.layout import contiguous
from backends.cpu.results import empty
from backends.cpu.runtime import FLOATS, Kernels
from backends.protocol import Array, Backend
from backends.reference import indexing as reference

_kernels = Kernels("indexing")
_FUSE_FROM = 64  # elements to add; below, NumPy is as quick
_GATHER_FROM = 1 << 15  # elements to look up, and
_SHORTEST = 16  # in a row; below, NumPy is as quick
_PICK_FROM = 1 << 10  # elements with positions of their own


def _served(out: Array, index: Array, src: Array) -> bool:
    """Whether the kernels take these: one dtype, float32 or float64, an int64 index, and enough of it."""
    return (
        src.size >= _FUSE_FROM
        and out.dtype.char in FLOATS
        and src.dtype == out.dtype
        and index.dtype == np.int64
        and out.flags.c_contiguous
    )


def _within(index: Array, size: int) -> bool:
    """Whether all positions lie in [-size, size); for others the reference has NumPy's error."""
    return bool(index.min() >= -size and index.max() < size)


def gather_rows(be: Backend, table: Array, index: Array) -> Array:
    """See ``Backend.gather_rows``."""
    shape, size = index.shape + table.shape[1:], prod(table.shape[1:])
    if (
        index.size * size < _GATHER_FROM
        or size < _SHORTEST
        or table.dtype.char not in FLOATS
        or not table.flags.c_contiguous
        or index.dtype != np.int64
        or not _within(index, len(table))
    ):
        return reference.gather_rows(be, table, index)
    y = empty(shape, table.dtype)
    _kernels.gather_rows(y.size)(table.reshape(-1, size), contiguous(index).reshape(-1), y.reshape(-1, size))
    return y


def gather(be: Backend, x: Array, index: Array, axis: int) -> Array:
    """See ``Backend.gather``."""
    axis %= max(x.ndim, 1)
    if (
        index.size < _PICK_FROM
        or x.dtype.char not in FLOATS
        or not x.flags.c_contiguous
        or index.dtype != np.int64
        or index.shape[:axis] + index.shape[axis + 1 :] != x.shape[:axis] + x.shape[axis + 1 :]
        or not _within(index, x.shape[axis])
    ):
        return reference.gather(be, x, index, axis)
    y = empty(index.shape, x.dtype)
    outer, inner = prod(x.shape[:axis]), prod(x.shape[axis + 1 :])
    arrays = x, contiguous(index), y
    kernel = _kernels.gather if outer > 1 else _kernels.gather_lines
    kernel(y.size)(*[a.reshape(outer, a.shape[axis], inner) for a in arrays])
    return y


def scatter_rows(be: Backend, src: Array, index: Array, rows: int) -> Array:
    """See ``Backend.scatter_rows``."""
    return index_add_(be, np.zeros((rows, src.shape[1]), src.dtype), index, src)


def index_add_(be: Backend, out: Array, index: Any, src: Array) -> Array:
    """See ``Backend.index_add_``."""
    if isinstance(index, tuple) and len(index) == 1:
        index = index[0]
    if (
        isinstance(index, np.ndarray)
        and src.shape == index.shape + out.shape[1:]
        and _served(out, index, src)
        and _within(index, len(out))
    ):
        size = prod(out.shape[1:])
        flat = out.reshape(len(out), size), index.reshape(-1), contiguous(src).reshape(-1, size)
        _kernels.add_rows(src.size)(*flat)
        return out
    return reference.index_add_(be, out, index, src)


def scatter_add_(be: Backend, out: Array, index: Array, src: Array, axis: int) -> Array:
    """See ``Backend.scatter_add_``."""
    src = src[tuple(slice(0, n) for n in index.shape)]
    axis %= max(out.ndim, 1)
    fits = index.shape[:axis] + index.shape[axis + 1 :] == out.shape[:axis] + out.shape[axis + 1 :]
    if fits and _served(out, index, src) and _within(index, out.shape[axis]):
        outer, inner = prod(out.shape[:axis]), prod(out.shape[axis + 1 :])
        arrays = out, contiguous(index), contiguous(src)
        _kernels.scatter_add(src.size)(*[a.reshape(outer, a.shape[axis], inner) for a in arrays])
        return out
    return reference.scatter_add_(be, out, index, src, axis)
