"""Recurrent layers: one direction of one layer over all time steps is one operation, and so is its gradient.

Time steps lie one after the other, as in a packed sequence: ``sizes[t]`` rows belong to step t, and rows are sorted by
the length of their sequence, so that step t works on the first ``sizes[t]`` rows of the state. With sequences of equal
length all sizes are N. Letters: L rows of all steps together, N sequences, H hidden, P projected.

The input's product with its weight is not part of the operations: it is one matrix product for all steps, made before.
"""

from __future__ import annotations

from itertools import accumulate
from typing import Any

import autograd as ag
from autograd.op import op

Sizes = tuple[int, ...]


def _steps(sizes: Sizes, reverse: bool) -> list[tuple[int, slice]]:
    """(number of rows, their place) of every step, in the order of processing."""
    ends = accumulate(sizes)
    steps = [(n, slice(end - n, end)) for n, end in zip(sizes, ends, strict=True)]
    return steps[::-1] if reverse else steps


def _before(be: Any, states: Any, first: Any, sizes: Sizes, reverse: bool) -> Any:
    """The state that every step started from: (L,H) from the states after each step (L,H) and the first one (N,H)."""
    out, now = be.xp.empty_like(states), first.copy()
    for n, rows in _steps(sizes, reverse):
        out[rows] = now[:n]
        now[:n] = states[rows]
    return out


def _zeros(be: Any, like: Any, g: Any) -> Any:
    """A gradient to add to: a copy, or zeros where none came."""
    return be.xp.zeros_like(like) if g is None else g.copy()


def _over_time(step: Any, x: Any, states: tuple[Any, ...], sizes: Sizes, reverse: bool) -> tuple[Any, ...]:
    """Runs ``step(x_t, *states) -> (*states, ...)`` on tensors: (all that it returned, as rows; the last states)."""
    outs = []
    for n, rows in _steps(sizes, reverse):
        new = step(x[rows], *(s[:n] for s in states))
        outs.append(new)
        states = tuple(new_s if n == len(s) else ag.cat([new_s, s[n:]]) for new_s, s in zip(new, states, strict=False))
    outs = outs[::-1] if reverse else outs
    return (*(ag.cat(parts) for parts in zip(*outs, strict=True)), *states)


# -- LSTM -------------------------------------------------------------------------------------------------------------


@op(outputs=("h_new", "c_new"))
def lstm_cell(be: Any, gates: Any, c: Any) -> Any:
    """One step of an LSTM: c' = sigmoid(f) c + sigmoid(i) tanh(g), h' = sigmoid(o) tanh(c').

    Args:
        gates: i, f, g, o side by side before their nonlinearities, (N,4H).
        c: (N,H).

    Returns:
        h' and c', both (N,H).

    Source: Hochreiter and Schmidhuber, Long Short-Term Memory, 1997; Gers et al. 2000 for the forget gate.
    """
    return be.lstm_cell(gates, c)


@op(outputs=("g_gates", "g_c"))
def lstm_cell_grad(be: Any, gh: Any, gc: Any, gates: Any, c: Any, c_new: Any) -> Any:
    """Gradients of ``lstm_cell``."""
    return be.lstm_cell_grad(gh, gc, gates, c, c_new)


lstm_cell.grad_all(lambda needs, g, gates, c, c_new: lstm_cell_grad(*g, gates, c, c_new))


@lstm_cell.composed
def _lstm_cell(gates: Any, c: Any) -> Any:
    i, f, g, o = ag.chunk(gates, 4, 1)
    c_new = ag.sigmoid(f) * c + ag.sigmoid(i) * ag.tanh(g)
    return ag.sigmoid(o) * ag.tanh(c_new), c_new


@op(outputs=("y", "c", "full", "gates", "h_n", "c_n"))
def lstm_layer(
    be: Any, x: Any, h0: Any, c0: Any, w_hh: Any, w_hr: Any, *, sizes: Sizes, reverse: bool
) -> tuple[Any, ...]:
    """An LSTM over all steps.

    Args:
        x: the input's share of the gates, W x + b, (L,4H).
        h0: (N,P), P = H without projection.
        c0: (N,H).
        w_hh: (4H,P).
        w_hr: the projection, (P,H), or None.
        sizes: rows of every step.
        reverse: from the last step to the first.

    Returns:
        y (L,P); c (L,H), h before its projection (L,H) and gates (L,4H), which backward needs; h_n (N,P) and c_n (N,H).

    Source: Sak et al., Long Short-Term Memory Based Recurrent Neural Network Architectures, 2014, for the projection.
    """
    gates, h, c = x.copy(), h0.copy(), c0.copy()
    cs = be.xp.empty((len(x), c0.shape[1]), x.dtype)
    full = be.xp.empty_like(cs)
    y = full if w_hr is None else be.xp.empty((len(x), h0.shape[1]), x.dtype)
    for n, rows in _steps(sizes, reverse):
        gates[rows] += be.matmul(h[:n], w_hh.T)
        full[rows], cs[rows] = be.lstm_cell(gates[rows], c[:n])
        if w_hr is not None:
            y[rows] = be.matmul(full[rows], w_hr.T)
        h[:n], c[:n] = y[rows], cs[rows]
    return y, cs, full, gates, h, c


