"""Convolution and its transpose."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.errors import DtypeError, ShapeError
from tests.op_samples.record import Error, Op, Sample, uniform

SPACE = (7, 6, 5)
KERNEL = (3, 2, 3)


def forward(nd: int) -> Any:
    def samples(rng: np.random.Generator) -> list[Sample]:
        def u(*shape: int) -> np.ndarray:
            return uniform(rng, shape, -1, 1)

        size, kernel = SPACE[:nd], KERNEL[:nd]
        return [
            Sample(u(2, 4, *size), u(6, 4, *kernel), u(6)),
            Sample(u(4, *size), u(3, 4, *kernel)),
            Sample(u(2, 4, *size), u(6, 2, *kernel), u(6), stride=2, padding=1, groups=2),
            Sample(u(1, 4, *size), u(4, 1, *kernel), None, (2, 1, 3)[:nd], (1, 0, 2)[:nd], (2, 1, 1)[:nd], 4),
            Sample(u(2, 2, *size), u(3, 2, *(3,) * nd), u(3), padding="same", dilation=(1, 2, 1)[:nd]),
            Sample(u(2, 2, *size), u(3, 2, *(2,) * nd), padding="same"),
            Sample(u(2, 2, *size), u(3, 2, *(1,) * nd), stride=[2] * nd, padding="valid"),
            Sample(u(0, 2, *size), u(3, 2, *kernel), u(3)),
        ]

    return samples


def backward(nd: int) -> Any:
    def samples(rng: np.random.Generator) -> list[Sample]:
        def u(*shape: int) -> np.ndarray:
            return uniform(rng, shape, -1, 1)

        size, kernel = (4, 3, 2)[:nd], KERNEL[:nd]
        return [
            Sample(u(2, 4, *size), u(4, 6, *kernel), u(6)),
            Sample(u(4, *size), u(4, 3, *kernel), stride=2, padding=1),
            Sample(u(2, 4, *size), u(4, 3, *kernel), u(6), stride=2, padding=1, output_padding=1, groups=2),
            Sample(u(1, 4, *size), u(4, 1, *kernel), None, (2, 1, 3)[:nd], (1, 0, 2)[:nd], 0, 4, (2, 1, 1)[:nd]),
            Sample(u(2, 2, *size), u(2, 3, *kernel), u(3), dilation=2, output_padding=(1, 0, 1)[:nd]),
            Sample(u(2, 2, *size), u(2, 3, *(1,) * nd), None, 3, 0, (2, 0, 1)[:nd]),
        ]

    return samples


def zeros(*shape: int) -> np.ndarray:
    return np.zeros(shape)


ERRORS = (
    Error(
        ShapeError,
        r"conv2d: expected input with 16 channels to match weight \(32, 16, 3, 3\), got \(8, 3, 32, 32\)\. "
        r"Is the layout NCHW\?",
        zeros(8, 3, 32, 32),
        zeros(32, 16, 3, 3),
    ),
    Error(
        ShapeError,
        r"conv2d: expected input with 6 channels to match weight \(4, 3, 1, 1\) in 2 groups, got \(1, 4, 2, 2\)",
        zeros(1, 4, 2, 2),
        zeros(4, 3, 1, 1),
        groups=2,
    ),
    Error(ShapeError, r"conv2d: expected input \(N,C,H,W\) or \(C,H,W\), got \(2, 2\)", zeros(2, 2), zeros(1, 1, 1, 1)),
    Error(ShapeError, r"conv2d: expected weight with 4 axes, got \(1, 1, 1\)", zeros(1, 1, 2, 2), zeros(1, 1, 1)),
    Error(
        ShapeError,
        r"conv2d: expected bias of shape \(2,\) to match weight \(2, 1, 1, 1\), got \(3,\)",
        zeros(1, 1, 2, 2),
        zeros(2, 1, 1, 1),
        zeros(3),
    ),
    Error(
        ShapeError,
        r"conv2d: expected groups that divide the 3 output channels of weight \(3, 1, 1, 1\), got 2",
        zeros(1, 2, 2, 2),
        zeros(3, 1, 1, 1),
        groups=2,
    ),
    Error(
        ShapeError,
        r"conv2d: expected a window of at least 1 that fits the padded input \(4, 4\), got \(5, 5\)",
        zeros(1, 1, 2, 2),
        zeros(1, 1, 3, 3),
        padding=1,
        dilation=2,
    ),
    Error(ValueError, "conv2d: expected stride of at least 1, got 0", zeros(1, 1, 2, 2), zeros(1, 1, 1, 1), stride=0),
    Error(
        ShapeError,
        r"conv2d: expected stride to be an int or 2 ints, got \(1, 2, 3\)",
        zeros(1, 1, 2, 2),
        zeros(1, 1, 1, 1),
        stride=(1, 2, 3),
    ),
    Error(
        ValueError,
        r'conv2d: expected stride 1 with padding "same", got \(2, 2\)',
        zeros(1, 1, 2, 2),
        zeros(1, 1, 1, 1),
        stride=2,
        padding="same",
    ),
    Error(
        ValueError,
        'conv2d: expected padding "valid", "same" or ints, got \'full\'',
        zeros(1, 1, 2, 2),
        zeros(1, 1, 1, 1),
        padding="full",
    ),
    Error(
        DtypeError,
        r"conv2d: expected weight and bias of the input's dtype autograd.float32, got autograd.float16",
        zeros(1, 1, 2, 2),
        np.zeros((1, 1, 1, 1), np.float16),
    ),
    Error(
        DtypeError,
        "conv2d: expected a floating dtype, got autograd.int64",
        np.zeros((1, 1, 2, 2), np.int64),
        zeros(1, 1, 1, 1),
    ),
)

TRANSPOSED_ERRORS = (
    Error(
        ShapeError,
        r"conv_transpose2d: expected input with 3 channels to match weight \(3, 2, 2, 2\), got \(1, 2, 4, 4\)",
        zeros(1, 2, 4, 4),
        zeros(3, 2, 2, 2),
    ),
    Error(
        ShapeError,
        r"conv_transpose2d: expected groups that divide the 3 input channels of weight \(3, 2, 2, 2\), got 2",
        zeros(1, 3, 4, 4),
        zeros(3, 2, 2, 2),
        groups=2,
    ),
    Error(
        ShapeError,
        r"conv_transpose2d: expected bias of shape \(2,\) to match weight \(3, 2, 2, 2\), got \(3,\)",
        zeros(1, 3, 4, 4),
        zeros(3, 2, 2, 2),
        zeros(3),
    ),
    Error(
        ValueError,
        r"conv_transpose2d: expected output_padding below stride \(2, 2\) or dilation \(1, 1\), got \(2, 2\)",
        zeros(1, 3, 4, 4),
        zeros(3, 2, 2, 2),
        stride=2,
        output_padding=2,
    ),
    Error(
        ShapeError,
        r"conv_transpose2d: expected an output of at least 1, got \(-2, -2\) from input \(1, 3, 1, 1\)",
        zeros(1, 3, 1, 1),
        zeros(3, 2, 2, 2),
        padding=2,
    ),
)

FLOATS = ("float32", "float64")
HALF = ("float32", "float64", "float16")

OPS = [
    Op("F.conv1d", forward(1), dtypes=FLOATS, complex=True),
    Op("F.conv2d", forward(2), dtypes=HALF, errors=ERRORS),
    Op("F.conv3d", forward(3), dtypes=FLOATS),
    Op("F.conv_transpose1d", backward(1), dtypes=FLOATS, complex=True),
    Op("F.conv_transpose2d", backward(2), dtypes=FLOATS, errors=TRANSPOSED_ERRORS),
    Op("F.conv_transpose3d", backward(3), dtypes=FLOATS),
]
