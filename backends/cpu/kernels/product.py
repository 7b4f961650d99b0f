"""The micro-kernel of matrix products, on operands where they lie.

It is the picture of ``tile.py`` without packed weights. Of the left operand only single elements are read, each to be put
into every lane of a vector; so it may lie either way, one row after the other or one column after the other. Of the right
operand whole vectors are read: its rows lie one after the other, as far apart as they like.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import types
from numba.extending import intrinsic

from backends.cpu.kernels.vector import REGISTERS, Emitter, emits

# 24 or 12 sums, the inputs and a broadcast fill the registers. The long tile loads least for each multiply-add; the high one
# divides 8, 16, 32 ... rows.
ROWS, VECTORS = 6, 4 if REGISTERS == 32 else 2
HIGH_ROWS, HIGH_VECTORS = 8 if REGISTERS == 32 else 4, 3


def _product(height: int, vectors: int, args: tuple[Any, ...]) -> tuple[Any, Callable[..., Any]]:
    """Signature and code of ``product`` for tiles of so many rows and vectors."""

    def generate(e: Emitter, kinds: Any, values: Any) -> None:
        rows, width, depth, a, a0, row_step, k_step, b, b0, ldb, add, c, c0, ldc = values
        left, right, target = e.data(kinds[3], a, a0), e.data(kinds[7], b, b0), e.data(kinds[11], c, c0)
        last = e.plus(rows, -1)
        there = [e.builder.icmp_signed("<", e.index(r), rows) for r in range(height)]
        lines = [e.at(left, e.times(row_step, e.builder.select(there[r], e.index(r), last))) for r in range(height)]

        def one(wide: int) -> None:
            def step(k: Any, sums: list[Any]) -> list[Any]:
                row, across, out = e.at(right, e.times(k, ldb)), e.times(k, k_step), []
                inputs = [e.load(e.at(row, j * e.lanes)) for j in range(wide)]
                for r in range(height):
                    w = e.broadcast(e.at(lines[r], across))
                    out += [e.multiply_add(w, inputs[j], sums[r * wide + j]) for j in range(wide)]
                return out

            places = [e.at(e.at(target, e.times(ldc, r)), j * e.lanes) for r in range(height) for j in range(wide)]

            def stretch(r: Any, sums: list[Any]) -> list[Any]:
                line, first = e.at(target, e.times(ldc, r)), e.times(part, r)
                for j in range(wide):
                    e.prefetch(e.at(line, j * e.lanes))
                e.prefetch(e.at(line, wide * e.lanes - 1))
                rest = e.builder.sub(depth, first)
                count = e.builder.select(e.builder.icmp_signed("==", r, e.index(height - 1)), rest, part)
                return e.loop(count, sums, lambda k, values: step(e.plus(first, k), values))

            part = e.builder.sdiv(depth, e.index(height))
            sums = e.loop(height, [e.zero] * len(places), stretch)
            mask = e.within(0, e.plus(width, -(wide - 1) * e.lanes))  # of the last vector
            for r in range(height):
                with e.builder.if_then(there[r]), e.builder.if_else(add) as (added, written):
                    for case, adding in ((added, True), (written, False)):
                        with case:
                            for j in range(wide):
                                place, total = places[r * wide + j], sums[r * wide + j]
                                write(place, total, adding, mask if j == wide - 1 else None)

        def write(place: Any, total: Any, adding: bool, mask: Any) -> None:
            if mask is None:
                e.store(e.builder.fadd(e.load(place), total) if adding else total, place)
            else:
                e.store_masked(e.builder.fadd(e.load_masked(place, mask), total) if adding else total, place, mask)

        needed = e.builder.udiv(e.plus(width, e.lanes - 1), e.index(e.lanes))
        e.cases(needed, range(1, vectors + 1), one)

    return types.void(*args), emits(generate, apart=True, variant=f"{height}x{vectors}")


@intrinsic
def product(
    context: Any,
    rows: Any,
    width: Any,
    depth: Any,
    a: Any,
    a0: Any,
    row_step: Any,
    k_step: Any,
    b: Any,
    b0: Any,
    ldb: Any,
    add: Any,
    c: Any,
    c0: Any,
    ldc: Any,
) -> tuple[Any, Callable[..., Any]]:
    """c[c0 + r*ldc + j] = (+= if ``add``) sum over k < depth of a[a0 + r*row_step + k*k_step] * b[b0 + k*ldb + j].

    r < rows <= ROWS; j < width <= VECTORS * lanes; b is read to the end of the last vector. Rows that are not there
    repeat the last one and are not stored.

    What the sums are written to is fetched meanwhile, one row in each ROWS-th of k: a load of b that waits behind all of
    these lines at once, since a core waits for a dozen only, would hold up everything. Where a row does not begin with a
    line of the cache, it ends in one more.
    """
    return _product(ROWS, VECTORS, (rows, width, depth, a, a0, row_step, k_step, b, b0, ldb, add, c, c0, ldc))


@intrinsic
def product_high(
    context: Any,
    rows: Any,
    width: Any,
    depth: Any,
    a: Any,
    a0: Any,
    row_step: Any,
    k_step: Any,
    b: Any,
    b0: Any,
    ldb: Any,
    add: Any,
    c: Any,
    c0: Any,
    ldc: Any,
) -> tuple[Any, Callable[..., Any]]:
    """As ``product``, with rows <= HIGH_ROWS and width <= HIGH_VECTORS * lanes."""
    return _product(HIGH_ROWS, HIGH_VECTORS, (rows, width, depth, a, a0, row_step, k_step, b, b0, ldb, add, c, c0, ldc))
