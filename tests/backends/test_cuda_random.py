"""Random numbers on the GPU: the bits of the CPU, in every dtype, at every seed and place of the stream."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from backends.cpu import Cpu
from backends.cuda import Cuda
from backends.stream import random_blocks
from tests.backends.sample import REFERENCE, TOLERANCE, close

CPU = Cpu(np, "cpu")
PLACES = [(0, 0), (2**64 - 3, 2**32 - 2), (-1, 2**64 - 5), (0x0123456789ABCDEF, 2**63)]  # words carry, blocks wrap
COUNTS = [1, 2, 3, 63, 64, 1027, 9001]
DTYPES = ["float16", "float32", "float64"]
places = pytest.mark.parametrize("seed, offset", PLACES)
dtypes = pytest.mark.parametrize("dtype", DTYPES)


def equal(cuda: Cuda, kernel: str, *arguments: Any) -> None:
    """Asserts that a kernel gives the bits that the CPU and the reference give."""
    got = cuda.to_numpy(getattr(cuda, kernel)(*arguments))
    for be in (CPU, REFERENCE):
        expected = getattr(be, kernel)(*arguments)
        assert (got.dtype, got.shape) == (expected.dtype, expected.shape)
        assert got.tobytes() == expected.tobytes(), (kernel, arguments, be.name)


@places
def test_integers_have_the_bits_of_the_cpu(seed: int, offset: int, cuda: Cuda) -> None:
    for n in COUNTS:
        equal(cuda, "random_bits", n, seed, offset)
        equal(cuda, "permutation", n, seed, offset)
        for low, high in [(0, 1), (-5, 10), (2**40, 2**62 + 1), (-(2**63), 2**63 - 1)]:
            equal(cuda, "randint", (n,), low, high, seed, offset)


@places
@dtypes
def test_uniform_numbers_have_the_bits_of_the_cpu(dtype: str, seed: int, offset: int, cuda: Cuda) -> None:
    for n in COUNTS:
        for low, high in [(0.0, 1.0), (-1.3, 2.7)]:
            equal(cuda, "uniform", (n,), dtype, low, high, seed, offset)


@places
@dtypes
def test_normal_numbers_differ_by_rounding(dtype: str, seed: int, offset: int, cuda: Cuda) -> None:
    for n in COUNTS:
        got = cuda.to_numpy(cuda.normal((n,), dtype, 0.5, 2.0, seed, offset))
        for be in (CPU, REFERENCE):
            close(got, be.normal((n,), dtype, 0.5, 2.0, seed, offset), 3 * TOLERANCE[dtype], f"{n} of {be.name}")


@dtypes
@pytest.mark.parametrize("kind", ["random_bits", "uniform", "normal", "randint", "dropout"])
def test_a_draw_takes_as_many_blocks_as_counted(kind: str, dtype: str, cuda: Cuda) -> None:
    """The second half of a draw of whole blocks is the draw that begins where the first half ends."""
    n, extra = 64, {"uniform": (dtype, 0.0, 1.0), "normal": (dtype, 0.0, 1.0), "randint": (0, 10**6)}.get(kind, ())
    step = random_blocks(kind, n, np.dtype(dtype).itemsize)

    def drawn(count: int, offset: int) -> np.ndarray:
        if kind == "dropout":
            return np.asarray(cuda.to_numpy(cuda.dropout(cuda.xp.ones(count, dtype), 0.5, 7, offset)[1]))
        shape = count if kind == "random_bits" else (count,)
        return np.asarray(cuda.to_numpy(getattr(cuda, kind)(shape, *extra, 7, offset)))

    np.testing.assert_array_equal(drawn(2 * n, 3)[n:], drawn(n, 3 + step))


@dtypes
@pytest.mark.parametrize("shape", [(2, 3, 5, 7), (1, 4, 2, 1), (3, 5, 1, 9), (2, 33, 4, 4)])
def test_dropout_is_the_same_in_every_layout(shape: tuple[int, ...], dtype: str, cuda: Cuda) -> None:
    x = np.random.default_rng(0).standard_normal(shape).astype(dtype)
    x.reshape(-1)[::11] = np.inf  # times 0 it is NaN
    last = cuda.asarray(np.ascontiguousarray(x.transpose(0, 2, 3, 1))).transpose(0, 3, 1, 2)
    expected = [CPU.dropout(x, 0.4, 5, 2**32 - 1), REFERENCE.dropout(x, 0.4, 5, 2**32 - 1)]
    for a in (cuda.asarray(x), last):
        y, mask = cuda.dropout(a, 0.4, 5, 2**32 - 1)
        assert y.strides == a.strides
        for values, kept in expected:
            np.testing.assert_array_equal(cuda.to_numpy(mask), kept)
            np.testing.assert_array_equal(cuda.to_numpy(y), values)


@pytest.mark.parametrize("start", [0, 1, 2])
def test_dropout_of_a_view_that_begins_anywhere(start: int, cuda: Cuda) -> None:
    x = np.random.default_rng(0).standard_normal(103).astype("float32")
    y, mask = cuda.dropout(cuda.asarray(x)[start:], 0.3, 1, 0)
    expected, kept = REFERENCE.dropout(x[start:], 0.3, 1, 0)
    np.testing.assert_array_equal(cuda.to_numpy(mask), kept)
    np.testing.assert_array_equal(cuda.to_numpy(y), expected)


def test_a_permutation_orders_equal_numbers_as_they_stand(cuda: Cuda, monkeypatch: pytest.MonkeyPatch) -> None:
    from backends.cuda import random

    words = np.tile(np.array([3, 0, 1, 0, 3, 0, 2, 0], np.uint32), 50)  # numbers 3, 1, 3, 2, ...
    monkeypatch.setattr(random, "random_bits", lambda be, n, seed, offset: be.asarray(words))
    numbers = np.tile([3, 1, 3, 2], 50)
    got = cuda.to_numpy(cuda.permutation(200, 0, 0))
    np.testing.assert_array_equal(got, numbers.argsort(kind="stable"))
