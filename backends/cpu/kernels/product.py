"""The micro-kernel for products of matrices that a kernel makes and uses at once, such as attention's tiles of scores.

It is the picture of ``tile.py`` without packed weights. Of the left operand only single elements are read, each to be put
into every lane of a vector; so it may lie either way, one row after the other or one column after the other, and needs
no packing. Of the right operand whole vectors are read: its rows lie one after the other, as far apart as they like.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import types
from numba.extending import intrinsic

from backends.cpu.kernels.vector import REGISTERS, Emitter, emits

ROWS = 6
VECTORS = 4 if REGISTERS == 32 else 2  # in a row: 24 or 12 sums, and as many inputs, fill the registers


def _product(columns: bool, add: bool, *args: Any) -> tuple[Any, Callable[..., Any]]:
    """Signature and code: of the left operand columns or rows lie side by side; add to c, or set it."""

    def generate(e: Emitter, kinds: Any, values: Any) -> None:
        vectors, depth, a, a0, lda, b, b0, ldb, c, c0, ldc = values
        left, right, target = e.data(kinds[2], a, a0), e.data(kinds[5], b, b0), e.data(kinds[8], c, c0)
        rows = [e.at(left, r if columns else e.times(lda, r)) for r in range(ROWS)]

        def one(wide: int) -> None:
            def step(k: Any, sums: list[Any]) -> list[Any]:
                row = e.at(right, e.times(k, ldb))
                inputs = [e.load(e.at(row, j * e.lanes)) for j in range(wide)]
                across, out = e.times(k, lda) if columns else k, []
                for r in range(ROWS):
                    w = e.broadcast(e.at(rows[r], across))
                    out += [e.multiply_add(w, inputs[j], sums[r * wide + j]) for j in range(wide)]
                return out

            places = [e.at(e.at(target, e.times(ldc, r)), j * e.lanes) for r in range(ROWS) for j in range(wide)]
            for place, total in zip(places, e.loop(depth, [e.zero] * len(places), step), strict=True):
                e.store(e.builder.fadd(e.load(place), total) if add else total, place)

        e.cases(vectors, range(1, VECTORS + 1), one)

    return types.void(*args), emits(generate)


@intrinsic
def product(
    context: Any,
    vectors: Any,
    depth: Any,
    a: Any,
    a0: Any,
    lda: Any,
    b: Any,
    b0: Any,
    ldb: Any,
    c: Any,
    c0: Any,
    ldc: Any,
) -> tuple[Any, Callable[..., Any]]:
    """c[c0 + r*ldc + j] = sum over k < depth of a[a0 + r*lda + k] * b[b0 + k*ldb + j].

    r < ROWS; j < vectors * lanes, vectors <= VECTORS.
    """
    return _product(False, False, vectors, depth, a, a0, lda, b, b0, ldb, c, c0, ldc)


@intrinsic
def product_add(
    context: Any,
    vectors: Any,
    depth: Any,
    a: Any,
    a0: Any,
    lda: Any,
    b: Any,
    b0: Any,
    ldb: Any,
    c: Any,
    c0: Any,
    ldc: Any,
) -> tuple[Any, Callable[..., Any]]:
    """As ``product``, with += instead of =."""
    return _product(False, True, vectors, depth, a, a0, lda, b, b0, ldb, c, c0, ldc)


@intrinsic
def turned_product_add(
    context: Any,
    vectors: Any,
    depth: Any,
    a: Any,
    a0: Any,
    lda: Any,
    b: Any,
    b0: Any,
    ldb: Any,
    c: Any,
    c0: Any,
    ldc: Any,
) -> tuple[Any, Callable[..., Any]]:
    """c[c0 + r*ldc + j] += sum over k < depth of a[a0 + k*lda + r] * b[b0 + k*ldb + j]: a is read by columns."""
    return _product(True, True, vectors, depth, a, a0, lda, b, b0, ldb, c, c0, ldc)
