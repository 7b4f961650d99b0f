"""Determinants."""

from __future__ import annotations

import numpy as np

from autograd.errors import ShapeError
from tests.op_samples.record import Error, Kink, Op, Rounded, Sample, uniform
from tests.op_samples.solving import invertible, stacks


def of_any_rank(rng: np.random.Generator) -> list[Sample]:
    """Also of rank n - 1, where the gradient is not 0 (PyTorch's is on some processors), and of rank n - 2."""
    singular = np.array([[1.0, 2, 3], [2, 4, 6], [1, 0, 1]])
    return [*stacks(rng), Rounded(np.stack([singular, invertible(rng, 3)])), Kink(uniform(rng, (3, 1)) * np.ones(3))]


def positive(rng: np.random.Generator) -> list[Sample]:
    return [Sample(invertible(rng, 3)), Sample(invertible(rng, 2, 2)), Sample(np.zeros((0, 2, 2)))]


OPS = [
    Op(
        "linalg.det",
        of_any_rank,
        method=False,
        out=True,
        rtol=1e-4,
        atol=1e-4,
        errors=(Error(ShapeError, "linalg.det: expected square matrices", np.ones((2, 3))),),
    ),
    Op("linalg.slogdet", stacks, method=False, out=True, rtol=1e-4),
    Op("logdet", positive, rtol=1e-4),
]
