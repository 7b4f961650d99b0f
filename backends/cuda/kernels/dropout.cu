#include "common.cuh"
#include "philox.cuh"
// Dropout: random numbers, mask and scaling in one pass. Element i in row-major order of (N,C,*S) is kept where the
// upper 24 bits of word i of the stream are at least `least`, however the array lies in memory.
//
// Grid: one dimension, any number of blocks. Bytes moved: x and y once, one byte of mask an element.

DEVICE scalar_t scaled(scalar_t x, bool kept, acc_t scale) {
    return scalar_t(acc_t(x) * (kept ? scale : acc_t(0)));  // 0 * inf is NaN, as in the reference
}

// Thread b owns elements 4b ... 4b + 3: one block of words, one pack.
extern "C" __global__ void dropout(const scalar_t* __restrict__ x, scalar_t* __restrict__ y, bool* __restrict__ mask,
                                   long long n, unsigned long long seed, unsigned long long offset, unsigned least,
                                   acc_t scale) {
    const bool whole = packed(x) && packed(y) && packed(mask);
    for (long long b = first(); 4 * b < n; b += step()) {
        const Words w = philox(seed, offset + b);
        if (whole && 4 * b + 4 <= n) {
            const pack4<scalar_t> v = reinterpret_cast<const pack4<scalar_t>*>(x)[b];
            pack4<scalar_t> r;
            pack4<bool> m;
#pragma unroll
            for (int j = 0; j < 4; ++j) {
                m.at[j] = w.at[j] >> 8 >= least;
                r.at[j] = scaled(v.at[j], m.at[j], scale);
            }
            reinterpret_cast<pack4<scalar_t>*>(y)[b] = r;
            reinterpret_cast<pack4<bool>*>(mask)[b] = m;
        } else {
#pragma unroll
            for (int j = 0; j < 4; ++j) {
                const long long i = 4 * b + j;
                if (i >= n) continue;
                const bool kept = w.at[j] >> 8 >= least;
                mask[i] = kept;
                y[i] = scaled(x[i], kept, scale);
            }
        }
    }
}

// Channels last: memory is (N,places,C). Thread e owns, of one image and channel, those of four neighbouring places
// whose words are one block, so that a block of words is made at most twice; neighbouring threads own
// neighbouring channels.
extern "C" __global__ void dropout_channels_last(const scalar_t* __restrict__ x, scalar_t* __restrict__ y,
                                                 bool* __restrict__ mask, long long images, int channels,
                                                 long long places, unsigned long long seed, unsigned long long offset,
                                                 unsigned least, acc_t scale) {
    const long long groups = (places + 6) / 4;  // of four words that a plane can touch
    for (long long e = first(); e < images * groups * channels; e += step()) {
        const long long rest = e / channels, image = rest / groups;
        const int c = int(e - rest * channels);
        const long long plane = (image * channels + c) * places;  // number of the plane's first element
        const long long block = plane / 4 + (rest - image * groups);
        const Words w = philox(seed, offset + block);
#pragma unroll
        for (int j = 0; j < 4; ++j) {
            const long long place = 4 * block + j - plane;
            if (place < 0 || place >= places) continue;
            const long long i = (image * places + place) * channels + c;
            const bool kept = w.at[j] >> 8 >= least;
            mask[i] = kept;
            y[i] = scaled(x[i], kept, scale);
        }
    }
}
