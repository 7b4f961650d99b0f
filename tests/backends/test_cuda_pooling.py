"""Pooling and scattered additions on the GPU: any geometry in either layout, ties, padding, order, bad positions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

from backends import precision
from backends.cuda import Cuda, compiler
from backends.geometry import Pool
from tests import devices
from tests.backends.sample import REFERENCE, TOLERANCE, Sample, agree, close

LAYOUTS = ["contiguous", "channels_last"]
rng = np.random.default_rng


def geometry(random: np.random.Generator, axes: int, **extra: Any) -> Pool:
    """Random windows that fit: strides beyond the kernel, dilation, padding up to half the window, ceil."""
    most = (40, 15, 8)[axes - 1]
    while True:
        kernel, stride, dilation, size = (tuple(random.integers(1, n + 1, axes).tolist()) for n in (4, 3, 2, most))
        padding = tuple(int(random.integers(0, k // 2 + 1)) for k in kernel)
        how = {"kernel": kernel, "stride": stride, "padding": padding, "dilation": dilation}
        geo = Pool.of((2, 3, *size), ceil=bool(random.integers(2)), **how, **extra)
        if min(geo.out) >= 1:
            return geo


def same(be: Cuda, layout: str, kernel: str, *arguments: Any) -> None:
    """Asserts that a kernel answers as the reference does."""
    agree(be, Sample(kernel, str(arguments[-1]), lambda _: arguments), "float32", layout)


def numbers(random: np.random.Generator, *shape: int) -> np.ndarray:
    return random.standard_normal(shape).astype("float32")


def some_maxima(be: Cuda) -> None:
    """``same_maxima`` of a dozen geometries."""
    random = rng(0)
    for _ in range(12):
        geo = geometry(random, 2)
        same_maxima(be, "contiguous", numbers(random, 2, 3, *geo.size), numbers(random, 2, 3, *geo.out), geo)


def same_maxima(be: Cuda, layout: str, x: np.ndarray, g: np.ndarray, geo: Pool) -> None:
    """Asserts that maxima, their places and their gradient are the reference's."""
    tied = np.round(x)
    same(be, layout, "max_pool", tied, geo)
    same(be, layout, "max_pool", tied - 9, geo)  # padding of 0 would win
    same(be, layout, "max_pool", np.where(x > 1, np.nan, tied), geo)
    same(be, layout, "pool_scatter", g, REFERENCE.max_pool(tied, geo)[1], geo.size, geo)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("axes", [1, 2, 3])
@pytest.mark.parametrize("channels", [3, 8])  # 8: by packs in channels last
def test_pooling_of_any_geometry(axes: int, channels: int, layout: str, cuda: Cuda) -> None:
    random = rng([axes, channels])
    for _ in range(12):
        geo = geometry(random, axes, count_include_pad=bool(random.integers(2)), divisor=int(random.integers(3)))
        x, g = (numbers(random, 2, channels, *s) for s in (geo.size, geo.out))
        same_maxima(cuda, layout, x, g, geo)
        index = REFERENCE.max_pool(x, geo)[1]
        same(cuda, layout, "pool_scatter", g, index, geo.size)
        same(cuda, layout, "pool_gather", x, index.astype("int64"))
        same(cuda, layout, "avg_pool", x, geo)
        same(cuda, layout, "avg_pool_grad", g, geo)
        same(cuda, layout, "unfold", x, geo)
        same(cuda, layout, "fold", REFERENCE.unfold(x, geo), geo)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("axes", [1, 2, 3])
def test_adaptive_pooling_of_any_size(axes: int, layout: str, cuda: Cuda) -> None:
    random = rng(axes)
    for channels in (3, 4, 8):
        size, out = (tuple(random.integers(1, 9, axes).tolist()) for _ in range(2))
        x = numbers(random, 2, channels, *size)
        same(cuda, layout, "adaptive_max_pool", np.round(x), out)
        same(cuda, layout, "adaptive_avg_pool", x, out)
        same(cuda, layout, "adaptive_avg_pool_grad", numbers(random, 2, channels, *out), size)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("shape", [(2, 3, 40, 41), (3, 40, 5, 6), (1, 33, 1, 9)])
def test_the_mean_of_a_plane(shape: tuple[int, ...], layout: str, cuda: Cuda) -> None:
    same(cuda, layout, "adaptive_avg_pool", numbers(rng(0), *shape), (1, 1))


