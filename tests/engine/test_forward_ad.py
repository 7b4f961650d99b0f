"""Tensors that carry tangents: against ``func.jvp``."""

from __future__ import annotations

import pytest

import autograd as ag
import autograd.forward_ad as fwAD
import nn
from autograd.func import jvp

FUNCTIONS = {
    "elementwise": lambda x: x.sin() * x,
    "a reduction": lambda x: (x * x).sum(),
    "several uses": lambda x: x @ x.t() + x[0],
    "linear": lambda x: 3 * x,
    "independent of the values": lambda x: ag.ones_like(x) + 0 * x,
    "in place": lambda x: (x * 1).exp_().mul_(x),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_tangents(name: str) -> None:
    x, t = ag.randn(3, 3, dtype=ag.float64), ag.randn(3, 3, dtype=ag.float64)
    value, expected = jvp(FUNCTIONS[name], (x,), (t,))
    with fwAD.dual_level():
        found = fwAD.unpack_dual(FUNCTIONS[name](fwAD.make_dual(x, t)))
    assert ag.allclose(found.primal, value)
    assert ag.allclose(found.tangent, expected)
    assert not found.tangent.requires_grad


def test_what_has_no_tangent() -> None:
    x = ag.ones(2, requires_grad=True)
    with fwAD.dual_level():
        dual = fwAD.make_dual(x, x * 2)
        assert fwAD.unpack_dual(x * 2).tangent is None
        assert fwAD.unpack_dual(ag.ones(2)).tangent is None
        y = dual * 2
        tangent = fwAD.unpack_dual(dual).tangent
    assert tangent.tolist() == [2, 2]
    assert fwAD.unpack_dual(y).tangent is None


def test_several_duals_and_a_model() -> None:
    model, x = nn.Linear(3, 2).double(), ag.randn(4, 3, dtype=ag.float64)
    parameters = dict(model.named_parameters())
    with fwAD.dual_level():
        for name, p in parameters.items():
            delattr(model, name)
            setattr(model, name, fwAD.make_dual(p, ag.ones_like(p)))
        tangent = fwAD.unpack_dual(model(x)).tangent
    assert ag.allclose(tangent, x.sum(1, keepdim=True) + 1)


def test_backward_through_a_tangent() -> None:
    x = ag.tensor(2.0, requires_grad=True)
    with fwAD.dual_level():
        tangent = fwAD.unpack_dual(fwAD.make_dual(x, ag.tensor(1.0)) ** 3).tangent
    tangent.backward()
    assert x.grad.item() == 12


class Power(ag.autograd.Function):
    """x^n times y, with forward mode only."""

    @staticmethod
    def forward(ctx, x, n, y):
        ctx.save_for_forward(x, y)
        ctx.n = n
        return x**n * y, x - y

    @staticmethod
    def jvp(ctx, tx, tn, ty):
        x, y = ctx.saved_tensors
        assert tn is None
        first = (0 if tx is None else ctx.n * x ** (ctx.n - 1) * y * tx) + (0 if ty is None else x**ctx.n * ty)
        return first, (0 if tx is None else tx) - (0 if ty is None else ty)


def test_a_jvp_makes_both_modes() -> None:
    def plain(x: ag.Tensor, y: ag.Tensor) -> tuple[ag.Tensor, ag.Tensor]:
        return x**3 * y, x - y

    def own(x: ag.Tensor, y: ag.Tensor) -> tuple[ag.Tensor, ag.Tensor]:
        return Power.apply(x, 3, y)

    x, y, t = (ag.randn(4, dtype=ag.float64) for _ in range(3))
    for (_, a), (_, b) in [(jvp(own, (x, y), (t, t)), jvp(plain, (x, y), (t, t)))]:
        assert ag.allclose(a[0], b[0])
        assert ag.allclose(a[1], b[1])
    x.requires_grad_()
    with fwAD.dual_level():
        tangent = fwAD.unpack_dual(Power.apply(fwAD.make_dual(x, t), 3, y)[0]).tangent
    assert ag.allclose(tangent, 3 * x**2 * y * t)
    out = Power.apply(x, 3, y)
    ((out[0] * t).sum() + out[1].sum()).backward()
    assert ag.allclose(x.grad, 3 * x.detach() ** 2 * y * t + 1)


def test_errors() -> None:
    x = ag.ones(2)
    with pytest.raises(RuntimeError, match="make_dual: expected a level, got none"):
        fwAD.make_dual(x, x)
    with pytest.raises(RuntimeError, match="exit_dual_level: expected a level to leave, got none"):
        fwAD.exit_dual_level()
    with fwAD.dual_level():
        with pytest.raises(
            RuntimeError, match=r"make_dual: expected a floating or complex tensor, got autograd\.int64"
        ):
            fwAD.make_dual(x.long(), x)
        with pytest.raises(
            RuntimeError, match=r"make_dual: expected a tangent of autograd\.float32, got autograd\.float64"
        ):
            fwAD.make_dual(x, x.double())
        with pytest.raises(RuntimeError, match=r"make_dual: expected a tangent of shape \(2,\), got \(1,\)"):
            fwAD.make_dual(x, x[:1])
        with pytest.raises(RuntimeError, match="enter_dual_level: expected no other level, got one inside another"):
            fwAD.enter_dual_level()
