"""Cholesky's factorization. Its derivatives are compared with differences in ops/test_linalg.py: of symmetric matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.errors import ShapeError
from autograd.linalg import LinAlgError
from tests.op_samples.record import Error, Kink, Op, Sample, uniform
from tests.op_samples.solving import invertible


def positive(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Symmetric, positive-definite matrices."""
    A = invertible(rng, *shape)
    return A @ A.mT


def definite(rng: np.random.Generator) -> list[Sample]:
    stacks = [Kink(positive(rng, *shape)) for shape in ((3,), (2, 1, 2), (0, 2), (2, 0))]
    return [*stacks, Kink(positive(rng, 2), upper=True)]


def factors(rng: np.random.Generator) -> list[Sample]:
    return [Sample(invertible(rng, 3)), Sample(invertible(rng, 2, 2), True)]


def factored_systems(rng: np.random.Generator) -> list[Sample]:
    L = invertible(rng, 2, 3)
    return [
        Sample(uniform(rng, (3, 2)), L),
        Sample(uniform(rng, (2, 3, 1)), L[0], True),
        Sample(uniform(rng, (3, 2)), L[1], upper=False),
    ]


def triangle(L: Any, upper: bool) -> Any:
    """The triangle that is looked at: PyTorch's gradients have something in the other one, too."""
    return L.triu() if upper else L.tril()


INDEFINITE = np.diag([1.0, -1.0])

OPS = [
    Op(
        "linalg.cholesky",
        definite,
        method=False,
        out=True,
        errors=(
            Error(
                LinAlgError,
                "linalg.cholesky: expected positive-definite matrices, got one whose leading minor of order 2 is not",
                INDEFINITE,
            ),
            Error(LinAlgError, r"order 2 is not \(matrix 1 of the batch\)", np.stack([np.eye(2), INDEFINITE])),
        ),
    ),
    Op("linalg.cholesky_ex", definite, method=False, out=True),
    Op(
        "cholesky_solve",
        factored_systems,
        torch=lambda B, L, upper=False: B.cholesky_solve(triangle(L, upper), upper),
        out=True,
        rtol=1e-4,
        errors=(
            Error(
                ShapeError,
                r"cholesky_solve: expected \(..., n, k\) and \(..., n, n\) of one n",
                np.ones((3, 1)),
                INDEFINITE,
            ),
        ),
    ),
    Op(
        "cholesky_inverse",
        factors,
        out=True,
        rtol=1e-4,
        torch=lambda L, upper=False: triangle(L, upper).cholesky_inverse(upper),
    ),
]
