"""Covariance and correlation."""

from __future__ import annotations

import numpy as np

from autograd.errors import DtypeError, ShapeError
from tests.op_samples.record import Error, Op, Sample, uniform
from tests.op_samples.shape import X

TIMES = np.array([1, 2, 0, 3])


def observed(rng: np.random.Generator) -> list[Sample]:
    a = uniform(rng, (3, 4))
    weights = uniform(rng, (4,), 0.5, 2)
    return [
        Sample(a),
        Sample(a[0]),
        Sample(a[:1]),
        Sample(a, correction=0),
        Sample(a, fweights=TIMES),
        Sample(a, aweights=weights),
        Sample(a, fweights=TIMES, aweights=weights, correction=2),
        Sample(TIMES),
    ]


OPS = [
    Op(
        "cov",
        observed,
        constant=("aweights",),
        errors=(
            Error(ShapeError, r"cov: expected at most two axes, got shape \(2, 1, 2\)", np.ones((2, 1, 2))),
            Error(ShapeError, r"cov: expected fweights of shape \(3,\), got \(4,\)", X, fweights=TIMES),
            Error(
                DtypeError, "cov: expected integer fweights, got autograd.float32", X, fweights=np.ones(3, "float32")
            ),
            Error(DtypeError, "cov: expected floating aweights, got autograd.int64", X, aweights=TIMES),
        ),
    ),
    Op(
        "corrcoef",
        lambda rng: [
            Sample(uniform(rng, (3, 4))),
            Sample(uniform(rng, (5,))),
            Sample(np.array([[1, 2, 4], [3, 1, 0]])),
        ],
        errors=(Error(ShapeError, "corrcoef: expected at most two axes", np.ones((2, 1, 2))),),
    ),
]
