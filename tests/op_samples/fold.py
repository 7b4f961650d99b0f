"""Windows as columns, and back."""

from __future__ import annotations

import numpy as np

from autograd.errors import DtypeError, ShapeError
from tests.op_samples.record import Error, Op, Sample, uniform


def windows(rng: np.random.Generator) -> list[Sample]:
    x = uniform(rng, (2, 3, 5, 6))
    return [
        Sample(x, 2),
        Sample(x, (2, 3), 1, (1, 0), 2),
        Sample(x, (3, 2), dilation=(1, 2), padding=1, stride=(2, 3)),
        Sample(x[0], 2),
    ]


def columns(rng: np.random.Generator) -> list[Sample]:
    return [
        Sample(uniform(rng, (2, 12, 20)), (5, 6), 2),
        Sample(uniform(rng, (2, 6, 12)), (4, 6), (2, 3), 1, (1, 0), (2, 1)),
        Sample(uniform(rng, (8, 4)), 4, 2, stride=2),
    ]


OPS = [
    Op(
        "F.unfold",
        windows,
        errors=(
            Error(
                ShapeError, r"unfold: expected windows \(3, 3\) that fit .* image \(2, 2\)", np.zeros((1, 1, 2, 2)), 3
            ),
        ),
        complex=True,
    ),
    Op(
        "F.fold",
        columns,
        errors=(
            Error(
                ShapeError,
                r"fold: expected input \(N,C\*4,L\) to match kernel_size \(2, 2\), got \(1, 3, 4\)",
                np.zeros((1, 3, 4)),
                3,
                2,
            ),
            Error(
                ShapeError,
                r"fold: expected 4 columns for output_size \(3, 3\), got \(1, 4, 5\)",
                np.zeros((1, 4, 5)),
                3,
                2,
            ),
            Error(
                DtypeError,
                "fold: expected a floating or complex dtype, got autograd.int64",
                np.zeros((1, 4, 4), int),
                3,
                2,
            ),
        ),
        complex=True,
    ),
]
