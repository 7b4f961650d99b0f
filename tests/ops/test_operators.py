"""Python's operators on tensors: each is its function, on either side and in place, and close to the array library."""

from __future__ import annotations

import operator
import sys
from typing import Any

import numpy as np
import pytest

from autograd.errors import DtypeError, GraphError
from autograd.ops import arithmetic, comparison, logic, power
from autograd.tensor import Tensor
from tests.op_samples.record import tensor

A, B = np.array([[1.5, 2.0], [3.0, 4.5]]), np.array([2.0, 0.5])
M, N = np.array([6, 3, 5]), np.array([3, 1, 2])
BINARY = [
    (operator.add, operator.iadd, arithmetic.add, A, B),
    (operator.sub, operator.isub, arithmetic.sub, A, B),
    (operator.mul, operator.imul, arithmetic.mul, A, B),
    (operator.truediv, operator.itruediv, arithmetic.div, A, B),
    (operator.floordiv, operator.ifloordiv, arithmetic.floor_divide, A, B),
    (operator.mod, operator.imod, arithmetic.remainder, A, B),
    (operator.pow, operator.ipow, power.pow, A, B),
    (operator.and_, operator.iand, logic.bitwise_and, M, N),
    (operator.or_, operator.ior, logic.bitwise_or, M, N),
    (operator.xor, operator.ixor, logic.bitwise_xor, M, N),
    (operator.lshift, operator.ilshift, logic.bitwise_left_shift, M, N),
    (operator.rshift, operator.irshift, logic.bitwise_right_shift, M, N),
]
COMPARISONS = [
    (operator.eq, comparison.eq),
    (operator.ne, comparison.ne),
    (operator.lt, comparison.lt),
    (operator.le, comparison.le),
    (operator.gt, comparison.gt),
    (operator.ge, comparison.ge),
]
NAMES = [row[0].__name__ for row in BINARY]


@pytest.mark.parametrize("symbol, inplace, function, a, b", BINARY, ids=NAMES)
def test_binary(symbol: Any, inplace: Any, function: Any, a: np.ndarray, b: np.ndarray) -> None:
    x, y = tensor(a), tensor(b)
    np.testing.assert_array_equal(symbol(x, y), function(x, y))
    np.testing.assert_array_equal(symbol(x, 2), function(x, tensor(np.array(2))))
    np.testing.assert_array_equal(symbol(2, y), function(tensor(np.array(2, b.dtype)), y))
    np.testing.assert_array_equal(symbol(a, y), function(x, y))  # a NumPy array on the left
    np.testing.assert_array_equal(symbol(b.dtype.type(2), y), function(tensor(np.array(2, b.dtype)), y))
    z = tensor(a.copy())
    assert inplace(z, y) is z
    np.testing.assert_array_equal(z, function(x, y))


@pytest.mark.parametrize("symbol", [row[0] for row in BINARY], ids=NAMES)
@pytest.mark.parametrize("other", ["text", None, [1.0], object()], ids=["str", "None", "list", "object"])
def test_foreign_operands_are_refused(symbol: Any, other: Any) -> None:
    with pytest.raises(TypeError, match=r"unsupported operand|index: expected one integer"):
        symbol(tensor(A), other)


def test_a_foreign_class_has_its_turn() -> None:
    class Foreign:
        def __radd__(self, other: Any) -> str:
            return "mine"

    assert tensor(A) + Foreign() == "mine"


@pytest.mark.parametrize("symbol, function", COMPARISONS, ids=[row[0].__name__ for row in COMPARISONS])
def test_comparison(symbol: Any, function: Any) -> None:
    x, y = tensor(A), tensor(B)
    np.testing.assert_array_equal(symbol(x, y), function(x, y))
    np.testing.assert_array_equal(symbol(x, 2), function(x, 2))
    np.testing.assert_array_equal(symbol(A, y), function(x, y))


def test_equality_with_what_is_no_operand() -> None:
    x = tensor(A)
    assert (x == None, x != None, x == "text") == (False, True, False)  # noqa: E711
    assert x in {x: 1}


def test_unary() -> None:
    x = tensor(A - 2)
    np.testing.assert_array_equal(-x, 2 - A)
    np.testing.assert_array_equal(abs(x), np.abs(A - 2))
    assert +x is x
    np.testing.assert_array_equal(~tensor(M), ~M)
    np.testing.assert_array_equal(~tensor(M > 4), M <= 4)


def test_powers_in_every_form() -> None:
    x, n = tensor(A), tensor(M)
    for exponent in (2, 3, 0.5, -1, 1, 0, 2.5, True):
        np.testing.assert_allclose(x**exponent, A**exponent)
    np.testing.assert_array_equal((n**2).numpy(), M**2)
    assert (n**0.5).dtype == np.float32
    np.testing.assert_allclose(2**x, 2**A)


def frames_to_forward(operation: Any, run: Any, monkeypatch: pytest.MonkeyPatch) -> int:
    """Python frames from the caller of ``run`` to the forward of an operation, that one included."""
    depths, forward = [], operation.op.forward

    def depth() -> int:
        frame, n = sys._getframe(1), 0
        while frame is not None:
            frame, n = frame.f_back, n + 1
        return n

    def watched(*args: Any, **kwargs: Any) -> Any:
        depths.append(depth())
        return forward(*args, **kwargs)

    monkeypatch.setattr(operation.op, "forward", watched)
    before = depth()
    run()
    return depths[0] - before - 1  # without the frame of run itself


@pytest.mark.parametrize(
    "operation, run",
    [
        (arithmetic._add, lambda x: x + x),
        (arithmetic._sub, lambda x: x - x),
        (arithmetic.mul, lambda x: x * x),
        (arithmetic.true_divide, lambda x: x / x),
    ],
    ids=["+", "-", "*", "/"],
)
def test_two_frames_to_the_array_library(operation: Any, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    x = tensor(A)
    assert frames_to_forward(operation, lambda: run(x), monkeypatch) == 3  # the lambda in the table, and two


def test_in_place_is_refused_where_it_would_lose_something() -> None:
    leaf = tensor(A.copy(), requires_grad=True)
    with pytest.raises(GraphError, match="add_: expected a tensor that may change, got a leaf that requires grad"):
        leaf += 1
    n = tensor(M.copy())
    with pytest.raises(DtypeError, match=r"mul_: expected a result that fits autograd.int64, got autograd.float32"):
        n *= 0.5


def test_in_place_keeps_the_gradient() -> None:
    x = tensor(A, requires_grad=True)
    y = x * 1
    y *= x
    y += 1
    y **= 2
    y.sum().backward()
    np.testing.assert_allclose(x.grad, 2 * (A * A + 1) * 2 * A)


def test_results_are_tensors() -> None:
    assert type(np.float32(2) * tensor(B)) is Tensor
    assert type(tensor(np.array(2.0)) + 1) is Tensor
