#include "common.cuh"
#include "tensor_core.cuh"
#include "conv_tensor.cuh"
// Gradient of a convolution with respect to its weights, on tensor cores (sm_80 and newer).
//
//     gw[o, (r, s, c)] = sum over m = (image, p, q) of g[m, o] * A[m, (r, s, c)]
//
// with the implicit matrix A of conv_tensor.cu. Now the sum runs over the rows m, so operands lie in memory with k = m
// as the slow axis: tiles are copied as they are, TILE_K rows of TILE_M outs and of TILE_N elements of the window, and
// turned when fragments are loaded.
//
// There are few weights and many rows, so the rows are split over blocks. Each writes its sums to an own place of a
// workspace, and a second kernel adds these in order: the same result on every run, unlike with atomic additions.
//
// Grid: x = tiles of gw, y = splits, z = groups. Read per block: rows_of_split * (TILE_M + TILE_N) elements; written:
// the workspace, splits * outs * depth floats, which the second kernel reads.

// Rows in a tile.
#ifndef TILE_K
#define TILE_K (64 / SCALAR)
#endif

// The lanes of a warp read at once, of 32-bit scalars, 8 neighbours in each of 4 rows; of 16-bit ones (ldmatrix), 16
// bytes in each of 8 rows. With this padding successive rows begin 32 bytes, or an odd multiple of 16 bytes, further
// among the 128 bytes of banks, so that none is hit twice.
constexpr int PADDING = SCALAR == 4 ? 32 : 16;
constexpr int PITCH_A = TILE_M * SCALAR + PADDING, PITCH_B = TILE_N * SCALAR + PADDING;  // bytes
constexpr int STAGE_A = TILE_K * PITCH_A, STAGE = STAGE_A + TILE_K * PITCH_B;
constexpr int COLUMNS_A = TILE_M / VECTOR, COLUMNS_B = TILE_N / VECTOR;      // copies in a row
constexpr int LINES_A = THREADS / COLUMNS_A, LINES_B = THREADS / COLUMNS_B;  // rows that are copied in one go
constexpr int COPIES_A = TILE_K / LINES_A, COPIES_B = TILE_K / LINES_B;
static_assert(TILE_M % 32 == 0 && TILE_N % 32 == 0, "the padding is made for these");
static_assert(TILE_K % LINES_A == 0 && TILE_K % LINES_B == 0, "every thread copies the same columns");
static_assert(TILE_K % STEP_SCALARS == 0, "a tile is made of whole steps");

// The quarters of 16 columns from `column` on and 32 bytes of rows, transposed.
template <Operand operand>
DEVICE void load_transposed(unsigned (&quarters)[4], const unsigned char* tile, int pitch, int column, int slice) {
    constexpr int along_k = operand == A ? 2 : 1, across = 3 - along_k;  // to the neighbouring quarter
    const int lane = threadIdx.x % 32;
    if constexpr (SCALAR == 2) {  // lanes 0-7 give the rows of quarter 0, 8-15 those of quarter 1, and so on
        const int quarter = lane / 8, row = slice * 16 + quarter / along_k % 2 * 8 + lane % 8;
        ldmatrix_x4_trans(quarters, shared_address(tile + row * pitch + (column + quarter / across % 2 * 8) * SCALAR));
    } else {  // ldmatrix turns 16-bit elements only
        const unsigned char* at = tile + (slice * 8 + lane % 4) * pitch + (column + lane / 4) * SCALAR;
#pragma unroll
        for (int i = 0; i < 4; ++i) {
            const int place = i / along_k % 2 * 4 * pitch + i / across % 2 * 8 * SCALAR;
            quarters[i] = *reinterpret_cast<const unsigned*>(at + place);
        }
    }
}

