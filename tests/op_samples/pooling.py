"""Pooling over fixed windows, and unpooling."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.errors import DtypeError, ShapeError
from tests.op_samples.record import Error, Kink, Late, Op, Sample, uniform

SPACE = (7, 6, 5)


def distinct(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Values at least 0.1 apart: no maximum changes its place."""
    return rng.permutation(np.prod(shape, dtype=int)).reshape(shape) * 0.1 - 3


def maxima(nd: int) -> Any:
    def samples(rng: np.random.Generator) -> list[Sample]:
        size = SPACE[:nd]
        x = distinct(rng, 2, 3, *size)
        return [
            Sample(x, 2),
            Sample(x, (3, 2, 2)[:nd], (2, 1, 3)[:nd], (1, 0, 1)[:nd]),
            Sample(x, 3, stride=2, padding=1, ceil_mode=True),
            Sample(x, 2, stride=1, dilation=(3, 2, 2)[:nd]),
            Sample(x[0], 2, return_indices=True),
            Sample(x, 3, 2, 1, return_indices=True),
            Sample(x[:0], 2),
            Kink(np.where(x < 0, np.nan, x), 2, return_indices=True),
            Kink(np.zeros((1, 1, *size)), 2, return_indices=True),
        ]

    return samples


def means(nd: int) -> Any:
    def samples(rng: np.random.Generator) -> list[Sample]:
        x = uniform(rng, (2, 3, *SPACE[:nd]))
        own = [Sample(x, 2, divisor_override=3), Sample(x, 3, 2, 1, True, True, 5)] if nd > 1 else []
        return [
            Sample(x, 2),
            Sample(x, (3, 2, 2)[:nd], (2, 1, 3)[:nd], (1, 0, 1)[:nd]),
            Sample(x, 3, stride=2, padding=1, ceil_mode=True),
            Sample(x, 3, stride=2, padding=1, ceil_mode=True, count_include_pad=False),
            Sample(x[0], 2),
            Sample(x[:0], 2),
            *own,
        ]

    return samples


def powers(nd: int) -> Any:
    def samples(rng: np.random.Generator) -> list[Sample]:
        x = uniform(rng, (2, 3, *SPACE[:nd]), 0.5, 2)
        return [
            Sample(x, 2, 2),
            Sample(x, 1, (3, 2, 2)[:nd] if nd > 1 else 3, 2),
            Sample(distinct(rng, 2, 3, *SPACE[:nd]), float("inf"), 2),
            Sample(-x, float("-inf"), 2),
            Sample(x, 3.0, 2, stride=3, ceil_mode=True),
            Sample(x[0], 2, 2),
        ]

    return samples


def returned(nd: int) -> Any:
    def samples(rng: np.random.Generator) -> list[Sample]:
        out = (3, 2, 2)[:nd]
        count = int(np.prod(out))
        size = tuple(2 * n for n in out)
        index = np.stack([rng.permutation(int(np.prod(size)))[:count] for _ in range(6)]).reshape(2, 3, *out)
        x = uniform(rng, (2, 3, *out))
        larger = tuple(n + 1 for n in size)
        return [
            Sample(x, index, 2),
            Sample(x[0], index[0], 2),
            Sample(x, index, 2, output_size=larger),
            Sample(x, index, 3, 2, 1, output_size=(2, 3, *size)),
        ]

    return samples


def zeros(*shape: int) -> np.ndarray:
    return np.zeros(shape)


def errors(name: str) -> tuple[Error, ...]:
    return (
        Error(ShapeError, rf"{name}: expected input \(N,C,H,W\) or \(C,H,W\), got \(2, 2\)", zeros(2, 2), 2),
        Error(
            ValueError,
            rf"{name}: expected padding of at most half of the window \(2, 2\), got \(2, 2\)",
            zeros(1, 1, 4, 4),
            2,
            padding=2,
        ),
        Error(
            ShapeError,
            rf"{name}: expected windows that fit the padded input \(2, 2\), got \(3, 3\)",
            zeros(1, 1, 2, 2),
            3,
        ),
        Error(ValueError, f"{name}: expected kernel_size of at least 1, got 0", zeros(1, 1, 2, 2), 0),
        Error(
            DtypeError, f"{name}: expected a floating dtype, got autograd.int64", np.zeros((1, 1, 2, 2), np.int64), 2
        ),
    )


INDEX = np.zeros((1, 1, 2, 2), np.int64)
UNPOOL_ERRORS = (
    Error(
        ShapeError,
        r"max_unpool2d: expected integer indices of the input's shape \(1, 1, 3, 3\), got autograd.int64 of shape "
        r"\(1, 1, 2, 2\)",
        zeros(1, 1, 3, 3),
        INDEX,
        2,
    ),
    Error(
        ShapeError,
        r"max_unpool2d: expected output_size within a stride of \(4, 4\), got \(9, 9\)",
        zeros(1, 1, 2, 2),
        INDEX,
        2,
        output_size=(9, 9),
    ),
    Late(
        IndexError,
        r"max_unpool2d: expected indices in \[0, 15\] for an output \(4, 4\), got 16",
        zeros(1, 1, 2, 2),
        INDEX + np.arange(16, 20).reshape(2, 2),
        2,
    ),
)

OPS = [
    Op("F.max_pool1d", maxima(1)),
    Op("F.max_pool2d", maxima(2), dtypes=("float32", "float64", "float16"), errors=errors("max_pool2d")),
    Op("F.max_pool3d", maxima(3)),
    Op("F.avg_pool1d", means(1)),
    Op(
        "F.avg_pool2d",
        means(2),
        errors=(
            *errors("avg_pool2d"),
            Error(
                ValueError,
                "avg_pool2d: expected divisor_override other than 0, got 0",
                zeros(1, 1, 2, 2),
                2,
                divisor_override=0,
            ),
        ),
    ),
    Op("F.avg_pool3d", means(3)),
    Op("F.lp_pool1d", powers(1)),
    Op("F.lp_pool2d", powers(2)),
    Op("F.lp_pool3d", powers(3)),
    Op("F.max_unpool1d", returned(1)),
    Op("F.max_unpool2d", returned(2), errors=UNPOOL_ERRORS),
    Op("F.max_unpool3d", returned(3)),
]
