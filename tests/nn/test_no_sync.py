"""A training step never waits for the GPU: no result is read, and nothing is copied to the host."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

import autograd as ag
import nn
import nn.functional as F
import optim
from tests.devices import real_cupy

pytestmark = pytest.mark.skipif(real_cupy() is not None, reason="only the double of CuPy tells when it is waited for")

Step = Callable[[], ag.Tensor]  # the loss of a batch


class Convnet(nn.Module):
    """Reflected borders, dilation, two normalizations, a residual sum, resizing, pooling, dropout."""

    def __init__(self) -> None:
        super().__init__()
        conv = nn.Conv2d(3, 8, 3, padding=1, padding_mode="reflect")
        self.first = nn.Sequential(conv, nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2))
        self.second = nn.Sequential(nn.Conv2d(8, 8, 3, padding=2, dilation=2), nn.GroupNorm(2, 8), nn.GELU())
        resized = nn.Upsample(scale_factor=2, mode="bilinear"), nn.AdaptiveAvgPool2d(1)
        self.last = nn.Sequential(*resized, nn.Flatten(), nn.Dropout(0.5), nn.Linear(8, 4))

    def forward(self, x: ag.Tensor) -> ag.Tensor:
        x = self.first(x)
        return self.last(x + self.second(x))


class Reader(nn.Module):
    """An embedding, a recurrent network or a transformer, and a class for each token."""

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.embedding, self.body, self.head = nn.Embedding(11, 8, padding_idx=0), body, nn.Linear(8, 11)

    def forward(self, tokens: ag.Tensor) -> ag.Tensor:
        y = self.body(self.embedding(tokens))
        return self.head(y[0] if isinstance(y, tuple) else y).flatten(0, 1)


def convnet() -> tuple[nn.Module, Step]:
    model, x, target = Convnet(), ag.randn(4, 3, 12, 12), ag.randint(0, 4, (4,))
    return model, lambda: F.cross_entropy(model(x), target, label_smoothing=0.1)


def channels_last_convnet() -> tuple[nn.Module, Step]:
    model, x, target = Convnet(), ag.randn(4, 3, 12, 12), ag.randint(0, 4, (4,))
    model, x = model.to(memory_format=ag.channels_last), x.to(memory_format=ag.channels_last)
    return model, lambda: F.cross_entropy(model(x), target)


def reader(body: nn.Module) -> tuple[nn.Module, Step]:
    model, tokens = Reader(body), ag.randint(0, 11, (3, 6))
    return model, lambda: F.cross_entropy(model(tokens[:, :-1]), tokens[:, 1:].flatten(), ignore_index=0)


def transformer() -> tuple[nn.Module, Step]:
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, activation="gelu", norm_first=True)
    mask = nn.Transformer.generate_square_subsequent_mask(5)

    class Causal(nn.TransformerEncoder):
        def forward(self, src: ag.Tensor) -> ag.Tensor:  # type: ignore[override]
            return super().forward(src, mask=mask, is_causal=True)

    return reader(Causal(layer, 2))


def selections() -> tuple[nn.Module, Step]:
    """Positions in tensors, whose range is looked at on the device, and numbers that are written."""
    model, index = nn.Linear(4, 6), ag.randint(0, 6, (5, 3))

    def step() -> ag.Tensor:
        x = model(ag.ones(5, 4))
        parts = [x.gather(1, index), x.index_select(1, index[0]), x[index[:3, 0] % 5], x.take_along_dim(index, 1)]
        more = [x.scatter_add(1, index, parts[0]), x.index_add(1, index[0], parts[0]), x.scatter(1, index[:1], 0.0)]
        parts[0][0] = 1.5
        parts[1][index[:2, 0] % 5] = ag.tensor(2.0)
        return sum((part**2).mean() for part in (*parts, *more))  # type: ignore[return-value]

    return model, step


MODELS: dict[str, Callable[[], tuple[nn.Module, Step]]] = {
    "convnet": convnet,
    "channels-last convnet": channels_last_convnet,
    "lstm": lambda: reader(nn.LSTM(8, 8, num_layers=2, dropout=0.2, batch_first=True)),
    "gru": lambda: reader(nn.GRU(8, 4, bidirectional=True, batch_first=True)),
    "transformer": transformer,
    "selections": selections,
}
RULES: dict[str, Callable[[Any], Any]] = {
    "sgd": lambda parameters: optim.SGD(parameters, lr=0.01, momentum=0.9, weight_decay=1e-4),
    "adam": lambda parameters: optim.Adam(parameters, amsgrad=True),
    "adamw": lambda parameters: optim.AdamW(parameters, lr=1e-3),
    "rmsprop": lambda parameters: optim.RMSprop(parameters, momentum=0.5),
    "adagrad": lambda parameters: optim.Adagrad(parameters),
    "adadelta": lambda parameters: optim.Adadelta(parameters),
    "adafactor": lambda parameters: optim.Adafactor(parameters),
    "adamax": lambda parameters: optim.Adamax(parameters),
    "asgd": lambda parameters: optim.ASGD(parameters),
    "nadam": lambda parameters: optim.NAdam(parameters),
    "radam": lambda parameters: optim.RAdam(parameters),
    "rprop": lambda parameters: optim.Rprop(parameters),
    "muon": lambda parameters: optim.Muon([p for p in parameters if p.ndim == 2]),
}


@pytest.fixture
def on_the_gpu(cuda: Any) -> Iterator[None]:
    default = ag.get_default_device()
    ag.set_default_device("cuda")
    yield
    ag.set_default_device(default)


def assert_no_waiting(model: nn.Module, loss: Step, optimizer: Any) -> None:
    """Two steps that may compile and make tables, then one that must not wait."""
    from tests.cupy_double import forbid_sync, recording

    scheduler = optim.lr_scheduler.StepLR(optimizer, 1, 0.9)
    before = [p.detach().clone() for p in model.parameters()]

    def step() -> ag.Tensor:
        optimizer.zero_grad()
        value = loss()
        value.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        scheduler.step()
        return value.detach()

    step()
    step()
    with forbid_sync(), recording() as entries:
        value = step()
    assert {entry.kind for entry in entries} >= {"launch"}
    assert [entry.what for entry in entries if entry.kind in ("sync", "d2h")] == []
    assert value.isfinite().item()
    assert any(not ag.equal(p, q) for p, q in zip(model.parameters(), before, strict=True))


@pytest.mark.parametrize("model", MODELS)
def test_models(model: str, on_the_gpu: None) -> None:
    network, loss = MODELS[model]()
    assert_no_waiting(network, loss, optim.SGD(network.parameters(), lr=0.1))


@pytest.mark.parametrize("rule", RULES)
def test_optimizers(rule: str, on_the_gpu: None) -> None:
    network, x = nn.Linear(3, 2), ag.randn(4, 3)
    assert_no_waiting(network, lambda: (network(x) ** 2).mean(), RULES[rule](network.parameters()))
