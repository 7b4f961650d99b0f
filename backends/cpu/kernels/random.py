"""Philox 4x32-10 and what is made of its words; ``backends/reference/random.py`` defines the stream."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import prange

from backends.cpu.kernels import functions as fn
from backends.cpu.kernels.jit import helper, kernel

_M0, _M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_W0, _W1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
_LOW, _HALF = np.uint64(0xFFFFFFFF), np.uint64(32)


@helper
def philox(seed: Any, block: Any) -> tuple[Any, Any, Any, Any]:
    """The four words of a block, in uint64."""
    c0, c1, c2, c3 = block & _LOW, block >> _HALF, np.uint64(0), np.uint64(0)
    k0, k1 = seed & _LOW, seed >> _HALF
    for _ in range(10):
        even, odd = c0 * _M0, c2 * _M1
        c0, c1, c2, c3 = (odd >> _HALF) ^ c1 ^ k0, odd & _LOW, (even >> _HALF) ^ c3 ^ k1, even & _LOW
        k0, k1 = (k0 + _W0) & _LOW, (k1 + _W1) & _LOW
    return c0, c1, c2, c3


@helper
def _number(low: Any, high: Any) -> Any:
    """Two words as a float64 in [0,1), 53 bits."""
    return np.float64((low | high << _HALF) >> np.uint64(11)) * 2.0**-53


@helper
def _unit(word: Any) -> Any:
    """A word as a float32 in [0,1), 24 bits."""
    return np.float32(np.int32(word >> np.uint64(8))) * np.float32(2.0**-24)


@kernel
def random_bits(seed: Any, offset: Any, out: Any) -> None:
    """out (4B,): the words of B blocks."""
    for b in prange(out.size // 4):
        w0, w1, w2, w3 = philox(seed, offset + np.uint64(b))
        out[4 * b], out[4 * b + 1], out[4 * b + 2], out[4 * b + 3] = w0, w1, w2, w3


@kernel
def uniform(seed: Any, offset: Any, low: Any, span: Any, out: Any) -> None:
    """out (4B,): low + span * u, four numbers of one block (float32) or of two (float64)."""
    for b in prange(out.size // 4):
        if out.itemsize == 8:
            first, second = offset + np.uint64(2 * b), offset + np.uint64(2 * b + 1)
            w0, w1, w2, w3 = philox(seed, first)
            v0, v1, v2, v3 = philox(seed, second)
            u0, u1, u2, u3 = _number(w0, w1), _number(w2, w3), _number(v0, v1), _number(v2, v3)
        else:
            w0, w1, w2, w3 = philox(seed, offset + np.uint64(b))
            u0, u1, u2, u3 = _unit(w0), _unit(w1), _unit(w2), _unit(w3)
        out[4 * b], out[4 * b + 1] = u0 * span + low, u1 * span + low
        out[4 * b + 2], out[4 * b + 3] = u2 * span + low, u3 * span + low


@kernel
def normal(seed: Any, offset: Any, mean: Any, std: Any, out: Any) -> None:
    """out (4B,): mean + std * z, as ``uniform``."""
    for b in prange(out.size // 4):
        if out.itemsize == 8:
            first, second = offset + np.uint64(2 * b), offset + np.uint64(2 * b + 1)
            w0, w1, w2, w3 = philox(seed, first)
            v0, v1, v2, v3 = philox(seed, second)
            z0, z1 = fn.normal64(_number(w0, w1), _number(w2, w3))
            z2, z3 = fn.normal64(_number(v0, v1), _number(v2, v3))
        else:
            w0, w1, w2, w3 = philox(seed, offset + np.uint64(b))
            z0, z1 = fn.normal32(_unit(w0), _unit(w1))
            z2, z3 = fn.normal32(_unit(w2), _unit(w3))
        out[4 * b], out[4 * b + 1] = z0 * std + mean, z1 * std + mean
        out[4 * b + 2], out[4 * b + 3] = z2 * std + mean, z3 * std + mean
