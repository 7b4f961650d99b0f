"""One step of an LSTM and of a GRU, after their matrix products."""

from __future__ import annotations

from backends.protocol import Array, Backend


def lstm_cell(be: Backend, gates: Array, c: Array) -> tuple[Array, Array]:
    """c' = sigmoid(f) c + sigmoid(i) tanh(g) and h' = sigmoid(o) tanh(c').

    Args:
        gates: i, f, g, o side by side before their nonlinearities, (N,4H).
        c: (N,H).

    Returns:
        h' and c', both (N,H).

    Example:
        >>> import numpy as np
        >>> from backends.reference import Reference
        >>> Reference(np).lstm_cell(np.zeros((1, 4)), np.ones((1, 1)))[1]
        array([[0.5]])

    Source: Hochreiter and Schmidhuber, Long Short-Term Memory, 1997; Gers et al. 2000 for the forget gate.
    """
    i, f, g, o = be.xp.split(gates, 4, axis=1)
    c_new = be.sigmoid(f) * c + be.sigmoid(i) * be.xp.tanh(g)
    return be.sigmoid(o) * be.xp.tanh(c_new), c_new


def lstm_cell_grad(
    be: Backend, gh: Array | None, gc: Array | None, gates: Array, c: Array, c_new: Array
) -> tuple[Array, Array]:
    """Gradients of ``lstm_cell``; an upstream gradient that is None counts as zero.

    Args:
        gh: of h' (N,H) or None.
        gc: of c' (N,H) or None.
        gates: (N,4H).
        c: (N,H).
        c_new: c' as ``lstm_cell`` returned it, (N,H).

    Returns:
        Gradients of gates (N,4H) and c (N,H).
    """
    xp = be.xp
    i, f, g, o = xp.split(gates, 4, axis=1)
    i, f, g, o = be.sigmoid(i), be.sigmoid(f), xp.tanh(g), be.sigmoid(o)
    t = xp.tanh(c_new)
    gh = xp.zeros_like(c) if gh is None else gh
    total = gh * o * (1 - t * t)  # gradient of c': through h', and its own
    if gc is not None:
        total = total + gc
    g_gates = [total * g * i * (1 - i), total * c * f * (1 - f), total * i * (1 - g * g), gh * t * o * (1 - o)]
    return xp.concatenate(g_gates, axis=1), total * f


def gru_cell(be: Backend, gi: Array, gh: Array, h: Array) -> Array:
    """h' = (1-z) n + z h, with r and z sigmoids of the summed gates and n = tanh(gi_n + r * gh_n).

    Args:
        gi: W x + b for r, z, n side by side, (N,3H).
        gh: U h + c for r, z, n side by side, (N,3H).
        h: (N,H).

    Returns:
        h' (N,H).

    Source: Cho et al., Learning Phrase Representations using RNN Encoder-Decoder, 2014.
    """
    i_r, i_z, i_n = be.xp.split(gi, 3, axis=1)
    h_r, h_z, h_n = be.xp.split(gh, 3, axis=1)
    z = be.sigmoid(i_z + h_z)
    n = be.xp.tanh(i_n + be.sigmoid(i_r + h_r) * h_n)
    return n + z * (h - n)


def gru_cell_grad(be: Backend, g: Array, gi: Array, gh: Array, h: Array) -> tuple[Array, Array, Array]:
    """Gradients of ``gru_cell``.

    Args:
        g: of h' (N,H).
        gi, gh, h: as in ``gru_cell``.

    Returns:
        Gradients of gi (N,3H), gh (N,3H) and h (N,H), the last along z h only (gh is an argument of its own).
    """
    xp = be.xp
    i_r, i_z, i_n = xp.split(gi, 3, axis=1)
    h_r, h_z, h_n = xp.split(gh, 3, axis=1)
    r, z = be.sigmoid(i_r + h_r), be.sigmoid(i_z + h_z)
    n = xp.tanh(i_n + r * h_n)
    gn = g * (1 - z) * (1 - n * n)
    gr = gn * h_n * r * (1 - r)
    gz = g * (h - n) * z * (1 - z)
    return xp.concatenate([gr, gz, gn], axis=1), xp.concatenate([gr, gz, gn * r], axis=1), g * z
