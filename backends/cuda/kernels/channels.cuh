// The elements of each channel of x (N,C,L), in either of two layouts, shared out to threads; sums over them.
//
// Blocks have 256 threads, (lanes, rest); threads of one threadIdx.x have the same channels, and `reduce` merges what
// they find. blockIdx.y is a block's share of the elements.
//   Planes  memory order (N,C,L): a block has one channel, blockIdx.x; neighbouring threads have neighbouring elements.
//   Rows    memory order (N,L,C): a thread has WIDTH neighbouring channels, the next thread the next ones, and they go
//           from row to row.
// WIDTH is 4 where all arrays allow packs, else 1. Rows of another kind serve too: (M,D) is L = 1.
#pragma once
#include "common.cuh"

#define CHANNEL_THREADS 256

template <int WIDTH, class T>
DEVICE void load(const T* p, acc_t (&v)[WIDTH]) {
    if (WIDTH == 4) {
        const pack4<T> pack = *reinterpret_cast<const pack4<T>*>(p);
#pragma unroll
        for (int j = 0; j < WIDTH; ++j) v[j] = acc_t(pack.at[j]);
    } else {
        v[0] = acc_t(*p);
    }
}

template <int WIDTH>
DEVICE void store(scalar_t* p, const acc_t (&v)[WIDTH]) {
    if (WIDTH == 4) {
        pack4<scalar_t> pack;
#pragma unroll
        for (int j = 0; j < WIDTH; ++j) pack.at[j] = scalar_t(v[j]);
        *reinterpret_cast<pack4<scalar_t>*>(p) = pack;
    } else {
        *p = scalar_t(v[0]);
    }
}

template <int WIDTH_>
struct Planes {
    static constexpr int WIDTH = WIDTH_, CHANNELS = 1;  // neighbours read together; channels they belong to
    long long images;
    int channels, length;

    DEVICE int channel(int) const { return blockIdx.x; }
    DEVICE bool exists() const { return true; }
    DEVICE long long element(int) const { return static_cast<long long>(blockIdx.x) * length; }  // one of its
    DEVICE static constexpr int of(int) { return 0; }  // the j-th neighbour's channel

    // f(offset, row) of the thread's elements, WIDTH at a time
    template <class F>
    DEVICE void each(F f) const {
        const int units = length / WIDTH, begin = blockIdx.y * CHANNEL_THREADS + threadIdx.y;
        const int stride = gridDim.y * CHANNEL_THREADS, image_step = stride / units, unit_step = stride % units;
        const long long plane_step = static_cast<long long>(channels) * length;
        const long long jump = image_step * plane_step + unit_step * WIDTH;
        int unit = begin % units;
        long long image = begin / units;
        long long offset = image * plane_step + static_cast<long long>(blockIdx.x) * length + unit * WIDTH;
#pragma unroll 2
        while (image < images) {
            f(offset, image);
            offset += jump;
            image += image_step;
            unit += unit_step;
            if (unit >= units) {
                unit -= units;
                ++image;
                offset += plane_step - length;
            }
        }
    }
};

template <int WIDTH_>
struct Rows {
    static constexpr int WIDTH = WIDTH_, CHANNELS = WIDTH_;
    long long rows;
    int channels;

    DEVICE int channel(int k) const { return (blockIdx.x * blockDim.x + threadIdx.x) * WIDTH + k; }
    DEVICE bool exists() const { return channel(0) < channels; }
    DEVICE long long element(int k) const { return channel(k); }
    DEVICE static constexpr int of(int j) { return j; }

    template <class F>
    DEVICE void each(F f) const {
        if (!exists()) return;
        const long long stride = static_cast<long long>(gridDim.y) * blockDim.y;
#pragma unroll 2
        for (long long row = blockIdx.y * blockDim.y + threadIdx.y; row < rows; row += stride)
            f(row * channels + channel(0), row);
    }
};

// How x (images, channels, length) lies in memory: `last` 1 where channels are the last axis, `width` 4 or 1.
template <class F>
DEVICE void by_layout(long long images, int channels, int length, int last, int width, F f) {
    if (last && width == 4) f(Rows<4>{images * length, channels});
    if (last && width == 1) f(Rows<1>{images * length, channels});
    if (!last && width == 4) f(Planes<4>{images, channels, length});
    if (!last && width == 1) f(Planes<1>{images, channels, length});
}

// Merges the values of all threads of one threadIdx.x, always in the same order, for the one with threadIdx.y == 0.
template <class T, int COUNT, class F>
DEVICE void reduce(T (&value)[COUNT], F merge) {
    __shared__ T held[COUNT][CHANNEL_THREADS];
    const int thread = threadIdx.y * blockDim.x + threadIdx.x;
#pragma unroll
    for (int k = 0; k < COUNT; ++k) held[k][thread] = value[k];
    for (int half = blockDim.y / 2; half > 0; half /= 2) {
        __syncthreads();
        if (threadIdx.y >= half) continue;
#pragma unroll
        for (int k = 0; k < COUNT; ++k) held[k][thread] = merge(held[k][thread], held[k][thread + half * blockDim.x]);
    }
#pragma unroll
    for (int k = 0; k < COUNT; ++k) value[k] = held[k][thread];
}

struct Add {
    template <class T>
    DEVICE T operator()(T a, T b) const {
        return a + b;
    }
};

// Writes the block's sums to parts (quantities, gridDim.y, channels): value[q * CHANNELS + k] is that of quantity q.
template <class Layout, int COUNT>
DEVICE void add_up(const Layout& x, acc_t (&value)[COUNT], acc_t* parts) {
    reduce(value, Add());
    if (threadIdx.y != 0 || !x.exists()) return;
#pragma unroll
    for (int i = 0; i < COUNT; ++i) {
        const long long quantity = i / Layout::CHANNELS;
        parts[(quantity * gridDim.y + blockIdx.y) * x.channels + x.channel(i % Layout::CHANNELS)] = value[i];
    }
}

// The second pass: value[q] = sum over splits of parts (quantities, splits, channels), for the channel of the thread.
// Blocks of (32, 8) threads, grid of one dimension. True in the one thread of a channel that has the result.
template <int QUANTITIES>
DEVICE bool total(const acc_t* parts, int splits, int channels, acc_t (&value)[QUANTITIES]) {
    const int channel = blockIdx.x * blockDim.x + threadIdx.x;
#pragma unroll
    for (int q = 0; q < QUANTITIES; ++q) {
        value[q] = acc_t(0);
        if (channel >= channels) continue;
        for (int s = threadIdx.y; s < splits; s += blockDim.y)
            value[q] += parts[(static_cast<long long>(q) * splits + s) * channels + channel];
    }
    reduce(value, Add());
    return threadIdx.y == 0 && channel < channels;
}

// sums (quantities, channels)
template <int QUANTITIES>
DEVICE void write_totals(const acc_t* parts, int splits, int channels, acc_t* sums) {
    acc_t value[QUANTITIES];
    if (!total(parts, splits, channels, value)) return;
#pragma unroll
    for (int q = 0; q < QUANTITIES; ++q) sums[q * channels + blockIdx.x * blockDim.x + threadIdx.x] = value[q];
}

DEVICE acc_t reciprocal_root(acc_t v) { return acc_t(1) / square_root(v); }
