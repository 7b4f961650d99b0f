"""Pooling over windows, and unfolding. One or two spatial axes are brought to three; either memory layout is kept."""

from __future__ import annotations

from functools import lru_cache
from math import prod
from struct import pack
from typing import Any

from backends.cuda.launch import Gpu
from backends.cuda.layout import FLOATS, THREADS, blocks, dense, empty_channels_last, is_channels_last
from backends.geometry import Pool
from backends.protocol import Array, Shape
from backends.reference import pooling as reference

_PART = 4096  # places of a plane that a block of pool_scatter keeps in shared memory: 48 KB with float64


def _divider(n: int) -> tuple[int, int, int]:
    """What ``Divider`` in pooling.cu holds, for division by n."""
    n = max(n, 1)
    shift = (n - 1).bit_length()
    return n, ((1 << 32) * ((1 << shift) - n)) // n + 1, shift


@lru_cache(maxsize=1024)
def _windows(geo: Pool, inner: int) -> bytes:
    """``Windows`` in pooling.cu; a stride of 0 stands for adaptive windows."""
    fill = 3 - len(geo.size)
    fields = (geo.size, 1), (geo.kernel, 1), (geo.stride, 1), (geo.padding, 0), (geo.dilation, 1), (geo.out, 1)
    parts = []
    for axis in zip(*[(default,) * fill + tuple(sizes) for sizes, default in fields], strict=True):
        size, _, stride, _, _, out = axis
        parts.append(pack("6i9I", *axis, *_divider(size), *_divider(out), *_divider(stride)))
    return b"".join(parts) + pack("3I2i", *_divider(inner), geo.count_include_pad, geo.divisor)


