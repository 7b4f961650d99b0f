"""Rounding, and numbers in place of what is not one."""

from __future__ import annotations

import numpy as np

from autograd.errors import DtypeError, ShapeError
from tests.op_samples.record import Error, Kink, Op, Sample, special, unary, uniform

ALL = ("float32", "float64", "int64")


def halves(rng: np.random.Generator) -> list[Sample]:
    return [*unary()(rng), Kink(special(-2.0, -1.5, -0.5, -0.0, 0.5, 1.5, 2.0))]


def decimals(rng: np.random.Generator) -> list[Sample]:
    a = uniform(rng, (3, 4), -30, 30)
    return [*halves(rng), Sample(a, decimals=1), Sample(a, decimals=-1)]


def not_numbers(rng: np.random.Generator) -> list[Sample]:
    a = special(1.0, -2.0)
    return [*unary()(rng), Kink(a), Kink(a, 7.0), Kink(a, nan=1.0, posinf=2.0, neginf=-3.0), Kink(a, posinf=5.0)]


def quantized(rng: np.random.Generator) -> list[Sample]:
    x = uniform(rng, (3, 4), -2, 2)
    tensors = np.array([0.37], "float32"), np.array([2], "int32")
    return [Kink(x, 0.37, 2, 0, 7), Kink(x, 0.1, -3, -128, 127), Kink(x, *tensors, 0, 7)]


def quantized_by_channel(rng: np.random.Generator) -> list[Sample]:
    x, zero = uniform(rng, (3, 4), -2, 2), np.array([0, 1, 4], "int32")
    return [Kink(x, SCALES, zero, 0, 0, 7), Kink(x.T, SCALES, zero, 1, -8, 7)]


SCALES = np.array([0.1, 0.25, 0.4], "float32")
OPS = [
    Op("floor", halves, inplace=True, dtypes=ALL, out=True),
    Op("ceil", halves, inplace=True, dtypes=ALL, out=True),
    Op("trunc", halves, inplace=True, dtypes=ALL, out=True),
    Op("frac", unary(), inplace=True, out=True),
    Op("round", decimals, inplace=True, out=True),
    Op(
        "fake_quantize_per_tensor_affine",
        quantized,
        dtypes=("float32",),  # PyTorch rounds others to it, too
        method=False,
        constant=(1, 2),
        errors=(
            Error(ValueError, "expected quant_min <= zero_point <= quant_max, got 0, 9, 7", SCALES, 0.1, 9, 0, 7),
            Error(DtypeError, "fake_quantize_per_tensor_affine: expected a floating input", np.arange(2), 0.1, 0, 0, 7),
        ),
    ),
    Op(
        "fake_quantize_per_channel_affine",
        quantized_by_channel,
        method=False,
        constant=(1, 2),
        errors=(
            Error(
                ShapeError,
                r"expected scale of shape \(2,\), got \(3,\)",
                np.ones(2),
                SCALES,
                np.zeros(3, "int32"),
                0,
                0,
                7,
            ),
        ),
    ),
    Op("nan_to_num", not_numbers, inplace=True, dtypes=ALL, out=True),
]
