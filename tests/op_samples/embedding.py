"""Look-up in tables, and one-hot vectors; ``max_norm``, which writes, is in tests/nn/test_embedding.py."""

from __future__ import annotations

import numpy as np

from autograd.errors import DtypeError, ShapeError
from tests.op_samples.record import Error, Kink, Late, Op, Sample, uniform


def tables(rng: np.random.Generator) -> list[Sample]:
    table, index = uniform(rng, (6, 3)), np.array([[0, 2, 2], [5, 1, 2]])
    return [
        Sample(index, table),
        Kink(index, table, 2),  # these scale the gradient, which then is no derivative
        Kink(index, table, padding_idx=-1),
        Kink(index, table, scale_grad_by_freq=True),
        Kink(index, table, 1, None, 2.0, True),
        Sample(np.array(3), table),
        Sample(index[:0], table),
        Sample(index.astype(np.int32), table),
    ]


def classes(rng: np.random.Generator) -> list[Sample]:
    index = np.array([[0, 2], [3, 1]])
    return [Sample(index), Sample(index, 6), Sample(np.array(2), 4), Sample(index[:0], 3)]


def bags(rng: np.random.Generator) -> list[Sample]:
    table, index, starts = uniform(rng, (6, 3)), np.array([0, 2, 2, 5, 1, 4]), np.array([0, 2, 2, 5])
    factors = uniform(rng, (6,))
    found = []
    for mode in ("sum", "mean", "max"):
        found += [
            Sample(index.reshape(2, 3), table, mode=mode),
            Sample(index, table, starts, mode=mode),
            Sample(index, table, starts, mode=mode, include_last_offset=True, padding_idx=2),
        ]
    return [*found, Sample(index, table, starts, mode="sum", per_sample_weights=factors, padding_idx=-1)]


TABLE = np.zeros((3, 2))
BAG = np.array([1, 2])

OPS = [
    Op(
        "F.embedding",
        tables,
        errors=(
            Late(
                IndexError,
                r"embedding: expected row numbers in \[0, 2\] to match weight \(3, 2\), got 3",
                np.array([1, 3]),
                TABLE,
            ),
            Late(IndexError, r"row numbers in \[0, 2\] .*, got -1", np.array([-1]), TABLE),
            Error(DtypeError, "embedding: expected row numbers of an integer dtype", np.zeros(2), TABLE),
            Error(ShapeError, r"embedding: expected weight \(rows, features\), got \(3,\)", np.array([1]), TABLE[:, 0]),
            Error(IndexError, r"embedding: expected padding_idx in \[-3, 2\], got 3", np.array([1]), TABLE, 3),
        ),
    ),
    Op(
        "F.embedding_bag",
        bags,
        errors=(
            Error(ValueError, 'embedding_bag: expected mode "sum", "mean" or "max"', BAG, TABLE, BAG, mode="min"),
            Error(ShapeError, r"embedding_bag: expected input \(B,N\), or .* and offsets none", BAG, TABLE),
            Error(
                ValueError, 'per_sample_weights with mode "sum" only', BAG, TABLE, BAG, per_sample_weights=np.zeros(2)
            ),
            Error(
                ShapeError,
                r"expected per_sample_weights \(2,\), got \(3,\)",
                BAG,
                TABLE,
                BAG,
                mode="sum",
                per_sample_weights=np.zeros(3),
            ),
        ),
    ),
    Op(
        "F.one_hot",
        classes,
        grad=False,
        errors=(
            Late(
                ValueError, r"one_hot: expected class numbers in \[0, 2\], got numbers from 0 to 3", np.array([0, 3]), 3
            ),
            Error(
                ValueError, r"one_hot: expected class numbers in \[0, 1\], got numbers from -1 to 1", np.array([-1, 1])
            ),
            Error(ValueError, "one_hot: expected num_classes of at least 1 for an empty tensor", np.zeros(0, int)),
            Error(DtypeError, "one_hot: expected class numbers of an integer dtype", np.zeros(2)),
        ),
    ),
]
