"""Sums of few outer products whose result no cache holds: the gradient of a large weight from a small batch.

Memory limits them, so results are written past the caches: a plain store to a line that is not there reads it first.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import prange, types
from numba.extending import intrinsic

from backends.cpu.kernels.jit import kernel
from backends.cpu.kernels.vector import REGISTERS, VECTOR_BYTES, Emitter, emits, flush_denormals, restore_denormals

ROWS = 6
VECTORS = 4 if REGISTERS == 32 else 2
_NEAR = 1 << 15  # bytes of b that a thread uses for all its rows: they should stay in the first-level cache


def _sums(e: Emitter, values: Any, kinds: Any, wide: int) -> list[tuple[Any, Any]]:
    """(place, sum) of each vector of ``outer_tile``."""
    a, a0, lda, depth, b, b0, ldb, c, c0, ldc = values
    left, right, target = e.data(kinds[0], a, a0), e.data(kinds[4], b, b0), e.data(kinds[7], c, c0)

    def step(k: Any, sums: list[Any]) -> list[Any]:
        column, row, out = e.at(left, e.times(k, lda)), e.at(right, e.times(k, ldb)), []
        inputs = [e.load(e.at(row, j * e.lanes)) for j in range(wide)]
        for r in range(ROWS):
            w = e.broadcast(e.at(column, r))
            out += [e.multiply_add(w, inputs[j], sums[r * wide + j]) for j in range(wide)]
        return out

    places = [e.at(e.at(target, e.times(ldc, r)), j * e.lanes) for r in range(ROWS) for j in range(wide)]
    return list(zip(places, e.loop(depth, [e.zero] * len(places), step), strict=True))


@intrinsic
def outer_tile(
    context: Any, a: Any, a0: Any, lda: Any, depth: Any, b: Any, b0: Any, ldb: Any, c: Any, c0: Any, ldc: Any
) -> tuple[Any, Callable[..., Any]]:
    """c[c0 + r*ldc + j] = sum over k < depth of a[a0 + k*lda + r] * b[b0 + k*ldb + j], past the caches.

    r < ROWS; j < VECTORS * lanes; the places in c begin lines of the cache.
    """

    def generate(e: Emitter, kinds: Any, values: Any) -> None:
        past = e.builder.module.add_metadata([ir.Constant(ir.IntType(32), 1)])
        for place, total in _sums(e, values, kinds, VECTORS):
            store = e.builder.store(total, e.builder.bitcast(place, e.vector.as_pointer()))
            store.align = VECTOR_BYTES
            store.set_metadata("nontemporal", past)

    args = a, a0, lda, depth, b, b0, ldb, c, c0, ldc
    return types.void(*args), emits(generate)


@intrinsic
def outer_edge(
    context: Any, a: Any, a0: Any, lda: Any, depth: Any, b: Any, b0: Any, ldb: Any, c: Any, c0: Any, ldc: Any
) -> tuple[Any, Callable[..., Any]]:
    """As ``outer_tile``, one vector wide and to any place."""

    def generate(e: Emitter, kinds: Any, values: Any) -> None:
        for place, total in _sums(e, values, kinds, 1):
            e.store(total, place)

    args = a, a0, lda, depth, b, b0, ldb, c, c0, ldc
    return types.void(*args), emits(generate)


@intrinsic
def _written(context: Any) -> tuple[Any, Callable[..., Any]]:
    """Waits until what was stored past the caches is there."""

    def code(context: Any, builder: Any, _signature: Any, _args: Any) -> Any:
        builder.fence("seq_cst")
        return context.get_dummy_value()

    return types.void(), code


@kernel
def outer_sum(a: Any, b: Any, c: Any, threads: int) -> None:
    """c (M,N) = sum over k of the outer products of a (K,M) and b (K,N).

    M at least ROWS; N in whole vectors, more than VECTORS of them. Tiles at the ends overlap.
    """
    for t in prange(threads):
        state = flush_denormals()
        (depth, m), n = a.shape, b.shape[1]
        x, y, z = a.reshape(-1), b.reshape(-1), c.reshape(-1)
        lanes = VECTOR_BYTES // a.itemsize
        lead = -(c.ctypes.data % VECTOR_BYTES) // a.itemsize % lanes  # columns before the first line's beginning
        last = lead + (n - lead) // lanes * lanes - VECTORS * lanes  # where the last tile begins
        across = max(1, _NEAR // (depth * VECTORS * VECTOR_BYTES)) * VECTORS * lanes
        groups = (m + ROWS - 1) // ROWS
        first, end = groups * t // threads, groups * (t + 1) // threads
        end_of_tiles = last + VECTORS * lanes
        columns = np.empty(max(0, end - first) * depth * ROWS, a.dtype)  # both are copied: what lies a row apart
        rows = np.empty(depth * across, a.dtype)  # often falls into the same few lines of a cache
        for group in range(first, end):
            i = min(group * ROWS, m - ROWS)
            for k in range(depth):
                for r in range(ROWS):
                    columns[((group - first) * depth + k) * ROWS + r] = x[k * m + i + r]
        for j0 in range(lead, end_of_tiles, across):
            start, j1 = min(j0, last), min(j0 + across, end_of_tiles)
            for k in range(depth):
                rows[k * across : k * across + j1 - start] = y[k * n + start : k * n + j1]
            for group in range(first, end):
                i, place = min(group * ROWS, m - ROWS), (group - first) * depth * ROWS
                if j0 == lead:
                    outer_edge(columns, place, ROWS, depth, y, 0, n, z, i * n, n)
                    outer_edge(columns, place, ROWS, depth, y, n - lanes, n, z, i * n + n - lanes, n)
                for j in range(start, j1, VECTORS * lanes):
                    at = min(j, last)
                    outer_tile(columns, place, ROWS, depth, rows, at - start, across, z, i * n + at, n)
        _written()
        restore_denormals(state)
