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


@pytest.mark.parametrize("shape", [(2, 3, 5), (3, 16, 33), (2, 40, 17), (1, 31, 64), (5, 1, 9), (4, 18, 1), (2, 2, 47)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_matrices_are_turned(shape, dtype) -> None:
    images, rows, length = shape
    a = np.arange(images * rows * length).astype(dtype)
    guarded = np.full(a.size + 128, -1.0, dtype)
    y = guarded[64:-64].reshape(images, length, rows)
    layout._kernels.turn(10**9)(a.reshape(shape), y)
    np.testing.assert_array_equal(y, a.reshape(shape).swapaxes(1, 2))
    assert (guarded[:64] == -1).all() and (guarded[-64:] == -1).all()


def test_which_arrays_are_turned_ones() -> None:
    a = np.zeros((2, 3, 4, 5), np.float32)
    turned = {
        axes: layout._turned(a.transpose(axes))
        for axes in [(0, 2, 3, 1), (0, 3, 1, 2), (2, 3, 0, 1), (0, 1, 3, 2), (3, 0, 1, 2), (0, 2, 1, 3), (3, 2, 1, 0)]
    }
    shapes = {axes: None if found is None else found.shape for axes, found in turned.items()}
    assert shapes == {
        (0, 2, 3, 1): (2, 3, 20), (0, 3, 1, 2): (2, 12, 5), (2, 3, 0, 1): (1, 6, 20), (0, 1, 3, 2): (6, 4, 5),
        (3, 0, 1, 2): (1, 24, 5), (0, 2, 1, 3): None, (3, 2, 1, 0): None,
    }  # fmt: skip
    assert layout._turned(a[:, ::2]) is None
