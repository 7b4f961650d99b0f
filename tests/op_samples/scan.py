"""Running sums, extrema and differences."""

from __future__ import annotations

import numpy as np

from autograd.dtypes import float32
from autograd.errors import ShapeError
from tests.op_samples.record import Error, Kink, Op, Sample, special, uniform

INTS, BOOLS = np.array([[3, -4, 3], [0, 7, 7]]), np.array([[True, False], [True, True]])
TIES = np.array([1.0, 1.0, 3.0, 2.0, 3.0, 0.0])


def scanned(rng: np.random.Generator) -> list[Sample]:
    a = uniform(rng, (2, 3, 4))
    dims = [Sample(a, dim) for dim in (0, 1, -1)]
    return [*dims, Sample(uniform(rng, ()), 0), Sample(a[:0], 1), Sample(a[:, :0], 1), Sample(uniform(rng, (33,)), 0)]


def sums(rng: np.random.Generator) -> list[Sample]:
    return [*scanned(rng), Sample(INTS, 0), Sample(BOOLS, 1), Sample(INTS, 1, dtype=float32)]


def logs(rng: np.random.Generator) -> list[Sample]:
    return [*scanned(rng), Sample(np.array([700.0, -700.0, 700.0]), 0), Kink(special(1.0)[[3, 0]], 0)]


def extrema(rng: np.random.Generator) -> list[Sample]:
    return [
        *scanned(rng),
        Kink(TIES, 0),
        Kink(special(1.0, 2.0), 0),
        Kink(special(1.0)[::-1].copy(), 0),
        Sample(INTS, 1),
    ]


def differences(rng: np.random.Generator) -> list[Sample]:
    a = uniform(rng, (3, 4))
    return [
        Sample(a),
        Sample(a, 2),
        Sample(a, 1, 0),
        Sample(a, 0),
        Sample(a, 6),
        Sample(a, prepend=a[:, :1].copy(), append=a[:, :2].copy()),
        Sample(a, dim=0, prepend=a[:1].copy()),
        Sample(INTS),
        Sample(BOOLS),
    ]


NO_AXIS = r"expected dim in \[-1, 0\], got 3"
OPS = [
    Op(
        "cumsum",
        sums,
        inplace=True,
        dtypes=("float32", "float64", "float16"),
        errors=(Error(IndexError, f"cumsum: {NO_AXIS}", np.ones(2), 3),),
        out=True,
        complex=True,
    ),
    Op("logcumsumexp", logs, out=True),
    Op("cummax", extrema, out=True),
    Op("cummin", extrema, out=True),
    Op(
        "diff",
        differences,
        errors=(
            Error(ShapeError, "diff: expected at least one axis, got a 0-d tensor", np.array(1.0)),
            Error(ValueError, "diff: expected n >= 0, got -1", np.ones(2), -1),
        ),
        out=True,
    ),
]
