"""Logic on truth values and bits."""

from __future__ import annotations

import numpy as np

from autograd.errors import DtypeError
from tests.op_samples.record import Error, Op, Sample, uniform

INTS, SMALL, BOOLS = np.array([6, -3, 0, 5]), np.array([1, 3, 0, 2], "uint8"), np.array([True, False, True, True])
FLOATS = np.array([0.0, 1.0, np.nan, -2.0])


def truths(rng: np.random.Generator) -> list[Sample]:
    table = uniform(rng, (3, 1)) > 0
    return [
        Sample(BOOLS, BOOLS[::-1]),
        Sample(INTS, BOOLS),
        Sample(FLOATS, INTS),
        Sample(table, BOOLS),
        Sample(FLOATS, FLOATS),
    ]


def bits(rng: np.random.Generator) -> list[Sample]:
    pairs = [(INTS, INTS[::-1]), (INTS, 3), (INTS, SMALL), (SMALL, BOOLS), (BOOLS, BOOLS[::-1]), (BOOLS, True)]
    return [*(Sample(*pair) for pair in pairs), Sample(INTS[:2].reshape(2, 1), INTS), Sample(INTS[:0], 1)]


def shifts(rng: np.random.Generator) -> list[Sample]:
    return [Sample(INTS, SMALL), Sample(INTS, 2), Sample(SMALL, SMALL), Sample(INTS[:0], 1)]


NO_BITS = "expected integers or bools, got float32"
FIELDS = {"grad": False, "out": True, "inplace": True, "dtypes": ("float32",)}
OPS = [
    *(Op(name, truths, **FIELDS) for name in ("logical_and", "logical_or", "logical_xor")),
    Op(
        "logical_not",
        lambda rng: [Sample(x) for x in (INTS, BOOLS, FLOATS, FLOATS[:0], FLOATS[0:1])],
        **FIELDS,
    ),
    *(
        Op(name, bits, **FIELDS, errors=(Error(DtypeError, f"{name}: {NO_BITS}", FLOATS, 1),))
        for name in ("bitwise_and", "bitwise_or", "bitwise_xor")
    ),
    Op(
        "bitwise_not",
        lambda rng: [Sample(x) for x in (INTS, BOOLS, SMALL)],
        **FIELDS,
        errors=(Error(DtypeError, f"bitwise_not: {NO_BITS}", FLOATS),),
    ),
    Op("bitwise_left_shift", shifts, **FIELDS),
    Op("bitwise_right_shift", shifts, **FIELDS),
]
