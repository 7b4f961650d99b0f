"""A schedule that watches a quantity."""

from __future__ import annotations

import warnings
from math import inf
from typing import Any, Literal, SupportsFloat

from optim.lr_scheduler.base import LRScheduler, check_optimizer, put, values
from optim.optimizer import Optimizer


class ReduceLROnPlateau(LRScheduler):
    """The rate times ``factor`` when a quantity has not improved for more than ``patience`` steps.

    Args:
        optimizer: whose groups to change.
        mode: "min": lower is better; "max": higher is.
        factor: of a reduction, below 1.
        patience: steps without improvement that are let pass.
        threshold: what counts as improvement: beyond best * (1 -+ threshold) ("rel") or best -+ threshold ("abs").
        threshold_mode: "rel" or "abs".
        cooldown: steps after a reduction during which none is counted.
        min_lr: the lowest rate; a number, or one for each group.
        eps: reductions by less are not made.

    Raises:
        ValueError: ``factor`` is not below 1, an unknown mode, or as many ``min_lr`` as groups were expected.

    Example:
        >>> opt = optim.SGD([ag.zeros(1, requires_grad=True)], lr=1.0)
        >>> schedule = optim.lr_scheduler.ReduceLROnPlateau(opt, factor=0.5, patience=0)
        >>> schedule.step(2.0); schedule.step(3.0); schedule.get_last_lr()
        [0.5]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        mode: Literal["min", "max"] = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: Literal["rel", "abs"] = "rel",
        cooldown: int = 0,
        min_lr: Any = 0,
        eps: float = 1e-8,
    ) -> None:
        check_optimizer(self, optimizer)
        if not factor < 1:
            raise ValueError(f"ReduceLROnPlateau: expected factor < 1, got {factor}")
        if mode not in ("min", "max"):
            raise ValueError(f"ReduceLROnPlateau: expected mode 'min' or 'max', got {mode!r}")
        if threshold_mode not in ("rel", "abs"):
            raise ValueError(f"ReduceLROnPlateau: expected threshold_mode 'rel' or 'abs', got {threshold_mode!r}")
        self.optimizer, self.factor, self.patience, self.cooldown, self.eps = optimizer, factor, patience, cooldown, eps
        self.mode, self.threshold, self.threshold_mode = mode, threshold, threshold_mode
        self.default_min_lr = None if isinstance(min_lr, (list, tuple)) else min_lr
        self.min_lrs = list(min_lr) if isinstance(min_lr, (list, tuple)) else []
        self._check_min_lrs()
        self.last_epoch = self.cooldown_counter = self.num_bad_epochs = 0
        self.best = inf if mode == "min" else -inf
        self._last_lr = values(optimizer, "lr")

    def _check_min_lrs(self) -> None:
        """One lower bound for each group, also for those that were added later."""
        count = len(self.optimizer.param_groups)
        if self.default_min_lr is not None:
            self.min_lrs = [self.default_min_lr] * count
        if len(self.min_lrs) != count:
            raise ValueError(
                f"ReduceLROnPlateau: expected min_lr for each of {count} groups, got {len(self.min_lrs)}. Set min_lrs"
            )

    @property
    def in_cooldown(self) -> bool:
        """Whether a reduction was made less than ``cooldown`` steps ago."""
        return self.cooldown_counter > 0

    def step(self, metrics: SupportsFloat, epoch: int | None = None) -> None:  # type: ignore[override]
        """Compares the quantity with the best so far, and reduces the rates when it is time.

        Args:
            metrics: the quantity; a number or a tensor of one element.
            epoch: the number of this step; deprecated, as in PyTorch.
        """
        if epoch is not None:
            warnings.warn("ReduceLROnPlateau: the epoch of step() is deprecated. Leave it out", stacklevel=2)
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        current = float(metrics)
        if self._improves(current):
            self.best, self.num_bad_epochs = current, 0
        else:
            self.num_bad_epochs += 1
        if self.in_cooldown:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            self._reduce()
            self.cooldown_counter, self.num_bad_epochs = self.cooldown, 0
        self._last_lr = values(self.optimizer, "lr")

    def _improves(self, current: float) -> bool:
        sign = 1 if self.mode == "max" else -1
        if self.threshold_mode == "rel":
            bound = self.best * (1 + sign * self.threshold)
        else:
            bound = self.best + sign * self.threshold
        return current > bound if self.mode == "max" else current < bound

    def _reduce(self) -> None:
        self._check_min_lrs()
        for group, lowest in zip(self.optimizer.param_groups, self.min_lrs, strict=True):
            old = float(group["lr"])
            new = max(old * self.factor, lowest)
            if old - new > self.eps:
                put(group, "lr", new)
