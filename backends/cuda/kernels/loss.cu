#include "rows.cuh"
// Softmax cross-entropy with class indices, and its gradient.
//
// Logits x are rows of n classes. Forward a row belongs to a warp, which holds it in registers (narrow: n <= 256, wide:
// n <= 1024, in double 512), or to a block, which reads it once, with smoothing twice. Backward it belongs to a row of
// threads of a block: one read, one write. Sums are made in a fixed order.
//
// With top the largest logit and log_sum the logarithm of sum exp(x - top), the loss of class c is
// log_sum - (x[c] - top): log sum exp(x) - x[c] would lose the digits of a small loss. A target that is no class is
// reported; its loss, and the gradient of its row, are NaN.

struct Target {
    long long at;
    bool counts, exists;  // is not ignored; is a class

    DEVICE Target(long long at, int n, long long ignored)
        : at(at), counts(at != ignored), exists(at >= 0 && at < n) {}
};

// Weight of class c; null weights are 1.
DEVICE acc_t weight_at(const acc_t* weight, long long c) { return weight ? weight[c] : acc_t(1); }

DEVICE acc_t row_loss(const scalar_t* row, const Target& t, int n, const acc_t* weight, acc_t top, acc_t log_sum,
                      acc_t spread, acc_t smoothing) {
    if (!t.counts) return acc_t(0);
    if (!t.exists) return not_a_number<acc_t>();
    const acc_t loss = (log_sum - (acc_t(row[t.at]) - top)) * weight_at(weight, t.at);
    return smoothing != acc_t(0) ? (acc_t(1) - smoothing) * loss + smoothing / acc_t(n) * spread : loss;
}

template <int PACKS>
DEVICE void cross_entropy_warp(const scalar_t* __restrict__ x, const long long* __restrict__ target,
                               const acc_t* __restrict__ weight, scalar_t* __restrict__ loss, acc_t* __restrict__ lse,
                               int* fault, long long rows, int n, long long ignored, acc_t smoothing) {
    const long long row = warp_row();
    if (row >= rows) return;
    WarpRow<PACKS> v;
    v.load(x + row * n, n, rows_packed(x, n), -infinity<acc_t>());
    const acc_t top = warp_top(v), log_sum = logarithm(warp_exp_sum(v, top));
    acc_t spread = acc_t(0);
    if (smoothing != acc_t(0)) {
        v.each([&](acc_t& v, int i, int j) {
            const int c = WarpRow<PACKS>::column(i) + j;
            if (c < n) spread += (log_sum - (v - top)) * weight_at(weight, c);
        });
        spread = warp_sum(spread);
    }
    if ((threadIdx.x & 31) != 0) return;
    const Target t(target[row], n, ignored);
    if (t.counts && !t.exists) report(fault, FAULT_TARGET);
    loss[row] = scalar_t(row_loss(x + row * n, t, n, weight, top, log_sum, spread, smoothing));
    lse[row] = top + log_sum;
}

extern "C" __global__ void cross_entropy_narrow(const scalar_t* __restrict__ x, const long long* __restrict__ target,
                                                const acc_t* __restrict__ weight, scalar_t* __restrict__ loss,
                                                acc_t* __restrict__ lse, int* fault, long long rows, int n,
                                                long long ignored, acc_t smoothing) {
    cross_entropy_warp<NARROW>(x, target, weight, loss, lse, fault, rows, n, ignored, smoothing);
}

extern "C" __global__ void cross_entropy_wide(const scalar_t* __restrict__ x, const long long* __restrict__ target,
                                              const acc_t* __restrict__ weight, scalar_t* __restrict__ loss,
                                              acc_t* __restrict__ lse, int* fault, long long rows, int n,
                                              long long ignored, acc_t smoothing) {
    cross_entropy_warp<WIDE>(x, target, weight, loss, lse, fault, rows, n, ignored, smoothing);
}

extern "C" __global__ void cross_entropy_block(const scalar_t* __restrict__ x, const long long* __restrict__ target,
                                               const acc_t* __restrict__ weight, scalar_t* __restrict__ loss,
                                               acc_t* __restrict__ lse, int* fault, long long rows, int n,
                                               long long ignored, acc_t smoothing) {
    __shared__ acc_t scratch[32];
    const long long row = blockIdx.x;
    const bool packs = rows_packed(x, n);
    x += row * n;
    ExpSum own = no_values();
    for (int c = 4 * threadIdx.x; c < n; c += 4 * blockDim.x) {
        acc_t v[4];
        take(x, c, n, packs, -infinity<acc_t>(), v);
#pragma unroll
        for (int j = 0; j < 4; ++j) own.add(v[j]);
    }
    const ExpSum all = block_exp_sum(own, scratch);
    const acc_t log_sum = logarithm(all.sum);
    acc_t spread = acc_t(0);
    if (smoothing != acc_t(0)) {
        for (int c = threadIdx.x; c < n; c += blockDim.x)
            spread += (log_sum - (acc_t(x[c]) - all.top)) * weight_at(weight, c);
        spread = block_sum(spread, scratch);
    }
    if (threadIdx.x != 0) return;
    const Target t(target[row], n, ignored);
    if (t.counts && !t.exists) report(fault, FAULT_TARGET);
    loss[row] = scalar_t(row_loss(x, t, n, weight, all.top, log_sum, spread, smoothing));
    lse[row] = all.top + log_sum;
}

// Blocks of (threads of a row) x (rows). `total` is the sum of the weights, null where all are 1.
extern "C" __global__ void cross_entropy_grad(const scalar_t* __restrict__ g, const scalar_t* __restrict__ x,
                                              const long long* __restrict__ target, const acc_t* __restrict__ lse,
                                              const acc_t* __restrict__ weight, const acc_t* __restrict__ total,
                                              scalar_t* __restrict__ gx, int* fault, long long rows, int n,
                                              long long ignored, acc_t smoothing) {
    const long long row = static_cast<long long>(blockIdx.x) * blockDim.y + threadIdx.y;
    if (row >= rows) return;
    const Target t(target[row], n, ignored);
    const bool packs = rows_packed(x, n) && rows_packed(gx, n);
    const acc_t upstream = acc_t(g[row]), base = lse[row];
    acc_t hit = acc_t(0);  // the factor of p - onehot
    if (t.counts) hit = t.exists ? (acc_t(1) - smoothing) * weight_at(weight, t.at) : not_a_number<acc_t>();
    if (t.counts && !t.exists && threadIdx.x == 0) report(fault, FAULT_TARGET);
    const acc_t even = smoothing / acc_t(n), sum = total ? *total : acc_t(n);
    x += row * n;
    gx += row * n;
    for (int c = 4 * threadIdx.x; c < n; c += 4 * blockDim.x) {
        acc_t v[4];
        take(x, c, n, packs, acc_t(0), v);
#pragma unroll
        for (int j = 0; j < 4; ++j) {
            const acc_t p = exponential(v[j] - base);
            acc_t slope = hit * (c + j == t.at ? p - acc_t(1) : p);
            if (smoothing != acc_t(0) && c + j < n) slope += even * (p * sum - weight_at(weight, c + j));
            v[j] = t.counts ? upstream * slope : acc_t(0);
        }
        give(gx, c, n, packs, v);
    }
}
