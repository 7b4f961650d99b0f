"""One step of an LSTM and of a GRU: arrays (N,H), gates side by side in (N,4H) or (N,3H)."""

from __future__ import annotations

from typing import Any

from numba import prange

from backends.cpu.kernels import functions as fn
from backends.cpu.kernels.jit import helper, kernel


@helper
def lstm_row(gates: Any, c: Any, h_new: Any, c_new: Any) -> None:
    """c' = sigmoid(f) c + sigmoid(i) tanh(g); h' = sigmoid(o) tanh(c'); gates hold i, f, g, o side by side."""
    size = c.size
    for j in range(size):
        v = fn.sigmoid(gates[size + j]) * c[j] + fn.sigmoid(gates[j]) * fn.tanh(gates[2 * size + j])
        c_new[j] = v
        h_new[j] = fn.sigmoid(gates[3 * size + j]) * fn.tanh(v)


@kernel
def lstm_cell(gates: Any, c: Any, h_new: Any, c_new: Any) -> None:
    """h' and c' from the gates i, f, g, o before their nonlinearities."""
    for n in prange(c.shape[0]):
        lstm_row(gates[n], c[n], h_new[n], c_new[n])


@helper
def lstm_grad_row(gh: Any, gc: Any, gates: Any, c: Any, c_new: Any, out: Any, g_c: Any) -> None:
    """Gradients of one row; gh or gc may be empty, which means zero."""
    one, zero, size = c.dtype.type(1), c.dtype.type(0), c.size
    for j in range(size):
        i, f = fn.sigmoid(gates[j]), fn.sigmoid(gates[size + j])
        g, o = fn.tanh(gates[2 * size + j]), fn.sigmoid(gates[3 * size + j])
        t = fn.tanh(c_new[j])
        upstream = gh[j] if gh.size else zero
        total = upstream * o * (one - t * t) + (gc[j] if gc.size else zero)  # gradient of c'
        out[j] = total * g * i * (one - i)
        out[size + j] = total * c[j] * f * (one - f)
        out[2 * size + j] = total * i * (one - g * g)
        out[3 * size + j] = upstream * t * o * (one - o)
        g_c[j] = total * f


@kernel
def lstm_cell_grad(gh: Any, gc: Any, gates: Any, c: Any, c_new: Any, g_gates: Any, g_c: Any) -> None:
    """Gradients of the gates and of c; gh or gc (0,0) means zero."""
    for n in prange(c.shape[0]):
        upstream = gh[n] if gh.size else c[n][:0]
        direct = gc[n] if gc.size else c[n][:0]
        lstm_grad_row(upstream, direct, gates[n], c[n], c_new[n], g_gates[n], g_c[n])


@helper
def gru_row(a: Any, b: Any, h: Any, h_new: Any) -> None:
    """h' = n + z (h - n); a and b hold the summands of r, z, n side by side."""
    size = h.size
    for j in range(size):
        r, z = fn.sigmoid(a[j] + b[j]), fn.sigmoid(a[size + j] + b[size + j])
        v = fn.tanh(a[2 * size + j] + r * b[2 * size + j])
        h_new[j] = v + z * (h[j] - v)


@kernel
def gru_cell(gi: Any, gh: Any, h: Any, h_new: Any) -> None:
    """h' from the summands of the gates r, z, n."""
    for n in prange(h.shape[0]):
        gru_row(gi[n], gh[n], h[n], h_new[n])


@helper
def gru_grad_row(g: Any, a: Any, b: Any, h: Any, g_a: Any, g_b: Any, g_h: Any) -> None:
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
        gru_grad_row(g[n], gi[n], gh[n], h[n], g_i[n], g_h[n], g_direct[n])
