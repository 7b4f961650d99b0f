"""Random numbers by Philox 4x32-10: a pure function of seed and place, hence the same on every device.

The stream of a seed is a sequence of 32-bit words; word i is lane i%4 of the block with counter offset + i//4. The
128-bit counter has the block number in its low 64 bits and zero above; the key is the 64-bit seed, low word first.
"Number i" below is the 64-bit number with word 2i as its low half and word 2i+1 as its high half.

Which words an element takes, in row-major order, i the element and j its pair (2j, 2j+1):

* uniform float32: word i, u = (word >> 8) * 2^-24. float16: word i, u = (word >> 21) * 2^-11, the rest in float32.
  float64: number i, u = (number >> 11) * 2^-53. Then u * (high - low), then + low, each rounded on its own.
* normal float32 and float16: words 2j and 2j+1 give u1 and u2 as above (24 bits); float64: numbers 2j and 2j+1 do.
  z[2j] = sqrt(-2 ln(1 - u1)) * cos(2 pi u2), z[2j+1] the same with sin. Then z * std, then + mean.
* randint: low + floor(number i * (high - low) / 2^64).
* permutation: stable argsort of numbers 0..n-1.
* dropout: word i, see ``dropout``.

``backends.stream.random_blocks`` says how many blocks a draw takes.
Source: Salmon, Moraes, Dror and Shaw, Parallel Random Numbers: As Easy as 1, 2, 3, SC 2011.
"""

from __future__ import annotations

from math import pi, prod
from typing import Any

from backends.protocol import Array, Backend, Shape

_LOW = 0xFFFFFFFF
_MULTIPLIERS = 0xD2511F53, 0xCD9E8D57
_WEYL = 0x9E3779B9, 0xBB67AE85  # golden ratio, sqrt(3) - 1


def _philox(counter: list[Array], key: list[int]) -> list[Array]:
    """Ten rounds over four lanes of 32-bit words held in uint64 arrays."""
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(10):
        even, odd = c0 * _MULTIPLIERS[0], c2 * _MULTIPLIERS[1]
        c0, c1, c2, c3 = (odd >> 32) ^ c1 ^ k0, odd & _LOW, (even >> 32) ^ c3 ^ k1, even & _LOW
        k0, k1 = (k0 + _WEYL[0]) & _LOW, (k1 + _WEYL[1]) & _LOW
    return [c0, c1, c2, c3]


def random_bits(be: Backend, n: int, seed: int, offset: int) -> Array:
    """The first n words of the stream at ``offset``.

    Args:
        n: how many words.
        seed: 64 bits.
        offset: number of the first block, 64 bits.

    Returns:
        (n,), uint32.

    Example:
        >>> import numpy as np
        >>> from backends.reference import Reference
        >>> [hex(w) for w in Reference(np).random_bits(2, seed=0, offset=0)]
        ['0x6627e8d5', '0xe169c58d']
    """
    xp = be.xp
    block = xp.arange(-(-n // 4), dtype="uint64") + xp.asarray(offset, "uint64")
    zero = xp.zeros_like(block)
    lanes = _philox([block & _LOW, block >> 32, zero, zero], [seed & _LOW, seed >> 32 & _LOW])
    return xp.stack(lanes, axis=1).astype("uint32").reshape(-1)[:n]


def _numbers(be: Backend, n: int, seed: int, offset: int) -> Array:
    """The first n 64-bit numbers of the stream, (n,), uint64."""
    words = be.random_bits(2 * n, seed, offset).astype("uint64").reshape(n, 2)
    return words[:, 0] | words[:, 1] << 32


def _units(be: Backend, n: int, dtype: Any, seed: int, offset: int) -> Array:
    """n numbers u in [0,1): float64 with 53 bits, or float32 with 24."""
    if dtype == "float64":
        return (_numbers(be, n, seed, offset) >> 11) * 2.0**-53
    return (be.random_bits(n, seed, offset) >> 8).astype("float32") * 2.0**-24


def uniform(be: Backend, shape: Shape, dtype: Any, low: float, high: float, seed: int, offset: int) -> Array:
    """low + (high-low) * u, u evenly spread in [0,1).

    Args:
        shape: of the result.
        dtype: float16, float32 or float64.
        low, high: the interval.
        seed, offset: place in the stream.

    Returns:
        ``shape``, ``dtype``.
    """
    dtype = be.xp.dtype(dtype)
    if dtype == "float16":
        u = (be.random_bits(prod(shape), seed, offset) >> 21).astype("float32") * 2.0**-11
    else:
        u = _units(be, prod(shape), dtype, seed, offset)
    return (u * (high - low) + low).astype(dtype, copy=False).reshape(shape)


def normal(be: Backend, shape: Shape, dtype: Any, mean: float, std: float, seed: int, offset: int) -> Array:
    """mean + std * z, z standard normal.

    Args:
        shape: of the result.
        dtype: float16, float32 or float64.
        mean, std: of the distribution.
        seed, offset: place in the stream.

    Returns:
        ``shape``, ``dtype``.

    Source: Box and Muller, A Note on the Generation of Random Normal Deviates, 1958.
    """
    xp, n, dtype = be.xp, prod(shape), be.xp.dtype(dtype)
    pairs = -(-n // 2)
    u = _units(be, 2 * pairs, dtype, seed, offset).reshape(pairs, 2)
    radius = xp.sqrt(-2 * xp.log(1 - u[:, 0]))
    angle = (2 * pi) * u[:, 1]
    z = xp.stack([radius * xp.cos(angle), radius * xp.sin(angle)], axis=1).reshape(-1)[:n]
    return (z * std + mean).astype(dtype, copy=False).reshape(shape)


def randint(be: Backend, shape: Shape, low: int, high: int, seed: int, offset: int) -> Array:
    """Integers in [low, high).

    Args:
        shape: of the result.
        low, high: the interval, each within int64.
        seed, offset: place in the stream.

    Returns:
        ``shape``, int64.
    """
    numbers = _numbers(be, prod(shape), seed, offset)
    n1, n0 = numbers >> 32, numbers & _LOW
    r1, r0 = high - low >> 32, high - low & _LOW
    middle = n1 * r0 + (n0 * r0 >> 32)
    cross = n0 * r1 + (middle & _LOW)
    product_high = n1 * r1 + (middle >> 32) + (cross >> 32)
    return (product_high + be.xp.asarray(low % 2**64, "uint64")).astype("int64").reshape(shape)


def permutation(be: Backend, n: int, seed: int, offset: int) -> Array:
    """A random order of 0..n-1.

    Args:
        n: how many.
        seed, offset: place in the stream.

    Returns:
        (n,), int64.
    """
    return _numbers(be, n, seed, offset).argsort(kind="stable").astype("int64", copy=False)
