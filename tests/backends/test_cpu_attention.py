"""Fused attention on the CPU: tiles that do not fit, masks, layouts, stretches of queries, what is left in scratch memory."""

from __future__ import annotations

import math
import tracemalloc
from typing import Any

import numpy as np
import pytest

from backends.cpu import Cpu, attention
from backends.cpu.kernels import attention as kernels
from tests.backends.sample import REFERENCE, TOLERANCE, close

CPU = Cpu(np, "cpu")
CASES = {  # B, H, T, S, D, E, mask, causal
    "one": (1, 1, 1, 1, 1, 1, None, False),
    "one query": (2, 3, 1, 50, 16, 16, None, False),
    "one key": (1, 2, 50, 1, 16, 16, None, True),
    "whole tiles": (2, 2, 48, 64, 64, 64, None, False),
    "odd": (2, 3, 67, 33, 7, 5, None, False),
    "wide": (1, 2, 40, 70, 100, 136, None, False),
    "causal": (1, 2, 130, 130, 32, 24, None, True),
    "causal, few keys": (1, 2, 130, 70, 16, 16, None, True),
    "causal, few queries": (1, 2, 70, 200, 16, 16, None, True),
    "bool": (2, 2, 70, 66, 16, 16, ("bool", (2, 1, 70, 66)), False),
    "bool keys": (2, 2, 70, 66, 16, 16, ("bool", (2, 1, 1, 66)), True),
    "bool queries": (1, 2, 70, 66, 16, 16, ("bool", (70, 1)), True),
    "bool one axis": (1, 2, 70, 66, 16, 16, ("bool", (66,)), False),
    "bool for all": (1, 2, 10, 9, 4, 4, ("bool", ()), False),
    "bool turned": (1, 2, 70, 66, 16, 16, ("turned", (66, 70)), False),
    "added": (2, 2, 70, 66, 16, 16, ("float", (2, 2, 70, 66)), False),
    "added to heads": (1, 3, 70, 66, 16, 16, ("float", (3, 1, 66)), True),
    "added to queries": (1, 3, 70, 66, 16, 16, ("float", (70, 1)), False),
    "queries with no key": (1, 2, 70, 66, 16, 16, ("rows", (70, 66)), False),
    "queries with no key, added": (1, 2, 70, 66, 16, 16, ("minus infinity", (70, 66)), False),
    "first keys masked": (1, 1, 20, 130, 16, 16, ("late", (130,)), False),
}


@pytest.fixture(params=["large tiles", "small tiles", "stretches"])
def cut(request, monkeypatch) -> None:
    """Heads cut as they are, into many tiles, or also into stretches of queries for more threads than there are heads."""
    if request.param != "large tiles":
        for name, size in {"_QUERIES": 12, "_KEYS": 32, "_GRAD_QUERIES": 18, "_GRAD_KEYS": 16}.items():
            monkeypatch.setattr(kernels, name, size)
    if request.param == "stretches":
        monkeypatch.setattr(attention, "threads", lambda work: 7)
        monkeypatch.setattr(attention, "_SHORTEST", 4)
    attention._sizes.cache_clear()
    yield
    attention._sizes.cache_clear()


@pytest.fixture
def poisoned(monkeypatch) -> None:
    """Scratch memory that holds NaN before each call: what a kernel has not written it may not use."""
    whole = attention.scratch

    def poison(*arguments: Any) -> np.ndarray:
        memory = whole(*arguments)
        memory.fill(np.nan)
        return memory

    monkeypatch.setattr(attention, "scratch", poison)


def inputs(case: tuple[Any, ...], dtype: str = "float32") -> tuple[Any, ...]:
    """q, k, v, mask, scale, causal, g."""
    b, h, t, s, d, e, mask, causal = case
    rng = np.random.default_rng(5)
    q, k, v, g = (
        rng.standard_normal(x).astype(dtype) for x in ((b, h, t, d), (b, h, s, d), (b, h, s, e), (b, h, t, e))
    )
    if mask is not None:
        kind, shape = mask
        mask = rng.standard_normal(shape).astype(dtype) if kind == "float" else np.asarray(rng.random(shape) < 0.6)
        if kind in ("rows", "minus infinity"):
            mask[3] = mask[65:] = False
        if kind == "minus infinity":
            mask = np.where(mask, 0, -np.inf).astype(dtype)
        if kind == "late":
            mask[:] = np.arange(shape[0]) > 70
        if kind == "turned":
            mask = mask.T
    return q, k, v, mask, 1 / math.sqrt(d), causal, g


