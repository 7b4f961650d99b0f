"""Sums of exponentials over a row of any length, a vector at a time."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from backends.cpu.kernels.scores import constant, exp, largest_lane
from backends.cpu.kernels.vector import Emitter, emits


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
    b, shifts, real = e.builder, e.splat(shift), ir.DoubleType()
    double = ir.VectorType(real, e.lanes)

    def vector(i: Any, mask: Any, total: Any) -> list[Any]:
        value = exp(e, b.fsub(e.loaded(e.at(row, i), mask), shifts))
        value = value if mask is None else b.select(mask, value, e.zero)
        then(i, value, mask)
        return [b.fadd(total, value if e.itemsize == 8 else b.fpext(value, double))]

    (total,) = e.along(length, [ir.Constant(double, [0.0] * e.lanes)], vector)
    name = f"llvm.vector.reduce.fadd.v{e.lanes}f64"
    add = b.module.globals.get(name) or ir.Function(b.module, ir.FunctionType(real, [real, double]), name)
    return b.call(add, [ir.Constant(real, -0.0), total], fastmath=("reassoc",))


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
