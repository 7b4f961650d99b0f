"""Embedding layers: the padding row, rows kept short, tables that are there already."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd as ag
import nn
import nn.functional as F
from autograd.errors import ShapeError

INDEX = np.array([[0, 2, 2], [3, 1, 2]])


@pytest.mark.parametrize("options", [{}, {"padding_idx": 2}, {"padding_idx": -1}, {"scale_grad_by_freq": True}])
def test_layer_is_torchs(torch: Any, options: dict[str, Any]) -> None:
    theirs = torch.nn.Embedding(4, 3, **options).double()
    ours = nn.Embedding(4, 3, **options).double()
    ours.load_state_dict({"weight": ag.tensor(theirs.weight.detach().numpy())})
    y, z = ours(ag.tensor(INDEX)), theirs(torch.tensor(INDEX))
    np.testing.assert_array_equal(y.detach().numpy(), z.detach().numpy())
    (y * y).sum().backward()
    (z * z).sum().backward()
    np.testing.assert_allclose(ours.weight.grad.numpy(), theirs.weight.grad.numpy(), rtol=1e-12)


def test_the_padding_row_starts_with_zeros() -> None:
    layer = nn.Embedding(5, 3, padding_idx=-2)
    assert layer.padding_idx == 3
    assert not layer.weight[3].detach().numpy().any()
    assert layer.weight[2].detach().numpy().any()


@pytest.mark.parametrize("p", [1.0, 2.0, 3.0])
def test_rows_are_kept_short(torch: Any, p: float) -> None:
    table = np.random.default_rng(0).standard_normal((6, 3)) * 2
    ours, theirs = ag.tensor(table).requires_grad_(), torch.tensor(table, requires_grad=True)
    with ag.no_grad():
        y = F.embedding(ag.tensor(INDEX), ours, max_norm=1.0, norm_type=p)
    with torch.no_grad():
        z = torch.nn.functional.embedding(torch.tensor(INDEX), theirs, max_norm=1.0, norm_type=p)
    np.testing.assert_allclose(y.numpy(), z.numpy(), rtol=1e-7)
    np.testing.assert_allclose(ours.detach().numpy(), theirs.detach().numpy(), rtol=1e-7)
    assert ours._version == 1


def test_short_rows_of_a_layer_train() -> None:
    layer = nn.Embedding(4, 3, max_norm=0.5)
    layer(ag.tensor(INDEX)).sum().backward()
    assert (np.linalg.norm(layer.weight.detach().numpy(), axis=1) <= 0.5 + 1e-6).all()
    np.testing.assert_array_equal(layer.weight.grad.numpy(), np.array([[1.0] * 3, [1.0] * 3, [3.0] * 3, [1.0] * 3]))


def test_from_pretrained_shares_and_freezes() -> None:
    table = ag.randn(4, 3)
    layer = nn.Embedding.from_pretrained(table, padding_idx=1)
    assert not layer.weight.requires_grad
    assert nn.Embedding.from_pretrained(table, freeze=False).weight.requires_grad
    table.fill_(2.0)
    np.testing.assert_array_equal(layer(ag.tensor([0])).numpy(), [[2.0] * 3])


ERRORS: list[tuple[Any, type[Exception], str]] = [
    (lambda: nn.Embedding(3, 2, padding_idx=3), IndexError, "Embedding: expected padding_idx below 3 rows, got 3"),
    (lambda: nn.Embedding.from_pretrained(ag.ones(3)), ShapeError, r"from_pretrained: expected .*, got \(3,\)"),
    (lambda: nn.Embedding(3, 2, _weight=ag.ones(2, 2)), ShapeError, r"expected weight of shape \(3, 2\), got \(2, 2\)"),
]


@pytest.mark.parametrize("call, kind, text", ERRORS)
def test_error(call: Any, kind: type[Exception], text: str) -> None:
    with pytest.raises(kind, match=text):
        call()
