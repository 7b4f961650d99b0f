"""Rows at positions, and additions at indexed places.

Additions are made in order, or by atomic additions where the order is free and the dtype has them.
"""

from __future__ import annotations

from functools import lru_cache
from math import prod
from struct import pack
from typing import Any

import numpy as np

from backends.cuda.launch import Gpu
from backends.cuda.layout import FLOATS, THREADS, blocks, dense
from backends.precision import settings
from backends.protocol import Array, Shape
from backends.reference import indexing as reference

_INTS = ("int32", "int64")
_ANY = np.dtype("float32")  # of kernels that see no floating numbers
_STRETCH = 32  # positions that one thread adds up, as in indexing.cu
_COUNT_UP_TO = 4096  # positions that are put in order by counting; more are sorted
_MOST_AXES = 16


def check_positions(be: Gpu, index: Array, low: int, high: int) -> int | None:
    """See ``Backend.check_positions``."""
    positions = _positions(index)
    n = positions.size
    be.kernel("indexing", "check", _ANY)(blocks(n), THREADS, positions, be.device.fault, n, low, high)
    return None


def gather_rows(be: Gpu, table: Array, index: Array) -> Array:
    """See ``Backend.gather_rows``."""
    rows, *row = table.shape
    if table.dtype.name not in FLOATS or index.dtype.name not in _INTS:
        be.check_positions(index, 0, rows)
        return reference.gather_rows(be, table, index)
    out = be.xp.empty((*index.shape, *row), table.dtype)
    be.kernel("indexing", "gather_rows", table.dtype)(
        blocks(out.size), THREADS, dense(table), _positions(index), out, be.device.fault, index.size, rows, prod(row)
    )
    return out


def gather(be: Gpu, x: Array, index: Array, axis: int) -> Array:
    """See ``Backend.gather``."""
    if not 0 < x.ndim <= _MOST_AXES or x.dtype.name not in FLOATS or index.dtype.name not in _INTS:
        be.check_positions(index, -x.shape[axis], x.shape[axis])
        return reference.gather(be, x, index, axis)
    n, out = index.size, be.xp.empty(index.shape, x.dtype)
    be.kernel("indexing", "gather", x.dtype)(
        blocks(n), THREADS, dense(x), dense(index.astype("int64", copy=False)), out, be.device.fault, n,
        _scatter(x.shape, index.shape, index.shape, axis % x.ndim),
    )  # fmt: skip
    return out


def scatter_rows(be: Gpu, src: Array, index: Array, rows: int) -> Array:
    """See ``Backend.scatter_rows``."""
    out = be.xp.zeros((rows, src.shape[1]), src.dtype)
    if src.dtype.kind == "c":
        return index_add_(be, out, index, src)
    if src.dtype.name not in FLOATS or index.dtype.name not in _INTS:
        return reference.scatter_rows(be, src, index, rows)
    _add_in_order(be, out, _positions(index), dense(src))
    return out


def index_add_(be: Gpu, out: Array, index: Any, src: Array) -> Array:
    """See ``Backend.index_add_``."""
    if isinstance(index, tuple) and len(index) == 1:
        index = index[0]
    parts = index if isinstance(index, tuple) else (index,)
    if not any(hasattr(part, "dtype") and part.ndim for part in parts):  # a view: no position is repeated
        out[index] += src
        return out
    if out.dtype.kind == "c":
        index_add_(be, out.real, index, src.real)
        index_add_(be, out.imag, index, src.imag)
        return out
    if out.dtype.name not in FLOATS or src.dtype != out.dtype or out.size == 0:
        return reference.index_add_(be, out, index, src)
    work = dense(out)
    if len(parts) == 1 and parts[0].dtype.name in _INTS:
        width = prod(out.shape[1:])
        src = be.xp.broadcast_to(src, parts[0].shape + out.shape[1:])
        _add_rows(be, work.reshape(len(out), width), _positions(parts[0]), dense(src).reshape(-1, width))
    else:
        places = be.xp.arange(out.size, dtype="int64").reshape(out.shape)[index]
        src = dense(be.xp.broadcast_to(src, places.shape))
        _add_rows(be, work.reshape(-1, 1), _positions(places), src.reshape(-1, 1))
    if work is not out:
        out[...] = work
    return out


