"""One step of an LSTM and of a GRU after their matrix products, each in one pass."""

from __future__ import annotations

import numpy as np

from backends.cpu.layout import contiguous
from backends.cpu.runtime import FLOATS, Kernels
from backends.protocol import Array, Backend
from backends.reference import recurrent as reference

_kernels = Kernels("recurrent")
_FUSE_FROM = 64  # elements; below, array expressions are as quick


def _served(first: Array, *others: Array | None) -> bool:
    """Whether the kernels take these: one dtype, float32 or float64."""
    return (
        first.size >= _FUSE_FROM
        and first.dtype.char in FLOATS
        and all(a is None or a.dtype == first.dtype for a in others)
    )


def lstm_cell(be: Backend, gates: Array, c: Array) -> tuple[Array, Array]:
    """See ``Backend.lstm_cell``."""
    if not _served(gates, c):
        return reference.lstm_cell(be, gates, c)
    h_new, c_new = np.empty(c.shape, c.dtype), np.empty(c.shape, c.dtype)
    _kernels.lstm_cell(gates.size)(contiguous(gates), contiguous(c), h_new, c_new)
    return h_new, c_new


def lstm_cell_grad(
    be: Backend, gh: Array | None, gc: Array | None, gates: Array, c: Array, c_new: Array
) -> tuple[Array, Array]:
    """See ``Backend.lstm_cell_grad``."""
    if not _served(gates, gh, gc, c, c_new):
        return reference.lstm_cell_grad(be, gh, gc, gates, c, c_new)
    nothing = np.empty((0, 0), c.dtype)
    given = (nothing if a is None else a for a in (gh, gc))
    arrays = map(contiguous, (*given, gates, c, c_new))
    g_gates, g_c = np.empty(gates.shape, c.dtype), np.empty(c.shape, c.dtype)
    _kernels.lstm_cell_grad(gates.size)(*arrays, g_gates, g_c)
    return g_gates, g_c


def gru_cell(be: Backend, gi: Array, gh: Array, h: Array) -> Array:
    """See ``Backend.gru_cell``."""
    if not _served(gi, gh, h):
        return reference.gru_cell(be, gi, gh, h)
    h_new = np.empty(h.shape, h.dtype)
    _kernels.gru_cell(gi.size)(*map(contiguous, (gi, gh, h)), h_new)
    return h_new


def gru_cell_grad(be: Backend, g: Array, gi: Array, gh: Array, h: Array) -> tuple[Array, Array, Array]:
    """See ``Backend.gru_cell_grad``."""
    if not _served(gi, g, gh, h):
        return reference.gru_cell_grad(be, g, gi, gh, h)
    g_i, g_h, g_direct = np.empty(gi.shape, h.dtype), np.empty(gh.shape, h.dtype), np.empty(h.shape, h.dtype)
    _kernels.gru_cell_grad(gi.size)(*map(contiguous, (g, gi, gh, h)), g_i, g_h, g_direct)
    return g_i, g_h, g_direct
