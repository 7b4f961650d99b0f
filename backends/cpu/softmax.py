"""Softmax and its logarithm along the last axis; along others the reference serves."""

from __future__ import annotations

import numpy as np

from backends.cpu.layout import contiguous
from backends.cpu.runtime import FLOATS, Kernels
from backends.protocol import Array, Backend
from backends.reference import softmax as reference

_kernels = Kernels("softmax")
_FUSE_FROM = 64  # elements; below, array expressions are as quick


def _served(x: Array, other: Array, axis: int) -> bool:
    """Whether the kernels take these: along the last axis, one dtype, float32 or float64."""
    return x.size >= _FUSE_FROM and axis in (-1, x.ndim - 1) and x.dtype.char in FLOATS and other.dtype == x.dtype


def softmax(be: Backend, x: Array, axis: int) -> Array:
    """See ``Backend.softmax``."""
    if not _served(x, x, axis):
        return reference.softmax(be, x, axis)
    x = contiguous(x)
    y = np.empty_like(x)
    _kernels.softmax(x.size)(x.reshape(-1, x.shape[-1]), y.reshape(-1, x.shape[-1]))
    return y


def softmax_grad(be: Backend, g: Array, y: Array, axis: int) -> Array:
    """See ``Backend.softmax_grad``."""
    if not _served(y, g, axis):
        return reference.softmax_grad(be, g, y, axis)
    g, y = contiguous(g), contiguous(y)
    gx = np.empty_like(y)
    _kernels.softmax_grad(y.size)(*[a.reshape(-1, y.shape[-1]) for a in (g, y, gx)])
    return gx


def log_softmax(be: Backend, x: Array, axis: int) -> Array:
    """See ``Backend.log_softmax``."""
    if not _served(x, x, axis):
        return reference.log_softmax(be, x, axis)
    x = contiguous(x)
    y = np.empty_like(x)
    _kernels.log_softmax(x.size)(x.reshape(-1, x.shape[-1]), y.reshape(-1, x.shape[-1]))
    return y


def log_softmax_grad(be: Backend, g: Array, y: Array, axis: int) -> Array:
    """See ``Backend.log_softmax_grad``."""
    if not _served(y, g, axis):
        return reference.log_softmax_grad(be, g, y, axis)
    g, y = contiguous(g), contiguous(y)
    gx = np.empty_like(y)
    _kernels.log_softmax_grad(y.size)(*[a.reshape(-1, y.shape[-1]) for a in (g, y, gx)])
    return gx
