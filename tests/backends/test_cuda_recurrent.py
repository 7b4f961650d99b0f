"""Cells on the GPU: more rows than a grid has room for, states wider and narrower than a block."""

from __future__ import annotations

import pytest

from backends.cuda import recurrent
from tests.backends.sample import Sample, agree
from tests.backends.samples_more import _lstm_grad

SIZES = [(9, 5), (3, 300), (11, 33), (4, 256)]
KERNELS = {
    "lstm_cell": lambda n, h: lambda d: (d(n, 4 * h), d(n, h)),
    "lstm_cell_grad": lambda n, h: lambda d: _lstm_grad(d, n, h, True, True),
    "gru_cell": lambda n, h: lambda d: (d(n, 3 * h), d(n, 3 * h), d(n, h)),
    "gru_cell_grad": lambda n, h: lambda d: (d(n, h), d(n, 3 * h), d(n, 3 * h), d(n, h)),
}


@pytest.mark.parametrize("kernel", KERNELS)
def test_rows_beyond_the_grid(kernel: str, cuda, monkeypatch) -> None:
    monkeypatch.setattr(recurrent, "_MOST_ROWS", 1)
    for n, h in SIZES:
        agree(cuda, Sample(kernel, f"{n} x {h}", KERNELS[kernel](n, h), tolerance=5))


def test_other_dtypes_go_to_the_reference(cuda) -> None:
    gates, c = cuda.xp.zeros((2, 12), "float32"), cuda.xp.zeros((2, 3), "float64")
    assert [x.dtype.name for x in cuda.lstm_cell(gates, c)] == ["float64", "float64"]
