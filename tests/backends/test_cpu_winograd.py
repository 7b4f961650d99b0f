"""Winograd's method on the CPU: its matrices, and the convolutions that it serves, against the reference."""

from __future__ import annotations

import numpy as np
import pytest

from backends import registry
from backends.cpu import winograd
from backends.cpu.kernels.winograd_tiles import TILES, Tile
from backends.geometry import Conv
from backends.reference import conv as reference

CPU = registry.get("cpu")


def product(steps: tuple[np.ndarray, ...]) -> np.ndarray:
    """The one matrix that several, applied one after another, are."""
    total = np.eye(steps[0].shape[1])
    for matrix in steps:
        total = matrix @ total
    return total


@pytest.mark.parametrize("window, places, outs", [(3, 4, 2), (5, 11, 4)])
def test_the_matrices_correlate(window, places, outs) -> None:
    tile: Tile = TILES[window]
    assert (tile.places, tile.outs, tile.seen) == (places, outs, outs + window - 1)
    rng = np.random.default_rng(0)
    d, g = rng.standard_normal(tile.seen), rng.standard_normal(window)
    y = product(tile.results) @ ((product(tile.weights) @ g) * (product(tile.inputs) @ d))
    np.testing.assert_allclose(y, np.correlate(d, g, "valid"), atol=1e-14)
    assert {abs(f) for steps in tile for matrix in steps for f in matrix.flat} <= {0, 0.5, 1}


# N, C, K, H, W, window, padding: one tile, one row of them, more than a vector, sizes that no tile divides
SHAPES = [
    (1, 3, 2, 1, 1, 3, (1, 1)),
    (2, 5, 7, 3, 3, 3, (0, 0)),
    (5, 33, 38, 9, 7, 3, (1, 1)),
    (1, 40, 50, 7, 41, 3, (2, 0)),
    (3, 17, 13, 5, 70, 3, (0, 2)),
]


@pytest.mark.parametrize("dtype, shape", [("float32", s) for s in SHAPES] + [("float64", SHAPES[2])], ids=str)
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