def scatter_add_(be: Gpu, out: Array, index: Array, src: Array, axis: int) -> Array:
    """See ``Backend.scatter_add_``."""
    if out.dtype.kind == "c":
        scatter_add_(be, out.real, index, src.real, axis)
        scatter_add_(be, out.imag, index, src.imag, axis)
        return out
    if (
        not 0 < out.ndim <= _MOST_AXES
        or out.dtype.name not in FLOATS
        or src.dtype != out.dtype
        or index.dtype.name not in _INTS
    ):
        return reference.scatter_add_(be, out, index, src, axis)
    n, work, src = index.size, dense(out), dense(src)
    positions, fault = dense(index.astype("int64", copy=False)), be.device.fault
    geometry = _scatter(out.shape, index.shape, src.shape, axis % out.ndim)
    if _any_order(out):
        be.kernel("indexing", "scatter_add", out.dtype)(blocks(n), THREADS, positions, src, work, fault, n, geometry)
    else:
        places, values = be.xp.empty(n, "int64"), be.xp.empty((n, 1), out.dtype)
        be.kernel("indexing", "scatter_places", out.dtype)(
            blocks(n), THREADS, positions, src, places, values, fault, n, geometry
        )
        _add_in_order(be, work.reshape(-1, 1), places, values)
    if work is not out:
        out[...] = work
    return out


def _any_order(out: Array) -> bool:
    """Whether additions may be atomic: as they come, so that rounding differs from run to run."""
    return not settings.deterministic and out.dtype.itemsize > 2


def _positions(index: Array) -> Array:
    """index as the kernels take it: (M,), int64."""
    return dense(index.astype("int64", copy=False)).reshape(-1)


def _add_rows(be: Gpu, out: Array, index: Array, src: Array) -> None:
    """out[index[m]] += src[m]: out (R,D), index (M,), src (M,D)."""
    if not _any_order(out):
        return _add_in_order(be, out, index, src)
    rows, width = out.shape
    be.kernel("indexing", "add_rows", out.dtype)(
        blocks(src.size), THREADS, src, index, out, be.device.fault, len(index), rows, width
    )
    return None


def _add_in_order(be: Gpu, out: Array, index: Array, src: Array) -> None:
    """As ``_add_rows``, additions to one row in an order that is the same on every run."""
    xp, n, (rows, width) = be.xp, len(index), out.shape
    if n == 0 or width == 0:
        return
    ordered = _sorted(be, index, rows, out.dtype)
    stretches = -(-n // _STRETCH)
    parts = xp.empty((stretches, 2, width), "float64" if out.dtype == "float64" else "float32")
    grid = blocks(stretches * width)
    be.kernel("indexing", "add_runs", out.dtype)(grid, THREADS, src, *ordered, out, parts, n, rows, width)
    if stretches > 1:
        be.kernel("indexing", "join_runs", out.dtype)(grid, THREADS, parts, ordered[0], out, n, rows, width)


def _sorted(be: Gpu, index: Array, rows: int, dtype: Any) -> tuple[Array, Array]:
    """Positions in ascending order, those of one row as they stood, and where they stood; ``rows`` if out of bounds."""
    xp, n, fault = be.xp, len(index), be.device.fault
    keys = xp.empty(n, "int64")
    if n <= _COUNT_UP_TO:
        order = xp.empty(n, "int64")
        threads = 128  # more and smaller blocks than elsewhere, as there are few elements
        be.kernel("indexing", "rank", dtype)(blocks(n, threads), threads, index, keys, order, fault, n, rows)
        return keys, order
    be.kernel("indexing", "wrap", dtype)(blocks(n), THREADS, index, keys, fault, n, rows)
    order = keys.astype("int32" if rows < 2**31 else "int64", copy=False).argsort()  # CuPy's is stable, a radix sort
    return keys.take(order), order


@lru_cache(maxsize=1024)
def _scatter(out: Shape, index: Shape, src: Shape, axis: int) -> bytes:
    """``Scatter`` in indexing.cu, of arrays in C order."""
    columns = [index, *([prod(shape[a + 1 :]) for a in range(len(shape))] for shape in (out, src))]
    padded = [value for column in columns for value in (*column, *[0] * (_MOST_AXES - len(column)))]
    return pack(f"{3 * _MOST_AXES}q2iq", *padded, len(index), axis, out[axis])
