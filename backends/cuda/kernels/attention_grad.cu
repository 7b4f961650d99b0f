#include "common.cuh"
#include "attention.cuh"
// Gradients of attention. The weights p = exp(score - lse) are computed again from what the forward pass kept.
//
// With gs = p * (g v^T - delta) * scale and delta = sum(g * y) of each query: gq = gs k, gk = gs^T q, gv = p^T g.
// Three kernels: `attention_delta`, a warp for each query; `attention_grad_q`, a block for each tile of queries of each
// head, which goes through the keys; `attention_grad_kv`, a block for each tile of keys, which goes through the queries.
// No two blocks add to the same number, so no atomics are needed, and every run gives the same result.
// Source: Dao et al., FlashAttention, 2022, appendix B; Dao, FlashAttention-2, 2023.

// delta (B,H,T); grid: blocks of 8 queries
extern "C" __global__ __launch_bounds__(256, 1) void attention_delta(const scalar_t* __restrict__ g,
                                                                  const scalar_t* __restrict__ y,
                                                                  acc_t* __restrict__ delta, const Layout layout,
                                                                  long long rows) {
    const long long row = first() / 32;
    if (row >= rows) return;
    const long long head = row / layout.queries, t = row % layout.queries;
    g = of_head(g, layout.g, head, layout.heads) + t * layout.g[2];
    y = of_head(y, layout.y, head, layout.heads) + t * layout.y[2];
    acc_t sum = acc_t(0);
    for (int i = threadIdx.x % 32; i < layout.v_width; i += 32) sum += acc_t(g[i]) * acc_t(y[i]);
    sum = warp_sum(sum);
    if (threadIdx.x % 32 == 0) delta[row] = sum;
}

#define ROWS (TILE_T / 16)
#define COLUMNS (TILE_S / 16)

// Shared memory: TILE_T lines of queries and of g, TILE_S of values and then keys, TILE_T lines of TILE_S + 4 of gs.
extern "C" __global__ __launch_bounds__(256, 1) void attention_grad_q(
    const scalar_t* __restrict__ g, const scalar_t* __restrict__ q, const scalar_t* __restrict__ k,
    const scalar_t* __restrict__ v, const bool* __restrict__ keep, const scalar_t* __restrict__ added,
    const acc_t* __restrict__ lse, const acc_t* __restrict__ delta, scalar_t* __restrict__ gq, const Layout layout,
    double scale) {
    DYN_SHARED(acc_t, queries);
    acc_t *above = queries + TILE_T * PITCH, *keys = above + TILE_T * PITCH, *weights = keys + TILE_S * PITCH;
    const int ty = threadIdx.x / 16, tx = threadIdx.x % 16;
    const int tiles = (layout.queries + TILE_T - 1) / TILE_T;
    const long long head = blockIdx.x / tiles;
    const int tile = layout.causal ? tiles - 1 - blockIdx.x % tiles : blockIdx.x % tiles;
    const int first = tile * TILE_T;
    k = of_head(k, layout.k, head, layout.heads);
    v = of_head(v, layout.v, head, layout.heads);
    const Scores score(keep, added, scale, layout, head);

    load<TILE_T>(queries, of_head(q, layout.q, head, layout.heads), layout.q[2], first, layout.queries, layout.q_width);
    load<TILE_T>(above, of_head(g, layout.g, head, layout.heads), layout.g[2], first, layout.queries, layout.v_width);
    pack4<acc_t> sum[ROWS][PARTS];
    acc_t top[ROWS], mean[ROWS], factor[ROWS];
    clear(sum);
#pragma unroll
    for (int i = 0; i < ROWS; ++i) {
        const int t = first + ty * ROWS + i;
        const bool inside = t < layout.queries;
        top[i] = inside ? finite(lse[head * layout.queries + t]) : acc_t(0);
        mean[i] = inside ? delta[head * layout.queries + t] : acc_t(0);
        factor[i] = acc_t(scale);
    }

    const int end = layout.causal ? smaller(layout.keys, first + TILE_T) : layout.keys;
    for (int from = 0; from < end; from += TILE_S) {
        __syncthreads();
        load<TILE_S>(keys, v, layout.v[2], from, layout.keys, layout.v_width);
        __syncthreads();
        acc_t value[ROWS][COLUMNS], slope[ROWS][COLUMNS];
        dot(above, keys, layout.v_width, slope);
        __syncthreads();
        load<TILE_S>(keys, k, layout.k[2], from, layout.keys, layout.q_width);
        __syncthreads();
        dot(queries, keys, layout.q_width, value);
#pragma unroll
        for (int i = 0; i < ROWS; ++i)
#pragma unroll
            for (int j = 0; j < COLUMNS; ++j) {
                const acc_t s = score(value[i][j], first + ty * ROWS + i, from + tx + 16 * j);
                slope[i][j] = exponential(s - top[i]) * (slope[i][j] - mean[i]);
            }
        put(weights, slope);
        __syncthreads();
        accumulate<ROWS, COLUMNS>(weights, keys, smaller(TILE_S, layout.keys - from), sum);
    }
    gq = of_head(gq, layout.gq, head, layout.heads);
    store(gq, layout.gq[2], first, layout.queries, layout.q_width, factor, sum);
}