@op(outputs=("g_x", "g_h0", "g_c0", "g_w_hh", "g_w_hr"))
def lstm_layer_grad(
    be: Any, gy: Any, g_hn: Any, g_cn: Any, h0: Any, c0: Any, w_hh: Any, w_hr: Any, y: Any, c: Any, full: Any,
    gates: Any, *, sizes: Sizes, reverse: bool,
) -> tuple[Any, ...]:  # fmt: skip
    """Gradients of ``lstm_layer`` from those of y, h_n and c_n, None where there is none."""
    gh, gc = _zeros(be, h0, g_hn), _zeros(be, c0, g_cn)
    g_gates, g_y = be.xp.empty_like(gates), be.xp.empty_like(y)
    c_before = _before(be, c, c0, sizes, reverse)
    for n, rows in reversed(_steps(sizes, reverse)):
        g_y[rows] = gh[:n] if gy is None else gh[:n] + gy[rows]
        g_full = g_y[rows] if w_hr is None else be.matmul(g_y[rows], w_hr)
        g_gates[rows], gc[:n] = be.lstm_cell_grad(g_full, gc[:n], gates[rows], c_before[rows], c[rows])
        gh[:n] = be.matmul(g_gates[rows], w_hh)
    g_w_hr = None if w_hr is None else be.matmul(g_y.T, full)
    return g_gates, gh, gc, be.matmul(g_gates.T, _before(be, y, h0, sizes, reverse)), g_w_hr


@lstm_layer.grad_all
def _lstm_layer_grads(
    needs: Any, g: Any, h0: Any, c0: Any, w_hh: Any, w_hr: Any, y: Any, c: Any, full: Any, gates: Any, **p: Any
) -> Any:
    gy, _, _, _, g_hn, g_cn = g
    return lstm_layer_grad(gy, g_hn, g_cn, h0, c0, w_hh, w_hr, y, c, full, gates, **p)


@lstm_layer.composed
def _lstm_layer(x: Any, h0: Any, c0: Any, w_hh: Any, w_hr: Any, *, sizes: Sizes, reverse: bool) -> Any:
    def step(x: Any, h: Any, c: Any) -> tuple[Any, ...]:
        gates = x + h @ w_hh.T
        full, c = _lstm_cell(gates, c)
        return full if w_hr is None else full @ w_hr.T, c, full, gates

    return _over_time(step, x, (h0, c0), sizes, reverse)


# -- GRU --------------------------------------------------------------------------------------------------------------


@op
def gru_cell(be: Any, gi: Any, gh: Any, h: Any) -> Any:
    """One step of a GRU: h' = (1-z) n + z h, r and z sigmoids of the summed gates, n = tanh(gi_n + r * gh_n).

    Args:
        gi: W x + b for r, z, n side by side, (N,3H).
        gh: U h + c for r, z, n side by side, (N,3H).
        h: (N,H).

    Returns:
        h' (N,H).

    Source: Cho et al., Learning Phrase Representations using RNN Encoder-Decoder, 2014.
    """
    return be.gru_cell(gi, gh, h)


@op(outputs=("g_gi", "g_gh", "g_h"))
def gru_cell_grad(be: Any, g: Any, gi: Any, gh: Any, h: Any) -> Any:
    """Gradients of ``gru_cell``."""
    return be.gru_cell_grad(g, gi, gh, h)


gru_cell.grad_all(lambda needs, g, gi, gh, h: gru_cell_grad(g, gi, gh, h))


@gru_cell.composed
def _gru_cell(gi: Any, gh: Any, h: Any) -> Any:
    (i_r, i_z, i_n), (h_r, h_z, h_n) = ag.chunk(gi, 3, 1), ag.chunk(gh, 3, 1)
    z, n = ag.sigmoid(i_z + h_z), ag.tanh(i_n + ag.sigmoid(i_r + h_r) * h_n)
    return n + z * (h - n)


