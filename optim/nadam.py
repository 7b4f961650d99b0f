"""NAdam: Adam with Nesterov's momentum."""

from __future__ import annotations

from typing import Any

from optim.optimizer import Optimizer, Params
from optim.rule import Group, State, check_options, check_rates, filled, kept, parts, slope


class NAdam(Optimizer):
    """NAdam.

    g = grad + weight_decay * p; m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g^2;
    mu_t = beta1 (1 - 0.96^(t momentum_decay) / 2); M_t = mu_1 ... mu_t; d = sqrt(v / (1 - beta2^t)) + eps;
    p -= lr (1 - mu_t) / (1 - M_t) * g / d + lr mu_{t+1} / (1 - M_{t+1}) * m / d.

    Args:
        params: leaf tensors, groups, or (name, tensor) pairs; see ``Optimizer``.
        lr: step size; a number or a 0-d tensor.
        betas: (beta1, beta2), the decay rates of m and v.
        eps: keeps the division finite.
        weight_decay: factor of the L2 penalty.
        momentum_decay: how fast mu rises to beta1.
        decoupled_weight_decay: shrink the parameters by 1 - lr * weight_decay instead of the penalty.
        foreach, capturable: accepted; the backend chooses.
        maximize: go up.
        differentiable: only False.

    Raises:
        ValueError: an option is out of its range.

    Example:
        >>> w = ag.tensor([3.0], requires_grad=True)
        >>> opt = optim.NAdam([w], lr=0.5)
        >>> (w * w).backward(); opt.step(); w.item() < 3
        True

    Source: Dozat, Incorporating Nesterov Momentum into Adam, 2016.
    """

    def __init__(
        self,
        params: Params,
        lr: Any = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_options(self, lr=lr, eps=eps, weight_decay=weight_decay, momentum_decay=momentum_decay)
        check_rates(self, "betas", *betas)
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "momentum_decay": momentum_decay,
            "decoupled_weight_decay": decoupled_weight_decay,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)

    def _start(self, p: Any, group: Group) -> State:
        return {"step": 0, "mu_product": 1.0, "exp_avg": filled(p), "exp_avg_sq": filled(p)}

    def _update(self, be: Any, group: Group, params: list[Any], grads: list[Any], states: list[State]) -> None:
        lr, (beta1, beta2), decay = float(group["lr"]), group["betas"], group["momentum_decay"]
        for p, grad, state in zip(parts(params), parts(grads), states, strict=True):
            t = state["step"] = state["step"] + 1
            g = slope(group, p, grad)
            m, v = kept(state, "exp_avg", "exp_avg_sq")
            mu = beta1 * (1 - 0.5 * 0.96 ** (t * decay))
            next_mu = beta1 * (1 - 0.5 * 0.96 ** ((t + 1) * decay))
            product = state["mu_product"] = state["mu_product"] * mu
            m += (1 - beta1) * (g - m)
            v *= beta2
            v += (1 - beta2) * (g * g)
            d = be.xp.sqrt(v / (1 - beta2**t)) + group["eps"]
            p -= lr * (1 - mu) / (1 - product) * (g / d)
            p -= lr * next_mu / (1 - product * next_mu) * (m / d)
