"""Convolution on tensor cores against float64, on operands that are rounded as the kernels round theirs."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import pytest

from backends.cuda import Cuda, compiler, conv_tensor
from backends.cuda.conv_tensor import NONE, RELU, TILES, Tile
from backends.cuda.launch import Kernels
from backends.cuda.layout import is_channels_last
from backends.geometry import Conv
from backends.precision import settings
from backends.reference import Reference
from tests import devices
from tests.backends.cuda_variants import Variant
from tests.backends.nvrtc_report import measure
from tests.backends.sample import LAYOUTS
from tests.emulator import KernelFault

REFERENCE = Reference(np)
SMALL = TILES[-1]
DIRECTIONS = ("forward", "input", "weight")

emulated = pytest.mark.skipif(devices.real_cupy() is not None, reason="about the emulator")


# -- rounding ----------------------------------------------------------------------------------------------------------


def bits(a: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(a, np.float32).view(np.uint32).astype(np.uint64)


def tf32(a: np.ndarray) -> np.ndarray:
    """To nearest, ties away from zero."""
    return ((bits(a) + 0x1000) & 0xFFFFE000).astype(np.uint32).view(np.float32)


def bf16_bits(a: np.ndarray) -> np.ndarray:
    """To nearest, ties to even."""
    return ((bits(a) + 0x7FFF + (bits(a) >> 16 & 1)) >> 16).astype(np.uint16)


def from_bf16(a: np.ndarray) -> np.ndarray:
    return (a.astype(np.uint32) << 16).view(np.float32)


def bf16(a: np.ndarray) -> np.ndarray:
    return from_bf16(bf16_bits(a))


class Kind(NamedTuple):
    """Arrays, and what tensor cores multiply."""

    dtype: str
    operand: Callable[[np.ndarray], np.ndarray]
    bf16: bool = False
    result: float = 0.0  # the rounding of a result, relative to it


KINDS = {
    "tf32": Kind("float32", tf32),
    "bf16": Kind("float32", bf16, bf16=True),
    "f16": Kind("float16", lambda a: a, result=2**-11),
}


# -- cases -------------------------------------------------------------------------------------------------------------


class Case(NamedTuple):
    """Shapes of x (N,C,*S) and w (O,C/G,*K), and how the window goes."""

    x: tuple[int, ...]
    w: tuple[int, ...]
    stride: int = 1
    padding: int = 0
    dilation: int = 1
    groups: int = 1

    @property
    def geo(self) -> Conv:
        n = len(self.x) - 2
        return Conv.of(
            self.x,
            self.w,
            stride=(self.stride,) * n,
            padding=(self.padding,) * n,
            dilation=(self.dilation,) * n,
            groups=self.groups,
        )

    @property
    def y(self) -> tuple[int, ...]:
        return (self.x[0], self.w[0], *self.geo.out)


CASES = {
    "3x3": Case((2, 16, 9, 7), (24, 16, 3, 3), padding=1),
    "3x3-strided": Case((2, 16, 9, 8), (24, 16, 3, 3), stride=2, padding=1),
    "3x3-stride-3": Case((1, 16, 10, 11), (16, 16, 3, 3), stride=3),
    "1x1": Case((2, 24, 7, 5), (40, 24, 1, 1)),
    "1x1-strided": Case((2, 24, 7, 5), (40, 24, 1, 1), stride=2),  # of its input, three quarters get no gradient
    "5x5-dilated": Case((1, 8, 13, 14), (36, 8, 5, 5), padding=3, dilation=2),
    "5x5-dilated-strided": Case((1, 8, 15, 14), (36, 8, 5, 5), stride=4, padding=4, dilation=2),
    "7x7-stem": Case((1, 3, 19, 18), (16, 3, 7, 7), stride=2, padding=3),
    "odd-channels": Case((3, 19, 6, 7), (37, 19, 3, 3), padding=1),
    "channels-of-8-bytes": Case((2, 12, 7, 6), (20, 12, 3, 3), padding=1),
    "more-than-a-tile": Case((1, 40, 13, 12), (72, 40, 2, 3), padding=1),
    "padding-beyond-the-kernel": Case((1, 16, 4, 4), (16, 16, 3, 3), padding=4),
    "whole": Case((5, 16, 4, 5), (32, 16, 4, 5)),
    "one-image-row": Case((1, 16, 1, 40), (16, 16, 1, 3), stride=2),
    "groups": Case((2, 48, 7, 6), (32, 24, 3, 3), padding=1, groups=2),
    "groups-strided": Case((1, 64, 7, 6), (80, 16, 3, 3), stride=2, padding=1, groups=4),
    "line": Case((2, 20, 31), (24, 20, 5), padding=2),
    "line-strided": Case((2, 20, 32), (24, 20, 4), stride=3, padding=1),
    "nothing": Case((0, 16, 5, 5), (24, 16, 3, 3), padding=1),
}


@lru_cache
def draws(case: Case, dtype: str) -> dict[str, np.ndarray]:
    """x, w, g, and what is added: a bias b, a residual r."""
    rng = np.random.default_rng(len(case.x) + case.w[0])
    shapes = {"x": case.x, "w": case.w, "g": case.y, "b": case.w[:1], "r": case.y}
    return {name: rng.standard_normal(shape).astype(dtype) for name, shape in shapes.items()}


def expected(direction: str, case: Case, kind: Kind, activation: int = NONE, added: bool = False) -> np.ndarray:
    """In float64."""
    plain = draws(case, kind.dtype)
    x, w, g = (kind.operand(plain[name]).astype(np.float64) for name in "xwg")
    if direction == "input":
        return REFERENCE.conv_input(g, w, case.geo)
    if direction == "weight":
        return REFERENCE.conv_weight(g, x, case.geo)
    y = REFERENCE.conv(x, w, plain["b"].astype(np.float64) if added else None, case.geo)
    y = y + plain["r"] if added else y
    return np.maximum(y, 0) if activation == RELU else y


def last(be: Any, a: Any) -> Any:
    """Channels-last in memory."""
    return LAYOUTS["channels_last"](be.xp, be.asarray(a))


def got(
    be: Any,
    direction: str,
    case: Case,
    kind: Kind,
    tile: Tile | None = SMALL,
    place: Callable[[Any, Any], Any] = last,
    activation: int = NONE,
    added: bool = False,
) -> Any:
    a = {name: place(be, value) for name, value in draws(case, kind.dtype).items()}
    options: dict[str, Any] = {"tile": tile, "bf16": kind.bf16}
    if direction == "input":
        return conv_tensor.input_gradient(be, a["g"], a["w"], case.geo, **options)
    if direction == "weight":
        return conv_tensor.weight_gradient(be, a["g"], a["x"], case.geo, **options)
    b, r = (a["b"], a["r"]) if added else (None, None)
    return conv_tensor.forward(be, a["x"], a["w"], b, case.geo, activation, residual=r, **options)


def close(actual: np.ndarray, exact: np.ndarray, kind: Kind) -> None:
    """Only sums in float32, and the result, are rounded."""
    assert actual.shape == exact.shape
    assert actual.dtype == kind.dtype
    error = np.abs(actual.astype(np.float64) - exact)
    allowed = 3e-6 * np.abs(exact).max(initial=0) + kind.result * np.abs(exact)
    assert np.all(error <= allowed), f"{error.max()}"


def check(be: Any, direction: str, case: Case, kind: Kind, **options: Any) -> None:
    exact = {name: options[name] for name in ("activation", "added") if name in options}
    close(be.to_numpy(got(be, direction, case, kind, **options)), expected(direction, case, kind, **exact), kind)


# -- values ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("direction", DIRECTIONS)
def test_values(direction: str, kind: str, cuda: Cuda) -> None:
    for case in CASES.values():
        check(cuda, direction, case, KINDS[kind])


@pytest.mark.parametrize("tile", TILES, ids=lambda tile: "x".join(map(str, tile[:4])))
def test_every_tile(tile: Tile, cuda: Cuda) -> None:
    case = Case((1, 24, 12, 12), (136, 24, 1, 3))
    kinds = ["tf32", "f16"] if tile in TILES[1:3] else ["f16"] if tile.m == tile.n else ["tf32"]
    for kind in kinds:
        for direction in DIRECTIONS:
            check(cuda, direction, case, KINDS[kind], tile=tile)


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_the_largest_tile_in_copies_of_8_bytes(direction: str, cuda: Cuda) -> None:
    case = Case((1, 20, 9, 17), (132, 20, 1, 3))
    launch = conv_tensor._launch(132, 227 << 10, "float16", 1, 20, 132, case.geo, direction, TILES[0], False)
    assert "COPY=8" in launch.defines
    check(cuda, direction, case, KINDS["f16"], tile=TILES[0])


@pytest.mark.parametrize("splits", [2, 3, 100])
def test_split_sums(splits: int, cuda: Cuda) -> None:
    for case in (CASES["3x3"], CASES["groups"], CASES["odd-channels"], CASES["nothing"]):
        check(cuda, "weight", case, KINDS["tf32"], tile=SMALL._replace(splits=splits))


def test_sums_are_the_same_on_every_run(cuda: Cuda) -> None:
    first, second = (
        cuda.to_numpy(got(cuda, "weight", CASES["3x3"], KINDS["tf32"], SMALL._replace(splits=5))) for _ in range(2)
    )
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("case", ["3x3", "odd-channels", "groups-strided", "line"])  # 24 outs, 37, 20 in a group
def test_bias_residual_and_activation(case: str, cuda: Cuda) -> None:
    for kind in ("tf32", "f16"):
        for place in (last, lambda be, a: be.asarray(a)):
            check(cuda, "forward", CASES[case], KINDS[kind], place=place, activation=RELU, added=True)
    check(cuda, "forward", CASES[case], KINDS["tf32"], activation=RELU)


def test_the_activation_keeps_nan(cuda: Cuda) -> None:
    x = np.ones((1, 16, 3, 3), np.float32)
    x[0, 3, 1, 1] = np.nan
    geo = Conv.of(x.shape, (8, 16, 1, 1), stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1)
    w = cuda.asarray(-np.ones((8, 16, 1, 1), np.float32))
    y = cuda.to_numpy(conv_tensor.forward(cuda, cuda.asarray(x), w, None, geo, RELU, tile=SMALL))
    assert np.isnan(y[0, :, 1, 1]).all()
    assert np.count_nonzero(y) == 8  # NaN is not zero, all else is


class Dtype(NamedTuple):
    """What NumPy has no type for."""

    name: str


class Bfloat:
    """The backend for arrays of bfloat16, whose bits NumPy holds as uint16."""

    def __init__(self, be: Cuda) -> None:
        self.xp, self.asarray, self.to_numpy = be.xp, be.asarray, be.to_numpy
        device = be.device
        names = "arch", "multiprocessors", "shared_memory", "compile", "start"
        self.device = SimpleNamespace(**{name: getattr(device, name) for name in names}, validate=None)
        self.kernels = Kernels(self.device)  # validate would find that these are no bfloats

    def kernel(self, family: str, name: str, dtype: Any, defines: tuple[str, ...] = ()) -> Any:
        return self.kernels(family, name, Dtype("bfloat16"), defines)


def test_arrays_of_bfloat16(cuda: Cuda, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(conv_tensor.SIZE, "uint16", 2)
    be = Bfloat(cuda)
    kind = Kind("float32", bf16, result=2**-8)
    for case in (CASES["3x3-strided"], CASES["odd-channels"]):
        a = {name: last(be, bf16_bits(value)) for name, value in draws(case, "float32").items()}
        results = {
            "forward": conv_tensor.forward(be, a["x"], a["w"], None, case.geo, tile=SMALL),
            "input": conv_tensor.input_gradient(be, a["g"], a["w"], case.geo, tile=SMALL),
            "weight": conv_tensor.weight_gradient(be, a["g"], a["x"], case.geo, tile=SMALL),
        }
        for direction, result in results.items():
            close(from_bf16(be.to_numpy(result)), expected(direction, case, kind), kind)


# -- layouts -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("layout", [name for name in LAYOUTS if name != "expanded"])
def test_any_layout(layout: str, cuda: Cuda) -> None:
    for case in (CASES["3x3"], CASES["odd-channels"], CASES["7x7-stem"], CASES["line"]):
        for direction in DIRECTIONS:
            check(cuda, direction, case, KINDS["f16"], place=lambda be, a: LAYOUTS[layout](be.xp, be.asarray(a)))


def test_transposition_of_large_arrays(cuda: Cuda) -> None:
    case = Case((2, 70, 9, 15), (67, 70, 1, 1))  # more than a square of 64 either way, with rests
    for kind in ("tf32", "f16"):
        check(cuda, "forward", case, KINDS[kind], place=lambda be, a: be.asarray(a))
    case = Case((2, 68, 8, 16), (64, 68, 1, 1))
    check(cuda, "forward", case, KINDS["f16"], place=lambda be, a: be.asarray(a))


def test_results_lie_as_the_argument(cuda: Cuda) -> None:
    for direction in DIRECTIONS:
        assert is_channels_last(got(cuda, direction, CASES["3x3"], KINDS["tf32"]))
        plain = got(cuda, direction, CASES["3x3"], KINDS["tf32"], place=lambda be, a: be.asarray(a))
        assert plain.flags.c_contiguous


def test_arrays_that_begin_anywhere(cuda: Cuda) -> None:
    def shifted(be: Cuda, a: np.ndarray) -> Any:
        flat = be.xp.empty(a.size + 1, a.dtype)
        view = flat[1:].reshape(*a.shape[:1], *a.shape[2:], *a.shape[1:2])
        view[...] = be.asarray(np.moveaxis(a, 1, -1) if a.ndim > 1 else a)
        return be.xp.moveaxis(view, -1, 1) if a.ndim > 1 else view

    for direction in DIRECTIONS:
        check(cuda, direction, CASES["3x3"], KINDS["f16"], place=shifted, added=direction == "forward")


# -- the choice --------------------------------------------------------------------------------------------------------


def test_suits(cuda: Cuda, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "conv_tf32", True)
    case = CASES["groups"]  # 24 channels and 16 outs in a group
    plane, line = CASES["3x3"].geo, CASES["line"].geo

    def suits(dtype: str, channels: int, outs: int, geo: Conv, direction: str = "forward", **options: int) -> bool:
        return conv_tensor.suits(cuda, dtype, channels, outs, geo, direction, **options)

    assert suits("float32", 16, 24, plane) and suits("float16", 16, 24, plane) and suits("float16", 20, 24, line)
    assert suits("float32", 3, 64, plane) and not suits("float32", 1, 64, plane)
    assert not suits("float32", 16, 4, plane) and suits("float32", 16, 8, plane)
    assert not suits("float32", 3, 64, plane, "input") and suits("float32", 3, 64, plane, "weight")
    assert not suits("float64", 16, 24, plane) and not suits("int32", 16, 24, plane)
    assert all(suits("float16", 48, 32, case.geo, direction) for direction in DIRECTIONS)
    assert not suits("float16", 48, 24, case.geo)
    assert not suits("float16", 50, 32, case.geo)
    assert not suits("float16", 64, 64, plane._replace(size=(9, 7, 3)))
    assert not suits("float16", 64, 64, plane._replace(kernel=(32, 32)))
    assert not suits("float16", 64, 64, plane._replace(stride=(8, 8)), "input")
    assert suits("float16", 64, 64, plane._replace(stride=(8, 8)))
    assert not suits("float16", 64, 64, plane, images=1 << 26)
    most = (1 << 30) // (9 * 7)
    assert suits("float16", 64, 64, plane, images=most) and not suits("float16", 64, 64, plane, images=most + 1)
    assert not suits("float16", 64, 64, plane._replace(padding=(1 << 28, 1)))
    monkeypatch.setattr(settings, "conv_tf32", False)
    assert not suits("float32", 16, 24, plane) and suits("float16", 16, 24, plane)
    old = SimpleNamespace(device=SimpleNamespace(arch="sm_75"))
    assert not conv_tensor.suits(old, "float16", 16, 24, plane, "forward")


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_some_tile_fits_every_device(dtype: str, direction: str) -> None:
    for multiprocessors, shared in ((132, 227 << 10), (108, 163 << 10), (84, 99 << 10)):
        be = SimpleNamespace(device=SimpleNamespace(multiprocessors=multiprocessors, shared_memory=shared))
        found = conv_tensor.tiles(be, dtype, 32, 64, 64, CASES["3x3"].geo, direction)
        assert found and all(tile.shared(dtype, direction) < shared for tile in found)


def test_tiles_fill_the_multiprocessors() -> None:
    be = SimpleNamespace(device=SimpleNamespace(multiprocessors=132, shared_memory=227 << 10))

    def best(images: int, size: int, channels: int, outs: int, direction: str = "forward") -> Tile:
        geo = Case((1, channels, size, size), (outs, channels, 3, 3), padding=1).geo
        return conv_tensor.tiles(be, "float16", images, channels, outs, geo, direction)[0]

    assert best(128, 28, 256, 256)[:2] in ((256, 128), (128, 128))
    assert best(128, 56, 64, 64).n == 64  # half of a wider tile would be empty
    assert best(32, 7, 512, 512).m * best(32, 7, 512, 512).n < 128 * 128  # of those there were only 52
    assert best(128, 56, 64, 64, "weight").splits > 8
    assert best(32, 7, 512, 512, "weight").splits <= 2


def test_the_chosen_tile_runs(cuda: Cuda) -> None:
    for direction in DIRECTIONS:
        check(cuda, direction, CASES["channels-of-8-bytes"], KINDS["f16"], tile=None)


# -- faults ------------------------------------------------------------------------------------------------------------


@emulated
@pytest.mark.parametrize("kind", KINDS)
def test_no_races_and_nothing_out_of_bounds(kind: str) -> None:
    with devices.installed("check") as be:
        for label in ("3x3-strided", "7x7-stem", "groups"):
            for direction in DIRECTIONS:
                check(be, direction, CASES[label], KINDS[kind], added=direction == "forward")
        plain = {"place": lambda be, a: be.asarray(a)}
        check(be, "forward", CASES["odd-channels"], KINDS[kind], added=True, **plain)
        check(be, "input", CASES["odd-channels"], KINDS[kind], **plain)


@emulated
@pytest.mark.parametrize("tile", [TILES[0], TILES[2]], ids=["256x128", "128x128"])
def test_no_races_in_large_tiles(tile: Tile) -> None:
    case = Case((1, 16, 3, 5), (24, 16, 3, 3), padding=1)
    with devices.installed("check") as be:
        check(be, "forward", case, KINDS["f16"], tile=tile)
        check(be, "weight", case, KINDS["tf32"], tile=tile)


MUTATIONS = {  # what is changed, in which kernels the comparison must fail
    "a wait too few": (("cp_async_wait<STAGES - 2>()", "cp_async_wait<STAGES - 1>()"), "forward weight"),
    "no barrier": (
        ("cp_async_wait<STAGES - 2>();\n        __syncthreads();", "cp_async_wait<STAGES - 2>();"),
        "forward",
    ),
    "tiles overtake": (("if (tile + STAGES - 1 < tiles) load(free);", "load(stage);"), "forward weight"),
    "other swizzle": (("lane / 16 ^ swizzle(row_a)", "lane / 16 ^ swizzle(row_a + 2)"), "forward"),
    "other quarter": (("[i % 2] = quarters[i]", "[i % 2] = quarters[i ^ 1]"), "forward"),
    "tap off by one": (("w_tap = element.mid *", "w_tap = 1 + element.mid *"), "forward input"),
    "no carry": (("mid += by.mid + carry", "mid += by.mid"), "forward weight"),
    "padding read": (("within(h, problem.in_h) && within(w", "within(h, problem.in_h) || within(w"), "forward"),
    "truncated": (("if constexpr (IS_TF32 && round)", "if constexpr (false)"), "forward weight"),
    "weights truncated": (("IS_TF32 ? __uint_as_float(round_tf32(value)) : value", "value"), "forward input"),
    "other residue": (("part.out_h + at.mid", "at.mid"), "input"),
    "every split from the start": (("begin = blockIdx.y * rows", "begin = 0"), "weight"),
    "a split forgotten": (("int split = 0; split < splits", "int split = 1; split < splits"), "weight"),
    "other column": (("quarter / across % 2 * 8) * SCALAR", "quarter / along_k % 2 * 8) * SCALAR"), "weight"),
    "other bias": (("? float(bias[column + e])", "? float(bias[n + e])"), "forward"),
    "stores overtake": (("        __syncwarp();\n", ""), "forward"),
}


@pytest.fixture
def mutate(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], Cuda]:
    """A backend whose kernels have ``new`` in place of ``old``."""

    def changed(old: str, new: str) -> Cuda:
        plain, hits = compiler.source.__wrapped__, []

        def source(family: str) -> str:
            text = plain(family)
            hits.append(text.count(old))
            return text.replace(old, new)

        monkeypatch.setattr(compiler, "source", source)
        healthy = devices.backend()
        be = Cuda(healthy.xp, healthy.device)
        be.hits = hits
        return be

    return changed


@emulated
@pytest.mark.parametrize("mutation", MUTATIONS)
def test_the_comparison_notices(mutation: str, mutate: Callable[[str, str], Cuda], cuda: Cuda) -> None:
    (old, new), directions = MUTATIONS[mutation]
    be = mutate(old, new)
    for direction in directions.split():
        case = CASES["3x3-strided" if direction == "input" else "odd-channels"]
        kind = KINDS["f16" if mutation == "other column" else "tf32"]  # ldmatrix.trans is for 16 bits
        with pytest.raises((AssertionError, KernelFault)):
            check(be, direction, case, kind, tile=SMALL._replace(splits=2), added=direction == "forward")
        assert any(be.hits), "the text that is to be changed is not there"


# -- machine code ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("family", ["conv_tensor", "conv_tensor_weight"])
@pytest.mark.parametrize("tile", [TILES[0], TILES[1], TILES[2]], ids=lambda tile: "x".join(map(str, tile[:4])))
def test_as_many_blocks_as_promised_fit_into_a_multiprocessor(family: str, tile: Tile) -> None:
    direction = "weight" if family == "conv_tensor_weight" else "forward"
    defines = conv_tensor._launch(
        132, 227 << 10, "float32", 8, 64, 64, CASES["3x3"].geo, direction, tile, False
    ).defines
    for name, used in measure(Variant(family, "float32", defines), "sm_90").items():
        assert used.registers * tile.threads * tile.blocks <= 65536, name
    assert tile.shared("float32", direction) * tile.blocks <= 227 << 10
