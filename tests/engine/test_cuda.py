"""``autograd.cuda``, on the card or on the double: devices, streams, memory, pinned tensors, and what errors say."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import numpy as np
import pytest

import autograd as ag
from backends import registry
from backends.cuda.memory import Pool
from backends.cuda.transfer import Transfers
from backends.errors import BackendUnavailable

pytestmark = pytest.mark.cpu_only("these tests name the device of every tensor")


@pytest.fixture
def gpu(cuda, monkeypatch) -> Iterator[Any]:
    """The backend with transfers and a pool that no other test has used."""
    transfers, pool = Transfers(cuda.xp, cuda.index), Pool(cuda.xp)
    for name, value in {"transfers": transfers, "upload": transfers.upload, "pool": pool}.items():
        monkeypatch.setattr(cuda, name, value, raising=False)
    with cuda.xp.cuda.using_allocator(pool.malloc):
        yield cuda


@pytest.fixture
def no_gpu(monkeypatch) -> None:
    """A machine whose CuPy finds no device."""

    def make(name: str, index: int) -> Any:
        assert name == "cuda"
        raise BackendUnavailable("cuda: CuPy and the NVIDIA driver are installed, but there is no GPU they can use")

    registry.get("cpu")
    monkeypatch.setattr(registry, "_backends", {k: v for k, v in registry._backends.items() if k[0] != "cuda"})
    monkeypatch.setattr(registry, "_make", make)


# -- devices -----------------------------------------------------------------------------------------------------------


def test_what_the_device_is(gpu) -> None:
    facts = ag.cuda.get_device_properties("cuda:0")
    assert ag.cuda.is_available()
    assert ag.cuda.is_initialized()
    assert ag.cuda.device_count() >= 1
    assert ag.cuda.get_device_name(0) == facts.name != ""
    assert ag.cuda.get_device_capability() == (facts.major, facts.minor)
    assert facts.total_memory > facts.L2_cache_size > 0
    assert facts.warp_size == 32
    assert ag.cuda.is_bf16_supported()
    assert ag.cuda.is_bf16_supported(including_emulation=False) == (facts.major >= 8)
    free, total = ag.cuda.mem_get_info()
    assert 0 < free <= total


def test_the_current_device(gpu) -> None:
    ag.cuda.init()
    ag.cuda.set_device(0)
    with ag.cuda.device("cuda:0"), ag.cuda.device(-1), ag.cuda.device_of(ag.ones(1, device="cpu")):
        assert ag.cuda.current_device() == 0
        assert ag.ones(1, device="cuda").device == ag.device("cuda", 0)
    with pytest.raises(ag.DeviceError, match="index 99 is out of range"):
        ag.cuda.set_device(99)
    with pytest.raises(ag.DeviceError) as caught:
        ag.cuda.set_device("cpu")
    assert str(caught.value) == "cuda: expected a GPU, got cpu"


def test_the_current_device_is_what_cuda_means(gpu, monkeypatch) -> None:
    devices = import_module("autograd.device")  # the name in the package is the class
    monkeypatch.setattr(devices, "_current_gpu", [1])
    monkeypatch.setitem(registry._backends, ("cuda", 1), second := object())
    assert devices.backend_of("cuda") is second
    assert devices.backend_of("cuda:0") is gpu
    assert devices.backend_of("cpu").name == "cpu"


# -- streams -----------------------------------------------------------------------------------------------------------


def test_work_in_another_stream(gpu) -> None:
    side, main = ag.cuda.Stream(priority=-1), ag.cuda.current_stream()
    assert main == ag.cuda.default_stream() != side
    assert len({main, ag.cuda.default_stream(), side}) == 2
    side.wait_stream(main)
    with ag.cuda.stream(side):
        assert ag.cuda.current_stream() == side
        x = ag.ones(100, device="cuda") * 2
    assert ag.cuda.current_stream() == main
    main.wait_stream(side)
    assert x.sum().item() == 200
    side.synchronize()
    assert side.query()
    with ag.cuda.stream(None):
        assert ag.cuda.current_stream() == main
    ag.cuda.set_stream(side)
    assert ag.cuda.current_stream() == side
    ag.cuda.set_stream(main)
    ag.cuda.set_stream(None)
    assert ag.cuda.current_stream() == main
    assert repr(side) == f"Stream(device=cuda:0, cuda_stream={side.cuda_stream:#x})"


def test_events_measure_time(gpu) -> None:
    start, end = ag.cuda.Event(enable_timing=True), ag.cuda.Event(enable_timing=True)
    assert start.query()
    assert repr(start) == "Event(not recorded)"
    start.wait()
    start.synchronize()
    with pytest.raises(ValueError, match="expected recorded events"):
        start.elapsed_time(end)
    start.record()
    _ = ag.ones(100, device="cuda").sum()
    end.record()
    end.synchronize()
    ag.cuda.synchronize()
    assert end.query()
    assert 0 <= start.elapsed_time(end) < 60_000
    with pytest.raises(ValueError, match="Make both with enable_timing=True"):
        start.elapsed_time(ag.cuda.Event())
    ag.cuda.current_stream().record_event(start).wait(ag.cuda.Stream())


def test_an_event_that_is_not_reached_has_no_time(gpu, monkeypatch) -> None:
    start, end = ag.cuda.Event(enable_timing=True), ag.cuda.Event(enable_timing=True)
    start.record()
    end.record()
    monkeypatch.setattr(ag.cuda.Event, "query", lambda self: False)
    with pytest.raises(RuntimeError, match=r"Call synchronize\(\) on the later one"):
        start.elapsed_time(end)


# -- memory ------------------------------------------------------------------------------------------------------------


def test_memory_is_counted(gpu) -> None:
    ag.cuda.empty_cache()
    ag.cuda.reset_peak_memory_stats()
    before = ag.cuda.memory_allocated()
    x = ag.ones(1000, device="cuda")
    y = x + 1
    assert ag.cuda.memory_allocated() - before == 2 * 4096
    del y
    assert ag.cuda.memory_allocated() - before == 4096
    assert ag.cuda.max_memory_allocated() - before >= 2 * 4096
    assert ag.cuda.memory_reserved() >= ag.cuda.memory_allocated()
    assert ag.cuda.max_memory_reserved() >= ag.cuda.memory_reserved()
    stats = ag.cuda.memory_stats()
    assert stats["allocated_bytes.all.current"] == ag.cuda.memory_allocated()
    assert stats["allocated_bytes.all.peak"] == ag.cuda.max_memory_allocated()
    assert stats["num_ooms"] == 0
    assert "memory of cuda:0" in ag.cuda.memory_summary()
    ag.cuda.reset_peak_memory_stats()
    assert ag.cuda.max_memory_allocated() == ag.cuda.memory_allocated()
    ag.cuda.ipc_collect()
    assert x.sum().item() == 1000


def test_out_of_memory_is_an_error_to_catch(gpu) -> None:
    ag.cuda.set_per_process_memory_fraction(1e-9)
    try:
        with pytest.raises(ag.OutOfMemoryError, match=r"asked for 4\.00 GiB: arrays hold"):
            ag.empty(1 << 30, device="cuda")
    finally:
        gpu.pool.limit(0.0)
    assert ag.OutOfMemoryError is ag.cuda.OutOfMemoryError
    with pytest.raises(ValueError, match=r"expected a number in \(0, 1\], got 2"):
        ag.cuda.set_per_process_memory_fraction(2)


# -- pinned memory -----------------------------------------------------------------------------------------------------


def test_pinned_tensors_are_copied_while_the_program_goes_on(gpu) -> None:
    x = ag.arange(12.0).reshape(3, 4)
    pinned = x.pin_memory()
    assert not x.is_pinned()
    assert pinned.is_pinned()
    assert pinned.device == ag.device("cpu")
    assert pinned.pin_memory() is pinned
    assert ag.zeros(3, pin_memory=True).is_pinned()
    assert ag.tensor([1.0], pin_memory=True).is_pinned()
    for there in (pinned.to("cuda", non_blocking=True), pinned.cuda(non_blocking=True), pinned.to("cuda", True)):
        np.testing.assert_array_equal((there * 2).cpu().numpy(), x.numpy() * 2)
        assert not there.is_pinned()


def test_a_gradient_comes_back_through_a_copy(gpu) -> None:
    x = ag.ones(3, requires_grad=True)
    (x.to("cuda", non_blocking=True) * 3).sum().backward()
    assert x.grad.device == ag.device("cpu")
    assert x.grad.tolist() == [3, 3, 3]


# -- errors ------------------------------------------------------------------------------------------------------------

MIXED = {
    "add": lambda a, b: a + b,
    "matmul": lambda a, b: a @ b,
    "where": lambda a, b: ag.where(a > 0, a, b),
    "cat": lambda a, b: ag.cat([a, b]),
}


@pytest.mark.parametrize("name", MIXED)
def test_tensors_on_two_devices(gpu, name) -> None:
    with pytest.raises(ag.DeviceError) as caught:
        MIXED[name](ag.ones(2, 2, device="cpu"), ag.ones(2, 2, device="cuda"))
    text = f"{name}: expected all tensors on one device, got cpu and cuda:0. Move one with .to(device)"
    assert str(caught.value) == text


TEXTS = [
    (lambda: ag.ones(1, device="cuda").numpy(), "numpy: expected a CPU tensor, got one on cuda:0. Call cpu() first"),
    (lambda: np.asarray(ag.ones(1, device="cuda")), "numpy: expected a CPU tensor, got one on cuda:0. Call cpu() first"),
    (lambda: ag.ones(1, device="cuda").pin_memory(), "pin_memory: expected a CPU tensor, got one on cuda:0. Call cpu() first"),
]  # fmt: skip


@pytest.mark.parametrize("call, text", TEXTS)
def test_what_only_the_cpu_can(gpu, call, text) -> None:
    with pytest.raises((TypeError, ag.DeviceError)) as caught:
        call()
    assert str(caught.value) == text


def test_without_a_gpu_questions_are_answered_and_the_rest_says_what_is_missing(no_gpu) -> None:
    assert not ag.cuda.is_available()
    assert not ag.cuda.is_initialized()
    assert not ag.cuda.is_bf16_supported()
    assert ag.cuda.device_count() == ag.cuda.memory_allocated() == ag.cuda.max_memory_reserved() == 0
    assert ag.cuda.memory_stats() == {}
    assert ag.cuda.memory_summary() == "No GPU was used so far"
    assert ag.accelerator.current_accelerator(check_available=True) is None
    assert not ag.ones(1).is_pinned()
    ag.cuda.empty_cache()
    ag.cuda.reset_peak_memory_stats()
    reason = "device cuda: CuPy and the NVIDIA driver are installed, but there is no GPU they can use"
    for call in (ag.cuda.current_device, ag.cuda.Stream, ag.cuda.mem_get_info, ag.cuda.synchronize, ag.ones(1).cuda):
        with pytest.raises(ag.DeviceError) as caught:
            call()
        assert str(caught.value) == reason
    with pytest.raises(ag.DeviceError) as caught:
        ag.ones(1).pin_memory()
    assert str(caught.value) == f"pin_memory: expected a GPU to lock memory for, but {reason}"


# -- random numbers, accelerator, switches -------------------------------------------------------------------------------


def test_one_random_stream_serves_all_devices() -> None:
    ag.cuda.manual_seed_all(3)
    (state,) = ag.cuda.get_rng_state_all()
    assert ag.cuda.initial_seed() == ag.initial_seed() == 3
    a = ag.rand(3)
    ag.cuda.set_rng_state_all([state])
    assert ag.rand(3).tolist() == a.tolist()
    ag.cuda.seed()
    assert ag.cuda.initial_seed() != 3


def test_the_accelerator_is_the_gpu(gpu) -> None:
    assert ag.accelerator.is_available()
    assert ag.accelerator.current_accelerator(check_available=True) == ag.device("cuda")
    assert ag.accelerator.current_device_index() == 0
    assert ag.accelerator.get_memory_info() == ag.cuda.mem_get_info()
    with ag.accelerator.device_index(0):
        ag.accelerator.synchronize()


def test_importing_asks_no_driver() -> None:
    program = "import sys, autograd; print('cupy' in sys.modules, autograd.cuda.is_initialized())"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
