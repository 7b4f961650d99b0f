// The CUDA C++ that kernels may use, for the host's compiler. It comes before the kernel's source.
//
// Like NVRTC it brings no header of the standard library, so a kernel that needs one fails here too. What a kernel may
// not use is absent: device-wide variables (__device__ int x;), __activemask, cooperative groups, textures, inline PTX.
#pragma once

#include "interface.h"
#include "numbers.h"

#define __CUDA_EMU__ 1
#define __CUDA_ARCH__ 900
#define __CUDACC_RTC__ 1

#define __global__ __attribute__((used, noinline))  // build.py finds the kernels by this text
#define __launch_bounds__(...) __attribute__((launch_bounds(__VA_ARGS__)))
#define __device__
#define __host__
#define __forceinline__ inline
#define __noinline__ __attribute__((noinline))
#define __align__(n) __attribute__((aligned(n)))
#define __grid_constant__
#define __constant__ static const
#define __shared__ static  // one block runs at a time: the module's .bss is its shared memory
#define DYN_SHARED(type, name) type* name = reinterpret_cast<type*>(emu_here.dynamic_shared)

typedef __SIZE_TYPE__ size_t;
typedef __PTRDIFF_TYPE__ ptrdiff_t;
typedef unsigned char uchar;
typedef unsigned short ushort;
typedef unsigned int uint;

#define threadIdx emu_here.thread
#define blockIdx emu_here.block
#define blockDim emu_here.block_size
#define gridDim emu_here.grid_size
#define warpSize 32

// -- vectors ---------------------------------------------------------------------------------------------------------

#define EMU_VECTORS(T, name, align2, align4)                           \
    struct name##1 { T x; };                                           \
    struct alignas(align2) name##2 { T x, y; };                        \
    struct name##3 { T x, y, z; };                                     \
    struct alignas(align4) name##4 { T x, y, z, w; };                  \
    inline name##1 make_##name##1(T x) { return {x}; }                 \
    inline name##2 make_##name##2(T x, T y) { return {x, y}; }         \
    inline name##3 make_##name##3(T x, T y, T z) { return {x, y, z}; } \
    inline name##4 make_##name##4(T x, T y, T z, T w) { return {x, y, z, w}; }
EMU_VECTORS(signed char, char, 2, 4)
EMU_VECTORS(unsigned char, uchar, 2, 4)
EMU_VECTORS(short, short, 4, 8)
EMU_VECTORS(unsigned short, ushort, 4, 8)
EMU_VECTORS(int, int, 8, 16)
EMU_VECTORS(long long, longlong, 16, 16)
EMU_VECTORS(unsigned long long, ulonglong, 16, 16)
EMU_VECTORS(float, float, 8, 16)
EMU_VECTORS(double, double, 16, 16)
#undef EMU_VECTORS

struct uint1 {
    unsigned x;
};
struct alignas(8) uint2 {
    unsigned x, y;
};
struct alignas(16) uint4 {
    unsigned x, y, z, w;
};
inline uint1 make_uint1(unsigned x) { return {x}; }
inline uint2 make_uint2(unsigned x, unsigned y) { return {x, y}; }
inline uint3 make_uint3(unsigned x, unsigned y, unsigned z) { return {x, y, z}; }
inline uint4 make_uint4(unsigned x, unsigned y, unsigned z, unsigned w) { return {x, y, z, w}; }

// -- barriers, fences ------------------------------------------------------------------------------------------------

#define EMU_SITE emu::Site site = {__builtin_FILE(), __builtin_LINE()}

inline void __syncthreads(EMU_SITE) { emu_barrier(emu::Barrier::Plain, 0, site); }
inline int __syncthreads_and(int p, EMU_SITE) { return emu_barrier(emu::Barrier::And, p, site); }
inline int __syncthreads_or(int p, EMU_SITE) { return emu_barrier(emu::Barrier::Or, p, site); }
inline int __syncthreads_count(int p, EMU_SITE) { return emu_barrier(emu::Barrier::Count, p, site); }
inline void __threadfence() {}
inline void __threadfence_block() {}
inline void __threadfence_system() {}
inline void __trap(EMU_SITE) { emu_trap(site); }

// -- warps -----------------------------------------------------------------------------------------------------------

namespace emu {

inline Collective collective(Op op, unsigned mask, Site site, emu_word value = 0, int argument = 0, int width = 32) {
    Collective part = {};
    part.op = op;
    part.mask = mask;
    part.site = site;
    part.value = value;
    part.argument = argument;
    part.width = width;
    return part;
}

inline emu_word meet(Op op, unsigned mask, Site site, emu_word value = 0, int argument = 0, int width = 32) {
    Collective part = collective(op, mask, site, value, argument, width);
    emu_collective(&part);
    return part.result;
}

template <class T>
inline T shuffle(Op op, unsigned mask, T value, int argument, int width, Site site) {
    static_assert(sizeof(T) <= sizeof(emu_word), "shuffles move at most 8 bytes");
    emu_word word = 0;
    __builtin_memcpy(&word, &value, sizeof(T));
    word = meet(op, mask, site, word, argument, width);
    __builtin_memcpy(&value, &word, sizeof(T));
    return value;
}

}  // namespace emu

