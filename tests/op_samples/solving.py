"""Linear systems and inverses."""

from __future__ import annotations

import numpy as np

from autograd.errors import DtypeError, ShapeError
from autograd.linalg import LinAlgError
from tests.op_samples.record import Error, Kink, Op, Sample, uniform


def invertible(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Square matrices (*shape, shape[-1]) far from singular."""
    return uniform(rng, (*shape, shape[-1]), -1, 1) + 2 * np.eye(shape[-1])


def stacks(rng: np.random.Generator) -> list[Sample]:
    """A matrix, a batch, an empty batch and empty matrices."""
    return [Sample(invertible(rng, *shape)) for shape in ((3,), (2, 1, 2), (0, 2), (2, 0), (1,))]


def systems(rng: np.random.Generator) -> list[Sample]:
    """Matrices and vectors on the right, on the other side, broadcast, empty."""
    A, B = invertible(rng, 3), invertible(rng, 2, 3)
    return [
        Sample(A, uniform(rng, (3, 2))),
        Sample(A, uniform(rng, (3,))),
        Sample(B, uniform(rng, (2, 3))),
        Sample(B, uniform(rng, (3, 2))),
        Sample(A, uniform(rng, (2, 3, 1))),
        Sample(B, uniform(rng, (2, 4, 3)), left=False),
        Sample(B[:0], uniform(rng, (3, 2))),
        Sample(A, uniform(rng, (3, 0))),
    ]


def triangular(rng: np.random.Generator) -> list[Sample]:
    A, B = invertible(rng, 3), invertible(rng, 2, 3)
    return [
        *(
            Sample(A, uniform(rng, (3, 2)), upper=upper, unitriangular=unit)
            for upper in (True, False)
            for unit in (True, False)
        ),
        Sample(B, uniform(rng, (3, 2)), upper=True),
        Sample(A, uniform(rng, (2, 4, 3)), upper=False, left=False),
        Sample(B[:0], uniform(rng, (3, 2)), upper=True),
    ]


def of_any_rank(rng: np.random.Generator) -> list[Sample]:
    tall, deficient = uniform(rng, (4, 2)), uniform(rng, (3, 1)) * uniform(rng, (1, 3))
    return [
        Sample(tall),
        Sample(uniform(rng, (2, 2, 3))),
        Kink(np.diag([3.0, 2.0, 1e-3]), rtol=1e-2),
        Kink(np.diag([3.0, 2.0, 1e-3]), atol=1e-2),
        Kink(np.diag([3.0, 2.0, 1e-3]), 1e-2),
        Kink(deficient),
        Kink(deficient + deficient.T, hermitian=True),
        Sample(tall[:0]),
    ]


def least_squares(rng: np.random.Generator) -> list[Sample]:
    tall = uniform(rng, (2, 4, 2))
    return [
        Sample(tall, uniform(rng, (2, 4, 3))),
        Sample(tall[0], uniform(rng, (4, 1))),
        Sample(tall, uniform(rng, (2, 4))),
        Sample(invertible(rng, 3), uniform(rng, (3, 2))),
        Sample(uniform(rng, (2, 3)), uniform(rng, (2, 2))),
        Sample(tall[0], uniform(rng, (4, 1)), driver="gelsd"),
        Sample(tall[0], uniform(rng, (4, 1)), driver="gels"),
    ]


def unraveled(rng: np.random.Generator) -> list[Sample]:
    A = invertible(rng, 4)
    return [Sample(A.reshape(4, 2, 2), ind=1), Sample(A.reshape(2, 2, 4)), Sample(A.reshape(2, 2, 2, 2))]


def tensor_systems(rng: np.random.Generator) -> list[Sample]:
    A = invertible(rng, 4)
    moved = np.ascontiguousarray(np.moveaxis(A.reshape(2, 2, 4), 2, 0))
    return [
        Sample(A.reshape(2, 2, 4), uniform(rng, (2, 2))),
        Sample(A.reshape(4, 2, 2), uniform(rng, (4,))),
        Sample(moved, uniform(rng, (2, 2)), dims=(0,)),
    ]


X, Y, SINGULAR = np.eye(2), np.ones((2, 3)), np.ones((2, 2))
INTS = np.eye(2, dtype=np.int64)

OPS = [
    Op(
        "linalg.inv",
        stacks,
        method=False,
        out=True,
        errors=(
            Error(ShapeError, r"linalg.inv: expected square matrices \(..., n, n\), got shape \(2, 3\)", Y),
            Error(ShapeError, r"linalg.inv: expected matrices \(..., m, n\), got shape \(3,\)", Y[0]),
            Error(DtypeError, r"linalg.inv: expected float32, float64 or a complex dtype, got autograd.int64", INTS),
            Error(
                LinAlgError, "linalg.inv: expected invertible matrices, got a singular one: .* in column 2$", SINGULAR
            ),
            Error(LinAlgError, r"in column 2 \(matrix 1 of the batch\)", np.stack([X, SINGULAR])),
        ),
    ),
    Op("linalg.inv_ex", stacks, method=False, out=True),
    Op(
        "linalg.solve",
        systems,
        method=False,
        out=True,
        errors=(
            Error(
                ShapeError,
                r"linalg.solve: expected \(..., n, n\) and \(..., n, k\) of one n, got \(2, 2\) and \(3, 2\)",
                X,
                Y.T,
            ),
            Error(DtypeError, "linalg.solve: expected one dtype, got autograd.float32 and autograd.int64", X, INTS),
            Error(LinAlgError, "linalg.solve: expected invertible matrices", SINGULAR, X),
        ),
    ),
    Op("linalg.solve_ex", systems, method=False, out=True),
    Op("linalg.solve_triangular", triangular, method=False, out=True),
    Op("linalg.pinv", of_any_rank, method=False, out=True, rtol=1e-4, atol=1e-4),
    Op(
        "linalg.lstsq",
        least_squares,
        method=False,
        grad=False,
        rtol=1e-4,
        errors=(
            Error(
                ValueError, "linalg.lstsq: expected a driver of gels, gelsy, gelsd, gelss, got 'qr'", X, X, driver="qr"
            ),
            Error(ShapeError, r"linalg.lstsq: expected \(..., m, n\) and \(..., m, k\) of one m", X, Y.T),
        ),
    ),
    Op(
        "linalg.tensorinv",
        unraveled,
        method=False,
        out=True,
        errors=(
            Error(ShapeError, r"linalg.tensorinv: expected as many elements in \(2,\) as in \(3,\)", Y, 1),
            Error(ValueError, "linalg.tensorinv: expected ind >= 1, got 0", X, 0),
        ),
    ),
    Op(
        "linalg.tensorsolve",
        tensor_systems,
        method=False,
        out=True,
        errors=(Error(ShapeError, "linalg.tensorsolve: expected A of B's sizes and then as many elements", Y, X),),
    ),
]
