"""Matrix products on the GPU: the binding of cuBLASLt on a stand-in for the library, and the kernel that replaces it."""

from __future__ import annotations

import ctypes
import re
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from backends.cuda import Cuda, cublaslt, gemm, matmul
from backends.cuda.product import leading, product
from backends.cuda.runtime import Runtime
from backends.errors import BackendUnavailable
from backends.precision import settings
from tests import devices
from tests.backends import fake_cublaslt
from tests.backends.sample import TOLERANCE, close

real = pytest.mark.skipif(cublaslt.load() is None, reason="cuBLASLt is not installed")
double = pytest.mark.skipif(devices.real_cupy() is not None, reason="looks into the stand-in for cuBLASLt")


@contextmanager
def on(cuda: Cuda, **arguments):
    """The library that the backend multiplies with inside: a fresh stand-in, or the card's own (None)."""
    if devices.real_cupy() is not None:
        yield None
        return
    library = fake_cublaslt.Library(lambda: cuda.xp.cuda.get_current_stream().ptr, **arguments)
    before, cuda.device.blas = cuda.device.blas, fake_cublaslt.gemm(cuda.xp, library)
    try:
        yield library
    except RuntimeError as error:
        raise RuntimeError(library.problem) from error
    finally:
        cuda.device.blas = before


@contextmanager
def without_library(cuda: Cuda):
    before, cuda.device.blas = cuda.device.blas, None
    try:
        yield
    finally:
        cuda.device.blas = before


def draw(cuda: Cuda, shape: tuple[int, ...], dtype: str = "float32", seed: int = 0):
    """The same numbers for NumPy and for the GPU."""
    a = np.random.default_rng(seed).standard_normal(shape).astype(dtype)
    return a, cuda.asarray(a)


# -- the real library --------------------------------------------------------------------------------------------------


@real
def test_the_library_has_every_function() -> None:
    library = cublaslt.load()
    assert [name for name in cublaslt.SIGNATURES if not hasattr(library, name)] == []


@real
def test_the_numbers_are_those_of_the_headers() -> None:
    folder = Path(cublaslt.load()._name).parent.parent / "include"
    if not (folder / "cublasLt.h").exists():
        pytest.skip("the headers are not installed")
    text = "".join((folder / f"{name}.h").read_text() for name in ("cublasLt", "cublas_api", "library_types"))
    numbers = {name: int(value) for name, value in re.findall(r"^\s*(CU\w+)\s*=\s*(\d+)\b", text, re.MULTILINE)}

    def number(name: str) -> int:
        kind, _, rest = name.partition("_")
        long = {"DESC": "MATMUL_DESC", "PREF": "MATMUL_PREF", "LAYOUT": "MATRIX_LAYOUT"}.get(kind, kind)
        names = f"CUBLASLT_{long}_{rest}", f"CUBLAS_{name}", f"CUDA_{name}"
        return next(numbers[name] for name in names if name in numbers)

    constants = {name: value for name, value in vars(cublaslt).items() if re.fullmatch(r"[A-Z]+_[A-Z0-9_]+", name)}
    alignments = constants.pop("PREF_MIN_ALIGNMENT_BYTES")
    assert len(constants) > 15
    for name, value in constants.items():
        assert number(name) == (value[0] if isinstance(value, tuple) else value), name
    assert [a for a, _ in alignments] == [number(f"PREF_MIN_ALIGNMENT_{x}_BYTES") for x in "ABCD"]
    assert all(numbers[f"CUBLAS_STATUS_{name}"] == status for status, name in cublaslt._STATUS.items())
    fields = re.search(r"typedef struct \{([^{}]*)\} cublasLtMatmulHeuristicResult_t", text)[1]
    names = re.findall(r"^  \w+ (\w+)(?:\[\d\])?;", fields, re.MULTILINE)
    assert names == ["algo", "workspaceSize", "state", "wavesCount", "reserved"]
    assert ctypes.sizeof(cublaslt.HeuristicResult) == 64 + 8 + 4 + 4 + 16


@real
def test_without_a_gpu_the_library_says_so() -> None:
    if devices.real_cupy() is not None:
        pytest.skip("there is a GPU")
    with pytest.raises(BackendUnavailable, match=r"cuBLASLt is installed but does not start \(CUBLAS_STATUS_\w+\)"):
        cublaslt.CublasLt(cublaslt.load())


def test_a_library_that_does_not_start_says_so() -> None:
    with pytest.raises(BackendUnavailable, match=r"NOT_INITIALIZED\): there is no GPU that it can use, or the driver"):
        cublaslt.CublasLt(fake_cublaslt.Library(starts=False))


