"""Convolution over 1, 2 or 3 axes, any stride, padding, dilation and groups, in float32 and float64."""

from __future__ import annotations

from math import prod

import numpy as np

from backends.cpu import conv_plan, depthwise, winograd
from backends.cpu.layout import contiguous
from backends.cpu.results import empty
from backends.cpu.runtime import FLOATS, Kernels, scratch, threads
from backends.geometry import Conv
from backends.protocol import Array, Backend
from backends.reference import conv as reference

_kernels = Kernels("conv")
_weights = Kernels("conv_weight")
_vector = Kernels("vector")
_FUSE_FROM = 1 << 13  # multiplications; below, the reference is as quick


def _served(a: Array, b: Array, work: int) -> bool:
    """Whether the kernels take these: enough work, one dtype, float32 or float64."""
    return work >= _FUSE_FROM and a.dtype.char in FLOATS and a.dtype == b.dtype


def _one_window(geo: Conv) -> bool:
    """Whether the kernel meets the whole input once: the three operations are then products of matrices."""
    return geo.kernel == geo.size and geo.groups == 1 and not any(geo.padding) and prod(geo.out) == 1


def conv(be: Backend, x: Array, w: Array, b: Array | None, geo: Conv) -> Array:
    """See ``Backend.conv``."""
    work = x.shape[0] * prod(geo.out) * w.size
    if not _served(x, w, work) or (b is not None and b.dtype != x.dtype):
        return reference.conv(be, x, w, b, geo)
    if _one_window(geo):
        y: Array = be.matmul(x.reshape(len(x), -1), w.reshape(len(w), -1).T)
        if b is not None:
            y += b
        return y.reshape(*y.shape, *geo.out)
    if w.shape[1] == 1 and depthwise.served(geo, w.shape[0]):
        return depthwise.conv(x, w, b, geo, work)
    if winograd.served(geo, len(x), w.shape[1], w.shape[0]):
        return winograd.conv(x, w, b, geo, work)
    n, outs, channels, lanes = x.shape[0], w.shape[0] // geo.groups, w.shape[1], _vector.lanes_of(x.itemsize)
    plan = conv_plan.forward(geo, n, channels, outs, x.itemsize, lanes, _kernels.ROWS, _kernels.HEIGHTS, threads(work))
    y = empty((n, w.shape[0], *geo.out), x.dtype)
    _correlate(plan, x, y, np.empty(0, x.dtype) if b is None else b, w, False, work)
    return y


def conv_input(be: Backend, g: Array, w: Array, geo: Conv) -> Array:
    """See ``Backend.conv_input``."""
    work = g.shape[0] * prod(geo.out) * w.size
    if not _served(g, w, work):
        return reference.conv_input(be, g, w, geo)
    if _one_window(geo):
        gx: Array = be.matmul(g.reshape(len(g), -1), w.reshape(len(w), -1))
        return gx.reshape(len(g), -1, *geo.size)
    if w.shape[1] == 1 and depthwise.served(geo, w.shape[0]):
        return depthwise.conv_input(g, w, geo, work)
    if winograd.served(geo, len(g), w.shape[0], w.shape[1]):
        return winograd.conv_input(g, w, geo, work)
    n, outs, channels, lanes = g.shape[0], w.shape[0] // geo.groups, w.shape[1], _vector.lanes_of(g.itemsize)
    plan = conv_plan.backward(geo, n, channels, outs, g.itemsize, lanes, _kernels.ROWS, _kernels.HEIGHTS, threads(work))
    x = empty((n, channels * geo.groups, *geo.size), g.dtype)
    _correlate(plan, g, x, np.empty(0, g.dtype), w, True, work)
    return x


