"""Complex numbers through the whole engine: creation, views and writes, gradients in PyTorch's convention, errors."""

from __future__ import annotations

import numpy as np
import pytest

import autograd as ag
import nn
import nn.functional as F
from autograd.errors import DtypeError, GraphError, ShapeError
from autograd.gradcheck import GradcheckError, gradcheck, gradgradcheck


def leaf(*shape: int, dtype: str = "complex128", seed: int = 0) -> ag.Tensor:
    rng = np.random.default_rng(seed)
    a = rng.uniform(0.3, 2, shape) * np.exp(1j * rng.uniform(-2, 2, shape))
    return ag.tensor(np.asarray(a if dtype.startswith("c") else a.real, dtype), requires_grad=True)


# -- creation ---------------------------------------------------------------------------------------------------------


def test_dtypes_of_new_tensors() -> None:
    assert ag.tensor([1 + 2j]).dtype is ag.complex64 and ag.tensor(1j, dtype=ag.cdouble).dtype is ag.complex128
    assert ag.full((2,), 1j).dtype is ag.complex64 and (ag.ones(2) * 1j).dtype is ag.complex64
    assert (ag.ones(2, dtype=ag.float64) + 1j).dtype is ag.complex128 and (ag.arange(2) * 1j).dtype is ag.complex64
    assert ag.ones(2, dtype=ag.complex64).real.dtype is ag.float32
    assert (ag.ones(2, dtype=ag.complex64) * ag.ones(2, dtype=ag.float64)).dtype is ag.complex128
    assert ag.tensor(np.array([1j], "complex64")).dtype is ag.complex64
    assert ag.tensor([1.0, 2j])[0].item() == 1 + 0j


def test_random_numbers_have_variance_one() -> None:
    for make in (lambda: ag.randn(4000, dtype=ag.complex64), lambda: ag.randn_like(ag.zeros(4000, dtype=ag.complex64))):
        x = make()
        assert x.dtype is ag.complex64
        assert abs(x.real.var().item() - 0.5) < 0.05 and abs(x.imag.var().item() - 0.5) < 0.05
    u = ag.rand(4000, dtype=ag.complex128)
    assert u.dtype is ag.complex128 and u.imag.min().item() >= 0 and u.real.max().item() < 1
    assert abs(u.imag.mean().item() - 0.5) < 0.05
    z = ag.zeros(2000, dtype=ag.complex64).normal_(std=2.0)
    assert abs(z.imag.var().item() - 2) < 0.3


# -- views and writes -------------------------------------------------------------------------------------------------


def test_parts_are_views() -> None:
    x = ag.zeros(3, dtype=ag.complex64)
    x.real = ag.tensor([1.0, 2.0, 3.0])
    x.imag = 4.0
    assert x.tolist() == [1 + 4j, 2 + 4j, 3 + 4j]
    x.imag[0] = 7
    ag.view_as_real(x)[1, 0] = 9
    assert x.tolist() == [1 + 7j, 9 + 4j, 3 + 4j]
    pairs = ag.zeros(2, 2)
    ag.view_as_complex(pairs)[1] = 1 - 2j
    assert pairs.tolist() == [[0, 0], [1, -2]]
    r = ag.ones(2)
    assert r.real is r and r.conj() is r and r.resolve_conj() is r and not r.is_conj() and not r.is_neg()
    assert not (x.conj().is_conj() or x.conj().imag.is_neg())


def test_view_as_complex_of_what_cannot_be_seen_so() -> None:
    for x, error, text in [
        (ag.ones(3), ShapeError, r"view_as_complex: expected a last axis of size 2, got shape \(3,\)"),
        (ag.ones(2, 4).t(), ShapeError, r"pairs side by side in memory, got strides \(1, 4\)"),
        (ag.ones(3, 2, dtype=ag.int64), DtypeError, "view_as_complex: expected float32 or float64, got .*int64"),
    ]:
        with pytest.raises(error, match=text):
            ag.view_as_complex(x)


