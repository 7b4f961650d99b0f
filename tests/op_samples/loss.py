"""Losses between two tensors of one shape."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.errors import ShapeError
from tests.op_samples.record import Error, Kink, Late, Op, Sample, uniform

REDUCTIONS = ("mean", "sum", "none")


def pairs(rng: np.random.Generator, low: float = -3.0, high: float = 3.0) -> tuple[np.ndarray, np.ndarray]:
    return uniform(rng, (3, 4), low, high), uniform(rng, (3, 4), low, high)


def reductions(x: Any, t: Any, *args: Any, **kwargs: Any) -> list[Sample]:
    """One call with each reduction, the old arguments, and a 0-d and an empty pair."""
    return [
        *(Sample(x, t, *args, reduction=r, **kwargs) for r in REDUCTIONS),
        Sample(x[:0], t[:0], *args, reduction="sum", **kwargs),
        Sample(x[0, 0:1].reshape(()), t[0, 0:1].reshape(()), *args, **kwargs),
    ]


def old(x: Any, t: Any) -> list[Sample]:
    return [Sample(x, t, size_average=False), Sample(x, t, reduce=False), Sample(x, t, size_average=True, reduce=True)]


def errors(name: str, x: np.ndarray | None = None) -> tuple[Error, ...]:
    x = np.full((2, 3), 0.5) if x is None else x
    text = f'{name}: expected reduction "mean", "sum" or "none", got \'average\''
    return (Error(ValueError, text, x, x, reduction="average"),)


def squared(rng: np.random.Generator) -> list[Sample]:
    x, t = pairs(rng)
    weighted = [Sample(x, t, reduction=r, weight=uniform(rng, (3, 4), 0.1, 2)) for r in REDUCTIONS]
    return [*reductions(x, t), *weighted]


def absolute(rng: np.random.Generator) -> list[Sample]:
    x, t = pairs(rng)
    t = np.where(abs(x - t) < 0.05, t + 0.2, t)
    weighted = [Sample(x, t, reduction=r, weight=uniform(rng, (3, 4), 0.1, 2)) for r in REDUCTIONS]
    return [*reductions(x, t), *weighted, Kink(np.zeros(2), np.zeros(2))]


def rounded(*values: float, name: str) -> Any:
    def samples(rng: np.random.Generator) -> list[Sample]:
        found = []
        for value in values:
            x, t = pairs(rng)
            for bend in (value, -value):
                t = np.where(abs(x - t - bend) < 0.05, t + 0.2, t)
            found += reductions(x, t, **{name: value})
        return [*found, Kink(np.array([1.0, 0.0, -1.0, 1e4]), np.zeros(4), **{name: 1.0})]

    return samples


def huber(rng: np.random.Generator) -> list[Sample]:
    x, t = pairs(rng)
    weighted = [Sample(x, t, reduction=r, weight=uniform(rng, (3, 4), 0.1, 2), delta=9.0) for r in REDUCTIONS]
    return [*rounded(1.0, 0.3, name="delta")(rng), *weighted]


def probabilities(rng: np.random.Generator) -> list[Sample]:
    x, t = pairs(rng, 0.05, 0.95)
    return [
        *reductions(x, t),
        Sample(x, t, uniform(rng, (4,), 0.1, 2)),
    ]


def logits(rng: np.random.Generator) -> list[Sample]:
    x, t = uniform(rng, (3, 4)), uniform(rng, (3, 4), 0, 1)
    weight, positive = uniform(rng, (4,), 0.1, 2), uniform(rng, (4,), 0.1, 2)
    far = np.array([1e4, -1e4, 1e4, -1e4]), np.array([0.0, 0.0, 1.0, 1.0])
    return [
        *reductions(x, t),
        Sample(x, t, weight),
        Sample(x, t, pos_weight=positive),
        Sample(x, t, weight, reduction="none", pos_weight=positive),
        Kink(*far, reduction="none"),
        Kink(*far, reduction="none", pos_weight=np.array([2.0])),
    ]


def divergences(rng: np.random.Generator) -> list[Sample]:
    x, t = uniform(rng, (3, 4), -3, 0), uniform(rng, (3, 4), 0.1, 1)
    found = [Sample(x, t, reduction=r) for r in ("sum", "none", "batchmean")]
    found += [Sample(x, np.log(t), reduction=r, log_target=True) for r in ("sum", "none", "batchmean")]
    zeros = np.where(t < 0.4, 0.0, t)
    return [*found, Kink(x, zeros, reduction="sum"), Sample(x, t, size_average=False)]


def counts(rng: np.random.Generator) -> list[Sample]:
    x = uniform(rng, (3, 4), 0.2, 2)
    t = np.array([[0.0, 1.0, 2.0, 5.0]] * 3) + uniform(rng, (3, 4), 0.1, 0.3)
    return [
        *reductions(x, t),
        Sample(x, t, False),
        Sample(x, t, log_input=False, full=True, reduction="none"),
        Sample(x, t, full=True),
    ]


def bells(rng: np.random.Generator) -> list[Sample]:
    x, t = pairs(rng)
    var = uniform(rng, (3, 4), 0.2, 2)
    return [
        *(Sample(x, t, var, reduction=r) for r in REDUCTIONS),
        Sample(x, t, var[:, :1], full=True),
        Sample(x, t, var[:, 0], reduction="none"),
        Sample(x, t, 0.5),
        Kink(x, t, np.zeros((3, 4)), eps=0.1),
    ]


OPS = [
    Op(
        "F.mse_loss",
        lambda rng: [*squared(rng), *old(*pairs(rng))],
        dtypes=("float32", "float64", "float16"),
        errors=errors("mse_loss"),
    ),
    Op("F.l1_loss", absolute, errors=errors("l1_loss")),
    Op(
        "F.huber_loss",
        huber,
        errors=(
            *errors("huber_loss"),
            Error(ValueError, "huber_loss: expected delta above 0, got 0", np.zeros(2), np.zeros(2), delta=0),
            Error(
                ShapeError,
                r"huber_loss: expected weight of the input's shape \(2,\), got \(3,\)",
                np.zeros(2),
                np.zeros(2),
                weight=np.zeros(3),
            ),
        ),
    ),
    Op(
        "F.smooth_l1_loss",
        lambda rng: [*rounded(1.0, 0.3, name="beta")(rng), Sample(*pairs(rng), beta=0.0)],
        errors=(
            *errors("smooth_l1_loss"),
            Error(ValueError, "smooth_l1_loss: expected beta of at least 0, got -1", np.zeros(2), np.zeros(2), beta=-1),
        ),
    ),
    Op(
        "F.binary_cross_entropy",
        probabilities,
        rtol=1e-4,
        constant=(2,),
        errors=(
            *errors("binary_cross_entropy"),
            Late(
                ValueError,
                r"binary_cross_entropy: expected input in \[0, 1\], got values from 0\.\d+ to 2\.0\. For logits",
                np.array([0.5, 2.0]),
                np.zeros(2),
            ),
            Error(
                ShapeError,
                r"binary_cross_entropy: expected target of the input's shape \(2,\), got \(2, 1\)",
                np.zeros(2),
                np.zeros((2, 1)),
            ),
        ),
    ),
    Op(
        "F.binary_cross_entropy_with_logits",
        logits,
        constant=("pos_weight", 2),
        errors=(
            *errors("binary_cross_entropy_with_logits"),
            Error(
                ShapeError,
                r"with_logits: expected target of the input's shape \(2,\), got \(3,\)",
                np.zeros(2),
                np.zeros(3),
            ),
        ),
    ),
    Op("F.kl_div", divergences),
    Op("F.poisson_nll_loss", counts, errors=errors("poisson_nll_loss")),
    Op(
        "F.gaussian_nll_loss",
        bells,
        errors=(
            Error(
                ShapeError,
                r"gaussian_nll_loss: expected var of shape \(2, 3\) or \(2,\), got \(4,\)",
                np.zeros((2, 3)),
                np.zeros((2, 3)),
                np.ones(4),
            ),
            Late(
                ValueError,
                "gaussian_nll_loss: expected var of at least 0, got -1",
                np.zeros(2),
                np.zeros(2),
                -np.ones(2),
            ),
            Error(
                ValueError, "gaussian_nll_loss: expected reduction", np.zeros(2), np.zeros(2), np.ones(2), reduction="?"
            ),
        ),
    ),
]
