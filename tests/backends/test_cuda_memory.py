"""The counting pool: exact peaks, few questions to CuPy's pool, and an error that says where the memory is."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from backends.cuda.memory import Pool, in_units, pool_of
from backends.errors import OutOfMemoryError

GIB = 1 << 30


class Refused(MemoryError):
    """CuPy's OutOfMemoryError."""


class Blocks:
    """CuPy's memory pool, with blocks that are given back by hand."""

    def __init__(self, capacity: int = GIB) -> None:
        self.capacity, self.used, self.held, self.asked, self.bound = capacity, 0, 0, 0, 0

    def malloc(self, size: int) -> SimpleNamespace:
        size = -(-size // 512) * 512
        if self.used + size > self.capacity:
            raise Refused
        self.used += size
        self.held = max(self.held, self.used)
        return SimpleNamespace(size=size)

    def free(self, pointer: SimpleNamespace) -> None:
        self.used -= pointer.size

    def used_bytes(self) -> int:
        self.asked += 1
        return self.used

    def total_bytes(self) -> int:
        return self.held

    def free_bytes(self) -> int:
        return self.held - self.used

    def free_all_blocks(self) -> None:
        self.held = self.used

    def get_limit(self) -> int:
        return self.bound

    def set_limit(self, fraction: float) -> None:
        self.bound = int(self.capacity * fraction)


@pytest.fixture
def blocks() -> Blocks:
    return Blocks()


@pytest.fixture
def pool(blocks) -> Pool:
    runtime = SimpleNamespace(memGetInfo=lambda: (GIB - blocks.held, GIB))
    memory = SimpleNamespace(OutOfMemoryError=Refused)
    return Pool(SimpleNamespace(cuda=SimpleNamespace(memory=memory, runtime=runtime, get_device_id=lambda: 0)), blocks)


def test_the_peak_is_exact_whatever_is_given_back_and_when(pool, blocks) -> None:
    rng, live, peak = np.random.default_rng(0), [], 0
    for _ in range(2000):
        if live and rng.random() < 0.5:
            blocks.free(live.pop(rng.integers(len(live))))
        else:
            live.append(pool.malloc(int(rng.integers(1, 9000))))
        peak = max(peak, blocks.used)
        assert pool.peak() == peak
    assert pool.used() == blocks.used == sum(p.size for p in live)


def test_steps_that_repeat_themselves_seldom_ask_the_pool(pool, blocks) -> None:
    def step() -> None:
        live = [pool.malloc(4096) for _ in range(200)]
        for pointer in live:
            blocks.free(pointer)

    step()
    blocks.asked = 0
    for _ in range(10):
        step()
    assert blocks.asked <= 20
    assert pool.peak() == 200 * 4096


def test_reset_and_reserved(pool, blocks) -> None:
    kept, gone = pool.malloc(1024), pool.malloc(8192)
    blocks.free(gone)
    assert (pool.peak(), pool.peak_reserved(), pool.reserved()) == (9216, 9216, 9216)
    pool.free_cached()
    assert (pool.peak_reserved(), pool.reserved()) == (9216, 1024)
    pool.reset_peak()
    assert (pool.used(), pool.peak(), pool.peak_reserved()) == (1024, 1024, 1024)
    blocks.free(kept)


def test_out_of_memory_says_who_holds_it_and_the_ways_out(pool, blocks) -> None:
    pool.malloc(600 << 20)
    blocks.free(pool.malloc(200 << 20))
    with pytest.raises(OutOfMemoryError) as caught:
        pool.malloc(512 << 20)
    assert str(caught.value) == (
        "cuda: out of memory, asked for 512.00 MiB: arrays hold 600.00 MiB, the pool keeps 200.00 MiB for later, and "
        "224.00 MiB of the device's 1.00 GiB are free. Use a smaller batch, autograd.utils.checkpoint, or "
        "autograd.cuda.empty_cache() where the pool keeps much"
    )
    assert isinstance(caught.value, RuntimeError)
    assert isinstance(caught.value, MemoryError)
    assert caught.value.__cause__ is None
    assert (pool.usage().refused, pool.usage().requests) == (1, 2)


def test_a_limit_is_named(pool) -> None:
    pool.limit(0.5)
    with pytest.raises(OutOfMemoryError, match=r"are free\. The pool is limited to 512\.00 MiB\. Use"):
        pool.malloc(2 * GIB)


@pytest.mark.parametrize(
    "size, text", [(0, "0 bytes"), (1023, "1023 bytes"), (1536, "1.50 KiB"), (5 << 40, "5120.00 GiB")]
)
def test_sizes_for_people(size, text) -> None:
    assert in_units(size) == text


def test_arrays_are_served_and_counted(cuda) -> None:
    xp, pool = cuda.xp, Pool(cuda.xp)
    with xp.cuda.using_allocator(pool.malloc):
        before = pool.used()
        pool.reset_peak()
        a = xp.ones(1000, "float32")
        del a
        b = xp.ones(100, "float32")
        assert pool.used() - before == 512
        assert pool.peak() - before == 4096
        pool.limit(1e-9)
        try:
            with pytest.raises(OutOfMemoryError, match=r"out of memory, asked for 1\.00 GiB"):
                xp.empty(1 << 28, "float32")
        finally:
            pool.limit(0.0)
        assert b.size == 100


def test_there_is_one_pool(cuda) -> None:
    allocator = cuda.xp.cuda.get_allocator()
    try:
        assert pool_of(cuda.xp) is pool_of(cuda.xp)
    finally:
        pool_of.cache_clear()
        cuda.xp.cuda.set_allocator(allocator)
