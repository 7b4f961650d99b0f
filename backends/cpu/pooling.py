"""Pooling. One or two spatial axes are brought to three: what is compiled is (planes, depth, height, width)."""

from __future__ import annotations

from functools import lru_cache
from math import prod

import numpy as np

from backends.cpu.layout import contiguous
from backends.cpu.results import empty
from backends.cpu.runtime import FLOATS, Kernels
from backends.geometry import Pool
from backends.protocol import Array, Backend, Shape
from backends.reference import pooling as reference

_kernels = Kernels("pooling")
_CHEAP = 4  # a copied element is worth a quarter of what the threshold for threads counts


def _three(sizes: Shape, fill: int) -> Shape:
    """``sizes`` with leading ``fill`` up to three."""
    return (fill,) * (3 - len(sizes)) + tuple(sizes)


def _volume(a: Array, spatial: Shape) -> Array:
    """a (N,C,*spatial) as (N*C,D,H,W)."""
    return contiguous(a).reshape(a.shape[0] * a.shape[1], *_three(spatial, 1))


@lru_cache(maxsize=256)
def _windows(geo: Pool) -> tuple[Shape, Shape, Shape, Shape]:
    """Kernel, stride, padding, dilation over three axes."""
    return _three(geo.kernel, 1), _three(geo.stride, 1), _three(geo.padding, 0), _three(geo.dilation, 1)


@lru_cache(maxsize=256)
def _counts(geo: Pool) -> tuple[Array, Array, Array]:
    """Per axis, numbers whose products are what each window's sum is divided by."""
    if geo.divisor:
        depth, height, width = (np.ones(n) for n in _three(geo.out, 1))
        return depth * geo.divisor, height, width
    counts = []
    for axis in zip(*_windows(geo), _three(geo.size, 1), _three(geo.out, 1), strict=True):
        kernel, stride, padding, dilation, size, out = axis
        places = np.arange(out)[:, None] * stride - padding + np.arange(kernel) * dilation
        border = padding if geo.count_include_pad else 0
        counts.append(((places >= -border) & (places < size + border)).sum(1).astype(np.float64))
    depth, height, width = (np.maximum(n, 1) for n in counts)  # a window wholly in the padding averages to 0
    return depth, height, width


@lru_cache(maxsize=256)
def _pairs(geo: Pool) -> bool:
    """Whether the windows lie side by side, each whole and two wide."""
    return (
        geo.kernel == geo.stride
        and geo.kernel[-1] == 2
        and not any(geo.padding)
        and all(k == 1 or d == 1 for k, d in zip(geo.kernel, geo.dilation, strict=True))
        and all(o * k <= n for o, k, n in zip(geo.out, geo.kernel, geo.size, strict=True))
    )


def _whole(geo: Pool) -> bool:
    """Whether there is one window, and it is the plane: a row of memory."""
    return prod(geo.out) == 1 and geo.kernel == geo.size and not any(geo.padding)


def max_pool(be: Backend, x: Array, geo: Pool) -> tuple[Array, Array]:
    """See ``Backend.max_pool``."""
    if x.size == 0 or x.dtype.char not in FLOATS:
        return reference.max_pool(be, x, geo)
    y = empty((*x.shape[:2], *geo.out), x.dtype)
    index = empty(y.shape, np.int32)
    if _whole(geo):
        _kernels.plane_max(x.size)(contiguous(x).reshape(y.size, -1), y.reshape(-1), index.reshape(-1))
        return y, index
    volumes = _volume(x, geo.size), _volume(y, geo.out), _volume(index, geo.out)
    _kernels.max_pool(y.size * prod(geo.kernel))(*volumes, *_windows(geo))
    return y, index


def adaptive_max_pool(be: Backend, x: Array, out: Shape) -> tuple[Array, Array]:
    """See ``Backend.adaptive_max_pool``."""
    geo = _even(x.shape[2:], out)
    return reference.adaptive_max_pool(be, x, out) if geo is None else max_pool(be, x, geo)


def pool_scatter(be: Backend, g: Array, index: Array, size: Shape, geo: Pool | None = None) -> Array:
    """See ``Backend.pool_scatter``."""
    if g.size == 0 or g.dtype.char not in FLOATS or index.dtype.char not in "il":
        return reference.pool_scatter(be, g, index, size)
    planes = g.shape[0] * g.shape[1]
    out, wrong = empty((*g.shape[:2], *size), g.dtype), np.zeros(1, np.int64)
    rows = contiguous(g).reshape(planes, -1), contiguous(index).reshape(planes, -1)
    _kernels.pool_scatter(out.size)(*rows, out.reshape(planes, -1), wrong)
    if wrong[0]:  # positions out of range
        return reference.pool_scatter(be, g, index, size)
    return out


def avg_pool(be: Backend, x: Array, geo: Pool) -> Array:
    """See ``Backend.avg_pool``."""
    if x.size == 0 or x.dtype.char not in FLOATS:
        return reference.avg_pool(be, x, geo)
    y = empty((*x.shape[:2], *geo.out), x.dtype)
    if _whole(geo):
        divisor = float(geo.divisor or prod(geo.kernel))
        _kernels.plane_mean(x.size)(contiguous(x).reshape(y.size, -1), y.reshape(-1), divisor)
        return y
    volumes = _volume(x, geo.size), _volume(y, geo.out)
    if _pairs(geo) and len(geo.size) < 3:
        divisor = float(geo.divisor or prod(geo.kernel))
        _kernels.avg_pool_pairs(x.size // _CHEAP)(*volumes, _three(geo.kernel, 1), divisor)
        return y
    _kernels.avg_pool(y.size * prod(geo.kernel))(*volumes, *_windows(geo), *_counts(geo))
    return y


def avg_pool_grad(be: Backend, g: Array, geo: Pool) -> Array:
    """See ``Backend.avg_pool_grad``."""
    if g.size == 0 or g.dtype.char not in FLOATS:
        return reference.avg_pool_grad(be, g, geo)
    gx = empty((*g.shape[:2], *geo.size), g.dtype)
    if _whole(geo):
        gx[...] = g / (geo.divisor or prod(geo.kernel))
        return gx
    volumes = _volume(g, geo.out), _volume(gx, geo.size)
    if _pairs(geo):
        divisor = float(geo.divisor or prod(geo.kernel))
        _kernels.avg_pool_pairs_grad(gx.size // _CHEAP)(*volumes, _three(geo.kernel, 1), divisor)
        return gx
    _kernels.avg_pool_grad(g.size * prod(geo.kernel))(*volumes, *_windows(geo), *_counts(geo))
    return gx


def adaptive_avg_pool(be: Backend, x: Array, out: Shape) -> Array:
    """See ``Backend.adaptive_avg_pool``."""
    geo = _even(x.shape[2:], out)
    return reference.adaptive_avg_pool(be, x, out) if geo is None else avg_pool(be, x, geo)


def adaptive_avg_pool_grad(be: Backend, g: Array, size: Shape) -> Array:
    """See ``Backend.adaptive_avg_pool_grad``."""
    geo = _even(size, g.shape[2:])
    return reference.adaptive_avg_pool_grad(be, g, size) if geo is None else avg_pool_grad(be, g, geo)


def _even(size: Shape, out: Shape) -> Pool | None:
    """The fixed windows that the adaptive ones are where ``out`` divides the size, else None."""
    if 0 in size or 0 in out or any(s % o for s, o in zip(size, out, strict=True)):
        return None
    kernel, nd = tuple(s // o for s, o in zip(size, out, strict=True)), len(size)
    return Pool(tuple(size), kernel, kernel, (0,) * nd, (1,) * nd, tuple(out))
