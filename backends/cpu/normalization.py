"""Batch and layer normalization with their fused gradients."""

from __future__ import annotations

import numpy as np

from backends.cpu.layout import contiguous
from backends.cpu.results import empty_like
from backends.cpu.runtime import FLOATS, SERIAL_BELOW, Kernels
from backends.protocol import Array, Backend
from backends.reference import normalization as reference

_kernels = Kernels("normalization")
_SHARES = 16  # of the rows, each with sums of its own for the gradients of weight and bias
_FUSE_FROM = 256  # elements; below, array expressions are as quick


def _served(x: Array, *others: Array | None) -> bool:
    """Whether the kernels take these: large enough, one dtype, float32 or float64."""
    return x.size >= _FUSE_FROM and x.dtype.char in FLOATS and all(a is None or a.dtype == x.dtype for a in others)


def _or(v: Array | None, size: int, value: float, like: Array) -> Array:
    """v, or ``size`` times ``value`` where it is None."""
    return np.full(size, value, like.dtype) if v is None else contiguous(v)


def batch_norm(
    be: Backend, x: Array, weight: Array | None, bias: Array | None, eps: float
) -> tuple[Array, Array, Array]:
    """See ``Backend.batch_norm``."""
    if not _served(x, weight, bias):
        return reference.batch_norm(be, x, weight, bias, eps)
    channels = x.shape[1]
    x = contiguous(x)
    y, mean, var = empty_like(x), np.empty(channels, x.dtype), np.empty(channels, x.dtype)
    scale, shift = _or(weight, channels, 1, x), _or(bias, channels, 0, x)
    if x.size == x.shape[0] * channels:  # (N,C) or one element of space
        flat = x.reshape(-1, channels), y.reshape(-1, channels)
        _kernels.batch_norm_columns(x.size)(*flat, scale, shift, mean, var, eps)
    else:
        flat = x.reshape(*x.shape[:2], -1), y.reshape(*x.shape[:2], -1)  # (N,C,*S) -> (N,C,L)
        _kernels.batch_norm(x.size)(*flat, scale, shift, mean, var, eps)
    return y, mean, var


def batch_norm_grad(
    be: Backend, g: Array, x: Array, weight: Array | None, mean: Array, var: Array, eps: float
) -> tuple[Array, Array, Array]:
    """See ``Backend.batch_norm_grad``."""
    if not _served(x, g, weight, mean, var):
        return reference.batch_norm_grad(be, g, x, weight, mean, var, eps)
    channels = x.shape[1]
    g, x, mean, var = map(contiguous, (g, x, mean, var))
    gx, g_weight, g_bias = empty_like(x), np.empty(channels, x.dtype), np.empty(channels, x.dtype)
    scale = _or(weight, channels, 1, x)
    if x.size == x.shape[0] * channels:
        flat = [a.reshape(-1, channels) for a in (g, x, gx)]
        _kernels.batch_norm_columns_grad(x.size)(*flat, scale, mean, var, g_weight, g_bias, eps)
    else:
        flat = [a.reshape(*a.shape[:2], -1) for a in (g, x, gx)]  # (N,C,*S) -> (N,C,L)
        _kernels.batch_norm_grad(x.size)(*flat, scale, mean, var, g_weight, g_bias, eps)
    return gx, g_weight, g_bias


def batch_norm_relu(
    be: Backend, x: Array, weight: Array | None, bias: Array | None, residual: Array | None, eps: float
) -> tuple[Array, Array, Array]:
    """See ``Backend.batch_norm_relu``."""
    if not _served(x, weight, bias, residual):
        return reference.batch_norm_relu(be, x, weight, bias, residual, eps)
    channels = x.shape[1]
    if x.size == x.shape[0] * channels:  # (N,C) or one element of space
        y, mean, var = be.batch_norm(x, weight, bias, eps)
        if residual is not None:
            be.add_(y, residual)
        be.relu_(y)
        return y, mean, var
    x, shape = contiguous(x), (*x.shape[:2], -1)  # (N,C,*S) -> (N,C,L)
    y, mean, var = empty_like(x), np.empty(channels, x.dtype), np.empty(channels, x.dtype)
    other = np.empty((0, 0, 0), x.dtype) if residual is None else contiguous(residual).reshape(shape)
    scale, shift = _or(weight, channels, 1, x), _or(bias, channels, 0, x)
    _kernels.batch_norm_relu(x.size)(x.reshape(shape), other, y.reshape(shape), scale, shift, mean, var, eps)
    return y, mean, var


