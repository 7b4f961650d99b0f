"""The larger or smaller of two, and values kept between bounds."""

from __future__ import annotations

import numpy as np

from tests.op_samples.record import Error, Kink, Op, Sample, binary, special, uniform

NUMBERS = ("float32", "float64", "float16", "int64")
TIES = np.array([1.0, 2.0, 3.0]), np.array([1.0, 3.0, 2.0])
NANS = special(1.0, 2.0), np.array([np.nan, 1.0, 2.0, 2.0, 2.0])


def extremes(rng: np.random.Generator) -> list[Sample]:
    return [*binary(number=None)(rng), Kink(*TIES)]


def holes(rng: np.random.Generator) -> list[Sample]:
    return [*extremes(rng), Kink(*NANS), Kink(*NANS[::-1])]


def bounded(rng: np.random.Generator) -> list[Sample]:
    a, low, high = uniform(rng, (3, 4)), uniform(rng, (4,), -2, 0), uniform(rng, (3, 1), 0, 2)
    return [
        Sample(a, -1, 1),
        Sample(a, -0.5),
        Sample(a, max=0.5),
        Sample(a, min=-1.5, max=1),
        Sample(a, low, high),
        Sample(a, low),
        Sample(a, max=high),
        Sample(uniform(rng, ()), -1, 1),
        Sample(a[:0], -1, 1),
        Kink(np.array([-1.0, 0.0, 1.0, np.nan, np.inf]), -1, 1),
        Kink(TIES[0], TIES[1], np.array([2.0, 3.0, 1.0])),
        Kink(TIES[0], 3, 1),
        Sample(np.array([-3, 0, 3]), -1, 1),
        Sample(np.array([-3, 0, 3]), -0.5, 0.5),
    ]


def one_bound(rng: np.random.Generator) -> list[Sample]:
    a = uniform(rng, (3, 4))
    return [Sample(a, 0.5), Sample(a, uniform(rng, (4,))), Kink(TIES[0], TIES[1]), Kink(TIES[0], 2.0)]


OPS = [
    Op("maximum", holes, dtypes=("float32", "float64", "float16"), out=True),
    Op("minimum", holes, dtypes=("float32", "float64", "float16"), out=True),
    Op("fmax", holes, out=True),
    Op("fmin", holes, out=True),
    Op(
        "clamp",
        bounded,
        inplace=True,
        errors=(Error(ValueError, "clamp: expected min, max or both, got neither", np.ones(2)),),
        out=True,
    ),
    Op("clamp_min", one_bound, inplace=True, out=True),
    Op("clamp_max", one_bound, inplace=True, out=True),
]
