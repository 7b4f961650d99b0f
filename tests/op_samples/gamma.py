"""The gamma function's family."""

from __future__ import annotations

import numpy as np

from tests.op_samples.record import Error, Kink, Op, Sample, binary, unary, uniform

ALL = ("float32", "float64", "int64", "float16")
X = np.ones(2)


def everywhere(rng: np.random.Generator) -> list[Sample]:
    """On both sides of the poles, and at the first."""
    below = uniform(rng, (2, 3), -2.8, -2.2)
    return [*unary(0.3, 4)(rng), Sample(below), Kink(np.array([0.5, 30.0, 1e-3, 0.0, np.nan, np.inf]))]


def derivatives(rng: np.random.Generator) -> list[Sample]:
    return [Sample(n, uniform(rng, shape, 0.4, 4)) for n in (0, 1, 2, 3) for shape in ((2, 3), (), (0,))]


def dimensions(rng: np.random.Generator) -> list[Sample]:
    return [Sample(uniform(rng, (2, 3), 1.2, 4), p) for p in (1, 2, 3)]


OPS = [
    Op("lgamma", everywhere, inplace=True, out=True, dtypes=ALL),
    Op("digamma", everywhere, inplace=True, out=True, dtypes=ALL, atol=3e-5),
    Op(
        "polygamma",
        derivatives,
        out=True,
        method=False,
        rtol=1e-4,
        errors=(Error(ValueError, "polygamma: expected n >= 0, got -1", -1, X),),
    ),
    Op(
        "mvlgamma",
        dimensions,
        inplace=True,
        out=True,
        errors=(Error(ValueError, "mvlgamma: expected p >= 1, got 0", X, 0),),
    ),
    Op("igamma", binary(0.3, 4, number=None), inplace=True, out=True, constant=(0,)),
    Op("igammac", binary(0.3, 4, number=None), inplace=True, out=True, constant=(0,)),
    Op("special.zeta", binary(1.5, 4), out=True, method=False, constant=(0,), rtol=1e-4),
]
