"""Rprop: a step size for each element, grown or shrunk by the sign of the gradient alone."""

from __future__ import annotations

from typing import Any

from optim.optimizer import Optimizer, Params
from optim.rule import Group, State, check_options, filled, kept, parts


class Rprop(Optimizer):
    """Resilient propagation, for gradients of the whole data set.

    Where g has the sign it had before, s *= eta+; where it has turned, s *= eta- and g = 0; s is kept within
    ``step_sizes``; p -= s * sign(g).

    Args:
        params: leaf tensors, groups, or (name, tensor) pairs; see ``Optimizer``.
        lr: the first s; a number or a 0-d tensor.
        etas: (eta-, eta+), below and above 1.
        step_sizes: the smallest and the largest s.
        capturable, foreach: accepted; the backend chooses.
        maximize: go up.
        differentiable: only False.

    Raises:
        ValueError: an option is out of its range.

    Example:
        >>> w = ag.tensor([3.0], requires_grad=True)
        >>> opt = optim.Rprop([w], lr=0.5)
        >>> (w * w).backward(); opt.step(); w
        tensor([2.5000], requires_grad=True)

    Source: Riedmiller and Braun, A Direct Adaptive Method for Faster Backpropagation Learning, 1993.
    """

    def __init__(
        self,
        params: Params,
        lr: Any = 1e-2,
        etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50),
        *,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_options(self, lr=lr)
        if not 0 < etas[0] < 1 < etas[1]:
            raise ValueError(f"Rprop: expected etas with 0 < first < 1 < second, got {etas}")
        defaults = {
            "lr": lr,
            "etas": etas,
            "step_sizes": step_sizes,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "capturable": capturable,
        }
        super().__init__(params, defaults)

    def _start(self, p: Any, group: Group) -> State:
        return {"step": 0, "prev": filled(p), "step_size": filled(p, float(group["lr"]))}

    def _update(self, be: Any, group: Group, params: list[Any], grads: list[Any], states: list[State]) -> None:
        xp, (shrink, grow), (smallest, largest) = be.xp, group["etas"], group["step_sizes"]
        for p, grad, state in zip(parts(params), parts(grads), states, strict=True):
            state["step"] += 1
            before, size = kept(state, "prev", "step_size")
            g = -grad if group["maximize"] else grad
            agreement = g * before
            turned = agreement < 0
            size *= xp.where(turned, shrink, xp.where(agreement > 0, grow, 1.0)).astype(p.dtype)
            xp.clip(size, smallest, largest, out=size)
            before[...] = xp.where(turned, 0, g)
            p -= size * xp.sign(before)
