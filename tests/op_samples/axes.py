"""The order of the axes."""

from __future__ import annotations

from autograd.errors import ShapeError
from tests.op_samples.record import Error, Op
from tests.op_samples.shape import X, on

MOVES = on(
    ((2, 3, 4), 0, 2), ((2, 3, 4), 0, -1), ((2, 3, 4), (0, 1), (1, 2)), ((2, 3, 4), (2, 0), (0, 1)), ((2, 3), 0, 0),
    ((3, 0), 0, 1),
)  # fmt: skip
SWAPS = on(((2, 3, 4), 0, 2), ((2, 3, 4), -1, 1), ((2, 3), 0, 0), ((), 0, -1), ((0, 3), 0, 1))
MATRICES = on(((2, 3),), ((4, 2, 3),), ((0, 3),), ((2, 1, 2, 3),))

OPS = [
    Op(
        "permute",
        on(((2, 3, 4), (2, 0, 1)), ((2, 3, 4), [-1, 0, 1]), ((), ()), ((2, 0), (1, 0)), ((3,), (0,))),
        view=True,
        errors=(
            Error(ShapeError, r"permute: expected each of the 2 axes once, got \(0,\)", X, (0,)),
            Error(ShapeError, r"permute: expected each axis once, got dim \(0, 0\)", X, (0, 0)),
            Error(IndexError, r"permute: expected dim in \[-2, 1\], got 2", X, (0, 2)),
        ),
        complex=True,
    ),
    Op(
        "transpose",
        SWAPS,
        view=True,
        errors=(Error(IndexError, r"transpose: expected dim in \[-2, 1\], got 2", X, 0, 2),),
        complex=True,
    ),
    Op("swapaxes", SWAPS, view=True),
    Op("swapdims", SWAPS, view=True),
    Op(
        "t",
        on(((2, 3),), ((3,),), ((),), ((0, 2),)),
        view=True,
        errors=(Error(ShapeError, "t: expected at most 2 axes, got 3. Use mT for batches", X[None]),),
    ),
    Op("T", on(((2, 3),), ((3,),), ((),), ((2, 3, 4),)), torch=lambda x: x.T, view=True, method=False),
    Op(
        "mT",
        MATRICES,
        torch=lambda x: x.mT,
        view=True,
        method=False,
        errors=(Error(ShapeError, "mT: expected matrices, got 1 axes", X[0]),),
    ),
    Op(
        "H",
        on(((2, 3),), ((0, 2),)),
        torch=lambda x: x.H,
        view=True,
        method=False,
        errors=(Error(ShapeError, r"H: expected a matrix, got shape \(1, 2, 3\). Use mH", X[None]),),
    ),
    Op("mH", MATRICES, torch=lambda x: x.mH, view=True, method=False),
    Op("adjoint", MATRICES, view=True),
    Op(
        "movedim",
        MOVES,
        view=True,
        errors=(
            Error(ShapeError, r"movedim: expected as many destinations as sources, got \(0, 1\) and 1", X, (0, 1), 1),
            Error(ShapeError, "movedim: expected each axis once", X, (0, 1), (1, 1)),
        ),
    ),
    Op("moveaxis", MOVES, view=True),
]
UNRECORDED = {
    "t_": "changes the tensor's own shape: tests/ops/test_views.py",
    "transpose_": "as t_",
    "swapaxes_": "as t_",
    "swapdims_": "as t_",
}
