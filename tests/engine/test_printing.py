"""How tensors print: PyTorch's text, save for the prefix of dtypes and the names of backward nodes."""

from __future__ import annotations

import numpy as np
import pytest

import autograd as ag
from autograd.printing import set_printoptions

RNG = np.random.default_rng(0)
ARRAYS = {
    "0-d": np.float32(1.5),
    "0-d whole": np.float32(3),
    "0-d int": np.int64(3),
    "0-d bool": np.bool_(True),
    "0-d float64": np.float64(1 / 3),
    "0-d int32": np.int32(-7),
    "whole": np.array([1.0, -2.0, 30.0], "float32"),
    "mixed": np.array([1.0, -2.5, 30.125], "float32"),
    "small and large": np.array([1e-5, 1.0, 1e5], "float32"),
    "tiny": np.array([1e-6, 2e-6], "float32"),
    "huge": np.array([1e10, 2.0], "float32"),
    "huge whole": np.array([1e9, 2e9], "float32"),
    "range": np.array([0.001, 999.0], "float32"),
    "range 1001": np.array([0.5, 501.0], "float32"),
    "zeros": np.zeros(3, "float32"),
    "zero and tiny": np.array([0.0, 1e-6], "float32"),
    "negative zero": np.array([-0.0, 1.5], "float32"),
    "nan": np.array([np.nan, 1.0, -np.inf, np.inf], "float32"),
    "nan fraction": np.array([np.nan, 1.25, -np.inf], "float32"),
    "only nan": np.array([np.nan, np.nan], "float32"),
    "ints": np.array([1, -20, 300]),
    "int8": np.array([1, -20], "int8"),
    "uint8": np.array([255], "uint8"),
    "bools": np.array([True, False]),
    "bool matrix": np.array([[True, False], [False, False]]),
    "float16": np.array([1.5, 0.1], "float16"),
    "float64": np.array([1.5, 1 / 3]),
    "complex64": np.array([1 + 2j, -0.5 - 1j], "complex64"),
    "complex128": np.array([1 + 2j]),
    "matrix": RNG.standard_normal((2, 3)).astype("float32"),
    "int matrix": np.arange(6).reshape(2, 3) * 11,
    "cube": np.arange(12.0, dtype="float32").reshape(2, 2, 3),
    "four axes": np.arange(8.0, dtype="float32").reshape(2, 1, 2, 2) / 3,
    "empty": np.zeros(0, "float32"),
    "empty int": np.zeros(0, "int64"),
    "empty float64": np.zeros(0),
    "empty matrix": np.zeros((0, 3), "float32"),
    "empty axes": np.zeros((2, 0), "int64"),
    "long row": np.arange(40.0, dtype="float32"),
    "long row of fractions": np.linspace(0, 1, 30).astype("float32"),
    "long row of ints": np.arange(100),
    "many": np.arange(2000.0, dtype="float32"),
    "many ints": np.arange(5000).reshape(50, 100),
    "many rows": RNG.standard_normal((200, 10)).astype("float32"),
    "large image": RNG.standard_normal((20, 10, 10)).astype("float32"),
    "wide": RNG.standard_normal((2, 20)).astype("float32"),
    "long bools": np.arange(50) % 3 == 0,
    "float64 matrix": RNG.standard_normal((3, 3)),
    "long float64 row": RNG.standard_normal(12),
}


def as_ours(text: str) -> str:
    return text.replace("torch.", "autograd.")


@pytest.mark.parametrize("array", ARRAYS.values(), ids=ARRAYS)
def test_agrees_with_torch(torch, array) -> None:
    array = np.asarray(array)
    assert repr(ag.from_numpy(array)) == as_ours(repr(torch.from_numpy(array)))
    assert str(ag.from_numpy(array)) == as_ours(str(torch.from_numpy(array)))


def test_requires_grad_and_operations(torch) -> None:
    for values in ([1.0, 2.0], 2.5, [[1.0, 2.5], [3.0, 4.0]], (np.arange(12) / 7).tolist()):
        x, p = ag.tensor(values, requires_grad=True, device="cpu"), torch.tensor(values, requires_grad=True)
        assert repr(x) == repr(p)
        assert repr(x * 2) == repr(p * 2).replace("MulBackward0", "mulBackward")
        assert repr(x.detach()) == repr(p.detach())
    x = ag.ones(2, dtype=ag.float64, requires_grad=True, device="cpu")
    p = torch.ones(2, dtype=torch.float64, requires_grad=True)
    assert repr(x) == as_ours(repr(p))
    assert repr(x * 2) == as_ours(repr(p * 2)).replace("MulBackward0", "mulBackward")


OPTIONS = [
    {"precision": 2},
    {"precision": 8},
    {"threshold": 5},
    {"threshold": 5, "edgeitems": 1},
    {"linewidth": 40},
    {"sci_mode": True},
    {"sci_mode": False},
    {"profile": "short"},
    {"profile": "full"},
    {"profile": "full", "precision": 1},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_options(torch, options) -> None:
    try:
        set_printoptions(**options)
        torch.set_printoptions(**options)
        for name in ("mixed", "matrix", "tiny", "small and large", "long row", "many", "cube", "whole"):
            array = ARRAYS[name]
            assert repr(ag.from_numpy(array)) == repr(torch.from_numpy(array))
    finally:
        set_printoptions(profile="default")
        torch.set_printoptions(profile="default")


def test_default_dtype_is_not_mentioned(torch) -> None:
    ag.set_default_dtype(ag.float64)
    torch.set_default_dtype(torch.float64)
    try:
        for array in (np.ones(2), np.ones(2, "float32"), np.ones(2, "complex64"), np.ones(2, "complex128")):
            assert repr(ag.from_numpy(array)) == as_ours(repr(torch.from_numpy(array)))
    finally:
        ag.set_default_dtype(ag.float32)
        torch.set_default_dtype(torch.float32)


FORMATS = ["{}", "{:.3f}", "{:8.2e}", "{:>10}"]


@pytest.mark.parametrize("form", FORMATS)
def test_format_of_single_numbers(torch, form: str) -> None:
    if form != "{:>10}":
        assert form.format(ag.tensor(2.0 / 3)) == form.format(torch.tensor(2.0 / 3))
    assert form.format(ag.tensor(7.5, dtype=ag.float64)) == form.format(torch.tensor(7.5, dtype=torch.float64))
    assert f"{ag.tensor(3)}" == f"{torch.tensor(3)}" and f"{ag.tensor(3):04d}" == f"{torch.tensor(3):04d}"


def test_formats_need_a_single_number() -> None:
    assert f"{ag.ones(2, device='cpu')}" == "tensor([1., 1.])"
    with pytest.raises(TypeError):
        f"{ag.ones(2):.2f}"


def test_parameters_and_nodes() -> None:
    import nn

    assert repr(nn.Parameter(ag.ones(2, device="cpu"))) == "Parameter containing:\ntensor([1., 1.], requires_grad=True)"
    assert repr(ag.ones(2).requires_grad_().exp().grad_fn) == "<expBackward (2,)>"
    assert repr(ag.ones(2, 3).shape) == "Size([2, 3])"
