"""``autograd.Function``: operations written by users, in both styles, to any order, with every mistake explained."""

from __future__ import annotations

import gc
import inspect
import weakref

import numpy as np
import pytest

import autograd as ag
from autograd.autograd import Function, once_differentiable
from autograd.errors import GraphError, ShapeError


def leaf(*values: float) -> ag.Tensor:
    return ag.tensor(values if len(values) != 1 else values[0], dtype=ag.float64, requires_grad=True)


class Exp(Function):
    """Saves its output."""

    @staticmethod
    def forward(ctx, x):
        y = x.exp()
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx, g):
        (y,) = ctx.saved_tensors
        return g * y


class Mul(Function):
    """Saves its inputs, in the newer style."""

    @staticmethod
    def forward(a, b):
        return a * b

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx, g):
        a, b = ctx.saved_tensors
        return g * b if ctx.needs_input_grad[0] else None, g * a if ctx.needs_input_grad[1] else None


class Scale(Function):
    """Takes what is no tensor, and keeps it on the context."""

    @staticmethod
    def forward(ctx, x, factor, mode="times"):
        ctx.factor = factor
        return x * factor

    @staticmethod
    def backward(ctx, g):
        return g * ctx.factor, None, None


class Split(Function):
    """Two outputs."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x, x.sum()

    @staticmethod
    def backward(ctx, g_square, g_sum):
        (x,) = ctx.saved_tensors
        return 2 * x * g_square + g_sum


@pytest.mark.parametrize(
    "function, plain",
    [
        (Exp.apply, lambda x: x.exp()),
        (lambda x: Mul.apply(x, x), lambda x: x * x),
        (lambda x: Mul.apply(x, Exp.apply(x)), lambda x: x * x.exp()),
        (lambda x: Scale.apply(x, 3.0), lambda x: x * 3),
        (lambda x: Split.apply(x)[0], lambda x: x * x),
        (lambda x: Split.apply(x)[1] * x, lambda x: x.sum() * x),
        (lambda x: sum(Split.apply(x)), lambda x: x * x + x.sum()),
    ],
)
def test_derivatives_of_every_order(function, plain) -> None:
    x = leaf(0.5, -1.0, 2.0)
    a, b = function(x), plain(x)
    for _ in range(3):
        np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), rtol=1e-12)
        (a,) = ag.autograd.grad(a.sum(), x, create_graph=True, materialize_grads=True)
        (b,) = ag.autograd.grad(b.sum(), x, create_graph=True, materialize_grads=True)
        if not (a.requires_grad and b.requires_grad):
            break
    assert ag.autograd.gradcheck(function, (x,)) and ag.autograd.gradgradcheck(function, (x,))


def test_needs_input_grad() -> None:
    seen = []

    class Seen(Mul):
        @staticmethod
        def backward(ctx, g):
            seen.append(ctx.needs_input_grad)
            return Mul.backward(ctx, g)

    x, c = leaf(2.0), ag.tensor(3.0, dtype=ag.float64)
    Seen.apply(x, c).backward()
    Seen.apply(c, x).backward()
    Seen.apply(x, x).backward()
    assert seen == [(True, False), (False, True), (True, True)] and x.grad.item() == 3 + 3 + 4


def test_nothing_is_recorded_where_nothing_needs_it() -> None:
    c = ag.ones(2)
    assert not Exp.apply(c).requires_grad
    with ag.no_grad():
        assert not Exp.apply(leaf(1.0)).requires_grad


def test_names() -> None:
    y = Exp.apply(leaf(1.0))
    assert y.grad_fn.name() == "ExpBackward" and "grad_fn=<ExpBackward>" in repr(y)
    assert not y.is_leaf and y.requires_grad


def test_forward_does_not_record() -> None:
    class Look(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.enabled = ag.is_grad_enabled()
            return (x * 2) * 1

        @staticmethod
        def backward(ctx, g):
            return 2 * g

    nodes = [Look.apply(leaf(1.0)).grad_fn]
    for node in nodes:
        nodes += [n for n, _ in node.next_functions]
    assert {n.name() for n in nodes} == {"LookBackward", "AccumulateGrad"}


def test_outputs_that_are_not_tensors_or_not_differentiable() -> None:
    class Top(Function):
        @staticmethod
        def forward(ctx, x):
            index = x.argmax()
            rounded = x.round()
            ctx.mark_non_differentiable(rounded)
            ctx.save_for_backward(index)
            ctx.shape = x.shape
            return x[index], index, rounded, "text", None

        @staticmethod
        def backward(ctx, g, g_index, g_rounded, g_text, g_none):
            assert g_rounded is None or not g_rounded.numpy().any()
            out = ag.zeros(ctx.shape, dtype=g.dtype)
            out[ctx.saved_tensors[0]] = g
            return out

    x = leaf(1.0, 5.0, 2.0)
    top, index, rounded, text, none = Top.apply(x)
    assert top.requires_grad and not index.requires_grad and not rounded.requires_grad
    assert (text, none, index.item()) == ("text", None, 1)
    (top * 3 + rounded.sum()).backward()
    assert x.grad.tolist() == [0.0, 3.0, 0.0]


@pytest.mark.parametrize("materialize, kinds", [(True, ["Tensor", "Tensor"]), (False, ["Tensor", "NoneType"])])
def test_gradients_of_unused_outputs(materialize: bool, kinds: list[str]) -> None:
    seen = []

    class Two(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.set_materialize_grads(materialize)
            return x * 1, x * 2

        @staticmethod
        def backward(ctx, a, b):
            seen.extend(type(g).__name__ for g in (a, b))
            return a if b is None else a + 2 * b

    x = leaf(1.0, 2.0)
    Two.apply(x)[0].sum().backward()
    assert seen == kinds and x.grad.tolist() == [1.0, 1.0]


# -- in-place ----------------------------------------------------------------------------------------------------------
class Double_(Function):
    """Writes into its argument and saves it."""

    @staticmethod
    def forward(ctx, x):
        x.mul_(2)
        ctx.mark_dirty(x)
        ctx.save_for_backward(x)
        return x

    @staticmethod
    def backward(ctx, g):
        (doubled,) = ctx.saved_tensors
        ctx.last = doubled.tolist()
        return 2 * g


def test_mark_dirty() -> None:
    x = leaf(1.0, 2.0)
    h = x * 1
    y = Double_.apply(h)
    assert y is h and h.grad_fn.name() == "Double_Backward" and h.tolist() == [2.0, 4.0]
    (h * h).sum().backward()  # (2x)^2
    assert x.grad.tolist() == [8.0, 16.0]


def test_a_dirty_view_reaches_its_base() -> None:
    x = leaf(1.0, 2.0)
    h = x * 1
    Double_.apply(h[1:])
    assert h.tolist() == [1.0, 4.0]
    (h * h).sum().backward()
    assert x.grad.tolist() == [2.0, 16.0]


def test_a_write_after_saving_is_noticed() -> None:
    x = leaf(1.0, 2.0)
    y = Exp.apply(x)
    line = inspect.currentframe().f_lineno - 1
    y.add_(1)
    with pytest.raises(GraphError) as e:
        y.sum().backward()
    text = "backward: Exp needs a tensor of shape (2,) that add_ has since modified in place. The forward ran at "
    assert str(e.value).startswith(f"{text}{__file__}, line {line}, in ")


def test_an_input_returned_as_it_is_gets_a_node_of_its_own() -> None:
    class Same(Function):
        @staticmethod
        def forward(ctx, x):
            return x

        @staticmethod
        def backward(ctx, g):
            return g * 7

    x = leaf(1.0)
    y = Same.apply(x)
    assert y is not x and x.is_leaf and y.grad_fn.name() == "SameBackward"
    y.backward()
    assert x.grad.item() == 7.0


def test_a_view_returned_by_forward() -> None:
    class First(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.shape = x.shape
            return x[:1]

        @staticmethod
        def backward(ctx, g):
            out = ag.zeros(ctx.shape, dtype=g.dtype)
            out[:1] = g
            return out

    x = leaf(1.0, 2.0)
    (First.apply(x * 3) * 5).sum().backward()
    assert x.grad.tolist() == [15.0, 0.0]


# -- freeing -----------------------------------------------------------------------------------------------------------
def test_saved_tensors_are_freed() -> None:
    y = Mul.apply(leaf(1.0), leaf(2.0))
    y.backward()
    with pytest.raises(GraphError, match="backward: the graph through Mul was freed by an earlier backward"):
        y.backward()


def test_retained_graphs_can_be_walked_again() -> None:
    x = leaf(2.0)
    y = Exp.apply(x)
    y.backward(retain_graph=True)
    y.backward()
    np.testing.assert_allclose(x.grad.item(), 2 * np.exp(2.0))


def test_a_function_that_saves_its_output_makes_no_cycle() -> None:
    gc.disable()
    try:
        x = leaf(1.0, 2.0)
        y = Exp.apply(x)
        refs = [weakref.ref(y), weakref.ref(y.grad_fn), weakref.ref(y.raw)]
        del y
        assert [r() for r in refs] == [None] * 3
        z = Split.apply(x)
        refs = [weakref.ref(t.grad_fn) for t in z]
        ag.autograd.grad(z[0].sum() + z[1], x, create_graph=True)
        del z
        assert [r() for r in refs] == [None] * 2
    finally:
        gc.enable()


# -- mistakes ----------------------------------------------------------------------------------------------------------
def returning(*results: object):
    """A function of two inputs whose backward returns these."""

    class Wrong(Function):
        @staticmethod
        def forward(ctx, a, b):
            return a * b

        @staticmethod
        def backward(ctx, g):
            made = tuple(r(g) if callable(r) else r for r in results)
            return made if len(made) != 1 else made[0]

    return Wrong.apply(leaf(1.0, 2.0), leaf(3.0, 4.0)).sum()


MISTAKES = [
    (
        lambda: returning(lambda g: g),
        GraphError,
        r"Wrong.backward: expected 2 gradients, one per input of forward, got 1. Return None",
    ),
    (lambda: returning(lambda g: g, None, lambda g: g), GraphError, "Wrong.backward: expected 2 gradients, .* got 3"),
    (
        lambda: returning(lambda g: g.sum(), None),
        ShapeError,
        r"Wrong.backward: expected a gradient of shape \(2,\) for input 0, got \(\)",
    ),
    (
        lambda: returning(None, lambda g: ag.ones(3)),
        ShapeError,
        r"Wrong.backward: expected a gradient of shape \(2,\) for input 1, got \(3,\)",
    ),
    (
        lambda: returning(lambda g: 1.0, None),
        TypeError,
        "Wrong.backward: expected a Tensor or None for input 0, got float",
    ),
]


@pytest.mark.parametrize("run, kind, text", MISTAKES)
def test_mistakes(run, kind, text: str) -> None:
    with pytest.raises(kind, match=text):
        run().backward()


def test_more_nones_than_inputs_and_broadcast_gradients_are_accepted() -> None:
    returning(lambda g: g, None, None).backward()

    class Broadcast(Function):
        @staticmethod
        def forward(ctx, a, b):
            return a * b

        @staticmethod
        def backward(ctx, g):
            return g, g  # of the output's shape: summed to the input's

    a, b = leaf(1.0), leaf(3.0, 4.0)
    Broadcast.apply(a, b).sum().backward()
    assert a.grad.item() == 2.0 and b.grad.tolist() == [1.0, 1.0]


class Empty(Function):
    pass


class OnlyForward(Function):
    @staticmethod
    def forward(ctx, x):
        return x * 1


def test_missing_methods() -> None:
    with pytest.raises(NotImplementedError, match="Function: expected a subclass with a static forward"):
        Empty.apply(leaf(1.0))
    with pytest.raises(NotImplementedError, match="Function: expected a subclass with a static backward"):
        OnlyForward.apply(leaf(1.0)).backward()


def test_no_tensor_returned() -> None:
    class Number(Function):
        @staticmethod
        def forward(ctx, x):
            return 3.0

    with pytest.raises(GraphError, match="Number: expected forward to return a Tensor, got float"):
        Number.apply(leaf(1.0))


def test_once_differentiable() -> None:
    class Once(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        @once_differentiable
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            assert not ag.is_grad_enabled()
            return 3 * x * x * g

    x = leaf(2.0)
    Once.apply(x).backward()
    assert x.grad.item() == 12.0
    (g,) = ag.autograd.grad(Once.apply(x), x, create_graph=True)
    assert g.item() == 12.0
    (h,) = ag.autograd.grad(Once.apply(x) * x, x, create_graph=True)
    with pytest.raises(GraphError, match="once_differentiable: this gradient cannot be differentiated again"):
        h.backward()


def test_agrees_with_torch(torch) -> None:
    def run(lib, make):
        class Softsign(lib.autograd.Function):
            @staticmethod
            def forward(ctx, x, scale):
                ctx.save_for_backward(x)
                ctx.scale = scale
                return x / (1 + x.abs()) * scale

            @staticmethod
            def backward(ctx, g):
                (x,) = ctx.saved_tensors
                return g * ctx.scale / (1 + x.abs()) ** 2, None

        x = make([0.5, -2.0, 3.0])
        (g,) = lib.autograd.grad(Softsign.apply(x * 2, 3).sum(), x, create_graph=True)
        (g**2).sum().backward()
        return g.tolist(), x.grad.tolist()

    ours = run(ag, lambda v: ag.tensor(v, dtype=ag.float64, requires_grad=True))
    theirs = run(torch, lambda v: torch.tensor(v, dtype=torch.float64, requires_grad=True))
    np.testing.assert_allclose(ours, theirs, rtol=1e-12)
