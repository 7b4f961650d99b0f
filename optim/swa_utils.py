"""Averages of models and their learning rate, under the names of ``torch.optim.swa_utils``.

What is a model is in ``nn.utils.averaging`` and is loaded from there when it is asked for.
"""

from __future__ import annotations

import math
from importlib import import_module
from typing import Any

from optim.lr_scheduler.base import LRScheduler, per_group
from optim.optimizer import Optimizer

__all__ = ["SWALR"]

_AVERAGES = (
    "AveragedModel", "get_ema_avg_fn", "get_ema_multi_avg_fn", "get_swa_avg_fn", "get_swa_multi_avg_fn", "update_bn",
)  # fmt: skip


def __getattr__(name: str) -> Any:
    if name in _AVERAGES:
        return getattr(import_module("nn.utils.averaging"), name)
    raise AttributeError(f"module 'optim.swa_utils' has no attribute {name!r}")


class SWALR(LRScheduler):
    """The rate goes over from where it is to a constant one, at which models are then averaged.

    lr_t = swa_lr * a(t) + lr * (1 - a(t)), a from 0 to 1 along half a cosine or a line.

    Args:
        optimizer: whose groups to change.
        swa_lr: the constant rate; a list for one in each group.
        anneal_epochs: steps on the way.
        anneal_strategy: "cos" or "linear".
        last_epoch: how many steps were made before, -1 for none.

    Raises:
        ValueError: another strategy, or less than 0 steps.

    Example:
        >>> opt = optim.SGD([ag.zeros(1, requires_grad=True)], lr=1.0)
        >>> schedule = optim.swa_utils.SWALR(opt, swa_lr=0.5, anneal_epochs=2, anneal_strategy="linear")
        >>> opt.step(); schedule.step(); opt.param_groups[0]["lr"]
        0.75

    Source: Izmailov et al., Averaging Weights Leads to Wider Optima and Better Generalization, 2018.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        swa_lr: Any,
        anneal_epochs: int = 10,
        anneal_strategy: str = "cos",
        last_epoch: int = -1,
    ) -> None:
        for group, rate in zip(optimizer.param_groups, per_group(self, "swa_lr", optimizer, swa_lr), strict=True):
            group["swa_lr"] = rate
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(f'SWALR: expected anneal_strategy "cos" or "linear", got {anneal_strategy!r}')
        if not isinstance(anneal_epochs, int) or anneal_epochs < 0:
            raise ValueError(f"SWALR: expected anneal_epochs of at least 0, got {anneal_epochs!r}")
        self._anneal_strategy, self.anneal_epochs = anneal_strategy, anneal_epochs
        super().__init__(optimizer, last_epoch)

    def _share(self, step: int) -> float:
        """How far the rate has come after a step, from 0 to 1."""
        t = max(0.0, min(1.0, step / max(1, self.anneal_epochs)))
        return (1 - math.cos(math.pi * t)) / 2 if self._anneal_strategy == "cos" else t

    def get_lr(self) -> list[Any]:
        """The rate of each group, from that one step before."""
        step = self._step_count - 1
        if self.anneal_epochs == 0:
            step = max(1, step)
        before, now = self._share(step - 1), self._share(step)
        rates = []
        for group in self.optimizer.param_groups:
            goal = group["swa_lr"]
            start = goal if before == 1 else (group["lr"] - before * goal) / (1 - before)
            rates.append(goal * now + start * (1 - now))
        return rates
