"""A small GPT, with the fused attention and with its own: groups of parameters, steps of several batches, sampling."""

from __future__ import annotations

import inspect
import math
from contextlib import nullcontext
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn as nn
from torch.nn import functional as F


@dataclass
class Config:
    length: int = 8
    words: int = 17
    blocks: int = 2
    heads: int = 2
    width: int = 12
    bias: bool = True
    fused: bool = True


class Norm(nn.Module):
    def __init__(self, width: int, bias: bool) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.bias = nn.Parameter(torch.zeros(width)) if bias else None

    def forward(self, x):
        return F.layer_norm(x, self.weight.shape, self.weight, self.bias, 1e-5)


class Attention(nn.Module):
    def __init__(self, c: Config) -> None:
        super().__init__()
        assert c.width % c.heads == 0
        self.heads = c.heads
        self.all = nn.Linear(c.width, 3 * c.width, bias=c.bias)
        self.project = nn.Linear(c.width, c.width, bias=c.bias)
        self.fused = c.fused and hasattr(torch.nn.functional, "scaled_dot_product_attention")
        if not self.fused:
            self.register_buffer("past", torch.tril(torch.ones(c.length, c.length)).view(1, 1, c.length, c.length))

    def forward(self, x):
        n, length, width = x.size()
        q, k, v = (
            t.view(n, length, self.heads, width // self.heads).transpose(1, 2) for t in self.all(x).split(width, dim=2)
        )
        if self.fused:
            y = F.scaled_dot_product_attention(q, k, v, attn_mask=None, dropout_p=0.0, is_causal=True)
        else:
            scores = (q @ k.transpose(-2, -1)) * (1.0 / math.sqrt(k.size(-1)))
            scores = scores.masked_fill(self.past[:, :, :length, :length] == 0, float("-inf"))
            y = F.softmax(scores, dim=-1) @ v
        return self.project(y.transpose(1, 2).contiguous().view(n, length, width))


class Block(nn.Module):
    def __init__(self, c: Config) -> None:
        super().__init__()
        self.first, self.attention, self.second = Norm(c.width, c.bias), Attention(c), Norm(c.width, c.bias)
        self.mlp = nn.Sequential(
            nn.Linear(c.width, 4 * c.width, bias=c.bias), nn.GELU(), nn.Linear(4 * c.width, c.width)
        )

    def forward(self, x):
        x = x + self.attention(self.first(x))
        return x + self.mlp(self.second(x))


class GPT(nn.Module):
    def __init__(self, c: Config) -> None:
        super().__init__()
        self.config = c
        self.body = nn.ModuleDict(
            {
                "words": nn.Embedding(c.words, c.width),
                "places": nn.Embedding(c.length, c.width),
                "blocks": nn.ModuleList([Block(c) for _ in range(c.blocks)]),
                "norm": Norm(c.width, c.bias),
            }
        )
        self.head = nn.Linear(c.width, c.words, bias=False)
        self.body.words.weight = self.head.weight
        self.apply(self._start)

    def _start(self, module: nn.Module) -> None:
        if isinstance(module, (nn.Linear, nn.Embedding)):
            torch.nn.init.normal_(module.weight, mean=0.0, std=0.2)
            if getattr(module, "bias", None) is not None:
                torch.nn.init.zeros_(module.bias)

    def forward(self, ids, targets=None):
        places = torch.arange(0, ids.size(1), dtype=torch.long, device=ids.device)
        x = self.body.words(ids) + self.body.places(places)
        for block in self.body.blocks:
            x = block(x)
        x = self.body.norm(x)
        if targets is None:
            return self.head(x[:, [-1], :]), None
        scores = self.head(x)
        return scores, F.cross_entropy(scores.view(-1, scores.size(-1)), targets.view(-1), ignore_index=-1)

    def optimizer(self, decay: float):
        known = {name: p for name, p in self.named_parameters() if p.requires_grad}
        groups = [
            {"params": [p for p in known.values() if p.dim() >= 2], "weight_decay": decay},
            {"params": [p for p in known.values() if p.dim() < 2], "weight_decay": 0.0},
        ]
        assert "fused" in inspect.signature(torch.optim.AdamW).parameters
        return torch.optim.AdamW(groups, lr=1e-2, betas=(0.9, 0.95))

    @torch.no_grad()
    def generate(self, ids, count: int, temperature: float = 1.0, top_k: int | None = None):
        for _ in range(count):
            scores, _ = self(ids[:, -self.config.length :])
            scores = scores[:, -1, :] / temperature
            if top_k is not None:
                best, _ = torch.topk(scores, min(top_k, scores.size(-1)))
                scores[scores < best[:, [-1]]] = -float("Inf")
            chosen = torch.multinomial(F.softmax(scores, dim=-1), num_samples=1)
            ids = torch.cat((ids, chosen), dim=1)
        return ids


def build() -> nn.Module:
    return nn.ModuleList([GPT(Config()), GPT(Config(fused=False, bias=False))])


def run(models):
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    data = rng.integers(0, 17, 100).astype(np.uint16)
    results = []
    for model in models:
        optimizer = model.optimizer(0.1)
        for step in range(2):
            for group in optimizer.param_groups:
                group["lr"] = 1e-2 * (1 - step / 10)
            for _ in range(2):
                at = rng.integers(0, 90, 3)
                x, y = (
                    torch.stack([torch.from_numpy(data[i + j : i + j + 8].astype(np.int64)) for i in at])
                    for j in (0, 1)
                )
                with nullcontext():
                    _, loss = model(x, y)
                (loss / 2).backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            results.append(loss)
        model.eval()
        longer = model.generate(x[:1, :3], 8, temperature=0.8, top_k=5)
        assert longer.shape == (1, 11)
        assert torch.equal(longer[:, :3], x[:1, :3])
        results.append(model(x)[0])
    return results