def test_without_the_library_there_is_a_warning(monkeypatch) -> None:
    monkeypatch.setattr(cublaslt, "load", lambda: None)
    with pytest.warns(RuntimeWarning, match="cuBLASLt was not found, so matrices are multiplied by a kernel"):
        assert Runtime.blas.func(SimpleNamespace()) is None


# -- what a product is, in integers ------------------------------------------------------------------------------------

F = 4  # bytes of an element
LAYOUTS = {  # a, b as (shape, strides in elements), then M and N as multiplied, matrices in a batch, calls, copies
    "plain": (((5, 3), (3, 1)), ((3, 4), (4, 1)), (5, 4, 1, 1, 0)),
    "transposed": (((5, 3), (1, 5)), ((3, 4), (1, 3)), (5, 4, 1, 1, 0)),
    "rows with gaps": (((5, 3), (9, 1)), ((3, 4), (8, 1)), (5, 4, 1, 1, 0)),
    "columns with gaps": (((5, 3), (9, 2)), ((3, 4), (4, 1)), (5, 4, 1, 1, 1)),
    "upside down": (((5, 3), (-3, 1)), ((3, 4), (4, 1)), (5, 4, 1, 1, 1)),
    "repeated": (((5, 3), (0, 1)), ((3, 4), (4, 1)), (5, 4, 1, 1, 1)),
    "a column with gaps": (((5, 3), (3, 1)), ((3, 1), (7, 1)), (5, 1, 1, 1, 0)),
    "a row with gaps": (((1, 3), (1, 7)), ((3, 4), (4, 1)), (1, 4, 1, 1, 0)),
    "vectors with gaps": (((3,), (2,)), ((3,), (3,)), (1, 1, 1, 1, 0)),
    "batch": (((7, 5, 3), (15, 3, 1)), ((7, 3, 4), (12, 4, 1)), (5, 4, 7, 1, 0)),
    "batches in order": (((2, 7, 5, 3), (105, 15, 3, 1)), ((2, 7, 3, 4), (84, 12, 4, 1)), (5, 4, 14, 1, 0)),
    "rows of one matrix": (((7, 5, 3), (15, 3, 1)), ((3, 4), (4, 1)), (35, 4, 1, 1, 0)),
    "single rows": (((7, 1, 3), (3, 3, 1)), ((3, 4), (4, 1)), (7, 4, 1, 1, 0)),
    "one left": (((5, 3), (3, 1)), ((7, 3, 4), (12, 4, 1)), (5, 4, 7, 1, 0)),
    "heads": (((2, 7, 5, 3), (105, 3, 21, 1)), ((2, 7, 3, 5), (105, 3, 1, 21)), (5, 5, 7, 2, 0)),
    "heads of many": (((8, 9, 5, 3), (135, 3, 27, 1)), ((8, 9, 3, 4), (108, 12, 4, 1)), (5, 4, 9, 0, 1)),
    "crossed": (((2, 1, 5, 3), (15, 15, 3, 1)), ((7, 3, 4), (12, 4, 1)), (5, 4, 7, 2, 0)),
    "crossed, many": (((8, 1, 5, 3), (15, 15, 3, 1)), ((9, 3, 4), (12, 4, 1)), (5, 4, 9, 0, 2)),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_what_is_multiplied_in_how_many_calls(name: str) -> None:
    (a_shape, a_strides), (b_shape, b_strides), expected = LAYOUTS[name]
    p = product(a_shape, tuple(F * s for s in a_strides), b_shape, tuple(F * s for s in b_strides), F)
    copies = sum(shape is not None for shape in p.copies)
    assert (p.m, p.n, p.count, len(p.starts), copies) == expected
    assert p.shape == np.matmul(np.zeros(a_shape), np.zeros(b_shape)).shape


@pytest.mark.parametrize(
    "size, expected", [((2, 3, (3, 1)), (3, False)), ((2, 3, (1, 2)), (2, True)), ((1, 1, (0, 0)), (1, False))]
)
def test_how_a_matrix_lies(size, expected) -> None:
    assert leading(*size) == expected


@pytest.mark.parametrize(
    "left, right, message",
    [
        ((2, 3), (2, 3), r"expected as many columns on the left as rows on the right, got 3 and 2"),
        ((), (2,), r"expected arrays of one or more axes, got \(\) and \(2,\)"),
        ((2, 3, 4), (3, 4, 5), "broadcast"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(left, right, message, cuda) -> None:
    with pytest.raises(ValueError, match=message):
        cuda.matmul(cuda.xp.zeros(left), cuda.xp.zeros(right))


# -- products ----------------------------------------------------------------------------------------------------------


def views(rng: np.random.Generator, xp, a: np.ndarray):
    """``a`` on the GPU in a random layout: axes in any order, gaps, a shifted start, an axis backwards."""
    order = rng.permutation(a.ndim)
    gaps = [int(rng.integers(1, 3)) if rng.random() < 0.3 else 1 for _ in order]
    first = [int(rng.integers(0, 2)) for _ in order]
    held = xp.zeros([gap * (n + start) for n, gap, start in zip((a.shape[i] for i in order), gaps, first, strict=True)])
    held = held.astype(a.dtype)
    index = tuple(slice(gap * start, None, gap) for gap, start in zip(gaps, first, strict=True))
    view = held[index].transpose(*np.argsort(order))
    if rng.random() < 0.2:
        view = view[::-1]
    view[...] = xp.asarray(a)
    return view


@pytest.mark.parametrize("by", ["library", "kernel"])
def test_any_shapes_and_strides(by: str, cuda) -> None:
    rng = np.random.default_rng(7)
    with on(cuda) if by == "library" else without_library(cuda):
        for _ in range(120):
            m, n, k, *stack = (int(x) for x in rng.choice([1, 2, 3, 5, 8, 17, 33], 3 + int(rng.integers(0, 4))))
            cut = [int(rng.integers(0, len(stack) + 1)) for _ in range(2)]
            shapes = [[1 if rng.random() < 0.3 else size for size in stack[c:]] for c in cut]
            a, b = (rng.standard_normal((*s, *last)) for s, last in zip(shapes, ((m, k), (k, n)), strict=True))
            a, b = a.astype("float32"), b.astype("float32")
            a = a[0] if a.ndim == 2 and rng.random() < 0.1 else a
            b = b[:, 0] if b.ndim == 2 and rng.random() < 0.1 else b
            got = cuda.matmul(views(rng, cuda.xp, a), views(rng, cuda.xp, b))
            close(cuda.to_numpy(got), a @ b, 3e-6, f"{a.shape} {b.shape}")


@pytest.mark.parametrize("by", ["library", "kernel"])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_a_linear_map_with_bias(dtype: str, by: str, cuda) -> None:
    (x, gx), (w, gw), (b, gb) = (draw(cuda, s, dtype) for s in ((3, 50, 70), (65, 70), (130,)))
    with on(cuda) if by == "library" else without_library(cuda):
        y = cuda.to_numpy(cuda.linear(gx, gw, gb[::2]))
    expected = (x.astype("float64") @ w.astype("float64").T + b[::2]).astype(dtype)
    close(y, expected, TOLERANCE[dtype], dtype)


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint8", "int16", "int32", "uint32", "int64", "uint64"])
def test_integers_wrap_around(dtype: str, cuda) -> None:
    high = 2 if dtype == "bool" else 100
    a, b = (np.random.default_rng(i).integers(0, high, s).astype(dtype) for i, s in enumerate(((70, 33), (33, 5))))
    np.testing.assert_array_equal(cuda.to_numpy(cuda.matmul(cuda.asarray(a), cuda.asarray(b))), a @ b)


def test_the_kernel_loops_over_matrices_that_the_grid_has_no_room_for(cuda, monkeypatch) -> None:
    monkeypatch.setattr(matmul, "_MOST_MATRICES", 2)
    (a, ga), (b, gb) = draw(cuda, (5, 3, 4)), draw(cuda, (5, 4, 2))
    with without_library(cuda):
        close(cuda.to_numpy(cuda.matmul(ga, gb)), a @ b, 3e-6, "batch")


# -- what is asked of the library --------------------------------------------------------------------------------------


def launches(entries) -> list[str]:
    return [entry.what for entry in entries if entry.kind in ("launch", "d2d", "h2d", "d2h")]


@double
def test_transposed_operands_and_a_bias_are_one_call(cuda) -> None:
    from tests.cupy_double import forbid_sync, recording

    (_, x), (_, w), (_, b) = draw(cuda, (6, 5)), draw(cuda, (4, 5)), draw(cuda, (4,))
    with on(cuda), forbid_sync(), recording() as entries:
        cuda.linear(x, w, b)
        cuda.matmul(x.T, x)
    assert launches(entries) == ["cublasLtMatmul"] * 2


@double
def test_a_plan_is_made_once(cuda) -> None:
    (_, x), (_, w) = draw(cuda, (6, 5)), draw(cuda, (5, 4))
    with on(cuda) as library:
        for _ in range(3):
            cuda.matmul(x, w)
        assert library.calls.count("cublasLtMatmulAlgoGetHeuristic") == 1
        assert library.calls.count("cublasLtMatmul") == 3
        cuda.matmul(x.T.copy().T, w)  # another layout
        cuda.matmul(cuda.xp.zeros(31, "float32")[1:].reshape(6, 5), w)  # an address that is aligned to four bytes only
        assert library.calls.count("cublasLtMatmulAlgoGetHeuristic") == 3


@double
def test_descriptors_are_destroyed_with_their_plans(cuda) -> None:
    (_, x), (_, w) = draw(cuda, (6, 5)), draw(cuda, (5, 4))
    with on(cuda) as library:
        cuda.matmul(x, w)
        kinds = [thing.kind for thing in library.objects.values()]
        assert sorted(kinds) == ["Handle", "MatmulDesc", "MatrixLayout", "MatrixLayout", "MatrixLayout"]
        cuda.device.blas._plans.cache_clear()
        assert [thing.kind for thing in library.objects.values()] == ["Handle"]


@double
def test_every_stream_has_one_workspace_when_it_needs_one(cuda) -> None:
    (a, x), (b, w) = draw(cuda, (6, 600)), draw(cuda, (600, 4))
    with on(cuda) as library:
        blas = cuda.device.blas
        cuda.matmul(x[:, :8], w[:8])
        assert blas._workspaces == {}
        for _ in range(2):
            cuda.matmul(x, w)
        with cuda.xp.cuda.Stream(non_blocking=True) as stream:
            y = cuda.matmul(x, w)
        assert list(blas._workspaces) == [cuda.xp.cuda.Stream.null.ptr, stream.ptr]
        stream.synchronize()
        close(cuda.to_numpy(y), a @ b, 3e-6, "on a stream")
        assert library.problem == ""


@double
def test_float16_never_sums_in_float16(cuda) -> None:
    with on(cuda) as library:
        for dtype in ("float16", "float32"):
            (_, x), (_, w) = draw(cuda, (6, 5), dtype), draw(cuda, (5, 4), dtype)
            cuda.matmul(x, w)
    assert library.reductions == [cublaslt.REDUCTION_SCHEME_COMPUTE_TYPE, 7]


@pytest.mark.parametrize("switch, bits", [("matmul_tf32", 10), ("matmul_bf16", 7)])
def test_less_precision_where_it_is_allowed(switch: str, bits: int, cuda, monkeypatch) -> None:
    (a, x), (b, w) = draw(cuda, (64, 64)), draw(cuda, (64, 64), seed=1)
    exact = a.astype("float64") @ b.astype("float64")

    def error() -> float:
        return float(np.abs(cuda.to_numpy(cuda.matmul(x, w)) - exact).max() / np.abs(exact).max())

    assert error() < 1e-6
    monkeypatch.setattr(settings, switch, True)
    assert 1e-5 < error() < 2.0 ** -(bits - 1)


@double
def test_float64_with_a_bias_that_the_library_refuses_is_added(cuda) -> None:
    from tests.cupy_double import recording

    (x, gx), (w, gw), (b, gb) = (draw(cuda, s, "float64") for s in ((6, 5), (4, 5), (4,)))
    with on(cuda) as library, recording() as entries:
        y = cuda.linear(gx, gw, gb)
    assert "float64 with an epilogue" in library.problem and "cublasLtMatmul" in launches(entries)
    close(cuda.to_numpy(y), x @ w.T + b, 1e-13, "float64")


@double
def test_what_the_library_refuses_is_left_to_the_kernel(cuda, monkeypatch) -> None:
    (a, x), (b, w) = draw(cuda, (6, 5)), draw(cuda, (5, 4))
    with on(cuda) as library:
        monkeypatch.setattr(fake_cublaslt, "sizes", lambda *_: refuse())
        y = cuda.matmul(x, w)
    assert "cublasLtMatmul" not in library.calls
    close(cuda.to_numpy(y), a @ b, 3e-6, "by the kernel")


def refuse() -> None:
    raise fake_cublaslt.Refused(fake_cublaslt.NOT_SUPPORTED, "too large")


@double
def test_a_call_that_fails_names_the_status(cuda, monkeypatch) -> None:
    (_, x), (_, w) = draw(cuda, (6, 600)), draw(cuda, (600, 4))
    monkeypatch.setattr(fake_cublaslt, "kept", lambda *_: refuse())
    with pytest.raises(RuntimeError, match="cublasLtMatmul failed with CUBLAS_STATUS_NOT_SUPPORTED"):
        cuda.matmul(x, w)


@double
def test_operands_must_be_copied_first(cuda) -> None:
    x = cuda.xp.zeros((6, 10), "float32")[:, ::2]
    p = product(x.shape, x.strides, x.T.shape, x.T.strides, 4)
    with pytest.raises(ValueError, match=r"expected operands with lines of adjacent elements"):
        cuda.device.blas(p, x, x.T, cuda.xp.empty((6, 6), "float32"))


def test_dtypes_of_the_library() -> None:
    assert {"float16", "bfloat16", "float32", "float64"} == gemm.DTYPES
