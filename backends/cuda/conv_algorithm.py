"""The algorithms that can compute a convolution, and which of them is presumably the fastest."""

from __future__ import annotations

from functools import lru_cache
from math import prod
from typing import NamedTuple

from backends.cuda import conv_columns, conv_tensor
from backends.cuda.launch import Gpu
from backends.geometry import Conv

_REUSE = 256  # multiplications that pay for writing and reading one element of the columns
_TILES = 6  # shapes of blocks to try


class Case(NamedTuple):
    """One convolution, as far as the choice depends on it."""

    direction: str  # "forward", "input" or "weight": what is computed
    dtype: str
    images: int
    channels: int
    outs: int
    last: bool  # channels are last in memory
    geo: Conv


class Choice(NamedTuple):
    """An algorithm, and for tensor cores the shape of a block where it is not to be the usual one.

    Example:
        >>> str(Choice("columns"))
        'columns'
    """

    algorithm: str
    tile: conv_tensor.Tile | None = None

    def __str__(self) -> str:
        return self.algorithm if self.tile is None else " ".join([self.algorithm, *map(str, self.tile)])


@lru_cache(4096)
def choices(be: Gpu, case: Case, tf32: bool) -> tuple[Choice, ...]:
    """What can compute the case, the presumably fastest first.

    "tensor", the tensor cores, wherever they may be used: never for float32 with ``conv_tf32`` off. "columns",
    cuBLASLt, for 1x1 convolutions, whose columns cost nothing, and for large ones whose every column is used by many
    outputs. Else "direct".

    Args:
        be: the backend.
        case: the convolution.
        tf32: ``settings.conv_tf32``, upon which the answer depends.

    Returns:
        "direct" is always among them.
    """
    found = [Choice("columns"), Choice("direct")] if _columns_pay(case) else [Choice("direct"), Choice("columns")]
    if be.device.blas is None or not conv_columns.suits(case.channels, case.geo, case.last):
        found.remove(Choice("columns"))
    sizes = case.images, case.channels, case.outs, case.geo, case.direction
    if conv_tensor.suits(be, case.dtype, *sizes[1:], case.images):
        tiles = conv_tensor.tiles(be, case.dtype, *sizes)[:_TILES]
        found[:0] = [
            Choice("tensor"),
            *[Choice("tensor", tile) for tile in tiles[1:]],
        ]  # without one it takes the first
    return tuple(found)


def _columns_pay(case: Case) -> bool:
    """Whether products of matrices outweigh the columns."""
    geo, c, o = case.geo, case.channels // case.geo.groups, case.outs // case.geo.groups
    if conv_columns.pointwise(geo):
        return min(c, o) >= 16
    return o >= _REUSE and c * prod(geo.kernel) >= _REUSE
