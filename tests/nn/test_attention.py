"""Attention against PyTorch with every option, to the second derivative, and where nothing may be seen."""

from __future__ import annotations

import math

import numpy as np
import pytest

import autograd as ag
import nn
import nn.functional as F
from autograd.ops import joining
from tests.nn.parity import array, assert_modules_agree, assert_same, loss, of_arrays


def random(*shape: int) -> np.ndarray:
    return np.random.default_rng(sum(shape)).standard_normal(shape)


QKV = (random(2, 3, 4, 5), random(2, 3, 6, 5), random(2, 3, 6, 7))
SOME = np.random.default_rng(0).random((4, 6)) < 0.7
SOME[:, 0] = True
CALLS = [
    ("plain", QKV, {}),
    ("scale", QKV, {"scale": 0.3}),
    ("causal", QKV, {"is_causal": True}),
    ("bool mask", QKV, {"attn_mask": SOME}),
    ("bool mask per head", QKV, {"attn_mask": np.broadcast_to(SOME, (2, 3, 4, 6)).copy()}),
    ("bool mask per batch", QKV, {"attn_mask": np.broadcast_to(SOME, (2, 1, 4, 6)).copy()}),
    ("added mask", QKV, {"attn_mask": random(4, 6)}),
    ("added mask with -inf", QKV, {"attn_mask": np.where(SOME, 0.0, -np.inf)}),
    ("three axes", tuple(x[0] for x in QKV), {"attn_mask": SOME}),
    ("two axes", tuple(x[0, 0] for x in QKV), {"is_causal": True}),
    ("five axes", tuple(x[None] for x in QKV), {"attn_mask": np.broadcast_to(SOME, (1, 2, 1, 4, 6)).copy()}),
    ("grouped heads", (random(2, 6, 4, 5), *QKV[1:]), {"enable_gqa": True}),
]


@pytest.mark.parametrize("qkv, options", [c[1:] for c in CALLS], ids=[c[0] for c in CALLS])
def test_scaled_dot_product_agrees_with_torch(torch, qkv, options: dict) -> None:
    mine, other = of_arrays(qkv, ag.tensor), of_arrays(qkv, torch.tensor)
    y = F.scaled_dot_product_attention(*mine, **{k: of_arrays(v, ag.tensor, False) for k, v in options.items()})
    z = torch.nn.functional.scaled_dot_product_attention(
        *other, **{k: of_arrays(v, torch.tensor, False) for k, v in options.items()}
    )
    assert_same(y, z)
    loss(y).backward()
    loss(z).backward()
    assert_same([t.grad for t in mine], [t.grad for t in other])


@pytest.mark.parametrize("options", [c[2] for c in CALLS[:8]], ids=[c[0] for c in CALLS[:8]])
def test_first_and_second_derivatives(options: dict) -> None:
    given = {k: of_arrays(v, ag.tensor, False) for k, v in options.items()}
    qkv = [ag.tensor(x[:, :, :, :3], requires_grad=True) for x in QKV]

    def run(*a):
        return F.scaled_dot_product_attention(*a, **given)

    assert ag.autograd.gradcheck(run, qkv, fast_mode=True)
    assert ag.autograd.gradgradcheck(run, qkv, fast_mode=True)


def test_a_learned_mask_has_a_gradient() -> None:
    mask, qkv = ag.tensor(random(4, 6), requires_grad=True), [ag.tensor(x) for x in QKV]
    assert ag.autograd.gradcheck(lambda m: F.scaled_dot_product_attention(*qkv, m), [mask])


@pytest.mark.parametrize("mask", [SOME & False, np.where(SOME & False, 0.0, -np.inf)], ids=["bool", "added"])
@pytest.mark.parametrize("create_graph", [False, True])
def test_a_query_that_sees_nothing_gives_zero(mask: np.ndarray, create_graph: bool) -> None:
    qkv = [ag.tensor(x, requires_grad=True) for x in QKV]
    y = F.scaled_dot_product_attention(*qkv, ag.tensor(mask))
    y.sum().backward(create_graph=create_graph)
    assert not array(y).any()
    assert all(not array(x.grad).any() for x in qkv)


def test_dropout_drops_weights() -> None:
    q = ag.ones(1, 1, 1, 2)
    k, v = ag.zeros(1, 1, 1000, 2), ag.ones(1, 1, 1000, 1)
    y = F.scaled_dot_product_attention(q, k, v, dropout_p=0.25)
    assert y.item() != 1
    assert abs(y.item() - 1) < 0.1


