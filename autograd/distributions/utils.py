"""Parameters as tensors of one shape, and the two ways to give probabilities."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import autograd as ag

__all__ = ["broadcast_all", "clamp_probs", "lazy_property", "logits_to_probs", "probs_to_logits"]


class lazy_property(cached_property[Any]):
    """A parameter computed from another when it is first asked for, then kept.

    Args:
        wrapped: the method that computes it.

    Example:
        >>> from autograd.distributions.utils import lazy_property
        >>> class Scale:
        ...     log = ag.zeros(2)
        ...     @lazy_property
        ...     def scale(self):
        ...         return self.log.exp()
        >>> Scale().scale
        tensor([1., 1.])
    """


def broadcast_all(*values: Any) -> tuple[Any, ...]:
    """Tensors and numbers as tensors of one shape, numbers in the dtype and on the device of the first tensor.

    Args:
        values: tensors and Python numbers.

    Returns:
        A tuple of tensors.

    Raises:
        ValueError: something else is among them.

    Example:
        >>> from autograd.distributions.utils import broadcast_all
        >>> broadcast_all(ag.zeros(2), 1.0)
        (tensor([0., 0.]), tensor([1., 1.]))
    """
    for value in values:
        if not isinstance(value, (ag.Tensor, int, float)):
            raise ValueError(f"distribution: expected tensors and numbers as parameters, got {type(value).__name__}")
    like = next((v for v in values if isinstance(v, ag.Tensor)), None)
    kind, device = (ag.get_default_dtype(), None) if like is None else (like.dtype, like.device)
    if not kind.is_floating_point:
        kind = ag.get_default_dtype()
    tensors = [v if isinstance(v, ag.Tensor) else ag.tensor(v, dtype=kind, device=device) for v in values]
    return tuple(ag.broadcast_tensors(*tensors))


def clamp_probs(probs: Any) -> Any:
    """Probabilities away from 0 and 1, by the dtype's spacing.

    Args:
        probs: floating, any shape.

    Returns:
        A tensor like ``probs``, in [eps, 1 - eps].

    Example:
        >>> from autograd.distributions.utils import clamp_probs
        >>> clamp_probs(ag.tensor([0.0, 0.5])) > 0
        tensor([True, True])
    """
    eps = ag.finfo(probs.dtype).eps
    return probs.clamp(eps, 1 - eps)


def probs_to_logits(probs: Any, is_binary: bool = False) -> Any:
    """Log-odds of probabilities; logarithms of those of several classes.

    Args:
        probs: any shape; of several classes (*,K).
        is_binary: one probability per element.

    Returns:
        A tensor like ``probs``.

    Example:
        >>> from autograd.distributions.utils import probs_to_logits
        >>> probs_to_logits(ag.tensor(0.5), is_binary=True)
        tensor(0.)
    """
    probs = clamp_probs(probs)
    return ag.log(probs) - ag.log1p(-probs) if is_binary else ag.log(probs)


def logits_to_probs(logits: Any, is_binary: bool = False) -> Any:
    """Probabilities from log-odds, or from logarithms along the last axis.

    Args:
        logits: any shape; of several classes (*,K), unnormalised.
        is_binary: one probability per element.

    Returns:
        A tensor like ``logits``.

    Example:
        >>> from autograd.distributions.utils import logits_to_probs
        >>> logits_to_probs(ag.zeros(2))
        tensor([0.5000, 0.5000])
    """
    return ag.sigmoid(logits) if is_binary else ag.softmax(logits, -1)
