"""Layers that wait for their first input, beside PyTorch's and beside the layers that they become."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

import autograd as ag
import nn
import optim
from autograd.errors import ShapeError
from nn.modules.lazy import LazyModuleMixin
from nn.parameter import is_lazy

S = {1: (2, 4, 6), 2: (2, 4, 6, 5), 3: (2, 4, 4, 5, 3)}
LAYERS: list[Any] = [
    ("LazyLinear", (3,), {}, (2, 5)),
    ("LazyLinear", (3, False), {}, (2, 3, 5)),
    *((f"LazyConv{nd}d", (6, 2), {"stride": 2, "groups": 2}, S[nd]) for nd in (1, 2, 3)),
    *((f"LazyConvTranspose{nd}d", (6, 2), {"groups": 2, "bias": nd != 2}, S[nd]) for nd in (1, 2, 3)),
    *((f"LazyBatchNorm{nd}d", (), {"eps": 0.1}, S[nd]) for nd in (1, 2, 3)),
    *((f"LazyInstanceNorm{nd}d", (), {"affine": nd != 2}, S[nd]) for nd in (1, 2, 3)),
]
by_layer = pytest.mark.parametrize(
    "name, args, kwargs, shape", LAYERS, ids=[f"{i}-{x[0]}" for i, x in enumerate(LAYERS)]
)


@by_layer
@pytest.mark.filterwarnings("ignore:Lazy modules are a new feature:UserWarning")
def test_lazy_layer_is_torchs(torch: Any, name: str, args: Any, kwargs: Any, shape: Any) -> None:
    ours, theirs = getattr(nn, name)(*args, **kwargs), getattr(torch.nn, name)(*args, **kwargs)
    assert repr(ours) == repr(theirs) and list(ours.state_dict()) == list(theirs.state_dict())
    assert [is_lazy(p) for p in ours.parameters()] == [True] * len(list(theirs.parameters()))
    x = np.random.default_rng(0).standard_normal(shape).astype("float32")
    theirs(torch.tensor(x))
    fresh = getattr(nn, name)(*args, **kwargs)
    y = ours(ag.tensor(x))
    assert repr(ours) == repr(theirs) and type(ours) is getattr(nn, name.removeprefix("Lazy"))
    shapes = [(k, tuple(v.shape)) for k, v in ours.state_dict().items()]
    assert shapes == [(k, tuple(v.shape)) for k, v in theirs.state_dict().items()]
    assert all(type(p) is nn.Parameter for p in ours.parameters())
    if y.requires_grad:
        y.sum().backward()
    fresh.load_state_dict(ours.state_dict())  # gives the shapes, too
    assert not fresh.has_uninitialized_params()
    np.testing.assert_array_equal(
        fresh.eval()(ag.tensor(x)).detach().numpy(), ours.eval()(ag.tensor(x)).detach().numpy()
    )
    assert repr(fresh) == repr(ours)


def test_a_lazy_model_trains() -> None:
    model = nn.Sequential(nn.LazyConv2d(4, 3), nn.LazyBatchNorm2d(), nn.ReLU(), nn.Flatten(), nn.LazyLinear(2))
    model = pickle.loads(pickle.dumps(copy.deepcopy(model).double()))
    rule = optim.SGD(model.parameters(), lr=0.1)
    x = ag.rand(2, 3, 5, 5, dtype=ag.float64)
    model(x).sum().backward()
    before = model[4].weight.detach().clone()
    rule.step()
    assert model[4].weight.dtype == ag.float64 and not ag.equal(before, model[4].weight.detach())
    empty = nn.LazyLinear(2)
    empty.load_state_dict(nn.LazyLinear(2).state_dict())
    assert empty.has_uninitialized_params()


def test_what_cannot_be_inferred() -> None:
    with pytest.raises(ShapeError, match=r"LazyConv2d: expected input with 3 or 4 axes, got \(2, 3\)"):
        nn.LazyConv2d(4, 3)(ag.ones(2, 3))
    with pytest.raises(
        ValueError, match="LazyConv1d: expected groups that divide 3 input and 4 output channels, got 2"
    ):
        nn.LazyConv1d(4, 1, groups=2)(ag.ones(1, 3, 5))

    class Forgetful(LazyModuleMixin):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.UninitializedParameter()

        def initialize_parameters(self, x: Any) -> None: ...

    with pytest.raises(
        RuntimeError, match=r"Forgetful: expected initialize_parameters.* to give every parameter a shape"
    ):
        Forgetful()(ag.ones(1))
    with pytest.raises(
        NotImplementedError, match="LazyModuleMixin: expected the class to define initialize_parameters"
    ):
        LazyModuleMixin()(ag.ones(1))


# -- other layers with more than a function behind them ------------------------------------------------------------------
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_adaptive_softmax_is_torchs(torch: Any) -> None:
    how = {"in_features": 16, "n_classes": 20, "cutoffs": [5, 10], "div_value": 2.0, "head_bias": True}
    theirs = torch.nn.AdaptiveLogSoftmaxWithLoss(**how).double()
    ours = nn.AdaptiveLogSoftmaxWithLoss(**how).double()
    assert repr(ours) == repr(theirs)
    ours.load_state_dict({k: ag.tensor(v.numpy()) for k, v in theirs.state_dict().items()})
    rng = np.random.default_rng(0)
    x, t = rng.standard_normal((6, 16)), np.array([0, 4, 5, 9, 10, 19])
    a, b = ag.tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    mine, other = ours(a, ag.tensor(t)), theirs(b, torch.tensor(t))
    np.testing.assert_allclose(mine.output.detach().numpy(), other.output.detach().numpy(), rtol=1e-9)
    mine.loss.backward(), other.loss.backward()
    np.testing.assert_allclose(a.grad.numpy(), b.grad.numpy(), rtol=1e-9, atol=1e-12)
    for (name, p), q in zip(ours.named_parameters(), theirs.parameters(), strict=True):
        np.testing.assert_allclose(p.grad.numpy(), q.grad.numpy(), rtol=1e-9, atol=1e-12, err_msg=name)
    np.testing.assert_allclose(ours.log_prob(a).detach().numpy(), theirs.log_prob(b).detach().numpy(), rtol=1e-9)
    assert ours.predict(a).tolist() == theirs.predict(b).tolist()
    assert ours(a[0], ag.tensor(7)).output.shape == ()
    with pytest.raises(IndexError, match=r"expected targets in \[0, 19\], got numbers from 0 to 20"):
        ours(a[:2], ag.tensor([0, 20]))
    with pytest.raises(ShapeError, match=r"expected input \(N,F\) and target"):
        ours(a, ag.tensor([0]))
    with pytest.raises(ValueError, match=r"expected cutoffs that rise within \[1, 19\], got \[10, 5\]"):
        nn.AdaptiveLogSoftmaxWithLoss(16, 20, [10, 5])


def test_one_process_has_all_of_the_batch() -> None:
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Sequential(nn.BatchNorm1d(3, affine=False)))
    plain = copy.deepcopy(model)
    made = nn.SyncBatchNorm.convert_sync_batchnorm(model)
    assert type(made[1]) is type(made[2][0]) is nn.SyncBatchNorm and list(made.state_dict()) == list(plain.state_dict())
    x = ag.rand(2, 1, 5, 5)
    assert ag.equal(made[1](made[0](x)), plain[1](plain[0](x)))
    for wrapper in (nn.DataParallel, nn.parallel.DistributedDataParallel):
        outer = wrapper(plain[:2])
        assert ag.equal(outer(x), plain[1](plain[0](x)))
        assert next(iter(outer.state_dict())) == "module.0.weight" and outer.module[0] is plain[0]


def test_bags_of_embeddings() -> None:
    layer = nn.EmbeddingBag.from_pretrained(ag.arange(6.0).reshape(3, 2), mode="sum", padding_idx=-1)
    assert layer(ag.tensor([[0, 1], [1, 2]])).tolist() == [[2, 4], [2, 3]] and not layer.weight.requires_grad
    assert repr(layer) == "EmbeddingBag(3, 2, mode='sum', padding_idx=2)"
    with pytest.raises(IndexError, match="EmbeddingBag: expected padding_idx below 3 rows, got 3"):
        nn.EmbeddingBag(3, 2, padding_idx=3)
    with pytest.raises(ShapeError, match=r"EmbeddingBag: expected weight of shape \(3, 2\), got \(2, 2\)"):
        nn.EmbeddingBag(3, 2, _weight=ag.ones(2, 2))
