"""What happens to a row of scores between attention's products: mask, softmax, gradient. All a vector at a time.

Rows lie in scratch memory, whose last vector may be overrun; a row has ``length`` elements that take part, and whole
vectors of zeros after them as far as the products read.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from backends.cpu.kernels.softmax_rows import constant, exp, largest_lane
from backends.cpu.kernels.vector import Emitter, emits


def _first(e: Emitter, count: Any) -> Any:
    """Mask of the first ``count`` lanes, count >= 1 and perhaps more than there are."""
    b = e.builder
    kind = ir.IntType(e.lanes)
    missing = b.sub(e.index(e.lanes), b.select(b.icmp_signed("<", count, e.index(e.lanes)), count, e.index(e.lanes)))
    bits = b.lshr(ir.Constant(kind, -1), b.trunc(missing, kind))
    return b.bitcast(bits, ir.VectorType(ir.IntType(1), e.lanes))


def _along(e: Emitter, length: Any, carried: list[Any], vector: Callable[..., list[Any]]) -> list[Any]:
    """carried = vector(i, mask, *carried) for each first element of the vectors that cover ``length``."""

    def step(v: Any, values: list[Any]) -> list[Any]:
        i = e.times(v, e.lanes)
        return vector(i, _first(e, e.builder.sub(length, i)), *values)

    return e.loop(e.builder.sdiv(e.plus(length, e.lanes - 1), e.index(e.lanes)), carried, step)


def _clear(e: Emitter, row: Any, length: Any, width: Any) -> None:
    """Zeros from the end of the vectors that cover ``length`` to the end of those that cover ``width``."""
    b = e.builder
    first, last = (b.sdiv(e.plus(n, e.lanes - 1), e.index(e.lanes)) for n in (length, width))

    def step(v: Any, _: list[Any]) -> list[Any]:
        e.store(e.zero, e.at(row, e.times(b.add(first, v), e.lanes)))
        return []

    e.loop(b.sub(last, first), [], step)


@intrinsic
def largest_of_row(context: Any, x: Any, x0: Any, length: Any, top: Any, i: Any) -> tuple[Any, Callable[..., Any]]:
    """top[i] = max(top[i], x[x0 + j] for j < length)."""

    def generate(e: Emitter, kinds: Any, values: Any) -> None:
        x, x0, length, top, i = values
        b, row = e.builder, e.data(kinds[0], x, x0)
        none = constant(e, -math.inf)

        def vector(j: Any, mask: Any, most: Any) -> list[Any]:
            value = b.select(mask, e.load(e.at(row, j)), none)
            return [b.select(b.fcmp_ordered(">", value, most), value, most)]

        place = e.data(kinds[3], top, i)
        here, before = largest_lane(e, _along(e, length, [none], vector)[0]), b.load(place)
        b.store(b.select(b.fcmp_ordered(">", here, before), here, before), place)

    return types.void(x, x0, length, top, i), emits(generate)


@intrinsic
def exp_of_row(
    context: Any, x: Any, x0: Any, length: Any, width: Any, shift: Any, total: Any, i: Any
) -> tuple[Any, Callable[..., Any]]:
    """x[x0 + j] = exp(x[x0 + j] - shift), added to total[i], for j < length; zeros to the end of ``width``."""

    def generate(e: Emitter, kinds: Any, values: Any) -> None:
        x, x0, length, width, shift, total, i = values
        b, row, shifts = e.builder, e.data(kinds[0], x, x0), e.splat(shift)

        def vector(j: Any, mask: Any, sums: Any) -> list[Any]:
            place = e.at(row, j)
            value = b.select(mask, exp(e, b.fsub(e.load(place), shifts)), e.zero)
            e.store(value, place)
            return [b.fadd(sums, value)]

        (sums,) = _along(e, length, [e.zero], vector)
        place = e.data(kinds[5], total, i)
        b.store(b.fadd(b.load(place), e.lane_sum(sums)), place)
        _clear(e, row, length, width)

    return types.void(x, x0, length, width, shift, total, i), emits(generate)


@intrinsic
def grad_of_row(
    context: Any, x: Any, x0: Any, g: Any, g0: Any, length: Any, width: Any, shift: Any, delta: Any
) -> tuple[Any, Callable[..., Any]]:
    """p = exp(x[x0 + j] - shift) into x and p * (g[g0 + j] - delta) into g for j < length; zeros to the end of ``width``."""

    def generate(e: Emitter, kinds: Any, values: Any) -> None:
        x, x0, g, g0, length, width, shift, delta = values
        b = e.builder
        row, grad, shifts, deltas = e.data(kinds[0], x, x0), e.data(kinds[2], g, g0), e.splat(shift), e.splat(delta)

        def vector(j: Any, mask: Any) -> list[Any]:
            place, there = e.at(row, j), e.at(grad, j)
            p = b.select(mask, exp(e, b.fsub(e.load(place), shifts)), e.zero)
            e.store(p, place)
            e.store(b.select(mask, b.fmul(p, b.fsub(e.load(there), deltas)), e.zero), there)
            return []

        _along(e, length, [], vector)
        _clear(e, row, length, width)
        _clear(e, grad, length, width)

    return types.void(x, x0, g, g0, length, width, shift, delta), emits(generate)


@intrinsic
def keep_in_row(
    context: Any, x: Any, x0: Any, length: Any, keep: Any, k0: Any, step: Any
) -> tuple[Any, Callable[..., Any]]:
    """x[x0 + j] = -inf where keep[k0 + j*step] is false, for j < length; step is 1 or 0."""

    def generate(e: Emitter, kinds: Any, values: Any) -> None:
        x, x0, length, keep, k0, step = values
        b, row = e.builder, e.data(kinds[0], x, x0)
        flags = b.bitcast(e.data(kinds[3], keep, k0), ir.IntType(8).as_pointer())
        kind = ir.VectorType(ir.IntType(8), e.lanes)
        none, zero = constant(e, -math.inf), ir.Constant(kind, [0] * e.lanes)

        def vector(j: Any, mask: Any) -> list[Any]:
            place = e.at(row, j)
            with b.if_else(b.icmp_signed("==", step, e.index(0))) as (one, several):
                with one:
                    same, after_one = e.splat(b.load(flags)), b.block
                with several:
                    plain = b.bitcast(e.at(flags, j), ir.PointerType())
                    args = [plain, ir.Constant(ir.IntType(32), 1), mask, zero]
                    own, after_several = e.call(f"llvm.masked.load.v{e.lanes}i8.p0", kind, args), b.block
            flag = b.phi(kind)
            flag.add_incoming(same, after_one)
            flag.add_incoming(own, after_several)
            e.store(b.select(b.icmp_unsigned("!=", flag, zero), e.load(place), none), place)
            return []

        _along(e, length, [], vector)

    return types.void(x, x0, length, keep, k0, step), emits(generate)


@intrinsic
def add_to_row(
    context: Any, x: Any, x0: Any, length: Any, added: Any, a0: Any, step: Any
) -> tuple[Any, Callable[..., Any]]:
    """x[x0 + j] += added[a0 + j*step] for j < length; step is 1 or 0."""

    def generate(e: Emitter, kinds: Any, values: Any) -> None:
        x, x0, length, added, a0, step = values
        b, row, source = e.builder, e.data(kinds[0], x, x0), e.data(kinds[3], added, a0)

        def vector(j: Any, mask: Any) -> list[Any]:
            place = e.at(row, j)
            with b.if_else(b.icmp_signed("==", step, e.index(0))) as (one, several):
                with one:
                    same, after_one = e.broadcast(source), b.block
                with several:
                    own, after_several = e.load_masked(e.at(source, j), mask), b.block
            value = b.phi(e.vector)
            value.add_incoming(same, after_one)
            value.add_incoming(own, after_several)
            e.store(b.fadd(e.load(place), value), place)
            return []

        _along(e, length, [], vector)

    return types.void(x, x0, length, added, a0, step), emits(generate)


@intrinsic
def scale_rows(
    context: Any,
    target: Any,
    t0: Any,
    ldt: Any,
    source: Any,
    s0: Any,
    lds: Any,
    rows: Any,
    length: Any,
    factor: Any,
) -> tuple[Any, Callable[..., Any]]:
    """target[t0 + r*ldt + i] = source[s0 + r*lds + i] * factor for r < rows, i < length, and nothing written beyond."""

    def generate(e: Emitter, kinds: Any, values: Any) -> None:
        target, t0, ldt, source, s0, lds, rows, length, factor = values
        b, to, start = e.builder, e.data(kinds[0], target, t0), e.data(kinds[3], source, s0)
        factors = e.splat(factor)

        def row(r: Any, _: list[Any]) -> list[Any]:
            here, there = e.at(start, e.times(r, lds)), e.at(to, e.times(r, ldt))

            def vector(i: Any, mask: Any) -> list[Any]:
                e.store_masked(b.fmul(e.load_masked(e.at(here, i), mask), factors), e.at(there, i), mask)
                return []

            _along(e, length, [], vector)
            return []

        e.loop(rows, [], row)

    return types.void(target, t0, ldt, source, s0, lds, rows, length, factor), emits(generate)


@intrinsic
def dots_of_rows(
    context: Any, out: Any, a: Any, a0: Any, lda: Any, b: Any, b0: Any, ldb: Any, rows: Any, length: Any
) -> tuple[Any, Callable[..., Any]]:
    """out[r] = sum over i < length of a[a0 + r*lda + i] * b[b0 + r*ldb + i], r < rows."""

    def generate(e: Emitter, kinds: Any, values: Any) -> None:
        out, a, a0, lda, b, b0, ldb, rows, length = values
        to, left, right = e.data(kinds[0], out), e.data(kinds[1], a, a0), e.data(kinds[4], b, b0)

        def row(r: Any, _: list[Any]) -> list[Any]:
            here, there = e.at(left, e.times(r, lda)), e.at(right, e.times(r, ldb))

            def vector(i: Any, mask: Any, sums: Any) -> list[Any]:
                return [e.multiply_add(e.load_masked(e.at(here, i), mask), e.load_masked(e.at(there, i), mask), sums)]

            e.builder.store(e.lane_sum(_along(e, length, [e.zero], vector)[0]), e.at(to, r))
            return []

        e.loop(rows, [], row)

    return types.void(out, a, a0, lda, b, b0, ldb, rows, length), emits(generate)
