"""Activations with bends, hard versions, shrinkage."""

from __future__ import annotations

import numpy as np

from autograd.errors import ShapeError
from tests.op_samples.record import Error, Kink, Op, Sample, special, uniform


def away(*kinks: float) -> object:
    """Samples at least 0.05 away from the bends, and one of the bends themselves."""

    def samples(rng: np.random.Generator) -> list[Sample]:
        found = []
        for shape in [(3, 4), (2, 3, 2), (), (0, 3), (40, 30)]:
            x = uniform(rng, shape, -5, 8)
            for kink in kinks:
                x = np.where(abs(x - kink) < 0.05, kink + 0.1, x)
            found.append(Sample(np.array(x)))
        return [*found, Kink(special(*kinks))]

    return samples


def with_args(kinks: tuple[float, ...], *args: float, **kwargs: float) -> object:
    def samples(rng: np.random.Generator) -> list[Sample]:
        return [type(s)(*s.args, *args, **kwargs) for s in away(*kinks)(rng)]

    return samples


def both(*makers: object) -> object:
    return lambda rng: [s for make in makers for s in make(rng)]


def slopes(rng: np.random.Generator) -> list[Sample]:
    one, two, three = (s.args[0] for s in away(0)(rng)[:3])
    own = [
        Sample(one, uniform(rng, (4,))),
        Sample(two, uniform(rng, (3,))),
        Sample(two, uniform(rng, (1,))),
        Sample(three, uniform(rng, (1,))),
        Sample(uniform(rng, (4,), 0.5, 3), uniform(rng, (1,))),
    ]
    return [*own, Kink(special(0.0), np.array([0.5]))]


ALL = ("float32", "float64", "float16")

OPS = [
    Op("F.relu", lambda rng: [*away(0)(rng)[:-1], Kink(np.array([0.0, -0.0, np.inf]))], dtypes=(*ALL, "int64")),
    Op("F.relu6", away(0, 6), dtypes=(*ALL, "int64")),
    Op(
        "F.hardtanh",
        both(away(-1, 1), with_args((-2, 0.5), -2.0, 0.5), with_args((0, 3), min_val=0.0, max_val=3.0)),
        dtypes=ALL,
        errors=(Error(ValueError, "hardtanh: expected min_val up to max_val 1, got 2", np.zeros(2), 2, 1),),
    ),
    Op("F.threshold", with_args((0.5,), 0.5, 9.0), dtypes=ALL),
    Op("F.leaky_relu", both(away(0), with_args((0,), 0.2), with_args((0,), -0.5)), dtypes=ALL),
    Op(
        "F.prelu",
        slopes,
        errors=(
            Error(
                ShapeError,
                r"prelu: expected weight with 1 or 3 slopes for input \(2, 3\), got \(2,\)",
                np.zeros((2, 3)),
                np.zeros(2),
            ),
        ),
    ),
    Op(
        "F.rrelu",
        both(away(0), with_args((0,), 0.1, 0.9)),
        errors=(Error(ValueError, "rrelu: expected lower up to upper 0.1, got 0.5", np.zeros(2), 0.5, 0.1),),
    ),
    Op("F.hardsigmoid", away(-3, 3), dtypes=("float32", "float16")),  # PyTorch multiplies doubles by a float 1/6
    Op("F.hardswish", away(-3, 3), dtypes=ALL),
    Op("F.hardshrink", both(away(-0.5, 0.5), with_args((-1, 1), 1.0))),
    Op(
        "F.softshrink",
        both(away(-0.5, 0.5), with_args((-1, 1), 1.0)),
        errors=(Error(ValueError, "softshrink: expected lambd of at least 0, got -1", np.zeros(2), -1),),
    ),
]