def test_gradients_of_writes() -> None:
    a, b, c = leaf(3), leaf(3, dtype="float64", seed=1), leaf(2, seed=2)

    def function(a: ag.Tensor, b: ag.Tensor, c: ag.Tensor) -> ag.Tensor:
        x = a * 1
        x.real = b
        x[1:] = c * x[1:].clone()
        x.imag.mul_(2)
        y = b * 1j
        y += a
        return x * y.conj()

    assert gradcheck(function, (a, b, c)) and gradgradcheck(function, (a, b, c))


# -- gradients --------------------------------------------------------------------------------------------------------

PROGRAMS = {  # whole computations, real leaves in complex arithmetic among them
    "real leaf": lambda z, r, torch: (z * r + 1j * r).abs().sum(),
    "phase": lambda z, r, torch: torch.angle(z * torch.exp(1j * r)).sum() + z.imag.sum(),
    "parts": lambda z, r, torch: (torch.view_as_real(z * z)[..., 1] * r).sum(),
    "polar": lambda z, r, torch: (torch.polar(r * r, r) * z).real.sum(),
    "made of parts": lambda z, r, torch: torch.view_as_complex(torch.stack([r, z.imag], -1)).pow(3).abs().sum(),
    "power": lambda z, r, torch: (z**2.5 + z ** (1 + 1j) + r ** (1 + 1j) + 2**z + z**r).abs().sum(),
    "quotient": lambda z, r, torch: (r / z + z / r + 1 / z).abs().prod(),
    "where": lambda z, r, torch: torch.where(r > 0.8, z, r * (1 + 0j)).abs().sum(),
    "matrices": lambda z, r, torch: ((z @ z.mH) @ torch.complex(r, r)).abs().sum(),
    "einsum": lambda z, r, torch: torch.einsum("ij,jk,kl->il", z, z.conj(), torch.complex(r, -r)).abs().sum(),
    "indices": lambda z, r, torch: (torch.cat([z[[0, 0, 2]], z[:1]]) * z[1]).sgn().real.sum(),
    "statistics": lambda z, r, torch: z.std() + z.var(0).sum() + z.norm() + torch.norm(z, 1, 0).sum(),
    "functions": lambda z, r, torch: (z.tanh() + z.sqrt() * z.log() + z.sin() / z.cosh() + z.sigmoid()).abs().sum(),
    "scan": lambda z, r, torch: (z.cumsum(0) * z.cumprod(1) + z.logcumsumexp(0)).abs().sum(),
    "products": lambda z, r, torch: torch.vdot(z[0], z[1]).abs() + torch.dot(z[0], z[1]).real + z.prod().imag,
    "casts": lambda z, r, torch: (
        (z.real.to(torch.complex128) * z).abs().sum() + r.to(torch.complex128).mul(z).imag.sum()
    ),
}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_gradients_are_torchs(torch, program) -> None:
    z, r = leaf(3, 3), leaf(3, 3, dtype="float64", seed=1)
    tz, tr = (torch.tensor(x.detach().numpy(force=True), requires_grad=True) for x in (z, r))
    loss, wanted = program(z, r, ag), program(tz, tr, torch)
    np.testing.assert_allclose(loss.item(), wanted.item(), rtol=1e-12)
    loss.backward()
    wanted.backward()
    for ours, theirs in ((z, tz), (r, tr)):
        if theirs.grad is not None:
            assert str(ours.grad.dtype).rpartition(".")[2] == str(theirs.grad.dtype).rpartition(".")[2]
            np.testing.assert_allclose(ours.grad.numpy(), theirs.grad.resolve_conj().numpy(), rtol=1e-9, atol=1e-11)
    assert gradgradcheck(lambda z, r: program(z, r, ag), (z, r), fast_mode=True, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("fast_mode", [False, True])
def test_gradcheck_tells_the_convention(fast_mode: bool) -> None:
    """A gradient without its conjugate, or of the real part alone, is told."""

    class Square(ag.autograd.Function):
        @staticmethod
        def forward(ctx, x, right):
            ctx.save_for_backward(x)
            ctx.right = right
            return x * x

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return g * 2 * (x.conj() if ctx.right else x), None

    x = leaf(2)
    assert gradcheck(lambda x: Square.apply(x, True), x, fast_mode=fast_mode)
    assert gradcheck(lambda x: x.abs(), x, fast_mode=fast_mode)
    for wrong in (lambda x: Square.apply(x, False), lambda x: x.real + x.imag.detach()):
        with pytest.raises(GradcheckError, match="to agree with differences"):
            gradcheck(wrong, x, fast_mode=fast_mode)


def test_gradients_at_zero() -> None:
    z = ag.tensor([0j, 3 + 4j], requires_grad=True)
    (z.abs() + z.angle()).sum().backward()
    np.testing.assert_allclose(z.grad.numpy(), [0, 0.6 + 0.8j - 0.16 + 0.12j], rtol=1e-6)
    assert z.norm().item() == 5


def test_layers_take_complex_parameters(torch) -> None:
    layer, theirs = nn.Linear(3, 2, dtype=ag.complex64), torch.nn.Linear(3, 2, dtype=torch.complex64)
    layer.load_state_dict({k: ag.tensor(v.detach().numpy()) for k, v in theirs.state_dict().items()})
    x = np.array([[1 + 1j, 2, -1j]], "complex64")
    F.linear(ag.tensor(x), layer.weight, layer.bias).abs().sum().backward()
    theirs(torch.tensor(x)).abs().sum().backward()
    np.testing.assert_allclose(layer.weight.grad.numpy(), theirs.weight.grad.numpy(), rtol=1e-5)
    np.testing.assert_allclose(layer.bias.grad.numpy(), theirs.bias.grad.numpy(), rtol=1e-5)


# -- errors -----------------------------------------------------------------------------------------------------------

Z = np.array([1 + 1j, 2])
ORDER = "expected real numbers, got complex128"
REFUSED = {
    "lt": (lambda z: z < z, DtypeError, f"lt: {ORDER}. Take .real, .imag or .abs"),
    "ge number": (lambda z: z >= 0, DtypeError, f"ge: {ORDER}"),
    "real < complex": (lambda z: z.real < 1j, DtypeError, f"lt: {ORDER}"),
    "max": (lambda z: z.max(), DtypeError, f"amax: {ORDER}"),
    "argmin": (lambda z: z.argmin(), DtypeError, f"argmin: {ORDER}"),
    "sort": (lambda z: z.sort(), DtypeError, f"argsort: {ORDER}"),
    "topk": (lambda z: z.topk(1), DtypeError, f"topk: {ORDER}"),
    "median": (lambda z: z.median(), DtypeError, f"median: {ORDER}"),
    "maximum": (lambda z: ag.maximum(z, z), DtypeError, f"maximum: {ORDER}"),
    "clamp": (lambda z: z.clamp(0, 1), DtypeError, f"clamp: {ORDER}"),
    "floor": (lambda z: z.floor(), DtypeError, f"floor: {ORDER}"),
    "sign": (lambda z: z.sign(), DtypeError, f"sign: {ORDER}"),
    "remainder": (lambda z: z % 2, DtypeError, f"remainder: {ORDER}"),
    "atan2": (lambda z: ag.atan2(z, z), DtypeError, f"atan2: {ORDER}"),
    "relu": (lambda z: z.relu(), DtypeError, f"relu: {ORDER}"),
    "softmax": (lambda z: z.softmax(0), DtypeError, "softmax: expected a floating dtype"),
    "nansum": (lambda z: z.nansum(), DtypeError, "nansum: expected real numbers"),
    "cummax": (lambda z: z.cummax(0), DtypeError, f"cummax: {ORDER}"),
    "write into real": (lambda z: ag.ones(2).mul_(z), DtypeError, "mul_: expected a result that fits .*float32, got"),
    "assign to real": (lambda z: ag.ones(2).__setitem__(0, 1j), TypeError, "got a complex number"),
    "backward": (
        lambda z: z.requires_grad_().sum().backward(),
        GraphError,
        "backward: expected a real scalar, got one of complex128. Take .real or .abs\\(\\) first, or pass gradient=",
    ),
}


@pytest.mark.parametrize("call, error, text", REFUSED.values(), ids=REFUSED)
def test_what_has_no_meaning_is_refused(call, error, text) -> None:
    with pytest.raises(error, match=text):
        call(ag.tensor(Z))


# -- around it --------------------------------------------------------------------------------------------------------


def test_new_tensors_from_a_rule(torch) -> None:
    for lib in (ag, torch):
        assert lib.ones(2).cfloat().dtype is lib.complex64 and lib.ones(2).cdouble().dtype is lib.complex128
    for kwargs in ({}, {"dtype": "complex128"}):
        ours = ag.linspace(0, 1 + 2j, 3, **kwargs)
        np.testing.assert_allclose(ours.numpy(), [0, 0.5 + 1j, 1 + 2j])
    x = np.array([[1j, 2, 3], [1, 2j, 1]])
    for name in ("cov", "corrcoef"):
        found, wanted = getattr(ag, name)(ag.tensor(x)), getattr(torch, name)(torch.tensor(x))
        np.testing.assert_allclose(found.numpy(), wanted.numpy(), atol=1e-12)
    assert ag.tensor([complex("nan+1j")]).nan_to_num().item() == 1j


def test_gradients_are_clipped_by_their_size(torch) -> None:
    norms = []
    for lib, layers in ((ag, nn), (torch, torch.nn)):
        w = lib.tensor([3 + 4j, 12j], requires_grad=True)
        (w.abs() ** 2).sum().backward()
        norms += [layers.utils.clip_grad_norm_([w], 1.0).item(), w.grad.numpy()]
    np.testing.assert_allclose(norms[0], norms[2])
    np.testing.assert_allclose(norms[1], norms[3], rtol=1e-6)


def test_files(torch, tmp_path) -> None:
    """Both ways, and what PyTorch had not conjugated or negated yet."""
    c = torch.tensor([1 + 2j, 3 - 4j], dtype=torch.complex64).conj()
    torch.save({"conj": c, "neg": torch.tensor([1 + 2j, 3 - 4j]).conj().imag}, tmp_path / "x.pt")
    found = ag.load(tmp_path / "x.pt")
    assert found["conj"].tolist() == [1 - 2j, 3 + 4j] and found["neg"].tolist() == [-2, 4]
    for name in ("y.pt", "y.safetensors"):
        ag.save({"a": ag.tensor([1j, 2]), "b": ag.tensor(1j, dtype=ag.complex128)}, tmp_path / name)
        again = ag.load(tmp_path / name)
        assert again["a"].tolist() == [1j, 2] and again["b"].dtype is ag.complex128


def test_transformations_of_functions() -> None:
    z = leaf(3)
    v = leaf(3, seed=4).detach()
    _, push = ag.func.jvp(lambda z: z * z, (z.detach(),), (v,))
    np.testing.assert_allclose(push.numpy(), (2 * z * v).detach().numpy())
    np.testing.assert_allclose(ag.func.grad(lambda z: (z.abs() ** 2).sum())(z.detach()).numpy(), 2 * z.detach().numpy())
    rows = ag.vmap(lambda a, b: ag.vdot(a, b))(ag.stack([v, v]), ag.stack([v, 2 * v]))
    np.testing.assert_allclose(rows.numpy(), [v.norm().item() ** 2, 2 * v.norm().item() ** 2])
