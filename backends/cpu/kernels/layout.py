"""Copies to row-major order."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import prange

from backends.cpu.kernels.jit import kernel
from backends.cpu.kernels.rows import move_rows, transpose_rows
from backends.cpu.kernels.vector import VECTOR_BYTES


@kernel
def copy_rows(x: Any, strides: tuple[int, int, int], out: Any) -> None:
    """out (A,B,C,D) = x, whose first three axes have these strides, in elements, and the last has 1.

    Threads share A and B only: rows of 2 elements, shared out one by one, took four times as long as C of them in one go.
    """
    a, b, c, d = out.shape
    for t in prange(a * b):
        r: Any = np.int64(t)  # prange counts without a sign
        move_rows(out, r * c * d, d, x, r // b * strides[0] + r % b * strides[1], strides[2], c, d)


@kernel
def turn(x: Any, y: Any) -> None:
    """y (N,L,R) = x (N,R,L), each matrix turned over: as many rows at a time as a vector has lanes.

    The last rows of many are taken with some that were turned already. Of few, each vector is written with zeros behind it,
    which the next one overwrites; so the last ones of a matrix are left to a loop.
    """
    images, rows, length = x.shape
    lanes = VECTOR_BYTES // x.itemsize
    blocks = (rows + lanes - 1) // lanes
    source, target = x.reshape(-1), y.reshape(-1)
    for piece in prange(images * blocks):
        part: Any = np.int64(piece)  # prange counts without a sign
        n, first = part // blocks, max(0, min(part % blocks * lanes, rows - lanes))
        start, to = (n * rows + first) * length, n * rows * length + first
        whole = length if rows >= lanes else max(0, length - (lanes + rows - 1) // rows)
        transpose_rows(source, start, length, min(rows, lanes), whole, target, to, rows)
        for i in range(whole, length):
            for r in range(rows):
                target[to + i * rows + r] = source[start + r * length + i]
