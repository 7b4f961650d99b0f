"""Norms of vectors and of matrices, rank and condition."""

from __future__ import annotations

import math

import numpy as np

from autograd.errors import DtypeError, ShapeError
from tests.op_samples.record import Error, Kink, Op, Sample, uniform
from tests.op_samples.solving import invertible

ORDERS = ("fro", "nuc", math.inf, -math.inf, 1, -1, 2, -2)


def vectors(rng: np.random.Generator) -> list[Sample]:
    A = uniform(rng, (2, 3, 2))
    return [
        Sample(A),
        *(Sample(A, order, 1) for order in (0, 1, 2, 3.5, -1, math.inf, -math.inf)),
        Sample(A, 3, (0, 2), True),
        Sample(A, dim=(0, 1), keepdim=True),
        Sample(uniform(rng, ())),
        Sample(uniform(rng, (0,))),
        Kink(np.zeros(2)),
    ]


def of_matrices(rng: np.random.Generator) -> list[Sample]:
    A = uniform(rng, (2, 3, 2))
    return [
        *(Sample(A, order) for order in ORDERS),
        *(Sample(A, order, (0, 1), True) for order in ("nuc", 2, 1)),
        Sample(A[:0], "nuc"),
    ]


def of_either(rng: np.random.Generator) -> list[Sample]:
    A = uniform(rng, (2, 3, 2))
    return [
        Sample(A),
        Sample(A, None, 1),
        Sample(A, 1, 1),
        Sample(A, 1, (0, 2)),
        Sample(A[0], "nuc"),
        Sample(A[0, 0], 3),
    ]


def products(rng: np.random.Generator) -> list[Sample]:
    shapes = ((2, 3), (2, 3)), ((3,), (2, 3)), ((2, 0), (2, 0))
    return [Sample(uniform(rng, a), uniform(rng, b)) for a, b in shapes] + [
        Sample(uniform(rng, (2, 3)), uniform(rng, (2, 3)), dim=0)
    ]


def ranks(rng: np.random.Generator) -> list[Sample]:
    A = np.diag([3.0, 1.0, 1e-2])
    return [
        Sample(A),
        Sample(A, 0.1),
        Sample(A, atol=2.0),
        Sample(A, rtol=0.5, atol=0.1),
        Sample(np.stack([A, np.ones((3, 3))]), hermitian=True),
        Sample(np.stack([A, A]), atol=np.array([2.0, 0.001])),
        Sample(uniform(rng, (2, 4, 2))),
        Sample(np.zeros((0, 2, 2))),
    ]


def conditions(rng: np.random.Generator) -> list[Sample]:
    A = invertible(rng, 2, 3)
    return [
        Sample(A),
        *(Sample(A, p) for p in ORDERS),
        Sample(uniform(rng, (4, 2))),
        Kink(np.array([[1.0, 0], [0, 0]]), 1),
    ]


X = np.ones((2, 3, 4))

OPS = [
    Op(
        "linalg.vector_norm",
        vectors,
        method=False,
        out=True,
        errors=(Error(DtypeError, "linalg.vector_norm: expected a floating dtype", np.arange(3)),),
    ),
    Op(
        "linalg.matrix_norm",
        of_matrices,
        method=False,
        out=True,
        rtol=1e-4,
        errors=(
            Error(
                ValueError,
                "linalg.matrix_norm: expected ord to be 'fro', 'nuc', inf, -inf, 1, -1, 2 or -2, got 3",
                X,
                3,
            ),
            Error(ValueError, "linalg.matrix_norm: expected ord .* got 'max'", X, "max"),
            Error(ShapeError, r"linalg.matrix_norm: expected two axes of matrices, got dim=\(0,\)", X, 2, (0,)),
        ),
    ),
    Op(
        "linalg.norm",
        of_either,
        method=False,
        out=True,
        rtol=1e-4,
        errors=(
            Error(ShapeError, "linalg.norm: expected one or two axes with ord=2, got 3. Name them in dim=", X, 2),
            Error(ValueError, "linalg.norm: expected a number as ord of vectors, got 'nuc'", X, "nuc", 1),
        ),
    ),
    Op("linalg.vecdot", products, method=False, out=True),
    Op("linalg.matrix_rank", ranks, method=False, out=True, grad=False),
    Op("linalg.cond", conditions, method=False, out=True, grad=False, rtol=1e-3),
]
