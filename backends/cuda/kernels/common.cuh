// What every kernel file begins with: types, loops, reductions over a warp and a block, reports of bad data.
//
// Three compilers read the kernels: NVRTC on the user's machine, nvcc where somebody debugs, and the host's C++ compiler
// in the tests, where __CUDA_EMU__ is defined and a header of the emulator has come first.
//
// scalar_t is what arrays hold (float, double, half_t, bfloat_t), acc_t what sums are made in (float; double for double).
// Both are macros, given on the compiler's command line.
#pragma once

#ifndef __CUDA_EMU__
#define DYN_SHARED(type, name)                                       \
    extern __shared__ __align__(128) unsigned char dynamic_shared[]; \
    type* name = reinterpret_cast<type*>(dynamic_shared)
#endif

#define FULL_MASK 0xffffffffu
#define DEVICE __device__ __forceinline__

// -- 16-bit floating point, for storage only: arithmetic is done in float --------------------------------------------

#ifndef __CUDA_EMU__
DEVICE float half_to_float(unsigned short bits) {
    float value;
    asm("cvt.f32.f16 %0, %1;" : "=f"(value) : "h"(bits));
    return value;
}
DEVICE unsigned short float_to_half(float value) {
    unsigned short bits;
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(bits) : "f"(value));
    return bits;
}
#endif

struct half_t {
    unsigned short bits;
    half_t() = default;
    DEVICE half_t(float value) : bits(float_to_half(value)) {}
    DEVICE operator float() const { return half_to_float(bits); }
};

// The upper half of a float, rounded to nearest, ties to even.
struct bfloat_t {
    unsigned short bits;
    bfloat_t() = default;
    DEVICE bfloat_t(float value) {
        unsigned u = __float_as_uint(value);
        bits = value != value ? 0x7fff : static_cast<unsigned short>((u + 0x7fffu + ((u >> 16) & 1u)) >> 16);
    }
    DEVICE operator float() const { return __uint_as_float(static_cast<unsigned>(bits) << 16); }
};

// -- integers, under names of one word, as a conversion int64(x) needs them ----------------------------------------------

typedef signed char int8;
typedef unsigned char uint8;
typedef unsigned short uint16;
typedef unsigned int uint32;
typedef long long int64;
typedef unsigned long long uint64;

#ifndef scalar_t
#define scalar_t float
#endif
#ifndef acc_t
#define acc_t float
#endif

// -- numbers that NVRTC has no names for -------------------------------------------------------------------------------

template <class T>
DEVICE T infinity();
template <>
DEVICE float infinity<float>() {
    return __int_as_float(0x7f800000);
}
template <>
DEVICE double infinity<double>() {
    return __longlong_as_double(0x7ff0000000000000ll);
}

template <class T>
DEVICE T not_a_number();
template <>
DEVICE float not_a_number<float>() {
    return __int_as_float(0x7fc00000);
}
template <>
DEVICE double not_a_number<double>() {
    return __longlong_as_double(0x7ff8000000000000ll);
}

// -- loops over all elements by all threads of the grid (one-dimensional grids and blocks) ---------------------------

DEVICE long long first() { return static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x; }
DEVICE long long step() { return static_cast<long long>(gridDim.x) * blockDim.x; }

// -- four neighbours in one access, which is what fills the memory bus ------------------------------------------------

template <class T>
struct alignas(4 * sizeof(T) > 16 ? 16 : 4 * sizeof(T)) pack4 {
    T at[4];
};

template <class T>
DEVICE bool packed(const T* p) {  // a view may begin anywhere
    return reinterpret_cast<unsigned long long>(p) % alignof(pack4<T>) == 0;
}

// y[i] = f(x[i]) for all i < n
template <class F>
DEVICE void map(const scalar_t* __restrict__ x, scalar_t* __restrict__ y, long long n, F f) {
    const long long packs = packed(x) && packed(y) ? n / 4 : 0;
    for (long long i = first(); i < packs; i += step()) {
        const pack4<scalar_t> v = reinterpret_cast<const pack4<scalar_t>*>(x)[i];
        pack4<scalar_t> r;
#pragma unroll
        for (int j = 0; j < 4; ++j) r.at[j] = scalar_t(f(acc_t(v.at[j])));
        reinterpret_cast<pack4<scalar_t>*>(y)[i] = r;
    }
    for (long long i = 4 * packs + first(); i < n; i += step()) y[i] = scalar_t(f(acc_t(x[i])));
}

