#include "common.cuh"
#include "conv_geometry.cuh"
// Convolution as a matrix product whose left operand is gathered while it is multiplied (implicit GEMM), on the
// ordinary cores, in full precision, over 2 or 3 axes. One loop serves all three products:
//
//   correlate: forward, input gradient. target[position, column] is the sum over pairs of
//              source[position + pair] * weights[pair, column]
//   weight:    weight gradient. weights[pair, column] is the sum over positions of
//              source[position + pair] * target[position, column]
//
// A pair is a channel of the group and a tap of the kernel, a column an output channel of the group (an input channel
// in the input gradient). The letters are those of conv_geometry.cuh.
//
// Grid: one dimension; a block owns a tile of TILE_M rows by TILE_N columns of one class, group and share of the sum,
// neighbouring blocks neighbouring tiles of columns, which read the same source. Thread: THREAD_M by THREAD_N elements.
// Two tiles of TILE_K terms are in shared memory: one is multiplied while the next is on its way through registers,
// with one barrier a tile; where a term's elements are is computed two tiles ahead, once for the block.
//
// Memory: the source is read ceil(columns / TILE_N) times per tap, mostly from caches; the weights ceil(rows / TILE_M)
// times. With `splits` > 1 the shares go to `parts`, splits * result elements, and conv_narrow.cu's `sum_parts` adds
// them in their order.
// Deterministic: no atomics, the order of all sums is fixed by shapes and the grid.

#ifndef TILE_M
#define TILE_M 64
#define TILE_N 64
#define TILE_K 16
#define THREAD_M 4
#define THREAD_N 4
#endif
#define THREADS ((TILE_M / THREAD_M) * (TILE_N / THREAD_N))
#define BLOCKS (THREAD_M * THREAD_N * int(sizeof(acc_t)) < 256 ? 2 : 1)  // of a multiprocessor: bounds the registers
#define PAD (16 / int(sizeof(acc_t)))  // keeps packs of 16 bytes aligned and spreads a column over the banks

// N neighbours in shared memory, in accesses of at most 16 bytes.
template <int N>
DEVICE void fetch(acc_t* to, const acc_t* from) {
    constexpr int WIDTH = N * sizeof(acc_t) > 16 ? 16 / sizeof(acc_t) : N;
    struct alignas(WIDTH * sizeof(acc_t)) Pack {
        acc_t at[WIDTH];
    };
#pragma unroll
    for (int i = 0; i < N; i += WIDTH) {
        const Pack pack = *reinterpret_cast<const Pack*>(from + i);
#pragma unroll
        for (int j = 0; j < WIDTH; ++j) to[i + j] = pack.at[j];
    }
}

struct Stage {
    acc_t rows[TILE_K][TILE_M + PAD];
    acc_t columns[TILE_K][TILE_N + PAD];
    Point terms[TILE_K];
};

