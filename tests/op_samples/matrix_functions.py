"""Functions of square matrices, products of several, Vandermonde's matrices."""

from __future__ import annotations

import numpy as np

from autograd.errors import ShapeError
from autograd.linalg import LinAlgError
from tests.op_samples.linalg import of
from tests.op_samples.record import Error, Op, Sample, uniform
from tests.op_samples.solving import invertible, stacks


def powers(rng: np.random.Generator) -> list[Sample]:
    return [Sample(invertible(rng, 2, 3), n) for n in (1, 2, 5, -1, -3)] + [Sample(np.zeros((0, 2, 2)), 3)]


def points(rng: np.random.Generator) -> list[Sample]:
    ints = np.array([1, 2, 3])
    return [
        Sample(uniform(rng, (2, 3))),
        Sample(uniform(rng, (3,)), N=4),
        Sample(uniform(rng, (3,)), N=2),
        Sample(ints),
    ]


WIDE = np.ones((2, 3))

OPS = [
    Op(
        "linalg.matrix_power",
        powers,
        method=False,
        out=True,
        rtol=1e-4,
        atol=1e-4,
        errors=(
            Error(ShapeError, "linalg.matrix_power: expected square matrices", WIDE, 2),
            Error(LinAlgError, "linalg.inv: expected invertible matrices", np.ones((2, 2)), -1),
        ),
    ),
    Op(
        "linalg.matrix_exp",
        stacks,
        method=False,
        rtol=1e-4,
        atol=1e-4,
        errors=(Error(ShapeError, "linalg.matrix_exp: expected square matrices", WIDE),),
    ),
    Op("matrix_exp", stacks, rtol=1e-4, atol=1e-4),
    Op(
        "linalg.multi_dot",
        lambda rng: [
            Sample([uniform(rng, s) for s in shapes])
            for shapes in (((2, 3), (3, 4), (4, 1)), ((3,), (3, 2), (2,)), ((3,), (3,)))
        ],
        method=False,
        out=True,
        errors=(
            Error(ValueError, "linalg.multi_dot: expected at least two tensors, got 1", [WIDE]),
            Error(ShapeError, "linalg.multi_dot: expected matrices, got shapes", [WIDE, WIDE[0], WIDE]),
            Error(ShapeError, "linalg.multi_dot: expected a matrix and a matrix of one inner size", [WIDE, WIDE]),
        ),
    ),
    Op("linalg.cross", of([(2, 3), (2, 3)], [(3, 1), (3, 4), {"dim": 0}], [(1, 3), (4, 3)]), method=False, out=True),
    Op("linalg.diagonal", of([(2, 3, 4)], [(2, 3, 4), {"offset": 1, "dim1": 0, "dim2": 2}]), method=False, view=True),
    Op("linalg.vander", points, method=False, grad=False),
]
