"""Floating-point numbers taken apart."""

from __future__ import annotations

import numpy as np

from autograd.errors import DtypeError
from tests.op_samples.record import Error, Kink, Op, Sample, binary, special, unary, uniform

INTS = np.array([3, -4, 0])
ZEROS = np.array([0.0, -0.0, 1.5, -1e-300])

OPS = [
    Op(
        "signbit",
        lambda rng: [*unary()(rng), Sample(ZEROS), Sample(special(-0.0)), Sample(INTS), Sample(INTS > 0)],
        grad=False,
        out=True,
        dtypes=("float32", "float64", "float16"),
    ),
    Op(
        "positive",
        lambda rng: [*unary()(rng), Sample(INTS)],
        errors=(Error(DtypeError, "positive: expected numbers, got autograd.bool", INTS > 0),),
    ),
    Op(
        "nextafter",
        lambda rng: [*binary(number=None)(rng), Kink(ZEROS, ZEROS[::-1].copy()), Kink(special(1.0), np.array(0.0))],
        grad=False,
        inplace=True,
        out=True,
        errors=(Error(DtypeError, "nextafter: expected a floating dtype, got int64", INTS, INTS),),
    ),
    Op(
        "ldexp",
        lambda rng: [
            Sample(uniform(rng, (2, 3)), np.array([1, 2, 0])),
            Sample(uniform(rng, (3,)), np.array([-1.0, 2.0, 0.0])),  # of integers < 0 PyTorch takes the gradient for 0
            Sample(uniform(rng, (2, 1)), uniform(rng, (3,))),
            Sample(INTS, INTS),
            Sample(uniform(rng, ()), np.array(2)),
        ],
        inplace=True,
        out=True,
    ),
    Op(
        "frexp",
        lambda rng: [*unary()(rng), Kink(ZEROS[:3]), Sample(np.array([1e-3, 700.0, -0.6]))],
        out=True,
        errors=(Error(DtypeError, "frexp: expected a floating dtype, got autograd.int64", INTS),),
    ),
]
