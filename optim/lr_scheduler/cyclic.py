"""Schedules that move rate and momentum against each other."""

from __future__ import annotations

from collections.abc import Callable
from math import cos, floor, pi
from typing import Any, Literal

from optim.lr_scheduler.base import LRScheduler, check_optimizer, per_group, put, remembered
from optim.optimizer import Optimizer


class _MomentumToo(LRScheduler):
    """A schedule that also sets the momentum, or beta1, of the groups."""

    cycle_momentum: bool
    use_beta1: bool

    def _start_momentum(
        self, optimizer: Optimizer, base: Any, largest: Any, fresh: bool
    ) -> tuple[list[Any], list[Any]]:
        """Notes the range of the momentum; in the groups too, where the schedule is ``fresh``."""
        if not {"momentum", "betas"} & set(optimizer.defaults):
            raise ValueError(
                f"{type(self).__name__}: expected an optimizer with momentum or betas, got {type(optimizer).__name__}. "
                "Pass cycle_momentum=False"
            )
        self.use_beta1 = "betas" in optimizer.defaults
        bases = per_group(self, "base_momentum", optimizer, base)
        tops = per_group(self, "max_momentum", optimizer, largest)
        if fresh:
            for group, low, top in zip(optimizer.param_groups, bases, tops, strict=True):
                self._put_momentum(group, top)
                group["max_momentum"], group["base_momentum"] = top, low
        return bases, tops

    def _put_momentum(self, group: dict[str, Any], value: Any) -> None:
        if self.use_beta1:
            group["betas"] = (value, *group["betas"][1:])
        else:
            group["momentum"] = value


