"""AdamW: Adam with weight decay apart from the gradient."""

from __future__ import annotations

from typing import Any

from optim.adam import Adam
from optim.optimizer import Params


class AdamW(Adam):
    """Adam whose weight decay shrinks the parameters directly, p *= 1 - lr * weight_decay, before the step.

    Args:
        params: leaf tensors, groups, or (name, tensor) pairs; see ``Optimizer``.
        lr: step size; a number or a 0-d tensor.
        betas: the decay rates of the averages of gradient and square.
        eps: keeps the division finite.
        weight_decay: as in the formula.
        amsgrad: use the largest average of the square so far.
        maximize: go up.
        foreach, fused, capturable: accepted; the backend chooses.
        differentiable: only False.

    Raises:
        ValueError: an option is out of its range.

    Example:
        >>> w = ag.tensor([3.0], requires_grad=True)
        >>> opt = optim.AdamW([w], lr=0.5, weight_decay=0.1)
        >>> (w * w).backward(); opt.step(); w
        tensor([2.3500], requires_grad=True)

    Source: Loshchilov and Hutter, Decoupled Weight Decay Regularization, 2019.
    """

    def __init__(
        self,
        params: Params,
        lr: Any = 1e-3,
        betas: tuple[Any, Any] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        super().__init__(
            params,
            lr,
            betas,
            eps,
            weight_decay,
            amsgrad,
            foreach=foreach,
            maximize=maximize,
            capturable=capturable,
            differentiable=differentiable,
            fused=fused,
            decoupled_weight_decay=True,
        )
