"""Two layers of graph convolution over a sparse adjacency matrix, and attention between neighbours by scatter."""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.nn.modules.module import Module
from torch.nn.parameter import Parameter

NODES = 7


class GraphConvolution(Module):
    def __init__(self, width: int, out: int, bias: bool = True) -> None:
        super().__init__()
        self.weight = Parameter(torch.FloatTensor(width, out))
        if bias:
            self.bias = Parameter(torch.FloatTensor(out))
        else:
            self.register_parameter("bias", None)
        for p in self.parameters():
            p.data.uniform_(-1 / math.sqrt(out), 1 / math.sqrt(out))

    def forward(self, x, adjacency):
        y = torch.spmm(adjacency, torch.mm(x, self.weight))
        return y if self.bias is None else y + self.bias


class Attention(Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.score = nn.Linear(2 * width, 1, bias=False)

    def forward(self, x, edges):
        source, target = edges
        scores = F.leaky_relu(self.score(torch.cat([x[source], x[target]], -1)), 0.2).squeeze(-1)
        top = torch.full((NODES,), -1e9).scatter_reduce(0, target, scores.detach(), reduce="amax")
        weights = (scores - top[target]).exp()
        weights = weights / torch.zeros(NODES).index_add_(0, target, weights)[target]
        return torch.zeros_like(x).index_add_(0, target, weights.unsqueeze(-1) * x[source])


class Network(Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = GraphConvolution(5, 8), GraphConvolution(8, 3, bias=False)
        self.between = Attention(8)

    def forward(self, x, adjacency, edges):
        x = F.relu(self.first(x, adjacency))
        x = F.dropout(x + self.between(x, edges), 0.5, training=False)
        return F.log_softmax(self.second(x, adjacency), dim=1)


def build() -> nn.Module:
    return Network()


def run(model):
    rng = np.random.default_rng(0)
    edges = torch.from_numpy(rng.integers(0, NODES, (2, 15)))
    once = torch.sparse_coo_tensor(edges, torch.ones(15), torch.Size([NODES, NODES])).coalesce()
    degree = torch.sparse.sum(once, dim=1).to_dense()
    scale = degree.clamp(min=1).pow(-0.5)
    source, target = once.indices()
    adjacency = torch.sparse_coo_tensor(once.indices(), once.values() * scale[source] * scale[target], once.shape)
    x, y = (
        torch.from_numpy(rng.standard_normal((NODES, 5)).astype(np.float32)),
        torch.from_numpy(rng.integers(0, 3, NODES)),
    )
    optimizer = torch.optim.Adam(model.parameters(), lr=0.05, weight_decay=5e-4)
    losses = []
    for _ in range(3):
        model.train()
        optimizer.zero_grad()
        loss = F.nll_loss(model(x, adjacency, edges)[:5], y[:5])
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    dense = adjacency.to_dense()
    return [
        *losses,
        model(x, adjacency, edges),
        dense.to_sparse().indices(),
        torch.sparse.softmax(adjacency.coalesce(), dim=1).to_dense(),
        dense.to_sparse_csr() @ x,
        adjacency.t().to_dense(),
    ]
