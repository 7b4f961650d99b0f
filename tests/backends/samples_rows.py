"""Samples of matmul, normalization, softmax, loss, indexing."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from tests.backends.sample import REFERENCE, Draw, Table

SAMPLES = Table()
add = SAMPLES.add

# -- matmul: the operands' shapes ---------------------------------------------------------------------------------------
PRODUCTS: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
    "square": ((4, 4), (4, 4)),
    "small": ((64, 84), (84, 10)),
    "uneven": ((65, 33), (33, 129)),
    "deep": ((3, 700), (700, 5)),
    "large": ((130, 257), (257, 70)),
    "one": ((1, 1), (1, 1)),
    "outer": ((5, 1), (1, 7)),
    "vectors": ((9,), (9,)),
    "row": ((4,), (4, 6)),
    "column": ((6, 4), (4,)),
    "batch": ((3, 5, 4), (3, 4, 6)),
    "batches": ((2, 3, 5, 4), (2, 3, 4, 6)),
    "one-right": ((3, 5, 4), (4, 6)),
    "one-left": ((5, 4), (3, 4, 6)),
    "spread": ((2, 1, 3, 4), (5, 4, 2)),
    "row-batch": ((4,), (3, 4, 6)),
    "column-batch": ((3, 6, 4), (4,)),
    "no-rows": ((0, 3), (3, 2)),
    "no-columns": ((2, 3), (3, 0)),
    "no-sum": ((2, 0), (0, 3)),
    "no-batch": ((0, 2, 3), (0, 3, 4)),
    "no-vector": ((0,), (0,)),
}
for label, (left, right) in PRODUCTS.items():
    add("matmul", label, lambda d, a=left, b=right: (d(*a), d(*b)))
add("matmul", "int64", lambda d: (d.ints(9, 5, 70), d.ints(9, 70, 3)))
add("matmul", "int16", lambda d: (d.ints(9, 4, 5).astype("int16"), d.ints(9, 5, 3).astype("int16")))
add(
    "matmul",
    "complex",
    lambda d: ((d.tied(3, 4) + 1j * d.tied(3, 4)).astype("complex64"), d.tied(4, 2).astype("complex64")),
)
add("matmul", "infinite", lambda d: (d.marked(math.inf, 5, 4), d(4, 3)))
add("matmul", "spread-wide", lambda d: (d(6, 1, 3, 4), d(7, 4, 2)))

LINEARS: dict[str, tuple[tuple[int, ...], tuple[int, int], tuple[int, ...] | None]] = {
    "plain": ((5, 7), (3, 7), None),
    "bias": ((65, 33), (129, 33), (129,)),
    "deep": ((3, 700), (5, 700), (5,)),
    "vector": ((7,), (3, 7), (3,)),
    "batches": ((2, 3, 7), (5, 7), (5,)),
    "one-bias": ((4, 7), (3, 7), ()),
    "no-rows": ((0, 7), (3, 7), (3,)),
    "no-sum": ((4, 0), (3, 0), (3,)),
}
for label, (left, right, bias) in LINEARS.items():
    arguments = lambda d, x=left, w=right, b=bias: (d(*x), d(*w), None if b is None else d(*b))
    add("linear", label, arguments, tolerance=10 if label == "deep" else 1)  # equal summands round to one side

LINEAR_GRADS: dict[str, tuple[tuple[int, ...], int, int, tuple[bool, bool, bool]]] = {
    "all": ((65,), 130, 33, (True, True, True)),
    "narrow": ((128,), 10, 260, (True, True, True)),
    "first-layer": ((70,), 65, 129, (False, True, True)),
    "no-bias": ((67,), 66, 64, (True, True, False)),
    "batches": ((2, 40), 64, 100, (True, False, True)),
    "small": ((5,), 3, 7, (True, True, True)),
    "vector": ((), 3, 7, (True, True, True)),
    "no-rows": ((0,), 3, 7, (True, True, True)),
}
for label, (rows, outs, ins, needs) in LINEAR_GRADS.items():
    gradients = lambda d, m=rows, o=outs, i=ins, needs=needs: (d(*m, o), d(*m, i), d(o, i), needs)
    add("linear_grad", label, gradients, tolerance=10)

# -- normalization -----------------------------------------------------------------------------------------------------
CHANNELS: dict[str, tuple[int, ...]] = {
    "rows": (6, 5),
    "1d": (3, 4, 7),
    "2d": (4, 3, 5, 6),
    "3d": (2, 3, 2, 3, 4),
    "one-each": (1, 3, 1, 1),
    "large": (8, 32, 16, 16),
    "large-rows": (256, 96),
    "no-images": (0, 3, 4, 4),
}


def _statistics(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """mean and variance as the kernels keep them: at least float32."""
    with np.errstate(all="ignore"):
        return REFERENCE.batch_norm(x, None, None, 1e-5)[1:]


def _row_statistics(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """mean and 1/sqrt(var + eps) of rows."""
    return REFERENCE.layer_norm(x, None, None, 1e-5)[1:]


def _with_statistics(
    d: Draw, x: np.ndarray, weight: bool, statistics: Callable[..., Any], axis: int
) -> tuple[Any, ...]:
    """g, x, weight or None, and two statistics."""
    return (d(*x.shape), x, d(x.shape[axis]) if weight else None, *statistics(x))


def _behind_relu(d: Draw, x: np.ndarray, weight: bool) -> tuple[Any, ...]:
    """As ``_with_statistics``, with the output of a ReLU behind g."""
    g, *others = _with_statistics(d, x, weight, _statistics, 1)
    return (g, np.maximum(d(*x.shape), 0), *others)


for label, x in CHANNELS.items():
    c = x[1]
    add("channel_sum", label, lambda d, x=x: (d(*x),), tolerance=10)
    add("channel_dot", label, lambda d, x=x: (d(*x), d(*x)), tolerance=10)
    add("channel_affine", label, lambda d, x=x, c=c: (d(*x), d(c), d(c)), tolerance=2)
    add("channel_affine", label + "-scale", lambda d, x=x, c=c: (d(*x), d(c), None))
    add("channel_affine", label + "-shift", lambda d, x=x, c=c: (d(*x), None, d(c)))
    add("batch_norm", label, lambda d, x=x, c=c: (d(*x) * 3 + 2, d(c), d(c), 1e-5), tolerance=3)
    add("batch_norm", label + "-plain", lambda d, x=x: (d(*x), None, None, 1e-3), tolerance=3)
    for name, weight in {"": True, "-plain": False}.items():
        add(
            "batch_norm_grad",
            label + name,
            lambda d, x=x, weight=weight: (*_with_statistics(d, d(*x) * 3 + 2, weight, _statistics, 1), 1e-5),
            tolerance=10,
        )
    for name, residual in {"": True, "-plain": False}.items():
        add(
            "batch_norm_relu",
            label + name,
            lambda d, x=x, c=c, residual=residual: (d(*x) * 3 + 2, d(c), d(c), d(*x) if residual else None, 1e-5),
            tolerance=3,
        )
        add(
            "batch_norm_relu_grad",
            label + name,
            lambda d, x=x, residual=residual: (*_behind_relu(d, d(*x) * 3 + 2, not residual), 1e-5, residual),
            tolerance=10,
        )

ROWS: dict[str, tuple[int, ...]] = {
    "small": (4, 7),
    "one": (1, 1),
    "wide": (3, 1000),
    "large": (300, 64),
    "none": (0, 5),
}

for label, x in ROWS.items():
    n = x[1]
    add("layer_norm", label, lambda d, x=x, n=n: (d(*x) * 3 + 2, d(n), d(n), 1e-5), tolerance=3)
    add("layer_norm", label + "-plain", lambda d, x=x: (d(*x), None, None, 1e-5), tolerance=3)
    add("layer_norm", label + "-no-bias", lambda d, x=x, n=n: (d(*x), d(n), None, 1e-5), tolerance=3)
    for name, weight in {"": True, "-plain": False}.items():
        add(
            "layer_norm_grad",
            label + name,
            lambda d, x=x, weight=weight: _with_statistics(d, d(*x) * 3 + 2, weight, _row_statistics, 1),
            tolerance=10,
        )
        add(
            "layer_norm_grad",
            f"{label}{name}-alone",
            lambda d, x=x, weight=weight: (*_with_statistics(d, d(*x) * 3 + 2, weight, _row_statistics, 1), False),
            tolerance=10,
        )

for label, (shape, axis) in {
    "1d": ((7,), 0),
    "last": ((4, 9), 1),
    "first": ((6, 5), 0),
    "middle": ((3, 5, 4), 1),
    "long": ((300,), 0),
    "large": ((40, 70), 1),
    "large-first": ((70, 600), 0),
    "large-middle": ((3, 20, 40), 1),
    "none": ((0, 4), 1),
    "no-places": ((4, 0), 0),
}.items():
    for name, backwards in {"": False, "-backwards": True}.items():
        add("cumsum", label + name, lambda d, s=shape, axis=axis, b=backwards: (d(*s), axis, b), tolerance=10)

# -- softmax -----------------------------------------------------------------------------------------------------------
SOFTMAXES: dict[str, tuple[tuple[int, ...], int]] = {
    "1d": ((7,), 0),
    "last": ((4, 9), -1),
    "first": ((6, 5), 0),
    "middle": ((3, 5, 4), 1),
    "channels": ((2, 4, 5, 3), 1),
    "one": ((5, 1), 1),
    "wide": ((3, 2000), 1),
    "large": ((128, 100), 1),
    "large-first": ((100, 128), 0),
    "places": ((3, 5, 4, 10), 1),
    "places-large": ((2, 21, 600), 1),
    "no-rows": ((0, 4), 1),
    "no-columns": ((4, 0), 1),
}

for label, (shape, axis) in SOFTMAXES.items():
    for name in ("softmax", "log_softmax"):
        f = getattr(REFERENCE, name)
        add(name, label, lambda d, shape=shape, axis=axis: (d(*shape) * 4, axis))
        add(name + "_grad", label, lambda d, s=shape, axis=axis, f=f: (d(*s), f(d(*s), axis), axis), tolerance=3)

for name in ("softmax", "log_softmax"):
    add(name, "extreme", lambda d: (d.values(1e4, -1e4, 0, 1e4).reshape(2, 2), 1))
    add(name, "minus-inf", lambda d: (d.marked(-math.inf, 4, 6), 1))
    add(name, "all-minus-inf", lambda d: (np.full((2, 3), -math.inf, d.dtype), 1))
    add(name, "inf", lambda d: (d.marked(math.inf, 4, 6), 1))
    add(name, "nan", lambda d: (d.marked(math.nan, 4, 6), 1))
    add(name, "minus-inf-places", lambda d: (d.marked(-math.inf, 20, 4).T, 0))
    add(name, "all-minus-inf-places", lambda d: (np.full((4, 20), -math.inf, d.dtype), 0))
    add(name, "inf-places", lambda d: (d.marked(math.inf, 20, 4).T, 0))
    add(name, "nan-places", lambda d: (d.marked(math.nan, 20, 4).T, 0))

# -- loss: rows (or images and places), classes, weight, ignore_index, smoothing ---------------------------------------
LOSSES: dict[str, tuple[Any, ...]] = {
    "plain": (7, 5, False, -100, 0.0),
    "weight": (7, 5, True, -100, 0.0),
    "ignore": (12, 4, False, 2, 0.0),
    "ignore-negative": (12, 4, True, -1, 0.0),
    "smoothing": (6, 5, False, -100, 0.1),
    "all": (12, 4, True, 1, 0.3),
    "all-smooth": (5, 4, True, -100, 1.0),
    "one-class": (3, 1, False, -100, 0.0),
    "large": (512, 40, True, 3, 0.1),
    "large-plain": (600, 10, False, -100, 0.0),
    "wide": (3, 3000, False, -100, 0.0),
    "places": ((2, 300), 4, False, -100, 0.0),
    "places-all": ((3, 40), 5, True, 1, 0.3),
    "places-ignored": ((2, 30), 3, True, -1, 0.1),
    "places-large": ((3, 600), 21, True, -1, 0.0),
    "few-places": ((40, 3), 6, False, 2, 0.1),
    "no-places": ((2, 0), 4, True, -100, 0.1),
    "no-images": ((0, 3), 4, True, -100, 0.1),
    "no-rows": (0, 4, True, -100, 0.1),
}


def _loss(d: Draw, m: Any, c: int, weighted: bool, ignore: int) -> tuple[Any, ...]:
    """x, target and weight; every fifth target is the ignored one if it is negative."""
    first, *behind = m if isinstance(m, tuple) else (m,)
    target = d.ints(c, first, *behind)
    if ignore < 0 and ignore != -100:
        target.reshape(-1)[::5] = ignore
    return d(first, c, *behind) * 3, target, d.positive(c) if weighted else None


def _loss_grad(d: Draw, m: Any, c: int, weighted: bool, ignore: int, smoothing: float) -> tuple[Any, ...]:
    x, target, weight = _loss(d, m, c, weighted, ignore)
    lse = REFERENCE.cross_entropy(x, target, weight, ignore, smoothing)[1]
    return d(*target.shape), x, target, lse, weight, ignore, smoothing


def _mean_grad(d: Draw, *row: Any) -> tuple[Any, ...]:
    _, *rest = _loss_grad(d, *row)
    return d(1).reshape(()), *rest, d.positive(1).reshape(())


for label, row in LOSSES.items():
    add("cross_entropy", label, lambda d, row=row: (*_loss(d, *row[:4]), *row[3:]), tolerance=3)
    add("cross_entropy_grad", label, lambda d, row=row: _loss_grad(d, *row), tolerance=3)
    if row[0]:
        add("cross_entropy_mean", label, lambda d, row=row: (*_loss(d, *row[:4]), *row[3:]), tolerance=3)
        add("cross_entropy_grad", f"{label}-mean", lambda d, row=row: _mean_grad(d, *row), tolerance=3)
add("cross_entropy", "extreme", lambda d: (d.values(1e4, -1e4, 0, 1e4).reshape(2, 2), d.ints(2, 2), None, -100, 0.0))
add("cross_entropy", "minus-inf", lambda d: (d.marked(-math.inf, 4, 6), d.ints(6, 4), None, -100, 0.0))
add("cross_entropy", "all-ignored", lambda d: (d(3, 4), np.full(3, 9), None, 9, 0.1))
add("cross_entropy_grad", "all-ignored", lambda d: (d(3), d(3, 4), np.full(3, 9), d(3), None, 9, 0.1))

# -- indexing ----------------------------------------------------------------------------------------------------------
for label, shape in {"vector": (700,), "table": (7, 5), "none": (0,), "0d": ()}.items():
    add("check_positions", label, lambda d, shape=shape: (d.ints(9, *shape) - 4, -4, 5))
for label, (rows, width, shape) in {
    "small": (4, 3, (9,)),
    "packs": (50, 16, (7, 5)),
    "large": (300, 24, (700,)),
    "column": (5, 1, (6,)),
    "none": (4, 3, (0, 2)),
    "0d": (4, 3, ()),
}.items():
    add("gather_rows", label, lambda d, rows=rows, width=width, shape=shape: (d(rows, width), d.ints(rows, *shape)))
add("gather_rows", "maps", lambda d: (d(5, 4, 3), d.ints(5, 7)))
add("gather_rows", "vector", lambda d: (d(5), d.ints(5, 7)))
for label, (x, index, axis) in {
    "1d": ((6,), (9,), 0),
    "rows": ((4, 5), (7, 5), 0),
    "columns": ((4, 5), (4, 8), -1),
    "smaller": ((4, 5, 3), (2, 6, 3), 1),
    "large": ((50, 40), (300, 40), 0),
    "columns-large": ((50, 40), (50, 90), 1),
    "middle-large": ((9, 20, 30), (9, 17, 30), -2),
    "smaller-large": ((9, 20, 30), (5, 40, 30), 1),
    "none": ((4, 5), (0, 5), 0),
}.items():
    add("gather", label, lambda d, x=x, index=index, axis=axis: (d(*x), d.ints(x[axis], *index), axis))
for label, (m, n, rows) in {
    "small": (9, 3, 4),
    "large": (700, 32, 50),
    "one-row": (40, 8, 1),
    "none": (0, 3, 4),
}.items():
    add("scatter_rows", label, lambda d, m=m, n=n, rows=rows: (d(m, n), d.ints(rows, m), rows), tolerance=3)

INDICES: dict[str, Callable[[Draw], Any]] = {
    "array": lambda d: d.ints(5, 7),
    "negative": lambda d: np.array([-1, 0, -5, -1]),
    "pair": lambda d: (d.ints(5, 6), d.ints(4, 6)),
    "outer": lambda d: (d.ints(5, 3, 1), d.ints(4, 2)),
    "mask": lambda d: d.flags(5, 4),
    "slice": lambda d: (slice(None, None, -2), slice(1, 3)),
    "slice-array": lambda d: (slice(1, None), d.ints(4, 5)),
    "none": lambda d: (None, 2),
    "ellipsis": lambda d: (..., d.ints(3, 6)),
    "empty": lambda d: d.ints(5, 0),
}


def _index_add(d: Draw, make: Callable[[Draw], Any]) -> tuple[Any, ...]:
    out, index = d(5, 4, 3), make(d)
    return out, index, d(*out[index].shape)


for label, index in INDICES.items():
    add("index_add_", label, lambda d, index=index: _index_add(d, index), tolerance=3)
add("index_add_", "broadcast", lambda d: (d(5, 4), d.ints(5, 7), d(4)), tolerance=3)
add("index_add_", "large", lambda d: (d(60, 40), d.ints(60, 500), d(500, 40)), tolerance=3)

for label, (out, index, src, axis) in {
    "1d": ((6,), (9,), (9,), 0),
    "rows": ((4, 5), (7, 5), (7, 5), 0),
    "columns": ((4, 5), (4, 8), (4, 8), -1),
    "smaller": ((4, 5, 3), (2, 6, 3), (3, 7, 4), 1),
    "large": ((50, 40), (300, 40), (300, 40), 0),
    "none": ((4, 5), (0, 5), (0, 5), 0),
}.items():
    add(
        "scatter_add_",
        label,
        lambda d, o=out, i=index, s=src, axis=axis: (d(*o), d.ints(o[axis], *i), d(*s), axis),
        tolerance=3,
    )
