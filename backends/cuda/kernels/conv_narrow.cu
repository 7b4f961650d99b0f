#include "common.cuh"
#include "conv_geometry.cuh"
// Convolution of groups with few channels, depthwise above all, where a tile of a matrix product would stay empty; and
// the sum of shares, which conv.cu uses too. The letters are those of conv_geometry.cuh.
//
// correlate_*  grid (blocks of 256 runs, classes). A thread owns RUN positions of one column, neighbours along y, and
//              so reads a weight once for all of them. The source is read from caches taps times, from memory once.
// weight_*     grid: one dimension, (tiles of columns, chunks of PAIRS pairs, shares of the positions). A block owns
//              one column, or 32 where channels are last, and PAIRS pairs: the target is read ceil(pairs / PAIRS)
//              times.
// sum_parts    grid-stride; reads splits * n elements, writes n.
// Deterministic: no atomics; sums in an order fixed by shapes and the grid.

#define RUN 4
#define PAIRS 9
#define WARPS 8

template <bool CHANNELS_LAST>
DEVICE void correlate(const scalar_t* __restrict__ source, const scalar_t* __restrict__ weights,
                      const scalar_t* __restrict__ bias, scalar_t* __restrict__ target, const Geometry& geo) {
    __shared__ Space space;
    enter(space, geo, blockIdx.y);
    const Line y = space.lines[1], x = space.lines[2];
    const int more = geo.axes[1].classes > 1 && y.count > static_cast<int>(geo.axes[1].positions[0].divisor);
    const Divisor runs = geo.runs[more];

    const int all_columns = geo.all_columns.divisor;
    const long long threads = static_cast<long long>(geo.images) * all_columns * space.lines[0].count *
                              static_cast<int>(runs.divisor) * x.count;
    if (first() >= threads || space.positions == 0) return;
    int index = static_cast<int>(first()), column = CHANNELS_LAST ? take(index, geo.all_columns) : 0;
    int q[3];
    q[2] = take(index, x.positions);
    q[1] = take(index, runs) * RUN;
    q[0] = take(index, space.lines[0].positions);
    if (!CHANNELS_LAST) column = take(index, geo.all_columns);
    const int filter = column;
    const int inner = take(column, geo.columns), group = column;
    const Point point = place(space, geo, index, q + 3 - AXES);
    source += group * geo.source_group;
    weights += group * geo.weight_group + inner * geo.weight_column + space.weight_start;

    acc_t sums[RUN] = {};
    for (int c = 0; c < static_cast<int>(geo.channels.divisor); ++c) {
        for (int tz = 0; tz < space.lines[0].tap_count; ++tz) {
            const Line z = space.lines[0];
            if (AXES == 3 && static_cast<unsigned>(point.at[0] + tz * z.dilation) >= geo.axes[0].size) continue;
            for (int ty = 0; ty < y.tap_count; ++ty) {
                const int top = point.at[AXES - 2] + ty * y.dilation;
                for (int tx = 0; tx < x.tap_count; ++tx) {
                    if (static_cast<unsigned>(point.at[AXES - 1] + tx * x.dilation) >= geo.axes[2].size) continue;
                    const acc_t weight = acc_t(
                        weights[c * geo.weight_channel + tz * z.weight + ty * y.weight + tx * x.weight]);
                    const int offset = point.source + c * geo.source_channel + tz * z.dilation * z.source +
                                       ty * y.dilation * y.source + tx * x.dilation * x.source;
#pragma unroll
                    for (int r = 0; r < RUN; ++r) {
                        if (static_cast<unsigned>(top + r * y.stride) < geo.axes[1].size) {
                            sums[r] += weight * acc_t(source[offset + r * y.stride * y.source]);
                        }
                    }
                }
            }
        }
    }
    const acc_t shift = bias ? acc_t(bias[filter]) : acc_t(0);
    target += group * geo.target_group + inner * geo.target_column + point.other;
#pragma unroll
    for (int r = 0; r < RUN; ++r) {
        if (q[1] + r < y.count) target[r * y.target] = scalar_t(sums[r] + shift);
    }
}

extern "C" __global__ void __launch_bounds__(256, 2) correlate_nchw(
    const scalar_t* __restrict__ source, const scalar_t* __restrict__ weights, const scalar_t* __restrict__ bias,
    scalar_t* __restrict__ target, Geometry geo) {
    correlate<false>(source, weights, bias, target, geo);
}

extern "C" __global__ void __launch_bounds__(256, 2) correlate_nhwc(
    const scalar_t* __restrict__ source, const scalar_t* __restrict__ weights, const scalar_t* __restrict__ bias,
    scalar_t* __restrict__ target, Geometry geo) {
    correlate<true>(source, weights, bias, target, geo);
}

