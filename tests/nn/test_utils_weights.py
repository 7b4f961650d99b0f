"""Weights that are computed: normalised, parametrized, pruned; beside PyTorch's, with the same names and values."""

from __future__ import annotations

import copy
import importlib
from typing import Any

import numpy as np
import pytest

import autograd as ag
import nn
from autograd.errors import DtypeError, ShapeError
from nn.utils import parametrizations, parametrize, prune
from tests.nn.parity import array, loaded


def pair(torch: Any, change: Any, make: Any = lambda library: library.nn.Linear(4, 3)) -> tuple[Any, Any]:
    """A layer here and one of PyTorch, changed in the same way, with the same state."""
    theirs = change(make(torch).double(), torch)
    ours = change(make(ag).double(), ag)
    loaded(ours, theirs)
    return ours, theirs


def assert_steps_agree(torch: Any, ours: Any, theirs: Any, shape: tuple[int, ...] = (5, 4), steps: int = 3) -> None:
    """Outputs, gradients and states over some steps of descent."""
    rng = np.random.default_rng(0)
    for step in range(steps):
        if step == steps - 1:
            ours.eval(), theirs.eval()
        x = rng.standard_normal(shape)
        y, z = ours(ag.tensor(x)), theirs(torch.tensor(x))
        np.testing.assert_allclose(array(y), z.detach().numpy(), rtol=1e-8, atol=1e-10)
        (y * y).sum().backward()
        (z * z).sum().backward()
        for (name, p), (other, q) in zip(ours.named_parameters(), theirs.named_parameters(), strict=True):
            assert name == other
            np.testing.assert_allclose(array(p.grad), q.grad.numpy(), rtol=1e-7, atol=1e-9, err_msg=name)
            with ag.no_grad():
                p -= 0.01 * p.grad
            q.data -= 0.01 * q.grad
            p.grad = q.grad = None
    mine, other = ours.state_dict(), theirs.state_dict()
    assert list(mine) == list(other)
    for name, value in other.items():
        np.testing.assert_allclose(array(mine[name]), value.numpy(), rtol=1e-8, atol=1e-10, err_msg=name)


def conv(library: Any) -> Any:
    return library.nn.Conv2d(2, 3, 2)


def turned(library: Any) -> Any:
    return library.nn.ConvTranspose1d(2, 3, 2)


