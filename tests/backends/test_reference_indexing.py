"""Rows at positions and indexed additions against PyTorch's."""

from __future__ import annotations

import numpy as np

from tests.backends.oracle import match, rows
from tests.backends.sample import REFERENCE


def gather_rows(torch, table, index):
    return table[index]


def gather(torch, x, index, axis):
    return x.gather(axis, index)


def scatter_rows(torch, src, index, rows):
    return src.new_zeros(rows, src.shape[1]).index_add_(0, index, src)


def index_add_(torch, out, index, src):
    # PyTorch lacks negative steps: NumPy names the places, PyTorch adds there.
    as_numpy = [i.numpy() if hasattr(i, "numpy") else i for i in (index if isinstance(index, tuple) else (index,))]
    places = torch.from_numpy(np.ascontiguousarray(np.arange(out.numel()).reshape(out.shape)[tuple(as_numpy)]))
    return out.view(-1).index_add_(0, places.flatten(), src.expand(places.shape).flatten()).view(out.shape)


def scatter_add_(torch, out, index, src, axis):
    return out.scatter_add_(axis, index, src)


ORACLES = {f.__name__: f for f in (gather_rows, gather, scatter_rows, index_add_, scatter_add_)}


@rows(ORACLES)
def test_as_torch(torch, sample, dtype) -> None:
    match(torch, ORACLES, sample, dtype)


def test_the_first_position_out_of_range() -> None:
    index = np.array([[0, 3], [-3, 9]])
    assert REFERENCE.check_positions(index, -2, 4) == -3
    assert REFERENCE.check_positions(index, -3, 4) == 9
    assert REFERENCE.check_positions(index, -3, 10) is None
    assert REFERENCE.check_positions(index[:0], 0, 0) is None
