"""Scaling of the loss, so that gradients in float16 do not become zero."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import Any

from autograd.errors import GraphError
from autograd.node import Variable
from autograd.op import wrap, written


class _Stage(Enum):
    READY, UNSCALED, STEPPED = range(3)


class GradScaler:
    """Multiplies the loss by a large factor, takes it out of the gradients before the step, and adapts it.

    A step whose gradients have inf or NaN is skipped and the factor reduced; after ``growth_interval`` steps without, it
    grows. In every iteration: ``scale(loss).backward()``, ``step(optimizer)``, ``update()``.

    Args:
        device: accepted; gradients are scaled where they are.
        init_scale: the first factor.
        growth_factor: above 1.
        backoff_factor: between 0 and 1.
        growth_interval: after how many good steps in a row the factor grows.
        enabled: False: ``scale`` does nothing, ``step`` is the optimizer's.

    Raises:
        ValueError: a factor out of its range.

    Example:
        >>> w = ag.ones(1, requires_grad=True)
        >>> optimizer, scaler = optim.SGD([w], lr=0.5), ag.amp.GradScaler("cpu", init_scale=1024.0)
        >>> scaler.scale((w * w).sum()).backward(); w.grad
        tensor([2048.])
        >>> scaler.step(optimizer); scaler.update(); w
        tensor([0.], requires_grad=True)

    Source: Micikevicius et al., Mixed Precision Training, 2018, section 3.2.
    """

    def __init__(
        self,
        device: str = "cuda",
        init_scale: float = 2.0**16,
        growth_factor: float = 2.0,
        backoff_factor: float = 0.5,
        growth_interval: int = 2000,
        enabled: bool = True,
    ) -> None:
        if enabled and not growth_factor > 1:
            raise ValueError(f"GradScaler: expected growth_factor above 1, got {growth_factor}")
        if enabled and not backoff_factor < 1:
            raise ValueError(f"GradScaler: expected backoff_factor below 1, got {backoff_factor}")
        self._device, self._enabled = device, enabled
        self._scale, self._growth_tracker = float(init_scale), 0
        self._growth_factor, self._backoff_factor, self._growth_interval = (
            growth_factor,
            backoff_factor,
            growth_interval,
        )
        self._started = False
        self._states: dict[int, tuple[_Stage, bool]] = {}  # by optimizer: how far it is, and whether inf was found

    # -- an iteration --------------------------------------------------------------------------------------------------
    def scale(self, outputs: Any) -> Any:
        """The outputs times the factor.

        Args:
            outputs: a tensor, or an iterable of them.

        Returns:
            The same structure.
        """
        if not self._enabled:
            return outputs
        self._started = True
        if isinstance(outputs, Variable):
            be = outputs.backend
            return outputs * wrap(be.asarray(self._scale, "float32"), be)
        if isinstance(outputs, Iterable):
            scaled = map(self.scale, outputs)
            return type(outputs)(scaled) if isinstance(outputs, (list, tuple)) else scaled
        raise ValueError(f"GradScaler.scale: expected a tensor or an iterable of tensors, got {type(outputs).__name__}")

    def unscale_(self, optimizer: Any) -> None:
        """Divides the gradients of an optimizer by the factor, for example to clip them before ``step``.

        Args:
            optimizer: whose parameters' ``grad`` are written.

        Raises:
            GraphError: called twice since the last ``update``, or after ``step``.
            ValueError: float16 gradients: the parameters must be float32.
        """
        if not self._enabled:
            return
        self._check_started("unscale_")
        stage, _ = self._states.get(id(optimizer), (_Stage.READY, False))
        if stage is _Stage.UNSCALED:
            raise GraphError("unscale_: expected one call per optimizer since the last update(), got a second one")
        if stage is _Stage.STEPPED:
            raise GraphError("unscale_: expected a call before step(), got one after it. Call update() between")
        self._states[id(optimizer)] = _Stage.UNSCALED, self._unscale(optimizer)

    def _unscale(self, optimizer: Any) -> bool:
        """Takes the factor out of the gradients; whether one of them is not finite."""
        by_backend: dict[Any, list[Any]] = {}
        for group in optimizer.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    if p.grad.raw.dtype == "float16":
                        raise ValueError(
                            "unscale_: expected float32 gradients, got float16. Keep the parameters float32 and use autocast"
                        )
                    by_backend.setdefault(p.grad.backend, []).append(p.grad)
        found = False
        for be, grads in by_backend.items():
            finite = None
            for g in grads:
                g.raw[...] = g.raw * be.scalar(1 / self._scale, "float32")
                written(g, "unscale_", None, track=False)
                good = be.xp.isfinite(g.raw.astype("float32", copy=False)).all()
                finite = good if finite is None else be.xp.logical_and(finite, good)
            found |= not bool(finite)
        return found

    def step(self, optimizer: Any, *args: Any, **kwargs: Any) -> Any:
        """``optimizer.step(*args, **kwargs)`` on unscaled gradients; nothing where one has inf or NaN.

        Args:
            optimizer: the optimizer.
            args, kwargs: its arguments; no closure.

        Returns:
            What its ``step`` returns, None where it was skipped.

        Raises:
            GraphError: called twice since the last ``update``, or there are no gradients.
            ValueError: a closure was given.
        """
        if not self._enabled:
            return optimizer.step(*args, **kwargs)
        if kwargs.get("closure") is not None or (args and callable(args[0])):
            raise ValueError("GradScaler.step: expected no closure, got one. Run backward before it")
        self._check_started("step")
        stage, found = self._states.get(id(optimizer), (_Stage.READY, False))
        if stage is _Stage.STEPPED:
            raise GraphError("step: expected one call per optimizer since the last update(), got a second one")
        if not any(p.grad is not None for group in optimizer.param_groups for p in group["params"]):
            raise GraphError("step: expected gradients to look for inf in, got none. Call backward() first")
        if stage is _Stage.READY:
            found = self._unscale(optimizer)
        self._states[id(optimizer)] = _Stage.STEPPED, found
        return None if found else optimizer.step(*args, **kwargs)

    def update(self, new_scale: Any = None) -> None:
        """Adapts the factor to whether inf was found since the last call; ends the iteration.

        Args:
            new_scale: a float or a tensor with one: the factor from now on.

        Raises:
            GraphError: neither ``step`` nor ``unscale_`` was called.
        """
        if not self._enabled:
            return
        self._check_started("update")
        if new_scale is not None:
            self._scale = float(new_scale.item() if isinstance(new_scale, Variable) else new_scale)  # type: ignore[attr-defined]
        elif not self._states:
            raise GraphError("update: expected a step() or unscale_() before it, got none")
        elif any(found for _, found in self._states.values()):
            self._scale, self._growth_tracker = self._scale * self._backoff_factor, 0
        else:
            self._growth_tracker += 1
            if self._growth_tracker == self._growth_interval:
                self._scale, self._growth_tracker = self._scale * self._growth_factor, 0
        self._states.clear()

    def _check_started(self, name: str) -> None:
        if not self._started:
            raise GraphError(f"{name}: expected a call of scale() before it, got none. Scale the loss first")

    # -- what it is ----------------------------------------------------------------------------------------------------
    def get_scale(self) -> float:
        """The factor; 1 where it is not enabled."""
        return self._scale if self._enabled else 1.0

    def get_growth_factor(self) -> float:
        """What the factor grows by."""
        return self._growth_factor

    def set_growth_factor(self, new_factor: float) -> None:
        """Sets what the factor grows by.

        Args:
            new_factor: as for the constructor.
        """
        self._growth_factor = new_factor

    def get_backoff_factor(self) -> float:
        """What the factor is reduced by."""
        return self._backoff_factor

    def set_backoff_factor(self, new_factor: float) -> None:
        """Sets what the factor is reduced by.

        Args:
            new_factor: as for the constructor.
        """
        self._backoff_factor = new_factor

    def get_growth_interval(self) -> int:
        """After how many good steps the factor grows."""
        return self._growth_interval

    def set_growth_interval(self, new_interval: int) -> None:
        """Sets after how many good steps the factor grows.

        Args:
            new_interval: as for the constructor.
        """
        self._growth_interval = new_interval

    def is_enabled(self) -> bool:
        """Whether it does anything."""
        return self._enabled

    def state_dict(self) -> dict[str, Any]:
        """The factor and how it changes, under PyTorch's names; empty where it is not enabled."""
        if not self._enabled:
            return {}
        return {
            "scale": self.get_scale(), "growth_factor": self._growth_factor, "backoff_factor": self._backoff_factor,
            "growth_interval": self._growth_interval, "_growth_tracker": self._growth_tracker,
        }  # fmt: skip

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continues from ``state_dict()``.

        Args:
            state_dict: what that returned.

        Raises:
            ValueError: it is empty: it comes from a scaler that was not enabled.
        """
        if not self._enabled:
            return
        if not state_dict:
            raise ValueError("load_state_dict: expected the state of an enabled GradScaler, got an empty one")
        self._scale, self._growth_tracker = float(state_dict["scale"]), state_dict["_growth_tracker"]
        self._growth_factor, self._backoff_factor = state_dict["growth_factor"], state_dict["backoff_factor"]
        self._growth_interval = state_dict["growth_interval"]
