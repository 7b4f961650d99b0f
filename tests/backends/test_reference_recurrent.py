"""LSTM and GRU steps against PyTorch's cells, with unit matrices for weights."""

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


ORACLES = {f.__name__: f for f in (lstm_cell, lstm_cell_grad, gru_cell, gru_cell_grad)}


@rows(ORACLES)
def test_as_torch(torch, sample, dtype) -> None:
    match(torch, ORACLES, sample, dtype)