SDPA_ERRORS = [
    (
        (random(2, 3), random(2, 4), random(2, 3)),
        {},
        ag.ShapeError,
        r"expected query \(...,T,D\), key .* got \(2, 3\), \(2, 4\)",
    ),
    (
        (random(2, 3), random(5, 3), random(4, 3)),
        {},
        ag.ShapeError,
        r"expected query .* got \(2, 3\), \(5, 3\), \(4, 3\)",
    ),
    (
        (random(2, 3), random(2, 3), random(2, 3).astype("f4")),
        {},
        ag.DtypeError,
        r"one floating dtype, got .*float64, .*float32",
    ),
    (
        (random(2, 3),) * 3,
        {"attn_mask": random(2, 2), "is_causal": True},
        ValueError,
        r"expected attn_mask or is_causal, got both",
    ),
    (
        (random(2, 3),) * 3,
        {"attn_mask": np.ones((2, 2), "i8")},
        ag.DtypeError,
        r"expected attn_mask bool or .*float64 like query, got",
    ),
    (
        (random(3, 2, 3), random(2, 2, 3), random(2, 2, 3)),
        {"enable_gqa": True},
        ag.ShapeError,
        r"query heads in a multiple",
    ),
]


@pytest.mark.parametrize("qkv, options, kind, text", SDPA_ERRORS)
def test_errors(qkv, options: dict, kind: type[Exception], text: str) -> None:
    with pytest.raises(kind, match=text):
        F.scaled_dot_product_attention(
            *of_arrays(qkv, ag.tensor), **{k: of_arrays(v, ag.tensor, False) for k, v in options.items()}
        )


# -- MultiheadAttention -----------------------------------------------------------------------------------------------

X, S = random(4, 2, 6), random(5, 2, 6)
CAUSAL = np.triu(np.ones((4, 4), bool), 1)
PADDING = np.array([[False, False, False, True], [False, False, True, True]])
MODULES = [
    ("self", {}, (X, X, X), {}),
    ("no weights", {}, (X, S, S), {"need_weights": False}),
    ("no bias", {"bias": False}, (X, S, S), {}),
    ("bias_kv", {"add_bias_kv": True}, (X, S, S), {}),
    ("bias_kv and mask", {"add_bias_kv": True}, (X, X, X), {"attn_mask": CAUSAL, "key_padding_mask": PADDING}),
    ("zero_attn", {"add_zero_attn": True}, (X, S, S), {"need_weights": False}),
    ("kdim vdim", {"kdim": 3, "vdim": 5}, (X, random(5, 2, 3), random(5, 2, 5)), {}),
    ("kdim vdim no bias", {"kdim": 3, "vdim": 5, "bias": False}, (X, random(5, 2, 3), random(5, 2, 5)), {}),
    ("batch first", {"batch_first": True}, (random(2, 4, 6), random(2, 5, 6), random(2, 5, 6)), {}),
    ("per head", {}, (X, S, S), {"average_attn_weights": False}),
    ("bool mask", {}, (X, X, X), {"attn_mask": CAUSAL}),
    ("bool mask, no weights", {}, (X, X, X), {"attn_mask": CAUSAL, "need_weights": False}),
    ("causal", {}, (X, X, X), {"attn_mask": CAUSAL, "need_weights": False, "is_causal": True}),
    ("mask per head", {}, (X, X, X), {"attn_mask": random(4, 4, 4)}),
    ("padding", {}, (X, X, X), {"key_padding_mask": PADDING}),
    ("both masks", {}, (X, X, X), {"attn_mask": CAUSAL, "key_padding_mask": PADDING, "need_weights": False}),
    ("both masks added", {}, (X, X, X), {"attn_mask": random(4, 4), "key_padding_mask": np.where(PADDING, -2.0, 0.0)}),
    ("single", {}, (X[:, 0], S[:, 0], S[:, 0]), {}),
    ("single padding", {}, (X[:, 0],) * 3, {"key_padding_mask": PADDING[0]}),
]


@pytest.mark.parametrize("options, qkv, call", [m[1:] for m in MODULES], ids=[m[0] for m in MODULES])
def test_multihead_agrees_with_torch(torch, options: dict, qkv, call: dict) -> None:
    ours = nn.MultiheadAttention(6, 2, dtype=ag.float64, **options)
    theirs = torch.nn.MultiheadAttention(6, 2, dtype=torch.float64, **options)
    assert_modules_agree(torch, ours, theirs, *qkv, **call)


