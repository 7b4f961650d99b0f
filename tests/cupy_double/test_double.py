"""What the double promises of CuPy. With a GPU the same tests run on the real one, and so test the promise."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests import cupy_double
from tests.cupy_double import memory
from tests.devices import real_cupy

cp: Any = real_cupy() or cupy_double.double
only_double = pytest.mark.skipif(real_cupy() is not None, reason="the double is stricter, or shows what CUDA hides")


def host(*shape: int, dtype: Any = np.float32) -> np.ndarray:
    return (np.arange(1, 1 + int(np.prod(shape))).reshape(shape) % 7 - 2.5).astype(dtype)


@pytest.fixture
def x() -> Any:
    return cp.asarray(host(3, 4))


def channels_last(*shape: int) -> Any:
    """An array (N,C,H,W) with C last in memory."""
    return cp.moveaxis(cp.asarray(np.ascontiguousarray(np.moveaxis(host(*shape), 1, -1))), -1, 1)


# -- apart from NumPy -------------------------------------------------------------------------------------------------

REFUSED: dict[str, Callable[[Any, np.ndarray], Any]] = {
    "x + h": lambda x, h: x + h,
    "h + x": lambda x, h: h + x,
    "x < h": lambda x, h: x < h,
    "x @ h.T": lambda x, h: x @ h.T,
    "x += h": lambda x, h: x.__iadd__(h),
    "x + list": lambda x, h: x + [1, 2, 3, 4],
    "add(x, h)": lambda x, h: cp.add(x, h),
    "add(x, list)": lambda x, h: cp.add(x, [1, 2, 3, 4]),
    "np.add(h, x)": lambda x, h: np.add(h, x),
    "np.asarray(x)": lambda x, h: np.asarray(x),
    "np.array(x)": lambda x, h: np.array(x),
    "np.concatenate": lambda x, h: np.concatenate([h, x]),
    "concatenate": lambda x, h: cp.concatenate([x, h]),
    "where": lambda x, h: cp.where(x > 0, x, h),
    "out=h": lambda x, h: cp.add(x, x, out=h),
    "sum(out=h)": lambda x, h: x.sum(out=np.zeros(())),
    "memoryview": lambda x, h: memoryview(x),
    "range": lambda x, h: range(x[0, 0].astype(int)),
}


@pytest.mark.parametrize("call", REFUSED.values(), ids=REFUSED)
def test_arrays_of_the_host_are_refused(call: Callable[..., Any], x: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        call(x, host(3, 4))


def test_the_message_of_implicit_conversion(x: Any) -> None:
    with pytest.raises(TypeError, match=r"Implicit conversion to a NumPy array is not allowed. Please use `.get\(\)`"):
        np.asarray(x)
    with pytest.raises(TypeError, match=r"Unsupported type <class 'numpy.ndarray'>"):
        x * host(3, 4)
    with pytest.raises(ValueError, match=r"non-scalar numpy.ndarray cannot be used for fill"):
        x[0:2] = host(2, 4)
    assert not isinstance(x, np.ndarray)


def test_numpys_functions_come_here(x: Any) -> None:
    for y in (np.sum(x), np.exp(x), np.float32(2) * x, np.concatenate([x, x]), 2 - x):
        assert isinstance(y, cp.ndarray)


def test_host_and_back(x: Any) -> None:
    np.testing.assert_array_equal(x.get(), host(3, 4))
    np.testing.assert_array_equal(cp.asnumpy(x.T), host(3, 4).T)
    assert x.tolist() == host(3, 4).tolist()
    assert (float(x[0, 0]), int(x[0, 1]), bool(x[0, 0]), x[0, 0].item()) == (-1.5, 0, True, -1.5)
    assert cp.array([[1, 2], [3, 4]], "f").sum().item() == 10
    assert cp.asarray(x) is x
    assert cp.array(x) is not x
    assert cp.asarray([x[0, 0], x[0, 1]]).shape == (2,)


@pytest.mark.parametrize("dtype", [object, "U1", np.longdouble])
def test_unsupported_dtypes(dtype: Any) -> None:
    with pytest.raises(ValueError, match="Unsupported dtype"):
        cp.zeros(2, dtype)


MISSING: dict[str, tuple[type[Exception], Callable[[Any], Any]]] = {
    "insert": (AttributeError, lambda x: cp.insert(x, 0, 1)),
    "vecdot": (AttributeError, lambda x: cp.vecdot(x, x)),
    "sum(initial=)": (TypeError, lambda x: cp.sum(x, initial=1)),
    "sum(where=)": (TypeError, lambda x: x.sum(where=x > 0)),
    "max(initial=)": (TypeError, lambda x: x.max(initial=0)),
    "add(where=)": (TypeError, lambda x: cp.add(x, x, where=x > 0)),
    "take(mode=)": (TypeError, lambda x: cp.take(x, x.astype(int), mode="clip")),
    "var(correction=)": (TypeError, lambda x: x.var(correction=1)),
    "einsum(out=)": (TypeError, lambda x: cp.einsum("ij->i", x, out=x[:, 0])),
    "astype(casting=)": (TypeError, lambda x: x.astype("i", casting="unsafe")),
    "maximum.reduce": (NotImplementedError, lambda x: cp.maximum.reduce(x)),
    "maximum.accumulate": (NotImplementedError, lambda x: cp.maximum.accumulate(x)),
    "multiply.at": (NotImplementedError, lambda x: cp.multiply.at(x, cp.asarray([0]), x[0])),
    "bitwise_and(float)": (TypeError, lambda x: x & x),
    "invert(float)": (TypeError, lambda x: ~x),
    "item(0)": (TypeError, lambda x: x.item(0)),
    "len of 0-d": (TypeError, lambda x: len(x[0, 0])),
    "hash": (TypeError, lambda x: hash(x)),
    "Generator.normal": (AttributeError, lambda x: cp.random.default_rng(0).normal()),
    "into another shape": (ValueError, lambda x: cp.add(x, x, out=cp.zeros(4, "f"))),
    "into integers": (TypeError, lambda x: cp.add(x, x, out=cp.zeros((3, 4), int))),
    "argsort(kind=)": (ValueError, lambda x: cp.argsort(x, kind="heapsort")),
}


@pytest.mark.parametrize("kind, call", MISSING.values(), ids=MISSING)
def test_what_cupy_lacks_fails(kind: type[Exception], call: Callable[..., Any], x: Any) -> None:
    with pytest.raises(kind):
        call(x)


@only_double
def test_what_only_the_double_lacks_says_so(x: Any) -> None:
    for call in (lambda: cp.RawModule, lambda: cp.ElementwiseKernel, lambda: cp.cuda.Graph, lambda: x.cstruct):
        with pytest.raises(NotImplementedError, match=r"exists in CuPy 14.* but its double has not got it"):
            call()
    with pytest.raises(BufferError):
        np.from_dlpack(x)


# -- results ----------------------------------------------------------------------------------------------------------


def test_results_without_axes_are_arrays(x: Any) -> None:
    for y in (x.sum(), x.max(), x[1, 1], cp.allclose(x, x), cp.array_equal(x, x), cp.sqrt(2.0), (x > 0).any()):
        assert isinstance(y, cp.ndarray)
        assert y.shape == ()
    place = x[1, 1]
    place[...] = 5
    assert float(x[1, 1]) == 5


def test_layouts_of_results() -> None:
    a, strides = channels_last(2, 3, 4, 5), (240, 4, 60, 12)
    assert a.strides == strides
    for y in (a + a, a + 1, cp.exp(a), cp.maximum(a, 0), cp.where(a > 0, a, 0), cp.clip(a, 0, 1), a.copy(), -a):
        assert y.flags.c_contiguous
    for y in (
        cp.empty_like(a),
        cp.zeros_like(a),
        a.astype("f"),
        a.copy("K"),
        cp.copy(a),
        cp.array(a),
        cp.roll(a, 1, 0),
    ):
        assert y.strides == strides
    assert cp.nan_to_num(a).strides == strides
    assert a.astype("d").strides == tuple(2 * s for s in strides)
    fortran = cp.asfortranarray(cp.ones((2, 3)))
    assert (fortran + fortran).flags.c_contiguous
    assert cp.empty_like(fortran).flags.f_contiguous
    for y in (a.sum(1), a.mean((0, 2)), a.max(3, keepdims=True), cp.concatenate([a, a]), cp.stack([a, a]), a.cumsum(3)):
        assert y.flags.c_contiguous
    assert a[cp.asarray([0, 1])].flags.c_contiguous
    assert cp.argsort(a, 1).strides == tuple(2 * s for s in strides)  # contiguous along the axis
    assert cp.cumsum(cp.ones((2, 3, 4, 5), "f"), 1).strides == strides


def test_views_share_memory(x: Any) -> None:
    views = [
        x[1:], x[:, 0], x.T, x.reshape(-1), x.ravel(), x[None], cp.broadcast_to(x, (2, 3, 4)), cp.split(x, 2, axis=1)[1],
        cp.moveaxis(x, 0, 1), cp.flip(x, 0), x.swapaxes(0, 1), x.view("i"), cp.expand_dims(x, 0), x.diagonal(),
        cp.lib.stride_tricks.as_strided(x, (2, 2), (4, 4)), cp.lib.stride_tricks.sliding_window_view(x, 2, axis=1),
    ]  # fmt: skip
    for y in views:
        assert cp.may_share_memory(x, y)
        assert not y.flags.owndata
    for y in (x + 0, x.copy(), x[cp.asarray([0])], x.flatten(), cp.concatenate([x]), x.astype("f")):
        assert not cp.may_share_memory(x, y)
        assert y.flags.owndata
    assert x.data.ptr + 16 == x[1].data.ptr
    assert cp.zeros(0).data.ptr == 0


@pytest.mark.parametrize(
    "call, dtype",
    [
        (lambda: cp.ones(2, "f") * 2.0, "f"),
        (lambda: cp.ones(2, "e") + 1, "e"),
        (lambda: cp.ones(2, "f") * np.float64(2), "d"),
        (lambda: cp.ones(2, "i") * 2.0, "d"),
        (lambda: cp.ones(2, "i") + cp.ones(2, "f"), "d"),
        (lambda: cp.ones(2, "e") + cp.ones(2, "f"), "f"),
        (lambda: cp.ones(2, "i") / cp.ones(2, "i"), "d"),
        (lambda: cp.sqrt(cp.ones(2, "q")), "d"),
        (lambda: cp.sqrt(cp.ones(2, "b")), "e"),
        (lambda: cp.ones(2, "i").sum(), "q"),
        (lambda: cp.ones(2, "?").sum(), "q"),
        (lambda: cp.ones(2, "e").sum(), "e"),
        (lambda: cp.ones(2, "i").mean(), "d"),
        (lambda: cp.where(cp.ones(2, "?"), cp.ones(2, "f"), 0.0), "f"),
        (lambda: cp.ones(2, "B") + 1, "B"),
        (lambda: cp.ones(2, "f") ** 2, "f"),
        (lambda: cp.ones(2, "i") ** 2.0, "d"),
        (lambda: cp.arange(3), "q"),
        (lambda: cp.cumsum(cp.ones(2, "?")), "q"),
        (lambda: cp.bincount(cp.ones(2, "q")), "q"),
        (lambda: cp.argmax(cp.ones(2)), "q"),
        (lambda: cp.full(2, 1.5), "d"),
        (lambda: cp.linspace(0, 1, 3), "d"),
    ],
)
def test_dtypes_of_results(call: Callable[[], Any], dtype: str) -> None:
    assert call().dtype == np.dtype(dtype)


def test_nothing_warns() -> None:
    zero = cp.zeros(2, "f")
    assert np.isnan((zero / zero).get()).all()
    assert np.isinf(cp.exp(zero + 1000).get()).all()
    assert np.isinf((1 / zero).get()).all()


# -- indexing ---------------------------------------------------------------------------------------------------------


def test_indexing_agrees_with_numpy(x: Any) -> None:
    h, i, m = host(3, 4), np.array([2, 0]), host(3, 4) > 0
    pairs: list[tuple[Any, Any]] = [
        (cp.asarray(i), i),
        ((cp.asarray(i), 1), (i, 1)),
        ((slice(None), cp.asarray(i)), (slice(None), i)),
        (cp.asarray(m), m),
        ([1, 1], [1, 1]),
        ((Ellipsis, None, 0), (Ellipsis, None, 0)),
        ((cp.asarray(i)[:, None], cp.asarray(i)), (i[:, None], i)),
        (cp.asarray(-1), np.asarray(-1)),
    ]
    for ours, theirs in pairs:
        np.testing.assert_array_equal(x[ours].get(), h[theirs])
        y, k = x.copy(), h.copy()
        y[ours] = 9
        k[theirs] = 9
        np.testing.assert_array_equal(y.get(), k)
    np.testing.assert_array_equal(cp.take_along_axis(x, cp.argsort(x, 0), 0).get(), np.sort(h, 0))
    with pytest.raises(IndexError):
        x[5]
    with pytest.raises(IndexError):
        x[cp.ones(2)]


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int32", "int64"])
def test_atomic_additions(dtype: str) -> None:
    out, expected = cp.zeros(5, dtype), np.zeros(5, dtype)
    index = np.array([[0, 2], [2, 4]])
    cp.add.at(out, cp.asarray(index), cp.ones((2, 2), dtype))
    np.add.at(expected, index, np.ones((2, 2), dtype))
    np.testing.assert_array_equal(out.get(), expected)


def test_atomic_operations_know_few_dtypes() -> None:
    index = cp.asarray([0])
    with pytest.raises(TypeError, match=r"cupy.add.at only supports"):
        cp.add.at(cp.zeros(2, "int16"), index, 1)
    with pytest.raises(TypeError, match=r"cupy.maximum.at only supports"):
        cp.maximum.at(cp.zeros(2, "float16"), index, 1)


@only_double
def test_undefined_indexing_raises(x: Any) -> None:
    with pytest.raises(RuntimeError, match="leaves open which value stays"):
        x[cp.asarray([0, 0])] = x[:2]
    x[cp.asarray([0, 0])] = 1  # one value: no question


def test_positions_out_of_range_are_wrapped_around(x: Any) -> None:
    h, i, far = host(3, 4), np.array([2, 0, 1]), cp.asarray([-4, 3, 1 - 300])
    np.testing.assert_array_equal(x[far].get(), h[i])
    np.testing.assert_array_equal(x[0, far + 1].get(), h[0, [1, 0, 2]])
    np.testing.assert_array_equal(x[..., far].get(), h[:, [0, 3, 1]])
    np.testing.assert_array_equal(x.take(far, 0).get(), h[i])
    np.testing.assert_array_equal(cp.take_along_axis(x, far[:, None], 1).get(), h[[0, 1, 2], [0, 3, 1]][:, None])
    x[far[:2]] = 9.0
    h[i[:2]] = 9
    cp.add.at(x, far[:2], 1)
    h[i[:2]] += 1
    np.testing.assert_array_equal(x.get(), h)


# -- waiting for the device -------------------------------------------------------------------------------------------

WAITING: dict[str, Callable[[Any], Any]] = {
    "float": lambda x: float(x[0, 0]),
    "int": lambda x: int(x[0, 0]),
    "bool": lambda x: bool(x[0, 0]),
    "item": lambda x: x[0, 0].item(),
    "tolist": lambda x: x.tolist(),
    "get": lambda x: x.get(),
    "asnumpy": lambda x: cp.asnumpy(x),
    "repr": lambda x: repr(x),
    "mask": lambda x: x[x > 0],
    "mask assignment": lambda x: x.__setitem__(x > 0, 0),
    "nonzero": lambda x: x.nonzero(),
    "where": lambda x: cp.where(x > 0),
    "unique": lambda x: cp.unique(x),
    "bincount": lambda x: cp.bincount(cp.zeros(3, int)),
    "repeat": lambda x: cp.repeat(x, cp.asarray([1, 2, 3]), axis=0),
    "triu_indices": lambda x: cp.triu_indices(3),
    "stream": lambda x: cp.cuda.get_current_stream().synchronize(),
    "device": lambda x: cp.cuda.Device().synchronize(),
}


@only_double
@pytest.mark.parametrize("call", WAITING.values(), ids=WAITING)
def test_waiting_is_noticed(call: Callable[[Any], Any], x: Any) -> None:
    with pytest.raises(cupy_double.HostSynchronized), cupy_double.forbid_sync():
        call(x)


@only_double
def test_computing_does_not_wait(x: Any) -> None:
    with cupy_double.forbid_sync(), cupy_double.recording() as entries:
        y = cp.where(x > 0, x, 0).sum(0) + x[cp.asarray([0, 1, 2])].max(0)
        y[1:] = cp.sort(y)[:-1]
        x[[0, 1]]
        cp.allclose(x, x)
    kinds = [entry.kind for entry in entries]
    assert "launch" in kinds
    assert ("h2d", "index", 16) in entries  # the list is copied each time


# -- streams, pinned memory, memory -----------------------------------------------------------------------------------


def test_asynchronous_copies_to_the_host(x: Any) -> None:
    import importlib

    cupyx = importlib.import_module("cupyx") if real_cupy() else cupy_double.DOUBLE["cupyx"]
    out, stream = cupyx.empty_pinned(x.shape, np.float32), cp.cuda.Stream(non_blocking=True)
    cp.cuda.Device().synchronize()
    x.get(stream=stream, out=out, blocking=False)
    if real_cupy() is None:
        assert not (out == host(3, 4)).any()
    stream.synchronize()
    np.testing.assert_array_equal(out, host(3, 4))
    assert cupyx.zeros_pinned(3).sum() == 0


def test_asynchronous_copies_from_the_host(x: Any) -> None:
    memory = cp.cuda.alloc_pinned_memory(48)
    source = np.frombuffer(memory, np.float32, 12).reshape(3, 4)
    source[...] = 7
    stream = cp.cuda.Stream(non_blocking=True)
    x.set(source, stream=stream)
    if real_cupy() is None:
        assert not (x.get() == 7).any()
    event = stream.record()
    cp.cuda.get_current_stream().wait_event(event)
    np.testing.assert_array_equal((x + 0).get(), source)
    stream.synchronize()
    with pytest.raises(ValueError, match="Shape mismatch"):
        x.set(source[:1])
    with pytest.raises(TypeError, match="float64 array cannot be set to float32 array"):
        x.set(host(3, 4, dtype=np.float64))


@only_double
def test_pinned_memory_must_wait_for_its_copy(x: Any) -> None:
    source = np.frombuffer(cp.cuda.alloc_pinned_memory(48), np.float32, 12).reshape(3, 4)
    x.set(source)
    source[...] = 1
    with pytest.raises(RuntimeError, match="pinned memory was changed before the copy"):
        cp.cuda.get_current_stream().synchronize()


def test_streams_and_events() -> None:
    stream, null = cp.cuda.Stream(non_blocking=True), cp.cuda.get_current_stream()
    with stream:
        assert cp.cuda.get_current_stream() == stream
    assert cp.cuda.get_current_stream() == null == cp.cuda.Stream.null
    start, end = cp.cuda.Event(), cp.cuda.Event()
    start.record()
    cp.zeros(10) + 1
    end.record()
    end.synchronize()
    assert start.done
    assert cp.cuda.get_elapsed_time(start, end) >= 0
    with pytest.raises(cp.cuda.runtime.CUDARuntimeError, match="cudaErrorInvalidResourceHandle"):
        cp.cuda.get_elapsed_time(start, cp.cuda.Event(disable_timing=True))


def test_the_device() -> None:
    assert cp.is_available()
    assert cp.cuda.runtime.getDeviceCount() >= 1
    assert cp.zeros(1).device == cp.cuda.Device(0)
    assert {"name", "major", "multiProcessorCount", "sharedMemPerBlockOptin"} <= set(
        cp.cuda.runtime.getDeviceProperties(0)
    )
    free, total = cp.cuda.runtime.memGetInfo()
    assert 0 < free <= total
    with pytest.raises(cp.cuda.runtime.CUDARuntimeError, match="cudaErrorInvalidDevice") as failure:
        cp.cuda.Device(99).use()
    assert failure.value.status == 101


def test_the_pool_counts_and_runs_out() -> None:
    pool = cp.cuda.MemoryPool()
    with cp.cuda.using_allocator(pool.malloc):
        a = cp.zeros(1000, "f")
        assert pool.used_bytes() == 4096  # in units of 512
        b = a + a
        assert pool.used_bytes() == 8192
        del a
        assert (pool.used_bytes(), pool.free_bytes(), pool.total_bytes()) == (4096, 4096, 8192)
        pool.free_all_blocks()
        assert pool.total_bytes() == 4096
        pool.set_limit(size=8192)
        with pytest.raises(cp.cuda.memory.OutOfMemoryError, match=r"Out of memory allocating 8,192 bytes .*limit"):
            cp.zeros(2048, "f")
        with pytest.raises(MemoryError):
            cp.zeros(2048, "f")
        assert b.sum() == 0
    assert cp.zeros(3).data.ptr % 512 == 0


@only_double
def test_memory_is_guarded() -> None:
    assert np.isnan(cp.empty(3).get()).all()
    a = cp.zeros(3, "f")
    memory = a.data.mem
    memory.host[memory.offset + 12] = 0
    with pytest.raises(RuntimeError, match="the memory after a buffer of 12 bytes was written"):
        cupy_double.check()
    cupy_double.check()


@only_double
def test_every_buffer_is_announced() -> None:
    calls: list[tuple[Any, ...]] = []
    register, unregister = memory._register, memory._unregister
    assert register is not None
    assert unregister is not None
    memory.watch(lambda *call: calls.append((*call, register(*call))), lambda at: calls.append((at, unregister(at))))
    try:
        with cp.cuda.using_allocator(cp.get_default_memory_pool().malloc):  # another is told sizes, not arrays
            a = cp.zeros((2, 3), "f")
        address = a.data.ptr
        del a
    finally:
        memory.watch(register, unregister)
    assert calls == [(address, 24, "float32 array (2, 3)", None), (address, None)]


# -- in the place of CuPy ---------------------------------------------------------------------------------------------


@only_double
def test_install_and_uninstall() -> None:
    names = {name: module for name, module in sys.modules.items() if name.partition(".")[0] in ("cupy", "cupyx")}
    was = cupy_double.is_installed()
    assert cupy_double.install() is cupy_double.double
    import cupy
    import cupy.cuda.runtime as runtime

    assert cupy is cupy_double.double
    assert runtime is cupy.cuda.runtime
    assert cupy.get_array_module(cupy.zeros(1)) is cupy
    if not was:
        cupy_double.uninstall()
        after = {name: module for name, module in sys.modules.items() if name.partition(".")[0] in ("cupy", "cupyx")}
        assert after == names
