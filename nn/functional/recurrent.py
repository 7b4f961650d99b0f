"""Recurrent layers: one direction of one layer over all time steps is one operation, and so is its gradient.

Time steps lie one after the other, as in a packed sequence: ``sizes[t]`` rows belong to step t, and rows are sorted by
the length of their sequence, so that step t works on the first ``sizes[t]`` rows of the state. With sequences of equal
length all sizes are N. Letters: L rows of all steps together, N sequences, H hidden, P projected.

The input's product with its weight is not part of the operations: it is one matrix product for all steps, made before.
"""

from __future__ import annotations

from typing import Any

import autograd as ag
from autograd.op import op
from backends.sequence import Sizes, steps


def _over_time(step: Any, x: Any, states: tuple[Any, ...], sizes: Sizes, reverse: bool) -> tuple[Any, ...]:
    """Runs ``step(x_t, *states) -> (*states, ...)`` on tensors: (all that it returned, as rows; the last states)."""
    outs = []
    for n, rows in steps(sizes, reverse):
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
    """An LSTM over all steps; ``backends/reference/recurrent_layer.py`` says of which shapes.

    Source: Sak et al., Long Short-Term Memory Based Recurrent Neural Network Architectures, 2014, for the projection.
    """
    return be.lstm_layer(x, h0, c0, w_hh, w_hr, sizes, reverse)


@op(outputs=("g_x", "g_h0", "g_c0", "g_w_hh", "g_w_hr"))
def lstm_layer_grad(
    be: Any, gy: Any, g_hn: Any, g_cn: Any, h0: Any, c0: Any, w_hh: Any, w_hr: Any, y: Any, c: Any, full: Any,
    gates: Any, *, sizes: Sizes, reverse: bool,
) -> tuple[Any, ...]:  # fmt: skip
    """Gradients of ``lstm_layer`` from those of y, h_n and c_n, None where there is none."""
    return be.lstm_layer_grad(gy, g_hn, g_cn, h0, c0, w_hh, w_hr, y, c, full, gates, sizes, reverse)


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
    """A GRU over all steps; ``backends/reference/recurrent_layer.py`` says of which shapes.

    Source: Cho et al., Learning Phrase Representations using RNN Encoder-Decoder, 2014.
    """
    return be.gru_layer(x, h0, w_hh, b_hh, sizes, reverse)


@op(outputs=("g_x", "g_h0", "g_w_hh", "g_b_hh"))
def gru_layer_grad(
    be: Any, gy: Any, g_hn: Any, x: Any, h0: Any, w_hh: Any, y: Any, gh: Any, *, sizes: Sizes, reverse: bool
) -> tuple[Any, ...]:
    """Gradients of ``gru_layer`` from those of y and h_n, None where there is none."""
    return be.gru_layer_grad(gy, g_hn, x, h0, w_hh, y, gh, sizes, reverse)


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
    """A recurrent layer h' = f(x + U h), f tanh or relu, over all steps; shapes as in the reference.

    Source: Elman, Finding Structure in Time, 1990.
    """
    return be.rnn_layer(x, h0, w_hh, sizes, reverse, relu)


@op(outputs=("g_x", "g_h0", "g_w_hh"))
def rnn_layer_grad(
    be: Any, gy: Any, g_hn: Any, h0: Any, w_hh: Any, y: Any, *, sizes: Sizes, reverse: bool, relu: bool
) -> tuple[Any, ...]:
    """Gradients of ``rnn_layer`` from those of y and h_n, None where there is none."""
    return be.rnn_layer_grad(gy, g_hn, h0, w_hh, y, sizes, reverse, relu)


@rnn_layer.grad_all
def _rnn_layer_grads(needs: Any, g: Any, h0: Any, w_hh: Any, y: Any, **p: Any) -> Any:
    return rnn_layer_grad(*g, h0, w_hh, y, **p)


@rnn_layer.composed
def _rnn_layer(x: Any, h0: Any, w_hh: Any, *, sizes: Sizes, reverse: bool, relu: bool) -> Any:
    f = ag.relu if relu else ag.tanh
    return _over_time(lambda x, h: (f(x + h @ w_hh.T),), x, (h0,), sizes, reverse)
