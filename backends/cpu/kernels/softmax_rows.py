"""exp of a vector; largest element and sum of exponentials of a row of any length."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from backends.cpu.kernels.vector import Emitter, emits

_ROUND = {4: 1.5 * 2.0**23, 8: 1.5 * 2.0**52}  # by bytes: adding it rounds to whole numbers, found in the low bits
_EXPONENT = {4: (23, 127), 8: (52, 1023)}  # where the exponent begins, and what stands there for 2^0
_LEAST = {4: -87.0, 8: -708.0}  # exp of less counts as 0
_MOST = {4: 88.0, 8: 709.0}
_DEGREE = {4: 7, 8: 13}  # of exp's series on [-ln2/2, ln2/2]: the rest is less than rounding
_LN2_HIGH, _LN2_LOW = 0.693359375, -2.1219444005469058277e-4  # the first has few bits: n * _LN2_HIGH is exact


def constant(e: Emitter, value: float) -> Any:
    """A number in every lane."""
    return ir.Constant(e.vector, [value] * e.lanes)


def exp(e: Emitter, x: Any) -> Any:
    """exp of a vector: x = n ln2 + r and the series in r; NaN stays, what is below ``_LEAST`` gives 0."""
    b, size = e.builder, e.itemsize
    least, most = constant(e, _LEAST[size]), constant(e, _MOST[size])
    tiny = b.fcmp_ordered("<", x, least)
    a = b.select(tiny, least, x)
    a = b.select(b.fcmp_ordered(">", a, most), most, a)
    rounded = e.multiply_add(a, constant(e, 1 / math.log(2)), constant(e, _ROUND[size]))
    n = b.fsub(rounded, constant(e, _ROUND[size]))
    r = e.multiply_add(n, constant(e, -_LN2_HIGH), a)
    r = e.multiply_add(n, constant(e, -_LN2_LOW), r)
    y = constant(e, 1 / math.factorial(_DEGREE[size]))
    for power in reversed(range(_DEGREE[size])):
        y = e.multiply_add(y, r, constant(e, 1 / math.factorial(power)))
    place, zero = _EXPONENT[size]
    bits = ir.VectorType(ir.IntType(8 * size), e.lanes)
    exponent = b.add(b.bitcast(rounded, bits), ir.Constant(bits, [zero] * e.lanes))
    power2 = b.bitcast(b.shl(exponent, ir.Constant(bits, [place] * e.lanes)), e.vector)
    return b.select(tiny, e.zero, b.fmul(y, power2))


def largest_lane(e: Emitter, value: Any) -> Any:
    """The largest lane."""
    b, half = e.builder, e.lanes // 2
    while half:
        other = e.shuffle(value, value, [(lane + half) % e.lanes for lane in range(e.lanes)])
        value = b.select(b.fcmp_ordered(">", value, other), value, other)
        half //= 2
    return b.extract_element(value, ir.Constant(ir.IntType(32), 0))


@intrinsic
def top(context: Any, x: Any, x0: Any, length: Any) -> tuple[Any, Callable[..., Any]]:
    """The largest x[x0 + j], j < length, that is a number; -inf where there is none."""

    def generate(e: Emitter, kinds: Any, values: Any) -> Any:
        x, x0, length = values
        b, row, none = e.builder, e.data(kinds[0], x, x0), constant(e, -math.inf)

        def vector(i: Any, mask: Any, most: Any) -> list[Any]:
            value = e.loaded(e.at(row, i), mask)
            value = value if mask is None else b.select(mask, value, none)
            return [b.select(b.fcmp_ordered(">", value, most), value, most)]

        return largest_lane(e, e.along(length, [none], vector)[0])

    return x.dtype(x, x0, length), emits(generate)


def _sum(e: Emitter, row: Any, length: Any, shift: Any, then: Callable[[Any, Any, Any], None]) -> Any:
    """Sum in float64 of exp(row[j] - shift), j < length; then(i, value, mask) for each vector of them."""
    b, shifts, double = e.builder, e.splat(shift), ir.VectorType(ir.DoubleType(), e.lanes)

    def vector(i: Any, mask: Any, total: Any) -> list[Any]:
        value = exp(e, b.fsub(e.loaded(e.at(row, i), mask), shifts))
        value = value if mask is None else b.select(mask, value, e.zero)
        then(i, value, mask)
        return [b.fadd(total, value if e.itemsize == 8 else b.fpext(value, double))]

    (total,) = e.along(length, [ir.Constant(double, [0.0] * e.lanes)], vector)
    return e.lane_sum(total)


@intrinsic
def exp_sum(context: Any, x: Any, x0: Any, length: Any, shift: Any) -> tuple[Any, Callable[..., Any]]:
    """Sum of exp(x[x0 + j] - shift) for j < length, in float64."""

    def generate(e: Emitter, kinds: Any, values: Any) -> Any:
        x, x0, length, shift = values
        return _sum(e, e.data(kinds[0], x, x0), length, shift, lambda i, value, mask: None)

    return types.float64(x, x0, length, x.dtype), emits(generate)


@intrinsic
def exp_row(context: Any, x: Any, x0: Any, length: Any, shift: Any, y: Any, y0: Any) -> tuple[Any, Callable[..., Any]]:
    """y[y0 + j] = exp(x[x0 + j] - shift) for j < length; returns their sum in float64."""

    def generate(e: Emitter, kinds: Any, values: Any) -> Any:
        x, x0, length, shift, y, y0 = values
        target = e.data(kinds[4], y, y0)
        return _sum(e, e.data(kinds[0], x, x0), length, shift, lambda i, v, mask: e.put(v, e.at(target, i), mask))

    return types.float64(x, x0, length, x.dtype, y, y0), emits(generate)