// y[i] = f(a[i], b[i]) for all i < n
template <class F>
DEVICE void map(const scalar_t* __restrict__ a, const scalar_t* __restrict__ b, scalar_t* __restrict__ y, long long n,
                F f) {
    const long long packs = packed(a) && packed(b) && packed(y) ? n / 4 : 0;
    for (long long i = first(); i < packs; i += step()) {
        const pack4<scalar_t> u = reinterpret_cast<const pack4<scalar_t>*>(a)[i];
        const pack4<scalar_t> v = reinterpret_cast<const pack4<scalar_t>*>(b)[i];
        pack4<scalar_t> r;
#pragma unroll
        for (int j = 0; j < 4; ++j) r.at[j] = scalar_t(f(acc_t(u.at[j]), acc_t(v.at[j])));
        reinterpret_cast<pack4<scalar_t>*>(y)[i] = r;
    }
    for (long long i = 4 * packs + first(); i < n; i += step()) y[i] = scalar_t(f(acc_t(a[i]), acc_t(b[i])));
}

// -- functions that have one name for both acc_t ----------------------------------------------------------------------

DEVICE float exponential(float x) { return expf(x); }
DEVICE double exponential(double x) { return exp(x); }
DEVICE float exponential_minus_1(float x) { return expm1f(x); }
DEVICE double exponential_minus_1(double x) { return expm1(x); }
DEVICE float log_of_1_plus(float x) { return log1pf(x); }
DEVICE double log_of_1_plus(double x) { return log1p(x); }
DEVICE float logarithm(float x) { return logf(x); }
DEVICE double logarithm(double x) { return log(x); }
DEVICE float hyperbolic_tangent(float x) { return tanhf(x); }
DEVICE double hyperbolic_tangent(double x) { return tanh(x); }
DEVICE float square_root(float x) { return sqrtf(x); }
DEVICE double square_root(double x) { return sqrt(x); }
DEVICE float error_function(float x) { return erff(x); }
DEVICE double error_function(double x) { return erf(x); }
DEVICE float absolute(float x) { return fabsf(x); }
DEVICE double absolute(double x) { return fabs(x); }

template <class T>
DEVICE T logistic(T x) {  // 1 / (1 + exp(-x)), by exp(-|x|), which cannot overflow
    const T e = exponential(-absolute(x));
    return (x >= T(0) ? T(1) : e) / (T(1) + e);
}

// -- reductions: a fixed order of additions, so the same result on every run ------------------------------------------

template <class T>
DEVICE T warp_sum(T value) {
    for (int offset = 16; offset > 0; offset >>= 1) value += __shfl_xor_sync(FULL_MASK, value, offset);
    return value;
}

template <class T>
DEVICE T warp_max(T value) {  // NaN wins, as in NumPy
    for (int offset = 16; offset > 0; offset >>= 1) {
        T other = __shfl_xor_sync(FULL_MASK, value, offset);
        value = other > value || other != other ? other : value;
    }
    return value;
}

// Sum over the block, known to every thread; blockDim.x is a multiple of 32. `scratch` holds 32 values in shared memory.
template <class T>
DEVICE T block_sum(T value, T* scratch) {
    const int lane = threadIdx.x & 31, warp = threadIdx.x >> 5, warps = blockDim.x >> 5;
    value = warp_sum(value);
    __syncthreads();  // the scratch may still be read from the call before
    if (lane == 0) scratch[warp] = value;
    __syncthreads();
    return warp_sum(lane < warps ? scratch[lane] : T(0));
}

template <class T>
DEVICE T block_max(T value, T* scratch) {
    const int lane = threadIdx.x & 31, warp = threadIdx.x >> 5, warps = blockDim.x >> 5;
    value = warp_max(value);
    __syncthreads();
    if (lane == 0) scratch[warp] = value;
    __syncthreads();
    return warp_max(lane < warps ? scratch[lane] : -infinity<T>());
}

// -- bad data: the kernel goes on, the host raises when it next waits for the device ----------------------------------

#define FAULT_INDEX 1   // a position out of bounds
#define FAULT_TARGET 2  // a class out of range

DEVICE void report(int* fault, int code) {
#ifdef __CUDA_EMU__
    atomicExch(fault, code);
#else
    *reinterpret_cast<volatile int*>(fault) = code;  // host memory: any of the codes may win
#endif
}
