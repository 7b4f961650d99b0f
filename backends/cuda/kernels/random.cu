#include "common.cuh"
#include "philox.cuh"
// Random numbers: the stream of backends/reference/random.py, the same bits as on the CPU.
//
// Grid: one dimension; thread b makes packs b, b + step, ... of four elements: from one block of words, or from two for
// 64-bit numbers. Nothing is read, each result is written once. scalar_t is the dtype of the result.

// out[i] = make(i) for four elements at a time: make(p, r) fills r with elements 4p ... 4p + 3.
template <class T, class F>
DEVICE void draw(T* __restrict__ out, long long n, F make) {
    const bool whole = packed(out);
    for (long long p = first(); 4 * p < n; p += step()) {
        pack4<T> r;
        make(p, r.at);
        if (whole && 4 * p + 4 <= n) {
            reinterpret_cast<pack4<T>*>(out)[p] = r;
        } else {
#pragma unroll
            for (int j = 0; j < 4; ++j) {
                if (4 * p + j < n) out[4 * p + j] = r.at[j];
            }
        }
    }
}

extern "C" __global__ void random_bits(unsigned* __restrict__ out, long long n, unsigned long long seed,
                                       unsigned long long offset) {
    draw(out, n, [=](long long p, unsigned* r) {
        const Words w = philox(seed, offset + p);
#pragma unroll
        for (int j = 0; j < 4; ++j) r[j] = w.at[j];
    });
}

// Products and sums that the compiler must not fuse: the CPU rounds each.
DEVICE float times(float a, float b) { return __fmul_rn(a, b); }
DEVICE double times(double a, double b) { return __dmul_rn(a, b); }
DEVICE float plus(float a, float b) { return __fadd_rn(a, b); }
DEVICE double plus(double a, double b) { return __dadd_rn(a, b); }

// Four numbers in [0,1) from one block (24 bits) or from two (53 bits).
DEVICE void units(word64 seed, word64 offset, long long p, float* u) {
    const Words w = philox(seed, offset + p);
#pragma unroll
    for (int j = 0; j < 4; ++j) u[j] = float(w.at[j] >> 8) * 5.9604644775390625e-8f;
}
DEVICE void units(word64 seed, word64 offset, long long p, double* u) {
    const Words v = philox(seed, offset + 2 * p), w = philox(seed, offset + 2 * p + 1);
#pragma unroll
    for (int j = 0; j < 2; ++j) {
        u[j] = double(v.number(j) >> 11) * 1.1102230246251565404e-16;
        u[2 + j] = double(w.number(j) >> 11) * 1.1102230246251565404e-16;
    }
}

extern "C" __global__ void uniform(scalar_t* __restrict__ out, long long n, unsigned long long seed,
                                   unsigned long long offset, acc_t low, acc_t span) {
    draw(out, n, [=](long long p, scalar_t* r) {
        acc_t u[4];
        units(seed, offset, p, u);
        if (sizeof(scalar_t) == 2) {  // the upper 11 of the 24 bits
#pragma unroll
            for (int j = 0; j < 4; ++j) u[j] = acc_t(int(u[j] * acc_t(2048))) * acc_t(4.8828125e-4);
        }
#pragma unroll
        for (int j = 0; j < 4; ++j) r[j] = scalar_t(plus(times(u[j], span), low));
    });
}

DEVICE void turn(float u, float* sine, float* cosine) { sincospif(2.0f * u, sine, cosine); }
DEVICE void turn(double u, double* sine, double* cosine) { sincospi(2.0 * u, sine, cosine); }

// Source: Box and Muller, A Note on the Generation of Random Normal Deviates, 1958.
extern "C" __global__ void normal(scalar_t* __restrict__ out, long long n, unsigned long long seed,
                                  unsigned long long offset, acc_t mean, acc_t std) {
    draw(out, n, [=](long long p, scalar_t* r) {
        acc_t u[4];
        units(seed, offset, p, u);
#pragma unroll
        for (int j = 0; j < 4; j += 2) {
            acc_t sine, cosine;
            turn(u[j + 1], &sine, &cosine);
            const acc_t radius = square_root(acc_t(-2) * logarithm(acc_t(1) - u[j]));
            r[j] = scalar_t(plus(times(times(radius, cosine), std), mean));
            r[j + 1] = scalar_t(plus(times(times(radius, sine), std), mean));
        }
    });
}

// low + the high half of number * range: range is high - low.
extern "C" __global__ void randint(long long* __restrict__ out, long long n, unsigned long long seed,
                                   unsigned long long offset, long long low, unsigned long long range) {
    draw(out, n, [=](long long p, long long* r) {
        const Words v = philox(seed, offset + 2 * p), w = philox(seed, offset + 2 * p + 1);
#pragma unroll
        for (int j = 0; j < 2; ++j) {
            r[j] = static_cast<long long>(static_cast<word64>(low) + __umul64hi(v.number(j), range));
            r[2 + j] = static_cast<long long>(static_cast<word64>(low) + __umul64hi(w.number(j), range));
        }
    });
}
