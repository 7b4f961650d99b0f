"""Sums, kept in float64 whatever the dtype. Loops count from 0 along one row, which LLVM turns into vector code."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import prange

from backends.cpu.kernels.jit import helper, kernel, summing

BLOCK = 64  # columns that one thread takes at a time where memory is read in rows


@summing
def row_sum(x: Any) -> float:
    """Sum of x (L,)."""
    total = 0.0
    for i in range(x.size):
        total += x[i]
    return total


@summing
def row_square_sum(x: Any) -> float:
    """Sum of the squares of x (L,)."""
    total = 0.0
    for i in range(x.size):
        v = np.float64(x[i])
        total += v * v
    return total


@summing
def add_row(x: Any, out: Any) -> None:
    """out += x."""
    for i in range(x.size):
        out[i] += x[i]


@helper
def copy_row(x: Any, out: Any) -> None:
    """out = x; ``out[:] = x`` would bring code that formats its error's message."""
    for i in range(x.size):
        out[i] = x[i]


@kernel
def channel_sum(x: Any, out: Any) -> None:
    """out (C,) = sums of x (N,C,L) over N and L."""
    for c in prange(x.shape[1]):
        total = 0.0
        for n in range(x.shape[0]):
            total += row_sum(x[n, c])
        out[c] = total


@kernel
def column_sum(x: Any, out: Any) -> None:
    """out (C,) = sums of x (N,C) over N, a block of columns at a time."""
    for block in prange((x.shape[1] + BLOCK - 1) // BLOCK):
        columns = out[block * BLOCK : (block + 1) * BLOCK]
        total = np.zeros(columns.size)
        for n in range(x.shape[0]):
            add_row(x[n, block * BLOCK : (block + 1) * BLOCK], total)
        copy_row(total, columns)


@kernel
def square_sum(x: Any, parts: Any) -> None:
    """parts (T,) = sums of the squares of T equal shares of x (L,)."""
    shares = parts.size
    for t in prange(shares):
        parts[t] = row_square_sum(x[x.size * t // shares : x.size * (t + 1) // shares])
