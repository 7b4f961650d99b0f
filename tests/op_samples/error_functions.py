"""The error function's family and the normal distribution."""

from __future__ import annotations

import numpy as np

from tests.op_samples.record import Kink, Op, Sample, special, unary

ALL = ("float32", "float64", "int64", "float16")


def wide(rng: np.random.Generator) -> list[Sample]:
    return [*unary(-2, 2)(rng), Kink(np.array([0.0, 5.0, -5.0, np.nan, np.inf]))]


def inverted(rng: np.random.Generator) -> list[Sample]:
    return [*unary(-0.9, 0.9)(rng), Kink(special(0.0, 1.0, -1.0, 1.5))]


def quantiles(rng: np.random.Generator) -> list[Sample]:
    return [*unary(0.1, 0.9)(rng), Kink(special(0.5, 1e-5, 0.0, 1.0, 1.5))]


OPS = [
    Op("erfc", wide, inplace=True, out=True, dtypes=ALL),
    Op("erfinv", inverted, inplace=True, out=True, dtypes=ALL),
    Op("special.erfcx", wide, out=True, method=False),
    Op("special.ndtr", wide, out=True, method=False),
    Op("special.ndtri", quantiles, out=True, method=False),
    Op("special.log_ndtr", wide, out=True, method=False),
]
