"""Activations and their gradients: flat arrays of equal length, the last one written, and parameters."""

from __future__ import annotations

from typing import Any

from numba import prange

from backends.cpu.kernels import functions as fn
from backends.cpu.kernels.jit import helper, kernel

# -- bends -------------------------------------------------------------------------------------------------------------


@helper
def _clip(v: Any, low: Any, high: Any) -> Any:
    """v brought into [low, high]; NaN, which is neither below nor above, stays."""
    v = low if v < low else v
    return high if v > high else v


@kernel
def clamp(x: Any, y: Any, low: float, high: float) -> None:
    """y = min(max(x, low), high)."""
    least, most = x.dtype.type(low), x.dtype.type(high)
    for i in prange(x.size):
        y[i] = _clip(x[i], least, most)


@kernel
def clamp_grad(g: Any, x: Any, gx: Any, low: float, high: float) -> None:
    """gx = g where low <= x <= high, else 0."""
    zero, least, most = x.dtype.type(0), x.dtype.type(low), x.dtype.type(high)
    for i in prange(x.size):
        gx[i] = g[i] if x[i] >= least and x[i] <= most else zero


hardtanh = clamp  # they differ at the bounds, in the gradient


@kernel
def hardtanh_(x: Any, low: float, high: float) -> None:
    """x = min(max(x, low), high)."""
    least, most = x.dtype.type(low), x.dtype.type(high)
    for i in prange(x.size):
        x[i] = _clip(x[i], least, most)


@kernel
def hardtanh_grad(g: Any, x: Any, gx: Any, low: float, high: float) -> None:
    """gx = 0 where x <= low or x >= high, else g."""
    zero, least, most = x.dtype.type(0), x.dtype.type(low), x.dtype.type(high)
    for i in prange(x.size):
        gx[i] = zero if x[i] <= least or x[i] >= most else g[i]


@kernel
def leaky_relu(x: Any, y: Any, slope: float) -> None:
    """y = x where x > 0, else slope * x."""
    zero, below = x.dtype.type(0), x.dtype.type(slope)
    for i in prange(x.size):
        y[i] = x[i] if x[i] > zero else x[i] * below


@kernel
def leaky_relu_(x: Any, slope: float) -> None:
    """x = x where x > 0, else slope * x."""
    zero, below = x.dtype.type(0), x.dtype.type(slope)
    for i in prange(x.size):
        x[i] = x[i] if x[i] > zero else x[i] * below


@kernel
def leaky_relu_grad(g: Any, x: Any, gx: Any, slope: float) -> None:
    """gx = g where x > 0, else slope * g."""
    zero, below = x.dtype.type(0), x.dtype.type(slope)
    for i in prange(x.size):
        gx[i] = g[i] if x[i] > zero else g[i] * below


@kernel
def hardsigmoid(x: Any, y: Any) -> None:
    """y = min(max(x/6 + 1/2, 0), 1)."""
    real = x.dtype.type
    zero, half, one, six = real(0), real(0.5), real(1), real(6)
    for i in prange(x.size):
        y[i] = _clip(x[i] / six + half, zero, one)


@kernel
def hardsigmoid_grad(g: Any, x: Any, gx: Any) -> None:
    """gx = g/6 where -3 < x < 3, else 0."""
    real = x.dtype.type
    zero, three, six = real(0), real(3), real(6)
    for i in prange(x.size):
        gx[i] = g[i] / six if x[i] > -three and x[i] < three else zero


@kernel
def hardswish(x: Any, y: Any) -> None:
    """y = x * min(max(x/6 + 1/2, 0), 1)."""
    real = x.dtype.type
    zero, half, one, six = real(0), real(0.5), real(1), real(6)
    for i in prange(x.size):
        y[i] = x[i] * _clip(x[i] / six + half, zero, one)


@kernel
def hardswish_grad(g: Any, x: Any, gx: Any) -> None:
    """gx = 0 where x <= -3, g where x >= 3, between them g * (x/3 + 1/2)."""
    real = x.dtype.type
    zero, half, three = real(0), real(0.5), real(3)
    for i in prange(x.size):
        v = x[i]
        inner = g[i] * (v / three + half) if v < three else g[i]
        gx[i] = zero if v <= -three else inner


# -- smooth, or smooth on either side of zero --------------------------------------------------------------------------


@kernel
def elu(x: Any, y: Any, alpha: float, scale: float, rate: float) -> None:
    """y = scale * (x where x > 0, else alpha * (exp(rate * x) - 1))."""
    real = x.dtype.type
    zero, above, below, speed = real(0), real(scale), real(alpha * scale), real(rate)
    for i in prange(x.size):
        v = x[i]
        y[i] = v * above if v > zero else fn.expm1(v * speed) * below


