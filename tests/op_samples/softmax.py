"""Softmax and its logarithm."""

from __future__ import annotations

import numpy as np

from autograd.dtypes import float64
from autograd.errors import DtypeError
from tests.op_samples.record import Error, Op, Sample, uniform

X = np.zeros((2, 3))


def rows(rng: np.random.Generator) -> list[Sample]:
    large = Sample(np.array([[1000.0, 999.0, -1000.0]]), 1)
    shapes = [((2, 3), 1), ((2, 3), 0), ((2, 3, 4), -2), ((9, 8), -1), ((), 0), ((0, 3), 1), ((3, 0), 1)]
    return [*(Sample(uniform(rng, s), d) for s, d in shapes), large, Sample(uniform(rng, (2, 3)), 1, dtype=float64)]


OPS = [
    Op(
        name,
        rows,
        errors=(
            Error(
                DtypeError, rf"{name}: expected a floating dtype, got autograd.int64. Pass dtype=", np.array([1, 2]), 0
            ),
            Error(IndexError, rf"{name}: expected dim in \[-2, 1\], got 2", X, 2),
        ),
        out=True,
    )
    for name in ("softmax", "log_softmax")
]
