"""Convolution against PyTorch's, and its gradients against PyTorch's autograd."""

from __future__ import annotations

import numpy as np

from backends.geometry import Conv
from tests.backends.oracle import match, rows, vjp
from tests.backends.sample import REFERENCE


def conv(torch, x, w, b, geo):
    f = getattr(torch.nn.functional, f"conv{len(geo.size)}d")
    return f(x, w, b, geo.stride, geo.padding, geo.dilation, geo.groups)


def conv_input(torch, g, w, geo):
    x = g.new_zeros(g.shape[0], w.shape[1] * geo.groups, *geo.size)
    return vjp(torch, lambda x: conv(torch, x, w, None, geo), [x], g)


def conv_weight(torch, g, x, geo):
    w = g.new_zeros(g.shape[1], x.shape[1] // geo.groups, *geo.kernel)
    return vjp(torch, lambda w: conv(torch, x, w, None, geo), [w], g)


ORACLES = {f.__name__: f for f in (conv, conv_input, conv_weight)}


@rows(ORACLES, refused="2d-no-channels")
def test_as_torch(torch, sample, dtype) -> None:
    match(torch, ORACLES, sample, dtype)


def test_conv_input_is_a_transposed_convolution(torch) -> None:
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((2, 4, 5, 6)), rng.standard_normal((4, 3, 3, 2))
    expected = torch.conv_transpose2d(
        torch.from_numpy(x), torch.from_numpy(w), None, (2, 3), (1, 0), output_padding=(1, 2)
    ).numpy()
    geo = Conv.of((2, 3, *expected.shape[2:]), (4, 3, 3, 2), stride=(2, 3), padding=(1, 0), dilation=(1, 1), groups=1)
    np.testing.assert_allclose(REFERENCE.conv_input(x, w, geo), expected, atol=1e-12)


def test_the_three_are_adjoint() -> None:
    """sum(g * conv(x, w)) = sum(x * conv_input(g, w)) = sum(w * conv_weight(g, x)): linear in each."""
    rng = np.random.default_rng(0)
    geo = Conv.of((2, 4, 9, 8), (6, 2, 3, 2), stride=(2, 1), padding=(1, 2), dilation=(1, 2), groups=2)
    x, w, g = (rng.standard_normal(s) for s in ((2, 4, 9, 8), (6, 2, 3, 2), (2, 6, *geo.out)))
    expected = (g * REFERENCE.conv(x, w, None, geo)).sum()
    np.testing.assert_allclose((x * REFERENCE.conv_input(g, w, geo)).sum(), expected)
    np.testing.assert_allclose((w * REFERENCE.conv_weight(g, x, geo)).sum(), expected)
