"""Winograd's method on the CPU: its matrices, and the convolutions that it serves, against the reference."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

from backends import registry
from backends.cpu import winograd
from backends.cpu.kernels.winograd_tiles import TILES, Tile, product_of
from backends.geometry import Conv
from backends.reference import conv as reference

CPU = registry.get("cpu")


@pytest.mark.parametrize("window, places, outs", [(3, 4, 2), (5, 11, 4)])
def test_the_matrices_correlate(window, places, outs) -> None:
    tile: Tile = TILES[window]
    assert (tile.places, tile.outs, tile.seen) == (places, outs, outs + window - 1)
    rng = np.random.default_rng(0)
    d, g = rng.standard_normal(tile.seen), rng.standard_normal(window)
    y = product_of(tile.results) @ ((product_of(tile.weights) @ g) * (product_of(tile.inputs) @ d))
    np.testing.assert_allclose(y, np.correlate(d, g, "valid"), atol=1e-14)
    assert {abs(f) for steps in tile for matrix in steps for f in matrix.flat} <= {0, 0.5, 1}


# N, C, K, H, W, window, padding: one tile, one row of them, more than a vector, sizes that no tile divides, many channels
SHAPES = [
    (1, 3, 2, 1, 1, 3, (1, 1)),
    (2, 5, 7, 3, 3, 3, (0, 0)),
    (5, 33, 38, 9, 7, 3, (1, 1)),
    (1, 40, 50, 7, 41, 3, (2, 0)),
    (3, 17, 13, 5, 70, 3, (0, 2)),
    (1, 130, 50, 5, 6, 3, (1, 1)),
    (1, 3, 2, 1, 1, 5, (2, 2)),
    (2, 5, 7, 5, 5, 5, (0, 0)),
    (5, 33, 38, 9, 7, 5, (2, 2)),
    (1, 40, 50, 7, 41, 5, (4, 0)),
    (3, 17, 13, 6, 70, 5, (1, 3)),
    (2, 66, 31, 7, 10, 5, (3, 1)),
]


@pytest.mark.parametrize(
    "dtype, shape", [("float32", s) for s in SHAPES] + [("float64", SHAPES[i]) for i in (2, 8)], ids=str
)
def test_as_the_reference(dtype, shape) -> None:
    n, c, k, height, width, window, padding = shape
    w_shape = (k, c, window, window)
    geo = Conv.of((n, c, height, width), w_shape, stride=(1, 1), padding=padding, dilation=(1, 1), groups=1)
    rng = np.random.default_rng(0)
    x, w, b, g = (
        rng.standard_normal(s).astype(dtype) for s in ((n, c, height, width), w_shape, (k,), (n, k, *geo.out))
    )
    near = {"rtol": 1e-4, "atol": 1e-4} if dtype == "float32" else {"rtol": 1e-12, "atol": 1e-12}
    for work in (0, 1 << 20):  # one thread, all
        for bias in (None, b):
            y = winograd.conv(x, w, bias, geo, work)
            np.testing.assert_allclose(y, reference.conv(CPU, x, w, bias, geo), **near)
        gx = winograd.conv_input(g, w, geo, work)
        np.testing.assert_allclose(gx, reference.conv_input(CPU, g, w, geo), **near)


@pytest.mark.parametrize("window", winograd.LEAST)
@pytest.mark.parametrize("channels", [64, 192])
def test_errors_are_as_of_direct_sums(window, channels) -> None:
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((1, channels, 13, 13), np.float32), rng.standard_normal((9, channels, window, window))
    w = w.astype(np.float32)
    geo = Conv.of(x.shape, w.shape, stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1)
    inputs = sliding_window_view(x[0], (window, window), (1, 2)).transpose(0, 3, 4, 1, 2).reshape(-1, *geo.out)
    weights = w.reshape(len(w), -1).T[..., None, None]
    exact, direct = (sum(a * b for a, b in zip(inputs.astype(t), weights.astype(t), strict=True)) for t in "df")
    found = winograd.conv(x, w, None, geo, 1)[0]
    assert abs(found - exact).max() < min(abs(direct - exact).max(), 1e-6 * abs(exact).max())


@pytest.mark.parametrize("window", winograd.LEAST)
def test_any_number_of_threads_shares_it(window, monkeypatch) -> None:
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((3, 20, 11, 37)), rng.standard_normal((25, 20, window, window))
    geo = Conv.of(x.shape, w.shape, stride=(1, 1), padding=(1, 2), dilation=(1, 1), groups=1)
    expected = reference.conv(CPU, x, w, None, geo)
    for count in (1, 2, 3, 7):
        monkeypatch.setattr(winograd, "threads", lambda work, count=count: count)
        np.testing.assert_allclose(winograd.conv(x, w, None, geo, 1 << 30), expected, rtol=1e-12, atol=1e-12)


GEOMETRIES = [  # kernel, stride, padding, dilation, groups
    ((3, 5), (1, 1), (1, 1), (1, 1), 1),
    ((4, 4), (1, 1), (1, 1), (1, 1), 1),
    ((3, 3), (2, 1), (1, 1), (1, 1), 1),
    ((3, 3), (1, 1), (3, 1), (1, 1), 1),
    ((5, 5), (1, 1), (5, 5), (1, 1), 1),
    ((5, 5), (1, 1), (2, 2), (2, 2), 1),
    ((5, 5), (1, 1), (2, 2), (1, 1), 2),
]


@pytest.mark.parametrize("kernel, stride, padding, dilation, groups", GEOMETRIES)
def test_other_geometries_go_another_way(kernel, stride, padding, dilation, groups) -> None:
    options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    assert not winograd.served(Conv.of((64, 128, 40, 40), (128, 128, *kernel), **options), 64, 128, 128)


@pytest.mark.parametrize("window, least", winograd.LEAST.items())
def test_what_is_too_small_goes_another_way(window, least) -> None:
    def served(channels: int, outs: int, height: int, width: int) -> bool:
        shape, w_shape = (1, channels, height, width), (outs, channels, window, window)
        padding = (window // 2, window // 2)
        geo = Conv.of(shape, w_shape, stride=(1, 1), padding=padding, dilation=(1, 1), groups=1)
        return winograd.served(geo, 1, channels, outs)

    size = least.channels, least.channels, -(-least.results // least.width), least.width
    assert served(*size)
    for axis in range(4):
        smaller = list(size)
        smaller[axis] -= 1
        assert smaller[axis] == 0 or not served(*smaller)
