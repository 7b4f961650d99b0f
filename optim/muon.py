"""Muon: momentum whose singular values are all brought near 1."""

from __future__ import annotations

from math import sqrt
from typing import Any

from autograd.errors import ShapeError
from optim.optimizer import Optimizer, Params
from optim.rule import Group, State, check_options, filled, kept

_ADJUSTMENTS = (None, "original", "match_rms_adamw")


class Muon(Optimizer):
    """Muon, for the weight matrices of hidden layers; embeddings, biases and heads go to another rule, such as AdamW.

    b += (1 - momentum) (g - b); u = b, with ``nesterov`` u = g + momentum (b - g); o = orthogonal part of u;
    p *= 1 - lr * weight_decay; p -= lr * s * o, s = sqrt(max(1, A / B)) for p (A,B), or 0.2 sqrt(max(A, B)) with
    ``match_rms_adamw``.

    Args:
        params: real leaf matrices, groups, or (name, tensor) pairs; see ``Optimizer``.
        lr: step size.
        weight_decay: decoupled, as in AdamW.
        momentum: share of the last momentum that is kept.
        nesterov: look ahead along the momentum.
        ns_coefficients: (a, b, c) of the Newton-Schulz step x = a x + (b x x^T + c (x x^T)^2) x.
        eps: the smallest norm that u is divided by.
        ns_steps: how many of them, below 100. They run in the parameter's dtype (PyTorch: bfloat16).
        adjust_lr_fn: "original" (or None) or "match_rms_adamw".

    Raises:
        ValueError: an option is out of its range.
        ShapeError: a parameter is not a real matrix.

    Example:
        >>> w = ag.ones(2, 2, requires_grad=True)
        >>> opt = optim.Muon([w], lr=0.1)
        >>> w.sum().backward(); opt.step(); bool((w < 1).all())
        True

    Source: Jordan et al., Muon: An optimizer for hidden layers in neural networks, 2024;
        Liu et al., Muon is Scalable for LLM Training, 2025 (match_rms_adamw).
    """

    def __init__(
        self,
        params: Params,
        lr: Any = 1e-3,
        weight_decay: float = 0.1,
        momentum: float = 0.95,
        nesterov: bool = True,
        ns_coefficients: tuple[float, float, float] = (3.4445, -4.775, 2.0315),
        eps: float = 1e-7,
        ns_steps: int = 5,
        adjust_lr_fn: str | None = None,
    ) -> None:
        check_options(self, lr=lr, momentum=momentum, weight_decay=weight_decay)
        if adjust_lr_fn not in _ADJUSTMENTS:
            raise ValueError(f"Muon: expected adjust_lr_fn to be one of {_ADJUSTMENTS}, got {adjust_lr_fn!r}")
        if len(ns_coefficients) != 3 or ns_steps >= 100:
            raise ValueError(
                f"Muon: expected three ns_coefficients and ns_steps < 100, got {ns_coefficients} and {ns_steps}"
            )
        defaults = {
            "lr": lr,
            "weight_decay": weight_decay,
            "momentum": momentum,
            "nesterov": nesterov,
            "ns_coefficients": ns_coefficients,
            "eps": eps,
            "ns_steps": ns_steps,
            "adjust_lr_fn": adjust_lr_fn,
        }
        super().__init__(params, defaults)

    def _check_params(self, params: list[Any]) -> None:
        super()._check_params(params)
        for p in params:
            if p.ndim != 2 or p.is_complex():
                raise ShapeError(
                    f"Muon: expected real matrices, got {p.dtype} of shape {tuple(p.shape)}. Use AdamW for the others"
                )

    def _start(self, p: Any, group: Group) -> State:
        return {"momentum_buffer": filled(p)}

    def _update(self, be: Any, group: Group, params: list[Any], grads: list[Any], states: list[State]) -> None:
        lr, momentum = float(group["lr"]), group["momentum"]
        for p, g, state in zip(params, grads, states, strict=True):
            (buffer,) = kept(state, "momentum_buffer")
            buffer += (1 - momentum) * (g - buffer)
            u = g + momentum * (buffer - g) if group["nesterov"] else buffer
            o = _orthogonal(be, u, group["ns_coefficients"], group["ns_steps"], group["eps"])
            rows, columns = p.shape
            match_rms = group["adjust_lr_fn"] == "match_rms_adamw"
            scale = 0.2 * sqrt(max(rows, columns)) if match_rms else sqrt(max(1, rows / max(1, columns)))
            p *= 1 - lr * group["weight_decay"]
            p -= lr * scale * o


def _orthogonal(be: Any, x: Any, coefficients: tuple[float, float, float], steps: int, eps: float) -> Any:
    """Newton-Schulz: a matrix with the singular vectors of ``x`` and singular values near 1."""
    a, b, c = coefficients
    tall = x.shape[0] > x.shape[1]
    x = x.T if tall else x  # the products are of the shorter side
    x = x / be.xp.maximum(be.xp.sqrt((x * x).sum()), eps)
    for _ in range(steps):
        gram = be.matmul(x, x.T)
        x = a * x + be.matmul(b * gram + c * be.matmul(gram, gram), x)
    return x.T if tall else x
