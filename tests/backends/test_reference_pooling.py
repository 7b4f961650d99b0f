"""Pooling and unfolding against PyTorch's, and their gradients against PyTorch's autograd."""

from __future__ import annotations

from math import prod

import numpy as np
import pytest

from backends.geometry import Pool, window_count
from tests.backends.oracle import match, rows, vjp
from tests.backends.sample import REFERENCE


def is_ceil(geo):
    axes = zip(geo.size, geo.kernel, geo.stride, geo.padding, geo.dilation, strict=True)
    return tuple(window_count(*axis) for axis in axes) != geo.out


def functional(torch, name, geo_or_out):
    return getattr(torch.nn.functional, f"{name}{len(geo_or_out)}d")


def places(torch, index):
    return index.to(torch.int32)


def max_pool(torch, x, geo):
    f = functional(torch, "max_pool", geo.out)
    y, index = f(x, geo.kernel, geo.stride, geo.padding, geo.dilation, is_ceil(geo), return_indices=True)
    return y, places(torch, index)


def adaptive_max_pool(torch, x, out):
    y, index = functional(torch, "adaptive_max_pool", out)(x, out, return_indices=True)
    return y, places(torch, index)


def pool_scatter(torch, g, index, size, geo=None):
    plane = g.new_zeros(*g.shape[:2], prod(size))
    return plane.scatter_add(2, index.flatten(2).long(), g.flatten(2)).reshape(*g.shape[:2], *size)


def pool_gather(torch, x, index):
    return x.flatten(2).gather(2, index.flatten(2).long()).reshape(index.shape)


def windows(torch, x, geo):
    """(N,C,*OS,*K), zero padding."""
    x = torch.nn.functional.pad(x, [p for p in reversed(geo.padding) for _ in range(2)])
    for axis, (kernel, stride, dilation) in enumerate(zip(geo.kernel, geo.stride, geo.dilation, strict=True)):
        x = x.unfold(2 + axis, dilation * (kernel - 1) + 1, stride)[..., ::dilation]
    return x


def avg_pool(torch, x, geo):
    if set(geo.dilation) != {1}:  # not in PyTorch
        over = tuple(range(-len(geo.size), 0))
        count = windows(torch, torch.ones_like(x), geo).sum(over)
        count = geo.divisor or (prod(geo.kernel) if geo.count_include_pad else count)
        return windows(torch, x, geo).sum(over) / count
    if len(geo.size) == 1:  # avg_pool1d lacks the divisor
        geo2 = Pool(
            (1, *geo.size), (1, *geo.kernel), (1, *geo.stride), (0, *geo.padding), (1, 1), (1, *geo.out), *geo[6:]
        )
        return avg_pool(torch, x[:, :, None], geo2)[:, :, 0]
    f, rest = functional(torch, "avg_pool", geo.out), (is_ceil(geo), geo.count_include_pad, geo.divisor or None)
    return f(x, geo.kernel, geo.stride, geo.padding, *rest)


def avg_pool_grad(torch, g, geo):
    return vjp(torch, lambda x: avg_pool(torch, x, geo), [g.new_zeros(*g.shape[:2], *geo.size)], g)


def adaptive_avg_pool(torch, x, out):
    return functional(torch, "adaptive_avg_pool", out)(x, out)


def adaptive_avg_pool_grad(torch, g, size):
    x = g.new_zeros(*g.shape[:2], *size)
    return vjp(torch, lambda x: adaptive_avg_pool(torch, x, g.shape[2:]), [x], g)


def unfold(torch, x, geo):
    nd = len(geo.size)
    if nd == 2 and len(x):  # PyTorch refuses an empty batch
        return torch.nn.functional.unfold(x, geo.kernel, geo.dilation, geo.padding, geo.stride)
    view = windows(torch, x, geo).permute(0, 1, *range(2 + nd, 2 + 2 * nd), *range(2, 2 + nd))  # (N,C,*K,*OS)
    return view.reshape(x.shape[0], x.shape[1] * prod(geo.kernel), prod(geo.out))


def fold(torch, cols, geo):
    x = cols.new_zeros(cols.shape[0], cols.shape[1] // prod(geo.kernel), *geo.size)
    return vjp(torch, lambda x: unfold(torch, x, geo), [x], cols)


KERNELS = (
    max_pool,
    adaptive_max_pool,
    pool_scatter,
    pool_gather,
    avg_pool,
    avg_pool_grad,
    adaptive_avg_pool,
    adaptive_avg_pool_grad,
    unfold,
    fold,
)
ORACLES = {f.__name__: f for f in KERNELS}


@rows(ORACLES)
def test_as_torch(torch, sample, dtype) -> None:
    match(torch, ORACLES, sample, dtype)


def pool(size, kernel, stride, padding=0, dilation=1, **options):
    return Pool.of(
        (1, 1, size), kernel=(kernel,), stride=(stride,), padding=(padding,), dilation=(dilation,), **options
    )


NAN, INF = np.nan, np.inf
LINES = [
    # x, windows, values, places
    ([1, 1, 0, 0], pool(4, 2, 2), [1, 0], [0, 2]),
    ([-INF, -INF, -INF], pool(3, 3, 2, 1), [-INF, -INF], [0, 1]),
    ([1, NAN, 5, 2], pool(4, 2, 2), [NAN, 5], [1, 2]),
    ([NAN, 9, NAN, 9], pool(4, 4, 4), [NAN], [2]),
    ([INF, 1, NAN, INF], pool(4, 2, 2), [INF, NAN], [0, 2]),
    ([5, 6], pool(2, 2, 1, 1), [5, 6, 6], [0, 1, 1]),
    ([7, 8], pool(2, 2, 1, 2, 3), [8, -INF, 7], [1, 0, 0]),  # the second window sees padding only
    ([1, 2, 3], pool(3, 2, 2, ceil=True), [2, 3], [1, 2]),
]


@pytest.mark.parametrize("x, geo, values, index", LINES)
def test_max_pool_of_a_line(x, geo, values, index) -> None:
    y, found = REFERENCE.max_pool(np.array([[x]], float), geo)
    np.testing.assert_array_equal(y, [[values]])
    np.testing.assert_array_equal(found, [[index]])


def test_an_average_over_padding_alone_is_zero() -> None:
    geo = pool(2, 2, 1, 2, 3, count_include_pad=False)
    np.testing.assert_array_equal(REFERENCE.avg_pool(np.array([[[7.0, 8.0]]]), geo), [[[8, 0, 7]]])
    np.testing.assert_array_equal(REFERENCE.avg_pool_grad(np.array([[[1.0, 2.0, 3.0]]]), geo), [[[3, 1]]])
