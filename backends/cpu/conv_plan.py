"""Plans for the convolution kernels: pure integers, worked out once for each geometry and kept.

Everything is brought to three axes (D,H,W). One- and two-dimensional batches become one volume whose depth is the
batch (kernel 1, stride 1); a 1x1 convolution becomes one-dimensional. The source is read in blocks; a block is copied
to scratch memory as zero-padded planes, one for each channel and each residue of the position modulo the stride that
the weights need. Then a weight is a constant offset into scratch memory: the table (see ``kernels/tile.py``).
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from itertools import product
from math import prod
from typing import NamedTuple

import numpy as np

from backends.geometry import Conv
from backends.protocol import Array

Three = tuple[int, int, int]

_BUDGET = 1 << 19  # bytes of scratch planes: they should stay in the second-level cache
CHUNK = 128  # pixels of transposed gradients: with 48 channels of float32 they fill the first-level cache
_TURNING = 1.1  # what it costs to turn channels side by side into planes
_LOADS = 1.6  # multiply-adds that a processor does while it loads once, as measured
_MANY = 16  # blocks for each thread; with as many it does not matter that one thread has one more than another
_PIXEL_CHUNK = 3 << 13  # bytes of inputs in a chunk of pixels: half of the first-level cache
_MAX_PARTS = 1 << 22  # bytes of partial sums of weight gradients, for all threads together


class Side(NamedTuple):
    """An array (N,C,*S) seen as ``batches`` volumes: sizes and strides in elements, without the axis W, which has 1."""

    batches: int
    channels: int  # of one group
    size: Three
    batch_stride: int
    channel_stride: int
    depth_stride: int


class Planes(NamedTuple):
    """How a block of the source lies in scratch memory: position j of an axis is source j*step + residue - pad."""

    source: Side
    step: Three
    pad: Three
    extent: Three  # of a plane; W shares its padding: the right one of a row is the left one of the next
    plane: int  # elements from one plane to the next
    slack: int  # zeros after the last plane


class Grid(NamedTuple):
    """The outputs: position t of an axis is target t*step + start, start being the phase's."""

    target: Side
    groups: int
    step: Three
    block: Three  # outputs in a block
    blocks: Three  # number of blocks along each axis
    merged: bool  # one run of outputs goes through all slices of a block


class Phase(NamedTuple):
    """Outputs that share their weights: all of a convolution, or one residue modulo the stride of its transpose."""

    counts: Three
    start: Three
    taps: list[int]  # flat positions in the kernel
    residues: list[Three]  # of each tap
    shifts: list[Three]  # of each tap


class Plan(NamedTuple):
    """What the kernels are given, besides the arrays."""

    planes: Planes
    grid: Grid
    numbers: Array  # planes and grid, flat
    residues: Array  # (R,3)
    phases: Array  # (F,11): count, start, taps, first in ``taps``, first in ``table``, rows of taps, first in ``rows``
    rows: (
        Array  # of each row of taps, the source row less that of the output: where that is outside, the row is skipped
    )
    taps: Array  # flat positions in the kernel: for each phase, row after row
    table: Array  # offsets in scratch memory: for each phase, row of taps, channel and tap in the row
    scratch: int  # elements a thread needs for planes
    run: int  # elements of one output channel that a thread holds, junk included
    pixels: int  # of a block, junk included
    tile_rows: int  # output channels in a tile with pixels in its vectors
    tile_vectors: int  # vectors of output channels in a tile of the other kind; 0 where the first kind does less work


class _Axes(NamedTuple):
    """A geometry over three axes."""

    volumes: bool  # three axes of space: the batch is not folded into the depth
    size: Three
    kernel: Three
    stride: Three
    padding: Three
    dilation: Three
    out: Three

    def side(self, size: Three, n: int, channels: int, groups: int) -> Side:
        """An array of these sizes."""
        depth, area = size[0], size[1] * size[2]
        if self.volumes:
            return Side(n, channels, size, groups * channels * depth * area, depth * area, area)
        return Side(1, channels, size, 0, area, groups * channels * area)

    def taps(self) -> list[Three]:
        """Offsets of the weights from the window's start."""
        axes = (range(0, k * d, d) for k, d in zip(self.kernel, self.dilation, strict=True))
        return [(d, h, w) for d, h, w in product(*axes)]


