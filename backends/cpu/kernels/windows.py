"""Rows of pooled windows, a vector of outputs at a time, and the way back.

Output i of a row reads, for each row of its window and each tap k in it, the element at first + k*dilation + i*stride of a
row of the input. Where that lies in the input for only some outputs, the others are masked: ``spans`` holds for each tap
the first output and the last + 1 that meet the input. Rows of the window that lie outside are not named at all. All
arrays are flat; positions are in elements.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from backends.cpu.kernels.vector import Emitter, emits

_I32, _I64 = ir.IntType(32), ir.IntType(64)


def _splat(e: Emitter, value: Any) -> Any:
    """An int32 in every lane."""
    return e.splat(e.builder.trunc(value, _I32))


def _strided(e: Emitter, stride: int | Any, start: Any, i: Any, first: Any, last: Any) -> Any:
    """Elements start[(i + lane) * stride] where first <= i + lane < last, else 0; a stride known here is quicker."""
    b = e.builder
    mask = e.within(b.sub(first, i), b.sub(last, i))
    if stride == 1:
        return e.load_masked(e.at(start, i), mask)
    place = e.at(start, e.times(i, stride))
    if stride == 2:
        begin, end = e.times(b.sub(first, i), 2), e.plus(e.times(b.sub(last, i), 2), -1)
        halves = []
        for h in range(2):
            inside = e.within(b.sub(begin, e.index(h * e.lanes)), b.sub(end, e.index(h * e.lanes)))
            halves.append(e.load_masked(e.at(place, h * e.lanes), inside))
        return e.shuffle(halves[0], halves[1], range(0, 2 * e.lanes, 2))
    lanes = ir.Constant(ir.VectorType(_I64, e.lanes), list(range(e.lanes)))
    addresses = b.add(e.splat(b.ptrtoint(place, _I64)), b.mul(lanes, e.splat(e.times(stride, e.itemsize))))
    pointers = b.inttoptr(addresses, ir.VectorType(ir.PointerType(), e.lanes))
    args = [pointers, ir.Constant(_I32, e.itemsize), mask, e.zero]
    return e.call(f"llvm.masked.gather.{e.suffix()}.v{e.lanes}p0", e.vector, args)


def _each_stride(e: Emitter, stride: Any, body: Callable[[int | Any], None]) -> None:
    """body(stride), compiled apart for 1 and 2."""
    b = e.builder
    with b.if_else(b.icmp_signed("==", stride, e.index(1))) as (one, other):
        with one:
            body(1)
        with other, b.if_else(b.icmp_signed("==", stride, e.index(2))) as (two, more):
            with two:
                body(2)
            with more:
                body(stride)


def _walk(
    e: Emitter, length: Any, rows: Any, count: Any, spans: Any, taps: Any, steps: Any, starts: Any, visit: Any, end: Any
) -> None:
    """For each vector of outputs: visit(i, carried, value, mask, place) for each tap of each row, then end(i, carried)."""
    b = e.builder
    x, first, stride, dilation = steps

    def run(stride: int | Any) -> None:
        def vector(v: Any, _: list[Any]) -> list[Any]:
            i = e.times(v, e.lanes)

            def row(r: Any, carried: list[Any]) -> list[Any]:
                head = e.plus(e.entry(e.at(rows, r)), first)

                def tap(k: Any, carried: list[Any]) -> list[Any]:
                    low, high = (e.entry(e.at(spans, e.plus(e.times(k, 2), side))) for side in range(2))
                    place = e.plus(head, e.times(k, dilation))
                    value = _strided(e, stride, e.at(x, place), i, low, high)
                    mask = e.within(b.sub(low, i), b.sub(high, i))
                    return visit(carried, value, mask, e.plus(place, e.times(i, stride)), stride)

                return e.loop(taps, carried, tap)

            end(i, e.loop(count, starts, row))
            return []

        e.loop(b.sdiv(e.plus(length, e.lanes - 1), e.index(e.lanes)), [], vector)

    _each_stride(e, stride, run)


@intrinsic
def sum_windows(
    context: Any,
    x: Any,
    x0: Any,
    rows: Any,
    count: Any,
    spans: Any,
    taps: Any,
    first: Any,
    stride: Any,
    dilation: Any,
    divisor: Any,
    divisors: Any,
    y: Any,
    y0: Any,
    length: Any,
) -> tuple[Any, Callable[..., Any]]:
    """y[y0 + i] = sum of the windows' elements / (divisor * divisors[i]), i < length.

    The elements are x[x0 + rows[r] + first + k*dilation + i*stride], r < count, k < taps, spans[k,0] <= i < spans[k,1].
    """

    def generate(e: Emitter, kinds: Any, values: Any) -> None:
        x, x0, rows, count, spans, taps, first, stride, dilation, divisor, divisors, y, y0, length = values
        rows, spans, divisors = e.data(kinds[2], rows), e.data(kinds[4], spans), e.data(kinds[10], divisors)
        target = e.data(kinds[11], y, y0)

        def visit(carried: list[Any], value: Any, *_: Any) -> list[Any]:
            return [e.builder.fadd(carried[0], value)]

        def end(i: Any, carried: list[Any]) -> None:
            mask = e.within(0, e.builder.sub(length, i))
            by = e.builder.fmul(e.splat(divisor), e.load_masked(e.at(divisors, i), mask))
            e.store_masked(e.builder.fdiv(carried[0], by), e.at(target, i), mask)

        steps = e.data(kinds[0], x, x0), first, stride, dilation
        _walk(e, length, rows, count, spans, taps, steps, [e.zero], visit, end)

    args = x, x0, rows, count, spans, taps, first, stride, dilation, divisor, divisors, y, y0, length
    return types.void(*args), emits(generate)


@intrinsic
def max_windows(
    context: Any,
    x: Any,
    x0: Any,
    rows: Any,
    count: Any,
    spans: Any,
    taps: Any,
    first: Any,
    stride: Any,
    dilation: Any,
    y: Any,
    y0: Any,
    index: Any,
    length: Any,
) -> tuple[Any, Callable[..., Any]]:
    """y[y0 + i] = the largest element of window i < length, index[y0 + i] its position less x0.

    The windows are those of ``sum_windows``; of equals the first wins, of NaNs the last. An empty one gives -inf and 0.
    """

    def generate(e: Emitter, kinds: Any, values: Any) -> None:
        x, x0, rows, count, spans, taps, first, stride, dilation, y, y0, index, length = values
        b = e.builder
        rows, spans = e.data(kinds[2], rows), e.data(kinds[4], spans)
        target, places = e.data(kinds[9], y, y0), e.data(kinds[11], index, y0)
        whole = ir.VectorType(_I32, e.lanes)
        lowest, none = ir.Constant(e.vector, [float("-inf")] * e.lanes), ir.Constant(whole, [-1] * e.lanes)
        zero, lanes = ir.Constant(whole, [0] * e.lanes), ir.Constant(whole, list(range(e.lanes)))

        def visit(carried: list[Any], value: Any, mask: Any, place: Any, stride: Any) -> list[Any]:
            best, where = carried
            above = b.or_(b.fcmp_ordered(">", value, best), b.fcmp_unordered("uno", value, value))
            better = b.and_(mask, b.or_(above, b.icmp_signed("<", where, zero)))
            here = b.add(_splat(e, place), b.mul(lanes, _splat(e, e.index(stride))))
            return [b.select(better, value, best), b.select(better, here, where)]

        def end(i: Any, carried: list[Any]) -> None:
            best, where = carried
            mask = e.within(0, b.sub(length, i))
            e.store_masked(best, e.at(target, i), mask)
            where = b.select(b.icmp_signed("<", where, zero), zero, where)
            args = [where, b.bitcast(e.at(places, i), ir.PointerType()), ir.Constant(_I32, 4), mask]
            e.call(f"llvm.masked.store.v{e.lanes}i32.p0", ir.VoidType(), args)

        steps = e.data(kinds[0], x, x0), first, stride, dilation
        _walk(e, length, rows, count, spans, taps, steps, [lowest, none], visit, end)

    args = x, x0, rows, count, spans, taps, first, stride, dilation, y, y0, index, length
    return types.void(*args), emits(generate)


@intrinsic
def double_row(
    context: Any, g: Any, g0: Any, length: Any, factor: Any, x: Any, x0: Any
) -> tuple[Any, Callable[..., Any]]:
    """x[x0 + 2*i] = x[x0 + 2*i + 1] = g[g0 + i] * factor, i < length."""

    def generate(e: Emitter, kinds: Any, values: Any) -> None:
        g, g0, length, factor, x, x0 = values
        b, half, factor = e.builder, e.lanes // 2, e.splat(factor)
        source, target = e.data(kinds[0], g, g0), e.data(kinds[4], x, x0)

        def vector(v: Any, _: list[Any]) -> list[Any]:
            i = e.times(v, e.lanes)
            rest = b.sub(length, i)
            value = b.fmul(e.load_masked(e.at(source, i), e.within(0, rest)), factor)
            for h in range(2):
                mask = e.within(0, b.sub(e.times(rest, 2), e.index(h * e.lanes)))
                lanes = [h * half + lane // 2 for lane in range(e.lanes)]
                e.store_masked(e.shuffle(value, value, lanes), e.at(target, e.plus(e.times(i, 2), h * e.lanes)), mask)
            return []

        e.loop(b.sdiv(e.plus(length, e.lanes - 1), e.index(e.lanes)), [], vector)

    return types.void(g, g0, length, factor, x, x0), emits(generate)


@intrinsic
def sum_pairs(
    context: Any, x: Any, x0: Any, ldx: Any, rows: Any, factor: Any, y: Any, y0: Any, length: Any
) -> tuple[Any, Callable[..., Any]]:
    """y[y0 + i] = factor * sum of x[x0 + r*ldx + 2*i] and the element after it over r < rows, i < length."""

    def generate(e: Emitter, kinds: Any, values: Any) -> None:
        x, x0, ldx, rows, factor, y, y0, length = values
        b, factor = e.builder, e.splat(factor)
        source, target = e.data(kinds[0], x, x0), e.data(kinds[5], y, y0)

        def vector(v: Any, _: list[Any]) -> list[Any]:
            i = e.times(v, e.lanes)
            rest = b.sub(length, i)
            masks = [e.within(0, b.sub(e.times(rest, 2), e.index(h * e.lanes))) for h in range(2)]
            start = e.at(source, e.times(i, 2))

            def row(r: Any, halves: list[Any]) -> list[Any]:
                place = e.at(start, e.times(r, ldx))
                return [
                    b.fadd(half, e.load_masked(e.at(place, h * e.lanes), masks[h])) for h, half in enumerate(halves)
                ]

            low, high = e.loop(rows, [e.zero, e.zero], row)
            sides = (e.shuffle(low, high, range(side, 2 * e.lanes, 2)) for side in range(2))
            e.store_masked(b.fmul(b.fadd(*sides), factor), e.at(target, i), e.within(0, rest))
            return []

        e.loop(b.sdiv(e.plus(length, e.lanes - 1), e.index(e.lanes)), [], vector)

    return types.void(x, x0, ldx, rows, factor, y, y0, length), emits(generate)
