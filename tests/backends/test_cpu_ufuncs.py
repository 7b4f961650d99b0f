"""The CPU's own ufuncs against the expressions of the reference: the same bits, whatever the numbers and the layout."""

from __future__ import annotations

import numpy as np
import pytest

from backends import registry
from backends.cpu import elementwise
from backends.cpu.kernels import ufuncs

CPU, REFERENCE = registry.get("cpu"), registry.get("reference")
EDGES = [0.0, -0.0, 1.0, -1.0, 0.3, -0.7, 1e-40, -1e-40, 1e-310, 3e38, np.inf, -np.inf, np.nan, -np.nan]
NAMES = ["tanh_grad", "sigmoid_grad", "relu", "relu_grad"]
LAYOUTS = {
    "plain": lambda a: a,
    "transposed": lambda a: a.T.copy().T,
    "strided": lambda a: np.repeat(a, 3, 1)[:, ::3],
    "reversed": lambda a: a[::-1, ::-1],
    "repeated": lambda a: np.broadcast_to(a[:1], a.shape),
}


def pairs(dtype: str) -> tuple[np.ndarray, np.ndarray]:
    """Every edge with every other: arrays of more rows than a vector has lanes."""
    edges = np.array(EDGES).astype(dtype)
    a, b = (np.tile(part, (3, 2)) for part in np.meshgrid(edges, edges))
    return a, b


def arguments(name: str, y: np.ndarray, g: np.ndarray) -> tuple[np.ndarray, ...]:
    return (y,) if name == "relu" else (g, y)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("layout_of_y", LAYOUTS)
@pytest.mark.parametrize("layout_of_g", LAYOUTS)
@pytest.mark.parametrize("name", NAMES)
def test_the_bits_of_the_reference(name, layout_of_g, layout_of_y, dtype) -> None:
    y, g = pairs(dtype)
    y, g = LAYOUTS[layout_of_y](y), LAYOUTS[layout_of_g](g)
    got = getattr(ufuncs, name)[y.dtype.char](*arguments(name, y, g))
    expected = getattr(REFERENCE, name)(*arguments(name, y, g))
    assert got.shape == expected.shape and got.dtype == expected.dtype
    nan = np.isnan(expected)
    assert np.array_equal(np.isnan(got), nan)
    got, expected = (np.where(nan, 0, a).view(f"i{a.itemsize}") for a in (got, expected))  # NaNs are of many kinds
    assert np.array_equal(got, expected)


@pytest.mark.parametrize("name", NAMES)
def test_small_arrays_take_it_only_where_it_is_ready(name, monkeypatch) -> None:
    ready = elementwise._Ready(name)
    monkeypatch.setattr(elementwise, f"_{name}", ready)
    small, large = (np.linspace(-0.9, 0.9, n, dtype=np.float32) for n in (5, 1000))
    before = getattr(CPU, name)(*arguments(name, small, small + 1))
    assert not ready
    getattr(CPU, name)(*arguments(name, large, large + 1))
    assert list(ready) == ["f"]
    monkeypatch.setattr(elementwise, "reference", None)
    after = getattr(CPU, name)(*arguments(name, small, small + 1))
    assert np.array_equal(before.view("i4"), after.view("i4"))


@pytest.mark.parametrize("name", NAMES)
def test_the_result_lies_in_memory_as_the_output_of_the_forward_does(name) -> None:
    y = np.ones((2, 16, 4, 4), np.float32).transpose(0, 3, 1, 2)
    got = getattr(CPU, name)(*arguments(name, y, np.ones(y.shape, np.float32)))
    assert got.strides == y.strides


def test_one_ufunc_for_each_dtype_compiled_when_asked_for() -> None:
    made = ufuncs.Ufunc(ufuncs.relu._function)
    assert not made
    assert type(made["f"]) is np.ufunc and made["f"] is made["f"] and list(made) == ["f"]
    assert made["f"].types == ["f->f"] and made["f"].__name__ == "relu"


@pytest.mark.parametrize("zero", [0, 0.0, -0.0, False])
def test_zeros_keep_their_sign_as_operands(zero) -> None:
    for dtype in (np.dtype("float32"), np.dtype("int64")):
        expected = np.array(zero, dtype)
        for _ in range(2):
            got = CPU.scalar(zero, dtype)
            assert got.dtype == dtype and np.signbit(got) == np.signbit(expected) and not got
