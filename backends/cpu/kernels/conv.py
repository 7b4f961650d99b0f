"""Convolution and its two gradients, by the micro-kernels of ``tile.py`` on the plans of ``conv_plan.py``.

Each thread takes a share of the blocks, copies a block's source into its scratch planes, and runs the micro-kernel
over it for every group of output channels.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from numba import prange

from backends.cpu.conv_plan import Grid, Planes, Side
from backends.cpu.kernels.jit import Kernel, helper, kernel
from backends.cpu.kernels.rows import (
    add_rows,
    pad_rows,
    pad_rows_strided,
    spread_rows,
    transpose_rows,
)
from backends.cpu.kernels.tile import (
    DOT_OUTS,
    DOT_ROWS,
    OUTER_ROWS,
    OUTER_VECTORS,
    TILE_ROWS,
    dot,
    outer,
    tile,
    tile_channels,
    tile_pixels,
    tile_vectors,
)
from backends.cpu.kernels.vector import VECTOR_BYTES, flush_denormals, restore_denormals

ROWS = tuple(r for r in (1, 4, 6, 8) if r <= TILE_ROWS)  # heights of tile that are compiled, when needed
HEIGHTS = tuple(tile_pixels(vectors) for vectors in (1, 2, 3))
_PANEL = 3 << 13  # bytes of weights that are used for all pixels of a block before the next: half of the L1 cache
_NEAR = 3 << 18  # bytes of planes, sums and where these go that the second-level cache holds at a time


@helper
def _three(v: Any, i: int) -> tuple[int, int, int]:
    """Three numbers from v[i] on."""
    return v[i], v[i + 1], v[i + 2]


@helper
def _side(v: Any, i: int) -> Side:
    """A Side from v[i] on."""
    return Side(v[i], v[i + 1], _three(v, i + 2), v[i + 5], v[i + 6], v[i + 7])


@helper
def _unpack(v: Any) -> tuple[Planes, Grid]:
    """The tuples of a plan from its flat numbers: numba does not take nested tuples into a parallel loop."""
    planes = Planes(_side(v, 0), _three(v, 8), _three(v, 11), _three(v, 14), v[17], v[18])
    return planes, Grid(_side(v, 19), v[27], _three(v, 28), _three(v, 31), _three(v, 34), v[37])


@helper
def _jobs(grid: Any) -> int:
    """Number of blocks, over all batches and groups."""
    total: int = grid.target.batches * grid.groups * grid.blocks[0] * grid.blocks[1] * grid.blocks[2]
    return total


@helper
def _reach(lead: int, step: int, size: int, extent: int) -> tuple[int, int]:
    """First and last + 1 of the j < extent whose place lead + j * step lies in [0, size)."""
    first = min(extent, max(0, -(lead // step)))
    return first, max(first, min(extent, (size - 1 - lead) // step + 1))


@helper
def _fill(source: Any, base: int, channels: int, planes: Any, residues: Any, origin: Any, work: Any) -> None:
    """Copies the planes of the block at ``origin`` into work; ``base``: where the first channel lies in the source."""
    depth, height, width = planes.source.size
    _, high, wide = planes.extent
    step, pad = planes.step, planes.pad
    at = 0
    for _ in range(channels):
        for r in range(residues.shape[0]):
            top = residues[r, 1] - pad[1] + origin[1] * step[1]  # source row of the planes' row 0
            left = residues[r, 2] - pad[2] + origin[2] * step[2]
            h0, h1 = _reach(top, step[1], height, high)
            w0, w1 = _reach(left, step[2], width, wide)
            for i in range(planes.extent[0]):
                d = (i + origin[0]) * step[0] + residues[r, 0] - pad[0]
                to = at + i * high * wide
                if d < 0 or d >= depth:
                    pad_rows(work, to, high * wide, source, base, 0, 1, high * wide, 0, 0)
                    continue
                place = base + d * planes.source.depth_stride + (top + h0 * step[1]) * width + left
                pad_rows(work, to, h0 * wide, source, base, 0, 1, h0 * wide, 0, 0)
                if step[2] == 1:
                    pad_rows(work, to + h0 * wide, wide, source, place, step[1] * width, h1 - h0, wide, w0, w1)
                else:
                    pad_rows_strided(
                        work, to + h0 * wide, wide, source, place, step[1] * width, h1 - h0, wide, w0, w1, step[2]
                    )
                pad_rows(work, to + h1 * wide, 0, source, base, 0, 1, (high - h1) * wide, 0, 0)
            gap = at + planes.extent[0] * high * wide
            at += planes.plane
            pad_rows(work, gap, 0, source, base, 0, 1, at - gap, 0, 0)
        base += planes.source.channel_stride
    pad_rows(work, at, 0, source, base, 0, 1, planes.slack, 0, 0)


@helper
def _locate(job: int, grid: Any) -> tuple[int, int, tuple[int, int, int]]:
    """Batch, group and origin of a block, counted group after group."""
    blocks = grid.blocks
    w = job % blocks[2]
    h = job // blocks[2] % blocks[1]
    d = job // (blocks[2] * blocks[1]) % blocks[0]
    rest = job // (blocks[2] * blocks[1] * blocks[0])
    batches = grid.target.batches
    return rest % batches, rest // batches, (d * grid.block[0], h * grid.block[1], w * grid.block[2])


@kernel
def pack(w: Any, taps: Any, phases: Any, groups: int, outs: int, sources: int, swapped: bool, packed: Any) -> None:
    """Weights in the order the tiles read them: packed (F, G, panels, rows of taps, sources, taps in a row, rows).

    w is flat, (O, C/G, K); outputs of the convolution are O, or C where ``swapped``. packed is (all the rest, rows).
    """
    rows = packed.shape[1]
    panels = (outs + rows - 1) // rows
    taps_all = 0
    for f in range(phases.shape[0]):
        taps_all += phases[f, 6]
    volume = outs * sources * taps_all  # elements of w in one group
    stride, source_stride = (taps_all, outs * taps_all) if swapped else (sources * taps_all, taps_all)
    for job in prange(groups * panels):
        group, panel = job // panels, job % panels
        start = 0
        for f in range(phases.shape[0]):
            count, heads = phases[f, 6], phases[f, 9]
            k = start + (group * panels + panel) * sources * count
            across = count // max(heads, 1)
            for i in range(heads * sources):
                first = phases[f, 7] + i // sources * across
                for t in range(first, first + across):
                    base = group * volume + i % sources * source_stride + taps[t]
                    for r in range(rows):
                        o = panel * rows + r
                        packed[k, r] = w[base + o * stride] if o < outs else 0
                    k += 1
            start += groups * panels * sources * count


@helper
def _put(
    tiles: Any,
    pitch: int,
    wide: int,
    plane: int,
    slices: int,
    shape: Any,
    first: Any,
    outs: int,
    bias: Any,
    grid: Any,
    phase: Any,
    origin: Any,
    target: Any,
) -> None:
    """Writes the sums of ``outs`` output channels to their places in the target, plus a bias.

    tiles (outs, pitch): for each slice (plane elements apart) the rows of outputs, wide elements apart; shape: rows,
    and outputs in a row. first: batch, output channel and slice of the first. A bias comes with step 1 only.
    """
    side, step = grid.target, grid.step
    rows, length = shape
    pace = side.size[2] * step[1]
    if step[2] == 1 and pace == wide and wide == length:  # no junk: one long row
        rows, length = 1, rows * length
    for r in range(outs):
        o = first[1] + r
        offset = bias[o] if bias.size else target.dtype.type(0)
        to = first[0] * side.batch_stride + o * side.channel_stride
        to += (origin[1] * step[1] + phase[4]) * side.size[2] + origin[2] * step[2] + phase[5]
        for i in range(slices):
            place = r * pitch + i * plane
            row = to + ((origin[0] + first[2] + i) * step[0] + phase[3]) * side.depth_stride
            if step[2] == 1:
                add_rows(target, row, pace, tiles, place, wide, rows, length, offset)
            elif step[2] == 2:
                spread_rows(target, row, pace, tiles, place, wide, rows, length)
            else:
                for h in range(rows):
                    for j in range(length):
                        target[row + h * pace + j * step[2]] = tiles[place + h * wide + j]


@cache
def correlate(rows: int) -> Kernel:
    """The convolution kernel with pixels in the vectors and ``rows`` output channels in a tile.

    Args:
        rows: one of ROWS.

    Returns:
        A kernel (source, target, bias, packed, table, residues, phases, numbers, work, sums): writes the target;
        work and sums have a row for each thread.

    Example:
        >>> correlate(1) is correlate(1)
        True
    """
    most = tile_vectors(rows)

    def run(
        source: Any,
        target: Any,
        bias: Any,
        packed: Any,
        table: Any,
        residues: Any,
        phases: Any,
        numbers: Any,
        work: Any,
        sums: Any,
    ) -> None:
        lanes, threads = VECTOR_BYTES // source.itemsize, work.shape[0]
        for t in prange(threads):
            planes, grid = _unpack(numbers)
            side, channels = grid.target, planes.source.channels
            panels = (side.channels + rows - 1) // rows
            _, high, wide = planes.extent
            pitch = sums.shape[1] // rows
            mine, tiles = work[t], sums[t]
            near = (mine.size + 2 * tiles.size) * source.itemsize <= _NEAR
            state, jobs = flush_denormals(), _jobs(grid)
            for job in range(jobs * t // threads, jobs * (t + 1) // threads):
                n, group, origin = _locate(job, grid)
                base = n * planes.source.batch_stride + group * channels * planes.source.channel_stride
                _fill(source, base, channels, planes, residues, origin, mine)
                weights = 0
                for f in range(phases.shape[0]):
                    depth, start = channels * phases[f, 6], phases[f, 8]
                    nd = min(grid.block[0], phases[f, 0] - origin[0])
                    nh = min(grid.block[1], phases[f, 1] - origin[1])
                    nw = min(grid.block[2], phases[f, 2] - origin[2])
                    slices = nd if grid.merged else 1  # that one run of the micro-kernel covers
                    vectors = (((slices - 1) * high + nh - 1) * wide + nw + lanes - 1) // lanes
                    calls = (vectors + most - 1) // most
                    ahead = near and depth >= 2 * rows and grid.step[1] == grid.step[2] == 1
                    apart = side.channel_stride if ahead else 0
                    for panel in range(panels if min(nd, nh, nw) > 0 else 0):
                        w0 = weights + (group * panels + panel) * depth * rows
                        for d in range(0, nd, slices):
                            v = 0
                            to = n * side.batch_stride + (group * side.channels + panel * rows) * side.channel_stride
                            to += (origin[0] + d) * side.depth_stride + origin[1] * side.size[2] + origin[2]
                            for call in range(calls):  # in nearly equal steps: a narrow tile is a slow one
                                width = vectors // calls + (1 if call < vectors % calls else 0)
                                q, z = v * lanes, to
                                if apart:  # where in the result the sums from q on will be copied to
                                    i = q // (high * wide) if slices > 1 else 0
                                    h = (q - i * high * wide) // wide
                                    z += i * side.depth_stride + h * side.size[2] + q - (i * high + h) * wide
                                tile(
                                    rows, width, packed, w0, table, start, depth, mine, d * high * wide + q, tiles, q, pitch,
                                    target, z, apart,
                                )  # fmt: skip
                                v += width
                            first = n, group * side.channels + panel * rows, d
                            outs = min(rows, side.channels - panel * rows)
                            _put(
                                tiles,
                                pitch,
                                wide,
                                high * wide,
                                slices,
                                (nh, nw),
                                first,
                                outs,
                                bias,
                                grid,
                                phases[f],
                                origin,
                                target,
                            )
                    weights += grid.groups * panels * depth * rows
            restore_denormals(state)

    run.__qualname__ = f"correlate{rows}"
    return kernel(run)


@helper
def _inside(rows: Any, start: int, first: int, last: int, top: int, planes: Any) -> tuple[int, int]:
    """Those of the rows of taps first..last that lie in the source, for outputs whose source row 0 is ``top``."""
    while first < last and top + rows[start + first] < 0:
        first += 1
    while first < last and top + rows[start + last - 1] >= planes.source.size[1]:
        last -= 1
    return first, last


@helper
def _shares(heads: int, row_depth: int, most: int) -> tuple[int, int]:
    """How many rows of taps are used at a time, and how many weights of them: all, or equal shares of one row."""
    if heads * row_depth <= most:
        return max(heads, 1), max(heads * row_depth, 1)
    count = (row_depth + most - 1) // most
    return 1, (row_depth + count - 1) // count


@cache
def correlate_channels(vectors: int) -> Kernel:
    """The convolution kernel with output channels in the vectors, so many of these in a tile.

    Args:
        vectors: 1, 2 or 3.

    Returns:
        A kernel (source, target, bias, packed, rows, table, residues, phases, numbers, work, columns, sums): writes the
        target; the last three have a row for each thread.

    Example:
        >>> correlate_channels(1) is correlate_channels(1)
        True
    """
    heights = tile_pixels(vectors)

    def run(
        source: Any,
        target: Any,
        bias: Any,
        packed: Any,
        rows: Any,
        table: Any,
        residues: Any,
        phases: Any,
        numbers: Any,
        work: Any,
        columns: Any,
        sums: Any,
    ) -> None:
        lanes, threads = VECTOR_BYTES // source.itemsize, work.shape[0]
        for t in prange(threads):
            planes, grid = _unpack(numbers)
            side, channels = grid.target, planes.source.channels
            across = vectors * lanes  # output channels in a tile
            panels = (side.channels + across - 1) // across
            _, high, wide = planes.extent
            pitch = sums.shape[1] // across
            mine, pixels, tiles = work[t], columns[t], sums[t]
            state, jobs = flush_denormals(), _jobs(grid)
            for job in range(jobs * t // threads, jobs * (t + 1) // threads):
                n, group, origin = _locate(job, grid)
                base = n * planes.source.batch_stride + group * channels * planes.source.channel_stride
                _fill(source, base, channels, planes, residues, origin, mine)
                weights = 0
                for f in range(phases.shape[0]):
                    depth, heads = channels * phases[f, 6], phases[f, 9]
                    row_depth = depth // max(heads, 1)
                    step, share = _shares(heads, row_depth, _PANEL // (across * source.itemsize))
                    nd = min(grid.block[0], phases[f, 0] - origin[0])
                    nh = min(grid.block[1], phases[f, 1] - origin[1])
                    nw = min(grid.block[2], phases[f, 2] - origin[2])
                    calls = (nw + heights[-1] - 1) // heights[-1]  # of equally high tiles for a row of outputs
                    count = 0
                    for height in heights[::-1]:
                        count = height if height * calls >= nw else count
                    length = calls * count  # of a row, some pixels in excess
                    for panel in range(panels if min(nd, nh, nw) > 0 else 0):
                        w0 = weights + (group * panels + panel) * depth * across
                        pad_rows(pixels, 0, 0, source, base, 0, 1, nd * nh * length * across, 0, 0)
                        for head in range(0, heads, step):
                            for part in range(0, step * row_depth, share):
                                for i in range(nd * nh):
                                    top = (origin[1] + i % nh) * planes.step[1] - planes.pad[1]
                                    low, end = _inside(rows, phases[f, 10], head, min(head + step, heads), top, planes)
                                    k, deep = low * row_depth + part, min((end - low) * row_depth - part, share)
                                    place, there = (i // nh * high + i % nh) * wide, i * length * across
                                    for p in range(0, length if deep > 0 else 0, count):
                                        w, t0, y = w0 + k * across, phases[f, 8] + k, there + p * across
                                        tile_channels(
                                            vectors, count, packed, w, table, t0, deep, mine, place + p, pixels, y
                                        )
                        for d in range(nd):
                            for p in range(0, nh * length, lanes):
                                for j in range(0, across, lanes):
                                    at, some = (d * nh * length + p) * across + j, min(lanes, nh * length - p)
                                    transpose_rows(pixels, at, across, some, lanes, tiles, j * pitch + p, pitch)
                            first = n, group * side.channels + panel * across, d
                            outs = min(across, side.channels - panel * across)
                            _put(
                                tiles, pitch, length, 0, 1, (nh, nw), first, outs, bias, grid, phases[f], origin, target
                            )
                    weights += grid.groups * panels * depth * across
            restore_denormals(state)

    run.__qualname__ = f"correlate_channels{vectors}"
    return kernel(run)


@helper
def _columns(g: Any, base: int, side: Any, rows: int, nw: int, wide: int, turned: Any) -> None:
    """Gradients of ``rows`` rows of pixels with the channels side by side: turned (pixels, channels), junk pixels 0."""
    lanes = VECTOR_BYTES // g.itemsize
    pitch = (side.channels + lanes - 1) // lanes * lanes
    for c in range(0, side.channels, lanes):
        for i in range(rows):
            place = base + c * side.channel_stride + i * side.size[2]
            there = i * wide * pitch + c
            transpose_rows(g, place, side.channel_stride, min(lanes, side.channels - c), nw, turned, there, pitch)
            if i < rows - 1:
                pad_rows(turned, there + nw * pitch, pitch, g, place, 0, wide - nw, lanes, 0, 0)


@kernel
def weight_outer(
    g: Any,
    x: Any,
    table: Any,
    residues: Any,
    taps: int,
    numbers: Any,
    chunk: int,
    shares: int,
    work: Any,
    turned: Any,
    parts: Any,
) -> None:
    """parts (T, G, k, O) = sums of g * x over the images of thread t // shares and the channels of t % shares."""
    lanes, threads = VECTOR_BYTES // x.itemsize, work.shape[0]
    teams = threads // shares
    for t in prange(threads):
        planes, grid = _unpack(numbers)
        side, channels = grid.target, planes.source.channels
        _, high, wide = planes.extent
        pitch = (side.channels + lanes - 1) // lanes * lanes
        blocks = pitch // lanes
        step = max(1, chunk // wide)  # rows of pixels transposed at a time
        state, jobs = flush_denormals(), _jobs(grid)
        team, share = t // shares, t % shares
        c0, c1 = channels * share // shares, channels * (share + 1) // shares
        mine, columns, sums = work[t], turned[t], parts[t].reshape(-1)
        sums[:] = 0
        for job in range(jobs * team // teams, jobs * (team + 1) // teams):
            n, group, origin = _locate(job, grid)
            base = n * planes.source.batch_stride + (group * channels + c0) * planes.source.channel_stride
            _fill(x, base, c1 - c0, planes, residues, origin, mine)
            nh = min(grid.block[1], side.size[1] - origin[1])
            nw = min(grid.block[2], side.size[2] - origin[2])
            for d in range(min(grid.block[0], side.size[0] - origin[0])):
                for h in range(0, nh, step):
                    rows = min(step, nh - h)
                    at = n * side.batch_stride + group * side.channels * side.channel_stride
                    at += (origin[0] + d) * side.depth_stride + (origin[1] + h) * side.size[2] + origin[2]
                    _columns(g, at, side, rows, nw, wide, columns)
                    length, x0 = (rows - 1) * wide + nw, (d * high + h) * wide
                    v = 0
                    while v < blocks:
                        left = blocks - v
                        width = 2 if left == OUTER_VECTORS + 1 else min(left, OUTER_VECTORS)
                        for k in range(0, (c1 - c0) * taps, OUTER_ROWS):
                            to = (group * parts.shape[2] + k) * pitch + v * lanes
                            outer(width, columns, v * lanes, pitch, table, k, mine, x0, length, sums, to, pitch)
                        v += width
        restore_denormals(state)


@kernel
def weight_dot(
    g: Any, x: Any, table: Any, residues: Any, taps: int, numbers: Any, work: Any, turned: Any, parts: Any
) -> None:
    """parts (T, G, O, k, lanes) = sums of g * x over the share of each thread; the lanes are still to be summed."""
    lanes, threads = VECTOR_BYTES // x.itemsize, work.shape[0]
    for t in prange(threads):
        planes, grid = _unpack(numbers)
        side, channels = grid.target, planes.source.channels
        _, high, wide = planes.extent
        state, jobs = flush_denormals(), _jobs(grid)
        mine, padded, sums = work[t], turned[t], parts[t].reshape(-1)
        pitch, apart = padded.size // side.channels, parts.shape[3] * lanes
        sums[:] = 0
        for job in range(jobs * t // threads, jobs * (t + 1) // threads):
            n, group, origin = _locate(job, grid)
            base = n * planes.source.batch_stride + group * channels * planes.source.channel_stride
            _fill(x, base, channels, planes, residues, origin, mine)
            nh = min(grid.block[1], side.size[1] - origin[1])
            nw = min(grid.block[2], side.size[2] - origin[2])
            for d in range(min(grid.block[0], side.size[0] - origin[0])):
                for o in range(side.channels):
                    at = n * side.batch_stride + (group * side.channels + o) * side.channel_stride
                    at += (origin[0] + d) * side.depth_stride + origin[1] * side.size[2] + origin[2]
                    pad_rows(padded, o * pitch, wide, g, at, side.size[2], nh, wide, 0, nw)
                    pad_rows(padded, o * pitch + nh * wide, 0, g, at, 0, 1, lanes, 0, 0)
                vectors = ((nh - 1) * wide + nw + lanes - 1) // lanes
                calls = (side.channels + DOT_OUTS - 1) // DOT_OUTS
                o = 0
                for call in range(calls):
                    outs = side.channels // calls + (1 if call < side.channels % calls else 0)
                    for k in range(0, channels * taps, DOT_ROWS):
                        to = (group * side.channels + o) * apart + k * lanes
                        dot(outs, padded, o * pitch, pitch, table, k, mine, d * high * wide, vectors, sums, to, apart)
                    o += outs
        restore_denormals(state)


@kernel
def gather(parts: Any, shares: int, taps: int, channels: int, outs: int, gw: Any) -> None:
    """gw (O, C/G * taps) = sums of parts (T, G, k, O) over the threads that share channels."""
    threads, groups = parts.shape[0], parts.shape[1]
    for o in prange(groups * outs):
        group, column = o // outs, o % outs
        for share in range(shares):
            c0, c1 = channels * share // shares, channels * (share + 1) // shares
            for k in range((c1 - c0) * taps):
                total = parts[share, group, k, column]
                for t in range(share + shares, threads, shares):
                    total += parts[t, group, k, column]
                gw[o, c0 * taps + k] = total