def outcome(be: Any, arguments: tuple[Any, ...], g: np.ndarray) -> dict[str, np.ndarray]:
    """Forward and gradient."""
    with np.errstate(all="ignore"):
        y, lse = be.attention(*arguments)
        gq, gk, gv = be.attention_grad(g, *arguments[:4], y, lse, *arguments[4:])
    return {"y": y, "lse": lse, "gq": gq, "gk": gk, "gv": gv}


def both(case: tuple[Any, ...], dtype: str = "float32", place: Any = lambda x: x) -> dict[str, np.ndarray]:
    """Asserts that forward and gradient are the reference's; ``place`` lays the arrays out."""
    *arguments, g = inputs(case, dtype)
    expected = outcome(REFERENCE, tuple(arguments), g)
    placed = [place(x) if isinstance(x, np.ndarray) and x.ndim == 4 else x for x in (*arguments, g)]
    got = outcome(CPU, tuple(placed[:-1]), placed[-1])
    for name, wanted in expected.items():
        close(got[name], wanted, 5 * TOLERANCE[dtype], f"{name} of {case}")
    return got


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", CASES)
def test_as_the_reference(name: str, dtype: str, cut, poisoned) -> None:
    both(CASES[name], dtype)


@pytest.mark.parametrize("name", ["causal", "bool", "added"])
def test_as_torch(name: str, torch) -> None:
    *arguments, g = inputs(CASES[name])
    q, k, v = (torch.from_numpy(x).requires_grad_() for x in arguments[:3])
    mask = None if arguments[3] is None else torch.from_numpy(arguments[3])
    y = torch.nn.functional.scaled_dot_product_attention(q, k, v, mask, is_causal=arguments[5])
    wanted = [y, *torch.autograd.grad(y, (q, k, v), torch.from_numpy(g))]
    got = outcome(CPU, tuple(arguments), g)
    for key, x in zip(("y", "gq", "gk", "gv"), wanted, strict=True):
        close(got[key], x.detach().numpy(), 5 * TOLERANCE["float32"], f"{key} of {name}")


def heads_side_by_side(x: np.ndarray) -> np.ndarray:
    """(B,H,T,D) as a view of memory in the order (B,T,H,D), with a gap behind every head's line."""
    b, h, t, d = x.shape
    view = np.zeros((b, t, h, 2 * d), x.dtype)[..., :d].transpose(0, 2, 1, 3)
    view[...] = x
    return view


def test_heads_side_by_side_are_read_and_written_in_place(monkeypatch) -> None:
    monkeypatch.setattr(attention, "_lines", lambda x: x)
    got = both(CASES["wide"], place=heads_side_by_side)
    assert all(got[name].transpose(0, 2, 1, 3).flags.c_contiguous for name in ("y", "gq", "gk", "gv"))


def test_steps_first(monkeypatch) -> None:
    got = both(CASES["causal"], place=lambda x: np.ascontiguousarray(x.transpose(2, 0, 1, 3)).transpose(1, 2, 0, 3))
    assert all(got[name].transpose(2, 0, 1, 3).flags.c_contiguous for name in ("y", "gq", "gk", "gv"))


@pytest.mark.parametrize("order", [(0, 3, 1, 2, 4), (0, 1, 3, 2, 4), (2, 3, 0, 1, 4), (3, 0, 1, 2, 4)])
def test_gradients_of_one_projection_make_up_one_array(order: tuple[int, ...]) -> None:
    """order: how the axes B, H, T, 3, D follow one another in memory."""
    *arguments, g = inputs(CASES["causal, few keys"][:3] + (130, 16, 16, None, True))
    joint = np.stack(arguments[:3], 3).transpose(order).copy().transpose(np.argsort(order))
    pieces = tuple(joint[:, :, :, i] for i in range(3))
    got, wanted = outcome(CPU, (*pieces, *arguments[3:]), g), outcome(REFERENCE, tuple(arguments), g)
    for i, name in enumerate(("gq", "gk", "gv")):
        close(got[name], wanted[name], 5 * TOLERANCE["float32"], name)
        assert got[name].base is got["gq"].base and got[name].strides == pieces[i].strides


