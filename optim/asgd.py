"""ASGD: stochastic gradient descent that also keeps the average of its iterates."""

from __future__ import annotations

from typing import Any

from optim.optimizer import Optimizer, Params
from optim.rule import Group, State, check_options, filled, kept, parts, slope


class ASGD(Optimizer):
    """Averaged stochastic gradient descent; the average is ``state[p]["ax"]``.

    g = grad + weight_decay * p; p = (1 - lambd * eta) p - eta g; ax += mu (p - ax);
    eta = lr / (1 + lambd * lr * t)^alpha; mu = 1 / max(1, t - t0).

    Args:
        params: leaf tensors, groups, or (name, tensor) pairs; see ``Optimizer``.
        lr: first step size; a number or a 0-d tensor.
        lambd: decay of the parameters and of the step size.
        alpha: power of the decay of the step size.
        t0: the step at which averaging starts; until then ``ax`` is a copy.
        weight_decay: factor of the L2 penalty.
        foreach, capturable: accepted; the backend chooses.
        maximize: go up.
        differentiable: only False.

    Raises:
        ValueError: an option is negative.

    Example:
        >>> w = ag.tensor([3.0], requires_grad=True)
        >>> opt = optim.ASGD([w], lr=0.25, lambd=0)
        >>> (w * w).backward(); opt.step(); w
        tensor([1.5000], requires_grad=True)

    Source: Polyak and Juditsky, Acceleration of Stochastic Approximation by Averaging, 1992.
    """

    def __init__(
        self,
        params: Params,
        lr: Any = 1e-2,
        lambd: float = 1e-4,
        alpha: float = 0.75,
        t0: float = 1e6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        check_options(self, lr=lr, weight_decay=weight_decay)
        defaults = {
            "lr": lr,
            "lambd": lambd,
            "alpha": alpha,
            "t0": t0,
            "weight_decay": weight_decay,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "capturable": capturable,
        }
        super().__init__(params, defaults)

    def _start(self, p: Any, group: Group) -> State:
        return {"step": 0, "eta": float(group["lr"]), "mu": 1.0, "ax": filled(p)}

    def _update(self, be: Any, group: Group, params: list[Any], grads: list[Any], states: list[State]) -> None:
        lr, lambd = float(group["lr"]), group["lambd"]
        for p, grad, state in zip(parts(params), parts(grads), states, strict=True):
            t = state["step"] = state["step"] + 1
            g = slope(group, p, grad)
            (average,) = kept(state, "ax")
            p *= 1 - lambd * state["eta"]
            p -= state["eta"] * g
            if state["mu"] == 1:
                average[...] = p
            else:
                average += state["mu"] * (p - average)
            state["eta"] = lr / (1 + lambd * lr * t) ** group["alpha"]
            state["mu"] = 1 / max(1, t - group["t0"])
