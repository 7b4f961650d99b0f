"""Convolution of 3x3 and 5x5 windows by Winograd's method: see ``kernels/winograd.py`` and ``kernels/winograd_weight.py``."""

from __future__ import annotations

from functools import lru_cache
from math import prod
from typing import Any, NamedTuple

import numpy as np

from backends.cpu import conv_plan
from backends.cpu.layout import contiguous
from backends.cpu.results import empty
from backends.cpu.runtime import Kernels, scratch, scratch_rows, threads
from backends.geometry import Conv
from backends.protocol import Array

_kernels = Kernels("winograd")
_weights = Kernels("winograd_weight")
_vector = Kernels("vector")
_CHANNELS = 32  # for the gradient of the weights, at least: with fewer, turning tiles takes longer than it saves
_TILES = 32  # for it, too, at least: with fewer, turning that back does
_WIDE = 256  # columns of gradients, at most, where channels are few: of more, pixels are copied twice
_SAVED = {(3, 3): 36 / 16, (5, 5): 100 / 49}  # by the gradient of the weights: multiplications for one of ours


class Least(NamedTuple):
    """From where on it is quicker than the direct kernels, by the size of the windows.

    Example:
        >>> LEAST[3].channels
        12
    """

    channels: int  # of input and output: with fewer, turning tiles takes longer than it saves
    results: int  # of a channel, in all images: with fewer, turning the weights does
    width: int  # of a result: tiles side by side fill the lanes


LEAST = {3: Least(channels=12, results=256, width=1), 5: Least(channels=32, results=2048, width=12)}


def served(geo: Conv, images: int, channels: int, outs: int) -> bool:
    """Whether it takes a convolution, and is quicker than the others.

    Args:
        geo: the geometry.
        images: in the batch.
        channels, outs: of input and output.

    Returns:
        Whether windows of 3x3 or 5x5 lie side by side, of enough channels and in enough places.

    Example:
        >>> geo = Conv.of((1, 64, 8, 8), (64, 64, 3, 3), stride=(1, 1), padding=(1, 1), dilation=(1, 1), groups=1)
        >>> served(geo, 4, 64, 64), served(geo, 4, 64, 3)
        (True, False)
    """
    window = geo.kernel[0]
    if geo.kernel != (window, window) or window not in LEAST:
        return False
    least = LEAST[window]
    return (
        set(geo.stride) == set(geo.dilation) == {1}
        and geo.groups == 1
        and max(geo.padding) < window
        and min(channels, outs) >= least.channels
        and images * prod(geo.out) >= least.results
        and geo.out[1] >= least.width
    )


def conv(x: Array, w: Array, b: Array | None, geo: Conv, work: int) -> Array:
    """See ``Backend.conv``."""
    bias = np.zeros(len(w), x.dtype) if b is None else contiguous(b)
    return _correlate(x, w, bias, False, geo.out, geo.padding, work)


def conv_input(g: Array, w: Array, geo: Conv, work: int) -> Array:
    """See ``Backend.conv_input``; it is a convolution, too, with each window from its end."""
    rest = tuple(geo.kernel[0] - 1 - padding for padding in geo.padding)
    return _correlate(g, w, np.zeros(w.shape[1], g.dtype), True, geo.size, rest, work)