class CyclicLR(_MomentumToo):
    """The rate goes up and down between two bounds in straight lines, the momentum down and up.

    lr = base_lr + (max_lr - base_lr) * height * scale, height from 0 to 1 and back within a cycle.

    Args:
        optimizer: whose groups to change.
        base_lr, max_lr: the bounds; a number, or one for each group.
        step_size_up, step_size_down: steps of the two halves of a cycle; down None is the same as up.
        mode: scale is 1 ("triangular"), 1 / 2^(cycle - 1) ("triangular2") or gamma^step ("exp_range").
        gamma: as in ``mode``.
        scale_fn: a function for scale instead of a mode.
        scale_mode: what ``scale_fn`` is given: the number of the "cycle", from 1, or of "iterations".
        cycle_momentum: move the momentum (or beta1) too.
        base_momentum, max_momentum: its bounds.
        last_epoch: steps made before, -1 for none.

    Raises:
        ValueError: an unknown mode, or an optimizer without momentum.

    Example:
        >>> opt = optim.SGD([ag.zeros(1, requires_grad=True)], lr=1.0, momentum=0.9)
        >>> schedule = optim.lr_scheduler.CyclicLR(opt, base_lr=0.0, max_lr=1.0, step_size_up=2)
        >>> opt.step(); schedule.step(); schedule.get_last_lr()
        [0.5]

    Source: Smith, Cyclical Learning Rates for Training Neural Networks, 2017.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        base_lr: Any,
        max_lr: Any,
        step_size_up: int = 2000,
        step_size_down: int | None = None,
        mode: Literal["triangular", "triangular2", "exp_range"] = "triangular",
        gamma: float = 1.0,
        scale_fn: Callable[[float], float] | None = None,
        scale_mode: Literal["cycle", "iterations"] = "cycle",
        cycle_momentum: bool = True,
        base_momentum: Any = 0.8,
        max_momentum: Any = 0.9,
        last_epoch: int = -1,
    ) -> None:
        check_optimizer(self, optimizer)
        if scale_fn is None and mode not in ("triangular", "triangular2", "exp_range"):
            raise ValueError(f"CyclicLR: expected mode triangular, triangular2 or exp_range, got {mode!r}")
        bases = per_group(self, "base_lr", optimizer, base_lr)
        self.max_lrs = per_group(self, "max_lr", optimizer, max_lr)
        down = step_size_up if step_size_down is None else step_size_down
        self.total_size = float(step_size_up + down)
        self.step_ratio = step_size_up / self.total_size
        self.mode, self.gamma, self._scale_fn_custom = mode, gamma, scale_fn
        self.scale_mode = scale_mode if scale_fn else "iterations" if mode == "exp_range" else "cycle"
        self.cycle_momentum = cycle_momentum
        if last_epoch == -1:
            for group, rate in zip(optimizer.param_groups, bases, strict=True):
                put(group, "lr", rate)
        if cycle_momentum:
            found = self._start_momentum(optimizer, base_momentum, max_momentum, last_epoch == -1)
            self.base_momentums, self.max_momentums = found
        super().__init__(optimizer, last_epoch)
        self.base_lrs = bases

    def scale_fn(self, x: float) -> float:
        """The scale of a cycle.

        Args:
            x: the number of the cycle or of the step, by ``scale_mode``.

        Returns:
            A factor of the height.
        """
        if self._scale_fn_custom is not None:
            return self._scale_fn_custom(x)
        if self.mode == "triangular":
            return 1.0
        return float(0.5 ** (x - 1) if self.mode == "triangular2" else self.gamma**x)

    def get_lr(self) -> list[Any]:
        turns = self.last_epoch / self.total_size
        cycle = floor(1 + turns)
        x = 1 + turns - cycle  # where in the cycle, 0 to 1
        height = x / self.step_ratio if x <= self.step_ratio else (x - 1) / (self.step_ratio - 1)
        scale = self.scale_fn(cycle if self.scale_mode == "cycle" else self.last_epoch)
        if self.cycle_momentum:
            momenta = zip(self.optimizer.param_groups, self.base_momentums, self.max_momentums, strict=True)
            for group, low, top in momenta:
                self._put_momentum(group, top - (top - low) * height * scale)
        return [low + (top - low) * height * scale for low, top in zip(self.base_lrs, self.max_lrs, strict=True)]

    def state_dict(self) -> dict[str, Any]:
        return super().state_dict() | {"_scale_fn_custom": remembered(self._scale_fn_custom)}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        rest = dict(state_dict)
        attributes = rest.pop("_scale_fn_custom")
        if attributes is not None and self._scale_fn_custom is not None:
            self._scale_fn_custom.__dict__.update(attributes)
        super().load_state_dict(rest)


class OneCycleLR(_MomentumToo):
    """One cycle: the rate rises from max_lr / div_factor to ``max_lr`` and falls far below; momentum goes against it.

    The lowest rate is max_lr / div_factor / final_div_factor. Call ``step`` after every batch.

    Args:
        optimizer: whose groups to change.
        max_lr: the highest rate; a number, or one for each group.
        total_steps: of the whole training; or
        epochs, steps_per_epoch: whose product it is.
        pct_start: the share of the rise.
        anneal_strategy: "cos" or "linear".
        cycle_momentum: move the momentum (or beta1) too.
        base_momentum, max_momentum: its bounds; numbers, or one for each group.
        div_factor, final_div_factor: as above.
        three_phase: fall symmetrically first, then to the lowest rate; else in one phase.
        last_epoch: steps made before, -1 for none.

    Raises:
        ValueError: an argument out of its range, an optimizer without momentum, or more steps than were planned.

    Example:
        >>> opt = optim.SGD([ag.zeros(1, requires_grad=True)], lr=1.0, momentum=0.9)
        >>> schedule = optim.lr_scheduler.OneCycleLR(opt, max_lr=1.0, total_steps=10)
        >>> opt.step(); schedule.step(); round(schedule.get_last_lr()[0], 4)
        0.52

    Source: Smith and Topin, Super-Convergence: Very Fast Training of Neural Networks Using Large Learning Rates, 2018.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: Any,
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: Literal["cos", "linear"] = "cos",
        cycle_momentum: bool = True,
        base_momentum: Any = 0.85,
        max_momentum: Any = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        check_optimizer(self, optimizer)
        self.total_steps = _total(total_steps, epochs, steps_per_epoch)
        if not isinstance(pct_start, float) or not 0 <= pct_start <= 1:
            raise ValueError(f"OneCycleLR: expected pct_start to be a float in [0, 1], got {pct_start!r}")
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(f"OneCycleLR: expected anneal_strategy 'cos' or 'linear', got {anneal_strategy!r}")
        self._anneal_func_type, self.cycle_momentum = anneal_strategy, cycle_momentum
        self._phases = _phases(self.total_steps, pct_start, three_phase)
        if last_epoch == -1:
            for group, top in zip(optimizer.param_groups, per_group(self, "max_lr", optimizer, max_lr), strict=True):
                start = top / div_factor
                group["initial_lr"], group["max_lr"], group["min_lr"] = start, top, start / final_div_factor
        if cycle_momentum:
            self._start_momentum(optimizer, base_momentum, max_momentum, last_epoch == -1)
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Any]:
        t = self.last_epoch
        if t > self.total_steps:
            raise ValueError(f"OneCycleLR: expected at most {self.total_steps} steps, got step {t}")
        at = next((i for i, phase in enumerate(self._phases) if t <= phase[0]), len(self._phases) - 1)
        start = self._phases[at - 1][0] if at else 0.0
        end, rates, momenta = self._phases[at]
        share = (t - start) / (end - start)
        if self.cycle_momentum:
            for group in self.optimizer.param_groups:
                self._put_momentum(group, self._between(group[momenta[0]], group[momenta[1]], share))
        return [self._between(g[rates[0]], g[rates[1]], share) for g in self.optimizer.param_groups]

    def _between(self, start: Any, end: Any, share: float) -> Any:
        if self._anneal_func_type == "linear":
            return (end - start) * share + start
        return end + (start - end) / 2 * (1 + cos(pi * share))


def _total(total_steps: Any, epochs: Any, steps_per_epoch: Any) -> int:
    """The number of steps, given in one of two ways."""
    if total_steps is None and (epochs is None or steps_per_epoch is None):
        raise ValueError("OneCycleLR: expected total_steps, or epochs and steps_per_epoch, got neither")
    factors = (epochs, steps_per_epoch) if total_steps is None else (total_steps, 1)
    if not all(isinstance(n, int) and n > 0 for n in factors):
        raise ValueError(f"OneCycleLR: expected positive integers as numbers of steps, got {factors}")
    return int(factors[0] * factors[1])


def _phases(total: int, share: float, three: bool) -> list[tuple[float, tuple[str, str], tuple[str, str]]]:
    """For each phase its last step, and the options of the group between which rate and momentum move."""
    top = share * total - 1
    up = (top, ("initial_lr", "max_lr"), ("max_momentum", "base_momentum"))
    if not three:
        return [up, (total - 1, ("max_lr", "min_lr"), ("base_momentum", "max_momentum"))]
    down = (2 * share * total - 2, ("max_lr", "initial_lr"), ("base_momentum", "max_momentum"))
    return [up, down, (total - 1, ("initial_lr", "min_lr"), ("max_momentum", "max_momentum"))]
