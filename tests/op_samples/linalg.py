"""Products of vectors and matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.errors import DtypeError, ShapeError
from tests.op_samples.record import Error, Op, Sample, uniform
from tests.op_samples.shape import S, Samples, X

INTS = np.array([[1, 2], [3, 4]])


def of(*rows: list[Any], **more: Any) -> Samples:
    """Rows of shapes (and, last, perhaps keywords): tensors of those shapes."""

    def samples(rng: np.random.Generator) -> list[Sample]:
        found = []
        for row in rows:
            kwargs = row[-1] if isinstance(row[-1], dict) else {}
            found.append(Sample(*[uniform(rng, s) for s in row if s is not kwargs], **kwargs))
        return found

    return samples


def products(rng: np.random.Generator) -> list[Sample]:
    shapes = [
        [(2, 3), (3, 4)], [(3,), (3,)], [(2, 3), (3,)], [(3,), (3, 2)], [(5, 2, 3), (3, 4)], [(5, 2, 3), (5, 3, 4)],
        [(5, 2, 3), (3,)], [(3,), (5, 3, 2)], [(2, 3), (5, 3, 4)], [(2, 1, 2, 3), (5, 3, 4)], [(4, 1, 2, 3), (3, 2)],
        [(0, 3), (3, 2)], [(2, 0), (0, 3)], [(2, 0, 3), (3, 2)], [(2, 2, 0), (0, 3)], [(0,), (0,)],
    ]  # fmt: skip
    return [*of(*shapes)(rng), Sample(INTS, INTS)]


WEIGHTS = [{}, {"beta": 0.5, "alpha": -2.0}, {"beta": 0, "alpha": 1}]


def added(*shapes: tuple[int, ...], narrow: tuple[int, ...]) -> Samples:
    """A term and two factors, with weights; and a term that is broadcast."""
    first, *factors = shapes
    return of(*([first, *factors, w] for w in WEIGHTS), [narrow, *factors])


M, B, N = X, np.zeros((2, 2, 3)), np.zeros((3, 2))

OPS = [
    Op(
        "matmul",
        products,
        out=True,
        errors=(
            Error(
                ShapeError,
                r"matmul: expected \(..., m, n\) .* got \(2, 3\) and \(2, 3\). Is one to be transposed\?",
                M,
                M,
            ),
            Error(ShapeError, r"matmul: .* got \(\) and \(2, 3\)", S, M),
            Error(DtypeError, r"matmul: expected one dtype, got float32 and int64. Cast one with .to\(\)", M, INTS),
        ),
        complex=True,
    ),
    Op(
        "mm",
        of([(2, 3), (3, 4)], [(0, 3), (3, 2)], [(2, 0), (0, 2)]),
        out=True,
        errors=(
            Error(ShapeError, r"mm: expected a matrix and a matrix of one inner size, got \(2, 3\) and \(2, 3\)", M, M),
        ),
        complex=True,
    ),
    Op(
        "bmm",
        of([(5, 2, 3), (5, 3, 4)], [(0, 2, 3), (0, 3, 4)]),
        out=True,
        errors=(
            Error(ShapeError, "bmm: expected a batch of matrices and a batch", M, M),
            Error(ShapeError, "bmm: expected batches of one size", B, N[None]),
        ),
        complex=True,
    ),
    Op(
        "mv",
        of([(2, 3), (3,)], [(0, 3), (3,)]),
        out=True,
        errors=(Error(ShapeError, "mv: expected a matrix and a vector of one inner size", M, M),),
        complex=True,
    ),
    Op(
        "dot",
        of([(3,), (3,)], [(0,), (0,)]),
        out=True,
        errors=(Error(ShapeError, "dot: expected a vector and a vector of one inner size", M, M),),
        complex=True,
    ),
    Op(
        "vdot",
        of([(3,), (3,)]),
        out=True,
        errors=(Error(ShapeError, r"vdot: expected .*got \(2, 3\) and \(3,\)", M, M[0]),),
        complex=True,
    ),
    Op(
        "inner",
        of([(2, 3), (3,)], [(2, 3), (4, 3)], [(), (2, 3)], [(3,), (3,)], [(2, 1, 3), (2, 3)]),
        out=True,
        errors=(Error(ShapeError, r"inner: expected equal last sizes, got \(2, 3\) and \(3, 2\)", M, N),),
        complex=True,
    ),
    Op(
        "outer",
        of([(3,), (2,)], [(0,), (2,)]),
        out=True,
        errors=(Error(ShapeError, r"outer: expected vectors, got \(2, 3\) and \(3,\)", M, M[0]),),
        complex=True,
    ),
    Op(
        "addmm",
        added((2, 4), (2, 3), (3, 4), narrow=(4,)),
        inplace=True,
        out=True,
        errors=(
            Error(
                ShapeError,
                r"addmm: expected an input that broadcasts to \(2, 2\), got \(3, 2, 2\)",
                np.zeros((3, 2, 2)),
                M,
                N,
            ),
        ),
        complex=True,
    ),
    Op("baddbmm", added((5, 2, 4), (5, 2, 3), (5, 3, 4), narrow=(2, 1)), inplace=True, out=True, complex=True),
    Op("addbmm", added((2, 4), (5, 2, 3), (5, 3, 4), narrow=(2, 1)), inplace=True, out=True),
    Op("addmv", added((2,), (2, 3), (3,), narrow=(1,)), inplace=True, out=True),
    Op("addr", added((2, 3), (2,), (3,), narrow=(3,)), inplace=True, out=True),
    Op("kron", of([(2, 2), (1, 3)], [(2,), (2, 3)], [(), (3,)], [(2, 1, 2), (2, 2)]), out=True, complex=True),
    Op(
        "cross",
        lambda rng: [
            *of(
                [(2, 3), (2, 3), {"dim": 1}],
                [(3, 2), (3, 2), {"dim": 0}],
                [(1, 3), (4, 3), {"dim": -1}],
                [(0, 3), (0, 3), {"dim": 1}],
                [(2, 3), (2, 3)],
            )(rng)
        ],
        out=True,
        errors=(
            Error(
                ShapeError,
                r"cross: expected size 3 along axis 0, got \(2, 3\) and \(2, 3\). Name the axis in dim=",
                M,
                M,
                0,
            ),
            Error(ShapeError, "cross: expected tensors of as many axes", M, M[0]),
        ),
        complex=True,
    ),
    Op(
        "chain_matmul",
        of([(2, 3), (3, 4)], [(2, 3), (3, 4), (4, 1), (1, 5)], [(2, 2)]),
        method=False,
        out=True,
        errors=(Error(ShapeError, "chain_matmul: expected a matrix and a matrix of one inner size", M, M),),
    ),
]
