"""Running sums, kept in float64."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import prange

from backends.cpu.kernels.jit import kernel, summing
from backends.cpu.kernels.places import place, runs


@kernel
def cumsum_rows(x: Any, y: Any, backwards: bool) -> None:
    """y[m,j] = x[m,0] + ... + x[m,j], or x[m,j] + ... + x[m,D-1], of x and y (M,D)."""
    size = x.shape[1]
    for m in prange(x.shape[0]):
        total = 0.0
        for i in range(size):
            j = size - 1 - i if backwards else i
            total += x[m, j]
            y[m, j] = total


@summing
def _next(x: Any, total: Any, y: Any) -> None:
    """total += x, y = total."""
    for i in range(x.size):
        total[i] += x[i]
        y[i] = total[i]


@kernel
def cumsum_columns(x: Any, y: Any, backwards: bool) -> None:
    """As ``cumsum_rows`` along the middle axis of x and y (N,D,L)."""
    size = x.shape[1]
    for run in prange(runs(x)):
        n, first, last = place(np.int64(run), x.shape[2])  # prange counts without a sign
        total = np.zeros(last - first)
        for i in range(size):
            j = size - 1 - i if backwards else i
            _next(x[n, j, first:last], total, y[n, j, first:last])
