"""Activations and their gradients, each one pass over memory."""

from __future__ import annotations

from backends.cpu.layout import dense, in_order_of
from backends.cpu.results import empty_like
from backends.cpu.runtime import FLOATS, Kernels
from backends.protocol import Array, Backend
from backends.reference import activation as reference

_kernels = Kernels("activation")
_FUSE_FROM = 256  # elements; below, nothing is compiled
_IN_PLACE = ("hardtanh", "leaky_relu")  # what operations write over their input


def activation(be: Backend, x: Array, kind: str, params: tuple[float, ...]) -> Array:
    """See ``Backend.activation``."""
    if x.size < _FUSE_FROM or x.dtype.char not in FLOATS:
        return reference.activation(be, x, kind, params)
    x = dense(x)
    y = empty_like(x)
    getattr(_kernels, kind)(x.size)(x.ravel("K"), y.ravel("K"), *map(float, params))
    return y


def activation_(be: Backend, x: Array, kind: str, params: tuple[float, ...]) -> None:
    """See ``Backend.activation_``."""
    if x.size < _FUSE_FROM or x.dtype.char not in FLOATS or not x.flags.c_contiguous or kind not in _IN_PLACE:
        reference.activation_(be, x, kind, params)
    else:
        getattr(_kernels, f"{kind}_")(x.size)(x.reshape(-1), *map(float, params))


def activation_grad(be: Backend, g: Array, x: Array, kind: str, params: tuple[float, ...]) -> Array:
    """See ``Backend.activation_grad``."""
    if x.size < _FUSE_FROM or x.dtype.char not in FLOATS or g.dtype != x.dtype:
        return reference.activation_grad(be, g, x, kind, params)
    x = dense(x)
    gx = empty_like(x)
    getattr(_kernels, f"{kind}_grad")(x.size)(
        in_order_of(g, x).ravel("K"), x.ravel("K"), gx.ravel("K"), *map(float, params)
    )
    return gx
