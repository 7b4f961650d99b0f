"""``testing``: close or not, and why not; tensors to test with."""

from __future__ import annotations

import pytest

import autograd as ag
from autograd.testing import assert_close, make_tensor

nan = float("nan")
CLOSE = {
    "tensors": (ag.tensor([1.0]), ag.tensor([1.0 + 1e-7]), {}),
    "numbers": (1.0, 1.0 + 1e-9, {}),
    "a list": ([ag.ones(2), 3], [ag.ones(2), 3], {}),
    "a mapping": ({"a": ag.ones(2)}, {"a": ag.ones(2)}, {}),
    "nan": (ag.tensor([nan]), ag.tensor([nan]), {"equal_nan": True}),
    "dtypes": (ag.ones(2), ag.ones(2, dtype=ag.float64), {"check_dtype": False}),
    "tolerances": (ag.ones(2), ag.full((2,), 1.1), {"rtol": 0, "atol": 0.2}),
    "empty": (ag.zeros(0), ag.zeros(0), {}),
}
APART = {
    "values": (
        ag.tensor([1.0, 2.0]),
        ag.tensor([1.0, 3.0]),
        {},
        r"close!\n\nMismatched elements: 1 / 2 \(50.0%\)\n.*: 1.0 at index \(1,\) \(up to 1e-05 allowed\)",
    ),
    "scalars": (
        1.0,
        2.0,
        {},
        r"Scalars are not close!\n\nExpected 2.0 but got 1.0.\nAbsolute difference: 1.0 \(up to 1e-07",
    ),
    "nan": (ag.tensor([nan]), ag.tensor([nan]), {}, "Mismatched elements: 1 / 1"),
    "shapes": (ag.ones(2), ag.ones(3), {}, r"attribute 'shape' do not match: Size\(\[2\]\) != Size\(\[3\]\)"),
    "dtypes": (
        ag.ones(2),
        ag.ones(2, dtype=ag.float64),
        {},
        "attribute 'dtype' do not match: autograd.float32 != autograd.float64",
    ),
    "strides": (
        ag.ones(2, 3),
        ag.ones(3, 2).t(),
        {"check_stride": True},
        r"attribute 'stride' do not match: \(3, 1\) != \(1, 2\)",
    ),
    "lengths": ([1], [1, 2], {}, "The length of the sequences mismatch: 1 != 2"),
    "inside": (
        {"a": [1.0, 2.0]},
        {"a": [1.0, 5.0]},
        {},
        r"Scalars are not close!(.|\n)*\n\nThe failure occurred for item \['a'\]\[1\]$",
    ),
    "keys": (
        {"a": 1},
        {"b": 1},
        {},
        r"The keys of the mappings do not match:\nMissing keys in the actual mapping: \['b'\]\nAdditional .*: \['a'\]",
    ),
    "a text": (1, 2, {"msg": "no"}, "^no$"),
    "a text made of it": (1, 2, {"msg": lambda text: f"no: {text}"}, "^no: Scalars are not equal!"),
    "float64 of numbers": (1.0, 1.0 + 1e-6, {}, "Scalars are not close!"),
    "kinds of numbers": (1, 1.0, {}, r"The \(d\)types do not match"),
    "integers": (2**60, 2**60 + 1, {}, "Scalars are not equal!.*\n\nExpected"),
}


@pytest.mark.parametrize("a, b, how", CLOSE.values(), ids=CLOSE)
def test_close(a, b, how: dict) -> None:
    assert_close(a, b, **how)


@pytest.mark.parametrize("a, b, how, text", APART.values(), ids=APART)
def test_apart(a, b, how: dict, text: str) -> None:
    with pytest.raises(AssertionError, match=text):
        assert_close(a, b, **how)


def test_only_tensors_and_numbers() -> None:
    assert_close(None, None)
    with pytest.raises(TypeError, match="assert_close: expected tensors, arrays or numbers"):
        assert_close("a", "a")


def test_one_tolerance_needs_the_other() -> None:
    with pytest.raises(ValueError, match="assert_close: expected rtol and atol both or neither"):
        assert_close(1.0, 1.0, rtol=1)


@pytest.mark.parametrize("dtype", [ag.bool, ag.uint8, ag.int64, ag.float16, ag.float32, ag.complex64])
def test_make_tensor(dtype: ag.dtype) -> None:
    t = make_tensor((40, 3), dtype=dtype)
    assert (t.shape, t.dtype) == ((40, 3), dtype)
    assert make_tensor(2, 3, dtype=dtype, noncontiguous=True).is_contiguous() is False
    assert make_tensor(50, dtype=dtype, low=0, high=2, exclude_zero=True).count_nonzero() == 50
    if dtype.is_floating_point:
        assert make_tensor(2, dtype=dtype, requires_grad=True).requires_grad
        assert -9 <= t.min().item() < t.max().item() < 9
        wide = make_tensor(50, dtype=dtype, low=100, high=101)
        assert 100 <= wide.min().item() <= wide.max().item() <= 101


def test_make_tensor_errors() -> None:
    with pytest.raises(ValueError, match="make_tensor: expected low < high, got 3 and 3"):
        make_tensor(2, dtype=ag.float32, low=3, high=3)
    with pytest.raises(ValueError, match="make_tensor: expected noncontiguous or memory_format, got both"):
        make_tensor(2, 2, 2, 2, dtype=ag.float32, noncontiguous=True, memory_format=ag.channels_last)