def test_results_lie_in_memory_as_their_arguments(cuda: Cuda) -> None:
    geo = Pool.of((2, 8, 6, 6), kernel=(2, 2), stride=(2, 2), padding=(0, 0), dilation=(1, 1))
    x = cuda.asarray(np.zeros((2, 6, 6, 8), np.float32)).transpose(0, 3, 1, 2)
    y, index = cuda.max_pool(x, geo)
    gx = cuda.pool_scatter(y, index, geo.size, geo)
    for result in (y, index, gx, cuda.avg_pool(x, geo), cuda.avg_pool_grad(y, geo), cuda.pool_gather(x, index)):
        assert result.transpose(0, 2, 3, 1).flags.c_contiguous


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_window_of_padding_only_points_at_the_first_place(layout: str, cuda: Cuda) -> None:
    geo = Pool.of((2, 3, 1, 4), kernel=(2, 2), stride=(1, 1), padding=(1, 0), dilation=(2, 1))
    same(cuda, layout, "max_pool", numbers(rng(0), 2, 3, 1, 4), geo)


def test_positions_of_planes_larger_than_a_blocks_memory(cuda: Cuda) -> None:
    random = rng(0)
    index = random.integers(0, 70 * 70, (1, 2, 45, 45)).astype(np.int32)
    same(cuda, "contiguous", "pool_scatter", numbers(random, 1, 2, 45, 45), index, (70, 70))
    same(cuda, "contiguous", "pool_scatter", numbers(random, 1, 2, 45, 45), index * 0 + 4899, (70, 70))


# -- the tests see what they should: a kernel with a mistake in it disagrees -------------------------------------------

MISTAKES = {
    "padding of 0": ("best[v] = -infinity<acc_t>(), where.at[v] = -1;", "best[v] = acc_t(0), where.at[v] = 0;"),
    "the last of equals": ("value > best[v] || value != value", "value >= best[v] || value != value"),
    "one window short": (
        "int(quotient(a.by_stride, unsigned(i + a.padding))), a.out - 1)",
        "int(quotient(a.by_stride, unsigned(i + a.padding))), a.out - 2)",
    ),
}


