"""Samples of dropout, random, attention, recurrent, elementwise, reduction, optimizer."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from backends.sequence import Sizes
from tests.backends.sample import REFERENCE, Draw, Table

SAMPLES = Table()
add = SAMPLES.add

# -- dropout and random ------------------------------------------------------------------------------------------------
for label, (shape, p, seed, offset) in {
    "half": ((3, 5), 0.5, 0, 0),
    "tenth": ((2, 3, 4, 5), 0.1, 2**63 + 17, 5),
    "none": ((7,), 0.0, 3, 1),
    "every": ((7,), 1.0, 3, 1),
    "large": ((40, 500), 0.3, 42, 2**40),
    "empty": ((0, 4), 0.3, 1, 0),
}.items():
    add("dropout", label, lambda d, s=shape, rest=(p, seed, offset): (d(*s), *rest))

for n in (0, 1, 4, 7, 20001):
    add("random_bits", str(n), lambda d, n=n: (n, 2**64 - 1 - n, 2**33 - 1))
    add("permutation", str(n), lambda d, n=n: (n, n, 7))
    add("uniform", str(n), lambda d, n=n: ((n,), d.dtype, -1.0, 2.5, n, 3))
    add("normal", str(n), lambda d, n=n: ((n,), d.dtype, 0.5, 2.0, n, 3), tolerance=3)
    add("randint", str(n), lambda d, n=n: ((n,), -5, 10, n, 3))
add("random_bits", "counter-wraps", lambda d: (12, 5, 2**64 - 2))
add("uniform", "shaped", lambda d: ((2, 3, 5), d.dtype, 0.0, 1.0, 1, 0))
add("uniform", "scalar", lambda d: ((), d.dtype, 0.0, 1.0, 1, 0))
add("normal", "shaped", lambda d: ((3, 3), d.dtype, 0.0, 1.0, 1, 0), tolerance=3)
add("normal", "scalar", lambda d: ((), d.dtype, 0.0, 1.0, 1, 0), tolerance=3)
add("randint", "shaped", lambda d: ((2, 3), 0, 2**40, 1, 0))
add("randint", "all", lambda d: ((50,), -(2**63), 2**63 - 1, 1, 0))

# -- attention: B, H, T, S, D, E, mask, causal -------------------------------------------------------------------------
ATTENTIONS: dict[str, tuple[Any, ...]] = {
    "plain": (2, 2, 5, 5, 4, 4, None, False),
    "uneven": (1, 3, 4, 7, 8, 5, None, False),
    "causal": (2, 1, 6, 6, 4, 4, None, True),
    "causal-short": (1, 2, 3, 6, 4, 4, None, True),
    "causal-long": (1, 2, 6, 3, 4, 4, None, True),
    "bool": (2, 2, 4, 6, 4, 4, ("bool", (2, 1, 4, 6)), False),
    "bool-keys": (2, 2, 4, 6, 4, 4, ("bool", (2, 1, 1, 6)), False),
    "bool-causal": (1, 2, 6, 6, 4, 4, ("bool", (6, 6)), True),
    "added": (2, 2, 4, 6, 4, 4, ("float", (2, 2, 4, 6)), False),
    "added-inf": (1, 2, 4, 6, 4, 4, ("inf", (1, 1, 4, 6)), False),
    "row-masked": (1, 2, 4, 6, 4, 4, ("row", (4, 6)), False),
    "large": (2, 4, 64, 64, 32, 32, None, True),
    "tiles": (1, 1, 65, 68, 4, 4, None, True),  # of queries and of keys, on a GPU more than one
    "no-batch": (0, 2, 4, 4, 3, 3, None, False),
    "no-queries": (1, 2, 0, 4, 3, 3, None, False),
    "no-keys": (1, 2, 4, 0, 3, 3, None, False),
}


def _mask(d: Draw, kind: tuple[str, tuple[int, ...]] | None) -> np.ndarray | None:
    if kind is None:
        return None
    name, shape = kind
    if name == "float":
        return d(*shape)
    kept = d.flags(*shape)
    kept[..., 0] = True
    if name == "row":
        kept[1] = False
    return np.where(kept, 0, -math.inf).astype(d.dtype) if name == "inf" else kept


def _attention(d: Draw, row: tuple[Any, ...]) -> tuple[Any, ...]:
    b, h, t, s, n, e, kind, causal = row
    return d(b, h, t, n), d(b, h, s, n), d(b, h, s, e), _mask(d, kind), 1 / math.sqrt(n), causal


def _attention_grad(d: Draw, row: tuple[Any, ...]) -> tuple[Any, ...]:
    q, k, v, mask, scale, causal = _attention(d, row)
    with np.errstate(all="ignore"):
        y, lse = REFERENCE.attention(q, k, v, mask, scale, causal)
    return d(*y.shape), q, k, v, mask, y, lse, scale, causal


for label, row in ATTENTIONS.items():
    add("attention", label, lambda d, row=row: _attention(d, row), tolerance=3)
    add("attention_grad", label, lambda d, row=row: _attention_grad(d, row), tolerance=10)

# -- recurrent ---------------------------------------------------------------------------------------------------------


def _lstm_grad(d: Draw, n: int, h: int, with_h: bool, with_c: bool) -> tuple[Any, ...]:
    gates, c = d(n, 4 * h) * 2, d(n, h)
    return d(n, h) if with_h else None, d(n, h) if with_c else None, gates, c, REFERENCE.lstm_cell(gates, c)[1]


for label, (n, h) in {"small": (3, 5), "one": (1, 1), "large": (64, 128), "none": (0, 4)}.items():
    add("lstm_cell", label, lambda d, n=n, h=h: (d(n, 4 * h) * 2, d(n, h)), tolerance=3)
    add("lstm_cell_grad", label, lambda d, n=n, h=h: _lstm_grad(d, n, h, True, True), tolerance=5)
    add("gru_cell", label, lambda d, n=n, h=h: (d(n, 3 * h) * 2, d(n, 3 * h) * 2, d(n, h)), tolerance=3)
    add("gru_cell_grad", label, lambda d, n=n, h=h: (d(n, h), d(n, 3 * h), d(n, 3 * h), d(n, h)), tolerance=5)
add("lstm_cell_grad", "h-only", lambda d: _lstm_grad(d, 3, 5, True, False), tolerance=5)
add("lstm_cell_grad", "c-only", lambda d: _lstm_grad(d, 3, 5, False, True), tolerance=5)
add("lstm_cell", "extreme", lambda d: (d(3, 20) * 100, d(3, 5)))
add("gru_cell", "extreme", lambda d: (d(3, 15) * 100, d(3, 15) * 100, d(3, 5)))


def _sequences(d: Draw, sizes: Sizes, h: int, gates: int) -> tuple[Any, ...]:
    """x, the first states and the weight of a layer."""
    n = max(sizes)
    return d(sum(sizes), gates * h), d(n, h), d(n, h), d(gates * h, h) / h**0.5


def _lstm_layer(d: Draw, sizes: Sizes, h: int, reverse: bool, p: int = 0) -> tuple[Any, ...]:
    x, h0, c0, w_hh = _sequences(d, sizes, h, 4)
    return x, h0[:, : p or h], c0, w_hh[:, : p or h], d(p, h) / h if p else None, sizes, reverse


def _lstm_layer_grad(d: Draw, sizes: Sizes, h: int, reverse: bool, p: int = 0, given: str = "yhc") -> tuple[Any, ...]:
    x, *rest, w_hr, _, _ = _lstm_layer(d, sizes, h, reverse, p)
    y, c, full, gates, h_n, c_n = REFERENCE.lstm_layer(x, *rest, w_hr, sizes, reverse)
    g = [d(*like.shape) if name in given else None for name, like in (("y", y), ("h", h_n), ("c", c_n))]
    return *g, *rest, w_hr, y, c, full, gates, sizes, reverse


def _gru_layer(d: Draw, sizes: Sizes, h: int, reverse: bool, bias: bool = True) -> tuple[Any, ...]:
    x, h0, _, w_hh = _sequences(d, sizes, h, 3)
    return x, h0, w_hh, d(3 * h) if bias else None, sizes, reverse


def _gru_layer_grad(d: Draw, sizes: Sizes, h: int, reverse: bool, given: str = "yh") -> tuple[Any, ...]:
    x, h0, w_hh, b_hh, _, _ = _gru_layer(d, sizes, h, reverse)
    y, gh, h_n = REFERENCE.gru_layer(x, h0, w_hh, b_hh, sizes, reverse)
    g = [d(*like.shape) if name in given else None for name, like in (("y", y), ("h", h_n))]
    return *g, x, h0, w_hh, y, gh, sizes, reverse


def _rnn_layer(d: Draw, sizes: Sizes, h: int, reverse: bool, relu: bool) -> tuple[Any, ...]:
    x, h0, _, w_hh = _sequences(d, sizes, h, 1)
    return x, h0, w_hh, sizes, reverse, relu


def _rnn_layer_grad(d: Draw, sizes: Sizes, h: int, reverse: bool, relu: bool, given: str = "yh") -> tuple[Any, ...]:
    x, h0, w_hh, *_ = _rnn_layer(d, sizes, h, reverse, relu)
    y, h_n = REFERENCE.rnn_layer(x, h0, w_hh, sizes, reverse, relu)
    g = [d(*like.shape) if name in given else None for name, like in (("y", y), ("h", h_n))]
    return *g, h0, w_hh, y, sizes, reverse, relu


for label, (sizes, h) in {
    "even": ((3, 3, 3, 3), 5),
    "ragged": ((4, 3, 3, 1), 6),
    "one": ((1,), 1),
    "tiles": ((19, 19, 11, 9, 8, 2), 13),
    "panels": ((5, 5, 4), 50),
}.items():
    for reverse in (False, True):
        way, how = f"{label}{'-reverse' * reverse}", (sizes, h, reverse)
        add("lstm_layer", way, lambda d, how=how: _lstm_layer(d, *how), tolerance=5)
        add("lstm_layer_grad", way, lambda d, how=how: _lstm_layer_grad(d, *how), tolerance=10)
        add("gru_layer", way, lambda d, how=how: _gru_layer(d, *how), tolerance=5)
        add("gru_layer_grad", way, lambda d, how=how: _gru_layer_grad(d, *how), tolerance=10)
        for relu in (False, True):
            name = f"{way}-{'relu' if relu else 'tanh'}"
            add("rnn_layer", name, lambda d, how=(*how, relu): _rnn_layer(d, *how), tolerance=5)
            add("rnn_layer_grad", name, lambda d, how=(*how, relu): _rnn_layer_grad(d, *how), tolerance=10)
ragged = (4, 3, 3, 1)
add("lstm_layer", "projected", lambda d: _lstm_layer(d, ragged, 6, False, 2), tolerance=5)
add("lstm_layer_grad", "projected", lambda d: _lstm_layer_grad(d, ragged, 6, True, 2), tolerance=10)
add("gru_layer", "no-bias", lambda d: _gru_layer(d, ragged, 6, False, False), tolerance=5)
for given in ("y", "h", "c"):
    add(
        "lstm_layer_grad", f"{given}-only", lambda d, g=given: _lstm_layer_grad(d, ragged, 6, False, 0, g), tolerance=10
    )
for given in ("y", "h"):
    add("gru_layer_grad", f"{given}-only", lambda d, g=given: _gru_layer_grad(d, ragged, 6, False, g), tolerance=10)
    add("rnn_layer_grad", f"{given}-only", lambda d, g=given: _rnn_layer_grad(d, ragged, 6, False, False, g))

# -- elementwise -------------------------------------------------------------------------------------------------------
SHAPES: dict[str, tuple[int, ...]] = {
    "0d": (),
    "1d": (7,),
    "2d": (5, 6),
    "4d": (2, 3, 4, 5),
    "large": (70, 301),
    "empty": (0, 3),
}
SPECIAL = (0.0, -0.0, 1e-30, -1e-30, 1.0, -1.0, 5.0, -5.0, 20.0, -20.0, 1e4, -1e4, math.inf, -math.inf, math.nan)

for label, shape in SHAPES.items():
    add("erf", label, lambda d, s=shape: (d(*s) * 2,), tolerance=3)
    add("sigmoid", label, lambda d, s=shape: (d(*s) * 5,), tolerance=3)
    add("sigmoid_grad", label, lambda d, s=shape: (d(*s), REFERENCE.sigmoid(d(*s))), tolerance=3)
    add("tanh", label, lambda d, s=shape: (d(*s) * 2,), tolerance=3)
    add("tanh_grad", label, lambda d, s=shape: (d(*s), REFERENCE.tanh(d(*s))), tolerance=3)
    add("relu", label, lambda d, s=shape: (d(*s),))
    add("relu_grad", label, lambda d, s=shape: (d(*s), REFERENCE.relu(d(*s))))
    for name, tanh in {"": False, "-tanh": True}.items():
        add("gelu", label + name, lambda d, s=shape, tanh=tanh: (d(*s) * 2, tanh), tolerance=3)
        add("gelu_grad", label + name, lambda d, s=shape, tanh=tanh: (d(*s), d(*s) * 2, tanh), tolerance=5)
ACTIVATIONS = {
    "clamp": (-0.5, 1.0), "hardtanh": (-0.5, 1.0), "leaky_relu": (0.2,), "hardsigmoid": (), "hardswish": (),
    "elu": (0.5, 1.25, 2.0), "silu": (), "softplus": (2.0, 3.0), "logsigmoid": (), "mish": (),
    "magnitude": (),
    "square": (),
    "huber": (0.7,),
}  # fmt: skip
for kind, params in ACTIVATIONS.items():
    for label, shape in SHAPES.items():
        how = (kind, params)
        add("activation", f"{kind}-{label}", lambda d, s=shape, how=how: (d(*s) * 3, *how), tolerance=4)
        add("activation_grad", f"{kind}-{label}", lambda d, s=shape, how=how: (d(*s), d(*s) * 3, *how), tolerance=6)
    for label in ("4d", "large", "empty"):
        add(
            "activation_",
            f"{kind}-{label}",
            lambda d, s=SHAPES[label], how=(kind, params): (d(*s) * 3, *how),
            tolerance=4,
        )
    for label, copies in {"special": 1, "specials": 40}.items():
        far = SPECIAL[:-3] * copies
        add("activation", f"{kind}-{label}", lambda d, x=far, how=how: (d.values(*x, math.nan), *how), tolerance=4)
        add(
            "activation_grad", f"{kind}-{label}", lambda d, x=far, how=how: (d(len(x)), d.values(*x), *how), tolerance=6
        )
add("activation", "clamp-crossed", lambda d: (d(300), "clamp", (0.5, -0.5)))
add("activation_grad", "clamp-crossed", lambda d: (d(300), d(300), "clamp", (0.5, -0.5)))
for name in ("add", "sub", "mul", "div"):
    for label, (a, b) in {"rows": ((5, 6), (6,)), "many": ((400, 401),) * 2, "many-rows": ((400, 401), (401,))}.items():
        add(name, label, lambda d, a=a, b=b, name=name: (d(*a), d.positive(*b) if name == "div" else d(*b)))
    add(name, "many-turned", lambda d: (d(401, 400).T, d.positive(401, 400).T))
for name in ("erf", "sigmoid", "tanh", "relu"):
    add(name, "special", lambda d: (d.values(*SPECIAL),))
add("relu_grad", "special", lambda d: (d(len(SPECIAL)), d.values(*SPECIAL)))
for name, tanh in {"": False, "-tanh": True}.items():
    add("gelu", "special" + name, lambda d, tanh=tanh: (d.values(*SPECIAL[:-3]), tanh))

# -- reduction ---------------------------------------------------------------------------------------------------------
for label, shape, axes in [
    ("all", (6, 5), (0, 1)), ("none", (3, 4), ()), ("number", (), ()), ("empty", (0, 3), (0,)), ("last", (3, 4, 5), (2,)),
    ("middle", (3, 4, 5), (1,)), ("outer", (3, 4, 5), (0, 2)), ("all-many", (130, 140), (0, 1)), ("rows-many", (200, 90), (1,)),
    ("few-rows-many", (3, 101, 77), (1, 2)), ("channels-many", (30, 5, 13, 11), (0, 2, 3)), ("first-many", (200, 90), (0,)),
    ("long-many", (20, 1000), (1,)), ("turned-many", (20, 30, 40), (2, 1)),
]:  # fmt: skip
    for keepdims in (False, True):
        how = (axes, keepdims)
        add("axes_sum", f"{label}{'-kept' * keepdims}", lambda d, s=shape, how=how: (d(*s), *how), tolerance=30)
for label, (shape, a, b) in {
    "rows": ((5, 6), (5, 6), (6,)), "many": ((400, 41),) * 3, "many-first": ((400, 41), (), (400, 41)),
    "many-last": ((400, 41), (400, 41), (1, 1)), "many-rows": ((400, 41), (400, 41), (41,)), "many-numbers": ((90, 80), (), ()),
    "many-column": ((90, 1), (90, 80), (90, 80)), "many-wider": ((90, 80), (2, 90, 80), ()),
}.items():  # fmt: skip
    add("where", label, lambda d, s=shape, a=a, b=b: (d.flags(*s), d(*a), d(*b)))
add("where", "many-zero", lambda d: (d.flags(80, 90), d(80, 90), 0))
add("where", "many-higher", lambda d: (d.flags(80, 90), d(80, 90), d(1, 1, 1)))
add("where", "many-turned", lambda d: (d.flags(80, 90).T, d(80, 90).T, d(80, 90).T))
for name in ("add_", "sub_", "mul_"):
    for label, shapes in {"alike": ((5, 6), (5, 6)), "number": ((5, 6), ()), "many": ((400, 401),) * 2}.items():
        add(name, label, lambda d, shapes=shapes: tuple(d(*s) for s in shapes))
for label in ("2d", "empty", "large"):
    add("relu_", label, lambda d, s=SHAPES[label]: (d(*s),))
add("relu_", "many", lambda d: (d(400, 401),))
add("axes_sum", "half-many", lambda d: (np.full((200, 200), 0.1, "float16"), (1,), False), tolerance=30)
add("square_sum", "several", lambda d: ([d(3, 4), d(5), d(2, 3, 2), d()],), tolerance=3)
add("square_sum", "large", lambda d: ([d(100, 300), d(64), d(0, 3)],), tolerance=10)
add("square_sum", "none", lambda d: ([],))

# -- optimizer ---------------------------------------------------------------------------------------------------------
SIZES: dict[str, list[tuple[int, ...]]] = {
    "": [(3, 4), (5,), (2, 1, 3), ()],
    "-large": [(120, 130), (130,)],
    "-none": [],
}


def _several(d: Draw, shapes: list[tuple[int, ...]], copies: int) -> tuple[list[np.ndarray], ...]:
    """params, grads, and positive state."""
    return [d(*s) for s in shapes], [d(*s) for s in shapes], *([d.positive(*s) for s in shapes] for _ in range(copies))


SGD = {"lr": 0.1, "momentum": 0.0, "dampening": 0.0, "weight_decay": 0.0, "nesterov": False, "maximize": False}
ADAM = {
    "lr": 0.01,
    "beta1": 0.9,
    "beta2": 0.99,
    "eps": 1e-8,
    "weight_decay": 0.0,
    "decoupled": False,
    "maximize": False,
}
SGDS: dict[str, dict[str, Any]] = {
    "plain": {},
    "decay": {"weight_decay": 0.1},
    "maximize": {"maximize": True, "weight_decay": 0.1},
    "momentum": {"momentum": 0.9},
    "dampening": {"momentum": 0.9, "dampening": 0.3, "weight_decay": 0.1},
    "nesterov": {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1, "maximize": True},
}
ADAMS: dict[str, dict[str, Any]] = {
    "plain": {},
    "decay": {"weight_decay": 0.1},
    "decoupled": {"weight_decay": 0.1, "decoupled": True},
    "maximize": {"maximize": True, "weight_decay": 0.1, "eps": 1e-3},
}

for size, shapes in SIZES.items():
    for label, options in SGDS.items():
        new = lambda d, shapes=shapes: (*_several(d, shapes, 0), [None] * len(shapes))
        add("sgd_", label + size + "-new", new, **(SGD | options))
        if "momentum" in options:
            add("sgd_", label + size, lambda d, shapes=shapes: _several(d, shapes, 1), **(SGD | options))
    for label, options in ADAMS.items():
        first = lambda d, shapes=shapes: (*_several(d, shapes, 2), [], [1] * len(shapes))
        later = lambda d, shapes=shapes: (*_several(d, shapes, 3), [7, 8, 9, 10][: len(shapes)])
        add("adam_", label + size, first, tolerance=3, **(ADAM | options))
        add("adam_", label + size + "-amsgrad", later, tolerance=3, **(ADAM | options))
    add("scale_", "number" + size, lambda d, shapes=shapes: (_several(d, shapes, 0)[0], 0.3))
    add("scale_", "array" + size, lambda d, shapes=shapes: (_several(d, shapes, 0)[0], d.values(0.3).reshape(())))