inline void __syncwarp(unsigned mask = 0xffffffffu, EMU_SITE) { emu::meet(emu::Op::Sync, mask, site); }

#define EMU_SHUFFLE(name, op)                                                       \
    template <class T>                                                              \
    inline T name(unsigned mask, T value, int argument, int width = 32, EMU_SITE) { \
        return emu::shuffle(emu::Op::op, mask, value, argument, width, site);       \
    }
EMU_SHUFFLE(__shfl_sync, ShuffleIndex)
EMU_SHUFFLE(__shfl_up_sync, ShuffleUp)
EMU_SHUFFLE(__shfl_down_sync, ShuffleDown)
EMU_SHUFFLE(__shfl_xor_sync, ShuffleXor)
#undef EMU_SHUFFLE

inline unsigned __ballot_sync(unsigned mask, int p, EMU_SITE) { return emu::meet(emu::Op::Ballot, mask, site, p != 0); }
inline int __any_sync(unsigned mask, int p, EMU_SITE) { return emu::meet(emu::Op::Ballot, mask, site, p != 0) != 0; }
inline int __all_sync(unsigned mask, int p, EMU_SITE) { return emu::meet(emu::Op::Ballot, mask, site, p == 0) == 0; }
template <class T>
inline unsigned __match_any_sync(unsigned mask, T value, EMU_SITE) {
    emu_word word = 0;
    __builtin_memcpy(&word, &value, sizeof(T));
    return emu::meet(emu::Op::MatchAny, mask, site, word);
}

#define EMU_REDUCE(name, T, op)                                           \
    inline T name(unsigned mask, T value, EMU_SITE) {                     \
        return static_cast<T>(emu::meet(emu::Op::op, mask, site, value)); \
    }
EMU_REDUCE(__reduce_add_sync, unsigned, ReduceAdd)
EMU_REDUCE(__reduce_min_sync, unsigned, ReduceMin)
EMU_REDUCE(__reduce_max_sync, unsigned, ReduceMax)
EMU_REDUCE(__reduce_add_sync, int, ReduceAdd)
EMU_REDUCE(__reduce_min_sync, int, ReduceMin)
EMU_REDUCE(__reduce_max_sync, int, ReduceMax)
EMU_REDUCE(__reduce_and_sync, unsigned, ReduceAnd)
EMU_REDUCE(__reduce_or_sync, unsigned, ReduceOr)
EMU_REDUCE(__reduce_xor_sync, unsigned, ReduceXor)
#undef EMU_REDUCE

// -- atomics ---------------------------------------------------------------------------------------------------------

// Not instrumented: the runtime is told of the access as a whole.
#define EMU_QUIET __attribute__((no_sanitize("thread"), noinline))

#define EMU_ATOMIC(name, result)                                 \
    template <class T>                                           \
    EMU_QUIET T name(T* p, decltype(*p + T()) value, EMU_SITE) { \
        emu_atomic(p, sizeof(T), site);                          \
        const T old = *p;                                        \
        *p = static_cast<T>(result);                             \
        return old;                                              \
    }
EMU_ATOMIC(atomicAdd, old + value)
EMU_ATOMIC(atomicSub, old - value)
EMU_ATOMIC(atomicMin, T(value) < old ? T(value) : old)
EMU_ATOMIC(atomicMax, old < T(value) ? T(value) : old)
EMU_ATOMIC(atomicExch, value)
EMU_ATOMIC(atomicInc, old >= T(value) ? 0 : old + 1)
EMU_ATOMIC(atomicDec, old == 0 || old > T(value) ? T(value) : old - 1)
EMU_ATOMIC(atomicAnd, old& T(value))
EMU_ATOMIC(atomicOr, old | T(value))
EMU_ATOMIC(atomicXor, old ^ T(value))
#undef EMU_ATOMIC

template <class T>
EMU_QUIET T atomicCAS(T* p, decltype(*p + T()) compare, decltype(*p + T()) value, EMU_SITE) {
    emu_atomic(p, sizeof(T), site);
    const T old = *p;
    if (old == T(compare)) *p = T(value);
    return old;
}

// -- loads and stores with a cache hint ------------------------------------------------------------------------------

#define EMU_LOAD(name)          \
    template <class T>          \
    inline T name(const T* p) { \
        return *p;              \
    }
EMU_LOAD(__ldg)
EMU_LOAD(__ldca)
EMU_LOAD(__ldcg)
EMU_LOAD(__ldcs)
EMU_LOAD(__ldlu)
#undef EMU_LOAD
#define EMU_STORE(name)               \
    template <class T>                \
    inline void name(T* p, T value) { \
        *p = value;                   \
    }
EMU_STORE(__stwb)
EMU_STORE(__stcg)
EMU_STORE(__stcs)
EMU_STORE(__stwt)
#undef EMU_STORE

#include "arithmetic.h"
#include "tensor_core.h"

#undef EMU_SITE
#undef EMU_QUIET

#include "signature.h"

// Device compilers take `__shared__ alignas(16) float x[4]`; g++ does not take a standard attribute after `static`.
#define alignas(n) __attribute__((aligned(n)))
