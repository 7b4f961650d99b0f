"""The CPU's kernels against the reference: every sample, on one thread and on all, in every layout."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections import defaultdict
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from llvmlite import binding

import backends
from backends.cpu import Cpu, elementwise, indexing, matmul, runtime
from backends.geometry import Conv, Pool
from tests.backends.sample import LAYOUTS, REFERENCE, TOLERANCE, Sample, agree, close
from tests.backends.samples import SAMPLES
from tests.backends.samples_more import ADAM, SGD

CPU = Cpu(np, "cpu")
ROOT = Path(backends.__file__).parents[1]
FAMILIES = [path.stem for path in sorted((ROOT / "backends" / "cpu").glob("[a-z]*.py"))]
BY_KERNEL: dict[str, list[Sample]] = defaultdict(list)
for _sample in SAMPLES:
    BY_KERNEL[_sample.kernel].append(_sample)
kernels = pytest.mark.parametrize("kernel", BY_KERNEL)


@pytest.fixture(params=["one", "all"])
def threads(request, monkeypatch) -> str:
    """Every array, however small, goes to the compiled kernels, on one thread or on all."""
    monkeypatch.setattr(runtime, "_parallel_from", 0 if request.param == "all" else sys.maxsize)
    if request.param == "all":
        monkeypatch.setattr(elementwise, "_SHARE_FROM", 0)
        monkeypatch.setattr(elementwise, "_SHARE_TANH_FROM", 0)
        monkeypatch.setattr(indexing, "_GATHER_FROM", 1)
        monkeypatch.setattr(indexing, "_SHORTEST", 1)
    for family in FAMILIES:
        module = import_module(f"backends.cpu.{family}")
        if hasattr(module, "_FUSE_FROM"):
            monkeypatch.setattr(module, "_FUSE_FROM", 1)
    return request.param


@kernels
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_as_the_reference(kernel, dtype) -> None:
    for sample in BY_KERNEL[kernel]:
        agree(CPU, sample, dtype)


@kernels
def test_compiled_as_the_reference(kernel, threads) -> None:
    for sample in BY_KERNEL[kernel]:
        agree(CPU, sample, "float32")


@kernels
@pytest.mark.parametrize("layout", LAYOUTS)
def test_strides_do_not_matter(kernel, layout) -> None:
    if layout == "expanded" and kernel.endswith("norm"):
        pytest.skip("the deviation of a constant row is a rounding error, divided by sqrt(eps)")
    for sample in BY_KERNEL[kernel]:
        agree(CPU, sample, "float32", layout)


@pytest.mark.parametrize("kernel", ["uniform", "normal"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_short_draw_begins_a_long_one(kernel, dtype) -> None:
    long, *short = (getattr(CPU, kernel)((n,), dtype, 0.0, 1.0, 5, 7) for n in (1000, 1, 6, 63))
    assert all(draw.tolist() == long[: len(draw)].tolist() for draw in short)


def windows(rng: np.random.Generator, axes: int) -> dict[str, tuple[int, ...]]:
    """A random geometry, larger strides than kernels and paddings than either included."""
    most = {"size": (40, 15, 8)[axes - 1], "kernel": 4, "stride": 3, "padding": 3, "dilation": 2}
    least = {"padding": 0}
    return {name: tuple(rng.integers(least.get(name, 1), n + 1, axes).tolist()) for name, n in most.items()}


@pytest.mark.parametrize("axes", [1, 2, 3])
@pytest.mark.parametrize("groups, channels, outs", [(1, 3, 20), (1, 5, 6), (2, 3, 4), (3, 1, 1), (1, 1, 9)])
def test_convolution_of_any_geometry(axes, groups, channels, outs, threads) -> None:
    rng = np.random.default_rng([axes, groups, channels, outs])
    for _ in range(8):
        w = windows(rng, axes)
        x_shape, w_shape = (3, groups * channels, *w.pop("size")), (groups * outs, channels, *w.pop("kernel"))
        geo = Conv.of(x_shape, w_shape, groups=groups, **w)
        if min(geo.out) < 1:
            continue
        shapes = {"x": x_shape, "w": w_shape, "b": w_shape[:1], "g": (3, groups * outs, *geo.out)}
        a = {name: rng.standard_normal(shape).astype("float32") for name, shape in shapes.items()}
        agree(CPU, Sample("conv", f"{geo}", lambda _, a=a, geo=geo: (a["x"], a["w"], a["b"], geo)))
        agree(CPU, Sample("conv_input", f"{geo}", lambda _, a=a, geo=geo: (a["g"], a["w"], geo)))
        agree(CPU, Sample("conv_weight", f"{geo}", lambda _, a=a, geo=geo: (a["g"], a["x"], geo), tolerance=3))


# What a block, a tile and a thread's share leave over: images, sizes, channels, outs, kernel, stride, padding.
LARGE = [
    (5, (33, 47), 7, 19, (3, 3), 1, 1),
    (1, (130, 70), 40, 50, (3, 3), 1, 1),
    (9, (7, 7), 65, 33, (3, 3), 1, 1),
    (3, (7, 7), 40, 70, (1, 1), 1, 0),
    (3, (29, 31), 5, 17, (5, 3), 2, 2),
    (2, (4001,), 6, 20, (5,), 1, 2),
    (1, (9, 30, 31), 8, 10, (3, 3, 3), 1, 1),
]


@pytest.mark.parametrize("n, size, channels, outs, kernel, stride, padding", LARGE)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_convolution_in_several_blocks(n, size, channels, outs, kernel, stride, padding, dtype) -> None:
    rng, same = np.random.default_rng(0), [(v,) * len(size) for v in (stride, padding, 1)]
    x, w = (rng.standard_normal(s).astype(dtype) for s in ((n, channels, *size), (outs, channels, *kernel)))
    geo = Conv.of(x.shape, w.shape, stride=same[0], padding=same[1], dilation=same[2], groups=1)
    g = rng.standard_normal((n, outs, *geo.out)).astype(dtype)
    agree(CPU, Sample("conv", "large", lambda _: (x, w, None, geo), tolerance=3), dtype)
    agree(CPU, Sample("conv_input", "large", lambda _: (g, w, geo), tolerance=3), dtype)
    agree(CPU, Sample("conv_weight", "large", lambda _: (g, x, geo), tolerance=3), dtype)


@pytest.mark.parametrize("axes", [1, 2, 3])
def test_pooling_of_any_geometry(axes) -> None:
    rng = np.random.default_rng(axes)
    for _ in range(30):
        w = windows(rng, axes)
        size = w.pop("size")
        w["padding"] = tuple(min(p, k // 2) for p, k in zip(w["padding"], w["kernel"], strict=True))
        geo = Pool.of((2, 3, *size), ceil=bool(rng.integers(2)), **w)
        if min(geo.out) < 1:
            continue
        x, g = (rng.standard_normal((2, 3, *s)).astype("float32") for s in (geo.size, geo.out))
        agree(CPU, Sample("max_pool", f"{geo}", lambda _, x=x, geo=geo: (np.round(x), geo)))
        agree(CPU, Sample("avg_pool", f"{geo}", lambda _, x=x, geo=geo: (x, geo)))
        agree(CPU, Sample("avg_pool_grad", f"{geo}", lambda _, g=g, geo=geo: (g, geo)))


REFUSED = [
    ("scatter_rows", lambda: (np.ones((100, 2)), np.full(100, 4), 4)),
    ("index_add_", lambda: (np.ones((4, 2)), np.full(100, -5), np.ones((100, 2)))),
    ("scatter_add_", lambda: (np.ones((4, 100)), np.full((1, 100), 4), np.ones((1, 100)), 0)),
    ("pool_scatter", lambda: (np.ones((1, 1, 2)), np.full((1, 1, 2), 9, np.int32), (4,))),
    ("cross_entropy", lambda: (np.ones((2, 3)), np.array([0, 3]), None, -100, 0.0)),
    ("cross_entropy_mean", lambda: (np.ones((2, 3)), np.array([0, -3]), None, -100, 0.0)),
]


@pytest.mark.parametrize("kernel, arguments", REFUSED, ids=[name for name, _ in REFUSED])
def test_positions_out_of_range_are_refused(kernel, arguments) -> None:
    with pytest.raises(IndexError, match=r"out of bounds|expected classes in \[0, 2\] or ignore_index -100, got -?3"):
        getattr(CPU, kernel)(*arguments())


def python(program: str) -> str:
    """What a fresh interpreter prints."""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_importing_does_not_load_the_compiler() -> None:
    program = "import sys, numpy, backends.cpu; backends.cpu.Cpu(numpy, 'cpu').relu(numpy.ones(2)); print(*sys.modules)"
    assert not {"numba", "llvmlite"} & set(python(program).split())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_works_on_one_thread() -> None:
    program = """
