"""The gradient of a convolution's weights at stride 1, from inputs whose channels lie side by side.

A tile has output channels for rows, and for its vectors the taps of one row and their channels, which follow each other in
memory; the sum runs over pixels. So it loads little for many sums, whatever the number of channels.
"""

from __future__ import annotations

from typing import Any

from numba import prange

from backends.cpu.kernels.jit import helper, kernel
from backends.cpu.kernels.rows import pad_rows, transpose_halves, transpose_rows
from backends.cpu.kernels.tile import TILE_ROWS, tile_add, tile_vectors
from backends.cpu.kernels.vector import VECTOR_BYTES, flush_denormals, restore_denormals

_WIDEST = tile_vectors(TILE_ROWS)


@helper
def _turn(g: Any, start: int, plane: int, apart: int, images: int, outs: int, some: int, columns: Any) -> None:
    """Gradients in panels (outs / TILE_ROWS, images * some, TILE_ROWS): rows of ``some`` pixels, ``plane`` elements apart.

    What turns single panels writes whole vectors, so that rows which come later must be written later.
    """
    lanes = VECTOR_BYTES // g.itemsize
    paired = outs // lanes * lanes if lanes == 2 * TILE_ROWS else 0  # of these outputs, two panels are turned at once
    whole = some // lanes * lanes
    for o in range(0, outs, TILE_ROWS):
        done = whole if o < paired else 0
        for m in range(images):
            place, to = start + m * apart + o * plane + done, (o * images + m * TILE_ROWS) * some + done * TILE_ROWS
            if done < some:
                wanted = min(TILE_ROWS, outs - o)
                transpose_rows(g, place, plane, wanted, some - done, columns, to, TILE_ROWS)
    for o in range(0, paired, lanes):
        for m in range(images):
            place, to = start + m * apart + o * plane, (o * images + m * TILE_ROWS) * some
            transpose_halves(g, place, plane, whole, columns, to, to + TILE_ROWS * images * some)


@kernel
def weight_tiles(
    g: Any,
    x: Any,
    sizes: Any,
    table: Any,
    images: int,
    rows: int,
    chunk: int,
    shares: int,
    work: Any,
    turned: Any,
    parts: Any,
) -> None:
    """parts (T/shares, G, O, KH, KW*C and more) = sums of g * x over the images of each team, which share its outputs.

    sizes: N, G, C, H, W, O, OH, OW, KH, KW, padding in H and W; step 1, C in whole vectors or less than one.
    """
    lanes, threads = VECTOR_BYTES // x.itemsize, work.shape[0]
    teams = threads // shares
    for t in prange(threads):
        n, groups, channels, height, width, outs, out_height, out_width, tall, _, top, left = sizes
        panels, volume, row = parts.shape[2] // TILE_ROWS, tall * parts.shape[4], (width + 2 * left) * channels
        state, team, share = flush_denormals(), t // shares, t % shares
        first, last = panels * share // shares, panels * (share + 1) // shares
        mine, columns, sums = work[t], turned[t], parts[team].reshape(-1)
        mine[:] = 0
        for group in range(groups):
            sums[(group * panels + first) * TILE_ROWS * volume : (group * panels + last) * TILE_ROWS * volume] = 0
        high, vectors = rows + tall - 1, parts.shape[4] // lanes
        calls = (vectors + _WIDEST - 1) // _WIDEST
        down, along = (out_height + rows - 1) // rows, (n + images - 1) // images
        jobs = groups * along * down
        for job in range(jobs * team // teams, jobs * (team + 1) // teams):
            group, image, h0 = job // (along * down), job // down % along * images, job % down * rows
            count, nh = min(images, n - image), min(rows, out_height - h0)
            some, depth = nh * out_width, count * nh * out_width
            for m in range(count):
                base = ((image + m) * groups + group) * channels * height * width
                for i in range(nh + tall - 1):
                    h, to = h0 + i - top, (m * high + i) * row + left * channels
                    if h < 0 or h >= height:
                        pad_rows(mine, to, 0, x, 0, 0, 1, width * channels, 0, 0)
                        continue
                    for c in range(0, channels, lanes):
                        place = base + c * height * width + h * width
                        transpose_rows(x, place, height * width, min(lanes, channels), width, mine, to + c, channels)
            plane, o = out_height * out_width, (image * groups + group) * outs + first * TILE_ROWS
            wanted = min(outs, last * TILE_ROWS) - first * TILE_ROWS
            _turn(g, o * plane + h0 * out_width, plane, groups * outs * plane, count, wanted, some, columns)
            for start in range(0, depth, chunk):
                deep = min(chunk, depth - start)
                for i in range(tall):
                    v = 0
                    for call in range(calls):
                        broad = vectors // calls + (1 if call < vectors % calls else 0)
                        for panel in range(first, last):
                            w0, x0 = ((panel - first) * depth + start) * TILE_ROWS, i * row + v * lanes
                            to = (group * panels + panel) * TILE_ROWS * volume + i * parts.shape[4] + v * lanes
                            tile_add(TILE_ROWS, broad, columns, w0, table, start, deep, mine, x0, sums, to, volume)
                        v += broad
        restore_denormals(state)


@kernel
def gather_taps(parts: Any, outs: int, gw: Any) -> None:
    """gw (O, C/G, KH, KW) = sums of parts (T, G, O, KH, KW*C and more) over the teams."""
    teams, groups = parts.shape[0], parts.shape[1]
    _, channels, tall, taps = gw.shape
    for o in prange(groups * outs):
        group, row = o // outs, o % outs
        for i in range(tall):
            for j in range(taps):
                for c in range(channels):
                    total = parts[0, group, row, i, j * channels + c]
                    for t in range(1, teams):
                        total += parts[t, group, row, i, j * channels + c]
                    gw[o, c, i, j] = total
