"""A Transformer from sequences to sequences: padding, masks of both kinds, greedy decoding."""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn as nn
from torch import Tensor
from torch.nn import Transformer
from torch.nn.utils.rnn import pad_sequence

PAD, BEGIN, END = 1, 2, 3


class Places(nn.Module):
    def __init__(self, width: int, longest: int = 20) -> None:
        super().__init__()
        rate = torch.exp(-torch.arange(0, width, 2) * math.log(10000) / width)
        place = torch.arange(0, longest).reshape(longest, 1)
        table = torch.zeros((longest, width))
        table[:, 0::2] = torch.sin(place * rate)
        table[:, 1::2] = torch.cos(place * rate)
        self.register_buffer("table", table.unsqueeze(-2))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.table[: x.size(0), :]


class Translator(nn.Module):
    def __init__(self, sources: int, targets: int, width: int = 8) -> None:
        super().__init__()
        self.scale = math.sqrt(width)
        self.source, self.target = nn.Embedding(sources, width), nn.Embedding(targets, width)
        self.places = Places(width)
        self.transformer = Transformer(width, 2, 1, 1, dim_feedforward=12, dropout=0.0)
        self.words = nn.Linear(width, targets)

    def forward(self, source, target, source_mask, target_mask, source_pads, target_pads):
        x = self.places(self.source(source.long()) * self.scale)
        y = self.places(self.target(target.long()) * self.scale)
        return self.words(self.transformer(x, y, source_mask, target_mask, None, source_pads, target_pads, source_pads))

    def encode(self, source, mask):
        return self.transformer.encoder(self.places(self.source(source) * self.scale), mask)

    def decode(self, target, memory, mask):
        return self.transformer.decoder(self.places(self.target(target) * self.scale), memory, mask)


def later(length: int) -> Tensor:
    allowed = (torch.triu(torch.ones((length, length))) == 1).transpose(0, 1)
    return allowed.float().masked_fill(allowed == 0, float("-inf")).masked_fill(allowed == 1, 0.0)


def build() -> nn.Module:
    model = Translator(14, 15)
    for p in model.parameters():
        if p.dim() > 1:
            nn.init.xavier_uniform_(p)
    return model


def run(model):
    rng = np.random.default_rng(0)

    def sentences(words: int) -> Tensor:
        bodies = [torch.tensor(rng.integers(4, words, n)) for n in (5, 3, 4)]
        return pad_sequence(
            [torch.cat((torch.tensor([BEGIN]), b, torch.tensor([END]))) for b in bodies], padding_value=PAD
        )

    source, target = sentences(14), sentences(15)
    lost = torch.nn.CrossEntropyLoss(ignore_index=PAD)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2, betas=(0.9, 0.98), eps=1e-9)
    results = []
    model.train()
    for _ in range(3):
        given, wanted = target[:-1, :], target[1:, :]
        open_mask = torch.zeros((len(source), len(source))).type(torch.bool)
        pads = [(t == PAD).transpose(0, 1) for t in (source, given)]
        scores = model(source, given, open_mask, later(len(given)), *pads)
        loss = lost(scores.reshape(-1, scores.shape[-1]), wanted.reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        results.append(loss.item())
    model.eval()
    memory = model.encode(source[:, :1], torch.zeros(len(source), len(source)).type(torch.bool))
    said = torch.ones(1, 1).fill_(BEGIN).type(torch.long)
    for _ in range(4):
        y = model.decode(said, memory, later(said.size(0)).type(torch.bool)).transpose(0, 1)
        _, word = torch.max(model.words(y[:, -1]), dim=1)
        said = torch.cat([said, torch.ones(1, 1).type_as(source.data).fill_(word.item())], dim=0)
    return [*results, said.flatten()]
