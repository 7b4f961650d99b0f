"""Softmax cross-entropy with class indices, each row in one pass."""

from __future__ import annotations

import numpy as np

from backends.cpu.runtime import FLOATS, Kernels, contiguous
from backends.protocol import Array, Backend
from backends.reference import loss as reference

_kernels = Kernels("loss")


def _served(x: Array, target: Array, *others: Array | None) -> bool:
    """Whether the kernels take these: one dtype, float32 or float64, and int64 targets that are classes."""
    return (
        x.size > 0
        and x.dtype.char in FLOATS
        and target.dtype == np.int64
        and all(a is None or a.dtype == x.dtype for a in others)
    )


def _weights(weight: Array | None, x: Array) -> Array:
    """Weight of each class; empty where all weigh 1."""
    return np.empty(0, x.dtype) if weight is None else contiguous(weight)


def cross_entropy(
    be: Backend, x: Array, target: Array, weight: Array | None, ignore_index: int, smoothing: float
) -> tuple[Array, Array]:
    """See ``Backend.cross_entropy``."""
    if not _served(x, target, weight):
        return reference.cross_entropy(be, x, target, weight, ignore_index, smoothing)
    x, target = contiguous(x), contiguous(target)
    (loss, lse), wrong = np.empty((2, len(x)), x.dtype), np.zeros(1, np.int64)
    kernel = _kernels.cross_entropy(x.size)
    kernel(x, target, _weights(weight, x), ignore_index, float(smoothing), loss, lse, wrong)
    if wrong[0]:  # targets out of range
        return reference.cross_entropy(be, x, target, weight, ignore_index, smoothing)
    return loss, lse


def cross_entropy_grad(
    be: Backend,
    g: Array,
    x: Array,
    target: Array,
    lse: Array,
    weight: Array | None,
    ignore_index: int,
    smoothing: float,
) -> Array:
    """See ``Backend.cross_entropy_grad``."""
    if not _served(x, target, g, lse, weight):
        return reference.cross_entropy_grad(be, g, x, target, lse, weight, ignore_index, smoothing)
    g, x, target, lse = map(contiguous, (g, x, target, lse))
    gx = np.empty_like(x)
    _kernels.cross_entropy_grad(x.size)(g, x, target, lse, _weights(weight, x), ignore_index, float(smoothing), gx)
    return gx
