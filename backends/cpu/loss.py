"""Softmax cross-entropy with class indices, each row in one pass."""

from __future__ import annotations

from functools import cache

import numpy as np

from backends.cpu.runtime import FLOATS, Kernels, contiguous
from backends.protocol import Array, Backend
from backends.reference import loss as reference

_kernels = Kernels("loss")


def _served(x: Array, target: Array, *others: Array | None) -> bool:
    """Whether the kernels take these: one dtype, float32 or float64, and int64 targets that are classes."""
    dtype = x.dtype  # a list, as all(...) takes three times as long
    return (
        x.size > 0
        and dtype.char in FLOATS
        and target.dtype == np.int64
        and not [a for a in others if a is not None and a.dtype != dtype]
    )


def _weights(weight: Array | None, dtype: np.dtype) -> Array:
    """Weight of each class; empty where all weigh 1."""
    return _none(dtype) if weight is None else contiguous(weight)


@cache
def _none(dtype: np.dtype) -> Array:
    """No weights."""
    return np.empty(0, dtype)


def cross_entropy(
    be: Backend, x: Array, target: Array, weight: Array | None, ignore_index: int, smoothing: float
) -> tuple[Array, Array]:
    """See ``Backend.cross_entropy``."""
    if not _served(x, target, weight):
        return reference.cross_entropy(be, x, target, weight, ignore_index, smoothing)
    x, target = contiguous(x), contiguous(target)
    loss, lse, wrong = np.empty(len(x), x.dtype), np.empty(len(x), x.dtype), np.zeros(1, np.int64)
    kernel = _kernels.cross_entropy(x.size)
    kernel(x, target, _weights(weight, x.dtype), ignore_index, float(smoothing), loss, lse, wrong)
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
    g, x, target, lse = contiguous(g), contiguous(x), contiguous(target), contiguous(lse)
    gx, weights = np.empty_like(x), _weights(weight, x.dtype)
    _kernels.cross_entropy_grad(x.size)(g, x, target, lse, weights, ignore_index, float(smoothing), gx)
    return gx
