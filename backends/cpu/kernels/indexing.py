"""Rows at indexed places, and additions there. Each thread owns a part of the output, and adds in the order of the index."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import prange

from backends.cpu.kernels.jit import kernel
from backends.cpu.kernels.reduction import add_row
from backends.cpu.kernels.rows import move_rows

_WIDE = 64  # columns that one thread takes at a time


@kernel
def gather_rows(table: Any, index: Any, out: Any) -> None:
    """out (M,D) = rows of table (R,D) by their numbers: some rows of the output for each thread."""
    rows, size = table.shape
    for t in prange(index.size):
        m: Any = np.int64(t)  # prange counts without a sign
        row = index[m] + rows if index[m] < 0 else index[m]
        move_rows(out, m * size, 0, table, row * size, 0, 1, size)


@kernel
def gather(x: Any, index: Any, out: Any) -> None:
    """out[a,i,b] = x[a, index[a,i,b], b] for three axes: an a for each thread."""
    size = x.shape[1]
    for a in prange(out.shape[0]):
        for i in range(out.shape[1]):
            for b in range(out.shape[2]):
                at = index[a, i, b]
                out[a, i, b] = x[a, at + size if at < 0 else at, b]


@kernel
def gather_lines(x: Any, index: Any, out: Any) -> None:
    """The same with a single a: an i for each thread."""
    size = x.shape[1]
    for i in prange(out.shape[1]):
        for b in range(out.shape[2]):
            at = index[0, i, b]
            out[0, i, b] = x[0, at + size if at < 0 else at, b]


@kernel
def add_rows(out: Any, index: Any, src: Any) -> None:
    """out[index[m]] += src[m] for out (R,D), src (M,D): a block of columns for each thread."""
    rows, size = out.shape
    for block in prange((size + _WIDE - 1) // _WIDE):
        first, last = block * _WIDE, min((block + 1) * _WIDE, size)
        for m in range(index.size):
            row = index[m] + rows if index[m] < 0 else index[m]
            add_row(src[m, first:last], out[row, first:last])


@kernel
def scatter_add(out: Any, index: Any, src: Any) -> None:
    """out[a, index[a,i,b], b] += src[a,i,b] for three axes: an a for each thread."""
    size = out.shape[1]
    for a in prange(out.shape[0]):
        for i in range(index.shape[1]):
            for b in range(index.shape[2]):
                place = index[a, i, b]
                out[a, place + size if place < 0 else place, b] += src[a, i, b]
