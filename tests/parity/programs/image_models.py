"""Parts of image networks: recomputed dense blocks, grouped and depthwise convolutions with gates, shifted windows."""

from __future__ import annotations

from collections import OrderedDict, namedtuple
from collections.abc import Callable
from functools import partial

import numpy as np
import torch
import torch.fx
import torch.nn as nn
import torch.nn.functional as F
import torch.utils.checkpoint as cp
from torch import Tensor

Outputs = namedtuple("Outputs", ["scores", "side"])
Outputs.__annotations__ = {"scores": Tensor, "side": Tensor | None}


class DenseLayer(nn.Module):
    def __init__(self, channels: int, growth: int, recompute: bool) -> None:
        super().__init__()
        self.norm, self.relu = nn.BatchNorm2d(channels), nn.ReLU(inplace=True)
        self.conv = nn.Conv2d(channels, growth, kernel_size=3, padding=1, bias=False)
        self.recompute = recompute

    def joined(self, *parts: Tensor) -> Tensor:
        return self.conv(self.relu(self.norm(torch.cat(parts, 1))))

    @torch.jit.unused
    def again(self, parts: list[Tensor]) -> Tensor:
        return cp.checkpoint(self.joined, *parts, use_reentrant=False)

    @torch.jit._overload_method
    def forward(self, x: list[Tensor]) -> Tensor: ...

    def forward(self, x: Tensor) -> Tensor:  # noqa: F811
        parts = [x] if isinstance(x, Tensor) else x
        if self.recompute and any(t.requires_grad for t in parts) and not torch.jit.is_scripting():
            return self.again(parts)
        return self.joined(*parts)


class DenseBlock(nn.ModuleDict):
    def __init__(self, channels: int, growth: int, count: int, recompute: bool) -> None:
        super().__init__()
        for i in range(count):
            self.add_module(f"layer{i + 1}", DenseLayer(channels + i * growth, growth, recompute))

    def forward(self, x: Tensor) -> Tensor:
        parts = [x]
        for layer in self.values():
            parts.append(layer(parts))
        return torch.cat(parts, 1)


NORM = partial(nn.BatchNorm2d, eps=1e-3, momentum=0.01)


