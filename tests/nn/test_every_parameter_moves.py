"""One step of training changes every parameter of every layer: no graph is silently cut, on no backend, in no mode."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import autograd as ag
import nn
import optim
from backends import registry
from backends.reference import Reference
from nn import models
from tests.nn.parity import array, tensors

Inputs = tuple[Any, ...]


def x(*shape: int) -> ag.Tensor:
    return ag.randn(*shape)


def image(channels: int, nd: int) -> ag.Tensor:
    return x(2, channels, *[5] * nd)


def words(*shape: int) -> ag.Tensor:
    return ag.randint(0, 4, shape)


def three(channels: int) -> ag.Tensor:
    return x(4, 2, channels)


def settled(layer: nn.Module, *inputs: ag.Tensor) -> nn.Module:
    """A lazy layer that has seen its first input."""
    layer(*inputs)
    return layer


LAYERS: dict[str, tuple[Callable[[], nn.Module], Callable[[], Inputs]]] = {
    "Linear": (lambda: nn.Linear(3, 4), lambda: (x(2, 3),)),
    "Bilinear": (lambda: nn.Bilinear(3, 4, 2), lambda: (x(2, 3), x(2, 4))),
    "Embedding": (lambda: nn.Embedding(4, 3), lambda: (words(2, 3),)),
    "EmbeddingBag": (lambda: nn.EmbeddingBag(4, 3), lambda: (words(2, 3),)),
    "PReLU": (lambda: nn.PReLU(3), lambda: (x(4, 3, 5),)),
    "LayerNorm": (lambda: nn.LayerNorm(4), lambda: (x(3, 4),)),
    "RMSNorm": (lambda: nn.RMSNorm(4), lambda: (x(3, 4),)),
    "GroupNorm": (lambda: nn.GroupNorm(2, 4), lambda: (x(3, 4, 5),)),
    "SyncBatchNorm": (lambda: nn.SyncBatchNorm(3), lambda: (image(3, 2),)),
    "AdaptiveLogSoftmaxWithLoss": (
        lambda: nn.AdaptiveLogSoftmaxWithLoss(4, 5, [2]),
        lambda: (x(4, 4), ag.tensor([0, 1, 3, 4])),
    ),
    "LazyLinear": (lambda: settled(nn.LazyLinear(4), x(2, 3)), lambda: (x(2, 3),)),
    "RNN": (lambda: nn.RNN(3, 4, num_layers=2, bidirectional=True), lambda: (three(3),)),
    "LSTM": (lambda: nn.LSTM(3, 4, num_layers=2, bidirectional=True, proj_size=2), lambda: (three(3),)),
    "GRU": (lambda: nn.GRU(3, 4, num_layers=2, bidirectional=True), lambda: (three(3),)),
    "RNNBase": (lambda: nn.RNNBase("RNN_RELU", 3, 8), lambda: (three(3),)),
    "RNNCell": (lambda: nn.RNNCell(3, 4), lambda: (x(2, 3), x(2, 4))),
    "LSTMCell": (lambda: nn.LSTMCell(3, 4), lambda: (x(2, 3), (x(2, 4), x(2, 4)))),
    "GRUCell": (lambda: nn.GRUCell(3, 4), lambda: (x(2, 3), x(2, 4))),
    "MultiheadAttention": (
        lambda: nn.MultiheadAttention(4, 2, kdim=3, vdim=5, add_bias_kv=True),
        lambda: (three(4), three(3), three(5)),
    ),
    "TransformerEncoderLayer": (lambda: nn.TransformerEncoderLayer(4, 2, 8), lambda: (three(4),)),
    "TransformerDecoderLayer": (lambda: nn.TransformerDecoderLayer(4, 2, 8), lambda: (three(4), three(4))),
    "TransformerEncoder": (
        lambda: nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, 8, norm_first=True), 2, nn.LayerNorm(4)),
        lambda: (three(4),),
    ),
    "TransformerDecoder": (
        lambda: nn.TransformerDecoder(nn.TransformerDecoderLayer(4, 2, 8, norm_first=True), 2),
        lambda: (three(4), three(4)),
    ),
    "Transformer": (lambda: nn.Transformer(4, 2, 1, 1, 8), lambda: (three(4), three(4))),
    "Sequential": (lambda: nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2)), lambda: (x(8, 3),)),
    "LeNet5": (lambda: models.LeNet5(activation="relu", pooling="max"), lambda: (x(2, 1, 32, 32),)),
}
for n in (1, 2, 3):
    for norm in ("BatchNorm", "InstanceNorm"):
        made = lambda cls=f"{norm}{n}d": getattr(nn, cls)(3, affine=True)
        LAYERS[f"{norm}{n}d"] = made, lambda n=n: (image(3, n),)
        made = lambda cls=f"Lazy{norm}{n}d", n=n: settled(getattr(nn, cls)(affine=True), image(3, n))
        LAYERS[f"Lazy{norm}{n}d"] = made, lambda n=n: (image(3, n),)
    for conv in ("Conv", "ConvTranspose"):
        made = lambda cls=f"{conv}{n}d": getattr(nn, cls)(4, 6, 3, stride=2, groups=2, dilation=1)
        LAYERS[f"{conv}{n}d"] = made, lambda n=n: (image(4, n),)
        made = lambda cls=f"Lazy{conv}{n}d", n=n: settled(getattr(nn, cls)(6, 3, stride=2), image(4, n))
        LAYERS[f"Lazy{conv}{n}d"] = made, lambda n=n: (image(4, n),)
# They compute nothing.
CONTAINERS = {"Module", "ModuleDict", "ModuleList", "ParameterDict", "ParameterList", "RNNCellBase"}


@pytest.fixture(params=["cpu", "reference"])
def backend(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The CPU served by its fast kernels, or by plain NumPy."""
    if request.param == "reference":
        monkeypatch.setitem(registry._backends, ("cpu", 0), Reference(np, name="cpu"))
        monkeypatch.setattr(registry, "_by_type", {})
    return request.param


@pytest.mark.parametrize("training", [True, False], ids=["train", "eval"])
@pytest.mark.parametrize("name", [name for name in LAYERS if hasattr(nn, name) or hasattr(models, name)])
def test_one_step_changes_every_parameter(name: str, training: bool, backend: str) -> None:
    make, inputs = LAYERS[name]
    layer = make().train(training)
    before = {key: array(p).copy() for key, p in layer.named_parameters()}
    optimizer = optim.SGD(layer.parameters(), lr=1.0)
    sum((y * ag.randn(y.shape)).sum() for y in tensors(layer(*inputs())) if y.requires_grad).backward()
    optimizer.step()
    assert before
    for key, p in layer.named_parameters():
        assert p.grad is not None, key
        assert np.isfinite(array(p)).all(), key
        assert (array(p) != before[key]).any(), key


def has_parameters(cls: type[nn.Module]) -> bool:
    """Whether a layer made of the first ints that fit has parameters; True if none fit."""
    for count in range(4):
        try:
            return any(True for _ in cls(*[2] * count).parameters())
        except (TypeError, ValueError):  # sizes that do not fit together
            continue
    return True


def test_no_layer_is_left_out() -> None:
    layers = {name: getattr(nn, name) for name in nn.__all__ if isinstance(getattr(nn, name), type)}
    layers = {name: cls for name, cls in layers.items() if issubclass(cls, nn.Module)}
    left_out = [name for name, cls in layers.items() if name not in LAYERS.keys() | CONTAINERS and has_parameters(cls)]
    assert not left_out, f"add to the table: {', '.join(left_out)}"
