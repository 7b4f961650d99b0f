"""The dtype of a result for every pair of operand kinds, and which pairs are refused: as PyTorch."""

from __future__ import annotations

import itertools
import operator
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from autograd.ops import arithmetic, bounds, comparison, elementwise, logic, power, trigonometry
from tests.op_samples.record import tensor

DTYPES = ("bool", "uint8", "int32", "int64", "float16", "float32", "float64")
ARRAYS = [np.ones(shape, dtype) for shape in ((2,), ()) for dtype in DTYPES]
NUMBERS = [True, 2, 2.5]
BINARY = [
    *((getattr(arithmetic, n), n) for n in ("add", "sub", "mul", "true_divide", "floor_divide", "remainder", "fmod")),
    *((getattr(bounds, n), n) for n in ("maximum", "minimum", "fmax", "fmin", "clamp", "clamp_min")),
    *((getattr(comparison, n), n) for n in ("eq", "lt", "ge")),
    *((getattr(elementwise, n), n) for n in ("xlogy", "logaddexp")),
    *((getattr(logic, n), n) for n in ("logical_and", "bitwise_and", "bitwise_xor")),
    (trigonometry.atan2, "atan2"),
    (arithmetic.copysign, "copysign"),
    (power.pow, "pow"),
]
REVERSED = [operator.add, operator.sub, operator.mul, operator.truediv, operator.floordiv, operator.mod, operator.pow]
# Where we compute and PyTorch refuses: nothing can go wrong by it.
LENIENT = {"sub", "maximum", "minimum", "fmax", "fmin", "clamp", "clamp_min", "logaddexp", "atan2", "logical_and"}


def outcome(function: Any, *operands: Any) -> Any:
    """The result as an array, or None where it is refused."""
    try:
        y = function(*operands)
    except Exception:
        return None
    return y.numpy()


@pytest.mark.parametrize("function, name", BINARY, ids=[name for _, name in BINARY])
def test_binary(function: Any, name: str, torch: ModuleType) -> None:
    for a, b in itertools.product(ARRAYS, [*ARRAYS, *NUMBERS]):
        check(function, getattr(torch, name), a, b, name in LENIENT, torch)


@pytest.mark.parametrize("function", REVERSED, ids=lambda f: f.__name__)
def test_number_on_the_left(function: Any, torch: ModuleType) -> None:
    for a, b in itertools.product(NUMBERS, ARRAYS):
        check(function, function, a, b, function.__name__ in LENIENT, torch)


def check(ours: Any, theirs: Any, a: Any, b: Any, lenient: bool, torch: ModuleType) -> None:
    what = [f"{x.dtype}{list(x.shape)}" if isinstance(x, np.ndarray) else repr(x) for x in (a, b)]
    expected = outcome(theirs, *(torch.from_numpy(x.copy()) if isinstance(x, np.ndarray) else x for x in (a, b)))
    got = outcome(ours, *(tensor(x.copy()) if isinstance(x, np.ndarray) else x for x in (a, b)))
    if expected is None:
        assert lenient or got is None, f"{what} gave {got.dtype}, expected a refusal"
        return
    assert got is not None, f"{what} was refused, expected {expected.dtype}"
    assert got.dtype == expected.dtype, f"{what} gave {got.dtype}, expected {expected.dtype}"
    np.testing.assert_allclose(got, expected, rtol=2e-3 if "float16" in str(expected.dtype) else 1e-6)
