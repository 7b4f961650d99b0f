#include "common.cuh"
#include "tensor_core.cuh"
#include "conv_tensor.cuh"
// Convolution on tensor cores (sm_80 and newer), and its gradient with respect to the input.
//
//     y = activation(conv(x, w) + bias + residual)
//
// The convolution is a matrix product Y = A W^T that is never written out (implicit GEMM): row m = (image, p, q) of A
// is the window of x that this output sees, column k = (r, s, c) an element of the window. As channels lie last in
// memory, 16 bytes along k are neighbours in x and in w, so a row of A is fetched piece by piece from where it is;
// pieces in the padding are zeros.
//
// Grid: x = tiles of the product, those of the same rows next to each other so that they find x in the L2 cache; y =
// parts (conv_tensor.cuh), the longest first; z = groups. A block owns TILE_M x TILE_N elements of y; each is the sum
// over k in one thread, in order, so results are the same on every run. Read per block: K * (TILE_M + TILE_N) elements.
//
// Sources: Chetlur et al., cuDNN: Efficient Primitives for Deep Learning, 2014 (implicit GEMM); NVIDIA, PTX ISA.

// Elements of k in a tile. A row of the tile is then 64 or 128 bytes.
#ifndef TILE_K
#define TILE_K (64 / SCALAR)
#endif

constexpr int ROW = TILE_K * SCALAR;            // bytes
constexpr int STAGE = (TILE_M + TILE_N) * ROW;  // bytes: the tile of A, then that of B
constexpr int COLUMNS = ROW / COPY;             // copies in a row
constexpr int LINES = THREADS / COLUMNS;        // rows that the block's threads copy in one go
constexpr int COPIES_A = TILE_M / LINES, COPIES_B = TILE_N / LINES;
static_assert(ROW == 64 || ROW == 128, "the swizzle is made for these");
static_assert(TILE_M % LINES == 0 && TILE_N % LINES == 0 && LINES % 8 == 0, "every thread copies the same columns");

// -- the tile in shared memory ----------------------------------------------------------------------------------------
//
// ldmatrix reads the same 16 bytes of 8 rows at once. Shared memory delivers 128 bytes at once if they lie in different
// banks, which are counted modulo 128 bytes: plain rows of 128 bytes would put all 8 into the same 4 banks. So piece c
// of row r lies at place c ^ (r % 8) of its row (a swizzle). In rows of 64 bytes, two of which make 128, it lies at
// c ^ (r / 2 % 4):
//
//     row 0 | 0 1 2 3 | 0 1 2 3 | row 1           The pieces 0 of rows 0 to 7 lie in 8 different columns of this
//     row 2 | 1 0 3 2 | 1 0 3 2 | row 3           picture, and so do the pieces 1, 2, 3. The copies of a row, or of
//     row 4 | 2 3 0 1 | 2 3 0 1 | row 5           two, cover a line, so they too keep all banks busy.
//     row 6 | 3 2 1 0 | 3 2 1 0 | row 7
//
DEVICE int swizzle(int row) { return ROW == 64 ? row / 2 % 4 : row % 8; }

// A row of A: the output it belongs to.
struct Row {
    long long x, y;  // offset of what tap (0, 0) reads, which may lie in the padding; offset of the output, or -1
    int h, w;        // place that tap (0, 0) reads
};

DEVICE Row row_of(int m, int group, const Part& part, const Problem& problem) {
    if (m >= problem.images * part.rows * part.columns) return {0, -1, -(1 << 30), 0};  // far in the padding
    const Counter at = Counter::of(m, part.rows, part.columns);
    const int h = at.mid * problem.stride_h + part.first_h, w = at.low * problem.stride_w + part.first_w;
    const int y_h = part.out_h + at.mid * problem.out_step_h, y_w = part.out_w + at.low * problem.out_step_w;
    const long long in_row = static_cast<long long>(at.high) * problem.in_h + h;
    const long long out_row = static_cast<long long>(at.high) * problem.size_h + y_h;
    return {(in_row * problem.in_w + w) * problem.in_pitch + group * problem.channels,
            (out_row * problem.size_w + y_w) * problem.out_pitch + group * problem.outs, h, w};
}

