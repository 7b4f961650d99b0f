"""Pooling over windows, fixed or adaptive, and unfolding, over 1, 2 or 3 spatial axes."""

from __future__ import annotations

from functools import reduce
from itertools import product
from math import prod

from backends.geometry import Pool, adaptive_bounds
from backends.protocol import Array, Backend, Shape
from backends.reference._precision import narrow, wide
from backends.reference._windows import add_windows, windows


def _best(be: Backend, values: Array) -> Array:
    """Place of the maximum along the last axis: the last NaN, else the first of equal values."""
    nan = be.xp.isnan(values)
    last = values.shape[-1] - 1 - nan[..., ::-1].argmax(-1)
    return be.xp.where(nan.any(-1), last, values.argmax(-1))


def max_pool(be: Backend, x: Array, geo: Pool) -> tuple[Array, Array]:
    """Maximum of each window and its place.

    Padding counts as -inf and is never the place. The place is the last NaN, else the first of equal values.

    Args:
        x: (N,C,*S).
        geo: the windows.

    Returns:
        Values (N,C,*OS) and flat positions in the (*S) plane (N,C,*OS), int32.

    Example:
        >>> import numpy as np
        >>> from backends.reference import Reference
        >>> x = np.array([[[1.0, 5.0, 2.0, 2.0]]])
        >>> geo = Pool.of(x.shape, kernel=(2,), stride=(2,), padding=(0,), dilation=(1,))
        >>> Reference(np).max_pool(x, geo)
        (array([[[5., 2.]]]), array([[[1, 2]]], dtype=int32))
    """
    xp, flat = be.xp, (*geo.out, prod(geo.kernel))
    values = windows(be, x, geo, fill=-xp.inf).reshape(*x.shape[:2], *flat)  # (N,C,*OS,prod(K))
    plane = xp.arange(prod(geo.size), dtype="int32").reshape(1, 1, *geo.size)
    places = windows(be, plane, geo, fill=-1).reshape(1, 1, *flat)  # -1 in the padding
    best = _best(be, values)[..., None]
    best = xp.where(xp.take_along_axis(places, best, -1) < 0, (places >= 0).argmax(-1)[..., None], best)
    index = xp.maximum(xp.take_along_axis(places, best, -1), 0)  # 0 for a window wholly in the padding
    return xp.take_along_axis(values, best, -1)[..., 0], index[..., 0]


def adaptive_max_pool(be: Backend, x: Array, out: Shape) -> tuple[Array, Array]:
    """``max_pool`` over the windows of ``geometry.adaptive_bounds``.

    Args:
        x: (N,C,*S).
        out: the output sizes OS.

    Returns:
        Values (N,C,*OS) and flat positions in the (*S) plane (N,C,*OS), int32.
    """
    xp, size = be.xp, x.shape[2:]
    plane = xp.arange(prod(size), dtype="int32").reshape(size)
    y, index = xp.empty((*x.shape[:2], *out), x.dtype), xp.empty((*x.shape[:2], *out), "int32")
    bounds = [list(enumerate(adaptive_bounds(n, o))) for n, o in zip(size, out, strict=True)]
    for window in product(*bounds):
        place = tuple(i for i, _ in window)
        box = tuple(slice(start, end) for _, (start, end) in window)
        values = x[(..., *box)].reshape(*x.shape[:2], plane[box].size)
        best = _best(be, values)
        y[(..., *place)] = xp.take_along_axis(values, best[..., None], -1)[..., 0]
        index[(..., *place)] = plane[box].reshape(-1)[best]
    return y, index


def pool_scatter(be: Backend, g: Array, index: Array, size: Shape, geo: Pool | None = None) -> Array:
    """Adds each g at its position in a zero plane: the gradient of max pooling; unpooling.

    Args:
        g: (N,C,*OS).
        index: flat positions in the (*size) plane, (N,C,*OS), int32 or int64.
        size: the plane.
        geo: the windows, where index is from ``max_pool``; not needed here.

    Returns:
        (N,C,*size).
    """
    xp, planes = be.xp, g.shape[0] * g.shape[1]
    out = xp.zeros(planes * prod(size), wide(g).dtype)
    starts = xp.arange(planes, dtype="int64")[:, None] * prod(size)
    places = index.reshape(planes, prod(g.shape[2:])) + starts
    xp.add.at(out, places.reshape(-1), wide(g).reshape(-1))
    return narrow(out.reshape(*g.shape[:2], *size), g)


def pool_gather(be: Backend, x: Array, index: Array) -> Array:
    """Reads x at flat positions: the gradient of ``pool_scatter``.

    Args:
        x: (N,C,*S).
        index: flat positions in the (*S) plane, (N,C,*OS), int32 or int64.

    Returns:
        (N,C,*OS).
    """
    flat = x.reshape(*x.shape[:2], prod(x.shape[2:]))
    places = index.reshape(*index.shape[:2], prod(index.shape[2:]))
    return be.xp.take_along_axis(flat, places, -1).reshape(index.shape)


