"""The largest and the smallest, and their places."""

from __future__ import annotations

import numpy as np

from autograd.errors import ShapeError
from tests.op_samples.record import Error, Kink, Op, Sample, special, uniform

TIES = np.array([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0], [0.0, 5.0, 1.0]])
NANS = np.array([[1.0, np.nan, 3.0], [2.0, 1.0, 0.0]])
INTS, BOOLS = np.array([[3, 7, 7], [5, 1, 0]]), np.array([[True, False], [False, False]])
EMPTY = r"expected at least one element .*, got shape \(0, 3\)"
TYPES = ("float32", "float64", "float16")


def places(rng: np.random.Generator) -> list[Sample]:
    a = uniform(rng, (2, 3, 4))
    whole = [Sample(a), Sample(uniform(rng, ())), Kink(TIES), Kink(NANS), Sample(INTS)]
    dims = [Sample(a, 1), Sample(a, -1, True), Sample(a, dim=0, keepdim=True), Sample(uniform(rng, ()), 0)]
    return [*whole, *dims, Kink(TIES, 1), Kink(NANS, 1), Sample(INTS, 1), Sample(a[:0], 1)]


def extremes(rng: np.random.Generator) -> list[Sample]:
    a, b = uniform(rng, (3, 4)), uniform(rng, (4,))
    return [
        *places(rng),
        Sample(BOOLS),
        Sample(BOOLS, 0),
        Sample(a, b),
        Kink(TIES, np.array([3.0, 2.0, 2.0])),
        Kink(special(), special()[::-1].copy()),
    ]


def along(rng: np.random.Generator) -> list[Sample]:
    a = uniform(rng, (2, 3, 4))
    dims = [Sample(a, 1), Sample(a, (0, 2)), Sample(a, dim=(0, -1), keepdim=True), Sample(uniform(rng, ()), 0)]
    return [Sample(a), Sample(a, ()), *dims, Kink(TIES, 1), Kink(TIES), Sample(INTS, 1), Sample(a[:0], 1)]


def both(rng: np.random.Generator) -> list[Sample]:
    a = uniform(rng, (2, 3, 4))
    return [Sample(a), Sample(a, dim=1), Sample(a, dim=-1, keepdim=True), Kink(TIES), Kink(TIES, dim=0), Sample(INTS)]


def empty(name: str) -> tuple[Error, ...]:
    return (
        Error(ShapeError, f"{name}: {EMPTY}", np.ones((0, 3))),
        Error(ShapeError, f"{name}: {EMPTY}", np.ones((0, 3)), 0),
    )


OPS = [
    *(Op(name, extremes, out=True, dtypes=TYPES, errors=empty(name)) for name in ("max", "min")),
    *(Op(name, along, out=True, dtypes=TYPES, errors=empty(name)) for name in ("amax", "amin")),
    Op("aminmax", both, dtypes=TYPES, out=True),
    *(Op(name, places, grad=False, out=True, dtypes=TYPES, errors=empty(name)) for name in ("argmax", "argmin")),
]
