"""LU factorization, and LDL."""

from __future__ import annotations

import numpy as np

from autograd.errors import ShapeError
from autograd.linalg import LinAlgError
from tests.op_samples.record import Error, Op, Sample, uniform
from tests.op_samples.solving import invertible


def of_any_shape(rng: np.random.Generator) -> list[Sample]:
    shapes = (4, 2), (2, 2, 3), (0, 2, 2), (0, 3), (2, 0)
    return [Sample(invertible(rng, 2, 3)), *(Sample(uniform(rng, s)) for s in shapes)]


def packed(rng: np.random.Generator) -> list[Sample]:
    exchanges = np.array([3, 3, 3], np.int32)
    return [
        Sample(uniform(rng, (3, 3)), exchanges),
        Sample(uniform(rng, (2, 4, 3)), np.stack([exchanges, exchanges + 1])),
        Sample(uniform(rng, (3, 4)), exchanges),
        Sample(uniform(rng, (3, 3)), exchanges, unpack_pivots=False),
    ]


def systems(rng: np.random.Generator) -> list[Sample]:
    LU, pivots = invertible(rng, 2, 3), np.array([[3, 2, 3], [1, 3, 3]], np.int32)
    return [
        Sample(LU, pivots, uniform(rng, (3, 2))),
        Sample(LU[0], pivots[0], uniform(rng, (2, 3, 1)), adjoint=True),
        Sample(LU, pivots, uniform(rng, (2, 2, 3)), left=False),
        Sample(LU, pivots, uniform(rng, (2, 2, 3)), left=False, adjoint=True),
    ]


def symmetric(rng: np.random.Generator) -> list[Sample]:
    A = uniform(rng, (2, 3, 3))
    return [Sample(A + A.mT), Sample(A[0] + A[0].T, hermitian=True), Sample(A[:0])]


def symmetric_systems(rng: np.random.Generator) -> list[Sample]:
    LD, pivots = invertible(rng, 2, 3), np.array([[1, 2, 3], [2, 2, 3]], np.int32)
    return [Sample(LD, pivots, uniform(rng, (2, 3, 2))), Sample(LD[0], pivots[0], uniform(rng, (3, 1)))]


SINGULAR, WIDE = np.ones((2, 2)), np.ones((2, 3))
PIVOTS = np.array([1, 2], np.int32)

OPS = [
    Op("linalg.lu", of_any_shape, method=False, out=True, rtol=1e-4),
    Op(
        "linalg.lu_factor",
        of_any_shape,
        method=False,
        out=True,
        rtol=1e-4,
        errors=(
            Error(
                LinAlgError,
                "linalg.lu_factor: expected matrices with all pivots, got one without a pivot in column 2",
                SINGULAR,
            ),
            Error(NotImplementedError, "linalg.lu_factor: expected pivot=True", SINGULAR, pivot=False),
        ),
    ),
    Op("linalg.lu_factor_ex", of_any_shape, method=False, out=True, rtol=1e-4),
    Op("lu_unpack", packed, method=False, out=True),
    Op(
        "linalg.lu_solve",
        systems,
        method=False,
        out=True,
        rtol=1e-4,
        errors=(
            Error(
                ShapeError,
                r"linalg.lu_solve: expected \(..., n, n\) and \(..., n, k\) of one n",
                SINGULAR,
                PIVOTS,
                WIDE.T,
            ),
        ),
    ),
    Op("linalg.ldl_factor", symmetric, method=False, out=True, grad=False, rtol=1e-4),
    Op(
        "linalg.ldl_factor_ex",
        symmetric,
        method=False,
        out=True,
        grad=False,
        rtol=1e-4,
        errors=(
            Error(LinAlgError, "expected an invertible D, got one with a zero in place 2", SINGULAR, check_errors=True),
        ),
    ),
    Op(
        "linalg.ldl_solve",
        symmetric_systems,
        method=False,
        out=True,
        grad=False,
        errors=(
            Error(
                ShapeError,
                r"linalg.ldl_solve: expected \(..., n, n\) and \(..., n, k\) of one n",
                SINGULAR,
                PIVOTS,
                WIDE.T,
            ),
        ),
    ),
]