import os, warnings, numpy as np
from backends.cpu import Cpu, matmul, runtime
be, x = Cpu(np, "cpu"), np.ones(10**6, np.float32)
be.gelu(x, True)  # starts the parent's threads
warnings.simplefilter("ignore")  # Python's own, about threads and fork
child = os.fork()
if child == 0:
    os._exit(runtime.threads(10**9) == 1 and bool((be.gelu(x, True) > 0.8).all()))
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    assert python(program) == "1"


PRODUCTS = [
    ((70, 90), (90, 130)),
    ((200, 300), (300, 3200)),
    ((5, 2000), (2000, 33)),
    ((3, 50, 40), (3, 40, 60)),
    ((2, 3, 9, 8), (2, 3, 8, 50)),
    ((100, 300), (300, 7)),
    ((13, 260), (260, 350)),
]


@pytest.mark.parametrize("left, right", PRODUCTS)
@pytest.mark.parametrize("turned", [(False, False), (True, False), (False, True)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_shared_matrix_product(left, right, turned, dtype, threads, monkeypatch) -> None:
    monkeypatch.setattr(matmul, "_SHARE_FROM", 0)
    rng = np.random.default_rng(0)
    a, b = (rng.standard_normal(shape).astype(dtype) for shape in (left, right))
    a, b = (
        np.ascontiguousarray(m.swapaxes(-1, -2)).swapaxes(-1, -2) if t else m
        for m, t in zip((a, b), turned, strict=True)
    )
    close(CPU.matmul(a, b), a @ b, TOLERANCE[dtype], "matmul")


@pytest.mark.parametrize("left, right", [(left, right) for left, right in PRODUCTS if len(left) == 2])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_shared_linear_layer(left, right, dtype, threads, monkeypatch) -> None:
    monkeypatch.setattr(matmul, "_SHARE_FROM", 0)
    rng = np.random.default_rng(0)
    x, w, b = (rng.standard_normal(shape).astype(dtype) for shape in (left, right[::-1], right[1]))
    close(CPU.linear(x, w, b), x @ w.T + b, TOLERANCE[dtype], "linear")


OTHERS = [((3,), (3,)), ((4, 3), (3,)), ((3,), (3, 4)), ((2, 1, 3, 4), (5, 4, 2)), ((8, 9), (2, 9, 8))]


@pytest.mark.parametrize("left, right", OTHERS)
@pytest.mark.parametrize("dtype", ["float16", "float32", "int32", "complex64"])
def test_other_products_are_numpys_at_every_size(left, right, dtype, monkeypatch) -> None:
    monkeypatch.setattr(matmul, "_SHARE_FROM", 0)
    a, b = np.ones(left, dtype), np.ones(right, dtype)
    np.testing.assert_array_equal(CPU.matmul(a, b), a @ b)


@pytest.mark.parametrize("left, right", [((8, 9), (8, 9)), ((8, 9), (8,)), ((9,), ()), ((), (9, 9))])
def test_products_of_other_sizes_are_refused(left, right, monkeypatch) -> None:
    monkeypatch.setattr(matmul, "_SHARE_FROM", 0)
    with pytest.raises(ValueError, match="matmul"):
        CPU.matmul(np.ones(left), np.ones(right))


def _features(*without: str) -> str:
    """What Numba is told to compile for: this processor, less the sets of instructions that begin with these names."""
    words = [name for name, there in binding.get_host_cpu_features().items() if there]
    return ",".join(f"{'-' if name.startswith(without) else '+'}{name}" for name in words)


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="sets of instructions of x86")
@pytest.mark.parametrize(
    "size, without",
    [(32, ("avx512",)), (16, ("avx", "fma", "f16c", "vaes", "vpclmulqdq", "gfni", "sha512", "sm"))],
    ids=["avx2", "sse"],
)
def test_products_with_shorter_vectors(size: int, without: tuple[str, ...], monkeypatch) -> None:
    """Among them are vectors that are shorter than a tile is high."""
    monkeypatch.setenv("NUMBA_CPU_FEATURES", _features(*without))
    program = """
import numpy as np
from backends.cpu import Cpu
from backends.cpu.kernels import vector
print(vector.VECTOR_BYTES)
draw = np.random.default_rng(0).standard_normal
for kind in "fd":
    a, b = draw((300, 101)).astype(kind), draw((300, 200)).astype(kind)
    exact = a.T.astype("d") @ b.astype("d")
    for got in (Cpu(np, "cpu").matmul(a.T, b), Cpu(np, "cpu").matmul(b.T, a).T):
        np.testing.assert_allclose(got, exact, rtol=0, atol=1e-4 if kind == "f" else 1e-11)
"""
    assert int(python(program)) <= size  # less where the processor has less


TUNING = [({}, "1"), ({"TWINGRAD_TUNE": "0"}, "2"), ({"OPENBLAS_NUM_THREADS": "2"}, "2")]


@pytest.mark.parametrize("environment, expected", TUNING)
def test_openblas_is_held_to_one_thread(environment, expected, monkeypatch) -> None:
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        monkeypatch.delenv(name)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    program = """
import ctypes, pathlib, numpy as np
paths = list(pathlib.Path(np.__file__).parent.parent.glob("numpy.libs/*scipy_openblas64*"))
if paths:
    library = ctypes.CDLL(str(paths[0]))
    library.scipy_openblas_set_num_threads64_(2)
    from backends.cpu.kernels import elementwise
    print(library.scipy_openblas_get_num_threads64_())
"""
    assert python(program) in (expected, "")


@pytest.mark.parametrize("tune", ["1", "0"])
def test_heap_has_huge_pages_and_loops_whole_vectors(tune, monkeypatch) -> None:
    for name in [name for name in os.environ if name.startswith(("MALLOC_", "NUMBA_CPU_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("TWINGRAD_TUNE", tune)
    program = """
import pathlib, re, numpy as np
from llvmlite import binding
from numba.core.registry import cpu_target
from backends.cpu import Cpu
x = np.ones((300, 300), np.float32)
assert (Cpu(np, "cpu").matmul(x, x) == 300).all()
asks = pathlib.Path("/sys/kernel/mm/transparent_hugepage/enabled")
if asks.exists() and "[madvise]" in asks.read_text() and hasattr(__import__("ctypes").CDLL(None), "mallopt"):
    heaps = re.findall(r"\\[heap\\].*?VmFlags:(.*?)$", pathlib.Path("/proc/self/smaps").read_text(), re.DOTALL | re.MULTILINE)
    print("huge" if any(" hg" in flags for flags in heaps) else "small")
if binding.get_host_cpu_features().get("avx512f"):
    print("whole" if "-prefer-256-bit" in cpu_target.target_context.codegen()._tm_features else "half")
"""
    said = python(program).split()
    assert set(said) <= ({"huge", "whole"} if tune == "1" else {"small", "half"})


def test_one_name_in_the_cache_for_each_compilation() -> None:
    relu = import_module("backends.cpu.kernels.elementwise").relu
    names = {f.py_func.__qualname__ for f in (relu.serial, relu.parallel)}
    assert len(names) == (1 if os.name == "posix" else 2)
    assert all(len(name.rpartition(".")[2]) == 8 for name in names)


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="a control register of x86")
def test_denormals_are_flushed_while_an_optimizer_steps(threads) -> None:
    p, g, m, v = (np.full(100, value, np.float32) for value in (1, 0, 1e-39, 1e-39))
    options = {"lr": 0.1, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "weight_decay": 0.0}
    CPU.adam_([p], [g], [m], [v], [], [9], **options, decoupled=False, maximize=False)
    assert not m.any()
    assert not v.any()
    assert np.float32(1e-39) * np.float32(1) > 0  # and not afterwards


def test_an_optimizer_steps_on_arrays_of_every_kind_at_once(threads) -> None:
    draw = np.random.default_rng(0).standard_normal
    kinds = [draw(3), draw((0, 2)), draw((70, 90)).astype("f"), draw((5, 4)).T, draw((40, 50)).astype(">f4"), draw(())]
    kinds += [np.array(draw(9), dtype) for dtype in "ffdf"]
    steps, ends = [1, 1, 2, 2, 2, 1, 1, 5, 5, 5], []
    for be in (CPU, REFERENCE):
        p, q, r, g, m, v, top = ([np.array(a * a + k, a.dtype) for a in kinds] for k in range(7))
        g[2].flags.writeable = False
        buffers = be.sgd_(p, g, [None if i % 3 else a for i, a in enumerate(m)], **SGD | {"momentum": 0.9})
        be.adam_(q, g, m, v, [], steps, **ADAM)
        be.adam_(r, g, m, v, top, steps, **ADAM)
        be.scale_(top, 0.5)
        ends.append([*p, *q, *r, *m, *v, *top, *buffers])
    for mine, expected in zip(*ends, strict=True):
        np.testing.assert_allclose(mine, expected, rtol=1e-5)


def test_an_optimizer_refuses_a_gradient_of_another_size() -> None:
    with pytest.raises(ValueError, match="could not be broadcast"):
        CPU.sgd_([np.ones(8, "f")], [np.ones(4, "f")], [None], **SGD)
