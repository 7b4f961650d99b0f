"""The gradient of 3x3 and 5x5 weights by Winograd's method: the transpose of what ``winograd.py`` computes.

A tile is a few gradients g and the inputs d that they meet. With the matrices of ``winograd_tiles.py``,

    gw = G' [ sum over tiles of (A g A') * (B' d B) ] G        * element by element

So each of the places of * is a matrix product, output channels by tiles and tiles by input channels: for tiles of 2x2
16 multiplications instead of 36 where windows are 3x3, 49 instead of 100 where they are 5x5.

The sums of all places are too many for a cache near a core; read and written once for about a hundred tiles, they need not
lie there. All else must. A thread takes some rows of tiles, puts the channels of their pixels side by side, and then goes
through the places row by row, slab by slab of input channels::

    x (C,H,W), g (K,H',W') -- channels side by side --> strips (H,W,C), (H',W',K)
    strips -- turn, a row of places --> v (P,T,slab), q (P,T,K) -- product --> sums (P*P,K,C) of this row and slab

Lanes are channels.

Source: Lavin and Gray, Fast Algorithms for Convolutional Neural Networks, 2016.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from llvmlite import ir
from numba import prange, types
from numba.extending import intrinsic

from backends.cpu.kernels.jit import helper, kernel
from backends.cpu.kernels.product import ROWS, VECTORS, product
from backends.cpu.kernels.rows import pad_rows, transpose_rows
from backends.cpu.kernels.vector import VECTOR_BYTES, Emitter, emits, flush_denormals, restore_denormals
from backends.cpu.kernels.winograd_tiles import WEIGHT_TILES, Steps, product_of, rows_of, transform, transform_plane

_AT_ONCE = 64, 112  # tiles: with fewer the sums are met too often, more do not lie in the first-level cache
_BUDGET = 1 << 20  # bytes of strips, v and q: they should stay in the second-level cache


def _transposed(steps: Steps) -> Steps:
    """The transposes of matrices, the last one first."""
    return tuple(matrix.T for matrix in reversed(steps))


_TURNS = [steps for tile in WEIGHT_TILES.values() for steps in (tile.inputs, _transposed(tile.results))]
_TERMS = 2  # rows of pixels that a row of places is made of, at most
_BACK = [_transposed(tile.weights) for tile in WEIGHT_TILES.values()]


class Plan(NamedTuple):
    """How the work is cut, and how much scratch memory a thread needs, in elements."""

    turn: int  # that of the inputs, in ``_TURNS``; that of gradients follows
    places: int  # along an axis
    outs: int  # the same: gradients in a tile
    rows: int  # of tiles at a time
    tiles: int  # at a time
    shares: int  # of output channels; the threads of a team have one each, and teams take different rows of tiles
    strip: int  # of inputs; that of gradients follows
    strips: int  # of both
    turned: int
    apart: int  # from one place of the sums to the next


def plan(
    window: int, images: int, channels: int, outs: int, size: tuple[int, ...], threads: int, shares: int, itemsize: int
) -> Plan:
    """How the work is cut.

    Args:
        window: 3 or 5.
        images: in the batch.
        channels, outs: of input and output.
        size: of the output.
        threads: that work.
        shares: of output channels, a divisor of ``threads``.
        itemsize: of an element, in bytes.

    Returns:
        The plan.

    Example:
        >>> plan(3, 16, 64, 64, (56, 56), 2, 1, 4).tiles
        112
    """
    lanes, tile, turn = VECTOR_BYTES // itemsize, WEIGHT_TILES[window], 2 * list(WEIGHT_TILES).index(window)
    down, across = (-(-length // tile.outs) for length in size)
    deep, k_deep = (-(-some // lanes) * lanes for some in (channels, -(-outs // ROWS // shares) * ROWS))
    k_row, slab = k_deep + lanes, VECTORS * lanes
    each = tile.outs**2 * (deep + k_deep) + tile.places * (k_row + slab)
    most = min(max(_AT_ONCE[0], _BUDGET // itemsize // each), _AT_ONCE[1])
    per_team = -(-images * down * shares // threads)
    rows = -(-per_team // -(-per_team // max(1, most // across)))
    high = tile.outs * rows + (window - 1) * min(rows, (rows - 1) // down + 2)  # rows of pixels, those of some images
    strip = high * (tile.outs * across + window - 1) * deep
    both = strip + tile.outs**2 * rows * across * k_deep
    turned = tile.places * (rows * across * (k_row + slab) + 2 * lanes)
    apart = outs * deep + lanes
    return Plan(turn, tile.places, tile.outs, rows, rows * across, shares, strip, both, turned, apart)


def terms(window: int) -> tuple[np.ndarray, np.ndarray]:
    """The rows of pixels that a row of places is made of, and their factors.

    Args:
        window: 3 or 5.

    Returns:
        Both (places, twice ``_TERMS``): of inputs, then of gradients.

    Example:
        >>> rows, factors = terms(3)
        >>> rows[1].tolist(), factors[1].tolist()
        ([1, 2, 0, 1], [1, 1, 1, 1])
    """
    turn = 2 * list(WEIGHT_TILES).index(window)
    matrices = [product_of(steps) for steps in _TURNS[turn : turn + 2]]
    rows = [np.argsort(matrix == 0, axis=1, kind="stable")[:, :_TERMS] for matrix in matrices]
    factors = [np.take_along_axis(matrix, row, 1) for matrix, row in zip(matrices, rows, strict=True)]
    return np.concatenate(rows, 1), np.concatenate(factors, 1)


@intrinsic
def _turn(
    context: Any,
    turn: Any,
    strip: Any,
    s0: Any,
    tiles: Any,
    first: Any,
    count: Any,
    rows: Any,
    factors: Any,
    term: Any,
    line: Any,
    pixel: Any,
    vectors: Any,
    v: Any,
    v0: Any,
    row: Any,
    apart: Any,
) -> tuple[Any, Callable[..., Any]]:
    """v[v0 + j*apart + t*row + c] = place j of a row of places, of tile t < count and channel c < vectors * lanes.

    A row of places is the sum of factors[i] * pixels in row rows[i], for ``_TERMS`` i from ``term`` on. Tile t begins at
    strip[s0 + tiles[first + t]]; its rows are ``line`` elements apart, and the pixels in them ``pixel`` elements.
    """

    def generate(e: Emitter, kinds: Any, values: Any) -> None:
        turn, strip, s0, tiles, first, count, rows, factors, term, line, pixel, vectors, v, v0, row, apart = values
        b, start, tile, to = e.builder, e.data(kinds[1], strip, s0), e.at(tiles, first), e.data(kinds[12], v, v0)

        def one(which: int) -> None:
            steps = _TURNS[which]
            parts = [e.broadcast(e.at(factors, e.plus(term, i))) for i in range(_TERMS)]
            lines = [e.times(line, e.entry(e.at(rows, e.plus(term, i)))) for i in range(_TERMS)]

            def each(t: Any, _: list[Any]) -> list[Any]:
                source, target = e.at(start, e.entry(e.at(tile, t))), e.at(to, e.times(t, row))

                def vector(i: Any, _: list[Any]) -> list[Any]:
                    columns = []
                    for column in range(steps[0].shape[1]):
                        place, total = e.plus(e.times(i, e.lanes), e.times(pixel, column)), None
                        for part, far in zip(parts, lines, strict=True):
                            value = e.load(e.at(e.at(source, far), place))
                            total = b.fmul(part, value) if total is None else e.multiply_add(part, value, total)
                        columns.append(total)
                    for j, value in enumerate(transform(e, steps, columns)):
                        e.store(value, e.at(target, e.plus(e.times(i, e.lanes), e.times(apart, j))))
                    return []

                return e.loop(vectors, [], vector)

            e.loop(count, [], each)

        e.cases(turn, range(len(_TURNS)), one)

    args = turn, strip, s0, tiles, first, count, rows, factors, term, line, pixel, vectors, v, v0, row, apart
    return types.void(*args), emits(generate, apart=True)


def _scatter(e: Emitter, value: Any, pointer: Any, step: int, mask: Any) -> None:
    """The lanes of a vector to elements ``step`` apart."""
    whole = ir.IntType(64)
    lanes = ir.Constant(ir.VectorType(whole, e.lanes), [lane * step * e.itemsize for lane in range(e.lanes)])
    at = e.builder.add(e.splat(e.builder.ptrtoint(pointer, whole)), lanes)
    pointers = e.builder.inttoptr(at, ir.VectorType(ir.PointerType(), e.lanes))
    args = [value, pointers, ir.Constant(ir.IntType(32), e.itemsize), mask]
    e.call(f"llvm.masked.scatter.{e.suffix()}.v{e.lanes}p0", ir.VoidType(), args)


@intrinsic
def _turn_back(
    context: Any, turn: Any, sums: Any, s0: Any, apart: Any, gw: Any, w0: Any, count: Any
) -> tuple[Any, Callable[..., Any]]:
    """gw[w0 + c*taps + q] = (G' m G)_q of channels c < count <= lanes, place p of m being sums[s0 + p*apart + c]."""

    def generate(e: Emitter, kinds: Any, values: Any) -> None:
        turn, sums, s0, apart, gw, w0, count = values
        start, to, mask = e.data(kinds[1], sums, s0), e.data(kinds[4], gw, w0), e.within(0, count)

        def one(which: int) -> None:
            steps = _BACK[which // 2]
            places = steps[0].shape[1]
            m = [e.load(e.at(start, e.times(apart, p))) for p in range(places**2)]
            taps = transform_plane(e, steps, rows_of(m, places))
            for q, tap in enumerate(taps):
                _scatter(e, tap, e.at(to, q), len(taps), mask)

        e.cases(turn, range(0, len(_TURNS), 2), one)

    return types.void(turn, sums, s0, apart, gw, w0, count), emits(generate, apart=True)


@helper
def _side_by_side(
    x: Any, x0: int, channels: int, size: tuple[int, int], h0: int, h1: int, left: int, strip: Any, s0: int, wide: int
) -> None:
    """strip[s0..] (h1 - h0, wide, C and more) = rows h0..h1 of planes of this size, from column -left on; else 0."""
    lanes, (height, width) = VECTOR_BYTES // x.itemsize, size
    deep, plane, right = (channels + lanes - 1) // lanes * lanes, height * width, min(wide, left + width)
    row = wide * deep
    for h in range(h0, h1):
        to = s0 + (h - h0) * row
        inside = 0 <= h < height
        pad_rows(strip, to, 0, x, 0, 0, 1, left * deep if inside else row, 0, 0)
        if inside:
            pad_rows(strip, to + right * deep, 0, x, 0, 0, 1, row - right * deep, 0, 0)
    first, last = max(0, h0), min(height, h1)
    for c in range(0, channels, lanes):
        for h in range(first, last):  # one row after the other, as they follow each other in memory
            place, to = x0 + c * plane + h * width, s0 + (h - h0) * row + left * deep + c
            transpose_rows(x, place, plane, min(lanes, channels - c), right - left, strip, to, deep)


@kernel
def sum_tiles(
    x: Any, g: Any, sizes: Any, plan: Any, rows: Any, factors: Any, tiles: Any, strips: Any, turned: Any, sums: Any
) -> None:
    """sums (teams, P*P, K, C and more) = those of the tiles that each team takes, for all P*P places.

    sizes: window, N, C, K, H, W, H', W', padding in H and W. plan, and the lengths of the next: ``Plan``; rows, factors:
    ``terms``, flat. To work in: tiles (T, 2 * tiles at a time), strips and turned (T, ...).
    """
    window, images, channels, outs, height, width, high, wide, top, left = sizes
    turn, places, step, some, most, shares, g0, _, _, apart = plan
    for t in prange(turned.shape[0]):
        state = flush_denormals()
        thread: Any = np.int64(t)  # prange counts without a sign
        teams, team, share = turned.shape[0] // shares, thread // shares, thread % shares
        strip, place, pixels = strips[thread], turned[thread], tiles[thread]
        lanes, down, across = VECTOR_BYTES // x.itemsize, (high + step - 1) // step, (wide + step - 1) // step
        g_wide, blocks = step * across, (outs + ROWS - 1) // ROWS
        x_wide = g_wide + window - 1
        k0, k1 = blocks * share // shares * ROWS, min(outs, blocks * (share + 1) // shares * ROWS)
        vectors, k_vectors = (channels + lanes - 1) // lanes, (k1 - k0 + lanes - 1) // lanes
        deep, k_deep, k_row = vectors * lanes, k_vectors * lanes, (k_vectors | 1) * lanes
        slabs = (vectors + VECTORS - 1) // VECTORS
        begin, end = images * down * team // teams, images * down * (team + 1) // teams
        chunks = max(1, (end - begin + some - 1) // some)
        for chunk in range(chunks):
            first = begin + (end - begin) * chunk // chunks
            last = begin + (end - begin) * (chunk + 1) // chunks
            r, h = first, 0
            while r < last:  # those of one image
                n, i = r // down, r % down
                count = min(last - r, down - i)
                _side_by_side(
                    x, n * channels * height * width, channels, (height, width),
                    step * i - top, step * (i + count) - top + window - 1, left, strip, h * x_wide * deep, x_wide,
                )  # fmt: skip
                _side_by_side(
                    g, (n * outs + k0) * high * wide, k1 - k0, (high, wide),
                    step * i, step * (i + count), 0, strip, g0 + step * (r - first) * g_wide * k_deep, g_wide,
                )  # fmt: skip
                for m in range(count):
                    for j in range(across):
                        tile = (r - first + m) * across + j
                        pixels[tile] = ((h + step * m) * x_wide + step * j) * deep
                        pixels[most + tile] = (step * (r - first + m) * g_wide + step * j) * k_deep
                h += step * count + window - 1
                r += count
            count = (last - first) * across
            from_q = count * k_row + lanes  # a vector more, as places must not all fall into the same lines of a cache
            for i in range(places):
                _turn(
                    turn + 1, strip, g0, pixels, most, count, rows, factors, (2 * i + 1) * _TERMS,
                    g_wide * k_deep, k_deep, k_vectors, place, 0, k_row, from_q,
                )  # fmt: skip
                for slab in range(slabs):
                    c0, c1 = vectors * slab // slabs * lanes, vectors * (slab + 1) // slabs * lanes
                    v0, from_v = places * from_q, count * (c1 - c0) + lanes
                    _turn(
                        turn, strip, c0, pixels, 0, count, rows, factors, 2 * i * _TERMS,
                        x_wide * deep, deep, (c1 - c0) // lanes, place, v0, c1 - c0, from_v,
                    )  # fmt: skip
                    for j in range(places):
                        at = (team * places * places + i * places + j) * apart + c0
                        for k in range(k0, k1, ROWS):
                            product(
                                min(ROWS, k1 - k), c1 - c0, count, place, j * from_q + k - k0, 1, k_row,
                                place, v0 + j * from_v, c1 - c0, chunk > 0, sums, at + k * deep, deep,
                            )  # fmt: skip
        restore_denormals(state)


@helper
def _add(total: Any, part: Any) -> None:
    """total += part."""
    for i in range(total.size):
        total[i] += part[i]


@kernel
def turn_sums(plan: Any, teams: int, sums: Any, gw: Any) -> None:
    """gw (K, C, window, window) from ``sum_tiles``, whose sums become those of all teams."""
    outs, channels, window, _ = gw.shape
    turn, places, _, _, _, _, _, _, _, apart = plan
    for row in prange(outs):
        k: Any = np.int64(row)  # prange counts without a sign
        lanes = VECTOR_BYTES // sums.itemsize
        deep = (channels + lanes - 1) // lanes * lanes
        for team in range(1, teams):
            for place in range(places * places):
                at, more = place * apart + k * deep, (team * places * places + place) * apart + k * deep
                _add(sums[at : at + deep], sums[more : more + deep])
        for c in range(0, channels, lanes):
            to = (k * channels + c) * window * window
            _turn_back(turn, sums, k * deep + c, apart, gw, to, min(lanes, channels - c))