class ConvNorm(nn.Sequential):
    def __init__(
        self,
        inputs: int,
        outputs: int,
        size: int = 3,
        groups: int = 1,
        norm: Callable[..., nn.Module] = NORM,
        act: Callable[..., nn.Module] | None = nn.ReLU6,
    ) -> None:
        layers = OrderedDict(conv=nn.Conv2d(inputs, outputs, size, 1, (size - 1) // 2, groups=groups, bias=False))
        layers["norm"] = norm(outputs)
        if act is not None:
            layers["act"] = act(inplace=True)
        super().__init__(layers)


class Gate(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.pool, self.down, self.up = nn.AdaptiveAvgPool2d(1), nn.Conv2d(channels, 2, 1), nn.Conv2d(2, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        return x * F.hardsigmoid(self.up(F.silu(self.down(self.pool(x)), inplace=True)))


def shuffled(x: Tensor, groups: int) -> Tensor:
    n, channels, h, w = x.size()
    return torch.transpose(x.view(n, groups, channels // groups, h, w), 1, 2).contiguous().view(n, channels, h, w)


torch.fx.wrap("shuffled")


class Windows(nn.Module):
    def __init__(self, width: int, size: int, shift: int, heads: int) -> None:
        super().__init__()
        self.size, self.shift, self.heads = size, shift, heads
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.bias = nn.Parameter(torch.zeros((2 * size - 1) ** 2, heads))
        nn.init.trunc_normal_(self.bias, std=0.02)
        grid = torch.stack(torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij")).flatten(1)
        away = (grid[:, :, None] - grid[:, None, :]).permute(1, 2, 0).contiguous()
        away += size - 1
        away[:, :, 0] *= 2 * size - 1
        self.register_buffer("index", away.sum(-1).flatten())

    def forward(self, x: Tensor) -> Tensor:
        n, h, w, width = x.shape
        s, down, right = self.size, -h % self.size, -w % self.size
        x = F.pad(x, (0, 0, 0, right, 0, down))
        _, rows, columns, _ = x.shape
        x = torch.roll(x, shifts=(-self.shift, -self.shift), dims=(1, 2)) if self.shift else x
        x = x.view(n, rows // s, s, columns // s, s, width).permute(0, 1, 3, 2, 4, 5).reshape(-1, s * s, width)
        q, k, v = self.qkv(x).reshape(*x.shape[:2], 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        scores = F.normalize(q, dim=-1) @ F.normalize(k, dim=-1).transpose(-2, -1) * 4
        scores = scores + self.bias[self.index].view(s * s, s * s, -1).permute(2, 0, 1).contiguous().unsqueeze(0)
        if self.shift:
            region = x.new_zeros((rows, columns))
            ends = ((0, -s), (-s, -self.shift), (-self.shift, None))
            for i, (top, bottom) in enumerate(ends):
                for j, (left, end) in enumerate(ends):
                    region[top:bottom, left:end] = 3 * i + j
            region = region.view(rows // s, s, columns // s, s).permute(0, 2, 1, 3).reshape(-1, s * s)
            mask = region.unsqueeze(1) - region.unsqueeze(2)
            mask = mask.masked_fill(mask != 0, -100.0).masked_fill(mask == 0, 0.0)
            scores = scores.view(n, -1, self.heads, s * s, s * s) + mask.unsqueeze(1).unsqueeze(0)
            scores = scores.view(-1, self.heads, s * s, s * s)
        y = self.out((F.softmax(scores, dim=-1) @ v).transpose(1, 2).reshape(-1, s * s, width))
        y = y.view(n, rows // s, columns // s, s, s, width).permute(0, 1, 3, 2, 4, 5).reshape(n, rows, columns, width)
        y = torch.roll(y, shifts=(self.shift, self.shift), dims=(1, 2)) if self.shift else y
        return y[:, :h, :w, :].contiguous()


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.dense = DenseBlock(3, 3, 2, recompute=True)
        self.narrow = nn.Sequential(
            ConvNorm(9, 8, 1), ConvNorm(8, 8, groups=8), Gate(8), ConvNorm(8, 8, 1, 2, act=None)
        )
        self.norm = nn.LayerNorm(8)
        self.windows = nn.ModuleList([Windows(8, 3, 0, 2), Windows(8, 3, 1, 2)])
        self.side, self.head = nn.Linear(8, 4), nn.Linear(8, 4)
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                nn.init.kaiming_normal_(m.weight, mode="fan_out", nonlinearity="relu")
            elif isinstance(m, (nn.BatchNorm2d, nn.GroupNorm)):
                nn.init.constant_(m.weight, 1)

    def forward(self, x: Tensor):
        torch._assert(x.dim() == 4, f"expected images, got {x.shape}")
        x = self.narrow(self.dense(x))
        one, two = shuffled(x, 2).chunk(2, dim=1)
        x = torch.cat((one, F.relu(two)), dim=1)
        side = self.side(torch.flatten(F.adaptive_avg_pool2d(x, (1, 1)), 1)) if self.training else None
        x = self.norm(x.permute(0, 2, 3, 1))
        for window in self.windows:
            x = x + window(x)
        scores = self.head(x.mean([1, 2]))
        return Outputs(scores, side) if self.training else scores


def build() -> nn.Module:
    return Net()


def run(model):
    rng = np.random.default_rng(0)
    x, y = torch.from_numpy(rng.standard_normal((2, 3, 7, 8)).astype("f")), torch.from_numpy(rng.integers(0, 4, 2))
    optimizer = torch.optim.SGD(model.parameters(), 0.05, momentum=0.9, weight_decay=1e-4, nesterov=True)
    warm = torch.optim.lr_scheduler.LinearLR(optimizer, 0.5, total_iters=1)
    then = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 4)
    schedule = torch.optim.lr_scheduler.SequentialLR(optimizer, [warm, then], milestones=[1])
    results = []
    for _ in range(3):
        found = model(x)
        loss = F.cross_entropy(found.scores, y, label_smoothing=0.1) + 0.3 * F.cross_entropy(found.side, y)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        schedule.step()
        results += [loss, *schedule.get_last_lr()]
    model.eval()
    with torch.inference_mode():
        results.append(model(x))
        results.append(model.to(memory_format=torch.channels_last)(x.to(memory_format=torch.channels_last)))
    return results
