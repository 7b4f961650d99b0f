"""Softmax cross-entropy of rows (M,C) with class indices (M,). No weights means all are 1."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import prange

from backends.cpu.kernels import functions as fn
from backends.cpu.kernels.jit import kernel, summing
from backends.cpu.kernels.reduction import row_sum
from backends.cpu.kernels.softmax_rows import exp_sum, top
from backends.cpu.kernels.vector import flush_denormals, restore_denormals


@summing
def _spread(x: Any, weight: Any, lse: Any) -> float:
    """Sum of weight * (lse - x) over the classes."""
    total = 0.0
    for c in range(x.size):
        total += (lse - x[c]) * (weight[c] if weight.size else x.dtype.type(1))
    return total


@summing
def _probabilities(x: Any, lse: Any, factor: Any, out: Any) -> None:
    """out = factor * exp(x - lse)."""
    for c in range(x.size):
        out[c] = factor * fn.exp(x[c] - lse)


@summing
def _subtract(share: Any, weight: Any, out: Any) -> None:
    """out -= share * weight."""
    for c in range(out.size):
        out[c] -= share * weight[c] if weight.size else share


@kernel
def cross_entropy(
    x: Any, target: Any, weight: Any, ignore_index: int, smoothing: float, loss: Any, lse: Any, sums: Any
) -> None:
    """loss and lse (M,) of logits x (M,C).

    sums (S,3): of each of S equal shares of the rows the losses, the weights of the targets, and how many are no class.
    """
    real = x.dtype.type
    (rows, classes), shares = x.shape, sums.shape[0]
    for share in prange(shares):
        losses = weights = wrong = 0.0
        part: Any = np.int64(share)  # prange counts without a sign
        for m in range(rows * part // shares, rows * (part + 1) // shares):
            largest = top(x, m * classes, classes)
            log_sum = math.log(exp_sum(x, m * classes, classes, largest))
            total = real(largest + log_sum)
            lse[m] = total
            t = target[m]
            loss[m] = real(0)
            if t != ignore_index:
                if t < 0 or t >= classes:
                    wrong += 1
                else:
                    w = weight[t] if weight.size else real(1)
                    value = (1 - smoothing) * w * (log_sum - (x[m, t] - largest))  # total - x would lose the small ones
                    if smoothing != 0:
                        value += smoothing / classes * _spread(x[m], weight, total)
                    loss[m] = value
                    losses += loss[m]
                    weights += w
        sums[part, 0], sums[part, 1], sums[part, 2] = losses, weights, wrong


@kernel
def cross_entropy_grad(
    g: Any, x: Any, target: Any, lse: Any, weight: Any, ignore_index: int, smoothing: float, over: float, gx: Any
) -> None:
    """gx (M,C) = g / over * (a * (p - onehot(t)) + b * (p * sum(weight) - weight)), p = exp(x - lse).

    a = (1 - smoothing) * weight[t], b = smoothing / C; g is (M,), or (1,) for all rows.
    """
    real = x.dtype.type
    rows, classes = x.shape
    total = row_sum(weight) if weight.size else float(classes)
    b = smoothing / classes
    for m in prange(rows):
        state = flush_denormals()  # probabilities that small would slow everything that comes after
        t = target[m]
        if t == ignore_index or t < 0 or t >= classes:
            gx[m] = 0
        else:
            a = (1 - smoothing) * (weight[t] if weight.size else real(1))
            slope = (g[m] if g.size > 1 else g[0]) / over
            _probabilities(x[m], lse[m], real(slope * (a + b * total)), gx[m])
            if smoothing != 0:
                _subtract(real(slope * b), weight, gx[m])
            gx[m, t] -= real(slope * a)
        restore_denormals(state)
