"""Anomaly detection: the first gradient with a NaN, and the line of the forward that it belongs to."""

from __future__ import annotations

import inspect

import pytest

import autograd as ag
from autograd.errors import GraphError


def leaf(*values: float) -> ag.Tensor:
    return ag.tensor(values if len(values) != 1 else values[0], requires_grad=True)


def line() -> int:
    return inspect.currentframe().f_back.f_lineno


def root(x):
    return x.sqrt() * 0, line() - 0


def quotient(x):
    return x / x, line() - 0


def inside_a_helper(x):
    def helper(t):
        return t.log() * 0

    return helper(x), line() - 2


def in_place(x):
    h = x * 1
    h.sqrt_()
    return h * 0, line() - 1


MAKERS = [(root, "sqrt"), (quotient, "true_divide"), (inside_a_helper, "log"), (in_place, "sqrt")]


@pytest.mark.parametrize("maker, name", MAKERS, ids=[m.__name__ for m, _ in MAKERS])
@pytest.mark.parametrize("create_graph", [False, True])
def test_names_the_operation_and_the_line(maker, name: str, create_graph: bool) -> None:
    x = leaf(0.0, 1.0)
    with ag.autograd.detect_anomaly():
        y, number = maker(x)
        with pytest.raises(GraphError) as e:
            y.sum().backward(create_graph=create_graph)
    text = str(e.value)
    assert text.startswith(
        f"backward: the gradient of {name} with respect to its input of shape (2,) has NaN. The forward ran at "
    )
    assert f"{__file__}, line {number}, in " in text
    assert ag.is_grad_enabled()


def test_in_second_order() -> None:
    x = leaf(0.0)
    with ag.autograd.detect_anomaly():
        (g,) = ag.autograd.grad(x**1.5, x, create_graph=True)
        with pytest.raises(GraphError, match="has NaN"):
            (g * 0).backward()


def test_without_it_nothing_is_raised() -> None:
    x = leaf(0.0)
    (x / x).backward()
    assert x.grad.isnan().item()


def test_infinite_gradients_and_nan_values_pass() -> None:
    x = leaf(0.0)
    with ag.autograd.detect_anomaly():
        x.sqrt().backward()
        assert x.grad.isinf().item()
        (leaf(-1.0).sqrt() + 1).detach()


def test_functions_of_the_user() -> None:
    class Bad(ag.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, g):
            return g * float("nan")

    x = leaf(1.0)
    with ag.autograd.detect_anomaly():
        y = Bad.apply(x)
        number = line() - 1
        with pytest.raises(
            GraphError, match=rf"the gradient of Bad with respect .*line {number}, in test_functions_of_the_user"
        ):
            y.backward()


def test_multiple_gradients_at_once() -> None:
    x = leaf(0.0, 0.0)
    with ag.autograd.detect_anomaly(), pytest.raises(GraphError, match="the gradient of cat with respect to its input"):
        ag.cat([x, x]).backward(ag.full((4,), float("nan")))


def test_switches() -> None:
    assert not ag.is_anomaly_enabled()
    with ag.autograd.set_detect_anomaly(True):
        assert ag.is_anomaly_enabled()
        with ag.autograd.set_detect_anomaly(False):
            assert not ag.is_anomaly_enabled()
        assert ag.is_anomaly_enabled()
    assert not ag.is_anomaly_enabled()
    ag.autograd.set_detect_anomaly(True)
    assert ag.is_anomaly_enabled()
    ag.autograd.set_detect_anomaly(False)
    with pytest.raises(KeyError), ag.autograd.detect_anomaly():
        raise KeyError
    assert not ag.is_anomaly_enabled()


def test_looking_for_nan_can_be_left_out() -> None:
    x = leaf(0.0)
    with ag.autograd.detect_anomaly(check_nan=False):
        (x / x).backward()
    assert x.grad.isnan().item()
