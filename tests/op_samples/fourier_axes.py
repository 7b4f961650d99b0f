"""Samples for ``autograd/ops/fourier_axes.py``."""

from __future__ import annotations

import numpy as np

from autograd.errors import ShapeError
from tests.op_samples.record import COMPLEX, Error, Op, Sample, uniform

REAL = ("float32", "float64")
UNRECORDED = dict.fromkeys(("fftfreq", "rfftfreq"), "tests/engine/test_fft.py")


def two(rng: np.random.Generator) -> list[Sample]:
    calls = ({}, {"s": (2, 5), "norm": "ortho"}, {"dim": (1, 0), "norm": "forward"}, {"s": (-1, 3), "dim": (2, 1)})
    return [Sample(uniform(rng, (3, 2, 4)), **kwargs) for kwargs in calls]


def many(rng: np.random.Generator) -> list[Sample]:
    return [*two(rng), Sample(uniform(rng, (2, 3, 4)), s=(3,)), Sample(uniform(rng, (2, 4)), dim=(0,))]


def record(name: str, dtypes: tuple[str, ...], complex: bool = False) -> Op:
    errors = (
        Error(ShapeError, f"{name}: expected each axis once, got dim \\(0, -2\\)", np.ones((2, 2)), dim=(0, -2)),
        Error(ShapeError, f"{name}: expected as many sizes as axes, got s=\\(2,\\)", np.ones((2, 2)), (2,), (0, 1)),
    )
    samples = two if name.endswith("2") else many
    return Op(f"fft.{name}", samples, method=False, dtypes=dtypes, complex=complex, out=True, errors=errors)


OPS = [
    *(record(name, ("float64",), True) for name in ("fft2", "ifft2", "fftn", "ifftn")),
    *(record(name, REAL) for name in ("rfft2", "ihfft2", "rfftn", "ihfftn")),
    *(record(name, COMPLEX) for name in ("irfft2", "hfft2", "irfftn", "hfftn")),
    Op("fft.fftshift", lambda rng: [Sample(uniform(rng, (3, 5)), 1), Sample(uniform(rng, (2, 5)))], method=False),
    Op("fft.ifftshift", lambda rng: [Sample(uniform(rng, (3, 4)), (0, 1)), Sample(uniform(rng, (5,)))], method=False),
]
