"""Hooks on tensors, leaves and nodes; ``retain_grad``."""

from __future__ import annotations

import gc
import weakref

import pytest

import autograd as ag
from autograd.errors import GraphError, ShapeError


def leaf(*values: float) -> ag.Tensor:
    return ag.tensor(values if len(values) != 1 else values[0], requires_grad=True)


def test_a_hook_sees_the_whole_gradient_once() -> None:
    x, seen = leaf(2.0), []
    h = x * 3
    h.register_hook(lambda g: seen.append(g.item()))
    (h * h + h).backward()
    assert seen == [13.0] and x.grad.item() == 39.0


def test_a_hook_on_a_leaf_sees_this_backwards_part() -> None:
    x, seen = leaf(2.0), []
    x.register_hook(lambda g: seen.append(g.item()))
    (x * x).backward()
    (x * 5 + x).backward()
    assert seen == [4.0, 6.0] and x.grad.item() == 10.0


def test_hooks_replace_the_gradient_in_order() -> None:
    x = leaf(2.0)
    h = x * 1
    h.register_hook(lambda g: g * 10)
    h.register_hook(lambda g: None)
    h.register_hook(lambda g: g + 1)
    x.register_hook(lambda g: -g)
    (h * h).backward()
    assert x.grad.item() == -41.0


def test_a_replaced_gradient_is_not_shared_with_the_leaf() -> None:
    x, kept = leaf(1.0, 2.0), ag.ones(2)
    x.register_hook(lambda g: kept)
    (x * x).sum().backward()
    x.grad.add_(1)
    assert kept.tolist() == [1.0, 1.0] and x.grad.tolist() == [2.0, 2.0]


def test_a_kept_gradient_stays_what_it_was() -> None:
    x, seen = leaf(1.0, 2.0), []
    h = x * 1
    h.register_hook(seen.append)
    x.register_hook(seen.append)
    for _ in range(2):
        (h * 2 + h.clone()).sum().backward()
        h = x * 1
    assert [g.tolist() for g in seen[:2]] == [[3.0, 3.0], [3.0, 3.0]]
    assert x.grad.tolist() == [6.0, 6.0]


def test_removing_hooks() -> None:
    x, seen = leaf(2.0), []
    first = x.register_hook(lambda g: seen.append("first"))
    second = x.register_hook(lambda g: seen.append("second"))
    first.remove()
    first.remove()
    (x * x).backward()
    assert seen == ["second"]
    with second:
        pass
    (x * x).backward()
    assert seen == ["second"]


def test_one_function_registered_twice_is_removed_once() -> None:
    x, seen = leaf(2.0), []

    def hook(g: ag.Tensor) -> None:
        seen.append(1)

    x.register_hook(hook)
    x.register_hook(hook).remove()
    (x * x).backward()
    assert seen == [1]


def test_hooks_run_before_captured_gradients_are_taken() -> None:
    x = leaf(2.0)
    h = x * 3
    h.register_hook(lambda g: g * 2)
    gh, gx = ag.autograd.grad(h * h, [h, x])
    assert (gh.item(), gx.item()) == (24.0, 72.0)


def test_hooks_of_views_and_of_outputs_among_several() -> None:
    x, seen = leaf(3.0, 1.0, 2.0), []
    view = x[1:]
    view.register_hook(lambda g: seen.append(g.tolist()))
    values, _ = x.sort()
    values.register_hook(lambda g: seen.append(g.tolist()))
    (view.sum() + (values * values).sum()).backward()
    assert sorted(seen) == [[1.0, 1.0], [2.0, 4.0, 6.0]] and x.grad.tolist() == [6.0, 3.0, 5.0]


def test_hooks_under_create_graph_are_differentiated() -> None:
    x = leaf(2.0)
    h = x * 1
    h.register_hook(lambda g: g * g)
    (g,) = ag.autograd.grad(h**2, x, create_graph=True)  # (2x)^2
    assert g.item() == 16.0
    (gg,) = ag.autograd.grad(g, x)  # 8x = 16, and the hook stands on the way again
    assert gg.item() == 256.0


def test_post_accumulate_hooks() -> None:
    w = leaf(1.0, 2.0)
    steps = []

    def step(p: ag.Tensor) -> None:  # an optimizer fused into backward
        with ag.no_grad():
            p -= 0.5 * p.grad
        steps.append(p.grad.tolist())
        p.grad = None

    handle = w.register_post_accumulate_grad_hook(step)
    (w * w).sum().backward()
    (w * w).sum().backward()
    handle.remove()
    (w + 1).sum().backward()
    assert steps == [[2.0, 4.0], [0.0, 0.0]] and w.tolist() == [0.0, 0.0] and w.grad.tolist() == [1.0, 1.0]


