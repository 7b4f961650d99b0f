"""The matrix product, by the micro-kernel of ``product.py``.

A tile is ROWS rows of a and a panel, VECTORS vectors wide, of columns of b. Threads share the tiles out panel by panel.
A thread copies a panel of b, some of k at a time, to where it lies together, and multiplies all rows of a with it before
the next one; rows of a are read where they are. Where a has few rows, copying b takes longer than the product, and b is
read where it is, too: only a few of k at a time, since each is another page of memory. For the same reason rows of a that
lie column by column are copied where they are used for more than one panel; if they are more than columns of b, threads
share out rows, so that none copies all of them.

Where b lies column by column, as the weights of a linear layer do, to turn its panels round takes longer than to copy
them. If it is much larger than a, roles are changed: columns of b are read where they are, a is turned, and the tiles are
turned back. So it is for few columns, too, which would not fill the vectors of a panel.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import prange

from backends.cpu.kernels.jit import helper, kernel
from backends.cpu.kernels.product import ROWS, VECTORS, product
from backends.cpu.kernels.reduction import add_lines
from backends.cpu.kernels.rows import add_rows, copy_groups, copy_vectors, pad_rows, transpose_rows
from backends.cpu.kernels.vector import VECTOR_BYTES, flush_denormals, restore_denormals

_DEEP = 256  # of k at a time: a panel then stays in the second-level cache, and half of it in the first
_DEEP_IN_PLACE = 32  # the same, where b is not copied
_HIGH = 64 * ROWS  # rows of a that stay in the second-level cache while panels of b go by
_SHALLOW = 64  # a product of so few k takes as long as finding the pages of memory that c is in
_NEAR = 8 * ROWS  # rows of c that it works on: a core knows the places of 64 pages
_AHEAD = 4  # rows that are fetched before they are copied: no processor looks ahead from one page of memory to the next
_TURNED = 2 * ROWS  # columns of b at a time, where a is turned: they fill most of a vector
_DEEP_TURNED = 256  # the least k, for many columns of b: with fewer, turning tiles takes longer than it saves
_HELD = 1 << 17  # elements of a, turned, that stay in the second-level cache beside columns of b
_WIDE = 16  # panels that are kept for the next rows of a


def scratch_size(lanes: int) -> int:
    """Elements that a thread needs for rows of a and, behind them, for panels of b.

    Args:
        lanes: elements in a vector.

    Returns:
        The number.

    Example:
        >>> scratch_size(16) > scratch_size(8)
        True
    """
    size: int = _rows_size.py_func(lanes)
    return size + _WIDE * VECTORS * lanes * _DEEP


@helper
def _rows_size(lanes: int) -> int:
    """Elements for rows of a: panels a vector apart, so that they do not begin at the same places of the first-level cache."""
    return _HIGH // ROWS * (_DEEP * ROWS + lanes)


@helper
def _pack_rows(a: Any, m: int, m0: int, m1: int, k0: int, deep: int, packed: Any, apart: int) -> None:
    """Rows m0..m1 of a (m,k), column by column, k0..k0+deep, in panels (deep, ROWS) that begin ``apart`` elements apart."""
    for r in range(deep):
        copy_groups(a, (k0 + r) * m + m0, m1 - m0, ROWS, packed, r * ROWS, apart, _AHEAD * m)


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
def _share(
    a: Any,
    a_columns: bool,
    b: Any,
    b_columns: bool,
    bias: Any,
    c: Any,
    sizes: Any,
    top: int,
    bottom: int,
    first: int,
    last: int,
    packed_a: Any,
    packed_b: Any,
) -> None:
    """Tiles first..last of c (m,n) = a b + bias, counted down the panels, as far as they are in rows top..bottom."""
    m, n, k = sizes
    zero, lanes = a.dtype.type(0), VECTOR_BYTES // a.itemsize
    row, panel_a = VECTORS * lanes, _DEEP * ROWS + lanes
    high = (m + ROWS - 1) // ROWS
    begin, end = first // high, (last - 1) // high + 1
    copy_a = a_columns and end - begin > 1
    b_in_place = m <= 4 * ROWS and not b_columns
    together, most = (_WIDE, _DEEP) if m > _HIGH or copy_a else (1, _DEEP_IN_PLACE if b_in_place else _DEEP)
    rows = packed_a if copy_a else a
    row_step, k_step = (1, ROWS if copy_a else m) if a_columns else (k, 1)
    step = _NEAR if k <= _SHALLOW else _HIGH
    for k0 in range(0, k, most):
        deep = min(most, k - k0)
        for p0 in range(begin, end, together):
            p1 = min(end, p0 + together)
            in_place = b_in_place and p1 * row <= n  # the micro-kernel reads whole vectors
            if not in_place:
                pack_columns(b, b_columns, k, n, p0 * row, min(n, p1 * row), k0, deep, packed_b)
            panels = b if in_place else packed_b
            start, apart, line = (k0 * n + p0 * row, row, n) if in_place else (0, row * deep, row)
            for m0 in range(top, bottom, _HIGH):
                if copy_a:
                    _pack_rows(a, m, m0, min(bottom, m0 + _HIGH), k0, deep, packed_a, panel_a)
                corner, down = (-m0 // ROWS * panel_a, panel_a) if copy_a else (k0 * k_step, row_step * ROWS)
                for near in range(m0, min(bottom, m0 + _HIGH), step):
                    for p in range(p0, p1):
                        width, panel = min(row, n - p * row), start + (p - p0) * apart
                        high0 = max(near, (first - p * high) * ROWS)
                        high1 = min(bottom, near + step, (last - p * high) * ROWS)
                        for i in range(high0, high1, ROWS):
                            some, place = min(ROWS, m - i), i * n + p * row
                            if k0 == 0 and bias.size:
                                add_rows(c, place, n, bias, p * row, 0, some, width, zero)
                            product(
                                some, width, deep, rows, corner + i // ROWS * down, row_step, k_step,
                                panels, panel, line, k0 > 0 or bias.size > 0, c, place, n,
                            )  # fmt: skip


@helper
def _part(
    a: Any, a_columns: bool, b: Any, b_columns: bool, bias: Any, c: Any, sizes: Any, part: int, parts: int, packed: Any
) -> None:
    """What one thread of several does of c (m,n) = a b + bias."""
    m, n, _ = sizes
    row = VECTORS * (VECTOR_BYTES // a.itemsize)
    high, wide = (m + ROWS - 1) // ROWS, (n + row - 1) // row
    top, bottom = 0, m
    first, last = high * wide * part // parts, high * wide * (part + 1) // parts
    if a_columns and m > n:
        top, bottom = high * part // parts * ROWS, min(m, high * (part + 1) // parts * ROWS)
        first, last = 0, high * wide
    if first < last:
        packed_a, packed_b = packed[: _rows_size(row // VECTORS)], packed[_rows_size(row // VECTORS) :]
        _share(a, a_columns, b, b_columns, bias, c, sizes, top, bottom, first, last, packed_a, packed_b)


@helper
def _better_turned(m: int, n: int, k: int, lanes: int, threads: int) -> bool:
    """Whether to turn a (m,k) instead of b (k,n), which lies column by column."""
    narrow = n <= lanes and k >= _SHALLOW
    large = m >= _TURNED and k >= _DEEP_TURNED and m * k <= _HELD and n >= 4 * threads * m
    return (narrow or large) and k <= _WIDE * _DEEP  # a panel has to fit the memory


@helper
def _share_turned(
    a: Any, b: Any, bias: Any, c: Any, sizes: Any, part: int, parts: int, spare: Any, packed: Any
) -> None:
    """A part of c (m,n) = a b + bias, where b lies column by column and a is turned; of its rows if columns are few."""
    m, n, k = sizes
    zero, lanes = a.dtype.type(0), VECTOR_BYTES // a.itemsize
    row = VECTORS * lanes
    groups, wide = (n + _TURNED - 1) // _TURNED, (m + row - 1) // row
    begin, end, left, right = 0, wide, 0, n
    if n <= lanes:
        begin, end = wide * part // parts, wide * (part + 1) // parts
    else:
        left, right = groups * part // parts * _TURNED, min(n, groups * (part + 1) // parts * _TURNED)
    together = packed.size // (row * k)
    tile, turned, zeros = spare[: _TURNED * row], spare[_TURNED * row :], spare[(_TURNED + lanes) * row :]
    zeros[:row] = zero
    for p0 in range(begin, end, together):
        p1 = min(end, p0 + together)
        pack_columns(a, True, k, m, p0 * row, min(m, p1 * row), 0, k, packed)
        for j in range(left, right, _TURNED):
            some = min(_TURNED, right - j)
            for p in range(p0, p1):
                width = min(row, m - p * row)
                if bias.size:
                    for r in range(some):
                        add_rows(tile, r * row, row, zeros, 0, 0, 1, row, bias[j + r])
                for r in range(0, some, ROWS):
                    product(
                        min(ROWS, some - r), width, k, b, (j + r) * k, k, 1,
                        packed, (p - p0) * row * k, row, bias.size > 0, tile, r * row, row,
                    )  # fmt: skip
                for r in range(0, some, lanes):
                    high = min(lanes, some - r)
                    transpose_rows(tile, r * row, row, high, width, turned, 0, lanes)
                    add_rows(c, p * row * n + j + r, n, turned, 0, lanes, width, high, zero)


@kernel
def matmul(
    a: Any,
    a_columns: bool,
    b: Any,
    b_columns: bool,
    bias: Any,
    c: Any,
    sizes: tuple[int, int, int],
    memory: Any,
) -> None:
    """c (B,M,N) = a (B,M,K) b (B,K,N) + bias (N,), (B, all the rest flat); a or b may lie column by column.

    bias (0,) means zero; memory (T, ``scratch_size``).
    """
    m, n, k = sizes
    threads = memory.shape[0]
    for t in prange(threads):
        state = flush_denormals()
        row = VECTORS * (VECTOR_BYTES // a.itemsize)
        high, wide = (m + ROWS - 1) // ROWS, (n + row - 1) // row
        part: Any = np.int64(t)  # prange counts without a sign
        tiles, parts, top, bottom = high * wide, threads, 0, m
        if a_columns and m > n and a.shape[0] == 1:
            top, bottom = high * part // parts * ROWS, min(m, high * (part + 1) // parts * ROWS)
            part, parts = 0, 1
        first, last = a.shape[0] * tiles * part // parts, a.shape[0] * tiles * (part + 1) // parts
        packed_a, packed_b = memory[t, : _rows_size(row // VECTORS)], memory[t, _rows_size(row // VECTORS) :]
        if b_columns and not a_columns and a.shape[0] == 1 and _better_turned(m, n, k, row // VECTORS, threads):
            _share_turned(a[0], b[0], bias, c[0], sizes, part, threads, packed_a, packed_b)
            first = last = 0
        for which in range(first // tiles, (last - 1) // tiles + 1):
            low, up = max(0, first - which * tiles), min(tiles, last - which * tiles)
            if low < up:
                x, y, z = a[which], b[which], c[which]
                _share(x, a_columns, y, b_columns, bias, z, sizes, top, bottom, low, up, packed_a, packed_b)
        restore_denormals(state)


@kernel
def linear_grad(g: Any, x: Any, w: Any, gx: Any, gw: Any, sums: Any, sizes: tuple[int, int, int], memory: Any) -> None:
    """gx (M,I) = g (M,O) w (O,I), gw (O,I) = g^T x (M,I) and sums (O) = those of the columns of g; all flat.

    What is not wanted has no elements. sums is zero before, and whole vectors long; memory as of ``matmul``.
    """
    rows, outs, ins = sizes
    threads = memory.shape[0]
    for t in prange(threads):
        state = flush_denormals()
        part: Any = np.int64(t)  # prange counts without a sign
        if sums.size:
            lanes = VECTOR_BYTES // g.itemsize
            vectors = (outs + lanes - 1) // lanes
            first, last = vectors * part // threads * lanes, min(outs, vectors * (part + 1) // threads * lanes)
            if first < last:
                for r in range(rows // 8):
                    add_lines(g, r * 8 * outs + first, outs, 8, last - first, sums, first)
                for r in range(rows // 8 * 8, rows):
                    add_lines(g, r * outs + first, outs, 1, last - first, sums, first)
        for turned in range(2):
            b, c = (x, gw) if turned else (w, gx)
            if c.size:
                m, k = (outs, rows) if turned else (rows, outs)
                _part(g, turned == 1, b, False, g[:0], c, (m, ins, k), part, threads, memory[t])
        restore_denormals(state)
