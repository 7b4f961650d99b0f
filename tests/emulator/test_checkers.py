"""Faults planted in kernels are found and told; kernels without faults are not accused."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest

from tests.emulator.by_hand import run
from tests.emulator.emulator import KernelFault


class Planted(NamedTuple):
    """A kernel k(int* o) on 64 integers, in blocks of 64 threads, and what is to be said of it."""

    body: str
    says: str
    blocks: int = 1
    shared: int = 0


HAZARD = "no barrier between"
FAULTS = {
    "barrier dropped": Planted(
        "__shared__ int s[64]; int t = threadIdx.x; s[t] = t; o[t] = s[63 - t];",
        r"racecheck: block \(0,0,0\) thread \(\d+,0,0\): .* hazard on shared memory "
        rf"with block 0 thread \d+, {HAZARD} \(k.cu:1\)",
    ),
    "barrier dropped at the end of a loop": Planted(
        """__shared__ int s[64];
        int t = threadIdx.x, sum = 0;
        for (int i = 0; i < 2; ++i) {
            s[t] = t + i;
            __syncthreads();
            sum += s[63 - t];
        }
        o[t] = sum;""",
        rf"(read after write|write after read) hazard on shared memory .* {HAZARD} \(k.cu:[46]\)",
    ),
    "divergent barrier": Planted(
        """if (threadIdx.x < 32) {
            __syncthreads();
            o[threadIdx.x] = 1;
        } else {
            __syncthreads();
            o[threadIdx.x] = 2;
        }""",
        r"synccheck: .*wait at different __syncthreads\(\): the other is at k.cu:2 \(k.cu:5\)",
    ),
    "exit before a barrier": Planted(
        "if (threadIdx.x >= 50) return; o[threadIdx.x] = 1; __syncthreads();",
        r"synccheck: .*14 of 64 threads left the kernel before a __syncthreads\(\) that the others reached \(k.cu:1\)",
    ),
    "uninitialised shared memory": Planted(
        "__shared__ int s[64]; int t = threadIdx.x; if (t < 63) s[t] = 1; __syncthreads(); o[t] = s[t];",
        r"initcheck: block \(0,0,0\) thread \(63,0,0\): read of shared memory that nobody in this block has written",
    ),
    "shared memory of the block before": Planted(
        """__shared__ int s[64];
        if (blockIdx.x == 0) s[threadIdx.x] = 1;
        __syncthreads();
        if (blockIdx.x) o[threadIdx.x] = s[threadIdx.x];""",
        "initcheck: block \\(1,0,0\\)",
        blocks=2,
    ),
    "shuffle from an absent lane": Planted(
        "if ((threadIdx.x & 31) < 16) o[threadIdx.x] = __shfl_down_sync(0xffffu, (int)threadIdx.x, 8);",
        r"synccheck: .*__shfl_down_sync reads lane 16, which takes no part \(mask 0000ffff\) \(k.cu:1\)",
    ),
    "lane outside of its own mask": Planted(
        "__syncwarp(0xffff);",
        r"synccheck: .*lane \d+ calls __syncwarp with a mask that it is not in \(0000ffff\)",
    ),
    "mask never completed": Planted(
        "int t = threadIdx.x; if (t % 32 < 16) o[t] = __shfl_xor_sync(~0u, t, 8); else __syncthreads();",
        "synccheck: .*__shfl_xor_sync with mask ffffffff never completed: only lanes 0000ffff called it",
    ),
    "different shuffles": Planted(
        """int t = threadIdx.x;
        if (t & 1) o[t] = __shfl_sync(~0u, t, 1);
        else o[t] = __shfl_sync(~0u, t, 0);""",
        "synccheck: .*__shfl_sync with mask ffffffff never completed",
    ),
    "__syncwarp missing": Planted(
        "__shared__ int s[64]; int t = threadIdx.x; s[t] = t; o[t] = s[t ^ 1];", f"racecheck: .*{HAZARD}"
    ),
    "a shuffle instead of __syncwarp": Planted(
        "__shared__ int s[64]; int t = threadIdx.x; s[t] = t; int u = __shfl_xor_sync(~0u, t, 1); o[t] = s[u];",
        f"racecheck: .*{HAZARD}",
    ),
    "__syncwarp of the wrong lanes": Planted(
        """__shared__ int s[64];
        int t = threadIdx.x;
        s[t] = t;
        __syncwarp(t & 16 ? 0xffff0000u : 0xffffu);
        o[t] = s[t ^ 16];""",
        f"racecheck: .*{HAZARD}",
    ),
    "__syncwarp across warps": Planted(
        "__shared__ int s[64]; int t = threadIdx.x; s[t] = t; __syncwarp(); o[t] = s[t ^ 32];", f"racecheck: .*{HAZARD}"
    ),
    "overrun of static shared memory": Planted(
        "__shared__ int s[32]; int* p = s; p[threadIdx.x] = 1; __syncthreads(); o[threadIdx.x] = p[threadIdx.x];",
        "memcheck: .*invalid write of 4 bytes",
    ),
    "overrun of a row": Planted(
        """__shared__ int s[4][16];
        int t = threadIdx.x;
        s[t / 16][t % 16] = 1;
        __syncthreads();
        o[t] = s[t / 16 % 3][t % 16 + 1];""",
        r"ubcheck: .*index outside of an array \(k.cu:5\)",
    ),
    "overrun of dynamic shared memory": Planted(
        "DYN_SHARED(int, s); s[threadIdx.x] = 1; __syncthreads(); o[threadIdx.x] = s[threadIdx.x];",
        "memcheck: .*invalid write of 4 bytes",
        shared=63 * 4,
    ),
    "read past the end": Planted(
        "int v = o[64 + threadIdx.x]; if (v == 3) o[0] = v;", "invalid read of 4 bytes at .*past the end of array 0"
    ),
    "write far off": Planted("o[1 << 28] = 1;", r"memcheck: .*invalid write of 4 bytes at 0x[0-9a-f]+ \(k.cu:1\)"),
    "write before the begin": Planted("o[-1 - (int)threadIdx.x] = 1;", "memcheck: .*invalid write of 4 bytes"),
    "null pointer": Planted("o = (int*)(threadIdx.x * 4L); *o = 1;", "invalid write of 4 bytes at .*, a null pointer"),
    "off by one": Planted(
        "for (int i = threadIdx.x; i <= 64; i += 64) o[i] = 1;",
        r"memcheck: block \(0,0,0\) thread \(0,0,0\): invalid write of 4 bytes at 0x[0-9a-f]+, "
        r"0 bytes past the end of array 0 \(k.cu:1\)",
    ),
    "write to a constant": Planted(
        "static const int c[2] = {1, 2}; const_cast<int*>(c)[threadIdx.x & 1] = *o;", "memcheck: .*invalid write"
    ),
    "+= without an atomic": Planted(
        "o[0] += threadIdx.x;", rf"racecheck: .*hazard on global memory with block 0 thread \d+, {HAZARD}"
    ),
    "an atomic and a plain access": Planted(
        "if (threadIdx.x < 32) atomicAdd(o, 1); else o[1] = o[0];", f"racecheck: .*hazard on global memory .*{HAZARD}"
    ),
    "two blocks on one cell": Planted(
        "if (threadIdx.x == 0) o[0] = blockIdx.x;",
        "racecheck: .*write after write hazard on global memory with block [01] thread 0",
        blocks=2,
    ),
    "a block reads what another writes": Planted(
        "int t = threadIdx.x; if (blockIdx.x) o[t] = t; else if (o[t] == 7) o[t] = 8;",
        "racecheck: .*hazard on global memory with block [01]",
        blocks=2,
    ),
    "misaligned vector": Planted(
        "int4 v = *reinterpret_cast<int4*>(o + 1); o[32 + v.x % 2] = 0;", "ubcheck: .*misaligned vector access"
    ),
    "misaligned word": Planted(
        "*reinterpret_cast<int*>(reinterpret_cast<char*>(o) + 1) = 1;",
        "memcheck: .*misaligned access of 4 bytes",
    ),
    "signed overflow in an index": Planted(
        """int n = 1 << 20;
        if (n * (n + (int)threadIdx.x) < 0) o[0] = 1;""",
        r"ubcheck: .*signed overflow in \* \(k.cu:2\)",
    ),
    "shift by too many bits": Planted("o[threadIdx.x] = 1 << (int)threadIdx.x;", "ubcheck: .*shift by too many bits"),
    "division by zero": Planted("o[threadIdx.x] = 5 / (int)(threadIdx.x / 64);", "division by zero"),
    "trap": Planted(
        "if (threadIdx.x == 5) __trap();", r"trap: block \(0,0,0\) thread \(5,0,0\): the kernel called __trap\(\)"
    ),
}
COPIES = {
    "wait missing": Planted(
        "__syncthreads(); o[t] = s[63 - t];",
        "racecheck: .*read of shared memory while an asynchronous copy into it is in flight: "
        "its cp_async_wait is missing",
    ),
    "wait for an older group": Planted(
        "cp_async_wait<1>(); __syncthreads(); o[t] = s[63 - t];",
        "its cp_async_wait is missing",
    ),
    "commit missing": Planted(
        """cp_async_wait<0>();
        cp_async_4(shared_address(s + 64 + t), o + t, true);
        cp_async_wait<0>();
        o[t] = s[64 + t];""",
        "its cp_async_wait is missing",
        shared=512,
    ),
    "barrier missing after the wait": Planted("cp_async_wait<0>(); o[t] = s[63 - t];", "racecheck: .*shared memory"),
    "copy over what others still read": Planted(
        """cp_async_wait<0>();
        __syncthreads();
        int v = s[63 - t];
        cp_async_4(shared_address(s + t), o + t, true);
        cp_async_commit();
        cp_async_wait<0>();
        __syncthreads();
        o[t] = v;""",
        r"racecheck: .*(write after read|while an asynchronous copy).*\(k.cu:[47]\)",
    ),
    "source past the end": Planted(
        "cp_async_4(shared_address(s + t), o + 64, true);",
        r"memcheck: .*invalid read of 4 bytes .*0 bytes past the end of array 0 \(k.cu:\d+\)",
    ),
    "destination past the end": Planted(
        "cp_async_4(shared_address(s) + 256, o, true);",
        "memcheck: .*asynchronous copy of 4 bytes to shared address 1280, outside of the block's memory",
    ),
    "misaligned": Planted(
        "cp_async_16(shared_address(s), o + 1, true);", "memcheck: .*asynchronous copy of 16 bytes is misaligned"
    ),
    "not shared memory": Planted(
        "cp_async_4(shared_address(o), o, true);",
        "memcheck: .*shared_address of 0x[0-9a-f]+, which is not in shared memory",
    ),
}
FIRST_COPY = (
    "DYN_SHARED(int, s); const int t = threadIdx.x; cp_async_4(shared_address(s + t), o + t, true); cp_async_commit();"
)


def launch(body: str, blocks: int = 1, shared: int = 0, order: str = "shuffled", mode: str = "check") -> np.ndarray:
    o = np.arange(64, dtype=np.int32)
    run(
        f'extern "C" __global__ void k(int* o) {{ {body}\n}}', "k", blocks, 64, o, shared=shared, order=order, mode=mode
    )
    return o


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found(fault: str) -> None:
    body, says, blocks, shared = FAULTS[fault]
    with pytest.raises(KernelFault, match=says) as caught:
        launch(body, blocks, shared)
    assert str(caught.value).startswith("k: ")


@pytest.mark.parametrize("fault", COPIES)
def test_a_fault_of_asynchronous_copies_is_found(fault: str) -> None:
    body, says, _, shared = COPIES[fault]
    with pytest.raises(KernelFault, match=says):
        launch(f"{FIRST_COPY} {body}", shared=shared or 256)


@pytest.mark.parametrize("order", ["ascending", "descending"])
@pytest.mark.parametrize("fault", ["barrier dropped", "__syncwarp missing", "+= without an atomic"])
def test_a_race_is_found_in_every_order(fault: str, order: str) -> None:
    with pytest.raises(KernelFault, match="racecheck"):
        launch(FAULTS[fault].body, order=order)


@pytest.mark.parametrize(
    "fault", ["divergent barrier", "exit before a barrier", "shuffle from an absent lane", "mask never completed"]
)
def test_fast_mode_finds_what_would_hang(fault: str) -> None:
    with pytest.raises(KernelFault, match=FAULTS[fault].says):
        launch(FAULTS[fault].body, mode="fast")


def test_fast_mode_survives_a_crash() -> None:
    with pytest.raises(
        KernelFault,
        match=r"k: crash: block \(0,0,0\) thread \(\d+,0,0\): access to the illegal address 0x10; check mode",
    ):
        launch("*reinterpret_cast<volatile int*>(16) = 1;", mode="fast")
    with pytest.raises(KernelFault, match=r"k: crash: .*integer division by zero"):
        launch("o[threadIdx.x] = 5 / (int)(threadIdx.x / 64);", mode="fast")
    with pytest.raises(KernelFault, match=r"k: crash: .*local variables need more than 256 KiB"):
        launch("volatile char big[300000]; big[threadIdx.x] = 1; o[0] = big[0];", mode="fast")
    assert (launch("o[threadIdx.x] = 1;", mode="fast") == 1).all()


def test_fast_mode_finds_an_overrun_of_dynamic_shared_memory() -> None:
    with pytest.raises(KernelFault, match="dynamic shared memory was written 0 bytes past its 252 bytes"):
        launch(FAULTS["overrun of dynamic shared memory"].body, shared=252, mode="fast")


def test_each_place_is_told_once() -> None:
    with pytest.raises(KernelFault) as caught:
        launch("o[0] = threadIdx.x;\no[1] = threadIdx.x;")
    assert [line[-8:] for line in str(caught.value).splitlines()] == ["(k.cu:1)", "(k.cu:2)"]


CLEAN = {
    "block reduction": """__shared__ float s[2];
        float a = o[threadIdx.x];
        for (int d = 16; d; d >>= 1) a += __shfl_down_sync(~0u, a, d);
        if (threadIdx.x % 32 == 0) s[threadIdx.x / 32] = a;
        __syncthreads();
        if (threadIdx.x == 0) o[0] = s[0] + s[1];""",
    "tree in shared memory": """__shared__ int s[64];
        int t = threadIdx.x;
        s[t] = o[t];
        for (int d = 32; d; d >>= 1) {
            __syncthreads();
            if (t < d) s[t] += s[t + d];
        }
        if (t == 0) o[0] = s[0];""",
    "tree in a warp": """__shared__ int s[32];
        int t = threadIdx.x;
        if (t < 32) {
            s[t] = o[t];
            for (int d = 16; d; d >>= 1) {
                __syncwarp();
                int v = s[t ^ d];
                __syncwarp();
                s[t] += v;
            }
            o[t] = s[t];
        }""",
    "halves of a warp": """__shared__ int s[64];
        int t = threadIdx.x;
        s[t] = t;
        __syncwarp(t & 16 ? 0xffff0000u : 0xffffu);
        o[t] = s[t ^ 8];""",
    "bytes of one word": "reinterpret_cast<char*>(o)[threadIdx.x] = 1;",
    "atomics": "atomicAdd(o, 1); atomicMax(o + 1, (int)threadIdx.x);",
    "early exit from a shuffle": "int t = threadIdx.x; if (t % 32 >= 20) return; o[t] = __shfl_sync(~0u, t, 3);",
    "early exit": "if (threadIdx.x >= 50) return; o[threadIdx.x] = 1;",
    "constants": "constexpr int table[4] = {3, 1, 4, 1}; o[threadIdx.x] = table[threadIdx.x & 3];",
    "local arrays": "int v[8], t = threadIdx.x; for (int i = 0; i < 8; ++i) v[i] = i * o[t]; o[t] = v[o[t] & 7];",
    "copies left behind": "DYN_SHARED(int, s); int t = threadIdx.x; cp_async_4(shared_address(s + t), o + t, true);",
    "copies in two stages": """DYN_SHARED(int, s);
        const int t = threadIdx.x;
        int sum = 0;
        cp_async_4(shared_address(s + t), o + t, true);
        cp_async_commit();
        for (int i = 0; i < 4; ++i) {
            if (i < 3) cp_async_4(shared_address(s + 64 * ((i + 1) % 2) + t), o + t, true);
            cp_async_commit();
            cp_async_wait<1>();
            __syncthreads();
            sum += s[64 * (i % 2) + 63 - t];
            __syncthreads();
        }
        o[t] = sum;""",
}


@pytest.mark.parametrize("order", ["shuffled", "ascending", "descending"])
@pytest.mark.parametrize("kernel", CLEAN)
def test_a_clean_kernel_is_not_accused(kernel: str, order: str) -> None:
    launch(CLEAN[kernel], shared=512, order=order)


def test_arguments_are_no_memory_of_the_device() -> None:
    x, y = np.arange(64, dtype=np.float32), np.zeros(64, np.float32)
    struct = np.array([2.0, 3.0], np.float32).tobytes()
    source = """struct Line { float slope, offset; };
extern "C" __global__ void k(const float* __restrict__ x, float* y, Line line) {
    y[threadIdx.x] = line.slope * x[threadIdx.x] + line.offset;
}"""
    run(source, "k", 1, 64, x, y, struct)
    assert (y == 2 * x + 3).all()
