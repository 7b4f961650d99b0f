"""A language model on LSTM, GRU and RNN: tied weights, hidden states carried over, gradients clipped, steps by hand."""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

WORDS, WIDTH, STEPS = 13, 6, 4


class LanguageModel(nn.Module):
    def __init__(self, kind: str, layers: int = 2, tied: bool = True) -> None:
        super().__init__()
        self.kind, self.layers = kind, layers
        self.drop = nn.Dropout(0.0)
        self.words = nn.Embedding(WORDS, WIDTH)
        if kind in ("LSTM", "GRU"):
            self.cells = getattr(nn, kind)(WIDTH, WIDTH, layers, dropout=0.0)
        else:
            self.cells = nn.RNN(WIDTH, WIDTH, layers, nonlinearity=kind)
        self.scores = nn.Linear(WIDTH, WORDS)
        if tied:
            self.scores.weight = self.words.weight
        nn.init.uniform_(self.words.weight, -0.1, 0.1)
        nn.init.zeros_(self.scores.bias)

    def forward(self, ids, hidden):
        y, hidden = self.cells(self.drop(self.words(ids)), hidden)
        return F.log_softmax(self.scores(self.drop(y)).view(-1, WORDS), dim=1), hidden

    def start(self, batch: int):
        zeros = next(self.parameters()).new_zeros(self.layers, batch, WIDTH)
        return (zeros, zeros.clone()) if self.kind == "LSTM" else zeros


def apart(hidden):
    return hidden.detach() if isinstance(hidden, torch.Tensor) else tuple(map(apart, hidden))


def build() -> nn.Module:
    return nn.ModuleDict({kind: LanguageModel(kind, tied=kind != "GRU") for kind in ("LSTM", "GRU", "tanh", "relu")})


def run(models):
    text = torch.from_numpy(np.random.default_rng(0).integers(0, WORDS, 60))
    batches = text.narrow(0, 0, 57).view(3, -1).t().contiguous()
    lost = nn.NLLLoss()
    results = []
    for model in models.values():
        model.train()
        hidden = model.start(3)
        for i in range(0, batches.size(0) - 1, STEPS):
            length = min(STEPS, len(batches) - 1 - i)
            model.zero_grad()
            y, hidden = model(batches[i : i + length], apart(hidden))
            loss = lost(y, batches[i + 1 : i + 1 + length].view(-1))
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 0.25)
            for p in model.parameters():
                p.data.add_(p.grad, alpha=-2.0)
            results.append(math.exp(loss.item()))
    return results
