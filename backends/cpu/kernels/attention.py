"""Attention by blocks of queries and of keys: of the scores there is never more than one tile in memory.

A thread takes one head at a time, or a stretch of its queries. What the products read it first brings into scratch memory,
from wherever it lies: the keys (and, for the gradient, the values) transposed into panels (D, panel), all else row by row.
A tile of scores then goes through softmax while it is in the cache, and into the next product. Where the keys take several
tiles, the largest score and the sum of every row run along, and what was summed with an earlier largest one is scaled.

In causal order, tiles that no query sees are left out, and of those on the diagonal what lies beyond it.

``shape`` is (H, T, S, D, E); the rows of ``steps`` are the distances along B, H and T (or S) in q, k, v, y, the mask (along S,
too), g, gq, gk and gv (there along the parts, too); ``sizes`` is ``Sizes``.

Source: Milakov and Gimelshein, Online normalizer calculation for softmax, 2018; Dao et al., FlashAttention, 2022.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from numba import prange

from backends.cpu.kernels.jit import helper, kernel
from backends.cpu.kernels.product import ROWS, VECTORS, product
from backends.cpu.kernels.rows import transpose_rows
from backends.cpu.kernels.scores import (
    add_to_row,
    dots_of_rows,
    exp_of_row,
    grad_of_row,
    keep_in_row,
    largest_of_row,
    scale_rows,
)
from backends.cpu.kernels.vector import VECTOR_BYTES, flush_denormals, lanes_of, restore_denormals

_QUERIES, _KEYS = 96, 512  # of a tile, at most
_GRAD_QUERIES, _GRAD_KEYS = 144, 128


class Sizes(NamedTuple):
    """How a head is cut."""

    parts: int  # stretches of queries, which different threads may take
    queries: int  # of a tile, a multiple of ROWS
    keys: int  # of a tile, whole panels
    panel: int  # vectors of a panel of keys
    d_panel: int  # vectors of a panel of columns of q and k
    e_panel: int  # of v


def _up(size: int, unit: int) -> int:
    return -(-size // unit) * unit


def _level(size: int, most: int, unit: int) -> int:
    """The length of pieces, a multiple of ``unit``, that cut ``size`` into as few as ``most`` allows, and evenly."""
    return _up(-(-size // -(-size // most)), unit)


def sizes_of(gradient: bool, parts: int, t: int, s: int, d: int, e: int, itemsize: int) -> tuple[Sizes, int]:
    """How heads of such a shape are cut, and the scratch memory of a thread.

    Args:
        gradient: for ``attention_grad``.
        parts: stretches of queries.
        t, s, d, e: lengths of the axes T, S, D, E.
        itemsize: bytes of an element.

    Returns:
        ``Sizes``, and the number of elements.

    Example:
        >>> sizes_of(False, 1, 1000, 1, 1, 1, 4)[0].queries % ROWS
        0
    """
    lanes = lanes_of(itemsize)
    most_queries, most_keys = (_GRAD_QUERIES, _GRAD_KEYS) if gradient else (_QUERIES, _KEYS)
    keys = -(-s // -(-s // most_keys))
    panel, d_panel, e_panel = (_level(-(-n // lanes), VECTORS, 1) for n in (keys, d, e))
    keys, queries = _up(keys, panel * lanes), _level(t, most_queries, ROWS)
    wide_d, wide_e, every = _up(d, lanes), _up(e, lanes), _up(t, queries)
    tile = queries * (keys + lanes)
    if gradient:
        size = every * (2 * wide_d + wide_e + 1)  # q, gq, g, sums of rows
        size += keys * (wide_d + d + e) + _up(keys, ROWS) * (wide_d + wide_e) + 2 * tile  # k, k^T, v^T; gk, gv
    else:
        size = queries * (wide_d + wide_e + 3) + tile + _up(s, keys) * (d + wide_e)  # q, y, sums of rows; k^T, v
    return Sizes(parts, queries, keys, panel, d_panel, e_panel), _up(size + ROWS * lanes, lanes)


# -- parts of a head --------------------------------------------------------------------------------------------------


@helper
def _stretch(part: int, parts: int, t: int, causal: bool) -> tuple[int, int]:
    """The queries of a part; in causal order late ones see more keys, and parts become shorter."""
    if causal:
        return round(t * math.sqrt(part / parts)), round(t * math.sqrt((part + 1) / parts))
    return t * part // parts, t * (part + 1) // parts


@helper
def _wide(size: int, lanes: int) -> int:
    """Up to whole vectors."""
    return (size + lanes - 1) // lanes * lanes


@helper
def _pack_panels(x: Any, x0: int, step: int, count: int, depth: int, panel: int, panels: Any) -> None:
    """Rows of x, ``step`` apart, as columns of panels (depth, panel)."""
    lanes = VECTOR_BYTES // x.itemsize
    for s in range(0, count, lanes):
        place = s // panel * panel * depth + s % panel
        transpose_rows(x, x0 + s * step, step, min(lanes, count - s), depth, panels, place, panel)


@helper
def _seen(first_query: int, first_key: int, keys: int, causal: bool) -> int:
    """How many of the keys from the first one on a query sees."""
    return max(0, min(keys, first_query - first_key + 1)) if causal else keys


@helper
def _scores(
    a: Any, lda: int, depth: int, panels: Any, panel: int, rows: int, keys: int, diagonal: int, causal: bool, tile: Any,
    ld: int,
) -> None:  # fmt: skip
    """tile = a panels: rows of a times transposed keys, as far as the last row of each strip sees.

    diagonal: the position of the first query, counted from the first key.
    """
    lanes = VECTOR_BYTES // a.itemsize
    for j in range(0, keys, panel):
        for i in range(0, rows, ROWS):
            columns = _seen(diagonal + i + ROWS - 1, 0, keys, causal) - j
            if columns > 0:
                width, at = (min(columns, panel) + lanes - 1) // lanes * lanes, i * ld + j
                product(ROWS, width, depth, a, i * lda, lda, 1, panels, j * depth, panel, False, tile, at, ld)


@helper
def _add_columns(
    tile: Any, ld: int, b: Any, ldb: int, panel: int, rows: int, keys: int, diagonal: int, causal: bool, c: Any
) -> None:
    """c += tile b: weights times values or keys, (rows, ldb), as far as the last row of each strip sees."""
    lanes = VECTOR_BYTES // b.itemsize
    for j in range(0, ldb, panel * lanes):
        width = min(panel * lanes, ldb - j)
        for i in range(0, rows, ROWS):
            depth = _seen(diagonal + i + ROWS - 1, 0, keys, causal)
            if depth > 0:
                product(ROWS, width, depth, tile, i * ld, ld, 1, b, j, ldb, True, c, i * ldb + j, ldb)


@helper
def _add_rows(
    tile: Any, ld: int, b: Any, b0: int, ldb: int, panel: int, rows: int, keys: int, diagonal: int, causal: bool, c: Any
) -> None:
    """c += tile^T b, (keys, ldb): over the queries from the first one that sees a key of each strip."""
    lanes = VECTOR_BYTES // b.itemsize
    for j in range(0, ldb, panel * lanes):
        width = min(panel * lanes, ldb - j)
        for i in range(0, keys, ROWS):
            first = max(0, i - diagonal) if causal else 0
            if first < rows:
                at, to = b0 + first * ldb + j, i * ldb + j
                product(ROWS, width, rows - first, tile, first * ld + i, 1, ld, b, at, ldb, True, c, to, ldb)


@helper
def _mask_row(tile: Any, place: int, length: int, masked: int, keep: Any, added: Any, at: int, step: int) -> None:
    """A mask, if there is one, on a row of scores."""
    if masked == 1:
        keep_in_row(tile, place, length, keep, at, step)
    elif masked == 2:
        add_to_row(tile, place, length, added, at, step)


# -- forward ----------------------------------------------------------------------------------------------------------


@kernel
def attention(
    q: Any, k: Any, v: Any, masked: int, keep: Any, added: Any, scale: Any, causal: bool, y: Any, lse: Any,
    shape: tuple[int, int, int, int, int], steps: Any, sizes: Any, memory: Any,
) -> None:  # fmt: skip
    """y and lse (B*H*T,); q, k, v and the mask are given by their first elements. ``masked``: 1 by keep, 2 by added."""
    threads, (heads, t, s, d, e) = memory.shape[0], shape
    parts, queries, keys, key_vectors, _d_panel, e_panel = sizes
    jobs = lse.size // t * parts
    for thread in prange(threads):
        state = flush_denormals()
        lanes = VECTOR_BYTES // q.itemsize
        none, one, zero = q.dtype.type(-math.inf), q.dtype.type(1), q.dtype.type(0)
        panel, wide_d, wide_e, ld = key_vectors * lanes, _wide(d, lanes), _wide(e, lanes), keys + lanes
        every = (s + keys - 1) // keys * keys
        rest = memory[thread]
        q_rows, rest = rest[: queries * wide_d], rest[queries * wide_d :]
        y_rows, rest = rest[: queries * wide_e], rest[queries * wide_e :]
        k_panels, rest = rest[: every * d], rest[every * d :]
        v_rows, rest = rest[: every * wide_e], rest[every * wide_e :]
        tile, rest = rest[: queries * ld], rest[queries * ld :]
        top, before, total = rest[:queries], rest[queries : 2 * queries], rest[2 * queries :]
        for job in range(jobs * thread // threads, jobs * (thread + 1) // threads):
            head = job // parts
            b, h = head // heads, head % heads
            begin, end = _stretch(job % parts, parts, t, causal)
            used = _seen(end - 1, 0, s, causal)
            _pack_panels(k, steps[1, 0] * b + steps[1, 1] * h, steps[1, 2], used, d, panel, k_panels)
            at = steps[2, 0] * b + steps[2, 1] * h
            scale_rows(v_rows, 0, wide_e, v, at, steps[2, 2], used, e, one)
            for t0 in range(begin, end, queries):
                rows = min(queries, end - t0)
                at = steps[0, 0] * b + steps[0, 1] * h + steps[0, 2] * t0
                scale_rows(q_rows, 0, wide_d, q, at, steps[0, 2], rows, d, scale)
                top[:rows] = none
                total[:rows] = zero
                y_rows[:] = zero
                for s0 in range(0, _seen(t0 + rows - 1, 0, s, causal), keys):
                    count = min(keys, used - s0)
                    panels = k_panels[s0 * d :]
                    _scores(q_rows, wide_d, d, panels, panel, rows, count, t0 - s0, causal, tile, ld)
                    for i in range(rows):
                        length, place = _seen(t0 + i, s0, count, causal), i * ld
                        at = steps[4, 0] * b + steps[4, 1] * h + steps[4, 2] * (t0 + i) + steps[4, 3] * s0
                        _mask_row(tile, place, length, masked, keep, added, at, steps[4, 3])
                        before[i] = top[i]
                        largest_of_row(tile, place, length, top, i)
                    for i in range(rows):  # apart, as each of the two loops works on several rows at once
                        length, place = _seen(t0 + i, s0, count, causal), i * ld
                        last = _seen(t0 + i - i % ROWS + ROWS - 1, s0, count, causal)
                        shift = zero if top[i] == none else top[i]
                        if s0 > 0 and top[i] != before[i]:
                            factor = q.dtype.type(math.exp(before[i] - shift))
                            total[i] *= factor
                            scale_rows(y_rows, i * wide_e, 0, y_rows, i * wide_e, 0, 1, e, factor)
                        exp_of_row(tile, place, length, last, shift, total, i)
                    _add_columns(tile, ld, v_rows[s0 * wide_e :], wide_e, e_panel, rows, count, t0 - s0, causal, y_rows)
                for i in range(rows):
                    at = steps[3, 0] * b + steps[3, 1] * h + steps[3, 2] * (t0 + i)
                    shift, factor = (zero, one) if total[i] == zero else (top[i], one / total[i])
                    scale_rows(y, at, 0, y_rows, i * wide_e, 0, 1, e, factor)
                    lse[head * t + t0 + i] = none if total[i] == zero else shift + math.log(total[i])
        restore_denormals(state)


# -- gradient ---------------------------------------------------------------------------------------------------------


@kernel
def attention_grad(
    g: Any, q: Any, k: Any, v: Any, masked: int, keep: Any, added: Any, y: Any, lse: Any, scale: Any, causal: bool,
    gq: Any, gk: Any, gv: Any, shape: tuple[int, int, int, int, int], steps: Any, sizes: Any, memory: Any,
) -> None:  # fmt: skip
    """gq (B,H,T,D), and for every part of the queries gk (B,H,S,D) and gv (B,H,S,E), given as in ``attention``."""
    threads, (heads, t, s, d, e) = memory.shape[0], shape
    parts, queries, keys, key_vectors, d_panel, e_panel = sizes
    jobs = lse.size // t * parts
    for thread in prange(threads):
        state = flush_denormals()
        lanes = VECTOR_BYTES // q.itemsize
        none, one, zero = q.dtype.type(-math.inf), q.dtype.type(1), q.dtype.type(0)
        panel, wide_d, wide_e, ld = key_vectors * lanes, _wide(d, lanes), _wide(e, lanes), keys + lanes
        every, high = (t + queries - 1) // queries * queries, (keys + ROWS - 1) // ROWS * ROWS
        rest = memory[thread]
        q_rows, rest = rest[: every * wide_d], rest[every * wide_d :]
        gq_rows, rest = rest[: every * wide_d], rest[every * wide_d :]
        g_rows, rest = rest[: every * wide_e], rest[every * wide_e :]
        k_rows, rest = rest[: keys * wide_d], rest[keys * wide_d :]
        k_panels, rest = rest[: keys * d], rest[keys * d :]
        v_panels, rest = rest[: keys * e], rest[keys * e :]
        gk_rows, rest = rest[: high * wide_d], rest[high * wide_d :]
        gv_rows, rest = rest[: high * wide_e], rest[high * wide_e :]
        tile, rest = rest[: queries * ld], rest[queries * ld :]
        g_tile, rest = rest[: queries * ld], rest[queries * ld :]
        delta = rest
        for job in range(jobs * thread // threads, jobs * (thread + 1) // threads):
            head, part = job // parts, job % parts
            b, h = head // heads, head % heads
            begin, end = _stretch(part, parts, t, causal)
            at = steps[0, 0] * b + steps[0, 1] * h + steps[0, 2] * begin
            scale_rows(q_rows, 0, wide_d, q, at, steps[0, 2], end - begin, d, scale)
            at = steps[3, 0] * b + steps[3, 1] * h + steps[3, 2] * begin
            g_at = steps[5, 0] * b + steps[5, 1] * h + steps[5, 2] * begin
            scale_rows(g_rows, 0, wide_e, g, g_at, steps[5, 2], end - begin, e, one)
            dots_of_rows(delta, y, at, steps[3, 2], g_rows, 0, wide_e, end - begin, e)
            gq_rows[:] = zero
            for s0 in range(0, s, keys):
                count = min(keys, s - s0)
                at = steps[1, 0] * b + steps[1, 1] * h + steps[1, 2] * s0
                scale_rows(k_rows, 0, wide_d, k, at, steps[1, 2], count, d, one)
                _pack_panels(k_rows, 0, wide_d, count, d, panel, k_panels)
                at = steps[2, 0] * b + steps[2, 1] * h + steps[2, 2] * s0
                _pack_panels(v, at, steps[2, 2], count, e, panel, v_panels)
                gk_rows[:] = zero
                gv_rows[:] = zero
                for t0 in range(begin, end, queries):
                    rows, first = min(queries, end - t0), t0 - begin
                    diagonal = t0 - s0
                    if causal and diagonal + rows <= 0:
                        continue
                    q_here, g_here = q_rows[first * wide_d :], g_rows[first * wide_e :]
                    _scores(q_here, wide_d, d, k_panels, panel, rows, count, diagonal, causal, tile, ld)
                    _scores(g_here, wide_e, e, v_panels, panel, rows, count, diagonal, causal, g_tile, ld)
                    for i in range(rows):
                        length, place = _seen(t0 + i, s0, count, causal), i * ld
                        at = steps[4, 0] * b + steps[4, 1] * h + steps[4, 2] * (t0 + i) + steps[4, 3] * s0
                        _mask_row(tile, place, length, masked, keep, added, at, steps[4, 3])
                        shift = lse[head * t + t0 + i]
                        shift = zero if shift == none else shift
                        grad_of_row(tile, place, g_tile, place, length, count, shift, delta[first + i])
                    _add_rows(tile, ld, g_here, 0, wide_e, e_panel, rows, count, diagonal, causal, gv_rows)
                    _add_rows(g_tile, ld, q_here, 0, wide_d, d_panel, rows, count, diagonal, causal, gk_rows)
                    gq_here = gq_rows[first * wide_d :]
                    _add_columns(g_tile, ld, k_rows, wide_d, d_panel, rows, count, diagonal, causal, gq_here)
                at = steps[7, 0] * b + steps[7, 1] * h + steps[7, 2] * s0 + steps[7, 3] * part
                scale_rows(gk, at, steps[7, 2], gk_rows, 0, wide_d, count, d, one)
                at = steps[8, 0] * b + steps[8, 1] * h + steps[8, 2] * s0 + steps[8, 3] * part
                scale_rows(gv, at, steps[8, 2], gv_rows, 0, wide_e, count, e, one)
            at = steps[6, 0] * b + steps[6, 1] * h + steps[6, 2] * begin
            scale_rows(gq, at, steps[6, 2], gq_rows, 0, wide_d, end - begin, d, scale)
        restore_denormals(state)