// WEIGHT: the weight gradient. CHANNELS_LAST: so lie source and target. COLUMNS_FIRST: neighbouring threads fetch
// neighbouring columns of the right operand, else neighbouring terms.
template <bool WEIGHT, bool CHANNELS_LAST, bool COLUMNS_FIRST>
DEVICE void multiply(const scalar_t* __restrict__ source, const scalar_t* __restrict__ right,
                     const scalar_t* __restrict__ bias, scalar_t* __restrict__ result, acc_t* __restrict__ parts,
                     long long part, const Geometry& geo, int row_tiles, int column_tiles, int splits) {
    constexpr bool ROWS_FIRST = WEIGHT == CHANNELS_LAST;        // of the gathered operand, what is contiguous
    constexpr bool STORE_ROWS = WEIGHT || !CHANNELS_LAST;       // of the result
    constexpr int ROW_LOADS = TILE_M * TILE_K / THREADS;        // of a thread, from one tile
    constexpr int COLUMN_LOADS = TILE_N * TILE_K / THREADS;
    constexpr int LOADED_ROWS = ROWS_FIRST ? 1 : ROW_LOADS;     // different ones
    static_assert(TILE_M * TILE_K % THREADS == 0 && TILE_N * TILE_K % THREADS == 0, "all threads load alike");
    static_assert(THREADS % (ROWS_FIRST ? TILE_M : TILE_K) == 0, "a thread's loads have one row, or one term");
    static_assert(THREADS >= TILE_K, "a thread looks up at most one term");

    __shared__ Space space;
    __shared__ Stage stages[2];
    const int tid = threadIdx.x;

    // which tile
    int block = blockIdx.x;
    const int column0 = block % column_tiles * TILE_N;
    block /= column_tiles;
    const int row0 = block % row_tiles * TILE_M;
    block /= row_tiles;
    const int split = block % splits;
    block /= splits;
    const int group = block % geo.groups;
    enter(space, geo, block / geo.groups);

    const int columns = geo.columns.divisor;
    const int positions = geo.images * space.positions, pairs = geo.channels.divisor * space.taps;
    const int rows = WEIGHT ? pairs : positions, depth = WEIGHT ? positions : pairs;
    if (row0 >= rows) return;  // the grid is as large as the largest class needs
    const int share = (depth + splits * TILE_K - 1) / (splits * TILE_K) * TILE_K;
    const int first_term = min(split * share, depth), end = min(first_term + share, depth);
    const int tiles = (end - first_term + TILE_K - 1) / TILE_K;
    source += group * geo.source_group;
    right += group * (WEIGHT ? geo.target_group : geo.weight_group);
    const int right_column = WEIGHT ? geo.target_column : geo.weight_column;

    auto row_point = [&](int row) {
        if (row >= rows) return nowhere();
        return WEIGHT ? pair<CHANNELS_LAST>(space, geo, row) : position(space, geo, row);
    };
    Point loaded[LOADED_ROWS];
#pragma unroll
    for (int i = 0; i < LOADED_ROWS; ++i) {
        loaded[i] = row_point(row0 + (ROWS_FIRST ? tid % TILE_M : tid / TILE_K + i * (THREADS / TILE_K)));
    }

    auto look_up = [&](int tile) {  // where the tile's terms are
        if (tid < TILE_K && tile < tiles) {
            const int term = first_term + tile * TILE_K + tid;
            Point point = nowhere();
            if (term < end) point = WEIGHT ? position(space, geo, term) : pair<CHANNELS_LAST>(space, geo, term);
            stages[tile & 1].terms[tid] = point;
        }
    };

    acc_t row_values[ROW_LOADS], column_values[COLUMN_LOADS];
    auto load = [&](int tile) {
        const Stage& stage = stages[tile & 1];
#pragma unroll
        for (int i = 0; i < ROW_LOADS; ++i) {
            const int term = ROWS_FIRST ? tid / TILE_M + i * (THREADS / TILE_M) : tid % TILE_K;
            const Point point = stage.terms[term], &row = loaded[ROWS_FIRST ? 0 : i];
            row_values[i] = inside(row, point, geo) ? acc_t(source[row.source + point.source]) : acc_t(0);
        }
#pragma unroll
        for (int i = 0; i < COLUMN_LOADS; ++i) {
            const int e = tid + i * THREADS;
            const int term = COLUMNS_FIRST ? e / TILE_N : e % TILE_K;
            const int column = column0 + (COLUMNS_FIRST ? e % TILE_N : e / TILE_K);
            const bool exists = column < columns && first_term + tile * TILE_K + term < end;
            column_values[i] = exists ? acc_t(right[stage.terms[term].other + column * right_column]) : acc_t(0);
        }
    };
    auto store = [&](int tile) {
        Stage& stage = stages[tile & 1];
#pragma unroll
        for (int i = 0; i < ROW_LOADS; ++i) {
            const int e = tid + i * THREADS;
            stage.rows[ROWS_FIRST ? e / TILE_M : e % TILE_K][ROWS_FIRST ? e % TILE_M : e / TILE_K] = row_values[i];
        }
#pragma unroll
        for (int i = 0; i < COLUMN_LOADS; ++i) {
            const int e = tid + i * THREADS;
            stage.columns[COLUMNS_FIRST ? e / TILE_N : e % TILE_K][COLUMNS_FIRST ? e % TILE_N : e / TILE_K] =
                column_values[i];
        }
    };

    // a thread's elements; neighbouring threads own what is contiguous in the result
    constexpr int ROW_THREADS = TILE_M / THREAD_M, COLUMN_THREADS = TILE_N / THREAD_N;
    const int my_row = (STORE_ROWS ? tid % ROW_THREADS : tid / COLUMN_THREADS) * THREAD_M;
    const int my_column = (STORE_ROWS ? tid / ROW_THREADS : tid % COLUMN_THREADS) * THREAD_N;
    acc_t sums[THREAD_M][THREAD_N] = {};

    look_up(0);
    __syncthreads();
    if (tiles > 0) load(0);
    look_up(1);
    if (tiles > 0) store(0);
    __syncthreads();
    for (int tile = 0; tile < tiles; ++tile) {
        if (tile + 1 < tiles) load(tile + 1);
        look_up(tile + 2);
        const Stage& stage = stages[tile & 1];
#pragma unroll
        for (int k = 0; k < TILE_K; ++k) {
            acc_t a[THREAD_M], b[THREAD_N];
            fetch<THREAD_M>(a, &stage.rows[k][my_row]);
            fetch<THREAD_N>(b, &stage.columns[k][my_column]);
#pragma unroll
            for (int i = 0; i < THREAD_M; ++i) {
#pragma unroll
                for (int j = 0; j < THREAD_N; ++j) sums[i][j] += a[i] * b[j];
            }
        }
        if (tile + 1 < tiles) store(tile + 1);
        __syncthreads();
    }

    const int result_group = group * (WEIGHT ? geo.weight_group : geo.target_group);
    const int result_column = WEIGHT ? geo.weight_column : geo.target_column;
#pragma unroll
    for (int i = 0; i < THREAD_M; ++i) {
        const int row = row0 + my_row + i;
        if (row >= rows) break;
        const int offset = result_group + row_point(row).other;
#pragma unroll
        for (int j = 0; j < THREAD_N; ++j) {
            const int column = column0 + my_column + j;
            if (column >= columns) break;
            const int at = offset + column * result_column;
            if (splits > 1) {
                parts[split * part + at] = sums[i][j];
            } else {
                result[at] = scalar_t(sums[i][j] + (bias ? acc_t(bias[group * columns + column]) : acc_t(0)));
            }
        }
    }
}

