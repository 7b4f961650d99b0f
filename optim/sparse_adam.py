"""Adam for tables of which each step uses few rows."""

from __future__ import annotations

from typing import Any

from autograd.errors import DtypeError
from optim.optimizer import Optimizer, Params
from optim.rule import Group, State, filled, kept


class SparseAdam(Optimizer):
    """Adam in which the rows of a parameter whose gradient is zero stay as they are, their averages too.

    For rows with a gradient: m = b1 m + (1 - b1) g, v = b2 v + (1 - b2) g^2,
    p = p - lr * sqrt(1 - b2^t) / (1 - b1^t) * m / (sqrt(v) + eps). Gradients are dense here; those of an ``Embedding`` are zero
    in the rows that were not looked up.

    Args:
        params: tensors, groups, or pairs (name, tensor).
        lr: the learning rate.
        betas: b1 and b2.
        eps: added to the root.
        maximize: climb.

    Raises:
        ValueError: an option out of range.
        DtypeError: a complex parameter.

    Example:
        >>> table = nn.Embedding(3, 2)
        >>> before = table.weight.detach().clone()
        >>> table(ag.tensor([1])).sum().backward()
        >>> optim.SparseAdam(table.parameters(), lr=0.1).step()
        >>> (table.weight != before).any(dim=1)
        tensor([False,  True, False])

    Source: Kingma and Ba, Adam: A Method for Stochastic Optimization, 2014.
    """

    def __init__(
        self,
        params: Params,
        lr: Any = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        maximize: bool = False,
    ) -> None:
        if not lr > 0:
            raise ValueError(f"SparseAdam: expected lr > 0, got {lr}")
        if not eps > 0:
            raise ValueError(f"SparseAdam: expected eps > 0, got {eps}")
        if not (0 <= betas[0] < 1 and 0 <= betas[1] < 1):
            raise ValueError(f"SparseAdam: expected betas in [0, 1), got {betas}")
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps, "maximize": maximize})

    def _check_params(self, params: list[Any]) -> None:
        super()._check_params(params)
        if any(p.is_complex() for p in params):
            raise DtypeError("SparseAdam: expected real parameters, got a complex one. Use Adam for it")

    def _start(self, p: Any, group: Group) -> State:
        return {"step": 0, "exp_avg": filled(p), "exp_avg_sq": filled(p)}

    def _update(self, be: Any, group: Group, params: list[Any], grads: list[Any], states: list[State]) -> None:
        xp, (beta1, beta2) = be.xp, group["betas"]
        for p, grad, state in zip(params, grads, states, strict=True):
            t = state["step"] = state["step"] + 1
            rows = grad.reshape(len(grad), -1).any(1) if grad.ndim else grad != 0
            m, v = kept(state, "exp_avg", "exp_avg_sq")
            g = -grad[rows] if group["maximize"] else grad[rows]
            m[rows] += (1 - beta1) * (g - m[rows])
            v[rows] += (1 - beta2) * (g * g - v[rows])
            size = float(group["lr"]) * (1 - beta2**t) ** 0.5 / (1 - beta1**t)
            p[rows] -= size * (m[rows] / (xp.sqrt(v[rows]) + group["eps"]))
