"""Passes over one channel of an array (N,C,L): rows of L elements, ``apart`` elements from one to the next.

Where rows are short, loops that compilers make spend their time in the remainder. Arrays are flat, positions in elements.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from backends.cpu.kernels.vector import Emitter, emits

_RUN = 64  # vectors that are added up in the arrays' own dtype before the sum goes on in float64
_TOGETHER = 4  # of them that are added to sums of their own: an addition waits for the one before


def _sums(e: Emitter, rows: Any, apart: Any, length: Any, terms: Callable[[Any, Any], list[Any]], out: Any) -> None:
    """out[j] = sum of terms(place, mask)[j], vectors, over all rows; two terms. No mask stands for a whole vector."""
    b, double = e.builder, ir.VectorType(ir.DoubleType(), e.lanes)
    whole, last, mask, more = e.parts(length)

    def widened(totals: list[Any], parts: list[Any]) -> list[Any]:
        wide = parts if e.itemsize == 8 else [b.fpext(part, double) for part in parts]
        return [b.fadd(total, part) for total, part in zip(totals, wide, strict=True)]

    def row(r: Any, totals: list[Any]) -> list[Any]:
        start = e.times(r, apart)

        def run(c: Any, totals: list[Any]) -> list[Any]:
            first = e.times(c, _RUN)
            left = b.sub(whole, first)
            count = b.select(b.icmp_signed("<", left, e.index(_RUN)), left, e.index(_RUN))

            def vectors(number: int, begin: Any) -> Callable[[Any, list[Any]], list[Any]]:
                def some(v: Any, parts: list[Any]) -> list[Any]:
                    place, values = b.add(start, e.times(b.add(begin, e.times(v, number)), e.lanes)), []
                    for k in range(number):
                        values += terms(e.plus(place, k * e.lanes), None)
                    return [b.fadd(part, value) for part, value in zip(parts, values, strict=True)]

                return some

            together = b.sdiv(count, e.index(_TOGETHER))
            parts = e.loop(together, [e.zero] * (2 * _TOGETHER), vectors(_TOGETHER, first))
            while len(parts) > 2:
                half = len(parts) // 2
                parts = [b.fadd(x, y) for x, y in zip(parts[:half], parts[half:], strict=True)]
            done = e.times(together, _TOGETHER)
            return widened(totals, e.loop(b.sub(count, done), parts, vectors(1, b.add(first, done))))

        def rest(_: Any, totals: list[Any]) -> list[Any]:
            return widened(totals, terms(b.add(start, last), mask))

        totals = e.loop(b.sdiv(e.plus(whole, _RUN - 1), e.index(_RUN)), totals, run)
        return e.loop(more, totals, rest)

    none = ir.Constant(double, [0.0] * e.lanes)
    for j, total in enumerate(e.loop(rows, [none, none], row)):
        b.store(e.lane_sum(total), e.at(out, j))


@intrinsic
def grad_sums(
    context: Any, g: Any, x: Any, start: Any, apart: Any, rows: Any, length: Any, middle: Any, out: Any
) -> tuple[Any, Callable[..., Any]]:
    """out[0] = sum of g, out[1] = sum of g * (x - middle) over the channel that begins at ``start``; out float64."""

    def generate(e: Emitter, kinds: Any, values: Any) -> None:
        g, x, start, apart, rows, length, middle, out = values
        b, gradient, source, middle = e.builder, e.data(kinds[0], g, start), e.data(kinds[1], x, start), e.splat(middle)

        def terms(place: Any, mask: Any) -> list[Any]:
            upper = e.loaded(e.at(gradient, place), mask)
            return [upper, b.fmul(upper, b.fsub(e.loaded(e.at(source, place), mask), middle))]

        _sums(e, rows, apart, length, terms, e.data(kinds[7], out))

    return types.void(g, x, start, apart, rows, length, middle, out), emits(generate)


@intrinsic
def masked_grad_sums(
    context: Any,
    g: Any,
    y: Any,
    x: Any,
    passed: Any,
    start: Any,
    apart: Any,
    rows: Any,
    length: Any,
    middle: Any,
    out: Any,
) -> tuple[Any, Callable[..., Any]]:
    """passed = g where y > 0, else 0, and the sums of ``grad_sums`` of it."""

    def generate(e: Emitter, kinds: Any, values: Any) -> None:
        *arrays, start, apart, rows, length, middle, out = values
        g, y, x, passed = (e.data(kind, array, start) for kind, array in zip(kinds[:4], arrays, strict=True))
        b, middle = e.builder, e.splat(middle)

        def terms(place: Any, mask: Any) -> list[Any]:
            upper, result, source = (e.loaded(e.at(array, place), mask) for array in (g, y, x))
            upper = b.select(b.fcmp_ordered(">", result, e.zero), upper, e.zero)
            e.put(upper, e.at(passed, place), mask)
            return [upper, b.fmul(upper, b.fsub(source, middle))]

        _sums(e, rows, apart, length, terms, e.data(kinds[9], out))

    return types.void(g, y, x, passed, start, apart, rows, length, middle, out), emits(generate)


@intrinsic
def center_rows(
    context: Any,
    g: Any,
    x: Any,
    gx: Any,
    start: Any,
    apart: Any,
    rows: Any,
    length: Any,
    middle: Any,
    factor: Any,
    share: Any,
    slope: Any,
) -> tuple[Any, Callable[..., Any]]:
    """gx = factor * (g - share - (x - middle) * slope) over the channel that begins at ``start``.

    From the last row to the first: those that ``grad_sums`` read last are still in a cache.
    """

    def generate(e: Emitter, kinds: Any, values: Any) -> None:
        g, x, gx, start, apart, rows, length, *scalars = values
        b = e.builder
        places = [e.data(kind, array, start) for kind, array in zip(kinds[:3], (g, x, gx), strict=True)]
        middle, factor, share, slope = (e.splat(scalar) for scalar in scalars)

        def row(r: Any, _: list[Any]) -> list[Any]:
            gradient, source, target = (e.at(place, e.times(e.plus(rows, -1, b.neg(r)), apart)) for place in places)

            def vector(i: Any, mask: Any) -> list[Any]:
                upper = b.fsub(e.loaded(e.at(gradient, i), mask), share)
                part = b.fmul(b.fsub(e.loaded(e.at(source, i), mask), middle), slope)
                e.put(b.fmul(b.fsub(upper, part), factor), e.at(target, i), mask)
                return []

            return e.along(length, [], vector)

        e.loop(rows, [], row)

    return types.void(g, x, gx, start, apart, rows, length, middle, factor, share, slope), emits(generate)