@kernel
def elu_grad(g: Any, x: Any, gx: Any, alpha: float, scale: float, rate: float) -> None:
    """gx = g * scale where x > 0, else g * scale * alpha * rate * exp(rate * x)."""
    real = x.dtype.type
    zero, above, below, speed = real(0), real(scale), real(alpha * scale * rate), real(rate)
    for i in prange(x.size):
        v = x[i]
        gx[i] = g[i] * (fn.exp(v * speed) * below) if v <= zero else g[i] * above


@kernel
def silu(x: Any, y: Any) -> None:
    """y = x * sigmoid(x)."""
    for i in prange(x.size):
        y[i] = x[i] * fn.sigmoid(x[i])


@kernel
def silu_grad(g: Any, x: Any, gx: Any) -> None:
    """gx = g * s * (1 + x * (1 - s)), s the sigmoid of x."""
    one = x.dtype.type(1)
    for i in prange(x.size):
        s = fn.sigmoid(x[i])
        gx[i] = g[i] * (s * (x[i] * (one - s) + one))


@helper
def _log1p_exp(z: Any, zero: Any) -> Any:
    """log(1 + exp(z)) without overflow."""
    return max(z, zero) + fn.log1p(fn.exp(-abs(z)))


@kernel
def softplus(x: Any, y: Any, beta: float, threshold: float) -> None:
    """y = log(1 + exp(beta * x)) / beta, x where beta * x > threshold."""
    real = x.dtype.type
    zero, speed, limit = real(0), real(beta), real(threshold)
    for i in prange(x.size):
        z = x[i] * speed
        y[i] = x[i] if z > limit else _log1p_exp(z, zero) / speed


@kernel
def softplus_grad(g: Any, x: Any, gx: Any, beta: float, threshold: float) -> None:
    """gx = g * sigmoid(beta * x), g where beta * x > threshold."""
    real = x.dtype.type
    speed, limit = real(beta), real(threshold)
    for i in prange(x.size):
        z = x[i] * speed
        gx[i] = g[i] if z > limit else g[i] * fn.sigmoid(z)


@kernel
def logsigmoid(x: Any, y: Any) -> None:
    """y = -log(1 + exp(-x))."""
    zero = x.dtype.type(0)
    for i in prange(x.size):
        y[i] = -_log1p_exp(-x[i], zero)


@kernel
def logsigmoid_grad(g: Any, x: Any, gx: Any) -> None:
    """gx = g * sigmoid(-x)."""
    for i in prange(x.size):
        gx[i] = g[i] * fn.sigmoid(-x[i])


@kernel
def magnitude(x: Any, y: Any) -> None:
    """y = |x|."""
    for i in prange(x.size):
        y[i] = abs(x[i])


@kernel
def magnitude_grad(g: Any, x: Any, gx: Any) -> None:
    """gx = g * sign(x), the sign of NaN being 0."""
    zero = x.dtype.type(0)
    for i in prange(x.size):
        inner = g[i] if x[i] > zero else g[i] * zero
        gx[i] = -g[i] if x[i] < zero else inner


@kernel
def square(x: Any, y: Any) -> None:
    """y = x^2."""
    for i in prange(x.size):
        y[i] = x[i] * x[i]


@kernel
def square_grad(g: Any, x: Any, gx: Any) -> None:
    """gx = 2 g x."""
    for i in prange(x.size):
        gx[i] = g[i] * (x[i] + x[i])


@kernel
def huber(x: Any, y: Any, delta: float) -> None:
    """y = x^2/2 where |x| < delta, else delta * (|x| - delta/2)."""
    real = x.dtype.type
    half, limit, start = real(0.5), real(delta), real(0.5 * delta)
    for i in prange(x.size):
        d = abs(x[i])
        y[i] = d * d * half if d < limit else (d - start) * limit


@kernel
def huber_grad(g: Any, x: Any, gx: Any, delta: float) -> None:
    """gx = g * min(max(x, -delta), delta)."""
    limit = x.dtype.type(delta)
    for i in prange(x.size):
        gx[i] = g[i] * _clip(x[i], -limit, limit)


@helper
def _tanh_log1p(e: Any, two: Any) -> Any:
    """tanh(log(1 + e)) = ((1 + e)^2 - 1) / ((1 + e)^2 + 1)."""
    n = e * (e + two)
    return n / (n + two)


@kernel
def mish(x: Any, y: Any) -> None:
    """y = x * tanh(log(1 + exp(x)))."""
    real = x.dtype.type
    two, most = real(2), real(20)  # from where on the factor is 1
    for i in prange(x.size):
        v = most if x[i] > most else x[i]
        y[i] = x[i] * _tanh_log1p(fn.exp(v), two)


@kernel
def mish_grad(g: Any, x: Any, gx: Any) -> None:
    """gx = g * (t + x * sigmoid(x) * (1 - t^2)), t = tanh(log(1 + exp(x)))."""
    real = x.dtype.type
    one, two, most = real(1), real(2), real(20)
    for i in prange(x.size):
        v = most if x[i] > most else x[i]
        e = fn.exp(v)
        t = _tanh_log1p(e, two)
        gx[i] = g[i] * (t + v * (e / (one + e)) * (one - t) * (one + t))
