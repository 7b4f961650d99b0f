"""Convolution in full precision on the ordinary cores: any geometry, both layouts, nothing unfolded in memory."""

from __future__ import annotations

from functools import lru_cache
from math import prod
from typing import Any, NamedTuple

from backends.cuda import conv_plan
from backends.cuda.conv_plan import Plan
from backends.cuda.launch import Gpu
from backends.cuda.layout import blocks, dense, empty_channels_last, is_channels_last, moved
from backends.geometry import Conv
from backends.protocol import Array, Shape

INDICES = (1 << 31) - 1  # elements that the kernels' offsets reach; larger batches go in parts
_PAIRS = 9  # conv_narrow.cu: pairs of a block
_WORKSPACE = 64 << 20  # bytes for shares of a sum
_SHARE = 4  # tiles of terms that are worth a block of their own


class Tile(NamedTuple):
    """What a block of conv.cu computes. ``speed``: multiplications in a time, relative, when all of it is of use."""

    rows: int
    columns: int
    terms: int
    thread_rows: int
    thread_columns: int
    speed: float

    @property
    def threads(self) -> int:
        """Threads of a block."""
        return self.rows // self.thread_rows * (self.columns // self.thread_columns)

    @property
    def defines(self) -> tuple[str, ...]:
        """As macros."""
        names = ("TILE_M", "TILE_N", "TILE_K", "THREAD_M", "THREAD_N")
        return tuple(f"{name}={size}" for name, size in zip(names, self, strict=False))


TILES = (
    Tile(128, 128, 8, 8, 8, 1.0),
    Tile(128, 64, 8, 8, 4, 0.85),
    Tile(64, 64, 16, 4, 4, 0.7),
    Tile(128, 16, 8, 8, 2, 0.45),
)


class Launch(NamedTuple):
    """How a product is cut into blocks."""

    tile: Tile
    row_tiles: int
    column_tiles: int
    splits: int
    grid: int


