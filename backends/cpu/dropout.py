"""Dropout: mask, scaling and random numbers in one pass."""

from __future__ import annotations

from math import ceil

import numpy as np

from backends.cpu.layout import contiguous
from backends.cpu.runtime import FLOATS, Kernels, stream
from backends.protocol import Array, Backend
from backends.reference import dropout as reference

_kernels = Kernels("dropout")
_FUSE_FROM = 64  # elements; below, array expressions are as quick


def dropout(be: Backend, x: Array, p: float, seed: int, offset: int) -> tuple[Array, Array]:
    """See ``Backend.dropout``."""
    if x.size < _FUSE_FROM or x.dtype.char not in FLOATS:
        return reference.dropout(be, x, p, seed, offset)
    x = contiguous(x)
    y, mask = np.empty_like(x), np.empty(x.shape, np.bool_)
    scale = x.dtype.type(1 / (1 - p) if p < 1 else 0.0)
    flat = x.reshape(-1), y.reshape(-1), mask.reshape(-1)
    _kernels.dropout(x.size)(*stream(seed, offset), ceil(p * 2**24), scale, *flat)
    return y, mask