@lru_cache(maxsize=1024)
def _adaptive(size: Shape, out: Shape) -> Pool:
    """Adaptive windows: fixed ones where ``out`` divides the size, else marked by strides of 0."""
    nd = len(size)
    if 0 not in out and not any(s % o for s, o in zip(size, out, strict=True)):
        kernel = tuple(s // o for s, o in zip(size, out, strict=True))
        return Pool(tuple(size), kernel, kernel, (0,) * nd, (1,) * nd, tuple(out))
    return Pool(tuple(size), (0,) * nd, (0,) * nd, (0,) * nd, (1,) * nd, tuple(out))


@lru_cache(maxsize=1024)
def _each_window_holds_a_place(geo: Pool) -> bool:
    """Whether no window lies wholly in the padding."""
    return all(
        any(0 <= o * s - p + k * d < n for k in range(kernel))
        for n, kernel, s, p, d, out in zip(*geo[:6], strict=True)
        for o in range(out)
    )


def _laid_out(x: Array, places: int = 0) -> tuple[Array, int]:
    """x (N,C,*S) without gaps, and how many values lie side by side: C in channels last, else 1.

    The kernels number the elements of an image, of x and of a result of ``places``, by 31 bits.
    """
    if is_channels_last(x) and x.shape[1] * max(prod(x.shape[2:]), places) < 2**31:
        return x, x.shape[1]
    return dense(x), 1


def _empty(be: Gpu, shape: Shape, dtype: Any, inner: int) -> Array:
    """A new array (N,C,*S), in channels last where ``inner`` is not 1."""
    return be.xp.empty(shape, dtype) if inner == 1 else empty_channels_last(be.xp, shape, dtype)


def _start(be: Gpu, name: str, geo: Pool, inner: int, *arrays: Array) -> None:
    """Starts a kernel that makes ``arrays[-1]``, by packs of 16 bytes where they fit."""
    source, n, width = arrays[0], arrays[-1].size, 16 // arrays[0].itemsize
    if inner % width == 0 and all(a.data.ptr % 16 == 0 for a in arrays):
        name, n, inner = f"{name}_packs", n // width, inner // width
    be.kernel("pooling", name, source.dtype)(blocks(n), THREADS, *arrays, n, _windows(geo, inner))


def max_pool(be: Gpu, x: Array, geo: Pool) -> tuple[Array, Array]:
    """See ``Backend.max_pool``."""
    if x.size == 0 or x.dtype.name not in FLOATS:
        return reference.max_pool(be, x, geo)
    x, inner = _laid_out(x, prod(geo.out))
    shape = *x.shape[:2], *geo.out
    index, y = _empty(be, shape, "int32", inner), _empty(be, shape, x.dtype, inner)
    _start(be, "max_pool", geo, inner, x, index, y)
    return y, index


def adaptive_max_pool(be: Gpu, x: Array, out: Shape) -> tuple[Array, Array]:
    """See ``Backend.adaptive_max_pool``."""
    if x.size == 0 or x.dtype.name not in FLOATS:
        return reference.adaptive_max_pool(be, x, out)
    return max_pool(be, x, _adaptive(x.shape[2:], out))


def pool_scatter(be: Gpu, g: Array, index: Array, size: Shape, geo: Pool | None = None) -> Array:
    """See ``Backend.pool_scatter``."""
    if g.dtype.name not in FLOATS or index.dtype.name not in ("int32", "int64"):
        return reference.pool_scatter(be, g, index, size)
    shape = *g.shape[:2], *size
    g, inner = _laid_out(g, prod(size))
    if geo is not None and _each_window_holds_a_place(geo):
        index = index.astype("int32", copy=False)
        if inner == 1:
            index = dense(index)
        elif not is_channels_last(index):
            index, copied = _empty(be, g.shape, "int32", inner), index
            index[...] = copied
        gx = _empty(be, shape, g.dtype, inner)
        _start(be, "max_pool_grad", geo, inner, g, index, gx)
        return gx
    planes, places, outs = g.shape[0] * g.shape[1], prod(size), prod(g.shape[2:])
    out = be.xp.empty(shape, g.dtype)
    part = max(min(places, _PART), 1)
    name = "pool_scatter" if index.dtype == "int32" else "pool_scatter_long"
    threads = min(max(-(-max(part, outs) // 32) * 32, 32), THREADS)
    be.kernel("pooling", name, g.dtype)(
        planes * -(-places // part),
        threads,
        dense(g),
        dense(index),
        out,
        be.device.fault,
        outs,
        places,
        part,
        shared=part * (max(g.itemsize, 4) + 4),
    )
    if inner == 1:
        return out
    kept = empty_channels_last(be.xp, shape, g.dtype)
    kept[...] = out
    return kept


def pool_gather(be: Gpu, x: Array, index: Array) -> Array:
    """See ``Backend.pool_gather``."""
    if x.dtype.name not in FLOATS or index.dtype.name not in ("int32", "int64"):
        return reference.pool_gather(be, x, index)
    x, inner = _laid_out(x)
    if inner == 1 or not is_channels_last(index):
        x, index, inner = dense(x), dense(index), 1
    y = _empty(be, index.shape, x.dtype, inner)
    name = "pool_gather" if index.dtype == "int32" else "pool_gather_long"
    outs, places = prod(index.shape[2:]), prod(x.shape[2:])
    be.kernel("pooling", name, x.dtype)(
        blocks(y.size), THREADS, x, index, y, be.device.fault, y.size, outs, places, inner
    )
    return y


def avg_pool(be: Gpu, x: Array, geo: Pool) -> Array:
    """See ``Backend.avg_pool``."""
    if x.size == 0 or x.dtype.name not in FLOATS:
        return reference.avg_pool(be, x, geo)
    if geo.kernel == geo.size and prod(geo.out) == 1 and not any(geo.padding) and geo.divisor == 0:
        return _plane_mean(be, x)
    x, inner = _laid_out(x, prod(geo.out))
    y = _empty(be, (*x.shape[:2], *geo.out), x.dtype, inner)
    _start(be, "avg_pool", geo, inner, x, y)
    return y


def _plane_mean(be: Gpu, x: Array) -> Array:
    """Mean of each plane of x (N,C,*S), one place each."""
    x, inner = _laid_out(x)
    y = be.xp.empty((*x.shape[:2], *[1] * (x.ndim - 2)), x.dtype)  # one place lies alike in either layout
    size = prod(x.shape[2:])
    if inner == 1:
        threads, rows = (32, 8) if size <= 1024 else (THREADS, 1)
        be.kernel("pooling", "row_mean", x.dtype)(blocks(y.size, rows, 2**31 - 1), (threads, rows), x, y, y.size, size)
    else:
        grid = x.shape[0], -(-inner // 32)
        be.kernel("pooling", "column_mean", x.dtype)(grid, (32, 8), x, y, inner, size)
    return y


def avg_pool_grad(be: Gpu, g: Array, geo: Pool) -> Array:
    """See ``Backend.avg_pool_grad``."""
    if g.dtype.name not in FLOATS:
        return reference.avg_pool_grad(be, g, geo)
    g, inner = _laid_out(g, prod(geo.size))
    gx = _empty(be, (*g.shape[:2], *geo.size), g.dtype, inner)
    _start(be, "avg_pool_grad", geo, inner, g, gx)
    return gx


def adaptive_avg_pool(be: Gpu, x: Array, out: Shape) -> Array:
    """See ``Backend.adaptive_avg_pool``."""
    if x.size == 0 or x.dtype.name not in FLOATS:
        return reference.adaptive_avg_pool(be, x, out)
    return avg_pool(be, x, _adaptive(x.shape[2:], out))


def adaptive_avg_pool_grad(be: Gpu, g: Array, size: Shape) -> Array:
    """See ``Backend.adaptive_avg_pool_grad``."""
    if g.size == 0 or g.dtype.name not in FLOATS:
        return reference.adaptive_avg_pool_grad(be, g, size)
    return avg_pool_grad(be, g, _adaptive(tuple(size), g.shape[2:]))


def unfold(be: Gpu, x: Array, geo: Pool) -> Array:
    """See ``Backend.unfold``."""
    if x.size == 0 or x.dtype.name not in FLOATS:
        return reference.unfold(be, x, geo)
    n, c = x.shape[:2]
    outs = prod(geo.out)
    cols = be.xp.empty((n, c * prod(geo.kernel), outs), x.dtype)
    be.kernel("pooling", "unfold", x.dtype)(
        blocks(n * c * outs), THREADS, dense(x), cols, n * c * outs, _windows(geo, 1)
    )
    return cols


def fold(be: Gpu, cols: Array, geo: Pool) -> Array:
    """See ``Backend.fold``."""
    if cols.dtype.name not in FLOATS:
        return reference.fold(be, cols, geo)
    x = be.xp.empty((cols.shape[0], cols.shape[1] // prod(geo.kernel), *geo.size), cols.dtype)
    be.kernel("pooling", "fold", cols.dtype)(blocks(x.size), THREADS, dense(cols), x, x.size, _windows(geo, 1))
    return x
