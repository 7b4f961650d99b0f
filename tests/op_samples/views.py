"""Parts that share memory, and parts replaced out of place."""

from __future__ import annotations

from autograd.errors import ShapeError
from tests.op_samples.record import Error, Op, Sample, uniform
from tests.op_samples.shape import S, X, on


def pairs(*rows: tuple) -> object:
    """Rows of (shape, shape of src, keywords)."""
    return lambda rng: [Sample(uniform(rng, a), uniform(rng, b), **kwargs) for a, b, kwargs in rows]


OPS = [
    Op(
        "select",
        on(((2, 3), 0, 1), ((2, 3), 1, -1), ((2, 3, 4), -2, 0), ((3,), 0, 2), ((2, 0), 0, 1)),
        view=True,
        errors=(
            Error(IndexError, "select: index 2 is out of range for size 2. Valid are -2 to 1", X, 0, 2),
            Error(IndexError, "select: expected at least one axis, got a 0-d tensor", S, 0, 0),
        ),
    ),
    Op(
        "narrow",
        on(((5, 2), 0, 1, 3), ((5, 2), -1, 0, 1), ((5,), 0, -2, 2), ((5,), 0, 5, 0), ((0, 2), 0, 0, 0)),
        view=True,
        errors=(
            Error(IndexError, r"narrow: expected start in \[-2, 2\], got 3", X, 0, 3, 0),
            Error(ShapeError, r"narrow: expected a length in \[0, 1\] from 1 on, got 2", X, 0, 1, 2),
        ),
    ),
    Op(
        "diagonal",
        on(
            ((3, 3),),
            ((3, 4), 1),
            ((3, 4), -1),
            ((3, 4), 9),
            ((2, 3, 4), 0, 1, 2),
            ((2, 3, 4), 1, 0, -1),
            ((2, 3, 4), -1, 2, 0),
            ((0, 3),),
        ),
        view=True,
        errors=(
            Error(ShapeError, "diagonal: expected two different axes, got dim1=0 and dim2=-2 of 2 axes", X, 0, 0, -2),
            Error(IndexError, r"diagonal: expected dim in \[-1, 0\], got 1", X[0]),
        ),
        complex=True,
    ),
    Op(
        "unfold",
        on(((7,), 0, 3, 2), ((7, 3), 0, 3, 1), ((2, 7), -1, 2, 3), ((), 0, 1, 1), ((5,), 0, 5, 1), ((3, 0), 0, 2, 1)),
        torch=lambda x, *args: x.unfold(*args),
        view=True,
        errors=(
            Error(ShapeError, r"unfold: expected a size in \[0, 3\] for axis 1, got 4", X, 1, 4, 1),
            Error(ValueError, "unfold: expected a positive step, got 0", X, 1, 2, 0),
        ),
        complex=True,
    ),
    Op(
        "select_scatter",
        pairs(
            ((2, 3), (3,), {"dim": 0, "index": 1}),
            ((2, 3), (2,), {"dim": -1, "index": -1}),
            ((3,), (), {"dim": 0, "index": 0}),
        ),
        errors=(Error(ShapeError, r"select_scatter: expected src of shape \(3,\), got \(2,\)", X, X[:, 0], 0, 1),),
    ),
    Op(
        "slice_scatter",
        pairs(
            ((5, 2), (2, 2), {"start": 1, "end": 3}),
            ((5, 2), (5, 1), {"dim": 1, "start": -1}),
            ((5,), (3,), {"step": 2}),
            ((5,), (0,), {"start": 7}),
            ((5,), (5,), {}),
        ),
        errors=(
            Error(ShapeError, r"slice_scatter: expected src of shape \(1, 3\), got \(2, 3\)", X, X, 0, 1),
            Error(ValueError, "slice_scatter: expected a positive step, got 0", X, X, 0, 0, 1, 0),
        ),
        out=True,
    ),
    Op(
        "diagonal_scatter",
        pairs(
            ((3, 4), (3,), {}), ((3, 4), (2,), {"offset": -1}), ((2, 3, 4), (3, 2), {"dim1": 2, "dim2": 0, "offset": 0})
        ),
        errors=(Error(ShapeError, r"diagonal_scatter: expected src of shape \(2,\), got \(3,\)", X, X[0]),),
    ),
]
UNRECORDED = {"as_strided": "is for contiguous tensors only: tests/ops/test_views.py"}
