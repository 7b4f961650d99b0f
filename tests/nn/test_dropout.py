"""Dropout: how much is dropped, what is left, gradients through the same mask, and when nothing happens."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd as ag
import nn
import nn.functional as F
from autograd.errors import ShapeError

FUNCTIONS: list[tuple[Any, tuple[int, ...]]] = [
    (F.dropout, (50, 40)),
    (F.dropout1d, (50, 40, 3)),
    (F.dropout2d, (50, 40, 2, 2)),
    (F.dropout3d, (50, 40, 2, 1, 2)),
    (F.alpha_dropout, (50, 40)),
    (F.feature_alpha_dropout, (50, 40, 3)),
]
PLAIN = FUNCTIONS[:4]


def ids(rows: Any) -> list[str]:
    return [row[0].__name__ for row in rows]


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("function, shape", PLAIN, ids=ids(PLAIN))
def test_a_share_is_dropped_and_the_rest_scaled(function: Any, shape: tuple[int, ...], p: float) -> None:
    y = function(ag.ones(*shape), p).numpy()
    assert set(np.unique(y.round(5))) == {0.0, np.float32(1 / (1 - p)).round(5)}
    assert abs((y == 0).mean() - p) < 0.05


@pytest.mark.parametrize("function, shape", [*FUNCTIONS[1:4], FUNCTIONS[5]], ids=ids([*FUNCTIONS[1:4], FUNCTIONS[5]]))
def test_whole_channels_are_dropped(function: Any, shape: tuple[int, ...]) -> None:
    y = function(ag.ones(*shape), 0.5, True).numpy().reshape(*shape[:2], -1)
    assert (y == y[..., :1]).all()
    assert len(np.unique(y.round(4))) == 2


@pytest.mark.parametrize("function, shape", FUNCTIONS, ids=ids(FUNCTIONS))
def test_gradient_goes_through_the_same_mask(function: Any, shape: tuple[int, ...]) -> None:
    x = ag.randn(*shape, requires_grad=True)
    ag.manual_seed(1)
    y = function(x, 0.4, True)
    (g,) = ag.autograd.grad(y.sum(), x, create_graph=True)
    ag.manual_seed(1)
    difference = function(x.detach() + 1, 0.4, True) - y.detach()  # y is a * x + b
    np.testing.assert_allclose(g.detach().numpy(), difference.numpy(), atol=2e-6)
    assert not ag.autograd.grad(y.sum(), x, create_graph=True)[0].requires_grad  # linear in x


@pytest.mark.parametrize("function, shape", FUNCTIONS, ids=ids(FUNCTIONS))
def test_nothing_happens_in_evaluation_or_with_p_zero(function: Any, shape: tuple[int, ...]) -> None:
    x = ag.randn(*shape)
    assert function(x, 0.5, training=False) is x
    assert function(x, 0.0, training=True) is x


@pytest.mark.parametrize("function, shape", PLAIN, ids=ids(PLAIN))
def test_everything_is_dropped_with_p_one(function: Any, shape: tuple[int, ...]) -> None:
    x = ag.randn(*shape, requires_grad=True)
    y = function(x, 1.0)
    y.sum().backward()
    assert not y.detach().numpy().any() and not x.grad.numpy().any()


@pytest.mark.parametrize("function, shape", FUNCTIONS, ids=ids(FUNCTIONS))
def test_a_seed_repeats_the_mask_and_draws_differ(function: Any, shape: tuple[int, ...]) -> None:
    x = ag.ones(*shape)
    ag.manual_seed(5)
    first, second = function(x, 0.5, True).numpy(), function(x, 0.5, True).numpy()
    ag.manual_seed(5)
    np.testing.assert_array_equal(function(x, 0.5, True).numpy(), first)
    assert (first != second).any()


@pytest.mark.parametrize("function, shape", FUNCTIONS, ids=ids(FUNCTIONS))
def test_in_place(function: Any, shape: tuple[int, ...]) -> None:
    ag.manual_seed(5)
    y = function(ag.ones(*shape), 0.5, True)
    ag.manual_seed(5)
    x = ag.ones(*shape)
    assert function(x, 0.5, True, inplace=True) is x
    np.testing.assert_allclose(x.numpy(), y.numpy(), rtol=1e-6)


@pytest.mark.parametrize("function", [F.alpha_dropout, F.feature_alpha_dropout])
def test_alpha_dropout_keeps_mean_and_variance(function: Any) -> None:
    y = function(ag.randn(400, 100), 0.3, True).numpy()
    assert abs(y.mean()) < 0.02
    assert abs(y.var() - 1) < 0.03


def test_two_dimensional_dropout_of_three_axes_is_torchs() -> None:
    y = F.dropout2d(ag.ones(30, 20, 4), 0.5).numpy()
    assert (y == y[..., :1]).all()


LAYERS = ["AlphaDropout", "Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "FeatureAlphaDropout"]


@pytest.mark.parametrize("name", LAYERS)
def test_layers_act_in_training_only(name: str) -> None:
    x = (
        ag.ones(4, 30, 2, 2, 2)
        if name.endswith("3d")
        else ag.ones(4, 30, 2, 2)[..., 0]
        if "1d" in name
        else ag.ones(4, 30, 2, 2)
    )
    layer = getattr(nn, name)(0.5)
    assert (layer(x) != 1).any()
    assert layer.eval()(x) is x


ERRORS: list[tuple[Any, type[Exception], str]] = [
    (lambda: F.dropout(ag.ones(2), 1.5), ValueError, "dropout: expected p from 0 to 1, got 1.5"),
    (lambda: nn.Dropout2d(-1), ValueError, "Dropout2d: expected p from 0 to 1, got -1"),
    (lambda: F.dropout1d(ag.ones(2)), ShapeError, r"dropout1d: expected input with 2 or 3 axes, got \(2,\)"),
    (lambda: F.dropout3d(ag.ones(2, 2)), ShapeError, r"dropout3d: expected input with 4 or 5 axes, got \(2, 2\)"),
    (lambda: F.feature_alpha_dropout(ag.ones(2)), ShapeError, r"feature_alpha_dropout: expected input \(N,C,\*S\)"),
]


@pytest.mark.parametrize("call, kind, text", ERRORS)
def test_error(call: Any, kind: type[Exception], text: str) -> None:
    with pytest.raises(kind, match=text):
        call()
