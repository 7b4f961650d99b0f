"""Losses that ask for a margin; values keep away from where it is just reached."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.errors import ShapeError
from tests.op_samples.loss import REDUCTIONS, errors
from tests.op_samples.record import Error, Kink, Op, Sample, uniform


def signs(rng: np.random.Generator, *shape: int) -> np.ndarray:
    return np.where(rng.random(shape) < 0.5, -1.0, 1.0)


def rankings(rng: np.random.Generator) -> list[Sample]:
    a, b = uniform(rng, (3, 4)), uniform(rng, (3, 4), 5, 9)
    t = signs(rng, 3, 4)
    return [*(Sample(a, b, t, reduction=r) for r in REDUCTIONS), Sample(a, b, t, 0.5)]


def hinges(rng: np.random.Generator) -> list[Sample]:
    x, t = uniform(rng, (3, 4), 0, 0.9), signs(rng, 3, 4).astype(np.int64)
    return [
        *(Sample(x, t, reduction=r) for r in REDUCTIONS),
        Sample(x + 3, t, 2.0),
        Sample(x[:0], t[:0], reduction="sum"),
    ]


def angles(rng: np.random.Generator) -> list[Sample]:
    a, b, t = uniform(rng, (4, 3), 0.5, 2), uniform(rng, (4, 3), 0.5, 2), np.array([1, -1, -1, 1])
    return [
        *(Sample(a, b, t, reduction=r) for r in REDUCTIONS),
        Sample(a, -b, t, 0.3),
        Sample(a[0], b[0], np.array(-1)),
    ]


def soft(rng: np.random.Generator) -> list[Sample]:
    x, t = uniform(rng, (3, 4)), signs(rng, 3, 4).astype(np.int64)
    return [*(Sample(x, t, reduction=r) for r in REDUCTIONS)]


def distinct(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Multiples of 0.3: no difference is 1."""
    return rng.permutation(int(np.prod(shape))).reshape(shape) * 0.3


def leads(rng: np.random.Generator) -> list[Sample]:
    x, t = distinct(rng, 4, 3), np.array([0, 2, 1, 1])
    weight = uniform(rng, (3,), 0.2, 2)
    return [
        *(Sample(x, t, reduction=r) for r in REDUCTIONS),
        Sample(x, t, 2, 0.5),
        Sample(x, t, margin=2.0, weight=weight),
        Sample(x[0], np.array(0)),
    ]


def labels(rng: np.random.Generator) -> list[Sample]:
    x, t = distinct(rng, 3, 4), np.array([[1, 3, -1, 0], [-1, 1, 2, 0], [3, 1, 0, 2]])
    return [*(Sample(x, t, reduction=r) for r in REDUCTIONS), Sample(x[0], t[0])]


def soft_labels(rng: np.random.Generator) -> list[Sample]:
    x, t = uniform(rng, (3, 4)), (rng.random((3, 4)) < 0.5).astype(np.float64)
    return [
        *(Sample(x, t, reduction=r) for r in REDUCTIONS),
        Sample(x, t, uniform(rng, (4,), 0.2, 2)),
        Kink(np.array([[1e4, -1e4]]), np.array([[0.0, 1.0]])),
    ]


def triplets(*args: Any, **kwargs: Any) -> Any:
    def samples(rng: np.random.Generator) -> list[Sample]:
        points = uniform(rng, (4, 3)), uniform(rng, (4, 3)), uniform(rng, (4, 3), 3.2, 4)
        found = [Sample(*points, *args, reduction=r, **kwargs) for r in REDUCTIONS]
        return [*found, Sample(*points, *args, swap=True, **kwargs), Sample(*(p[0] for p in points), *args, **kwargs)]

    return samples


def triplet_errors(name: str) -> tuple[Error, ...]:
    two, one = np.zeros((1, 2)), np.zeros(2)
    return (
        Error(ValueError, f"{name}: expected margin above 0, got 0", two, two, two, margin=0),
        Error(
            ShapeError,
            rf"{name}: expected anchor, positive and negative with as many axes, got \(1, 2\), \(2,\), \(1, 2\)",
            two,
            one,
            two,
        ),
    )


def manhattan(a: Any, b: Any) -> Any:
    return (a - b).abs().sum(-1)


CLASSES = np.zeros(2, np.int64)

OPS = [
    Op(
        "F.margin_ranking_loss",
        rankings,
        constant=(2,),
        errors=(
            Error(
                ShapeError,
                r"margin_ranking_loss: expected tensors with as many axes, got \(2,\), \(2,\), \(1, 2\)",
                np.zeros(2),
                np.zeros(2),
                np.zeros((1, 2)),
            ),
        ),
    ),
    Op("F.hinge_embedding_loss", hinges, errors=errors("hinge_embedding_loss")),
    Op(
        "F.cosine_embedding_loss",
        angles,
        errors=(
            Error(
                ShapeError,
                r"cosine_embedding_loss: expected inputs \(N,D\) with target \(N,\), .* \(2, 3\), \(2, 3\) and \(2, 1\)",
                np.zeros((2, 3)),
                np.zeros((2, 3)),
                np.ones((2, 1)),
            ),
        ),
    ),
    Op("F.soft_margin_loss", soft, errors=errors("soft_margin_loss")),
    Op(
        "F.multi_margin_loss",
        leads,
        constant=("weight",),
        errors=(
            Error(ValueError, "multi_margin_loss: expected p of 1 or 2, got 3", np.zeros((2, 3)), CLASSES, 3),
            Error(
                ShapeError,
                r"multi_margin_loss: expected input \(N,C\) or \(C,\) and target \(2,\), got \(2, 3\) and \(1,\)",
                np.zeros((2, 3)),
                CLASSES[:1],
            ),
        ),
    ),
    Op(
        "F.multilabel_margin_loss",
        labels,
        order=1,
        errors=(
            Error(
                ShapeError,
                r"multilabel_margin_loss: expected .* target \(2, 3\), got \(2, 3\) and \(2,\)",
                np.zeros((2, 3)),
                CLASSES,
            ),
        ),
    ),
    Op("F.multilabel_soft_margin_loss", soft_labels, constant=(1, 2), errors=errors("multilabel_soft_margin_loss")),
    Op("F.triplet_margin_loss", triplets(5.0), errors=triplet_errors("triplet_margin_loss")),
    Op(
        "F.triplet_margin_with_distance_loss",
        lambda rng: [*triplets(margin=5.0)(rng), *triplets(distance_function=manhattan, margin=20.0)(rng)],
        errors=triplet_errors("triplet_margin_with_distance_loss"),
    ),
]