// Floats through which a warp stores: 16 rows, 8 longer than they must be, which keeps those of a fragment in different
// banks.
constexpr int STAGING = 16 * (WARP_N + 8);
static_assert(THREADS / 32 * STAGING * 4 <= STAGES * STAGE, "the ring holds what is being stored");

// y of a warp's part. The sums of 16 rows at a time go through shared memory, from where each lane takes 4 neighbours
// in a row: rows are then read and written in whole sectors of 32 bytes.
DEVICE void store(const Sums& sums, float* staging, const Row* rows, int n, const Problem& problem,
                  const scalar_t* __restrict__ bias, const scalar_t* __restrict__ residual, scalar_t* __restrict__ y,
                  bool relu) {
    constexpr int PITCH = STAGING / 16, LANES = WARP_N / 4;
    static_assert(32 % LANES == 0, "a warp stores whole rows");
    const int lane = threadIdx.x % 32, g = lane / 4, t = lane % 4;
    const int column = n + lane % LANES * 4;
    const bool vectors = problem.outs % 4 == 0 && packed(y) && (!residual || packed(residual));
    float offset[4];
#pragma unroll
    for (int e = 0; e < 4; ++e) offset[e] = bias && column + e < problem.outs ? float(bias[column + e]) : 0.0f;
#pragma unroll
    for (int i = 0; i < FRAGMENTS_M; ++i) {
        __syncwarp();
#pragma unroll
        for (int j = 0; j < FRAGMENTS_N; ++j) {
            float* const at = staging + g * PITCH + 8 * j + 2 * t;
            *reinterpret_cast<float2*>(at) = make_float2(sums[i][j][0], sums[i][j][1]);
            *reinterpret_cast<float2*>(at + 8 * PITCH) = make_float2(sums[i][j][2], sums[i][j][3]);
        }
        __syncwarp();
#pragma unroll
        for (int r = lane / LANES; r < 16; r += 32 / LANES) {
            const long long out = rows[16 * i + r].y;
            if (out < 0 || column >= problem.outs) continue;
            float4 v = *reinterpret_cast<const float4*>(staging + r * PITCH + lane % LANES * 4);
            float value[4] = {v.x + offset[0], v.y + offset[1], v.z + offset[2], v.w + offset[3]};
            pack4<scalar_t> result;
            if (residual && vectors) result = *reinterpret_cast<const pack4<scalar_t>*>(residual + out + column);
#pragma unroll
            for (int e = 0; e < 4; ++e) {
                const bool inside = column + e < problem.outs;
                if (residual && inside) value[e] += float(vectors ? result.at[e] : residual[out + column + e]);
                if (relu && value[e] <= 0.0f) value[e] = 0.0f;  // NaN is kept
                result.at[e] = scalar_t(value[e]);
                if (!vectors && inside) y[out + column + e] = result.at[e];
            }
            if (vectors) *reinterpret_cast<pack4<scalar_t>*>(y + out + column) = result;
        }
    }
}

extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS)
    convolve(const scalar_t* __restrict__ x, const scalar_t* __restrict__ weights, const scalar_t* __restrict__ bias,
             const scalar_t* __restrict__ residual, scalar_t* __restrict__ y, int relu,
             const __grid_constant__ Problem problem) {
    DYN_SHARED(unsigned char, memory);
    __shared__ Row rows[TILE_M];
    const Part& part = problem.part[blockIdx.y];
    const int group = blockIdx.z, thread = threadIdx.x, lane = thread % 32, warp = thread / 32;
    const int tiles_n = (problem.outs + TILE_N - 1) / TILE_N;
    const int m = blockIdx.x / tiles_n * TILE_M, n = blockIdx.x % tiles_n * TILE_N;
    if (m >= problem.images * part.rows * part.columns) return;  // parts differ in size

    for (int i = thread; i < TILE_M; i += THREADS) rows[i] = row_of(m + i, group, part, problem);
    __syncthreads();

    // This thread copies the same `column` of rows line, line + LINES, ... of each tile: k elements further each time.
    const int column = thread % COLUMNS, line = thread / COLUMNS;
    long long x_from[COPIES_A], weights_from[COPIES_B];
    int h_from[COPIES_A], w_from[COPIES_A];
    bool filled[COPIES_B];
    const int depth = part.taps_h * part.taps_w * problem.channels;
#pragma unroll
    for (int i = 0; i < COPIES_A; ++i) {
        const Row row = rows[line + i * LINES];
        x_from[i] = row.x;
        h_from[i] = row.h;
        w_from[i] = row.w;
    }
#pragma unroll
    for (int i = 0; i < COPIES_B; ++i) {
        const int o = n + line + i * LINES;
        filled[i] = o < problem.outs;
        weights_from[i] = part.weights + static_cast<long long>(group * problem.outs + o) * depth;
    }
    int k = column * VECTOR;
    Counter element = Counter::of(k, part.taps_w, problem.channels);
    const Counter tile_k = Counter::of(TILE_K, part.taps_w, problem.channels);
    const unsigned ring = shared_address(memory);
    const unsigned place = line * ROW + ((column * COPY / 16 ^ swizzle(line)) * 16 | column * COPY % 16);

    const auto load = [&](int stage) {
        const unsigned to = ring + stage * STAGE + place;
        const int h_tap = element.high * problem.step_h, w_tap = element.mid * problem.step_w;
        const long long tap = static_cast<long long>(h_tap * problem.in_w + w_tap) * problem.in_pitch + element.low;
        const bool inside = k < depth;
#pragma unroll
        for (int i = 0; i < COPIES_A; ++i) {
            const int h = h_from[i] + h_tap, w = w_from[i] + w_tap;
            const bool valid = inside && within(h, problem.in_h) && within(w, problem.in_w);
            copy_async(to + i * LINES * ROW, x + (valid ? x_from[i] + tap : 0), valid);
        }
#pragma unroll
        for (int i = 0; i < COPIES_B; ++i) {
            const bool valid = inside && filled[i];
            copy_async(to + (TILE_M + i * LINES) * ROW, weights + (valid ? weights_from[i] + k : 0), valid);
        }
        k += TILE_K;
        element.advance(tile_k, part.taps_w, problem.channels);
    };

    // Lanes 0-7 give ldmatrix the rows of quarter 0, 8-15 those of quarter 1, and so on.
    const int warp_m = warp % WARPS_M * WARP_M, warp_n = warp / WARPS_M * WARP_N;
    const int row_a = lane % 16, piece_a = lane / 16 ^ swizzle(row_a);
    const int row_b = lane / 16 * 8 + lane % 8, piece_b = lane / 8 % 2 ^ swizzle(row_b);
    const unsigned a_from = ring + (warp_m + row_a) * ROW, b_from = ring + (TILE_M + warp_n + row_b) * ROW;
    Sums sums = {};
    const auto multiply_stage = [&](int stage) {
        const auto load_a = [&](int i, unsigned(&quarters)[4], int slice) {
            ldmatrix_x4(quarters, a_from + stage * STAGE + i * 16 * ROW + (piece_a ^ 2 * slice) * 16);
        };
        const auto load_b = [&](int j, unsigned(&quarters)[4], int slice) {
            ldmatrix_x4(quarters, b_from + stage * STAGE + j * 16 * ROW + (piece_b ^ 2 * slice) * 16);
        };
        multiply_tile<ROW / STEP, false>(sums, load_a, load_b);
    };
    pipeline((depth + TILE_K - 1) / TILE_K, load, multiply_stage);

    float* const staging = reinterpret_cast<float*>(memory) + warp * STAGING;
    store(sums, staging, rows + warp_m, n + warp_n, problem, bias ? bias + group * problem.outs : nullptr, residual, y,
          relu);
}
