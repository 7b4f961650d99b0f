#include "channels.cuh"
#include "chunks.cuh"
// Sums over everything but the channel, and sums of squares over many arrays. Each is made in two passes, in an order
// that does not change from run to run; every element is read once.
//
// channel_sum: grids and blocks of channels.cuh; parts (splits, channels), added up by channel_sum_finish.
// square_sum: a block for each chunk of the table (chunks.cuh); parts (chunks), added up by one block.

extern "C" __global__ void channel_sum(const scalar_t* __restrict__ x, acc_t* __restrict__ parts, long long images,
                                       int channels, int length, int last, int width) {
    by_layout(images, channels, length, last, width, [&](auto layout) {
        using Layout = decltype(layout);
        acc_t sums[Layout::CHANNELS] = {};
        layout.each([&](long long at, long long) {
            acc_t v[Layout::WIDTH];
            load(x + at, v);
#pragma unroll
            for (int j = 0; j < Layout::WIDTH; ++j) sums[Layout::of(j)] += v[j];
        });
        add_up(layout, sums, parts);
    });
}

extern "C" __global__ void channel_sum_finish(const acc_t* __restrict__ parts, int splits, int channels,
                                              scalar_t* __restrict__ sums) {
    acc_t sum[1];
    if (total(parts, splits, channels, sum)) sums[blockIdx.x * blockDim.x + threadIdx.x] = scalar_t(sum[0]);
}

extern "C" __global__ void square_sum(const long long* __restrict__ table, acc_t* __restrict__ parts) {
    __shared__ acc_t scratch[32];
    acc_t sum = acc_t(0);
    each_of_chunk<1, 1, 0>(table, [&](acc_t* v) { sum += v[0] * v[0]; });
    sum = block_sum(sum, scratch);
    if (threadIdx.x == 0) parts[blockIdx.x] = sum;
}

extern "C" __global__ void square_sum_finish(const acc_t* __restrict__ parts, long long n, acc_t* __restrict__ sum) {
    __shared__ acc_t scratch[32];
    acc_t own = acc_t(0);
    for (long long i = threadIdx.x; i < n; i += blockDim.x) own += parts[i];
    own = block_sum(own, scratch);
    if (threadIdx.x == 0) *sum = own;
}
