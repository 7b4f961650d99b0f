"""Adafactor: Adam's scaling from sums over rows and columns, which need little memory."""

from __future__ import annotations

from math import sqrt
from typing import Any

from autograd.errors import DtypeError
from autograd.op import wrap
from optim.optimizer import Optimizer, Params
from optim.rule import Group, State, check_options, filled, kept


class Adafactor(Optimizer):
    """Adafactor.

    With w = t^beta2_decay and rms(x) = |x| / sqrt(size of x): R += w (mean of g^2 over the last axis - R), C likewise
    over the last but one; V = R C / max(mean of R, eps1) (for vectors V += w (g^2 - V)); u = g / sqrt(max(V, eps1^2));
    p *= 1 - lr * weight_decay; p -= max(eps2, rms(p)) * min(lr, 1 / sqrt(t)) * u / max(1, rms(u) / d).

    Args:
        params: real leaf tensors, groups, or (name, tensor) pairs; see ``Optimizer``.
        lr: largest relative step size; a number or a 0-d tensor.
        beta2_decay: power of t in w, at most 0.
        eps: (eps1, eps2); eps1 None stands for the dtype's rounding.
        d: the largest rms(u) that is not clipped.
        weight_decay: decoupled, as in AdamW.
        foreach: accepted; the backend chooses.
        maximize: go up.

    Raises:
        ValueError: an option is out of its range.
        DtypeError: a parameter is complex.

    Example:
        >>> w = ag.tensor([3.0], requires_grad=True)
        >>> opt = optim.Adafactor([w], lr=0.5)
        >>> (w * w).backward(); opt.step(); w
        tensor([1.5000], requires_grad=True)

    Source: Shazeer and Stern, Adafactor: Adaptive Learning Rates with Sublinear Memory Cost, 2018.
    """

    def __init__(
        self,
        params: Params,
        lr: Any = 1e-2,
        beta2_decay: float = -0.8,
        eps: tuple[float | None, float] = (None, 1e-3),
        d: float = 1.0,
        weight_decay: float = 0.0,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
    ) -> None:
        check_options(self, lr=lr, eps1=eps[0] or 0, eps2=eps[1], weight_decay=weight_decay)
        if not beta2_decay <= 0:
            raise ValueError(f"Adafactor: expected beta2_decay <= 0, got {beta2_decay}")
        if not d >= 1:
            raise ValueError(f"Adafactor: expected d >= 1, got {d}")
        defaults = {
            "lr": lr,
            "beta2_decay": beta2_decay,
            "eps": eps,
            "d": d,
            "weight_decay": weight_decay,
            "foreach": foreach,
            "maximize": maximize,
        }
        super().__init__(params, defaults)

    def _check_params(self, params: list[Any]) -> None:
        super()._check_params(params)
        if any(p.is_complex() for p in params):
            raise DtypeError("Adafactor: expected real parameters, got a complex one. Use Adam for it")

    def _start(self, p: Any, group: Group) -> State:
        if p.ndim < 2:
            return {"step": 0, "variance": filled(p)}
        *lead, rows, columns = p.shape
        xp, dtype = p.backend.xp, p.raw.dtype
        row_var, col_var = xp.zeros((*lead, rows, 1), dtype), xp.zeros((*lead, 1, columns), dtype)
        return {"step": 0, "row_var": wrap(row_var, p.backend), "col_var": wrap(col_var, p.backend)}

    def _update(self, be: Any, group: Group, params: list[Any], grads: list[Any], states: list[State]) -> None:
        xp, lr = be.xp, float(group["lr"])
        for p, grad, state in zip(params, grads, states, strict=True):
            if not p.size:  # it has no mean
                continue
            t = state["step"] = state["step"] + 1
            eps1, eps2 = group["eps"]
            eps1 = float(xp.finfo(p.dtype).eps) if eps1 is None else eps1
            g = -grad if group["maximize"] else grad
            size = xp.maximum(_rms(xp, p), eps2) * min(lr, 1 / sqrt(t))
            p *= 1 - lr * group["weight_decay"]
            v = _variance(xp, g, state, t ** group["beta2_decay"], eps1)
            u = g / xp.sqrt(xp.maximum(v, eps1 * eps1))
            p -= size / xp.maximum(_rms(xp, u) / group["d"], 1.0) * u


def _variance(xp: Any, g: Any, state: State, weight: float, eps: float) -> Any:
    """The running average of g^2, for a matrix (..., R, C) through those of its rows and columns."""
    square = g * g
    if "variance" in state:
        (v,) = kept(state, "variance")
        v += weight * (square - v)
        return v
    row, column = kept(state, "row_var", "col_var")  # (..., R, 1), (..., 1, C)
    row += weight * (square.mean(-1, keepdims=True) - row)
    column += weight * (square.mean(-2, keepdims=True) - column)
    return row * column / xp.maximum(row.mean(-2, keepdims=True), eps)  # (..., R, C)


def _rms(xp: Any, a: Any) -> Any:
    """|a| / sqrt(number of elements), of at least float32, and left on the device: to read it is to wait."""
    return xp.sqrt((a * a).sum(dtype="float32" if a.dtype == "float16" else a.dtype)) / sqrt(a.size)
