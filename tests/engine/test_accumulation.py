"""What comes together at a tensor: gradients add up, share no memory, and a leaf used many times gets the sum."""

from __future__ import annotations

import numpy as np
import pytest

import autograd as ag


def leaf(*values: float) -> ag.Tensor:
    return ag.tensor(values, dtype=ag.float64, requires_grad=True)


def test_backward_twice_adds() -> None:
    x = leaf(3.0)
    for _ in range(3):
        (x * x).backward()
    assert x.grad.item() == 18.0


def test_gradients_share_no_memory() -> None:
    """d(x + z): both get the incoming gradient; adding to one must not change the other, nor the gradient given."""
    x, z = leaf(1.0, 1.0), leaf(1.0, 1.0)
    g = ag.ones(2, dtype=ag.float64)
    (x + z).backward(g)
    x.grad.add_(1)
    assert (x.grad.tolist(), z.grad.tolist(), g.tolist()) == ([2.0, 2.0], [1.0, 1.0], [1.0, 1.0])
    (x + z).backward(g)
    assert (x.grad.tolist(), z.grad.tolist(), g.tolist()) == ([3.0, 3.0], [2.0, 2.0], [1.0, 1.0])
    y = x.reshape(2, 1).t() + z
    y.backward(g.reshape(1, 2))
    z.grad.zero_()
    assert x.grad.tolist() == [4.0, 4.0] and g.tolist() == [1.0, 1.0]


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "complex64"])
@pytest.mark.parametrize("shape", [(), (1,), (2, 3), (64,), (65,)], ids=str)
@pytest.mark.parametrize("count", [1, 2, 63, 64, 65, 130])
def test_a_leaf_used_many_times(count, shape, dtype) -> None:
    """Those of few elements collect what comes and add it up from time to time; in several walks, and before a hook."""
    x = ag.ones(shape, dtype=getattr(ag, dtype), requires_grad=True)
    seen = []
    handle = x.register_hook(lambda g: seen.append(g.clone()))
    y = x * 0
    for i in range(count):
        y = y + (x * 2 if i % 3 == 2 else x)  # as a product, and handed on unchanged
    first, last = y.unbind(0)[:: shape[0] - 1 or 1] if shape[1:] else (y, y)  # an operation with several outputs, too
    given = ag.ones_like(first)
    expected = 2.0 * (count + count // 3) / (2 if shape[1:] else 1)
    for times in (1, 2):
        ag.autograd.backward([first, last], [given, given], retain_graph=True)
        assert x.grad.shape == shape and x.grad.dtype is x.dtype
        assert np.array_equal(x.grad.to(ag.complex128).numpy(), np.full(shape, times * expected))
    handle.remove()
    assert [g.to(ag.complex128).tolist() for g in seen] == [np.full(shape, expected + 0j).tolist()] * 2
    assert given.to(ag.complex128).tolist() == np.ones(given.shape, complex).tolist()


def test_what_a_leaf_collects_is_summed_as_one_after_the_other() -> None:
    x = ag.tensor(np.random.default_rng(0).normal(size=5).astype("float32"), requires_grad=True)
    weights = ag.tensor(np.random.default_rng(1).normal(size=(150, 5)).astype("float32"))
    y = sum(w * x for w in weights)
    y.sum().backward()
    assert np.allclose(x.grad.numpy(), weights.numpy().astype("float64").sum(0), rtol=1e-6)
    (again,) = ag.autograd.grad(sum(w * x for w in weights).sum(), [x], create_graph=True)
    assert np.allclose(x.grad.numpy(), again.numpy(), rtol=1e-5)


def test_a_branching_gradient_is_not_added_to_in_place_too_early() -> None:
    x = leaf(2.0, 3.0)
    h = x * 1
    a, b = h + 0, h * 1
    (a + b + h.clone()).sum().backward()
    assert x.grad.tolist() == [3.0, 3.0]


def test_captured_gradients_stay_as_they_were() -> None:
    x = leaf(2.0, 3.0)
    h = x * 1
    k = h + 0
    gh, gk = ag.autograd.grad((k + h * 2 + h).sum(), [h, k])
    assert (gh.tolist(), gk.tolist()) == ([4.0, 4.0], [1.0, 1.0])


def test_the_gradient_object_is_kept() -> None:
    x = leaf(3.0)
    (x * x).backward()
    g = x.grad
    (x * x).backward()
    assert x.grad is g and g.item() == 12.0
    assert not g.requires_grad


def test_set_and_cleared_gradients() -> None:
    x = leaf(1.0, 2.0)
    x.grad = ag.full((2,), 10.0, dtype=ag.float64)
    (x * x).sum().backward()
    assert x.grad.tolist() == [12.0, 14.0]
    x.grad = None
    (x * x).sum().backward()
    assert x.grad.tolist() == [2.0, 4.0]
    del x.grad
    assert x.grad is None
