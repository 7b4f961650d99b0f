"""Convolution of 3x3 windows by Winograd's method: see ``kernels/winograd.py``."""

from __future__ import annotations

from math import prod

import numpy as np

from backends.cpu.results import empty
from backends.cpu.runtime import Kernels, contiguous, scratch, scratch_rows, threads
from backends.geometry import Conv
from backends.protocol import Array

_kernels = Kernels("winograd")
_vector = Kernels("vector")
_CHANNELS = 32  # of input and output, at least: with fewer, turning tiles takes longer than it saves
_PIXELS = 256  # of all outputs, at least: with fewer, turning the weights does


def served(geo: Conv, images: int, channels: int, outs: int) -> bool:
    """Whether it takes a convolution, and is quicker than the others.

    Args:
        geo: the geometry.
        images: in the batch.
        channels, outs: of input and output.

    Returns:
        Whether windows of 3x3 lie side by side, of enough channels and in enough places.

    Example:
        >>> geo = Conv.of((1, 64, 8, 8), (64, 64, 3, 3), stride=(1, 1), padding=(1, 1), dilation=(1, 1), groups=1)
        >>> served(geo, 4, 64, 64), served(geo, 4, 64, 3)
        (True, False)
    """
    return (
        geo.kernel == (3, 3)
        and set(geo.stride) == set(geo.dilation) == {1}
        and geo.groups == 1
        and max(geo.padding) <= 2
        and min(channels, outs) >= _CHANNELS
        and images * prod(geo.out) >= _PIXELS
    )


def conv(x: Array, w: Array, b: Array | None, geo: Conv, work: int) -> Array:
    """See ``Backend.conv``."""
    bias = np.empty(0, x.dtype) if b is None else contiguous(b)
    return _correlate(x, w, bias, False, geo.out, geo.padding, work)


def conv_input(g: Array, w: Array, geo: Conv, work: int) -> Array:
    """See ``Backend.conv_input``; it is a convolution, too, with each window from its end."""
    return _correlate(g, w, np.empty(0, g.dtype), True, geo.size, (2 - geo.padding[0], 2 - geo.padding[1]), work)


def _correlate(
    x: Array, w: Array, bias: Array, swapped: bool, size: tuple[int, ...], padding: tuple[int, ...], work: int
) -> Array:
    """Turns the weights, then writes the result."""
    images, channels, outs = len(x), x.shape[1], w.shape[1] if swapped else w.shape[0]
    count, lanes = threads(work), _vector.lanes_of(x.itemsize)
    apart = from_u, from_v, from_m = _kernels.distances(channels, outs, lanes)
    u = scratch("winograd weights", _kernels.PLACES * from_u, x.dtype)
    _kernels.turn_weights(w.size)(contiguous(w).reshape(-1), (outs, channels), swapped, from_u, u)
    inputs = scratch_rows("winograd inputs", count, _kernels.PLACES * from_v, x.dtype)
    sums = scratch_rows("winograd sums", count, _kernels.PLACES * from_m, x.dtype)
    y = empty((images, outs, *size), x.dtype)
    sizes = images, channels, outs, *x.shape[2:], *size, *padding
    _kernels.correlate(work)(contiguous(x).reshape(-1), u, bias, y.reshape(-1), sizes, apart, inputs, sums)
    return y
