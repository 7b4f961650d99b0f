"""Convolution as products of matrices (cuBLASLt): windows become columns; 1x1 convolutions need none.

Channels-first, an image is one product, (O, C*T) by (C*T, L), with T the taps of the kernel and L the positions.
Channels-last, all images are one product, (N*L, T*C) by (T*C, O). Images go in parts, which bounds the columns' memory.
"""

from __future__ import annotations

from math import prod

from backends.cuda import conv_plan
from backends.cuda.conv_direct import INDICES, cut, empty, lay
from backends.cuda.launch import Gpu
from backends.cuda.layout import blocks, is_channels_last, moved
from backends.geometry import Conv
from backends.protocol import Array

COLUMNS = 256 << 20  # bytes of the columns of one part
_PACK = 16  # bytes


def suits(channels: int, geo: Conv, last: bool) -> bool:
    """Whether this file takes a convolution; groups of channels that are last in memory are no matrices of their own.

    Args:
        channels: C.
        geo: the geometry.
        last: whether channels are last in memory.

    Example:
        >>> geo = Conv((8, 8), (3, 3), (1, 1), (1, 1), (1, 1), 2, (8, 8))
        >>> suits(16, geo, last=False), suits(16, geo, last=True)
        (True, False)
    """
    return (geo.groups == 1 or not last) and channels * prod(geo.kernel) * prod(geo.out) <= INDICES


def pointwise(geo: Conv) -> bool:
    """Whether x is its own columns.

    Example:
        >>> pointwise(Conv((8, 8), (1, 1), (1, 1), (0, 0), (1, 1), 1, (8, 8)))
        True
    """
    return prod(geo.kernel) == prod(geo.stride) == 1 and not any(geo.padding)


def forward(be: Gpu, x: Array, w: Array, b: Array | None, geo: Conv) -> Array:
    """See ``Backend.conv``; x, w and b of one floating dtype, ``suits`` holds."""
    last = is_channels_last(x)
    x, w, n, o = lay(be.xp, x, last), lay(be.xp, w, last), x.shape[0], w.shape[0]
    parts = _parts(x, geo)
    y = empty(be.xp, (n, o, *geo.out), x.dtype, last)
    for images in parts:
        part = cut(x, images)
        if last:
            done = be.linear(_rows(be, part, geo), moved(w).reshape(o, -1), b)  # (N*L,T*C), (O,T*C)
            done = _first(done.reshape(len(part), *geo.out, o))
        else:
            done = be.matmul(_matrices(w, geo), _columns(be, part, geo))  # (G,O/G,C/G*T), (N,G,C/G*T,L)
            done = done.reshape(len(part), o, *geo.out)
            if b is not None:
                done += b.reshape(-1, *[1] * len(geo.out))
        if len(parts) == 1:
            return done
        y[images] = done
    return y


