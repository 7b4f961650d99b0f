"""Linear and bilinear maps."""

from __future__ import annotations

import numpy as np

from autograd.errors import DtypeError, ShapeError
from tests.op_samples.record import Error, Op, Sample, uniform


def maps(rng: np.random.Generator) -> list[Sample]:
    w, b = uniform(rng, (3, 4)), uniform(rng, (3,))
    return [
        Sample(uniform(rng, (5, 4)), w, b),
        Sample(uniform(rng, (5, 4)), w),
        Sample(uniform(rng, (2, 5, 4)), w, b),
        Sample(uniform(rng, (4,)), w, bias=b),
        Sample(uniform(rng, (0, 4)), w, b),
        Sample(uniform(rng, (2, 4)), uniform(rng, (4,))),
    ]


def pairs(rng: np.random.Generator) -> list[Sample]:
    w, b = uniform(rng, (3, 4, 2)), uniform(rng, (3,))
    return [
        Sample(uniform(rng, (5, 4)), uniform(rng, (5, 2)), w, b),
        Sample(uniform(rng, (2, 5, 4)), uniform(rng, (2, 5, 2)), w),
        Sample(uniform(rng, (4,)), uniform(rng, (2,)), w, b),
    ]


OPS = [
    Op(
        "F.linear",
        maps,
        errors=(
            Error(
                ShapeError,
                r"linear: expected input with 4 features on its last axis to match weight \(3, 4\), got \(2, 3\)",
                np.zeros((2, 3)),
                np.zeros((3, 4)),
            ),
            Error(
                ShapeError,
                r"linear: expected bias of shape \(3,\) to match weight \(3, 4\), got \(4,\)",
                np.zeros((2, 4)),
                np.zeros((3, 4)),
                np.zeros(4),
            ),
            Error(
                DtypeError,
                "linear: expected weight and bias of the input's dtype autograd.float32, got autograd.float16",
                np.zeros((2, 4)),
                np.zeros((3, 4), np.float16),
            ),
        ),
        complex=True,
    ),
    Op(
        "F.bilinear",
        pairs,
        errors=(
            Error(
                ShapeError,
                r"bilinear: expected inputs .* weight \(O,I,J\) \(3, 4, 2\), got \(5, 4\) and \(5, 3\)",
                np.zeros((5, 4)),
                np.zeros((5, 3)),
                np.zeros((3, 4, 2)),
            ),
        ),
    ),
]
