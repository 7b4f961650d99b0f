#include "common.cuh"
// One step of an LSTM and of a GRU after their matrix products, each in one pass over memory.
//
// Arrays in C order: states (N,H), gates side by side in (N,4H) or (N,3H). Grid: x covers the columns of H, y the rows of
// N (and loops over the rest); the thread at (n, j) reads every gate of unit j in row n and writes all results there, so
// nothing is shared. Bytes for each unit: lstm_cell 5 read and 2 written, its gradient 8 and 5, gru_cell 7 and 1, its
// gradient 8 and 7, times the size of a number.
// Sources: Hochreiter and Schmidhuber, Long Short-Term Memory, 1997; Cho et al., Learning Phrase Representations, 2014.

template <class F>
DEVICE void for_each_unit(long long rows, int units, F f) {
    const int j = blockIdx.x * blockDim.x + threadIdx.x;
    if (j >= units) return;
    const long long step = static_cast<long long>(gridDim.y) * blockDim.y;
    for (long long n = static_cast<long long>(blockIdx.y) * blockDim.y + threadIdx.y; n < rows; n += step) f(n, j);
}

DEVICE acc_t slope(acc_t sigmoid) { return sigmoid * (acc_t(1) - sigmoid); }

// Gates in the order i, f, g, o: c' = sigmoid(f) c + sigmoid(i) tanh(g), h' = sigmoid(o) tanh(c').
extern "C" __global__ void lstm_cell(const scalar_t* __restrict__ gates, const scalar_t* __restrict__ c,
                                     scalar_t* __restrict__ h_new, scalar_t* __restrict__ c_new, long long rows,
                                     int units) {
    for_each_unit(rows, units, [=](long long n, int j) {
        const scalar_t* gate = gates + n * 4 * units + j;
        const long long at = n * units + j;
        const acc_t i = logistic(acc_t(gate[0])), f = logistic(acc_t(gate[units]));
        const acc_t g = hyperbolic_tangent(acc_t(gate[2 * units])), o = logistic(acc_t(gate[3 * units]));
        const acc_t v = f * acc_t(c[at]) + i * g;
        c_new[at] = scalar_t(v);
        h_new[at] = scalar_t(o * hyperbolic_tangent(v));
    });
}

// gh and gc may be null, which means zero.
extern "C" __global__ void lstm_cell_grad(const scalar_t* __restrict__ gh, const scalar_t* __restrict__ gc,
                                          const scalar_t* __restrict__ gates, const scalar_t* __restrict__ c,
                                          const scalar_t* __restrict__ c_new, scalar_t* __restrict__ g_gates,
                                          scalar_t* __restrict__ g_c, long long rows, int units) {
    for_each_unit(rows, units, [=](long long n, int j) {
        const scalar_t* gate = gates + n * 4 * units + j;
        scalar_t* out = g_gates + n * 4 * units + j;
        const long long at = n * units + j;
        const acc_t i = logistic(acc_t(gate[0])), f = logistic(acc_t(gate[units]));
        const acc_t g = hyperbolic_tangent(acc_t(gate[2 * units])), o = logistic(acc_t(gate[3 * units]));
        const acc_t t = hyperbolic_tangent(acc_t(c_new[at])), above = gh == nullptr ? acc_t(0) : acc_t(gh[at]);
        // the gradient of c': through h', and its own
        const acc_t total = above * o * (acc_t(1) - t * t) + (gc == nullptr ? acc_t(0) : acc_t(gc[at]));
        out[0] = scalar_t(total * g * slope(i));
        out[units] = scalar_t(total * acc_t(c[at]) * slope(f));
        out[2 * units] = scalar_t(total * i * (acc_t(1) - g * g));
        out[3 * units] = scalar_t(above * t * slope(o));
        g_c[at] = scalar_t(total * f);
    });
}

// Gates in the order r, z, n: h' = (1-z) n + z h, n = tanh(gi_n + r gh_n).
extern "C" __global__ void gru_cell(const scalar_t* __restrict__ gi, const scalar_t* __restrict__ gh,
                                    const scalar_t* __restrict__ h, scalar_t* __restrict__ h_new, long long rows,
                                    int units) {
    for_each_unit(rows, units, [=](long long n, int j) {
        const scalar_t *x = gi + n * 3 * units + j, *u = gh + n * 3 * units + j;
        const long long at = n * units + j;
        const acc_t r = logistic(acc_t(x[0]) + acc_t(u[0])), z = logistic(acc_t(x[units]) + acc_t(u[units]));
        const acc_t v = hyperbolic_tangent(acc_t(x[2 * units]) + r * acc_t(u[2 * units]));
        h_new[at] = scalar_t(v + z * (acc_t(h[at]) - v));
    });
}

// g_h is the gradient along z h only: gh is an argument of its own.
extern "C" __global__ void gru_cell_grad(const scalar_t* __restrict__ g, const scalar_t* __restrict__ gi,
                                         const scalar_t* __restrict__ gh, const scalar_t* __restrict__ h,
                                         scalar_t* __restrict__ g_gi, scalar_t* __restrict__ g_gh,
                                         scalar_t* __restrict__ g_h, long long rows, int units) {
    for_each_unit(rows, units, [=](long long n, int j) {
        const long long at = n * units + j, first = n * 3 * units + j;
        const scalar_t *x = gi + first, *u = gh + first;
        scalar_t *to_x = g_gi + first, *to_u = g_gh + first;
        const acc_t u_n = acc_t(u[2 * units]), above = acc_t(g[at]);
        const acc_t r = logistic(acc_t(x[0]) + acc_t(u[0])), z = logistic(acc_t(x[units]) + acc_t(u[units]));
        const acc_t v = hyperbolic_tangent(acc_t(x[2 * units]) + r * u_n);
        const acc_t to_n = above * (acc_t(1) - z) * (acc_t(1) - v * v);
        const acc_t to_r = to_n * u_n * slope(r), to_z = above * (acc_t(h[at]) - v) * slope(z);
        to_x[0] = to_u[0] = scalar_t(to_r);
        to_x[units] = to_u[units] = scalar_t(to_z);
        to_x[2 * units] = scalar_t(to_n);
        to_u[2 * units] = scalar_t(to_n * r);
        g_h[at] = scalar_t(above * z);
    });
}
