"""One seed, two devices, one training: the losses agree step by step, and so do the parameters in the end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd as ag
import nn
import optim
from nn import models

Batch = tuple[ag.Tensor, ag.Tensor]


class Characters(nn.Module):
    """An embedding, two layers of LSTM with dropout between them, a head."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(11, 6)
        self.lstm = nn.LSTM(6, 7, num_layers=2, batch_first=True, dropout=0.2)
        self.head = nn.Linear(7, 11)

    def forward(self, x: ag.Tensor) -> ag.Tensor:
        return self.head(self.lstm(self.embedding(x))[0]).flatten(0, 1)


class Language(nn.Module):
    """A small causal transformer."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(11, 8)
        layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.1, activation="gelu", batch_first=True)
        self.blocks = nn.TransformerEncoder(layer, 2)
        self.head = nn.Linear(8, 11)

    def forward(self, x: ag.Tensor) -> ag.Tensor:
        mask = nn.Transformer.generate_square_subsequent_mask(x.shape[1], device=x.device)
        return self.head(self.blocks(self.embedding(x), mask=mask, is_causal=True)).flatten(0, 1)


def images(device: str) -> Batch:
    return ag.randn(4, 1, 32, 32, device=device), ag.randint(0, 10, (4,), device=device)


def text(device: str) -> Batch:
    steps = ag.randint(0, 11, (3, 9), device=device)
    return steps[:, :-1], steps[:, 1:].flatten()


CASES: dict[str, tuple[Callable[[], nn.Module], Callable[[str], Batch], Callable[[Any], optim.Optimizer]]] = {
    "LeNet-5": (lambda: models.LeNet5(pooling="max"), images, lambda p: optim.SGD(p, lr=0.05, momentum=0.9)),
    "LSTM": (Characters, text, lambda p: optim.Adam(p, lr=0.01)),
    # The gradient of a key's bias is 0 but for rounding, which Adam with a small eps would scale up to full steps.
    "transformer": (Language, text, lambda p: optim.AdamW(p, lr=0.01, eps=1e-4)),
}


def train(case: str, device: str, steps: int) -> tuple[list[float], list[np.ndarray]]:
    """Losses, and parameters after the last step."""
    make, batch, rule = CASES[case]
    ag.manual_seed(3)
    model = make().to(device)
    optimizer = rule(model.parameters())
    losses = []
    for _ in range(steps):
        inputs, targets = batch(device)  # drawn on the device: its random numbers are compared, too
        loss = nn.functional.cross_entropy(model(inputs), targets)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        losses.append(loss.item())
    return losses, [p.detach().cpu().numpy() for p in model.parameters()]


@pytest.mark.parametrize("case", CASES)
@pytest.mark.cpu_only("it names both devices itself")
def test_training_is_the_same_on_both_devices(case: str, cuda: Any) -> None:
    here, weights = train(case, "cpu", 6)
    there, others = train(case, "cuda", 6)
    assert here[0] != here[-1]
    np.testing.assert_allclose(there, here, rtol=1e-5)
    for a, b in zip(others, weights, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=2e-5)
