"""Random numbers: the reference's stream, drawn by compiled loops. Permutations sort the words it gives."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from backends.cpu.runtime import FLOATS, Kernels, stream
from backends.protocol import Array, Backend, Shape
from backends.reference import random as reference

_kernels = Kernels("random")


def random_bits(be: Backend, n: int, seed: int, offset: int) -> Array:
    """See ``Backend.random_bits``."""
    out = np.empty(-(-n // 4) * 4, np.uint32)
    _kernels.random_bits(n)(*stream(seed, offset), out)
    return out[:n]


def uniform(be: Backend, shape: Shape, dtype: Any, low: float, high: float, seed: int, offset: int) -> Array:
    """See ``Backend.uniform``."""
    dtype, n = np.dtype(dtype), prod(shape)
    if dtype.char not in FLOATS:
        return reference.uniform(be, shape, dtype, low, high, seed, offset)
    out = np.empty(-(-n // 4) * 4, dtype)
    _kernels.uniform(n)(*stream(seed, offset), dtype.type(low), dtype.type(high - low), out)
    return out[:n].reshape(shape)


def normal(be: Backend, shape: Shape, dtype: Any, mean: float, std: float, seed: int, offset: int) -> Array:
    """See ``Backend.normal``."""
    dtype, n = np.dtype(dtype), prod(shape)
    if dtype.char not in FLOATS:
        return reference.normal(be, shape, dtype, mean, std, seed, offset)
    out = np.empty(-(-n // 4) * 4, dtype)
    _kernels.normal(n)(*stream(seed, offset), dtype.type(mean), dtype.type(std), out)
    return out[:n].reshape(shape)