def batch_norm_relu_grad(
    be: Backend,
    g: Array,
    y: Array,
    x: Array,
    weight: Array | None,
    mean: Array,
    var: Array,
    eps: float,
    residual: bool,
) -> tuple[Array, Array, Array, Array | None]:
    """See ``Backend.batch_norm_relu_grad``."""
    channels = x.shape[1]
    if x.size == x.shape[0] * channels or not _served(x, g, y, weight, mean, var):
        g = be.relu_grad(g, y)
        return (*be.batch_norm_grad(g, x, weight, mean, var, eps), g if residual else None)
    g, y, x, mean, var = map(contiguous, (g, y, x, mean, var))
    gx, g_weight, g_bias = empty_like(x), np.empty(channels, x.dtype), np.empty(channels, x.dtype)
    passed = empty_like(x) if residual else gx
    flat = [a.reshape(*a.shape[:2], -1) for a in (g, y, x, passed, gx)]  # (N,C,*S) -> (N,C,L)
    scale = _or(weight, channels, 1, x)
    _kernels.batch_norm_relu_grad(x.size)(*flat, scale, mean, var, g_weight, g_bias, eps)
    return gx, g_weight, g_bias, passed if residual else None


def layer_norm(
    be: Backend, x: Array, weight: Array | None, bias: Array | None, eps: float
) -> tuple[Array, Array, Array]:
    """See ``Backend.layer_norm``."""
    if not _served(x, weight, bias):
        return reference.layer_norm(be, x, weight, bias, eps)
    rows, size = x.shape
    x = contiguous(x)
    y, mean, rstd = empty_like(x), np.empty(rows, x.dtype), np.empty(rows, x.dtype)
    _kernels.layer_norm(x.size)(x, _or(weight, size, 1, x), _or(bias, size, 0, x), y, mean, rstd, eps)
    return y, mean, rstd


def layer_norm_grad(
    be: Backend, g: Array, x: Array, weight: Array | None, mean: Array, rstd: Array, sums: bool = True
) -> tuple[Array, Array | None, Array | None]:
    """See ``Backend.layer_norm_grad``."""
    if not _served(x, g, weight, mean, rstd):
        return reference.layer_norm_grad(be, g, x, weight, mean, rstd, sums)
    size = x.shape[1]
    g, x, mean, rstd = map(contiguous, (g, x, mean, rstd))
    gx = empty_like(x)
    if not sums:
        _kernels.layer_norm_input_grad(x.size)(g, x, _or(weight, size, 1, x), mean, rstd, gx)
        return gx, None, None
    shares = np.zeros((_SHARES if x.size >= SERIAL_BELOW else 1, 2, size))  # float64 sums
    _kernels.layer_norm_grad(x.size)(g, x, _or(weight, size, 1, x), mean, rstd, gx, shares)
    g_weight, g_bias = shares.sum(0).astype(x.dtype)
    return gx, g_weight, g_bias


def channel_affine(be: Backend, x: Array, scale: Array | None, shift: Array | None) -> Array:
    """See ``Backend.channel_affine``."""
    if x.size < SERIAL_BELOW or not x.flags.c_contiguous or not _served(x, scale, shift):
        return reference.channel_affine(be, x, scale, shift)
    channels = x.shape[1]
    y, shape = empty_like(x), (*x.shape[:2], -1)
    factors = _or(scale, channels, 1, x), _or(shift, channels, 0, x)
    _kernels.channel_affine(x.size)(x.reshape(shape), *factors, y.reshape(shape))
    return y
