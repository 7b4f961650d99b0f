"""Two networks against each other: transposed convolutions, batch norm, labels rewritten in place, a detached result."""

from __future__ import annotations

import numpy as np
import torch
import torch.backends.cudnn as cudnn
import torch.nn as nn
import torch.nn.parallel
import torch.optim as optim
import torch.utils.data


def start(module: nn.Module) -> None:
    kind = module.__class__.__name__
    if kind.find("Conv") != -1:
        torch.nn.init.normal_(module.weight, 0.0, 0.1)
    elif kind.find("BatchNorm") != -1:
        torch.nn.init.normal_(module.weight, 1.0, 0.02)
        torch.nn.init.zeros_(module.bias)


class Maker(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.main = nn.Sequential(
            nn.ConvTranspose2d(4, 6, 4, 1, 0, bias=False),
            nn.BatchNorm2d(6),
            nn.ReLU(True),
            nn.ConvTranspose2d(6, 3, 4, 2, 1, bias=False),
            nn.Tanh(),
        )

    def forward(self, x):
        return self.main(x)


class Judge(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.main = nn.Sequential(
            nn.Conv2d(3, 4, 4, 2, 1, bias=False),
            nn.BatchNorm2d(4),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(4, 1, 4, 1, 0, bias=False),
            nn.Sigmoid(),
        )

    def forward(self, x):
        return self.main(x).view(-1, 1).squeeze(1)


def build() -> nn.Module:
    return nn.ModuleDict({"maker": Maker().apply(start), "judge": Judge().apply(start)})


def run(models):
    cudnn.benchmark = False
    device = torch.device("cpu")
    maker, judge = models["maker"].to(device), models["judge"].to(device)
    lost = nn.BCELoss()
    steps = {net: optim.Adam(net.parameters(), lr=2e-3, betas=(0.5, 0.999)) for net in (maker, judge)}
    rng = np.random.default_rng(0)
    data = torch.utils.data.TensorDataset(torch.from_numpy(rng.standard_normal((8, 3, 8, 8))).float())
    results = []
    for (real,) in torch.utils.data.DataLoader(data, batch_size=4):
        judge.zero_grad()
        label = torch.full((real.size(0),), 1, dtype=real.dtype, device=device)
        on_real = lost(judge(real), label)
        on_real.backward()
        made = maker(torch.from_numpy(rng.standard_normal((4, 4, 1, 1))).float())
        label.fill_(0)
        on_made = lost(judge(made.detach()), label)
        on_made.backward()
        steps[judge].step()
        maker.zero_grad()
        label.fill_(1)
        fooled = lost(judge(made), label)
        fooled.backward()
        steps[maker].step()
        results += [(on_real + on_made).item(), fooled.item(), made.mean()]
    return results
