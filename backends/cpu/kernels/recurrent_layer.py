"""Recurrent layers over all time steps.

Sequences do not know of each other. So every thread runs all steps of sequences of its own, as many as fill rows of the
micro-kernel, and no thread ever waits for another. The recurrent weights are packed once, before the first step, into the
panels (K, HIGH_VECTORS * lanes) that ``product_high`` reads; they then stay in the second-level cache from step to step.

Row ``starts[t] + n`` of x, y, the gates and c belongs to sequence n at step t, if step t has more than n rows.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import prange

from backends.cpu.kernels import functions as fn
from backends.cpu.kernels.jit import helper, kernel
from backends.cpu.kernels.product import HIGH_ROWS, HIGH_VECTORS, product_high
from backends.cpu.kernels.recurrent import gru_grad_row, gru_row, lstm_grad_row, lstm_row
from backends.cpu.kernels.rows import pad_rows, transpose_rows
from backends.cpu.kernels.vector import VECTOR_BYTES, flush_denormals, restore_denormals


@kernel
def pack(w: Any, turned: bool, depth: int, columns: int, panels: Any) -> None:
    """A matrix (depth, columns), flat, that lies column by column if ``turned``, in panels (P, depth * row)."""
    for p in prange(panels.shape[0]):
        lanes = VECTOR_BYTES // w.itemsize
        row, panel = HIGH_VECTORS * lanes, panels[p]
        first: Any = np.int64(p * row)  # prange counts without a sign
        width = min(row, columns - first)
        if turned:
            for j in range(0, width, lanes):
                transpose_rows(w, (first + j) * depth, depth, min(lanes, width - j), depth, panel, j, row)
        else:
            pad_rows(panel, 0, row, w, first, columns, depth, row, 0, width)


@helper
def _add_product(a: Any, panels: Any, target: Any, count: int) -> None:
    """The first ``count`` rows of target += those of a times the packed weights."""
    depth, columns = a.shape[1], target.shape[1]
    row = HIGH_VECTORS * (VECTOR_BYTES // a.itemsize)
    for p in range(panels.shape[0]):
        width = min(row, columns - p * row)
        for i in range(0, count, HIGH_ROWS):
            rows, place = min(HIGH_ROWS, count - i), i * columns + p * row
            product_high(rows, width, depth, a, i * depth, depth, 1, panels[p], 0, row, True, target, place, columns)


@helper
def _copy(source: Any, target: Any) -> None:
    for j in range(source.size):
        target[j] = source[j]


@helper
def _add(source: Any, target: Any) -> None:
    for j in range(source.size):
        target[j] += source[j]


@helper
def _clear(target: Any) -> None:
    zero = target.dtype.type(0)
    for j in range(target.size):
        target[j] = zero


@helper
def _share(sequences: int, thread: int, threads: int) -> tuple[int, int]:
    """The sequences of a thread, in whole tiles."""
    tiles = (sequences + HIGH_ROWS - 1) // HIGH_ROWS
    return tiles * thread // threads * HIGH_ROWS, min(sequences, tiles * (thread + 1) // threads * HIGH_ROWS)


@helper
def _place(s: int, starts: Any, reverse: bool, first: int, last: int) -> tuple[int, int]:
    """Of the s-th step in the order of processing: where the row of sequence ``first`` is, and how many before ``last``."""
    step = starts.size - 2 - s if reverse else s
    begin = starts[step]
    return begin + first, min(last, starts[step + 1] - begin) - first


@helper
def _row_before(s: int, n: int, starts: Any, reverse: bool) -> int:
    """The row of sequence n at the step processed before the s-th; -1 where it had not begun."""
    step = starts.size - 1 - s if reverse else s - 1
    if s == 0 or n >= starts[step + 1] - starts[step]:
        return -1
    return int(starts[step] + n)


# -- LSTM -------------------------------------------------------------------------------------------------------------


@kernel
def lstm_layer(
    x: Any, h: Any, c: Any, panels: Any, starts: Any, reverse: bool, gates: Any, y: Any, cs: Any, threads: int
) -> None:
    """gates = x + h U, y and c of all steps; h and c (N,H) hold the first state, then the last."""
    for t in prange(threads):
        state = flush_denormals()
        first, last = _share(h.shape[0], t, threads)
        for s in range(starts.size - 1):
            place, count = _place(s, starts, reverse, first, last)
            if count > 0:
                for i in range(place, place + count):
                    _copy(x[i], gates[i])
                _add_product(h[first:], panels, gates[place:], count)
                for i in range(count):
                    n, r = first + i, place + i
                    lstm_row(gates[r], c[n], y[r], cs[r])
                    _copy(y[r], h[n])
                    _copy(cs[r], c[n])
        restore_denormals(state)


@kernel
def lstm_layer_grad(
    gy: Any,
    gh: Any,
    gc: Any,
    gates: Any,
    c0: Any,
    cs: Any,
    panels: Any,
    starts: Any,
    reverse: bool,
    g_gates: Any,
    threads: int,
) -> None:
    """Gradients of the gates; gh and gc (N,H) hold those of the last state, then of the first. gy (0,0) means zero."""
    for t in prange(threads):
        state = flush_denormals()
        first, last = _share(gh.shape[0], t, threads)
        spare = np.empty(gh.shape[1], gates.dtype)  # a row that is read and written in one loop is no vector code
        for s in range(starts.size - 2, -1, -1):
            place, count = _place(s, starts, reverse, first, last)
            if count > 0:
                for i in range(count):
                    n, r = first + i, place + i
                    if gy.size:
                        _add(gy[r], gh[n])
                    before = _row_before(s, n, starts, reverse)
                    c = c0[n] if before < 0 else cs[before]
                    lstm_grad_row(gh[n], gc[n], gates[r], c, cs[r], g_gates[r], spare)
                    _copy(spare, gc[n])
                    _clear(gh[n])
                _add_product(g_gates[place:], panels, gh[first:], count)
        restore_denormals(state)


# -- GRU --------------------------------------------------------------------------------------------------------------


@kernel
def gru_layer(
    x: Any, h: Any, bias: Any, panels: Any, starts: Any, reverse: bool, gates: Any, y: Any, threads: int
) -> None:
    """gates = h U + bias and y of all steps; h (N,H) holds the first state, then the last. bias (0,) means zero."""
    for t in prange(threads):
        state = flush_denormals()
        first, last = _share(h.shape[0], t, threads)
        for s in range(starts.size - 1):
            place, count = _place(s, starts, reverse, first, last)
            if count > 0:
                for i in range(place, place + count):
                    if bias.size:
                        _copy(bias, gates[i])
                    else:
                        _clear(gates[i])
                _add_product(h[first:], panels, gates[place:], count)
                for i in range(count):
                    n, r = first + i, place + i
                    gru_row(x[r], gates[r], h[n], y[r])
                    _copy(y[r], h[n])
        restore_denormals(state)


@kernel
def gru_layer_grad(
    gy: Any,
    gh: Any,
    x: Any,
    gates: Any,
    h0: Any,
    y: Any,
    panels: Any,
    starts: Any,
    reverse: bool,
    g_x: Any,
    g_gates: Any,
    threads: int,
) -> None:
    """Gradients of x and the gates; gh (N,H) holds that of the last state, then of the first. gy (0,0) means zero."""
    for t in prange(threads):
        state = flush_denormals()
        first, last = _share(gh.shape[0], t, threads)
        spare = np.empty(gh.shape[1], gates.dtype)  # a row that is read and written in one loop is no vector code
        for s in range(starts.size - 2, -1, -1):
            place, count = _place(s, starts, reverse, first, last)
            if count > 0:
                for i in range(count):
                    n, r = first + i, place + i
                    if gy.size:
                        _add(gy[r], gh[n])
                    before = _row_before(s, n, starts, reverse)
                    h = h0[n] if before < 0 else y[before]
                    gru_grad_row(gh[n], x[r], gates[r], h, g_x[r], g_gates[r], spare)
                    _copy(spare, gh[n])
                _add_product(g_gates[place:], panels, gh[first:], count)
        restore_denormals(state)


# -- plain RNN --------------------------------------------------------------------------------------------------------


@helper
def _activate(x: Any, relu: bool) -> None:
    """x = relu(x) or tanh(x)."""
    zero = x.dtype.type(0)
    if relu:
        for j in range(x.size):
            x[j] = zero if x[j] < zero else x[j]
    else:
        for j in range(x.size):
            x[j] = fn.tanh(x[j])


@helper
def _activate_grad(g: Any, y: Any, relu: bool, out: Any) -> None:
    """g f'(.), from the value y of f."""
    one, zero = y.dtype.type(1), y.dtype.type(0)
    if relu:
        for j in range(y.size):
            out[j] = g[j] if y[j] > zero else zero
    else:
        for j in range(y.size):
            out[j] = g[j] * (one - y[j] * y[j])


