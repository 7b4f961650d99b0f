"""Integrals and derivatives of sampled functions."""

from __future__ import annotations

import numpy as np

from autograd.errors import DtypeError, ShapeError
from tests.op_samples.record import Error, Op, Sample, uniform
from tests.op_samples.shape import X

INTS = np.array([[1, 4, 9], [2, 2, 3]])
BOTH = Error(TypeError, "expected x or dx, got both", X, X, dx=1)


def integrands(rng: np.random.Generator) -> list[Sample]:
    y = uniform(rng, (3, 4))
    x = np.cumsum(uniform(rng, (4,), 0.5, 1))
    return [
        Sample(y),
        Sample(y, dim=0),
        Sample(y, dx=0.5, dim=-2),
        Sample(y, x),
        Sample(y, x[:3].copy(), dim=0),
        Sample(y, np.cumsum(uniform(rng, (3, 4), 0.5, 1), 1)),
        Sample(INTS),
        Sample(y[:, :1].copy()),
    ]


def functions(rng: np.random.Generator) -> list[Sample]:
    y = uniform(rng, (4, 5))
    x = [np.cumsum(uniform(rng, (n,), 0.5, 1)) for n in (4, 5)]
    return [
        Sample(y),
        Sample(y, dim=1),
        Sample(y, spacing=2.0, dim=0, edge_order=2),
        Sample(y, spacing=[0.5, 2.0]),
        Sample(y, spacing=x),
        Sample(y, spacing=x[1:], dim=-1, edge_order=2),
        Sample(y, dim=(1, 0)),
        Sample(y[0, :2].copy()),
        Sample(INTS),
    ]


OPS = [
    Op(
        name,
        integrands,
        method=False,
        errors=(
            BOTH,
            Error(DtypeError, f"{name}: expected numbers, got bools", INTS > 2),
            Error(ShapeError, f"{name}: expected at least one axis", np.ones(())),
            Error(ShapeError, f"{name}: expected one x per y along dim -1", X, X[0, :2]),
        ),
    )
    for name in ("trapezoid", "cumulative_trapezoid")
] + [
    Op(
        "gradient",
        functions,
        method=False,
        errors=(
            Error(ValueError, "gradient: expected edge_order 1 or 2, got 3", X, edge_order=3),
            Error(ShapeError, "gradient: expected one spacing for each of 2 axes, got 1", X, spacing=[1.0]),
            Error(ShapeError, "gradient: expected more than 1 points along axis 0, got 1", X[:1]),
            Error(
                ShapeError, r"gradient: expected 3 coordinates along axis 1, got \(2,\)", X, spacing=[X[:, 0]], dim=1
            ),
        ),
    )
]
