"""Stochastic gradient descent."""

from __future__ import annotations

from typing import Any

from autograd.op import wrap
from optim.optimizer import Optimizer, Params
from optim.rule import Group, State, check_options


class SGD(Optimizer):
    """Gradient descent, with momentum and weight decay if wanted.

    g = grad + weight_decay * p; b = momentum * b + (1 - dampening) * g (the first b is g); p -= lr * b,
    or with ``nesterov`` p -= lr * (g + momentum * b).

    Args:
        params: leaf tensors, groups, or (name, tensor) pairs; see ``Optimizer``.
        lr: step size; a number or a 0-d tensor.
        momentum: share of the last step that is kept; 0 needs no state.
        dampening: share of the gradient that is not added.
        weight_decay: factor of the L2 penalty.
        nesterov: look ahead along the momentum; needs momentum > 0 and no dampening.
        maximize: go up.
        foreach, fused: accepted; the backend chooses.
        differentiable: only False.

    Raises:
        ValueError: an option is negative, or ``nesterov`` without what it needs.

    Example:
        >>> w = ag.tensor([3.0], requires_grad=True)
        >>> opt = optim.SGD([w], lr=0.25)
        >>> (w * w).backward(); opt.step(); w
        tensor([1.5000], requires_grad=True)

    Source: Sutskever et al., On the importance of initialization and momentum in deep learning, 2013.
    """

    def __init__(
        self,
        params: Params,
        lr: Any = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: Any = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        check_options(self, lr=lr, momentum=momentum, weight_decay=weight_decay)
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError(
                f"SGD: expected momentum > 0 and dampening = 0 with nesterov, got {momentum} and {dampening}"
            )  # fmt: skip
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "dampening": dampening,
            "weight_decay": weight_decay,
            "nesterov": nesterov,
            "maximize": maximize,
            "foreach": foreach,
            "differentiable": differentiable,
            "fused": fused,
        }
        super().__init__(params, defaults)

    def _update(self, be: Any, group: Group, params: list[Any], grads: list[Any], states: list[State]) -> None:
        buffers = []
        fresh = False
        for state in states:
            buffer = state.get("momentum_buffer")
            buffers.append(None if buffer is None else buffer.raw)
            fresh |= buffer is None
        after = be.sgd_(
            params,
            grads,
            buffers,
            lr=float(group["lr"]),
            momentum=group["momentum"],
            dampening=group["dampening"],
            weight_decay=float(group["weight_decay"]),
            nesterov=group["nesterov"],
            maximize=group["maximize"],
        )
        if fresh and group["momentum"]:
            for state, old, new in zip(states, buffers, after, strict=True):
                if old is None:
                    state["momentum_buffer"] = wrap(new, be)