#define ARGUMENTS source, right, bias, result, parts, part, geo, row_tiles, column_tiles, splits

extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS) correlate_nchw(
    const scalar_t* __restrict__ source, const scalar_t* __restrict__ right, const scalar_t* __restrict__ bias,
    scalar_t* __restrict__ result, acc_t* __restrict__ parts, long long part, Geometry geo, int row_tiles,
    int column_tiles, int splits) {
    multiply<false, false, false>(ARGUMENTS);
}

extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS) correlate_nhwc(
    const scalar_t* __restrict__ source, const scalar_t* __restrict__ right, const scalar_t* __restrict__ bias,
    scalar_t* __restrict__ result, acc_t* __restrict__ parts, long long part, Geometry geo, int row_tiles,
    int column_tiles, int splits) {
    multiply<false, true, false>(ARGUMENTS);
}

// for weights whose columns are neighbours: the input gradient
extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS) correlate_nhwc_columns(
    const scalar_t* __restrict__ source, const scalar_t* __restrict__ right, const scalar_t* __restrict__ bias,
    scalar_t* __restrict__ result, acc_t* __restrict__ parts, long long part, Geometry geo, int row_tiles,
    int column_tiles, int splits) {
    multiply<false, true, true>(ARGUMENTS);
}

extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS) weight_nchw(
    const scalar_t* __restrict__ source, const scalar_t* __restrict__ right, const scalar_t* __restrict__ bias,
    scalar_t* __restrict__ result, acc_t* __restrict__ parts, long long part, Geometry geo, int row_tiles,
    int column_tiles, int splits) {
    multiply<true, false, false>(ARGUMENTS);
}

extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS) weight_nhwc(
    const scalar_t* __restrict__ source, const scalar_t* __restrict__ right, const scalar_t* __restrict__ bias,
    scalar_t* __restrict__ result, acc_t* __restrict__ parts, long long part, Geometry geo, int row_tiles,
    int column_tiles, int splits) {
    multiply<true, true, true>(ARGUMENTS);
}
