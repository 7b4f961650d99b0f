"""Parameters as one vector, fused layers, layers without initial values."""

from __future__ import annotations

import numpy as np
import pytest

import autograd as ag
import nn
from tests.nn.parity import array, assert_same


def test_vector_and_back() -> None:
    a, b = nn.Linear(2, 3), nn.Linear(2, 3)
    vector = nn.utils.parameters_to_vector(a.parameters())
    np.testing.assert_array_equal(array(vector), np.concatenate([array(p).ravel() for p in a.parameters()]))
    vector.sum().backward()
    assert all((array(p.grad) == 1).all() for p in a.parameters())
    before = list(b.parameters())
    nn.utils.vector_to_parameters(vector, b.parameters())
    assert all(p is q and p.requires_grad and p.is_leaf for p, q in zip(before, b.parameters(), strict=True))
    assert_same([*a.parameters()], [*b.parameters()])
    b(ag.ones(1, 2)).sum().backward()
    assert b.weight.grad.shape == (3, 2)
    with pytest.raises(ag.ShapeError, match=r"vector_to_parameters: expected shape \(9,\), got \(8,\)"):
        nn.utils.vector_to_parameters(ag.ones(8), b.parameters())
    with pytest.raises(TypeError, match="vector_to_parameters: expected a Tensor, got list"):
        nn.utils.vector_to_parameters([1.0], b.parameters())


def trained(bn: nn.Module) -> nn.Module:
    """A normalisation with statistics, weights and biases of its own."""
    with ag.no_grad():
        for i, t in enumerate([bn.running_mean, bn.running_var, bn.weight, bn.bias]):
            if t is not None:
                t.uniform_(0.5 + i, 1.5 + i)
    return bn.eval()


PAIRS = [
    (lambda b: nn.Conv2d(2, 3, 3, bias=b), nn.BatchNorm2d, (2, 2, 5, 5), {}),
    (lambda b: nn.Conv1d(2, 3, 2, bias=b), nn.BatchNorm1d, (2, 2, 5), {}),
    (lambda b: nn.ConvTranspose2d(2, 3, 3, bias=b), nn.BatchNorm2d, (2, 2, 5, 5), {"transpose": True}),
    (lambda b: nn.Linear(4, 3, bias=b), nn.BatchNorm1d, (2, 4), None),
]


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("layer, norm, shape, options", PAIRS)
def test_a_fused_layer_gives_the_same(layer, norm, shape, options, affine: bool, bias: bool) -> None:
    first, second, x = layer(bias).eval(), trained(norm(3, affine=affine)), ag.randn(shape)
    if options is None:
        fused = nn.utils.fuse_linear_bn_eval(first, second)
    else:
        fused = nn.utils.fuse_conv_bn_eval(first, second, **options)
    assert type(fused) is type(first) and fused.weight.requires_grad
    np.testing.assert_allclose(array(fused(x)), array(second(first(x))), rtol=1e-4, atol=1e-5)


def test_fusing_in_training_is_an_error() -> None:
    with pytest.raises(
        ValueError, match=r"fuse_conv_bn_eval: expected both layers in evaluation .* got training=True and"
    ):
        nn.utils.fuse_conv_bn_eval(nn.Conv2d(1, 1, 1), nn.BatchNorm2d(1).eval())
    with pytest.raises(
        ValueError, match=r"fuse_linear_bn_eval: expected both layers in evaluation and running statistics"
    ):
        nn.utils.fuse_linear_bn_eval(nn.Linear(1, 1).eval(), nn.BatchNorm1d(1, track_running_stats=False).eval())


def test_skip_init_draws_nothing() -> None:
    before = ag.get_rng_state()
    layer = nn.utils.skip_init(nn.Transformer, 8, 2, 1, 1, dim_feedforward=16)
    assert ag.equal(before, ag.get_rng_state())
    assert layer.encoder.layers[0].linear1.weight.shape == (16, 8)