// partial (splits, groups * outs, depth); `rows` is a multiple of TILE_K: how many rows a split sums.
extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS)
    weight_gradient(const scalar_t* __restrict__ g, const scalar_t* __restrict__ x, float* __restrict__ partial,
                    int rows, const __grid_constant__ Problem problem) {
    DYN_SHARED(unsigned char, memory);
    const Part& part = problem.part[0];
    const int group = blockIdx.z, thread = threadIdx.x, lane = thread % 32, warp = thread / 32;
    const int depth = part.taps_h * part.taps_w * problem.channels;
    const int tiles_n = (depth + TILE_N - 1) / TILE_N;
    const int o = blockIdx.x / tiles_n * TILE_M, k = blockIdx.x % tiles_n * TILE_N;
    const int all = problem.images * part.rows * part.columns, begin = blockIdx.y * rows;
    const int end = all - begin < rows ? all : begin + rows;

    // This thread copies the same columns of g and of the windows, of rows line, line + LINES, ... of each tile.
    const int column_a = thread % COLUMNS_A, line_a = thread / COLUMNS_A;
    const int column_b = thread % COLUMNS_B, line_b = thread / COLUMNS_B;
    const int out = o + column_a * VECTOR;
    const scalar_t* const g_column = g + group * problem.outs + out;
    const bool filled_a = out < problem.outs, filled_b = k + column_b * VECTOR < depth;
    const Counter element = Counter::of(k + column_b * VECTOR, part.taps_w, problem.channels);
    const int h_tap = part.first_h + element.high * problem.step_h, w_tap = part.first_w + element.mid * problem.step_w;
    const int channel = group * problem.channels + element.low;
    int row = begin;  // the tile's first
    Counter output[COPIES_B];
#pragma unroll
    for (int i = 0; i < COPIES_B; ++i) output[i] = Counter::of(begin + line_b + i * LINES_B, part.rows, part.columns);
    const Counter tile_k = Counter::of(TILE_K, part.rows, part.columns);
    const unsigned ring = shared_address(memory);
    const unsigned place_a = line_a * PITCH_A + column_a * COPY, place_b = STAGE_A + line_b * PITCH_B + column_b * COPY;

    const auto load = [&](int stage) {
        const unsigned to = ring + stage * STAGE;
#pragma unroll
        for (int i = 0; i < COPIES_A; ++i) {
            const int m = row + line_a + i * LINES_A;
            const bool valid = filled_a && m < end;
            const scalar_t* const from = valid ? g_column + static_cast<long long>(m) * problem.out_pitch : g;
            copy_async(to + place_a + i * LINES_A * PITCH_A, from, valid);
        }
#pragma unroll
        for (int i = 0; i < COPIES_B; ++i) {
            const int h = output[i].mid * problem.stride_h + h_tap, w = output[i].low * problem.stride_w + w_tap;
            const bool valid = filled_b && row + line_b + i * LINES_B < end && within(h, problem.in_h) &&
                               within(w, problem.in_w);
            const long long in_row = static_cast<long long>(output[i].high) * problem.in_h + h;
            const long long at = (in_row * problem.in_w + w) * problem.in_pitch + channel;
            copy_async(to + place_b + i * LINES_B * PITCH_B, x + (valid ? at : 0), valid);
            output[i].advance(tile_k, part.rows, part.columns);
        }
        row += TILE_K;
    };

    const int warp_m = warp % WARPS_M * WARP_M, warp_n = warp / WARPS_M * WARP_N;
    Sums sums = {};
    const auto multiply_stage = [&](int stage) {
        const unsigned char* const tile_a = memory + stage * STAGE;
        const unsigned char* const tile_b = tile_a + STAGE_A;
        const auto load_a = [&](int i, unsigned(&quarters)[4], int slice) {
            load_transposed<A>(quarters, tile_a, PITCH_A, warp_m + 16 * i, slice);
        };
        const auto load_b = [&](int j, unsigned(&quarters)[4], int slice) {
            load_transposed<B>(quarters, tile_b, PITCH_B, warp_n + 16 * j, slice);
        };
        multiply_tile<TILE_K / STEP_SCALARS, true>(sums, load_a, load_b);
    };
    pipeline((end - begin + TILE_K - 1) / TILE_K, load, multiply_stage);

    float* const to = partial + (static_cast<long long>(blockIdx.y) * problem.groups + group) * problem.outs * depth;
#pragma unroll
    for (int i = 0; i < FRAGMENTS_M; ++i) {
#pragma unroll
        for (int half = 0; half < 2; ++half) {
            const int m = o + warp_m + 16 * i + 8 * half + lane / 4;
#pragma unroll
            for (int j = 0; j < FRAGMENTS_N; ++j) {
                const int n = k + warp_n + 8 * j + lane % 4 * 2;
                if (m >= problem.outs || n >= depth) continue;
                float2* const at = reinterpret_cast<float2*>(to + static_cast<long long>(m) * depth + n);
                *at = make_float2(sums[i][j][2 * half], sums[i][j][2 * half + 1]);
            }
        }
    }
}

// gw (outs, filled, taps), or (outs, taps, filled) with `channels_last`: the splits' sums added in order. `size` is
// that of one split, padding included.
extern "C" __global__ void sum_splits(const float* __restrict__ partial, scalar_t* __restrict__ gw, int splits,
                                      long long size, int taps, int channels, int filled, int channels_last) {
    for (long long i = first(); i < size; i += step()) {
        const int channel = i % channels;
        if (channel >= filled) continue;
        float sum = 0.0f;
#pragma unroll 8
        for (int split = 0; split < splits; ++split) sum += partial[split * size + i];
        const long long out_tap = i / channels;
        const long long at = channels_last ? out_tap * filled + channel
                                           : (out_tap / taps * filled + channel) * taps + out_tap % taps;
        gw[at] = scalar_t(sum);
    }
}
