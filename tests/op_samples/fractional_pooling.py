"""Max pooling with windows at drawn places; here the places are given."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from autograd.errors import ShapeError
from tests.op_samples.record import Error, Op, Sample, uniform


def windows(nd: int) -> Callable[[np.random.Generator], list[Sample]]:
    def samples(rng: np.random.Generator) -> list[Sample]:
        x = uniform(rng, (1, 2, *(5, 6, 5)[:nd]))
        u = rng.integers(1, 8, (1, 2, nd)) / 8  # exact in every dtype
        return [
            Sample(x, 2, 3, _random_samples=u),
            Sample(x[0], (3, 1, 2)[:nd], 2, _random_samples=u),
            Sample(x, 2, None, (0.5,) * nd, _random_samples=u),
            Sample(x, 3, 1, _random_samples=u),
        ]

    return samples


X = np.zeros((1, 2, 4, 4))

OPS = [
    Op(
        "F.fractional_max_pool2d",
        windows(2),
        constant=("_random_samples",),
        errors=(
            Error(ValueError, "fractional_max_pool2d: expected one of output_size and output_ratio, got none", X, 2),
            Error(ValueError, "expected output_ratio between 0 and 1 for each axis, got 2", X, 2, None, 2),
            Error(ShapeError, r"expected windows \(3, 3\) that fit \(3, 3\) times into \(4, 4\)", X, 3, 3),
            Error(ShapeError, r"_random_samples \(1, 2, 2\), got \(1, 2\)", X, 2, 2, _random_samples=np.zeros((1, 2))),
        ),
    ),
    Op("F.fractional_max_pool3d", windows(3), constant=("_random_samples",)),
]
