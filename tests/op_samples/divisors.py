"""Divisors and multiples."""

from __future__ import annotations

import numpy as np

from autograd.errors import DtypeError
from tests.op_samples.record import Error, Op, Sample

A, B = np.array([[12, -9, 0], [7, 0, 1]]), np.array([8, 6, 0])
ERRORS = {
    name: (
        Error(
            DtypeError, f"{name}: expected integers, got autograd.float32", np.ones(2, "float32"), np.ones(2, "float32")
        ),
    )
    for name in ("gcd", "lcm")
}


def integers(rng: np.random.Generator) -> list[Sample]:
    return [Sample(A, B), Sample(B, A), Sample(A.astype("int32"), B.astype("int16")), Sample(A, A), Sample(A[:0], B)]


OPS = [
    Op(name, integers, grad=False, inplace=True, out=True, dtypes=("int64",), errors=errors)
    for name, errors in ERRORS.items()
]
