"""Distinct values, places in sorted sequences, counts."""

from __future__ import annotations

import numpy as np

from autograd.errors import DtypeError, ShapeError
from tests.op_samples.record import Error, Op, Sample, uniform
from tests.op_samples.shape import X

INTS, RUNS = np.array([[3, 1], [2, 1], [3, 1]]), np.array([1, 1, 2, 2, 1])
FLOATS = np.array([2.0, -1.0, 2.0, 0.5])
ASKED = [{}, {"return_inverse": True}, {"return_counts": True}, {"return_inverse": True, "return_counts": True}]
EDGES, ROWS = np.array([1, 3, 3, 5]), np.array([[1, 3, 5], [2, 4, 6]])


def places(rng: np.random.Generator) -> list[Sample]:
    values = np.array([[3, 4], [0, 9]])
    ways = [{}, {"right": True}, {"side": "right"}, {"side": "left"}, {"out_int32": True}]
    more = [
        Sample(ROWS, values),
        Sample(ROWS, values, right=True),
        Sample(EDGES, 3),
        Sample(np.sort(uniform(rng, (5,))), uniform(rng, (2, 3))),
    ]
    return [
        *(Sample(EDGES, values, **way) for way in ways),
        *more,
        Sample(np.array([5, 1, 3]), values, sorter=np.array([1, 2, 0])),
    ]


def buckets(rng: np.random.Generator) -> list[Sample]:
    return [Sample(np.array([[3, 4], [0, 9]]), EDGES, **way) for way in ({}, {"right": True}, {"out_int32": True})] + [
        Sample(3, EDGES)
    ]


def histograms(rng: np.random.Generator) -> list[Sample]:
    a = uniform(rng, (3, 7))
    return [
        Sample(a, 5),
        Sample(a, 4, range=(-2.0, 2.0)),
        Sample(a, 3, density=True),
        Sample(a, 4, weight=uniform(rng, (3, 7), 0.5, 1)),
    ]


OPS = [
    Op(
        "unique",
        lambda rng: (
            [Sample(a, **k) for a in (INTS, FLOATS, RUNS > 1) for k in ASKED]
            + [Sample(INTS, dim=d, **k) for d in (0, 1) for k in ASKED]
        ),
        grad=False,
    ),
    Op(
        "unique_consecutive",
        lambda rng: (
            [Sample(a, **k) for a in (RUNS, INTS, FLOATS) for k in ASKED]
            + [Sample(INTS[[0, 0, 1]], dim=d, **k) for d in (0, 1) for k in ASKED]
        ),
        grad=False,
    ),
    Op(
        "searchsorted",
        places,
        grad=False,
        method=False,
        errors=(
            Error(
                ValueError,
                'searchsorted: expected side="left" or "right", as right= says, got .left. and right=True',
                EDGES,
                EDGES,
                right=True,
                side="left",
            ),
            Error(
                ShapeError,
                r"searchsorted: expected one sequence, or one per row .* got \(2, 3\) and \(4,\)",
                ROWS,
                EDGES,
            ),
        ),
    ),
    Op(
        "bucketize",
        buckets,
        grad=False,
        method=False,
        errors=(Error(ShapeError, r"bucketize: expected boundaries of one axis, got shape \(2, 3\)", EDGES, ROWS),),
    ),
    Op(
        "bincount",
        lambda rng: [
            Sample(RUNS),
            Sample(RUNS, minlength=6),
            Sample(RUNS, uniform(rng, (5,))),
            Sample(RUNS, RUNS),
            Sample(RUNS[:0]),
        ],
        grad=False,
        errors=(
            Error(DtypeError, r"bincount: expected integers, got autograd.float32. Cast them with .long\(\)", X[0]),
            Error(ShapeError, r"bincount: expected one axis, and as many weights, got \(5,\) and \(3,\)", RUNS, X[0]),
            Error(ValueError, "bincount: expected integers of at least 0, got -10", -5 * RUNS),
        ),
    ),
    Op(
        "histc",
        lambda rng: [
            Sample(uniform(rng, (3, 7)), 5),
            Sample(uniform(rng, (9,)), 4, -1, 2),
            Sample(np.ones(3), bins=4),
            Sample(FLOATS, bins=2, min=0, max=2),
        ],
        grad=False,
        out=True,
        errors=(
            Error(DtypeError, "histc: expected a floating dtype, got autograd.int64", RUNS),
            Error(ValueError, "histc: expected at least 1 bin, got 0", X, 0),
            Error(ValueError, r"histc: expected a finite range from min to a larger max, got \[3, 1\]", X, 4, 3, 1),
        ),
    ),
    Op(
        "histogram",
        histograms,
        grad=False,
        errors=(
            Error(DtypeError, "histogram: expected a floating dtype", RUNS, 3),
            Error(ValueError, "histogram: expected at least 1 bin, got 0", X, 0),
        ),
        out=True,
    ),
    Op(
        "isin",
        lambda rng: [
            Sample(INTS, np.array([1, 7])),
            Sample(INTS, np.array([1, 7]), invert=True),
            Sample(FLOATS, 2.0),
            Sample(3, INTS),
            Sample(INTS, INTS[:0], assume_unique=True),
        ],
        grad=False,
        method=False,
        errors=(Error(TypeError, "isin: expected a tensor among elements and test_elements, got two numbers", 1, 2),),
        out=True,
    ),
]
