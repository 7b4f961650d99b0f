"""How kernels of ``kernels/channels.cuh`` share out the elements of each channel."""

from __future__ import annotations

from functools import lru_cache
from math import prod
from typing import NamedTuple

from backends.cuda.launch import Gpu
from backends.cuda.layout import is_channels_last
from backends.protocol import Array, Shape

THREADS = 256  # of a block
BLOCKS = 8  # that a multiprocessor runs at a time
ELEMENTS = 4  # packs that a thread should have at least, before the elements are split among more blocks
LARGEST = 1 << 30  # elements of a channel of an image, which kernels count in an int
FINISH = (32, 8)  # the block of a second pass: 32 channels


class Channels(NamedTuple):
    """The launch of a kernel over x (N,C,L)."""

    geometry: tuple[int, int, int]  # N, C, L
    last: int  # 1 where memory order is (N,L,C)
    width: int  # neighbours that a thread reads at a time
    grid: tuple[int, int]
    block: tuple[int, int]
    splits: int  # blocks that share a channel
    finish: int  # grid of the second pass


def fits(x: Array) -> bool:
    """Whether kernels take x (N,C,*S): not empty, and no plane too large.

    Example:
        >>> import numpy as np
        >>> fits(np.zeros((2, 3, 4))), fits(np.zeros((0, 3)))
        (True, False)
    """
    return 0 < x.size <= LARGEST * x.shape[0] * x.shape[1]


def plan(be: Gpu, *arrays: Array) -> Channels:
    """The launch over arrays of one shape that lie in memory alike, without gaps: (N,C,*S) or (N,*S,C).

    Args:
        be: the GPU.
        arrays: at least one.

    Returns:
        The launch.
    """
    aligned = all(a.data.ptr % 16 == 0 for a in arrays)
    return _plan(arrays[0].shape, is_channels_last(arrays[0]), aligned, be.device.multiprocessors)


@lru_cache(1024)
def _plan(shape: Shape, last: bool, aligned: bool, multiprocessors: int) -> Channels:
    images, channels, length = shape[0], shape[1], prod(shape[2:])
    last = last or length == 1
    width = 4 if aligned and (channels if last else length) % 4 == 0 else 1
    if last:
        across = channels // width  # packs of a row
        lanes = min(32, 1 << (across - 1).bit_length())
        columns, steps = -(-across // lanes), -(-images * length // (THREADS // lanes))
    else:
        lanes, columns, steps = 1, channels, -(-images * length // (THREADS * width))
    wanted = -(-BLOCKS * multiprocessors // columns)
    splits = max(1, min(wanted, steps // ELEMENTS))
    return Channels(
        (images, channels, length),
        int(last),
        width,
        (columns, splits),
        (lanes, THREADS // lanes),
        splits,
        -(-channels // FINISH[0]),
    )