def test_post_accumulate_hooks_do_not_run_for_autograd_grad() -> None:
    w, seen = leaf(1.0), []
    w.register_post_accumulate_grad_hook(seen.append)
    ag.autograd.grad(w * w, w)
    assert seen == []


def test_retain_grad() -> None:
    x = leaf(2.0)
    h = x * 3
    h.retain_grad()
    h.retain_grad()
    assert h.retains_grad and not (x * 1).retains_grad
    (h * h).backward(retain_graph=True)
    assert h.grad.item() == 12.0
    (h * h).backward()
    assert h.grad.item() == 24.0 and x.grad.item() == 72.0
    x.retain_grad()  # nothing to do on a leaf
    assert x.grad.item() == 72.0


def test_retain_grad_of_a_view() -> None:
    x = leaf(1.0, 2.0)
    h = (x * 2)[1:]
    h.retain_grad()
    (h * h).sum().backward()
    assert h.grad.tolist() == [8.0]


def test_retained_gradients_are_not_shared() -> None:
    x = leaf(1.0, 2.0)
    h = x * 1
    k = h + 0
    h.retain_grad()
    k.retain_grad()
    k.sum().backward()
    h.grad.mul_(10)
    assert k.grad.tolist() == [1.0, 1.0] and x.grad.tolist() == [1.0, 1.0]


def test_hooks_on_nodes() -> None:
    x, seen = leaf(2.0), []
    y = x.exp()
    y.grad_fn.register_hook(lambda g: seen.append(g.item()))
    (y * 2).backward()
    assert seen == [2.0]


def test_the_graph_can_be_walked_by_hand() -> None:
    x, w = leaf(2.0), leaf(3.0)
    y = (x * w).exp() + 1
    names, node = [], y.grad_fn
    while node is not None:
        names.append(node.name())
        node = node.next_functions[0][0] if node.next_functions else None
    assert names == ["addBackward", "expBackward", "mulBackward", "AccumulateGrad"]
    product = y.grad_fn.next_functions[0][0].next_functions[0][0]
    assert [n.variable for n, _ in product.next_functions] == [x, w]
    assert repr(product) == "<mulBackward ()>"


def test_hooks_and_retained_gradients_keep_nothing_alive() -> None:
    gc.disable()
    try:
        x = leaf(1.0, 2.0)
        h = x * 2
        h.retain_grad()
        h.register_hook(lambda g: None)
        refs = [weakref.ref(h), weakref.ref(h.grad_fn)]
        h.sum().backward()
        del h
        assert [r() for r in refs] == [None, None]
    finally:
        gc.enable()


def test_a_hook_may_run_backward() -> None:
    x, w = leaf(2.0), leaf(5.0)
    h = x * x

    def inner(g: ag.Tensor) -> None:
        with ag.enable_grad():
            (w * w).backward()

    h.register_hook(inner)
    h.backward()
    assert w.grad.item() == 10.0 and x.grad.item() == 4.0


ERRORS = [
    (lambda: ag.ones(1).register_hook(print), GraphError, "register_hook: expected a tensor that requires grad"),
    (lambda: ag.ones(1).retain_grad(), GraphError, "retain_grad: expected a tensor that requires grad"),
    (
        lambda: (leaf(1.0) * 2).register_post_accumulate_grad_hook(print),
        GraphError,
        "expected a leaf that requires grad",
    ),
]


@pytest.mark.parametrize("call, kind, text", ERRORS)
def test_errors(call, kind, text: str) -> None:
    with pytest.raises(kind, match=text):
        call()


@pytest.mark.parametrize("returned, kind, text", [
    (lambda g: g.sum(), ShapeError, r"hook: expected a gradient of shape \(2,\), got \(\)"),
    (lambda g: 3.0, TypeError, "hook: expected a Tensor or None, got float"),
])  # fmt: skip
def test_wrong_results_of_hooks(returned, kind, text: str) -> None:
    x = leaf(1.0, 2.0)
    h = x * 2
    h.register_hook(returned)
    with pytest.raises(kind, match=text):
        h.sum().backward()


def test_prehook_of_a_node() -> None:
    x = ag.ones(2, requires_grad=True)
    y = x * 3
    seen = []
    y.grad_fn.register_prehook(lambda grads: seen.append(grads[0].tolist()))
    with y.grad_fn.register_prehook(lambda grads: (grads[0] * 2,)):
        y.sum().backward(retain_graph=True)
    assert x.grad.tolist() == [6, 6]
    y.sum().backward()
    assert x.grad.tolist() == [9, 9]
    assert seen == [[1, 1]] * 2


def test_retain_grad_sees_what_all_hooks_made() -> None:
    x = ag.ones(2, requires_grad=True)
    y = x * 2
    y.retain_grad()
    y.register_hook(lambda g: g * 3)
    y.sum().backward()
    assert y.grad.tolist() == [3.0, 3.0] and x.grad.tolist() == [6.0, 6.0]
