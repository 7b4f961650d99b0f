"""Softmax and its logarithm along one axis."""

from __future__ import annotations

from backends.protocol import Array, Backend
from backends.reference._precision import narrow, wide


def softmax(be: Backend, x: Array, axis: int) -> Array:
    """exp(x - max) / sum exp(x - max) along ``axis``.

    Args:
        x: any shape.
        axis: the axis that sums to one.

    Returns:
        Like x.

    Example:
        >>> import numpy as np
        >>> from backends.reference import Reference
        >>> Reference(np).softmax(np.array([0.0, 0.0]), 0)
        array([0.5, 0.5])
    """
    if x.size == 0:
        return be.xp.empty_like(x)
    values = wide(x)
    e = be.xp.exp(values - values.max(axis, keepdims=True))
    return narrow(e / e.sum(axis, keepdims=True), x)


def softmax_grad(be: Backend, g: Array, y: Array, axis: int) -> Array:
    """y * (g - sum(g * y)) along ``axis``.

    Args:
        g: like y.
        y: the softmax.
        axis: as in ``softmax``.

    Returns:
        Gradient with respect to x, like y.
    """
    upstream, p = wide(g), wide(y)
    return narrow(p * (upstream - (upstream * p).sum(axis, keepdims=True)), y)


def log_softmax(be: Backend, x: Array, axis: int) -> Array:
    """x - max - log sum exp(x - max) along ``axis``.

    Args:
        x: any shape.
        axis: the axis whose exponentials sum to one.

    Returns:
        Like x.
    """
    if x.size == 0:
        return be.xp.empty_like(x)
    values = wide(x)
    shifted = values - values.max(axis, keepdims=True)
    return narrow(shifted - be.xp.log(be.xp.exp(shifted).sum(axis, keepdims=True)), x)


def log_softmax_grad(be: Backend, g: Array, y: Array, axis: int) -> Array:
    """g - exp(y) * sum(g) along ``axis``.

    Args:
        g: like y.
        y: the log-softmax.
        axis: as in ``log_softmax``.

    Returns:
        Gradient with respect to x, like y.
    """
    upstream = wide(g)
    return narrow(upstream - be.xp.exp(wide(y)) * upstream.sum(axis, keepdims=True), y)
