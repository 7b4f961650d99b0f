"""One step of an LSTM and of a GRU after their matrix products, each in one pass."""

from __future__ import annotations

from backends.cuda.launch import Gpu
from backends.cuda.layout import FLOATS, THREADS, dense
from backends.protocol import Array
from backends.reference import recurrent as reference

_MOST_ROWS = 65535  # blocks along a grid's second axis; the kernels loop over the rest


def _served(first: Array, *others: Array | None) -> bool:
    """Whether the kernels take these: one floating dtype."""
    return first.dtype.name in FLOATS and all(a is None or a.dtype == first.dtype for a in others)


def _launch(be: Gpu, kernel: str, state: Array, *arrays: Array | None) -> None:
    """Starts a kernel with one thread for each element of ``state`` (N,H)."""
    rows, units = state.shape
    width = min(THREADS, -(-max(units, 1) // 32) * 32)
    height = THREADS // width
    grid = (-(-units // width), min(-(-rows // height), _MOST_ROWS))
    be.kernel("recurrent", kernel, state.dtype)(grid, (width, height), *arrays, rows, units)


def lstm_cell(be: Gpu, gates: Array, c: Array) -> tuple[Array, Array]:
    """See ``Backend.lstm_cell``."""
    if not _served(gates, c):
        return reference.lstm_cell(be, gates, c)
    h_new, c_new = be.xp.empty(c.shape, c.dtype), be.xp.empty(c.shape, c.dtype)
    _launch(be, "lstm_cell", c, dense(gates), dense(c), h_new, c_new)
    return h_new, c_new


def lstm_cell_grad(
    be: Gpu, gh: Array | None, gc: Array | None, gates: Array, c: Array, c_new: Array
) -> tuple[Array, Array]:
    """See ``Backend.lstm_cell_grad``."""
    if not _served(gates, gh, gc, c, c_new):
        return reference.lstm_cell_grad(be, gh, gc, gates, c, c_new)
    given = (a if a is None else dense(a) for a in (gh, gc))
    g_gates, g_c = be.xp.empty(gates.shape, c.dtype), be.xp.empty(c.shape, c.dtype)
    _launch(be, "lstm_cell_grad", c, *given, dense(gates), dense(c), dense(c_new), g_gates, g_c)
    return g_gates, g_c


def gru_cell(be: Gpu, gi: Array, gh: Array, h: Array) -> Array:
    """See ``Backend.gru_cell``."""
    if not _served(gi, gh, h):
        return reference.gru_cell(be, gi, gh, h)
    h_new = be.xp.empty(h.shape, h.dtype)
    _launch(be, "gru_cell", h, dense(gi), dense(gh), dense(h), h_new)
    return h_new


def gru_cell_grad(be: Gpu, g: Array, gi: Array, gh: Array, h: Array) -> tuple[Array, Array, Array]:
    """See ``Backend.gru_cell_grad``."""
    if not _served(gi, g, gh, h):
        return reference.gru_cell_grad(be, g, gi, gh, h)
    g_i, g_h = be.xp.empty(gi.shape, h.dtype), be.xp.empty(gh.shape, h.dtype)
    g_direct = be.xp.empty(h.shape, h.dtype)
    _launch(be, "gru_cell_grad", h, dense(g), dense(gi), dense(gh), dense(h), g_i, g_h, g_direct)
    return g_i, g_h, g_direct
