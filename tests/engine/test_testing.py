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
        r"differ in 1 of 2 elements \(50.0 %\)\n.*: 1.0 at \(1,\)",
    ),
    "scalars": (1.0, 2.0, {}, "The scalars differ: 1.0 and 2.0, by 1.0"),
    "nan": (ag.tensor([nan]), ag.tensor([nan]), {}, "differ in 1 of 1"),
    "shapes": (ag.ones(2), ag.ones(3), {}, r"The shapes differ: \(2,\) and \(3,\)"),
    "dtypes": (
        ag.ones(2),
        ag.ones(2, dtype=ag.float64),
        {},
        "The dtypes differ: autograd.float32 and autograd.float64",
    ),
    "strides": (ag.ones(2, 3), ag.ones(3, 2).t(), {"check_stride": True}, r"The strides differ: \(3, 1\) and \(1, 2\)"),
    "lengths": ([1], [1, 2], {}, "The lengths differ: 1 and 2"),
    "inside": ({"a": [1.0, 2.0]}, {"a": [1.0, 5.0]}, {}, r"The scalars at \['a'\]\[1\] differ"),
    "keys": ({"a": 1}, {"b": 1}, {}, "The keys differ"),
    "a text": (1, 2, {"msg": "no"}, "^no$"),
    "a text made of it": (1, 2, {"msg": lambda text: f"no: {text}"}, "^no: The scalars differ"),
    "integers": (2**60, 2**60 + 1, {}, "The scalars differ"),
}


@pytest.mark.parametrize("a, b, how", CLOSE.values(), ids=CLOSE)
def test_close(a, b, how: dict) -> None:
    assert_close(a, b, **how)


@pytest.mark.parametrize("a, b, how, text", APART.values(), ids=APART)
def test_apart(a, b, how: dict, text: str) -> None:
    with pytest.raises(AssertionError, match=text):
        assert_close(a, b, **how)


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
