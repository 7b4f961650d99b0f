#include "common.cuh"
#include "tensor_core.cuh"
#include "conv_tensor.cuh"
// What brings arrays into the layout of convolutions on tensor cores, and back. Each reads and writes everything once.

// -- channels last and first: transposition of a batch of matrices ----------------------------------------------------

constexpr int SIDE = 64;                    // of the square that a block of 256 threads transposes
constexpr int PACKS = SIDE / 4, LINES = 256 / PACKS;

// y (batch, columns, pitch) from x (batch, rows, columns): y[b, j, i] = x[b, i, j], and 0 for i >= rows.
// Grid: all squares of all matrices, in one dimension. A square waits in shared memory, so that both sides are accessed
// in runs of 64 elements, four at a time where they are aligned.
extern "C" __global__ void transpose(const scalar_t* __restrict__ x, scalar_t* __restrict__ y, int rows, int columns,
                                     int pitch) {
    __shared__ float square[SIDE][SIDE + 1];
    const int across = (columns + SIDE - 1) / SIDE, down = (pitch + SIDE - 1) / SIDE;
    const int j = blockIdx.x % across * SIDE, i = blockIdx.x / across % down * SIDE;
    const long long batch = blockIdx.x / across / down;
    const scalar_t* const from = x + batch * rows * columns;
    scalar_t* const to = y + batch * columns * pitch;
    const int pack = threadIdx.x % PACKS, line = threadIdx.x / PACKS;

    const bool packs_in = columns % 4 == 0 && packed(x);
#pragma unroll
    for (int r = line; r < SIDE; r += LINES) {
        const scalar_t* const row = from + static_cast<long long>(i + r) * columns + j;
        if (packs_in) {
            pack4<scalar_t> v = {};
            if (i + r < rows && j + 4 * pack < columns) v = reinterpret_cast<const pack4<scalar_t>*>(row)[pack];
#pragma unroll
            for (int e = 0; e < 4; ++e) square[r][4 * pack + e] = float(v.at[e]);
        } else {
#pragma unroll
            for (int c = pack; c < SIDE; c += PACKS) {
                square[r][c] = i + r < rows && j + c < columns ? float(row[c]) : 0.0f;
            }
        }
    }
    __syncthreads();
    const bool packs_out = pitch % 4 == 0 && packed(y);
#pragma unroll
    for (int r = line; r < SIDE; r += LINES) {  // now of y: r counts along j
        if (j + r >= columns) break;
        scalar_t* const row = to + static_cast<long long>(j + r) * pitch + i;
        if (packs_out) {
            pack4<scalar_t> v;
#pragma unroll
            for (int e = 0; e < 4; ++e) v.at[e] = scalar_t(square[4 * pack + e][r]);
            if (i + 4 * pack < pitch) reinterpret_cast<pack4<scalar_t>*>(row)[pack] = v;
        } else {
#pragma unroll
            for (int c = pack; c < SIDE; c += PACKS) {
                if (i + c < pitch) row[c] = scalar_t(square[c][r]);
            }
        }
    }
}

// y (n, padded) from x (n, channels), filled up with zeros; padded is a multiple of 4.
extern "C" __global__ void pad_channels(const scalar_t* __restrict__ x, scalar_t* __restrict__ y, long long n,
                                        int channels, int padded) {
    const int packs = padded / 4;
    for (long long i = first(); i < n * packs; i += step()) {
        const int channel = i % packs * 4;
        const scalar_t* const from = x + i / packs * channels + channel;
        pack4<scalar_t> v;
#pragma unroll
        for (int e = 0; e < 4; ++e) v.at[e] = channel + e < channels ? from[e] : scalar_t(0.0f);
        reinterpret_cast<pack4<scalar_t>*>(y)[i] = v;
    }
}

// -- weights ----------------------------------------------------------------------------------------------------------

constexpr int PACK_OUTS = 32, PACK_RUN = 288;  // 32 outs, with 32 channels of a 3x3 kernel each

// A tap's place in the packed weights: of its channel c for its out n, at + n * depth + c.
struct Place {
    long long at;
    int depth;
};

DEVICE Place place_of(int tap, const Problem& problem) {
    const int h = tap / problem.kernel_w, w = tap % problem.kernel_w;
    for (int i = 0; i < problem.parts; ++i) {
        const Part& part = problem.part[i];
        const int r = h - part.tap_h, s = w - part.tap_w;
        if (part.taps_h == 0 || r < 0 || s < 0 || r % problem.tap_step_h || s % problem.tap_step_w) continue;
        const int index = r / problem.tap_step_h * part.taps_w + s / problem.tap_step_w;
        return {part.weights + static_cast<long long>(index) * problem.channels,
                part.taps_h * part.taps_w * problem.channels};
    }
    return {-1, 0};  // no window of this size has it: it meets the padding only
}

// The weights (outs, channels, taps) as `convolve` reads them: packed (outs, taps, channels) part by part; for a
// gradient (`exchanged`) the axes of outs and channels change their roles. Numbers are rounded to TF32 here, once for
// all blocks. Grid: x = 32 outs of w, y = `run` channels of w. A block reads runs (channels, taps) and writes runs of
// channels.
extern "C" __global__ void pack_weights(const scalar_t* __restrict__ w, scalar_t* __restrict__ to, int run,
                                        int exchanged, const __grid_constant__ Problem problem) {
    __shared__ float tile[PACK_OUTS][PACK_RUN + 1];
    __shared__ Place places[PACK_RUN];
    const int taps = problem.kernel_h * problem.kernel_w, lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    const int w_outs = problem.groups * (exchanged ? problem.filled : problem.outs);  // the shape of w
    const int w_channels = exchanged ? problem.outs : problem.filled;
    const int o = blockIdx.x * PACK_OUTS, c = blockIdx.y * run;

    for (int tap = threadIdx.x; tap < taps; tap += blockDim.x) places[tap] = place_of(tap, problem);
    for (int r = warp; r < PACK_OUTS; r += blockDim.x / 32) {
        for (int i = lane; i < run * taps; i += 32) {
            const bool inside = o + r < w_outs && c * taps + i < w_channels * taps;
            const long long at = (static_cast<long long>(o + r) * w_channels + c) * taps + i;
            tile[r][i] = inside ? float(w[at]) : 0.0f;
        }
    }
    __syncthreads();
    // Lanes go along the axis that is the channels' in `to`.
    const int others = exchanged ? run * taps : PACK_OUTS * taps;
    for (int i = warp; i < others; i += blockDim.x / 32) {
        const int tap = i % taps;
        const Place place = places[tap];
        const int row = exchanged ? lane : i / taps, channel = exchanged ? i / taps : lane;  // in the tile
        if (channel >= run || place.at < 0) continue;
        const float value = tile[row][channel * taps + tap];
        long long n;
        int k;
        if (exchanged) {
            const int group = problem.groups == 1 ? 0 : (o + row) / problem.channels;
            n = static_cast<long long>(group) * problem.outs + c + channel;
            k = o + row - group * problem.channels;
            if (c + channel >= problem.outs || group >= problem.groups || k >= problem.channels) continue;
        } else {
            n = o + row;
            k = c + channel;
            if (n >= w_outs || k >= problem.channels) continue;
        }
        to[place.at + n * place.depth + k] = scalar_t(IS_TF32 ? __uint_as_float(round_tf32(value)) : value);
    }
}
