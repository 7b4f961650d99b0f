"""Attention against PyTorch's, and its gradients against PyTorch's autograd."""

from __future__ import annotations

import numpy as np
import pytest

from tests.backends.oracle import match, rows, vjp
from tests.backends.sample import REFERENCE


def added(torch, q, k, mask, causal):
    """The mask as a floating array that is added."""
    shape = q.shape[2], k.shape[2]
    total = q.new_zeros(shape)
    if causal:
        total = total.masked_fill(~torch.ones(shape, dtype=torch.bool).tril(), -torch.inf)
    if mask is None:
        return total
    return total.masked_fill(~mask, -torch.inf) if mask.dtype == torch.bool else total + mask


def attention(torch, q, k, v, mask, scale, causal):
    total = added(torch, q, k, mask, causal)
    y = torch.nn.functional.scaled_dot_product_attention(q, k, v, total, scale=scale)
    return y, torch.logsumexp(scale * q @ k.mT + total, -1)


def attention_grad(torch, g, q, k, v, mask, y, lse, scale, causal):
    return vjp(torch, lambda q, k, v: attention(torch, q, k, v, mask, scale, causal)[0], [q, k, v], g)


ORACLES = {f.__name__: f for f in (attention, attention_grad)}


@rows(ORACLES)
def test_as_torch(torch, sample, dtype) -> None:
    match(torch, ORACLES, sample, dtype)


@pytest.mark.parametrize("mask", [np.array([[True, True], [False, False]]), np.array([[0, 0], [-np.inf, -np.inf]])])
def test_a_row_without_keys_gives_zero_and_takes_no_gradient(mask) -> None:
    q = k = v = np.ones((1, 1, 2, 3))
    y, lse = REFERENCE.attention(q, k, v, mask, 1.0, False)
    np.testing.assert_array_equal(y[0, 0], [[1, 1, 1], [0, 0, 0]])
    assert lse[0, 0, 1] == -np.inf
    gq, gk, gv = REFERENCE.attention_grad(np.ones((1, 1, 2, 3)), q, k, v, mask, y, lse, 1.0, False)
    np.testing.assert_array_equal(gq, 0)
    np.testing.assert_array_equal(gk, 0)
    np.testing.assert_allclose(gv, 0.5)
