#include "common.cuh"
// Activations and their gradients, each one pass over memory; parameters come last.
//
// Grid: one dimension, any number of blocks; thread i owns packs of four elements i, i + step, ... (``map``).
// A comparison with NaN is false: values of NaN come out as NaN, gradients at NaN are those of the reference.

DEVICE acc_t clip(acc_t v, acc_t low, acc_t high) {  // high where low is above it
    const acc_t u = v < low ? low : v;
    return u > high ? high : u;
}

DEVICE acc_t log1p_exp(acc_t z) {  // log(1 + exp(z)) without overflow
    return (z > acc_t(0) ? z : acc_t(0)) + log_of_1_plus(exponential(-absolute(z)));
}

DEVICE acc_t tanh_log1p(acc_t e) {  // tanh(log(1 + e)) = ((1 + e)^2 - 1) / ((1 + e)^2 + 1)
    const acc_t n = e * (e + acc_t(2));
    return n / (n + acc_t(2));
}

DEVICE acc_t at_most(acc_t v, acc_t high) { return v > high ? high : v; }

// -- bends ------------------------------------------------------------------------------------------------------------

extern "C" __global__ void clamp(const scalar_t* __restrict__ x, scalar_t* __restrict__ y, long long n, acc_t low,
                                 acc_t high) {
    map(x, y, n, [low, high](acc_t v) { return clip(v, low, high); });
}

extern "C" __global__ void clamp_grad(const scalar_t* __restrict__ g, const scalar_t* __restrict__ x,
                                      scalar_t* __restrict__ gx, long long n, acc_t low, acc_t high) {
    map(g, x, gx, n, [low, high](acc_t g, acc_t v) { return v >= low && v <= high ? g : acc_t(0); });
}

extern "C" __global__ void hardtanh(const scalar_t* __restrict__ x, scalar_t* __restrict__ y, long long n, acc_t low,
                                    acc_t high) {
    map(x, y, n, [low, high](acc_t v) { return clip(v, low, high); });
}

extern "C" __global__ void hardtanh_grad(const scalar_t* __restrict__ g, const scalar_t* __restrict__ x,
                                         scalar_t* __restrict__ gx, long long n, acc_t low, acc_t high) {
    map(g, x, gx, n, [low, high](acc_t g, acc_t v) { return v <= low || v >= high ? acc_t(0) : g; });
}

extern "C" __global__ void leaky_relu(const scalar_t* __restrict__ x, scalar_t* __restrict__ y, long long n,
                                      acc_t slope) {
    map(x, y, n, [slope](acc_t v) { return v > acc_t(0) ? v : v * slope; });
}

extern "C" __global__ void leaky_relu_grad(const scalar_t* __restrict__ g, const scalar_t* __restrict__ x,
                                           scalar_t* __restrict__ gx, long long n, acc_t slope) {
    map(g, x, gx, n, [slope](acc_t g, acc_t v) { return v > acc_t(0) ? g : g * slope; });
}

extern "C" __global__ void hardsigmoid(const scalar_t* __restrict__ x, scalar_t* __restrict__ y, long long n) {
    map(x, y, n, [](acc_t v) { return clip(v / acc_t(6) + acc_t(0.5), acc_t(0), acc_t(1)); });
}

extern "C" __global__ void hardsigmoid_grad(const scalar_t* __restrict__ g, const scalar_t* __restrict__ x,
                                            scalar_t* __restrict__ gx, long long n) {
    map(g, x, gx, n, [](acc_t g, acc_t v) { return v > acc_t(-3) && v < acc_t(3) ? g / acc_t(6) : acc_t(0); });
}

extern "C" __global__ void hardswish(const scalar_t* __restrict__ x, scalar_t* __restrict__ y, long long n) {
    map(x, y, n, [](acc_t v) { return v * clip(v / acc_t(6) + acc_t(0.5), acc_t(0), acc_t(1)); });
}

extern "C" __global__ void hardswish_grad(const scalar_t* __restrict__ g, const scalar_t* __restrict__ x,
                                          scalar_t* __restrict__ gx, long long n) {
    map(g, x, gx, n, [](acc_t g, acc_t v) {
        return v <= acc_t(-3) ? acc_t(0) : v < acc_t(3) ? g * (v / acc_t(3) + acc_t(0.5)) : g;
    });
}

// -- smooth, or smooth on either side of zero -------------------------------------------------------------------------

extern "C" __global__ void elu(const scalar_t* __restrict__ x, scalar_t* __restrict__ y, long long n, acc_t alpha,
                               acc_t scale, acc_t rate) {
    map(x, y, n, [alpha, scale, rate](acc_t v) {
        return v > acc_t(0) ? v * scale : exponential_minus_1(v * rate) * (alpha * scale);
    });
}

