"""One step of an LSTM and of a GRU: arrays (N,H), gates side by side in (N,4H) or (N,3H)."""

from __future__ import annotations

from typing import Any

from numba import prange

from backends.cpu.kernels import functions as fn
from backends.cpu.kernels.jit import helper, kernel


@helper
def _lstm_row(i: Any, f: Any, g: Any, o: Any, c: Any, h_new: Any, c_new: Any) -> None:
    """c' = sigmoid(f) c + sigmoid(i) tanh(g); h' = sigmoid(o) tanh(c')."""
    for j in range(c.size):
        v = fn.sigmoid(f[j]) * c[j] + fn.sigmoid(i[j]) * fn.tanh(g[j])
        c_new[j] = v
        h_new[j] = fn.sigmoid(o[j]) * fn.tanh(v)


@kernel
def lstm_cell(gates: Any, c: Any, h_new: Any, c_new: Any) -> None:
    """h' and c' from the gates i, f, g, o before their nonlinearities."""
    size = c.shape[1]
    for n in prange(c.shape[0]):
        row = gates[n]
        i, f, g, o = row[:size], row[size : 2 * size], row[2 * size : 3 * size], row[3 * size :]
        _lstm_row(i, f, g, o, c[n], h_new[n], c_new[n])


@helper
def _lstm_grad_row(
    gh: Any, gc: Any, i: Any, f: Any, g: Any, o: Any, c: Any, c_new: Any, gi: Any, gf: Any, gg: Any, go: Any, g_c: Any
) -> None:
    """Gradients of one row; gh or gc may be empty, which means zero."""
    one, zero = c.dtype.type(1), c.dtype.type(0)
    for j in range(c.size):
        a, b, u, d = fn.sigmoid(i[j]), fn.sigmoid(f[j]), fn.tanh(g[j]), fn.sigmoid(o[j])
        t = fn.tanh(c_new[j])
        upstream = gh[j] if gh.size else zero
        total = upstream * d * (one - t * t) + (gc[j] if gc.size else zero)  # gradient of c'
        gi[j] = total * u * a * (one - a)
        gf[j] = total * c[j] * b * (one - b)
        gg[j] = total * a * (one - u * u)
        go[j] = upstream * t * d * (one - d)
        g_c[j] = total * b


@kernel
def lstm_cell_grad(gh: Any, gc: Any, gates: Any, c: Any, c_new: Any, g_gates: Any, g_c: Any) -> None:
    """Gradients of the gates and of c; gh or gc (0,0) means zero."""
    size = c.shape[1]
    for n in prange(c.shape[0]):
        row, out = gates[n], g_gates[n]
        i, f, g, o = row[:size], row[size : 2 * size], row[2 * size : 3 * size], row[3 * size :]
        gi, gf, gg, go = out[:size], out[size : 2 * size], out[2 * size : 3 * size], out[3 * size :]
        upstream = gh[n] if gh.size else c[n][:0]
        direct = gc[n] if gc.size else c[n][:0]
        _lstm_grad_row(upstream, direct, i, f, g, o, c[n], c_new[n], gi, gf, gg, go, g_c[n])


@helper
def _gru_row(i_r: Any, i_z: Any, i_n: Any, h_r: Any, h_z: Any, h_n: Any, h: Any, h_new: Any) -> None:
    """h' = n + z (h - n)."""
    for j in range(h.size):
        r, z = fn.sigmoid(i_r[j] + h_r[j]), fn.sigmoid(i_z[j] + h_z[j])
        v = fn.tanh(i_n[j] + r * h_n[j])
        h_new[j] = v + z * (h[j] - v)


@kernel
def gru_cell(gi: Any, gh: Any, h: Any, h_new: Any) -> None:
    """h' from the summands of the gates r, z, n."""
    size = h.shape[1]
    for n in prange(h.shape[0]):
        a, b = gi[n], gh[n]
        _gru_row(
            a[:size], a[size : 2 * size], a[2 * size :], b[:size], b[size : 2 * size], b[2 * size :], h[n], h_new[n]
        )


@helper
def _gru_grad_row(g: Any, a: Any, b: Any, h: Any, g_a: Any, g_b: Any, g_h: Any) -> None:
    """Gradients of one row; a and b hold the summands of r, z, n side by side."""
    one, size = h.dtype.type(1), h.size
    for j in range(size):
        r, z = fn.sigmoid(a[j] + b[j]), fn.sigmoid(a[size + j] + b[size + j])
        h_n = b[2 * size + j]
        v = fn.tanh(a[2 * size + j] + r * h_n)
        gn = g[j] * (one - z) * (one - v * v)
        gr = gn * h_n * r * (one - r)
        gz = g[j] * (h[j] - v) * z * (one - z)
        g_a[j] = g_b[j] = gr
        g_a[size + j] = g_b[size + j] = gz
        g_a[2 * size + j], g_b[2 * size + j] = gn, gn * r
        g_h[j] = g[j] * z


@kernel
def gru_cell_grad(g: Any, gi: Any, gh: Any, h: Any, g_i: Any, g_h: Any, g_direct: Any) -> None:
    """Gradients of gi, gh and of h along z h."""
    for n in prange(h.shape[0]):
        _gru_grad_row(g[n], gi[n], gh[n], h[n], g_i[n], g_h[n], g_direct[n])