WAYS = {
    "weight_norm": (lambda m, t: t.nn.utils.weight_norm(m), None, (5, 4)),
    "weight_norm of all": (lambda m, t: t.nn.utils.weight_norm(m, "weight", None), None, (5, 4)),
    "weight_norm of a convolution": (lambda m, t: t.nn.utils.weight_norm(m, dim=1), conv, (2, 2, 4, 4)),
    "spectral_norm": (lambda m, t: t.nn.utils.spectral_norm(m, n_power_iterations=2), None, (5, 4)),
    "spectral_norm of a convolution": (lambda m, t: t.nn.utils.spectral_norm(m), turned, (2, 2, 4)),
    "parametrizations.weight_norm": (lambda m, t: t.nn.utils.parametrizations.weight_norm(m), None, (5, 4)),
    "parametrizations.weight_norm along 1": (
        lambda m, t: t.nn.utils.parametrizations.weight_norm(m, dim=1), conv, (2, 2, 4, 4),
    ),
    "parametrizations.spectral_norm": (lambda m, t: t.nn.utils.parametrizations.spectral_norm(m), None, (5, 4)),
    "parametrizations.spectral_norm of a convolution": (
        lambda m, t: t.nn.utils.parametrizations.spectral_norm(m, n_power_iterations=2), turned, (2, 2, 4),
    ),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.filterwarnings("ignore:.*weight_norm.* is deprecated:FutureWarning")
def test_normalised_weights_are_torchs(torch: Any, way: str) -> None:
    change, make, shape = WAYS[way]
    ours, theirs = pair(torch, change, *([make] if make else []))
    assert_steps_agree(torch, ours, theirs, shape)
    if way.startswith("parametrizations"):  # the others have results among their attributes, which are not copied
        assert_steps_agree(torch, copy.deepcopy(ours), copy.deepcopy(theirs), shape, 1)


@pytest.mark.filterwarnings("ignore:.*weight_norm.* is deprecated:FutureWarning")
@pytest.mark.parametrize("name", ["weight_norm", "spectral_norm"])
def test_hooks_come_off(name: str) -> None:
    layer = getattr(nn.utils, name)(nn.Linear(4, 3)).eval()
    x = ag.rand(2, 4)
    before = layer(x)
    with pytest.raises(RuntimeError, match=f"{name}: expected a plain parameter 'weight', got one with {name}"):
        getattr(nn.utils, name)(layer)
    remove = getattr(nn.utils, f"remove_{name}")
    assert remove(layer) is layer and list(layer.state_dict()) == ["bias", "weight"]
    np.testing.assert_allclose(array(layer(x)), array(before), rtol=1e-6)
    with pytest.raises(ValueError, match=f"remove_{name}: expected {name} on 'weight' of Linear, there is none"):
        remove(layer)


MAPS = [
    *((4, 4, name, True) for name in ("matrix_exp", "cayley", "householder")),
    *((4, 3, name, True) for name in ("matrix_exp", "cayley", "householder", None)),
    (3, 5, None, True),
    (4, 3, "householder", False),
    (2, 3, "householder", False),
    (4, 4, "cayley", False),
]


@pytest.mark.parametrize("rows, columns, name, trivial", MAPS, ids=range(len(MAPS)))
def test_orthogonal_weights_are_torchs(torch: Any, rows: int, columns: int, name: Any, trivial: bool) -> None:
    ours, theirs = pair(
        torch,
        lambda m, t: t.nn.utils.parametrizations.orthogonal(m, "weight", name, use_trivialization=trivial),
        lambda library: library.nn.Linear(columns, rows),
    )
    q = array(ours.weight)
    q = q if rows >= columns else q.T
    np.testing.assert_allclose(q.T @ q, np.eye(min(rows, columns)), atol=1e-10)
    assert_steps_agree(torch, ours, theirs, (5, columns))
    if trivial or name == "householder":
        wanted = np.linalg.qr(np.random.default_rng(0).standard_normal((5, 5)))[0]
        wanted = np.linalg.qr(wanted[:rows, :columns] if rows >= columns else wanted[:columns, :rows])[0]
        ours.weight = ag.tensor(wanted if rows >= columns else wanted.T.copy())
        np.testing.assert_allclose(array(ours.weight), wanted if rows >= columns else wanted.T, atol=1e-10)


def test_what_cannot_be_orthogonal() -> None:
    for name, how, kind, text in (
        ("w", {}, ValueError, "expected a parameter or buffer 'w', got NoneType"),
        ("bias", {}, ShapeError, r"expected a tensor of at least two axes, got shape \(3,\)"),
        ("weight", {"orthogonal_map": "x"}, ValueError, "expected the map matrix_exp, cayley or householder, got 'x'"),
    ):
        with pytest.raises(kind, match=f"orthogonal: {text}"):
            parametrizations.orthogonal(nn.Linear(2, 3), name, **how)
    layer = parametrizations.orthogonal(nn.Linear(3, 3), "weight", "cayley", use_trivialization=False)
    with pytest.raises(NotImplementedError, match="orthogonal: expected use_trivialization=True to assign"):
        layer.weight = ag.eye(3)


# -- parametrizations ----------------------------------------------------------------------------------------------------
class Symmetric(nn.Module):
    def forward(self, x: Any) -> Any:
        return x.triu() + x.triu(1).transpose(-1, -2)


class Exponential(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(ag.ones(1))

    def forward(self, x: Any) -> Any:
        return x.exp() * self.scale

    def right_inverse(self, x: Any) -> Any:
        return (x / self.scale).log()


def test_a_parameter_becomes_a_result() -> None:
    layer = nn.Linear(3, 3)
    before, x = array(layer.weight).copy(), ag.rand(2, 3)
    assert parametrize.register_parametrization(layer, "weight", Symmetric()) is layer
    assert isinstance(layer, nn.Linear) and type(layer).__name__ == "ParametrizedLinear"
    assert parametrize.type_before_parametrizations(layer) is nn.Linear
    assert list(layer.state_dict()) == ["bias", "parametrizations.weight.original"]
    assert parametrize.is_parametrized(layer, "weight") and not parametrize.is_parametrized(layer, "bias")
    np.testing.assert_array_equal(array(layer.weight), np.triu(before) + np.triu(before, 1).T)
    layer(x).sum().backward()
    assert layer.parametrizations.weight.original.grad is not None
    parametrize.register_parametrization(layer, "weight", Exponential())
    assert "parametrizations.weight.1.scale" in layer.state_dict()
    np.testing.assert_allclose(array(layer.weight), np.exp(np.triu(before) + np.triu(before, 1).T), rtol=1e-6)
    parametrize.remove_parametrizations(layer, "weight", leave_parametrized=False)
    assert type(layer) is nn.Linear and isinstance(layer.weight, nn.Parameter)
    np.testing.assert_array_equal(array(layer.weight), before)


def test_a_result_can_be_set_and_read_once() -> None:
    layer = nn.Linear(2, 2)
    with ag.no_grad():
        layer.weight.fill_(2.0)
    parametrize.register_parametrization(layer, "weight", Exponential())
    np.testing.assert_allclose(array(layer.weight), np.full((2, 2), 2.0), rtol=1e-6)
    layer.weight = ag.full((2, 2), 3.0)
    np.testing.assert_allclose(array(layer.parametrizations.weight.original), np.full((2, 2), np.log(3)), rtol=1e-6)
    with parametrize.cached():
        assert layer.weight is layer.weight
    assert layer.weight is not layer.weight
    other = parametrize.transfer_parametrizations_and_params(layer, nn.Linear(2, 2))
    np.testing.assert_allclose(array(other.weight), np.full((2, 2), 3.0), rtol=1e-6)
    parametrize.remove_parametrizations(layer, "weight")
    np.testing.assert_allclose(array(layer.weight), np.full((2, 2), 3.0), rtol=1e-6)


def test_what_cannot_be_parametrized() -> None:
    class Half(nn.Module):
        def forward(self, x: Any) -> Any:
            return x.half()

    layer = nn.Linear(2, 3)
    with pytest.raises(ValueError, match=r"expected a parameter or buffer of Linear, it has none named 'w'"):
        parametrize.register_parametrization(layer, "w", Symmetric())
    with pytest.raises(DtypeError, match=r"original's dtype autograd\.float32, got autograd\.float16"):
        parametrize.register_parametrization(layer, "weight", Half())
    with pytest.raises(ShapeError, match=r"original's shape \(3,\), got \(1,\)"):
        parametrize.register_parametrization(layer, "bias", nn.Linear(3, 1))
    assert type(layer) is nn.Linear and list(layer.state_dict()) == ["weight", "bias"]
    with pytest.raises(ValueError, match="expected a parametrized tensor, 'weight' of Linear is none"):
        parametrize.remove_parametrizations(layer, "weight")
    parametrizations.weight_norm(layer)
    with pytest.raises(ValueError, match="expected one original to keep for 'weight', got 2"):
        parametrize.remove_parametrizations(layer, "weight", leave_parametrized=False)


# -- pruning -----------------------------------------------------------------------------------------------------------
PRUNE: list[Any] = [
    lambda m, t: t.nn.utils.prune.l1_unstructured(m, "weight", 0.3),
    lambda m, t: t.nn.utils.prune.l1_unstructured(m, "bias", 1),
    lambda m, t: t.nn.utils.prune.l1_unstructured(
        m, "bias", 1, importance_scores=t.tensor([3.0, 1.0, 2.0], dtype=t.float64)
    ),
    lambda m, t: t.nn.utils.prune.ln_structured(m, "weight", 0.5, 1, 1),
    lambda m, t: t.nn.utils.prune.ln_structured(m, "weight", 1, float("inf"), 0),
    lambda m, t: t.nn.utils.prune.custom_from_mask(m, "bias", t.tensor([1, 0, 1])),
    lambda m, t: t.nn.utils.prune.identity(m, "weight"),
    lambda m, t: t.nn.utils.prune.ln_structured(
        t.nn.utils.prune.l1_unstructured(t.nn.utils.prune.l1_unstructured(m, "weight", 3), "weight", 0.5),
        "weight", 1, 2, 0,
    ),
    lambda m, t: t.nn.utils.prune.global_unstructured(
        [(m, "weight"), (m, "bias")], t.nn.utils.prune.L1Unstructured, amount=0.4
    ) or m,
]  # fmt: skip


@pytest.mark.parametrize("way", PRUNE, ids=range(len(PRUNE)))
def test_pruned_layers_are_torchs(torch: Any, way: Any) -> None:
    importlib.import_module("torch.nn.utils.prune")
    theirs = torch.nn.Linear(4, 3).double()
    ours = loaded(nn.Linear(4, 3).double(), theirs)
    ours, theirs = way(ours, ag), way(theirs, torch)
    for name, value in theirs.state_dict().items():
        np.testing.assert_array_equal(array(ours.state_dict()[name]), value.numpy(), err_msg=name)
    assert_steps_agree(torch, ours, theirs)
    assert prune.is_pruned(ours)
    for name in ("weight", "bias"):
        if f"{name}_orig" in ours._parameters:
            prune.remove(ours, name), torch.nn.utils.prune.remove(theirs, name)
    assert not prune.is_pruned(ours) and sorted(ours.state_dict()) == ["bias", "weight"]
    assert_steps_agree(torch, ours, theirs, steps=1)


def test_random_pruning() -> None:
    layer = prune.random_structured(prune.random_unstructured(nn.Linear(6, 4), "weight", 0.25), "weight", 2, 1)
    assert int((layer.weight_mask.sum(0) == 0).sum()) >= 2
    assert array(layer.weight)[array(layer.weight_mask) == 0].any() == np.False_
    method = next(iter(layer._forward_pre_hooks.values()))
    assert isinstance(method, prune.PruningContainer) and len(method) == 2 and method[1].dim == 1


WRONG = [
    (
        lambda m: prune.l1_unstructured(m, "weight", 1.5),
        ValueError,
        r"int of at least 0 or a fraction in \[0, 1\], got 1.5",
    ),
    (lambda m: prune.l1_unstructured(m, "weight", 100), ValueError, "expected at most 12 elements to prune, got 100"),
    (lambda m: prune.l1_unstructured(m, "weight", "a"), TypeError, "expected a number of elements or a fraction"),
    (lambda m: prune.ln_structured(m, "bias", 1, 2, 0), ValueError, "expected at least two axes"),
    (lambda m: prune.remove(m, "weight"), ValueError, "'weight' of Linear is not pruned"),
    (lambda m: prune.l1_unstructured(m, "bias", 1, ag.ones(2)), ValueError, r"parameter's shape \(3,\), got \(2,\)"),
    (
        lambda m: prune.global_unstructured([(m, "weight")], prune.LnStructured, amount=1, n=2),
        TypeError,
        "expected a method of the type \"unstructured\", got 'structured'",
    ),
]


@pytest.mark.parametrize("call, kind, text", WRONG, ids=range(len(WRONG)))
def test_wrong_pruning_leaves_the_layer(call: Any, kind: Any, text: str) -> None:
    layer = nn.Linear(4, 3)
    with pytest.raises(kind, match=text):
        call(layer)
    assert sorted(layer.state_dict()) == ["bias", "weight"] and not prune.is_pruned(layer)
