"""Limits on gradients, between backward and the optimiser's step."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import autograd as ag
from autograd.grad_mode import no_grad
from autograd.op import wrap, written
from autograd.tensor import Tensor

__all__ = ["clip_grad_norm", "clip_grad_norm_", "clip_grad_value_", "clip_grads_with_norm_", "get_total_norm"]

Tensors = Tensor | Iterable[Tensor]


def _grads(parameters: Tensors) -> list[Tensor]:
    found = [parameters] if isinstance(parameters, Tensor) else parameters
    return [p.grad for p in found if p.grad is not None]


def _by_kind(tensors: Iterable[Tensor]) -> list[tuple[Any, list[Tensor]]]:
    """(backend, tensors) for each device and dtype among the tensors, in the order of appearance."""
    kinds: dict[Any, list[Tensor]] = {}
    for t in tensors:
        kinds.setdefault((t.backend, t.raw.dtype), []).append(t)
    return [(be, group) for (be, _), group in kinds.items()]


def _real(a: Any) -> Any:
    """The array itself; a complex one as a view (..., 2) of its real and imaginary parts."""
    return a if a.dtype.kind != "c" else a[..., None].view(a.real.dtype)


def get_total_norm(
    tensors: Tensors, norm_type: float = 2.0, error_if_nonfinite: bool = False, foreach: bool | None = None
) -> Tensor:
    """The norm of all elements of all tensors together, as if they were one vector.

    Args:
        tensors: a tensor or several.
        norm_type: p of the p-norm; inf for the largest magnitude.
        error_if_nonfinite: raise where the norm is infinite or NaN.
        foreach: accepted.

    Returns:
        A 0-d tensor, in at least float32; 0 for no tensors.

    Raises:
        RuntimeError: with ``error_if_nonfinite``.

    Example:
        >>> nn.utils.get_total_norm([ag.tensor([3.0]), ag.tensor([4.0])])
        tensor(5.)
    """
    given, p = [tensors] if isinstance(tensors, Tensor) else list(tensors), float(norm_type)
    with no_grad():
        if not given:
            return ag.tensor(0.0)
        parts = []
        for be, group in _by_kind(given):
            if p == 2:
                parts.append(wrap(be.square_sum([_real(t.raw) for t in group]), be))
            elif p in (math.inf, -math.inf):
                extremes = ag.stack([t.abs().amax() if p > 0 else t.abs().amin() for t in group if t.numel()])
                parts.append(extremes.amax() if p > 0 else extremes.amin())
            else:
                parts.append(ag.stack([(t.abs() ** p).sum() for t in group]).sum())
        joined = ag.stack([part.to(given[0].device) for part in parts])
        if p in (math.inf, -math.inf):
            total = joined.amax() if p > 0 else joined.amin()
        else:
            total = joined.sum().sqrt() if p == 2 else joined.sum() ** (1 / p)
    if error_if_nonfinite and not bool(total.isfinite()):
        raise RuntimeError(
            f"get_total_norm: expected a finite norm of order {p}, got {total.item()}. "
            "Skip the step, or pass error_if_nonfinite=False"
        )
    return total


def clip_grads_with_norm_(
    parameters: Tensors, max_norm: float, total_norm: Tensor, foreach: bool | None = None
) -> None:
    """Scales gradients in place by max_norm / (total_norm + 1e-6) where that is below 1.

    Args:
        parameters: a tensor or several, with gradients.
        max_norm: the norm allowed.
        total_norm: the norm that they have, 0-d.
        foreach: accepted.

    Example:
        >>> p = nn.Parameter(ag.ones(1)); p.grad = ag.tensor([4.0])
        >>> nn.utils.clip_grads_with_norm_(p, 1.0, ag.tensor(8.0)); p.grad
        tensor([0.5000])
    """
    with no_grad():
        factor = (float(max_norm) / (total_norm + 1e-6)).clamp(max=1.0)
    for be, group in _by_kind(_grads(parameters)):
        be.scale_([_real(g.raw) for g in group], factor.to(group[0].device).raw)
        for g in group:
            written(g, "clip_grad_norm_", None, track=False)


def clip_grad_norm_(
    parameters: Tensors,
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """Scales all gradients in place by one factor, so that their norm together is at most ``max_norm``.

    Args:
        parameters: a tensor or several; those without gradient are left out.
        max_norm: the norm allowed.
        norm_type: p of the p-norm; inf for the largest magnitude.
        error_if_nonfinite: raise where the norm is infinite or NaN, before anything is scaled.
        foreach: accepted.

    Returns:
        The norm before, a 0-d tensor.

    Raises:
        RuntimeError: with ``error_if_nonfinite``.

    Example:
        >>> p = nn.Parameter(ag.ones(2)); p.grad = ag.tensor([3.0, 4.0])
        >>> nn.utils.clip_grad_norm_(p, 1.0), p.grad
        (tensor(5.), tensor([0.6000, 0.8000]))

    Source: Pascanu et al., On the difficulty of training Recurrent Neural Networks, 2013.
    """
    found = [parameters] if isinstance(parameters, Tensor) else list(parameters)
    total = get_total_norm(_grads(found), norm_type, error_if_nonfinite)
    clip_grads_with_norm_(found, max_norm, total)
    return total


def clip_grad_value_(parameters: Tensors, clip_value: float, foreach: bool | None = None) -> None:
    """Limits every element of the gradients to [-clip_value, clip_value], in place.

    Args:
        parameters: a tensor or several; those without gradient are left out.
        clip_value: the largest magnitude.
        foreach: accepted.

    Example:
        >>> p = nn.Parameter(ag.ones(2)); p.grad = ag.tensor([3.0, -0.5])
        >>> nn.utils.clip_grad_value_(p, 1.0); p.grad
        tensor([ 1.0000, -0.5000])
    """
    limit = float(clip_value)
    with no_grad():
        for g in _grads(parameters):
            g.clamp_(-limit, limit)


clip_grad_norm = clip_grad_norm_  # the name before the underscore
