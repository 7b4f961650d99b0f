"""QR factorization, and Householder's reflections."""

from __future__ import annotations

import numpy as np

from autograd.errors import ShapeError
from tests.op_samples.record import Error, Kink, Op, Sample, uniform


def of_any_shape(rng: np.random.Generator) -> list[Sample]:
    shapes = (3, 3), (2, 4, 2), (2, 2, 3), (0, 2, 2), (3, 0), (0, 3)
    return [*(Sample(uniform(rng, s)) for s in shapes), Sample(uniform(rng, (2, 3)), "complete")]


def reflections(rng: np.random.Generator) -> list[Sample]:
    shapes = ((3, 2), (2,)), ((2, 3, 3), (2, 2)), ((0, 3, 2), (0, 2))
    return [Sample(uniform(rng, a), uniform(rng, t)) for a, t in shapes]


def products(rng: np.random.Generator) -> list[Sample]:
    A, tau = uniform(rng, (3, 2)), uniform(rng, (2,))
    return [
        Sample(A, tau, uniform(rng, (3, 2))),
        Sample(A, tau, uniform(rng, (3, 2)), True, True),
        Sample(A, tau, uniform(rng, (2, 3)), False),
        Sample(A, tau, uniform(rng, (2, 3)), left=False, transpose=True),
    ]


TALL, TAU = np.ones((3, 2)), np.ones(2)

OPS = [
    Op(
        "linalg.qr",
        of_any_shape,
        method=False,
        out=True,
        rtol=1e-3,
        atol=1e-3,
        errors=(
            Error(ValueError, "linalg.qr: expected mode to be 'reduced', 'complete' or 'r', got 'full'", TALL, "full"),
        ),
    ),
    Op(
        "geqrf",
        lambda rng: [Kink(uniform(rng, s)) for s in ((3, 3), (2, 4, 2), (2, 3), (0, 2, 2))],
        out=True,
        grad=False,
    ),
    Op(
        "linalg.householder_product",
        reflections,
        method=False,
        out=True,
        rtol=1e-4,
        errors=(
            Error(
                ShapeError, r"householder_product: expected \(..., m, n\) and \(..., k\) with k <= n <= m", TALL, TALL
            ),
            Error(ShapeError, "householder_product: expected n <= m", TALL.T, TAU),
        ),
    ),
    Op("orgqr", reflections, rtol=1e-4),
    Op(
        "ormqr",
        products,
        out=True,
        rtol=1e-4,
        atol=1e-3,  # of gradients up to 184
        errors=(Error(ShapeError, r"ormqr: expected \(..., m, n\) and \(..., m, p\) of one m", TALL, TAU, np.eye(2)),),
    ),
]
