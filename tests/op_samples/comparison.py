"""Comparisons, predicates, and the choice between two tensors."""

from __future__ import annotations

import numpy as np

from autograd.errors import DtypeError, ShapeError
from tests.op_samples.record import Error, Op, Sample, binary, special, unary, uniform

NUMBERS = ("float32", "float64", "float16", "int64", "uint8")
TIES = Sample(np.array([1.0, 2.0, np.nan]), np.array([1.0, 3.0, np.nan]))
MASK = np.array([[True, False, True, False], [False, False, True, True], [True, True, False, False]])


def compared(rng: np.random.Generator) -> list[Sample]:
    ints, bools = np.array([1, 2, 3]), np.array([True, False, True])
    mixed = [Sample(ints, 2.5), Sample(ints, np.array([1.0, 2.5, 3.0])), Sample(bools, ints), Sample(bools, True)]
    return [*binary()(rng), TIES, *mixed]


def alike(rng: np.random.Generator) -> list[Sample]:
    a = uniform(rng, (3, 4))
    return [Sample(a, a), Sample(a, a + 1), Sample(a, a[:2]), Sample(a[:0], a[:0]), TIES]


def near(rng: np.random.Generator) -> list[Sample]:
    a = uniform(rng, (3, 4), 1, 2)
    off = a * (1 + np.where(MASK, 1e-6, 1e-2))
    return [
        Sample(a, off),
        Sample(a, off, rtol=0.1),
        Sample(a, off, 0.0, 0.1),
        Sample(special(1.0), special(1.0)),
        Sample(special(1.0), special(1.0), equal_nan=True),
        Sample(a, uniform(rng, (4,))),
        Sample(np.array([10, 20]), np.array([11, 20]), rtol=0.1),
        Sample(a[:0], a[:0]),
    ]


def odd(rng: np.random.Generator) -> list[Sample]:
    return [*unary()(rng), Sample(special(0.0, 1.0)), Sample(np.array([0, 1])), Sample(np.array([True, False]))]


def chosen(rng: np.random.Generator) -> list[Sample]:
    a, b = uniform(rng, (3, 4)), uniform(rng, (4,))
    return [
        Sample(MASK, a, b),
        Sample(MASK, b, a),
        Sample(MASK[0], a, 2.0),
        Sample(MASK[:, :1], 0, b),
        Sample(MASK, 1.5, -2.0),
        Sample(MASK, 1, 2),
        Sample(MASK, a, np.array([1, 2, 3, 4])),
        Sample(MASK[0, :1].reshape(()), uniform(rng, ()), a),
        Sample(MASK[:0], a[:0], b),
        Sample(MASK),
        Sample(MASK[0]),
        Sample(MASK[0, :1].reshape(())),
    ]


def filled(rng: np.random.Generator) -> list[Sample]:
    a = uniform(rng, (3, 4))
    return [
        Sample(a, MASK, 0.5),
        Sample(a, MASK[0], -1),
        Sample(a, MASK, uniform(rng, ())),
        Sample(uniform(rng, ()), MASK[0], 2.0),
        Sample(a[:0], MASK[0], 1.0),
        Sample(np.array([1, 2, 3, 4]), MASK[0], 9),
    ]


WIDE = np.array([1, 2, 3, 4])
OPS = [
    *(
        Op(name, compared, grad=False, dtypes=NUMBERS, inplace=True, out=True)
        for name in ("eq", "ne", "lt", "le", "gt", "ge")
    ),
    Op("equal", alike, grad=False, complex=True),
    Op(
        "isclose",
        near,
        grad=False,
        errors=(Error(DtypeError, "isclose: expected one dtype, got autograd.float32 and", np.ones(2), WIDE[:2]),),
        complex=True,
    ),
    Op("allclose", near, grad=False, complex=True),
    *(Op(name, odd, grad=False) for name in ("isfinite", "isinf", "isnan")),
    *(Op(name, odd, grad=False, out=True) for name in ("isposinf", "isneginf")),
    Op(
        "where",
        chosen,
        method=False,
        errors=(
            Error(TypeError, "where: expected both input and other, or neither, got one", MASK, np.ones(4)),
            Error(DtypeError, "where: expected a bool condition, got float32. Compare it", np.ones(4), 1, 2),
        ),
        out=True,
        complex=True,
    ),
    Op(
        "masked_fill",
        filled,
        inplace=True,
        errors=(
            Error(DtypeError, "masked_fill: expected a bool mask, got autograd.int64", WIDE, WIDE, 1),
            Error(DtypeError, "masked_fill: expected a value that fits autograd.int64, got", WIDE, MASK[0], np.inf),
            Error(
                ShapeError,
                r"masked_fill: expected a number or a 0-d .*, got shape \(4,\)",
                np.ones(4),
                MASK[0],
                np.ones(4),
            ),
        ),
        complex=True,
    ),
    Op(
        "heaviside",
        lambda rng: [*binary(number=None)(rng), Sample(special(0.0, -0.0, 2.0), special(0.5, 0.5, 0.5))],
        grad=False,
        inplace=True,
        out=True,
    ),
]
