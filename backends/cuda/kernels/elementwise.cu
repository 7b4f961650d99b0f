#include "common.cuh"
// Elementwise functions, each one pass over memory.
//
// Grid: one dimension, any number of blocks; thread i owns packs of four elements i, i + step, ..., so that neighbours
// in memory belong to neighbours in a warp. GELU: Hendrycks and Gimpel, Gaussian Error Linear Units, 2016.

#define SQRT_HALF acc_t(0.70710678118654752440)
#define SQRT_2_OVER_PI acc_t(0.79788456080286535588)
#define INV_SQRT_2_PI acc_t(0.39894228040143267794)
#define CUBE acc_t(0.044715)

extern "C" __global__ void erf_kernel(const scalar_t* __restrict__ x, scalar_t* __restrict__ y, long long n) {
    map(x, y, n, [](acc_t v) { return error_function(v); });
}

extern "C" __global__ void sigmoid(const scalar_t* __restrict__ x, scalar_t* __restrict__ y, long long n) {
    map(x, y, n, [](acc_t v) { return logistic(v); });
}

extern "C" __global__ void sigmoid_grad(const scalar_t* __restrict__ g, const scalar_t* __restrict__ y,
                                        scalar_t* __restrict__ gx, long long n) {
    map(g, y, gx, n, [](acc_t g, acc_t y) { return g * (y * (acc_t(1) - y)); });
}

extern "C" __global__ void relu(const scalar_t* __restrict__ x, scalar_t* __restrict__ y, long long n) {
    map(x, y, n, [](acc_t v) { return v <= acc_t(0) ? acc_t(0) : v; });  // NaN is kept
}

extern "C" __global__ void relu_grad(const scalar_t* __restrict__ g, const scalar_t* __restrict__ y,
                                     scalar_t* __restrict__ gx, long long n) {
    map(g, y, gx, n, [](acc_t g, acc_t y) { return y > acc_t(0) ? g : acc_t(0); });
}

// GELU by the error function.

extern "C" __global__ void gelu_erf(const scalar_t* __restrict__ x, scalar_t* __restrict__ y, long long n) {
    map(x, y, n, [](acc_t v) { return acc_t(0.5) * v * (acc_t(1) + error_function(v * SQRT_HALF)); });
}

extern "C" __global__ void gelu_erf_grad(const scalar_t* __restrict__ g, const scalar_t* __restrict__ x,
                                         scalar_t* __restrict__ gx, long long n) {
    map(g, x, gx, n, [](acc_t g, acc_t v) {
        const acc_t slope = exponential(acc_t(-0.5) * v * v) * INV_SQRT_2_PI;
        return g * (acc_t(0.5) * (acc_t(1) + error_function(v * SQRT_HALF)) + v * slope);
    });
}

// GELU by the hyperbolic tangent.

extern "C" __global__ void gelu_tanh(const scalar_t* __restrict__ x, scalar_t* __restrict__ y, long long n) {
    map(x, y, n, [](acc_t v) {
        return acc_t(0.5) * v * (acc_t(1) + hyperbolic_tangent(SQRT_2_OVER_PI * (v + CUBE * v * v * v)));
    });
}

extern "C" __global__ void gelu_tanh_grad(const scalar_t* __restrict__ g, const scalar_t* __restrict__ x,
                                          scalar_t* __restrict__ gx, long long n) {
    map(g, x, gx, n, [](acc_t g, acc_t v) {
        const acc_t square = v * v, t = hyperbolic_tangent(SQRT_2_OVER_PI * (v + CUBE * v * square));
        const acc_t slope = SQRT_2_OVER_PI * (acc_t(1) + acc_t(3) * CUBE * square) * (acc_t(1) - t * t) * acc_t(0.5);
        return g * (acc_t(0.5) * (acc_t(1) + t) + v * slope);
    });
}
