"""Convolution on the GPU: each algorithm on any geometry, both layouts, and which algorithm is chosen."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from backends.cuda import Cuda, conv, conv_columns, conv_direct, conv_plan
from backends.cuda.autotune import Tuner
from backends.cuda.conv_algorithm import Case, Choice, choices
from backends.cuda.conv_direct import TILES, launch
from backends.geometry import Conv
from backends.precision import settings
from tests.backends.sample import Sample, agree
from tests.backends.test_cpu import windows


@pytest.fixture(params=["direct", "columns"])
def algorithm(request, monkeypatch) -> str:
    """Every convolution is computed by this algorithm, or, where it does not take it, directly."""
    chosen = Choice(request.param)
    monkeypatch.setattr(conv, "choices", lambda *a: (chosen,) if chosen in choices(*a) else (Choice("direct"),))
    return request.param


@pytest.fixture
def direct(monkeypatch) -> Iterator[None]:
    """Every convolution is computed directly, with launches chosen anew."""
    monkeypatch.setattr(conv, "choices", lambda *a: (Choice("direct"),))
    launch.cache_clear()
    yield
    launch.cache_clear()


def all_three(
    cuda: Cuda,
    rng: np.random.Generator,
    n: int,
    groups: int,
    channels: int,
    outs: int,
    geometry: dict[str, Any],
    dtype: str = "float32",
) -> bool:
    """Whether the geometry exists; then output and gradients are right in both layouts."""
    size, kernel, *rest = (geometry[name] for name in ("size", "kernel", "stride", "padding", "dilation"))
    x, w = (n, groups * channels, *size), (groups * outs, channels, *kernel)
    geo = Conv.of(x, w, groups=groups, **dict(zip(("stride", "padding", "dilation"), rest, strict=True)))
    if min(geo.out) < 1:
        return False
    shapes = {"x": x, "w": w, "b": w[:1], "g": (n, w[0], *geo.out)}
    a = {name: rng.standard_normal(shape).astype(dtype) for name, shape in shapes.items()}
    bias = a["b"] if rng.integers(2) else None
    for layout in ("contiguous", "channels_last"):
        agree(cuda, Sample("conv", f"{geo}", lambda _: (a["x"], a["w"], bias, geo)), dtype, layout)
        agree(cuda, Sample("conv_input", f"{geo}", lambda _: (a["g"], a["w"], geo)), dtype, layout)
        agree(cuda, Sample("conv_weight", f"{geo}", lambda _: (a["g"], a["x"], geo), tolerance=3), dtype, layout)
    return True


def geometry(size: tuple[int, ...], kernel: int, stride: int = 1, padding: int = 0) -> dict[str, tuple[int, ...]]:
    """The same along every axis."""
    same = {"kernel": kernel, "stride": stride, "padding": padding, "dilation": 1}
    return {"size": size, **{name: (value,) * len(size) for name, value in same.items()}}


GROUPS = [(1, 3, 20), (1, 8, 5), (2, 3, 4), (5, 1, 1), (3, 1, 2), (20, 1, 1), (1, 1, 9), (2, 4, 24)]


@pytest.mark.parametrize("axes", [1, 2, 3])
def test_any_geometry(axes, cuda, algorithm) -> None:
    rng = np.random.default_rng(axes)
    exist = [all_three(cuda, rng, 2, *group, windows(rng, axes)) for group in GROUPS for _ in range(2)]
    assert sum(exist) > len(GROUPS)


@pytest.mark.parametrize("dtype", ["float16", "float64"])
def test_any_dtype(dtype, cuda, algorithm) -> None:
    rng = np.random.default_rng(0)
    exist = [all_three(cuda, rng, 2, *group, windows(rng, 2), dtype) for group in GROUPS]
    assert sum(exist) > len(GROUPS) // 2


STRIDED = [(6, 3, 2, 1), (9, 4, 4, 0), (7, 2, 5, 0), (5, 1, 2, 0), (4, 5, 3, 2)]  # size, kernel, stride, padding


@pytest.mark.parametrize("dilation", [1, 2, 4])
def test_input_gradient_of_strides(dilation, cuda, algorithm) -> None:
    rng = np.random.default_rng(dilation)
    for size, kernel, stride, padding in STRIDED:
        larger = geometry((size + dilation * kernel, size + 1 + dilation * kernel), kernel, stride, padding)
        assert all_three(cuda, rng, 2, 1, 5, 6, larger | {"dilation": (dilation, 1)})


@pytest.mark.parametrize("tile", TILES, ids=lambda tile: f"{tile.rows}x{tile.columns}")
def test_tiles(tile, cuda, direct, monkeypatch) -> None:
    monkeypatch.setattr(conv_direct, "TILES", (tile,))
    for groups, channels, outs in [(1, 18, 70), (2, 5, 9)]:
        assert all_three(cuda, np.random.default_rng(0), 2, groups, channels, outs, geometry((9, 10), 3, 1, 1))


@pytest.mark.parametrize("groups, channels, outs", [(1, 20, 20), (1, 1, 2)])
def test_sums_split_into_shares(groups, channels, outs, cuda, direct, monkeypatch) -> None:
    monkeypatch.setattr(cuda.device, "multiprocessors", 40)
    assert launch(128, 20, 180, 1, 4, 40, 99).splits > 1
    assert all_three(cuda, np.random.default_rng(0), 2, groups, channels, outs, geometry((34, 33), 3, 1, 1))


def test_large_batches_go_in_parts(cuda, algorithm, monkeypatch) -> None:
    monkeypatch.setattr(conv_columns, "COLUMNS", 4 * 2 * 27 * 49)  # two images
    monkeypatch.setattr(conv_direct, "INDICES", 2 * 4 * 49)
    for n in (0, 1, 4, 5):
        all_three(cuda, np.random.default_rng(n), n, 1, 3, 4, geometry((7, 7), 3, 1, 1))


def test_what_offsets_do_not_reach_the_reference_computes(cuda, monkeypatch) -> None:
    monkeypatch.setattr(conv, "_run", None)
    x, w = cuda.asarray(np.ones((1, 1, 4), "float32")), cuda.asarray(np.ones((1, 1, 1), "float32"))
    geo = Conv.of(x.shape, w.shape, stride=(1 << 30,), padding=(1 << 30,), dilation=(1,), groups=1)
    assert not conv_direct.fits(x.shape, (1, 1, *geo.out), geo)
    ints = Conv.of(x.shape, w.shape, stride=(1,), padding=(0,), dilation=(1,), groups=1)
    assert cuda.conv(x.astype("int32"), w.astype("int32"), None, ints).dtype == "int32"


def test_the_layout_of_the_input_is_that_of_the_result(cuda, algorithm) -> None:
    x = cuda.asarray(np.ones((2, 6, 6, 4), "float32")).transpose(0, 3, 1, 2)
    w = cuda.asarray(np.ones((5, 4, 3, 3), "float32"))
    geo = Conv.of(x.shape, w.shape, stride=(1, 1), padding=(1, 1), dilation=(1, 1), groups=1)
    y = cuda.conv(x, w, None, geo)
    gx, gw = cuda.conv_input(y, w, geo), cuda.conv_weight(y, x, geo)
    assert all(a.transpose(0, 2, 3, 1).flags.c_contiguous for a in (y, gx, gw))


def test_divisors_are_exact() -> None:
    rng, top = np.random.default_rng(0), (1 << 31) - 1
    numbers = [*range(1, 300), *(1 << np.arange(31)).tolist(), *rng.integers(1, top, 300).tolist(), top - 1, top]
    for d in numbers:
        _, multiplier, shift = conv_plan.divisor(d)
        multiples = rng.integers(0, top // d + 1, 50) * d
        n = np.unique(np.concatenate([multiples, multiples - 1, multiples + d - 1, rng.integers(0, top, 50), [0, top]]))
        n = n[(n >= 0) & (n <= top)].astype(np.uint64)
        high = n * np.uint64(multiplier) >> np.uint64(32)
        assert multiplier < 1 << 32
        assert np.array_equal((high + n) >> np.uint64(shift), n // np.uint64(d)), d


# -- the choice --------------------------------------------------------------------------------------------------------

LAYERS = {  # channels, outs, kernel, stride, padding, size; the first choice with TF32, and in full precision
    "LeNet 1": (1, 6, 5, 1, 2, 28, "direct", "direct"),
    "LeNet 2": (6, 16, 5, 1, 0, 14, "tensor", "direct"),
    "AlexNet 1": (3, 64, 11, 4, 2, 224, "tensor", "direct"),
    "AlexNet 3": (192, 384, 3, 1, 1, 13, "tensor", "columns"),
    "VGG 2": (64, 64, 3, 1, 1, 224, "tensor", "direct"),
    "VGG 8": (512, 512, 3, 1, 1, 28, "tensor", "columns"),
    "ResNet-18 stem": (3, 64, 7, 2, 3, 224, "tensor", "direct"),
    "ResNet-18 strided": (128, 256, 3, 2, 1, 28, "tensor", "columns"),
    "ResNet-18 shortcut": (64, 128, 1, 2, 0, 56, "tensor", "direct"),
    "ResNet-50 expand": (64, 256, 1, 1, 0, 56, "tensor", "columns"),
}


@pytest.mark.parametrize("layer", LAYERS)
def test_choice_of_known_layers(layer, cuda, monkeypatch) -> None:
    channels, outs, kernel, stride, padding, size, fast, full = LAYERS[layer]
    same = {name: (value, value) for name, value in {"stride": stride, "padding": padding, "dilation": 1}.items()}
    geo = Conv.of((32, channels, size, size), (outs, channels, kernel, kernel), groups=1, **same)
    case = Case("forward", "float32", 32, channels, outs, False, geo)
    for tf32, expected in ((True, fast), (False, full)):
        monkeypatch.setattr(settings, "conv_tf32", tf32)
        assert choices(cuda, case, tf32)[0] == Choice(expected)


def test_without_cublas_there_are_no_columns(cuda, monkeypatch) -> None:
    geo = Conv.of((8, 64, 9, 9), (64, 64, 1, 1), stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1)
    monkeypatch.setattr(cuda.device, "blas", None)
    assert choices.__wrapped__(cuda, Case("input", "float64", 8, 64, 64, False, geo), False) == (Choice("direct"),)


def timed(times: dict[str, float | None]) -> tuple[Any, tuple[tuple[str, ...], Callable[[str], None]], list[str]]:
    """A device whose clock is told how long each candidate takes; candidates and what runs one; which of them ran."""
    ran: list[str] = []

    def clock(work: Callable[[], None]) -> float | None:
        before = len(ran)
        work()
        time = times[ran[-1]]
        return None if time is None else time * (len(ran) - before)

    def run(name: str) -> None:
        ran.append(name)
        if times[name] == 0:
            raise MemoryError

    return SimpleNamespace(name="a GPU", clock=clock), (tuple(times), run), ran


@pytest.fixture
def tuner(monkeypatch, tmp_path) -> Callable[[], Tuner]:
    """Makes tuners that share a file, as processes do."""
    monkeypatch.setenv("TWINGRAD_CACHE", str(tmp_path))
    return lambda: Tuner("conv", ("conv",))


def test_the_fastest_is_found_once_and_remembered(tuner) -> None:
    device, candidates, ran = timed({"slow": 3.0, "fast": 1.0, "too large": 0})
    first = tuner()
    assert [first.fastest(device, "case", *candidates) for _ in range(2)] == ["fast", "fast"]
    assert ran == ["slow"] * 5 + ["fast"] * 5 + ["too large"]
    assert tuner().fastest(device, "case", *candidates) == "fast"
    assert len(ran) == 11
    tuner().fastest(device, "another case", *candidates)
    tuner().fastest(SimpleNamespace(name="another GPU", clock=device.clock), "case", *candidates)
    assert len(ran) == 33
    assert json.loads(first.path.read_text()) == dict.fromkeys(
        ["a GPU: case", "a GPU: another case", "another GPU: case"], "fast"
    )


def test_short_work_is_repeated_in_a_round(tuner) -> None:
    device, candidates, ran = timed({"slow": 0.26, "fast": 0.01})
    assert tuner().fastest(device, "case", *candidates) == "fast"
    assert ran == ["slow"] * (2 + 3 * 3) + ["fast"] * (2 + 3 * 20)


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"\xff\xfe", b'{"a GPU: case": 1}', b'{"a GPU: case": "gone"}'])
def test_a_damaged_file_costs_a_trial(content, tuner) -> None:
    device, candidates, ran = timed({"slow": 3.0, "fast": 1.0})
    path = tuner().path
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    assert tuner().fastest(device, "case", *candidates) == "fast"
    assert len(ran) == 10
    assert json.loads(path.read_text())["a GPU: case"] == "fast"


def test_while_the_clock_stands_still_the_first_is_taken_and_nothing_remembered(tuner) -> None:
    device, candidates, _ = timed({"first": None, "second": None})
    chosen = tuner()
    assert chosen.fastest(device, "case", *candidates) == "first"
    assert not chosen.path.exists()


def test_benchmark_measures_and_deterministic_does_not(cuda, monkeypatch, tuner) -> None:
    rng = np.random.default_rng(0)
    x, w = (rng.standard_normal(shape).astype("float32") for shape in ((2, 3, 6, 6), (4, 3, 3, 3)))
    geo = Conv.of(x.shape, w.shape, stride=(1, 1), padding=(1, 1), dilation=(1, 1), groups=1)
    sample, ran = Sample("conv", "benchmark", lambda _: (x, w, None, geo)), []
    for name, of in (("direct", conv_direct), ("columns", conv_columns)):
        monkeypatch.setattr(of, "forward", lambda *a, name=name, run=of.forward: (ran.append(name), run(*a))[1])

    def clock(work: Callable[[], Any]) -> float:
        work()
        return {"direct": 2.0, "columns": 1.0}[ran[-1]]

    monkeypatch.setattr(settings, "benchmark", True)
    monkeypatch.setattr(conv, "_tuner", tuner())
    monkeypatch.setattr(cuda.device, "clock", clock)
    monkeypatch.setattr(cuda.device, "name", "a GPU")
    monkeypatch.setattr(settings, "deterministic", True)
    agree(cuda, sample)
    assert ran == ["direct"]
    ran.clear()
    monkeypatch.setattr(settings, "deterministic", False)
    agree(cuda, sample)
    assert ran == ["direct"] * 5 + ["columns"] * 6
    assert set(json.loads(conv._tuner.path.read_text()).values()) == {"columns"}
