#include "common.cuh"
// Products of matrices without a library: for dtypes that cuBLASLt does not multiply, and where it is missing.
//
// c (M,N) = a (M,K) b (K,N), plus bias (N) in every row, for every matrix of a batch. Operands may lie anyhow; c is in C
// order. Grid: x counts tiles of c, column of tiles by column; z counts matrices (the kernel loops over the rest).
// Block: 256 threads, one tile of 64 x 64; thread (ty, tx) of 16 x 16 owns four rows and four columns of it. Tiles of a
// and b pass through shared memory, 16 elements of K at a time, while registers already fetch the next ones.
// Deterministic: every sum is made by one thread, in the order of K.

#define TILE 64
#define DEPTH 16
#define PACKS (TILE / 4 + 1)  // of four elements in a line of shared memory; the odd one spreads lines over the banks
#define SHARE (TILE * DEPTH / 256)  // elements of an operand's tile that a thread fetches

// Element i of this thread's share of a tile (TILE lines of DEPTH): neighbouring threads read neighbouring addresses.
DEVICE void place(int i, bool deep, int* line, int* depth) {
    const int t = threadIdx.x;
    *line = deep ? t / DEPTH + i * (256 / DEPTH) : t % TILE;
    *depth = deep ? t % DEPTH : t / TILE + i * (256 / TILE);
}

DEVICE void fetch(const scalar_t* __restrict__ x, long long first_line, long long lines, long long line_step,
                  long long from, long long k, long long depth_step, bool deep, acc_t* share) {
#pragma unroll
    for (int i = 0; i < SHARE; ++i) {
        int line, depth;
        place(i, deep, &line, &depth);
        const bool inside = first_line + line < lines && from + depth < k;
        share[i] = inside ? acc_t(x[(first_line + line) * line_step + (from + depth) * depth_step]) : acc_t(0);
    }
}

DEVICE void store(pack4<acc_t> (*tile)[PACKS], bool deep, const acc_t* share) {
#pragma unroll
    for (int i = 0; i < SHARE; ++i) {
        int line, depth;
        place(i, deep, &line, &depth);
        tile[depth][line / 4].at[line % 4] = share[i];
    }
}

extern "C" __global__ __launch_bounds__(256, 1) void matmul(
    const scalar_t* __restrict__ a, const scalar_t* __restrict__ b, const scalar_t* __restrict__ bias,
    scalar_t* __restrict__ c, long long a_start, long long b_start, long long c_start, long long m, long long n,
    long long k, long long a_row, long long a_column, long long b_row, long long b_column, long long count,
    long long a_step, long long b_step, long long c_step) {
    __shared__ pack4<acc_t> left[DEPTH][PACKS], right[DEPTH][PACKS];
    const long long high = (m + TILE - 1) / TILE;
    const long long row = blockIdx.x % high * TILE, column = blockIdx.x / high * TILE;
    const int ty = threadIdx.x / 16, tx = threadIdx.x % 16;
    const bool a_deep = a_column == 1, b_deep = b_row == 1;

    for (long long matrix = blockIdx.z; matrix < count; matrix += gridDim.z) {
        const scalar_t* x = a + a_start + matrix * a_step;
        const scalar_t* y = b + b_start + matrix * b_step;
        acc_t sum[4][4] = {}, next_left[SHARE], next_right[SHARE];
        fetch(x, row, m, a_row, 0, k, a_column, a_deep, next_left);
        fetch(y, column, n, b_column, 0, k, b_row, b_deep, next_right);
        for (long long from = 0; from < k; from += DEPTH) {
            __syncthreads();
            store(left, a_deep, next_left);
            store(right, b_deep, next_right);
            __syncthreads();
            if (from + DEPTH < k) {
                fetch(x, row, m, a_row, from + DEPTH, k, a_column, a_deep, next_left);
                fetch(y, column, n, b_column, from + DEPTH, k, b_row, b_deep, next_right);
            }
#pragma unroll
            for (int depth = 0; depth < DEPTH; ++depth) {
                const pack4<acc_t> u = left[depth][ty];
                const pack4<acc_t> v = right[depth][tx];
#pragma unroll
                for (int i = 0; i < 4; ++i)
#pragma unroll
                    for (int j = 0; j < 4; ++j) sum[i][j] += u.at[i] * v.at[j];
            }
        }
#pragma unroll
        for (int i = 0; i < 4; ++i)
#pragma unroll
            for (int j = 0; j < 4; ++j) {
                const long long at_row = row + 4 * ty + i, at_column = column + 4 * tx + j;
                if (at_row >= m || at_column >= n) continue;
                const acc_t added = bias == nullptr ? acc_t(0) : acc_t(bias[at_column]);
                c[c_start + matrix * c_step + at_row * n + at_column] = scalar_t(sum[i][j] + added);
            }
    }
}
