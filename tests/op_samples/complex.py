"""Samples for ``autograd/ops/complex.py``."""

from __future__ import annotations

import numpy as np

from autograd.errors import DtypeError
from tests.op_samples.record import COMPLEX, Error, Kink, Op, Sample, unary, uniform

UNRECORDED = dict.fromkeys(
    ("is_conj", "is_neg", "set_real", "set_imag", "view_as_complex"), "tests/engine/test_complex.py"
)
ZEROS = np.array([0, 1 - 1j, 0, 2j])
ONE = np.ones(2, "float32")


def pairs(rng: np.random.Generator) -> list[Sample]:
    return [
        Sample(uniform(rng, s), uniform(rng, t)) for s, t in [((2, 3), (2, 3)), ((3, 1), (2,)), ((), ()), ((0,), (0,))]
    ]


def with_zeros(rng: np.random.Generator) -> list[Sample]:
    return [*unary()(rng), Kink(ZEROS), Kink(np.array([-1.5, 0.0, 2.0]))]


DIFFER = "expected two tensors of float32 or two of float64, got autograd"
OPS = [
    Op(
        "complex",
        pairs,
        method=False,
        out=True,
        errors=(
            Error(DtypeError, rf"complex: {DIFFER}.float32 and autograd.complex64", ONE, ONE + 1j),
            Error(DtypeError, rf"complex: {DIFFER}.int64", np.ones(2, int), np.ones(2, int)),
        ),
    ),
    Op(
        "polar",
        lambda rng: [Sample(np.array(np.abs(size)), angle) for size, angle in (pair.args for pair in pairs(rng))],
        method=False,
        out=True,
        errors=(Error(DtypeError, rf"polar: {DIFFER}.int64", np.ones(2, int), np.ones(2, int)),),
    ),
    Op("real", unary(), method=False, dtypes=("float32", *COMPLEX), view=True),
    Op(
        "imag",
        unary(),
        method=False,
        dtypes=COMPLEX,
        view=True,
        errors=(Error(DtypeError, "imag: expected a complex dtype, got autograd.float32", ONE),),
    ),
    Op(
        "view_as_real",
        lambda rng: [Sample(uniform(rng, s)) for s in [(3, 4), (2, 3, 2), ()]],
        method=False,
        dtypes=COMPLEX,
        view=True,
        errors=(Error(DtypeError, "view_as_real: expected a complex dtype, got autograd.float32", ONE),),
    ),
    Op("conj", unary(), complex=True),
    Op("conj_physical", unary(), complex=True, inplace=True, out=True),
    Op("resolve_conj", unary(), complex=True),
    Op("resolve_neg", unary(), complex=True),
    Op("isreal", lambda rng: [Sample(np.array([1 + 1j, 2])), Sample(np.array([1.0, 2.0]))], grad=False),
    Op("sgn", with_zeros, complex=True, inplace=True, out=True),
    Op("angle", with_zeros, complex=True, out=True),
]
