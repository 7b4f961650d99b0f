"""RMSprop: steps divided by a running root mean square of the gradient."""

from __future__ import annotations

from typing import Any

from optim.optimizer import Optimizer, Params
from optim.rule import Group, State, check_options, filled, kept, parts, slope


class RMSprop(Optimizer):
    """RMSprop, centered and with momentum if wanted.

    g = grad + weight_decay * p; v = alpha v + (1 - alpha) g^2; p -= lr * g / (sqrt(v) + eps).
    ``centered`` takes sqrt(v - a^2), a the running average of g; momentum steps along b = momentum * b + g / (...).

    Args:
        params: leaf tensors, groups, or (name, tensor) pairs; see ``Optimizer``.
        lr: step size; a number or a 0-d tensor.
        alpha: decay rate of v and a.
        eps: keeps the division finite.
        weight_decay: factor of the L2 penalty.
        momentum: share of the last step that is kept.
        centered: divide by the standard deviation instead.
        capturable, foreach: accepted; the backend chooses.
        maximize: go up.
        differentiable: only False.

    Raises:
        ValueError: an option is negative.

    Example:
        >>> w = ag.tensor([3.0], requires_grad=True)
        >>> opt = optim.RMSprop([w], lr=0.1)
        >>> (w * w).backward(); opt.step(); w
        tensor([2.0000], requires_grad=True)

    Source: Hinton, Neural Networks for Machine Learning, lecture 6e, 2012; Graves, Generating Sequences with
        Recurrent Neural Networks, 2013 (centered).
    """

    def __init__(
        self,
        params: Params,
        lr: Any = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_options(self, lr=lr, eps=eps, momentum=momentum, weight_decay=weight_decay, alpha=alpha)
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "alpha": alpha,
            "eps": eps,
            "centered": centered,
            "weight_decay": weight_decay,
            "capturable": capturable,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)

    def _start(self, p: Any, group: Group) -> State:
        state = {"step": 0, "square_avg": filled(p)}
        if group["momentum"] > 0:
            state["momentum_buffer"] = filled(p)
        if group["centered"]:
            state["grad_avg"] = filled(p)
        return state

    def _update(self, be: Any, group: Group, params: list[Any], grads: list[Any], states: list[State]) -> None:
        lr, alpha, momentum = float(group["lr"]), group["alpha"], group["momentum"]
        for p, grad, state in zip(parts(params), parts(grads), states, strict=True):
            state["step"] += 1
            g = slope(group, p, grad)
            (v,) = kept(state, "square_avg")
            v *= alpha
            v += (1 - alpha) * (g * g)
            if group["centered"]:
                (mean,) = kept(state, "grad_avg")
                mean += (1 - alpha) * (g - mean)
                root = be.xp.sqrt(v - mean * mean)
            else:
                root = be.xp.sqrt(v)
            step = g / (root + group["eps"])
            if momentum > 0:
                (buffer,) = kept(state, "momentum_buffer")
                buffer *= momentum
                buffer += step
                step = buffer
            p -= lr * step
