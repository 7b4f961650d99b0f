"""The emulator computes what CUDA computes: threads, warps, matrices, asynchronous copies, limits of a launch."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from backends.cuda.launch import Kernel, entries
from tests.emulator import build, memory
from tests.emulator.by_hand import run
from tests.emulator.emulator import Emulator, KernelFault

ORDERS = ["shuffled", "ascending", "descending"]
KERNEL = 'extern "C" __global__ void k'
T = np.arange(64)
WARP, LANE = T & ~31, T & 31

# -- threads ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["fast", "check"])
@pytest.mark.parametrize("order", ORDERS)
def test_every_thread_of_every_block_runs_once(order: str, mode: str) -> None:
    o = np.zeros((2, 3, 4, 2, 5, 6), np.int32)
    source = f"""{KERNEL}(int* o) {{
        const int block = (blockIdx.z * gridDim.y + blockIdx.y) * gridDim.x + blockIdx.x;
        const int thread = (threadIdx.z * blockDim.y + threadIdx.y) * blockDim.x + threadIdx.x;
        o[block * 60 + thread] += 1 + threadIdx.x;
    }}"""
    run(source, "k", (4, 3, 2), (6, 5, 2), o, order=order, mode=mode)
    assert (o == 1 + np.arange(6)).all()


def test_orders_are_orders() -> None:
    source = f"{KERNEL}(int* o, int* count) {{ o[atomicAdd(count, 1)] = blockIdx.x * 64 + threadIdx.x; }}"

    def sequence(order: str, seed: int = 0) -> list[int]:
        o, count = np.zeros(128, np.int32), np.zeros(1, np.int32)
        run(source, "k", 2, 64, o, count, order=order, seed=seed, mode="fast")
        return o.tolist()

    assert sequence("ascending") == list(range(128))
    assert sequence("descending") == list(range(128))[::-1]
    assert sorted(sequence("shuffled")) == list(range(128))
    assert sequence("shuffled") == sequence("shuffled")
    assert sequence("shuffled") != sequence("shuffled", seed=1)


@pytest.mark.parametrize("order", ORDERS)
def test_barriers_and_their_votes(order: str) -> None:
    o = np.zeros((4, 64), np.int32)
    source = f"""{KERNEL}(int* o) {{
        __shared__ int s[64];
        const int t = threadIdx.x;
        s[t] = 3 * t;
        __syncthreads();
        o[t] = s[63 - t];
        o[64 + t] = __syncthreads_count(t < 10);
        o[128 + t] = __syncthreads_and(t < 63);
        o[192 + t] = __syncthreads_or(t == 7);
    }}"""
    run(source, "k", 1, 64, o, order=order)
    assert (o[0] == 3 * (63 - T)).all()
    assert (o[1:] == [[10], [0], [1]]).all()


def test_dynamic_shared_memory_is_full_of_nan() -> None:
    o = np.zeros(4, np.float32)
    source = (
        f"{KERNEL}(float* o) {{ DYN_SHARED(float, s); __shared__ float t[4]; o[threadIdx.x] = s[threadIdx.x] + t[0]; }}"
    )
    run(source, "k", 1, 4, o, shared=16, mode="fast")
    assert np.isnan(o).all()


def test_kernels_of_one_file_share_no_statics() -> None:
    source = """template <class T> __device__ T* scratch() { __shared__ T s[32]; return s; }