template <bool CHANNELS_LAST>
DEVICE void weight(const scalar_t* __restrict__ source, const scalar_t* __restrict__ target,
                   scalar_t* __restrict__ result, acc_t* __restrict__ parts, long long part, const Geometry& geo,
                   int column_tiles, int chunks, int splits) {
    constexpr int LANES = CHANNELS_LAST ? 32 : 1;  // columns of a block
    __shared__ Space space;
    __shared__ Point pairs[PAIRS];
    __shared__ acc_t partial[WARPS][PAIRS][LANES];
    const int lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
    enter(space, geo, 0);

    int block = blockIdx.x;
    const int filter = block % column_tiles * LANES + (CHANNELS_LAST ? lane : 0);
    block /= column_tiles;
    const int first_pair = block % chunks * PAIRS, split = block / chunks;
    const int pair_count = geo.channels.divisor * space.taps;
    if (threadIdx.x < PAIRS) {
        const int index = first_pair + threadIdx.x;
        pairs[threadIdx.x] = index < pair_count ? pair<CHANNELS_LAST>(space, geo, index) : nowhere();
    }
    __syncthreads();

    const bool exists = filter < static_cast<int>(geo.all_columns.divisor);
    int group = exists ? filter : 0;
    const int column = take(group, geo.columns);
    source += group * geo.source_group;
    target += group * geo.target_group + column * geo.target_column;
    const int count = geo.images * space.positions, share = (count + splits - 1) / splits;
    const int begin = min(split * share, count), end = min(begin + share, count);
    acc_t sums[PAIRS] = {};
    if (exists) {
        for (int i = begin + (CHANNELS_LAST ? warp : threadIdx.x); i < end; i += CHANNELS_LAST ? WARPS : 32 * WARPS) {
            const Point point = position(space, geo, i);
            const acc_t value = acc_t(target[point.other]);
#pragma unroll
            for (int j = 0; j < PAIRS; ++j) {
                if (inside(point, pairs[j], geo)) sums[j] += value * acc_t(source[point.source + pairs[j].source]);
            }
        }
    }

#pragma unroll
    for (int j = 0; j < PAIRS; ++j) {
        const acc_t sum = CHANNELS_LAST ? sums[j] : warp_sum(sums[j]);
        if (CHANNELS_LAST || lane == 0) partial[warp][j][CHANNELS_LAST ? lane : 0] = sum;
    }
    __syncthreads();
    for (int j = CHANNELS_LAST ? warp : threadIdx.x; j < PAIRS; j += CHANNELS_LAST ? WARPS : 32 * WARPS) {
        if (!exists || first_pair + j >= pair_count) break;
        acc_t sum = acc_t(0);
#pragma unroll
        for (int w = 0; w < WARPS; ++w) sum += partial[w][j][CHANNELS_LAST ? lane : 0];
        const int at = group * geo.weight_group + column * geo.weight_column + pairs[j].other;
        if (splits > 1) {
            parts[split * part + at] = sum;
        } else {
            result[at] = scalar_t(sum);
        }
    }
}

extern "C" __global__ void __launch_bounds__(256) weight_nchw(const scalar_t* __restrict__ source,
                                                              const scalar_t* __restrict__ target,
                                                              scalar_t* __restrict__ result, acc_t* __restrict__ parts,
                                                              long long part, Geometry geo, int column_tiles,
                                                              int chunks, int splits) {
    weight<false>(source, target, result, parts, part, geo, column_tiles, chunks, splits);
}

extern "C" __global__ void __launch_bounds__(256) weight_nhwc(const scalar_t* __restrict__ source,
                                                              const scalar_t* __restrict__ target,
                                                              scalar_t* __restrict__ result, acc_t* __restrict__ parts,
                                                              long long part, Geometry geo, int column_tiles,
                                                              int chunks, int splits) {
    weight<true>(source, target, result, parts, part, geo, column_tiles, chunks, splits);
}

// result[i] = bias[i / inner % channels] + parts[0][i] + parts[1][i] + ..., n elements each
extern "C" __global__ void __launch_bounds__(256) sum_parts(const acc_t* __restrict__ parts,
                                                            const scalar_t* __restrict__ bias,
                                                            scalar_t* __restrict__ result, long long n, int splits,
                                                            long long inner, int channels) {
    for (long long i = first(); i < n; i += step()) {
        acc_t sum = bias ? acc_t(bias[i / inner % channels]) : acc_t(0);
        for (int s = 0; s < splits; ++s) sum += parts[s * n + i];
        result[i] = scalar_t(sum);
    }
}
