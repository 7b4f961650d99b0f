"""Arithmetic between tensors."""

from __future__ import annotations

import numpy as np

from autograd.errors import DtypeError, ShapeError
from tests.op_samples.record import Error, Kink, Op, Sample, binary, special, unary, uniform

NUMBERS = ("float32", "float64", "float16", "int64", "uint8")
INTS, BOOLS = np.array([3, -4, 7]), np.array([True, False, True])
APART = np.ones(3), np.ones(4)


def scaled(rng: np.random.Generator) -> list[Sample]:
    a, b = uniform(rng, (3, 4)), uniform(rng, (4,))
    mixed = [Sample(INTS, INTS, alpha=2), Sample(a, np.array([5], "uint8"), alpha=2), Sample(INTS, uniform(rng, (3,)))]
    return [*binary()(rng), Sample(a, b, alpha=2), Sample(a, 3, alpha=2), Sample(a, INTS[:1]), *mixed]


def divided(rng: np.random.Generator) -> list[Sample]:
    """Without integers divided by zero, and quotients away from integers."""
    a, b = uniform(rng, (3, 4), 10, 30), uniform(rng, (4,), 2, 5)
    signs = np.where(rng.uniform(size=(3, 4)) < 0.5, -1.0, 1.0)
    return [Sample(a, b), Sample(a * signs, b), Sample(a, -b), Sample(a, 2.5), Sample(uniform(rng, (0, 4)), b)]


def rounded(rng: np.random.Generator) -> list[Sample]:
    plain = divided(rng)
    return [
        *binary(1, 4)(rng),
        *(Sample(*s.args, rounding_mode=mode) for s in plain for mode in ("floor", "trunc")),
        Sample(np.array([-7, 7, -6]), 2, rounding_mode="trunc"),
        Sample(np.array([-7, 7, -6]), 2, rounding_mode="floor"),
        Sample(np.array([-7, 7]), np.array([2, 3])),
    ]


def zeros(rng: np.random.Generator) -> list[Sample]:
    return [*unary()(rng), Kink(np.array([0.0, -0.0])), Kink(special(1.0))]


def interpolated(rng: np.random.Generator) -> list[Sample]:
    a, b, w = uniform(rng, (3, 4)), uniform(rng, (4,)), uniform(rng, (3, 1), 0, 1)
    return [Sample(a, b, 0.25), Sample(a, b, 0.75), Sample(a, b, w), Sample(a[0, 0:1], b[0:1], w[0])]


def triples(rng: np.random.Generator) -> list[Sample]:
    a, b, c = uniform(rng, (3, 4)), uniform(rng, (4,)), uniform(rng, (3, 1), 1, 2)
    return [Sample(a, b, c), Sample(a, b, c, value=-2.5), Sample(uniform(rng, ()), b, c), Sample(a[:0], b, c[:0])]


OPS = [
    Op(
        "add",
        scaled,
        dtypes=NUMBERS,
        inplace=True,
        errors=(
            Error(DtypeError, "add: expected an integer alpha for autograd.int64.*, got 0.5", INTS, INTS, alpha=0.5),
            Error(ShapeError, r"add: expected broadcastable shapes, got \(3,\) and \(4,\)", *APART),
            Error(TypeError, "add: expected tensors and numbers, got str", np.ones(2), "2"),
        ),
        out=True,
        complex=True,
    ),
    Op(
        "sub",
        scaled,
        dtypes=NUMBERS,
        inplace=True,
        errors=(Error(DtypeError, r"sub: expected numbers, got two bool tensors. Use \^ or", BOOLS, BOOLS),),
        out=True,
        complex=True,
    ),
    Op("rsub", scaled, dtypes=NUMBERS, complex=True),
    Op("mul", binary(), dtypes=NUMBERS, inplace=True, out=True, complex=True),
    Op("true_divide", binary(1, 4), inplace=True, dtypes=NUMBERS, out=True, complex=True),
    Op(
        "div",
        rounded,
        inplace=True,
        errors=(
            Error(
                ValueError,
                "expected rounding_mode to be None, .* or 'floor', got 'up'",
                INTS,
                2,
                rounding_mode="up",
            ),
            Error(ZeroDivisionError, "div: expected no zero among integer divisors", INTS, 0, rounding_mode="floor"),
        ),
        out=True,
    ),
    Op(
        "floor_divide",
        divided,
        grad=False,
        inplace=True,
        dtypes=("float32", "float64", "int64"),
        errors=(
            Error(ZeroDivisionError, "floor_divide: expected no zero among integer divisors", INTS, INTS * 0),
            Error(DtypeError, "floor_divide: expected numbers, got two bool tensors", BOOLS, BOOLS),
        ),
        out=True,
    ),
    Op("remainder", divided, inplace=True, dtypes=("float32", "float64", "int64"), out=True),
    Op("fmod", divided, inplace=True, dtypes=("float32", "float64", "int64"), out=True),
    Op("reciprocal", unary(0.5, 3), inplace=True, dtypes=NUMBERS[:3], out=True, complex=True),
    Op(
        "neg",
        zeros,
        inplace=True,
        errors=(Error(DtypeError, "neg: expected numbers, got a bool tensor. Use ~ or logical_not", BOOLS),),
        out=True,
        complex=True,
    ),
    Op("sign", zeros, inplace=True, out=True),
    Op("abs", zeros, inplace=True, out=True, complex=True),
    Op(
        "copysign",
        lambda rng: [*binary()(rng), Kink(np.array([0.0, 2.0]), np.array([-1.0, -0.0]))],
        inplace=True,
        out=True,
    ),
    Op("lerp", interpolated, inplace=True, out=True, complex=True),
    Op("addcmul", triples, inplace=True, out=True, complex=True),
    Op("addcdiv", triples, inplace=True, out=True, complex=True),
]