extern "C" __global__ void elu_grad(const scalar_t* __restrict__ g, const scalar_t* __restrict__ x,
                                    scalar_t* __restrict__ gx, long long n, acc_t alpha, acc_t scale, acc_t rate) {
    map(g, x, gx, n, [alpha, scale, rate](acc_t g, acc_t v) {
        return v <= acc_t(0) ? g * (exponential(v * rate) * (alpha * scale * rate)) : g * scale;
    });
}

extern "C" __global__ void silu(const scalar_t* __restrict__ x, scalar_t* __restrict__ y, long long n) {
    map(x, y, n, [](acc_t v) { return v * logistic(v); });
}

extern "C" __global__ void silu_grad(const scalar_t* __restrict__ g, const scalar_t* __restrict__ x,
                                     scalar_t* __restrict__ gx, long long n) {
    map(g, x, gx, n, [](acc_t g, acc_t v) {
        const acc_t s = logistic(v);
        return g * (s * (v * (acc_t(1) - s) + acc_t(1)));
    });
}

extern "C" __global__ void softplus(const scalar_t* __restrict__ x, scalar_t* __restrict__ y, long long n, acc_t beta,
                                    acc_t threshold) {
    map(x, y, n, [beta, threshold](acc_t v) { return v * beta > threshold ? v : log1p_exp(v * beta) / beta; });
}

extern "C" __global__ void softplus_grad(const scalar_t* __restrict__ g, const scalar_t* __restrict__ x,
                                         scalar_t* __restrict__ gx, long long n, acc_t beta, acc_t threshold) {
    map(g, x, gx, n, [beta, threshold](acc_t g, acc_t v) { return v * beta > threshold ? g : g * logistic(v * beta); });
}

extern "C" __global__ void logsigmoid(const scalar_t* __restrict__ x, scalar_t* __restrict__ y, long long n) {
    map(x, y, n, [](acc_t v) { return -log1p_exp(-v); });
}

extern "C" __global__ void logsigmoid_grad(const scalar_t* __restrict__ g, const scalar_t* __restrict__ x,
                                           scalar_t* __restrict__ gx, long long n) {
    map(g, x, gx, n, [](acc_t g, acc_t v) { return g * logistic(-v); });
}

extern "C" __global__ void mish(const scalar_t* __restrict__ x, scalar_t* __restrict__ y, long long n) {
    map(x, y, n, [](acc_t v) {
        return v * tanh_log1p(exponential(at_most(v, acc_t(20))));  // from 20 on the factor is 1
    });
}

extern "C" __global__ void mish_grad(const scalar_t* __restrict__ g, const scalar_t* __restrict__ x,
                                     scalar_t* __restrict__ gx, long long n) {
    map(g, x, gx, n, [](acc_t g, acc_t v) {
        const acc_t u = at_most(v, acc_t(20)), t = tanh_log1p(exponential(u));
        return g * (t + u * logistic(u) * (acc_t(1) - t) * (acc_t(1) + t));
    });
}

extern "C" __global__ void magnitude(const scalar_t* __restrict__ x, scalar_t* __restrict__ y, long long n) {
    map(x, y, n, [](acc_t v) { return absolute(v); });
}

extern "C" __global__ void magnitude_grad(const scalar_t* __restrict__ g, const scalar_t* __restrict__ x,
                                          scalar_t* __restrict__ gx, long long n) {
    map(g, x, gx, n, [](acc_t g, acc_t v) { return v > acc_t(0) ? g : v < acc_t(0) ? -g : g * acc_t(0); });
}

extern "C" __global__ void square(const scalar_t* __restrict__ x, scalar_t* __restrict__ y, long long n) {
    map(x, y, n, [](acc_t v) { return v * v; });
}

extern "C" __global__ void square_grad(const scalar_t* __restrict__ g, const scalar_t* __restrict__ x,
                                       scalar_t* __restrict__ gx, long long n) {
    map(g, x, gx, n, [](acc_t g, acc_t v) { return g * (v + v); });
}

extern "C" __global__ void huber(const scalar_t* __restrict__ x, scalar_t* __restrict__ y, long long n, acc_t delta) {
    map(x, y, n, [delta](acc_t v) {
        const acc_t d = absolute(v);
        return d < delta ? d * d * acc_t(0.5) : (d - acc_t(0.5) * delta) * delta;
    });
}

extern "C" __global__ void huber_grad(const scalar_t* __restrict__ g, const scalar_t* __restrict__ x,
                                      scalar_t* __restrict__ gx, long long n, acc_t delta) {
    map(g, x, gx, n, [delta](acc_t g, acc_t v) { return g * clip(v, -delta, delta); });
}
