"""Copies and casts."""

from __future__ import annotations

import numpy as np

import autograd as ag
from autograd.errors import DtypeError
from tests.op_samples.record import Error, Op, Sample, uniform

UNRECORDED = dict.fromkeys(
    (
        "bool",
        "byte",
        "bfloat16",
        "cfloat",
        "char",
        "copy_",
        "cpu",
        "cuda",
        "fill_",
        "fill_diagonal_",
        "float",
        "half",
        "int",
        "long",
        "short",
        "type",
        "type_as",
        "zero_",
    ),
    "compared with torch in tests/engine/test_tensor.py",
) | dict.fromkeys(("is_pinned", "pin_memory"), "of a GPU: tests/engine/test_cuda.py")


def shapes(rng: np.random.Generator) -> list[Sample]:
    return [Sample(uniform(rng, shape)) for shape in ((2, 3), (), (0, 3))]


OPS = [
    Op("clone", shapes, complex=True),
    Op(
        "fill",
        lambda rng: [
            Sample(uniform(rng, (2, 3)), 2.5),
            Sample(np.array([1, 2]), 7),
            Sample(uniform(rng, (2,)), np.array(0.5)),
        ],
        method=False,
        inplace=True,
        constant=(0,),
    ),
    Op("double", shapes, torch="Tensor.double"),
    Op("cdouble", shapes, torch="Tensor.cdouble", complex=True),
    Op(
        "to",
        lambda rng: [Sample(uniform(rng, (2, 3)), ag.float64), Sample(uniform(rng, ()), dtype=ag.float64)],
        torch=None,
        errors=(Error(DtypeError, "dtype: expected one of", np.zeros(2), "float7"),),
    ),
]
