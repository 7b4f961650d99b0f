// CUDA's mathematical functions and integer intrinsics, from the compiler's builtins.
#pragma once

using emu::float_to_half;
using emu::half_to_float;

// -- functions of floating-point numbers: sqrtf(float), sqrt(double), sqrt(float) ------------------------------------

#define EMU_MATH1(name)                                              \
    inline float name##f(float x) { return __builtin_##name##f(x); } \
    inline double name(double x) { return __builtin_##name(x); }     \
    inline float name(float x) { return __builtin_##name##f(x); }
#define EMU_MATH2(name)                                                          \
    inline float name##f(float x, float y) { return __builtin_##name##f(x, y); } \
    inline double name(double x, double y) { return __builtin_##name(x, y); }    \
    inline float name(float x, float y) { return __builtin_##name##f(x, y); }
EMU_MATH1(acos)
EMU_MATH1(acosh)
EMU_MATH1(asin)
EMU_MATH1(asinh)
EMU_MATH1(atan)
EMU_MATH1(atanh)
EMU_MATH1(cbrt)
EMU_MATH1(ceil)
EMU_MATH1(cos)
EMU_MATH1(cosh)
EMU_MATH1(erf)
EMU_MATH1(erfc)
EMU_MATH1(exp)
EMU_MATH1(exp2)
EMU_MATH1(exp10)
EMU_MATH1(expm1)
EMU_MATH1(fabs)
EMU_MATH1(floor)
EMU_MATH1(lgamma)
EMU_MATH1(log)
EMU_MATH1(log10)
EMU_MATH1(log1p)
EMU_MATH1(log2)
EMU_MATH1(nearbyint)
EMU_MATH1(rint)
EMU_MATH1(round)
EMU_MATH1(sin)
EMU_MATH1(sinh)
EMU_MATH1(sqrt)
EMU_MATH1(tan)
EMU_MATH1(tanh)
EMU_MATH1(tgamma)
EMU_MATH1(trunc)
EMU_MATH2(atan2)
EMU_MATH2(copysign)
EMU_MATH2(fdim)
EMU_MATH2(fmax)
EMU_MATH2(fmin)
EMU_MATH2(fmod)
EMU_MATH2(hypot)
EMU_MATH2(nextafter)
EMU_MATH2(pow)
EMU_MATH2(remainder)
#undef EMU_MATH1
#undef EMU_MATH2

inline float fmaf(float x, float y, float z) { return __builtin_fmaf(x, y, z); }
inline double fma(double x, double y, double z) { return __builtin_fma(x, y, z); }
inline float fma(float x, float y, float z) { return __builtin_fmaf(x, y, z); }
inline float ldexpf(float x, int n) { return __builtin_ldexpf(x, n); }
inline double ldexp(double x, int n) { return __builtin_ldexp(x, n); }
inline float frexpf(float x, int* n) { return __builtin_frexpf(x, n); }
inline double frexp(double x, int* n) { return __builtin_frexp(x, n); }
inline float powf(float x, int n) { return __builtin_powif(x, n); }
inline void sincosf(float x, float* s, float* c) { *s = __builtin_sinf(x), *c = __builtin_cosf(x); }
inline void sincos(double x, double* s, double* c) { *s = __builtin_sin(x), *c = __builtin_cos(x); }
inline double sinpi(double x) { return __builtin_sin(3.14159265358979323846 * (x - 2 * __builtin_rint(x / 2))); }
inline double cospi(double x) { return __builtin_cos(3.14159265358979323846 * (x - 2 * __builtin_rint(x / 2))); }
inline float sinpif(float x) { return static_cast<float>(sinpi(x)); }
inline float cospif(float x) { return static_cast<float>(cospi(x)); }
inline void sincospi(double x, double* s, double* c) { *s = sinpi(x), *c = cospi(x); }
inline void sincospif(float x, float* s, float* c) { *s = sinpif(x), *c = cospif(x); }
inline float rsqrtf(float x) { return 1.0f / __builtin_sqrtf(x); }
inline double rsqrt(double x) { return 1.0 / __builtin_sqrt(x); }
inline float rsqrt(float x) { return rsqrtf(x); }
inline float normcdff(float x) { return 0.5f * erfcf(-0.70710678118654752440f * x); }
inline double normcdf(double x) { return 0.5 * erfc(-0.70710678118654752440 * x); }
inline int lrintf(float x) { return static_cast<int>(__builtin_lrintf(x)); }

inline bool isnan(float x) { return x != x; }
inline bool isnan(double x) { return x != x; }
inline bool isinf(float x) { return __builtin_isinf(x); }
inline bool isinf(double x) { return __builtin_isinf(x); }
inline bool isfinite(float x) { return __builtin_isfinite(x); }
inline bool isfinite(double x) { return __builtin_isfinite(x); }
inline bool signbit(float x) { return __builtin_signbit(x); }
inline bool signbit(double x) { return __builtin_signbit(x); }

inline int abs(int x) { return x < 0 ? -x : x; }
inline long long abs(long long x) { return x < 0 ? -x : x; }
inline long long llabs(long long x) { return x < 0 ? -x : x; }
inline float abs(float x) { return fabsf(x); }
inline double abs(double x) { return fabs(x); }

#define EMU_MIN_MAX(T)                               \
    inline T min(T a, T b) { return b < a ? b : a; } \
    inline T max(T a, T b) { return a < b ? b : a; }
EMU_MIN_MAX(int)
EMU_MIN_MAX(unsigned)
EMU_MIN_MAX(long)
EMU_MIN_MAX(unsigned long)
EMU_MIN_MAX(long long)
EMU_MIN_MAX(unsigned long long)
#undef EMU_MIN_MAX
inline float min(float a, float b) { return fminf(a, b); }
inline float max(float a, float b) { return fmaxf(a, b); }
inline double min(double a, double b) { return fmin(a, b); }
inline double max(double a, double b) { return fmax(a, b); }

// -- fast or explicitly rounded variants: here all are the exact ones ------------------------------------------------

inline float __expf(float x) { return expf(x); }
inline float __exp10f(float x) { return exp10f(x); }
inline float __logf(float x) { return logf(x); }
inline float __log2f(float x) { return log2f(x); }
inline float __log10f(float x) { return log10f(x); }
inline float __sinf(float x) { return sinf(x); }
inline float __cosf(float x) { return cosf(x); }
inline float __tanf(float x) { return tanf(x); }
inline float __powf(float x, float y) { return powf(x, y); }
inline float __fdividef(float x, float y) { return x / y; }
inline float __saturatef(float x) { return x > 0.0f ? (x < 1.0f ? x : 1.0f) : 0.0f; }
inline float __frcp_rn(float x) { return 1.0f / x; }
inline float __fsqrt_rn(float x) { return sqrtf(x); }
inline float __frsqrt_rn(float x) { return rsqrtf(x); }
inline float __fmaf_rn(float x, float y, float z) { return fmaf(x, y, z); }
inline double __fma_rn(double x, double y, double z) { return fma(x, y, z); }

// These are never contracted into a fused multiply-add, on the GPU as here.
#define EMU_EXACT __attribute__((optimize("fp-contract=off"), noinline))
EMU_EXACT inline float __fadd_rn(float x, float y) { return x + y; }
EMU_EXACT inline float __fsub_rn(float x, float y) { return x - y; }
EMU_EXACT inline float __fmul_rn(float x, float y) { return x * y; }
EMU_EXACT inline float __fdiv_rn(float x, float y) { return x / y; }
EMU_EXACT inline double __dadd_rn(double x, double y) { return x + y; }
EMU_EXACT inline double __dsub_rn(double x, double y) { return x - y; }
EMU_EXACT inline double __dmul_rn(double x, double y) { return x * y; }
EMU_EXACT inline double __ddiv_rn(double x, double y) { return x / y; }
#undef EMU_EXACT

// -- bits, conversions -----------------------------------------------------------------------------------------------

inline float __int_as_float(int x) { return emu::cast_bits<float>(x); }
inline float __uint_as_float(unsigned x) { return emu::cast_bits<float>(x); }
inline int __float_as_int(float x) { return emu::cast_bits<int>(x); }
inline unsigned __float_as_uint(float x) { return emu::cast_bits<unsigned>(x); }
inline double __longlong_as_double(long long x) { return emu::cast_bits<double>(x); }
inline long long __double_as_longlong(double x) { return emu::cast_bits<long long>(x); }
inline double __hiloint2double(int high, int low) {
    return __longlong_as_double(static_cast<long long>(high) << 32 | static_cast<unsigned>(low));
}
inline int __double2hiint(double x) { return static_cast<int>(__double_as_longlong(x) >> 32); }
inline int __double2loint(double x) { return static_cast<int>(__double_as_longlong(x)); }

inline int __float2int_rz(float x) { return static_cast<int>(x); }
inline int __float2int_rn(float x) { return static_cast<int>(rintf(x)); }
inline int __float2int_rd(float x) { return static_cast<int>(floorf(x)); }
inline int __float2int_ru(float x) { return static_cast<int>(ceilf(x)); }
inline unsigned __float2uint_rz(float x) { return static_cast<unsigned>(x); }
inline unsigned __float2uint_rn(float x) { return static_cast<unsigned>(rintf(x)); }
inline float __int2float_rn(int x) { return static_cast<float>(x); }
inline float __uint2float_rn(unsigned x) { return static_cast<float>(x); }
inline float __ll2float_rn(long long x) { return static_cast<float>(x); }
inline float __ull2float_rn(unsigned long long x) { return static_cast<float>(x); }
inline double __int2double_rn(int x) { return x; }
inline double __ll2double_rn(long long x) { return static_cast<double>(x); }
inline double __ull2double_rn(unsigned long long x) { return static_cast<double>(x); }
inline float __double2float_rn(double x) { return static_cast<float>(x); }

inline int __popc(unsigned x) { return __builtin_popcount(x); }
inline int __popcll(unsigned long long x) { return __builtin_popcountll(x); }
inline int __clz(int x) { return x ? __builtin_clz(static_cast<unsigned>(x)) : 32; }
inline int __clzll(long long x) { return x ? __builtin_clzll(static_cast<unsigned long long>(x)) : 64; }
inline int __ffs(int x) { return __builtin_ffs(x); }
inline int __ffsll(long long x) { return __builtin_ffsll(x); }
inline unsigned __brev(unsigned x) {
    unsigned reversed = 0;
    for (int i = 0; i < 32; ++i) reversed |= (x >> i & 1u) << (31 - i);
    return reversed;
}
inline unsigned __umulhi(unsigned a, unsigned b) {
    return static_cast<unsigned>(static_cast<unsigned long long>(a) * b >> 32);
}
inline int __mulhi(int a, int b) { return static_cast<int>(static_cast<long long>(a) * b >> 32); }
inline unsigned long long __umul64hi(unsigned long long a, unsigned long long b) {
    return static_cast<unsigned long long>(static_cast<unsigned __int128>(a) * b >> 64);
}
inline long long __mul64hi(long long a, long long b) {
    return static_cast<long long>(static_cast<__int128>(a) * b >> 64);
}
inline unsigned __funnelshift_l(unsigned low, unsigned high, unsigned shift) {
    return static_cast<unsigned>(((static_cast<unsigned long long>(high) << 32 | low) << (shift & 31)) >> 32);
}
inline unsigned __funnelshift_r(unsigned low, unsigned high, unsigned shift) {
    return static_cast<unsigned>((static_cast<unsigned long long>(high) << 32 | low) >> (shift & 31));
}
inline unsigned __byte_perm(unsigned a, unsigned b, unsigned selector) {
    const unsigned long long bytes = static_cast<unsigned long long>(b) << 32 | a;
    unsigned result = 0;
    for (int i = 0; i < 4; ++i) {
        const unsigned choice = selector >> 4 * i, byte = bytes >> 8 * (choice & 7) & 0xff;
        result |= (choice & 8 ? (byte & 0x80 ? 0xffu : 0u) : byte) << 8 * i;  // bit 3 spreads the sign
    }
    return result;
}
