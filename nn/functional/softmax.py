"""Softmax, its logarithm, its mirror image, and samples from it."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import autograd as ag

if TYPE_CHECKING:
    from autograd.tensor import Tensor


def _axis(name: str, input: Tensor, dim: int | None) -> int:
    """The axis meant; the one that very old programs mean where none is given."""
    if dim is not None:
        return dim
    warnings.warn(f"{name}: expected dim=, got None. Which axis is meant then depends on the shape", stacklevel=3)
    return 0 if input.raw.ndim in (0, 1, 3) else 1


def softmax(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """exp(x) / sum of exp(x) along an axis.

    Args:
        input: any shape.
        dim: the axis that sums to 1.
        _stacklevel: accepted.
        dtype: cast to it first.

    Returns:
        A tensor of the same shape.

    Example:
        >>> F.softmax(ag.tensor([0.0, 0.0]), dim=0)
        tensor([0.5000, 0.5000])
    """
    return input.softmax(_axis("softmax", input, dim), dtype=dtype)


def log_softmax(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """x - log of the sum of exp(x) along an axis: the logarithm of ``softmax``, without overflow.

    Args:
        input: any shape.
        dim: the axis whose exponentials sum to 1.
        _stacklevel: accepted.
        dtype: cast to it first.

    Returns:
        A tensor of the same shape.

    Example:
        >>> F.log_softmax(ag.tensor([0.0, 1000.0]), dim=0)
        tensor([-1000.,     0.])
    """
    return input.log_softmax(_axis("log_softmax", input, dim), dtype=dtype)


def softmin(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """exp(-x) / sum of exp(-x) along an axis.

    Args:
        input: any shape.
        dim: the axis that sums to 1.
        _stacklevel: accepted.
        dtype: cast to it first.

    Returns:
        A tensor of the same shape.

    Example:
        >>> F.softmin(ag.tensor([0.0, 0.0]), dim=0)
        tensor([0.5000, 0.5000])
    """
    return (-input).softmax(_axis("softmin", input, dim), dtype=dtype)


def gumbel_softmax(logits: Tensor, tau: float = 1, hard: bool = False, eps: float = 1e-10, dim: int = -1) -> Tensor:
    """A differentiable draw from the classes that logits give: softmax((x + Gumbel noise) / tau).

    Args:
        logits: any shape.
        tau: the temperature; small ones come near one-hot.
        hard: return one-hot vectors, whose gradient is that of the soft ones.
        eps: accepted.
        dim: the axis of the classes.

    Returns:
        A tensor like ``logits``.

    Example:
        >>> F.gumbel_softmax(ag.zeros(3), hard=True).sum()
        tensor(1.)

    Source: Jang, Gu and Poole, Categorical Reparameterization with Gumbel-Softmax, 2016.
    """
    noise = -ag.empty_like(logits).exponential_().log()
    soft = ((logits + noise) / tau).softmax(dim)
    if not hard:
        return soft
    one_hot = ag.zeros_like(logits).scatter(dim, soft.detach().argmax(dim, keepdim=True), 1.0)
    return one_hot - soft.detach() + soft
