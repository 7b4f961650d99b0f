"""Order along an axis."""

from __future__ import annotations

import numpy as np

from autograd.errors import ShapeError
from tests.op_samples.record import Error, Kink, Op, Sample, uniform
from tests.op_samples.shape import X, on

NAN = np.array([[3.0, np.nan, 1.0, 2.0], [1.0, 0.0, 2.0, 5.0]])
INTS = np.array([3, 1, 2, 7, -4])
NONE = np.zeros((2, 0))


def ordered(rng: np.random.Generator) -> list[Sample]:
    a = uniform(rng, (3, 5))
    ways = [{}, {"dim": 0}, {"descending": True}, {"stable": True, "dim": -1, "descending": True}]
    more = [
        Sample(uniform(rng, (2, 3, 2)), 1),
        Sample(uniform(rng, ())),
        Sample(np.zeros((0, 3))),
        Sample(np.zeros((3, 0)), 1),
    ]
    return [*(Sample(a, **way) for way in ways), *more, Sample(INTS), Kink(NAN), Kink(NAN, descending=True)]


def equal_ones(rng: np.random.Generator) -> list[Sample]:
    a = np.array([2, 1, 2, 1, 1])
    return [*ordered(rng), Sample(a, stable=True), Sample(a, stable=True, descending=True), Sample(a > 1, stable=True)]


def foremost(rng: np.random.Generator) -> list[Sample]:
    a = uniform(rng, (3, 7))
    ways = [(2,), (3, 0), (7,), (0,), (1, -1, False), (4, 1, False)]
    return [
        *(Sample(a, *way) for way in ways),
        Sample(uniform(rng, ()), 1),
        Sample(INTS, 2),
        Kink(NAN, 2),
        Kink(NAN, 2, 1, False),
    ]


def whole(rng: np.random.Generator) -> list[Sample]:
    found = [Sample(uniform(rng, (3, 5))), Sample(uniform(rng, (4,))), Sample(uniform(rng, ())), Sample(INTS)]
    ties = Kink(np.array([2.0, 1.0, 2.0, 1.0]))
    return [*found, ties, Kink(NAN), Kink(np.full(3, np.nan)), Sample(np.zeros(0))]


def rows(rng: np.random.Generator) -> list[Sample]:
    found = [Sample(uniform(rng, (3, 5)), 1), Sample(uniform(rng, (3, 4)), 0, True), Sample(uniform(rng, ()), 0)]
    return [*found, Sample(np.zeros((0, 3)), 1), Sample(INTS, 0), Kink(NAN, 1), Kink(NAN, 0)]


def commonest(rng: np.random.Generator) -> list[Sample]:
    a = np.array([[2.0, 1.0, 2.0, 1.0, 3.0], [1.0, 1.0, 1.0, 2.0, 2.0], [5.0, 4.0, 3.0, 2.0, 1.0]])
    return [
        Kink(a),
        Kink(a, 0),
        Kink(a, 1, True),
        Sample(uniform(rng, ())),
        Sample(np.array([1, 3, 3, 2])),
        Sample(np.zeros((0, 3))),
    ]


NOTHING = r"expected at least one element along dim 1, got shape \(2, 0\)"

OPS = [
    Op("sort", equal_ones, out=True, errors=(Error(IndexError, r"sort: expected dim in \[-2, 1\], got 2", X, 2),)),
    Op("argsort", equal_ones, grad=False, out=True),
    Op("msort", on(((3, 2),), ((4,),), ((),)), out=True),
    Op(
        "topk",
        foremost,
        out=True,
        errors=(Error(ShapeError, r"topk: expected k in \[0, 3\], the size of axis 1, got 4", X, 4),),
    ),
    Op(
        "kthvalue",
        lambda rng: [Sample(s.args[0], 1, *s.args[1:]) for s in rows(rng)[:5]] + [Sample(uniform(rng, (2, 5)), 4)],
        out=True,
        errors=(Error(ShapeError, r"kthvalue: expected k in \[1, 3\], the size of the axis, got 0", X, 0),),
    ),
    Op("median", lambda rng: [*whole(rng), *rows(rng)], errors=(Error(IndexError, f"median: {NOTHING}", NONE, 1),)),
    Op(
        "nanmedian",
        lambda rng: [*whole(rng), *rows(rng)],
        errors=(Error(IndexError, f"nanmedian: {NOTHING}", NONE, 1),),
    ),
    Op("mode", commonest, out=True, errors=(Error(IndexError, f"mode: {NOTHING}", NONE, 1),)),
]
