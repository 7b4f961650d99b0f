"""Fused attention on the GPU: tiles that do not fit, masks, layouts, small and large cards, wide heads."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from backends.cuda import Cuda, attention
from tests import devices
from tests.backends.sample import REFERENCE, TOLERANCE, close

double = pytest.mark.skipif(devices.real_cupy() is not None, reason="looks into the double of CuPy")

CASES = {  # B, H, T, S, D, E, mask, causal
    "one": (1, 1, 1, 1, 1, 1, None, False),
    "tiles": (1, 2, 128, 64, 64, 64, None, False),
    "beyond tiles": (1, 2, 70, 130, 40, 72, None, False),
    "odd": (2, 1, 67, 33, 7, 5, None, False),
    "wide": (1, 1, 40, 70, 200, 130, None, False),
    "widest": (1, 1, 20, 33, 256, 256, None, False),
    "causal": (1, 2, 130, 130, 32, 32, None, True),
    "causal, few keys": (1, 1, 130, 70, 16, 16, None, True),
    "causal, few queries": (1, 1, 70, 200, 16, 16, None, True),
    "bool": (2, 2, 70, 66, 16, 16, ("bool", (2, 1, 70, 66)), False),
    "bool keys": (2, 2, 70, 66, 16, 16, ("bool", (2, 1, 1, 66)), False),
    "bool queries": (1, 2, 70, 66, 16, 16, ("bool", (70, 1)), True),
    "bool one axis": (1, 2, 70, 66, 16, 16, ("bool", (66,)), False),
    "added": (2, 2, 70, 66, 16, 16, ("float", (2, 2, 70, 66)), False),
    "added to heads": (1, 3, 70, 66, 16, 16, ("float", (3, 1, 66)), True),
    "queries with no key": (1, 2, 70, 66, 16, 16, ("rows", (70, 66)), False),
    "first tile masked": (1, 1, 5, 130, 16, 16, ("late", (130,)), False),
    "no keys": (1, 2, 3, 0, 4, 5, None, False),
    "no queries": (1, 2, 0, 3, 4, 5, None, False),
}


def inputs(case: tuple[Any, ...], dtype: str = "float32") -> tuple[Any, ...]:
    """q, k, v, mask, scale, causal, g as NumPy arrays."""
    b, h, t, s, d, e, mask, causal = case
    rng = np.random.default_rng(5)
    q, k, v, g = (
        rng.standard_normal(x).astype(dtype) for x in ((b, h, t, d), (b, h, s, d), (b, h, s, e), (b, h, t, e))
    )
    if mask is not None:
        kind, shape = mask
        if kind == "float":
            mask = rng.standard_normal(shape).astype(dtype)
        else:
            mask = rng.random(shape) < 0.6
            if kind == "rows":
                mask[3] = mask[65:] = False
            if kind == "late":
                mask[:] = np.arange(130) > 70
    return q, k, v, mask, 1 / math.sqrt(d), causal, g


def both(cuda: Cuda, case: tuple[Any, ...], dtype: str = "float32", place: Any = None) -> None:
    """Asserts that forward and gradient are the reference's; ``place`` lays the arrays out."""
    *arguments, g = inputs(case, dtype)
    with np.errstate(all="ignore"):
        y, lse = REFERENCE.attention(*arguments)
        expected = [y, lse, *REFERENCE.attention_grad(g, *arguments[:4], y, lse, *arguments[4:])]
    place = place or (lambda x: x)
    mine = [place(cuda.asarray(x)) if isinstance(x, np.ndarray) else x for x in arguments]
    got_y, got_lse = cuda.attention(*mine)
    got = [got_y, got_lse, *cuda.attention_grad(place(cuda.asarray(g)), *mine[:4], got_y, got_lse, *mine[4:])]
    for name, x, wanted in zip(("y", "lse", "gq", "gk", "gv"), got, expected, strict=True):
        close(cuda.to_numpy(x), wanted, 5 * TOLERANCE[dtype], f"{name} of {case}")


@pytest.mark.parametrize("name", CASES)
def test_as_the_reference(name: str, cuda) -> None:
    both(cuda, CASES[name])


@pytest.mark.parametrize("dtype", ["float16", "float64"])
@pytest.mark.parametrize("name", ["beyond tiles", "added", "queries with no key"])
def test_other_dtypes(name: str, dtype: str, cuda) -> None:
    both(cuda, CASES[name], dtype)


def sequence_first(x: Any) -> Any:
    """(B,H,T,D) as a view of memory in the order (B,T,H,D), with a gap behind every head's line."""
    if x.ndim < 4:
        return x
    b, h, t, d = x.shape
    held = np.zeros((b, t, h, 2 * d), x.dtype) if isinstance(x, np.ndarray) else type(x)((b, t, h, 2 * d), x.dtype)
    view = held[..., :d].transpose(0, 2, 1, 3)
    view[...] = x
    return view


