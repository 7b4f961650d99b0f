"""The older names of linear algebra."""

from __future__ import annotations

import numpy as np

from autograd.errors import ShapeError
from autograd.linalg import LinAlgError
from tests.op_samples.cholesky import INDEFINITE, positive
from tests.op_samples.record import Error, Kink, Op, Sample, uniform
from tests.op_samples.solving import invertible, stacks


def definite(rng: np.random.Generator) -> list[Sample]:
    return [Kink(positive(rng, 2, 3)), Kink(positive(rng, 2), True)]


def decomposed(rng: np.random.Generator) -> list[Sample]:
    return [
        Kink(uniform(rng, (4, 2))),
        Kink(uniform(rng, (2, 2, 3)), False),
        Kink(uniform(rng, (2, 3)), compute_uv=False),
    ]


def systems(rng: np.random.Generator) -> list[Sample]:
    return [Sample(uniform(rng, (3, 2)), invertible(rng, 3), np.array([3, 3, 3], np.int32))]


def triangular(rng: np.random.Generator) -> list[Sample]:
    return [
        Sample(uniform(rng, (3, 2)), invertible(rng, 2, 3)),
        Sample(uniform(rng, (3, 2)), invertible(rng, 3), False, True),
        Sample(uniform(rng, (3, 2)), invertible(rng, 3), transpose=True, unitriangular=True),
    ]


WIDE = np.ones((2, 3))

OPS = [
    Op(
        "cholesky", definite, out=True, errors=(Error(LinAlgError, "cholesky: expected positive-definite", INDEFINITE),)
    ),
    Op("svd", decomposed, torch=None, out=True),
    Op(
        "qr",
        lambda rng: [Sample(uniform(rng, (4, 2))), Sample(uniform(rng, (2, 2, 3)), False)],
        out=True,
        rtol=1e-3,
        atol=1e-3,
    ),
    Op("lu", lambda rng: [Sample(invertible(rng, 2, 3)), Sample(uniform(rng, (2, 3)), get_infos=True)], rtol=1e-4),
    Op("lu_solve", systems, out=True, rtol=1e-4),
    Op("triangular_solve", triangular, out=True, rtol=1e-4),
    Op("inverse", stacks, out=True, errors=(Error(LinAlgError, "inverse: expected invertible", np.ones((2, 2))),)),
    Op("pinverse", lambda rng: [Sample(uniform(rng, (2, 3, 2)))], rtol=1e-4),
    Op("det", stacks, rtol=1e-4),
    Op("slogdet", stacks, rtol=1e-4),
    Op(
        "matrix_power",
        lambda rng: [Sample(invertible(rng, 2, 3), n) for n in (3, -2)],
        out=True,
        rtol=1e-4,
        atol=1e-4,
    ),
    Op(
        "vander",
        lambda rng: [Sample(uniform(rng, (3,))), Sample(uniform(rng, (3,)), 2, True), Sample(np.array([1, 2]), 4)],
        method=False,
        grad=False,
        errors=(Error(ShapeError, r"vander: expected a vector, got shape \(2, 3\)", WIDE),),
    ),
]
