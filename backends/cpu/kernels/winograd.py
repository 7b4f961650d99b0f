"""Convolution of windows side by side by Winograd's method: 16 multiplications for 4 results of 3x3 weights instead of 36.

A tile is the square of inputs d that a square of results sees; g are the weights. Winograd's identity is

    y = A' [ (G g G') * (B' d B) ] A        * element by element, summed over channels

whose transforms B' d B and A' m A only add (``winograd_tiles.py``). For each of the p*p places of * the sum over channels is
a matrix product: output channels by input channels, input channels by tiles. What a block of tiles takes would not fit into
the second-level cache; so it is done in passes, each for a few rows of places (L) and over a part of the channels (D) at a
time. What the rows of places add to the results waits in z::

    x (C,H,W) -- take --> v (L*p,D,T) -- product with u (p*p,K,C) --> m (L*p,K,T) -- collect --> z (K,o*o,T) -- give --> y

Lanes are tiles side by side. Rounding errors are near those of direct sums (README.md); what is not finite spreads over its
tile.

Source: Lavin and Gray, Fast Algorithms for Convolutional Neural Networks, 2016.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import prange, types
from numba.extending import intrinsic

from backends.cpu.kernels.jit import kernel
from backends.cpu.kernels.product import ROWS, VECTORS, product
from backends.cpu.kernels.vector import VECTOR_BYTES, Emitter, emits, flush_denormals, restore_denormals
from backends.cpu.kernels.winograd_tiles import (
    TILES,
    Tile,
    combination,
    joined,
    product_of,
    rows_of,
    split,
    transform,
    transform_plane,
)

LINES = {3: 2, 5: 1}  # rows of places in a pass, by the size of the window
_CHANNELS = {3: 128, 5: 64}  # of input, taken at a time
_OUTS = {3: 8 * ROWS, 5: 4 * ROWS}  # output channels that are collected together, where the input's come all at once


def blocks(window: int, channels: int, outs: int, lanes: int) -> tuple[int, int, int, int, int]:
    """How the work is cut, and where it lies.

    From one place to the next there is a vector more than needed: the places of a number must not all fall into the same few
    lines of a cache.

    Args:
        window: its size.
        channels, outs: of input and output.
        lanes: elements in a vector.

    Returns:
        Channels at a time, of input and output, and elements from one place to the next in u, v and m.

    Example:
        >>> blocks(3, 192, 64, 16)
        (128, 64, 12304, 8208, 4112)
    """
    deep = min(channels, _CHANNELS[window])
    together = min(outs, _OUTS[window]) if deep == channels else outs
    from_u = (outs * channels + lanes - 1) // lanes * lanes + lanes
    return deep, together, from_u, (deep * VECTORS + 1) * lanes, (together * VECTORS + 1) * lanes


def _passes(e: Emitter, window: Any, line: Any, body: Callable[[Tile, list[int]], None]) -> None:
    """body(tile, rows of places) for the window, and for the pass that begins with row ``line``."""

    def of(size: int) -> None:
        tile, step = TILES[size], LINES[size]
        lines = {first: list(range(tile.places))[first : first + step] for first in range(0, tile.places, step)}
        e.cases(line, lines, lambda first: body(tile, lines[first]))

    e.cases(window, TILES, of)


@intrinsic
def _take(
    context: Any,
    window: Any,
    line: Any,
    channels: Any,
    x: Any,
    x0: Any,
    height: Any,
    width: Any,
    top: Any,
    left: Any,
    count: Any,
    v: Any,
    v0: Any,
    most: Any,
    apart: Any,
) -> tuple[Any, Callable[..., Any]]:
    """v[v0 + p*apart + c*most + t] = (B' d B)_p of tile t < count <= lanes, place p of a pass, channel c.

    The planes (height,width) of x begin at x0, the first tile's inputs at (top, left); what lies outside of a plane is 0.
    """

    def generate(e: Emitter, kinds: Any, values: Any) -> None:
        window, line, channels, x, x0, height, width, top, left, count, v, v0, most, apart = values
        b, planes, to = e.builder, e.data(kinds[3], x, x0), e.data(kinds[10], v, v0)
        there, plane = e.within(0, count), e.times(height, width)

        def take(tile: Tile, lines: list[int]) -> None:
            few = e.lanes // 2 - 1  # of narrow images: with what their tiles see they fill half of the vectors
            with b.if_else(b.icmp_signed("<=", count, e.index(few))) as (narrow, wide):
                for case, tiles in ((narrow, few), (wide, e.lanes)):
                    with case:
                        take_at_most(tiles, tile, lines)

        def take_at_most(tiles: int, tile: Tile, lines: list[int]) -> None:
            factors = product_of(tile.inputs)[lines]
            used = [r for r in range(tile.seen) if factors[:, r].any()]
            vectors = range(0, tile.outs * e.lanes + tile.seen - tile.outs, e.lanes)  # of a row, side by side
            parts = range(0, tile.outs * tiles + tile.seen - tile.outs, e.lanes)  # of them, those that are needed
            across = [e.within(b.neg(e.plus(left, part)), b.sub(width, e.plus(left, part))) for part in parts]
            starts, masks = [], []
            for r in used:
                i = e.plus(top, r)
                inside = e.splat(b.and_(b.icmp_signed(">=", i, e.index(0)), b.icmp_signed("<", i, height)))
                starts.append(e.at(planes, e.plus(b.mul(i, width), left)))
                masks.append([b.and_(mask, inside) for mask in across])

            def channel(c: Any, _: Any) -> tuple[()]:
                begin, out, rows = e.times(c, plane), e.at(to, e.times(c, most)), []
                for start, row in zip(starts, masks, strict=True):
                    pairs = zip(parts, row, strict=True)
                    rows.append([e.load_masked(e.at(e.at(start, begin), part), mask) for part, mask in pairs])
                for i in range(len(lines)):
                    row = [combination(e, factors[i, used], column) for column in zip(*rows, strict=True)]
                    row += [e.zero] * (len(vectors) - len(row))
                    inputs, more = split(e, row[: tile.outs]), row[tile.outs :]
                    for k in range(tile.seen - tile.outs):  # a tile's further inputs are the next one's first
                        lanes = [*range(1, e.lanes), e.lanes + k % e.lanes]
                        inputs.append(e.shuffle(inputs[k], more[k // e.lanes], lanes))
                    for j, value in enumerate(transform(e, tile.inputs, inputs)):
                        e.store_masked(value, e.at(out, e.times(apart, i * tile.places + j)), there)
                return ()

            e.loop(channels, (), channel)

        _passes(e, window, line, take)

    args = window, line, channels, x, x0, height, width, top, left, count, v, v0, most, apart
    return types.void(*args), emits(generate, apart=True)


@intrinsic
def _collect(
    context: Any, window: Any, line: Any, vectors: Any, m: Any, m0: Any, apart: Any, z: Any, z0: Any, most: Any
) -> tuple[Any, Callable[..., Any]]:
    """z[z0 + r*most + t] (+)= what a pass adds to result r of tile t, in so many vectors, from its m[m0 + p*apart + t]."""

    def generate(e: Emitter, kinds: Any, values: Any) -> None:
        window, line, vectors, m, m0, apart, z, z0, most = values
        start, to = e.data(kinds[3], m, m0), e.data(kinds[6], z, z0)

        def collect(tile: Tile, lines: list[int]) -> None:
            factors = product_of(tile.results)

            def vector(t: Any, _: Any) -> tuple[()]:
                first = e.times(t, e.lanes)
                source, target, rows = e.at(start, first), e.at(to, first), []
                for i in range(len(lines)):
                    places = range(i * tile.places, (i + 1) * tile.places)
                    rows.append(transform(e, tile.results, [e.load(e.at(source, e.times(apart, p))) for p in places]))
                for i in range(tile.outs):
                    if not factors[i, lines].any():
                        continue
                    for j, column in enumerate(zip(*rows, strict=True)):
                        place, added = e.at(target, e.times(most, i * tile.outs + j)), factors[i, lines]
                        if factors[i, : lines[0]].any():  # a pass before has written there
                            added, column = np.array([1, *added]), (e.load(place), *column)
                        e.store(combination(e, added, column), place)
                return ()

            e.loop(vectors, (), vector)

        _passes(e, window, line, collect)

    return types.void(window, line, vectors, m, m0, apart, z, z0, most), emits(generate, apart=True)


@intrinsic
def _give(
    context: Any,
    window: Any,
    outs: Any,
    z: Any,
    z0: Any,
    most: Any,
    bias: Any,
    y: Any,
    y0: Any,
    height: Any,
    width: Any,
    rows: Any,
    valid: Any,
) -> tuple[Any, Callable[..., Any]]:
    """y[y0 + k*height*width + i*width + j] = the results of tiles side by side + bias[k], for i < rows, j < valid."""

    def generate(e: Emitter, kinds: Any, values: Any) -> None:
        window, outs, z, z0, most, bias, y, y0, height, width, rows, valid = values
        b, start, to, offsets = e.builder, e.data(kinds[2], z, z0), e.data(kinds[6], y, y0), e.data(kinds[5], bias)
        plane = e.times(height, width)

        def give(size: int) -> None:
            side = TILES[size].outs
            masks = [e.within(0, e.plus(valid, -part * e.lanes)) for part in range(side)]

            def channel(k: Any, _: Any) -> tuple[()]:
                source, target = e.at(start, e.times(k, e.times(most, side * side))), e.at(to, e.times(k, plane))
                offset = e.broadcast(e.at(offsets, k))
                for i in range(side):
                    with b.if_then(b.icmp_signed("<", e.index(i), rows)):
                        places = range(i * side, (i + 1) * side)
                        results = [b.fadd(e.load(e.at(source, e.times(most, p))), offset) for p in places]
                        row = e.at(target, e.times(width, i))
                        for part, value in enumerate(joined(e, results)):
                            e.store_masked(value, e.at(row, part * e.lanes), masks[part])
                return ()

            e.loop(outs, (), channel)

        e.cases(window, TILES, give)

    args = window, outs, z, z0, most, bias, y, y0, height, width, rows, valid
    return types.void(*args), emits(generate, apart=True)


@intrinsic
def _turn(
    context: Any, window: Any, w: Any, w0: Any, step: Any, direction: Any, count: Any, u: Any, u0: Any, apart: Any
) -> tuple[Any, Callable[..., Any]]:
    """u[u0 + p*apart + c] = (G g G')_p for c < count <= lanes, tap q of window c in w[w0 + c*step + q*direction]."""

    def generate(e: Emitter, kinds: Any, values: Any) -> None:
        window, w, w0, step, direction, count, u, u0, apart = values
        first, to, mask = e.data(kinds[1], w, w0), e.data(kinds[6], u, u0), e.within(0, count)

        def turn(size: int) -> None:
            taps = [e.gather(e.at(first, e.times(direction, q)), step, mask) for q in range(size * size)]
            for p, value in enumerate(transform_plane(e, TILES[size].weights, rows_of(taps, size))):
                e.store_masked(value, e.at(to, e.times(apart, p)), mask)

        e.cases(window, TILES, turn)

    return types.void(window, w, w0, step, direction, count, u, u0, apart), emits(generate, apart=True)


@kernel
def turn_weights(w: Any, sizes: tuple[int, int, int], swapped: bool, apart: int, u: Any) -> None:
    """u (p*p,K,C), places ``apart``, = G g G' of w (K,C,s,s); where ``swapped``, w is (C,K,s,s), each window from its end."""
    window, outs, channels = sizes
    for k in prange(outs):
        lanes, taps = VECTOR_BYTES // w.itemsize, window * window
        row: Any = np.int64(k)  # prange counts without a sign
        for c in range(0, channels, lanes):
            start, step, direction = (row * channels + c) * taps, taps, 1
            if swapped:
                start, step, direction = (c * outs + row + 1) * taps - 1, outs * taps, -1
            count = min(lanes, channels - c)
            _turn(window, w, start, step, direction, count, u, row * channels + c, apart)


@kernel
def correlate(
    x: Any, u: Any, bias: Any, y: Any, method: Any, sizes: Any, cuts: Any, inputs: Any, products: Any, sums: Any
) -> None:
    """y (N,K,H',W') = x (N,C,H,W) with square windows + bias (K,); u from ``turn_weights``.

    method: the window, rows of places, those in a pass, a tile's results along one axis; cuts: ``blocks``; inputs, products,
    sums: v, m and z of the threads.
    """
    window, places, lines, side = method
    images, channels, outs, height, width, high, wide, top, left = sizes
    (deep, together, from_u, from_v, from_m), threads = cuts, inputs.shape[0]
    for t in prange(threads):
        state = flush_denormals()
        part: Any = np.int64(t)  # prange counts without a sign
        lanes = VECTOR_BYTES // x.itemsize
        most = VECTORS * lanes
        across = (wide + side - 1) // side
        per_image = across * ((high + side - 1) // side)
        tiles = images * per_image
        vectors = (tiles + lanes - 1) // lanes
        begin, end = vectors * part // threads, vectors * (part + 1) // threads
        count = (end - begin + VECTORS - 1) // VECTORS
        v, m, z = inputs[t], products[t], sums[t]
        for block in range(count):
            first = (begin + (end - begin) * block // count) * lanes
            last = min(tiles, (begin + (end - begin) * (block + 1) // count) * lanes)
            used = (last - first + lanes - 1) // lanes
            for line in range(0, places, lines):
                for c in range(0, channels, deep):
                    depth = min(deep, channels - c)
                    tile = first
                    while tile < last:
                        n, i, j = tile // per_image, tile % per_image // across, tile % across
                        run = min(lanes, across - j, last - tile)
                        _take(
                            window, line, depth, x, (n * channels + c) * height * width, height, width,
                            side * i - top, side * j - left, run, v, tile - first, most, from_v,
                        )  # fmt: skip
                        tile += run
                    for k0 in range(0, outs, together):
                        k1 = min(outs, k0 + together)
                        for place in range(places * min(lines, places - line)):
                            for k in range(k0, k1, ROWS):
                                product(
                                    min(ROWS, outs - k), last - first, depth,
                                    u, (line * places + place) * from_u + k * channels + c, channels, 1,
                                    v, place * from_v, most, c > 0, m, place * from_m + (k - k0) * most, most,
                                )  # fmt: skip
                        if c + depth == channels:
                            for k in range(k0, k1):
                                from_m0, from_z0 = (k - k0) * most, k * side * side * most
                                _collect(window, line, used, m, from_m0, from_m, z, from_z0, most)
            tile = first
            while tile < last:
                n, i, j = tile // per_image, tile % per_image // across, tile % across
                run = min(lanes, across - j, last - tile)
                rows, valid = min(side, high - side * i), min(side * run, wide - side * j)
                target = (n * outs * high + side * i) * wide + side * j
                _give(window, outs, z, tile - first, most, bias, y, target, high, wide, rows, valid)
                tile += run
        restore_denormals(state)
