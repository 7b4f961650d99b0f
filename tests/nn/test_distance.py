"""Distances where vectors are short or equal."""

from __future__ import annotations

import numpy as np

import autograd as ag
import nn.functional as F


def test_short_vectors_are_divided_by_eps() -> None:
    a, b = ag.tensor([[3e-3, 4e-3]]), ag.tensor([[0.6, 0.8]])
    np.testing.assert_allclose(F.cosine_similarity(a, b, eps=0.01).numpy(), [0.5], rtol=1e-6)


def test_zero_vectors_have_finite_gradients() -> None:
    for function in (F.cosine_similarity, F.pairwise_distance):
        x = ag.zeros(2, 3, requires_grad=True)
        function(x, x * 1).sum().backward()
        assert np.isfinite(x.grad.numpy()).all(), function


def test_equal_rows_have_finite_gradients() -> None:
    x = ag.ones(3, 2, requires_grad=True)
    F.pdist(x).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), np.zeros((3, 2)))
