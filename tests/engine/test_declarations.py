"""How an operation says what its gradients are."""

from __future__ import annotations

import autograd as ag
from autograd.op import op
from autograd.plan import same


def leaf(*values: float) -> ag.Tensor:
    return ag.tensor(values, dtype=ag.float64, requires_grad=True)


def test_one_by_one_and_together() -> None:
    ran = []

    @op
    def blend(be, x, w):
        return x * w

    def alone(g, w):
        ran.append("alone")
        return g * w

    blend.grad(x=alone, w=lambda g, x: g * x)

    @blend.grad_all
    def together(needs, g, x, w):
        ran.append("together")
        return g * w, g * x

    x, w = leaf(2.0, 3.0), leaf(5.0, 7.0)
    blend(x, w).sum().backward()
    assert (ran, x.grad.tolist(), w.grad.tolist()) == (["together"], [5.0, 7.0], [2.0, 3.0])
    y = blend(x, w.detach())  # one of them is not worth it, and keeps less
    assert len(y.node.saved) == 2 and y.node.saved[0] is w.raw  # and its stamp
    y.sum().backward()
    assert ran == ["together", "alone"]
    (gx,) = ag.autograd.grad(blend(x, w).sum(), [x], create_graph=True)  # together they could not be recorded
    assert ran == ["together", "alone", "alone"] and gx.requires_grad


def test_arrays_kept_for_gradients_are_no_outputs() -> None:
    @op(kept=("root",))
    def distance(be, x):
        root = be.xp.sqrt(x)
        return root * root * root, root

    distance.grad(x=lambda g, root: g * root * 1.5)
    x = leaf(4.0, 9.0)
    y = distance(x)
    y.sum().backward()
    assert (y.tolist(), x.grad.tolist()) == ([8.0, 27.0], [3.0, 4.5])
    assert distance(x.raw).tolist() == [8.0, 27.0]


def test_a_gradient_may_be_an_operation() -> None:
    ran = []

    @op
    def scaled(be, dy, x, *, by=1.0):
        ran.append(type(dy).__name__)
        return dy * x * by

    @op
    def half_square(be, x):
        return x * x / 2

    @op
    def scaled_square(be, x, *, by):
        return x * x / 2 * by

    half_square.grad(x=scaled)
    scaled_square.grad(x=scaled)
    scaled.grad(dy=scaled, x=lambda g, dy, *, by=1.0: g * dy * by)
    x = leaf(2.0, 3.0)
    half_square(x).sum().backward()
    assert x.grad.tolist() == [2.0, 3.0]
    (gx,) = ag.autograd.grad(scaled_square(x, by=5.0).sum(), [x], create_graph=True)
    assert gx.tolist() == [10.0, 15.0] and gx.grad_fn.name() == "scaledBackward"
    assert ag.autograd.grad(gx.sum(), [x])[0].tolist() == [5.0, 5.0]
    assert set(ran) == {"ndarray"}  # its forward, whoever called


def test_a_gradient_declared_after_a_call_counts() -> None:
    @op
    def twice(be, x):
        return x * 2

    @op
    def first_plus_twice(be, x, y):
        return x + y * 2

    x, y = leaf(1.0), leaf(2.0)
    assert not twice(x).requires_grad and not first_plus_twice(x, y).requires_grad
    twice.grad(x=lambda g: g * 2)
    first_plus_twice.grad(x=same, y=lambda g: g * 2)
    (twice(x) + first_plus_twice(x, y)).sum().backward()
    assert (x.grad.tolist(), y.grad.tolist()) == ([3.0], [2.0])
