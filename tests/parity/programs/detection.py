"""What stands around a detector: a pyramid of features, anchors, overlaps, matches, boxes as targets, suppression."""

from __future__ import annotations

from collections import OrderedDict

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Pyramid(nn.Module):
    def __init__(self, channels: list[int], width: int) -> None:
        super().__init__()
        self.inner = nn.ModuleList(nn.Conv2d(c, width, 1) for c in channels)
        self.outer = nn.ModuleList(nn.Conv2d(width, width, 3, padding=1) for _ in channels)

    def forward(self, maps: dict[str, Tensor]) -> dict[str, Tensor]:
        names, maps = list(maps.keys()), list(maps.values())
        above = self.inner[-1](maps[-1])
        results = [self.outer[-1](above)]
        for i in range(len(maps) - 2, -1, -1):
            lateral = self.inner[i](maps[i])
            above = lateral + F.interpolate(above, size=lateral.shape[-2:], mode="nearest")
            results.insert(0, self.outer[i](above))
        results.append(F.max_pool2d(results[-1], kernel_size=1, stride=2, padding=0))
        return OrderedDict(zip([*names, "pool"], results, strict=True))


def anchors(sizes: tuple[int, ...], ratios: tuple[float, ...], grid, stride, dtype=torch.float32) -> Tensor:
    scales, heights = torch.as_tensor(sizes, dtype=dtype), torch.sqrt(torch.as_tensor(ratios, dtype=dtype))
    w, h = ((1 / heights)[:, None] * scales[None, :]).view(-1), (heights[:, None] * scales[None, :]).view(-1)
    base = (torch.stack([-w, -h, w, h], dim=1) / 2).round()
    y, x = (torch.arange(0, n, dtype=torch.int32) * s for n, s in zip(grid, stride, strict=True))
    y, x = (t.reshape(-1) for t in torch.meshgrid(y, x, indexing="ij"))
    shifts = torch.stack((x, y, x, y), dim=1)
    return (shifts.view(-1, 1, 4) + base.view(1, -1, 4)).reshape(-1, 4)


def overlap(a: Tensor, b: Tensor) -> Tensor:
    area = [(t[:, 2] - t[:, 0]) * (t[:, 3] - t[:, 1]) for t in (a, b)]
    sides = (torch.min(a[:, None, 2:], b[:, 2:]) - torch.max(a[:, None, :2], b[:, :2])).clamp(min=0)
    inside = sides[:, :, 0] * sides[:, :, 1]
    return inside / (area[0][:, None] + area[1] - inside)


def matched(quality: Tensor, low: float, high: float) -> Tensor:
    best, match = quality.max(dim=0)
    every = match.clone()
    match[best < low] = -1
    match[(best >= low) & (best < high)] = -2
    best_of_each, _ = quality.max(dim=1)
    _, wanted = torch.where(quality == best_of_each[:, None])
    match[wanted] = every[wanted]
    return match


def encoded(boxes: Tensor, anchors: Tensor) -> Tensor:
    x1, y1, x2, y2 = (anchors[:, i].unsqueeze(1) for i in range(4))
    a1, b1, a2, b2 = boxes.unsqueeze(-1).unbind(1)
    w, h = x2 - x1, y2 - y1
    middle = (10 * (a1 + a2 - x1 - x2) / (2 * w), 10 * (b1 + b2 - y1 - y2) / (2 * h))
    return torch.cat((*middle, 5 * torch.log((a2 - a1) / w), 5 * torch.log((b2 - b1) / h)), dim=1)


def suppressed(boxes: Tensor, scores: Tensor, most: float) -> Tensor:
    order, keep = scores.argsort(descending=True), []
    while order.numel() > 0:
        best, order = order[0], order[1:]
        keep.append(int(best))
        order = order[overlap(boxes[best].unsqueeze(0), boxes[order]).squeeze(0) <= most]
    return torch.as_tensor(keep, dtype=torch.int64)


def build() -> nn.Module:
    return Pyramid([2, 3], 4)


def run(model):
    rng = np.random.default_rng(0)
    fine = torch.from_numpy(rng.standard_normal((1, 2, 9, 8)).astype("f")).requires_grad_()
    coarse = torch.from_numpy(rng.standard_normal((1, 3, 5, 4)).astype("f"))
    maps = model(OrderedDict([("0", fine), ("1", coarse)]))
    sum(m.pow(2).mean() for m in maps.values()).backward()
    boxes = anchors((8, 12), (0.5, 1.0, 2.0), maps["1"].shape[-2:], (4, 4))
    truth = torch.tensor([[2.0, 2.0, 9.0, 8.0], [5.0, 4.0, 15.0, 14.0]])
    match = matched(overlap(truth, boxes), 0.2, 0.3)
    targets = encoded(truth[match.clamp(min=0)], boxes)
    found = torch.zeros_like(targets, requires_grad=True)
    loss = F.smooth_l1_loss(found[match >= 0], targets[match >= 0], beta=1 / 9, reduction="sum") / max(1, match.numel())
    loss.backward()
    kept = suppressed(boxes, torch.from_numpy(rng.random(len(boxes)).astype("f")), 0.5)
    return [fine.grad, *maps.values(), boxes, match, targets, loss, found.grad, kept]
