"""The gradient of a convolution's weights by Winograd's method, against the reference."""

from __future__ import annotations

import numpy as np
import pytest

from backends import registry
from backends.cpu import conv_plan, winograd
from backends.cpu.kernels.winograd_tiles import WEIGHT_TILES
from backends.geometry import Conv
from backends.reference import conv as reference

CPU = registry.get("cpu")
# N, C, K, H, W, window, padding: one tile, channels of less and more than a vector and a panel, sizes that no tile divides,
# several images at a time, more columns than tiles at a time, windows that see padding only
SHAPES = [
    (1, 3, 2, 1, 1, 3, (1, 1)),
    (2, 5, 7, 3, 4, 3, (0, 0)),
    (5, 33, 38, 9, 7, 3, (1, 1)),
    (2, 130, 37, 6, 11, 3, (2, 0)),
    (1, 17, 13, 3, 260, 3, (0, 2)),
    (2, 3, 7, 2, 3, 3, (4, 3)),
    (1, 4, 3, 1, 1, 5, (2, 2)),
    (3, 20, 22, 9, 8, 5, (2, 2)),
    (2, 70, 19, 6, 13, 5, (0, 3)),
]


def case(shape, dtype):
    """Geometry, gradients and inputs."""
    n, c, k, height, width, window, padding = shape
    sizes = (n, c, height, width), (k, c, window, window)
    geo = Conv.of(*sizes, stride=(1, 1), padding=padding, dilation=(1, 1), groups=1)
    rng = np.random.default_rng(0)
    return geo, *(rng.standard_normal(s).astype(dtype) for s in ((n, k, *geo.out), sizes[0]))


@pytest.mark.parametrize("window", WEIGHT_TILES)
def test_the_matrices_correlate(window) -> None:
    tile = WEIGHT_TILES[window]
    assert (tile.places, tile.outs, tile.seen) == (window + window // 2, 2, window + 1)
    rng = np.random.default_rng(0)
    d, g = rng.standard_normal(tile.seen), rng.standard_normal(window)
    y = tile.results[0] @ ((tile.weights[0] @ g) * (tile.inputs[0] @ d))
    np.testing.assert_allclose(y, np.correlate(d, g, "valid"), atol=1e-14)


@pytest.mark.parametrize("dtype, shape", [("float32", s) for s in SHAPES] + [("float64", SHAPES[2])], ids=str)
def test_as_the_reference(dtype, shape, monkeypatch) -> None:
    geo, g, x = case(shape, dtype)
    expected = reference.conv_weight(CPU, g, x, geo)
    near = {"rtol": 1e-4, "atol": 1e-4} if dtype == "float32" else {"rtol": 1e-12, "atol": 1e-12}
    for count in (1, 2, 3, 6):
        monkeypatch.setattr(winograd, "threads", lambda work, count=count: count)
        for most in (0, 1 << 30):  # threads take different channels, different tiles
            monkeypatch.setattr(conv_plan, "_MAX_PARTS", most)
            gw = winograd.conv_weight(g, x, geo, 1 << 20)
            np.testing.assert_allclose(gw, expected, **near)
            assert np.array_equal(winograd.conv_weight(g, x, geo, 1 << 20), gw)


def test_as_near_as_direct_sums(monkeypatch) -> None:
    for shape in ((8, 64, 64, 14, 14, 3, (1, 1)), (4, 64, 64, 14, 14, 5, (2, 2))):
        geo, g, x = case(shape, "float32")
        assert winograd.weight_served(geo, len(x), x.shape[1], g.shape[1])
        exact = reference.conv_weight(CPU, g.astype(float), x.astype(float), geo)
        ours = np.square(CPU.conv_weight(g, x, geo) - exact).mean()
        monkeypatch.setattr(winograd, "weight_served", lambda *_: False)
        direct = np.square(CPU.conv_weight(g, x, geo) - exact).mean()
        monkeypatch.undo()
        assert 0 < ours <= 2**2 * direct


@pytest.mark.parametrize(
    "x, w, stride, padding, dilation, groups",
    [
        ((8, 64, 14, 14), (64, 64, 3, 3), (2, 1), (1, 1), (1, 1), 1),
        ((8, 64, 14, 14), (64, 64, 3, 3), (1, 1), (1, 1), (1, 2), 1),
        ((8, 64, 14, 14), (64, 32, 3, 3), (1, 1), (1, 1), (1, 1), 2),
        ((8, 64, 14, 14), (64, 64, 3, 5), (1, 1), (1, 1), (1, 1), 1),
        ((8, 31, 14, 14), (64, 31, 3, 3), (1, 1), (1, 1), (1, 1), 1),
        ((1, 64, 8, 8), (64, 64, 3, 3), (1, 1), (1, 1), (1, 1), 1),  # few tiles
        ((64, 64, 3, 3), (64, 64, 3, 3), (1, 1), (0, 0), (1, 1), 1),  # most of a tile cut off
        ((64, 32, 13, 13), (32, 32, 3, 3), (1, 1), (1, 1), (1, 1), 1),  # some of it, and few channels
        ((1, 32, 8, 600), (32, 32, 3, 3), (1, 1), (1, 1), (1, 1), 1),
        ((64, 64, 8), (64, 64, 3), (1,), (1,), (1,), 1),
        ((2, 64, 8, 8, 8), (64, 64, 3, 3, 3), (1, 1, 1), (1, 1, 1), (1, 1, 1), 1),
    ],
)
def test_what_it_does_not_take(x, w, stride, padding, dilation, groups) -> None:
    geo = Conv.of(x, w, stride=stride, padding=padding, dilation=dilation, groups=groups)
    assert not winograd.weight_served(geo, x[0], w[1], w[0] // groups)
