"""Quantiles."""

from __future__ import annotations

import numpy as np

from autograd.errors import DtypeError, ShapeError
from tests.op_samples.record import Error, Kink, Op, Sample, uniform
from tests.op_samples.shape import X
from tests.op_samples.sorting import NAN, NONE

Q = np.array([0.0, 0.3, 0.5, 1.0])


def quantiles(rng: np.random.Generator) -> list[Sample]:
    a = uniform(rng, (3, 6))
    ways = [(0.4,), (0.4, 1), (0.4, 0, True), (0.5, None, True), (Q,), (Q, 1), (Q, 1, True), (Q[:0], 1)]
    kinds = [Sample(a, Q, -1, interpolation=kind) for kind in ("linear", "lower", "higher", "midpoint", "nearest")]
    return [*(Sample(a, *way) for way in ways), *kinds, Sample(uniform(rng, ()), 0.3), Kink(NAN, 0.4, 1), Kink(NAN, Q)]


OPS = [
    Op(
        name,
        quantiles,
        out=True,
        constant=(1,),
        errors=(
            Error(ValueError, rf"{name}: expected q in \[0, 1\], got 1.4", X, 1.4),
            Error(
                ValueError,
                f"{name}: expected interpolation to be one of linear, .* got .cubic.",
                X,
                0.5,
                interpolation="cubic",
            ),
            Error(DtypeError, f"{name}: expected float32 or float64, got autograd.int64", np.array([1]), 0.5),
            Error(DtypeError, rf"{name}: expected q to be a number or \(m,\)", X, X),
            Error(ShapeError, rf"{name}: expected at least one element, got shape \(2, 0\)", NONE, 0.5),
        ),
    )
    for name in ("quantile", "nanquantile")
]
