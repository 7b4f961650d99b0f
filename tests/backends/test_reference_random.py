"""The random stream: published values, which words make which element, and the distributions."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from backends.reference.random import _philox
from backends.stream import random_blocks
from tests.backends.sample import REFERENCE

SEED, OFFSET = 0x0123456789ABCDEF, 2**32 - 2  # the counter carries into its second word
PHILOX = [
    # counter, key, words: Random123, kat_vectors, philox4x32 with 10 rounds
    ("00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"),
]


def words(text: str) -> list[int]:
    return [int(word, 16) for word in text.split()]


@pytest.mark.parametrize("counter, key, expected", PHILOX)
def test_philox_gives_the_published_words(counter, key, expected) -> None:
    lanes = [np.array([word], np.uint64) for word in words(counter)]
    assert [int(lane[0]) for lane in _philox(lanes, words(key))] == words(expected)


def philox(block: int, seed: int) -> list[int]:
    """One block in Python's integers."""
    c, k = [block % 2**32, block >> 32, 0, 0], [seed % 2**32, seed >> 32]
    for _ in range(10):
        even, odd = c[0] * 0xD2511F53, c[2] * 0xCD9E8D57
        c = [(odd >> 32) ^ c[1] ^ k[0], odd % 2**32, (even >> 32) ^ c[3] ^ k[1], even % 2**32]
        k = [(k[0] + 0x9E3779B9) % 2**32, (k[1] + 0xBB67AE85) % 2**32]
    return c


