"""Samples for ``autograd/ops/fourier.py``."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from autograd.errors import DtypeError, ShapeError
from tests.op_samples.record import COMPLEX, Error, Op, Sample, uniform

REAL = ("float32", "float64")


def along() -> Callable[..., list[Sample]]:
    """Of even and odd length, cut, filled up, along another axis, with every norm."""

    def samples(rng: np.random.Generator) -> list[Sample]:
        every = (
            {},
            {"n": 3},
            {"n": 8, "norm": "ortho"},
            {"dim": 0, "norm": "forward"},
            {"n": 5, "dim": 0, "norm": "backward"},
        )
        found = [Sample(uniform(rng, (4, 5)), **kwargs) for kwargs in every]
        return [
            *found,
            Sample(uniform(rng, (4,))),
            Sample(uniform(rng, (2,)), n=1),
            Sample(uniform(rng, (2, 1, 6)), None, 2),
        ]

    return samples


def record(name: str, dtypes: tuple[str, ...] = REAL, complex: bool = True, *errors: Error) -> Op:
    common = (
        Error(IndexError, f"{name}: expected dim in \\[-1, 0\\], got 3", np.ones(2), dim=3),
        Error(IndexError, f"{name}: expected at least one axis, got a 0-d tensor", np.array(1.0)),
        Error(ShapeError, f"{name}: expected at least one point along axis 0, got 0", np.ones(2), 0),
        Error(
            ValueError, f"{name}: expected norm to be 'forward', 'backward' or 'ortho', got 'x'", np.ones(2), norm="x"
        ),
        Error(
            DtypeError, f"{name}: expected float32, float64 or complex numbers, got .*float16", np.ones(2, "float16")
        ),
    )
    return Op(f"fft.{name}", along(), method=False, dtypes=dtypes, complex=complex, out=True, errors=(*common, *errors))


def refused(name: str) -> Error:
    return Error(
        DtypeError, f"{name}: expected real numbers, got autograd.complex64. Take .real", np.ones(2, "complex64")
    )


OPS = [
    record("fft", (*REAL, "int64")),
    record("ifft"),
    record("rfft", REAL, False, refused("rfft")),
    record("irfft", COMPLEX, False),
    record("hfft", COMPLEX, False),
    record("ihfft", REAL, False, refused("ihfft")),
]
