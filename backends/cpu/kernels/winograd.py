"""Convolution of 3x3 windows side by side, with 16 multiplications for 4 results instead of 36.

A tile is 2x2 outputs and the 4x4 inputs d that they see; g are the weights. Winograd's identity is

    y = A' [ (G g G') * (B' d B) ] A        * element by element, summed over channels

whose transforms B' d B and A' m A only add. For each of the 16 places of * the sum over channels is a matrix product: output
channels by input channels, input channels by tiles. A block of tiles is turned, multiplied and turned back while it lies in
the second-level cache::

    x (C,H,W) -- take --> v (16,C,T) -- product with u (16,K,C) --> m (16,K,T) -- give --> y (K,H,W)

Lanes are tiles side by side. Rounding errors are as of direct sums (README.md); what is not finite spreads over its tile.

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
from backends.cpu.kernels.winograd_tiles import TILES, joined, rows_of, split, transform_plane

_TILE = TILES[3]
PLACES = _TILE.places**2
OUTS = 8 * ROWS  # output channels that are turned back together


def distances(channels: int, outs: int, lanes: int) -> tuple[int, int, int]:
    """Elements from one place to the next in u, v and m.

    They are a vector more than needed: the 16 places of a number must not all fall into the same few lines of a cache.

    Args:
        channels, outs: of input and output.
        lanes: elements in a vector.

    Returns:
        Three numbers.

    Example:
        >>> distances(64, 64, 16)
        (4112, 4112, 3088)
    """
    return (
        (outs * channels + lanes - 1) // lanes * lanes + lanes,
        (channels * VECTORS + 1) * lanes,
        (OUTS * VECTORS + 1) * lanes,
    )


@intrinsic
def _take(
    context: Any,
    x: Any,
    x0: Any,
    height: Any,
    width: Any,
    top: Any,
    left: Any,
    count: Any,
    v: Any,
    v0: Any,
    apart: Any,
) -> tuple[Any, Callable[..., Any]]:
    """v[v0 + p*apart + t] = (B' d B)_p of tile t < count <= lanes, of a plane (height,width) of x that begins at x0.

    The first tile's inputs begin at (top, left); what lies outside of the plane is 0.
    """

    def generate(e: Emitter, kinds: Any, values: Any) -> None:
        x, x0, height, width, top, left, count, v, v0, apart = values
        b, plane, to = e.builder, e.data(kinds[0], x, x0), e.data(kinds[7], v, v0)
        parts = [first + k * e.lanes for first in range(0, _TILE.seen, _TILE.outs) for k in range(_TILE.outs)]
        across = [e.within(b.neg(e.plus(left, part)), b.sub(width, e.plus(left, part))) for part in parts]

        def row(r: int) -> list[Any]:
            """Inputs (r, 0..) of all tiles: every ``outs``-th number of the row, from as many places on as a tile sees."""
            i = e.plus(top, r)
            inside = e.splat(b.and_(b.icmp_signed(">=", i, e.index(0)), b.icmp_signed("<", i, height)))
            start, vectors = e.at(plane, b.add(b.mul(i, width), left)), []
            for part, mask in zip(parts, across, strict=True):
                vectors.append(e.load_masked(e.at(start, part), b.and_(mask, inside)))
            groups = [vectors[k : k + _TILE.outs] for k in range(0, _TILE.seen, _TILE.outs)]
            return [vector for group in groups for vector in split(e, group)]

        there = e.within(0, count)
        for p, value in enumerate(transform_plane(e, _TILE.inputs, [row(r) for r in range(_TILE.seen)])):
            e.store_masked(value, e.at(to, e.times(apart, p)), there)

    return types.void(x, x0, height, width, top, left, count, v, v0, apart), emits(generate, apart=True)


@intrinsic
def _give(
    context: Any, m: Any, m0: Any, apart: Any, bias: Any, y: Any, y0: Any, width: Any, rows: Any, valid: Any
) -> tuple[Any, Callable[..., Any]]:
    """y[y0 + i*width + j] = (A' m A) + bias for i < rows <= 2, j < valid, from m[m0 + p*apart + t] of tiles side by side."""

    def generate(e: Emitter, kinds: Any, values: Any) -> None:
        m, m0, apart, bias, y, y0, width, rows, valid = values
        b, start, to = e.builder, e.data(kinds[0], m, m0), e.data(kinds[4], y, y0)
        places = [e.load(e.at(start, e.times(apart, p))) for p in range(PLACES)]
        offset, masks = e.splat(bias), [e.within(0, e.plus(valid, -k * e.lanes)) for k in range(_TILE.outs)]
        for i, row in enumerate(rows_of(transform_plane(e, _TILE.results, rows_of(places, _TILE.places)), _TILE.outs)):
            vectors = joined(e, [b.fadd(value, offset) for value in row])
            with b.if_then(b.icmp_signed("<", e.index(i), rows)):
                for k, (vector, mask) in enumerate(zip(vectors, masks, strict=True)):
                    e.store_masked(vector, e.at(to, e.plus(e.times(width, i), k * e.lanes)), mask)

    return types.void(m, m0, apart, bias, y, y0, width, rows, valid), emits(generate, apart=True)


@intrinsic
def _turn(
    context: Any, w: Any, w0: Any, step: Any, direction: Any, count: Any, u: Any, u0: Any, apart: Any
) -> tuple[Any, Callable[..., Any]]:
    """u[u0 + p*apart + c] = (G g G')_p for c < count <= lanes, tap q of window c in w[w0 + c*step + q*direction]."""

    def generate(e: Emitter, kinds: Any, values: Any) -> None:
        w, w0, step, direction, count, u, u0, apart = values
        first, to, mask = e.data(kinds[0], w, w0), e.data(kinds[5], u, u0), e.within(0, count)
        taps = [e.gather(e.at(first, e.times(direction, q)), step, mask) for q in range(9)]
        for p, value in enumerate(transform_plane(e, _TILE.weights, rows_of(taps, 3))):
            e.store_masked(value, e.at(to, e.times(apart, p)), mask)

    return types.void(w, w0, step, direction, count, u, u0, apart), emits(generate, apart=True)


@kernel
def turn_weights(w: Any, sizes: tuple[int, int], swapped: bool, apart: int, u: Any) -> None:
    """u (16,K,C), places ``apart``, = G g G' of w (K,C,3,3); where ``swapped``, w is (C,K,3,3), each window from its end."""
    outs, channels = sizes
    for k in prange(outs):
        lanes = VECTOR_BYTES // w.itemsize
        row: Any = np.int64(k)  # prange counts without a sign
        for c in range(0, channels, lanes):
            start, step, direction = (row * channels + c) * 9, 9, 1
            if swapped:
                start, step, direction = (c * outs + row) * 9 + 8, outs * 9, -1
            count = min(lanes, channels - c)
            _turn(w, start, step, direction, count, u, row * channels + c, apart)


@kernel
def correlate(x: Any, u: Any, bias: Any, y: Any, sizes: Any, apart: Any, inputs: Any, sums: Any) -> None:
    """y (N,K,H',W') = x (N,C,H,W) with windows of 3x3, + bias (K,) or nothing for (0,); u from ``turn_weights``.

    apart: ``distances``.
    """
    images, channels, outs, height, width, high, wide, top, left = sizes
    (from_u, from_v, from_m), threads = apart, inputs.shape[0]
    for t in prange(threads):
        state = flush_denormals()
        part: Any = np.int64(t)  # prange counts without a sign
        lanes = VECTOR_BYTES // x.itemsize
        most = VECTORS * lanes
        across = (wide + 1) // 2
        per_image = across * ((high + 1) // 2)
        tiles = images * per_image
        vectors = (tiles + lanes - 1) // lanes
        begin, end = vectors * part // threads, vectors * (part + 1) // threads
        blocks = (end - begin + VECTORS - 1) // VECTORS
        v, m = inputs[t], sums[t]
        for block in range(blocks):
            first = (begin + (end - begin) * block // blocks) * lanes
            last = min(tiles, (begin + (end - begin) * (block + 1) // blocks) * lanes)
            tile = first
            while tile < last:
                n, i, j = tile // per_image, tile % per_image // across, tile % across
                count = min(lanes, across - j, last - tile)
                for c in range(channels):
                    plane = (n * channels + c) * height * width
                    _take(
                        x, plane, height, width, 2 * i - top, 2 * j - left, count,
                        v, c * most + tile - first, from_v,
                    )  # fmt: skip
                tile += count
            for k0 in range(0, outs, OUTS):
                k1 = min(outs, k0 + OUTS)
                for place in range(PLACES):
                    for k in range(k0, k1, ROWS):
                        product(
                            min(ROWS, outs - k), last - first, channels,
                            u, place * from_u + k * channels, channels, 1,
                            v, place * from_v, most, False, m, place * from_m + (k - k0) * most, most,
                        )  # fmt: skip
                tile = first
                while tile < last:
                    n, i, j = tile // per_image, tile % per_image // across, tile % across
                    count = min(lanes, across - j, last - tile)
                    rows, valid = min(2, high - 2 * i), min(2 * count, wide - 2 * j)
                    for k in range(k0, k1):
                        offset = bias[k] if bias.size else x.dtype.type(0)
                        target = ((n * outs + k) * high + 2 * i) * wide + 2 * j
                        _give(m, (k - k0) * most + tile - first, from_m, offset, y, target, wide, rows, valid)
                    tile += count
        restore_denormals(state)