def stream(n: int) -> list[int]:
    """n words of the tests' seed and offset."""
    return [word for block in range(-(-n // 4)) for word in philox((OFFSET + block) % 2**64, SEED)][:n]


def numbers(n: int) -> list[int]:
    """n 64-bit numbers: the low word first."""
    w = stream(2 * n)
    return [low | high << 32 for low, high in zip(w[::2], w[1::2], strict=True)]


def test_bits_are_blocks_in_order() -> None:
    bits = REFERENCE.random_bits(14, SEED, OFFSET)
    assert bits.dtype == np.uint32
    assert bits.tolist() == stream(14)


def test_the_counter_wraps() -> None:
    bits = REFERENCE.random_bits(8, SEED, 2**64 - 1)
    assert bits.tolist() == philox(2**64 - 1, SEED) + philox(0, SEED)


UNITS = {
    "float16": lambda n: [(w >> 21) * 2.0**-11 for w in stream(n)],
    "float32": lambda n: [(w >> 8) * 2.0**-24 for w in stream(n)],
    "float64": lambda n: [(w >> 11) * 2.0**-53 for w in numbers(n)],
}


@pytest.mark.parametrize("dtype", UNITS)
def test_uniform(dtype) -> None:
    u = REFERENCE.uniform((3, 5), dtype, 0.0, 1.0, SEED, OFFSET)
    assert u.dtype == dtype
    assert u.ravel().tolist() == UNITS[dtype](15)  # exact: every u has that many bits
    scaled = REFERENCE.uniform((3, 5), dtype, -1.0, 3.0, SEED, OFFSET)
    wide = u if dtype == "float64" else u.astype(np.float32)
    np.testing.assert_array_equal(scaled, (wide * 4 - 1).astype(dtype))


@pytest.mark.parametrize("dtype, units, tolerance", [("float32", "float32", 3e-7), ("float64", "float64", 1e-15)])
@pytest.mark.parametrize("n", [1, 2, 7])
def test_normal(dtype, units, tolerance, n) -> None:
    u = np.array(UNITS[units](n + n % 2)).reshape(-1, 2)
    radius, angle = np.sqrt(-2 * np.log1p(-u[:, 0])), 2 * np.pi * u[:, 1]
    expected = np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1).ravel()[:n]
    z = REFERENCE.normal((n,), dtype, 0.0, 1.0, SEED, OFFSET)
    assert z.dtype == dtype
    np.testing.assert_allclose(z, expected, atol=5 * tolerance)
    np.testing.assert_allclose(
        REFERENCE.normal((n,), dtype, -2.0, 3.0, SEED, OFFSET), 3 * expected - 2, atol=20 * tolerance
    )


def test_half_precision_normals_are_those_of_single() -> None:
    single = REFERENCE.normal((9,), "float32", 0.0, 1.0, SEED, OFFSET)
    np.testing.assert_array_equal(REFERENCE.normal((9,), "float16", 0.0, 1.0, SEED, OFFSET), single.astype("float16"))


@pytest.mark.parametrize(
    "low, high", [(0, 1), (0, 6), (-3, 4), (0, 2**40), (-(2**63), 2**63 - 1), (2**63 - 9, 2**63 - 1)]
)
def test_randint(low, high) -> None:
    found = REFERENCE.randint((2, 5), low, high, SEED, OFFSET)
    assert found.dtype == np.int64
    assert found.ravel().tolist() == [low + (number * (high - low) >> 64) for number in numbers(10)]


def test_permutation() -> None:
    order = REFERENCE.permutation(9, SEED, OFFSET)
    assert order.dtype == np.int64
    assert order.tolist() == sorted(range(9), key=numbers(9).__getitem__)


@pytest.mark.parametrize("p", [0.0, 0.3, 0.5, 2**-24, 1.0])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_dropout_keeps_where_the_uniform_is_at_least_p(p, dtype) -> None:
    x = np.arange(1, 13, dtype=dtype).reshape(3, 4).T  # elements count in row-major order of the shape
    y, mask = REFERENCE.dropout(x, p, SEED, OFFSET)
    assert (y.dtype, mask.dtype) == (np.dtype(dtype), bool)
    assert mask.ravel().tolist() == [u >= p for u in UNITS["float32"](12)]
    scale = np.asarray(1 / (1 - p) if p < 1 else 0, dtype)
    np.testing.assert_array_equal(y, np.where(mask, x * scale, 0))


def test_distributions() -> None:
    n = 100_000
    u = REFERENCE.uniform((n,), "float32", 0.0, 1.0, 1, 0)
    assert u.min() >= 0 and u.max() < 1
    np.testing.assert_allclose([u.mean(), u.var()], [1 / 2, 1 / 12], atol=0.003)
    z = REFERENCE.normal((n,), "float32", 0.0, 1.0, 1, 0)
    assert np.isfinite(z).all()
    moments = [(z**k).mean(dtype=float) for k in (1, 2, 3, 4)]
    np.testing.assert_allclose(moments, [0, 1, 0, 3], atol=0.05)
    np.testing.assert_allclose(np.corrcoef(z[::2], z[1::2])[0, 1], 0, atol=0.02)
    dice = np.bincount(REFERENCE.randint((n,), 0, 6, 1, 0), minlength=6)
    np.testing.assert_allclose(dice / n, 1 / 6, atol=0.005)
    assert np.array_equal(np.sort(REFERENCE.permutation(1000, 1, 0)), np.arange(1000))


DRAWS = {
    "random_bits": lambda n, dtype, offset: REFERENCE.random_bits(n, 5, offset),
    "uniform": lambda n, dtype, offset: REFERENCE.uniform((n,), dtype, 0.0, 1.0, 5, offset),
    "normal": lambda n, dtype, offset: REFERENCE.normal((n,), dtype, 0.0, 1.0, 5, offset),
    "randint": lambda n, dtype, offset: REFERENCE.randint((n,), 0, 2**62, 5, offset),
    "dropout": lambda n, dtype, offset: REFERENCE.dropout(np.ones(n, dtype), 0.5, 5, offset)[1],
}


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("kind", DRAWS)
def test_two_draws_make_one_when_the_first_fills_its_blocks(kind, dtype) -> None:
    draw, n, itemsize = DRAWS[kind], 8, np.dtype(dtype).itemsize
    second = draw(n, dtype, random_blocks(kind, n, itemsize))
    np.testing.assert_array_equal(draw(2 * n, dtype, 0), np.concatenate([draw(n, dtype, 0), second]))


@pytest.mark.parametrize("kind", [*DRAWS, "permutation"])
@pytest.mark.parametrize("itemsize", [2, 4, 8])
def test_blocks_grow_with_the_draw(kind, itemsize) -> None:
    counts = [random_blocks(kind, n, itemsize) for n in range(20)]
    assert counts[0] == 0 and counts[1] == 1
    assert all(after - before in (0, 1) for before, after in pairwise(counts))


def test_blocks_of_an_unknown_kind() -> None:
    with pytest.raises(KeyError):
        random_blocks("gamma", 1, 4)
