"""Exponentials, logarithms, roots and sigmoids."""

from __future__ import annotations

import numpy as np

from tests.op_samples.record import Kink, Op, Sample, binary, special, unary, uniform

ALL = ("float32", "float64", "int64")


def wide(rng: np.random.Generator) -> list[Sample]:
    return [*unary()(rng), Kink(special(0.0, 100.0, -100.0))]


def positive(rng: np.random.Generator) -> list[Sample]:
    return [*unary(0.5, 4)(rng), Kink(special(0.0, 1e-30, 1e30, -1.0))]


def log_sums(rng: np.random.Generator) -> list[Sample]:
    return [*binary(number=None)(rng), Kink(np.array([500.0, -500.0]), np.array([-500.0, -500.0]))]


def zero_times_log(rng: np.random.Generator) -> list[Sample]:
    zeros = np.array([0.0, 0.0, 0.0, 1.0]), np.array([0.0, -1.0, np.nan, 2.0])
    return [*binary(0.5, 3)(rng), Sample(2.0, uniform(rng, (3,), 1, 2)), Kink(*zeros)]


def zero_times_log1p(rng: np.random.Generator) -> list[Sample]:
    zeros = np.array([0.0, 0.0, 0.0, 1.0]), np.array([-1.0, -2.0, np.nan, 2.0])
    return [*binary(-0.5, 3)(rng), Sample(2.0, uniform(rng, (3,), 1, 2)), Kink(*zeros)]


def odds(rng: np.random.Generator) -> list[Sample]:
    a = uniform(rng, (3, 4), 0.1, 0.9)
    return [Sample(a), Sample(a, 0.3), Sample(a, eps=0.3), Sample(uniform(rng, (), 0.1, 0.9)), Sample(a[:0])]


def rectified(rng: np.random.Generator) -> list[Sample]:
    return [*unary()(rng), Sample(uniform(rng, (40, 30))), Kink(np.array([0.0, -0.0, np.inf, -np.inf]))]


OPS = [
    Op("exp", wide, inplace=True, dtypes=(*ALL, "float16"), out=True, complex=True),
    Op("exp2", unary(), inplace=True, out=True, complex=True),
    Op("expm1", wide, inplace=True, dtypes=ALL, out=True, complex=True),
    Op("log", positive, inplace=True, dtypes=(*ALL, "float16"), out=True, complex=True),
    Op("log2", positive, inplace=True, dtypes=ALL, out=True),
    Op("log10", positive, inplace=True, dtypes=ALL, out=True, complex=True),
    Op("log1p", positive, inplace=True, dtypes=ALL, out=True, complex=True),
    Op("logaddexp", log_sums, out=True, complex=True),
    Op("logaddexp2", log_sums, out=True),
    Op("xlogy", zero_times_log, inplace=True, out=True),
    Op("special.xlog1py", zero_times_log1p, method=False, out=True),
    Op("special.entr", positive, method=False, out=True),
    Op("sqrt", positive, inplace=True, dtypes=(*ALL, "float16"), out=True, complex=True),
    Op("rsqrt", positive, inplace=True, dtypes=ALL, out=True, complex=True),
    Op(
        "sigmoid",
        lambda rng: [*wide(rng), Sample(uniform(rng, (40, 30)))],
        inplace=True,
        dtypes=(*ALL, "float16"),
        out=True,
        complex=True,
    ),
    Op("logit", odds, inplace=True, out=True),
    Op("erf", lambda rng: [*wide(rng), Sample(uniform(rng, (40, 30)))], inplace=True, dtypes=ALL, out=True),
    Op("relu", rectified, inplace=True, dtypes=(*ALL, "float16")),
]
