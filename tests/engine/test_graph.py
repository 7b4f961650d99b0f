"""``autograd.graph``: packing what backward needs, hooks on several tensors."""

from __future__ import annotations

import pytest

import autograd as ag
from autograd import call
from autograd.graph import (
    allow_mutation_on_saved_tensors,
    disable_saved_tensors_hooks,
    get_gradient_edge,
    increment_version,
    register_multi_grad_hook,
    save_on_cpu,
    saved_tensors_hooks,
)
from autograd.node import Node
from autograd.packing import Packed
from autograd.utils.checkpoint import checkpoint


class Cube(ag.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x, None)
        return x**3

    @staticmethod
    def backward(ctx, g):
        x, nothing = ctx.saved_tensors
        assert nothing is None
        return 3 * x * x * g


FUNCTIONS = {
    "one operand": lambda x: x.exp(),
    "two operands": lambda x: x * x.sin(),
    "several outputs": lambda x: x.max(0).values + x.sort(0).values[0],
    "a function of one's own": Cube.apply,
    "a view": lambda x: (x[1:] * x[:-1]).exp(),
    "a checkpoint": lambda x: checkpoint(lambda t: t.exp() * t, x) * x,
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_what_was_packed_gives_the_same_gradients(name: str) -> None:
    function, packed, unpacked = FUNCTIONS[name], [], []
    x = ag.randn(4, requires_grad=True)
    (expected,) = ag.autograd.grad(function(x).sum(), x)

    def pack(t: ag.Tensor) -> tuple[str, ag.Tensor]:
        packed.append(tuple(t.shape))
        return "kept", t + 0  # operations in a hook are not packed

    def unpack(kept: tuple[str, ag.Tensor]) -> ag.Tensor:
        unpacked.append(kept[0])
        return kept[1]

    with saved_tensors_hooks(pack, unpack):
        y = function(x).sum()
    (found,) = ag.autograd.grad(y, x)
    assert ag.allclose(found, expected)
    assert len(packed) == len(unpacked) > 0


def test_second_derivatives_through_packed_tensors() -> None:
    x = ag.tensor(2.0, requires_grad=True)
    with save_on_cpu(pin_memory=True):
        (g,) = ag.autograd.grad(x.exp() * x, x, create_graph=True)
        (h,) = ag.autograd.grad(g, x)
    assert abs(h.item() - 4 * ag.tensor(2.0).exp().item()) < 1e-4


def test_the_innermost_hooks_pack() -> None:
    names, x = [], ag.ones(2, requires_grad=True)
    with saved_tensors_hooks(lambda t: names.append("outer") or t, lambda t: t):
        with saved_tensors_hooks(lambda t: names.append("inner") or t, lambda t: t):
            x.exp()
        x.exp()
    assert names == ["inner", "outer"]
    assert type(x.exp().grad_fn.saved) is tuple
    assert call.Node is Node  # nothing is left of them
    assert type(x.exp().grad_fn) is Node


def test_saved_tensors_may_be_written_where_copies_are_kept() -> None:
    x = ag.ones(3, requires_grad=True)
    with allow_mutation_on_saved_tensors():
        y = x * 2
        z = (y * y).sum()
        y.zero_()
        assert isinstance(z.grad_fn.inputs[0].saved, Packed)
    z.backward()
    assert x.grad.tolist() == [8, 8, 8]
    y = x * 2
    z = (y * y).sum()
    y.zero_()
    with pytest.raises(RuntimeError, match="has since modified in place"):
        z.backward()


def test_what_unpack_gives_is_checked() -> None:
    x = ag.ones(1, requires_grad=True)
    with saved_tensors_hooks(lambda t: 1, lambda kept: kept):
        y = x.exp()
    with pytest.raises(TypeError, match="saved_tensors_hooks: expected unpack_hook to return a Tensor, got int"):
        y.backward()


def test_hooks_can_be_refused() -> None:
    with disable_saved_tensors_hooks("none here"), pytest.raises(RuntimeError, match="none here"), save_on_cpu():
        pass
    with save_on_cpu():
        pass


@pytest.mark.parametrize("mode, calls", [("all", [[3.0, 2.0]]), ("any", [3.0])])
def test_multi_grad_hook(mode: str, calls: list[object]) -> None:
    a, b = ag.tensor(2.0, requires_grad=True), ag.tensor(3.0, requires_grad=True)
    found = []

    def hook(g: object) -> None:
        found.append([t.item() for t in g] if isinstance(g, list) else g.item())

    with register_multi_grad_hook((a, b), hook, mode=mode):
        (a * b).backward()
    assert found == calls
    found.clear()
    with register_multi_grad_hook((a, b), hook):
        (a * 1).backward()  # reaches one of them
        assert not found
        (a * b).backward()
    assert found == [[3.0, 2.0]]
    (a * b).backward()
    assert len(found) == 1
    with pytest.raises(ValueError, match="register_multi_grad_hook: expected mode 'all' or 'any', got 'some'"):
        register_multi_grad_hook((a,), hook, mode="some")


def test_edges_and_versions() -> None:
    x = ag.ones(3, requires_grad=True)
    assert get_gradient_edge(x.exp()).node.name() == "expBackward"
    assert get_gradient_edge(x.unbind()[1]).output_nr == 1
    assert get_gradient_edge(x).node.name() == "AccumulateGrad"
    with pytest.raises(RuntimeError, match="get_gradient_edge: expected a tensor that requires grad"):
        get_gradient_edge(ag.ones(1))
    y = x * 2
    z = y * y
    increment_version([y])
    assert y._version == 1
    with pytest.raises(RuntimeError, match="increment_version has since modified"):
        z.sum().backward()