extern "C" __global__ void a(float* o) {
    scratch<float>()[threadIdx.x] = 1;
    __syncthreads();
    o[threadIdx.x] = scratch<float>()[0];
}
extern "C" __global__ void b(float* o) { o[threadIdx.x] = scratch<float>()[threadIdx.x]; }"""
    o = np.zeros(32, np.float32)
    run(source, "a", 1, 32, o)
    assert (o == 1).all()
    with pytest.raises(KernelFault, match="initcheck"):
        run(source, "b", 1, 32, o)


# -- warps ------------------------------------------------------------------------------------------------------------

COLLECTIVES = {
    "__shfl_sync(F, t, 5)": WARP + 5,
    "__shfl_sync(F, t, l + 1)": WARP + (LANE + 1) % 32,
    "__shfl_sync(F, t, 1, 8)": (T & ~7) + 1,
    "__shfl_up_sync(F, t, 3)": np.where(LANE < 3, T, T - 3),
    "__shfl_up_sync(F, t, 2, 8)": np.where(T % 8 < 2, T, T - 2),
    "__shfl_down_sync(F, t, 4)": np.where(LANE > 27, T, T + 4),
    "__shfl_down_sync(F, t, 4, 16)": np.where(T % 16 > 11, T, T + 4),
    "__shfl_xor_sync(F, t, 8)": T ^ 8,
    "__ballot_sync(F, l % 3 == 0)": sum(1 << i for i in range(0, 32, 3)),
    "__any_sync(F, t == 40)": T >= 32,
    "__all_sync(F, t != 40)": T < 32,
    "__any_sync(l < 16 ? 0xffffu : 0xffff0000u, l == 3)": LANE < 16,
    "__match_any_sync(F, l / 8)": 0xFF << (LANE // 8 * 8),
    "__reduce_add_sync(F, l - 16)": -16,
    "__reduce_add_sync(F, (unsigned)t)": np.where(T < 32, 496, 496 + 1024),
    "__reduce_min_sync(F, l - 16)": -16,
    "__reduce_max_sync(F, l - 40)": -9,
    "__reduce_max_sync(F, (unsigned)(l - 16))": -1,
    "__reduce_or_sync(F, (unsigned)l)": 31,
    "__reduce_and_sync(F, (unsigned)l | 64)": 64,
    "__reduce_xor_sync(F, (unsigned)l)": 0,
}


@pytest.mark.parametrize("order", ORDERS)
def test_warp_collectives(order: str) -> None:
    o = np.zeros((len(COLLECTIVES), 64), np.int32)
    rows = "\n".join(f"o[{64 * i} + t] = {call};" for i, call in enumerate(COLLECTIVES))
    run(
        f"{KERNEL}(int* o) {{ const int t = threadIdx.x, l = t & 31; const unsigned F = ~0u; {rows} }}",
        "k",
        1,
        64,
        o,
        order=order,
    )
    for row, (call, expected) in zip(o, COLLECTIVES.items(), strict=True):
        assert (row == np.int64(expected).astype(np.uint32).view(np.int32)).all(), call


def test_shuffles_of_other_types() -> None:
    o, h = np.zeros(64), np.zeros(64, np.float16)
    source = f"""#include "common.cuh"
{KERNEL}(double* o, half_t* h) {{
    const int t = threadIdx.x;
    o[t] = __shfl_xor_sync(FULL_MASK, 1e300 + t * 1e290, 1);
    h[t] = __shfl_xor_sync(FULL_MASK, half_t(t), 2);
}}"""
    run(source, "k", 1, 64, o, h)
    assert (o == 1e300 + (T ^ 1) * 1e290).all()
    assert (h == T ^ 2).all()


def test_a_warp_of_fewer_lanes() -> None:
    o = np.zeros(40, np.int32)
    run(f"{KERNEL}(int* o) {{ const int t = threadIdx.x; o[t] = (int)__ballot_sync(~0u, 1); }}", "k", 1, 40, o)
    assert (o == [-1] * 32 + [255] * 8).all()


# -- vocabulary -------------------------------------------------------------------------------------------------------

MATH = {
    "expf": np.exp, "exp2f": np.exp2, "expm1f": np.expm1, "logf": np.log, "log2f": np.log2, "log1pf": np.log1p,
    "sqrtf": np.sqrt, "rsqrtf": lambda x: 1 / np.sqrt(x), "cbrtf": np.cbrt, "sinf": np.sin, "cosf": np.cos,
    "tanf": np.tan,
    "tanhf": np.tanh, "sinhf": np.sinh, "coshf": np.cosh, "asinhf": np.arcsinh, "atanf": np.arctan, "floorf": np.floor,
    "ceilf": np.ceil, "rintf": np.rint, "truncf": np.trunc, "fabsf": np.abs, "__expf": np.exp, "__logf": np.log,
    "erff": np.vectorize(math.erf), "erfcf": np.vectorize(math.erfc), "lgammaf": np.vectorize(math.lgamma),
    "normcdff": np.vectorize(lambda x: 0.5 * math.erfc(-x / 2**0.5)), "__frcp_rn": np.reciprocal,
}  # fmt: skip
INTEGERS = {
    "__popc(0xf0f0u)": 8,
    "__popcll(~0ull)": 64,
    "__clz(1)": 31,
    "__clz(0)": 32,
    "__clzll(1)": 63,
    "__ffs(8)": 4,
    "__ffs(0)": 0,
    "(int)__brev(1u)": -(2**31),
    "(int)__umulhi(0x80000000u, 6u)": 3,
    "__mulhi(-1, 1)": -1,
    "(int)__umul64hi(1ull << 63, 6ull)": 3,
    "(int)__funnelshift_l(0x80000000u, 1u, 1)": 3,
    "(int)__funnelshift_r(0x10u, 1u, 4)": 0x10000001,
    "(int)__byte_perm(0x33221100u, 0x77665544u, 0x0624)": 0x00662244,
    "__float2int_rn(2.5f)": 2,
    "__float2int_rz(-2.7f)": -2,
    "__float2int_rd(-2.5f)": -3,
    "__float_as_int(1.0f)": 0x3F800000,
    "(int)(__double_as_longlong(1.0) >> 32)": 0x3FF00000,
    "__double2hiint(__hiloint2double(5, 6)) * 10 + __double2loint(__hiloint2double(5, 6))": 56,
    "min(3, -2) + max(3, -2)": 1,
    "(int)max(2u, 3u)": 3,
    "(int)(min(2.5f, 1.5f) + fmax(2.0, 5.0))": 6,
    "isnan(__int_as_float(0x7fc00000)) + isinf(__int_as_float(0x7f800000)) + isfinite(1.0)": 3,
    "(int)fmaxf(__int_as_float(0x7fc00000), 2.0f)": 2,
    "make_int4(1, 2, 3, 4).w + make_float2(1, 2).y": 6,
    "(int)(sizeof(float4) + alignof(float4) + alignof(double2) + sizeof(uchar4))": 52,
    "warpSize + (int)dim3(2).y": 33,
    "(int)signbit(-0.0f)": 1,
    "__ldg(o + 63) + __ldcs(o + 63)": -2,
}  # fmt: skip


def test_float_functions() -> None:
    x = np.linspace(0.1, 3.0, 64, dtype=np.float32)
    o = np.zeros((len(MATH), 64), np.float32)
    rows = "\n".join(f"o[{64 * i} + t] = {name}(x[t]);" for i, name in enumerate(MATH))
    run(f"{KERNEL}(const float* x, float* o) {{ const int t = threadIdx.x; {rows} }}", "k", 1, 64, x, o)
    for row, (name, expected) in zip(o, MATH.items(), strict=True):
        np.testing.assert_allclose(row, expected(x.astype(np.float64)), rtol=1e-6, atol=1e-6, err_msg=name)


def test_integer_functions() -> None:
    o = np.full(64, -1, np.int32)
    rows = "\n".join(f"o[{i}] = {call};" for i, call in enumerate(INTEGERS))
    run(f"{KERNEL}(int* o) {{ {rows} }}", "k", 1, 1, o)
    assert dict(zip(INTEGERS, o.tolist(), strict=False)) == INTEGERS


def test_atomics() -> None:
    o = np.array([0, 0, 100, -100, 0xFF, 0, 0, 5, 0], np.int32)
    f = np.zeros(1, np.float32)
    source = f"""{KERNEL}(int* o, unsigned* u, float* f) {{
        const int t = threadIdx.x;
        atomicAdd(o, t);
        atomicSub(o + 1, t);
        atomicMin(o + 2, t - 30);
        atomicMax(o + 3, t - 30);
        atomicAnd(o + 4, 0xf0 | t << 8);
        atomicOr(o + 5, t);
        atomicXor(o + 6, 1 << t % 31);
        atomicCAS(o + 7, 5, 6);
        atomicInc(u, 9u);
        atomicAdd(f, 0.5f);
        if (t == 9) atomicExch(o + 8, 7);
    }}"""
    u = np.zeros(1, np.uint32)
    run(source, "k", 1, 64, o, u, f)
    xor = np.bitwise_xor.reduce(np.int32(1) << (T % 31).astype(np.int32))
    assert o.tolist() == [2016, -2016, -30, 33, 0xF0, 63, xor, 6, 7]
    assert (u[0], f[0]) == (64 % 10, 32)


def test_half_precision_rounds_as_numpy_does() -> None:
    half = np.arange(1 << 16, dtype=np.uint16)
    wide = np.zeros(1 << 16, np.float32)
    source = """extern "C" __global__ void widen(const unsigned short* h, float* f) {
    for (int i = threadIdx.x; i < 65536; i += 64) f[i] = half_to_float(h[i]);
}
extern "C" __global__ void narrow(const float* f, unsigned short* h) {
    for (int i = threadIdx.x; i < 65536; i += 64) h[i] = float_to_half(f[i]);
}"""
    run(source, "widen", 1, 64, half, wide, mode="fast")
    expected = half.view(np.float16).astype(np.float32)
    np.testing.assert_array_equal(wide, expected)
    bits = np.random.default_rng(0).integers(0, 1 << 32, 1 << 16, np.uint32)
    bits[::2] = bits[::2] & 0x8FFFFFFF | 0x30000000  # half of them where halves are
    floats = bits.view(np.float32)
    floats[:4] = [65519.99, 65520.0, 2.0**-25, 2.0**-25 * 1.0001]
    run(source, "narrow", 1, 64, floats, half, mode="fast")
    with np.errstate(over="ignore"):
        np.testing.assert_array_equal(half.view(np.float16), floats.astype(np.float16))


# -- tensor cores -----------------------------------------------------------------------------------------------------


def rounded(x: np.ndarray, kind: str) -> np.ndarray:
    """x as the tensor core sees it, in float32."""
    if kind == "f16":
        return x.astype(np.float16).astype(np.float32)
    bits, drop = x.view(np.uint32), 16 if kind == "bf16" else 13
    even = (bits >> drop & 1) - 1 if kind == "bf16" else 0  # tf32 breaks ties away from zero
    return ((bits + (1 << (drop - 1)) + even) >> drop << drop).astype(np.uint32).view(np.float32)


@pytest.mark.parametrize("order", ["shuffled", "descending"])
@pytest.mark.parametrize("kind", ["tf32", "bf16", "f16"])
def test_mma_multiplies_matrices(kind: str, order: str) -> None:
    k = 8 if kind == "tf32" else 16
    rng = np.random.default_rng(0)
    a, b, c = (rng.standard_normal(shape).astype(np.float32) for shape in ((2, 16, k), (2, k, 8), (2, 16, 8)))
    if kind == "tf32":
        load = (
            "A[i] = round_tf32(a[(g + 8 * (i % 2)) * 8 + t + 4 * (i / 2)]);",
            "B[i] = round_tf32(b[(t + 4 * i) * 8 + g]);",
        )
    else:
        load = (
            f"const float* p = a + (g + 8 * (i % 2)) * 16 + 2 * t + 8 * (i / 2); A[i] = pack_{kind}(p[0], p[1]);",
            f"const float* p = b + (2 * t + 8 * i) * 8 + g; B[i] = pack_{kind}(p[0], p[8]);",
        )
    source = f"""{KERNEL}(const float* a, const float* b, float* c) {{
        const int lane = threadIdx.x % 32, warp = threadIdx.x / 32, g = lane / 4, t = lane % 4;
        a += {16 * k} * warp, b += {8 * k} * warp, c += 128 * warp;
        unsigned A[4], B[2];
        float C[4];
        for (int i = 0; i < 4; ++i) {{ {load[0]} }}
        for (int i = 0; i < 2; ++i) {{ {load[1]} }}
        for (int i = 0; i < 4; ++i) C[i] = c[(g + 8 * (i / 2)) * 8 + 2 * t + i % 2];
        mma_m16n8k{k}_{kind}(C, A, B);
        for (int i = 0; i < 4; ++i) c[(g + 8 * (i / 2)) * 8 + 2 * t + i % 2] = C[i];
    }}"""
    expected = c + rounded(a, kind).astype(np.float64) @ rounded(b, kind)
    run(source, "k", 1, 64, a, b, c, order=order)
    np.testing.assert_allclose(c, expected, rtol=1e-6, atol=1e-6)


def test_mma_cuts_what_was_not_rounded() -> None:
    c = np.zeros((16, 8), np.float32)
    source = f"""{KERNEL}(float* c) {{
        const unsigned one_and_more = __float_as_uint(1.0f) + 0x1fff;
        const unsigned A[4] = {{one_and_more, one_and_more}}, B[2] = {{one_and_more, 0}};
        float C[4] = {{}};
        mma_m16n8k8_tf32(C, A, B);
        c[threadIdx.x] = C[0];
    }}"""
    run(source, "k", 1, 32, c)
    assert (c.ravel()[:32] == 4).all()


@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("count", [2, 4])
def test_ldmatrix(count: int, transposed: bool) -> None:
    x = np.arange(count * 64, dtype=np.uint16).reshape(count, 8, 8)
    o = np.zeros((32, count, 2), np.uint16)
    source = f"""{KERNEL}(const unsigned short* x, unsigned* o) {{
        __shared__ __align__(16) unsigned short s[{count}][8][8];
        const int t = threadIdx.x;
        for (int i = t; i < {count * 64}; i += 32) (&s[0][0][0])[i] = x[i];
        __syncthreads();
        unsigned r[{count}];
        ldmatrix_x{count}{"_trans" if transposed else ""}(r, shared_address(s[t / 8 % {count}][t % 8]));
        for (int i = 0; i < {count}; ++i) o[t * {count} + i] = r[i];
    }}"""
    run(source, "k", 1, 32, x, o)
    seen = x.transpose(0, 2, 1) if transposed else x
    lanes = seen.reshape(count, 32, 2).transpose(1, 0, 2)  # lane 4 g + t holds (g, 2t) and (g, 2t + 1) of each
    np.testing.assert_array_equal(o, lanes)


def test_ldmatrix_and_mma_need_rows_and_lanes() -> None:
    load = f"""{KERNEL}(int offset) {{
        DYN_SHARED(unsigned, s);
        for (int i = threadIdx.x; i < 128; i += 32) s[i] = i;
        __syncthreads();
        unsigned r[4];
        ldmatrix_x4(r, shared_address(s) + 16 * threadIdx.x + offset);
    }}"""
    run(load, "k", 1, 32, 0, shared=512)
    with pytest.raises(KernelFault, match="ldmatrix: the row at shared address 1026 is not aligned to 16 bytes"):
        run(load, "k", 1, 32, 2, shared=512)
    with pytest.raises(KernelFault, match="ldmatrix: the row at shared address 1536 is outside of the block's memory"):
        run(load, "k", 1, 32, 16, shared=512)
    with pytest.raises(KernelFault, match=r"synccheck: .*mma needs all 32 lanes of the warp, lanes 0000ffff came"):
        run(
            f"{KERNEL}() {{ unsigned a[4] = {{}}, b[2] = {{}}; float c[4] = {{}}; mma_m16n8k8_tf32(c, a, b); }}",
            "k",
            1,
            16,
        )


# -- asynchronous copies ----------------------------------------------------------------------------------------------

COPY = """DYN_SHARED(int, s);
    const int t = threadIdx.x;
    cp_async_4(shared_address(s + t), x + t, true);
    cp_async_commit();
    cp_async_4(shared_address(s + 32 + t), x + 32 + t, true);
    cp_async_commit();"""


@pytest.mark.parametrize(
    "wait, arrived",
    [
        ("", (-1, -1)),
        ("cp_async_wait<2>();", (-1, -1)),
        ("cp_async_wait<1>();", (7, -1)),
        ("cp_async_wait<0>();", (7, 9)),
    ],
)
def test_copies_arrive_when_they_are_waited_for(wait: str, arrived: tuple[int, int]) -> None:
    x, o = np.repeat(np.array([7, 9], np.int32), 32), np.zeros(64, np.int32)
    run(
        f"{KERNEL}(const int* x, int* o) {{ {COPY} {wait} o[t] = s[t]; o[32 + t] = s[32 + t]; }}",
        "k",
        1,
        32,
        x,
        o,
        shared=256,
        mode="fast",
    )
    assert o.tolist() == np.repeat(arrived, 32).tolist()


@pytest.mark.parametrize("size", [4, 8, 16])
def test_copies_that_are_not_valid_write_zeros(size: int) -> None:
    n = size // 4
    x, o = np.arange(1, 32 * n + 1, dtype=np.int32), np.zeros(32 * n, np.int32)
    source = f"""{KERNEL}(const int* x, int* o) {{
        DYN_SHARED(int, s);
        const int t = threadIdx.x;
        cp_async_{size}(shared_address(s) + {size} * t, t < 20 ? x + {n} * t : x + (1 << 20), t < 20);
        cp_async_commit();
        cp_async_wait<0>();
        __syncthreads();
        for (int i = t; i < {32 * n}; i += 32) o[i] = s[i];
    }}"""
    run(source, "k", 1, 32, x, o, shared=32 * size)
    np.testing.assert_array_equal(o, np.where(np.arange(32 * n) < 20 * n, x, 0))


# -- the rules of a launch --------------------------------------------------------------------------------------------

NOTHING = """extern "C" __global__ void nothing() {}
extern "C" __global__ void __launch_bounds__(8 * (4 + 4), 2) bounded() {}
#define KERNEL(name) extern "C" __global__ void name(int* o) { *o = 1; }
KERNEL(one)
#if 0
KERNEL(two)
#endif
// extern "C" __global__ void three() {}
"""
INVALID = "CUDA_ERROR_INVALID_VALUE: invalid argument: "


@pytest.mark.parametrize(
    "grid, block, shared, says",
    [
        ((1, 1, 1), (1025, 1, 1), 0, INVALID + r"a block of \(1025, 1, 1\)"),
        (
            (1, 1, 1),
            (1, 1, 65),
            0,
            INVALID + r"a block of \(1, 1, 65\), where each size is at least 1 and at most \(1024, 1024, 64\)",
        ),
        ((1, 1, 1), (512, 4, 1), 0, INVALID + r"a block of \(512, 4, 1\) has 2048 threads, the most is 1024"),
        ((1, 1, 1), (0, 1, 1), 0, INVALID + r"a block of \(0, 1, 1\)"),
        ((1, 65536, 1), (1, 1, 1), 0, INVALID + r"a grid of \(1, 65536, 1\)"),
        ((1, 1, 65536), (1, 1, 1), 0, INVALID + "a grid"),
        ((0, 1, 1), (1, 1, 1), 0, INVALID + "a grid"),
        ((1, 1, 1), (1, 1, 1), 232449, INVALID + "232449 bytes of dynamic shared memory, a block has at most 232448"),
    ],
)
def test_limits_of_a_launch(grid: tuple[int, ...], block: tuple[int, ...], shared: int, says: str) -> None:
    with pytest.raises(KernelFault, match=says):
        run(NOTHING, "nothing", grid, block, shared=shared, mode="fast")


def test_shared_memory_must_be_asked_for() -> None:
    emulator = Emulator()
    module = emulator.compile(NOTHING, (), "nothing.cu")
    emulator.start(module.function("nothing", 0), 1, 1, 1, 1, 1, 1, 48 << 10, 0)
    emulator.start(module.function("nothing", 60_000), 1, 1, 1, 1, 1, 1, 60_000, 0)
    with pytest.raises(
        KernelFault, match="49153 bytes of dynamic shared memory; the function was asked for with 0, and without"
    ):
        emulator.start(module.function("nothing", 0), 1, 1, 1, 1, 1, 1, (48 << 10) + 1, 0)


def test_launch_bounds() -> None:
    run(NOTHING, "bounded", 1, 64, mode="fast")
    with pytest.raises(
        KernelFault, match=r"LAUNCH_OUT_OF_RESOURCES.*: 65 threads in a block, __launch_bounds__ allows 64"
    ):
        run(NOTHING, "bounded", 1, 65, mode="fast")


def test_kernels_of_a_file() -> None:
    module = Emulator().compile(NOTHING, (), "nothing.cu")
    with pytest.raises(
        LookupError, match=r"nothing.cu: there is no kernel two. Kernels of this file: nothing, bounded, one"
    ):
        module.function("two", 0)
    with pytest.raises(RuntimeError, match='every __global__ function must be declared as extern "C" __global__ void'):
        Emulator().compile("__global__ void hidden() {}", (), "nothing.cu")


def test_errors_of_a_source_have_its_lines() -> None:
    with pytest.raises(RuntimeError, match=r"wrong.cu:2:\d+: error: .y. was not declared"):
        Emulator().compile('extern "C" __global__ void k(int* x) {\n*x = y; }', (), "wrong.cu")
    with pytest.raises(RuntimeError, match="cstdint"):
        Emulator().compile("#include <cstdint>\n", (), "wrong.cu")


def test_macros_are_options() -> None:
    o = np.zeros(1, np.int32)
    source = f"{KERNEL}(scalar_t* o) {{ *o = VALUE; }}"
    run(source, "k", 1, 1, o, options=("-Dscalar_t=int", "-DVALUE=3", "-arch=sm_90", "--use_fast_math"), mode="fast")
    assert o[0] == 3


def test_a_fault_in_an_included_file_names_the_file() -> None:
    o = np.zeros(1, np.float32)
    source = f"""#include "common.cuh"
{KERNEL}(float* o) {{
    __shared__ float scratch[32];
    o[0] = block_sum(1.0f, scratch + 1);
}}"""
    with pytest.raises(KernelFault, match=r"\(common.cuh:\d+, called from kernel.cu:4\)"):
        run(source, "k", 1, 1024, o)


def test_the_emulator_is_a_runtime() -> None:
    emulator = Emulator("check")
    assert (emulator.arch, emulator.multiprocessors, emulator.shared_memory) == ("sm_90", 2, 232448)
    source = f"{KERNEL}(int* fault) {{ atomicExch(fault, 1); }}"
    module = emulator.compile(source, (), "k.cu")
    kernel = Kernel("k", entries(source)["k"], {}, module, emulator)
    emulator.fault.check()
    kernel(2, 64, emulator.fault)
    with pytest.raises(IndexError, match="out of bounds"):
        emulator.fault.check()
    with pytest.raises(ValueError, match="mode is 'fast' or 'check', not 'quick'"):
        Emulator("quick")
    with pytest.raises(ValueError, match="order is one of shuffled, ascending, descending, not 'random'"):
        Emulator(order="random")


def test_without_gcc_the_error_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    build._compiler.cache_clear()
    with pytest.raises(RuntimeError, match=r"g\+\+ is not installed.*apt-get install g\+\+"):
        build._compiler()
    monkeypatch.undo()
    build._compiler.cache_clear()


def test_builds_are_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = build.kernels(NOTHING, (), "nothing.cu", check=False)
    monkeypatch.setattr(build, "_gcc", lambda *_, **__: pytest.fail("built again"))
    assert build.kernels(NOTHING, (), "nothing.cu", check=False) == path
    monkeypatch.setenv("TWINGRAD_CACHE", str(tmp_path))
    assert build.folder() == tmp_path / "emulator"


def test_registering_memory_builds_nothing() -> None:
    code = "from tests.emulator import Emulator, memory; memory.register(1, 1); memory.unregister(1); Emulator()"
    subprocess.run(
        [sys.executable, "-c", code], check=True, env={"PATH": "", "PYTHONPATH": str(Path.cwd())}, timeout=60
    )


def test_unregistered_memory_is_out_of_reach() -> None:
    x = np.zeros(4, np.int32)
    memory.register(x.ctypes.data, x.nbytes, "x")
    memory.unregister(x.ctypes.data)
    with pytest.raises(KernelFault, match=r"memcheck: .*invalid write of 4 bytes"):
        run(f"{KERNEL}(long long address) {{ *(int*)address = 1; }}", "k", 1, 1, x.ctypes.data)
