"""Matrix products on the kernels' own threads.

NumPy's products run on one thread once the kernels' threads exist (``process.py``). That is right for small ones; a
large one is shared out here, over blocks of rows and columns.
"""

from __future__ import annotations

from math import prod

import numpy as np
from numpy import matmul as _numpy

from backends.cpu.runtime import FLOATS, Kernels, contiguous, scratch_rows, threads
from backends.protocol import Array, Backend

_kernels = Kernels("matmul")
_vector = Kernels("vector")
_SHARE_FROM = 1 << 20  # multiplications; below, NumPy on one thread is as quick
_SMALLEST = 4  # rows or columns; fewer fill no tile
_MEMORY = "matmul rows", "matmul panels"


def matmul(be: Backend, a: Array, b: Array) -> Array:
    """See ``Backend.matmul``."""
    if a.itemsize == 2 and a.dtype.char == "e":  # NumPy multiplies float16 element by element
        return matmul(be, a.astype(np.float32), b.astype(np.float32)).astype(a.dtype)
    if b.ndim < 2 or a.size * b.shape[-1] < _SHARE_FROM:
        return _numpy(a, b)
    if a.dtype.char not in FLOATS or a.dtype != b.dtype or a.ndim < 2 or a.shape[:-2] != b.shape[:-2]:
        return _numpy(a, b)
    (m, k), n, batch = a.shape[-2:], b.shape[-1], prod(a.shape[:-2])
    work = batch * m * n * k
    if min(m, n) < _SMALLEST or b.shape[-2] != k:
        return _numpy(a, b)
    count, sizes = threads(work), _kernels.scratch_sizes(_vector.lanes_of(a.itemsize))
    memory = [scratch_rows(name, count, size, a.dtype) for name, size in zip(_MEMORY, sizes, strict=True)]
    c = np.empty((*a.shape[:-1], n), a.dtype)
    _kernels.matmul(work)(*_flat(a, batch), *_flat(b, batch), c.reshape(batch, -1), (m, n, k), *memory)
    return c


def _flat(a: Array, batch: int) -> tuple[Array, bool]:
    """The matrices as flat rows, and whether they lie there column by column."""
    turned = a.swapaxes(-1, -2)
    if turned.flags.c_contiguous and not a.flags.c_contiguous:
        return turned.reshape(batch, -1), True
    return contiguous(a).reshape(batch, -1), False
