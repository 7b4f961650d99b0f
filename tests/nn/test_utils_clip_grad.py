"""Limits on gradients against PyTorch."""

from __future__ import annotations

import math

import numpy as np
import pytest

import autograd as ag
import nn
from tests.nn.parity import array, assert_same

SHAPES = [(3, 4), (5,), (), (2, 1, 2)]


def parameters(make, module, dtype=None):
    """Parameters with gradients, and one without."""
    out = []
    for shape in SHAPES:
        g = np.random.default_rng(len(shape)).standard_normal(shape).astype("f4")
        p = module(make(np.zeros(shape, "f4")))
        p.grad = make(g)
        out.append(p)
    return [*out, module(make(np.zeros(2, "f4")))]


@pytest.mark.parametrize("norm_type", [2, 2.0, 1, 3.5, 0.5, math.inf, -math.inf])
@pytest.mark.parametrize("max_norm", [0.5, 1e6])
def test_norms_agree_with_torch(torch, norm_type: float, max_norm: float) -> None:
    mine, other = parameters(ag.tensor, nn.Parameter), parameters(torch.tensor, torch.nn.Parameter)
    total = nn.utils.clip_grad_norm_(mine, max_norm, norm_type, foreach=True)
    wanted = torch.nn.utils.clip_grad_norm_(other, max_norm, norm_type)
    assert total.item() == pytest.approx(wanted.item(), rel=1e-5)
    assert total.shape == () and not total.requires_grad
    assert_same([p.grad for p in mine], [p.grad for p in other], rtol=1e-5)


def test_a_clipped_norm_is_the_limit() -> None:
    mine = parameters(ag.tensor, nn.Parameter)
    nn.utils.clip_grad_norm_(iter(mine), 0.5)
    assert nn.utils.get_total_norm([p.grad for p in mine if p.grad is not None]).item() == pytest.approx(0.5, rel=1e-4)


def test_values_agree_with_torch(torch) -> None:
    mine, other = parameters(ag.tensor, nn.Parameter), parameters(torch.tensor, torch.nn.Parameter)
    nn.utils.clip_grad_value_(mine, 0.3)
    torch.nn.utils.clip_grad_value_(other, 0.3)
    assert_same([p.grad for p in mine], [p.grad for p in other])


@pytest.mark.parametrize("bad", [math.nan, math.inf])
@pytest.mark.parametrize("norm_type", [1, 2, math.inf])
def test_norms_that_are_not_finite(bad: float, norm_type: float) -> None:
    p = nn.Parameter(ag.ones(2))
    p.grad = ag.tensor([1.0, bad])
    with pytest.raises(
        RuntimeError, match=r"get_total_norm: expected a finite norm of order .*, got (nan|inf). Skip the step"
    ):
        nn.utils.clip_grad_norm_(p, 1.0, norm_type, error_if_nonfinite=True)
    np.testing.assert_array_equal(array(p.grad), [1.0, bad])
    assert not math.isfinite(nn.utils.clip_grad_norm_(p, 1.0, norm_type).item())
    assert not np.isfinite(array(p.grad)).all()


def test_mixed_dtypes() -> None:
    a, b = nn.Parameter(ag.ones(1)), nn.Parameter(ag.ones(1, dtype=ag.float64))
    a.grad, b.grad = ag.tensor([3.0]), ag.tensor([4.0], dtype=ag.float64)
    assert nn.utils.clip_grad_norm_([a, b], 1.0).item() == pytest.approx(5)
    assert a.grad.item() == pytest.approx(0.6) and b.grad.dtype == ag.float64


def test_no_gradients_at_all() -> None:
    assert nn.utils.clip_grad_norm_([nn.Parameter(ag.ones(1))], 1.0).item() == 0
    assert nn.utils.clip_grad_norm_([], 1.0).item() == 0
    assert nn.utils.get_total_norm(ag.tensor([3.0, 4.0])).item() == 5


def test_a_scaled_gradient_that_a_graph_needs_is_noticed() -> None:
    x = ag.tensor([2.0], requires_grad=True)
    (x * x * x).sum().backward(create_graph=True)
    y = (x.grad * x.grad).sum()
    nn.utils.clip_grad_norm_(x, 0.1)
    with pytest.raises(ag.GraphError, match="clip_grad_norm_ has since modified in place"):
        y.backward()
