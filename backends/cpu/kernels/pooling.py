"""Pooling over three spatial axes: x (P,D,H,W), P planes of one image and channel each, y (P,OD,OH,OW).

A row of outputs is built tap by tap: for each place in the window, the whole row at once. So the innermost loop runs
along memory, whatever the window, and the row itself stays in the nearest cache.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import prange

from backends.cpu.kernels.jit import helper, kernel
from backends.cpu.kernels.reduction import row_sum
from backends.cpu.kernels.windows import double_row, max_windows, sum_pairs, sum_windows


@helper
def _reach(start: int, stride: int, size: int, out: int) -> tuple[int, int]:
    """First and last + 1 of the outputs j whose place start + j * stride lies in [0, size)."""
    first = max(0, -(start // stride))
    return first, max(first, min(out, (size - 1 - start) // stride + 1))


@helper
def _spans(window: Any, stride: Any, padding: Any, dilation: Any, width: int, out: int) -> Any:
    """For each tap of a row, the first output and the last + 1 for which it lies in the input."""
    spans = np.empty((window[2], 2), np.int64)
    for k in range(window[2]):
        spans[k, 0], spans[k, 1] = _reach(k * dilation[2] - padding[2], stride[2], width, out)
    return spans


@helper
def _rows(od: int, oh: int, window: Any, stride: Any, padding: Any, dilation: Any, size: Any, rows: Any) -> int:
    """Where the rows of windows begin in a plane of this size, those outside it left out; returns how many there are."""
    count = 0
    for i in range(window[0]):  # nested: a division takes as long as a vector
        d = od * stride[0] - padding[0] + i * dilation[0]
        for j in range(window[1] if 0 <= d < size[0] else 0):
            h = oh * stride[1] - padding[1] + j * dilation[1]
            if 0 <= h < size[1]:
                rows[count] = (d * size[1] + h) * size[2]
                count += 1
    return count


@kernel
def max_pool(x: Any, y: Any, index: Any, window: Any, stride: Any, padding: Any, dilation: Any) -> None:
    """Maximum of each window and its flat position in the (D,H,W) plane."""
    _, depth, height, width = x.shape
    planes, out_depth, out_height, out_width = y.shape
    taps, first, size = window[2], -padding[2], (depth, height, width)
    inputs, outputs, places = x.reshape(-1), y.reshape(-1), index.reshape(-1)
    for p in prange(planes):
        spans = _spans(window, stride, padding, dilation, width, out_width)
        rows = np.empty(window[0] * window[1], np.int64)
        x0, to = p * depth * height * width, p * out_depth * out_height * out_width
        for od in range(out_depth):
            for oh in range(out_height):
                count = _rows(od, oh, window, stride, padding, dilation, size, rows)
                max_windows(
                    inputs, x0, rows, count, spans, taps, first, stride[2], dilation[2], outputs, to, places, out_width
                )
                to += out_width


@kernel
def plane_max(x: Any, y: Any, index: Any) -> None:
    """y (P,) = maxima of x (P,L), index (P,) = their places: of equals the first, of NaNs the last."""
    for p in prange(x.shape[0]):
        best, where = x[p, 0], 0
        for i in range(1, x.shape[1]):
            if x[p, i] > best or x[p, i] != x[p, i]:
                best, where = x[p, i], i
        y[p], index[p] = best, where


@kernel
def pool_scatter(g: Any, index: Any, out: Any, wrong: Any) -> None:
    """out (P,S) = sums of g (P,L) at the positions index (P,L); wrong (1,) becomes 1 where one is out of range."""
    for p in prange(g.shape[0]):
        out[p] = 0
        for j in range(g.shape[1]):
            i = index[p, j]
            if 0 <= i < out.shape[1]:
                out[p, i] += g[p, j]
            else:
                wrong[0] = 1


@helper
def _spread_row(g: Any, x: Any, stride: int) -> None:
    """x[::stride] += g."""
    for j in range(g.size):
        x[j * stride] += g[j]


@kernel
def avg_pool(
    x: Any,
    y: Any,
    window: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    count_depth: Any,
    count_height: Any,
    count_width: Any,
) -> None:
    """Sum of each window divided by the product of its three counts."""
    _, depth, height, width = x.shape
    planes, out_depth, out_height, out_width = y.shape
    taps, first, size = window[2], -padding[2], (depth, height, width)
    inputs, outputs = x.reshape(-1), y.reshape(-1)
    divisors = count_width.astype(x.dtype)
    for p in prange(planes):
        spans = _spans(window, stride, padding, dilation, width, out_width)
        rows = np.empty(window[0] * window[1], np.int64)
        x0, to = p * depth * height * width, p * out_depth * out_height * out_width
        for od in range(out_depth):
            for oh in range(out_height):
                count = _rows(od, oh, window, stride, padding, dilation, size, rows)
                divisor = x.dtype.type(count_depth[od] * count_height[oh])
                sum_windows(
                    inputs, x0, rows, count, spans, taps, first, stride[2], dilation[2], divisor, divisors,
                    outputs, to, out_width,
                )  # fmt: skip
                to += out_width


@kernel
def avg_pool_pairs(x: Any, y: Any, window: Any, divisor: float) -> None:
    """``avg_pool`` for windows side by side, each whole and two wide, over two axes."""
    _, _, height, width = x.shape
    planes, _, out_height, out_width = y.shape
    inputs, outputs, factor = x.reshape(-1), y.reshape(-1), x.dtype.type(1 / divisor)
    for p in prange(planes):
        for oh in range(out_height):
            start, to = (p * height + oh * window[1]) * width, (p * out_height + oh) * out_width
            sum_pairs(inputs, start, width, window[1], factor, outputs, to, out_width)


@kernel
def plane_mean(x: Any, y: Any, divisor: float) -> None:
    """y (P,) = sums of x (P,L), divided."""
    for p in prange(x.shape[0]):
        y[p] = row_sum(x[p]) / divisor


@kernel
def avg_pool_grad(
    g: Any,
    gx: Any,
    window: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    count_depth: Any,
    count_height: Any,
    count_width: Any,
) -> None:
    """Each g divided by its count and added to every place of its window."""
    planes, depth, height, width = gx.shape
    _, out_depth, out_height, out_width = g.shape
    for p in prange(planes):
        gx[p] = 0
        share = np.empty(out_width, g.dtype)
        for i in range(out_depth * out_height):
            od, oh = i // out_height, i % out_height
            count = count_depth[od] * count_height[oh]
            for j in range(out_width):
                share[j] = g[p, od, oh, j] / (count * count_width[j])
            for k in range(window[0] * window[1]):
                d = od * stride[0] - padding[0] + k // window[1] * dilation[0]
                h = oh * stride[1] - padding[1] + k % window[1] * dilation[1]
                if 0 <= d < depth and 0 <= h < height:
                    for kw in range(window[2]):
                        w = kw * dilation[2] - padding[2]
                        first, last = _reach(w, stride[2], width, out_width)
                        w += first * stride[2]
                        if stride[2] == 1:
                            _spread_row(share[first:last], gx[p, d, h, w:], 1)
                        else:
                            _spread_row(share[first:last], gx[p, d, h, w:], stride[2])


@kernel
def avg_pool_pairs_grad(g: Any, gx: Any, window: Any, divisor: float) -> None:
    """``avg_pool_grad`` for windows side by side, each whole and two wide: rows of the input are written at once."""
    planes, depth, height, width = gx.shape
    _, out_depth, out_height, out_width = g.shape
    covered = depth == out_depth * window[0] and height == out_height * window[1] and width == out_width * 2
    gradients, targets, factor = g.reshape(-1), gx.reshape(-1), g.dtype.type(1 / divisor)
    for p in prange(planes):
        if not covered:
            gx[p] = 0
        start = p * out_depth * out_height * out_width
        for od in range(out_depth):
            for oh in range(out_height):
                for i in range(window[0]):
                    to = ((p * depth + od * window[0] + i) * height + oh * window[1]) * width
                    for _ in range(window[1]):
                        double_row(gradients, start, out_width, factor, targets, to)
                        to += width
                start += out_width
