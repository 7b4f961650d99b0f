"""Schedules made of schedules."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

from optim.lr_scheduler.base import LRScheduler, check_optimizer, put, values
from optim.lr_scheduler.plateau import ReduceLROnPlateau
from optim.optimizer import Optimizer


class _Combination(LRScheduler):
    """A schedule that holds others, in ``_schedulers``."""

    _schedulers: list[Any]

    def _check_members(self, optimizer: Any, schedulers: Sequence[Any]) -> None:
        name = type(self).__name__
        check_optimizer(self, optimizer)
        for i, member in enumerate(schedulers):
            if not isinstance(member, LRScheduler):
                raise TypeError(f"{name}: expected schedules, got {type(member).__name__} at place {i}")
            if isinstance(member, ReduceLROnPlateau):
                raise ValueError(
                    f"{name}: expected schedules whose step() takes no argument, got ReduceLROnPlateau at place {i}. "
                    "Step it beside the combination"
                )
            if member.optimizer is not optimizer:
                raise ValueError(f"{name}: expected schedules of one optimizer, got another's at place {i}")

    def state_dict(self) -> dict[str, Any]:
        return super().state_dict() | {"_schedulers": [member.state_dict() for member in self._schedulers]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        rest = dict(state_dict)
        saved = rest.pop("_schedulers")
        if len(saved) != len(self._schedulers):
            raise ValueError(
                f"{type(self).__name__}: expected the state of {len(self._schedulers)} schedules, got {len(saved)}"
            )
        for member, state in zip(self._schedulers, saved, strict=True):
            member.load_state_dict(state)
        super().load_state_dict(rest)


class SequentialLR(_Combination):
    """One schedule after another; each starts at step 0 when its milestone is reached.

    Args:
        optimizer: whose groups to change.
        schedulers: schedules of this optimizer, at least one.
        milestones: the steps at which the second, third, ... begins.
        last_epoch: steps made before, -1 for none.

    Raises:
        TypeError: something else among the schedules.
        ValueError: no schedule, a milestone too few or too many, another optimizer, or a ReduceLROnPlateau.

    Example:
        >>> opt = optim.SGD([ag.zeros(1, requires_grad=True)], lr=1.0)
        >>> first = optim.lr_scheduler.ConstantLR(opt, factor=0.5, total_iters=9)
        >>> second = optim.lr_scheduler.ExponentialLR(opt, gamma=0.9)
        >>> schedule = optim.lr_scheduler.SequentialLR(opt, [first, second], milestones=[1])
        >>> before = schedule.get_last_lr(); opt.step(); schedule.step(); before, schedule.get_last_lr()
        ([0.5], [1.0])
    """

    def __init__(
        self, optimizer: Optimizer, schedulers: list[Any], milestones: list[int], last_epoch: int = -1
    ) -> None:
        self._check_members(optimizer, schedulers)
        if not schedulers or len(milestones) != len(schedulers) - 1:
            raise ValueError(
                f"SequentialLR: expected one milestone less than schedules, got {len(milestones)} for {len(schedulers)}"
            )
        self._schedulers, self._milestones = schedulers, milestones
        self.optimizer, self.last_epoch = optimizer, last_epoch + 1
        for group in optimizer.param_groups:  # as if no member had made its first step yet
            put(group, "lr", group["initial_lr"])
        _undo(self)
        first = schedulers[bisect_right(milestones, 0)]
        first._initial_step()
        self._last_lr = first.get_last_lr()

    def step(self) -> None:  # type: ignore[override]
        """Goes on to the next rates, those of the schedule whose turn it is."""
        self.last_epoch += 1
        turn = bisect_right(self._milestones, self.last_epoch)
        member = self._schedulers[turn]
        if turn > 0 and self._milestones[turn - 1] == self.last_epoch:
            member._update_lr(0)
        else:
            member.step()
        self._last_lr = member.get_last_lr()


def _undo(schedule: Any) -> None:
    """Takes back the first step of every simple schedule within."""
    for member in schedule._schedulers:
        if isinstance(member, _Combination):
            _undo(member)
        else:
            member.last_epoch -= 1


class ChainedScheduler(_Combination):
    """Several schedules at once: each scales the rate that the one before has left.

    Args:
        schedulers: schedules of one optimizer, at least one.
        optimizer: that optimizer; None for the first schedule's.

    Raises:
        TypeError: something else among the schedules.
        ValueError: no schedule, another optimizer, or a ReduceLROnPlateau.

    Example:
        >>> opt = optim.SGD([ag.zeros(1, requires_grad=True)], lr=1.0)
        >>> first = optim.lr_scheduler.ConstantLR(opt, factor=0.5, total_iters=9)
        >>> second = optim.lr_scheduler.ExponentialLR(opt, gamma=0.5)
        >>> schedule = optim.lr_scheduler.ChainedScheduler([first, second])
        >>> opt.step(); schedule.step(); schedule.get_last_lr()
        [0.25]
    """

    def __init__(self, schedulers: Sequence[Any], optimizer: Optimizer | None = None) -> None:
        if not schedulers:
            raise ValueError("ChainedScheduler: expected at least one schedule, got none")
        owner: Any = getattr(schedulers[0], "optimizer", None) if optimizer is None else optimizer
        self._check_members(owner, schedulers)
        self.optimizer = owner
        self._schedulers = list(schedulers)
        self._last_lr = values(self.optimizer, "lr")

    def step(self) -> None:  # type: ignore[override]
        """Steps every schedule, in order."""
        for member in self._schedulers:
            member.step()
        self._last_lr = values(self.optimizer, "lr")
