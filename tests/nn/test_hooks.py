"""Functions around a module's forward and backward: when they run, what they may change, how they go away."""

from __future__ import annotations

import copy

import numpy as np
import pytest

import autograd as ag
import nn
from tests.nn.parity import array


class Scale(nn.Module):
    """x * 3 + shift."""

    def forward(self, x, shift=0.0):
        return x * 3 + shift


class Pair(nn.Module):
    """(a * 2, b * 5)."""

    def forward(self, a, b):
        return a * 2, b * 5


def leaf(*values: float) -> ag.Tensor:
    return ag.tensor(list(values), requires_grad=True)


# -- forward ----------------------------------------------------------------------------------------------------------


def test_order_and_removal() -> None:
    m, seen = Scale(), []
    handles = [
        m.register_forward_pre_hook(lambda m, a: seen.append("pre")),
        m.register_forward_pre_hook(lambda m, a: seen.append("first"), prepend=True),
        m.register_forward_hook(lambda m, a, y: seen.append("post")),
        m.register_forward_hook(lambda m, a, y: seen.append("early"), prepend=True),
    ]
    m(ag.ones(1))
    assert seen == ["first", "pre", "early", "post"]
    for handle in handles:
        handle.remove()
        handle.remove()
    m(ag.ones(1))
    assert len(seen) == 4 and not m._forward_hooks
    with m.register_forward_hook(lambda m, a, y: y * 0):
        assert m(ag.ones(1)).item() == 0
    assert m(ag.ones(1)).item() == 3


CHANGES = [
    (lambda m: m.register_forward_pre_hook(lambda m, a: a[0] + 1), 6),
    (lambda m: m.register_forward_pre_hook(lambda m, a: (a[0] + 1, 10.0)), 16),
    (lambda m: m.register_forward_pre_hook(lambda m, a, k: (a, {"shift": 5.0}), with_kwargs=True), 8),
    (lambda m: m.register_forward_pre_hook(lambda m, a, k: None, with_kwargs=True), 4),
    (lambda m: m.register_forward_hook(lambda m, a, y: y * 2), 8),
    (lambda m: m.register_forward_hook(lambda m, a, k, y: y + k["shift"], with_kwargs=True), 5),
    (lambda m: m.register_forward_hook(lambda m, a, y: None), 4),
]


@pytest.mark.parametrize("register, result", CHANGES)
def test_changes(register, result: float) -> None:
    m = Scale()
    register(m)
    y = m(ag.ones(1)) if result == 16 else m(ag.ones(1), shift=1.0)
    assert y.item() == result + (1 if result == 6 else 0)


def test_a_hook_that_is_always_called() -> None:
    class Broken(nn.Module):
        def forward(self, x):
            raise ValueError("no")

    m, seen = Broken(), []
    m.register_forward_hook(lambda m, a, y: seen.append("ordinary"))
    m.register_forward_hook(lambda m, a, y: seen.append(y), always_call=True)
    with pytest.raises(ValueError, match="no"):
        m(1)
    assert seen == [None]
    m.register_forward_hook(lambda m, a, y: 1 / 0, always_call=True)
    with (
        pytest.warns(UserWarning, match="forward hook with always_call=True raised another error"),
        pytest.raises(ValueError, match="no"),
    ):
        m(1)


def test_a_hook_that_raises_is_not_run_twice() -> None:
    m, calls = Scale(), []

    def hook(m, a, y):
        calls.append(1)
        raise KeyError("hook")

    m.register_forward_hook(hook, always_call=True)
    with pytest.raises(KeyError):
        m(ag.ones(1))
    assert calls == [1]


def test_hooks_survive_copies() -> None:
    m = Scale()
    m.register_forward_hook(_double)
    c = copy.deepcopy(m)
    assert c(ag.ones(1)).item() == 6
    m._forward_hooks.clear()
    assert c(ag.ones(1)).item() == 6


def _double(m, a, y):
    return y * 2


def test_a_pre_hook_with_kwargs_returns_a_pair() -> None:
    m = Scale()
    m.register_forward_pre_hook(lambda m, a, k: a, with_kwargs=True)
    with pytest.raises(RuntimeError, match=r"forward pre-hook: expected None or a tuple \(args, kwargs\), got tuple"):
        m(ag.ones(1))


# -- backward ---------------------------------------------------------------------------------------------------------


def test_full_backward_hooks_see_both_sides() -> None:
    m, seen = Pair(), []
    m.register_full_backward_pre_hook(lambda m, g: seen.append(("pre", g)))
    m.register_full_backward_hook(lambda m, gi, go: seen.append((gi, go)))
    a, b = leaf(1.0, 2.0), leaf(3.0)
    y, z = m(a, b)
    (y.sum() + z.sum() * 10).backward()
    (name, first), (grad_input, grad_output) = seen
    assert name == "pre" and [g.tolist() for g in first] == [[1, 1], [10]]
    assert [g.tolist() for g in grad_input] == [[2, 2], [50]]
    assert [g.tolist() for g in grad_output] == [[1, 1], [10]]
    assert a.grad.tolist() == [2, 2] and b.grad.tolist() == [50]


