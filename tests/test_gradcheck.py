"""gradcheck and gradgradcheck: right gradients pass, every kind of wrong one is named."""

from __future__ import annotations

import inspect
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from autograd.gradcheck import GradcheckError, gradcheck, gradgradcheck
from autograd.op import op
from autograd.tensor import Tensor
from tests.op_samples.record import tensor

MODES = pytest.mark.parametrize("fast_mode", [False, True], ids=["full", "fast"])


def leaf(*shape: int, dtype: str = "float64") -> Tensor:
    return tensor(np.random.default_rng(0).uniform(0.5, 2, shape).astype(dtype), requires_grad=True)


@op
def _wrong(be: Any, x: Any) -> Any:
    return x * x


@op
def _wrong_second(be: Any, x: Any) -> Any:
    return x * x * x


@op
def _slope(be: Any, x: Any) -> Any:
    return 3 * x * x


@op(outputs=("double", "triple"))
def _two(be: Any, x: Any) -> Any:
    return 2 * x, 3 * x


@op
def _restless(be: Any, x: Any) -> Any:
    return 2 * x


TURN = [0.0]


def turning(g: Any) -> Any:
    TURN[0] += 1e-9
    return g * (2 + TURN[0])


_wrong.grad(x=lambda g, x: g * x)  # the factor 2 is missing
_wrong_second.grad(x=lambda g, x: g * _slope(x))
_slope.grad(x=lambda g, x: g * x)  # 6 is missing
_two.grad_all(lambda needs, g, x: (g[0] * 2 if g[1] is None else g[1] * 3 if g[0] is None else g[0] * 2 + g[1] * 4,))
_restless.grad(x=turning)


@MODES
@pytest.mark.parametrize(
    "func, shapes",
    [
        (lambda x: x * x, [(3,)]),
        (lambda x, y: x * y + y / x, [(2, 3), (3,)]),
        (lambda x, y: (x * y, x - 1, 7), [(2, 2), (2, 2)]),
        (lambda x: (x * x).sum(), [()]),
        (lambda x: x * 2, [(0, 3)]),
        (lambda x, y: x * x, [(2,), (2,)]),
    ],
    ids=["one", "broadcast", "tuple", "0-d", "empty", "unused"],
)
def test_right_gradients_pass(func: Any, shapes: list[tuple[int, ...]], fast_mode: bool) -> None:
    inputs = [leaf(*shape) for shape in shapes]
    assert gradcheck(func, inputs, fast_mode=fast_mode, check_grad_dtypes=True)
    assert gradgradcheck(func, inputs, fast_mode=fast_mode, gen_non_contig_grad_outputs=True)


@MODES
def test_a_wrong_gradient_is_found(fast_mode: bool) -> None:
    text = r"the gradient of output 1 with respect to input 2 to agree .*\nnumerical: .*[\s\S]*\nanalytical: "
    inputs = (3.0, leaf(2), leaf(2))
    with pytest.raises(GradcheckError, match=text):
        gradcheck(lambda c, x, y: (x * c, _wrong(y)), inputs, fast_mode=fast_mode)
    assert not gradcheck(lambda c, x, y: (x * c, _wrong(y)), inputs, fast_mode=fast_mode, raise_exception=False)


@MODES
def test_a_wrong_second_derivative_is_found(fast_mode: bool) -> None:
    assert gradcheck(_wrong_second, leaf(2), fast_mode=fast_mode)
    with pytest.raises(GradcheckError, match="output 0 with respect to input 0 to agree"):
        gradgradcheck(_wrong_second, leaf(2), fast_mode=fast_mode)


def test_given_grad_outputs_are_used() -> None:
    assert gradgradcheck(lambda x: x * x, leaf(2), leaf(2))
    assert gradgradcheck(lambda x: (x * x, x * 2), (leaf(2),), (leaf(2), tensor(np.ones(2))))


def test_the_inputs_stay_as_they_are() -> None:
    x = leaf(3)
    before = x.numpy(force=True).copy()
    gradcheck(lambda x: x * x, x)
    np.testing.assert_array_equal(x.numpy(force=True), before)
    assert x.grad is None


def test_a_tuple_argument_is_passed_on() -> None:
    assert gradcheck(lambda x, pair: x * pair[1], (leaf(2), (1, 2)))


@pytest.mark.parametrize(
    "error, text, check",
    [
        (
            ValueError,
            "expected at least one input that requires grad",
            lambda: gradcheck(lambda x: x, tensor(np.ones(2))),
        ),
        (
            ValueError,
            "expected func to return a Tensor or a tuple .*, got int",
            lambda: gradcheck(lambda x: 3, leaf(2)),
        ),
        (
            GradcheckError,
            "expected output 0 to be recorded",
            lambda: gradcheck(lambda x: x.detach() * 2, leaf(2)),
        ),
        (GradcheckError, "two backward passes to agree within nondet_tol=0.0", lambda: gradcheck(_restless, leaf(2))),
        (GradcheckError, "missing gradient to count as zero", lambda: gradcheck(_two, leaf(2))),
    ],
)
def test_what_cannot_be_right(error: type[Exception], text: str, check: Any) -> None:
    with pytest.raises(error, match=text):
        check()


def test_tolerances_are_used() -> None:
    assert gradcheck(_restless, leaf(2), nondet_tol=1e-6)
    assert gradcheck(_two, leaf(2), check_undefined_grad=False)
    assert gradcheck(_wrong, leaf(2), rtol=2.0)


def test_coarse_inputs_are_warned_of() -> None:
    with pytest.warns(
        UserWarning, match=r"expected float64 or complex128, got input 0 of float32.*cast it with .double\(\)"
    ):
        gradcheck(lambda x: x * 2, leaf(2, dtype="float32"), atol=1e-1, rtol=1e-1)


@pytest.mark.parametrize("name", ["gradcheck", "gradgradcheck"])
def test_keywords_are_torchs(name: str, torch: ModuleType) -> None:
    """Those that are there have PyTorch's names and defaults; batched and forward-mode checks have no counterpart."""
    ours = inspect.signature({"gradcheck": gradcheck, "gradgradcheck": gradgradcheck}[name]).parameters
    theirs = inspect.signature(getattr(torch.autograd, name)).parameters
    for key, parameter in ours.items():
        assert theirs[key].default == parameter.default, key
        assert theirs[key].kind == parameter.kind, key