def input_gradient(be: Gpu, g: Array, w: Array, geo: Conv) -> Array:
    """See ``Backend.conv_input``; g and w of one floating dtype, ``suits`` holds."""
    last = is_channels_last(g)
    g, w, n, o, c = lay(be.xp, g, last), lay(be.xp, w, last), g.shape[0], w.shape[0], w.shape[1] * geo.groups
    taps, length = prod(geo.kernel), prod(geo.out)
    x = empty(be.xp, (n, c, *geo.size), g.dtype, last)
    plain = geo._replace(groups=1)
    for images in _parts(x, geo):
        part = cut(g, images)
        if last:
            columns = be.matmul(moved(part).reshape(-1, o), moved(w).reshape(o, -1))  # (N*L,O), (O,T*C)
            steps = 1, length * taps * c, taps * c
        else:
            grouped = part.reshape(len(part), geo.groups, o // geo.groups, length)
            columns = be.matmul(_matrices(w, geo).swapaxes(1, 2), grouped)  # (G,C/G*T,O/G), (N,G,O/G,L)
            steps = length, taps * c * length, 1
        if pointwise(geo):
            whole = _first(columns.reshape(len(part), *geo.size, c)) if last else columns.reshape(-1, *x.shape[1:])
            if len(part) == n:
                return whole
            x[images] = whole
            continue
        plan = conv_plan.backward(plain, len(part), c, 1, last, last)
        kernel = be.kernel("conv_columns", "fold_nhwc" if last else "fold_nchw", g.dtype, plan.defines)
        grid = blocks(plan.positions * c), plan.classes
        kernel(grid, 256, columns, cut(x, images), plan.geometry, *steps)
    return x


def weight_gradient(be: Gpu, g: Array, x: Array, geo: Conv) -> Array:
    """See ``Backend.conv_weight``; g and x of one floating dtype, ``suits`` holds."""
    last = is_channels_last(x)
    g, x, o, c, groups = lay(be.xp, g, last), lay(be.xp, x, last), g.shape[1], x.shape[1], geo.groups
    total: Array = None
    for images in _parts(x, geo):
        gs, xs = cut(g, images), cut(x, images)
        if last:
            done = be.matmul(moved(gs).reshape(-1, o).T, _rows(be, xs, geo))  # (O,N*L), (N*L,T*C)
            done = _first(done.reshape(o, *geo.kernel, c))
        else:  # one sum over all images, so they go side by side: (G,O/G,N*L), (G,N*L,C/G*T)
            left = _side_by_side(be, gs).reshape(groups, o // groups, -1)
            columns = _columns(be, xs, geo, together=True)
            done = be.matmul(left, columns.swapaxes(1, 2)).reshape(o, c // groups, *geo.kernel)
        total = done if total is None else total + done
    return total


def _parts(x: Array, geo: Conv) -> list[slice]:
    """Images at a time, so that their columns take at most COLUMNS bytes; all where x is its own columns."""
    n, columns = x.shape[0], x.shape[1] * prod(geo.kernel) * prod(geo.out)
    step = INDICES // max(1, columns, prod(x.shape[1:]))
    if not pointwise(geo):
        step = min(step, COLUMNS // max(1, columns * x.itemsize))
    step = max(1, step)
    return [slice(i, min(i + step, n)) for i in range(0, max(n, 1), step)]


def _matrices(w: Array, geo: Conv) -> Array:
    """w (O,C/G,*K) as (G, O/G, C/G*T)."""
    return w.reshape(geo.groups, w.shape[0] // geo.groups, -1 if w.size else w.shape[1] * prod(geo.kernel))


def _first(y: Array) -> Array:
    """y (N,*S,C) as (N,C,*S), a view."""
    return y.transpose(0, y.ndim - 1, *range(1, y.ndim - 1))


def _side_by_side(be: Gpu, a: Array) -> Array:
    """a (N,C,*S) as (C, N*L)."""
    return be.xp.ascontiguousarray(a.swapaxes(0, 1)).reshape(a.shape[1], -1)


def _columns(be: Gpu, x: Array, geo: Conv, together: bool = False) -> Array:
    """Windows of x (N,C,*S): (N, G, C/G*T, L), or (G, C/G*T, N*L) ``together``."""
    n, c, taps, length = x.shape[0], x.shape[1], prod(geo.kernel), prod(geo.out)
    depth = c // geo.groups * taps
    shape = (geo.groups, depth, n * length) if together else (n, geo.groups, depth, length)
    if pointwise(geo):
        return (_side_by_side(be, x) if together else x).reshape(shape)
    columns = be.xp.empty(shape, x.dtype)
    plan = conv_plan.forward(geo._replace(groups=1), n, c, 1, False, False)
    kernel = be.kernel("conv_columns", "unfold_nchw", x.dtype, plan.defines)
    steps = (n * length, length) if together else (length, c * taps * length)
    kernel(blocks(plan.positions * c), 256, x, columns, plan.geometry, *steps)
    return columns


def _rows(be: Gpu, x: Array, geo: Conv) -> Array:
    """Windows of x (N,C,*S), whose channels are last in memory: (N*L, T*C)."""
    n, c, taps, length = x.shape[0], x.shape[1], prod(geo.kernel), prod(geo.out)
    if pointwise(geo):
        return moved(x).reshape(n * length, c)
    rows = be.xp.empty((n * length, taps * c), x.dtype)
    pack = _PACK // x.itemsize
    packed = c % pack == 0 and x.data.ptr % _PACK == 0
    channels = c // pack if packed else c
    plan = conv_plan.forward(geo, n, channels, 1, True, False)
    kernel = be.kernel("conv_columns", "unfold_nhwc_packs" if packed else "unfold_nhwc", x.dtype, plan.defines)
    kernel(blocks(n * length * taps * channels), 256, x, rows, plan.geometry)
    return rows
