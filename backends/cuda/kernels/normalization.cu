#include "channels.cuh"
// Batch normalization and its gradient. Statistics and sums are acc_t; every sum has a fixed order.
//
// Layouts, grids and blocks are those of channels.cuh. Three launches forward: batch_norm_moments makes each block's
// count, mean and squared deviation, batch_norm_finish merges them (Chan, Golub and LeVeque, 1983), batch_norm
// normalizes: x is read twice, y written. Three launches backward: sums of g and g * h, their totals, the gradient: g
// and x are read twice, gx written. Forward all values have the channel's first element, its origin, taken off before
// anything else, so that a large mean costs no digits.

struct Moments {
    acc_t count, mean, square;  // square: the sum of (value - mean)^2
};

struct Merge {
    DEVICE Moments operator()(const Moments& a, const Moments& b) const {
        const acc_t count = a.count + b.count;
        if (count == acc_t(0)) return a;
        const acc_t apart = b.mean - a.mean, part = b.count / count;
        return {count, a.mean + apart * part, a.square + b.square + apart * apart * a.count * part};
    }
};

// The moments of neighbours that belong to one channel.
template <int N>
DEVICE Moments moments_of(const acc_t (&v)[N]) {
    acc_t sum = acc_t(0), square = acc_t(0);
#pragma unroll
    for (int j = 0; j < N; ++j) sum += v[j];
    const acc_t mean = sum / acc_t(N);
#pragma unroll
    for (int j = 0; j < N; ++j) square += (v[j] - mean) * (v[j] - mean);
    return {acc_t(N), mean, square};
}

template <int WIDTH>
DEVICE void take_in(const Planes<WIDTH>&, const acc_t (&v)[WIDTH], acc_t, Moments (&found)[1]) {
    found[0] = Merge()(found[0], moments_of(v));
}

template <int WIDTH>
DEVICE void take_in(const Rows<WIDTH>&, const acc_t (&v)[WIDTH], acc_t share, Moments (&found)[WIDTH]) {
#pragma unroll
    for (int k = 0; k < WIDTH; ++k) {  // Welford, 1962; share = 1 / how many there are now
        const acc_t apart = v[k] - found[k].mean;
        found[k].mean += apart * share;
        found[k].square += apart * (v[k] - found[k].mean);
    }
}

// parts (3, gridDim.y, channels): count, mean less the origin, squared deviation.
extern "C" __global__ void batch_norm_moments(const scalar_t* __restrict__ x, acc_t* __restrict__ parts,
                                              long long images, int channels, int length, int last, int width) {
    by_layout(images, channels, length, last, width, [&](auto layout) {
        using Layout = decltype(layout);
        constexpr int K = Layout::CHANNELS;
        Moments found[K] = {};
        acc_t origin[K] = {};
        if (layout.exists()) {
#pragma unroll
            for (int k = 0; k < K; ++k) origin[k] = acc_t(x[layout.element(k)]);
        }
        acc_t steps = acc_t(0);
        layout.each([&](long long at, long long) {
            acc_t v[Layout::WIDTH];
            load(x + at, v);
#pragma unroll
            for (int j = 0; j < Layout::WIDTH; ++j) v[j] -= origin[Layout::of(j)];
            steps += acc_t(1);
            take_in(layout, v, acc_t(1) / steps, found);
        });
#pragma unroll
        for (int k = 0; k < K; ++k) found[k].count = steps * acc_t(Layout::WIDTH / K);
        reduce(found, Merge());
        if (threadIdx.y != 0 || !layout.exists()) return;
        const long long size = static_cast<long long>(gridDim.y) * channels;
#pragma unroll
        for (int k = 0; k < K; ++k) {
            acc_t* const part = parts + static_cast<long long>(blockIdx.y) * channels + layout.channel(k);
            part[0] = found[k].count;
            part[size] = found[k].mean;
            part[2 * size] = found[k].square;
        }
    });
}