def _correlate(
    plan: conv_plan.Plan, source: Array, target: Array, bias: Array, w: Array, swapped: bool, work: int
) -> None:
    """Packs the weights, then writes the target."""
    dtype, count, grid = source.dtype, threads(work), plan.grid
    sources, outs = plan.planes.source.channels, grid.target.channels
    lanes = _vector.lanes_of(source.itemsize)
    rows = plan.tile_vectors * lanes or plan.tile_rows  # output channels in a tile
    panels = grid.groups * -(-outs // rows)
    packed = _scratch("conv weights", (panels * sources * len(plan.taps), rows), dtype)
    flat = contiguous(w).reshape(-1)
    _kernels.pack(w.size)(flat, plan.taps, plan.phases, grid.groups, outs, sources, swapped, packed)
    arrays = contiguous(source).reshape(-1), target.reshape(-1), contiguous(bias), packed.reshape(-1)
    planes = _scratch("conv planes", (count, plan.scratch), dtype)
    tiles = _scratch("conv tiles", (count, rows * plan.run), dtype)
    tables = plan.table, plan.residues, plan.phases, plan.numbers
    if plan.tile_vectors:
        columns = _scratch("conv columns", (count, rows * plan.pixels), dtype)
        _kernels.correlate_channels(plan.tile_vectors)(work)(*arrays, plan.rows, *tables, planes, columns, tiles)
    else:
        _kernels.correlate(rows)(work)(*arrays, *tables, planes, tiles)


def conv_weight(be: Backend, g: Array, x: Array, geo: Conv) -> Array:
    """See ``Backend.conv_weight``."""
    n, outs, channels, taps = x.shape[0], g.shape[1] // geo.groups, x.shape[1] // geo.groups, prod(geo.kernel)
    work = g.size * channels * taps
    if not _served(g, x, work):
        return reference.conv_weight(be, g, x, geo)
    if _one_window(geo):
        product: Array = be.matmul(g.reshape(len(g), -1).T, x.reshape(len(x), -1))
        return product.reshape(g.shape[1], channels, *geo.kernel)
    if channels == 1 and depthwise.served(geo, g.shape[1]):
        return depthwise.conv_weight(g, x, geo, work)
    if winograd.weight_served(geo, n, channels, outs):
        return winograd.conv_weight(g, x, geo, work)
    dtype, count, lanes = x.dtype, threads(work), _vector.lanes_of(x.itemsize)
    if _by_pixels(geo, channels, outs, lanes):
        return _weight_by_pixels(g, x, geo, work)
    few = outs <= lanes // 2  # output channels would leave half a vector empty
    chunk = 0 if few else conv_plan.CHUNK
    plan = conv_plan.forward(
        geo, n, channels, outs, x.itemsize, lanes, _kernels.ROWS, _kernels.HEIGHTS, count, chunk, False
    )
    _, high, wide = plan.planes.extent
    data = contiguous(g).reshape(-1), contiguous(x).reshape(-1), plan.table, plan.residues
    planes = _scratch("conv planes", (count, plan.scratch), dtype)
    gw = empty((g.shape[1], channels, *geo.kernel), dtype)
    if few:
        depth = -(-channels * taps // _kernels.DOT_ROWS) * _kernels.DOT_ROWS
        parts = _scratch("conv parts", (count, geo.groups, outs, depth, lanes), dtype)
        pitch = -(-((high + 1) * wide + 4 * lanes) // lanes) * lanes
        padded = _scratch("conv columns", (count, outs * pitch), dtype)
        _kernels.weight_dot(work)(*data, taps, plan.numbers, planes, padded, parts)
        gw.reshape(g.shape[1], -1)[...] = parts.sum((0, -1)).reshape(g.shape[1], -1)[:, : channels * taps]
    else:
        shares = conv_plan.channel_shares(count, channels, gw.nbytes)
        depth = -(-(-(-channels // shares) * taps) // _kernels.OUTER_ROWS) * _kernels.OUTER_ROWS
        pitch = -(-outs // lanes) * lanes
        parts = _scratch("conv parts", (count, geo.groups, depth, pitch), dtype)
        columns = _scratch("conv columns", (count, (max(chunk, wide) + 1) * pitch), dtype)
        _kernels.weight_outer(work)(*data, taps, plan.numbers, chunk, shares, planes, columns, parts)
        _kernels.gather(gw.size)(parts, shares, taps, channels, outs, gw.reshape(g.shape[1], -1))
    return gw


def _by_pixels(geo: Conv, channels: int, outs: int, lanes: int) -> bool:
    """Whether ``weight_tiles`` takes it: two axes, windows side by side, channels that fill vectors."""
    return (
        len(geo.size) == 2
        and set(geo.stride) == set(geo.dilation) == {1}
        and (channels % lanes == 0 or channels < lanes)
        and outs >= _kernels.TILE_ROWS
        and lanes >= _kernels.TILE_ROWS
        and geo.kernel[1] > 1
        and geo.kernel[1] * channels > lanes  # else tiles are narrow, and wait for their loads
    )


def _weight_by_pixels(g: Array, x: Array, geo: Conv, work: int) -> Array:
    """The gradient of the weights, from inputs with their channels side by side."""
    n, outs, channels = x.shape[0], g.shape[1] // geo.groups, x.shape[1] // geo.groups
    dtype, count, lanes, rows = x.dtype, threads(work), _vector.lanes_of(x.itemsize), _kernels.TILE_ROWS
    panels = -(-outs // rows)
    gw = empty((g.shape[1], channels, *geo.kernel), dtype)
    shares = conv_plan.channel_shares(count, panels, gw.nbytes)
    plan = conv_plan.pixels(geo, n, channels, x.itemsize, count // shares)
    size = plan.images * (plan.rows + geo.kernel[0] - 1) * plan.wide * channels + 4 * lanes
    planes = _scratch("conv planes", (count, -(-size // lanes) * lanes), dtype)
    columns = _scratch("conv columns", (count, (len(plan.table) * panels + 2) * rows + lanes), dtype)
    row = -(-geo.kernel[1] * channels // lanes) * lanes
    parts = _scratch("conv parts", (count // shares, geo.groups, panels * rows, geo.kernel[0], row), dtype)
    sizes = n, geo.groups, channels, *geo.size, outs, *geo.out, *geo.kernel, *geo.padding
    _weights.weight_tiles(work)(
        contiguous(g).reshape(-1), contiguous(x).reshape(-1), sizes, plan.table, plan.images, plan.rows, plan.chunk, shares,
        planes, columns, parts,
    )  # fmt: skip
    _weights.gather_taps(gw.size)(parts, outs, gw)
    return gw


def _scratch(name: str, shape: tuple[int, ...], dtype: object) -> Array:
    """Scratch memory in a shape."""
    size = prod(shape)
    return scratch(name, size, dtype)[:size].reshape(shape)
