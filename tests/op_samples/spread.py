"""Variance and standard deviation."""

from __future__ import annotations

import numpy as np

from autograd.errors import DtypeError
from tests.op_samples.record import Error, Kink, Op, Sample, uniform


def spreads(rng: np.random.Generator) -> list[Sample]:
    a = uniform(rng, (2, 3, 4))
    return [
        Sample(a),
        Sample(a, 1),
        Sample(a, (0, 2), keepdim=True),
        Sample(a, False),
        Sample(a, 1, False),
        Sample(a, 1, True, True),
        Sample(a, unbiased=False),
        Sample(a, correction=0),
        Sample(a, dim=-1, correction=2),
        Sample(a, correction=0.5),
        Kink(np.array([[2.0, 2.0], [1.0, 3.0]]), 1),
        Sample(uniform(rng, (0, 3)), 1),
    ]


ERRORS = {
    "var": (
        Error(DtypeError, "var: expected a floating dtype, got autograd.int64", np.array([1, 2])),
        Error(TypeError, "var: expected unbiased or correction, got both", np.ones(2), unbiased=True, correction=0),
    )
}
OPS = [
    Op(
        name,
        spreads,
        errors=ERRORS.get(name, ()),
        method=not name.endswith("mean"),
        out=not name.endswith("mean"),
        dtypes=("float32", "float64"),
    )
    for name in ("var", "std", "var_mean", "std_mean")
]
