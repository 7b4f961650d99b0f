"""Large results of the CPU's kernels: where their memory comes from, and how the gradient of a large weight is written."""

from __future__ import annotations

import sys

import numpy as np
import pytest

import autograd as ag
from backends import registry
from backends.cpu import matmul, results, runtime
from backends.cpu.kernels.outer_sum import outer_sum

CPU = registry.get("cpu")


@pytest.fixture
def large(monkeypatch) -> None:
    """Every result counts as large, and none is known."""
    monkeypatch.setattr(results, "LARGEST_KEPT", 0)
    monkeypatch.setattr(results, "_known", [])


def address(a: np.ndarray) -> int:
    return a.__array_interface__["data"][0]


def test_memory_of_a_result_that_is_gone_is_used_again(large) -> None:
    place = address(results.empty((3, 5), np.float32))
    others = [results.empty((5, 3), np.float32), results.empty((3, 5), np.float64)]
    again = results.empty((3, 5), np.float32)
    assert address(again) == place
    assert again.base is None and place not in map(address, others)


@pytest.mark.parametrize(
    "hold", [lambda a: a, lambda a: a[1:, :2], memoryview, lambda a: np.asarray(a).T.reshape(-1)[2:]]
)
def test_memory_that_somebody_holds_is_left_alone(large, hold) -> None:
    first = results.empty((3, 5), np.float32)
    first[...] = 7
    held = hold(first)
    before = np.array(held)
    del first
    for value in range(3):
        results.empty((3, 5), np.float32)[...] = value
    assert np.array_equal(np.array(held), before)


def test_only_so_much_memory_is_kept(large, monkeypatch) -> None:
    monkeypatch.setattr(results, "_MOST", 3 * 60)
    for columns in range(5, 15):
        results.empty((3, columns), np.float32)
        assert sum(a.nbytes for a in results._known) <= 3 * 60


def test_a_result_like_an_array_has_its_order(large) -> None:
    x = np.zeros((2, 3, 4), np.float32)
    assert results.empty_like(x.transpose(2, 0, 1)).strides == x.transpose(2, 0, 1).strides
    assert results.empty_like(x).strides == x.strides


def test_gradients_are_those_of_small_results(large) -> None:
    def gradients() -> list[np.ndarray]:
        rng = np.random.default_rng(0)
        x, w = (ag.tensor(rng.standard_normal(s, dtype=np.float32), requires_grad=True) for s in ((64, 96), (96, 96)))
        for _ in range(3):  # the second and third add to the first, and use its memory
            y = ((x @ w).relu() @ w).relu()
            (y * y).sum().backward()
        return [x.grad.numpy().copy(), w.grad.numpy().copy(), y.detach().numpy().copy()]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(results, "LARGEST_KEPT", sys.maxsize)
        expected = gradients()
    for got, wanted in zip(gradients(), expected, strict=True):
        assert np.array_equal(got, wanted)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(64, 16, 256), (6, 1, 160), (131, 64, 1104), (7, 33, 2064)])
@pytest.mark.parametrize("most", [0, sys.maxsize], ids=["all", "one"])
def test_a_sum_of_outer_products(shape, dtype, most, monkeypatch) -> None:
    monkeypatch.setattr(matmul, "_PAST_CACHES", 0)
    monkeypatch.setattr(matmul, "_SHARE_FROM", 0)
    monkeypatch.setattr(runtime, "_parallel_from", most)
    m, k, n = shape
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((k, m)).astype(dtype), rng.standard_normal((k, n)).astype(dtype)
    assert matmul._outer_served(a.T, b)
    tolerance = {np.float32: 1e-5, np.float64: 1e-13}[dtype]
    np.testing.assert_allclose(CPU.matmul(a.T, b), a.astype(float).T @ b, rtol=tolerance, atol=tolerance * k)


def test_a_sum_of_outer_products_begins_anywhere() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((5, 13), dtype=np.float32), rng.standard_normal((5, 208), dtype=np.float32)
    memory = np.full(13 * 208 + 32, np.nan, np.float32)
    for lead in range(16):
        c = memory[lead : lead + 13 * 208].reshape(13, 208)
        outer_sum.serial(a, b, c, 1)
        np.testing.assert_allclose(c, a.T @ b, rtol=1e-5, atol=1e-5)
        assert np.isnan(memory[lead + 13 * 208 :]).all()
        memory[:] = np.nan
