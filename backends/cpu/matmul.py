"""Matrix products on the kernels' own threads.

NumPy's products run on one thread once the kernels' threads exist (``process.py``). That is right for small ones; a
large one is shared out here, over blocks of rows and columns.
"""

from __future__ import annotations

from functools import cache
from math import prod

import numpy as np
from numpy import matmul as _numpy

from backends.cpu.results import empty
from backends.cpu.runtime import FLOATS, Kernels, contiguous, scratch_rows, threads
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
    rows, columns = x if x.ndim == 2 else x.reshape(prod(x.shape[:-1]), x.shape[-1]), w.T
    if not _served(rows, columns) or (b is not None and (b.ndim != 1 or b.dtype != x.dtype)):
        return reference.linear(be, x, w, b)
    y = _product(rows, columns, _none(x.dtype) if b is None else contiguous(b))  # (M,I) (I,O) -> (M,O)
    return y if x.ndim == 2 else y.reshape(*x.shape[:-1], w.shape[0])


def _served(a: Array, b: Array) -> bool:
    """Whether the kernel takes these: pairs of matrices of one dtype, float32 or float64, and large."""
    return (
        b.ndim >= 2
        and a.size * b.shape[-1] >= _SHARE_FROM
        and a.ndim >= 2
        and a.dtype.char in FLOATS
        and a.dtype == b.dtype
        and a.shape[:-2] == b.shape[:-2]
        and a.shape[-1] == b.shape[-2]
        and min(a.shape[-2], b.shape[-1]) >= _SMALLEST
    )


def _product(a: Array, b: Array, bias: Array) -> Array:
    """a (*,M,K) b (*,K,N) + bias (N,), or nothing for (0,)."""
    (m, k), n, batch = a.shape[-2:], b.shape[-1], prod(a.shape[:-2])
    work = batch * m * n * k
    if a.ndim == 2 and _shallow(a, b) and not bias.size:
        c = empty((m, n), a.dtype)
        _outer.outer_sum(work)(a.T, b, c, threads(work))
        return c
    count, dtype = threads(work), a.dtype
    high, wide = _kernels.scratch_sizes(_vector.lanes_of(a.itemsize))
    memory = scratch_rows("matmul rows", count, high, dtype), scratch_rows("matmul panels", count, wide, dtype)
    c = empty((*a.shape[:-1], n), dtype)
    _kernels.matmul(work)(*_flat(a, batch), *_flat(b, batch), bias, c.reshape(batch, -1), (m, n, k), *memory)
    return c


def _shallow(a: Array, b: Array) -> bool:
    """Whether ``outer_sum`` takes it: the gradient of a large weight from a small batch."""
    (m, k), n, lanes = a.shape, b.shape[1], _vector.lanes_of(a.itemsize)
    return (
        k <= _SHALLOW
        and m * n * a.itemsize >= _PAST_CACHES
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
    turned = a.swapaxes(-1, -2)
    if turned.flags.c_contiguous and not a.flags.c_contiguous:
        return turned.reshape(batch, -1), True
    return contiguous(a).reshape(batch, -1), False
