"""Copies with the elements in other places."""

from __future__ import annotations

import numpy as np

from autograd.errors import ShapeError
from tests.op_samples.record import Error, Op, Sample, uniform
from tests.op_samples.shape import S, X, on

COUNTS = np.array([1, 0, 2])


def interleaved(rng: np.random.Generator) -> list[Sample]:
    a = uniform(rng, (3, 2))
    return [
        Sample(a, 2),
        Sample(a, 2, 1),
        Sample(a, 0, -1),
        Sample(a, COUNTS, 0),
        Sample(a, COUNTS[2:], 1),
        Sample(a, COUNTS, dim=0, output_size=3),
        Sample(uniform(rng, ()), 3),
        Sample(COUNTS),
    ]


OPS = [
    Op(
        "flip",
        on(
            ((2, 3), (0,)),
            ((2, 3), [0, 1]),
            ((2, 3), (-1,)),
            ((), ()),
            ((2, 3), ()),
            ((0, 3), (0, 1)),
            ((2, 3), {"dims": (1,)}),
        ),
        errors=(
            Error(IndexError, r"flip: expected dim in \[-2, 1\], got 2", X, (2,)),
            Error(ShapeError, "flip: expected each axis once", X, (0, 0)),
        ),
        complex=True,
    ),
    Op(
        "fliplr",
        on(((2, 3),), ((2, 3, 2),)),
        errors=(Error(ShapeError, r"fliplr: .* at least 2 axes, got 1. Use flip\(0\)", X[0]),),
    ),
    Op(
        "flipud", on(((2, 3),), ((3,),)), errors=(Error(ShapeError, "flipud: .* at least 1 axis, got a 0-d tensor", S),)
    ),
    Op(
        "roll",
        on(
            ((2, 3), 1),
            ((2, 3), 1, 0),
            ((2, 3), -2, 1),
            ((2, 3), (1, 5), (0, 1)),
            ((2, 3), (1, 1), (0, 0)),
            ((4,), [2]),
            ((0, 3), 1, 1),
        ),
        errors=(
            Error(ShapeError, r"roll: expected one shift without dims, got \(1, 2\)", X, (1, 2)),
            Error(ShapeError, r"roll: expected as many shifts as dims, got \(1, 2\) and \(0,\)", X, (1, 2), 0),
            Error(IndexError, "roll: expected at least one axis for dims=", S, 1, 0),
        ),
        complex=True,
    ),
    Op(
        "rot90",
        on(
            *[((2, 3), k, dims) for k in (-1, 0, 1, 2, 3, 4) for dims in ((0, 1), (1, 0))],
            ((2, 3),),
            ((2, 3, 4), 1, [0, 2]),
        ),
        errors=(
            Error(ShapeError, r"rot90: expected two different axes, got dims=\(0,\)", X, 1, (0,)),
            Error(ShapeError, "rot90: expected each axis once", X, 1, (0, 0)),
        ),
    ),
    Op(
        "repeat",
        on(((2, 3), (2, 1)), ((2, 3), 2, 2, 3), ((2, 3), 2, 0), ((), 3), ((), ()), ((3,), 2), ((0, 2), 2, 2)),
        torch=lambda x, *args: x.repeat(*args),
        errors=(
            Error(
                ShapeError, r"repeat: expected at least 2 counts, none negative, got \(2,\). See also tile\(\)", X, 2
            ),
            Error(ShapeError, r"got \(2, -1\)", X, 2, -1),
        ),
    ),
    Op(
        "tile",
        on(
            ((2, 3), (2,)),
            ((2, 3), (2, 2)),
            ((2, 3), (2, 1, 3)),
            ((), (2,)),
            ((2, 3), (0, 1)),
            ((3,), {"dims": (2, 2)}),
        ),
        errors=(Error(ShapeError, r"tile: expected counts of at least 0, got \(-1,\)", X, (-1,)),),
    ),
    Op(
        "repeat_interleave",
        interleaved,
        errors=(
            Error(
                ShapeError,
                r"repeat_interleave: expected 1 or 2 integer counts in one axis, got .* of shape \(3,\)",
                X,
                COUNTS,
                0,
            ),
            Error(ValueError, "repeat_interleave: expected counts of at least 0, got -1", X, -1),
            Error(ValueError, "repeat_interleave: expected counts of at least 0, got -1", X, np.array([1, -1]), 0),
        ),
    ),
    Op("contiguous", on(((2, 3),), ((),), ((0, 3),), ((2, 3, 4, 5),)), torch=lambda x: x.contiguous()),
]