// x is read for the origins only. centre: the mean less the origin; scale: weight / sqrt(var + eps).
extern "C" __global__ void batch_norm_finish(const acc_t* __restrict__ parts, int splits, int channels,
                                             const scalar_t* __restrict__ x, int channel_stride,
                                             const acc_t* __restrict__ weight, acc_t* __restrict__ mean,
                                             acc_t* __restrict__ var, acc_t* __restrict__ centre,
                                             acc_t* __restrict__ scale, acc_t eps) {
    const int channel = blockIdx.x * blockDim.x + threadIdx.x;
    const long long size = static_cast<long long>(splits) * channels;
    Moments all[1] = {};
    if (channel < channels) {
        for (int s = threadIdx.y; s < splits; s += blockDim.y) {
            const acc_t* const part = parts + static_cast<long long>(s) * channels + channel;
            all[0] = Merge()(all[0], Moments{part[0], part[size], part[2 * size]});
        }
    }
    reduce(all, Merge());
    if (threadIdx.y != 0 || channel >= channels) return;
    const acc_t variance = all[0].square / all[0].count;
    mean[channel] = acc_t(x[static_cast<long long>(channel) * channel_stride]) + all[0].mean;
    var[channel] = variance;
    centre[channel] = all[0].mean;
    scale[channel] = (weight ? weight[channel] : acc_t(1)) * reciprocal_root(variance + eps);
}

// y = the normalized values after epilogue(values, offset): what follows joins this pass.
template <class Layout, class Epilogue>
DEVICE void normalize(const Layout& layout, const scalar_t* __restrict__ x, const acc_t* __restrict__ centre,
                      const acc_t* __restrict__ scale, const acc_t* __restrict__ bias, scalar_t* __restrict__ y,
                      Epilogue epilogue) {
    constexpr int K = Layout::CHANNELS;
    if (!layout.exists()) return;
    acc_t origin[K], middle[K], factor[K], shift[K];
#pragma unroll
    for (int k = 0; k < K; ++k) {
        const int channel = layout.channel(k);
        origin[k] = acc_t(x[layout.element(k)]);
        middle[k] = centre[channel];
        factor[k] = scale[channel];
        shift[k] = bias ? bias[channel] : acc_t(0);
    }
    layout.each([&](long long at, long long) {
        acc_t v[Layout::WIDTH];
        load(x + at, v);
#pragma unroll
        for (int j = 0; j < Layout::WIDTH; ++j) {
            const int k = Layout::of(j);
            v[j] = (v[j] - origin[k] - middle[k]) * factor[k] + shift[k];
        }
        epilogue(v, at);
        store(y + at, v);
    });
}

struct Unchanged {
    template <int N>
    DEVICE void operator()(acc_t (&)[N], long long) const {}
};

struct Relu {
    const scalar_t* residual;  // what is added before, if anything

    template <int N>
    DEVICE void operator()(acc_t (&v)[N], long long at) const {
        acc_t other[N] = {};
        if (residual) load(residual + at, other);
#pragma unroll
        for (int j = 0; j < N; ++j) {
            v[j] += other[j];
            v[j] = v[j] <= acc_t(0) ? acc_t(0) : v[j];  // NaN stays
        }
    }
};

extern "C" __global__ void batch_norm(const scalar_t* __restrict__ x, const acc_t* __restrict__ centre,
                                      const acc_t* __restrict__ scale, const acc_t* __restrict__ bias,
                                      scalar_t* __restrict__ y, long long images, int channels, int length, int last,
                                      int width) {
    by_layout(images, channels, length, last, width,
              [&](auto layout) { normalize(layout, x, centre, scale, bias, y, Unchanged()); });
}

extern "C" __global__ void batch_norm_relu(const scalar_t* __restrict__ x, const acc_t* __restrict__ centre,
                                           const acc_t* __restrict__ scale, const acc_t* __restrict__ bias,
                                           const scalar_t* __restrict__ residual, scalar_t* __restrict__ y,
                                           long long images, int channels, int length, int last, int width) {
    by_layout(images, channels, length, last, width,
              [&](auto layout) { normalize(layout, x, centre, scale, bias, y, Relu{residual}); });
}

