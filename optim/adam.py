"""Adam: steps scaled by running averages of the gradient and of its square."""

from __future__ import annotations

from typing import Any

from optim.optimizer import Optimizer, Params
from optim.rule import Group, State, check_options, check_rates, filled, parts


class Adam(Optimizer):
    """Adam, and AMSGrad.

    g = grad + weight_decay * p; m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g^2;
    p -= lr * m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + eps); AMSGrad divides by the largest v so far.

    Args:
        params: leaf tensors, groups, or (name, tensor) pairs; see ``Optimizer``.
        lr: step size; a number or a 0-d tensor.
        betas: (beta1, beta2), the decay rates of m and v.
        eps: keeps the division finite.
        weight_decay: factor of the L2 penalty.
        amsgrad: use the largest v so far.
        decoupled_weight_decay: shrink the parameters by 1 - lr * weight_decay instead of the penalty: AdamW.
        maximize: go up.
        foreach, fused, capturable: accepted; the backend chooses.
        differentiable: only False.

    Raises:
        ValueError: an option is out of its range.

    Example:
        >>> w = ag.tensor([3.0], requires_grad=True)
        >>> opt = optim.Adam([w], lr=0.5)
        >>> (w * w).backward(); opt.step(); w
        tensor([2.5000], requires_grad=True)

    Source: Kingma and Ba, Adam: A Method for Stochastic Optimization, 2015;
        Reddi et al., On the Convergence of Adam and Beyond, 2018.
    """

    def __init__(
        self,
        params: Params,
        lr: Any = 1e-3,
        betas: tuple[Any, Any] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
        decoupled_weight_decay: bool = False,
    ) -> None:
        check_options(self, lr=lr, eps=eps, weight_decay=weight_decay)
        check_rates(self, "betas", *betas)
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "amsgrad": amsgrad,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "differentiable": differentiable,
            "fused": fused,
            "decoupled_weight_decay": decoupled_weight_decay,
        }
        super().__init__(params, defaults)

    def _start(self, p: Any, group: Group) -> State:
        state = {"step": 0, "exp_avg": filled(p), "exp_avg_sq": filled(p)}
        return state | {"max_exp_avg_sq": filled(p)} if group["amsgrad"] else state

    def _update(self, be: Any, group: Group, params: list[Any], grads: list[Any], states: list[State]) -> None:
        steps, averages, squares, tops = [], [], [], []
        for state in states:
            state["step"] += 1
            steps.append(state["step"])
            averages.append(state["exp_avg"].raw)
            squares.append(state["exp_avg_sq"].raw)
            if group["amsgrad"]:
                tops.append(state["max_exp_avg_sq"].raw)
        columns = [params, grads, averages, squares, tops]
        for p in params:
            if p.dtype.kind == "c":
                columns = [parts(column) for column in columns]
                break
        beta1, beta2 = group["betas"]
        be.adam_(
            *columns,
            steps,
            lr=float(group["lr"]),
            beta1=float(beta1),
            beta2=float(beta2),
            eps=group["eps"],
            weight_decay=group["weight_decay"],
            decoupled=group["decoupled_weight_decay"],
            maximize=group["maximize"],
        )
