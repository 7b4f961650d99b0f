"""Softmax and its logarithm: along the last axis a row at a time, along others many places side by side."""

from __future__ import annotations

from math import prod
from typing import Any

from backends.cpu.layout import contiguous
from backends.cpu.results import empty_like
from backends.cpu.runtime import FLOATS, Kernels
from backends.protocol import Array, Backend
from backends.reference import softmax as reference

_rows = Kernels("softmax")
_columns = Kernels("softmax_columns")
_FUSE_FROM = 64  # elements; below, array expressions are as quick
SIDE_BY_SIDE = 16  # places; fewer leave vectors empty


def _run(be: Backend, name: str, axis: int, *arrays: Array) -> Array:
    """The result of the kernel ``name`` of one or two arrays alike, or what the reference gives."""
    x = arrays[-1]
    shape, dtype = x.shape, x.dtype
    axis %= max(x.ndim, 1)
    behind = prod(shape[axis + 1 :])
    if x.size < _FUSE_FROM or dtype.char not in FLOATS or arrays[0].dtype != dtype or 1 < behind < SIDE_BY_SIDE:
        y: Array = getattr(reference, name)(be, *arrays, axis)
        return y
    arrays = tuple([contiguous(a) for a in arrays])
    y = empty_like(arrays[-1])
    family, flat = (_rows, (-1, shape[axis])) if behind == 1 else (_columns, (-1, shape[axis], behind))
    kernel: Any = getattr(family, name)
    kernel(x.size)(*[a.reshape(flat) for a in arrays], y.reshape(flat))
    return y


def softmax(be: Backend, x: Array, axis: int) -> Array:
    """See ``Backend.softmax``."""
    return _run(be, "softmax", axis, x)


def softmax_grad(be: Backend, g: Array, y: Array, axis: int) -> Array:
    """See ``Backend.softmax_grad``."""
    return _run(be, "softmax_grad", axis, g, y)


def log_softmax(be: Backend, x: Array, axis: int) -> Array:
    """See ``Backend.log_softmax``."""
    return _run(be, "log_softmax", axis, x)


def log_softmax_grad(be: Backend, g: Array, y: Array, axis: int) -> Array:
    """See ``Backend.log_softmax_grad``."""
    return _run(be, "log_softmax_grad", axis, g, y)
