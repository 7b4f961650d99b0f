"""Softmax and cross-entropy against PyTorch's, and their gradients against PyTorch's autograd."""

from __future__ import annotations

import numpy as np

from tests.backends.oracle import match, rows, vjp
from tests.backends.sample import REFERENCE


def softmax(torch, x, axis):
    return torch.softmax(x, axis)


def softmax_grad(torch, g, y, axis):
    return vjp(torch, lambda x: torch.softmax(x, axis), [y.log()], g)  # softmax(log y) = y


def log_softmax(torch, x, axis):
    return torch.log_softmax(x, axis)


def log_softmax_grad(torch, g, y, axis):
    return vjp(torch, lambda x: torch.log_softmax(x, axis), [y], g)  # log_softmax(y) = y


def cross_entropy(torch, x, target, weight, ignore_index, smoothing):
    options = {"ignore_index": ignore_index, "label_smoothing": smoothing, "reduction": "none"}
    return torch.nn.functional.cross_entropy(x, target, weight, **options), torch.logsumexp(x, 1)


def cross_entropy_mean(torch, x, target, weight, ignore_index, smoothing):
    losses, lse = cross_entropy(torch, x, target, weight, ignore_index, smoothing)
    kept = target != ignore_index
    total = ((x.new_ones(x.shape[1]) if weight is None else weight)[target * kept] * kept).sum()
    return losses.sum() / total, lse, total


def cross_entropy_grad(torch, g, x, target, lse, weight, ignore_index, smoothing, total=None):
    g = g if total is None else (g / total).expand(target.shape)
    return vjp(torch, lambda x: cross_entropy(torch, x, target, weight, ignore_index, smoothing)[0], [x], g)


KERNELS = softmax, softmax_grad, log_softmax, log_softmax_grad, cross_entropy, cross_entropy_mean, cross_entropy_grad
ORACLES = {f.__name__: f for f in KERNELS}


@rows(ORACLES)
def test_as_torch(torch, sample, dtype) -> None:
    match(torch, ORACLES, sample, dtype)


def test_an_infinite_logit_is_no_matter_without_smoothing() -> None:
    x, target = np.array([[0.0, -np.inf]]), np.array([0])
    loss, lse = REFERENCE.cross_entropy(x, target, None, -100, 0.0)
    assert (loss, lse) == (0, 0)
    np.testing.assert_array_equal(REFERENCE.cross_entropy_grad(np.ones(1), x, target, lse, None, -100, 0.0), [[0, 0]])