def _three(values: Iterable[int]) -> Three:
    d, h, w = values
    return d, h, w


def _axes(geo: Conv, n: int) -> _Axes:
    """The geometry over three axes, batch folded in where there is room."""
    size, kernel, stride, padding, dilation, _, out = geo
    if set(kernel) == set(stride) == {1} and not any(padding) and len(size) < 3:
        size = out = (prod(size),)
        kernel = stride = dilation = (1,)
        padding = (0,)
    if len(size) == 3:
        return _Axes(True, *map(_three, (size, kernel, stride, padding, dilation, out)))
    ones, zeros = (1,) * (2 - len(size)), (0,) * (2 - len(size))
    return _Axes(
        False,
        _three((n, *ones, *size)),
        _three((1, *ones, *kernel)),
        _three((1, *ones, *stride)),
        _three((0, *zeros, *padding)),
        _three((1, *ones, *dilation)),
        _three((n, *ones, *out)),
    )


def _flat(value: object) -> list[int]:
    """The numbers of nested tuples, in order."""
    return [v for part in value for v in _flat(part)] if isinstance(value, tuple) else [int(value)]  # type: ignore[call-overload]


def _row_extent(source: Side, step: Three, pad: Three, residues: list[Three], count: int, shift: int) -> int:
    """Length of a plane's rows, the right padding shared with the next row's left."""
    firsts = [-(-(pad[2] - r[2]) // step[2]) for r in residues]
    lasts = [(source.size[2] - 1 + pad[2] - r[2]) // step[2] + 1 for r in residues]
    return min(count + shift, max(count, *lasts, count + shift - max(min(firsts), 0)))


def _blocks(counts: Three, limits: Three, jobs: int, threads: int) -> Three:
    """Outputs in a block along each axis: at most the limit, and in even shares for all threads."""
    block = [min(c, max(1, limit)) for c, limit in zip(counts, limits, strict=True)]
    for axis in range(3):
        number = -(-counts[axis] // block[axis])
        others = jobs * prod(-(-c // b) for c, b in zip(counts, block, strict=True)) // number
        block[axis] = _even(counts[axis], number, others, threads)
    return _three(block)


def _even(count: int, number: int, others: int, threads: int) -> int:
    """Length of ``number`` or more blocks of ``count``, so that all threads do as much; each block comes ``others`` times."""

    def busiest(k: int) -> int:
        length = -(-count // k)
        return -(-others * -(-count // length) // threads) * length

    if threads > 1 and others * number < _MANY * threads:
        number = min(range(number, min(count, max(2 * number, threads)) + 1), key=busiest)
    return -(-count // number)


def _place(residue: Three, shift: Three, residues: list[Three], plane: int, extent: Three) -> int:
    """Offset of a tap in the planes of a channel."""
    return residues.index(residue) * plane + (shift[0] * extent[1] + shift[1]) * extent[2] + shift[2]


def _load_bound(vectors: int, pixels: int) -> float:
    """How much longer a tile with channels in its vectors takes, where it waits for loads."""
    return max(1.0, _LOADS * (1 + vectors + pixels) / (vectors * pixels))


def _channel_vectors(channels: int, lanes: int, count: int, heights: tuple[tuple[int, ...], ...]) -> int:
    """Vectors of channels in a tile, 1 to 3: those that take the least time for rows of ``count`` pixels."""

    def time(vectors: int) -> float:
        pixels = _row_length(count, heights[vectors - 1])
        calls = -(-count // heights[vectors - 1][-1])
        return -(-channels // (vectors * lanes)) * vectors * pixels * _load_bound(vectors, pixels // calls)

    return min((3, 2, 1), key=time)


def _row_length(count: int, heights: tuple[int, ...]) -> int:
    """Pixels that equally high tiles compute for a row of ``count``; the kernel works out the same."""
    calls = -(-count // heights[-1])
    return calls * min(h for h in heights if h * calls >= count)


def _inside(count: int, step: int, pad: int, size: int, rows: list[int]) -> float:
    """Share of the rows of taps that lie in the source, over all rows of outputs."""
    inside = sum(0 <= t * step + row - pad < size for t in range(count) for row in rows)
    return inside / max(1, count * len(rows))


def _plan(
    source: Side,
    target: Side,
    groups: int,
    step: Three,
    pad: Three,
    out_step: Three,
    phases: list[Phase],
    itemsize: int,
    lanes: int,
    tile_rows: tuple[int, ...],
    heights: tuple[tuple[int, ...], ...],
    threads: int,
    chunk: int,
    by_rows: bool,
) -> Plan:
    """Blocks, planes and table."""
    residues = sorted({r for phase in phases for r in phase.residues}) or [(0, 0, 0)]
    shift = _three(max((s[i] for phase in phases for s in phase.shifts), default=0) for i in range(3))
    counts = _three(max(phase.counts[i] for phase in phases) for i in range(3))
    width = _row_extent(source, step, pad, residues, counts[2], shift[2])
    room = _BUDGET // (itemsize * source.channels * len(residues))  # elements of a plane
    deep = room // ((counts[1] + shift[1]) * width) - shift[0]
    high = room // ((1 + shift[0]) * width) - shift[1] if deep < 1 else counts[1]
    wide = room // ((1 + shift[0]) * (1 + shift[1])) - shift[2] if high < 1 else counts[2]
    if chunk and counts[1] == 1:
        wide = min(wide, chunk)
    block = _blocks(counts, (deep, high, max(wide, 4 * lanes)), groups * source.batches, threads)
    if block[2] < counts[2]:
        width = block[2] + shift[2]
    extent = block[0] + shift[0], block[1] + shift[1], width
    plane = prod(extent) + (lanes if prod(extent) * itemsize % 4096 == 0 else 0)
    table: list[int] = []
    taps: list[int] = []
    rows: list[int] = []
    of_phases = []
    for phase in phases:
        place_rows = [r[1] + s[1] * step[1] for r, s in zip(phase.residues, phase.shifts, strict=True)]
        heads = sorted(set(place_rows)) if by_rows else place_rows[:1]
        of_phases.append((*phase.counts, *phase.start, len(phase.taps), len(taps), len(table), len(heads), len(rows)))
        rows += heads
        for head in heads:
            chosen = [k for k in range(len(phase.taps)) if not by_rows or place_rows[k] == head]
            taps += [phase.taps[k] for k in chosen]
            places = [_place(phase.residues[k], phase.shifts[k], residues, plane, extent) for k in chosen]
            table += [c * len(residues) * plane + place for c in range(source.channels) for place in places]
    merged = extent[1] == block[1]
    slack = width + 2 * lanes
    last = source.channels * len(residues) * plane
    reach = (shift[0] * extent[1] + shift[1]) * width + shift[2] + slack
    panels = -(-target.channels // max(tile_rows))
    height = min(r for r in tile_rows if r * panels >= target.channels)
    vectors = _channel_vectors(target.channels, lanes, block[2], heights)
    length = _row_length(block[2], heights[vectors - 1])
    waiting = _load_bound(vectors, length // -(-block[2] // heights[vectors - 1][-1]))
    run = (block[0] if merged else 1) * ((extent[1] * width) if merged else (block[1] - 1) * width + block[2])
    pixels_first = panels * height * -(-run // lanes) * lanes // (block[0] if merged else 1)
    channels_first = -(-target.channels // (vectors * lanes)) * vectors * lanes * block[1] * length
    skipped = _inside(phases[0].counts[1], step[1], pad[1], source.size[1], rows) if by_rows else 1.0
    if not by_rows or channels_first * skipped * waiting * _TURNING > pixels_first:
        vectors = 0
    planes = Planes(source, step, pad, extent, plane, slack)
    blocks = _three(-(-c // b) for c, b in zip(counts, block, strict=True))
    grid = Grid(target, groups, out_step, block, blocks, merged)
    return Plan(
        planes,
        grid,
        np.array([*_flat(planes), *_flat(grid)], np.int64),
        np.array(residues, np.int64),
        np.array(of_phases, np.int64),
        np.array(rows, np.int64),
        np.array(taps, np.int64),
        np.array(table + [0] * 16, np.int64),  # kernels read whole groups of rows
        last + reach + 16 * lanes,
        max((block[0] if merged else 1) * extent[1] * width, block[1] * length) + 16 * lanes,
        block[0] * block[1] * length + lanes,
        height,
        vectors,
    )


@lru_cache(maxsize=512)
def forward(
    geo: Conv,
    n: int,
    channels: int,
    outs: int,
    itemsize: int,
    lanes: int,
    tile_rows: tuple[int, ...],
    heights: tuple[tuple[int, ...], ...],
    threads: int,
    chunk: int = 0,
    by_rows: bool = True,
) -> Plan:
    """The plan of a convolution, also that of its weights' gradient.

    Args:
        geo: the geometry.
        n: images.
        channels, outs: input and output channels of one group.
        itemsize: of an element, in bytes.
        lanes: elements in a vector.
        tile_rows: output channels in a tile, to choose from.
        heights: pixels in a tile of the other kind with 1, 2 and 3 vectors, to choose from.
        threads: that share the work.
        chunk: where not 0, the longest run of pixels in a block of one row.
        by_rows: whether the table goes by rows of taps first, or by channels first.

    Returns:
        Source x, target y, one phase.

    Example:
        >>> geo = Conv.of((2, 3, 8, 8), (4, 3, 3, 3), stride=(2, 2), padding=(1, 1), dilation=(1, 1), groups=1)
        >>> plan = forward(geo, 2, 3, 4, 4, 16, (4, 8), ((2, 8),) * 3, 1)
        >>> len(plan.residues), plan.phases[0, :3].tolist(), plan.tile_rows
        (4, [2, 4, 4], 4)
    """
    a = _axes(geo, n)
    offsets = a.taps()
    phase = Phase(
        a.out,
        (0, 0, 0),
        list(range(len(offsets))),
        [_three(o % s for o, s in zip(tap, a.stride, strict=True)) for tap in offsets],
        [_three(o // s for o, s in zip(tap, a.stride, strict=True)) for tap in offsets],
    )
    source, target = a.side(a.size, n, channels, geo.groups), a.side(a.out, n, outs, geo.groups)
    return _plan(
        source,
        target,
        geo.groups,
        a.stride,
        a.padding,
        (1, 1, 1),
        [phase],
        itemsize,
        lanes,
        tile_rows,
        heights,
        threads,
        chunk,
        by_rows,
    )


@lru_cache(maxsize=512)
def backward(
    geo: Conv,
    n: int,
    channels: int,
    outs: int,
    itemsize: int,
    lanes: int,
    tile_rows: tuple[int, ...],
    heights: tuple[tuple[int, ...], ...],
    threads: int,
) -> Plan:
    """The plan of the gradient with respect to the input, a convolution of g for each residue modulo the stride.

    x[h] gathers g[(h + padding - o) / stride] * w[o] over the offsets o that leave no remainder. With
    h + padding = stride * i + residue, those are the o of that residue, and the index is i - o // stride.

    Args:
        geo, n, channels, outs, itemsize, lanes, tile_rows, heights, threads: as in ``forward``.

    Returns:
        Source g, target x, prod(stride) phases.

    Example:
        >>> geo = Conv.of((2, 3, 8, 8), (4, 3, 3, 3), stride=(2, 2), padding=(1, 1), dilation=(1, 1), groups=1)
        >>> backward(geo, 2, 3, 4, 4, 16, (4, 8), ((2, 8),) * 3, 1).phases[:, 6].tolist()  # taps of the four phases
        [4, 2, 2, 1]
    """
    a = _axes(geo, n)
    offsets = a.taps()
    parts = []  # (residue, first i, count, taps, steps o // stride)
    for residue in product(*map(range, a.stride)):
        first = _three(-(-(p - r) // s) for p, r, s in zip(a.padding, residue, a.stride, strict=True))
        last = [(m - 1 + p - r) // s for m, p, r, s in zip(a.size, a.padding, residue, a.stride, strict=True)]
        count = _three(max(0, end - start + 1) for end, start in zip(last, first, strict=True))
        taps = [
            k for k, o in enumerate(offsets) if all(v % s == r for v, s, r in zip(o, a.stride, residue, strict=True))
        ]
        steps = [_three(v // s for v, s in zip(offsets[k], a.stride, strict=True)) for k in taps]
        parts.append((_three(residue), first, count, taps, steps))
    pad = _three(
        max((step[i] - first[i] for _, first, _, _, steps in parts for step in steps), default=0) for i in range(3)
    )
    phases = [
        Phase(
            count,
            _three(s * i + r - p for s, i, r, p in zip(a.stride, first, residue, a.padding, strict=True)),
            taps,
            [(0, 0, 0)] * len(taps),
            [_three(i - v + p for i, v, p in zip(first, step, pad, strict=True)) for step in steps],
        )
        for residue, first, count, taps, steps in parts
    ]
    source, target = a.side(a.out, n, outs, geo.groups), a.side(a.size, n, channels, geo.groups)
    return _plan(
        source,
        target,
        geo.groups,
        (1, 1, 1),
        pad,
        a.stride,
        phases,
        itemsize,
        lanes,
        tile_rows,
        heights,
        threads,
        0,
        True,
    )


class Pixels(NamedTuple):
    """A block of padded images whose channels lie side by side, for the weights' gradient with step 1."""

    images: int  # in a block: several whole ones, or rows of one
    rows: int  # of outputs in a block, of each image
    wide: int  # pixels in a padded row
    chunk: int  # outputs that are added up before the next tile: their inputs should stay in the first-level cache
    table: Array  # where the window of each output of a block begins, in elements


@lru_cache(maxsize=512)
def pixels(geo: Conv, n: int, channels: int, itemsize: int, threads: int) -> Pixels:
    """Blocks for ``weight_tiles``.

    Args:
        geo: of two axes, with stride and dilation 1.
        n: images.
        channels: input channels of one group.
        itemsize: of an element, in bytes.
        threads: that share the images.

    Returns:
        Blocks that fit the second-level cache together with their gradients, enough of them for all threads.

    Example:
        >>> geo = Conv.of((8, 16, 8, 8), (4, 16, 3, 3), stride=(1, 1), padding=(1, 1), dilation=(1, 1), groups=1)
        >>> plan = pixels(geo, 8, 16, 4, 2)
        >>> plan.images, plan.rows, plan.wide, plan.table[:3].tolist(), len(plan.table)
        (4, 8, 10, [0, 16, 32], 256)
    """
    (high, wide), window = geo.out, geo.kernel[0] - 1
    row = (geo.size[1] + 2 * geo.padding[1]) * channels  # elements
    room = max(1, _BUDGET // (2 * itemsize * row) - window)  # rows of outputs; gradients take as much memory
    rows = -(-high // -(-high // room))
    images = _even(n, -(-n // max(1, room // (high + window))), geo.groups, threads) if rows == high else 1
    places = np.arange(images)[:, None, None] * (rows + window) * row
    places = places + np.arange(rows)[:, None] * row + np.arange(wide) * channels
    chunk = max(64, _PIXEL_CHUNK // (itemsize * min(channels, 48)))
    return Pixels(images, rows, row // channels, chunk, places.reshape(-1).astype(np.int64))


def channel_shares(threads: int, channels: int, nbytes: int) -> int:
    """Into how many shares the input channels are cut for the weights' gradient.

    Threads that take different images each need sums of all weights; those that take different channels need their
    own only, but each transposes all gradients. So images are shared out as long as the sums are small.

    Args:
        threads: that work.
        channels: of one group.
        nbytes: of the weights.

    Returns:
        A divisor of ``threads``.

    Example:
        >>> channel_shares(2, 512, 9 << 20), channel_shares(2, 16, 9 << 10)
        (2, 1)
    """
    divisors = [s for s in range(1, threads + 1) if threads % s == 0 and s <= channels]
    return next((s for s in divisors if threads // s * nbytes <= _MAX_PARTS), divisors[-1])
