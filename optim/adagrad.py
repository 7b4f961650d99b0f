"""Adagrad: steps divided by the root of all squared gradients so far."""

from __future__ import annotations

from typing import Any

from optim.optimizer import Optimizer, Params
from optim.rule import Group, State, check_options, filled, kept, parts, slope


class Adagrad(Optimizer):
    """Adagrad.

    g = grad + weight_decay * p; s += g^2; p -= lr / (1 + (t - 1) lr_decay) * g / (sqrt(s) + eps).

    Args:
        params: leaf tensors, groups, or (name, tensor) pairs; see ``Optimizer``.
        lr: step size; a number or a 0-d tensor.
        lr_decay: how fast the step size falls.
        weight_decay: factor of the L2 penalty.
        initial_accumulator_value: s before the first step.
        eps: keeps the division finite.
        foreach, fused: accepted; the backend chooses.
        maximize: go up.
        differentiable: only False.

    Raises:
        ValueError: an option is negative.

    Example:
        >>> w = ag.tensor([3.0], requires_grad=True)
        >>> opt = optim.Adagrad([w], lr=0.5)
        >>> (w * w).backward(); opt.step(); w
        tensor([2.5000], requires_grad=True)

    Source: Duchi et al., Adaptive Subgradient Methods for Online Learning and Stochastic Optimization, 2011.
    """

    def __init__(
        self,
        params: Params,
        lr: Any = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        start = initial_accumulator_value
        check_options(
            self, lr=lr, lr_decay=lr_decay, weight_decay=weight_decay, initial_accumulator_value=start, eps=eps
        )
        defaults = {
            "lr": lr,
            "lr_decay": lr_decay,
            "eps": eps,
            "weight_decay": weight_decay,
            "initial_accumulator_value": initial_accumulator_value,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "fused": fused,
        }
        super().__init__(params, defaults)
        for group in self.param_groups:  # in PyTorch, too, every parameter has a state from the start
            for p in group["params"]:
                self._begin(p, group)

    def _start(self, p: Any, group: Group) -> State:
        return {"step": 0, "sum": filled(p, group["initial_accumulator_value"])}

    def _update(self, be: Any, group: Group, params: list[Any], grads: list[Any], states: list[State]) -> None:
        for p, grad, state in zip(parts(params), parts(grads), states, strict=True):
            g = slope(group, p, grad)
            (total,) = kept(state, "sum")
            rate = float(group["lr"]) / (1 + state["step"] * group["lr_decay"])
            state["step"] += 1
            total += g * g
            p -= rate * (g / (be.xp.sqrt(total) + group["eps"]))
