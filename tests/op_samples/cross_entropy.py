"""Losses between classes and logits or log-probabilities."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.errors import DtypeError, ShapeError
from tests.op_samples.record import Error, Kink, Late, Op, Sample, uniform

REDUCTIONS = ("mean", "sum", "none")


def indexed(rng: np.random.Generator, prepare: Any = lambda x: x) -> list[Sample]:
    """Class indices: batches, images, one sample; weighted; some ignored."""
    x, plane = uniform(rng, (5, 3)), uniform(rng, (2, 3, 4, 2))
    x, plane = prepare(x), prepare(plane)
    t, places = np.array([0, 2, 1, 2, 0]), rng.integers(0, 3, (2, 4, 2))
    weight, some = uniform(rng, (3,), 0.2, 2), np.array([0, -100, 1, -100, 2])
    return [
        *(Sample(x, t, reduction=r) for r in REDUCTIONS),
        *(Sample(x, t, weight, reduction=r) for r in REDUCTIONS),
        *(Sample(x, some, weight, reduction=r) for r in REDUCTIONS),
        Sample(x, t, ignore_index=2),
        Sample(x, some),
        *(Sample(plane, places, weight, ignore_index=1, reduction=r) for r in REDUCTIONS),
        Sample(x[0], np.array(2), reduction="none"),
        Sample(x[0], np.array(2)),
        Sample(x[:0], t[:0], reduction="sum"),
        Sample(x, t, size_average=False),
    ]


def logits(rng: np.random.Generator) -> list[Sample]:
    x, t = uniform(rng, (5, 3)), np.array([0, 2, 1, 2, 0])
    weight, some = uniform(rng, (3,), 0.2, 2), np.array([0, -100, 1, -100, 2])
    plane = uniform(rng, (2, 3, 4))
    smooth = [Sample(x, some, weight, reduction=r, label_smoothing=0.2) for r in REDUCTIONS]
    return [
        *indexed(rng),
        *smooth,
        Sample(x, t, label_smoothing=1.0),
        Sample(plane, rng.integers(0, 3, (2, 4)), label_smoothing=0.1),
        Kink(np.array([[1e4, -1e4, 0.0], [-1e4, 1e4, 0.0]]), np.array([1, 1]), reduction="none"),
        Kink(x, np.full(5, -100)),
    ]


def shares(rng: np.random.Generator, *shape: int) -> np.ndarray:
    p = uniform(rng, shape, 0.1, 1)
    return p / p.sum(1, keepdims=True)


def softly(rng: np.random.Generator) -> list[Sample]:
    x, p = uniform(rng, (5, 3)), shares(rng, 5, 3)
    weight = uniform(rng, (3,), 0.2, 2)
    plane = uniform(rng, (2, 3, 4)), shares(rng, 2, 3, 4)
    return [
        *(Sample(x, p, reduction=r) for r in REDUCTIONS),
        *(Sample(x, p, weight, reduction=r, label_smoothing=0.3) for r in REDUCTIONS),
        *(Sample(*plane, weight, reduction=r) for r in REDUCTIONS),
        Sample(x[0], p[0]),
        Sample(x[0], p[0], weight),
    ]


def normalized(x: np.ndarray) -> np.ndarray:
    return np.array(x - np.log(np.exp(x).sum(1, keepdims=True)))


X = np.zeros((8, 10))
T = np.zeros(8, np.int64)


def errors(name: str) -> tuple[Error, ...]:
    return (
        Error(
            ShapeError,
            rf"{name}: expected class indices of shape \(8,\) for input \(8, 10\), got \(4,\)",
            X,
            T[:4],
        ),
        Error(
            ShapeError, rf"{name}: expected weight of shape \(10,\) for input \(8, 10\), got \(8,\)", X, T, np.ones(8)
        ),
        Late(IndexError, rf"{name}: expected classes in \[0, 9\] or ignore_index -100, got 10", X, T + 10),
        Late(
            IndexError, rf"{name}: expected classes in \[0, 9\] or ignore_index 3, got -100", X, T - 100, ignore_index=3
        ),
        Error(DtypeError, f"{name}: expected class indices of an integer dtype, got autograd.bool", X, T == 0),
        Error(DtypeError, f"{name}: expected input of a floating dtype, got autograd.int64", X.astype(int), T),
        Error(ShapeError, f"{name}: expected input .*, got a 0-d tensor", np.zeros(()), T),
        Error(ValueError, f'{name}: expected reduction "mean", "sum" or "none"', X, T, reduction="batchmean"),
    )


OPS = [
    Op(
        "F.cross_entropy",
        lambda rng: [*logits(rng), *softly(rng)],
        dtypes=("float32", "float64", "float16"),
        constant=(2,),
        errors=(
            *errors("cross_entropy"),
            Error(ValueError, "cross_entropy: expected label_smoothing from 0 to 1, got 2", X, T, label_smoothing=2),
            Error(ShapeError, r"cross_entropy: expected probabilities of shape \(8, 10\)", X, np.zeros((8, 9))),
        ),
    ),
    Op("F.nll_loss", lambda rng: indexed(rng, normalized), constant=(2,), errors=errors("nll_loss")),
]