@op(outputs=("y", "gh", "h_n"))
def gru_layer(be: Any, x: Any, h0: Any, w_hh: Any, b_hh: Any, *, sizes: Sizes, reverse: bool) -> tuple[Any, ...]:
    """A GRU over all steps.

    Args:
        x: the input's share of the gates, W x + b, (L,3H).
        h0: (N,H).
        w_hh: (3H,H).
        b_hh: (3H,) or None; not part of x, because the reset gate multiplies it.
        sizes: rows of every step.
        reverse: from the last step to the first.

    Returns:
        y (L,H); the state's share of the gates (L,3H), which backward needs; h_n (N,H).
    """
    gh, h, y = be.xp.empty_like(x), h0.copy(), be.xp.empty((len(x), h0.shape[1]), x.dtype)
    for n, rows in _steps(sizes, reverse):
        gh[rows] = be.matmul(h[:n], w_hh.T)
        if b_hh is not None:
            gh[rows] += b_hh
        h[:n] = y[rows] = be.gru_cell(x[rows], gh[rows], h[:n])
    return y, gh, h


@op(outputs=("g_x", "g_h0", "g_w_hh", "g_b_hh"))
def gru_layer_grad(
    be: Any, gy: Any, g_hn: Any, x: Any, h0: Any, w_hh: Any, y: Any, gh: Any, *, sizes: Sizes, reverse: bool
) -> tuple[Any, ...]:
    """Gradients of ``gru_layer`` from those of y and h_n, None where there is none."""
    g_h, h_before = _zeros(be, h0, g_hn), _before(be, y, h0, sizes, reverse)
    g_x, g_gh = be.xp.empty_like(x), be.xp.empty_like(gh)
    for n, rows in reversed(_steps(sizes, reverse)):
        g = g_h[:n] if gy is None else g_h[:n] + gy[rows]
        g_x[rows], g_gh[rows], direct = be.gru_cell_grad(g, x[rows], gh[rows], h_before[rows])
        g_h[:n] = direct + be.matmul(g_gh[rows], w_hh)
    return g_x, g_h, be.matmul(g_gh.T, h_before), g_gh.sum(0)


@gru_layer.grad_all
def _gru_layer_grads(needs: Any, g: Any, x: Any, h0: Any, w_hh: Any, y: Any, gh: Any, **p: Any) -> Any:
    gy, _, g_hn = g
    return gru_layer_grad(gy, g_hn, x, h0, w_hh, y, gh, **p)


@gru_layer.composed
def _gru_layer(x: Any, h0: Any, w_hh: Any, b_hh: Any, *, sizes: Sizes, reverse: bool) -> Any:
    def step(x: Any, h: Any) -> tuple[Any, ...]:
        gh = h @ w_hh.T if b_hh is None else h @ w_hh.T + b_hh
        return _gru_cell(x, gh, h), gh

    return _over_time(step, x, (h0,), sizes, reverse)


# -- plain RNN --------------------------------------------------------------------------------------------------------


@op(outputs=("y", "h_n"))
def rnn_layer(be: Any, x: Any, h0: Any, w_hh: Any, *, sizes: Sizes, reverse: bool, relu: bool) -> tuple[Any, ...]:
    """A recurrent layer h' = f(x + U h), f tanh or relu, over all steps.

    Args:
        x: the input's share, W x + b, (L,H).
        h0: (N,H).
        w_hh: U, (H,H).
        sizes: rows of every step.
        reverse: from the last step to the first.
        relu: f is relu.

    Returns:
        y (L,H) and h_n (N,H).

    Source: Elman, Finding Structure in Time, 1990.
    """
    f, h, y = be.relu if relu else be.xp.tanh, h0.copy(), be.xp.empty_like(x)
    for n, rows in _steps(sizes, reverse):
        h[:n] = y[rows] = f(x[rows] + be.matmul(h[:n], w_hh.T))
    return y, h


@op(outputs=("g_x", "g_h0", "g_w_hh"))
def rnn_layer_grad(
    be: Any, gy: Any, g_hn: Any, h0: Any, w_hh: Any, y: Any, *, sizes: Sizes, reverse: bool, relu: bool
) -> tuple[Any, ...]:
    """Gradients of ``rnn_layer`` from those of y and h_n, None where there is none."""
    g_h, g_x = _zeros(be, h0, g_hn), be.xp.empty_like(y)
    for n, rows in reversed(_steps(sizes, reverse)):
        g = g_h[:n] if gy is None else g_h[:n] + gy[rows]
        g_x[rows] = be.relu_grad(g, y[rows]) if relu else g * (1 - y[rows] * y[rows])
        g_h[:n] = be.matmul(g_x[rows], w_hh)
    return g_x, g_h, be.matmul(g_x.T, _before(be, y, h0, sizes, reverse))


@rnn_layer.grad_all
def _rnn_layer_grads(needs: Any, g: Any, h0: Any, w_hh: Any, y: Any, **p: Any) -> Any:
    return rnn_layer_grad(*g, h0, w_hh, y, **p)


@rnn_layer.composed
def _rnn_layer(x: Any, h0: Any, w_hh: Any, *, sizes: Sizes, reverse: bool, relu: bool) -> Any:
    f = ag.relu if relu else ag.tanh
    return _over_time(lambda x, h: (f(x + h @ w_hh.T),), x, (h0,), sizes, reverse)
