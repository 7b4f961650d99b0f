"""Normalization against PyTorch's, and its gradients against PyTorch's autograd."""

from __future__ import annotations

import numpy as np

from tests.backends.oracle import match, rows, vjp
from tests.backends.sample import REFERENCE


def batch_norm(torch, x, weight, bias, eps):
    y = torch.native_batch_norm(x, weight, bias, None, None, True, 0.1, eps)[0]
    over = (0, *range(2, x.ndim))
    return y, x.mean(over), x.var(over, correction=0)


def batch_norm_grad(torch, g, x, weight, mean, var, eps):
    weight, bias = x.new_ones(x.shape[1]) if weight is None else weight, x.new_zeros(x.shape[1])
    return vjp(torch, lambda *a: torch.native_batch_norm(*a, None, None, True, 0.1, eps)[0], [x, weight, bias], g)


def batch_norm_relu(torch, x, weight, bias, residual, eps):
    y, *statistics = batch_norm(torch, x, weight, bias, eps)
    return (y if residual is None else y + residual).relu(), *statistics


def batch_norm_relu_grad(torch, g, y, x, weight, mean, var, eps, residual):
    g = g * (y > 0)
    return *batch_norm_grad(torch, g, x, weight, mean, var, eps), g if residual else None


def layer_norm(torch, x, weight, bias, eps):
    y, mean, rstd = torch.native_layer_norm(x, x.shape[1:], weight, bias, eps)
    return y, mean[:, 0], rstd[:, 0]


def layer_norm_grad(torch, g, x, weight, mean, rstd, sums=True):
    weight, bias = x.new_ones(x.shape[1]) if weight is None else weight, x.new_zeros(x.shape[1])
    found = vjp(torch, lambda *a: torch.nn.functional.layer_norm(a[0], x.shape[1:], *a[1:], 1e-5), [x, weight, bias], g)
    return found if sums else (found[0], None, None)


def channel_affine(torch, x, scale, shift):
    shape = 1, -1, *[1] * (x.ndim - 2)
    y = x if scale is None else x * scale.reshape(shape)
    return y if shift is None else y + shift.reshape(shape)


BATCH = (batch_norm, batch_norm_grad, batch_norm_relu, batch_norm_relu_grad)
ORACLES = {f.__name__: f for f in (*BATCH, layer_norm, layer_norm_grad, channel_affine)}


@rows(ORACLES, refused="no-images")
def test_as_torch(torch, sample, dtype) -> None:
    match(torch, ORACLES, sample, dtype)


def test_without_images_gradients_are_zero() -> None:
    x, weight = np.zeros((0, 2, 3)), np.ones(2)
    y, mean, var = REFERENCE.batch_norm(x, weight, weight, 1e-5)
    assert y.shape == x.shape
    gx, g_weight, g_bias = REFERENCE.batch_norm_grad(x, x, weight, mean, var, 1e-5)
    assert gx.shape == x.shape
    np.testing.assert_array_equal([g_weight, g_bias], 0)
