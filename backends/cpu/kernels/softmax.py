"""Softmax of rows (M,D). The helpers each walk along one row."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import prange

from backends.cpu.kernels import functions as fn
from backends.cpu.kernels.jit import kernel, summing
from backends.cpu.kernels.reduction import row_sum
from backends.cpu.kernels.softmax_rows import exp_row, exp_sum, top


@summing
def _scale_row(y: Any, factor: Any) -> None:
    """y *= factor."""
    for i in range(y.size):
        y[i] *= factor


@summing
def _product_sum(a: Any, b: Any) -> float:
    """Sum of a * b."""
    total = 0.0
    for i in range(a.size):
        total += a[i] * b[i]
    return total


@summing
def _softmax_grad_row(g: Any, y: Any, total: Any, gx: Any) -> None:
    """gx = y * (g - total)."""
    for i in range(y.size):
        gx[i] = y[i] * (g[i] - total)


@summing
def _shift_row(x: Any, first: Any, second: Any, y: Any) -> None:
    """y = (x - first) - second."""
    for i in range(x.size):
        y[i] = (x[i] - first) - second


@summing
def _log_softmax_grad_row(g: Any, y: Any, total: Any, gx: Any) -> None:
    """gx = g - exp(y) * total."""
    for i in range(y.size):
        gx[i] = g[i] - fn.exp(y[i]) * total


@kernel
def softmax(x: Any, y: Any) -> None:
    """y = exp(x - max) / sum exp(x - max)."""
    size = x.shape[1]
    for t in prange(x.shape[0]):
        m: Any = np.int64(t)  # prange counts without a sign
        total = exp_row(x, m * size, size, top(x, m * size, size), y, m * size)
        _scale_row(y[m], x.dtype.type(1 / total))


@kernel
def softmax_grad(g: Any, y: Any, gx: Any) -> None:
    """gx = y * (g - sum(g * y))."""
    for m in prange(y.shape[0]):
        total = y.dtype.type(_product_sum(g[m], y[m]))
        _softmax_grad_row(g[m], y[m], total, gx[m])


@kernel
def log_softmax(x: Any, y: Any) -> None:
    """y = x - max - log sum exp(x - max)."""
    size = x.shape[1]
    for t in prange(x.shape[0]):
        m: Any = np.int64(t)  # prange counts without a sign
        largest = top(x, m * size, size)
        rest = x.dtype.type(math.log(exp_sum(x, m * size, size, largest)))
        _shift_row(x[m], largest, rest, y[m])


@kernel
def log_softmax_grad(g: Any, y: Any, gx: Any) -> None:
    """gx = g - exp(y) * sum(g)."""
    for m in prange(y.shape[0]):
        _log_softmax_grad_row(g[m], y[m], y.dtype.type(row_sum(g[m])), gx[m])