@pytest.mark.parametrize("batch_first", [False, True])
def test_one_tensor_for_all_three(torch, batch_first: bool) -> None:
    ours = nn.MultiheadAttention(6, 3, batch_first=batch_first, dtype=ag.float64)
    theirs = torch.nn.MultiheadAttention(6, 3, batch_first=batch_first, dtype=torch.float64)

    class Self(nn.Module):
        def __init__(self, inner):
            super().__init__()
            self.inner = inner

        def forward(self, x):
            return self.inner(x, x, x)

    class TorchSelf(torch.nn.Module):
        def __init__(self, inner):
            super().__init__()
            self.inner = inner

        forward = Self.forward

    assert_modules_agree(torch, Self(ours), TorchSelf(theirs), X)


@pytest.mark.cpu_only("the other backend's gradients are three arrays")
@pytest.mark.parametrize("batch_first", [False, True])
def test_gradients_of_one_projection_are_not_copied(batch_first: bool, monkeypatch) -> None:
    attention = nn.MultiheadAttention(6, 3, batch_first=batch_first)
    x = ag.tensor(random(4, 5, 6).astype("float32"), requires_grad=True)

    def grads() -> list[np.ndarray]:
        y, _ = attention(x, x, x, need_weights=False)
        return [array(g) for g in ag.autograd.grad((y * y).sum(), [x, *attention.parameters()])]

    monkeypatch.setattr(joining, "_already_together", lambda *arguments: None)
    expected = grads()
    monkeypatch.undo()
    monkeypatch.setattr(joining, "_cat", None)
    for got, wanted in zip(grads(), expected, strict=True):
        np.testing.assert_array_equal(got, wanted)


def test_static_keys(torch) -> None:
    k, v, w, o = random(4, 5, 3), random(4, 5, 3), random(18, 6), random(6, 6)

    def run(f, make):
        a = [make(t) for t in (X, S, S, w, o, k, v)]
        return f(*a[:3], 6, 2, a[3], None, None, None, False, 0.0, a[4], None, static_k=a[5], static_v=a[6])

    assert_same(
        run(F.multi_head_attention_forward, ag.tensor),
        run(torch.nn.functional.multi_head_attention_forward, torch.tensor),
    )


def test_initial_values_are_glorots() -> None:
    attention = nn.MultiheadAttention(32, 4, add_bias_kv=True)
    bound = math.sqrt(6 / (4 * 32))
    assert bound * 0.9 < attention.in_proj_weight.abs().max().item() <= bound
    assert not array(attention.in_proj_bias).any()
    assert not array(attention.out_proj.bias).any()
    assert array(attention.bias_k).any()


MHA = nn.MultiheadAttention(6, 2)
T32 = ag.zeros(4, 2, 6)
ERRORS = [
    (
        lambda: nn.MultiheadAttention(6, 4),
        ValueError,
        r"MultiheadAttention: expected embed_dim to be a multiple of num_heads, got 6 and 4",
    ),
    (lambda: MHA(T32, T32, T32, is_causal=True), ValueError, r"expected attn_mask together with is_causal, got None"),
    (lambda: MHA(T32, ag.zeros(4, 3, 6), T32), ag.ShapeError, r"expected query \(T,N,E\) with key, value \(S,N,E\)"),
    (
        lambda: MHA(ag.zeros(4, 2, 4), T32, T32),
        ag.ShapeError,
        r"expected query of width 6, which 2 heads must divide, got \(4, 2, 4\)",
    ),
    (
        lambda: MHA(T32, T32, ag.zeros(3, 2, 6)),
        ag.ShapeError,
        r"expected as many values as keys, got \(4, 2, 6\) and \(3, 2, 6\)",
    ),
    (
        lambda: MHA(T32, T32, T32, ag.zeros(4, 2, dtype=ag.bool)),
        ag.ShapeError,
        r"expected key_padding_mask \(2, 4\), got \(4, 2\)",
    ),
    (
        lambda: MHA(T32, T32, T32, attn_mask=ag.zeros(4, 3)),
        ag.ShapeError,
        r"expected attn_mask \(4, 4\) or \(4, 4, 4\), got \(4, 3\)",
    ),
]


@pytest.mark.parametrize("run, kind, text", ERRORS)
def test_multihead_errors(run, kind: type[Exception], text: str) -> None:
    with pytest.raises(kind, match=text):
        run()
