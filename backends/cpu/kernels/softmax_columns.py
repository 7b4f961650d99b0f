"""Softmax over the middle axis of (N,C,L), and cross-entropy with class indices (N,L): a run of places side by side.

Vectors hold neighbouring places of one class, so that few classes, as segmentation has them, fill them as well as many.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import prange

from backends.cpu.kernels import functions as fn
from backends.cpu.kernels.jit import helper, kernel, summing
from backends.cpu.kernels.places import place, runs
from backends.cpu.kernels.reduction import add_row, row_sum
from backends.cpu.kernels.vector import flush_denormals, restore_denormals


@summing
def _top(x: Any, most: Any) -> None:
    """most = max(x, most); NaN is passed over."""
    for i in range(x.size):
        most[i] = x[i] if x[i] > most[i] else most[i]


@summing
def _add_exp(x: Any, shift: Any, total: Any) -> None:
    """total += exp(x - shift)."""
    for i in range(x.size):
        total[i] += fn.exp(x[i] - shift[i])


@summing
def _put_exp(x: Any, shift: Any, y: Any, total: Any) -> None:
    """y = exp(x - shift), total += y."""
    for i in range(x.size):
        y[i] = fn.exp(x[i] - shift[i])
        total[i] += y[i]


@summing
def _scale(factor: Any, y: Any) -> None:
    """y *= factor."""
    for i in range(y.size):
        y[i] *= factor[i]


@summing
def _logs(total: Any, out: Any) -> None:
    """out = log(total) for totals of at least 1, near which no digits are lost; NaN stays."""
    real = out.dtype.type
    for i in range(out.size):
        above = real(total[i] - 1)
        far = fn.log(real(total[i])) if above > 1 else above
        out[i] = fn.log1p(above) if above <= 1 else far


@summing
def _shift(x: Any, first: Any, second: Any, y: Any) -> None:
    """y = (x - first) - second."""
    for i in range(x.size):
        y[i] = (x[i] - first[i]) - second[i]


@summing
def _add_product(g: Any, y: Any, total: Any) -> None:
    """total += g * y."""
    for i in range(y.size):
        total[i] += g[i] * y[i]


@summing
def _softmax_grad(g: Any, y: Any, total: Any, gx: Any) -> None:
    """gx = y * (g - total)."""
    for i in range(y.size):
        gx[i] = y[i] * (g[i] - y.dtype.type(total[i]))


@summing
def _log_softmax_grad(g: Any, y: Any, total: Any, gx: Any) -> None:
    """gx = g - exp(y) * total."""
    for i in range(y.size):
        gx[i] = g[i] - fn.exp(y[i]) * y.dtype.type(total[i])


@summing
def _add_distance(x: Any, lse: Any, weight: Any, total: Any) -> None:
    """total += weight * (lse - x), weight a scalar."""
    for i in range(x.size):
        total[i] += (lse[i] - x[i]) * weight


@summing
def _scaled(x: Any, factor: Any, y: Any) -> None:
    """y = factor * x, factor a scalar."""
    for i in range(x.size):
        y[i] = factor * x[i]


@summing
def _probabilities(x: Any, lse: Any, factor: Any, constant: Any, out: Any) -> None:
    """out = factor * exp(x - lse) - constant, 0 where the factor is."""
    for i in range(x.size):
        value = factor[i] * fn.exp(x[i] - lse[i]) - constant[i]
        out[i] = value if factor[i] != 0 else x.dtype.type(0)


@helper
def _tops(x: Any, n: Any, first: Any, last: Any) -> Any:
    """Of each place of a run the largest of the classes."""
    top = np.full(last - first, -np.inf, x.dtype)
    for c in range(x.shape[1]):
        _top(x[n, c, first:last], top)
    return top


@helper
def _log_sums(x: Any, n: Any, first: Any, last: Any) -> tuple[Any, Any]:
    """Of each place of a run the largest of the classes, and log sum exp(x - largest)."""
    top, total = _tops(x, n, first, last), np.zeros(last - first)
    for c in range(x.shape[1]):
        _add_exp(x[n, c, first:last], top, total)
    rest = np.empty(last - first, x.dtype)
    _logs(total, rest)
    return top, rest


@kernel
def softmax(x: Any, y: Any) -> None:
    """y = exp(x - max) / sum exp(x - max)."""
    for run in prange(runs(x)):
        n, first, last = place(np.int64(run), x.shape[2])  # prange counts without a sign
        top, total = _tops(x, n, first, last), np.zeros(last - first)
        for c in range(x.shape[1]):
            _put_exp(x[n, c, first:last], top, y[n, c, first:last], total)
        for i in range(last - first):
            top[i] = 1 / total[i]
        for c in range(x.shape[1]):
            _scale(top, y[n, c, first:last])


@kernel
def softmax_grad(g: Any, y: Any, gx: Any) -> None:
    """gx = y * (g - sum(g * y))."""
    for run in prange(runs(y)):
        n, first, last = place(np.int64(run), y.shape[2])
        total = np.zeros(last - first)
        for c in range(y.shape[1]):
            _add_product(g[n, c, first:last], y[n, c, first:last], total)
        for c in range(y.shape[1]):
            _softmax_grad(g[n, c, first:last], y[n, c, first:last], total, gx[n, c, first:last])


@kernel
def log_softmax(x: Any, y: Any) -> None:
    """y = x - max - log sum exp(x - max)."""
    for run in prange(runs(x)):
        n, first, last = place(np.int64(run), x.shape[2])
        top, rest = _log_sums(x, n, first, last)
        for c in range(x.shape[1]):
            _shift(x[n, c, first:last], top, rest, y[n, c, first:last])


@kernel
def log_softmax_grad(g: Any, y: Any, gx: Any) -> None:
    """gx = g - exp(y) * sum(g)."""
    for run in prange(runs(y)):
        n, first, last = place(np.int64(run), y.shape[2])
        total = np.zeros(last - first)
        for c in range(y.shape[1]):
            add_row(g[n, c, first:last], total)
        for c in range(y.shape[1]):
            _log_softmax_grad(g[n, c, first:last], y[n, c, first:last], total, gx[n, c, first:last])


@kernel
def cross_entropy(
    x: Any, target: Any, weight: Any, ignore_index: int, smoothing: float, loss: Any, lse: Any, sums: Any
) -> None:
    """loss and lse (N,L) of logits x (N,C,L).

    sums (S,3): of each run the losses, the weights of the targets, and how many are no class.
    """
    real = x.dtype.type
    classes = x.shape[1]
    for run in prange(runs(x)):
        n, first, last = place(np.int64(run), x.shape[2])
        top, rest = _log_sums(x, n, first, last)
        spread = np.zeros(last - first)
        for i in range(last - first):
            lse[n, first + i] = top[i] + rest[i]
        if smoothing != 0:
            for c in range(classes):
                _add_distance(x[n, c, first:last], lse[n, first:last], weight[c] if weight.size else real(1), spread)
        losses = weights = wrong = 0.0
        for i in range(last - first):
            t, value = target[n, first + i], 0.0
            if t != ignore_index:
                if t < 0 or t >= classes:
                    wrong += 1
                else:
                    w = weight[t] if weight.size else real(1)
                    value = (1 - smoothing) * w * (rest[i] - (x[n, t, first + i] - top[i]))  # lse - x loses small ones
                    value += smoothing / classes * spread[i]
                    weights += w
            loss[n, first + i] = value
            losses += value
        sums[run, 0], sums[run, 1], sums[run, 2] = losses, weights, wrong


@kernel
def cross_entropy_grad(
    g: Any, x: Any, target: Any, lse: Any, weight: Any, ignore_index: int, smoothing: float, over: float, gx: Any
) -> None:
    """gx (N,C,L) = g / over * (a * (p - onehot(t)) + b * (p * sum(weight) - weight)), p = exp(x - lse).

    a = (1 - smoothing) * weight[t], b = smoothing / C; g is (N,L), or (1,1) for all places.
    """
    real = x.dtype.type
    classes = x.shape[1]
    total = row_sum(weight) if weight.size else float(classes)
    b = smoothing / classes
    for run in prange(runs(x)):
        n, first, last = place(np.int64(run), x.shape[2])
        state = flush_denormals()  # probabilities that small would slow everything that comes after
        factor, spread = np.zeros(last - first, x.dtype), np.zeros(last - first, x.dtype)
        constant, share = np.zeros(last - first, x.dtype), np.zeros(last - first, x.dtype)
        class_of = np.empty(last - first, np.uint32)  # one that there is, also where none counts
        for i in range(last - first):
            t = target[n, first + i]
            counts = t != ignore_index and 0 <= t < classes
            class_of[i] = t if counts else 0
            if counts:
                slope = (g[n, first + i] if g.size > 1 else g[0, 0]) / over
                share[i] = slope * (1 - smoothing) * (weight[t] if weight.size else real(1))
                spread[i] = slope * b
                factor[i] = share[i] + spread[i] * total
        for c in range(classes):
            _scaled(spread, weight[c] if weight.size else real(1), constant)
            _probabilities(x[n, c, first:last], lse[n, first:last], factor, constant, gx[n, c, first:last])
        for i in range(last - first):
            gx[n, class_of[i], first + i] -= share[i]
        restore_denormals(state)
