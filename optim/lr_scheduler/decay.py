"""Schedules that scale the rate by a factor of their own: they can be chained with others."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable
from typing import Any

from optim.lr_scheduler.base import LRScheduler
from optim.optimizer import Optimizer


class StepLR(LRScheduler):
    """The rate times ``gamma`` every ``step_size`` steps: lr_t = lr_0 * gamma^floor(t / step_size).

    Args:
        optimizer: whose groups to change.
        step_size: steps between two changes.
        gamma: factor of a change.
        last_epoch: steps made before, -1 for none.

    Example:
        >>> opt = optim.SGD([ag.zeros(1, requires_grad=True)], lr=1.0)
        >>> schedule = optim.lr_scheduler.StepLR(opt, step_size=1, gamma=0.5)
        >>> opt.step(); schedule.step(); schedule.get_last_lr()
        [0.5]
    """

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1) -> None:
        self.step_size, self.gamma = step_size, gamma
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Any]:
        changes = self.last_epoch > 0 and self.last_epoch % self.step_size == 0
        return self._scaled(self.gamma if changes else 1)

    def _get_closed_form_lr(self) -> list[Any]:
        return [base * self.gamma ** (self.last_epoch // self.step_size) for base in self.base_lrs]


class MultiStepLR(LRScheduler):
    """The rate times ``gamma`` at each milestone.

    Args:
        optimizer: whose groups to change.
        milestones: the steps at which the rate changes; one that is there twice counts twice.
        gamma: factor of a change.
        last_epoch: steps made before, -1 for none.

    Example:
        >>> opt = optim.SGD([ag.zeros(1, requires_grad=True)], lr=1.0)
        >>> schedule = optim.lr_scheduler.MultiStepLR(opt, milestones=[1, 5], gamma=0.5)
        >>> opt.step(); schedule.step(); schedule.get_last_lr()
        [0.5]
    """

    def __init__(
        self, optimizer: Optimizer, milestones: Iterable[int], gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        self.milestones, self.gamma = Counter(milestones), gamma
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Any]:
        return self._scaled(self.gamma ** self.milestones[self.last_epoch])

    def _get_closed_form_lr(self) -> list[Any]:
        passed = bisect_right(sorted(self.milestones.elements()), self.last_epoch)
        return [base * self.gamma**passed for base in self.base_lrs]

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        super().load_state_dict(state_dict)
        self.milestones = Counter({int(step): count for step, count in self.milestones.items()})  # JSON has text keys


class ConstantLR(LRScheduler):
    """The rate times ``factor`` until step ``total_iters``.

    Args:
        optimizer: whose groups to change.
        factor: from 0 to 1.
        total_iters: the step at which the rate is the group's own again.
        last_epoch: steps made before, -1 for none.

    Raises:
        ValueError: ``factor`` is out of its range.

    Example:
        >>> opt = optim.SGD([ag.zeros(1, requires_grad=True)], lr=1.0)
        >>> schedule = optim.lr_scheduler.ConstantLR(opt, factor=0.5, total_iters=1)
        >>> first = schedule.get_last_lr(); opt.step(); schedule.step(); first, schedule.get_last_lr()
        ([0.5], [1.0])
    """

    def __init__(self, optimizer: Optimizer, factor: float = 1 / 3, total_iters: int = 5, last_epoch: int = -1) -> None:
        if not 0 <= factor <= 1:
            raise ValueError(f"ConstantLR: expected factor in [0, 1], got {factor}")
        self.factor, self.total_iters = factor, total_iters
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Any]:
        if self.last_epoch == 0:
            return self._scaled(self.factor)
        return self._scaled(1 / self.factor if self.last_epoch == self.total_iters else 1)

    def _get_closed_form_lr(self) -> list[Any]:
        factor = 1 if self.last_epoch >= self.total_iters else self.factor
        return [base * factor for base in self.base_lrs]


class LinearLR(LRScheduler):
    """The rate times a factor that goes in a line from ``start_factor`` to ``end_factor``: a warm-up.

    Args:
        optimizer: whose groups to change.
        start_factor: above 0, up to 1.
        end_factor: from 0 to 1.
        total_iters: the step at which ``end_factor`` is reached.
        last_epoch: steps made before, -1 for none.

    Raises:
        ValueError: a factor is out of its range.

    Example:
        >>> opt = optim.SGD([ag.zeros(1, requires_grad=True)], lr=1.0)
        >>> schedule = optim.lr_scheduler.LinearLR(opt, start_factor=0.25, total_iters=3)
        >>> first = schedule.get_last_lr(); opt.step(); schedule.step(); first, schedule.get_last_lr()
        ([0.25], [0.5])
    """

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        if not 0 < start_factor <= 1:
            raise ValueError(f"LinearLR: expected start_factor in (0, 1], got {start_factor}")
        if not 0 <= end_factor <= 1:
            raise ValueError(f"LinearLR: expected end_factor in [0, 1], got {end_factor}")
        self.start_factor, self.end_factor, self.total_iters = start_factor, end_factor, total_iters
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Any]:
        if self.last_epoch == 0:
            return self._scaled(self.start_factor)
        if self._is_initial or self.last_epoch > self.total_iters:
            return self._scaled(1)
        rise = self.end_factor - self.start_factor  # over all steps
        return self._scaled(1 + rise / (self.total_iters * self.start_factor + (self.last_epoch - 1) * rise))

    def _get_closed_form_lr(self) -> list[Any]:
        share = min(self.total_iters, self.last_epoch) / self.total_iters
        return [base * (self.start_factor + (self.end_factor - self.start_factor) * share) for base in self.base_lrs]


class ExponentialLR(LRScheduler):
    """The rate times ``gamma`` at every step: lr_t = lr_0 * gamma^t.

    Args:
        optimizer: whose groups to change.
        gamma: factor of a step.
        last_epoch: steps made before, -1 for none.

    Example:
        >>> opt = optim.SGD([ag.zeros(1, requires_grad=True)], lr=1.0)
        >>> schedule = optim.lr_scheduler.ExponentialLR(opt, gamma=0.5)
        >>> opt.step(); schedule.step(); schedule.get_last_lr()
        [0.5]
    """

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Any]:
        return self._scaled(1 if self._is_initial else self.gamma)

    def _get_closed_form_lr(self) -> list[Any]:
        return [base * self.gamma**self.last_epoch for base in self.base_lrs]


class PolynomialLR(LRScheduler):
    """The rate falls to 0 at step ``total_iters``: lr_t = lr_0 * (1 - t / total_iters)^power.

    Args:
        optimizer: whose groups to change.
        total_iters: the step at which the rate is 0.
        power: 1 for a straight line.
        last_epoch: steps made before, -1 for none.

    Example:
        >>> opt = optim.SGD([ag.zeros(1, requires_grad=True)], lr=1.0)
        >>> schedule = optim.lr_scheduler.PolynomialLR(opt, total_iters=4)
        >>> opt.step(); schedule.step(); schedule.get_last_lr()
        [0.75]
    """

    def __init__(self, optimizer: Optimizer, total_iters: int = 5, power: float = 1.0, last_epoch: int = -1) -> None:
        self.total_iters, self.power = total_iters, power
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Any]:
        if self._is_initial or self.last_epoch > self.total_iters:
            return self._scaled(1)
        rest, rest_before = (1 - t / self.total_iters for t in (self.last_epoch, self.last_epoch - 1))
        return self._scaled((rest / rest_before) ** self.power)

    def _get_closed_form_lr(self) -> list[Any]:
        share = min(self.total_iters, self.last_epoch) / self.total_iters
        return [base * (1 - share) ** self.power for base in self.base_lrs]
