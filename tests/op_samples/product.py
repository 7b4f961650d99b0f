"""Products, whole and running."""

from __future__ import annotations

import numpy as np

from autograd.dtypes import float64
from tests.op_samples.record import Op, Sample, uniform

INTS, BOOLS = np.array([[3, -4], [0, 7]]), np.array([[True, False], [True, True]])


def products(rng: np.random.Generator) -> list[Sample]:
    """Zeros are no kinks: one, two and three of them, by row."""
    a, zeros = uniform(rng, (2, 3, 4)), uniform(rng, (3, 4))
    zeros[0, 1] = zeros[1, 0] = zeros[1, 3] = 0
    scanned = [Sample(x, dim) for x in (a, zeros, zeros.T.copy()) for dim in range(-1, x.ndim - 1)]
    more = [Sample(uniform(rng, ()), 0), Sample(a[:0], 1), Sample(a[:, :0], 1), Sample(INTS, 0), Sample(BOOLS, 1)]
    return [*scanned, *more, Sample(INTS, 1, dtype=float64), Sample(np.zeros(3), 0)]


def whole(rng: np.random.Generator) -> list[Sample]:
    a = uniform(rng, (2, 3, 2))
    zero = a.copy()
    zero[1, 1, 0] = 0
    plain = [Sample(x) for x in (a, zero, INTS, a[:0], uniform(rng, ()))]
    return [*plain, Sample(a, 1, True), Sample(a, dim=0, keepdim=True), *products(rng)]


OPS = [
    Op("prod", whole, dtypes=("float32", "float64", "float16"), out=True, complex=True),
    Op("cumprod", products, dtypes=("float32", "float64", "float16"), inplace=True, out=True, complex=True),
]
