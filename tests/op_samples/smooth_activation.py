"""Smooth activations and softmax."""

from __future__ import annotations

import numpy as np

from autograd.errors import ShapeError
from tests.op_samples.activation import away
from tests.op_samples.record import Error, Kink, Op, Sample, uniform


def smooth(*args: object, **kwargs: object) -> object:
    """Anywhere, and far out, where nothing may overflow."""

    def samples(rng: np.random.Generator) -> list[Sample]:
        found = [Sample(uniform(rng, s), *args, **kwargs) for s in [(3, 4), (2, 3, 2), (), (0, 3), (40, 30)]]
        return [*found, Kink(np.array([0.0, 1e4, -1e4, 100.0, -100.0, np.nan]), *args, **kwargs)]

    return samples


def bent(*args: object) -> object:
    """As ``smooth``, away from 0."""
    return lambda rng: [type(s)(*s.args, *args) for s in away(0)(rng)] + [Kink(np.array([-1e4, 1e4]), *args)]


def halves(rng: np.random.Generator) -> list[Sample]:
    x = uniform(rng, (4, 6))
    return [Sample(x), Sample(x, 0), Sample(x, dim=-2), Sample(uniform(rng, (0, 4))), Sample(uniform(rng, (2,)))]


def along(rng: np.random.Generator) -> list[Sample]:
    x = uniform(rng, (2, 3, 4))
    found = [Sample(x, dim) for dim in (0, 1, 2, -1)]
    return [*found, Sample(uniform(rng, ()), 0), Sample(x[:0], 1), Kink(x * 1e4, 1)]


def both(*makers: object) -> object:
    return lambda rng: [s for make in makers for s in make(rng)]


ALL = ("float32", "float64", "float16")

OPS = [
    Op("F.elu", both(bent(), bent(0.3)), dtypes=ALL),
    Op("F.selu", bent(), dtypes=ALL),
    Op(
        "F.celu",
        both(bent(), bent(0.5)),
        errors=(Error(ValueError, "celu: expected alpha other than 0, got 0", np.zeros(2), 0),),
    ),
    Op(
        "F.gelu",
        both(smooth(), smooth(approximate="tanh")),
        dtypes=ALL,
        errors=(Error(ValueError, 'gelu: expected approximate "none" or "tanh", got True', np.zeros(2), True),),
    ),
    Op("F.silu", smooth(), dtypes=ALL),
    Op("F.mish", smooth(), dtypes=ALL),
    Op("F.softplus", both(smooth(), smooth(2.0), smooth(beta=0.5, threshold=40.0))),
    Op("F.logsigmoid", smooth()),
    Op(
        "F.glu",
        halves,
        errors=(
            Error(ShapeError, r"glu: expected an even size along dim -1, got shape \(2, 3\)", np.zeros((2, 3))),
            Error(IndexError, r"glu: expected dim in \[-2, 1\], got 2", np.zeros((2, 4)), 2),
        ),
    ),
    Op("F.softsign", bent()),
    Op("F.tanhshrink", smooth()),
    Op("F.softmax", along, dtypes=ALL),
    Op("F.log_softmax", along, dtypes=ALL),
    Op("F.softmin", along),
]

UNRECORDED = {"F.gumbel_softmax": "random; see tests/nn/test_activation.py"}
