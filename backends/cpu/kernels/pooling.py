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


@helper
def _reach(start: int, stride: int, size: int, out: int) -> tuple[int, int]:
    """First and last + 1 of the outputs j whose place start + j * stride lies in [0, size)."""
    first = max(0, -(start // stride))
    return first, max(first, min(out, (size - 1 - start) // stride + 1))


@helper
def _max_row(x: Any, y: Any, index: Any, stride: int, place: int) -> None:
    """y = max(y, x[::stride]) with the place where x won: the first of equals, the last NaN; -1 means none yet."""
    for j in range(y.size):
        v = x[j * stride]
        better = (v > y[j]) | (v != v) | (index[j] < 0)
        y[j] = v if better else y[j]
        index[j] = place + j * stride if better else index[j]


@kernel
def max_pool(x: Any, y: Any, index: Any, window: Any, stride: Any, padding: Any, dilation: Any) -> None:
    """Maximum of each window and its flat position in the (D,H,W) plane."""
    _, depth, height, width = x.shape
    planes, out_depth, out_height, out_width = y.shape
    for p in prange(planes):
        for i in range(out_depth * out_height):
            od, oh = i // out_height, i % out_height
            best, where = y[p, od, oh], index[p, od, oh]
            best[:] = -np.inf
            where[:] = -1
            for k in range(window[0] * window[1]):
                d = od * stride[0] - padding[0] + k // window[1] * dilation[0]
                h = oh * stride[1] - padding[1] + k % window[1] * dilation[1]
                if 0 <= d < depth and 0 <= h < height:
                    for kw in range(window[2]):
                        w = kw * dilation[2] - padding[2]
                        first, last = _reach(w, stride[2], width, out_width)
                        w += first * stride[2]
                        place = (d * height + h) * width + w
                        if stride[2] == 1:  # written out, because a known step lets the loop go through vector lanes
                            _max_row(x[p, d, h, w:], best[first:last], where[first:last], 1, place)
                        elif stride[2] == 2:
                            _max_row(x[p, d, h, w:], best[first:last], where[first:last], 2, place)
                        else:
                            _max_row(x[p, d, h, w:], best[first:last], where[first:last], stride[2], place)
            for j in range(out_width):
                where[j] = max(where[j], 0)


@kernel
def pool_scatter(g: Any, index: Any, out: Any) -> int:
    """out (P,S) = sums of g (P,L) at the positions index (P,L); returns how many positions are out of range."""
    wrong = 0
    for p in prange(g.shape[0]):
        out[p] = 0
        for j in range(g.shape[1]):
            i = index[p, j]
            if 0 <= i < out.shape[1]:
                out[p, i] += g[p, j]
            else:
                wrong += 1
    return wrong


@helper
def _add_row(x: Any, y: Any, stride: int) -> None:
    """y += x[::stride]."""
    for j in range(y.size):
        y[j] += x[j * stride]


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
    for p in prange(planes):
        for i in range(out_depth * out_height):
            od, oh = i // out_height, i % out_height
            total = y[p, od, oh]
            total[:] = 0
            for k in range(window[0] * window[1]):
                d = od * stride[0] - padding[0] + k // window[1] * dilation[0]
                h = oh * stride[1] - padding[1] + k % window[1] * dilation[1]
                if 0 <= d < depth and 0 <= h < height:
                    for kw in range(window[2]):
                        w = kw * dilation[2] - padding[2]
                        first, last = _reach(w, stride[2], width, out_width)
                        w += first * stride[2]
                        if stride[2] == 1:
                            _add_row(x[p, d, h, w:], total[first:last], 1)
                        elif stride[2] == 2:
                            _add_row(x[p, d, h, w:], total[first:last], 2)
                        else:
                            _add_row(x[p, d, h, w:], total[first:last], stride[2])
            count = count_depth[od] * count_height[oh]
            for j in range(out_width):
                total[j] /= count * count_width[j]


@kernel
def plane_mean(x: Any, y: Any) -> None:
    """y (P,) = means of x (P,L)."""
    for p in prange(x.shape[0]):
        y[p] = row_sum(x[p]) / x.shape[1]


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
