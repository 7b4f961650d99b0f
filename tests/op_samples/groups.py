"""Elements written, and combined in groups."""

from __future__ import annotations

import numpy as np

from autograd.errors import DtypeError, ShapeError
from tests.op_samples.indexing import APART, AT, OUT, PLACES, V, written
from tests.op_samples.record import Error, Kink, Late, Op, Sample, uniform


def scattered(rng: np.random.Generator) -> list[Sample]:
    numbers = [Sample(uniform(rng, (2, 3)), 1, APART, 1.5), Sample(uniform(rng, (2, 3)), 1, APART, value=-2.0)]
    return [*written(rng), *numbers]


def reduced(rng: np.random.Generator) -> list[Sample]:
    found = []
    for kind in ("sum", "prod", "mean", "amax", "amin"):
        for own in (True, False):
            rows = [((2, 3), 1, PLACES, (2, 3)), ((3, 4), 0, PLACES, (2, 3)), ((), 0, np.array([0, 0]), (2,))]
            found += [Sample(uniform(rng, a), d, i, uniform(rng, b), kind, include_self=own) for a, d, i, b in rows]
    ints = np.array([7, -7, 5]), 0, AT, np.array([2, 4, -3])
    return [*found, *factors(rng), *(Sample(*ints, kind) for kind in ("sum", "prod", "amax", "mean"))]


def factors(rng: np.random.Generator) -> list[Sample]:
    """Products with a zero among the factors: one alone, two together, one beside others, one in the input."""
    x, src = uniform(rng, (4,)), uniform(rng, (7,))
    src[[0, 1, 2, 4]] = x[3] = 0
    index = np.array([0, 1, 1, 2, 2, 3, 3])
    return [Kink(x, 0, index, src, "prod", include_self=own) for own in (True, False)]


def sliced(rng: np.random.Generator) -> list[Sample]:
    return [
        Sample(uniform(rng, a), d, AT, uniform(rng, b), kind, include_self=own)
        for kind in ("prod", "mean", "amax", "amin")
        for own in (True, False)
        for a, d, b in [((3, 2), 0, (3, 2)), ((2, 3), -1, (2, 3))]
    ]


def segments(rng: np.random.Generator) -> list[Sample]:
    x, two = uniform(rng, (5, 2)), np.array([[1, 2, 0], [0, 2, 1]])
    gaps, full = np.array([2, 0, 3]), np.array([2, 3])
    found = [Sample(x, kind, lengths=full, initial=own) for kind in SEGMENTS for own in (None, 0.5)]
    found += [Sample(x, kind, lengths=gaps, initial=0.5) for kind in SEGMENTS]
    found += [Sample(uniform(rng, (2, 3, 2)), kind, lengths=two, axis=1) for kind in ("sum", "prod")]
    found += [Kink(x, kind, offsets=np.array([0, 2, 2, 5])) for kind in ("max", "min")]
    return [*found, Sample(x, "sum", lengths=np.array([2, 1]), unsafe=True)]


SEGMENTS = ("sum", "mean", "max", "min", "prod")
OPS = [
    Op(
        "scatter",
        scattered,
        inplace=True,
        out=True,
        errors=(
            Late(IndexError, "scatter: " + OUT[1], V, 0, OUT[0], V),
            Error(
                ShapeError, r"scatter: expected a src at least as long as the index \(3,\), got \(2,\)", V, 0, AT, V[:2]
            ),
            Error(DtypeError, "scatter: expected a src of autograd.float32, got autograd.int64", V, 0, AT, AT),
            Error(ValueError, 'scatter: expected reduce="add" or "multiply", got .mean.', V, 0, AT, V, reduce="mean"),
        ),
    ),
    Op(
        "scatter_reduce",
        reduced,
        inplace=True,
        out=True,
        errors=(
            Late(IndexError, "scatter_reduce: index 3 is out of range for size 3", V, 0, np.array([3]), V, "sum"),
            Error(ValueError, 'scatter_reduce: expected reduce="sum", "prod", .* got .min.', V, 0, AT, V, "min"),
        ),
    ),
    Op(
        "index_reduce",
        sliced,
        inplace=True,
        out=True,
        torch=lambda x, *args, **kwargs: x.index_reduce(*args, **kwargs),
        errors=(Error(ValueError, 'index_reduce: expected reduce="prod", .* got .sum.', V, 0, AT, V, "sum"),),
    ),
    Op(
        "segment_reduce",
        segments,
        method=False,
        errors=(
            Error(
                ShapeError, r"segment_reduce: expected lengths with sum 3, got \[4\]", V, "sum", lengths=np.array([4])
            ),
            Error(ShapeError, "segment_reduce: expected axis=0", V, "sum", lengths=np.array([3]), axis=1),
            Error(ValueError, 'segment_reduce: expected reduce="sum", .* got .amax.', V, "amax", lengths=AT),
            Error(ValueError, "segment_reduce: expected lengths or offsets, got neither", V, "sum"),
        ),
    ),
]
