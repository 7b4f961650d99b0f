"""Recurrent layers over all time steps (``backends/sequence.py``), after the input's product with its weight.

Letters: L rows of all steps together, N sequences, H hidden, P projected.
"""

from __future__ import annotations

from backends.protocol import Array, Backend
from backends.sequence import Sizes, before, steps


def _sum(be: Backend, like: Array, g: Array | None) -> Array:
    """A gradient to add to: a copy, or zeros where none came."""
    return be.xp.zeros_like(like) if g is None else g.copy()


def lstm_layer(
    be: Backend, x: Array, h0: Array, c0: Array, w_hh: Array, w_hr: Array | None, sizes: Sizes, reverse: bool
) -> tuple[Array, ...]:
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
    for n, rows in steps(sizes, reverse):
        gates[rows] += be.matmul(h[:n], w_hh.T)
        full[rows], cs[rows] = be.lstm_cell(gates[rows], c[:n])
        if w_hr is not None:
            y[rows] = be.matmul(full[rows], w_hr.T)
        h[:n], c[:n] = y[rows], cs[rows]
    return y, cs, full, gates, h, c


def lstm_layer_grad(
    be: Backend, gy: Array | None, g_hn: Array | None, g_cn: Array | None, h0: Array, c0: Array, w_hh: Array,
    w_hr: Array | None, y: Array, c: Array, full: Array, gates: Array, sizes: Sizes, reverse: bool,
) -> tuple[Array, Array, Array, Array, Array | None]:  # fmt: skip
    """Gradients of ``lstm_layer``.

    Args:
        gy: of y (L,P), None where there is none.
        g_hn: of h_n (N,P), or None.
        g_cn: of c_n (N,H), or None.
        h0, c0, w_hh, w_hr, sizes, reverse: as in ``lstm_layer``.
        y, c, full, gates: what it returned.

    Returns:
        Gradients of x, h0, c0, w_hh and w_hr, the last None without a projection.
    """
    gh, gc = _sum(be, h0, g_hn), _sum(be, c0, g_cn)
    g_gates, g_y = be.xp.empty_like(gates), be.xp.empty_like(y)
    c_before = before(be.xp, c, c0, sizes, reverse)
    for n, rows in reversed(steps(sizes, reverse)):
        g_y[rows] = gh[:n] if gy is None else gh[:n] + gy[rows]
        g_full = g_y[rows] if w_hr is None else be.matmul(g_y[rows], w_hr)
        g_gates[rows], gc[:n] = be.lstm_cell_grad(g_full, gc[:n], gates[rows], c_before[rows], c[rows])
        gh[:n] = be.matmul(g_gates[rows], w_hh)
    g_w_hr = None if w_hr is None else be.matmul(g_y.T, full)
    return g_gates, gh, gc, be.matmul(g_gates.T, before(be.xp, y, h0, sizes, reverse)), g_w_hr


def gru_layer(
    be: Backend, x: Array, h0: Array, w_hh: Array, b_hh: Array | None, sizes: Sizes, reverse: bool
) -> tuple[Array, Array, Array]:
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

    Source: Cho et al., Learning Phrase Representations using RNN Encoder-Decoder, 2014.
    """
    gh, h, y = be.xp.empty_like(x), h0.copy(), be.xp.empty((len(x), h0.shape[1]), x.dtype)
    for n, rows in steps(sizes, reverse):
        gh[rows] = be.matmul(h[:n], w_hh.T)
        if b_hh is not None:
            gh[rows] += b_hh
        h[:n] = y[rows] = be.gru_cell(x[rows], gh[rows], h[:n])
    return y, gh, h


def gru_layer_grad(
    be: Backend, gy: Array | None, g_hn: Array | None, x: Array, h0: Array, w_hh: Array, y: Array, gh: Array,
    sizes: Sizes, reverse: bool,
) -> tuple[Array, Array, Array, Array]:  # fmt: skip
    """Gradients of ``gru_layer``.

    Args:
        gy: of y (L,H), None where there is none.
        g_hn: of h_n (N,H), or None.
        x, h0, w_hh, sizes, reverse: as in ``gru_layer``.
        y, gh: what it returned.

    Returns:
        Gradients of x, h0, w_hh and b_hh.
    """
    g_h, h_before = _sum(be, h0, g_hn), before(be.xp, y, h0, sizes, reverse)
    g_x, g_gh = be.xp.empty_like(x), be.xp.empty_like(gh)
    for n, rows in reversed(steps(sizes, reverse)):
        g = g_h[:n] if gy is None else g_h[:n] + gy[rows]
        g_x[rows], g_gh[rows], direct = be.gru_cell_grad(g, x[rows], gh[rows], h_before[rows])
        g_h[:n] = direct + be.matmul(g_gh[rows], w_hh)
    return g_x, g_h, be.matmul(g_gh.T, h_before), g_gh.sum(0)


def rnn_layer(
    be: Backend, x: Array, h0: Array, w_hh: Array, sizes: Sizes, reverse: bool, relu: bool
) -> tuple[Array, Array]:
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
    for n, rows in steps(sizes, reverse):
        h[:n] = y[rows] = f(x[rows] + be.matmul(h[:n], w_hh.T))
    return y, h


def rnn_layer_grad(
    be: Backend, gy: Array | None, g_hn: Array | None, h0: Array, w_hh: Array, y: Array, sizes: Sizes, reverse: bool,
    relu: bool,
) -> tuple[Array, Array, Array]:  # fmt: skip
    """Gradients of ``rnn_layer``.

    Args:
        gy: of y (L,H), None where there is none.
        g_hn: of h_n (N,H), or None.
        h0, w_hh, sizes, reverse, relu: as in ``rnn_layer``.
        y: what it returned.

    Returns:
        Gradients of x, h0 and w_hh.
    """
    g_h, g_x = _sum(be, h0, g_hn), be.xp.empty_like(y)
    for n, rows in reversed(steps(sizes, reverse)):
        g = g_h[:n] if gy is None else g_h[:n] + gy[rows]
        g_x[rows] = be.relu_grad(g, y[rows]) if relu else g * (1 - y[rows] * y[rows])
        g_h[:n] = be.matmul(g_x[rows], w_hh)
    return g_x, g_h, be.matmul(g_x.T, before(be.xp, y, h0, sizes, reverse))
