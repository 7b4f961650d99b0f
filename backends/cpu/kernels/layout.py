"""Copies to row-major order."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import prange

from backends.cpu.kernels.jit import kernel
from backends.cpu.kernels.rows import move_rows


@kernel
def copy_rows(x: Any, strides: tuple[int, int, int], out: Any) -> None:
    """out (A,B,C,D) = x, whose first three axes have these strides, in elements, and the last has 1.

    Threads share A and B only: rows of 2 elements, shared out one by one, took four times as long as C of them in one go.
    """
    a, b, c, d = out.shape
    for t in prange(a * b):
        r: Any = np.int64(t)  # prange counts without a sign
        move_rows(out, r * c * d, d, x, r // b * strides[0] + r % b * strides[1], strides[2], c, d)
