"""The micro-kernels: small blocks of a product, held in registers.

The idea. A processor multiplies and adds two vectors per cycle but loads hardly as many, so a kernel is fast when each
loaded number is used many times while it lies in a register. Picture of ``tile`` with 8 rows and 3 vectors of 16 lanes
(32 registers: 24 sums, 3 inputs, 1 weight)::

              x[off_k + 0..15]   x[off_k + 16..31]   x[off_k + 32..47]      3 loads
    w[k,0] ->     sum00               sum01               sum02             8 broadcasts
    w[k,1] ->     sum10               sum11               sum12            24 multiply-adds
     ...           ...                 ...                 ...              for each k
    w[k,7] ->     sum70               sum71               sum72

The sums stay in registers for all k; only then are they stored. ``off_k`` comes from a table, which is what makes one
kernel serve every convolution: with the input zero-padded, output pixel q needs for the weight at (c, i, j) the input
at q + off(c, i, j), where off = c * plane + i * row + j does not depend on q. Any kernel size, dilation, number of
axes is another table; a stride s cuts the input into s planes of every s-th element first, which makes it 1.

``tile_channels`` has the roles changed: output channels lie in the vectors, pixels in the rows, inputs are broadcast.
It wastes no lanes on what lies between the rows of small images, and can leave out the weights that meet padding only;
but its sums have to be turned before they fit the planes of the output.

``outer`` is the same picture turned for the gradient of weights: its sums run over pixels q, the rows are table
entries k, the vectors are output channels, whose gradient was transposed to lie side by side. ``dot`` serves where
there are too few output channels to fill a vector: pixels lie in its vectors, and their lanes are summed in the end.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import types
from numba.extending import intrinsic

from backends.cpu.kernels.vector import REGISTERS, Emitter, emits

TILE_ROWS = 8 if REGISTERS == 32 else 4
OUTER_ROWS = 9 if REGISTERS == 32 else 4
OUTER_VECTORS = 3
DOT_ROWS, DOT_OUTS = 5, 4 if REGISTERS == 32 else 2


def tile_vectors(rows: int) -> int:
    """The widest ``tile`` of so many rows that fits the registers.

    Args:
        rows: of the tile.

    Returns:
        Vectors in a row.

    Example:
        >>> tile_vectors(TILE_ROWS)
        3
    """
    return min(8, (REGISTERS - 1) // (rows + 1))


def _tile(add: bool, rows: Any, args: tuple[Any, ...]) -> tuple[Any, Callable[..., Any]] | None:
    """Signature and code of ``tile``, or of ``tile_add``, for so many rows."""
    if not isinstance(rows, types.IntegerLiteral):
        return None
    count = rows.literal_value

    def generate(e: Emitter, kinds: Any, values: Any) -> None:
        _, vectors, weights, w0, table, t0, depth, x, x0, y, y0, ldy, *following = values
        weight = e.data(kinds[2], weights, w0)
        offset = e.data(kinds[4], table, t0)
        source = e.data(kinds[7], x, x0)
        target = e.data(kinds[9], y, y0)

        def one(wide: int) -> None:
            def step(k: Any, sums: list[Any]) -> list[Any]:
                place = e.at(source, e.entry(e.at(offset, k)))
                inputs = [e.load(e.at(place, j * e.lanes)) for j in range(wide)]
                row = e.at(weight, e.times(k, count))
                out = []
                for r in range(count):
                    w = e.broadcast(e.at(row, r))
                    out += [e.multiply_add(w, inputs[j], sums[r * wide + j]) for j in range(wide)]
                return out

            def stretch(r: Any, sums: list[Any]) -> list[Any]:
                z, z0, ldz = following
                line, first = e.at(z, e.plus(z0, e.times(ldz, r))), e.times(part, r)
                with e.builder.if_then(fetches):
                    for j in range(wide):
                        e.prefetch(e.at(line, j * e.lanes))
                rest = e.builder.sub(depth, first)
                some = e.builder.select(e.builder.icmp_signed("==", e.plus(r, 1), stretches), rest, part)
                return e.loop(some, sums, lambda k, values: step(e.plus(first, k), values))

            places = [e.at(e.at(target, e.times(ldy, r)), j * e.lanes) for r in range(count) for j in range(wide)]
            none = [e.zero] * len(places)
            if add:  # by the time the sums are ready, what they are added to is there
                for place in places:
                    e.prefetch(place)
                sums = e.loop(depth, none, step)
            else:
                fetches = e.builder.icmp_signed("!=", following[2], e.index(0))
                stretches = e.builder.select(fetches, e.index(count), e.index(1))
                part = e.builder.sdiv(depth, e.index(count))
                sums = e.loop(stretches, none, stretch)
            for place, total in zip(places, sums, strict=True):
                e.store(e.builder.fadd(e.load(place), total) if add else total, place)

        e.cases(vectors, range(1, tile_vectors(count) + 1), one)

    return types.void(rows, *args), emits(generate)


@intrinsic(prefer_literal=True)
def tile(
    context: Any,
    rows: Any,
    vectors: Any,
    weights: Any,
    w0: Any,
    table: Any,
    t0: Any,
    depth: Any,
    x: Any,
    x0: Any,
    y: Any,
    y0: Any,
    ldy: Any,
    z: Any,
    z0: Any,
    ldz: Any,
) -> tuple[Any, Callable[..., Any]] | None:
    """y[y0 + r*ldy + j] = sum over k < depth of weights[w0 + k*rows + r] * x[x0 + table[t0 + k] + j].

    r < rows, a compile-time constant; j < vectors * lanes, 1 <= vectors <= tile_vectors(rows). Meanwhile,
    unless ldz is 0, the places z[z0 + r*ldz + j] are fetched, where the sums go next: row by row, as in ``product``.
    """
    return _tile(False, rows, (vectors, weights, w0, table, t0, depth, x, x0, y, y0, ldy, z, z0, ldz))


@intrinsic(prefer_literal=True)
def tile_add(
    context: Any,
    rows: Any,
    vectors: Any,
    weights: Any,
    w0: Any,
    table: Any,
    t0: Any,
    depth: Any,
    x: Any,
    x0: Any,
    y: Any,
    y0: Any,
    ldy: Any,
) -> tuple[Any, Callable[..., Any]] | None:
    """As ``tile``, with += instead of =."""
    return _tile(True, rows, (vectors, weights, w0, table, t0, depth, x, x0, y, y0, ldy))


def tile_pixels(vectors: int) -> tuple[int, ...]:
    """Heights of ``tile_channels`` of so many vectors: those that fit the registers, of a few that serve most rows.

    Args:
        vectors: in a row, 1 to 3.

    Returns:
        Pixels, in rising order.

    Example:
        >>> tile_pixels(1)[0]
        2
    """
    return tuple(p for p in (2, 4, 6, 7, 8, 10, 12, 14) if p <= (REGISTERS - 1 - vectors) // vectors)


@intrinsic(prefer_literal=True)
def tile_channels(
    context: Any,
    vectors: Any,
    pixels: Any,
    weights: Any,
    w0: Any,
    table: Any,
    t0: Any,
    depth: Any,
    x: Any,
    x0: Any,
    y: Any,
    y0: Any,
) -> tuple[Any, Callable[..., Any]] | None:
    """y[y0 + p*wide + j] += sum over k < depth of weights[w0 + k*wide + j] * x[x0 + table[t0 + k] + p].

    wide = vectors * lanes, a compile-time constant; j < wide; p < pixels, one of tile_pixels(vectors).
    """
    if not isinstance(vectors, types.IntegerLiteral):
        return None
    count = vectors.literal_value

    def generate(e: Emitter, kinds: Any, values: Any) -> None:
        _, pixels, weights, w0, table, t0, depth, x, x0, y, y0 = values
        weight = e.data(kinds[2], weights, w0)
        offset = e.data(kinds[4], table, t0)
        source = e.data(kinds[7], x, x0)
        target = e.data(kinds[9], y, y0)
        wide = count * e.lanes

        def one(high: int) -> None:
            def step(k: Any, sums: list[Any]) -> list[Any]:
                place = e.at(source, e.entry(e.at(offset, k)))
                row = e.at(weight, e.times(k, wide))
                inputs = [e.load(e.at(row, j * e.lanes)) for j in range(count)]
                out = []
                for p in range(high):
                    v = e.broadcast(e.at(place, p))
                    out += [e.multiply_add(v, inputs[j], sums[p * count + j]) for j in range(count)]
                return out

            sums = e.loop(depth, [e.zero] * (high * count), step)
            for p in range(high):
                for j in range(count):
                    there = e.at(target, p * wide + j * e.lanes)
                    e.store(e.builder.fadd(e.load(there), sums[p * count + j]), there)

        e.cases(pixels, tile_pixels(count), one)

    args = pixels, weights, w0, table, t0, depth, x, x0, y, y0
    return types.void(vectors, *args), emits(generate)


@intrinsic
def outer(
    context: Any,
    vectors: Any,
    g: Any,
    g0: Any,
    ldg: Any,
    table: Any,
    t0: Any,
    x: Any,
    x0: Any,
    length: Any,
    out: Any,
    out0: Any,
    ldo: Any,
) -> tuple[Any, Callable[..., Any]]:
    """out[out0 + r*ldo + j] += sum over q < length of x[x0 + table[t0 + r] + q] * g[g0 + q*ldg + j].

    r < OUTER_ROWS; j < vectors * lanes, 1 <= vectors <= OUTER_VECTORS. The sum over q starts at 0 and is added at the
    end: partial sums of partial sums round less than one long sum.
    """

    def generate(e: Emitter, kinds: Any, values: Any) -> None:
        vectors, g, g0, ldg, table, t0, x, x0, length, out, out0, ldo = values
        gradient = e.data(kinds[1], g, g0)
        offset = e.data(kinds[4], table, t0)
        source = e.data(kinds[6], x, x0)
        target = e.data(kinds[9], out, out0)
        places = [e.at(source, e.entry(e.at(offset, r))) for r in range(OUTER_ROWS)]

        def one(wide: int) -> None:
            def step(q: Any, sums: list[Any]) -> list[Any]:
                row = e.at(gradient, e.times(q, ldg))
                inputs = [e.load(e.at(row, j * e.lanes)) for j in range(wide)]
                out = []
                for r in range(OUTER_ROWS):
                    v = e.broadcast(e.at(places[r], q))
                    out += [e.multiply_add(v, inputs[j], sums[r * wide + j]) for j in range(wide)]
                return out

            sums = e.loop(length, [e.zero] * (OUTER_ROWS * wide), step)
            for r in range(OUTER_ROWS):
                for j in range(wide):
                    place = e.at(target, e.plus(e.times(ldo, r), j * e.lanes))
                    e.store(e.builder.fadd(e.load(place), sums[r * wide + j]), place)

        e.cases(vectors, range(1, OUTER_VECTORS + 1), one)

    args = vectors, g, g0, ldg, table, t0, x, x0, length, out, out0, ldo
    return types.void(*args), emits(generate)


@intrinsic
def dot(
    context: Any,
    outs: Any,
    g: Any,
    g0: Any,
    ldg: Any,
    table: Any,
    t0: Any,
    x: Any,
    x0: Any,
    vectors: Any,
    out: Any,
    out0: Any,
    ldo: Any,
) -> tuple[Any, Callable[..., Any]]:
    """out[out0 + o*ldo + r*lanes + l] += sum over v < vectors of x[x0 + table[t0 + r] + q] * g[g0 + o*ldg + q].

    q = v*lanes + l; o < outs, 1 <= outs <= DOT_OUTS; r < DOT_ROWS. The lanes are left for the caller to sum, once.
    """

    def generate(e: Emitter, kinds: Any, values: Any) -> None:
        outs, g, g0, ldg, table, t0, x, x0, vectors, out, out0, ldo = values
        offset = e.data(kinds[4], table, t0)
        source = e.data(kinds[6], x, x0)
        places = [e.at(source, e.entry(e.at(offset, r))) for r in range(DOT_ROWS)]

        def some(high: int) -> None:
            gradients = [e.at(e.data(kinds[1], g, g0), e.times(ldg, o)) for o in range(high)]
            targets = [e.at(e.data(kinds[9], out, out0), e.times(ldo, o)) for o in range(high)]

            def step(v: Any, sums: list[Any]) -> list[Any]:
                q = e.times(v, e.lanes)
                upper = [e.load(e.at(gradient, q)) for gradient in gradients]
                new = []
                for r in range(DOT_ROWS):
                    value = e.load(e.at(places[r], q))
                    new += [e.multiply_add(upper[o], value, sums[r * high + o]) for o in range(high)]
                return new

            sums = e.loop(vectors, [e.zero] * (DOT_ROWS * high), step)
            for r in range(DOT_ROWS):
                for o in range(high):
                    place = e.at(targets[o], r * e.lanes)
                    e.store(e.builder.fadd(e.load(place), sums[r * high + o]), place)

        e.cases(outs, range(1, DOT_OUTS + 1), some)

    return types.void(outs, g, g0, ldg, table, t0, x, x0, vectors, out, out0, ldo), emits(generate)
