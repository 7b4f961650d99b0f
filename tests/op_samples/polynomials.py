"""Orthogonal polynomials."""

from __future__ import annotations

import numpy as np

from autograd import special
from tests.op_samples.record import Op, Sample, uniform

NAMES = [name for name in special.__all__ if "polynomial" in name]


def degrees(rng: np.random.Generator) -> list[Sample]:
    """A degree for each element, for all, and for rows; on both sides of [-1, 1]."""
    return [
        Sample(uniform(rng, (5,), -2, 2), np.arange(-1, 4)),
        Sample(uniform(rng, (2, 3), -0.9, 0.9), 7),
        Sample(uniform(rng, (3,), 0.1, 0.9), np.array([[0], [2]])),
        Sample(uniform(rng, (0,)), 2),
    ]


OPS = [Op(f"special.{name}", degrees, out=True, method=False, grad=False, rtol=1e-4) for name in NAMES]
