#include "channels.cuh"
#include "rows.cuh"
// Layer normalization and its gradient. Statistics and sums are acc_t; every sum has a fixed order.
//
// A row is in the registers of a warp (narrow: n <= 256, wide: n <= 1024, in double 512) or read by a block, which
// forward keeps it in shared memory where it fits (`keep`): x is read once and y written. Forward all values have the
// row's first element, its origin, taken off before anything else, so that a large mean costs no digits. Backward g
// and x are read, gx written; the gradients of weight and bias are sums over rows in two passes (channels.cuh), which
// read g and x again.

// -- layer norm, a warp for a row -------------------------------------------------------------------------------------

// The columns from c on: h * weight + bias
DEVICE void affine(acc_t (&h)[4], const acc_t* weight, const acc_t* bias, int c, int n, bool packs) {
    acc_t w[4], b[4];
    take(weight, c, n, packs, acc_t(1), w);
    take(bias, c, n, packs, acc_t(0), b);
#pragma unroll
    for (int j = 0; j < 4; ++j) h[j] = h[j] * w[j] + b[j];
}

template <int PACKS>
DEVICE void layer_norm_warp(const scalar_t* __restrict__ x, const acc_t* __restrict__ weight,
                            const acc_t* __restrict__ bias, scalar_t* __restrict__ y, acc_t* __restrict__ mean,
                            acc_t* __restrict__ rstd, long long rows, int n, acc_t eps) {
    const long long row = warp_row();
    if (row >= rows) return;
    const bool packs = rows_packed(x, n) && rows_packed(y, n);
    const bool own_packs = rows_packed(weight, n) && rows_packed(bias, n);
    const acc_t origin = acc_t(x[row * n]);
    WarpRow<PACKS> v;
    v.load(x + row * n, n, packs, origin);
    acc_t sum = acc_t(0), square = acc_t(0);
    v.each([&](acc_t& v, int, int) {
        v -= origin;  // 0 past the end
        sum += v;
    });
    const acc_t centre = warp_sum(sum) / acc_t(n);
    v.each([&](acc_t& v, int i, int j) {
        v -= centre;
        if (WarpRow<PACKS>::column(i) + j < n) square += v * v;
    });
    const acc_t factor = reciprocal_root(warp_sum(square) / acc_t(n) + eps);
    v.each([&](acc_t& v, int, int) { v *= factor; });
#pragma unroll
    for (int i = 0; i < PACKS; ++i) affine(v.at[i], weight, bias, WarpRow<PACKS>::column(i), n, own_packs);
    v.store(y + row * n, n, packs);
    if ((threadIdx.x & 31) != 0) return;
    mean[row] = origin + centre;
    rstd[row] = factor;
}

extern "C" __global__ void layer_norm_narrow(const scalar_t* __restrict__ x, const acc_t* __restrict__ weight,
                                             const acc_t* __restrict__ bias, scalar_t* __restrict__ y,
                                             acc_t* __restrict__ mean, acc_t* __restrict__ rstd, long long rows, int n,
                                             acc_t eps) {
    layer_norm_warp<NARROW>(x, weight, bias, y, mean, rstd, rows, n, eps);
}

extern "C" __global__ void layer_norm_wide(const scalar_t* __restrict__ x, const acc_t* __restrict__ weight,
                                           const acc_t* __restrict__ bias, scalar_t* __restrict__ y,
                                           acc_t* __restrict__ mean, acc_t* __restrict__ rstd, long long rows, int n,
                                           acc_t eps) {
    layer_norm_warp<WIDE>(x, weight, bias, y, mean, rstd, rows, n, eps);
}

template <int PACKS>
DEVICE void layer_norm_grad_warp(const scalar_t* __restrict__ g, const scalar_t* __restrict__ x,
                                 const acc_t* __restrict__ weight, const acc_t* __restrict__ mean,
                                 const acc_t* __restrict__ rstd, scalar_t* __restrict__ gx, long long rows, int n) {
    const long long row = warp_row();
    if (row >= rows) return;
    const bool packs = rows_packed(g, n) && rows_packed(x, n) && rows_packed(gx, n);
    const bool own_packs = rows_packed(weight, n);
    const acc_t middle = mean[row], factor = rstd[row];
    WarpRow<PACKS> u, h;
    u.load(g + row * n, n, packs, acc_t(0));
    h.load(x + row * n, n, packs, middle);
    acc_t sum = acc_t(0), sum_h = acc_t(0);
#pragma unroll
    for (int i = 0; i < PACKS; ++i) affine(u.at[i], weight, nullptr, WarpRow<PACKS>::column(i), n, own_packs);
    h.each([&](acc_t& h, int i, int j) {
        h = (h - middle) * factor;
        sum += u.at[i][j];
        sum_h += u.at[i][j] * h;
    });
    const acc_t constant = warp_sum(sum) / acc_t(n), slope = warp_sum(sum_h) / acc_t(n);
    u.each([&](acc_t& u, int i, int j) { u = factor * (u - constant - h.at[i][j] * slope); });
    u.store(gx + row * n, n, packs);
}

extern "C" __global__ void layer_norm_grad_narrow(const scalar_t* __restrict__ g, const scalar_t* __restrict__ x,
                                                  const acc_t* __restrict__ weight, const acc_t* __restrict__ mean,
                                                  const acc_t* __restrict__ rstd, scalar_t* __restrict__ gx,
                                                  long long rows, int n) {
    layer_norm_grad_warp<NARROW>(g, x, weight, mean, rstd, gx, rows, n);
}

extern "C" __global__ void layer_norm_grad_wide(const scalar_t* __restrict__ g, const scalar_t* __restrict__ x,
                                                const acc_t* __restrict__ weight, const acc_t* __restrict__ mean,
                                                const acc_t* __restrict__ rstd, scalar_t* __restrict__ gx,
                                                long long rows, int n) {
    layer_norm_grad_warp<WIDE>(g, x, weight, mean, rstd, gx, rows, n);
}

