"""Sequences of labels without their places in time."""

from __future__ import annotations

import numpy as np

from autograd.errors import DtypeError, ShapeError
from tests.op_samples.record import Error, Kink, Op, Sample, uniform


def sequences(rng: np.random.Generator) -> list[Sample]:
    x = uniform(rng, (6, 3, 4))
    p = x - np.log(np.exp(x).sum(-1, keepdims=True))
    labels, steps, lengths = np.array([[1, 2, 2], [3, 1, 0], [2, 0, 0]]), (6, 5, 4), (3, 2, 0)
    joined = np.array([1, 2, 2, 3, 1])
    return [  # gradients are PyTorch's, not those of log_probs alone
        *(Kink(p, labels, steps, lengths, reduction=r) for r in ("mean", "sum", "none")),
        Kink(p, joined, np.array(steps), np.array(lengths), zero_infinity=True),
        Kink(p, labels, (6, 2, 4), (3, 2, 1), zero_infinity=True, reduction="none"),
        Kink(p, np.array([[0, 1], [1, 0], [1, 1]]), steps, (2, 2, 1), blank=3),
        Kink(p[:, 0], labels[0], np.array(6), np.array(3)),
    ]


P, T = np.zeros((4, 2, 3)), np.array([[1, 2], [2, 2]])

OPS = [
    Op(
        "F.ctc_loss",
        sequences,
        order=1,
        errors=(
            Error(ShapeError, r"ctc_loss: expected log_probs \(T,N,C\) or \(T,C\), got \(4,\)", P[:, 0, 0], T, 4, 2),
            Error(DtypeError, "ctc_loss: expected floating log_probs and integer targets", P, P, (4, 4), (2, 2)),
            Error(ShapeError, r"ctc_loss: expected input_lengths \(2,\), got \(1,\)", P, T, (4,), (2, 2)),
            Error(ShapeError, r"expected targets \(2,3\) or \(5,\) to match target_lengths", P, T, (4, 4), (3, 2)),
            Error(ValueError, r"ctc_loss: expected input_lengths in \[0, 4\], got \[5, 4\]", P, T, (5, 4), (2, 2)),
            Error(ValueError, r"ctc_loss: expected blank in \[0, 2\], got 3", P, T, (4, 4), (2, 2), 3),
        ),
    ),
]
