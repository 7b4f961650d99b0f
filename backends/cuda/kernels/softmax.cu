#include "rows.cuh"
// Softmax and its logarithm (`in_log`), and their gradients.
//
// Along the last axis, rows of n columns:
//   narrow, wide  a warp has a row in its registers (n <= 256; n <= 1024, in double 512): one read, one write.
//   block         a block has a row, which forward it keeps in shared memory where it fits (`keep`): one read, one
//                 write; else two reads, the second from a cache where the row fits that.
// Along other axes, x is (outer, n, inner):
//   strided       a block has 32 neighbouring columns, which its 8 warps share: two reads, one write.
// Grid: one dimension. Sums are made in a fixed order.

#define SLICES 8  // warps that share a column

// The logarithm of a sum, or one over it: what softmax_at needs.
DEVICE ExpSum prepared(ExpSum row, int in_log) {
    row.sum = in_log ? logarithm(row.sum) : acc_t(1) / row.sum;
    return row;
}

DEVICE acc_t softmax_at(acc_t v, const ExpSum& row, int in_log) {
    return in_log ? v - row.top - row.sum : exponential(v - row.top) * row.sum;
}

// What the gradient needs the sum of, and the gradient.
DEVICE acc_t share(acc_t g, acc_t y, int in_log) { return in_log ? g : g * y; }
DEVICE acc_t gradient(acc_t g, acc_t y, acc_t sum, int in_log) {
    return in_log ? g - exponential(y) * sum : y * (g - sum);
}

// -- a warp for a row -------------------------------------------------------------------------------------------------

template <int PACKS>
DEVICE void softmax_warp(const scalar_t* __restrict__ x, scalar_t* __restrict__ y, long long rows, int n, int in_log) {
    const long long row = warp_row();
    if (row >= rows) return;
    const bool packs = rows_packed(x, n) && rows_packed(y, n);
    WarpRow<PACKS> v;
    v.load(x + row * n, n, packs, -infinity<acc_t>());
    const acc_t top = warp_top(v);
    acc_t sum = acc_t(0);
    v.each([&](acc_t& v, int, int) {
        v -= top;
        const acc_t e = exponential(v);
        sum += e;
        v = in_log ? v : e;
    });
    sum = warp_sum(sum);
    const acc_t log_sum = logarithm(sum), inverse = acc_t(1) / sum;
    v.each([&](acc_t& v, int, int) { v = in_log ? v - log_sum : v * inverse; });
    v.store(y + row * n, n, packs);
}

extern "C" __global__ void softmax_narrow(const scalar_t* __restrict__ x, scalar_t* __restrict__ y, long long rows,
                                          int n, int in_log) {
    softmax_warp<NARROW>(x, y, rows, n, in_log);
}

extern "C" __global__ void softmax_wide(const scalar_t* __restrict__ x, scalar_t* __restrict__ y, long long rows, int n,
                                        int in_log) {
    softmax_warp<WIDE>(x, y, rows, n, in_log);
}

template <int PACKS>
DEVICE void softmax_grad_warp(const scalar_t* __restrict__ g, const scalar_t* __restrict__ y, scalar_t* __restrict__ gx,
                              long long rows, int n, int in_log) {
    const long long row = warp_row();
    if (row >= rows) return;
    const bool packs = rows_packed(g, n) && rows_packed(y, n) && rows_packed(gx, n);
    WarpRow<PACKS> u, v;
    u.load(g + row * n, n, packs, acc_t(0));
    v.load(y + row * n, n, packs, acc_t(0));
    acc_t sum = acc_t(0);
    u.each([&](acc_t& g, int i, int j) { sum += share(g, v.at[i][j], in_log); });
    sum = warp_sum(sum);
    u.each([&](acc_t& g, int i, int j) { g = gradient(g, v.at[i][j], sum, in_log); });
    u.store(gx + row * n, n, packs);
}

extern "C" __global__ void softmax_grad_narrow(const scalar_t* __restrict__ g, const scalar_t* __restrict__ y,
                                               scalar_t* __restrict__ gx, long long rows, int n, int in_log) {
    softmax_grad_warp<NARROW>(g, y, gx, rows, n, in_log);
}

extern "C" __global__ void softmax_grad_wide(const scalar_t* __restrict__ g, const scalar_t* __restrict__ y,
                                             scalar_t* __restrict__ gx, long long rows, int n, int in_log) {
    softmax_grad_warp<WIDE>(g, y, gx, rows, n, in_log);
}

// -- a block for a row ------------------------------------------------------------------------------------------------

