"""Running statistics, and layers that refuse what does not fit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd as ag
import nn
import nn.functional as F
from autograd.errors import ShapeError
from tests.nn.parity import loaded

BATCHES = np.random.default_rng(0).standard_normal((4, 5, 3, 4, 2)) * 2 + 1


@pytest.mark.parametrize("momentum", [0.1, 0.7, None])
@pytest.mark.parametrize("name", ["BatchNorm2d", "InstanceNorm2d"])
def test_running_statistics_follow_as_torchs(torch: Any, name: str, momentum: float | None) -> None:
    if name == "InstanceNorm2d" and momentum is None:
        momentum = 0.0
    options = {"momentum": momentum, "affine": True, "track_running_stats": True}
    ours, theirs = getattr(nn, name)(3, **options).double(), getattr(torch.nn, name)(3, **options).double()
    loaded(ours, theirs)
    for x in BATCHES:
        y, z = ours(ag.tensor(x)), theirs(torch.tensor(x))
        np.testing.assert_allclose(y.detach().numpy(), z.detach().numpy(), rtol=1e-8)
    for key, value in theirs.state_dict().items():
        np.testing.assert_allclose(ours.state_dict()[key].numpy(), value.numpy(), rtol=1e-9, err_msg=key)
    y, z = ours.eval()(ag.tensor(BATCHES[0])), theirs.eval()(torch.tensor(BATCHES[0]))
    np.testing.assert_allclose(y.detach().numpy(), z.detach().numpy(), rtol=1e-8)


def test_statistics_follow_outside_the_graph() -> None:
    layer = nn.BatchNorm1d(2)
    x = ag.randn(6, 2, requires_grad=True)
    layer(x)
    layer(x).sum().backward()  # nothing of the graph was written over
    assert not layer.running_mean.requires_grad and not layer.running_var.requires_grad
    assert layer.num_batches_tracked.item() == 2


def test_statistics_also_follow_under_no_grad() -> None:
    layer = nn.BatchNorm1d(2)
    with ag.no_grad():
        layer(ag.ones(6, 2))
    np.testing.assert_allclose(layer.running_mean.numpy(), 0.1, rtol=1e-6)


def test_evaluation_without_statistics_uses_the_batch() -> None:
    layer = nn.BatchNorm1d(2, affine=False, track_running_stats=False).eval()
    np.testing.assert_allclose(layer(ag.tensor([[1.0, 2.0], [3.0, 6.0]])).numpy(), [[-1, -1], [1, 1]], rtol=1e-5)


def test_reset() -> None:
    layer = nn.BatchNorm1d(2)
    layer(ag.randn(6, 2))
    with ag.no_grad():
        layer.weight.fill_(3.0)
    layer.reset_parameters()
    state = {k: v.tolist() for k, v in layer.state_dict().items()}
    assert state == {
        "weight": [1.0, 1.0],
        "bias": [0.0, 0.0],
        "running_mean": [0.0, 0.0],
        "running_var": [1.0, 1.0],
        "num_batches_tracked": 0,
    }


def test_half_precision_keeps_its_dtype() -> None:
    x = ag.randn(4, 3, 2).half()
    layer = nn.BatchNorm1d(3)
    assert layer(x).dtype == layer.eval()(x).dtype == ag.float16
    assert F.rms_norm(x, (2,)).dtype == F.layer_norm(x, (2,)).dtype == ag.float16


def test_group_norm_takes_weight_or_bias_alone() -> None:
    x, w = ag.randn(2, 4, 3), ag.tensor([1.0, 2.0, 3.0, 4.0])
    both = F.group_norm(x, 2, w, ag.zeros(4)).numpy()
    np.testing.assert_allclose(F.group_norm(x, 2, w).numpy(), both, rtol=1e-6)
    shifted = F.group_norm(x, 2, None, w).numpy()
    np.testing.assert_allclose(shifted, F.group_norm(x, 2, ag.ones(4), w).numpy(), rtol=1e-6)


def test_normalize_writes_into_out() -> None:
    out = ag.zeros(1, 2)
    assert F.normalize(ag.tensor([[3.0, 4.0]]), out=out) is out
    np.testing.assert_allclose(out.numpy(), [[0.6, 0.8]], rtol=1e-6)


ERRORS: list[tuple[Any, type[Exception], str]] = [
    (lambda: nn.BatchNorm1d(3)(ag.ones(3)), ShapeError, r"BatchNorm1d: expected input with 2 or 3 axes, got \(3,\)"),
    (lambda: nn.BatchNorm2d(3)(ag.ones(2, 3)), ShapeError, r"BatchNorm2d: expected input with 4 axes, got \(2, 3\)"),
    (lambda: nn.BatchNorm2d(3)(ag.ones(2, 4, 5, 5)), ShapeError, r"batch_norm: expected running_mean of shape \(4,\)"),
    (
        lambda: nn.InstanceNorm1d(3, affine=True)(ag.ones(2, 4, 5)),
        ShapeError,
        r"InstanceNorm1d: expected input with 3 channels, got \(2, 4, 5\)",
    ),
    (lambda: nn.GroupNorm(2, 5), ShapeError, "GroupNorm: expected num_groups that divides 5 channels, got 2"),
]


@pytest.mark.parametrize("call, kind, text", ERRORS)
def test_error(call: Any, kind: type[Exception], text: str) -> None:
    with pytest.raises(kind, match=text):
        call()
