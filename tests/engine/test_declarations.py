"""How an operation says what its gradients are."""

from __future__ import annotations

import autograd as ag
from autograd.op import op


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
    assert len(y.node.saved) == 1 and y.node.saved[0] is w.raw
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
