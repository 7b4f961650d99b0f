"""Distances of tensors and of rows."""

from __future__ import annotations

import numpy as np

from autograd.errors import DtypeError, ShapeError
from tests.op_samples.linalg import of
from tests.op_samples.record import Error, Op, Sample, uniform

M = np.ones((2, 3))
LONG = np.ones((30, 3), np.int64)

OPS = [
    Op("dist", lambda rng: [Sample(uniform(rng, (2, 3)), uniform(rng, (3,)), p) for p in (2, 1, 3)], complex=True),
    Op(
        "cdist",
        lambda rng: (
            [Sample(uniform(rng, (4, 3)), uniform(rng, (2, 3)), p) for p in (2.0, 1.0, 3.0, float("inf"))]
            + [*of([(2, 1, 4, 3), (5, 2, 3)], [(27, 3), (2, 5, 3)])(rng)]
            + [Sample(uniform(rng, (4, 3)), uniform(rng, (2, 3)), compute_mode="use_mm_for_euclid_dist")]
            + [Sample(uniform(rng, (27, 3)), uniform(rng, (2, 3)), compute_mode="donot_use_mm_for_euclid_dist")]
        ),
        method=False,
        errors=(
            Error(
                ValueError,
                "cdist: expected compute_mode to be one of use_mm_for_euclid_dist_if_",
                M,
                M,
                compute_mode="mm",
            ),
            Error(DtypeError, "norm: expected a floating dtype, got autograd.int64", LONG, LONG),
            Error(ShapeError, r"cdist: expected \(..., m, d\) and \(..., n, d\), got \(2, 3\) and \(3,\)", M, M[0]),
        ),
    ),
]
