#include "common.cuh"
#include "attention.cuh"
// softmax(scale * q k^T + mask) v, without ever writing the scores to memory.
//
// Grid: one dimension, a block for each tile of queries of each head. The block keeps its queries in shared memory and
// goes through the keys, tile by tile: scores by one product, the weights relative to the largest score so far, the sum of
// weighted values by another product; whenever a larger score comes, what was summed up is scaled down. Every sum is made
// by one thread, or by a fixed tree of sixteen: the result does not depend on the run.
// Bytes: q, y once; k, v once for each tile of queries, mostly from the L2 cache.
// Source: Dao, FlashAttention-2, 2023; Milakov and Gimelshein, Online normalizer calculation for softmax, 2018.

#define ROWS (TILE_T / 16)
#define COLUMNS (TILE_S / 16)

// Shared memory: TILE_T lines of queries, TILE_S of keys and then values, TILE_T lines of TILE_S + 4 weights.
extern "C" __global__ __launch_bounds__(256, 1) void attention(
    const scalar_t* __restrict__ q, const scalar_t* __restrict__ k, const scalar_t* __restrict__ v,
    const bool* __restrict__ keep, const scalar_t* __restrict__ added, scalar_t* __restrict__ y,
    acc_t* __restrict__ lse, const Layout layout, double scale) {
    DYN_SHARED(acc_t, queries);
    acc_t *keys = queries + TILE_T * PITCH, *weights = keys + TILE_S * PITCH;
    const int ty = threadIdx.x / 16, tx = threadIdx.x % 16;
    const int tiles = (layout.queries + TILE_T - 1) / TILE_T;
    const long long head = blockIdx.x / tiles;
    const int tile = layout.causal ? tiles - 1 - blockIdx.x % tiles : blockIdx.x % tiles;  // the longest work first
    const int first = tile * TILE_T;
    q = of_head(q, layout.q, head, layout.heads);
    k = of_head(k, layout.k, head, layout.heads);
    v = of_head(v, layout.v, head, layout.heads);
    const Scores score(keep, added, scale, layout, head);

    load<TILE_T>(queries, q, layout.q[2], first, layout.queries, layout.q_width);
    pack4<acc_t> sum[ROWS][PARTS];
    acc_t top[ROWS], total[ROWS];  // of the scores so far; the total of this thread's columns only
    clear(sum);
#pragma unroll
    for (int i = 0; i < ROWS; ++i) top[i] = -infinity<acc_t>(), total[i] = acc_t(0);

    const int end = layout.causal ? smaller(layout.keys, first + TILE_T) : layout.keys;
    for (int from = 0; from < end; from += TILE_S) {
        __syncthreads();
        load<TILE_S>(keys, k, layout.k[2], from, layout.keys, layout.q_width);
        __syncthreads();
        acc_t value[ROWS][COLUMNS];
        dot(queries, keys, layout.q_width, value);
#pragma unroll
        for (int i = 0; i < ROWS; ++i) {
            acc_t largest = top[i];
#pragma unroll
            for (int j = 0; j < COLUMNS; ++j) {
                value[i][j] = score(value[i][j], first + ty * ROWS + i, from + tx + 16 * j);
                largest = value[i][j] > largest ? value[i][j] : largest;
            }
            for (int offset = 8; offset > 0; offset >>= 1) {
                const acc_t other = __shfl_xor_sync(FULL_MASK, largest, offset);
                largest = other > largest ? other : largest;
            }
            const acc_t shrink = exponential(top[i] - finite(largest));
            top[i] = largest;
            total[i] *= shrink;
#pragma unroll
            for (int j = 0; j < COLUMNS; ++j) {
                value[i][j] = exponential(value[i][j] - finite(largest));
                total[i] += value[i][j];
            }
#pragma unroll
            for (int part = 0; part < PARTS; ++part)
#pragma unroll
                for (int c = 0; c < 4; ++c) sum[i][part].at[c] *= shrink;
        }
        __syncthreads();
        put(weights, value);
        load<TILE_S>(keys, v, layout.v[2], from, layout.keys, layout.v_width);
        __syncthreads();
        accumulate<ROWS, COLUMNS>(weights, keys, smaller(TILE_S, layout.keys - from), sum);
    }

#pragma unroll
    for (int i = 0; i < ROWS; ++i) {
        for (int offset = 8; offset > 0; offset >>= 1) total[i] += __shfl_xor_sync(FULL_MASK, total[i], offset);
        const int t = first + ty * ROWS + i;
        if (tx == 0 && t < layout.queries) lse[head * layout.queries + t] = finite(top[i]) + logarithm(total[i]);
        total[i] = total[i] == acc_t(0) ? acc_t(0) : acc_t(1) / total[i];
    }
    store(of_head(y, layout.y, head, layout.heads), layout.y[2], first, layout.queries, layout.v_width, total, sum);
}
