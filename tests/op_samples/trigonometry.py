"""Angles and hyperbolic functions."""

from __future__ import annotations

import numpy as np

from tests.op_samples.record import Kink, Op, binary, special, unary

ALL = ("float32", "float64", "int64")
INSIDE = unary(-0.9, 0.9)

OPS = [
    Op("sin", unary(), inplace=True, dtypes=(*ALL, "float16"), out=True, complex=True),
    Op("cos", unary(), inplace=True, dtypes=(*ALL, "float16"), out=True, complex=True),
    Op("tan", unary(-1, 1), inplace=True, dtypes=ALL, out=True, complex=True),
    Op("asin", INSIDE, inplace=True, dtypes=ALL, out=True, complex=True),
    Op("acos", INSIDE, inplace=True, dtypes=ALL, out=True, complex=True),
    Op("atan", unary(), inplace=True, dtypes=ALL, out=True, complex=True),
    Op("atan2", binary(0.5, 3, None), inplace=True, out=True),
    Op("sinh", unary(), inplace=True, dtypes=ALL, out=True, complex=True),
    Op("cosh", unary(), inplace=True, dtypes=ALL, out=True, complex=True),
    Op(
        "tanh",
        lambda rng: [*unary()(rng), Kink(special(100.0))],
        inplace=True,
        dtypes=(*ALL, "float16"),
        out=True,
        complex=True,
    ),
    Op("asinh", unary(), inplace=True, dtypes=ALL, out=True, complex=True),
    Op("acosh", unary(1.5, 4), inplace=True, out=True, complex=True),
    Op("atanh", INSIDE, inplace=True, out=True, complex=True),
    Op("sinc", lambda rng: [*unary(0.3, 2)(rng), Kink(np.array([0.0, 1.0]))], inplace=True, out=True, complex=True),
    Op("deg2rad", unary(-180, 180), inplace=True, dtypes=ALL, out=True),
    Op("rad2deg", unary(), inplace=True, dtypes=ALL, atol=1e-4, out=True),
]
