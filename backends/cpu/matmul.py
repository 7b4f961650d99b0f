"""Matrix products on the kernels' own threads.

NumPy's products run on one thread once the kernels' threads exist (``process.py``). That is right for small ones; a
large one is shared out here, over blocks of rows and columns.
"""

from __future__ import annotations

from functools import cache
from math import prod

import numpy as np
from numpy import matmul as _numpy

from backends.cpu.layout import contiguous
from backends.cpu.results import empty
from backends.cpu.runtime import FLOATS, Kernels, scratch_rows, threads
from backends.protocol import Array, Backend
from backends.reference import matmul as reference

_kernels = Kernels("matmul")
_outer = Kernels("outer_sum")
_vector = Kernels("vector")
_SHARE_FROM = 1 << 18  # multiplications; below, NumPy on one thread is as quick
_SMALLEST = 4  # rows or columns; fewer fill no tile
_PAST_CACHES = 1 << 23  # bytes of a result that is too large to stay in a cache until it is read
_SHALLOW = 64  # terms in a sum; with more, products take longer than to write their results


def matmul(be: Backend, a: Array, b: Array) -> Array:
    """See ``Backend.matmul``."""
    if a.itemsize == 2 and a.dtype.char == "e":  # NumPy multiplies float16 element by element
        return matmul(be, a.astype(np.float32), b.astype(np.float32)).astype(a.dtype)
    return _product(a, b, _none(a.dtype)) if _served(a, b) else _numpy(a, b)


def linear(be: Backend, x: Array, w: Array, b: Array | None) -> Array:
    """See ``Backend.linear``."""
    rows, columns = x if x.ndim == 2 else be.reshape(x, (prod(x.shape[:-1]), x.shape[-1])), w.T
    if not _served(rows, columns) or (b is not None and (b.ndim != 1 or b.dtype != x.dtype)):
        return reference.linear(be, x, w, b)
    y = _product(rows, columns, _none(x.dtype) if b is None else contiguous(b))  # (M,I) (I,O) -> (M,O)
    return y if x.ndim == 2 else y.reshape(*x.shape[:-1], w.shape[0])


def linear_grad(
    be: Backend, g: Array, x: Array, w: Array, needs: tuple[bool, ...]
) -> tuple[Array | None, Array | None, Array | None]:
    """See ``Backend.linear_grad``."""
    (outs, ins), dtype = w.shape, g.dtype
    rows = g.size // max(outs, 1)
    work = rows * outs * ins
    if (
        work < _SHARE_FROM
        or min(rows, outs, ins) < _SMALLEST
        or dtype.char not in FLOATS
        or not x.dtype == w.dtype == dtype
        or (rows <= _SHALLOW and w.nbytes >= _PAST_CACHES)
    ):
        return reference.linear_grad(be, g, x, w, needs)
    none, count, lanes = _none(dtype), threads(work), _vector.lanes_of(dtype.itemsize)
    gx, gw = (empty(a.shape, dtype) if need else none for a, need in zip((x, w), needs, strict=False))
    sums = np.zeros(-(-outs // lanes) * lanes if needs[2] else 0)  # to the end of the last vector
    memory = scratch_rows("matmul", count, _scratch_size(dtype.itemsize), dtype)
    arrays = [contiguous(a).reshape(-1) for a in (g, x, w, gx, gw)]
    _kernels.linear_grad(work)(*arrays, sums, (rows, outs, ins), memory)
    gb = sums[:outs].astype(dtype) if needs[2] else None
    return gx if needs[0] else None, gw if needs[1] else None, gb


def _served(a: Array, b: Array) -> bool:
    """Whether the kernel takes these: pairs of matrices of one dtype, float32 or float64, and large."""
    high, wide = a.shape, b.shape
    return (
        len(wide) >= 2
        and a.size * wide[-1] >= _SHARE_FROM
        and len(high) >= 2
        and a.dtype == b.dtype
        and a.dtype.char in FLOATS
        and high[:-2] == wide[:-2]
        and high[-1] == wide[-2]
        and high[-2] >= _SMALLEST
        and wide[-1] >= _SMALLEST
    )


def _product(a: Array, b: Array, bias: Array) -> Array:
    """a (*,M,K) b (*,K,N) + bias (N,), or nothing for (0,)."""
    (m, k), n, batch, dtype = a.shape[-2:], b.shape[-1], prod(a.shape[:-2]), a.dtype
    work = batch * m * n * k
    count = threads(work)
    if k <= _SHALLOW and a.ndim == 2 and not bias.size and _outer_served(a, b):
        c = empty((m, n), dtype)
        _outer.outer_sum(work)(a.T, b, c, count)
        return c
    c = empty((*a.shape[:-1], n), dtype)
    memory = scratch_rows("matmul", count, _scratch_size(a.itemsize), dtype)
    _kernels.matmul(work)(*_flat(a, batch), *_flat(b, batch), bias, c.reshape(batch, -1), (m, n, k), memory)
    return c


@cache
def _scratch_size(itemsize: int) -> int:
    """Elements that a thread needs besides."""
    size: int = _kernels.scratch_size(_vector.lanes_of(itemsize))
    return size


def _outer_served(a: Array, b: Array) -> bool:
    """Whether ``outer_sum`` takes it: the gradient of a large weight from a small batch."""
    m, n, lanes = len(a), b.shape[1], _vector.lanes_of(a.itemsize)
    return (
        m * n * a.itemsize >= _PAST_CACHES
        and a.T.flags.c_contiguous
        and b.flags.c_contiguous
        and m >= _outer.ROWS
        and n % lanes == 0
        and n > _outer.VECTORS * lanes
    )


@cache
def _none(dtype: np.dtype) -> Array:
    """The bias of a product without one."""
    return np.empty(0, dtype)


def _flat(a: Array, batch: int) -> tuple[Array, bool]:
    """The matrices as flat rows, and whether they lie there column by column."""
    if a.flags.c_contiguous:
        return a.reshape(batch, -1), False
    turned = a.swapaxes(-1, -2)
    if turned.flags.c_contiguous:
        return turned.reshape(batch, -1), True
    return contiguous(a).reshape(batch, -1), False
