"""Distances and similarities."""

from __future__ import annotations

import numpy as np

from autograd.errors import ShapeError
from tests.op_samples.record import Error, Op, Sample, uniform


def cosines(rng: np.random.Generator) -> list[Sample]:
    a, b = uniform(rng, (3, 4)), uniform(rng, (3, 4))
    return [
        Sample(a, b),
        Sample(a, b, 0),
        Sample(a, b[:1], dim=-1),
        Sample(uniform(rng, (2, 3, 4)), b, 2),
    ]


def lengths(rng: np.random.Generator) -> list[Sample]:
    a, b = uniform(rng, (3, 4)), uniform(rng, (3, 4))
    return [
        Sample(a, b),
        Sample(a, b, 1.0),
        Sample(a, b[:1], p=3.0, keepdim=True),
        Sample(a, b, float("inf")),
        Sample(a[0], b[0]),
    ]


def rows(rng: np.random.Generator) -> list[Sample]:
    x = uniform(rng, (5, 3))
    return [Sample(x), Sample(x, 1.0), Sample(x, 3.0), Sample(x, float("inf")), Sample(x[:1])]


OPS = [
    Op("F.cosine_similarity", cosines),
    Op("F.pairwise_distance", lengths),
    Op(
        "F.pdist",
        rows,
        errors=(Error(ShapeError, r"pdist: expected input \(N,D\), got \(3,\)", np.zeros(3)),),
    ),
]
