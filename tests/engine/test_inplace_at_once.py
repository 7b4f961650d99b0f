"""Calls in place that write the result over their input without a copy of it."""

from __future__ import annotations

import numpy as np
import pytest

import autograd as ag
from autograd import nn
from autograd.errors import GraphError
from autograd.nn import functional as F

CALLS = {
    "relu_": (lambda x, c: F.relu(x, inplace=True), lambda x, c: F.relu(x)),
    "relu6": (lambda x, c: F.relu6(x, inplace=True), lambda x, c: F.relu6(x)),
    "hardtanh": (lambda x, c: F.hardtanh(x, -0.5, 0.4, inplace=True), lambda x, c: F.hardtanh(x, -0.5, 0.4)),
    "leaky_relu": (lambda x, c: F.leaky_relu(x, 0.3, inplace=True), lambda x, c: F.leaky_relu(x, 0.3)),
    "leaky_relu of a negative slope": (
        lambda x, c: F.leaky_relu(x, -0.3, inplace=True),
        lambda x, c: F.leaky_relu(x, -0.3),
    ),
    "add_": (lambda x, c: x.add_(c), lambda x, c: x + c),
    "add_ of a number": (lambda x, c: x.add_(2), lambda x, c: x + 2),
    "add_ of itself": (lambda x, c: x.add_(x), lambda x, c: x + x),
    "add_ with alpha": (lambda x, c: x.add_(c, alpha=3), lambda x, c: x + 3 * c),
    "sub_": (lambda x, c: x.sub_(c), lambda x, c: x - c),
    "mul_": (lambda x, c: x.mul_(c), lambda x, c: x * c),
    "mul_ of a number": (lambda x, c: x.mul_(0.5), lambda x, c: x * 0.5),
    "mul_ of a constant": (lambda x, c: x.mul_(c.detach()), lambda x, c: x * c.detach()),
    "add_ of a row": (lambda x, c: x.add_(c[0]), lambda x, c: x + c[0]),
}


def leaves(shape: tuple[int, ...], dtype: ag.dtype = ag.float64) -> list[ag.Tensor]:
    ag.manual_seed(3)
    return [ag.randn(shape, dtype=dtype, requires_grad=True) for _ in range(2)]


@pytest.mark.parametrize("shape", [(3, 4), (300, 200)], ids=["small", "large"])
@pytest.mark.parametrize("call", CALLS)
def test_values_and_derivatives_are_those_of_the_plain_call(call: str, shape: tuple[int, ...]) -> None:
    found = []
    for function in CALLS[call]:
        w, c = leaves(shape)
        x = w.exp() - 1.2
        y = function(x, c)
        (gw,) = ag.autograd.grad((y * y).sum(), [w], create_graph=True)
        (gw * gw).sum().backward()
        found.append([t.detach().numpy() for t in (y, gw, w.grad, *([] if c.grad is None else [c.grad]))])
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)


def test_no_copy_is_kept() -> None:
    w, c = leaves((3, 4))
    x = w * 1.0
    memory = x.raw
    assert F.relu(x, inplace=True) is x
    assert x.raw is memory and x.node.saved[0] is memory
    x += c
    assert x.raw is memory and x.node.saved == ()


def test_a_write_after_it_is_noticed() -> None:
    w, _ = leaves((3, 4))
    x = F.relu(w * 1.0, inplace=True)
    x.add_(1.0)
    with pytest.raises(
        GraphError, match=r"backward: relu needs a tensor of shape \(3, 4\) that add_ has since modified"
    ):
        x.sum().backward()


def test_what_needs_the_input_has_a_copy() -> None:
    w, c = leaves((3, 4))
    x = w * 1.0
    before = x.detach().clone()
    x.mul_(c)
    x.sum().backward()
    assert ag.equal(c.grad, before) and ag.equal(w.grad, c.detach())


def test_overlapping_memory() -> None:
    buffer = np.arange(100001, dtype=np.float32)
    expected = buffer[:-1] + buffer[1:]
    ag.from_numpy(buffer[:-1]).add_(ag.from_numpy(buffer[1:]))
    np.testing.assert_array_equal(buffer[:-1], expected)


def test_views_and_their_bases() -> None:
    w, c = leaves((3, 4))
    x = w * 1.0
    row = x[1]
    row.mul_(2.0)
    row += c[0]
    F.relu(x[2], inplace=True)
    x.sum().backward()
    wanted = np.ones((3, 4))
    wanted[1], wanted[2] = 2.0, w.detach().numpy()[2] > 0
    np.testing.assert_array_equal(w.grad.numpy(), wanted)
    np.testing.assert_array_equal(c.grad.numpy(), [[1.0] * 4, [0.0] * 4, [0.0] * 4])


def test_packed_and_recomputed() -> None:
    w, _ = leaves((3, 4))
    kept = []
    with ag.autograd.graph.saved_tensors_hooks(lambda t: kept.append(t.clone()) or len(kept) - 1, lambda i: kept[i]):
        y = F.relu(w * 1.0, inplace=True)
    y.sum().backward()
    first, w.grad = w.grad, None
    ag.utils.checkpoint.checkpoint(lambda x: F.relu(x * 1.0, inplace=True), w, use_reentrant=False).sum().backward()
    assert ag.equal(first, w.grad) and ag.equal(first, (w > 0).double())


def test_a_residual_block_as_in_torch(torch) -> None:
    found = []
    for lib, layers in ((ag, nn), (torch, torch.nn)):
        rng = np.random.default_rng(0)
        draw = lambda *s, lib=lib, rng=rng: lib.tensor(rng.standard_normal(s).astype("float32"))
        conv, norm, relu = (
            layers.Conv2d(4, 4, 3, padding=1, bias=False),
            layers.BatchNorm2d(4),
            layers.ReLU(inplace=True),
        )
        with lib.no_grad():
            conv.weight.copy_(draw(4, 4, 3, 3))
        x = draw(2, 4, 6, 6).requires_grad_()
        out = norm(conv(relu(norm(conv(x)))))
        out += x
        relu(out).square().mean().backward()
        found.append([t.detach().numpy() for t in (out, x.grad, conv.weight.grad, norm.weight.grad)])
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-4)
