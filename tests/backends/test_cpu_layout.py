"""Copies to row-major order on the kernels' threads, and when there is none."""

from __future__ import annotations

import numpy as np
import pytest

import autograd as ag
from backends import registry
from backends.cpu import layout

CPU = registry.get("cpu")
VIEWS = {
    "two axes apart": lambda a: a[:, :50],
    "three axes turned": lambda a: a.reshape(10, 7, 60).swapaxes(0, 1),
    "four axes turned": lambda a: a.reshape(5, 7, 4, 30).transpose(0, 2, 1, 3),
    "from the end": lambda a: a[::-2, 3:],
    "repeated": lambda a: np.broadcast_to(a[:, None], (70, 3, 60)),
    "one column": lambda a: a[:, 7:8],
    "columns first": lambda a: a.T,
    "every second column": lambda a: a[:, ::2],
    "five axes": lambda a: a.reshape(2, 5, 7, 4, 15).transpose(3, 1, 2, 0, 4),
    "bytes apart": lambda a: np.zeros(70, np.dtype([("a", a.dtype, 60), ("b", "i1")]))["a"],
}


@pytest.fixture(autouse=True)
def small(monkeypatch) -> None:
    """Every copy counts as large."""
    monkeypatch.setattr(layout, "_COPY_FROM", 1)


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64"])
@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
def test_copies_are_exact(view, dtype) -> None:
    a = np.arange(70 * 60).astype(dtype)
    if dtype != "int64":
        a[::7], a[::11], a[::13] = -0.0, np.inf, np.nan
    shown = view(a.reshape(70, 60))
    got = layout.contiguous(shown)
    assert got.flags.c_contiguous
    assert got.shape == shown.shape
    assert got.tobytes() == shown.tobytes()  # both in row-major order


def test_a_row_major_array_is_not_copied() -> None:
    a = np.zeros((20, 30), np.float32)
    assert layout.contiguous(a) is a
    assert layout.contiguous(a[3:]).base is a


def test_a_shape_is_a_view_wherever_it_can_be() -> None:
    a = np.arange(600.0).reshape(20, 30)
    turned = a.T
    assert np.shares_memory(CPU.reshape(turned, (30, 4, 5)), a)
    assert np.shares_memory(CPU.reshape(a[::2], (10, 5, 6)), a)
    copied = CPU.reshape(turned, (600,))
    assert not np.shares_memory(copied, a)
    assert np.array_equal(copied, turned.reshape(600))
    with pytest.raises(ValueError, match="cannot reshape array of size 600 into shape"):
        CPU.reshape(turned, (7, 80))


def test_gradients_pass_a_copy() -> None:
    x = ag.arange(600.0).reshape(20, 30).requires_grad_()
    weight = ag.arange(600.0)
    (x.t().reshape(600) * weight).sum().backward()
    assert x.grad is not None
    assert np.array_equal(x.grad.numpy(), weight.numpy().reshape(30, 20).T)
