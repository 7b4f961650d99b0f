"""Window arithmetic against PyTorch's modules and against counting."""

from __future__ import annotations

from itertools import product

import pytest

from backends.geometry import Conv, Pool, adaptive_bounds, window_count

AXES = [
    case
    for case in product((1, 2, 5, 6, 7), (1, 2, 3), (1, 2, 3), (0, 1), (1, 2))
    if 2 * case[3] <= case[1] and case[0] + 2 * case[3] >= case[4] * (case[1] - 1) + 1
]


@pytest.mark.parametrize("size, kernel, stride, padding, dilation", AXES)
def test_window_count_is_the_number_of_places(size, kernel, stride, padding, dilation) -> None:
    span = dilation * (kernel - 1) + 1
    places = [start for start in range(-padding, size + padding, stride) if start + span <= size + padding]
    assert window_count(size, kernel, stride, padding, dilation) == len(places)


@pytest.mark.parametrize("ceil", [False, True])
def test_pools_have_torchs_sizes(torch, ceil) -> None:
    for size, kernel, stride, padding, dilation in AXES:
        x = torch.zeros(1, 1, size)
        expected = torch.nn.functional.max_pool1d(x, kernel, stride, padding, dilation, ceil_mode=ceil)
        assert window_count(size, kernel, stride, padding, dilation, ceil) == expected.shape[2]


def test_a_window_that_does_not_fit_has_no_place() -> None:
    assert window_count(2, 3, 1, 0, 1) == 0
    assert window_count(1, 5, 1, 0, 1) < 0
    assert window_count(0, 1, 1, 0, 1) == 0


def test_geometries_hold_every_axis() -> None:
    conv = Conv.of((2, 6, 9, 8, 7), (4, 3, 3, 2, 1), stride=(2, 1, 3), padding=(1, 0, 2), dilation=(1, 2, 1), groups=2)
    assert conv == ((9, 8, 7), (3, 2, 1), (2, 1, 3), (1, 0, 2), (1, 2, 1), 2, (5, 6, 4))
    options = {"kernel": (3, 2), "stride": (2, 3), "padding": (0, 1), "dilation": (1, 1)}
    assert Pool.of((1, 1, 6, 6), **options) == ((6, 6), (3, 2), (2, 3), (0, 1), (1, 1), (2, 3), True, 0)
    pool = Pool.of((1, 1, 6, 6), **options, ceil=True, count_include_pad=False, divisor=5)
    assert (pool.out, pool.count_include_pad, pool.divisor) == ((3, 3), False, 5)


@pytest.mark.parametrize("size, out", [(1, 1), (5, 3), (6, 3), (7, 4), (3, 5), (10, 1), (224, 7)])
def test_adaptive_windows_cover_the_axis(size, out) -> None:
    bounds = adaptive_bounds(size, out)
    assert len(bounds) == out
    assert {i for start, end in bounds for i in range(start, end)} == set(range(size))
    assert all(start < end for start, end in bounds)
