"""Moves of short rows, a vector at a time: pad, thin out, transpose, add a bias.

Rows of an image have 7 to 64 elements: too few for the loops that compilers make, which spend their time in the
remainder. Here the remainder is one masked instruction. All arrays are flat; positions are in elements.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from backends.cpu.kernels.vector import Emitter, emits


def _vectors(e: Emitter, length: Any) -> Any:
    """How many vectors cover so many elements."""
    return e.builder.sdiv(e.plus(length, e.lanes - 1), e.index(e.lanes))


def _each_row(e: Emitter, rows: Any, to: Any, ldt: Any, start: Any, lds: Any, row: Callable[[Any, Any], None]) -> None:
    """row(target, source) for each of ``rows`` rows."""

    def step(r: Any, _: list[Any]) -> list[Any]:
        row(e.at(to, e.times(r, ldt)), e.at(start, e.times(r, lds)))
        return []

    e.loop(rows, [], step)


def _each_vector(e: Emitter, length: Any, vector: Callable[[Any], None]) -> None:
    """vector(i) for each first element of the vectors that cover ``length``."""

    def step(v: Any, _: list[Any]) -> list[Any]:
        vector(e.times(v, e.lanes))
        return []

    e.loop(_vectors(e, length), [], step)


@intrinsic
def pad_rows(
    context: Any,
    target: Any,
    t0: Any,
    ldt: Any,
    source: Any,
    s0: Any,
    lds: Any,
    rows: Any,
    length: Any,
    first: Any,
    last: Any,
) -> tuple[Any, Callable[..., Any]]:
    """target[t0 + r*ldt + i] = source[s0 + r*lds + i] where first <= i < last, else 0.

    For r < rows and i < length rounded up to whole vectors: rows are written in rising order, so that the next one
    overwrites the excess.
    """

    def generate(e: Emitter, kinds: Any, values: Any) -> None:
        target, t0, ldt, source, s0, lds, rows, length, first, last = values
        b = e.builder

        def row(to: Any, start: Any) -> None:
            def vector(i: Any) -> None:
                mask = e.within(b.sub(first, i), b.sub(last, i))
                e.store(e.load_masked(e.at(start, i), mask), e.at(to, i))

            _each_vector(e, length, vector)

        _each_row(e, rows, e.data(kinds[0], target, t0), ldt, e.data(kinds[3], source, s0), lds, row)

    return types.void(target, t0, ldt, source, s0, lds, rows, length, first, last), emits(generate)


@intrinsic
def pad_rows_strided(
    context: Any,
    target: Any,
    t0: Any,
    ldt: Any,
    source: Any,
    s0: Any,
    lds: Any,
    rows: Any,
    length: Any,
    first: Any,
    last: Any,
    step: Any,
) -> tuple[Any, Callable[..., Any]]:
    """As ``pad_rows`` with source[s0 + r*lds + i*step]."""

    def generate(e: Emitter, kinds: Any, values: Any) -> None:
        target, t0, ldt, source, s0, lds, rows, length, first, last, stride = values
        b = e.builder
        to, start = e.data(kinds[0], target, t0), e.data(kinds[3], source, s0)

        def single(to: Any, start: Any) -> None:
            def vector(i: Any) -> None:
                mask = e.within(b.sub(first, i), b.sub(last, i))
                e.store(e.gather(e.at(start, e.times(i, stride)), stride, mask), e.at(to, i))

            _each_vector(e, length, vector)

        def double(to: Any, start: Any) -> None:
            def vector(i: Any) -> None:
                low, high, place = b.sub(first, i), b.sub(last, i), e.at(start, e.times(i, 2))
                halves = []
                for h in range(2):  # lanes of both halves that hold wanted elements, or lie between two of them
                    begin = b.sub(e.times(low, 2), e.index(h * e.lanes))
                    end = b.sub(e.plus(e.times(high, 2), -1), e.index(h * e.lanes))
                    halves.append(e.load_masked(e.at(place, h * e.lanes), e.within(begin, end)))
                e.store(e.shuffle(halves[0], halves[1], range(0, 2 * e.lanes, 2)), e.at(to, i))

            _each_vector(e, length, vector)

        with b.if_else(b.icmp_signed("==", stride, e.index(2))) as (two, other):
            with two:
                _each_row(e, rows, to, ldt, start, lds, double)
            with other:
                _each_row(e, rows, to, ldt, start, lds, single)

    return types.void(target, t0, ldt, source, s0, lds, rows, length, first, last, step), emits(generate)


@intrinsic
def add_rows(
    context: Any,
    target: Any,
    t0: Any,
    ldt: Any,
    source: Any,
    s0: Any,
    lds: Any,
    rows: Any,
    length: Any,
    bias: Any,
) -> tuple[Any, Callable[..., Any]]:
    """target[t0 + r*ldt + i] = source[s0 + r*lds + i] + bias for r < rows, i < length, and nothing written beyond."""

    def generate(e: Emitter, kinds: Any, values: Any) -> None:
        target, t0, ldt, source, s0, lds, rows, length, bias = values
        b = e.builder
        offset = e.splat(bias)

        def row(to: Any, start: Any) -> None:
            def whole(v: Any, _: list[Any]) -> list[Any]:
                i = e.times(v, e.lanes)
                e.store(b.fadd(e.load(e.at(start, i)), offset), e.at(to, i))
                return []

            count = b.sdiv(length, e.index(e.lanes))
            e.loop(count, [], whole)
            i = e.times(count, e.lanes)
            mask = e.within(0, b.sub(length, i))
            e.store_masked(b.fadd(e.load_masked(e.at(start, i), mask), offset), e.at(to, i), mask)

        _each_row(e, rows, e.data(kinds[0], target, t0), ldt, e.data(kinds[3], source, s0), lds, row)

    return types.void(target, t0, ldt, source, s0, lds, rows, length, bias), emits(generate)


@intrinsic
def move_rows(
    context: Any, target: Any, t0: Any, ldt: Any, source: Any, s0: Any, lds: Any, rows: Any, length: Any
) -> tuple[Any, Callable[..., Any]]:
    """target[t0 + r*ldt + i] = source[s0 + r*lds + i] for r < rows, i < length, and nothing written beyond."""

    def generate(e: Emitter, kinds: Any, values: Any) -> None:
        target, t0, ldt, source, s0, lds, rows, length = values

        def row(to: Any, start: Any) -> None:
            def vector(i: Any, mask: Any) -> list[Any]:
                e.put(e.loaded(e.at(start, i), mask), e.at(to, i), mask)
                return []

            e.along(length, [], vector)

        _each_row(e, rows, e.data(kinds[0], target, t0), ldt, e.data(kinds[3], source, s0), lds, row)

    return types.void(target, t0, ldt, source, s0, lds, rows, length), emits(generate)


@intrinsic
def spread_rows(
    context: Any, target: Any, t0: Any, ldt: Any, source: Any, s0: Any, lds: Any, rows: Any, length: Any
) -> tuple[Any, Callable[..., Any]]:
    """target[t0 + r*ldt + 2*i] = source[s0 + r*lds + i] for r < rows, i < length; what lies between is left alone."""

    def generate(e: Emitter, kinds: Any, values: Any) -> None:
        target, t0, ldt, source, s0, lds, rows, length = values
        b, half = e.builder, e.lanes // 2
        even = ir.Constant(ir.VectorType(ir.IntType(1), e.lanes), [1, 0] * half)

        def row(to: Any, start: Any) -> None:
            def vector(i: Any) -> None:
                value, rest = e.load(e.at(start, i)), e.times(b.sub(length, i), 2)
                for h in range(2):
                    lanes = [h * half + lane // 2 for lane in range(e.lanes)]
                    mask = b.and_(e.within(0, b.sub(rest, e.index(h * e.lanes))), even)
                    place = e.at(to, e.plus(e.times(i, 2), h * e.lanes))
                    e.store_masked(e.shuffle(value, value, lanes), place, mask)

            _each_vector(e, length, vector)

        _each_row(e, rows, e.data(kinds[0], target, t0), ldt, e.data(kinds[3], source, s0), lds, row)

    return types.void(target, t0, ldt, source, s0, lds, rows, length), emits(generate)


def _turned(e: Emitter, lines: list[Any]) -> list[Any]:
    """The columns of as many vectors as they have lanes, by log2(lanes) rounds of interleaving r with r + half."""
    half = e.lanes // 2
    low = [lane for i in range(half) for lane in (i, e.lanes + i)]  # a0 b0 a1 b1 ...: the lower halves, interleaved
    high = [half + lane for lane in low]
    for _round in range(e.lanes.bit_length() - 1):
        pairs = [(lines[r], lines[r + half]) for r in range(half)]
        lines = [e.shuffle(a, c, order) for a, c in pairs for order in (low, high)]
    return lines


@intrinsic
def transpose_rows(
    context: Any, source: Any, s0: Any, lds: Any, rows: Any, length: Any, target: Any, t0: Any, ldt: Any
) -> tuple[Any, Callable[..., Any]]:
    """target[t0 + i*ldt + r] = source[s0 + r*lds + i] for i < length and r < rows; 0 for rows <= r < lanes."""

    def generate(e: Emitter, kinds: Any, values: Any) -> None:
        source, s0, lds, rows, length, target, t0, ldt = values
        b = e.builder
        start, to = e.data(kinds[0], source, s0), e.data(kinds[5], target, t0)

        def step(v: Any, _: list[Any]) -> list[Any]:
            i = e.times(v, e.lanes)
            rest = b.sub(length, i)
            here, there = e.at(start, i), e.at(to, e.times(i, ldt))
            whole = b.and_(b.icmp_signed("==", rows, e.index(e.lanes)), b.icmp_signed(">=", rest, e.index(e.lanes)))
            with b.if_else(whole) as (then, otherwise):
                with then:
                    lines = [e.load(e.at(here, e.times(lds, r))) for r in range(e.lanes)]
                    for r, line in enumerate(_turned(e, lines)):
                        e.store(line, e.at(there, e.times(ldt, r)))
                with otherwise:
                    mask, none, lines = e.within(0, rest), e.within(0, 0), []
                    for r in range(e.lanes):
                        wanted = b.select(b.icmp_signed("<", e.index(r), rows), mask, none)
                        lines.append(e.load_masked(e.at(here, e.times(lds, r)), wanted))
                    for r, line in enumerate(_turned(e, lines)):
                        with b.if_then(b.icmp_signed("<", e.index(r), rest)):
                            e.store(line, e.at(there, e.times(ldt, r)))
            return []

        e.loop(_vectors(e, length), [], step)

    return types.void(source, s0, lds, rows, length, target, t0, ldt), emits(generate, apart=True)


@intrinsic
def transpose_halves(
    context: Any, source: Any, s0: Any, lds: Any, length: Any, target: Any, t0: Any, t1: Any
) -> tuple[Any, Callable[..., Any]]:
    """Turns ``lanes`` rows into two panels of half as many columns, with h = lanes / 2:

    target[t0 + i*h + r] = source[s0 + r*lds + i] and target[t1 + i*h + r] = source[s0 + (h + r)*lds + i] for r < h and
    i < length, a multiple of lanes.
    """

    def generate(e: Emitter, kinds: Any, values: Any) -> None:
        source, s0, lds, length, target, t0, t1 = values
        start = e.data(kinds[0], source, s0)
        halves = [
            (e.data(kinds[4], target, t), lanes)
            for t, lanes in ((t0, range(e.lanes // 2)), (t1, range(e.lanes // 2, e.lanes)))
        ]

        def step(v: Any, _: list[Any]) -> list[Any]:
            i = e.times(v, e.lanes)
            lines = [e.load(e.at(start, e.plus(e.times(lds, r), i))) for r in range(e.lanes)]
            for r, line in enumerate(_turned(e, lines)):
                for to, lanes in halves:
                    e.store(e.shuffle(line, line, lanes), e.at(to, e.times(e.plus(i, r), e.lanes // 2)))
            return []

        e.loop(_vectors(e, length), [], step)

    return types.void(source, s0, lds, length, target, t0, t1), emits(generate)


@intrinsic(prefer_literal=True)
def copy_vectors(
    context: Any, source: Any, s0: Any, target: Any, t0: Any, vectors: Any
) -> tuple[Any, Callable[..., Any]] | None:
    """target[t0 + i] = source[s0 + i] for i < vectors * lanes; vectors is a compile-time constant."""
    if not isinstance(vectors, types.IntegerLiteral):
        return None

    def generate(e: Emitter, kinds: Any, values: Any) -> None:
        source, s0, target, t0, _ = values
        start, to = e.data(kinds[0], source, s0), e.data(kinds[2], target, t0)
        for v in range(vectors.literal_value):
            e.store(e.load(e.at(start, v * e.lanes)), e.at(to, v * e.lanes))

    return types.void(source, s0, target, t0, vectors), emits(generate)


@intrinsic(prefer_literal=True)
def copy_groups(
    context: Any, source: Any, s0: Any, length: Any, group: Any, target: Any, t0: Any, apart: Any, ahead: Any
) -> tuple[Any, Callable[..., Any]] | None:
    """target[t0 + (i // group) * apart + i % group] = source[s0 + i] for i < length, 0 to the end of the last group.

    group is a compile-time constant. Groups are copied by the fewest instructions, which write up to half of a vector more.
    Meanwhile what lies ``ahead`` elements after them is fetched.
    """
    if not isinstance(group, types.IntegerLiteral):
        return None
    size = group.literal_value

    def generate(e: Emitter, kinds: Any, values: Any) -> None:
        source, s0, length, _, target, t0, apart, ahead = values
        b, start, to = e.builder, e.data(kinds[0], source, s0), e.data(kinds[4], target, t0)
        wide = min(e.lanes, 1 << (size - 1).bit_length())  # shorter than a vector: it lies across two lines less often
        pieces = range(0, size, wide)

        def whole(g: Any, _: list[Any]) -> list[Any]:
            here, there = e.at(start, e.times(g, size)), e.at(to, e.times(g, apart))
            e.prefetch(e.at(here, ahead), False)
            for first in pieces:
                e.store(e.load(e.at(here, first), wide), e.at(there, first))
            return []

        def rest(g: Any, _: list[Any]) -> list[Any]:
            g = e.plus(inside, g)
            here, there = e.times(g, size), e.at(to, e.times(g, apart))
            for first in pieces:
                i = e.plus(here, first)
                line = e.load_masked(e.at(start, i), e.within(0, b.sub(length, i)))
                e.store(e.shuffle(line, line, range(wide)), e.at(there, first))
            return []

        reach = pieces[-1] + wide  # what a group reads
        fits = b.icmp_signed(">=", length, e.index(reach))
        inside = b.select(fits, e.plus(b.sdiv(e.plus(length, -reach), e.index(size)), 1), e.index(0))
        e.loop(inside, [], whole)
        e.loop(b.sub(b.sdiv(e.plus(length, size - 1), e.index(size)), inside), [], rest)

    return types.void(source, s0, length, group, target, t0, apart, ahead), emits(generate)
