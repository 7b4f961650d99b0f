"""Convolution on tensor cores, as implicit matrix products (sm_80 and newer).

float32 arrays are multiplied as TF32 (10 bits of fraction) or as bfloat16, float16 and bfloat16 arrays as they are, and
sums are made in float32. The kernels work channels-last: other arrays are transposed on the way in and out.
"""

from __future__ import annotations

from functools import lru_cache
from math import prod
from typing import NamedTuple

from backends.cuda import conv_tensor_plan
from backends.cuda.conv_tensor_plan import SIZE, Plan, padded
from backends.cuda.launch import Gpu
from backends.cuda.layout import THREADS, blocks, dense, is_channels_last, moved
from backends.geometry import Conv
from backends.precision import settings
from backends.protocol import Array

NONE, RELU = 0, 1  # activations

_MOST_TAPS, _PACK_RUN = 256, 288  # conv_tensor_layout.cu: elements of w in a row of a block's tile
_MOST_ROWS = 1 << 30  # outputs in all images: with those of a started tile they are to be less than 2^31
_WORKSPACE = 256 << 20  # bytes of the weights' gradient before its splits are summed


class Tile(NamedTuple):
    """The shape of a block: what it computes, how its warps share that, how much of it waits in shared memory.

    Example:
        >>> Tile(128, 64, 64, 32).threads, Tile(128, 64, 64, 32).shared("float16")
        (128, 49152)
    """

    m: int  # rows and columns of the product that a block makes
    n: int
    warp_m: int  # and a warp
    warp_n: int
    row: int = 64  # bytes of k in a stage
    stages: int = 4
    blocks: int = 2  # of a multiprocessor, which bounds registers
    splits: int = 1  # blocks that share one sum, in the gradient of the weights

    @property
    def threads(self) -> int:
        """Threads of a block."""
        return self.m // self.warp_m * (self.n // self.warp_n) * 32

    @property
    def cycles(self) -> float:
        """An estimate of what a block takes for 32 bytes of k when it has a multiprocessor for itself.

        That is what the slower one of two needs: the tensor cores, at 60 % of their peak of 2048 products of 16-bit
        numbers a cycle, or shared memory, at 128 bytes a cycle, which is written once and read by every warp.
        """
        rows = self.m + self.n + self.threads // 32 * (self.warp_m + self.warp_n)
        return max(self.m * self.n / 77, rows / 4)

    def shared(self, dtype: str, direction: str = "forward") -> int:
        """Dynamic shared memory of a block, in bytes."""
        if direction != "weight":
            return self.stages * self.row * (self.m + self.n)
        size, padding = (4, 32) if SIZE[dtype] == 4 else (2, 16)
        return self.stages * (self.row // size) * ((self.m + self.n) * size + 2 * padding)


TILES = (
    Tile(256, 128, 64, 64, row=128, stages=3, blocks=1),
    Tile(128, 128, 64, 64),
    Tile(128, 128, 64, 32),
    Tile(128, 64, 64, 32),
    Tile(64, 128, 32, 64),
    Tile(64, 64, 32, 32, blocks=3),
    Tile(128, 32, 32, 32, blocks=3),
    Tile(64, 32, 32, 16, blocks=4),
)


def suits(be: Gpu, dtype_name: str, channels: int, outs: int, geo: Conv, direction: str, images: int = 1) -> bool:
    """Whether this file takes a convolution, and should: tensor cores make 16 x 8 numbers at a time.

    Args:
        be: the backend.
        dtype_name: of the arrays.
        channels: C.
        outs: O.
        geo: the geometry.
        direction: "forward", "input" or "weight".
        images: N.

    Returns:
        False for what the kernels cannot do, and for what would leave most of a tile empty.
    """
    if dtype_name not in SIZE or len(geo.size) > 2 or int(be.device.arch[3:].rstrip("af")) < 80:
        return False
    if dtype_name == "float32" and not settings.conv_tf32:
        return False
    if images * max(prod(geo.size), prod(geo.out)) > _MOST_ROWS or prod(geo.kernel) > _MOST_TAPS:
        return False
    reaches = zip(geo.size, geo.padding, geo.dilation, geo.kernel, strict=True)
    if prod(s + p + d * k for s, p, d, k in reaches) >= 1 << 31:  # 32 bits count the places between two taps
        return False
    if direction == "input" and prod(geo.stride) > conv_tensor_plan.MOST_PARTS:
        return False
    c, o = channels // geo.groups, outs // geo.groups
    if geo.groups > 1 and (c % 4 or o % 4 or min(c, o) < 16):
        return False
    columns, depth = (c, o * prod(geo.kernel)) if direction == "input" else (o, c * prod(geo.kernel))
    return columns >= 8 and depth >= 16


def tiles(
    be: Gpu, dtype_name: str, images: int, channels: int, outs: int, geo: Conv, direction: str
) -> tuple[Tile, ...]:
    """Shapes of blocks for a convolution, the presumably fastest first: candidates for measuring.

    Args:
        be, dtype_name, channels, outs, geo, direction: as for ``suits``.
        images: N.

    Returns:
        What ``forward``, ``input_gradient`` and ``weight_gradient`` take as ``tile``.
    """
    device = be.device
    return _tiles(device.multiprocessors, device.shared_memory, dtype_name, images, channels, outs, geo, direction)


@lru_cache(4096)
def _tiles(
    multiprocessors: int, shared: int, dtype: str, images: int, channels: int, outs: int, geo: Conv, direction: str
) -> tuple[Tile, ...]:
    """A tile's cost is that of the busiest multiprocessor: a last round of few blocks takes as long as a full one.

    Example:
        >>> geo = Conv((56, 56), (3, 3), (1, 1), (1, 1), (1, 1), 1, (56, 56))
        >>> _tiles(132, 232448, "float16", 32, 64, 64, geo, "forward")[0][:4]
        (128, 64, 64, 32)
        >>> _tiles(132, 232448, "float16", 32, 64, 64, geo, "weight")[0].splits
        26
    """
    plan = _plan(geo, images, channels, outs, direction)
    weight = direction == "weight"
    rows, columns, depth = (plan.outs, plan.depth, plan.rows) if weight else (plan.rows, plan.outs, plan.depth)
    layers, static = plan.groups * plan.parts, 8 << 10  # the table of rows, what the driver keeps

    def cost(tile: Tile) -> float:
        count = -(-rows // tile.m) * -(-columns // tile.n) * layers * tile.splits
        product = -(-count // multiprocessors) * tile.cycles * (depth / tile.splits * SIZE[dtype] / 32 + 16)
        # the workspace: 8 bytes an element, written and read, at about 2000 bytes a cycle
        return product + (tile.splits * rows * columns * layers / 250 if weight else 0)

    found = []
    for tile in TILES:
        if tile.shared(dtype, direction) + static > shared:
            continue
        found.append(tile)
        if weight:
            count = max(1, -(-rows // tile.m) * -(-columns // tile.n) * layers)
            most = min(depth // (8 * tile.row), _WORKSPACE // max(1, 4 * rows * columns * layers))
            splits = {min(rounds * multiprocessors // count, most) for rounds in range(1, 9)}
            found += [tile._replace(splits=s) for s in splits if s > 1]
    return tuple(sorted(found, key=cost))


def _plan(geo: Conv, images: int, channels: int, outs: int, direction: str) -> Plan:
    if direction == "input":
        return conv_tensor_plan.backward(geo, images, channels, outs)
    return conv_tensor_plan.forward(geo, images, channels, outs, padded(outs) if direction == "weight" else outs)


class Launch(NamedTuple):
    """How a convolution is launched."""

    plan: Plan
    tile: Tile
    operands: tuple[str, ...]  # macros: of all kernels
    defines: tuple[str, ...]  # of this tile


@lru_cache(4096)
def _launch(
    multiprocessors: int,
    shared: int,
    dtype: str,
    images: int,
    channels: int,
    outs: int,
    geo: Conv,
    direction: str,
    tile: Tile | None,
    bf16: bool,
) -> Launch:
    """The launch with ``tile``, or the presumably fastest one."""
    tile = tile or _tiles(multiprocessors, shared, dtype, images, channels, outs, geo, direction)[0]
    plan, size = _plan(geo, images, channels, outs, direction), SIZE[dtype]
    pitches = (plan.channels, padded(outs) // geo.groups) if direction == "weight" else (plan.channels,)
    copy = 16 if all(pitch * size % 16 == 0 for pitch in pitches) else 8
    if copy == 8 and tile.row > 64:  # else a thread makes so many copies that their addresses do not fit in registers
        tile = tile._replace(row=64, stages=4)
    values = {
        "TILE_M": tile.m,
        "TILE_N": tile.n,
        "WARP_M": tile.warp_m,
        "WARP_N": tile.warp_n,
        "TILE_K": tile.row // size,
        "STAGES": tile.stages,
        "BLOCKS": tile.blocks,
        "COPY": copy,
    }
    operands = ("operand_t=bfloat_t",) if bf16 and size == 4 else ()
    return Launch(plan, tile, operands, (*[f"{name}={value}" for name, value in values.items()], *operands))


# -- layouts -----------------------------------------------------------------------------------------------------------


def _transposed(be: Gpu, x: Array, batch: int, rows: int, columns: int, pitch: int) -> Array:
    """x (batch, rows, columns) as (batch, columns, pitch), where pitch >= rows."""
    y = be.xp.empty((batch, columns, pitch), x.dtype)
    squares = batch * -(-columns // 64) * -(-pitch // 64)
    be.kernel("conv_tensor_layout", "transpose", x.dtype)(squares, 256, x, y, rows, columns, pitch)
    return y


def _first(y: Array) -> Array:
    """y (N,*S,C) as (N,C,*S), a view."""
    return y.transpose(0, y.ndim - 1, *range(1, y.ndim - 1))


def _channels_last(be: Gpu, x: Array) -> Array:
    """x (N,C,*S) in memory as (N,*S,C'), where C' is C with its padding, at an address that is a multiple of 16."""
    n, c, *s = x.shape
    pitch, length = padded(c), prod(s)
    last = moved(x)
    if not last.flags.c_contiguous:
        if x.flags.c_contiguous:
            return _transposed(be, x, n, c, length, pitch)
        last = dense(last)
    if pitch == c and last.data.ptr % 16 == 0:
        return last
    y = be.xp.empty((n, length, pitch), x.dtype)
    grid = blocks(y.size, 4 * THREADS)
    be.kernel("conv_tensor_layout", "pad_channels", x.dtype)(grid, THREADS, last, y, n * length, c, pitch)
    return y


def _returned(be: Gpu, y: Array, like: Array) -> Array:
    """y (N,*S,C) as (N,C,*S), in memory as ``like``."""
    if is_channels_last(like):
        return _first(y)
    n, *s, c = y.shape
    return _transposed(be, y, n, prod(s), c, prod(s)).reshape(n, c, *s)


def _packed(be: Gpu, w: Array, launch: Launch) -> Array:
    """Weights as the kernel ``convolve`` reads them."""
    plan, channels = launch.plan, w.shape[1]
    ready = w.dtype.itemsize == 2 and not plan.exchanged and plan.channels == channels  # needs no rounding, no padding
    if ready and moved(w).flags.c_contiguous and w.data.ptr % 16 == 0:
        return w
    w = dense(w)
    packed = be.xp.empty(plan.weights, w.dtype)
    run = max(1, min(32, _PACK_RUN // prod(w.shape[2:])))
    outs, channels = (max(plan.channels, w.shape[0]), channels) if plan.exchanged else (w.shape[0], plan.channels)
    kernel = be.kernel("conv_tensor_layout", "pack_weights", w.dtype, launch.operands)
    kernel((-(-outs // 32), -(-channels // run)), 256, w, packed, run, plan.exchanged, plan.problem)
    return packed


# -- convolutions ------------------------------------------------------------------------------------------------------


def _convolve(
    be: Gpu,
    launch: Launch,
    x: Array,
    w: Array,
    b: Array | None,
    residual: Array | None,
    y: Array,
    activation: int,
) -> None:
    """Writes y (N,*S,C)."""
    plan, tile = launch.plan, launch.tile
    x, w = _channels_last(be, x), _packed(be, w, launch)
    grid = -(-plan.rows // tile.m) * -(-plan.outs // tile.n), plan.parts, plan.groups
    kernel = be.kernel("conv_tensor", "convolve", x.dtype, launch.defines)
    shared = tile.shared(x.dtype.name)
    kernel(grid, tile.threads, x, w, b, residual, y, activation, plan.problem, shared=shared)


def forward(
    be: Gpu,
    x: Array,
    w: Array,
    b: Array | None,
    geo: Conv,
    activation: int = NONE,
    *,
    residual: Array | None = None,
    tile: Tile | None = None,
    bf16: bool = False,
) -> Array:
    """See ``Backend.conv``; all arrays of one dtype, ``suits`` holds.

    Args:
        be, x, w, b, geo: as there.
        activation: NONE or RELU, of the result.
        residual: (N,O,*OS), added before the activation.
        tile: from ``tiles``; None chooses.
        bf16: float32 arrays are rounded to bfloat16 instead of TF32: less exact, twice as many products a cycle.

    Returns:
        (N,O,*OS), channels-last if x is.
    """
    device, n, o = be.device, x.shape[0], w.shape[0]
    key = device.multiprocessors, device.shared_memory, x.dtype.name, n, x.shape[1], o, geo
    y = be.xp.empty((n, *geo.out, o), x.dtype)
    if residual is not None:
        residual = dense(moved(residual)) if o % 4 else _channels_last(be, residual)
    b = b if b is None else dense(b)
    _convolve(be, _launch(*key, "forward", tile, bf16), x, w, b, residual, y, activation)
    return _returned(be, y, x)


def input_gradient(be: Gpu, g: Array, w: Array, geo: Conv, *, tile: Tile | None = None, bf16: bool = False) -> Array:
    """See ``Backend.conv_input``; arrays of one dtype, ``suits`` holds; further arguments as for ``forward``."""
    device, n, c = be.device, g.shape[0], w.shape[1] * geo.groups
    key = device.multiprocessors, device.shared_memory, g.dtype.name, n, c, g.shape[1], geo
    gx = be.xp.empty((n, *geo.size, c), g.dtype)
    _convolve(be, _launch(*key, "input", tile, bf16), g, w, None, None, gx, NONE)
    return _returned(be, gx, g)


def weight_gradient(be: Gpu, g: Array, x: Array, geo: Conv, *, tile: Tile | None = None, bf16: bool = False) -> Array:
    """See ``Backend.conv_weight``; arrays of one dtype, ``suits`` holds; further arguments as for ``forward``."""
    device, dtype, n, c, o = be.device, x.dtype.name, x.shape[0], x.shape[1], g.shape[1]
    key = device.multiprocessors, device.shared_memory, dtype, n, c, o, geo
    plan, tile, _, defines = _launch(*key, "weight", tile, bf16)
    tile_k = tile.row // SIZE[dtype]
    rows = max(1, -(-plan.rows // (tile.splits * tile_k))) * tile_k  # of a split: whole tiles
    splits = -(-plan.rows // rows)
    partial = be.xp.empty((splits, o, plan.depth), be.xp.float32)
    grid = -(-plan.outs // tile.m) * -(-plan.depth // tile.n), splits, plan.groups
    shared = tile.shared(dtype, "weight")
    g_last, x_last = _channels_last(be, g), _channels_last(be, x)
    kernel = be.kernel("conv_tensor_weight", "weight_gradient", x.dtype, defines)
    kernel(grid, tile.threads, g_last, x_last, partial, rows, plan.problem, shared=shared)
    channels, last = c // geo.groups, is_channels_last(x)
    gw = be.xp.empty((o, *geo.kernel, channels) if last else (o, channels, *geo.kernel), x.dtype)
    size = o * plan.depth
    kernel = be.kernel("conv_tensor_weight", "sum_splits", x.dtype, defines)
    sizes = prod(geo.kernel), plan.channels, channels, last
    kernel(blocks(size), THREADS, partial, gw, splits, size, *sizes)
    return _first(gw) if last else gw
