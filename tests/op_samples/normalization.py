"""Normalisation; running statistics are in tests/nn/test_normalization.py."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.errors import ShapeError
from tests.op_samples.record import Error, Op, Sample, uniform


def batches(rng: np.random.Generator) -> list[Sample]:
    w, b = uniform(rng, (3,)), uniform(rng, (3,))
    mean, var = uniform(rng, (3,)), uniform(rng, (3,), 0.5, 2)
    own = [
        Sample(uniform(rng, (4, 3)), None, None, w, b, True),
        Sample(uniform(rng, (2, 3, 5)), None, None, training=True),
        Sample(uniform(rng, (2, 3, 4, 2)), None, None, w, None, True, 0.1, 1e-3),
        Sample(uniform(rng, (2, 3, 2, 2, 2)), None, None, None, b, training=True, eps=1e-2),
    ]
    running = [
        Sample(uniform(rng, (4, 3)), mean, var, w, b),
        Sample(uniform(rng, (2, 3, 4, 2)), mean, var),
        Sample(uniform(rng, (1, 3, 4)), mean, var, weight=w, eps=0.1),
        Sample(uniform(rng, (1, 3, 1)), mean, var, bias=b),
    ]
    return [*own, *running]


def cut_off(rng: np.random.Generator) -> list[Sample]:
    """As ``batches``, with results away from zero: values of two signs, or another branch that decides it."""

    def signed(shape: tuple[int, ...]) -> np.ndarray:
        return rng.choice([-1.0, 1.0], shape) * uniform(rng, shape, 3.0, 4.0)

    w, b = uniform(rng, (3,)), uniform(rng, (3,)) / 10
    mean, var = uniform(rng, (3,)) / 10, uniform(rng, (3,), 0.5, 2)
    x = uniform(rng, (2, 3, 4, 2))
    return [
        Sample(np.tile(signed((2, 1, 4)), (3, 3, 1)), None, None, w, b, True, 0.1, 1e-2),
        Sample(x, None, None, w, b, True, 0.1, 1e-2, signed(x.shape)),
        Sample(x, None, None, weight=w, training=True, residual=signed(x.shape)),
        Sample(uniform(rng, (5, 3)), None, None, bias=b, training=True, residual=signed((5, 3))),
        Sample(x, mean, var, w, b, residual=signed(x.shape)),
        Sample(signed(x.shape), mean, var),
    ]


def batch_norm_relu(*arguments: Any, residual: Any = None, **options: Any) -> Any:
    """PyTorch's three calls in one."""
    from torch.nn.functional import batch_norm

    *arguments, residual = arguments if len(arguments) == 9 else (*arguments, residual)
    y = batch_norm(*arguments, **options)
    return (y if residual is None else y + residual).relu()


def layers(rng: np.random.Generator) -> list[Sample]:
    x = uniform(rng, (2, 3, 4))
    return [
        Sample(x, (4,)),
        Sample(x, (4,), uniform(rng, (4,)), uniform(rng, (4,))),
        Sample(x, (3, 4), uniform(rng, (3, 4)), uniform(rng, (3, 4)), 1e-2),
        Sample(x, [2, 3, 4], weight=uniform(rng, (2, 3, 4))),
        Sample(x, (4,), bias=uniform(rng, (4,))),
        Sample(uniform(rng, (5,)), (5,)),
        Sample(x[:0], (4,), uniform(rng, (4,))),
    ]


def roots(rng: np.random.Generator) -> list[Sample]:
    x = uniform(rng, (2, 3, 4))
    return [
        Sample(x, (4,)),
        Sample(x, (3, 4), uniform(rng, (3, 4)), 1e-2),
        Sample(x, (4,), weight=uniform(rng, (4,)), eps=0.1),
    ]


def groups(rng: np.random.Generator) -> list[Sample]:
    x = uniform(rng, (2, 6, 3, 2))
    w, b = uniform(rng, (6,)), uniform(rng, (6,))
    return [
        Sample(x, 2, w, b),
        Sample(x, 6, w, b, 1e-2),
        Sample(x, 1),
        Sample(x, 3),
        Sample(uniform(rng, (3, 6)), 2, w, b),
    ]


