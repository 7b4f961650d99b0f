"""Softmax cross-entropy with class indices: each row in one pass, or many places side by side."""

from __future__ import annotations

import math
from functools import cache

import numpy as np

from backends.cpu.layout import contiguous
from backends.cpu.results import empty_like
from backends.cpu.runtime import FLOATS, SERIAL_BELOW, Kernels
from backends.cpu.softmax import SIDE_BY_SIDE
from backends.protocol import Array, Backend
from backends.reference import loss as reference

_rows = Kernels("loss")
_columns = Kernels("softmax_columns")
_places = Kernels("places")
_SHARES = 64  # of the rows, each with sums of its own


def _served(x: Array, target: Array, *others: Array | None) -> bool:
    """Whether the kernels take these: one dtype, float32 or float64, and int64 targets that are classes."""
    dtype = x.dtype  # a list, as all(...) takes three times as long
    return (
        x.size > 0
        and dtype.char in FLOATS
        and target.dtype == np.int64
        and not [a for a in others if a is not None and a.dtype != dtype]
    )


def _in_rows(x: Array) -> bool:
    """Whether x (N,C,L) is taken as rows (N L,C): its classes lie side by side, or hardly any places do."""
    return x.ndim == 3 and (x.strides[1] == x.itemsize or x.shape[2] < SIDE_BY_SIDE)


def _rows_of(x: Array) -> Array:
    """(N,C,L) as (N L,C)."""
    return x.transpose(0, 2, 1).reshape(-1, x.shape[1])


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
    return _losses(be, x, target, weight, ignore_index, smoothing)[:2]


def cross_entropy_mean(
    be: Backend, x: Array, target: Array, weight: Array | None, ignore_index: int, smoothing: float
) -> tuple[Array, Array, Array]:
    """See ``Backend.cross_entropy_mean``."""
    if not _served(x, target, weight):
        return reference.cross_entropy_mean(be, x, target, weight, ignore_index, smoothing)
    _, lse, total, weights = _losses(be, x, target, weight, ignore_index, smoothing)
    mean = total / weights if weights else math.nan
    return np.array(mean, x.dtype), lse, np.array(weights, x.dtype)


def _losses(
    be: Backend, x: Array, target: Array, weight: Array | None, ignore_index: int, smoothing: float
) -> tuple[Array, Array, float, float]:
    """The loss and the log-sum-exp of each target, and the sums of the losses and of the weights of their targets."""
    shape, dtype = target.shape, x.dtype
    if _in_rows(x):
        loss, lse, total, weights = _losses(be, _rows_of(x), target.reshape(-1), weight, ignore_index, smoothing)
        return loss.reshape(shape), lse.reshape(shape), total, weights
    loss, lse = np.empty(shape, dtype), np.empty(shape, dtype)
    if x.ndim == 2:
        family, shares = _rows, 1 if x.size < SERIAL_BELOW else min(_SHARES, len(x))
    else:
        family, shares = _columns, shape[0] * -(-shape[1] // _places.RUN)
    sums = np.empty((shares, 3))
    kernel = family.cross_entropy(x.size)
    kernel(contiguous(x), contiguous(target), _weights(weight, dtype), ignore_index, float(smoothing), loss, lse, sums)
    total, weights, wrong = (sums[0] if len(sums) == 1 else sums.sum(0)).tolist()
    if wrong:
        reference.cross_entropy(be, x, target, weight, ignore_index, smoothing)  # says which
    return loss, lse, total, weights


def cross_entropy_grad(
    be: Backend,
    g: Array,
    x: Array,
    target: Array,
    lse: Array,
    weight: Array | None,
    ignore_index: int,
    smoothing: float,
    total: Array | None = None,
) -> Array:
    """See ``Backend.cross_entropy_grad``."""
    if _in_rows(x):
        g, target, lse = (a.reshape(-1) if a.ndim == 2 else a for a in (g, target, lse))
        gx = cross_entropy_grad(be, g, _rows_of(x), target, lse, weight, ignore_index, smoothing, total)
        return gx.reshape(len(x), x.shape[2], x.shape[1]).transpose(0, 2, 1)
    if not _served(x, target, g, lse, weight):
        return reference.cross_entropy_grad(be, g, x, target, lse, weight, ignore_index, smoothing, total)
    x, target, lse, g = contiguous(x), contiguous(target), contiguous(lse), contiguous(g)
    g = g if g.ndim else g.reshape((1,) * target.ndim)  # one for all
    gx, weights, over = empty_like(x), _weights(weight, x.dtype), 1.0 if total is None else float(total)
    kernel = (_rows if x.ndim == 2 else _columns).cross_entropy_grad(x.size)
    kernel(g, x, target, lse, weights, ignore_index, float(smoothing), over, gx)
    return gx