#undef ROWS
#undef COLUMNS
#define ROWS (TILE_S / 16)
#define COLUMNS (TILE_T / 16)

// Shared memory: TILE_S lines of keys and of values, TILE_T of queries and of g, TILE_S lines of TILE_T + 4 of p, then gs.
extern "C" __global__ __launch_bounds__(256, 1) void attention_grad_kv(
    const scalar_t* __restrict__ g, const scalar_t* __restrict__ q, const scalar_t* __restrict__ k,
    const scalar_t* __restrict__ v, const bool* __restrict__ keep, const scalar_t* __restrict__ added,
    const acc_t* __restrict__ lse, const acc_t* __restrict__ delta, scalar_t* __restrict__ gk,
    scalar_t* __restrict__ gv, const Layout layout, double scale) {
    DYN_SHARED(acc_t, keys);
    acc_t *values = keys + TILE_S * PITCH, *queries = values + TILE_S * PITCH;
    acc_t *above = queries + TILE_T * PITCH, *weights = above + TILE_T * PITCH;
    const int ty = threadIdx.x / 16, tx = threadIdx.x % 16;
    const int tiles = (layout.keys + TILE_S - 1) / TILE_S;
    const long long head = blockIdx.x / tiles;
    const int first = blockIdx.x % tiles * TILE_S;  // keys at the front are seen by most queries: the longest work first
    q = of_head(q, layout.q, head, layout.heads);
    g = of_head(g, layout.g, head, layout.heads);
    lse += head * layout.queries;
    delta += head * layout.queries;
    const Scores score(keep, added, scale, layout, head);

    load<TILE_S>(keys, of_head(k, layout.k, head, layout.heads), layout.k[2], first, layout.keys, layout.q_width);
    load<TILE_S>(values, of_head(v, layout.v, head, layout.heads), layout.v[2], first, layout.keys, layout.v_width);
    pack4<acc_t> to_k[ROWS][PARTS], to_v[ROWS][PARTS];
    clear(to_k);
    clear(to_v);

    for (int from = layout.causal ? first / TILE_T * TILE_T : 0; from < layout.queries; from += TILE_T) {
        __syncthreads();
        load<TILE_T>(queries, q, layout.q[2], from, layout.queries, layout.q_width);
        load<TILE_T>(above, g, layout.g[2], from, layout.queries, layout.v_width);
        __syncthreads();
        acc_t value[ROWS][COLUMNS], slope[ROWS][COLUMNS];
        dot(values, above, layout.v_width, slope);
        dot(keys, queries, layout.q_width, value);
#pragma unroll
        for (int j = 0; j < COLUMNS; ++j) {
            const int t = from + tx + 16 * j;
            const bool inside = t < layout.queries;
            const acc_t top = inside ? finite(lse[t]) : acc_t(0), mean = inside ? delta[t] : acc_t(0);
#pragma unroll
            for (int i = 0; i < ROWS; ++i) {
                value[i][j] = exponential(score(value[i][j], t, first + ty * ROWS + i) - top);
                slope[i][j] = value[i][j] * (slope[i][j] - mean);
            }
        }
        const int count = smaller(TILE_T, layout.queries - from);
        put(weights, value);
        __syncthreads();
        accumulate<ROWS, COLUMNS>(weights, above, count, to_v);
        __syncthreads();
        put(weights, slope);
        __syncthreads();
        accumulate<ROWS, COLUMNS>(weights, queries, count, to_k);
    }

    acc_t factor[ROWS];
#pragma unroll
    for (int i = 0; i < ROWS; ++i) factor[i] = acc_t(scale);
    gk = of_head(gk, layout.gk, head, layout.heads);
    store(gk, layout.gk[2], first, layout.keys, layout.q_width, factor, to_k);
#pragma unroll
    for (int i = 0; i < ROWS; ++i) factor[i] = acc_t(1);
    gv = of_head(gv, layout.gv, head, layout.heads);
    store(gv, layout.gv[2], first, layout.keys, layout.v_width, factor, to_v);
}
