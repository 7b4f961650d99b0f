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


def _vectors(e: Emitter, length: Any) -> Any:
    """How many vectors cover so many elements."""
    return e.builder.sdiv(e.plus(length, e.lanes - 1), e.index(e.lanes))


def _sums(e: Emitter, rows: Any, apart: Any, length: Any, terms: Callable[[Any, Any], list[Any]], out: Any) -> None:
    """out[j] = sum of terms(place, mask)[j], vectors, over all rows; two terms."""
    b, real = e.builder, ir.DoubleType()
    double = ir.VectorType(real, e.lanes)
    none = ir.Constant(double, [0.0] * e.lanes)
    vectors = _vectors(e, length)

    def row(r: Any, totals: list[Any]) -> list[Any]:
        start = e.times(r, apart)

        def run(c: Any, totals: list[Any]) -> list[Any]:
            first = e.times(c, _RUN)
            left = b.sub(vectors, first)
            count = b.select(b.icmp_signed("<", left, e.index(_RUN)), left, e.index(_RUN))

            def vector(v: Any, parts: list[Any]) -> list[Any]:
                i = e.times(b.add(first, v), e.lanes)
                values = terms(b.add(start, i), e.within(0, b.sub(length, i)))
                return [b.fadd(part, value) for part, value in zip(parts, values, strict=True)]

            parts = e.loop(count, [e.zero, e.zero], vector)
            wide = parts if e.itemsize == 8 else [b.fpext(part, double) for part in parts]
            return [b.fadd(total, part) for total, part in zip(totals, wide, strict=True)]

        return e.loop(b.sdiv(e.plus(vectors, _RUN - 1), e.index(_RUN)), totals, run)

    name = f"llvm.vector.reduce.fadd.v{e.lanes}f64"
    module = b.module
    add = module.globals.get(name) or ir.Function(module, ir.FunctionType(real, [real, double]), name)
    for j, total in enumerate(e.loop(rows, [none, none], row)):
        b.store(b.call(add, [ir.Constant(real, -0.0), total], fastmath=("reassoc",)), e.at(out, j))


@intrinsic
def grad_sums(
    context: Any, g: Any, x: Any, start: Any, apart: Any, rows: Any, length: Any, middle: Any, out: Any
) -> tuple[Any, Callable[..., Any]]:
    """out[0] = sum of g, out[1] = sum of g * (x - middle) over the channel that begins at ``start``; out float64."""

    def generate(e: Emitter, kinds: Any, values: Any) -> None:
        g, x, start, apart, rows, length, middle, out = values
        b, gradient, source, middle = e.builder, e.data(kinds[0], g, start), e.data(kinds[1], x, start), e.splat(middle)

        def terms(place: Any, mask: Any) -> list[Any]:
            upper = e.load_masked(e.at(gradient, place), mask)
            return [upper, b.fmul(upper, b.fsub(e.load_masked(e.at(source, place), mask), middle))]

        _sums(e, rows, apart, length, terms, e.data(kinds[7], out))

    return types.void(g, x, start, apart, rows, length, middle, out), emits(generate)


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
    """gx = factor * (g - share - (x - middle) * slope) over the channel that begins at ``start``."""

    def generate(e: Emitter, kinds: Any, values: Any) -> None:
        g, x, gx, start, apart, rows, length, *scalars = values
        b = e.builder
        places = [e.data(kind, array, start) for kind, array in zip(kinds[:3], (g, x, gx), strict=True)]
        middle, factor, share, slope = (e.splat(scalar) for scalar in scalars)

        def row(r: Any, _: list[Any]) -> list[Any]:
            gradient, source, target = (e.at(place, e.times(r, apart)) for place in places)

            def vector(v: Any, _: list[Any]) -> list[Any]:
                i = e.times(v, e.lanes)
                mask = e.within(0, b.sub(length, i))
                upper = b.fsub(e.load_masked(e.at(gradient, i), mask), share)
                part = b.fmul(b.fsub(e.load_masked(e.at(source, i), mask), middle), slope)
                e.store_masked(b.fmul(b.fsub(upper, part), factor), e.at(target, i), mask)
                return []

            e.loop(_vectors(e, length), [], vector)
            return []

        e.loop(rows, [], row)

    return types.void(g, x, gx, start, apart, rows, length, middle, factor, share, slope), emits(generate)
