"""Losses at their limits: large logits, sure probabilities, nothing to learn from; old arguments and warnings."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd as ag
import nn
import nn.functional as F


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("scale", [1e2, 1e4])
def test_large_logits_give_finite_losses_and_gradients(dtype: str, scale: float) -> None:
    x = ag.tensor(np.array([[scale, -scale, 0.0], [-scale, scale, scale]], dtype), requires_grad=True)
    t = ag.tensor([1, 0])
    soft = x.detach().softmax(1)
    losses = [
        F.cross_entropy(x, t),
        F.cross_entropy(x, t, label_smoothing=0.1),
        F.cross_entropy(x, soft),
        F.nll_loss(x.log_softmax(1), t),
        F.binary_cross_entropy_with_logits(x, soft),
        F.binary_cross_entropy_with_logits(x, soft, pos_weight=ag.tensor(np.array([2.0], dtype))),
        F.multilabel_soft_margin_loss(x, soft),
        F.soft_margin_loss(x, ag.sign(x).detach()),
        F.kl_div(x.log_softmax(1), soft, reduction="sum"),
    ]
    for loss in losses:
        (g,) = ag.autograd.grad(loss, x, create_graph=True)
        (h,) = ag.autograd.grad((g * g).sum(), x, allow_unused=True)
        assert np.isfinite(loss.item()) and np.isfinite(g.detach().numpy()).all()
        assert h is None or np.isfinite(h.numpy()).all()


def test_sure_probabilities_are_torchs(torch: Any) -> None:
    x, t = np.array([0.0, 1.0, 0.0, 1.0, 0.3]), np.array([0.0, 0.0, 1.0, 1.0, 1.0])
    a, b = ag.tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    y = F.binary_cross_entropy(a, ag.tensor(t), reduction="none")
    z = torch.nn.functional.binary_cross_entropy(b, torch.tensor(t), reduction="none")
    np.testing.assert_allclose(y.detach().numpy(), z.detach().numpy(), rtol=1e-12)
    y.sum().backward()
    z.sum().backward()
    np.testing.assert_allclose(a.grad.numpy(), b.grad.numpy(), rtol=1e-7)


def test_the_mean_of_nothing_is_nan() -> None:
    x = ag.randn(2, 3, requires_grad=True)
    for function in (F.cross_entropy, F.nll_loss):
        loss = function(x, ag.tensor([-100, -100]))
        assert np.isnan(loss.item())
    assert F.cross_entropy(x, ag.tensor([-100, -100]), reduction="sum").item() == 0


@pytest.mark.parametrize("function", [F.mse_loss, F.l1_loss, F.huber_loss, F.smooth_l1_loss])
def test_a_target_that_broadcasts_is_warned_of(function: Any) -> None:
    with pytest.warns(
        UserWarning, match=rf"{function.__name__}: expected target of the input's shape \(3,\), got \(3, 1\)"
    ):
        assert function(ag.zeros(3), ag.ones(3, 1), reduction="none").shape == (3, 3)


OLD = [
    ({}, "mean"),
    ({"size_average": False}, "sum"),
    ({"size_average": True}, "mean"),
    ({"reduce": False}, "none"),
    ({"reduce": True, "size_average": False}, "sum"),
    ({"reduction": "sum"}, "sum"),
    ({"reduction": "sum", "reduce": False}, "none"),
]


@pytest.mark.parametrize("arguments, reduction", OLD)
def test_old_arguments_of_layers(arguments: dict[str, Any], reduction: str) -> None:
    assert nn.MSELoss(**arguments).reduction == reduction
    assert nn.CrossEntropyLoss(**arguments).reduction == reduction


def test_weights_are_buffers() -> None:
    loss = nn.CrossEntropyLoss(weight=ag.tensor([1.0, 2.0]))
    assert list(loss.state_dict()) == ["weight"] and not list(loss.parameters())
    assert loss.double().weight.dtype == ag.float64
    assert list(nn.BCEWithLogitsLoss(pos_weight=ag.ones(2)).state_dict()) == ["pos_weight"]


@pytest.mark.parametrize("dtype", ["uint8", "int32", "int64"])
def test_classes_of_any_integer_dtype(dtype: str) -> None:
    x = ag.tensor([[0.0, 1.0], [2.0, 0.0]])
    loss = F.cross_entropy(x, ag.tensor([1, 0]).to(dtype))
    assert loss.item() == pytest.approx(0.2200, abs=1e-4)


def test_reduction_is_checked_when_called() -> None:
    with pytest.raises(ValueError, match='l1_loss: expected reduction "mean", "sum" or "none", got \'avg\''):
        nn.L1Loss(reduction="avg")(ag.ones(2), ag.ones(2))


def test_a_confident_row_keeps_its_digits() -> None:
    logits = ag.tensor([[9.0, 0.0], [1e4, 1e4]])
    losses = F.cross_entropy(logits, ag.tensor([0, 0]), reduction="none")
    np.testing.assert_allclose(losses.numpy(), [np.log1p(np.exp(-9.0)), np.log(2)], rtol=1e-3)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("shape", [(3, 7), (6, 10), (40,), (2, 3, 5)], ids=str)
def test_maps_of_classes_as_rows_of_classes(shape: tuple[int, ...], reduction: str, weighted: bool) -> None:
    """Whatever the layout: channels first, channels last, and the (N,T,C) of language models transposed."""
    rng = np.random.default_rng(0)
    x, t = rng.normal(size=(4, 5, *shape)), ag.tensor(rng.integers(0, 5, (4, *shape)))
    weight = ag.tensor(rng.uniform(size=5)) if weighted else None
    how: dict[str, Any] = {"weight": weight, "reduction": reduction, "ignore_index": 2, "label_smoothing": 0.1}
    rows = ag.tensor(np.moveaxis(x, 1, -1).reshape(-1, 5), requires_grad=True)
    first, last = ag.tensor(x, requires_grad=True), ag.tensor(np.moveaxis(x, 1, -1).copy(), requires_grad=True)
    expected = F.cross_entropy(rows, t.reshape(-1), **how)
    g = ag.tensor(rng.normal(size=expected.shape))
    expected.backward(g)
    for leaf, logits in ((first, first), (last, last.movedim(-1, 1))):
        loss = F.cross_entropy(logits, t, **how)
        np.testing.assert_allclose(loss.numpy(force=True).ravel(), expected.numpy(force=True).ravel(), rtol=1e-12)
        loss.backward(g.reshape(loss.shape))
        gx = leaf.grad.movedim(1, -1) if leaf is first else leaf.grad
        np.testing.assert_allclose(gx.numpy().reshape(-1, 5), rows.grad.numpy(), rtol=1e-9, atol=1e-15)


def test_a_confident_map_keeps_its_digits() -> None:
    logits = ag.tensor([9.0, 0.0]).reshape(1, 2, 1).expand(1, 2, 20)
    losses = F.cross_entropy(logits, ag.zeros(1, 20, dtype=ag.int64), reduction="none")
    np.testing.assert_allclose(losses.numpy(), np.log1p(np.exp(-9.0)), rtol=1e-3)
