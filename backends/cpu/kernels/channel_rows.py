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


def _parts(e: Emitter, length: Any) -> tuple[Any, Any, Any, Any]:
    """Whole vectors in a row; where the rest begins, its mask, and whether there is one, 0 or 1."""
    whole = e.builder.sdiv(length, e.index(e.lanes))
    last = e.times(whole, e.lanes)
    rest = e.builder.sub(length, last)
    more = e.builder.zext(e.builder.icmp_signed(">", rest, e.index(0)), last.type)
    return whole, last, e.within(0, rest), more


def _sums(e: Emitter, rows: Any, apart: Any, length: Any, terms: Callable[[Any, Any], list[Any]], out: Any) -> None:
    """out[j] = sum of terms(place, mask)[j], vectors, over all rows; two terms. No mask stands for a whole vector."""
    b, real = e.builder, ir.DoubleType()
    double = ir.VectorType(real, e.lanes)
    whole, last, mask, more = _parts(e, length)

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
    name = f"llvm.vector.reduce.fadd.v{e.lanes}f64"
    module = b.module
    add = module.globals.get(name) or ir.Function(module, ir.FunctionType(real, [real, double]), name)
    for j, total in enumerate(e.loop(rows, [none, none], row)):
        b.store(b.call(add, [ir.Constant(real, -0.0), total], fastmath=("reassoc",)), e.at(out, j))


def _loaded(e: Emitter, pointer: Any, mask: Any) -> Any:
    """A vector, whole where there is no mask."""
    return e.load(pointer) if mask is None else e.load_masked(pointer, mask)


@intrinsic
def grad_sums(
    context: Any, g: Any, x: Any, start: Any, apart: Any, rows: Any, length: Any, middle: Any, out: Any
) -> tuple[Any, Callable[..., Any]]:
    """out[0] = sum of g, out[1] = sum of g * (x - middle) over the channel that begins at ``start``; out float64."""

    def generate(e: Emitter, kinds: Any, values: Any) -> None:
        g, x, start, apart, rows, length, middle, out = values
        b, gradient, source, middle = e.builder, e.data(kinds[0], g, start), e.data(kinds[1], x, start), e.splat(middle)

        def terms(place: Any, mask: Any) -> list[Any]:
            upper = _loaded(e, e.at(gradient, place), mask)
            return [upper, b.fmul(upper, b.fsub(_loaded(e, e.at(source, place), mask), middle))]

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
    """gx = factor * (g - share - (x - middle) * slope) over the channel that begins at ``start``.

    From the last row to the first: those that ``grad_sums`` read last are still in a cache.
    """

    def generate(e: Emitter, kinds: Any, values: Any) -> None:
        g, x, gx, start, apart, rows, length, *scalars = values
        b = e.builder
        places = [e.data(kind, array, start) for kind, array in zip(kinds[:3], (g, x, gx), strict=True)]
        middle, factor, share, slope = (e.splat(scalar) for scalar in scalars)

        whole, last, rest, more = _parts(e, length)

        def row(r: Any, _: list[Any]) -> list[Any]:
            lines = [e.at(place, e.times(e.plus(rows, -1, b.neg(r)), apart)) for place in places]

            def vector(i: Any, mask: Any) -> Any:
                upper, value = (_loaded(e, e.at(line, i), mask) for line in lines[:2])
                return b.fmul(b.fsub(b.fsub(upper, share), b.fmul(b.fsub(value, middle), slope)), factor)

            def one(v: Any, _: list[Any]) -> list[Any]:
                i = e.times(v, e.lanes)
                e.store(vector(i, None), e.at(lines[2], i))
                return []

            def end(_: Any, __: list[Any]) -> list[Any]:
                e.store_masked(vector(last, rest), e.at(lines[2], last), rest)
                return []

            e.loop(whole, [], one)
            return e.loop(more, [], end)

        e.loop(rows, [], row)

    return types.void(g, x, gx, start, apart, rows, length, middle, factor, share, slope), emits(generate)
