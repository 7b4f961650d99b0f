"""Pooling to a wanted size."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.errors import ShapeError
from tests.op_samples.pooling import SPACE, distinct, zeros
from tests.op_samples.record import Error, Op, Sample


def wanted(nd: int, *args: Any) -> Any:
    def samples(rng: np.random.Generator) -> list[Sample]:
        x = distinct(rng, 2, 3, *SPACE[:nd])
        found = [
            Sample(x, 1, *args),
            Sample(x, (3, 6, 2)[:nd] if nd > 1 else 3, *args),
            Sample(x[0], 4, *args),
            Sample(x, 9, *args),
            Sample(x[:0], 2, *args),
        ]
        return [*found, Sample(x, (2, None, 3)[:nd], *args)] if nd > 1 else found

    return samples


def both(nd: int) -> Any:
    return lambda rng: [*wanted(nd)(rng), *wanted(nd, True)(rng)]


ERRORS = (
    Error(
        ShapeError,
        r"adaptive_avg_pool2d: expected output_size to be an int or 2 ints, got \(1, 2, 3\)",
        zeros(1, 1, 2, 2),
        (1, 2, 3),
    ),
    Error(
        ShapeError,
        r"adaptive_avg_pool2d: expected spatial sizes of at least 1, got \(1, 1, 0, 2\)",
        zeros(1, 1, 0, 2),
        1,
    ),
    Error(ValueError, "adaptive_avg_pool2d: expected output_size of at least 0", zeros(1, 1, 2, 2), -1),
)

OPS = [
    Op("F.adaptive_avg_pool1d", wanted(1)),
    Op("F.adaptive_avg_pool2d", wanted(2), errors=ERRORS),
    Op("F.adaptive_avg_pool3d", wanted(3)),
    Op("F.adaptive_max_pool1d", both(1)),
    Op("F.adaptive_max_pool2d", both(2)),
    Op("F.adaptive_max_pool3d", both(3)),
]
