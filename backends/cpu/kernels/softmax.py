"""Softmax of rows (M,D). The helpers each walk along one row."""

from __future__ import annotations

import math
from typing import Any

from numba import prange

from backends.cpu.kernels import functions as fn
from backends.cpu.kernels.jit import kernel, summing
from backends.cpu.kernels.reduction import row_sum


@summing
def top(x: Any) -> Any:
    """Largest of x (L,), NaN if there is one."""
    largest = x[0]
    for i in range(x.size):
        largest = fn.larger(largest, x[i])
    return largest


@summing
def exp_sum(x: Any, shift: Any) -> float:
    """Sum of exp(x - shift) over x (L,)."""
    total = 0.0
    for i in range(x.size):
        total += fn.exp(x[i] - shift)
    return total


@summing
def _exp_row(x: Any, shift: Any, y: Any) -> float:
    """y = exp(x - shift); returns the sum."""
    total = 0.0
    for i in range(x.size):
        e = fn.exp(x[i] - shift)
        y[i] = e
        total += e
    return total


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
    for m in prange(x.shape[0]):
        total = _exp_row(x[m], top(x[m]), y[m])
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
    for m in prange(x.shape[0]):
        largest = top(x[m])
        rest = x.dtype.type(math.log(exp_sum(x[m], largest)))
        _shift_row(x[m], largest, rest, y[m])


@kernel
def log_softmax_grad(g: Any, y: Any, gx: Any) -> None:
    """gx = g - exp(y) * sum(g)."""
    for m in prange(y.shape[0]):
        _log_softmax_grad_row(g[m], y[m], y.dtype.type(row_sum(g[m])), gx[m])
