"""What the records of special functions cannot say: where PyTorch is wrong or silent, and derivatives that do not exist."""

from __future__ import annotations

import math

import pytest

import autograd as ag


def test_poles_and_infinities() -> None:
    assert ag.tensor([0.0, -1.0, -math.inf]).lgamma().tolist() == [math.inf] * 3
    assert ag.polygamma(1, ag.tensor([0.0, -1.0])).tolist() == [math.inf] * 2


@pytest.mark.parametrize("function", [ag.igamma, ag.igammac, ag.special.zeta])
def test_a_missing_derivative_is_not_lost_in_silence(function) -> None:
    a, x = ag.tensor(2.0, requires_grad=True), ag.tensor(1.5, requires_grad=True)
    with pytest.raises(NotImplementedError, match=r"no derivative with respect to input. Pass input.detach\(\)"):
        function(a, x).backward()
    function(a.detach(), x).backward()
    assert x.grad is not None


def test_polygamma_is_a_method_with_the_order_first() -> None:
    x = ag.tensor([0.5, 2.0])
    assert x.polygamma(2).tolist() == ag.polygamma(2, x).tolist()
    assert x.polygamma_(1) is x
    assert x.tolist() == pytest.approx([math.pi**2 / 2, math.pi**2 / 6 - 1])


def test_second_names_are_the_same_functions() -> None:
    assert ag.special.psi is ag.digamma
    assert ag.special.expit is ag.sigmoid
    assert ag.special.gammainc is ag.igamma
