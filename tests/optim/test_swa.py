"""Averages of models and their learning rate, beside PyTorch's; Adam for tables."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd as ag
import nn
import optim
from autograd.errors import DtypeError
from optim import swa_utils
from tests.nn.parity import array, loaded
from tests.optim.rules import tensor

AVERAGES: list[Any] = [
    lambda u: {},
    lambda u: {"use_buffers": True},
    lambda u: {"avg_fn": lambda a, p, n: 0.3 * a + 0.7 * p},
    lambda u: {"avg_fn": u.get_ema_avg_fn(0.9)},
    lambda u: {"avg_fn": u.get_swa_avg_fn()},
    lambda u: {"multi_avg_fn": u.get_ema_multi_avg_fn(0.9)},
    lambda u: {"multi_avg_fn": u.get_swa_multi_avg_fn(), "use_buffers": False},
]


@pytest.mark.parametrize("how", AVERAGES, ids=range(len(AVERAGES)))
def test_averages_are_torchs(torch: Any, how: Any) -> None:
    theirs = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4)).double()
    ours = loaded(nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4)).double(), theirs)
    mine = swa_utils.AveragedModel(ours, **how(swa_utils))
    other = torch.optim.swa_utils.AveragedModel(theirs, **how(torch.optim.swa_utils))
    rng = np.random.default_rng(0)
    for _ in range(4):
        for p, q in zip([*ours.parameters(), *ours.buffers()], [*theirs.parameters(), *theirs.buffers()], strict=True):
            if q.is_floating_point():
                step = rng.standard_normal(tuple(q.shape))
                p.data, q.data = p.data + ag.tensor(step), q.data + torch.tensor(step)
        mine.update_parameters(ours), other.update_parameters(theirs)
        assert list(mine.state_dict()) == list(other.state_dict())
        for name, value in other.state_dict().items():
            np.testing.assert_allclose(array(mine.state_dict()[name]), value.numpy(), rtol=2e-6, err_msg=name)
    data = [rng.standard_normal((5, 3)) for _ in range(3)]
    swa_utils.update_bn([[ag.tensor(x)] for x in data], mine)
    torch.optim.swa_utils.update_bn([torch.tensor(x) for x in data], other)
    np.testing.assert_allclose(array(mine.module[1].running_var), other.module[1].running_var.numpy(), rtol=2e-6)
    assert mine.module[1].momentum == 0.1 and mine.training


def test_wrong_averages() -> None:
    with pytest.raises(ValueError, match="AveragedModel: expected one of avg_fn and multi_avg_fn, got both"):
        swa_utils.AveragedModel(nn.Linear(1, 1), None, swa_utils.get_swa_avg_fn(), swa_utils.get_swa_multi_avg_fn())
    with pytest.raises(ValueError, match=r"AveragedModel: expected a decay in \[0, 1\], got 2"):
        swa_utils.get_ema_avg_fn(2)
    with pytest.raises(AttributeError, match=r"module 'optim\.swa_utils' has no attribute 'x'"):
        _ = swa_utils.x
    with pytest.raises(ValueError, match='SWALR: expected anneal_strategy "cos" or "linear"'):
        swa_utils.SWALR(optim.SGD([tensor(np.ones(2))]), 0.1, anneal_strategy="x")
    with pytest.raises(ValueError, match="SWALR: expected anneal_epochs of at least 0, got -1"):
        swa_utils.SWALR(optim.SGD([tensor(np.ones(2))]), 0.1, -1)
    swa_utils.update_bn([], nn.Linear(1, 1))


@pytest.mark.parametrize("strategy", ["cos", "linear"])
@pytest.mark.parametrize("epochs", [0, 7, 60])
@pytest.mark.parametrize("rate", [0.01, [0.5, 0.02]])
def test_the_rate_is_torchs(torch: Any, strategy: str, epochs: int, rate: Any) -> None:
    found = []
    for module, make in ((optim, tensor), (torch.optim, lambda a: torch.tensor(a, requires_grad=True))):
        rule = module.SGD([{"params": [make(np.ones(2))]}, {"params": [make(np.ones(1))], "lr": 0.2}], lr=0.1)
        before = module.lr_scheduler.ExponentialLR(rule, 0.9)
        after = module.swa_utils.SWALR(rule, rate, epochs, strategy)
        rates = []
        for i in range(100):
            rule.step()
            (before if i < 20 else after).step()
            rates.append([g["lr"] for g in rule.param_groups])
        found.append(rates)
    np.testing.assert_allclose(found[0], found[1], rtol=1e-12)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("options", [{}, {"lr": 0.1, "betas": (0.8, 0.9), "eps": 1e-3, "maximize": True}])
def test_sparse_adam_is_torchs(torch: Any, options: Any) -> None:
    theirs = torch.nn.Embedding(6, 3, sparse=True).double()
    ours = loaded(nn.Embedding(6, 3, sparse=True).double(), theirs)
    mine, other = optim.SparseAdam(ours.parameters(), **options), torch.optim.SparseAdam(theirs.parameters(), **options)
    rng = np.random.default_rng(0)
    for _ in range(50):
        index, w = rng.integers(0, 6, 3), rng.standard_normal((3, 3))
        for layer, rule, make in ((ours, mine, ag.tensor), (theirs, other, torch.tensor)):
            rule.zero_grad()
            (layer(make(index)) * make(w)).sum().backward()
            rule.step()
        np.testing.assert_allclose(array(ours.weight), theirs.weight.detach().numpy(), rtol=1e-10)
    with pytest.raises(DtypeError, match="SparseAdam: expected real parameters, got a complex one"):
        optim.SparseAdam([tensor(np.ones(2, "complex64"))])
    for wrong, text in (({"lr": 0}, "lr > 0"), ({"eps": 0}, "eps > 0"), ({"betas": (1, 0)}, r"betas in \[0, 1\)")):
        with pytest.raises(ValueError, match=f"SparseAdam: expected {text}, got"):
            optim.SparseAdam(ours.parameters(), **wrong)
