"""Triangles and diagonals."""

from __future__ import annotations

from autograd.errors import ShapeError
from tests.op_samples.record import Error, Op
from tests.op_samples.shape import S, X, on

TRIANGLES = on(((3, 4),), ((3, 4), 1), ((3, 4), -1), ((2, 3, 3),), ((0, 3),), ((3, 3), 9), ((3, 3), {"diagonal": -9}))

OPS = [
    *(
        Op(
            name,
            TRIANGLES,
            inplace=True,
            out=True,
            errors=(Error(ShapeError, rf"{name}: expected matrices, got shape \(3,\)", X[0]),),
        )
        for name in ("tril", "triu")
    ),
    Op(
        "trace",
        on(((3, 3),), ((2, 4),), ((0, 3),)),
        errors=(Error(ShapeError, r"trace: expected a matrix, got shape \(3,\)", X[0]),),
        complex=True,
    ),
    Op(
        "diag",
        on(((3,),), ((3,), 1), ((3,), -2), ((3, 4),), ((3, 4), 1), ((3, 4), -1), ((0,),), ((0, 0),)),
        out=True,
        errors=(Error(ShapeError, r"diag: expected one or two axes, got shape \(1, 2, 3\)", X[None]),),
        complex=True,
    ),
    Op(
        "diag_embed",
        on(((3,),), ((2, 3),), ((2, 3), 1), ((2, 3), -1, 0, 2), ((2, 3), 0, 2, 0), ((2, 0),)),
        errors=(
            Error(
                ShapeError,
                r"diag_embed: expected two different axes, got dim1=0 and dim2=0 for shape \(2, 3\)",
                X,
                0,
                0,
                0,
            ),
            Error(ShapeError, "diag_embed: ", S),
        ),
    ),
    Op("diagflat", on(((3,),), ((2, 2),), ((2,), 1), ((2,), -1), ((),))),
]
