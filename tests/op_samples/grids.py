"""Combinations of elements."""

from __future__ import annotations

import numpy as np

from autograd.errors import DtypeError, ShapeError
from tests.op_samples.record import Error, Op, Sample, uniform
from tests.op_samples.shape import X, on, several


def grids(rng: np.random.Generator) -> list[Sample]:
    a, b, c = uniform(rng, (2,)), uniform(rng, (3,)), uniform(rng, ())
    ways = [{}, {"indexing": "ij"}, {"indexing": "xy"}]
    return [Sample(*args, **way) for args in [(a, b), (a, c, b), (a,), ([a, b],)] for way in ways]


INTS = np.array([[0, 5], [23, 7]])

OPS = [
    Op(
        "meshgrid",
        grids,
        method=False,
        errors=(
            Error(ShapeError, r"meshgrid: expected at most 1 axis, got shapes \[\(2, 3\)\]", X),
            Error(ValueError, 'meshgrid: expected indexing="ij" or "xy", got .yx.', X[0], indexing="yx"),
        ),
    ),
    Op("cartesian_prod", several([(2,), (3,)], [(2,)], [(2,), (1,), (2,)]), method=False),
    Op(
        "combinations",
        on(((4,),), ((4,), 3), ((4,), 1), ((3,), 2, True), ((2,), 3), ((3,), 0)),
        method=False,
        errors=(
            Error(ShapeError, r"combinations: expected one axis, got shape \(2, 3\)", X),
            Error(ValueError, "combinations: expected r of at least 0, got -1", X[0], -1),
        ),
    ),
    Op(
        "unravel_index",
        lambda rng: [Sample(INTS, (2, 3, 4)), Sample(INTS, (24,)), Sample(np.array(3), (2, 2)), Sample(INTS[:0], (5,))],
        grad=False,
        method=False,
        dtypes=("int64",),
        errors=(
            Error(DtypeError, "unravel_index: expected integers, got autograd.bool", INTS > 0, (4,)),
            Error(ValueError, r"unravel_index: expected sizes of at least 0, got \(-1, 2\)", INTS, (-1, 2)),
        ),
    ),
]
