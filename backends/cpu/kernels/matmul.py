"""The matrix product, by the micro-kernel of ``tile.py`` on packed panels.

A thread owns a block of rows and a block of columns. It packs rows of a into panels (k, ROWS), the tile's weights, and
columns of b into panels (k, VECTORS * lanes), the tile's input; the table of offsets then is just k times a row.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import prange

from backends.cpu.kernels.jit import helper, kernel
from backends.cpu.kernels.rows import (
    accumulate_rows,
    add_rows,
    copy_halves,
    copy_vectors,
    pad_rows,
    transpose_halves,
    transpose_rows,
)
from backends.cpu.kernels.tile import TILE_ROWS, tile, tile_add, tile_vectors
from backends.cpu.kernels.vector import VECTOR_BYTES, flush_denormals, restore_denormals

ROWS = TILE_ROWS
VECTORS = tile_vectors(ROWS)
_DEEP = 256  # of k at a time: panels stay in the first- and second-level cache
_HIGH = 192  # rows of a at a time
_WIDE = 64  # panels of b at a time


def scratch_sizes(lanes: int) -> tuple[int, int, int]:
    """Elements that a thread needs for packed a, packed b, and a tile.

    Args:
        lanes: elements in a vector.

    Returns:
        Three numbers.

    Example:
        >>> len(scratch_sizes(16))
        3
    """
    wide = VECTORS * lanes
    return _HIGH * _DEEP + lanes, _WIDE * wide * _DEEP + lanes, ROWS * wide


@helper
def pack_rows(a: Any, columns: bool, m: int, k: int, m0: int, m1: int, k0: int, deep: int, packed: Any) -> None:
    """Rows m0..m1 of a (m,k), k0..k0+deep, in panels (deep, ROWS)."""
    lanes = VECTOR_BYTES // a.itemsize
    pairs = (m1 - m0) // lanes if lanes == 2 * ROWS and (columns or deep % lanes == 0) else 0  # of panels
    if columns:
        for r in range(deep):
            for i in range(0, pairs * lanes, lanes):
                to = i * deep + r * ROWS
                copy_halves(a, (k0 + r) * m + m0 + i, packed, to, to + deep * ROWS)
    else:
        for i in range(0, pairs * lanes, lanes):
            transpose_halves(a, (m0 + i) * k + k0, k, deep, packed, i * deep, (i + ROWS) * deep)
    for i in range(m0 + pairs * lanes, m1, ROWS):
        panel, rows = (i - m0) * deep, min(ROWS, m1 - i)
        if columns:
            pad_rows(packed, panel, ROWS, a, k0 * m + i, m, deep, ROWS, 0, rows)
        else:
            for r in range(0, rows, lanes):
                transpose_rows(a, (i + r) * k + k0, k, min(lanes, rows - r), deep, packed, panel + r, ROWS)


@helper
def pack_columns(b: Any, columns: bool, k: int, n: int, n0: int, n1: int, k0: int, deep: int, packed: Any) -> None:
    """Columns n0..n1 of b (k,n), k0..k0+deep, in panels (deep, VECTORS * lanes)."""
    lanes = VECTOR_BYTES // b.itemsize
    row = VECTORS * lanes
    if columns:
        for j in range(n0, n1, lanes):
            panel, place = (j - n0) // row * row * deep, (j - n0) % row
            transpose_rows(b, j * k + k0, k, min(lanes, n1 - j), deep, packed, panel + place, row)
        return
    whole = (n1 - n0) // row * row
    for r in range(deep):
        for j in range(0, whole, row):
            copy_vectors(b, (k0 + r) * n + n0 + j, packed, j * deep + r * row, VECTORS)
    if n0 + whole < n1:
        pad_rows(packed, whole * deep, row, b, k0 * n + n0 + whole, n, deep, row, 0, n1 - n0 - whole)


@helper
def _block(
    a: Any,
    a_columns: bool,
    b: Any,
    b_columns: bool,
    c: Any,
    sizes: Any,
    box: Any,
    table: Any,
    packed_a: Any,
    packed_b: Any,
    sums: Any,
) -> None:
    """Rows box[0]..box[1] and columns box[2]..box[3] of c."""
    m, n, k = sizes
    zero = a.dtype.type(0)
    lanes = VECTOR_BYTES // a.itemsize
    row = VECTORS * lanes
    for n0 in range(box[2], box[3], _WIDE * row):
        n1 = min(box[3], n0 + _WIDE * row)
        for k0 in range(0, k, _DEEP):
            deep = min(_DEEP, k - k0)
            pack_columns(b, b_columns, k, n, n0, n1, k0, deep, packed_b)
            for m0 in range(box[0], box[1], _HIGH):
                m1 = min(box[1], m0 + _HIGH)
                pack_rows(a, a_columns, m, k, m0, m1, k0, deep, packed_a)
                for j in range(n0, n1, row):
                    width, panel = min(row, n1 - j), (j - n0) * deep
                    vectors = (width + lanes - 1) // lanes
                    for i in range(m0, m1, ROWS):
                        rows, place, left = min(ROWS, m1 - i), i * n + j, (i - m0) * deep
                        if rows < ROWS or width < row:  # by way of a whole tile, which may not be written here
                            tile(ROWS, vectors, packed_a, left, table, 0, deep, packed_b, panel, sums, 0, row)
                            if k0 == 0:
                                add_rows(c, place, n, sums, 0, row, rows, width, zero)
                            else:
                                accumulate_rows(c, place, n, sums, 0, row, rows, width)
                        elif k0 == 0:
                            tile(ROWS, VECTORS, packed_a, left, table, 0, deep, packed_b, panel, c, place, n)
                        else:
                            tile_add(ROWS, VECTORS, packed_a, left, table, 0, deep, packed_b, panel, c, place, n)


@kernel
def matmul(
    a: Any,
    a_columns: bool,
    b: Any,
    b_columns: bool,
    c: Any,
    sizes: tuple[int, int, int],
    teams: tuple[int, int],
    rows_memory: Any,
    columns_memory: Any,
    tile_memory: Any,
) -> None:
    """c (B,M,N) = a (B,M,K) b (B,K,N), (B, all the rest flat); a or b may lie column by column.

    teams: into how many shares the rows and the columns of each product are cut.
    """
    m, n, _ = sizes
    threads, parts = rows_memory.shape[0], teams[0] * teams[1]
    jobs = a.shape[0] * parts
    for t in prange(threads):
        state = flush_denormals()
        row = VECTORS * (VECTOR_BYTES // a.itemsize)
        table = np.arange(0, _DEEP * row, row)
        high, wide = (m + ROWS - 1) // ROWS, (n + row - 1) // row
        for job in range(jobs * t // threads, jobs * (t + 1) // threads):
            which, up, across = job // parts, job % parts // teams[1], job % teams[1]
            box = (
                high * up // teams[0] * ROWS,
                min(m, high * (up + 1) // teams[0] * ROWS),
                wide * across // teams[1] * row,
                min(n, wide * (across + 1) // teams[1] * row),
            )
            x, y, z = a[which], b[which], c[which]
            scratch = rows_memory[t], columns_memory[t], tile_memory[t]
            _block(x, a_columns, y, b_columns, z, sizes, box, table, scratch[0], scratch[1], scratch[2])
        restore_denormals(state)