@kernel
def rnn_layer(x: Any, h: Any, panels: Any, starts: Any, reverse: bool, relu: bool, y: Any, threads: int) -> None:
    """y = f(x + h U) of all steps; h (N,H) holds the first state, then the last."""
    for t in prange(threads):
        state = flush_denormals()
        first, last = _share(h.shape[0], t, threads)
        for s in range(starts.size - 1):
            place, count = _place(s, starts, reverse, first, last)
            if count > 0:
                for i in range(place, place + count):
                    _copy(x[i], y[i])
                _add_product(h[first:], panels, y[place:], count)
                for i in range(count):
                    _activate(y[place + i], relu)
                    _copy(y[place + i], h[first + i])
        restore_denormals(state)


@kernel
def rnn_layer_grad(
    gy: Any,
    gh: Any,
    y: Any,
    panels: Any,
    starts: Any,
    reverse: bool,
    relu: bool,
    g_x: Any,
    threads: int,
) -> None:
    """Gradients of x; gh (N,H) holds that of the last state, then of the first. gy (0,0) means zero."""
    for t in prange(threads):
        state = flush_denormals()
        first, last = _share(gh.shape[0], t, threads)
        for s in range(starts.size - 2, -1, -1):
            place, count = _place(s, starts, reverse, first, last)
            if count > 0:
                for i in range(count):
                    n, r = first + i, place + i
                    if gy.size:
                        _add(gy[r], gh[n])
                    _activate_grad(gh[n], y[r], relu, g_x[r])
                    _clear(gh[n])
                _add_product(g_x[place:], panels, gh[first:], count)
        restore_denormals(state)
