"""Depthwise convolutions of the CPU that copy nothing, against the reference."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from backends import registry
from backends.cpu import conv, depthwise, runtime
from backends.geometry import Conv
from backends.reference import conv as reference

CPU = registry.get("cpu")
# N, C, H, W, kernel, step, padding: rows shorter and longer than a vector, windows larger than the input
SHAPES = [
    (2, 3, 6, 6, 3, 1, (1, 1)),
    (2, 3, 7, 19, 3, 1, (0, 1)),
    (1, 5, 4, 16, 3, 1, (2, 0)),
    (2, 3, 18, 33, 5, 1, (2, 2)),
    (2, 2, 3, 3, 5, 1, (4, 3)),
    (2, 3, 9, 37, 3, 2, (1, 1)),
    (1, 4, 8, 8, 3, 2, (0, 2)),
    (3, 1, 8, 35, 5, 2, (2, 1)),
    (2, 2, 1, 1, 5, 2, (4, 4)),
    (1, 2, 11, 70, 5, 2, (0, 0)),
]


# every shape on all threads in float32; a few on one in float64: each way is compiled anew
CASES = [(shape, "float32", 0) for shape in SHAPES] + [(SHAPES[i], "float64", sys.maxsize) for i in (1, 5)]


@pytest.mark.parametrize("shape, dtype, parallel_from", CASES, ids=str)
def test_as_the_reference(shape, dtype, parallel_from, monkeypatch) -> None:
    monkeypatch.setattr(runtime, "_parallel_from", parallel_from)
    monkeypatch.setattr(conv, "_FUSE_FROM", 0)
    n, c, height, width, size, step, padding = shape
    w_shape = (c, 1, size, size)
    geo = Conv.of((n, c, height, width), w_shape, stride=(step, step), padding=padding, dilation=(1, 1), groups=c)
    assert depthwise.served(geo, c)
    rng = np.random.default_rng(0)
    x, w, b, g = (
        rng.standard_normal(s).astype(dtype) for s in ((n, c, height, width), w_shape, (c,), (n, c, *geo.out))
    )
    near = {"rtol": 1e-4, "atol": 1e-4} if dtype == "float32" else {"rtol": 1e-12, "atol": 1e-12}
    for bias in (None, b):
        np.testing.assert_allclose(CPU.conv(x, w, bias, geo), reference.conv(CPU, x, w, bias, geo), **near)
    np.testing.assert_allclose(CPU.conv_input(g, w, geo), reference.conv_input(CPU, g, w, geo), **near)
    np.testing.assert_allclose(CPU.conv_weight(g, x, geo), reference.conv_weight(CPU, g, x, geo), **near)
    turned = x.transpose(0, 2, 3, 1).copy().transpose(0, 3, 1, 2)  # channels last
    assert np.array_equal(CPU.conv(turned, w, b, geo), CPU.conv(x, w, b, geo))


@pytest.mark.parametrize(
    "outs, kernel, stride, padding, dilation",
    [
        (8, (3, 3), (1, 1), (1, 1), (1, 1)),  # two output channels a group
        (4, (3, 5), (1, 1), (1, 1), (1, 1)),
        (4, (3, 3), (1, 2), (1, 1), (1, 1)),
        (4, (3, 3), (3, 3), (1, 1), (1, 1)),
        (4, (3, 3), (1, 1), (3, 3), (1, 1)),
        (4, (3, 3), (1, 1), (2, 2), (2, 2)),
        (4, (7, 7), (1, 1), (3, 3), (1, 1)),
    ],
)
def test_other_geometries_go_the_general_way(outs, kernel, stride, padding, dilation) -> None:
    options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": 4}
    assert not depthwise.served(Conv.of((2, 4, 9, 9), (outs, 1, *kernel), **options), outs)
