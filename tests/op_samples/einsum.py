"""Sums of products over named axes."""

from __future__ import annotations

import numpy as np

from autograd.errors import DtypeError, ShapeError
from tests.op_samples.record import Error, Op, Sample, uniform
from tests.op_samples.shape import X

EQUATIONS = [  # the equation, and the shapes of the operands
    ("ij->ji", (2, 3)), ("ij", (2, 3)), ("ji", (2, 3)), ("ii", (3, 3)), ("ii->i", (3, 3)), ("iij->j", (3, 3, 2)),
    ("iii->i", (2, 2, 2)), ("ij->", (2, 3)), ("ij->i", (2, 3)), ("...ij->...ji", (4, 2, 3)), ("...->...", (2, 3)),
    ("i...->...", (2, 3)), ("i->", (0,)), ("ij,jk->ik", (2, 3), (3, 4)), ("ij,jk", (2, 3), (3, 4)),
    ("i,j->ij", (2,), (3,)), ("i,i->", (3,), (3,)), ("ij,ij->ij", (2, 3), (2, 3)),
    ("bij,bjk->bik", (2, 3, 4), (2, 4, 2)), ("bij,bjk->ikb", (2, 3, 4), (2, 4, 2)),
    ("bhqd,bhkd->bhqk", (2, 2, 3, 4), (2, 2, 5, 4)), ("ij,kl->", (2, 3), (2, 2)), ("ij,kl->il", (2, 3), (2, 2)),
    ("ii,ij->j", (3, 3), (3, 2)), ("ij,j", (2, 3), (3,)), (",i->i", (), (3,)),
    ("...ij,...jk->...ik", (5, 1, 2, 3), (4, 3, 2)), ("...i,...i->...", (2, 3), (3,)),
    ("b...,b->...", (2, 3, 2), (2,)), ("ij,jk->ik", (2, 1), (3, 4)), ("ij,ij->ij", (2, 1), (1, 3)),
    ("i,i->i", (1,), (3,)), ("ij,ij->i", (2, 1), (2, 3)), ("ij,jk", (0, 3), (3, 2)),
    ("ij,jk,kl->il", (2, 3), (3, 4), (4, 2)), ("i,i,i->i", (3,), (3,), (3,)), ("ij,jk,ki->", (2, 3), (3, 4), (4, 2)),
    ("bn,anm,bm->ba", (2, 3), (4, 3, 5), (2, 5)), ("i,j,k->kji", (2,), (3,), (2,)),
    ("ij,jk,kl,lm->im", (2, 3), (3, 2), (2, 3), (3, 2)), (" i j , j k -> k i ", (2, 3), (3, 4)),
]  # fmt: skip


def equations(rng: np.random.Generator) -> list[Sample]:
    found = [Sample(equation, *[uniform(rng, s, -2, 2) for s in shapes]) for equation, *shapes in EQUATIONS]
    a, b = uniform(rng, (2, 3)), uniform(rng, (3, 4))
    lists = [
        Sample(a, [0, 1], b, [1, 2]),
        Sample(a, [0, 1], b, [1, 2], [2, 0]),
        Sample(a, [..., 1], b, [1, ...], [...]),
    ]
    return [*found, *lists[:2], Sample("ij,jk->ik", [a, b])]


def contractions(rng: np.random.Generator) -> list[Sample]:
    rows = [
        ((2, 3, 4), (3, 4, 5), 2), ((2, 3), (4, 5), 0), ((2, 3), (3, 2), ([1], [0])),
        ((2, 3), (3, 2), ([0, 1], [1, 0])), ((3, 2, 4), (5, 4, 3), ([-1, 0], [1, 2])), ((2, 3), (3,), 1), ((), (), 0),
        ((0, 3), (3, 2), 1),
    ]  # fmt: skip
    return [Sample(uniform(rng, a), uniform(rng, b), dims) for a, b, dims in rows]


OPS = [
    Op(
        "einsum",
        equations,
        method=False,
        errors=(
            Error(ShapeError, "einsum: expected 2 operands for 'ij,jk', got 1", "ij,jk", X),
            Error(ShapeError, "einsum: expected 'ijk' to name the axes of its operand, got 2 axes", "ijk", X),
            Error(
                ShapeError,
                r"einsum: expected one size for 'j' in 'ij,jk', got shapes \(2, 3\) and \(2, 3\)",
                "ij,jk",
                X,
                X,
            ),
            Error(ShapeError, r"einsum: expected equal sizes for 'i' in 'ii', got shape \(2, 3\)", "ii", X),
            Error(ValueError, "einsum: expected letters, commas, one ... per operand and one ->, got 'i.j'", "i.j", X),
            Error(
                ValueError,
                "einsum: expected an output of letters of the operands, each once, got 'ij->ii'",
                "ij->ii",
                X,
            ),
            Error(
                ValueError, "einsum: expected an output of letters of the operands, each once, got 'ij->k'", "ij->k", X
            ),
            Error(
                DtypeError,
                r"einsum: expected one dtype, got float32 and int64. Cast with .to\(\)",
                "ij,i",
                X,
                np.array([1, 2]),
            ),
        ),
        complex=True,
    ),
    Op(
        "tensordot",
        contractions,
        method=False,
        out=True,
        errors=(
            Error(ShapeError, r"tensordot: expected dims in \[0, 2\], got 3", X, X, 3),
            Error(
                ShapeError,
                r"tensordot: expected equal sizes along \(1,\) and \(0,\), got \(2, 3\) and \(2, 3\)",
                X,
                X,
                1,
            ),
        ),
        complex=True,
    ),
]