extern "C" __global__ void softmax_block(const scalar_t* __restrict__ x, scalar_t* __restrict__ y, int n, int in_log,
                                         int keep) {
    DYN_SHARED(scalar_t, kept);
    __shared__ acc_t scratch[32];
    const bool packs = rows_packed(x, n) && rows_packed(y, n);
    x += blockIdx.x * static_cast<long long>(n);
    y += blockIdx.x * static_cast<long long>(n);
    ExpSum own = no_values();
    for (int c = 4 * threadIdx.x; c < n; c += 4 * blockDim.x) {
        acc_t v[4];
        take(x, c, n, packs, -infinity<acc_t>(), v);
        if (keep) give(kept, c, n, packs, v);
#pragma unroll
        for (int j = 0; j < 4; ++j) own.add(v[j]);
    }
    const ExpSum all = prepared(block_exp_sum(own, scratch), in_log);
    for (int c = 4 * threadIdx.x; c < n; c += 4 * blockDim.x) {
        acc_t v[4];
        take(keep ? kept : x, c, n, packs, acc_t(0), v);
#pragma unroll
        for (int j = 0; j < 4; ++j) v[j] = softmax_at(v[j], all, in_log);
        give(y, c, n, packs, v);
    }
}

extern "C" __global__ void softmax_grad_block(const scalar_t* __restrict__ g, const scalar_t* __restrict__ y,
                                              scalar_t* __restrict__ gx, int n, int in_log) {
    __shared__ acc_t scratch[32];
    const bool packs = rows_packed(g, n) && rows_packed(y, n) && rows_packed(gx, n);
    g += blockIdx.x * static_cast<long long>(n);
    y += blockIdx.x * static_cast<long long>(n);
    gx += blockIdx.x * static_cast<long long>(n);
    acc_t sum = acc_t(0);
    for (int c = 4 * threadIdx.x; c < n; c += 4 * blockDim.x) {
        acc_t u[4], v[4];
        take(g, c, n, packs, acc_t(0), u);
        take(y, c, n, packs, acc_t(0), v);
#pragma unroll
        for (int j = 0; j < 4; ++j) sum += share(u[j], v[j], in_log);
    }
    sum = block_sum(sum, scratch);
    for (int c = 4 * threadIdx.x; c < n; c += 4 * blockDim.x) {
        acc_t u[4], v[4];
        take(g, c, n, packs, acc_t(0), u);
        take(y, c, n, packs, acc_t(0), v);
#pragma unroll
        for (int j = 0; j < 4; ++j) u[j] = gradient(u[j], v[j], sum, in_log);
        give(gx, c, n, packs, u);
    }
}

// -- a lane of every warp for a column (blocks of 32 x SLICES threads) ------------------------------------------------

// A column of x, and the part of it that a warp has: every SLICES-th element.
struct Column {
    long long start, inner, n;
    bool exists;

    DEVICE Column(int columns, long long n, int inner) : inner(inner), n(n) {
        const unsigned number = blockIdx.x * 32 + threadIdx.x;
        exists = number < static_cast<unsigned>(columns);
        start = number / unsigned(inner) * n * inner + number % unsigned(inner);
    }

    template <class F>
    DEVICE void each(F f) const {
        if (!exists) return;
#pragma unroll 4
        for (long long k = threadIdx.y; k < n; k += SLICES) f(start + k * inner);
    }
};

extern "C" __global__ void softmax_strided(const scalar_t* __restrict__ x, scalar_t* __restrict__ y, int columns,
                                           long long n, int inner, int in_log) {
    __shared__ ExpSum parts[SLICES][32];
    const Column column(columns, n, inner);
    ExpSum all = no_values();
    column.each([&](long long i) { all.add(acc_t(x[i])); });
    parts[threadIdx.y][threadIdx.x] = all;
    __syncthreads();
    for (int s = 0; s < SLICES; ++s) {
        const acc_t top = parts[s][threadIdx.x].top;
        all.top = top > all.top ? top : all.top;
    }
    all.sum = acc_t(0);
    for (int s = 0; s < SLICES; ++s) all.sum += parts[s][threadIdx.x].at(all.top);
    all.close();
    all = prepared(all, in_log);
    column.each([&](long long i) { y[i] = scalar_t(softmax_at(acc_t(x[i]), all, in_log)); });
}

extern "C" __global__ void softmax_grad_strided(const scalar_t* __restrict__ g, const scalar_t* __restrict__ y,
                                                scalar_t* __restrict__ gx, int columns, long long n, int inner,
                                                int in_log) {
    __shared__ acc_t parts[SLICES][32];
    const Column column(columns, n, inner);
    acc_t sum = acc_t(0);
    column.each([&](long long i) { sum += share(acc_t(g[i]), acc_t(y[i]), in_log); });
    parts[threadIdx.y][threadIdx.x] = sum;
    __syncthreads();
    sum = acc_t(0);
    for (int s = 0; s < SLICES; ++s) sum += parts[s][threadIdx.x];
    column.each([&](long long i) { gx[i] = scalar_t(gradient(acc_t(g[i]), acc_t(y[i]), sum, in_log)); });
}
