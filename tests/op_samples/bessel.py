"""Bessel functions."""

from __future__ import annotations

import numpy as np

from tests.op_samples.record import Kink, Op, Sample, special, unary


def wide(rng: np.random.Generator) -> list[Sample]:
    return [*unary()(rng), Sample(np.array([-9.0, 12.0])), Kink(special(1e-30))]


def origin(rng: np.random.Generator) -> list[Sample]:
    return [*unary()(rng), Kink(np.array([0.0, 1e-4, -9.0, 12.0]))]


OPS = [
    Op("i0", origin, inplace=True, out=True, dtypes=("float32", "float64", "int64", "float16"), rtol=1e-4),
    *(Op(f"special.{name}", origin, out=True, method=False, rtol=1e-4) for name in ("i0e", "i1", "i1e")),
    *(
        Op(f"special.{name}", wide, out=True, method=False, grad=False, rtol=1e-4)
        for name in (
            "modified_bessel_i0",
            "modified_bessel_i1",
            "modified_bessel_k0",
            "modified_bessel_k1",
            "scaled_modified_bessel_k0",
            "scaled_modified_bessel_k1",
            "bessel_j0",
            "bessel_j1",
            "bessel_y0",
            "bessel_y1",
            "spherical_bessel_j0",
        )
    ),
    Op("special.airy_ai", wide, out=True, method=False, grad=False, dtypes=("float32",), rtol=1e-4),
]
