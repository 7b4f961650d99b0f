"""LSTM and GRU steps against PyTorch's cells, with unit matrices for weights; layers against its gradients over time."""

from __future__ import annotations

from tests.backends.oracle import match, rows, vjp


def lstm_cell(torch, gates, c):
    size = c.shape[1]
    h = torch.zeros_like(c)
    return torch._VF.lstm_cell(gates, (h, c), torch.eye(4 * size, dtype=c.dtype), c.new_zeros(4 * size, size))


def lstm_cell_grad(torch, gh, gc, gates, c, c_new):
    def both(gates, c):
        return torch.cat(lstm_cell(torch, gates, c))

    g = torch.cat([torch.zeros_like(c) if a is None else a for a in (gh, gc)])
    return vjp(torch, both, [gates, c], g)


def gru_cell(torch, gi, gh, h):
    """Row by row, for gh enters as a bias."""
    size = h.shape[1]
    eye, zero = torch.eye(3 * size, dtype=h.dtype), h.new_zeros(3 * size, size)
    none = h.new_zeros(3 * size)
    each = [torch._VF.gru_cell(gi[n : n + 1], h[n : n + 1], eye, zero, none, gh[n]) for n in range(len(h))]
    return torch.cat(each) if each else h * gi[:, :size] * gh[:, :size]


def gru_cell_grad(torch, g, gi, gh, h):
    return vjp(torch, lambda *a: gru_cell(torch, *a), [gi, gh, h], g)


def over_time(torch, step, x, states, sizes, reverse):
    """All that ``step(x_t, *states)`` returned, as rows, and the last states, which are the first things it returns."""
    outs, now = [None] * len(sizes), list(states)
    rows = list(torch.split(x, list(sizes)))
    for t in range(len(sizes))[:: -1 if reverse else 1]:
        n = sizes[t]
        outs[t] = step(rows[t], *(s[:n] for s in now))
        now = [torch.cat([new, s[n:]]) for new, s in zip(outs[t], now, strict=False)]
    return [torch.cat(column) for column in zip(*outs, strict=True)], now


def lstm_layer(torch, x, h0, c0, w_hh, w_hr, sizes, reverse):
    def step(x, h, c):
        gates = x + h @ w_hh.T
        i, f, g, o = gates.chunk(4, 1)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        full = o.sigmoid() * c.tanh()
        return full if w_hr is None else full @ w_hr.T, c, full, gates

    outs, last = over_time(torch, step, x, (h0, c0), sizes, reverse)
    return (*outs, *last)


def gradients(torch, f, inputs, outputs, given):
    """Gradients of the outputs that have one; of inputs that are None, none."""
    there = [i for i, x in enumerate(inputs) if x is not None]

    def picked(*values):
        full = list(inputs)
        for i, value in zip(there, values, strict=True):
            full[i] = value
        ys = f(*full)
        return torch.cat([ys[k].flatten() for k, g in zip(outputs, given, strict=True) if g is not None])

    g = torch.cat([g.flatten() for g in given if g is not None])
    found = dict(zip(there, vjp(torch, picked, [inputs[i] for i in there], g), strict=True))
    return [found.get(i) for i in range(len(inputs))]


def lstm_layer_grad(torch, gy, g_hn, g_cn, h0, c0, w_hh, w_hr, y, c, full, gates, sizes, reverse):
    x = input_share(torch, gates, y, h0, w_hh, sizes, reverse)
    inputs = [x, h0, c0, w_hh, w_hr]
    return gradients(torch, lambda *a: lstm_layer(torch, *a, sizes, reverse), inputs, (0, 4, 5), (gy, g_hn, g_cn))


def input_share(torch, gates, y, h0, w_hh, sizes, reverse):
    """x from x + U h: what a layer was given, from what it returned."""
    both = torch.cat([gates, y], 1)
    outs, _ = over_time(
        torch, lambda row, h: (row[:, -h.shape[1] :], row[:, : len(w_hh)] - h @ w_hh.T), both, (h0,), sizes, reverse
    )
    return outs[1]


def gru_layer(torch, x, h0, w_hh, b_hh, sizes, reverse):
    def step(x, h):
        gh = h @ w_hh.T + (0 if b_hh is None else b_hh)
        (i_r, i_z, i_n), (h_r, h_z, h_n) = x.chunk(3, 1), gh.chunk(3, 1)
        z, n = (i_z + h_z).sigmoid(), (i_n + (i_r + h_r).sigmoid() * h_n).tanh()
        return (1 - z) * n + z * h, gh

    outs, last = over_time(torch, step, x, (h0,), sizes, reverse)
    return (*outs, *last)


def gru_layer_grad(torch, gy, g_hn, x, h0, w_hh, y, gh, sizes, reverse):
    bias = input_share(torch, gh, y, h0, w_hh, sizes, reverse)[0]
    inputs = [x, h0, w_hh, bias]
    return gradients(torch, lambda *a: gru_layer(torch, *a, sizes, reverse), inputs, (0, 2), (gy, g_hn))


def rnn_layer(torch, x, h0, w_hh, sizes, reverse, relu):
    f = torch.relu if relu else torch.tanh
    outs, last = over_time(torch, lambda x, h: (f(x + h @ w_hh.T),), x, (h0,), sizes, reverse)
    return (*outs, *last)


def rnn_layer_grad(torch, gy, g_hn, h0, w_hh, y, sizes, reverse, relu):
    """x + U h from y: of relu's 0 any negative number does."""
    inside = torch.where(y > 0, y, -torch.ones_like(y)) if relu else torch.atanh(y)
    inputs = [input_share(torch, inside, y, h0, w_hh, sizes, reverse), h0, w_hh]
    return gradients(torch, lambda *a: rnn_layer(torch, *a, sizes, reverse, relu), inputs, (0, 1), (gy, g_hn))


CELLS = lstm_cell, lstm_cell_grad, gru_cell, gru_cell_grad
LAYERS = lstm_layer, lstm_layer_grad, gru_layer, gru_layer_grad, rnn_layer, rnn_layer_grad
ORACLES = {f.__name__: f for f in (*CELLS, *LAYERS)}


@rows(ORACLES)
def test_as_torch(torch, sample, dtype) -> None:
    match(torch, ORACLES, sample, dtype)
