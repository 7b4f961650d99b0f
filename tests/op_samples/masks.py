"""Masks, and numbers in the flattened tensor."""

from __future__ import annotations

import numpy as np

from autograd.errors import DtypeError, ShapeError
from tests.op_samples.record import Error, Late, Op, Sample, uniform

MASK = np.array([[True, False, True], [False, False, True]])
ROW = np.array([True, False, True])
NUMBERS = np.array([[0, 5], [-1, 0]])
X, TEXT = np.zeros((2, 3)), "expected a bool mask, got autograd.float32. Compare it: mask != 0"


def selected(rng: np.random.Generator) -> list[Sample]:
    a = uniform(rng, (2, 3))
    pairs = [
        (a, MASK),
        (a, ROW),
        (a[:, :1], ROW),
        (a, np.array(True)),
        (uniform(rng, ()), np.array(True)),
        (a, ~MASK & MASK),
    ]
    return [
        *(Sample(x, mask) for x, mask in pairs),
        Sample(uniform(rng, (0, 3)), ROW),
        Sample(uniform(rng, ()), np.array([False])),
    ]


def scattered(rng: np.random.Generator) -> list[Sample]:
    a = uniform(rng, (2, 3))
    return [
        Sample(a, MASK, uniform(rng, (3,))),
        Sample(a, ROW, uniform(rng, (2, 4))),
        Sample(a[:1], MASK, uniform(rng, (5,))),
        Sample(uniform(rng, ()), np.array(True), uniform(rng, (2,))),
    ]


def put(rng: np.random.Generator) -> list[Sample]:
    a, once = uniform(rng, (2, 3)), np.array([[0, 4], [-1, 1]])
    added = [Sample(a, i, uniform(rng, (2, 2)), True) for i in (once, NUMBERS)]
    return [Sample(a, once, uniform(rng, (4,))), *added, Sample(uniform(rng, ()), np.array(0), uniform(rng, (1,)))]


SIGNS = [
    np.array([[0.0, 5.0, -1.0], [2.0, 0.0, 0.0]]),
    np.array(3.0),
    np.array(0.0),
    np.zeros((0, 2)),
    np.array([0, 1, 2]),
]

OPS = [
    Op("masked_select", selected, out=True, errors=(Error(DtypeError, f"masked_select: {TEXT}", X, X),), complex=True),
    Op(
        "masked_scatter",
        scattered,
        inplace=True,
        errors=(
            Error(DtypeError, f"masked_scatter: {TEXT}", X, X, X),
            Error(
                DtypeError,
                "masked_scatter: expected a source of autograd.float32, got autograd.int64",
                X,
                MASK,
                NUMBERS,
            ),
            Error(ShapeError, "masked_scatter: expected a source of at least 3 elements, got 1", X, MASK, X[:1, :1]),
        ),
    ),
    Op(
        "nonzero",
        lambda rng: [
            *map(Sample, SIGNS),
            Sample(SIGNS[0], as_tuple=True),
            Sample(SIGNS[1], as_tuple=True),
            Sample(MASK),
        ],
        grad=False,
    ),
    Op("argwhere", lambda rng: [*map(Sample, SIGNS)], grad=False),
    Op(
        "take",
        lambda rng: [
            Sample(uniform(rng, (2, 3)), i) for i in (NUMBERS, np.array(3), np.array([0, 0]), np.zeros(0, "int64"))
        ],
        errors=(Late(IndexError, "take: index 6 is out of range for size 6. Valid are -6 to 5", X, np.array([6])),),
        complex=True,
        out=True,
    ),
    Op(
        "put",
        put,
        inplace=True,
        torch=lambda x, *args: x.put(*args),
        errors=(
            Late(IndexError, "put: index -7 is out of range for size 6", X, np.array([-7]), X[0, :1]),
            Error(DtypeError, "put: expected a source of autograd.float32, got autograd.int64", X, NUMBERS, NUMBERS),
            Error(ShapeError, "put: expected as many elements as the index has, 4, got 6", X, NUMBERS, X),
        ),
    ),
]
