"""Dropout: mask, scaling and random numbers in one pass."""

from __future__ import annotations

from math import ceil, prod

from backends.cuda.launch import Gpu
from backends.cuda.layout import FLOATS, THREADS, blocks, empty_channels_last, is_channels_last, like
from backends.protocol import Array
from backends.reference import dropout as reference

_LOW = 2**64 - 1


def dropout(be: Gpu, x: Array, p: float, seed: int, offset: int) -> tuple[Array, Array]:
    """See ``Backend.dropout``."""
    if x.dtype.name not in FLOATS:
        return reference.dropout(be, x, p, seed, offset)
    x, y = like(be.xp, x)
    scale = x.dtype.type(1 / (1 - p) if p < 1 else 0.0)
    draw = seed & _LOW, offset & _LOW, ceil(p * 2**24), scale
    if is_channels_last(x):
        n, c, *s = x.shape
        mask, places = empty_channels_last(be.xp, x.shape, "bool"), prod(s)
        grid = blocks(n * c * ((places + 6) // 4))
        be.kernel("dropout", "dropout_channels_last", x.dtype)(grid, THREADS, x, y, mask, n, c, places, *draw)
    else:
        mask = be.xp.empty(x.shape, "bool")
        be.kernel("dropout", "dropout", x.dtype)(blocks(x.size, 4 * THREADS), THREADS, x, y, mask, x.size, *draw)
    return y, mask
