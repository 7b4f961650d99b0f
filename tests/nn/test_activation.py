"""Activations: writing in place, random slopes, samples from softmax."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd as ag
import nn
import nn.functional as F
from autograd.errors import GraphError, ShapeError

IN_PLACE: list[tuple[Any, tuple[Any, ...]]] = [
    (F.relu, ()),
    (F.relu6, ()),
    (F.hardtanh, (-0.5, 0.5)),
    (F.threshold, (0.2, 3.0)),
    (F.leaky_relu, (0.3,)),
    (F.rrelu, ()),
    (F.hardsigmoid, ()),
    (F.hardswish, ()),
    (F.elu, ()),
    (F.selu, ()),
    (F.celu, (0.5,)),
    (F.silu, ()),
    (F.mish, ()),
]


@pytest.mark.parametrize("function, args", IN_PLACE, ids=[f.__name__ for f, _ in IN_PLACE])
def test_in_place_writes_value_and_gradient(function: Any, args: tuple[Any, ...]) -> None:
    values = ag.tensor([-2.0, -0.3, 0.4, 7.0])
    x, z = (values.clone().requires_grad_() for _ in range(2))
    y = function(x * 1, *args)
    t = z * 1
    assert function(t, *args, inplace=True) is t
    np.testing.assert_array_equal(t.detach().numpy(), y.detach().numpy())
    (y * y).sum().backward()
    (t * t).sum().backward()
    np.testing.assert_array_equal(z.grad.numpy(), x.grad.numpy())


def test_in_place_refuses_a_leaf() -> None:
    with pytest.raises(GraphError, match=r"relu_: expected a tensor that may change, got a leaf that requires grad"):
        nn.ReLU(inplace=True)(ag.ones(2, requires_grad=True))


def test_rrelu_draws_a_slope_for_each_element() -> None:
    x = ag.tensor([-1.0] * 500 + [2.0] * 500, requires_grad=True)
    layer = nn.RReLU(0.2, 0.6)
    y = layer(x)
    slopes = -y.detach().numpy()[:500]
    assert (slopes >= 0.2).all() and (slopes < 0.6).all()
    assert abs(slopes.mean() - 0.4) < 0.02
    assert len(set(slopes.tolist())) > 400
    np.testing.assert_array_equal(y.detach().numpy()[500:], 2.0)
    y.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), [*slopes, *[1.0] * 500], rtol=1e-6)
    np.testing.assert_allclose(layer.eval()(x).detach().numpy()[:500], -0.4, rtol=1e-6)


def test_gumbel_softmax_draws_by_probability() -> None:
    logits = ag.tensor([0.1, 0.6, 0.3]).log().expand(4000, 3)
    hard = F.gumbel_softmax(logits, hard=True)
    np.testing.assert_allclose(hard.sum(-1).numpy(), 1, rtol=1e-6)
    np.testing.assert_allclose(hard.mean(0).numpy(), [0.1, 0.6, 0.3], atol=0.03)
    soft = F.gumbel_softmax(logits, tau=0.5)
    np.testing.assert_allclose(soft.sum(-1).numpy(), 1, rtol=1e-5)


def test_hard_samples_have_the_gradient_of_soft_ones() -> None:
    grads = []
    for hard in (False, True):
        ag.manual_seed(3)
        x = ag.tensor([[0.5, -0.2, 0.1]], requires_grad=True)
        (F.gumbel_softmax(x, hard=hard) * ag.tensor([1.0, 2.0, 3.0])).sum().backward()
        grads.append(x.grad.numpy())
    np.testing.assert_allclose(*grads, rtol=1e-5)


@pytest.mark.parametrize("shape, axis", [((), 0), ((3,), 0), ((2, 3), 1), ((2, 3, 4), 0), ((1, 2, 3, 4), 1)])
def test_softmax_without_dim_warns_and_takes_the_old_axis(shape: tuple[int, ...], axis: int) -> None:
    x = ag.randn(*shape)
    with pytest.warns(UserWarning, match="softmax: expected dim=, got None"):
        y = nn.Softmax()(x)
    np.testing.assert_array_equal(y.numpy(), x.softmax(axis).numpy())


def test_softmax_casts_first() -> None:
    x = ag.tensor([1.0, 2.0])
    for function in (F.softmax, F.log_softmax, F.softmin):
        assert function(x, dim=0, dtype=ag.float64).dtype == ag.float64


ERRORS = [
    (lambda: nn.Hardtanh(1, 1), ValueError, "Hardtanh: expected min_val below max_val 1, got 1"),
    (
        lambda: nn.Softmax2d()(ag.ones(2, 3)),
        ShapeError,
        r"Softmax2d: expected input \(N,C,H,W\) or \(C,H,W\), got \(2, 3\)",
    ),
]


@pytest.mark.parametrize("call, kind, text", ERRORS)
def test_error(call: Any, kind: type[Exception], text: str) -> None:
    with pytest.raises(kind, match=text):
        call()


def test_hardtanh_takes_the_old_names() -> None:
    layer = nn.Hardtanh(min_value=-2.0, max_value=3.0)
    assert (layer.min_val, layer.max_val) == (-2.0, 3.0)


def test_integers_stay_integers() -> None:
    x = ag.tensor([-1, 7])
    assert F.relu(x).tolist() == [0, 7] and F.relu6(x).tolist() == [0, 6]
    assert F.relu(x).dtype == F.relu6(x).dtype == ag.int64
