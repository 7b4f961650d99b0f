"""Three training steps of small models of every kind: ``python -m tests.backends.thread_models FILE.npz``.

Writes the losses, the gradients of the last step and which families of kernels ran on all threads, by model. The models
are large enough for that, and small otherwise.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

import autograd as ag
import nn
from backends.cpu.kernels import jit, pool
from optim import SGD, Adam

STEPS = 3
Batch = tuple[Any, Any]


def mlp() -> tuple[Any, Batch]:
    model = nn.Sequential(
        nn.Linear(96, 160), nn.GELU(), nn.Linear(160, 128), nn.Tanh(), nn.Dropout(0.2), nn.Linear(128, 50)
    )
    return model, (ag.randn(256, 96), ag.randint(0, 50, (256,)))


def conv_net() -> tuple[Any, Batch]:
    model = nn.Sequential(
        nn.Conv2d(3, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(3, 2, padding=1),
        nn.Conv2d(16, 32, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(32), nn.ReLU(), nn.AvgPool2d(2),
        nn.Conv2d(32, 40, 1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(160, 10),
    )  # fmt: skip
    return model, (ag.randn(12, 3, 32, 32), ag.randint(0, 10, (12,)))


def depthwise() -> tuple[Any, Batch]:
    layers: list[Any] = [nn.Conv2d(3, 32, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(32), nn.ReLU()]
    for stride in (1, 2):
        layers += [
            nn.Conv2d(32, 32, 3, stride=stride, padding=1, groups=32, bias=False), nn.BatchNorm2d(32), nn.ReLU(),
            nn.Conv2d(32, 32, 1, bias=False), nn.BatchNorm2d(32), nn.ReLU(),
        ]  # fmt: skip
    model = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 10))
    return model, (ag.randn(10, 3, 48, 48), ag.randint(0, 10, (10,)))


def recurrent(kind: Any) -> tuple[Any, Batch]:
    class Characters(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embedding, self.layer, self.head = (
                nn.Embedding(60, 64),
                kind(64, 64, batch_first=True),
                nn.Linear(64, 60),
            )

        def forward(self, x: Any) -> Any:
            return self.head(self.layer(self.embedding(x))[0]).flatten(0, 1)

    return Characters(), (ag.randint(0, 60, (15, 20)), ag.randint(0, 60, (300,)))


def transformer() -> tuple[Any, Batch]:
    class Language(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            layer = nn.TransformerEncoderLayer(64, 4, 128, dropout=0.1, activation="gelu", batch_first=True)
            self.embedding, self.blocks, self.head = (
                nn.Embedding(60, 64),
                nn.TransformerEncoder(layer, 2),
                nn.Linear(64, 60),
            )

        def forward(self, x: Any) -> Any:
            mask = nn.Transformer.generate_square_subsequent_mask(x.shape[1])
            return self.head(self.blocks(self.embedding(x), mask=mask, is_causal=True)).flatten(0, 1)

    return Language(), (ag.randint(0, 60, (7, 48)), ag.randint(0, 60, (336,)))


MODELS: dict[str, Callable[[], tuple[Any, Batch]]] = {
    "mlp": mlp,
    "conv net": conv_net,
    "depthwise": depthwise,
    "lstm": lambda: recurrent(nn.LSTM),
    "gru": lambda: recurrent(nn.GRU),
    "transformer": transformer,
}


def train(model: Any, batch: Batch, rule: Any) -> dict[str, np.ndarray]:
    """Losses of all steps and gradients of the last."""
    losses = []
    for _ in range(STEPS):
        rule.zero_grad()
        loss = nn.functional.cross_entropy(model(batch[0]), batch[1])
        loss.backward()
        rule.step()
        losses.append(loss.item())
    return {"losses": np.array(losses)} | {n: p.grad.numpy() for n, p in model.named_parameters()}


def main(path: str) -> None:
    """Trains every model."""
    wide: set[str] = set()
    chosen = jit.Kernel.__call__

    def recorded(kernel: jit.Kernel, work: int) -> Any:
        function = chosen(kernel, work)
        if pool.shared[0]:
            wide.add(function.py_func.__module__.rpartition(".")[2])
        return function

    jit.Kernel.__call__ = recorded  # type: ignore[method-assign]
    found: dict[str, Any] = {}
    for name, build in MODELS.items():
        wide.clear()
        ag.manual_seed(0)
        model, batch = build()
        momentum = name in ("conv net", "transformer", "gru")
        rule = SGD(model.parameters(), lr=0.02, momentum=0.9) if momentum else Adam(model.parameters(), lr=1e-3)
        found |= {f"{name}/{what}": value for what, value in train(model, batch, rule).items()}
        found[f"{name}/wide"] = np.array(sorted(wide), dtype=str)
    np.savez(path, **found)


if __name__ == "__main__":
    main(sys.argv[1])
