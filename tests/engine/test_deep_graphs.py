"""Graphs of a million nodes: no recursion in backward, in double backward, or when they are freed."""

from __future__ import annotations

import gc
import sys
import weakref

import pytest

import autograd as ag
from autograd.func import grad, jvp
from autograd.utils.checkpoint import checkpoint

pytestmark = pytest.mark.cpu_only("the walk is the same on every device")


def chain(x: ag.Tensor, length: int) -> ag.Tensor:
    zero = ag.zeros_like(x)
    for _ in range(length):
        x = x + zero
    return x


@pytest.mark.slow
def test_a_million_nodes() -> None:
    x = ag.ones(1, requires_grad=True)
    y = chain(x, 1_000_000)
    y.backward()
    assert x.grad.item() == 1.0
    node = weakref.ref(y.grad_fn)
    gc.disable()
    try:
        del y
        assert node() is None
    finally:
        gc.enable()


DEEP = 8_000
assert sys.getrecursionlimit() < DEEP


def views(x):
    for _ in range(DEEP // 2):
        x = x.reshape(1, 1)[0]
    return x


def writes(x):
    y = x * 1
    for _ in range(DEEP // 4):
        y.mul_(1)
    return y


def writes_through_views(x):
    y = x * 1
    for _ in range(DEEP // 8):
        y[0:1].add_(0)
    return y


def products(x):
    y, one = x, ag.ones_like(x)
    for _ in range(DEEP):
        y = y * one
    return y


def several(x):
    for _ in range(DEEP // 4):
        x, _ = x.sort()
    return x


class Same(ag.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * 1

    @staticmethod
    def backward(ctx, g):
        return g * 1


def functions(x):
    for _ in range(DEEP // 8):
        x = Same.apply(x)
    return x


def ladder(x):
    a, b = x, x * 1
    for _ in range(DEEP // 8):
        a, b = (a + b) * 0.5, (a + b) * 0.5
    return a


@pytest.mark.parametrize("graph", [views, writes, writes_through_views, products, several, functions, ladder])
def test_kinds_of_nodes(graph) -> None:
    x = ag.ones(1, requires_grad=True)
    y = graph(x)
    y.backward()
    assert x.grad.item() == 1.0
    node = weakref.ref(y.grad_fn)
    gc.disable()
    try:
        del y
        assert node() is None
    finally:
        gc.enable()


def test_a_graph_that_is_never_walked_is_freed_too() -> None:
    y = products(ag.ones(1, requires_grad=True))
    node = weakref.ref(y.grad_fn)
    del y
    assert node() is None


def test_higher_derivatives() -> None:
    x = ag.ones(1, dtype=ag.float64, requires_grad=True)
    (g,) = ag.autograd.grad(products(x) ** 3, x, create_graph=True)
    (h,) = ag.autograd.grad(g, x)
    assert (g.item(), h.item()) == (3.0, 6.0)


def test_transformations() -> None:
    x = ag.ones((), dtype=ag.float64)
    assert grad(lambda x: products(x) ** 2)(x).item() == 2.0
    assert jvp(lambda x: products(x) ** 2, (x,), (x,))[1].item() == 2.0


def test_checkpointing() -> None:
    x = ag.ones(1, requires_grad=True)
    checkpoint(products, x).backward()
    assert x.grad.item() == 1.0


def test_wide_graphs() -> None:
    x = ag.ones(1, requires_grad=True)
    ag.stack([x * 1 for _ in range(DEEP // 4)]).sum().backward()
    assert x.grad.item() == DEEP // 4
