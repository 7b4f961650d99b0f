"""Elementwise kernels: flat arrays of equal length, the last one written."""

from __future__ import annotations

import math
from typing import Any

from numba import prange

from backends.cpu.kernels import functions as fn
from backends.cpu.kernels.jit import helper, kernel

_SLOPE = math.sqrt(2 / math.pi)  # tanh form: Phi(x) is about (1 + tanh(_SLOPE * (x + _CUBE x^3))) / 2
_CUBE = 0.044715
_HALF_ROOT = math.sqrt(0.5)
_DENSITY = 1 / math.sqrt(2 * math.pi)  # of the normal distribution at 0


@kernel
def add(a: Any, b: Any, y: Any) -> None:
    """y = a + b."""
    for i in prange(y.size):
        y[i] = a[i] + b[i]


@kernel
def mul(a: Any, b: Any, y: Any) -> None:
    """y = a * b."""
    for i in prange(y.size):
        y[i] = a[i] * b[i]


@kernel
def sub(a: Any, b: Any, y: Any) -> None:
    """y = a - b."""
    for i in prange(y.size):
        y[i] = a[i] - b[i]


@kernel
def add_(a: Any, b: Any) -> None:
    """a += b."""
    for i in prange(a.size):
        a[i] += b[i]


@kernel
def sub_(a: Any, b: Any) -> None:
    """a -= b."""
    for i in prange(a.size):
        a[i] -= b[i]


@kernel
def mul_(a: Any, b: Any) -> None:
    """a *= b."""
    for i in prange(a.size):
        a[i] *= b[i]


@kernel
def div(a: Any, b: Any, y: Any) -> None:
    """y = a / b."""
    for i in prange(y.size):
        y[i] = a[i] / b[i]


@kernel
def where(condition: Any, a: Any, b: Any, y: Any) -> None:
    """y = a where the condition holds, else b."""
    for i in prange(y.size):
        y[i] = a[i] if condition[i] else b[i]


@kernel
def where_number_first(condition: Any, a: Any, b: Any, y: Any) -> None:
    """The same; a has one element."""
    number = a[0]
    for i in prange(y.size):
        y[i] = number if condition[i] else b[i]


@kernel
def where_number_last(condition: Any, a: Any, b: Any, y: Any) -> None:
    """The same; b has one element."""
    number = b[0]
    for i in prange(y.size):
        y[i] = a[i] if condition[i] else number


@kernel
def erf(x: Any, y: Any) -> None:
    """y = erf(x)."""
    for i in prange(x.size):
        y[i] = fn.erf(x[i])


@kernel
def sigmoid(x: Any, y: Any) -> None:
    """y = 1 / (1 + exp(-x))."""
    for i in prange(x.size):
        y[i] = fn.sigmoid(x[i])


@kernel
def sigmoid_grad(g: Any, y: Any, gx: Any) -> None:
    """gx = g * y * (1 - y)."""
    one = y.dtype.type(1)
    for i in prange(y.size):
        gx[i] = g[i] * (y[i] * (one - y[i]))


@kernel
def tanh(x: Any, y: Any) -> None:
    """y = tanh(x)."""
    for i in prange(x.size):
        y[i] = fn.tanh(x[i])


@kernel
def tanh_grad(g: Any, y: Any, gx: Any) -> None:
    """gx = g * (1 - y^2)."""
    for i in prange(y.size):
        gx[i] = g[i] - g[i] * y[i] * y[i]


@kernel
def relu(x: Any, y: Any) -> None:
    """y = max(x, 0); written so that NaN, which is not below 0, stays."""
    zero = x.dtype.type(0)
    for i in prange(x.size):
        y[i] = zero if x[i] < zero else x[i]


@kernel
def relu_(x: Any) -> None:
    """x = max(x, 0). Given the same array twice, ``relu`` would be scalar code: LLVM checks that no results are read."""
    zero = x.dtype.type(0)
    for i in prange(x.size):
        x[i] = zero if x[i] < zero else x[i]


@kernel
def relu_grad(g: Any, y: Any, gx: Any) -> None:
    """gx = g where y > 0, else 0."""
    zero = y.dtype.type(0)
    for i in prange(y.size):
        gx[i] = g[i] if y[i] > zero else zero


@helper
def _phi_tanh(x: Any, slope: Any, cube: Any) -> Any:
    """2 Phi(x) - 1 in the tanh form."""
    return fn.tanh(slope * (x + cube * x * x * x))


@kernel
def gelu_erf(x: Any, y: Any) -> None:
    """y = x * Phi(x)."""
    real = x.dtype.type
    half, one, root = real(0.5), real(1), real(_HALF_ROOT)
    for i in prange(x.size):
        y[i] = half * x[i] * (one + fn.erf(x[i] * root))


@kernel
def gelu_tanh(x: Any, y: Any) -> None:
    """y = x * Phi(x), Phi in the tanh form."""
    real = x.dtype.type
    half, one, slope, cube = real(0.5), real(1), real(_SLOPE), real(_CUBE)
    for i in prange(x.size):
        y[i] = half * x[i] * (one + _phi_tanh(x[i], slope, cube))


@kernel
def gelu_erf_grad(g: Any, x: Any, gx: Any) -> None:
    """gx = g * (Phi(x) + x * density(x))."""
    real = x.dtype.type
    half, one, root, density = real(0.5), real(1), real(_HALF_ROOT), real(_DENSITY)
    for i in prange(x.size):
        v = x[i]
        gx[i] = g[i] * (half * (one + fn.erf(v * root)) + v * density * fn.exp(-half * v * v))


@kernel
def gelu_tanh_grad(g: Any, x: Any, gx: Any) -> None:
    """gx = g * d(x * Phi(x))/dx, Phi in the tanh form."""
    real = x.dtype.type
    half, one, three = real(0.5), real(1), real(3)
    slope, cube = real(_SLOPE), real(_CUBE)
    for i in prange(x.size):
        v = x[i]
        t = _phi_tanh(v, slope, cube)
        gx[i] = g[i] * half * (one + t + v * slope * (one + three * cube * v * v) * (one - t * t))