def instances(rng: np.random.Generator) -> list[Sample]:
    x = uniform(rng, (2, 3, 4, 2))
    w, b = uniform(rng, (3,)), uniform(rng, (3,))
    mean, var = uniform(rng, (3,)), uniform(rng, (3,), 0.5, 2)
    return [
        Sample(x),
        Sample(x, None, None, w, b),
        Sample(x[..., 0], weight=w, eps=0.1),
        Sample(x, mean, var, w, b, False),
    ]


def neighbours(rng: np.random.Generator) -> list[Sample]:
    x = uniform(rng, (2, 5, 3))
    return [
        Sample(x, 3),
        Sample(x, 2, 0.5, 0.6, 2.0),
        Sample(uniform(rng, (2, 5, 3, 2)), 4, alpha=1.0),
        Sample(uniform(rng, (1, 4, 2, 1, 2)), 1, k=0.5, alpha=0.3),
        Sample(x[:0], 2),
    ]


def lengths(rng: np.random.Generator) -> list[Sample]:
    x = uniform(rng, (3, 4))
    return [
        Sample(x),
        Sample(x, dim=0),
        Sample(x, 1.0, -1),
        Sample(x, 3.0, 0, 0.5),
        Sample(x, dim=0, eps=100.0),
        Sample(x, dim=(0, 1)),
    ]


X = np.zeros((2, 3, 4, 5))

OPS = [
    Op(
        "F.batch_norm",
        batches,
        dtypes=("float32", "float64", "float16"),
        constant=(1, 2),
        rtol=1e-4,
        errors=(
            Error(
                ShapeError,
                r"batch_norm: expected weight of shape \(3,\) to match input \(2, 3, 4, 5\), got \(5,\)\. "
                r"Is the layout NCHW\?",
                X,
                None,
                None,
                np.ones(5),
                training=True,
            ),
            Error(
                ShapeError, r"batch_norm: expected input \(N,C\) or \(N,C,\*S\), got \(3,\)", X[0, :, 0, 0], None, None
            ),
            Error(ValueError, "batch_norm: expected running_mean and running_var outside of training", X, None, None),
            Error(
                ShapeError,
                r"batch_norm: expected more than 1 value per channel in training, got shape \(1, 3\)",
                X[:1, :, 0, 0],
                None,
                None,
                training=True,
            ),
        ),
    ),
    Op(
        "F.batch_norm_relu",
        cut_off,
        torch=batch_norm_relu,
        dtypes=("float32", "float64", "float16"),
        constant=(1, 2),
        rtol=1e-4,
        errors=(
            Error(
                ShapeError,
                r"batch_norm_relu: expected residual of the input's shape \(2, 3, 4, 5\), got \(3, 4, 5\)",
                X,
                None,
                None,
                training=True,
                residual=X[0],
            ),
            Error(ValueError, "batch_norm: expected running_mean and running_var outside of training", X, None, None),
        ),
    ),
    Op(
        "F.layer_norm",
        layers,
        dtypes=("float32", "float64", "float16"),
        rtol=1e-4,
        errors=(
            Error(
                ShapeError,
                r"layer_norm: expected input whose last sizes are normalized_shape \(4,\), got \(2, 3, 4, 5\)",
                X,
                (4,),
            ),
            Error(
                ShapeError,
                r"layer_norm: expected bias of normalized_shape \(5,\), got \(4,\)",
                X,
                (5,),
                bias=np.ones(4),
            ),
        ),
    ),
    Op(
        "F.rms_norm",
        roots,
        errors=(
            Error(ShapeError, r"rms_norm: expected weight of normalized_shape \(5,\), got \(4,\)", X, 5, np.ones(4)),
        ),
    ),
    Op(
        "F.group_norm",
        groups,
        rtol=1e-4,
        errors=(
            Error(
                ShapeError,
                r"group_norm: expected num_groups that divides the 3 channels of \(2, 3, 4, 5\), got 2",
                X,
                2,
            ),
        ),
    ),
    Op(
        "F.instance_norm",
        instances,
        constant=(1, 2),
        rtol=1e-4,
        errors=(
            Error(
                ShapeError, r"instance_norm: expected more than 1 spatial element, got shape \(2, 3, 1\)", X[..., :1, 0]
            ),
            Error(ValueError, "instance_norm: expected running_mean and running_var", X, use_input_stats=False),
        ),
    ),
    Op(
        "F.local_response_norm",
        neighbours,
        errors=(
            Error(ShapeError, r"local_response_norm: expected input \(N,C,\*S\) with a spatial axis", X[..., 0, 0], 2),
        ),
    ),
    Op("F.normalize", lengths),
]
