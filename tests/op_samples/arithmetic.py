"""Arithmetic between tensors."""

from __future__ import annotations

import numpy as np

from tests.op_samples.record import Op, Sample


def pairs(rng: np.random.Generator) -> list[Sample]:
    a = rng.standard_normal
    return [Sample(a((3, 4)), a((3, 4))), Sample(a((3, 4)), 2.5)]


OPS = [Op("mul", pairs)]
