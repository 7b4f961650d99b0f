"""Sums and what is made of them."""

from __future__ import annotations

import numpy as np

from autograd.dtypes import float32, float64
from autograd.errors import DtypeError, ShapeError
from tests.op_samples.record import Error, Kink, Op, Sample, special, uniform

INTS, BOOLS, BYTES = np.array([[3, -4], [0, 7]]), np.array([[True, False], [True, True]]), np.array([200, 100], "uint8")
NO_AXIS = r"expected dim in \[-1, 0\], got 3"
DIMS = [{}, {"dim": 1}, {"dim": -1, "keepdim": True}, {"dim": (0, 2)}, {"dim": (0, -1), "keepdim": True}, {"dim": ()}]


def along(rng: np.random.Generator) -> list[Sample]:
    """A tensor reduced along all kinds of axes, 0-d and empty ones too."""
    return [
        *(Sample(uniform(rng, (2, 3, 4)), **dims) for dims in DIMS),
        Sample(uniform(rng, (2, 3)), 0),
        Sample(uniform(rng, (2, 3)), 1, True),
        Sample(uniform(rng, ())),
        Sample(uniform(rng, ()), 0),
        Sample(uniform(rng, (0, 3)), 1),
        Sample(uniform(rng, (3, 0)), 1),
        Sample(uniform(rng, (0, 3))),
    ]


def summed(rng: np.random.Generator) -> list[Sample]:
    typed = [Sample(uniform(rng, (2, 3)), dtype=float64), Sample(INTS, 0, dtype=float32)]
    return [*along(rng), Sample(INTS), Sample(BOOLS, 1), Sample(BYTES), *typed]


def averaged(rng: np.random.Generator) -> list[Sample]:
    return [*along(rng), Sample(uniform(rng, (2, 3)), 1, dtype=float64), Sample(INTS, 0, dtype=float32)]


def with_holes(rng: np.random.Generator) -> list[Sample]:
    a = uniform(rng, (3, 4))
    a[0, 1] = a[2, 2] = np.nan
    return [Sample(a), Sample(a, 1), Sample(a, 0, True), Sample(a, dtype=float64)]


def exponentials(rng: np.random.Generator) -> list[Sample]:
    big = Sample(np.array([1000.0, 1000.0, -1000.0]), 0)
    return [
        *(Sample(uniform(rng, (2, 3, 4)), **dims) for dims in DIMS[1:5]),
        big,
        Sample(uniform(rng, ()), 0),
        Sample(uniform(rng, (0, 3)), 1),
        Sample(uniform(rng, (3, 0)), 1),
        Kink(special(1.0)[[0, 2]], 0),
        Kink(special(1.0)[[0, 3]], 0),
    ]


def truths(rng: np.random.Generator) -> list[Sample]:
    signs = np.round(uniform(rng, (2, 3, 4), -1, 1))
    found = [Sample(signs, **dims) for dims in DIMS[:-1]]
    return [
        *found,
        Sample(INTS),
        Sample(BOOLS, 0),
        Sample(BYTES, 0),
        Sample(uniform(rng, (0, 3)), 0),
        Sample(uniform(rng, ())),
    ]


def counted(rng: np.random.Generator) -> list[Sample]:
    signs = np.round(uniform(rng, (2, 3, 4), -1, 1))
    return [Sample(signs), Sample(signs, 1), Sample(signs, dim=(0, -1)), Sample(INTS, 0), Sample(signs[:0], 0)]


OPS = [
    Op(
        "sum",
        summed,
        dtypes=("float32", "float64", "float16"),
        errors=(
            Error(IndexError, f"sum: {NO_AXIS}", np.ones(2), 3),
            Error(ShapeError, "sum: expected each axis once", np.ones((2, 2)), (0, -2)),
        ),
        out=True,
        complex=True,
    ),
    Op("nansum", with_holes, out=True),
    Op(
        "mean",
        averaged,
        dtypes=("float32", "float64", "float16"),
        errors=(Error(DtypeError, "mean: expected a floating dtype, got autograd.int64. Pass dtype=", INTS),),
        out=True,
        complex=True,
    ),
    Op("nanmean", with_holes, out=True),
    Op(
        "logsumexp",
        exponentials,
        errors=(Error(IndexError, f"logsumexp: {NO_AXIS}", np.ones(2), 3),),
        out=True,
        complex=True,
    ),
    Op("any", truths, grad=False, out=True, complex=True),
    Op("all", truths, grad=False, out=True, complex=True),
    Op("count_nonzero", counted, grad=False, dtypes=("float32", "float16"), complex=True),
]
