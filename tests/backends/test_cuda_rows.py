"""Normalization, softmax, loss, reduction and optimizer on the GPU: where one kernel takes over from another, digits,
repeatability, no waiting, bad data, and that the checks find planted faults.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import autograd as ag
import nn
import optim
from backends.cuda import Cuda, channels, chunks, compiler, rows
from backends.cuda.layout import is_channels_last
from tests import devices
from tests.backends.sample import REFERENCE, TOLERANCE, Draw, Sample, Table, agree, close, each, flat, run
from tests.backends.samples import SAMPLES as ALL

needs_emulator = pytest.mark.skipif(devices.real_cupy() is not None, reason="looks into the double or the emulator")

FAMILIES = {
    "batch_norm": "normalization",
    "batch_norm_grad": "normalization",
    "batch_norm_relu": "normalization",
    "batch_norm_relu_grad": "normalization",
    "layer_norm": "normalization_layer",
    "layer_norm_grad": "normalization_layer",
    "softmax": "softmax",
    "softmax_grad": "softmax",
    "log_softmax": "softmax",
    "log_softmax_grad": "softmax",
    "cross_entropy": "loss",
    "cross_entropy_grad": "loss",
    "channel_sum": "reduction",
    "square_sum": "reduction",
    "sgd_": "optimizer",
    "adam_": "optimizer",
    "scale_": "optimizer",
}
SGD = {"lr": 0.1, "momentum": 0.9, "dampening": 0.1, "weight_decay": 0.01, "nesterov": False, "maximize": False}
ADAM = {"lr": 0.1, "beta1": 0.9, "beta2": 0.99, "eps": 1e-8, "weight_decay": 0.01, "decoupled": True, "maximize": False}

# -- sizes: a row of columns passes from registers of a warp to a block, to a block without room for it ----------------
EDGES = Table()
for n in (1, 31, 32, 33, 256, 257, 513, 1023, 1024, 1025, 5000, 13_000):
    m = 9 if n < 300 else 2
    for name in ("softmax", "log_softmax"):
        f = getattr(REFERENCE, name)
        EDGES.add(name, str(n), lambda d, s=(m, n): (d(*s) * 3, 1))
        EDGES.add(f"{name}_grad", str(n), lambda d, s=(m, n), f=f: (d(*s), f(d(*s), 1), 1), tolerance=3)

    def _normed(d: Draw, s: tuple[int, int]) -> tuple[Any, ...]:
        x = d(*s)
        return d(*s), x, d(s[1]), *REFERENCE.layer_norm(x, None, None, 1e-2)[1:]

    def _classed(d: Draw, s: tuple[int, int]) -> tuple[Any, ...]:
        return d(*s) * 3, d.ints(s[1], s[0]), d.positive(s[1])

    def _classed_grad(d: Draw, s: tuple[int, int]) -> tuple[Any, ...]:
        x, t, w = _classed(d, s)
        return d(s[0]), x, t, REFERENCE.cross_entropy(x, t, w, -100, 0.1)[1], w, -100, 0.1

    EDGES.add("layer_norm", str(n), lambda d, s=(m, n): (d(*s), d(s[1]), d(s[1]), 1e-2), tolerance=3)
    EDGES.add("layer_norm_grad", str(n), lambda d, s=(m, n): _normed(d, s), tolerance=10)
    EDGES.add("cross_entropy", str(n), lambda d, s=(m, n): (*_classed(d, s), -100, 0.1), tolerance=3)
    EDGES.add("cross_entropy_grad", str(n), lambda d, s=(m, n): _classed_grad(d, s), tolerance=3)

# shapes of channels: packs and none, lanes of two blocks, several blocks a channel, many small planes
for shape in ((3, 5, 7), (2, 4, 9, 9), (2, 6, 64, 72), (700, 3, 2, 2), (40, 260, 3), (1, 513, 4), (3000, 10)):
    label = "x".join(map(str, shape))
    c = shape[1]

    def _batch(d: Draw, s: tuple[int, ...]) -> tuple[Any, ...]:
        x = d(*s) + 1
        return d(*s), x, d(s[1]), *REFERENCE.batch_norm(x, None, None, 1e-3)[1:], 1e-3

    EDGES.add("channel_sum", label, lambda d, s=shape: (d(*s),), tolerance=10)
    EDGES.add("batch_norm", label, lambda d, s=shape: (d(*s) + 1, d(s[1]), d(s[1]), 1e-3), tolerance=3)
    EDGES.add("batch_norm_grad", label, lambda d, s=shape: _batch(d, s), tolerance=10)
    EDGES.add("batch_norm_relu", label, lambda d, s=shape: (d(*s) + 1, d(s[1]), d(s[1]), d(*s), 1e-3), tolerance=3)
    EDGES.add(
        "batch_norm_relu_grad",
        label,
        lambda d, s=shape: (d(*s), np.maximum(d(*s), 0), *_batch(d, s)[1:], s[0] % 2 == 0),
        tolerance=10,
    )

# softmax over other axes than the last: columns beyond one block, slices of unequal length
for shape, axis in (((3, 21, 40), 1), ((5, 33), 0), ((2, 7, 5, 9), 2), ((2, 7, 5, 9), 1)):
    for name in ("softmax", "log_softmax"):
        f = getattr(REFERENCE, name)
        label = f"axis {axis} of {'x'.join(map(str, shape))}"
        EDGES.add(name, label, lambda d, s=shape, axis=axis: (d(*s) * 3, axis))
        EDGES.add(f"{name}_grad", label, lambda d, s=shape, a=axis, f=f: (d(*s), f(d(*s), a), a), tolerance=3)

for name in ("softmax", "log_softmax"):
    EDGES.add(name, "0d", lambda d: (d(), 0))
    EDGES.add(f"{name}_grad", "0d", lambda d: (d(), d(), -1))

# lists whose chunks are full, partly full, and shorter than a pack
LENGTHS = (1, 3, 4, 2047, 2048, 2049, 70_001)


def _lists(d: Draw, copies: int) -> list[list[np.ndarray]]:
    return [[d.positive(n) for n in LENGTHS] for _ in range(copies)]


EDGES.add("square_sum", "lengths", lambda d: (_lists(d, 1)[0],), tolerance=10)
EDGES.add("scale_", "lengths", lambda d: (_lists(d, 1)[0], -0.7))
EDGES.add("sgd_", "lengths", lambda d: tuple(_lists(d, 3)), **SGD)
EDGES.add("adam_", "lengths", lambda d: (*_lists(d, 4), [], [3] * len(LENGTHS)), tolerance=3, **ADAM)
EDGES.add("adam_", "lengths-amsgrad", lambda d: (*_lists(d, 5), [3, 4] * 3 + [3]), tolerance=3, **ADAM)


@pytest.mark.parametrize("kernel", FAMILIES)
def test_sizes_at_which_kernels_take_over(kernel: str, cuda: Cuda) -> None:
    for sample in EDGES:
        if sample.kernel == kernel:
            agree(cuda, sample, "float32")
            agree(cuda, sample, "float32", "channels_last")


@pytest.mark.parametrize("kernel", ["softmax", "layer_norm_grad"])
@pytest.mark.parametrize("dtype", ["float16", "float64"])
def test_sizes_in_other_dtypes(kernel: str, dtype: str, cuda: Cuda) -> None:
    for sample in EDGES:
        if sample.kernel == kernel:
            agree(cuda, sample, dtype)


@pytest.mark.parametrize("kernel", FAMILIES)
def test_arrays_that_begin_where_no_pack_may(kernel: str, cuda: Cuda) -> None:
    def shifted(a: Any) -> Any:
        buffer = cuda.xp.empty(a.size + 1, a.dtype)
        buffer[1:] = cuda.asarray(a.reshape(-1))
        return buffer[1:].reshape(a.shape)

    for sample in [s for s in ALL if s.kernel == kernel and "large" not in s.label]:
        arguments = each(sample.arguments("float32"), lambda a: a if a.dtype.kind == "i" else shifted(a))
        arguments = each(arguments, lambda a: cuda.asarray(a))
        result = getattr(cuda, kernel)(*arguments, **sample.options)
        got = flat(cuda, [result, arguments if sample.writes else []])
        for a, b in zip(got, run(REFERENCE, sample, "float32"), strict=True):
            close(a, b, TOLERANCE["float32"] * sample.tolerance, sample.id)


# -- layouts and digits ------------------------------------------------------------------------------------------------


def _channels_last(xp: Any, a: Any) -> Any:
    return xp.moveaxis(xp.array(xp.moveaxis(a, 1, -1), order="C"), -1, 1)


def test_batch_norm_keeps_the_layout(cuda: Cuda) -> None:
    x = np.random.default_rng(0).standard_normal((2, 8, 5, 6), "float32")
    a = _channels_last(cuda.xp, cuda.asarray(x))
    y, mean, var = cuda.batch_norm(a, None, None, 1e-5)
    gx = cuda.batch_norm_grad(cuda.asarray(x), a, None, mean, var, 1e-5)[0]
    assert is_channels_last(y) and is_channels_last(gx)
    y = cuda.batch_norm_relu(a, None, None, cuda.asarray(x), 1e-5)[0]
    gx, _, _, residual = cuda.batch_norm_relu_grad(cuda.asarray(x), y, a, None, mean, var, 1e-5, True)
    assert is_channels_last(y) and is_channels_last(gx) and is_channels_last(residual)
    assert cuda.batch_norm(cuda.asarray(x), None, None, 1e-5)[0].flags.c_contiguous


@pytest.mark.parametrize("outlier", [False, True])
@pytest.mark.parametrize("last", [False, True])
def test_batch_norm_far_from_zero_keeps_its_digits(last: bool, outlier: bool, cuda: Cuda) -> None:
    x = (np.random.default_rng(0).standard_normal((8, 6, 12, 12)) + 1e4).astype("float32")
    if outlier:  # the element that is taken off first: a poor choice costs digits of the mean's rounding, no more
        x[0, :, 0, 0] = 0
    exact = x.astype("float64")
    mean, var = exact.mean((0, 2, 3), keepdims=True), exact.var((0, 2, 3), keepdims=True)
    a = cuda.asarray(x)
    y, _, got = cuda.batch_norm(_channels_last(cuda.xp, a) if last else a, None, None, 1e-5)
    np.testing.assert_allclose(cuda.to_numpy(got), var.ravel(), rtol=1e-5)
    error = cuda.to_numpy(y) - (exact - mean) / np.sqrt(var + 1e-5)
    assert np.abs(error).max() < (2e-3 if outlier else 3e-6)


@pytest.mark.parametrize("n", [200, 900, 3000])
def test_layer_norm_far_from_zero_keeps_its_digits(n: int, cuda: Cuda) -> None:
    x = (np.random.default_rng(0).standard_normal((3, n)) + 1e4).astype("float32")
    exact = x.astype("float64")
    expected = (exact - exact.mean(1, keepdims=True)) / np.sqrt(exact.var(1, keepdims=True) + 1e-5)
    y = cuda.to_numpy(cuda.layer_norm(cuda.asarray(x), None, None, 1e-5)[0])
    assert np.abs(y - expected).max() < 3e-6


@pytest.mark.parametrize("kernel", [name for name in FAMILIES if "norm" in name])
def test_half_precision_with_single_precision_weights(kernel: str, cuda: Cuda) -> None:
    for sample in [s for s in EDGES if s.kernel == kernel and s.label in ("3x5x7", "33", "5000")]:
        arguments = [a.astype("float32") if getattr(a, "ndim", 2) == 1 else a for a in sample.arguments("float16")]
        expected = getattr(REFERENCE, kernel)(*arguments)
        got = getattr(cuda, kernel)(*[cuda.asarray(a) if isinstance(a, np.ndarray) else a for a in arguments])
        for a, b in zip(flat(cuda, got), flat(REFERENCE, expected), strict=True):
            close(a, b, TOLERANCE["float16"] * sample.tolerance, sample.id)


# -- the same result on every run --------------------------------------------------------------------------------------


@needs_emulator
@pytest.mark.parametrize("kernel", FAMILIES)
def test_the_order_of_threads_does_not_matter(kernel: str, cuda: Cuda) -> None:
    from tests.cupy_double import double
    from tests.emulator import Emulator

    other = Cuda(double, Emulator(order="descending"))
    for sample in [s for s in [*ALL, *EDGES] if s.kernel == kernel]:
        for a, b in zip(run(cuda, sample, "float32"), run(other, sample, "float32"), strict=True):
            np.testing.assert_array_equal(a, b, err_msg=sample.id)


@needs_emulator
@pytest.mark.parametrize("kernel", FAMILIES)
def test_no_races_and_nothing_out_of_bounds(kernel: str) -> None:
    with devices.installed("check") as be:
        for sample in [s for s in [*ALL, *EDGES] if s.kernel == kernel]:
            agree(be, sample, "float32")


# -- waiting -----------------------------------------------------------------------------------------------------------


RULES: dict[str, Callable[[Any], Any]] = {
    "sgd": lambda ps: optim.SGD(ps, lr=0.1),
    "momentum": lambda ps: optim.SGD(ps, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01),
    "adam": lambda ps: optim.Adam(ps, lr=0.1),
    "amsgrad": lambda ps: optim.Adam(ps, lr=0.1, amsgrad=True),
    "adamw": lambda ps: optim.AdamW(ps, lr=0.1),
}


@needs_emulator
@pytest.mark.parametrize("rule", RULES)
def test_clipping_and_a_step_wait_for_nothing(rule: str, cuda: Cuda) -> None:
    from tests.cupy_double import forbid_sync, recording

    def start(device: str) -> tuple[Any, list[Any]]:
        draw = np.random.default_rng(0)
        ps = [nn.Parameter(ag.tensor(draw.standard_normal(s), dtype=ag.float32, device=device)) for s in SHAPES]
        for p in ps:
            p.grad = ag.tensor(draw.standard_normal(p.shape), dtype=ag.float32, device=device)
        return RULES[rule](ps), ps

    opt, ps = start("cuda")
    plain_opt, plain = start("cpu")
    for step in range(3):
        with forbid_sync(), recording() as entries:
            nn.utils.clip_grad_norm_(ps, 1.0)
            opt.step()
        kinds = [entry.kind for entry in entries]
        assert "d2h" not in kinds and (step == 0 or "h2d" not in kinds), entries
        nn.utils.clip_grad_norm_(plain, 1.0)
        plain_opt.step()
    for p, q in zip(ps, plain, strict=True):
        np.testing.assert_allclose(p.detach().cpu().numpy(), q.detach().numpy(), rtol=0, atol=1e-6)


SHAPES = ((20, 130), (130,), (3, 2, 5, 5), (), (0, 4))


@needs_emulator
@pytest.mark.parametrize("p", [1.0, math.inf])
def test_clipping_by_other_norms_waits_for_nothing(p: float, cuda: Cuda) -> None:
    from tests.cupy_double import forbid_sync

    w = nn.Parameter(ag.ones(3, device="cuda"))
    w.grad = ag.tensor([3.0, -4.0, 1.0], device="cuda")
    with forbid_sync():
        norm = nn.utils.clip_grad_norm_(w, 2.0, p)
        nn.utils.clip_grad_value_(w, 0.75)
    assert norm.item() == pytest.approx(8.0 if p == 1 else 4.0)
    expected = np.clip(np.array([3.0, -4.0, 1.0]) * 2 / norm.item(), -0.75, 0.75)
    np.testing.assert_allclose(w.grad.cpu().numpy(), expected, rtol=1e-5)


@needs_emulator
def test_forward_and_backward_wait_for_nothing(cuda: Cuda) -> None:
    from tests.cupy_double import forbid_sync

    draw = np.random.default_rng(0)
    x, t = draw.standard_normal((4, 6, 5)).astype("float32"), np.array([1, 0, 4, 2])

    def on(device: str) -> Any:
        model = nn.Sequential(nn.BatchNorm1d(6), nn.GroupNorm(2, 6), nn.Flatten(1), nn.LayerNorm(30)).to(device)
        a, target = ag.tensor(x, device=device, requires_grad=True), ag.tensor(t, device=device)

        def gradient() -> Any:
            a.grad = None
            nn.functional.cross_entropy(model(a).log_softmax(1), target, label_smoothing=0.1).backward()
            return a.grad

        return gradient

    gradient = on("cuda")
    gradient()  # compiles
    with forbid_sync():
        got = gradient()
    np.testing.assert_allclose(got.cpu().numpy(), on("cpu")().numpy(), rtol=0, atol=1e-6)


def test_a_table_is_made_once_for_the_same_arrays(cuda: Cuda) -> None:
    tables = chunks.Chunks(cuda.xp, 1)
    a, b = (cuda.asarray(np.zeros(n, "float32")) for n in (5000, 3))
    first = tables.table([a, b], [a, b])
    assert tables.table([a, b], [a, b]) is first
    assert tables.table([b, a], [b, a]) is not first
    at = a.data.ptr
    expected = [[at, at, 2048], [at + 8192, at + 8192, 2048], [at + 16384, at + 16384, 904], [b.data.ptr] * 2 + [3]]
    assert cuda.to_numpy(first).tolist() == expected
    for n in range(1, 2 * chunks.KEPT):
        tables.table([a[n:]])
    assert len(tables._tables) == chunks.KEPT


# -- arrays that do not go together ------------------------------------------------------------------------------------


def _both(cuda: Cuda, kernel: str, make: Callable[[Any], tuple[Any, ...]], **options: Any) -> None:
    """Asserts that the GPU and the reference leave the same in the arguments, and return the same."""
    results = []
    for be in (REFERENCE, cuda):
        arguments = make(be)
        results.append(flat(be, [getattr(be, kernel)(*arguments, **options), arguments]))
    for a, b in zip(*results, strict=True):
        close(b, a, 1e-5, kernel)


def _mixed(be: Any, copies: int) -> list[list[Any]]:
    """Dense, channels-last, transposed, strided, double, empty arrays, and a gradient in another order."""
    draw = np.random.default_rng(0)

    def one(shape: tuple[int, ...], dtype: str = "float32") -> Any:
        return be.asarray(draw.uniform(0.5, 1, shape).astype(dtype))

    lists = []
    for k in range(copies):
        conv = one((3, 4, 2, 2))
        lists.append(
            [
                one((5, 7)),
                conv if k == 1 else _channels_last(be.xp, conv),
                one((6, 4)).T,
                one((6, 9))[:, ::2],
                one((4, 4), "float64"),
                one((0, 3)),
            ]
        )
    return lists


@pytest.mark.parametrize("first", [False, True])
def test_sgd_of_mixed_arrays(first: bool, cuda: Cuda) -> None:
    def make(be: Any) -> tuple[Any, ...]:
        params, grads, buffers = _mixed(be, 3)
        return params, grads, [None] * len(params) if first else buffers

    _both(cuda, "sgd_", make, **SGD)


def test_adam_of_mixed_arrays_and_steps(cuda: Cuda) -> None:
    _both(cuda, "adam_", lambda be: (*_mixed(be, 4), [], [1, 2, 3, 1, 1, 1]), **ADAM)


def test_a_parameter_that_stands_twice_takes_two_steps(cuda: Cuda) -> None:
    def make(be: Any) -> tuple[Any, ...]:
        p, g = be.asarray(np.ones(5, "float32")), be.asarray(np.full(5, 0.5, "float32"))
        return [p, p], [g, g], [None, None]

    _both(cuda, "sgd_", make, **SGD | {"momentum": 0.0})
    _both(cuda, "scale_", lambda be: (make(be)[0], 0.5))


def test_square_sum_of_mixed_arrays(cuda: Cuda) -> None:
    arrays = [a for arrays in _mixed(REFERENCE, 2) for a in arrays]
    for chosen in (arrays, arrays[:4], arrays[4:5], arrays[5:]):
        got, expected = (be.square_sum(each(chosen, be.asarray)) for be in (cuda, REFERENCE))
        close(cuda.to_numpy(got), np.asarray(expected), 1e-6, "square_sum")


def test_scale_by_a_number_on_the_device(cuda: Cuda) -> None:
    for dtype in ("float32", "float64"):
        _both(cuda, "scale_", lambda be, dtype=dtype: (_mixed(be, 1)[0], be.asarray(np.array(0.25, dtype))))


# -- launches ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize("shape", [(1, 1), (128, 64, 112, 112), (1, 100_000, 7, 7), (32, 3, 224, 224), (4096, 1000)])
def test_a_launch_over_channels_covers_them_and_fills_the_card(shape: tuple[int, ...], last: bool) -> None:
    plan = channels._plan(shape, last, True, 132)
    across, splits = plan.grid
    assert math.prod(plan.block) == channels.THREADS and splits == plan.splits <= 65535
    covered = across * plan.block[0] * plan.width if plan.last else across
    assert covered >= shape[1] and (not plan.last or covered - plan.block[0] * plan.width < shape[1])
    if math.prod(shape) > 1 << 24:
        assert across * splits >= 132 * channels.BLOCKS


def test_rows_go_to_warps_then_to_blocks() -> None:
    kinds = {n: rows.plan(10, n, 4).kind for n in (1, 256, 257, 1024, 1025)}
    assert kinds == {1: "narrow", 256: "narrow", 257: "wide", 1024: "wide", 1025: "block"}
    assert [rows.plan(10, n, 8).kind for n in (512, 513)] == ["wide", "block"]
    assert [rows.plan(10, n, 4).shared for n in (1024, 1025, 12_288, 12_289)] == [0, 4100, 49_152, 0]


# -- bad data ----------------------------------------------------------------------------------------------------------

TARGETS = np.array([0, 9, -1, 10, 2**40, 3])  # of ten classes; -1 is ignored or not
MESSAGE = r"cuda: a class in target is out of range, in an operation since the last synchronisation"


@pytest.mark.parametrize("classes", [10, 700, 2000])
@pytest.mark.parametrize("ignore", [-1, -100])
def test_a_target_that_is_no_class_is_reported(classes: int, ignore: int, cuda: Cuda) -> None:
    draw = np.random.default_rng(0)
    x, g = draw.standard_normal((6, classes)).astype("float32"), np.ones(6, "float32")
    target = np.where(TARGETS == 10, classes, TARGETS)
    bad = np.array([False, False, ignore != -1, True, True, False])
    arguments = cuda.asarray(x), cuda.asarray(target)
    loss, lse = cuda.cross_entropy(*arguments, None, ignore, 0.0)
    with pytest.raises(IndexError, match=MESSAGE):
        cuda.synchronize()
    gx = cuda.cross_entropy_grad(cuda.asarray(g), *arguments, lse, None, ignore, 0.0)
    with pytest.raises(IndexError, match=MESSAGE):
        cuda.synchronize()
    cuda.synchronize()  # a fault is told once
    good = np.where(bad, ignore, target)
    expected, expected_lse = REFERENCE.cross_entropy(x, good, None, ignore, 0.0)
    slope = REFERENCE.cross_entropy_grad(g, x, good, expected_lse, None, ignore, 0.0)
    for got, want in ((loss, expected), (gx, slope)):
        got = cuda.to_numpy(got)
        np.testing.assert_array_equal(np.isnan(got).reshape(6, -1).all(1), bad)
        np.testing.assert_allclose(got[~bad], want[~bad], rtol=0, atol=1e-5)


# -- planted faults ----------------------------------------------------------------------------------------------------


@pytest.fixture
def broken(monkeypatch) -> Iterator[Callable[[str, str, str], Cuda]]:
    """``broken(family, text, other)``: a GPU in check mode whose source of the family has ``other`` for ``text``."""
    from tests.cupy_double import double
    from tests.emulator import Emulator

    with devices.installed("check"):

        def plant(family: str, text: str, other: str) -> Cuda:
            original = compiler.source(family)
            assert original.count(text) == 1, text
            monkeypatch.setattr(compiler, "source", lambda name: original.replace(text, other))
            return Cuda(double, Emulator("check"))

        yield plant


def sample(kernel: str, label: str) -> Sample:
    (found,) = [s for s in EDGES if (s.kernel, s.label) == (kernel, label)]
    return found


BARRIER = "    if (lane == 0) scratch[warp] = value;\n    __syncthreads();\n    return warp_sum("
FAULTS: dict[str, tuple[str, str, str, str, str]] = {  # kernel, sample, text, what stands for it, what is said
    "barrier": ("softmax", "1025", BARRIER, BARRIER.replace("    __syncthreads();\n", ""), "racecheck|initcheck"),
    "end of a row": ("softmax", "33", "if (c + j < n) row[c + j] = ", "row[c + j] = ", "racecheck|memcheck"),
    "column": (
        "softmax",
        "257",
        "4 * ((threadIdx.x & 31) + 32 * pack)",
        "4 * ((threadIdx.x & 31) + 31 * pack)",
        "Mismatched elements|racecheck",
    ),
    "halves": ("channel_sum", "2x6x64x72", "half = blockDim.y / 2", "half = blockDim.y / 4", "Mismatched elements"),
    "next plane": (
        "channel_sum",
        "2x6x64x72",
        "offset += plane_step - length",
        "offset += plane_step",
        "Mismatched|memcheck",
    ),
    "count": ("batch_norm", "3x5x7", "apart * apart * a.count * part", "apart * apart * part", "Mismatched elements"),
    "end of a chunk": (
        "scale_",
        "lengths",
        "i = 4 * whole + threadIdx.x; i < n;",
        "i = 4 * whole + threadIdx.x; i <= n;",
        "memcheck|racecheck|Mismatched",
    ),
    "target": ("cross_entropy", "31", "acc_t(row[t.at]) - top", "acc_t(row[t.at - 1]) - top", "Mismatched|memcheck"),
}


@needs_emulator
@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found(fault: str, broken: Callable[[str, str, str], Cuda]) -> None:
    from tests.emulator import KernelFault

    kernel, label, text, other, said = FAULTS[fault]
    be = broken(FAMILIES[kernel], text, other)
    with pytest.raises((KernelFault, AssertionError), match=said):
        agree(be, sample(kernel, label), "float32")
