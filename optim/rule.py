"""What the rules are written with: raw arrays of parameters and states, and checks of options."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autograd.dtypes import REAL
from autograd.op import wrap
from autograd.tensor import Tensor

Group = dict[str, Any]
State = dict[str, Any]


def real(a: Any) -> Any:
    """The array itself; a complex one as a view (..., 2) of its real and imaginary parts."""
    return a if a.dtype.kind != "c" else a[..., None].view(a.real.dtype)


def parts(arrays: list[Any]) -> list[Any]:
    """``real`` of each: for rules that treat real and imaginary parts as parameters of their own."""
    return [real(a) for a in arrays]


def kept(state: State, *names: str) -> list[Any]:
    """The raw arrays of some tensors of a state, as ``real`` gives them."""
    return [real(state[name].raw) for name in names]


def filled(p: Tensor, value: float = 0.0) -> Tensor:
    """A tensor of the parameter's shape, dtype and memory order, every real and imaginary part ``value``."""
    raw = p.backend.xp.empty_like(p.raw)
    real(raw)[...] = value
    state: Tensor = wrap(raw, p.backend)
    return state


def like(p: Tensor, value: Any) -> Any:
    """A copy of a saved value: arrays of any library become tensors of the parameter's dtype, on its device."""
    if isinstance(value, Mapping):
        return {key: like(p, v) for key, v in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)([like(p, v) for v in value])
    if isinstance(value, Tensor):
        value = value.raw if value.backend is p.backend else value.backend.to_numpy(value.raw)
    elif not hasattr(value, "__array__") or isinstance(value, float):
        return value
    dtype = p.raw.dtype if p.raw.dtype.kind in REAL else None
    return wrap(p.backend.xp.array(p.backend.asarray(value, dtype)), p.backend)


def slope(group: Group, p: Any, g: Any) -> Any:
    """The gradient to go down, turned round for ``maximize``; weight decay is added to it, or, decoupled, done to p."""
    if group["maximize"]:
        g = -g
    decay = group["weight_decay"]
    if not decay:
        return g
    if group.get("decoupled_weight_decay"):
        p *= 1 - float(group["lr"]) * decay
        return g
    return g + decay * p


def check_options(rule: object, **options: Any) -> None:
    """Refuses numbers that are negative or NaN."""
    for name, value in options.items():
        if not value >= 0:
            raise ValueError(f"{type(rule).__name__}: expected {name} >= 0, got {value}")


def check_rates(rule: object, name: str, *rates: Any) -> None:
    """Refuses decay rates outside [0, 1)."""
    if not all(0 <= float(rate) < 1 for rate in rates):
        raise ValueError(f"{type(rule).__name__}: expected {name} in [0, 1), got {', '.join(map(str, rates))}")
