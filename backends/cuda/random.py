"""Random numbers: the reference's stream, made on the GPU."""

from __future__ import annotations

from typing import Any

from backends.cuda.launch import Gpu
from backends.cuda.layout import FLOATS, THREADS, blocks
from backends.protocol import Array, Shape
from backends.reference import random as reference

_PACK = 4 * THREADS  # elements that a block of threads makes at once
_LOW = 2**64 - 1


def _draw(be: Gpu, kernel: str, out: Array, dtype: Any, seed: int, offset: int, *parameters: float) -> Array:
    """Fills out with a kernel of the variant ``dtype``."""
    n = out.size
    be.kernel("random", kernel, dtype)(blocks(n, _PACK), THREADS, out, n, seed & _LOW, offset & _LOW, *parameters)
    return out


def _rounded(be: Gpu, dtype: Any, *values: float) -> list[float]:
    """Values in the dtype that numbers are made in: float32, or float64; too large ones are infinite."""
    kind = be.xp.dtype("float64" if dtype == "float64" else "float32").type
    return [kind(value) for value in values]


def random_bits(be: Gpu, n: int, seed: int, offset: int) -> Array:
    """See ``Backend.random_bits``."""
    return _draw(be, "random_bits", be.xp.empty(n, "uint32"), be.xp.dtype("float32"), seed, offset)


def uniform(be: Gpu, shape: Shape, dtype: Any, low: float, high: float, seed: int, offset: int) -> Array:
    """See ``Backend.uniform``."""
    dtype = be.xp.dtype(dtype)
    if dtype.name not in FLOATS:
        return reference.uniform(be, shape, dtype, low, high, seed, offset)
    out = be.xp.empty(shape, dtype)
    return _draw(be, "uniform", out, dtype, seed, offset, *_rounded(be, dtype, low, high - low))


def normal(be: Gpu, shape: Shape, dtype: Any, mean: float, std: float, seed: int, offset: int) -> Array:
    """See ``Backend.normal``."""
    dtype = be.xp.dtype(dtype)
    if dtype.name not in FLOATS:
        return reference.normal(be, shape, dtype, mean, std, seed, offset)
    out = be.xp.empty(shape, dtype)
    return _draw(be, "normal", out, dtype, seed, offset, *_rounded(be, dtype, mean, std))


def randint(be: Gpu, shape: Shape, low: int, high: int, seed: int, offset: int) -> Array:
    """See ``Backend.randint``."""
    out = be.xp.empty(shape, "int64")
    return _draw(be, "randint", out, be.xp.dtype("float32"), seed, offset, low, high - low)


def permutation(be: Gpu, n: int, seed: int, offset: int) -> Array:
    """See ``Backend.permutation``."""
    numbers = random_bits(be, 2 * n, seed, offset).view("uint64")  # words of a number lie low first, as bytes do
    return numbers.argsort().astype("int64", copy=False)  # CuPy's is stable, and its only one
