// What convolutions on tensor cores share: their geometry, walks over positions, fragments of the product.
#pragma once
#include "common.cuh"
#include "tensor_core.cuh"

// What the tensor cores multiply: scalar_t as it is, where float means TF32; or bfloat_t under arrays of float.
#ifndef operand_t
#define operand_t scalar_t
#endif
// The shape of the product that one block makes, and of the part that one warp makes of it.
#ifndef TILE_M
#define TILE_M 128
#define TILE_N 128
#define WARP_M 64
#define WARP_N 32
#endif
// Bytes of one asynchronous copy: 16, or 8 where rows of channels are aligned to no more.
#ifndef COPY
#define COPY 16
#endif
// Tiles along k that are in shared memory or on their way to it.
#ifndef STAGES
#define STAGES 4
#endif
// Blocks that shall fit into a multiprocessor at once, which bounds the registers of a thread.
#ifndef BLOCKS
#define BLOCKS 1
#endif

constexpr int SCALAR = sizeof(scalar_t);
constexpr int VECTOR = COPY / SCALAR;  // elements of one copy
constexpr int WARPS_M = TILE_M / WARP_M, WARPS_N = TILE_N / WARP_N, THREADS = 32 * WARPS_M * WARPS_N;
constexpr bool IS_TF32 = SCALAR == 4 && sizeof(operand_t) == 4;

static_assert(TILE_M % WARP_M == 0 && WARP_M % 16 == 0, "a warp's part is made of fragments of 16 rows");
static_assert(TILE_N % WARP_N == 0 && WARP_N % 16 == 0, "a warp's part is made of pairs of fragments of 8 columns");

// -- geometry ---------------------------------------------------------------------------------------------------------
//
// Arrays are channels-last: x (images, in_h, in_w, in_pitch), y (images, size_h, size_w, out_pitch). Weights come
// packed, (groups * outs, taps_h, taps_w, channels) for each part. A window's elements k = (r, s, c) meet output (p, q)
// of a part at
//
//   x[image, part.first_h + p * stride_h + r * step_h, part.first_w + q * stride_w + s * step_w, group * channels + c]
//   y[image, part.out_h + p * out_step_h, part.out_w + q * out_step_w, group * outs + o]
//
// A convolution has one part. The gradient with respect to its input is a convolution again, of the gradient of y, with
// the channels' roles exchanged. At stride 1 it has one part too. At stride 2, though, inputs in even rows meet other
// taps than inputs in odd rows, so there is a part for each residue: no multiplication by the zeros between outputs.

struct Part {
    long long weights;     // where its packed weights begin, in elements
    int rows, columns;     // its outputs in one image
    int taps_h, taps_w;    // its taps; 0 where a stride leaps over the kernel: then its outputs are 0
    int first_h, first_w;  // where tap (0, 0) of output (0, 0) reads
    int out_h, out_w;      // where output (0, 0) lies
    int tap_h, tap_w;      // which element of the kernel tap (0, 0) is
};

constexpr int MOST_PARTS = 16;

struct Problem {
    int images, groups, channels, outs;  // channels and outs: of one group; channels with their padding
    int in_h, in_w, in_pitch;
    int size_h, size_w, out_pitch;
    int stride_h, stride_w, step_h, step_w;
    int out_step_h, out_step_w;
    int tap_step_h, tap_step_w;  // from tap to tap, in elements of the kernel
    int kernel_h, kernel_w;
    int filled;  // channels without their padding
    int parts;
    Part part[MOST_PARTS];
};

// A number in digits (high, mid, low), of which mid < mids and low < lows: an element (r, s, c) of a window, or an
// output (image, p, q). It advances by a fixed number of places without a division.
struct Counter {
    int high, mid, low;

    DEVICE static Counter of(int number, int mids, int lows) {
        const int upper = number / lows;
        return {upper / mids, upper % mids, number % lows};
    }
    DEVICE void advance(const Counter& by, int mids, int lows) {
        low += by.low;
        const int carry = low >= lows;
        low -= carry ? lows : 0;
        mid += by.mid + carry;
        const int carry_on = mid >= mids;
        mid -= carry_on ? mids : 0;
        high += by.high + carry_on;
    }
};

DEVICE bool within(int position, int size) { return static_cast<unsigned>(position) < static_cast<unsigned>(size); }

// -- copies -----------------------------------------------------------------------------------------------------------

DEVICE void copy_async(unsigned shared, const scalar_t* global, bool valid) {
    if constexpr (COPY == 16) {
        cp_async_16(shared, global, valid);
    } else {
        cp_async_8(shared, global, valid);
    }
}

// -- the product of a warp --------------------------------------------------------------------------------------------
//
// A block's tile, here 128 x 128, and what warp 1 of its 8 makes of it: 4 x 4 fragments of 16 x 8, whose 64 sums per
// thread stay in registers all the while. Each fragment of A is used for all fragments in its row, each one of B for
// all in its column, so 6 loads from shared memory serve 16 products.
//
//             TILE_N                              WARP_N
//         +---+---+---+---+                 B:  |   |   |   |   |
//         | 0 | 2 | 4 | 6 |               A: ---+---+---+---+---+
//  TILE_M +---+---+---+---+        WARP_M    16 |16x8 ...       |
//         | 1 | 3 | 5 | 7 |                  16 |               |
//         +---+---+---+---+                  16 |               |
//                                            16 |               |
//
// In each step a fragment of A takes 32 bytes of k, in quarters of a register each; those of two fragments of B are
// loaded together. Their order is that of mma's operands, so that no register must be moved:
//
//        first 16 bytes  second                      first 16 bytes  second
//     A: rows 0-7    0      2           B: columns 0-7    0             1
//        rows 8-15   1      3              columns 8-15   2             3