def test_heads_side_by_side_are_read_and_written_in_place(cuda) -> None:
    both(cuda, CASES["bool"], place=sequence_first)
    q, k, v, mask, scale, causal, _ = inputs(CASES["tiles"])
    q, k, v = (sequence_first(cuda.asarray(x)) for x in (q, k, v))
    y, lse = cuda.attention(q, k, v, mask, scale, causal)
    gq, gk, gv = cuda.attention_grad(y, q, k, v, mask, y, lse, scale, causal)
    assert all(x.transpose(0, 2, 1, 3).flags.c_contiguous for x in (y, gq, gk, gv))


@double
def test_views_are_not_copied_and_nothing_waits(cuda) -> None:
    from tests.cupy_double import forbid_sync, recording

    q, k, v, _, scale, causal, _ = inputs(CASES["tiles"])
    q, k, v = (sequence_first(cuda.asarray(x)) for x in (q, k, v))
    with forbid_sync(), recording() as entries:
        y, lse = cuda.attention(q, k, v, None, scale, causal)
        cuda.attention_grad(y, q, k, v, None, y, lse, scale, causal)
    assert [entry.kind for entry in entries if entry.kind not in ("launch", "memory")] == []


@double
def test_scores_are_never_in_memory(cuda) -> None:
    q, k, v, mask, scale, causal, g = inputs((1, 2, 256, 300, 8, 8, None, False))
    q, k, v, g = map(cuda.asarray, (q, k, v, g))
    pool = cuda.xp.get_default_memory_pool()
    pool.free_all_blocks()
    before = pool.total_bytes()
    y, lse = cuda.attention(q, k, v, mask, scale, causal)
    cuda.attention_grad(g, q, k, v, mask, y, lse, scale, causal)
    assert pool.total_bytes() - before < 256 * 300 * 4


def test_a_nan_stays_in_its_row(cuda) -> None:
    q, k, v, mask, scale, causal, _ = inputs(CASES["causal"])
    q[0, 0, 66, 3] = np.nan
    y, lse = (cuda.to_numpy(x) for x in cuda.attention(*map(cuda.asarray, (q, k, v)), mask, scale, causal))
    rows = np.isnan(y).all(-1)
    assert rows[0, 0, 66] and rows.sum() == 1 == np.isnan(lse).sum() and np.isnan(y).sum() == y.shape[-1]


@double
def test_the_order_of_threads_and_blocks_does_not_show() -> None:
    from tests.cupy_double import double as cupy
    from tests.emulator import Emulator

    q, k, v, mask, scale, causal, g = inputs(CASES["beyond tiles"])
    results = []
    for order in ("ascending", "descending", "shuffled"):
        be = Cuda(cupy, Emulator(order=order))
        arrays = [be.asarray(x) for x in (q, k, v)]
        y, lse = be.attention(*arrays, mask, scale, causal)
        grads = be.attention_grad(be.asarray(g), *arrays, mask, y, lse, scale, causal)
        results.append([be.to_numpy(x).tobytes() for x in (y, lse, *grads)])
    assert results[0] == results[1] == results[2]


# -- cards with less shared memory -------------------------------------------------------------------------------------

CARDS = {"sm_75": 64 << 10, "sm_86": 99 << 10, "sm_80": 163 << 10, "sm_90": 227 << 10}


TOO_SMALL = {("sm_75", 256, 4), ("sm_75", 128, 8), ("sm_75", 256, 8), ("sm_86", 256, 8)}  # for gradients


@pytest.mark.parametrize("card", CARDS)
def test_tiles_fit_the_card(card: str) -> None:
    for width, least in ((1, 64), (64, 64), (65, 128), (128, 128), (129, 256), (256, 256)):
        for itemsize in (4, 8):
            forward, gradient = (attention._tile(CARDS[card], width, itemsize, g) for g in (False, True))
            assert forward is None if (card, least, itemsize) == ("sm_75", 256, 8) else forward.width == least
            assert forward is None or forward.shared(1, 1) <= CARDS[card]
            assert gradient is None if (card, least, itemsize) in TOO_SMALL else gradient.shared(2, 2) <= CARDS[card]
    assert attention._tile(CARDS[card], 257, 4, False) is None


@double
@pytest.mark.parametrize("name", ["beyond tiles", "widest"])
@pytest.mark.parametrize("card", ["sm_75", "sm_86"])
def test_small_cards(name: str, card: str, cuda, monkeypatch) -> None:
    monkeypatch.setattr(cuda.device, "shared_memory", CARDS[card], raising=False)
    both(cuda, CASES[name])


# -- heads too wide for tiles ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rows", [1, 3, 100])
@pytest.mark.parametrize(
    "mask, causal",
    [(None, False), (None, True), (("bool", (7, 6)), True), (("float", (2, 1, 6)), True), (("bool", (6,)), False)],
)
def test_wide_heads_go_by_rows(rows: int, mask: Any, causal: bool, cuda, monkeypatch) -> None:
    monkeypatch.setattr(attention, "_SCORES", rows * 2 * 6)
    both(cuda, (1, 2, 7, 6, 300, 9, mask, causal))


@pytest.mark.parametrize("dtype", ["float16", "float64"])
def test_wide_heads_of_other_dtypes(dtype: str, cuda, monkeypatch) -> None:
    monkeypatch.setattr(attention, "_SCORES", 40)
    both(cuda, (1, 2, 7, 6, 9, 300, None, True), dtype)