@lru_cache(4096)
def launch(rows: int, columns: int, depth: int, batch: int, itemsize: int, multiprocessors: int, shares: int) -> Launch:
    """The tile with the least estimated time, and into how many shares to split sums so that all multiprocessors work.

    Args:
        rows, columns, depth: of one product.
        batch: how many products: groups times classes.
        itemsize: bytes of an element of a sum.
        multiprocessors: of the device.
        shares: the most there is workspace for.

    Returns:
        The launch.

    Example:
        >>> options = {"columns": 64, "batch": 1, "itemsize": 4, "multiprocessors": 132, "shares": 99}
        >>> launch(rows=32 * 56 * 56, depth=576, **options).tile[:2]
        (128, 64)
        >>> launch(rows=576, depth=32 * 56 * 56, **options).splits
        30
    """

    def tiles(tile: Tile) -> tuple[int, int]:
        return -(-rows // tile.rows), -(-columns // tile.columns)

    def cost(tile: Tile) -> float:
        down, across = tiles(tile)
        filled = min(1.0, max(1, down * across * batch) / multiprocessors)
        return down * tile.rows * across * tile.columns / tile.speed / filled**0.5  # shares fill up, for a price

    tile = min(TILES if itemsize == 4 else TILES[1:], key=cost)  # the largest has no registers for float64
    down, across = tiles(tile)
    count, splits = down * across * batch, 1
    if 0 < count < multiprocessors:
        splits = max(1, min(-(-2 * multiprocessors // count), depth // (_SHARE * tile.terms), shares))
    return Launch(tile, down, across, splits, count * splits)


def fits(x_shape: Shape, y_shape: Shape, geo: Conv) -> bool:
    """Whether 32-bit integers reach everything in one image.

    Example:
        >>> geo = Conv((8, 8), (3, 3), (1, 1), (1, 1), (1, 1), 1, (8, 8))
        >>> fits((64, 3, 8, 8), (64, 4, 8, 8), geo)
        True
    """
    reach = max(s + p + d * k for s, p, d, k in zip(geo.size, geo.padding, geo.dilation, geo.kernel, strict=True))
    return reach < 1 << 30 and max(prod(x_shape[1:]), prod(y_shape[1:])) <= INDICES


def lay(xp: Any, a: Array, last: bool) -> Array:
    """a (N,C,*S) without gaps, its channels last in memory or not: itself, or a copy.

    Example:
        >>> import numpy as np
        >>> a = lay(np, np.zeros((2, 3, 4, 4)), last=True)
        >>> a.shape, is_channels_last(a), lay(np, a, last=True) is a
        ((2, 3, 4, 4), True, True)
    """
    if not last:
        return dense(a)
    if moved(a).flags.c_contiguous:
        return a
    copy = empty_channels_last(xp, a.shape, a.dtype)
    copy[...] = a
    return copy


def empty(xp: Any, shape: Shape, dtype: Any, last: bool) -> Array:
    """A new array (N,C,*S), its channels last in memory or not.

    Example:
        >>> import numpy as np
        >>> is_channels_last(empty(np, (2, 3, 4, 4), "float32", last=True))
        True
    """
    return empty_channels_last(xp, shape, dtype) if last else xp.empty(shape, dtype)


def forward(be: Gpu, x: Array, w: Array, b: Array | None, geo: Conv) -> Array:
    """See ``Backend.conv``; x, w and b of one floating dtype, ``fits`` holds."""
    last = is_channels_last(x)
    x, n, outs = lay(be.xp, x, last), x.shape[0], w.shape[0]
    y = empty(be.xp, (n, outs, *geo.out), x.dtype, last)
    w, weight_last = _weights(w)
    b = b if b is None else dense(b)
    for images in _parts(x, y):
        plan = conv_plan.forward(geo, images.stop - images.start, x.shape[1], outs, last, weight_last)
        _correlate(be, plan, cut(x, images), w, b, cut(y, images), last, False)
    return y


def input_gradient(be: Gpu, g: Array, w: Array, geo: Conv) -> Array:
    """See ``Backend.conv_input``; g and w of one floating dtype, ``fits`` holds."""
    last = is_channels_last(g)
    g, n, channels = lay(be.xp, g, last), g.shape[0], w.shape[1] * geo.groups
    x = empty(be.xp, (n, channels, *geo.size), g.dtype, last)
    w, weight_last = _weights(w)
    for images in _parts(x, g):
        plan = conv_plan.backward(geo, images.stop - images.start, channels, w.shape[0], last, weight_last)
        _correlate(be, plan, cut(g, images), w, None, cut(x, images), last, True)
    return x


def weight_gradient(be: Gpu, g: Array, x: Array, geo: Conv) -> Array:
    """See ``Backend.conv_weight``; g and x of one floating dtype, ``fits`` holds."""
    last = is_channels_last(x)
    g, x = lay(be.xp, g, last), lay(be.xp, x, last)
    total: Array = None
    for images in _parts(x, g):
        part = _weight(be, cut(g, images), cut(x, images), geo, last)
        total = part if total is None else total + part
    return total


def _weights(w: Array) -> tuple[Array, bool]:
    """w without gaps, and whether its channels are last in memory."""
    last = is_channels_last(w)
    return (w if last else dense(w)), last


def _parts(x: Array, y: Array) -> list[slice]:
    """Images at a time."""
    n = x.shape[0]
    if max(x.size, y.size) <= INDICES:
        return [slice(0, n)]
    step = INDICES // max(prod(x.shape[1:]), prod(y.shape[1:]))
    return [slice(i, min(i + step, n)) for i in range(0, n, step)]


def cut(a: Array, images: slice) -> Array:
    """Some images of a (N,C,*S).

    Example:
        >>> import numpy as np
        >>> cut(np.zeros((5, 1, 2, 2)), slice(0, 3)).shape
        (3, 1, 2, 2)
    """
    return a if images.stop - images.start == a.shape[0] else a[images]


def _acc(be: Gpu, dtype: Any) -> Any:
    """What sums are made in."""
    return be.xp.float64 if dtype.name == "float64" else be.xp.float32


def _correlate(
    be: Gpu, plan: Plan, source: Array, w: Array, b: Array | None, target: Array, last: bool, transposed: bool
) -> None:
    """Writes the target."""
    if _few_columns(plan, last):
        kernel = be.kernel("conv_narrow", "correlate_nhwc" if last else "correlate_nchw", w.dtype, plan.defines)
        grid = blocks(plan.runs * plan.columns * plan.groups), plan.classes
        kernel(grid, 256, source, w, b, target, plan.geometry)
        return
    name = "correlate_nchw" if not last else "correlate_nhwc_columns" if transposed else "correlate_nhwc"
    rows, depth = plan.positions, plan.channels * plan.taps
    _multiply(be, name, plan, rows, depth, plan.groups * plan.classes, source, w, b, target)


def _weight(be: Gpu, g: Array, x: Array, geo: Conv, last: bool) -> Array:
    """The gradient of the weights over some images."""
    plan = conv_plan.forward(geo, x.shape[0], x.shape[1], g.shape[1], last, last)
    w = empty(be.xp, (g.shape[1], plan.channels, *geo.kernel), x.dtype, last and plan.channels > 1)
    name, pairs = "weight_nhwc" if last else "weight_nchw", plan.channels * plan.taps
    if not _few_pairs(plan):
        _multiply(be, name, plan, pairs, plan.positions, plan.groups, x, g, None, w)
        return w
    kernel = be.kernel("conv_narrow", name, x.dtype, plan.defines)
    tiles, chunks = -(-g.shape[1] // (32 if last else 1)), -(-pairs // _PAIRS)
    most = min(plan.positions // 1024, _WORKSPACE // max(1, 4 * w.size))
    splits = max(1, min(-(-4 * be.device.multiprocessors // max(1, tiles * chunks)), most))
    parts = be.xp.empty((splits, w.size), _acc(be, x.dtype)) if splits > 1 else None
    kernel(tiles * chunks * splits, 256, x, g, w, parts, w.size, plan.geometry, tiles, chunks, splits)
    if parts is not None:
        _sum(be, parts, None, w)
    return w


def _few_columns(plan: Plan, last: bool) -> bool:
    """Whether a thread for each element beats tiles, of which most would be empty."""
    if last:  # neighbouring threads own neighbouring channels: there must be some
        return max(plan.columns, plan.channels) <= 4 and plan.columns * plan.groups >= 16
    return plan.columns <= 2 or (plan.groups > 1 and max(plan.columns, plan.channels) <= 4)


def _few_pairs(plan: Plan) -> bool:
    """Whether a block for each handful of weights beats tiles, of which most would be empty."""
    return plan.columns * plan.channels * plan.taps <= 256


def _multiply(
    be: Gpu,
    name: str,
    plan: Plan,
    rows: int,
    depth: int,
    batch: int,
    source: Array,
    right: Array,
    b: Array | None,
    result: Array,
) -> None:
    """Writes the result of conv.cu's kernel ``name``, in one launch, or in two where sums are split."""
    acc = _acc(be, result.dtype)
    size = 8 if acc is be.xp.float64 else 4
    shares = _WORKSPACE // max(1, size * result.size)
    shape = launch(rows, plan.columns, depth, batch, size, be.device.multiprocessors, shares)
    kernel = be.kernel("conv", name, result.dtype, shape.tile.defines + plan.defines)
    parts = be.xp.empty((shape.splits, result.size), acc) if shape.splits > 1 else None
    sizes = shape.row_tiles, shape.column_tiles, shape.splits
    kernel(shape.grid, shape.tile.threads, source, right, b, result, parts, result.size, plan.geometry, *sizes)
    if parts is not None:
        _sum(be, parts, b, result)


def _sum(be: Gpu, parts: Array, b: Array | None, result: Array) -> None:
    """Adds the shares, and the bias."""
    inner = 1 if is_channels_last(result) else prod(result.shape[2:])
    kernel = be.kernel("conv_narrow", "sum_parts", result.dtype)
    kernel(blocks(result.size), 256, parts, b, result, result.size, len(parts), inner, result.shape[1])