constexpr int FRAGMENTS_M = WARP_M / 16, FRAGMENTS_N = WARP_N / 8;
constexpr int SLICE = 32;                                                // bytes of k that are loaded at once
constexpr int STEP = sizeof(operand_t) == SCALAR ? SLICE : 2 * SLICE;  // bytes of k that one product takes
constexpr int STEP_SCALARS = STEP / SCALAR;

struct Fragments {
    unsigned a[FRAGMENTS_M][4], b[FRAGMENTS_N][2];
};

enum Operand { A, B };

// Quarters as mma takes them. `load(quarters, slice)` fetches 32 bytes of k as they are stored.
template <Operand operand, bool round, class Load>
DEVICE void load_quarters(unsigned (&quarters)[4], int step, Load load) {
    if constexpr (STEP == SLICE) {
        load(quarters, step);
        if constexpr (IS_TF32 && round) {
#pragma unroll
            for (int i = 0; i < 4; ++i) quarters[i] = round_tf32(__uint_as_float(quarters[i]));
        }
    } else {  // 16 floats become 16 numbers of 16 bits. Their order along k changes, for both operands alike.
        constexpr int along_k = operand == A ? 2 : 1, across = 3 - along_k;  // to the neighbouring quarter
        unsigned slices[2][4];
        load(slices[0], 2 * step);
        load(slices[1], 2 * step + 1);
#pragma unroll
        for (int i = 0; i < 4; ++i) {
            const unsigned* const from = slices[i / along_k % 2] + i / across % 2 * across;
            quarters[i] = pack_bf16(__uint_as_float(from[0]), __uint_as_float(from[along_k]));
        }
    }
}

// All fragments of one step. `load_a(i, quarters, slice)` fetches the i-th 16 rows of the warp's part, load_b columns.
template <bool round_b, class LoadA, class LoadB>
DEVICE void load_fragments(Fragments& to, int step, LoadA load_a, LoadB load_b) {
#pragma unroll
    for (int i = 0; i < FRAGMENTS_M; ++i) {
        load_quarters<A, true>(to.a[i], step, [&](unsigned(&q)[4], int slice) { load_a(i, q, slice); });
    }
#pragma unroll
    for (int j = 0; j < FRAGMENTS_N / 2; ++j) {
        unsigned quarters[4];
        load_quarters<B, round_b>(quarters, step, [&](unsigned(&q)[4], int slice) { load_b(j, q, slice); });
#pragma unroll
        for (int i = 0; i < 4; ++i) to.b[2 * j + i / 2][i % 2] = quarters[i];
    }
}

template <class T>
DEVICE void multiply(float (&c)[4], const unsigned (&a)[4], const unsigned (&b)[2]);
template <>
DEVICE void multiply<float>(float (&c)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
    mma_m16n8k8_tf32(c, a, b);
}
template <>
DEVICE void multiply<half_t>(float (&c)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
    mma_m16n8k16_f16(c, a, b);
}
template <>
DEVICE void multiply<bfloat_t>(float (&c)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
    mma_m16n8k16_bf16(c, a, b);
}

// The sums of a thread: sums[i][j] are those of fragment (i, j), who holds which is drawn in tensor_core.cuh.
typedef float Sums[FRAGMENTS_M][FRAGMENTS_N][4];

// sums += A B over one tile of k, in `steps` steps. The fragments of the next step are fetched before the products of
// this one are made, so that the tensor cores need not wait for shared memory.
template <int steps, bool round_b, class LoadA, class LoadB>
DEVICE void multiply_tile(Sums& sums, LoadA load_a, LoadB load_b) {
    Fragments now, next;
    load_fragments<round_b>(now, 0, load_a, load_b);
#pragma unroll
    for (int step = 0; step < steps; ++step) {
        if (step + 1 < steps) load_fragments<round_b>(next, step + 1, load_a, load_b);
#pragma unroll
        for (int i = 0; i < FRAGMENTS_M; ++i) {
#pragma unroll
            for (int j = 0; j < FRAGMENTS_N; ++j) multiply<operand_t>(sums[i][j], now.a[i], now.b[j]);
        }
        now = next;
    }
}

// -- the pipeline -----------------------------------------------------------------------------------------------------
//
// Shared memory is a ring of STAGES tiles. While tile t is multiplied, the copies of tiles t+1 ... t+STAGES-1 are on
// their way, each tile's as one group:
//
//     wait until all but the STAGES-2 newest groups have arrived    tile t is complete, as far as this thread copied it
//     barrier                                                       as far as all did; and all are done with tile t-1
//     start the copies of tile t+STAGES-1, into the place of t-1
//     multiply tile t
//
// so one barrier a tile is enough. A group is committed even when no tile is left, so that the count stays right.
template <class Load, class Multiply>
DEVICE void pipeline(int tiles, Load load, Multiply multiply) {
#pragma unroll
    for (int tile = 0; tile < STAGES - 1; ++tile) {
        if (tile < tiles) load(tile);
        cp_async_commit();
    }
    int stage = 0, free = STAGES - 1;
    for (int tile = 0; tile < tiles; ++tile) {
        cp_async_wait<STAGES - 2>();
        __syncthreads();
        if (tile + STAGES - 1 < tiles) load(free);
        cp_async_commit();
        multiply(stage);
        free = stage;
        stage = stage + 1 == STAGES ? 0 : stage + 1;
    }
    cp_async_wait<0>();
    __syncthreads();  // the ring may be used for something else
}
