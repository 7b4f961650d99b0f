#include "chunks.cuh"
// Optimizer steps: one pass over parameters, gradients and state of all tensors of a dtype.
//
// Grid: one block for each chunk of the table (chunks.cuh). Per element the bytes moved are those of the arrays named,
// once for reading and once for writing: 20 for SGD with momentum, 28 for Adam in float32. Arithmetic is done in
// acc_t.

#define PARAM 1
#define GRAD 2

extern "C" __global__ void scale(const long long* __restrict__ table, const acc_t* __restrict__ device_factor,
                                 acc_t host_factor) {
    const acc_t factor = device_factor ? *device_factor : host_factor;
    each_of_chunk<1, 1, 1>(table, [=](acc_t* v) { v[0] *= factor; });
}

// The direction to go down: the gradient, turned round by sign = -1, with the penalty's.
DEVICE acc_t slope(acc_t p, acc_t g, acc_t sign, acc_t decay) {
    g *= sign;
    return decay != acc_t(0) ? g + decay * p : g;
}

extern "C" __global__ void sgd(const long long* __restrict__ table, acc_t lr, acc_t sign, acc_t decay) {
    each_of_chunk<2, PARAM | GRAD, PARAM>(table, [=](acc_t* v) { v[0] -= lr * slope(v[0], v[1], sign, decay); });
}

// The arrays are parameter, gradient, buffer. The first buffer is the gradient.
#define BUFFER 4

extern "C" __global__ void sgd_momentum_first(const long long* __restrict__ table, acc_t lr, acc_t sign, acc_t decay,
                                              acc_t momentum, int nesterov) {
    each_of_chunk<3, PARAM | GRAD, PARAM | BUFFER>(table, [=](acc_t* v) {
        const acc_t g = slope(v[0], v[1], sign, decay);
        v[2] = g;
        v[0] -= lr * (nesterov ? g + momentum * g : g);
    });
}

extern "C" __global__ void sgd_momentum(const long long* __restrict__ table, acc_t lr, acc_t sign, acc_t decay,
                                        acc_t momentum, acc_t gain, int nesterov) {
    each_of_chunk<3, PARAM | GRAD | BUFFER, PARAM | BUFFER>(table, [=](acc_t* v) {
        const acc_t g = slope(v[0], v[1], sign, decay);
        v[2] = momentum * v[2] + gain * g;
        v[0] -= lr * (nesterov ? g + momentum * v[2] : v[2]);
    });
}

// The arrays are parameter, gradient, m, v and, for AMSGrad, the largest v.
#define AVERAGES 12
#define LARGEST 16

// gain1 = 1 - beta1, gain2 = 1 - beta2; step = lr / (1 - beta1^t), unbias = 1 / sqrt(1 - beta2^t);
// shrink = 1 - lr * weight_decay where the decay is decoupled, else 1.
template <int K, int WRITE>
DEVICE void adam_step(const long long* __restrict__ table, acc_t step, acc_t unbias, acc_t gain1, acc_t beta2,
                      acc_t gain2, acc_t eps, acc_t sign, acc_t decay, acc_t shrink) {
    each_of_chunk<K, (1 << K) - 1, WRITE>(table, [=](acc_t* v) {
        const acc_t g = slope(v[0], v[1], sign, decay);
        v[2] += gain1 * (g - v[2]);
        v[3] = beta2 * v[3] + gain2 * (g * g);
        acc_t square = v[3];
        if (K == 5) square = v[K - 1] = square > v[K - 1] || square != square ? square : v[K - 1];
        v[0] = v[0] * shrink - step * v[2] / (square_root(square) * unbias + eps);
    });
}

extern "C" __global__ void adam(const long long* __restrict__ table, acc_t step, acc_t unbias, acc_t gain1, acc_t beta2,
                                acc_t gain2, acc_t eps, acc_t sign, acc_t decay, acc_t shrink) {
    adam_step<4, PARAM | AVERAGES>(table, step, unbias, gain1, beta2, gain2, eps, sign, decay, shrink);
}

extern "C" __global__ void amsgrad(const long long* __restrict__ table, acc_t step, acc_t unbias, acc_t gain1,
                                   acc_t beta2, acc_t gain2, acc_t eps, acc_t sign, acc_t decay, acc_t shrink) {
    adam_step<5, PARAM | AVERAGES | LARGEST>(table, step, unbias, gain1, beta2, gain2, eps, sign, decay, shrink);
}