@contextmanager
def planted(monkeypatch: pytest.MonkeyPatch, old: str, new: str) -> Iterator[Cuda]:
    """A backend whose kernels of maxima have ``new`` in the place of ``old``."""
    text = compiler.source("pooling").split("// -- mean --")[0]  # less to compile
    assert old in text
    with devices.installed() as be, monkeypatch.context() as patch:
        patch.setattr(compiler, "source", lambda family: text.replace(old, new))
        yield Cuda(be.xp, be.device)


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_planted_mistake_is_seen(mistake: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with planted(monkeypatch, *MISTAKES[mistake]) as be, pytest.raises(AssertionError, match=r"max_pool|pool_scatter"):
        some_maxima(be)


# -- additions in order: the same bits whatever the schedule ------------------------------------------------------------


def schedules() -> list[Cuda]:
    """The same backend with threads and blocks in other orders; on a card the orders are the card's."""
    be = devices.backend()
    if devices.real_cupy() is not None:
        return [be, be]
    from tests.emulator import Emulator

    return [Cuda(be.xp, Emulator("fast", order=order)) for order in ("ascending", "descending")]


def scattered_planes(be: Cuda) -> Any:
    random = rng(0)
    index = random.integers(0, 9, (2, 3, 400)).astype(np.int32)
    return be.pool_scatter(be.asarray(numbers(random, 2, 3, 400)), be.asarray(index), (30,))


def scattered_rows(be: Cuda, count: int = 700) -> Any:
    random = rng(0)
    return be.scatter_rows(be.asarray(numbers(random, count, 5)), be.asarray(random.integers(0, 7, count)), 9)


def many_scattered_rows(be: Cuda) -> Any:
    return scattered_rows(be, 5000)  # sorted rather than counted


def index_added(be: Cuda) -> Any:
    random = rng(0)
    index = be.asarray(random.integers(-4, 4, 300))
    return be.index_add_(be.asarray(numbers(random, 4, 6)), index, be.asarray(numbers(random, 300, 6)))


def scatter_added(be: Cuda) -> Any:
    random = rng(0)
    index = be.asarray(random.integers(0, 5, (2, 300, 3)))
    return be.scatter_add_(be.asarray(numbers(random, 2, 5, 4)), index, be.asarray(numbers(random, 3, 300, 3)), 1)


ADDITIONS = [scattered_planes, scattered_rows, many_scattered_rows, index_added, scatter_added]


@pytest.mark.parametrize("add", ADDITIONS, ids=[f.__name__ for f in ADDITIONS])
def test_additions_in_order_have_the_same_bits_on_every_run(add: Any, cuda: Cuda, monkeypatch: Any) -> None:
    monkeypatch.setattr(precision.settings, "deterministic", True)
    one, two = (be.to_numpy(add(be)) for be in schedules())
    assert one.tobytes() == two.tobytes()
    close(one, add(REFERENCE), 3 * TOLERANCE["float32"], add.__name__)


@pytest.mark.parametrize("add", ADDITIONS[3:], ids=[f.__name__ for f in ADDITIONS[3:]])
def test_additions_in_any_order(add: Any, cuda: Cuda) -> None:
    close(cuda.to_numpy(add(cuda)), add(REFERENCE), 3 * TOLERANCE["float32"], add.__name__)


@pytest.mark.parametrize("deterministic", [False, True])
@pytest.mark.parametrize("view", [(slice(None), slice(None, None, 2)), (slice(None, None, -1),)])
def test_additions_into_a_view(view: Any, deterministic: bool, cuda: Cuda, monkeypatch: Any) -> None:
    monkeypatch.setattr(precision.settings, "deterministic", deterministic)
    random = rng(0)
    out, index, src = numbers(random, 6, 8), random.integers(0, 6, (9, 4)), numbers(random, 9, 8)
    expected, got = out.copy(), cuda.asarray(out)
    width = expected[view].shape[1]
    for be, a in ((REFERENCE, expected), (cuda, got)):
        be.index_add_(a[view], be.asarray(index[:, 0]), be.asarray(src[:, :width]))
        be.scatter_add_(a[view], be.asarray(index), be.asarray(src), 0)
    close(cuda.to_numpy(got), expected, 3 * TOLERANCE["float32"], "views")


# -- bad positions: nothing is written, the host raises when it next waits ----------------------------------------------


def ones(*shape: int) -> np.ndarray:
    return np.ones(shape, np.float32)


REFUSED: dict[str, Any] = {
    "pool_scatter": lambda i: (ones(1, 1, 2), np.array([[[1, i]]], np.int32), (4,)),
    "pool_gather": lambda i: (ones(1, 1, 4), np.array([[[1, i]]])),
    "gather_rows": lambda i: (ones(4, 8), np.array([0, i, 1])),
    "gather": lambda i: (ones(4, 2), np.array([[0, i]]), 0),
    "scatter_rows": lambda i: (ones(3, 2), np.array([0, i, 1]), 4),
    "index_add_": lambda i: (ones(4, 2), np.array([0, i, 1]), ones(3, 2)),
    "scatter_add_": lambda i: (ones(4, 2), np.array([[0, i]]), ones(1, 2), 0),
}


@pytest.mark.parametrize("deterministic", [False, True])
@pytest.mark.parametrize("position", [-5, 4, 2**31 - 1])
@pytest.mark.parametrize("kernel", REFUSED)
def test_positions_out_of_range_are_reported(
    kernel: str, position: int, deterministic: bool, cuda: Cuda, monkeypatch: Any
) -> None:
    monkeypatch.setattr(precision.settings, "deterministic", deterministic)
    arguments = [cuda.asarray(a) if isinstance(a, np.ndarray) else a for a in REFUSED[kernel](position)]
    result = getattr(cuda, kernel)(*arguments)
    with pytest.raises(IndexError, match="cuda: a position is out of bounds, in an operation since the last sync"):
        cuda.to_numpy(result)
    written = cuda.to_numpy(result)  # what is reported once is not raised again
    good = {"pool_scatter": 1, "pool_gather": 1, "gather_rows": 16, "gather": 1, "scatter_rows": 4, "index_add_": 12}
    assert float(written.sum()) == (good | {"scatter_add_": 8 + 1})[kernel]


@pytest.mark.parametrize("position", [-3, 4, -(2**31)])
def test_checked_positions_are_reported(position: int, cuda: Cuda) -> None:
    assert cuda.check_positions(cuda.asarray(np.array([[0, position], [3, -2]], np.int32)), -2, 4) is None
    with pytest.raises(IndexError, match="cuda: a position is out of bounds"):
        cuda.synchronize()
