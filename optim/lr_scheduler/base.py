"""What all schedules share: the rates at the start, the count of steps, writing into the groups."""

from __future__ import annotations

import warnings
from types import FunctionType
from typing import Any

from autograd.tensor import Tensor
from optim.optimizer import Optimizer


class LRScheduler:
    """The base of all schedules: sets the learning rate of every group, now and at each ``step()``.

    A schedule of one's own defines ``get_lr``. Schedules that multiply the current rate can be combined.

    Args:
        optimizer: whose groups to change.
        last_epoch: how many steps were made before, -1 for none; else the groups must have an ``initial_lr``.

    Attributes:
        base_lrs: the rate of each group before the first step.
        last_epoch: steps made so far.

    Raises:
        TypeError: ``optimizer`` is not one.
        KeyError: ``last_epoch`` is given and a group has no ``initial_lr``.

    Example:
        >>> class Halving(optim.lr_scheduler.LRScheduler):
        ...     def get_lr(self):
        ...         return [base / 2**self.last_epoch for base in self.base_lrs]
        >>> opt = optim.SGD([ag.zeros(1, requires_grad=True)], lr=1.0)
        >>> schedule = Halving(opt)
        >>> opt.step(); schedule.step(); opt.param_groups[0]["lr"]
        0.5
    """

    _is_initial = False  # whether the step of the constructor is running

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        check_optimizer(self, optimizer)
        self.optimizer = optimizer
        if last_epoch == -1:
            for group in optimizer.param_groups:
                group.setdefault("initial_lr", _copy(group["lr"]))
        elif missing := [i for i, group in enumerate(optimizer.param_groups) if "initial_lr" not in group]:
            raise KeyError(
                f"{type(self).__name__}: expected an initial_lr in every group with last_epoch={last_epoch}, "
                f"got none in group {missing[0]}. Load the optimizer's state first, or leave last_epoch out"
            )
        self.base_lrs = values(optimizer, "initial_lr")
        self.last_epoch = last_epoch
        self._initial_step()

    def _initial_step(self) -> None:
        """The rates at the start: a step that is not counted."""
        self._step_count = 0
        self._is_initial = True
        self.step()
        self._is_initial = False

    def get_lr(self) -> list[Any]:
        """The rate of each group at ``last_epoch``, from the rates one step before; called by ``step``.

        Returns:
            One number for each group. After a step, read ``get_last_lr()`` instead.
        """
        raise NotImplementedError(f"{type(self).__name__}: expected a schedule with a get_lr of its own")

    def get_last_lr(self) -> list[Any]:
        """The rates that were set last.

        Returns:
            One number for each group.
        """
        return self._last_lr

    def step(self, epoch: int | None = None) -> None:
        """Goes on to the next rates; after ``optimizer.step()``.

        Args:
            epoch: go to this step instead, by the closed form where there is one; deprecated, as in PyTorch.
        """
        if self._step_count == 1 and not self.optimizer._stepped:
            warnings.warn(
                f"{type(self).__name__}: step() came before optimizer.step(), so the first rate is never used",
                stacklevel=2,
            )
        if epoch is not None:
            warnings.warn(f"{type(self).__name__}: step(epoch) is deprecated. Call step() each time", stacklevel=2)
        self._step_count += 1
        self._update_lr(epoch)

    def _update_lr(self, epoch: int | None = None) -> None:
        if epoch is None:
            self.last_epoch += 1
            rates = self.get_lr()
        else:
            self.last_epoch = epoch
            rates = self._get_closed_form_lr()
        self._apply(rates)

    def _get_closed_form_lr(self) -> list[Any]:
        """The rates at ``last_epoch`` from the first ones alone, where a schedule has such a form."""
        return self.get_lr()

    def _apply(self, rates: list[Any]) -> None:
        for group, rate in zip(self.optimizer.param_groups, rates, strict=True):
            put(group, "lr", rate)
        self._last_lr = values(self.optimizer, "lr")

    def _scaled(self, factor: float) -> list[Any]:
        """The current rates times ``factor``."""
        return [group["lr"] * factor for group in self.optimizer.param_groups]

    def state_dict(self) -> dict[str, Any]:
        """Everything but the optimizer.

        Returns:
            {attribute: value}; functions are left out, of callable objects the attributes are there.
        """
        return {key: value for key, value in self.__dict__.items() if key != "optimizer"}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Takes over the state of a schedule made with the same arguments.

        Args:
            state_dict: from ``state_dict()``, here or in PyTorch. Load the optimizer's state too: it holds the rates.
        """
        self.__dict__.update(state_dict)


# -- for the schedules -----------------------------------------------------------------------------------------------
def check_optimizer(schedule: Any, optimizer: Any) -> None:
    """Refuses what is not an optimizer."""
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"{type(schedule).__name__}: expected an Optimizer, got {type(optimizer).__name__}")


def _copy(value: Any) -> Any:
    return value.detach().clone() if isinstance(value, Tensor) else value


def values(optimizer: Optimizer, key: str) -> list[Any]:
    """An option of every group; tensors are copied, as they change in place."""
    return [_copy(group[key]) for group in optimizer.param_groups]


def put(group: dict[str, Any], key: str, value: Any) -> None:
    """Sets an option; a tensor keeps its identity."""
    if isinstance(group[key], Tensor):
        group[key].fill_(float(value))
    else:
        group[key] = value


def per_group(schedule: Any, name: str, optimizer: Optimizer, value: Any) -> list[Any]:
    """An argument as one value for each group."""
    count = len(optimizer.param_groups)
    if not isinstance(value, (list, tuple)):
        return [_copy(value) for _ in range(count)]
    if len(value) != count:
        raise ValueError(f"{type(schedule).__name__}: expected {count} values of {name}, got {len(value)}")
    return [_copy(v) for v in value]


def remembered(function: Any) -> Any:
    """What to save of a function: nothing; of a callable object: its attributes."""
    return None if function is None or isinstance(function, FunctionType) else dict(function.__dict__)
