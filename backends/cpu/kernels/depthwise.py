"""Depthwise convolution and its gradients: each plane by its own small square of weights, step 1 or 2.

A vector holds neighbouring outputs of one row. It goes down a plane: with step 1 a row of inputs is read once, at each
shift, and added to all rows of outputs that it belongs to; those sums stay in registers until their last row has come.
Padding is a mask. Nothing is copied.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numba import prange, types
from numba.extending import intrinsic

from backends.cpu.kernels.jit import Kernel, kernel
from backends.cpu.kernels.vector import VECTOR_BYTES, Emitter, emits, flush_denormals, restore_denormals

SIZES, STEPS = (3, 5), (1, 2)  # that are compiled, when needed: weights fit the registers


def _literals(*values: Any) -> list[int] | None:
    """Compile-time constants; None where one is not known yet."""
    return [v.literal_value for v in values] if all(isinstance(v, types.IntegerLiteral) for v in values) else None


def _strips(e: Emitter, count: Any, strip: Callable[[Any], None]) -> None:
    """strip(first column) for each vector that ``count`` columns fill."""

    def step(v: Any, _: list[Any]) -> list[Any]:
        strip(e.times(v, e.lanes))
        return []

    e.loop(e.builder.sdiv(e.plus(count, e.lanes - 1), e.index(e.lanes)), [], step)


def _weights(e: Emitter, array: Any, value: Any, place: Any, size: int) -> list[list[Any]]:
    """Each weight of a plane in every lane of a vector."""
    first = e.data(array, value, place)
    return [[e.broadcast(e.at(first, i * size + j)) for j in range(size)] for i in range(size)]


def _columns(e: Emitter, first: Any, width: Any) -> Any:
    """Mask of the lanes whose columns, from ``first`` on, lie in a row."""
    return e.within(e.builder.sub(e.index(0), first), e.builder.sub(width, first))


def _if(e: Emitter, row: Any, height: Any, mask: Any) -> Any:
    """The mask, or none where there is no such row."""
    inside = e.builder.icmp_unsigned("<", row, height)
    return e.builder.select(inside, mask, e.within(0, 0))


def _shifted(
    e: Emitter, plane: Any, width: Any, left: Any, column: Any, size: int, step: int
) -> Callable[..., list[Any]]:
    """A function (row, height) that loads the inputs of a strip of outputs for each weight of a row."""
    starts = [e.plus(e.times(column, step), j, e.builder.sub(e.index(0), left)) for j in range(size)]
    if step == 1:
        masks = [_columns(e, start, width) for start in starts]

        def single(row: Any, height: Any) -> list[Any]:
            line = e.at(plane, e.times(row, width))
            return [e.load_masked(e.at(line, s), _if(e, row, height, m)) for s, m in zip(starts, masks, strict=True)]

        return single
    ends = [e.plus(start, e.lanes) for start in starts]
    halves = {j: [(s, _columns(e, s, width)) for s in (starts[j], ends[j])] for j in range(0, size, 2)}

    def double(row: Any, height: Any) -> list[Any]:
        line, out = e.at(plane, e.times(row, width)), []
        for pair in halves.values():
            low, high = (e.load_masked(e.at(line, s), _if(e, row, height, mask)) for s, mask in pair)
            out += [e.shuffle(low, high, range(odd, 2 * e.lanes, 2)) for odd in (0, 1)]
        return out[:size]

    return double


def _dot(e: Emitter, weights: list[Any], inputs: list[Any], total: Any) -> Any:
    """total + the products."""
    for weight, value in zip(weights, inputs, strict=True):
        total = e.multiply_add(weight, value, total)
    return total


def _pairs(e: Emitter, *tuples: Any) -> list[list[Any]]:
    """The two numbers of each tuple."""
    return [[e.builder.extract_value(value, i) for i in range(2)] for value in tuples]


@intrinsic(prefer_literal=True)
def plane(
    context: Any,
    size: Any,
    step: Any,
    x: Any,
    x0: Any,
    shape: Any,
    pad: Any,
    w: Any,
    w0: Any,
    bias: Any,
    y: Any,
    y0: Any,
    out: Any,
) -> tuple[Any, Callable[..., Any]] | None:
    """y[y0 + r*OW + c] = bias + sum over i, j < size of w[w0 + i*size + j] * x[x0 + (r*step+i-top)*W + c*step+j-left].

    shape: H, W; pad: top, left; out: OH, OW. What lies outside x counts as 0.
    """
    literals = _literals(size, step)
    if literals is None:
        return None
    k, s = literals

    def generate(e: Emitter, kinds: Any, values: Any) -> None:
        _, _, x, x0, shape, pad, w, w0, bias, y, y0, out = values
        (height, width), (top, left), (rows, columns) = _pairs(e, shape, pad, out)
        source, target, offset, b = e.data(kinds[2], x, x0), e.data(kinds[9], y, y0), e.splat(bias), e.builder
        weights = _weights(e, kinds[6], w, w0, k)

        def strip(column: Any) -> None:
            inputs, mask = _shifted(e, source, width, left, column, k, s), e.within(0, b.sub(columns, column))
            there = e.at(target, column)

            def rolling(h: Any, sums: list[Any]) -> list[Any]:
                line, r = inputs(h, height), b.sub(e.plus(h, top), e.index(k - 1))
                sums = [_dot(e, weights[k - 1 - m], line, before) for m, before in enumerate([*sums, offset])]
                e.store_masked(sums[0], e.at(there, e.times(r, columns)), _if(e, r, rows, mask))
                return sums[1:]

            def single(r: Any, _: list[Any]) -> list[Any]:
                first, total = b.sub(e.times(r, s), top), offset
                for i in range(k):
                    part = _dot(e, weights[i], inputs(e.plus(first, i), height), e.zero)
                    total = b.fadd(total, part)
                e.store_masked(total, e.at(there, e.times(r, columns)), mask)
                return []

            if s == 1:
                e.loop(b.sub(e.plus(rows, k - 1), top), [offset] * (k - 1), rolling)
            else:
                e.loop(rows, [], single)

        _strips(e, columns, strip)

    return types.void(size, step, x, x0, shape, pad, w, w0, bias, y, y0, out), emits(generate)


@intrinsic(prefer_literal=True)
def plane_input(
    context: Any, size: Any, g: Any, g0: Any, shape: Any, pad: Any, w: Any, w0: Any, y: Any, y0: Any, out: Any
) -> tuple[Any, Callable[..., Any]] | None:
    """The gradient with respect to the input at step 2: y (H,W) from g (OH,OW).

    Rows and columns of y, counted from its padding, go in pairs: the even ones take the even weights, the odd ones the odd.
    """
    literals = _literals(size)
    if literals is None:
        return None
    (k,) = literals

    def generate(e: Emitter, kinds: Any, values: Any) -> None:
        _, g, g0, shape, pad, w, w0, y, y0, out = values
        (rows, columns), (top, left), (height, width) = _pairs(e, shape, pad, out)
        source, target, b = e.data(kinds[1], g, g0), e.data(kinds[7], y, y0), e.builder
        weights, shifts = _weights(e, kinds[5], w, w0, k), range((k + 1) // 2)
        pairs = [b.sdiv(b.add(n, e.plus(p, 1)), e.index(2)) for n, p in ((height, top), (width, left))]

        def strip(column: Any) -> None:
            starts = [e.plus(column, -shift) for shift in shifts]
            masks = [_columns(e, start, columns) for start in starts]
            first = b.sub(e.times(column, 2), left)
            ends = [(first, _columns(e, first, width))]
            ends.append((e.plus(first, e.lanes), _columns(e, e.plus(first, e.lanes), width)))

            def pair(q: Any, _: list[Any]) -> list[Any]:
                lines = []
                for shift in shifts:
                    row = e.plus(q, -shift)
                    line = e.at(source, e.times(row, columns))
                    lines.append(
                        [e.load_masked(e.at(line, s), _if(e, row, rows, m)) for s, m in zip(starts, masks, strict=True)]
                    )
                for odd in range(2):
                    totals = [e.zero, e.zero]
                    for i in range(odd, k, 2):
                        for j in range(k):
                            totals[j % 2] = e.multiply_add(weights[i][j], lines[i // 2][j // 2], totals[j % 2])
                    row = b.sub(e.plus(e.times(q, 2), odd), top)
                    there = e.at(target, e.times(row, width))
                    for half, (start, mask) in enumerate(ends):
                        order = [half * e.lanes // 2 + n // 2 + n % 2 * e.lanes for n in range(e.lanes)]
                        e.store_masked(
                            e.shuffle(totals[0], totals[1], order), e.at(there, start), _if(e, row, height, mask)
                        )
                return []

            e.loop(pairs[0], [], pair)

        _strips(e, pairs[1], strip)

    return types.void(size, g, g0, shape, pad, w, w0, y, y0, out), emits(generate)


@intrinsic(prefer_literal=True)
def plane_weight(
    context: Any, size: Any, step: Any, x: Any, x0: Any, shape: Any, pad: Any, g: Any, g0: Any, out: Any, sums: Any
) -> tuple[Any, Callable[..., Any]] | None:
    """sums[(i*size + j)*lanes + l] += products of g (OH,OW) with the inputs that weight i, j meets, some in each lane."""
    literals = _literals(size, step)
    if literals is None:
        return None
    k, s = literals

    def generate(e: Emitter, kinds: Any, values: Any) -> None:
        _, _, x, x0, shape, pad, g, g0, out, sums = values
        (height, width), (top, left), (rows, columns) = _pairs(e, shape, pad, out)
        source, upper, b = e.data(kinds[2], x, x0), e.data(kinds[6], g, g0), e.builder
        places = [e.at(e.data(kinds[9], sums), n * e.lanes) for n in range(k * k)]

        def strip(column: Any) -> None:
            inputs, mask = _shifted(e, source, width, left, column, k, s), e.within(0, b.sub(columns, column))

            def gradients(r: Any) -> Any:
                return e.load_masked(e.at(upper, e.plus(e.times(r, columns), column)), _if(e, r, rows, mask))

            def rolling(r: Any, carried: list[Any]) -> list[Any]:
                line, some = inputs(b.sub(r, top), height), [gradients(r), *carried[: k - 1]]
                totals = [e.multiply_add(some[n // k], line[n % k], total) for n, total in enumerate(carried[k - 1 :])]
                return [*some[:-1], *totals]

            def single(r: Any, totals: list[Any]) -> list[Any]:
                first, some = b.sub(e.times(r, s), top), gradients(r)
                lines = [inputs(e.plus(first, i), height) for i in range(k)]
                return [e.multiply_add(some, lines[n // k][n % k], total) for n, total in enumerate(totals)]

            if s == 1:
                totals = e.loop(e.plus(height, top), [e.zero] * (k - 1 + k * k), rolling)[k - 1 :]
            else:
                totals = e.loop(rows, [e.zero] * (k * k), single)
            for place, total in zip(places, totals, strict=True):
                e.store(b.fadd(e.load(place), total), place)

        _strips(e, columns, strip)

    return types.void(size, step, x, x0, shape, pad, g, g0, out, sums), emits(generate)


@cache
def forward(size: int, step: int) -> Kernel:
    """The depthwise convolution with weights (size, size).

    Args:
        size: one of SIZES.
        step: one of STEPS.

    Returns:
        A kernel (x, w, bias, y, sizes, threads) of flat arrays, bias (C,) or (0,); sizes: C, (H, W), (top, left) padding,
        (OH, OW).

    Example:
        >>> forward(3, 1) is forward(3, 1)
        True
    """

    def run(x: Any, w: Any, bias: Any, y: Any, sizes: Any, threads: int) -> None:
        channels, shape, pad, out = sizes
        planes = y.size // (out[0] * out[1])
        for t in prange(threads):
            state = flush_denormals()
            for n in range(planes * t // threads, planes * (t + 1) // threads):
                c = n % channels
                b = bias[c] if bias.size else y.dtype.type(0)
                x0, y0 = n * shape[0] * shape[1], n * out[0] * out[1]
                plane(size, step, x, x0, shape, pad, w, c * size * size, b, y, y0, out)
            restore_denormals(state)

    run.__qualname__ = f"forward{size}_{step}"
    return kernel(run)


@cache
def backward(size: int) -> Kernel:
    """The gradient with respect to the input at step 2; at step 1 it is ``forward`` with the weights turned round.

    Args:
        size: one of SIZES.

    Returns:
        A kernel (g, w, gx, sizes, threads) of flat arrays; sizes as in ``forward``.

    Example:
        >>> backward(3) is backward(3)
        True
    """

    def run(g: Any, w: Any, gx: Any, sizes: Any, threads: int) -> None:
        channels, shape, pad, out = sizes
        planes = g.size // (out[0] * out[1])
        for t in prange(threads):
            state = flush_denormals()
            for n in range(planes * t // threads, planes * (t + 1) // threads):
                x0, g0 = n * shape[0] * shape[1], n * out[0] * out[1]
                plane_input(size, g, g0, out, pad, w, n % channels * size * size, gx, x0, shape)
            restore_denormals(state)

    run.__qualname__ = f"backward{size}"
    return kernel(run)


@cache
def weight(size: int, step: int) -> Kernel:
    """The gradient with respect to the weights (size, size).

    Args:
        size: one of SIZES.
        step: one of STEPS.

    Returns:
        A kernel (g, x, gw, sizes, threads): gw (C, size * size), the others flat; sizes as in ``forward``.

    Example:
        >>> weight(3, 2) is weight(3, 2)
        True
    """

    def run(g: Any, x: Any, gw: Any, sizes: Any, threads: int) -> None:
        channels, shape, pad, out = sizes
        images = g.size // (channels * out[0] * out[1])
        for t in prange(threads):
            state, lanes = flush_denormals(), VECTOR_BYTES // g.itemsize
            sums = np.empty(size * size * lanes, g.dtype)
            for c in range(channels * t // threads, channels * (t + 1) // threads):
                sums[:] = 0
                for n in range(c, images * channels, channels):
                    x0, g0 = n * shape[0] * shape[1], n * out[0] * out[1]
                    plane_weight(size, step, x, x0, shape, pad, g, g0, out, sums)
                for k in range(size * size):
                    total = sums[k * lanes]
                    for lane in range(1, lanes):
                        total += sums[k * lanes + lane]
                    gw[c, k] = total
            restore_denormals(state)

    run.__qualname__ = f"weight{size}_{step}"
    return kernel(run)
