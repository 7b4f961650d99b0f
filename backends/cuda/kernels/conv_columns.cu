#include "common.cuh"
#include "conv_geometry.cuh"
// The windows of x as the columns of a matrix, so that a convolution becomes a product of matrices (im2col), and back
// (col2im). Channels are those of all groups; the letters are those of conv_geometry.cuh.
//
// unfold_nchw        columns[channel, tap][image][position]: a thread owns one position of one channel.
// unfold_nhwc        columns[image, position][tap, channel]: a thread owns one element,
// unfold_nhwc_packs  or 16 bytes of neighbouring channels, which the geometry then counts as one.
// fold_*             a thread owns one element of x and gathers the at most taps columns that it went into: no atomics,
//                    sums in the order of the taps. Grid: (blocks, classes).
//
// Memory: unfold writes taps times the positions, reads about the same from caches and x once from memory; fold reads
// that and writes x once. Neighbouring threads own neighbours in memory.

struct alignas(16) Bytes {
    unsigned at[4];
};

extern "C" __global__ void __launch_bounds__(256) unfold_nchw(const scalar_t* __restrict__ x,
                                                              scalar_t* __restrict__ columns, Geometry geo,
                                                              long long row_step, long long image_step) {
    __shared__ Space space;
    enter(space, geo, 0);
    const long long threads = static_cast<long long>(geo.images) * geo.channels.divisor * space.positions;
    if (first() >= threads) return;
    int index = static_cast<int>(first()), q[AXES];
#pragma unroll
    for (int a = AXES - 1; a >= 0; --a) q[a] = take(index, space.lines[a + 3 - AXES].positions);
    const int channel = take(index, geo.channels);
    const Point point = place(space, geo, 0, q);  // other: the position's number
    x += index * geo.source_image + channel * geo.source_channel;
    columns += static_cast<long long>(channel) * space.taps * row_step + index * image_step + point.other;
    for (int t = 0; t < space.taps; ++t) {
        const Point tap = pair<false>(space, geo, t);
        columns[t * row_step] = inside(point, tap, geo) ? x[point.source + tap.source] : scalar_t(0);
    }
}

template <class T>
DEVICE void unfold(const T* __restrict__ x, T* __restrict__ columns, const Geometry& geo) {
    __shared__ Space space;
    enter(space, geo, 0);
    const long long n =
        static_cast<long long>(geo.images) * space.positions * space.taps * static_cast<int>(geo.channels.divisor);
    if (first() >= n) return;
    int index = static_cast<int>(first());
    Point tap;
    tap.source = take(index, geo.channels);
#pragma unroll
    for (int a = AXES - 1; a >= 0; --a) {
        const Line& l = space.lines[a + 3 - AXES];
        tap.at[a] = take(index, l.taps) * l.dilation;
        tap.source += tap.at[a] * l.source;
    }
    const Point point = position(space, geo, index);
    T value = {};
    if (inside(point, tap, geo)) value = x[point.source + tap.source];
    columns[first()] = value;
}

extern "C" __global__ void __launch_bounds__(256) unfold_nhwc(const scalar_t* __restrict__ x,
                                                              scalar_t* __restrict__ columns, Geometry geo) {
    unfold(x, columns, geo);
}

extern "C" __global__ void __launch_bounds__(256) unfold_nhwc_packs(const scalar_t* __restrict__ x,
                                                                    scalar_t* __restrict__ columns, Geometry geo) {
    unfold(reinterpret_cast<const Bytes*>(x), reinterpret_cast<Bytes*>(columns), geo);
}

template <bool CHANNELS_LAST>
DEVICE void fold(const scalar_t* __restrict__ columns, scalar_t* __restrict__ x, const Geometry& geo,
                 long long row_step, long long image_step, long long position_step) {
    __shared__ Space space;
    enter(space, geo, blockIdx.y);
    const long long threads = static_cast<long long>(geo.images) * geo.columns.divisor * space.positions;
    if (first() >= threads) return;
    int index = static_cast<int>(first()), channel = CHANNELS_LAST ? take(index, geo.columns) : 0, q[AXES];
#pragma unroll
    for (int a = AXES - 1; a >= 0; --a) q[a] = take(index, space.lines[a + 3 - AXES].positions);
    if (!CHANNELS_LAST) channel = take(index, geo.columns);
    Point point = place(space, geo, 0, q);
    columns += index * image_step + static_cast<long long>(channel) * geo.weight_column * row_step;
    acc_t sum = acc_t(0);
    for (int t = 0; t < space.taps; ++t) {
        const Point tap = pair<false>(space, geo, t);
        if (inside(point, tap, geo)) {
            sum += acc_t(columns[tap.other * row_step + (point.source + tap.source) * position_step]);
        }
    }
    x[index * geo.target_image + channel * geo.target_column + point.other] = scalar_t(sum);
}

extern "C" __global__ void __launch_bounds__(256) fold_nchw(const scalar_t* __restrict__ columns,
                                                            scalar_t* __restrict__ x, Geometry geo,
                                                            long long row_step, long long image_step,
                                                            long long position_step) {
    fold<false>(columns, x, geo, row_step, image_step, position_step);
}

extern "C" __global__ void __launch_bounds__(256) fold_nhwc(const scalar_t* __restrict__ columns,
                                                            scalar_t* __restrict__ x, Geometry geo,
                                                            long long row_step, long long image_step,
                                                            long long position_step) {
    fold<true>(columns, x, geo, row_step, image_step, position_step);
}
