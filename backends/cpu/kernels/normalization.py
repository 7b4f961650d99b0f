"""Batch and layer normalization. Sums are kept in float64; the helpers each walk along one row."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import prange

from backends.cpu.kernels.channel_rows import center_rows, grad_sums, masked_grad_sums
from backends.cpu.kernels.jit import helper, kernel, summing
from backends.cpu.kernels.reduction import BLOCK, add_row, row_sum


@summing
def _moments(x: Any, shift: Any) -> tuple[float, float]:
    """Sums of (x - shift) and of (x - shift)^2 over x (L,)."""
    first = second = 0.0
    for i in range(x.size):
        d = np.float64(x[i] - shift)
        first += d
        second += d * d
    return first, second


@summing
def _normalize(x: Any, middle: Any, factor: Any, offset: Any, y: Any) -> None:
    """y = (x - middle) * factor + offset, all but x and y scalars."""
    for i in range(x.size):
        y[i] = (x[i] - middle) * factor + offset


@summing
def _normalize_relu(x: Any, middle: Any, factor: Any, offset: Any, y: Any) -> None:
    """y = max((x - middle) * factor + offset, 0)."""
    for i in range(x.size):
        value = (x[i] - middle) * factor + offset
        y[i] = x.dtype.type(0) if value <= 0 else value  # NaN stays


@summing
def _normalize_add_relu(x: Any, middle: Any, factor: Any, offset: Any, residual: Any, y: Any) -> None:
    """y = max((x - middle) * factor + offset + residual, 0)."""
    for i in range(x.size):
        value = (x[i] - middle) * factor + offset + residual[i]
        y[i] = x.dtype.type(0) if value <= 0 else value


@helper
def _statistics(x: Any, c: Any, weight: Any, mean: Any, var: Any, eps: float) -> tuple[Any, Any]:
    """mean[c] and var[c] of a channel of x (N,C,L), written; returns the mean, and weight[c] / sqrt(var[c] + eps).

    One pass finds both moments, taken about the mean of the channel's first row: close enough to the mean that
    var = E[d^2] - E[d]^2 loses no digits.
    """
    real = x.dtype.type
    count = x.shape[0] * x.shape[2]
    shift = real(row_sum(x[0, c]) / x.shape[2])
    first = second = 0.0
    for n in range(x.shape[0]):
        a, b = _moments(x[n, c], shift)
        first += a
        second += b
    d = first / count
    variance = max(second / count - d * d, 0.0)
    mean[c], var[c] = shift + d, variance
    return real(shift + d), real(weight[c] / math.sqrt(variance + eps))


@kernel
def batch_norm(x: Any, y: Any, weight: Any, bias: Any, mean: Any, var: Any, eps: float) -> None:
    """y (N,C,L), mean and var (C,) of x (N,C,L)."""
    for c in prange(x.shape[1]):
        middle, factor = _statistics(x, c, weight, mean, var, eps)
        for n in range(x.shape[0]):
            _normalize(x[n, c], middle, factor, bias[c], y[n, c])


@kernel
def batch_norm_relu(x: Any, residual: Any, y: Any, weight: Any, bias: Any, mean: Any, var: Any, eps: float) -> None:
    """As ``batch_norm``, with residual (N,C,L), or one without elements, added and max(y, 0) taken."""
    for c in prange(x.shape[1]):
        middle, factor = _statistics(x, c, weight, mean, var, eps)
        for n in range(x.shape[0]):
            if residual.size:
                _normalize_add_relu(x[n, c], middle, factor, bias[c], residual[n, c], y[n, c])
            else:
                _normalize_relu(x[n, c], middle, factor, bias[c], y[n, c])


@kernel
def batch_norm_grad(
    g: Any, x: Any, gx: Any, weight: Any, mean: Any, var: Any, g_weight: Any, g_bias: Any, eps: float
) -> None:
    """gx (N,C,L), g_weight and g_bias (C,) from g and x (N,C,L)."""
    real = x.dtype.type
    rows, channels, length = x.shape
    count, apart = rows * length, channels * length
    gradients, inputs, targets = g.reshape(-1), x.reshape(-1), gx.reshape(-1)
    for c in prange(channels):
        rstd, sums = 1 / math.sqrt(var[c] + eps), np.empty(2)
        grad_sums(gradients, inputs, c * length, apart, rows, length, mean[c], sums)
        g_bias[c], g_weight[c] = sums[0], sums[1] * rstd
        factor, share, slope = real(weight[c] * rstd), real(sums[0] / count), real(sums[1] * rstd * rstd / count)
        center_rows(
            gradients, inputs, targets, c * length, apart, rows, length, mean[c], factor, share, slope
        )  # fmt: skip


@kernel
def batch_norm_relu_grad(
    g: Any,
    y: Any,
    x: Any,
    passed: Any,
    gx: Any,
    weight: Any,
    mean: Any,
    var: Any,
    g_weight: Any,
    g_bias: Any,
    eps: float,
) -> None:
    """As ``batch_norm_grad`` of what passes the ReLU: passed (N,C,L) = g where y > 0, else 0; it may be gx."""
    real = x.dtype.type
    rows, channels, length = x.shape
    count, apart = rows * length, channels * length
    gradients, results, inputs = g.reshape(-1), y.reshape(-1), x.reshape(-1)
    through, targets = passed.reshape(-1), gx.reshape(-1)
    for c in prange(channels):
        rstd, sums = 1 / math.sqrt(var[c] + eps), np.empty(2)
        masked_grad_sums(gradients, results, inputs, through, c * length, apart, rows, length, mean[c], sums)
        g_bias[c], g_weight[c] = sums[0], sums[1] * rstd
        factor, share, slope = real(weight[c] * rstd), real(sums[0] / count), real(sums[1] * rstd * rstd / count)
        center_rows(
            through, inputs, targets, c * length, apart, rows, length, mean[c], factor, share, slope
        )  # fmt: skip


@summing
def _add_squares(x: Any, middle: Any, out: Any) -> None:
    """out += (x - middle)^2."""
    for i in range(x.size):
        d = x[i] - middle[i]
        out[i] += d * d


@summing
def _add_products(g: Any, x: Any, middle: Any, out: Any) -> None:
    """out += g * (x - middle)."""
    for i in range(x.size):
        out[i] += g[i] * (x[i] - middle[i])


@summing
def _normalize_columns(x: Any, middle: Any, factor: Any, offset: Any, y: Any) -> None:
    """y = (x - middle) * factor + offset."""
    for i in range(x.size):
        y[i] = (x[i] - middle[i]) * factor[i] + offset[i]


@summing
def _normalize_columns_grad(g: Any, x: Any, middle: Any, factor: Any, share: Any, slope: Any, gx: Any) -> None:
    """gx = factor * (g - share - (x - middle) * slope)."""
    for i in range(x.size):
        gx[i] = factor[i] * (g[i] - share[i] - (x[i] - middle[i]) * slope[i])


@kernel
def batch_norm_columns(x: Any, y: Any, weight: Any, bias: Any, mean: Any, var: Any, eps: float) -> None:
    """As ``batch_norm`` for x (N,C): a block of columns at a time, so that memory is read in rows."""
    rows = x.shape[0]
    for block in prange((x.shape[1] + BLOCK - 1) // BLOCK):
        first, last = block * BLOCK, min((block + 1) * BLOCK, x.shape[1])
        total, square = np.zeros(last - first), np.zeros(last - first)
        factor = np.empty(last - first, x.dtype)
        for n in range(rows):
            add_row(x[n, first:last], total)
        for j in range(total.size):
            total[j] /= rows
        for n in range(rows):
            _add_squares(x[n, first:last], total, square)
        for j in range(total.size):
            mean[first + j], var[first + j] = total[j], square[j] / rows
            factor[j] = weight[first + j] / math.sqrt(square[j] / rows + eps)
        for n in range(rows):
            _normalize_columns(x[n, first:last], mean[first:last], factor, bias[first:last], y[n, first:last])


@kernel
def batch_norm_columns_grad(
    g: Any, x: Any, gx: Any, weight: Any, mean: Any, var: Any, g_weight: Any, g_bias: Any, eps: float
) -> None:
    """As ``batch_norm_grad`` for g and x (N,C)."""
    rows = x.shape[0]
    for block in prange((x.shape[1] + BLOCK - 1) // BLOCK):
        first, last = block * BLOCK, min((block + 1) * BLOCK, x.shape[1])
        middle, total, moment = mean[first:last], np.zeros(last - first), np.zeros(last - first)
        factor, share, slope = np.empty((3, last - first), x.dtype)
        for n in range(rows):
            add_row(g[n, first:last], total)
            _add_products(g[n, first:last], x[n, first:last], middle, moment)
        for j in range(total.size):
            rstd = 1 / math.sqrt(var[first + j] + eps)
            g_bias[first + j], g_weight[first + j] = total[j], moment[j] * rstd
            factor[j] = weight[first + j] * rstd
            share[j] = total[j] / rows
            slope[j] = moment[j] * rstd * rstd / rows
        for n in range(rows):
            rows_n = g[n, first:last], x[n, first:last]
            _normalize_columns_grad(rows_n[0], rows_n[1], middle, factor, share, slope, gx[n, first:last])


@summing
def _normalize_row(x: Any, middle: Any, factor: Any, weight: Any, bias: Any, y: Any) -> None:
    """y = (x - middle) * factor * weight + bias, middle and factor scalars."""
    for i in range(x.size):
        y[i] = (x[i] - middle) * factor * weight[i] + bias[i]


@summing
def _row_grad_moments(
    g: Any, x: Any, middle: Any, factor: Any, weight: Any, g_weight: Any, g_bias: Any
) -> tuple[float, float]:
    """Sums of u and u*h over a row, u = g * weight, h = (x - middle) * factor; adds g*h and g to the last two."""
    first = second = 0.0
    for i in range(x.size):
        h = (x[i] - middle) * factor
        u = g[i] * weight[i]
        first += u
        second += u * h
        g_weight[i] += g[i] * h
        g_bias[i] += g[i]
    return first, second


@summing
def _row_moments(g: Any, x: Any, middle: Any, factor: Any, weight: Any) -> tuple[float, float]:
    """Sums of u and u*h over a row, u = g * weight, h = (x - middle) * factor."""
    first = second = 0.0
    for i in range(x.size):
        u = g[i] * weight[i]
        first += u
        second += u * ((x[i] - middle) * factor)
    return first, second


@summing
def _normalize_row_grad(g: Any, x: Any, middle: Any, factor: Any, weight: Any, share: Any, slope: Any, gx: Any) -> None:
    """gx = factor * (g * weight - share - h * slope), h = (x - middle) * factor."""
    for i in range(x.size):
        gx[i] = factor * (g[i] * weight[i] - share - (x[i] - middle) * factor * slope)


@kernel
def layer_norm(x: Any, weight: Any, bias: Any, y: Any, mean: Any, rstd: Any, eps: float) -> None:
    """y (M,D), mean and rstd (M,) of the rows of x (M,D)."""
    real = x.dtype.type
    size = x.shape[1]
    for m in prange(x.shape[0]):
        middle = real(row_sum(x[m]) / size)
        _, second = _moments(x[m], middle)
        factor = real(1 / math.sqrt(second / size + eps))
        mean[m], rstd[m] = middle, factor
        _normalize_row(x[m], middle, factor, weight, bias, y[m])


@kernel
def layer_norm_grad(g: Any, x: Any, weight: Any, mean: Any, rstd: Any, gx: Any, shares: Any) -> None:
    """gx (M,D), and sums for weight and bias over the rows of each share, added to shares (T,2,D)."""
    real = x.dtype.type
    rows, size = x.shape
    count = shares.shape[0]
    for t in prange(count):
        g_weight, g_bias = shares[t, 0], shares[t, 1]
        for m in range(rows * t // count, rows * (t + 1) // count):
            first, second = _row_grad_moments(g[m], x[m], mean[m], rstd[m], weight, g_weight, g_bias)
            share, slope = real(first / size), real(second / size)
            _normalize_row_grad(g[m], x[m], mean[m], rstd[m], weight, share, slope, gx[m])


@kernel
def layer_norm_input_grad(g: Any, x: Any, weight: Any, mean: Any, rstd: Any, gx: Any) -> None:
    """gx (M,D) alone."""
    real = x.dtype.type
    size = x.shape[1]
    for m in prange(x.shape[0]):
        first, second = _row_moments(g[m], x[m], mean[m], rstd[m], weight)
        _normalize_row_grad(g[m], x[m], mean[m], rstd[m], weight, real(first / size), real(second / size), gx[m])


@summing
def _scale_row(x: Any, factor: Any, offset: Any, y: Any) -> None:
    """y = x * factor + offset."""
    for i in range(x.size):
        y[i] = x[i] * factor + offset


@kernel
def channel_affine(x: Any, scale: Any, shift: Any, y: Any) -> None:
    """y = x * scale + shift with x and y (N,C,L), scale and shift (C,)."""
    channels = x.shape[1]
    for row in prange(x.shape[0] * channels):
        place: Any = np.int64(row)  # prange counts without a sign
        n, c = place // channels, place % channels
        _scale_row(x[n, c], scale[c], shift[c], y[n, c])
