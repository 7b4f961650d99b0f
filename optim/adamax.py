"""Adamax: Adam with the infinity norm."""

from __future__ import annotations

from typing import Any

from optim.optimizer import Optimizer, Params
from optim.rule import Group, State, check_options, check_rates, filled, kept, parts, slope


class Adamax(Optimizer):
    """Adam divided by a decaying maximum instead of a root mean square.

    g = grad + weight_decay * p; m = beta1 m + (1 - beta1) g; u = max(beta2 u, |g| + eps);
    p -= lr / (1 - beta1^t) * m / u.

    Args:
        params: leaf tensors, groups, or (name, tensor) pairs; see ``Optimizer``.
        lr: step size; a number or a 0-d tensor.
        betas: (beta1, beta2), the decay rates of m and u.
        eps: keeps the division finite.
        weight_decay: factor of the L2 penalty.
        foreach, capturable: accepted; the backend chooses.
        maximize: go up.
        differentiable: only False.

    Raises:
        ValueError: an option is out of its range.

    Example:
        >>> w = ag.tensor([3.0], requires_grad=True)
        >>> opt = optim.Adamax([w], lr=0.5)
        >>> (w * w).backward(); opt.step(); w
        tensor([2.5000], requires_grad=True)

    Source: Kingma and Ba, Adam: A Method for Stochastic Optimization, 2015, section 7.1.
    """

    def __init__(
        self,
        params: Params,
        lr: Any = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        check_options(self, lr=lr, eps=eps, weight_decay=weight_decay)
        check_rates(self, "betas", *betas)
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "capturable": capturable,
        }
        super().__init__(params, defaults)

    def _start(self, p: Any, group: Group) -> State:
        return {"step": 0, "exp_avg": filled(p), "exp_inf": filled(p)}

    def _update(self, be: Any, group: Group, params: list[Any], grads: list[Any], states: list[State]) -> None:
        xp, lr, (beta1, beta2) = be.xp, float(group["lr"]), group["betas"]
        for p, grad, state in zip(parts(params), parts(grads), states, strict=True):
            state["step"] += 1
            g = slope(group, p, grad)
            m, u = kept(state, "exp_avg", "exp_inf")
            m += (1 - beta1) * (g - m)
            u *= beta2
            xp.maximum(u, xp.abs(g) + group["eps"], out=u)
            p -= lr / (1 - beta1 ** state["step"]) * (m / u)
