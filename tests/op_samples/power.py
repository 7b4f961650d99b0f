"""Powers."""

from __future__ import annotations

import numpy as np

from autograd.errors import DtypeError
from tests.op_samples.record import Error, Kink, Op, Sample, binary, unary, uniform

INTS = np.array([3, -4, 0, 7])


def numbers(rng: np.random.Generator) -> list[Sample]:
    return [Sample(uniform(rng, s, 0.5, 2), e) for s in [(3, 4), ()] for e in (-2, -1, -0.5, 0, 0.5, 1, 2, 3, 2.5, 4)]


def powers(rng: np.random.Generator) -> list[Sample]:
    return [
        *numbers(rng),
        *(Kink(np.array([0.0, -2.0, 1.0]), e) for e in (0, 0.5, 1, 1.5, 2, 3, -1)),
        *binary(0.5, 2, None)(rng),
        Kink(np.array([0.0, 0.0, 0.0, 2.0]), np.array([0.0, 1.0, 2.0, 0.0])),
        Sample(2, uniform(rng, (3,))),
        Sample(2.5, uniform(rng, ())),
        Kink(0, np.array([0.0, 1.0, 2.0])),
        Sample(INTS, 2),
        Sample(INTS, 0.5),
        Sample(2, np.array([0, 3])),
        Sample(INTS, np.array([0, 1, 2, 3])),
        Kink(INTS, uniform(rng, (4,), 1, 2)),
    ]


OPS = [
    Op(
        "pow",
        powers,
        inplace=True,
        errors=(
            Error(DtypeError, "pow: expected exponents >= 0 for integers, got autograd.int64 to a negative", INTS, -1),
            Error(DtypeError, "pow: expected numbers, got two bool tensors", INTS > 0, INTS > 0),
            Error(DtypeError, "pow: expected exponents >= 0 for integers, got int64 to a negative power", INTS, INTS),
        ),
        out=True,
    ),
    Op(
        "float_power",
        lambda rng: [*numbers(rng), Sample(INTS, 2), Sample(np.array([1, 2]), -1)],
        out=True,
        complex=True,
    ),
    Op("square", unary(), inplace=True, dtypes=("float32", "float64", "int64"), out=True, complex=True),
    Op("hypot", binary(number=None), out=True),
]
