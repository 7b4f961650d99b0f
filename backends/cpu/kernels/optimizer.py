"""Optimizer kernels: flat arrays updated in place. Options come as float64 and are rounded to the arrays' dtype."""

from __future__ import annotations

import math
from typing import Any

from numba import prange

from backends.cpu.kernels.jit import helper, kernel


@kernel
def sgd(p: Any, g: Any, lr: float, sign: float, weight_decay: float) -> None:
    """p -= lr * (sign * g + weight_decay * p)."""
    real = p.dtype.type
    lr_, sign_, decay = real(lr), real(sign), real(weight_decay)
    for i in prange(p.size):
        p[i] -= lr_ * (sign_ * g[i] + decay * p[i])


@kernel
def sgd_momentum(
    p: Any,
    g: Any,
    buffer: Any,
    lr: float,
    sign: float,
    weight_decay: float,
    momentum: float,
    keep: float,
    nesterov: bool,
    fresh: bool,
) -> None:
    """buffer = momentum * buffer + keep * g, or g itself where fresh; p -= lr * buffer."""
    real = p.dtype.type
    lr_, sign_, decay, momentum_, keep_ = real(lr), real(sign), real(weight_decay), real(momentum), real(keep)
    for i in prange(p.size):
        d = sign_ * g[i] + decay * p[i]
        b = d if fresh else momentum_ * buffer[i] + keep_ * d
        buffer[i] = b
        p[i] -= lr_ * (d + momentum_ * b if nesterov else b)


@helper
def _adam(p: Any, g: Any, m: Any, v: Any, i: int, gains: Any) -> tuple[Any, Any]:
    """Updates m[i] and v[i]; returns the decayed parameter and the new v[i]."""
    gain1, beta2, gain2, sign, weight_decay, shrink = gains
    w = p[i] * shrink
    d = sign * g[i] + weight_decay * w
    m[i] += gain1 * (d - m[i])
    v[i] = beta2 * v[i] + gain2 * (d * d)
    return w, v[i]


@kernel
def adam(p: Any, g: Any, m: Any, v: Any, rate: float, root: float, eps: float, gains: Any) -> None:
    """p = shrink * p - rate * m / (sqrt(v) * root + eps), after m and v are updated.

    rate = lr / (1 - beta1^t), root = 1 / sqrt(1 - beta2^t),
    gains = (1 - beta1, beta2, 1 - beta2, sign of g, weight decay, AdamW's factor shrink).
    """
    real = p.dtype.type
    rate_, root_, eps_ = real(rate), real(root), real(eps)
    gains_ = real(gains[0]), real(gains[1]), real(gains[2]), real(gains[3]), real(gains[4]), real(gains[5])
    for i in prange(p.size):
        w, vi = _adam(p, g, m, v, i, gains_)
        p[i] = w - rate_ * m[i] / (math.sqrt(vi) * root_ + eps_)


@kernel
def amsgrad(p: Any, g: Any, m: Any, v: Any, top: Any, rate: float, root: float, eps: float, gains: Any) -> None:
    """As ``adam``, with the largest v so far, ``top``, in the place of v."""
    real = p.dtype.type
    rate_, root_, eps_ = real(rate), real(root), real(eps)
    gains_ = real(gains[0]), real(gains[1]), real(gains[2]), real(gains[3]), real(gains[4]), real(gains[5])
    for i in prange(p.size):
        w, vi = _adam(p, g, m, v, i, gains_)
        top[i] = vi if vi > top[i] else top[i]
        p[i] = w - rate_ * m[i] / (math.sqrt(top[i]) * root_ + eps_)


@kernel
def scale(a: Any, factor: float) -> None:
    """a *= factor."""
    by = a.dtype.type(factor)
    for i in prange(a.size):
        a[i] *= by
