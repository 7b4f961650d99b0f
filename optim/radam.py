"""RAdam: Adam that waits with scaling until the average of the square can be trusted."""

from __future__ import annotations

from math import sqrt
from typing import Any

from optim.optimizer import Optimizer, Params
from optim.rule import Group, State, check_options, check_rates, filled, kept, parts, slope


class RAdam(Optimizer):
    """Adam with the variance of its step size rectified.

    g = grad + weight_decay * p; m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g^2; n = 2 / (1 - beta2) - 1;
    r = n - 2 t beta2^t / (1 - beta2^t); step = lr * m / (1 - beta1^t), and where r > 5 times
    sqrt((r-4) (r-2) n / ((n-4) (n-2) r)) * sqrt(1 - beta2^t) / (sqrt(v) + eps); p -= step.

    Args:
        params: leaf tensors, groups, or (name, tensor) pairs; see ``Optimizer``.
        lr: step size; a number or a 0-d tensor.
        betas: (beta1, beta2), the decay rates of m and v.
        eps: keeps the division finite.
        weight_decay: factor of the L2 penalty.
        decoupled_weight_decay: shrink the parameters by 1 - lr * weight_decay instead of the penalty.
        foreach, capturable: accepted; the backend chooses.
        maximize: go up.
        differentiable: only False.

    Raises:
        ValueError: an option is out of its range.

    Example:
        >>> w = ag.tensor([3.0], requires_grad=True)
        >>> opt = optim.RAdam([w], lr=0.25)
        >>> (w * w).backward(); opt.step(); w
        tensor([1.5000], requires_grad=True)

    Source: Liu et al., On the Variance of the Adaptive Learning Rate and Beyond, 2020.
    """

    def __init__(
        self,
        params: Params,
        lr: Any = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        decoupled_weight_decay: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_options(self, lr=lr, eps=eps, weight_decay=weight_decay)
        check_rates(self, "betas", *betas)
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "decoupled_weight_decay": decoupled_weight_decay,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)

    def _start(self, p: Any, group: Group) -> State:
        return {"step": 0, "exp_avg": filled(p), "exp_avg_sq": filled(p)}

    def _update(self, be: Any, group: Group, params: list[Any], grads: list[Any], states: list[State]) -> None:
        lr, (beta1, beta2) = float(group["lr"]), group["betas"]
        for p, grad, state in zip(parts(params), parts(grads), states, strict=True):
            t = state["step"] = state["step"] + 1
            g = slope(group, p, grad)
            m, v = kept(state, "exp_avg", "exp_avg_sq")
            m += (1 - beta1) * (g - m)
            v *= beta2
            v += (1 - beta2) * (g * g)
            scale = _rectification(t, beta2)
            step = m / (1 - beta1**t)
            if scale:
                step = scale * (step / (be.xp.sqrt(v) + group["eps"]))
            p -= lr * step


def _rectification(t: int, beta2: float) -> float:
    """The factor of m / (sqrt(v) + eps) at step ``t``, 0 while v has seen too few gradients."""
    rest = 1 - beta2**t
    n = 2 / (1 - beta2) - 1
    r = n - 2 * t * beta2**t / rest
    return sqrt((r - 4) * (r - 2) * n / ((n - 4) * (n - 2) * r) * rest) if r > 5 else 0.0
