"""Eigenvalues and singular values. Vectors have no certain sign: what PyTorch and differences say of them is compared in
ops/test_linalg.py."""

from __future__ import annotations

import numpy as np

from autograd.errors import ShapeError
from autograd.linalg import LinAlgError
from tests.op_samples.record import Error, Kink, Op, Sample, uniform


def symmetric(rng: np.random.Generator) -> list[Sample]:
    """Symmetric matrices, and one whose triangles differ."""
    A = uniform(rng, (2, 3, 3))
    return [Kink(A + A.mT), Kink(A[0]), Kink(A[0], UPLO="U"), Kink(A[:0]), Kink(np.zeros((2, 0, 0)))]


def of_any_shape(rng: np.random.Generator) -> list[Sample]:
    return [Sample(uniform(rng, shape)) for shape in ((3, 3), (2, 4, 2), (2, 3), (0, 2, 3), (0, 3))]


def decomposed(rng: np.random.Generator) -> list[Sample]:
    """Without gradients of vectors that are not determined."""
    thin = [Kink(uniform(rng, shape), full_matrices=False) for shape in ((3, 3), (2, 4, 2), (2, 3), (0, 2, 3))]
    return [*thin, Kink(uniform(rng, (3, 2)))]


def squares(rng: np.random.Generator) -> list[Sample]:
    return [Kink(uniform(rng, shape)) for shape in ((3, 3), (2, 2, 2), (0, 2, 2))]


NOT_SQUARE, NAN = np.ones((2, 3)), np.full((2, 2), np.nan)
BAD = (Error(ShapeError, "expected square matrices", NOT_SQUARE),)
TRIANGLE = Error(ValueError, "expected UPLO to be 'L' or 'U', got 'X'", np.eye(2), "X")

UNRECORDED = dict.fromkeys(("svd_lowrank", "pca_lowrank"), "random; in ops/test_linalg.py")

OPS = [
    Op("linalg.eigh", symmetric, torch=None, method=False, out=True, errors=(*BAD, TRIANGLE)),
    Op("linalg.eigvalsh", symmetric, method=False, out=True, rtol=1e-4, errors=(*BAD, TRIANGLE)),
    Op("linalg.eig", squares, torch=None, method=False, out=True, grad=False, errors=BAD),
    Op("linalg.eigvals", squares, torch=None, method=False, out=True, grad=False, errors=BAD),
    Op(
        "linalg.svd",
        decomposed,
        torch=None,
        method=False,
        out=True,
        errors=(Error(LinAlgError, "linalg.svd: expected matrices on which the algorithm converges, .* finite", NAN),),
    ),
    Op("linalg.svdvals", of_any_shape, method=False, out=True, rtol=1e-4),
]
