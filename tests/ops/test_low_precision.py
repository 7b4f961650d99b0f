"""Every recorded operation in float16 and bfloat16, against itself in float64 on the same values; and bfloat16 as a dtype."""

from __future__ import annotations

from itertools import islice
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import autograd as ag
import nn
import nn.functional as F
import optim
from tests.op_samples.record import Error, Op, mapped
from tests.ops.test_ops import RECORDS, gradient, leaves, run, samples, tensors

SPACING = {"float16": 2.0**-10, "bfloat16": 2.0**-7}
# float32 and up, as in PyTorch; corrcoef cancels
WIDER = (
    "histc",
    "histogram",
    "quantile",
    "nanquantile",
    "bincount",
    "float_power",
    "double",
    "cdouble",
    "complex",
    "polar",
    "corrcoef",
    "ldexp",
)
WIDER_FAMILIES = {
    "cholesky", "determinants", "lu", "matrix_forms", "matrix_functions", "orthogonal", "solving", "spectrogram", "spectrum"
}  # fmt: skip


def served(record: Op) -> bool:
    """Whether PyTorch has the operation in half precision: not linear algebra, Fourier transforms, special functions."""
    floats = {"float32", "float64"} <= set(record.dtypes)
    other = record.name in WIDER or record.family in WIDER_FAMILIES
    return floats and not other and "." not in record.name.removeprefix("F.")


LOW = [record for record in RECORDS if served(record)]


def raw(x: Any) -> Any:
    return x.backend.to_numpy(x.raw) if isinstance(x, ag.Tensor) else x


def assert_near(got: Any, expected: Any, spacing: float, what: str) -> None:
    """Within some units of the result's largest element, sums having their share."""
    a, b = np.asarray(raw(got), "float64"), np.asarray(raw(expected), "float64")
    assert a.shape == b.shape, what
    finite = np.isfinite(a) & np.isfinite(b)
    largest = np.abs(b[finite]).max(initial=0)
    np.testing.assert_allclose(a[finite], b[finite], rtol=0, atol=4 * spacing * largest + 1e-7, err_msg=what)


@pytest.mark.parametrize("dtype", SPACING)
@pytest.mark.parametrize("record", LOW, ids=lambda record: record.name)
def test_low_is_close_to_float64(record: Op, dtype: str) -> None:
    kind, spacing = np.dtype(dtype), SPACING[dtype]
    for sample in islice((s for s in samples(record) if not isinstance(s, Error)), 1):
        low = mapped(sample, lambda a: a.astype(kind) if a.dtype == np.float64 else a)
        exact = mapped(low, lambda a: a.astype("float64") if a.dtype == kind else a)
        (y, inputs), (z, exact_inputs) = (run(record, s, record.function, True) for s in (low, exact))
        if any(isinstance(v, ag.dtype) for v in (*sample.args, *sample.kwargs.values())):
            continue  # asks for a dtype
        for got, expected in zip(leaves(y), leaves(z), strict=True):
            if isinstance(expected, ag.Tensor) and expected.dtype is ag.float64:
                assert got.dtype.name == dtype, f"{sample}: {got.dtype}"
                assert_near(got, expected, spacing, str(sample))
        outs, exact_outs = ([t for t in tensors(r) if t.requires_grad] for r in (y, z))
        if record.grad and inputs and outs:
            assert len(outs) == len(exact_outs)
            rng = np.random.default_rng(1)
            cots = [rng.standard_normal(t.raw.shape).astype(kind) for t in outs]
            found = gradient(y, inputs, cots)
            right = gradient(z, exact_inputs, [c.astype("float64") for c in cots])
            for got, expected in zip(found, right, strict=True):
                assert raw(got).dtype == kind, str(sample)
                assert_near(got, expected, 4 * spacing, f"gradient: {sample}")


# -- bfloat16 itself --------------------------------------------------------------------------------------------------


def test_limits_and_promotion_are_torchs(torch: ModuleType) -> None:
    ours, theirs = ag.finfo(ag.bfloat16), torch.finfo(torch.bfloat16)
    for name in ("bits", "eps", "max", "min", "tiny", "smallest_normal", "resolution"):
        assert getattr(ours, name) == getattr(theirs, name)
    for name in ("float16", "float32", "float64", "int64", "uint8", "bool", "complex64"):
        expected = str(torch.promote_types(torch.bfloat16, getattr(torch, name)))
        assert str(ag.promote_types(ag.bfloat16, getattr(ag, name))) == expected.replace("torch", "autograd")


def test_numbers_are_not_rounded_before_they_are_used(torch: ModuleType) -> None:
    values = [1.0, 3.0, 257.0, -0.1]
    for f in (lambda x: x * 0.1, lambda x: 1 / x, lambda x: x.clamp(-0.3, 2.7), lambda x: x**2.5, lambda x: x + 1e-3):
        x, y = ag.tensor(values, dtype=ag.bfloat16), torch.tensor(values, dtype=torch.bfloat16)
        np.testing.assert_array_equal(f(x).float().numpy(), f(y).float().numpy())


def test_sums_are_made_in_float32() -> None:
    x = ag.ones(1000, dtype=ag.bfloat16, requires_grad=True)
    assert x.sum().item() == 1000 and x.expand(3, 1000).mean().item() == 1
    w = ag.ones(1, dtype=ag.bfloat16, requires_grad=True)
    (w * ag.ones(1000, dtype=ag.bfloat16)).sum().backward()
    assert w.grad is not None and w.grad.item() == 1000 and w.grad.dtype is ag.bfloat16


def test_text_and_creation() -> None:
    x = ag.tensor([1.5, 2.0], dtype=ag.bfloat16)
    assert repr(x) == ("tensor([1.5000, 2.0000], dtype=autograd.bfloat16)" if not x.is_cuda else repr(x))
    assert x.tolist() == [1.5, 2.0] and x.element_size() == 2 and x.type() == "autograd.BFloat16Tensor"
    assert ag.rand(1000, dtype=ag.bfloat16).max().item() < 1 and ag.randn(3, dtype=ag.bfloat16).dtype is ag.bfloat16
    assert ag.as_tensor(raw(x)).dtype is ag.bfloat16 and x.numpy().dtype.name == "bfloat16"
    assert x.half().dtype is ag.float16 and x.long().tolist() == [1, 2] and (x > 1.7).tolist() == [False, True]


def test_second_derivatives() -> None:
    x = ag.tensor([0.5, 2.0], dtype=ag.bfloat16, requires_grad=True)
    (g,) = ag.autograd.grad((x**3).sum(), x, create_graph=True)
    (h,) = ag.autograd.grad(g.sum(), x)
    assert g.tolist() == [0.75, 12.0] and h.tolist() == [3.0, 12.0]


@pytest.mark.parametrize("rule", [optim.SGD, optim.Adam, optim.AdamW, optim.RMSprop, optim.Adagrad])
def test_a_model_trains(rule: Any) -> None:
    ag.manual_seed(0)
    x = ag.randn(64, 4, dtype=ag.bfloat16)
    y = (x[:, 0] > x[:, 1]).long()
    model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.LayerNorm(16), nn.Linear(16, 2)).bfloat16()
    optimizer = rule(model.parameters(), lr=0.05, **({"momentum": 0.9} if rule is optim.SGD else {}))
    for _ in range(30):
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimizer.step()
    assert (model(x).argmax(1) == y).float().mean().item() > 0.9
    assert all(p.dtype is ag.bfloat16 for p in model.parameters())
