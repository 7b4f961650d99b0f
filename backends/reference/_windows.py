"""Sliding windows as views, and their transpose: what convolution, pooling and unfolding share."""

from __future__ import annotations

from itertools import product

from backends.geometry import Conv, Pool
from backends.protocol import Array, Backend


def windows(be: Backend, x: Array, geo: Conv | Pool, fill: float = 0) -> Array:
    """View (N,C,*OS,*K) of x (N,C,*S), padded with ``fill`` as far as the last window reaches."""
    nd = len(geo.size)
    span = [d * (k - 1) + 1 for d, k in zip(geo.dilation, geo.kernel, strict=True)]
    last = [(o - 1) * s for o, s in zip(geo.out, geo.stride, strict=True)]
    right = [max(0, t + n - p - m) for t, n, p, m in zip(last, span, geo.padding, geo.size, strict=True)]
    width = [(0, 0), (0, 0), *zip(geo.padding, right, strict=True)]
    padded = be.xp.pad(x, width, constant_values=fill)
    views = be.xp.lib.stride_tricks.sliding_window_view(padded, span, axis=tuple(range(2, 2 + nd)))
    starts = [slice(0, t + 1, s) for t, s in zip(last, geo.stride, strict=True)]
    return views[(..., *starts, *[slice(None, None, d) for d in geo.dilation])]


def add_windows(be: Backend, cols: Array, geo: Conv | Pool) -> Array:
    """Transpose of ``windows`` with zero padding: adds cols (N,C,*OS,*K) into (N,C,*S)."""
    reach = [
        max(p + m, (o - 1) * s + d * (k - 1) + 1)
        for p, m, o, s, d, k in zip(geo.padding, geo.size, geo.out, geo.stride, geo.dilation, geo.kernel, strict=True)
    ]
    padded = be.xp.zeros((*cols.shape[:2], *reach), cols.dtype)
    for offset in product(*map(range, geo.kernel)):
        place = [
            slice(i * d, i * d + (o - 1) * s + 1, s)
            for i, d, o, s in zip(offset, geo.dilation, geo.out, geo.stride, strict=True)
        ]
        padded[(..., *place)] += cols[(..., *offset)]
    return padded[(..., *[slice(p, p + m) for p, m in zip(geo.padding, geo.size, strict=True)])]
