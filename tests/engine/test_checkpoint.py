"""Activation checkpointing: the same gradients to the bit, the memory gone, and everything a graph can do."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest

import autograd as ag
import nn
from autograd.errors import GraphError
from autograd.utils.checkpoint import checkpoint, checkpoint_sequential


def draw(*shape: int, seed: int = 0) -> ag.Tensor:
    return ag.tensor(np.random.default_rng(seed).standard_normal(shape).astype("float32"), requires_grad=True)


W = ag.from_numpy(np.random.default_rng(9).standard_normal((4, 4)).astype("float32"))


def one(x, w):
    return (x @ w).tanh() * x.exp()


def several(x, w):
    h = (x @ w).sin()
    return {"h": h, "rest": (h * w.sum(), x.detach(), "text")}


def views(x, w):
    h = (x * 2).reshape(-1)[1:9].reshape(2, 4)
    h[0] = w[0] * w[1]
    return h.t() * h.t()


def in_place(x, w):
    h = x * w.sum()
    h.mul_(2).add_(x)
    return h.sigmoid()


def random(x, w):
    return x * ag.rand(3, 4) + (w * ag.randn(4)).sum()


class Cube(ag.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        y = x * x
        ctx.save_for_backward(x, None, y)
        return y * x

    @staticmethod
    def backward(ctx, g):
        _x, _, y = ctx.saved_tensors
        return 3 * y * g


def user_function(x, w):
    return Cube.apply(x @ w).sin()


def nested(x, w):
    h = checkpoint(one, x, w, use_reentrant=False)
    return checkpoint(lambda h: checkpoint(Cube.apply, h * 0.1).sum(1) * x.sum(), h)


FUNCTIONS = [one, several, views, in_place, random, user_function, nested]


def total(result):
    if isinstance(result, dict):
        return (result["h"] * 3).sum() + result["rest"][0].sum()
    return (result * result).sum()


def gradients(call, **how):
    """Leaf gradients of a run, with a use of both inputs outside the segment, too."""
    ag.manual_seed(3)
    x, w = draw(3, 4), draw(4, 4, seed=1)
    loss = total(call(x * 1.0, w)) + (x.sum() * w).sum()
    loss.backward(**how)
    return x.grad.numpy(), w.grad.numpy()


@pytest.mark.parametrize("function", FUNCTIONS)
def test_gradients_are_equal_to_the_bit(function) -> None:
    wanted = gradients(function)
    for found in (gradients(lambda x, w: checkpoint(function, x, w, use_reentrant=False)),
                  gradients(lambda x, w: checkpoint(function, x, w=w, use_reentrant=True)),
                  gradients(lambda x, w: checkpoint(lambda: function(x, w)))):  # fmt: skip
        assert all(np.array_equal(a, b) for a, b in zip(wanted, found, strict=True))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_random_stream_goes_on_as_if_nothing_had_happened(function) -> None:
    after = []
    for call in (function, lambda x, w: checkpoint(function, x, w)):
        gradients(call)
        after.append(ag.rand(2).tolist())
    assert after[0] == after[1]


def test_other_random_numbers_without_preserving() -> None:
    x = ag.ones(100, requires_grad=True)
    y = checkpoint(lambda t: t * ag.rand(100), x, preserve_rng_state=False)
    y.sum().backward()
    assert not np.array_equal(x.grad.numpy(), y.detach().numpy())
    x.grad = None
    y = checkpoint(lambda t: t * ag.rand(100), x)
    y.sum().backward()
    assert np.array_equal(x.grad.numpy(), y.detach().numpy())


@pytest.mark.parametrize("function", [one, views, user_function, nested])
def test_higher_derivatives(function) -> None:
    def second(call):
        x, w = draw(3, 4), draw(4, 4, seed=1)
        (g,) = ag.autograd.grad(total(call(x, w)), x, create_graph=True)
        ((g * g).sum() + (w * w).sum()).backward()
        return x.grad.numpy(), w.grad.numpy()

    wanted, found = second(function), second(lambda x, w: checkpoint(function, x, w))
    assert all(np.array_equal(a, b) for a, b in zip(wanted, found, strict=True))


def test_layers_with_dropout_and_normalisation() -> None:
    ag.manual_seed(1)
    model = nn.Sequential(
        nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Dropout(0.4), nn.Flatten(), nn.Linear(64, 3), nn.Dropout(0.2)
    )  # fmt: skip
    x, target = ag.rand(5, 2, 6, 6), ag.randint(0, 3, (5,))
    found = []
    for call in (model, lambda x: checkpoint(model, x), lambda x: checkpoint_sequential(model, 3, x)):
        model.zero_grad()
        ag.manual_seed(2)
        nn.functional.cross_entropy(call(x), target).backward()
        found.append([p.grad.numpy().copy() for p in model.parameters()])
    for other in found[1:]:
        assert all(np.array_equal(a, b) for a, b in zip(found[0], other, strict=True))


def test_parameters_of_the_closure_get_gradients_where_no_argument_does() -> None:
    x, w = ag.ones(2, 4), draw(4, 4)
    y = checkpoint(lambda x: (x @ w).tanh(), x)
    assert y.requires_grad
    (found,) = ag.autograd.grad(y.sum(), w)
    (wanted,) = ag.autograd.grad((x @ w).tanh().sum(), w)
    assert np.array_equal(found.numpy(), wanted.numpy()) and w.grad is None


def test_retained_graphs_and_inputs() -> None:
    x, w = draw(3, 4), draw(4, 4, seed=1)
    y = checkpoint(one, x, w).sum()
    y.backward(retain_graph=True, inputs=[x])
    first = x.grad.numpy().copy()
    assert w.grad is None
    y.backward()
    assert np.array_equal(x.grad.numpy(), 2 * first)
    with pytest.raises(GraphError, match="was freed by an earlier backward"):
        y.backward()


def test_hooks_inside_run_once_per_backward() -> None:
    x, seen = draw(3, 4), []

    def function(x):
        h = x.exp()
        if h.requires_grad:
            h.register_hook(lambda g: seen.append(g.shape))
        return h.sin()

    checkpoint(function, x).sum().backward()
    assert seen == [(3, 4)]


def test_structures_and_other_arguments() -> None:
    x = draw(3)

    def function(p, power, *, flag):
        return [p["x"] ** power if flag else p["x"]]

    (y,) = checkpoint(function, {"x": x}, 3, flag=True)
    y.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), 3 * x.detach().numpy() ** 2, rtol=1e-6)


def test_without_recording_it_is_a_plain_call() -> None:
    x = draw(3)
    with ag.no_grad():
        assert not checkpoint(lambda x: x.exp(), x).requires_grad
    assert not checkpoint(lambda x: x.exp(), x.detach()).requires_grad
    y = checkpoint(lambda x: x, x)  # returns its argument
    assert y is x


def test_memory_is_released_and_comes_back_only_in_backward() -> None:
    arrays: list[weakref.ref] = []
    runs = []

    def function(x):
        runs.append(1)
        for _ in range(4):
            x = x.exp()
            arrays.append(weakref.ref(x.raw))
            x = x.sin()
        return x.sum()

    def alive() -> int:
        return sum(ref() is not None for ref in arrays)

    gc.disable()
    try:
        x = draw(1000)
        plain = function(x)
        assert alive() >= 3  # the graph keeps them
        del plain
        assert alive() == 0
        y = checkpoint(function, x)
        assert alive() == 0
        y.backward()
        assert alive() == 0 and len(runs) == 3
        deep = checkpoint(lambda x: checkpoint(function, checkpoint(function, x) * x), x)
        assert alive() == 0
        deep.backward()
        assert alive() == 0
        unused = checkpoint(function, x)
        del unused
    finally:
        gc.enable()


def test_one_segment_at_a_time_comes_back() -> None:
    arrays: list[weakref.ref] = []
    most = []

    def block(x):
        for _ in range(5):
            x = x.exp()
            arrays.append(weakref.ref(x.raw))
            x = x.sin()
        if len(arrays) > 40:  # running again
            most.append(sum(ref() is not None for ref in arrays))
        return x

    x = draw(10)
    y = checkpoint_sequential([block] * 8, 8, x)
    y.sum().backward()
    assert len(arrays) == 75 and max(most) < 20  # 7 blocks ran twice; of 40 arrays a few live at a time


@pytest.mark.parametrize("segments", [1, 2, 3, 7])
def test_checkpoint_sequential(segments: int) -> None:
    functions = [lambda t, k=k: (t * (k + 1)).sin() for k in range(7)]
    x, y = draw(5), draw(5)
    result = checkpoint_sequential(functions, segments, x, use_reentrant=False)
    plain = y
    for function in functions:
        plain = function(plain)
    result.sum().backward()
    plain.sum().backward()
    assert np.array_equal(result.detach().numpy(), plain.detach().numpy())
    assert np.array_equal(x.grad.numpy(), y.grad.numpy())


def test_context_functions() -> None:
    log = []

    class Context:
        def __init__(self, name: str) -> None:
            self.name = name

        def __enter__(self) -> None:
            log.append(self.name)

        def __exit__(self, *exc: object) -> None:
            pass

    x = draw(2)
    y = checkpoint(lambda x: x.exp(), x, context_fn=lambda: (Context("first"), Context("second")))
    assert log == ["first"]
    y.sum().backward()
    assert log == ["first", "second"]


def changed_argument():
    x = ag.ones(2, requires_grad=True) * 2
    y = checkpoint(lambda t: (t + 1).exp(), x)
    x.mul_(3)
    return y.sum()


def changed_inside():
    x = ag.ones(2, requires_grad=True) * 2
    return checkpoint(lambda t: t.mul_(2).exp(), x).sum()


def other_operations():
    flag = [True]

    def function(x):
        return x.exp() if flag.pop() else x.sin()

    y = checkpoint(function, ag.ones(2, requires_grad=True))
    flag.append(False)
    return y.sum()


def other_shapes():
    sizes = [2, 3]
    x = ag.ones(1, requires_grad=True)
    return checkpoint(lambda x: x.expand(sizes.pop()).exp().sum(), x)


ERRORS = [
    (changed_argument, r"checkpoint: .* something modified argument 0 of shape \(2,\) in place \(mul_\)"),
    (changed_inside, r"checkpoint: .* the function modified argument 0 of shape \(2,\) in place \(mul_\)"),
    (other_operations, "checkpoint: expected the second run .* got .*sinBackward.* instead of .*expBackward.*"),
    (other_shapes, r"checkpoint: expected the second run .*\(2,\).* instead of .*\(3,\)"),
]


@pytest.mark.parametrize("run, text", ERRORS)
def test_errors(run, text: str) -> None:
    with pytest.raises(GraphError, match=text):
        run().backward()


def test_wrong_arguments() -> None:
    with pytest.raises(ValueError, match="checkpoint: expected determinism_check 'default' or 'none', got 'maybe'"):
        checkpoint(one, W, W, determinism_check="maybe")
    with pytest.raises(ValueError, match="checkpoint_sequential: expected 1 to 2 segments for 2 functions, got 3"):
        checkpoint_sequential([ag.exp, ag.sin], 3, W)


def test_anomaly_and_in_place_messages_survive() -> None:
    x = ag.ones(2, requires_grad=True) * 1
    w = ag.ones(2, requires_grad=True) * 2
    y = checkpoint(lambda x: x * w, x)
    w.add_(1)
    with pytest.raises(GraphError, match=r"mul needs a tensor of shape \(2,\) that add_ has since modified in place"):
        y.sum().backward()


def test_agrees_with_torch(torch) -> None:
    from torch.utils.checkpoint import checkpoint as theirs

    x = draw(3, 4)
    p = torch.from_numpy(x.detach().numpy().copy()).requires_grad_()
    checkpoint(lambda t: (t.sin() * t).exp(), x).sum().backward()
    theirs(lambda t: (t.sin() * t).exp(), p, use_reentrant=False).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), p.grad.numpy(), rtol=1e-5)
