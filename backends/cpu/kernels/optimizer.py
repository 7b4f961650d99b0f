"""Optimizer kernels: flat arrays updated in place. Options come as float64 and are rounded to the arrays' dtype.

Denormal numbers are flushed to 0: when a loss has become 0, the averages of its gradients shrink into them.
"""

from __future__ import annotations

import math
from typing import Any

from numba import prange

from backends.cpu.kernels.jit import helper, kernel
from backends.cpu.kernels.vector import flush_denormals, restore_denormals

_SHARE = 1 << 14  # elements that a thread takes at a time


@helper
def _sgd(p: Any, g: Any, lr: Any, sign: Any, weight_decay: Any) -> None:
    """p -= lr * (sign * g + weight_decay * p)."""
    for i in range(p.size):
        p[i] -= lr * (sign * g[i] + weight_decay * p[i])


@kernel
def sgd(p: Any, g: Any, lr: float, sign: float, weight_decay: float) -> None:
    """A step of SGD without momentum."""
    real = p.dtype.type
    for share in prange((p.size + _SHARE - 1) // _SHARE):
        a, b = share * _SHARE, (share + 1) * _SHARE
        state = flush_denormals()
        _sgd(p[a:b], g[a:b], real(lr), real(sign), real(weight_decay))
        restore_denormals(state)


@helper
def _momentum(p: Any, g: Any, buffer: Any, options: Any, nesterov: bool, fresh: bool) -> None:
    """buffer = momentum * buffer + keep * d, or d itself where fresh; p -= lr * buffer."""
    lr, sign, weight_decay, momentum, keep = options
    for i in range(p.size):
        d = sign * g[i] + weight_decay * p[i]
        b = d if fresh else momentum * buffer[i] + keep * d
        buffer[i] = b
        p[i] -= lr * (d + momentum * b if nesterov else b)


@kernel
def sgd_momentum(p: Any, g: Any, buffer: Any, options: Any, nesterov: bool, fresh: bool) -> None:
    """A step of SGD; options = (lr, sign of g, weight decay, momentum, 1 - dampening)."""
    real = p.dtype.type
    for share in prange((p.size + _SHARE - 1) // _SHARE):
        a, b = share * _SHARE, (share + 1) * _SHARE
        rounded = real(options[0]), real(options[1]), real(options[2]), real(options[3]), real(options[4])
        state = flush_denormals()
        _momentum(p[a:b], g[a:b], buffer[a:b], rounded, nesterov, fresh)
        restore_denormals(state)


@helper
def _moments(p: Any, g: Any, m: Any, v: Any, i: int, gains: Any) -> tuple[Any, Any]:
    """Updates m[i] and v[i]; returns the decayed parameter and the new v[i]."""
    gain1, beta2, gain2, sign, weight_decay, shrink = gains
    w = p[i] * shrink
    d = sign * g[i] + weight_decay * w
    m[i] += gain1 * (d - m[i])
    v[i] = beta2 * v[i] + gain2 * (d * d)
    return w, v[i]


@helper
def _adam(p: Any, g: Any, m: Any, v: Any, rate: Any, root: Any, eps: Any, gains: Any) -> None:
    """p = shrink * p - rate * m / (sqrt(v) * root + eps), after m and v are updated."""
    for i in range(p.size):
        w, vi = _moments(p, g, m, v, i, gains)
        p[i] = w - rate * m[i] / (math.sqrt(vi) * root + eps)


@helper
def _amsgrad(p: Any, g: Any, m: Any, v: Any, top: Any, rate: Any, root: Any, eps: Any, gains: Any) -> None:
    """As ``_adam``, with the largest v so far in the place of v."""
    for i in range(p.size):
        w, vi = _moments(p, g, m, v, i, gains)
        top[i] = vi if vi > top[i] else top[i]
        p[i] = w - rate * m[i] / (math.sqrt(top[i]) * root + eps)


@helper
def _rounded(real: Any, v: Any) -> Any:
    """Six numbers in the arrays' dtype."""
    return real(v[0]), real(v[1]), real(v[2]), real(v[3]), real(v[4]), real(v[5])


@kernel
def adam(p: Any, g: Any, m: Any, v: Any, rate: float, root: float, eps: float, gains: Any) -> None:
    """A step of Adam.

    rate = lr / (1 - beta1^t), root = 1 / sqrt(1 - beta2^t),
    gains = (1 - beta1, beta2, 1 - beta2, sign of g, weight decay, AdamW's factor shrink).
    """
    real = p.dtype.type
    for share in prange((p.size + _SHARE - 1) // _SHARE):
        a, b = share * _SHARE, (share + 1) * _SHARE
        state = flush_denormals()
        _adam(p[a:b], g[a:b], m[a:b], v[a:b], real(rate), real(root), real(eps), _rounded(real, gains))
        restore_denormals(state)


@kernel
def amsgrad(p: Any, g: Any, m: Any, v: Any, top: Any, rate: float, root: float, eps: float, gains: Any) -> None:
    """A step of AMSGrad; ``top`` is the largest v so far, the rest as in ``adam``."""
    real = p.dtype.type
    for share in prange((p.size + _SHARE - 1) // _SHARE):
        a, b = share * _SHARE, (share + 1) * _SHARE
        state = flush_denormals()
        _amsgrad(p[a:b], g[a:b], m[a:b], v[a:b], top[a:b], real(rate), real(root), real(eps), _rounded(real, gains))
        restore_denormals(state)


@kernel
def scale(a: Any, factor: float) -> None:
    """a *= factor."""
    by = a.dtype.type(factor)
    for i in prange(a.size):
        a[i] *= by
