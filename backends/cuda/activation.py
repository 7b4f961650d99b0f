"""Activations and their gradients, each one pass over memory."""

from __future__ import annotations

from backends.cuda.launch import Gpu
from backends.cuda.layout import FLOATS, THREADS, blocks, like, same
from backends.protocol import Array
from backends.reference import activation as reference


def activation(be: Gpu, x: Array, kind: str, params: tuple[float, ...]) -> Array:
    """See ``Backend.activation``."""
    if x.dtype.name not in FLOATS:
        return reference.activation(be, x, kind, params)
    x, y = like(be.xp, x)
    be.kernel("activation", kind, x.dtype)(blocks(x.size, 4 * THREADS), THREADS, x, y, x.size, *params)
    return y


def activation_grad(be: Gpu, g: Array, x: Array, kind: str, params: tuple[float, ...]) -> Array:
    """See ``Backend.activation_grad``."""
    if x.dtype.name not in FLOATS or g.dtype != x.dtype:
        return reference.activation_grad(be, g, x, kind, params)
    x, gx = like(be.xp, x)
    g = same(be.xp, g, x)
    grid = blocks(x.size, 4 * THREADS)
    be.kernel("activation", f"{kind}_grad", x.dtype)(grid, THREADS, g, x, gx, x.size, *params)
    return gx
