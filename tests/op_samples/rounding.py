"""Rounding, and numbers in place of what is not one."""

from __future__ import annotations

import numpy as np

from tests.op_samples.record import Kink, Op, Sample, special, unary, uniform

ALL = ("float32", "float64", "int64")


def halves(rng: np.random.Generator) -> list[Sample]:
    return [*unary()(rng), Kink(special(-2.0, -1.5, -0.5, -0.0, 0.5, 1.5, 2.0))]


def decimals(rng: np.random.Generator) -> list[Sample]:
    a = uniform(rng, (3, 4), -30, 30)
    return [*halves(rng), Sample(a, decimals=1), Sample(a, decimals=-1)]


def not_numbers(rng: np.random.Generator) -> list[Sample]:
    a = special(1.0, -2.0)
    return [*unary()(rng), Kink(a), Kink(a, 7.0), Kink(a, nan=1.0, posinf=2.0, neginf=-3.0), Kink(a, posinf=5.0)]


OPS = [
    Op("floor", halves, inplace=True, dtypes=ALL, out=True),
    Op("ceil", halves, inplace=True, dtypes=ALL, out=True),
    Op("trunc", halves, inplace=True, dtypes=ALL, out=True),
    Op("frac", unary(), inplace=True, out=True),
    Op("round", decimals, inplace=True, out=True),
    Op("nan_to_num", not_numbers, inplace=True, dtypes=ALL, out=True),
]