def test_heads_that_share_keys_are_not_copied(monkeypatch) -> None:
    monkeypatch.setattr(attention, "_lines", lambda x: x)
    q, k, v, *rest, g = inputs(CASES["odd"])
    k, v = (np.broadcast_to(x[:, :1], x.shape) for x in (k, v))
    got, wanted = (outcome(be, (q, k, v, *rest), g) for be in (CPU, REFERENCE))
    for name, x in wanted.items():
        close(got[name], x, 5 * TOLERANCE["float32"], name)


@pytest.mark.parametrize("flip", [(1,), (2,), (3,), (0, 2)])
def test_axes_that_run_backwards(flip: tuple[int, ...]) -> None:
    both(CASES["bool"], place=lambda x: np.flip(np.flip(x, flip).copy(), flip))


def test_masks_are_not_copied(monkeypatch) -> None:
    *arguments, g = inputs((4, 8, 96, 96, 8, 8, ("bool", (96, 96)), False))
    arguments[3] = np.broadcast_to(arguments[3], (4, 8, 96, 96))
    outcome(CPU, tuple(arguments), g)
    tracemalloc.start()
    y, _ = CPU.attention(*arguments)
    assert tracemalloc.get_traced_memory()[1] < 1.5 * y.nbytes < arguments[3].size
    tracemalloc.stop()


def test_scores_are_never_in_memory(monkeypatch) -> None:
    monkeypatch.setattr(attention, "threads", lambda work: 1)
    *arguments, g = inputs((1, 2, 1000, 1100, 8, 8, None, False))
    tracemalloc.start()
    outcome(CPU, tuple(arguments), g)
    assert tracemalloc.get_traced_memory()[1] < 1000 * 1100
    tracemalloc.stop()


def test_results_repeat_themselves_to_the_bit(cut) -> None:
    for name in ("causal", "added"):
        *arguments, g = inputs(CASES[name])
        once, again = (outcome(CPU, tuple(arguments), g) for _ in range(2))
        for key, x in once.items():
            np.testing.assert_array_equal(x, again[key], err_msg=key)


def test_a_nan_stays_in_its_row(cut) -> None:
    q, k, v, mask, scale, causal, _ = inputs(CASES["causal"])
    q[0, 0, 66, 3] = np.nan
    y, lse = CPU.attention(q, k, v, mask, scale, causal)
    rows = np.isnan(y).all(-1)
    assert rows[0, 0, 66] and rows.sum() == 1 == np.isnan(lse).sum() and np.isnan(y).sum() == y.shape[-1]


def test_large_scores_do_not_overflow(cut) -> None:
    q, k, v, mask, _, causal, g = inputs(CASES["odd"])
    arguments = q * 100, k * 100, v, mask, 1.0, causal
    got, wanted = (outcome(be, arguments, g) for be in (CPU, REFERENCE))
    close(got["y"], wanted["y"], 1e-2, "y")
    assert all(np.isfinite(x).all() for x in got.values())


@pytest.mark.parametrize("changed", ["float16", "mask", "empty"])
def test_the_reference_serves_the_rest(changed: str, monkeypatch) -> None:
    monkeypatch.setattr(attention, "_kernels", None)
    case = (1, 2, 3, 0, 4, 5, None, False) if changed == "empty" else CASES["added"]
    *arguments, g = inputs(case, "float16" if changed == "float16" else "float32")
    if changed == "mask":
        arguments[3] = arguments[3].astype("float64")
    got, wanted = (outcome(be, tuple(arguments), g) for be in (CPU, REFERENCE))
    tolerance = 1e-3 if changed == "float16" else 1e-6  # softmax is not NumPy's
    for key, x in wanted.items():
        np.testing.assert_allclose(got[key], x, rtol=0, atol=tolerance, err_msg=key)
