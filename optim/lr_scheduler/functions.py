"""Schedules given by a function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from optim.lr_scheduler.base import LRScheduler, check_optimizer, per_group, remembered
from optim.optimizer import Optimizer


class LambdaLR(LRScheduler):
    """The first rate times a function of the step: lr_t = lr_0 * f(t).

    Args:
        optimizer: whose groups to change.
        lr_lambda: f, from the step (an int) to a factor; or a list with one for each group.
        last_epoch: steps made before, -1 for none.

    Raises:
        ValueError: as many functions as groups were expected.

    Example:
        >>> opt = optim.SGD([ag.zeros(1, requires_grad=True)], lr=1.0)
        >>> schedule = optim.lr_scheduler.LambdaLR(opt, lambda t: 1 / (1 + t))
        >>> opt.step(); schedule.step(); schedule.get_last_lr()
        [0.5]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        lr_lambda: Callable[[int], float] | list[Callable[[int], float]],
        last_epoch: int = -1,
    ) -> None:
        check_optimizer(self, optimizer)
        self.lr_lambdas = per_group(self, "lr_lambda", optimizer, lr_lambda)
        for function in self.lr_lambdas:
            if not callable(function):
                raise TypeError(f"{type(self).__name__}: expected a function, got {type(function).__name__}")
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Any]:
        return [base * f(self.last_epoch) for base, f in zip(self.base_lrs, self.lr_lambdas, strict=True)]

    def state_dict(self) -> dict[str, Any]:
        return super().state_dict() | {"lr_lambdas": [remembered(f) for f in self.lr_lambdas]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        rest = dict(state_dict)
        for function, attributes in zip(self.lr_lambdas, rest.pop("lr_lambdas"), strict=True):
            if attributes is not None:
                function.__dict__.update(attributes)
        super().load_state_dict(rest)


class MultiplicativeLR(LambdaLR):
    """The current rate times a function of the step: lr_t = lr_{t-1} * f(t).

    Args:
        optimizer: whose groups to change.
        lr_lambda: f, from the step (an int) to a factor; or a list with one for each group.
        last_epoch: steps made before, -1 for none.

    Raises:
        ValueError: as many functions as groups were expected.

    Example:
        >>> opt = optim.SGD([ag.zeros(1, requires_grad=True)], lr=1.0)
        >>> schedule = optim.lr_scheduler.MultiplicativeLR(opt, lambda t: 0.5)
        >>> opt.step(); schedule.step(); schedule.get_last_lr()
        [0.5]
    """

    def get_lr(self) -> list[Any]:
        if self._is_initial:
            return self._scaled(1)
        groups = self.optimizer.param_groups
        return [group["lr"] * f(self.last_epoch) for group, f in zip(groups, self.lr_lambdas, strict=True)]
