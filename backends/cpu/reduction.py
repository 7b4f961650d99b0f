"""Sums over axes, over everything but one axis, and over lists of arrays."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from backends.cpu.layout import contiguous
from backends.cpu.results import empty_like
from backends.cpu.runtime import FLOATS, SERIAL_BELOW, Kernels
from backends.protocol import Array, Backend
from backends.reference import reduction as reference

_kernels = Kernels("reduction")
_scans = Kernels("scan")
_vector = Kernels("vector")
_SHARES = 64  # into which a long array is cut: enough for any number of threads
_ROWS = 64  # of a share, at least
_add: Any = np.add.reduce  # what ``x.sum`` calls
_SCAN_FROM = 1 << 8  # elements of a running sum; below, NumPy is as quick
_SHARE_FROM = 1 << 14  # elements of a sum over axes; below, NumPy is as quick


def axes_sum(be: Backend, x: Array, axes: tuple[int, ...], keepdims: bool) -> Array:
    """See ``Backend.axes_sum``."""
    if x.dtype.itemsize == 2:
        return reference.axes_sum(be, x, axes, keepdims)
    first = x.ndim - len(axes)
    if x.size < _SHARE_FROM or x.dtype.char not in FLOATS or not x.flags.c_contiguous or not axes:
        return _add(x, axes, None, None, keepdims)
    if sorted(axes) == list(range(first, x.ndim)):  # the last ones
        rows = prod(x.shape[:first])
        parts = np.empty((rows, max(1, _SHARES // rows)))
        _kernels.row_sums(x.size)(x.reshape(rows, -1), parts)
        y = np.add.reduce(parts, 1).astype(x.dtype).reshape(x.shape[:first])
    elif first == 1 and 1 not in axes:
        y = channel_sum(be, x)
    else:
        return _add(x, axes, None, None, keepdims)
    return y.reshape([1 if i in axes else n for i, n in enumerate(x.shape)]) if keepdims else y


def cumsum(be: Backend, x: Array, axis: int, backwards: bool) -> Array:
    """See ``Backend.cumsum``."""
    if x.size < _SCAN_FROM or x.dtype.char not in FLOATS:
        return reference.cumsum(be, x, axis, backwards)
    x = contiguous(x)
    y, behind = empty_like(x), prod(x.shape[axis + 1 :])
    if behind == 1:
        flat = (-1, x.shape[axis])
        _scans.cumsum_rows(x.size)(x.reshape(flat), y.reshape(flat), backwards)
    else:
        shape = (-1, x.shape[axis], behind)
        _scans.cumsum_columns(x.size)(x.reshape(shape), y.reshape(shape), backwards)
    return y


def channel_sum(be: Backend, g: Array) -> Array:
    """See ``Backend.channel_sum``."""
    if g.size < SERIAL_BELOW or g.dtype.char not in FLOATS:
        return reference.channel_sum(be, g)
    n, channels = g.shape[:2]
    g = contiguous(g)
    if g.size == n * channels:
        lanes = _vector.lanes_of(g.itemsize)
        shares = np.zeros((max(1, min(_SHARES, n // _ROWS)), -(-channels // lanes) * lanes))
        _kernels.column_sum(g.size)(g if g.ndim == 2 else g.reshape(n, channels), shares)
        return np.add.reduce(shares, 0)[:channels].astype(g.dtype)
    out = np.empty(channels, g.dtype)
    _kernels.channel_sum(g.size)(g.reshape(n, channels, -1), out)  # (N,C,*S) -> (N,C,L)
    return out


def channel_dot(be: Backend, g: Array, x: Array) -> Array:
    """See ``Backend.channel_dot``."""
    n, channels = g.shape[:2]
    if g.size < SERIAL_BELOW or g.size == n * channels or g.dtype.char not in FLOATS or x.dtype is not g.dtype:
        return reference.channel_dot(be, g, x)
    out = np.empty(channels, g.dtype)
    shape = n, channels, -1  # (N,C,*S) -> (N,C,L)
    _kernels.channel_dot(g.size)(contiguous(g).reshape(shape), contiguous(x).reshape(shape), out)
    return out


def square_sum(be: Backend, arrays: Sequence[Array]) -> Array:
    """See ``Backend.square_sum``."""
    total, rest = 0.0, []
    for a in arrays:
        if a.size and a.dtype.char in FLOATS and a.flags.c_contiguous:
            parts = np.empty(_SHARES if a.size >= SERIAL_BELOW else 1)
            _kernels.square_sum(a.size)(a.reshape(-1), parts)
            total += parts.sum()
        else:
            rest.append(a)
    out = np.zeros((), np.result_type(np.float32, *[a.dtype for a in arrays]))
    out += total
    return out + reference.square_sum(be, rest) if rest else out