def _counts(be: Backend, geo: Pool, dtype: object) -> Array:
    """What each window's sum is divided by: (*OS), or 0-d where all divide alike."""
    if geo.divisor:
        return be.xp.asarray(geo.divisor, dtype)
    per_axis = []
    for axis in zip(geo.size, geo.kernel, geo.stride, geo.padding, geo.dilation, geo.out, strict=True):
        size, kernel, stride, padding, dilation, out = axis
        border = padding if geo.count_include_pad else 0
        inside = range(-border, size + border)
        starts = range(-padding, out * stride - padding, stride)
        per_axis.append([sum(start + k * dilation in inside for k in range(kernel)) for start in starts])
    counts = reduce(be.xp.multiply.outer, [be.xp.asarray(n, dtype) for n in per_axis])
    return be.xp.maximum(counts, 1)  # a window wholly in the padding averages to 0


def avg_pool(be: Backend, x: Array, geo: Pool) -> Array:
    """Mean of each window; zero padding counts as elements where ``geo.count_include_pad``.

    Args:
        x: (N,C,*S).
        geo: the windows.

    Returns:
        (N,C,*OS).
    """
    nd, values = len(geo.size), wide(x)
    sums = windows(be, values, geo).sum(axis=tuple(range(2 + nd, 2 + 2 * nd)))
    return narrow(sums / _counts(be, geo, values.dtype), x)


def avg_pool_grad(be: Backend, g: Array, geo: Pool) -> Array:
    """Gradient of ``avg_pool``.

    Args:
        g: (N,C,*OS).
        geo: the windows.

    Returns:
        (N,C,*S).
    """
    nd, shares = len(geo.size), wide(g)
    shares = shares / _counts(be, geo, shares.dtype)
    cols = be.xp.broadcast_to(shares.reshape(*g.shape, *[1] * nd), (*g.shape, *geo.kernel))
    return narrow(add_windows(be, cols, geo), g)


def adaptive_avg_pool(be: Backend, x: Array, out: Shape) -> Array:
    """Mean over the windows of ``geometry.adaptive_bounds``, one axis after the other.

    Args:
        x: (N,C,*S).
        out: the output sizes OS.

    Returns:
        (N,C,*OS).
    """
    y = wide(x)
    for axis, count in enumerate(out, start=2):
        rows = be.xp.moveaxis(y, axis, 0)
        means = be.xp.empty((count, *rows.shape[1:]), y.dtype)
        for i, (start, end) in enumerate(adaptive_bounds(len(rows), count)):
            means[i] = rows[start:end].sum(0) / (end - start)
        y = be.xp.moveaxis(means, 0, axis)
    return narrow(y, x)


def adaptive_avg_pool_grad(be: Backend, g: Array, size: Shape) -> Array:
    """Gradient of ``adaptive_avg_pool``.

    Args:
        g: (N,C,*OS).
        size: the input sizes S.

    Returns:
        (N,C,*size).
    """
    x = wide(g)
    for axis, count in enumerate(size, start=2):
        rows = be.xp.moveaxis(x, axis, 0)
        spread = be.xp.zeros((count, *rows.shape[1:]), x.dtype)
        for i, (start, end) in enumerate(adaptive_bounds(count, len(rows))):
            spread[start:end] += rows[i] / (end - start)
        x = be.xp.moveaxis(spread, 0, axis)
    return narrow(x, g)


def unfold(be: Backend, x: Array, geo: Pool) -> Array:
    """Windows as columns, with zero padding: im2col.

    Args:
        x: (N,C,*S).
        geo: the windows.

    Returns:
        (N, C*prod(K), prod(OS)).
    """
    nd = len(geo.size)
    view = windows(be, x, geo).transpose(0, 1, *range(2 + nd, 2 + 2 * nd), *range(2, 2 + nd))  # (N,C,*K,*OS)
    return view.reshape(x.shape[0], x.shape[1] * prod(geo.kernel), prod(geo.out))


def fold(be: Backend, cols: Array, geo: Pool) -> Array:
    """Sum of columns back into images: col2im, the gradient of ``unfold``.

    Args:
        cols: (N, C*prod(K), prod(OS)).
        geo: the windows of the unfolding.

    Returns:
        (N,C,*S).
    """
    nd, channels = len(geo.size), cols.shape[1] // prod(geo.kernel)
    view = wide(cols).reshape(cols.shape[0], channels, *geo.kernel, *geo.out)
    view = view.transpose(0, 1, *range(2 + nd, 2 + 2 * nd), *range(2, 2 + nd))  # (N,C,*OS,*K)
    return narrow(add_windows(be, view, geo), cols)
