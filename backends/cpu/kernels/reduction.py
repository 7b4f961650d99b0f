"""Sums, kept in float64 whatever the dtype. Loops count from 0 along one row, which LLVM turns into vector code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import prange, types
from numba.extending import intrinsic

from backends.cpu.kernels.jit import kernel, summing
from backends.cpu.kernels.vector import Emitter, emits

BLOCK = 64  # columns that one thread takes at a time where memory is read in rows
WIDE = 1024  # the same where each row is read once: their sums stay in the first-level cache


@summing
def row_sum(x: Any) -> float:
    """Sum of x (L,)."""
    total = 0.0
    for i in range(x.size):
        total += x[i]
    return total


@summing
def row_square_sum(x: Any) -> float:
    """Sum of the squares of x (L,)."""
    total = 0.0
    for i in range(x.size):
        v = np.float64(x[i])
        total += v * v
    return total


@summing
def _row_dot(a: Any, b: Any) -> float:
    """Sum of a * b, both (L,)."""
    total = 0.0
    for i in range(a.size):
        total += np.float64(a[i]) * np.float64(b[i])
    return total


@summing
def add_row(x: Any, out: Any) -> None:
    """out += x."""
    for i in range(x.size):
        out[i] += x[i]


@kernel
def row_sums(x: Any, parts: Any) -> None:
    """parts (R,S) = sums of S equal shares of the rows of x (R,L)."""
    shares, length = parts.shape[1], x.shape[1]
    for piece in prange(parts.size):
        place: Any = np.int64(piece)  # prange counts without a sign
        row, share = place // shares, place % shares
        parts[row, share] = row_sum(x[row, length * share // shares : length * (share + 1) // shares])


@kernel
def channel_sum(x: Any, out: Any) -> None:
    """out (C,) = sums of x (N,C,L) over N and L."""
    for c in prange(x.shape[1]):
        total = 0.0
        for n in range(x.shape[0]):
            total += row_sum(x[n, c])
        out[c] = total


@kernel
def channel_dot(g: Any, x: Any, out: Any) -> None:
    """out (C,) = sums of g * x, both (N,C,L), over N and L."""
    for c in prange(x.shape[1]):
        total = 0.0
        for n in range(x.shape[0]):
            total += _row_dot(g[n, c], x[n, c])
        out[c] = total


@intrinsic(prefer_literal=True)
def add_lines(
    context: Any, x: Any, x0: Any, ldx: Any, rows: Any, length: Any, out: Any, out0: Any
) -> tuple[Any, Callable[..., Any]] | None:
    """out[out0 + i] += sum over r < rows of x[x0 + r*ldx + i], out in float64 and to the end of the last vector.

    rows is a compile-time constant. Each row is read from one end to the other: memory is fastest so.
    """
    if not isinstance(rows, types.IntegerLiteral):
        return None

    def generate(e: Emitter, kinds: Any, values: Any) -> None:
        x, x0, ldx, _, length, out, out0 = values
        b, start, to = e.builder, e.data(kinds[0], x, x0), e.data(kinds[5], out, out0)
        wide = ir.VectorType(ir.DoubleType(), e.lanes)

        def vector(i: Any, load: Callable[[Any], Any]) -> None:
            place = b.bitcast(e.at(to, i), wide.as_pointer())
            lines = [load(e.at(start, e.plus(e.times(ldx, r), i))) for r in range(rows.literal_value)]
            sums = [b.load(place), *[line if line.type == wide else b.fpext(line, wide) for line in lines]]
            sums[0].align = 8
            while len(sums) > 1:  # by pairs: none waits for all others
                sums = [
                    b.fadd(*pair) if len(pair) > 1 else pair[0]
                    for pair in (sums[k : k + 2] for k in range(0, len(sums), 2))
                ]
            b.store(sums[0], place).align = 8

        def whole(v: Any, _: list[Any]) -> list[Any]:
            vector(e.times(v, e.lanes), e.load)
            return []

        count = b.sdiv(length, e.index(e.lanes))
        e.loop(count, [], whole)
        i = e.times(count, e.lanes)
        rest = b.sub(length, i)
        with b.if_then(b.icmp_signed(">", rest, e.index(0))):
            mask = e.within(0, rest)
            vector(i, lambda place: e.load_masked(place, mask))

    return types.void(x, x0, ldx, rows, length, out, out0), emits(generate)


@kernel
def column_sum(x: Any, out: Any) -> None:
    """out (S,C) += sums of x (N,C) over each of S equal shares of N; rows of out are whole vectors long."""
    (rows, columns), shares = x.shape, out.shape[0]
    across = (columns + WIDE - 1) // WIDE
    flat, sums = x.reshape(-1), out.reshape(-1)
    for piece in prange(shares * across):
        part: Any = np.int64(piece)  # prange counts without a sign
        share, first = part // across, part % across * WIDE
        width, to = min(WIDE, columns - first), share * out.shape[1] + first
        n, last = rows * share // shares, rows * (share + 1) // shares
        while n + 8 <= last:
            add_lines(flat, n * columns + first, columns, 8, width, sums, to)
            n += 8
        while n < last:
            add_lines(flat, n * columns + first, columns, 1, width, sums, to)
            n += 1


@kernel
def square_sum(x: Any, parts: Any) -> None:
    """parts (T,) = sums of the squares of T equal shares of x (L,)."""
    shares = parts.size
    for t in prange(shares):
        parts[t] = row_square_sum(x[x.size * t // shares : x.size * (t + 1) // shares])