def test_backward_hooks_change_gradients() -> None:
    m, x = Scale(), leaf(1.0)
    m.register_full_backward_pre_hook(lambda m, g: g[0] * 2)
    m.register_full_backward_hook(lambda m, gi, go: (gi[0] + 1, None), prepend=True)
    m(x, ag.ones(1)).sum().backward()
    assert x.grad.item() == 7


def test_backward_hooks_agree_with_torch(torch) -> None:
    def run(library, make):
        seen = []
        m = library.Linear(2, 2)
        with (ag if library is nn else torch).no_grad():
            m.weight.copy_(make([[1.0, 2.0], [3.0, 4.0]]))
        m.register_full_backward_hook(lambda m, gi, go: seen.append((gi, go)))
        x = make([[1.0, 1.0]]).requires_grad_()
        (m(x) ** 2).sum().backward()
        m(x.detach()).sum().backward()
        return [
            [None if g is None else array(g).round(3).tolist() for g in part] for pair in seen for part in pair
        ], x.grad

    with np.errstate(all="ignore"), pytest.warns(UserWarning, match="Full backward hook"):
        theirs, g = run(torch.nn, torch.tensor)
    ours, h = run(nn, ag.tensor)
    np.testing.assert_allclose(array(h), array(g), atol=20)  # the biases are random
    assert [len(p) for p in ours] == [len(p) for p in theirs]
    assert ours[2] == theirs[2] == [None]


def test_where_no_input_requires_grad() -> None:
    m, seen = nn.Linear(1, 1), []
    handle = m.register_full_backward_hook(lambda m, gi, go: seen.append((gi, go[0].tolist())))
    m(ag.ones(2, 1)).sum().backward()
    assert seen == [((None,), [[1], [1]])]
    handle.remove()
    m.register_full_backward_hook(lambda m, gi, go: (go[0],))
    with pytest.raises(RuntimeError, match="expected None where no input of the module requires grad, got a gradient"):
        m(ag.ones(2, 1)).sum().backward()


def test_nothing_runs_without_gradients() -> None:
    m, seen = Scale(), []
    m.register_full_backward_hook(lambda m, gi, go: seen.append(1))
    with ag.no_grad():
        assert m(leaf(1.0)).item() == 3
    assert m(ag.ones(1)).item() == 3
    assert seen == []


def test_the_wrong_number_of_gradients() -> None:
    m = Scale()
    m.register_full_backward_hook(lambda m, gi, go: (gi[0], gi[0]))
    with pytest.raises(RuntimeError, match="full backward hook: expected None or 1 gradients, got 2"):
        m(leaf(1.0)).sum().backward()


def test_second_derivatives_go_through_hooks(torch) -> None:
    def run(library, make):
        m, x = library.Tanh(), make([0.5]).requires_grad_()
        m.register_full_backward_hook(lambda m, gi, go: (gi[0] * 2,))
        grad = (ag if library is nn else torch).autograd.grad
        (g,) = grad(m(x).sum(), x, create_graph=True)
        return g.item(), *(h.item() for h in grad(g.sum(), x))

    assert run(nn, ag.tensor) == pytest.approx(run(torch.nn, torch.tensor))


def test_hooks_of_all_modules() -> None:
    from nn.modules.module import (
        register_module_forward_hook,
        register_module_forward_pre_hook,
        register_module_full_backward_hook,
        register_module_full_backward_pre_hook,
    )

    model, seen = nn.Sequential(nn.Linear(2, 2), nn.ReLU()), []
    model[0].register_forward_pre_hook(lambda module, args: seen.append("own"))

    def note(kind: str):
        return lambda module, *rest: seen.append((kind, type(module).__name__))

    with (
        register_module_forward_pre_hook(note("before")),
        register_module_forward_hook(lambda module, args, output: 2 * output if isinstance(module, nn.ReLU) else None),
        register_module_full_backward_pre_hook(note("backward before")),
        register_module_full_backward_hook(note("backward")),
    ):
        x = ag.ones(1, 2, requires_grad=True)
        y = model(x)
        y.sum().backward()
    assert seen[:4] == [("before", "Sequential"), ("before", "Linear"), "own", ("before", "ReLU")]
    assert seen[4:] == [
        (kind, name)
        for name, kind in [
            ("Sequential", "backward before"),
            ("ReLU", "backward before"),
            ("ReLU", "backward"),
            ("Linear", "backward before"),
            ("Linear", "backward"),
            ("Sequential", "backward"),
        ]
    ]
    seen.clear()
    assert ag.equal(2 * model(x), y)
    assert seen == ["own"]
