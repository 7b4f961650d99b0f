"""Sums over everything but one axis, and over lists of arrays, in two passes of a fixed order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from backends.cuda import channels, chunks
from backends.cuda.launch import Gpu
from backends.cuda.layout import FLOATS, dense, is_channels_last
from backends.cuda.precision import acc_dtype
from backends.protocol import Array
from backends.reference import reduction as reference


def channel_sum(be: Gpu, g: Array) -> Array:
    """See ``Backend.channel_sum``."""
    if g.dtype.name not in FLOATS or not channels.fits(g):
        return reference.channel_sum(be, g)
    g = g if is_channels_last(g) else dense(g)
    launch = channels.plan(be, g)
    c = g.shape[1]
    parts, out = be.xp.empty((launch.splits, c), acc_dtype(g.dtype)), be.xp.empty(c, g.dtype)
    be.kernel("reduction", "channel_sum", g.dtype)(
        launch.grid, launch.block, g, parts, *launch.geometry, launch.last, launch.width
    )
    be.kernel("reduction", "channel_sum_finish", g.dtype)(launch.finish, channels.FINISH, parts, launch.splits, c, out)
    return out


def square_sum(be: Gpu, arrays: Sequence[Array]) -> Array:
    """See ``Backend.square_sum``."""
    kinds: dict[Any, list[Array]] = {}
    rest = []
    for a in arrays:
        if a.dtype.name not in FLOATS:
            rest.append(a)
        elif a.size:
            kinds.setdefault(a.dtype, []).append(a if chunks.gapless(a) else dense(a))
    sums = [_square_sum(be, dtype, alike) for dtype, alike in kinds.items()]
    if len(sums) == 1 and not rest and sums[0].dtype == be.xp.result_type("float32", *[a.dtype for a in arrays]):
        return sums[0]
    total = reference.square_sum(be, rest)
    for a in arrays:  # those without elements have a dtype too
        total = total.astype(be.xp.result_type(total.dtype, a.dtype), copy=False)
    for part in sums:
        total = total + part
    return total


def _square_sum(be: Gpu, dtype: Any, arrays: list[Array]) -> Array:
    """That of arrays of one dtype, none of them empty or with gaps."""
    table = be.chunks.table(arrays)
    n, acc = len(table), acc_dtype(dtype)
    parts, out = be.xp.empty(n, acc), be.xp.empty((), acc)
    be.kernel("reduction", "square_sum", dtype)(n, chunks.THREADS, table, parts)
    be.kernel("reduction", "square_sum_finish", dtype)(1, chunks.THREADS, parts, n, out)
    return out
