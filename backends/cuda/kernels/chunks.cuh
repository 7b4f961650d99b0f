// Many arrays in one launch: a table in device memory cuts them into chunks, and every block has one.
//
// A row of the table holds the addresses of one chunk of each of K arrays that go together (a parameter, its gradient,
// its state), and how many elements it has.
#pragma once
#include "common.cuh"

// f(v) for every element: v[k] is array k's value where bit k of READ is set, and is written back where that of WRITE
// is.
template <int K, int READ, int WRITE, class F>
DEVICE void each_of_chunk(const long long* __restrict__ table, F f) {
    const long long* chunk = table + blockIdx.x * static_cast<long long>(K + 1);
    scalar_t* at[K];
    bool packs = true;
#pragma unroll
    for (int k = 0; k < K; ++k) {
        at[k] = reinterpret_cast<scalar_t*>(chunk[k]);
        packs = packs && packed(at[k]);
    }
    const int n = chunk[K], whole = packs ? n / 4 : 0;
    for (int i = threadIdx.x; i < whole; i += blockDim.x) {
        pack4<scalar_t> p[K];
#pragma unroll
        for (int k = 0; k < K; ++k)
            if (READ >> k & 1) p[k] = reinterpret_cast<const pack4<scalar_t>*>(at[k])[i];
#pragma unroll
        for (int j = 0; j < 4; ++j) {
            acc_t v[K] = {};
#pragma unroll
            for (int k = 0; k < K; ++k)
                if (READ >> k & 1) v[k] = acc_t(p[k].at[j]);
            f(v);
#pragma unroll
            for (int k = 0; k < K; ++k)
                if (WRITE >> k & 1) p[k].at[j] = scalar_t(v[k]);
        }
#pragma unroll
        for (int k = 0; k < K; ++k)
            if (WRITE >> k & 1) reinterpret_cast<pack4<scalar_t>*>(at[k])[i] = p[k];
    }
    for (int i = 4 * whole + threadIdx.x; i < n; i += blockDim.x) {
        acc_t v[K] = {};
#pragma unroll
        for (int k = 0; k < K; ++k)
            if (READ >> k & 1) v[k] = acc_t(at[k][i]);
        f(v);
#pragma unroll
        for (int k = 0; k < K; ++k)
            if (WRITE >> k & 1) at[k][i] = scalar_t(v[k]);
    }
}
