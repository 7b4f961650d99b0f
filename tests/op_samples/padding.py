"""Borders."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.errors import ShapeError
from tests.op_samples.record import Error, Op, Sample, uniform


def borders(rng: np.random.Generator) -> list[Sample]:
    x = uniform(rng, (2, 3, 4, 5))
    found: list[Any] = [
        Sample(x, (1, 2)),
        Sample(x, (1, 0, 2, 3), value=2.5),
        Sample(x, (0, 1, 0, 0, 1, 1, 2, 0)),
        Sample(x, [-1, 2, 1, -2]),
        Sample(x, (-2, -3)),
        Sample(uniform(rng, (0, 3)), (1, 1)),
    ]
    for mode in ("reflect", "replicate", "circular"):
        found += [
            Sample(x[0], (1, 2), mode),
            Sample(x[0, 0], (2, 1), mode),
            Sample(x, (2, 1, 0, 3), mode),
            Sample(x, (-1, 2, 1, -1), mode),
            Sample(x[:, :, None].repeat(3, 2), (1, 0, 2, 1, 1, 2), mode=mode),
            Sample(x[0], (1, 1, 1, 1), mode),
        ]
    return [*found, Sample(x, (9, 7, 8, 0), "replicate")]


X = np.zeros((1, 2, 3, 4))

OPS = [
    Op(
        "F.pad",
        borders,
        errors=(
            Error(ShapeError, "pad: expected left and right widths for at most 4 axes, got 3 widths", X, (1, 2, 3)),
            Error(ShapeError, r"pad: expected widths that leave sizes of at least 0, got \(-3, -2\)", X, (-3, -2)),
            Error(ValueError, 'pad: expected mode "constant", .*"circular", got \'mirror\'', X, (1, 1), "mirror"),
            Error(ValueError, 'pad: expected no value with mode "reflect", got 2', X, (1, 1), "reflect", 2),
            Error(ShapeError, r"pad: expected \(N,C,\*S\) or \(C,\*S\) with 1 spatial axes", X, (1, 1), "reflect"),
            Error(
                ShapeError,
                'pad: expected widths of at most 3 for an axis of 4 with mode "reflect", got 4',
                X[0],
                (4, 0),
                "reflect",
            ),
            Error(ShapeError, 'at most 4 for an axis of 4 with mode "circular", got 5', X[0], (5, 0), "circular"),
        ),
    )
]