// parts (2, gridDim.y, channels): sums of g and of g * h, h = (x - mean) / sqrt(var + eps); upper(offset, u) loads g.
template <class Layout, class Upper>
DEVICE void gradient_sums(const Layout& layout, const scalar_t* __restrict__ x, const acc_t* __restrict__ mean,
                          const acc_t* __restrict__ var, acc_t* __restrict__ parts, acc_t eps, Upper upper) {
    constexpr int K = Layout::CHANNELS;
    acc_t sums[2 * K] = {}, middle[K] = {}, factor[K] = {};
    if (layout.exists()) {
#pragma unroll
        for (int k = 0; k < K; ++k) {
            middle[k] = mean[layout.channel(k)];
            factor[k] = reciprocal_root(var[layout.channel(k)] + eps);
        }
    }
    layout.each([&](long long at, long long) {
        acc_t u[Layout::WIDTH], v[Layout::WIDTH];
        upper(at, u);
        load(x + at, v);
#pragma unroll
        for (int j = 0; j < Layout::WIDTH; ++j) {
            const int k = Layout::of(j);
            sums[k] += u[j];
            sums[K + k] += u[j] * ((v[j] - middle[k]) * factor[k]);
        }
    });
    add_up(layout, sums, parts);
}

struct Given {
    const scalar_t* g;

    template <int N>
    DEVICE void operator()(long long at, acc_t (&u)[N]) const {
        load(g + at, u);
    }
};

// What passes the ReLU whose result is y, which is also written.
struct Passed {
    const scalar_t* g;
    const scalar_t* y;
    scalar_t* passed;

    template <int N>
    DEVICE void operator()(long long at, acc_t (&u)[N]) const {
        acc_t result[N];
        load(g + at, u);
        load(y + at, result);
#pragma unroll
        for (int j = 0; j < N; ++j) u[j] = result[j] > acc_t(0) ? u[j] : acc_t(0);
        store(passed + at, u);
    }
};

extern "C" __global__ void batch_norm_grad_sums(const scalar_t* __restrict__ g, const scalar_t* __restrict__ x,
                                                const acc_t* __restrict__ mean, const acc_t* __restrict__ var,
                                                acc_t* __restrict__ parts, long long images, int channels, int length,
                                                acc_t eps, int last, int width) {
    by_layout(images, channels, length, last, width,
              [&](auto layout) { gradient_sums(layout, x, mean, var, parts, eps, Given{g}); });
}

extern "C" __global__ void batch_norm_relu_grad_sums(const scalar_t* __restrict__ g, const scalar_t* __restrict__ y,
                                                     const scalar_t* __restrict__ x, scalar_t* __restrict__ passed,
                                                     const acc_t* __restrict__ mean, const acc_t* __restrict__ var,
                                                     acc_t* __restrict__ parts, long long images, int channels,
                                                     int length, acc_t eps, int last, int width) {
    by_layout(images, channels, length, last, width,
              [&](auto layout) { gradient_sums(layout, x, mean, var, parts, eps, Passed{g, y, passed}); });
}

// sums (2, channels): the gradients of bias and weight.
extern "C" __global__ void grad_finish(const acc_t* __restrict__ parts, int splits, int channels,
                                       acc_t* __restrict__ sums) {
    write_totals<2>(parts, splits, channels, sums);
}

// g and gx may be one array.
extern "C" __global__ void batch_norm_grad(const scalar_t* g, const scalar_t* __restrict__ x,
                                           const acc_t* __restrict__ weight, const acc_t* __restrict__ mean,
                                           const acc_t* __restrict__ var, const acc_t* __restrict__ sums, scalar_t* gx,
                                           long long images, int channels, int length, acc_t eps, int last,
                                           int width) {
    by_layout(images, channels, length, last, width, [&](auto layout) {
        using Layout = decltype(layout);
        constexpr int K = Layout::CHANNELS;
        if (!layout.exists()) return;
        const acc_t count = acc_t(images) * acc_t(length);
        acc_t middle[K], factor[K], outer[K], constant[K], slope[K];
#pragma unroll
        for (int k = 0; k < K; ++k) {
            const int channel = layout.channel(k);
            middle[k] = mean[channel];
            factor[k] = reciprocal_root(var[channel] + eps);
            outer[k] = weight ? factor[k] * weight[channel] : factor[k];
            constant[k] = sums[channel] / count;
            slope[k] = sums[channels + channel] / count;
        }
        layout.each([&](long long at, long long) {
            acc_t u[Layout::WIDTH], v[Layout::WIDTH];
            load(g + at, u);
            load(x + at, v);
#pragma unroll
            for (int j = 0; j < Layout::WIDTH; ++j) {
                const int k = Layout::of(j);
                const acc_t h = (v[j] - middle[k]) * factor[k];
                u[j] = (u[j] - constant[k] - h * slope[k]) * outer[k];
            }
            store(gx + at, u);
        });
    });
}

