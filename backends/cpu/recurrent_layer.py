"""Recurrent layers over all time steps, each in one call of a kernel."""

from __future__ import annotations

from functools import lru_cache
from itertools import accumulate

import numpy as np

from backends.cpu.layout import contiguous
from backends.cpu.runtime import FLOATS, Kernels, scratch_rows, threads
from backends.protocol import Array, Backend
from backends.reference import recurrent_layer as reference
from backends.sequence import Sizes, before

_kernels = Kernels("recurrent_layer")
_vector = Kernels("vector")


def _served(first: Array, *others: Array | None) -> bool:
    """Whether the kernels take these: one dtype, float32 or float64, and something to compute."""
    return (
        first.size > 0
        and first.dtype.char in FLOATS
        and all(a is None or (a.dtype == first.dtype and a.size > 0) for a in others)
    )


@lru_cache(maxsize=256)
def _starts(sizes: Sizes) -> Array:
    """The first row of every step, and the end of the last."""
    return np.array([0, *accumulate(sizes)])


def _packed(w: Array, turned: bool) -> Array:
    """The panels of w, or of its transpose if ``turned``."""
    depth, columns = w.shape[::-1] if turned else w.shape
    row = _kernels.HIGH_VECTORS * _vector.lanes_of(w.itemsize)
    panels = scratch_rows("recurrent panels", -(-columns // row), depth * row, w.dtype)
    _kernels.pack(w.size)(contiguous(w).reshape(-1), turned, depth, columns, panels)
    return panels


def _threads(work: int, sequences: int) -> int:
    """How many share the sequences: each takes whole tiles."""
    return min(threads(work), -(-sequences // _kernels.HIGH_ROWS))


def _given(like: Array, g: Array | None) -> Array:
    """A gradient as the kernels take it, (0,0) where none came."""
    return np.empty((0, 0), like.dtype) if g is None else contiguous(g)


def _sum(like: Array, g: Array | None) -> Array:
    """A gradient to add to: a copy, or zeros where none came."""
    return np.zeros(like.shape, like.dtype) if g is None else g.copy(order="C")


def _weight_grad(be: Backend, g: Array, states: Array, first: Array, sizes: Sizes, reverse: bool) -> Array:
    """g^T times the state that every step started from, which is not copied together where it lies so."""
    n, rest = len(first), len(states) - len(first)
    if not rest or sizes[-1] < n:
        return be.matmul(g.T, before(np, states, first, sizes, reverse))
    begin, later = (g[rest:], g[:rest]) if reverse else (g[:n], g[n:])
    total = be.matmul(later.T, states[n:] if reverse else states[:rest])
    if first.any():  # as a rule it is zero
        total += be.matmul(begin.T, first)
    return total


def lstm_layer(
    be: Backend, x: Array, h0: Array, c0: Array, w_hh: Array, w_hr: Array | None, sizes: Sizes, reverse: bool
) -> tuple[Array, ...]:
    """See ``Backend.lstm_layer``."""
    if w_hr is not None or not _served(x, h0, c0, w_hh):
        return reference.lstm_layer(be, x, h0, c0, w_hh, w_hr, sizes, reverse)
    (n, units), work = h0.shape, x.shape[0] * w_hh.size
    h, c, gates = h0.copy(order="C"), c0.copy(order="C"), np.empty(x.shape, x.dtype)
    y, cs = np.empty((len(x), units), x.dtype), np.empty((len(x), units), x.dtype)
    count = _threads(work, n)
    args = contiguous(x), h, c, _packed(w_hh, True), _starts(sizes), reverse, gates, y, cs
    _kernels.lstm_layer(work)(*args, count)
    return y, cs, y, gates, h, c


def lstm_layer_grad(
    be: Backend, gy: Array | None, g_hn: Array | None, g_cn: Array | None, h0: Array, c0: Array, w_hh: Array,
    w_hr: Array | None, y: Array, c: Array, full: Array, gates: Array, sizes: Sizes, reverse: bool,
) -> tuple[Array, Array, Array, Array, Array | None]:  # fmt: skip
    """See ``Backend.lstm_layer_grad``."""
    if w_hr is not None or not _served(gates, gy, g_hn, g_cn, h0, c0, w_hh, y, c):
        return reference.lstm_layer_grad(be, gy, g_hn, g_cn, h0, c0, w_hh, w_hr, y, c, full, gates, sizes, reverse)
    gh, gc, g_gates, work = _sum(h0, g_hn), _sum(c0, g_cn), np.empty(gates.shape, gates.dtype), len(y) * w_hh.size
    count = _threads(work, len(h0))
    states = contiguous(gates), contiguous(c0), contiguous(c)
    _kernels.lstm_layer_grad(work)(
        _given(gates, gy), gh, gc, *states, _packed(w_hh, False), _starts(sizes), reverse, g_gates, count
    )
    return g_gates, gh, gc, _weight_grad(be, g_gates, y, h0, sizes, reverse), None


def gru_layer(
    be: Backend, x: Array, h0: Array, w_hh: Array, b_hh: Array | None, sizes: Sizes, reverse: bool
) -> tuple[Array, Array, Array]:
    """See ``Backend.gru_layer``."""
    if not _served(x, h0, w_hh, b_hh):
        return reference.gru_layer(be, x, h0, w_hh, b_hh, sizes, reverse)
    (n, units), work = h0.shape, x.shape[0] * w_hh.size
    h, gates, y = h0.copy(order="C"), np.empty(x.shape, x.dtype), np.empty((len(x), units), x.dtype)
    bias = np.empty(0, x.dtype) if b_hh is None else contiguous(b_hh)
    count = _threads(work, n)
    _kernels.gru_layer(work)(
        contiguous(x), h, bias, _packed(w_hh, True), _starts(sizes), reverse, gates, y, count
    )  # fmt: skip
    return y, gates, h


def gru_layer_grad(
    be: Backend, gy: Array | None, g_hn: Array | None, x: Array, h0: Array, w_hh: Array, y: Array, gh: Array,
    sizes: Sizes, reverse: bool,
) -> tuple[Array, Array, Array, Array]:  # fmt: skip
    """See ``Backend.gru_layer_grad``."""
    if not _served(x, gy, g_hn, h0, w_hh, y, gh):
        return reference.gru_layer_grad(be, gy, g_hn, x, h0, w_hh, y, gh, sizes, reverse)
    g_h, g_x, g_gh, work = _sum(h0, g_hn), np.empty(x.shape, x.dtype), np.empty(x.shape, x.dtype), len(y) * w_hh.size
    count = _threads(work, len(h0))
    states = map(contiguous, (x, gh, h0, y))
    _kernels.gru_layer_grad(work)(
        _given(x, gy), g_h, *states, _packed(w_hh, False), _starts(sizes), reverse, g_x, g_gh, count
    )
    return g_x, g_h, _weight_grad(be, g_gh, y, h0, sizes, reverse), g_gh.sum(0)


def rnn_layer(
    be: Backend, x: Array, h0: Array, w_hh: Array, sizes: Sizes, reverse: bool, relu: bool
) -> tuple[Array, Array]:
    """See ``Backend.rnn_layer``."""
    if not _served(x, h0, w_hh):
        return reference.rnn_layer(be, x, h0, w_hh, sizes, reverse, relu)
    h, y, work = h0.copy(order="C"), np.empty(x.shape, x.dtype), x.shape[0] * w_hh.size
    count = _threads(work, len(h0))
    _kernels.rnn_layer(work)(contiguous(x), h, _packed(w_hh, True), _starts(sizes), reverse, relu, y, count)
    return y, h


def rnn_layer_grad(
    be: Backend, gy: Array | None, g_hn: Array | None, h0: Array, w_hh: Array, y: Array, sizes: Sizes, reverse: bool,
    relu: bool,
) -> tuple[Array, Array, Array]:  # fmt: skip
    """See ``Backend.rnn_layer_grad``."""
    if not _served(y, gy, g_hn, h0, w_hh):
        return reference.rnn_layer_grad(be, gy, g_hn, h0, w_hh, y, sizes, reverse, relu)
    g_h, g_x, work = _sum(h0, g_hn), np.empty(y.shape, y.dtype), len(y) * w_hh.size
    count = _threads(work, len(h0))
    _kernels.rnn_layer_grad(work)(
        _given(y, gy), g_h, contiguous(y), _packed(w_hh, False), _starts(sizes), reverse, relu, g_x, count
    )
    return g_x, g_h, _weight_grad(be, g_x, y, h0, sizes, reverse)