// -- layer norm, a block for a row ------------------------------------------------------------------------------------

extern "C" __global__ void layer_norm_block(const scalar_t* __restrict__ x, const acc_t* __restrict__ weight,
                                            const acc_t* __restrict__ bias, scalar_t* __restrict__ y,
                                            acc_t* __restrict__ mean, acc_t* __restrict__ rstd, int n, acc_t eps,
                                            int keep) {
    DYN_SHARED(scalar_t, kept);
    __shared__ acc_t scratch[32];
    const bool packs = rows_packed(x, n) && rows_packed(y, n);
    const bool own_packs = rows_packed(weight, n) && rows_packed(bias, n);
    const long long row = blockIdx.x;
    x += row * n;
    y += row * n;
    const acc_t origin = acc_t(x[0]);
    acc_t sum = acc_t(0), square = acc_t(0);
    for (int c = 4 * threadIdx.x; c < n; c += 4 * blockDim.x) {
        acc_t v[4];
        take(x, c, n, packs, origin, v);
        if (keep) give(kept, c, n, packs, v);
#pragma unroll
        for (int j = 0; j < 4; ++j) sum += v[j] - origin;
    }
    const acc_t centre = block_sum(sum, scratch) / acc_t(n);
    for (int c = 4 * threadIdx.x; c < n; c += 4 * blockDim.x) {
        acc_t v[4];
        take(keep ? kept : x, c, n, packs, origin + centre, v);
#pragma unroll
        for (int j = 0; j < 4; ++j) {
            const acc_t apart = v[j] - origin - centre;
            if (c + j < n) square += apart * apart;
        }
    }
    const acc_t factor = reciprocal_root(block_sum(square, scratch) / acc_t(n) + eps);
    for (int c = 4 * threadIdx.x; c < n; c += 4 * blockDim.x) {
        acc_t v[4];
        take(keep ? kept : x, c, n, packs, acc_t(0), v);
#pragma unroll
        for (int j = 0; j < 4; ++j) v[j] = (v[j] - origin - centre) * factor;
        affine(v, weight, bias, c, n, own_packs);
        give(y, c, n, packs, v);
    }
    if (threadIdx.x != 0) return;
    mean[row] = origin + centre;
    rstd[row] = factor;
}

extern "C" __global__ void layer_norm_grad_block(const scalar_t* __restrict__ g, const scalar_t* __restrict__ x,
                                                 const acc_t* __restrict__ weight, const acc_t* __restrict__ mean,
                                                 const acc_t* __restrict__ rstd, scalar_t* __restrict__ gx, int n) {
    __shared__ acc_t scratch[32];
    const bool packs = rows_packed(g, n) && rows_packed(x, n) && rows_packed(gx, n);
    const bool own_packs = rows_packed(weight, n);
    const long long row = blockIdx.x;
    const acc_t middle = mean[row], factor = rstd[row];
    g += row * n;
    x += row * n;
    gx += row * n;
    acc_t sum = acc_t(0), sum_h = acc_t(0);
    for (int c = 4 * threadIdx.x; c < n; c += 4 * blockDim.x) {
        acc_t u[4], v[4];
        take(g, c, n, packs, acc_t(0), u);
        take(x, c, n, packs, middle, v);
        affine(u, weight, nullptr, c, n, own_packs);
#pragma unroll
        for (int j = 0; j < 4; ++j) {
            sum += u[j];
            sum_h += u[j] * ((v[j] - middle) * factor);
        }
    }
    const acc_t constant = block_sum(sum, scratch) / acc_t(n), slope = block_sum(sum_h, scratch) / acc_t(n);
    for (int c = 4 * threadIdx.x; c < n; c += 4 * blockDim.x) {
        acc_t u[4], v[4];
        take(g, c, n, packs, acc_t(0), u);
        take(x, c, n, packs, middle, v);
        affine(u, weight, nullptr, c, n, own_packs);
#pragma unroll
        for (int j = 0; j < 4; ++j) u[j] = factor * (u[j] - constant - (v[j] - middle) * factor * slope);
        give(gx, c, n, packs, u);
    }
}

// parts (2, gridDim.y, columns): sums over rows of g and of g * h; grad_finish adds them up.
extern "C" __global__ void layer_norm_grad_sums(const scalar_t* __restrict__ g, const scalar_t* __restrict__ x,
                                                const acc_t* __restrict__ mean, const acc_t* __restrict__ rstd,
                                                acc_t* __restrict__ parts, long long rows, int columns, int width) {
    const auto add_rows = [&](auto layout) {
        using Layout = decltype(layout);
        constexpr int K = Layout::CHANNELS;
        acc_t sums[2 * K] = {};
        layout.each([&](long long at, long long row) {
            acc_t u[Layout::WIDTH], v[Layout::WIDTH];
            load(g + at, u);
            load(x + at, v);
            const acc_t middle = mean[row], factor = rstd[row];
#pragma unroll
            for (int j = 0; j < Layout::WIDTH; ++j) {
                const int k = Layout::of(j);
                sums[k] += u[j];
                sums[K + k] += u[j] * ((v[j] - middle) * factor);
            }
        });
        add_up(layout, sums, parts);
    };
    if (width == 4) add_rows(Rows<4>{rows, columns});
    if (width == 1) add_rows(Rows<1>{rows, columns});
}

// sums (2, columns): the gradients of bias and weight.
extern "C" __global__ void grad_finish(const acc_t* __restrict__ parts, int splits, int columns,
                                       acc_t* __restrict__ sums) {
    write_totals<2>(parts, splits, columns, sums);
}
