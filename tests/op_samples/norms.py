"""The length of a tensor taken as a vector."""

from __future__ import annotations

import numpy as np

from autograd.errors import DtypeError, ShapeError
from tests.op_samples.record import Error, Kink, Op, Sample, uniform

ORDERS = (0, 0.5, 1, 1.5, 2, 3, float("inf"), -float("inf"), "fro", None)


def lengths(rng: np.random.Generator) -> list[Sample]:
    a = uniform(rng, (3, 4))
    return [
        Sample(a),
        *(Sample(a, p, 1) for p in ORDERS),
        *(Sample(a, p, (0, 1), True) for p in (1, 2, 3)),
        *(Sample(a, p) for p in (1, 2, 4)),
        Sample(a, dim=0),
        Sample(uniform(rng, ())),
        Sample(a[:0]),
        *(Kink(np.array([[0.0, 0.0], [0.0, 2.0]]), p, 1) for p in (1, 1.5, 2, 3, float("inf"))),
        Kink(np.array([2.0, -2.0, 1.0]), float("inf")),
    ]


OPS = [
    Op(
        "norm",
        lengths,
        dtypes=("float32", "float64"),
        errors=(
            Error(DtypeError, "norm: expected a floating dtype, got autograd.int64", np.array([1, 2])),
            Error(ValueError, "norm: expected p to be a number, 'fro' or 'nuc', got 'max'", np.ones((2, 2)), "max"),
            Error(ShapeError, r"norm: expected two axes for 'nuc', got 1 of shape \(2, 2\)", np.ones((2, 2)), "nuc", 1),
        ),
        out=True,
        complex=True,
    ),
    Op(
        "renorm",
        lambda rng: (
            [Sample(uniform(rng, (3, 4)), *a) for a in ((2, 0, 1.0), (1, -1, 2.5), (3, 1, 0.5), (2.0, 0, 100.0))]
            + [Sample(uniform(rng, (2, 3, 2)), 2, 1, 0.5), Sample(np.zeros((0, 3)), 2, 0, 1.0)]
        ),
        inplace=True,
        out=True,
        errors=(
            Error(ValueError, "renorm: expected a norm p > 0, got 0", np.ones((2, 2)), 0, 0, 1.0),
            Error(ValueError, "renorm: expected maxnorm >= 0, got -1", np.ones((2, 2)), 2, 0, -1),
            Error(ShapeError, r"renorm: expected at least two axes, got shape \(2,\)", np.ones(2), 2, 0, 1),
        ),
    ),
]