def _correlate(
    x: Array, w: Array, bias: Array, swapped: bool, size: tuple[int, ...], padding: tuple[int, ...], work: int
) -> Array:
    """Turns the weights, then writes the result."""
    images, channels, outs = len(x), x.shape[1], w.shape[1] if swapped else w.shape[0]
    window, count, lanes = w.shape[-1], threads(work), _vector.lanes_of(x.itemsize)
    tile, lines = _kernels.TILES[window], _kernels.LINES[window]
    cuts = _, _, from_u, from_v, from_m = _kernels.blocks(window, channels, outs, lanes)
    u = scratch("winograd weights", tile.places**2 * from_u, x.dtype)
    _kernels.turn_weights(w.size)(contiguous(w).reshape(-1), (window, outs, channels), swapped, from_u, u)
    inputs = scratch_rows("winograd inputs", count, lines * tile.places * from_v, x.dtype)
    products = scratch_rows("winograd products", count, lines * tile.places * from_m, x.dtype)
    sums = scratch_rows("winograd sums", count, outs * tile.outs**2 * _kernels.VECTORS * lanes, x.dtype)
    y = empty((images, outs, *size), x.dtype)
    method, sizes = (window, tile.places, lines, tile.outs), (images, channels, outs, *x.shape[2:], *size, *padding)
    _kernels.correlate(work)(
        contiguous(x).reshape(-1), u, bias, y.reshape(-1), method, sizes, cuts, inputs, products, sums
    )
    return y


def weight_served(geo: Conv, images: int, channels: int, outs: int) -> bool:
    """Whether it takes the gradient of a convolution's weights, and is quicker than the others.

    Args:
        geo: the geometry.
        images: in the batch.
        channels, outs: of input and output.

    Returns:
        Whether windows of 3x3 or 5x5 lie side by side, of enough channels and in enough tiles.

    Example:
        >>> geo = Conv.of((1, 64, 8, 8), (64, 64, 3, 3), stride=(1, 1), padding=(1, 1), dilation=(1, 1), groups=1)
        >>> weight_served(geo, 64, 64, 64), weight_served(geo, 1, 64, 64)
        (True, False)
    """
    if geo.kernel not in _SAVED or geo.groups > 1 or {*geo.stride, *geo.dilation} != {1}:
        return False
    pixels, tiles = images * prod(geo.out), images * prod((length + 1) // 2 for length in geo.out)
    saved = _SAVED[geo.kernel] * pixels / 4  # by this many tiles, were they whole
    few = min(channels, outs)
    if few < 2 * _CHANNELS:  # copies cost most of what is saved
        return few >= _CHANNELS and tiles >= _TILES and saved >= 2 * tiles and geo.out[1] <= _WIDE
    return tiles >= _TILES and saved >= 1.25 * tiles


def conv_weight(g: Array, x: Array, geo: Conv, work: int) -> Array:
    """See ``Backend.conv_weight``."""
    images, channels, outs, window = len(x), x.shape[1], g.shape[1], geo.kernel[0]
    count, lanes = threads(work), _vector.lanes_of(x.itemsize)
    rows, factors, nbytes = _terms(window, x.dtype)
    shares = conv_plan.channel_shares(count, outs, nbytes * outs * (-(-channels // lanes) * lanes))
    plan = _weights.plan(window, images, channels, outs, geo.out, count, shares, x.itemsize)
    sizes = window, images, channels, outs, *geo.size, *geo.out, *geo.padding
    teams = count // shares
    tiles = scratch_rows("winograd tiles", count, 2 * plan.tiles, np.int64)
    strips = scratch_rows("winograd strips", count, plan.strips, x.dtype)
    turned = scratch_rows("winograd turned", count, plan.turned, x.dtype)
    sums = scratch("winograd weights", teams * plan.places**2 * plan.apart, x.dtype)
    data = contiguous(x).reshape(-1), contiguous(g).reshape(-1)
    _weights.sum_tiles(work)(*data, sizes, plan[:], rows, factors, tiles, strips, turned, sums)
    gw = empty((outs, channels, window, window), x.dtype)
    _weights.turn_sums(work)(plan[:], teams, sums, gw)
    return gw


@lru_cache
def _terms(window: int, dtype: np.dtype[Any]) -> tuple[Array, Array, int]:
    """What the kernels are given of ``terms``, and the bytes of an element in all places."""
    rows, factors = _weights.terms(window)
    return rows.reshape(-1), factors.astype(dtype).reshape(-1), len(rows) ** 2 * dtype.itemsize
