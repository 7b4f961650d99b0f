"""Schedules that follow a cosine."""

from __future__ import annotations

from math import cos, floor, log, pi
from typing import Any

from optim.lr_scheduler.base import LRScheduler
from optim.optimizer import Optimizer


class CosineAnnealingLR(LRScheduler):
    """The rate falls along half a cosine to ``eta_min``, and rises again after: lr_t = eta_min +
    (lr_0 - eta_min) (1 + cos(pi t / T_max)) / 2.

    Args:
        optimizer: whose groups to change.
        T_max: steps down.
        eta_min: the lowest rate.
        last_epoch: steps made before, -1 for none.

    Example:
        >>> opt = optim.SGD([ag.zeros(1, requires_grad=True)], lr=1.0)
        >>> schedule = optim.lr_scheduler.CosineAnnealingLR(opt, T_max=2)
        >>> opt.step(); schedule.step(); schedule.get_last_lr()
        [0.5]

    Source: Loshchilov and Hutter, SGDR: Stochastic Gradient Descent with Warm Restarts, 2017.
    """

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1) -> None:
        self.T_max, self.eta_min = T_max, eta_min
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Any]:
        t, half, low = self.last_epoch, self.T_max, self.eta_min
        rates = [group["lr"] for group in self.optimizer.param_groups]
        if self._is_initial:
            return self._scaled(1)
        if self._step_count == 1 and t > 0:  # the first step of a resumed schedule
            return self._get_closed_form_lr()
        if (t - 1 - half) % (2 * half) == 0:  # the factor below would be x / 0 at the turn
            rise = (1 - cos(pi / half)) / 2
            return [rate + (base - low) * rise for rate, base in zip(rates, self.base_lrs, strict=True)]
        factor = (1 + cos(pi * t / half)) / (1 + cos(pi * (t - 1) / half))
        return [factor * (rate - low) + low for rate in rates]

    def _get_closed_form_lr(self) -> list[Any]:
        height = (1 + cos(pi * self.last_epoch / self.T_max)) / 2
        return [self.eta_min + (base - self.eta_min) * height for base in self.base_lrs]


class CosineAnnealingWarmRestarts(LRScheduler):
    """The rate falls along half a cosine and starts anew, in cycles of T_0, T_0 T_mult, T_0 T_mult^2, ... steps.

    Args:
        optimizer: whose groups to change.
        T_0: steps of the first cycle.
        T_mult: how many times longer each cycle is.
        eta_min: the lowest rate.
        last_epoch: steps made before, -1 for none.

    Raises:
        ValueError: T_0 or T_mult is not a positive integer, or ``eta_min`` is not a number.

    Example:
        >>> opt = optim.SGD([ag.zeros(1, requires_grad=True)], lr=1.0)
        >>> schedule = optim.lr_scheduler.CosineAnnealingWarmRestarts(opt, T_0=2)
        >>> opt.step(); schedule.step(); schedule.get_last_lr()
        [0.5]

    Source: Loshchilov and Hutter, SGDR: Stochastic Gradient Descent with Warm Restarts, 2017.
    """

    def __init__(
        self, optimizer: Optimizer, T_0: int, T_mult: int = 1, eta_min: float = 0.0, last_epoch: int = -1
    ) -> None:
        for name, value in (("T_0", T_0), ("T_mult", T_mult)):
            if not isinstance(value, int) or value < 1:
                raise ValueError(f"CosineAnnealingWarmRestarts: expected {name} to be an integer >= 1, got {value!r}")
        if not isinstance(eta_min, (int, float)):
            raise ValueError(f"CosineAnnealingWarmRestarts: expected eta_min to be a number, got {eta_min!r}")
        self.T_0, self.T_mult, self.eta_min = T_0, T_mult, eta_min
        self.T_i, self.T_cur = T_0, last_epoch
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Any]:
        height = (1 + cos(pi * self.T_cur / self.T_i)) / 2
        return [self.eta_min + (base - self.eta_min) * height for base in self.base_lrs]

    def step(self, epoch: float | None = None) -> None:
        """Goes on by one step, or to any point in time.

        Args:
            epoch: the point, for example epoch + batch / batches; None for one step.

        Raises:
            ValueError: ``epoch`` is negative.
        """
        if epoch is None and self.last_epoch >= 0:
            epoch = self.last_epoch + 1
            self.T_cur += 1
            if self.T_cur >= self.T_i:
                self.T_cur %= self.T_i
                self.T_i *= self.T_mult
        else:
            epoch = epoch or 0
            if epoch < 0:
                raise ValueError(f"CosineAnnealingWarmRestarts: expected epoch >= 0, got {epoch}")
            self.T_cur, self.T_i = self._cycle_at(epoch)
        self.last_epoch = floor(epoch)
        self._apply(self.get_lr())

    def _cycle_at(self, epoch: float) -> tuple[Any, int]:
        """The time since the last start, and the length of the cycle."""
        first, times = self.T_0, self.T_mult
        if epoch < first:
            return epoch, first
        if times == 1:
            return epoch % first, self.T_i
        cycle = int(log(epoch / first * (times - 1) + 1, times))
        return epoch - first * (times**cycle - 1) / (times - 1), first * times**cycle
