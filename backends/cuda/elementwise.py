"""Elementwise functions, fused into one pass over memory."""

from __future__ import annotations

from backends.cuda.launch import Gpu
from backends.cuda.layout import FLOATS, THREADS, blocks, like, same
from backends.protocol import Array
from backends.reference import elementwise as reference


def _map(be: Gpu, kernel: str, x: Array) -> Array:
    """A kernel of one array; the order of axes in memory is kept."""
    x, y = like(be.xp, x)
    be.kernel("elementwise", kernel, x.dtype)(blocks(x.size, 4 * THREADS), THREADS, x, y, x.size)
    return y


def _map_grad(be: Gpu, kernel: str, g: Array, x: Array) -> Array:
    """A kernel of a gradient and what it is taken at."""
    x, gx = like(be.xp, x)
    g = same(be.xp, g, x)
    be.kernel("elementwise", kernel, x.dtype)(blocks(x.size, 4 * THREADS), THREADS, g, x, gx, x.size)
    return gx


def erf(be: Gpu, x: Array) -> Array:
    """See ``Backend.erf``."""
    return _map(be, "erf_kernel", x) if x.dtype.name in FLOATS else reference.erf(be, x)


def sigmoid(be: Gpu, x: Array) -> Array:
    """See ``Backend.sigmoid``."""
    return _map(be, "sigmoid", x) if x.dtype.name in FLOATS else reference.sigmoid(be, x)


def sigmoid_grad(be: Gpu, g: Array, y: Array) -> Array:
    """See ``Backend.sigmoid_grad``."""
    if y.dtype.name not in FLOATS or g.dtype != y.dtype:
        return reference.sigmoid_grad(be, g, y)
    return _map_grad(be, "sigmoid_grad", g, y)


def relu(be: Gpu, x: Array) -> Array:
    """See ``Backend.relu``."""
    return _map(be, "relu", x) if x.dtype.name in FLOATS else reference.relu(be, x)


def relu_grad(be: Gpu, g: Array, y: Array) -> Array:
    """See ``Backend.relu_grad``."""
    if y.dtype.name not in FLOATS or g.dtype != y.dtype:
        return reference.relu_grad(be, g, y)
    return _map_grad(be, "relu_grad", g, y)


def gelu(be: Gpu, x: Array, tanh: bool) -> Array:
    """See ``Backend.gelu``."""
    if x.dtype.name not in FLOATS:
        return reference.gelu(be, x, tanh)
    return _map(be, "gelu_tanh" if tanh else "gelu_erf", x)


def gelu_grad(be: Gpu, g: Array, x: Array, tanh: bool) -> Array:
    """See ``Backend.gelu_grad``."""
    if x.dtype.name not in FLOATS or g.dtype != x.dtype:
        return reference.gelu_grad(be, g, x, tanh)
    return _map_grad(be, "gelu_tanh_grad" if tanh else "gelu_erf_grad", g, x)
