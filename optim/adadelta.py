"""Adadelta: steps in the units of the parameters, without a step size to choose."""

from __future__ import annotations

from typing import Any

from optim.optimizer import Optimizer, Params
from optim.rule import Group, State, check_options, check_rates, filled, kept, parts, slope


class Adadelta(Optimizer):
    """Adadelta.

    g = grad + weight_decay * p; v = rho v + (1 - rho) g^2; d = sqrt(u + eps) / sqrt(v + eps) * g;
    u = rho u + (1 - rho) d^2; p -= lr * d.

    Args:
        params: leaf tensors, groups, or (name, tensor) pairs; see ``Optimizer``.
        lr: factor of the step; a number or a 0-d tensor.
        rho: decay rate of v and u.
        eps: keeps the first steps from being 0.
        weight_decay: factor of the L2 penalty.
        foreach, capturable: accepted; the backend chooses.
        maximize: go up.
        differentiable: only False.

    Raises:
        ValueError: an option is out of its range.

    Example:
        >>> w = ag.tensor([3.0], requires_grad=True)
        >>> opt = optim.Adadelta([w], eps=0.1)
        >>> (w * w).backward(); opt.step(); w
        tensor([2.0136], requires_grad=True)

    Source: Zeiler, ADADELTA: An Adaptive Learning Rate Method, 2012.
    """

    def __init__(
        self,
        params: Params,
        lr: Any = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        capturable: bool = False,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_options(self, lr=lr, eps=eps, weight_decay=weight_decay)
        if rho != 1:  # which keeps the averages as they are
            check_rates(self, "rho", rho)
        defaults = {
            "lr": lr,
            "rho": rho,
            "eps": eps,
            "weight_decay": weight_decay,
            "maximize": maximize,
            "capturable": capturable,
            "foreach": foreach,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)

    def _start(self, p: Any, group: Group) -> State:
        return {"step": 0, "square_avg": filled(p), "acc_delta": filled(p)}

    def _update(self, be: Any, group: Group, params: list[Any], grads: list[Any], states: list[State]) -> None:
        lr, rho, eps, sqrt = float(group["lr"]), group["rho"], group["eps"], be.xp.sqrt
        for p, grad, state in zip(parts(params), parts(grads), states, strict=True):
            state["step"] += 1
            g = slope(group, p, grad)
            v, u = kept(state, "square_avg", "acc_delta")
            v *= rho
            v += (1 - rho) * (g * g)
            delta = sqrt(u + eps) / sqrt(v + eps) * g
            u *= rho
            u += (1 - rho) * (delta * delta)
            p -= lr * delta
