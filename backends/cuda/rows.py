"""How kernels of ``kernels/rows.cuh`` share out rows: to warps, which hold them in registers, or to blocks."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from backends.protocol import Array

THREADS = 256
WARPS = THREADS // 32
NARROW, WIDE = 256, 1024  # columns that a warp holds, as in rows.cuh; WIDE is half in double
LONGEST = 1 << 30  # columns that kernels count in an int
KEPT = 48 << 10  # bytes of a row that a block keeps in shared memory


class Rows(NamedTuple):
    """The launch of a kernel over rows."""

    kind: str  # "narrow", "wide" or "block": how the entry point's name ends
    grid: int
    shared: int  # bytes of dynamic shared memory that keep a row, 0 where it does not fit or a warp has it


def fits(x: Array) -> bool:
    """Whether kernels take x (M,D): not empty, and no row too long.

    Example:
        >>> import numpy as np
        >>> fits(np.zeros((2, 3))), fits(np.zeros((0, 3)))
        (True, False)
    """
    return 0 < x.size <= LONGEST * x.shape[0]


@lru_cache(1024)
def plan(rows: int, columns: int, itemsize: int) -> Rows:
    """Who computes a row.

    Args:
        rows: how many.
        columns: elements of a row.
        itemsize: bytes of an element.

    Returns:
        The launch, of blocks of ``THREADS``.

    Example:
        >>> plan(100, 10, 4), plan(100, 5000, 4)
        (Rows(kind='narrow', grid=13, shared=0), Rows(kind='block', grid=100, shared=20000))
    """
    if columns <= NARROW:
        return Rows("narrow", -(-rows // WARPS), 0)
    if columns <= (WIDE // 2 if itemsize == 8 else WIDE):
        return Rows("wide", -(-rows // WARPS), 0)
    size = columns * itemsize
    return Rows("block", rows, size if size <= KEPT else 0)
