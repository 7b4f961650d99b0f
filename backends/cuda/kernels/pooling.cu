#include "common.cuh"
// Pooling over fixed or adaptive windows, and unfolding, over three spatial axes (leading ones of size 1).
//
// Arrays are (outer, depth, height, width, inner): outer = N*C and inner = 1 for (N,C,*S) in C order, outer = N and
// inner = C for channels last. Names in _packs work on 16 bytes of neighbours along inner at a time.
//
// Grid: one dimension; thread i owns elements (or packs) i, i + step, ... of the result, so neighbours in memory belong
// to neighbours in a warp. Each element of a result is made by one thread, in a fixed order: gradients are gathered
// from the windows that hold an element. No atomics on floats, the same result on every run. Other grids: row_mean,
// column_mean, pool_scatter.
//
// Bytes moved: input once and result once (overlapping windows are read again from the caches); max_pool besides writes
// 4 bytes an output for its position, max_pool_grad reads them.

#define PACK (16 / int(sizeof(scalar_t)))

// Division by a number known beforehand, of n < 2^31: (n + high(n * multiplier)) >> shift.
// Source: Granlund and Montgomery, Division by Invariant Integers using Multiplication, PLDI 1994.
struct Divider {
    unsigned divisor, multiplier, shift;
};

struct Axis {  // stride 0: adaptive windows
    int size, kernel, stride, padding, dilation, out;
    Divider by_size, by_out, by_stride;
};

struct Windows {
    Axis depth, height, width;
    Divider by_inner;
    int include_pad, divisor;  // of averages
};

template <int V>
struct alignas(V * sizeof(scalar_t)) Values {
    scalar_t at[V];
};

template <int V>
struct alignas(V == 1 ? 4 : V == 2 ? 8 : 16) Places {
    int at[V];
};

DEVICE unsigned quotient(const Divider& d, unsigned n) { return (__umulhi(n, d.multiplier) + n) >> d.shift; }

// Element e of (outer, depth, height, width, inner), taken apart.
struct Cell {
    long long outer;
    int d, h, w, i;
};

DEVICE Cell cell(long long e, const Divider& depth, const Divider& height, const Divider& width, const Divider& inner) {
    long long outer = 0;
    if (e >= (1ll << 31)) {  // what is left fits: one image has fewer elements
        const long long image = static_cast<long long>(depth.divisor) * height.divisor * width.divisor * inner.divisor;
        outer = e / image;
        e -= outer * image;
    }
    const unsigned cells = quotient(inner, unsigned(e)), rows = quotient(width, cells);
    const unsigned planes = quotient(height, rows), images = quotient(depth, planes);
    Cell c;
    c.outer = outer + images;
    c.d = int(planes - images * depth.divisor);
    c.h = int(rows - planes * height.divisor);
    c.w = int(cells - rows * width.divisor);
    c.i = int(unsigned(e) - cells * inner.divisor);
    return c;
}

DEVICE Cell output_cell(const Windows& win, long long e) {
    return cell(e, win.depth.by_out, win.height.by_out, win.width.by_out, win.by_inner);
}

DEVICE Cell input_cell(const Windows& win, long long e) {
    return cell(e, win.depth.by_size, win.height.by_size, win.width.by_size, win.by_inner);
}

// The places start, start + step, ... of one window along one axis; some may lie in the padding.
struct Span {
    int start, step, count;
};

DEVICE Span window(const Axis& a, int o) {
    if (a.stride) return {o * a.stride - a.padding, a.dilation, a.kernel};
    const int start = int(static_cast<long long>(o) * a.size / a.out);
    return {start, 1, int((static_cast<long long>(o + 1) * a.size + a.out - 1) / a.out) - start};
}

// How many of its places an average counts along one axis.
DEVICE int counted(const Axis& a, const Span& s, bool include_pad) {
    if (!a.stride) return s.count;
    const int border = include_pad ? a.padding : 0, low = -border, high = a.size + border;
    if (s.step == 1) return max(min(s.start + s.count, high) - max(s.start, low), 0);
    int n = 0;
#pragma unroll 1
    for (int k = 0; k < s.count; ++k) n += s.start + k * s.step >= low && s.start + k * s.step < high;
    return n;
}

DEVICE acc_t count(const Windows& win, const Span& d, const Span& h, const Span& w) {
    if (win.divisor) return acc_t(win.divisor);
    const acc_t n = acc_t(counted(win.depth, d, win.include_pad)) * acc_t(counted(win.height, h, win.include_pad)) *
                    acc_t(counted(win.width, w, win.include_pad));
    return n > acc_t(1) ? n : acc_t(1);  // a window wholly in the padding averages to 0
}

// The windows first ... last that may hold place i of one axis; with a dilation, not all of them do: see tap().
struct Reach {
    int first, last;
};

DEVICE Reach reaching(const Axis& a, int i) {
    if (a.stride) {
        const int behind = i + a.padding - a.dilation * (a.kernel - 1);
        const int first = behind <= 0 ? 0 : int(quotient(a.by_stride, unsigned(behind + a.stride - 1)));
        return {first, min(int(quotient(a.by_stride, unsigned(i + a.padding))), a.out - 1)};
    }
    const long long out = a.out;
    return {int(i * out / a.size), int(((i + 1) * out + a.size - 1) / a.size) - 1};
}

// Which place k of window o is place i, or -1. i lies between the window's ends.
DEVICE int tap(const Axis& a, int i, int o) {
    const int offset = i + a.padding - o * a.stride;
    if (a.dilation == 1) return offset;
    return offset % a.dilation ? -1 : offset / a.dilation;
}

DEVICE bool inside(int place, int size) { return unsigned(place) < unsigned(size); }

// Calls see(place in the plane, pack of values) for all places of a window that lie in the plane, in row-major order.
// KH and KW are the window's height and width where they are known to the compiler, which then reads ahead; else 0.
template <int V, int KH, int KW, class F>
DEVICE void each_value(const Values<V>* __restrict__ x, const Windows& win, const Cell& c, F see) {
    const Span sd = window(win.depth, c.d), sh = window(win.height, c.h), sw = window(win.width, c.w);
    const int inner = win.by_inner.divisor;
    const long long plane = static_cast<long long>(win.depth.size) * win.height.size * win.width.size;
    const Values<V>* image = x + c.outer * plane * inner + c.i;
#pragma unroll 1
   for (int kd = 0; kd < sd.count; ++kd) {
        const int d = sd.start + kd * sd.step;
        if (!inside(d, win.depth.size)) continue;
#pragma unroll(KH ? KH : 1)
        for (int kh = 0; kh < (KH ? KH : sh.count); ++kh) {
            const int h = sh.start + kh * sh.step;
            if (!inside(h, win.height.size)) continue;
            const int row = (d * win.height.size + h) * win.width.size;
#pragma unroll
            for (int kw = 0; kw < (KW ? KW : sw.count); ++kw) {
                const int w = sw.start + kw * sw.step;
                if (inside(w, win.width.size)) see(row + w, image[static_cast<long long>(row + w) * inner]);
            }
        }
    }
}

template <int H, int W>
struct Extent {};

// Runs body with the window's height and width, as a type where they are common ones.

template <class F>
DEVICE void by_extent(const Windows& win, F body) {
    if (win.height.kernel == 2 && win.width.kernel == 2) {
        body(Extent<2, 2>());
    } else if (win.height.kernel == 3 && win.width.kernel == 3) {
        body(Extent<3, 3>());
    } else {
        body(Extent<0, 0>());
    }
}

// -- maximum: of equal values the first, of NaNs the last; padding is never the position ------------------------------

template <int V, int KH, int KW>
DEVICE void max_pool_each(const scalar_t* x, scalar_t* y, int* index, long long n, const Windows& win, Extent<KH, KW>) {
#pragma unroll 1
    for (long long e = first(); e < n; e += step()) {
        acc_t best[V];
        Places<V> where;
#pragma unroll
        for (int v = 0; v < V; ++v) best[v] = -infinity<acc_t>(), where.at[v] = -1;
        each_value<V, KH, KW>(reinterpret_cast<const Values<V>*>(x), win, output_cell(win, e),
                              [&](int place, const Values<V>& values) {
#pragma unroll
                                  for (int v = 0; v < V; ++v) {
                                      const acc_t value = acc_t(values.at[v]);
                                      const bool better = value > best[v] || value != value || where.at[v] < 0;
                                      best[v] = better ? value : best[v];
                                      where.at[v] = better ? place : where.at[v];
                                  }
                              });
        Values<V> result;
#pragma unroll
        for (int v = 0; v < V; ++v) {
            result.at[v] = scalar_t(best[v]);
            where.at[v] = max(where.at[v], 0);  // a window wholly in the padding
        }
        reinterpret_cast<Values<V>*>(y)[e] = result;
        reinterpret_cast<Places<V>*>(index)[e] = where;
    }
}

extern "C" __global__ void max_pool(const scalar_t* __restrict__ x, int* __restrict__ index, scalar_t* __restrict__ y,
                                    long long n, Windows win) {
    by_extent(win, [&](auto extent) { max_pool_each<1>(x, y, index, n, win, extent); });
}

extern "C" __global__ void max_pool_packs(const scalar_t* __restrict__ x, int* __restrict__ index,
                                          scalar_t* __restrict__ y, long long n, Windows win) {
    by_extent(win, [&](auto extent) { max_pool_each<PACK>(x, y, index, n, win, extent); });
}

// gx at a place = sum of g over the windows whose position it is, in row-major order of the windows.
template <int V>
DEVICE void max_pool_grad_each(const scalar_t* g, const int* index, scalar_t* gx, long long n, const Windows& win) {
    const int inner = win.by_inner.divisor;
    const long long outs = static_cast<long long>(win.depth.out) * win.height.out * win.width.out;
#pragma unroll 1
    for (long long e = first(); e < n; e += step()) {
        const Cell c = input_cell(win, e);
        const Reach rd = reaching(win.depth, c.d), rh = reaching(win.height, c.h), rw = reaching(win.width, c.w);
        const int place = (c.d * win.height.size + c.h) * win.width.size + c.w;
        const Values<V>* shares = reinterpret_cast<const Values<V>*>(g) + c.outer * outs * inner + c.i;
        const Places<V>* places = reinterpret_cast<const Places<V>*>(index) + c.outer * outs * inner + c.i;
        acc_t sum[V];
#pragma unroll
        for (int v = 0; v < V; ++v) sum[v] = acc_t(0);
#pragma unroll 1
        for (int od = rd.first; od <= rd.last; ++od) {
#pragma unroll 1
            for (int oh = rh.first; oh <= rh.last; ++oh) {
                for (int ow = rw.first; ow <= rw.last; ++ow) {
                    const long long o = (static_cast<long long>(od * win.height.out + oh) * win.width.out + ow) * inner;
                    const Places<V> where = places[o];
                    const Values<V> share = shares[o];
#pragma unroll
                    for (int v = 0; v < V; ++v) sum[v] += where.at[v] == place ? acc_t(share.at[v]) : acc_t(0);
                }
            }
        }
        Values<V> result;
#pragma unroll
        for (int v = 0; v < V; ++v) result.at[v] = scalar_t(sum[v]);
        reinterpret_cast<Values<V>*>(gx)[e] = result;
    }
}

extern "C" __global__ void max_pool_grad(const scalar_t* __restrict__ g, const int* __restrict__ index,
                                         scalar_t* __restrict__ gx, long long n, Windows win) {
    max_pool_grad_each<1>(g, index, gx, n, win);
}

extern "C" __global__ void max_pool_grad_packs(const scalar_t* __restrict__ g, const int* __restrict__ index,
                                               scalar_t* __restrict__ gx, long long n, Windows win) {
    max_pool_grad_each<PACK>(g, index, gx, n, win);
}

// -- mean -------------------------------------------------------------------------------------------------------------

template <int V, int KH, int KW>
DEVICE void avg_pool_each(const scalar_t* x, scalar_t* y, long long n, const Windows& win, Extent<KH, KW>) {
#pragma unroll 1
    for (long long e = first(); e < n; e += step()) {
        const Cell c = output_cell(win, e);
        acc_t sum[V];
#pragma unroll
        for (int v = 0; v < V; ++v) sum[v] = acc_t(0);
        each_value<V, KH, KW>(reinterpret_cast<const Values<V>*>(x), win, c, [&](int, const Values<V>& values) {
#pragma unroll
            for (int v = 0; v < V; ++v) sum[v] += acc_t(values.at[v]);
        });
        const acc_t divisor = count(win, window(win.depth, c.d), window(win.height, c.h), window(win.width, c.w));
        Values<V> result;
#pragma unroll
        for (int v = 0; v < V; ++v) result.at[v] = scalar_t(sum[v] / divisor);
        reinterpret_cast<Values<V>*>(y)[e] = result;
    }
}

extern "C" __global__ void avg_pool(const scalar_t* __restrict__ x, scalar_t* __restrict__ y, long long n,
                                    Windows win) {
    by_extent(win, [&](auto extent) { avg_pool_each<1>(x, y, n, win, extent); });
}

extern "C" __global__ void avg_pool_packs(const scalar_t* __restrict__ x, scalar_t* __restrict__ y, long long n,
                                          Windows win) {
    by_extent(win, [&](auto extent) { avg_pool_each<PACK>(x, y, n, win, extent); });
}

// gx at a place = sum of g / count over the windows that hold it.
template <int V>
DEVICE void avg_pool_grad_each(const scalar_t* g, scalar_t* gx, long long n, const Windows& win) {
    const int inner = win.by_inner.divisor;
    const long long outs = static_cast<long long>(win.depth.out) * win.height.out * win.width.out;
#pragma unroll 1
    for (long long e = first(); e < n; e += step()) {
        const Cell c = input_cell(win, e);
        const Reach rd = reaching(win.depth, c.d), rh = reaching(win.height, c.h), rw = reaching(win.width, c.w);
        const Values<V>* shares = reinterpret_cast<const Values<V>*>(g) + c.outer * outs * inner + c.i;
        acc_t sum[V];
#pragma unroll
        for (int v = 0; v < V; ++v) sum[v] = acc_t(0);
#pragma unroll 1
        for (int od = rd.first; od <= rd.last; ++od) {
            if (tap(win.depth, c.d, od) < 0) continue;
            const Span sd = window(win.depth, od);
#pragma unroll 1
            for (int oh = rh.first; oh <= rh.last; ++oh) {
                if (tap(win.height, c.h, oh) < 0) continue;
                const Span sh = window(win.height, oh);
#pragma unroll 1
                for (int ow = rw.first; ow <= rw.last; ++ow) {
                    if (tap(win.width, c.w, ow) < 0) continue;
                    const long long o = (static_cast<long long>(od * win.height.out + oh) * win.width.out + ow) * inner;
                    const Values<V> share = shares[o];
                    const acc_t divisor = count(win, sd, sh, window(win.width, ow));
#pragma unroll
                    for (int v = 0; v < V; ++v) sum[v] += acc_t(share.at[v]) / divisor;
                }
            }
        }
        Values<V> result;
#pragma unroll
        for (int v = 0; v < V; ++v) result.at[v] = scalar_t(sum[v]);
        reinterpret_cast<Values<V>*>(gx)[e] = result;
    }
}

extern "C" __global__ void avg_pool_grad(const scalar_t* __restrict__ g, scalar_t* __restrict__ gx, long long n,
                                         Windows win) {
    avg_pool_grad_each<1>(g, gx, n, win);
}

extern "C" __global__ void avg_pool_grad_packs(const scalar_t* __restrict__ g, scalar_t* __restrict__ gx, long long n,
                                               Windows win) {
    avg_pool_grad_each<PACK>(g, gx, n, win);
}

// y[p] = mean of row p of x (rows, size). Block (threads, rows of a block): a warp a row, or one row with more warps.
extern "C" __global__ void row_mean(const scalar_t* __restrict__ x, scalar_t* __restrict__ y, long long rows,
                                    int size) {
    __shared__ acc_t scratch[32];
    const long long row = static_cast<long long>(blockIdx.x) * blockDim.y + threadIdx.y;
    acc_t sum = acc_t(0);
    if (row < rows) {
        for (int i = threadIdx.x; i < size; i += blockDim.x) sum += acc_t(x[row * size + i]);
    }
    sum = blockDim.x == 32 ? warp_sum(sum) : block_sum(sum, scratch);
    if (row < rows && threadIdx.x == 0) y[row] = scalar_t(sum / acc_t(size));
}

// y (N,C) = means of x (N,size,C) over size. Grid (N, blocks of 32 channels), block (32, 8): a lane a channel, and the
// eight warps share the rows.
extern "C" __global__ void column_mean(const scalar_t* __restrict__ x, scalar_t* __restrict__ y, int channels,
                                       int size) {
    __shared__ acc_t part[8][32];
    const int c = blockIdx.y * 32 + threadIdx.x;
    const long long image = blockIdx.x;
    acc_t sum = acc_t(0);
    if (c < channels) {
        for (int i = threadIdx.y; i < size; i += 8) sum += acc_t(x[(image * size + i) * channels + c]);
    }
    part[threadIdx.y][threadIdx.x] = sum;
    __syncthreads();
    if (threadIdx.y == 0 && c < channels) {
        for (int i = 1; i < 8; ++i) sum += part[i][threadIdx.x];
        y[image * channels + c] = scalar_t(sum / acc_t(size));
    }
}

// -- unfolding: cols (N*C, K, OS) of x (N*C, D, H, W); thread e owns place e % OS of all K columns --------------------

extern "C" __global__ void unfold(const scalar_t* __restrict__ x, scalar_t* __restrict__ cols, long long n,
                                  Windows win) {
    const long long plane = static_cast<long long>(win.depth.size) * win.height.size * win.width.size;
    const long long outs = static_cast<long long>(win.depth.out) * win.height.out * win.width.out;
    const long long taps = static_cast<long long>(win.depth.kernel) * win.height.kernel * win.width.kernel;
#pragma unroll 1
    for (long long e = first(); e < n; e += step()) {
        const Cell c = output_cell(win, e);
        const Span sd = window(win.depth, c.d), sh = window(win.height, c.h), sw = window(win.width, c.w);
        const scalar_t* image = x + c.outer * plane;
        scalar_t* to = cols + c.outer * taps * outs + (e - c.outer * outs);
#pragma unroll 1
        for (int kd = 0; kd < sd.count; ++kd) {
            const int d = sd.start + kd * sd.step;
#pragma unroll 1
            for (int kh = 0; kh < sh.count; ++kh) {
                const int h = sh.start + kh * sh.step;
                const bool row = inside(d, win.depth.size) && inside(h, win.height.size);
                for (int kw = 0; kw < sw.count; ++kw, to += outs) {
                    const int w = sw.start + kw * sw.step;
                    *to = row && inside(w, win.width.size) ? image[(d * win.height.size + h) * win.width.size + w]
                                                           : scalar_t(0.0f);
                }
            }
        }
    }
}

extern "C" __global__ void fold(const scalar_t* __restrict__ cols, scalar_t* __restrict__ x, long long n, Windows win) {
    const long long outs = static_cast<long long>(win.depth.out) * win.height.out * win.width.out;
    const long long taps = static_cast<long long>(win.depth.kernel) * win.height.kernel * win.width.kernel;
#pragma unroll 1
    for (long long e = first(); e < n; e += step()) {
        const Cell c = input_cell(win, e);
        const Reach rd = reaching(win.depth, c.d), rh = reaching(win.height, c.h), rw = reaching(win.width, c.w);
        const scalar_t* from = cols + c.outer * taps * outs;
        acc_t sum = acc_t(0);
#pragma unroll 1
        for (int od = rd.first; od <= rd.last; ++od) {
            const int kd = tap(win.depth, c.d, od);
#pragma unroll 1
            for (int oh = rh.first; oh <= rh.last; ++oh) {
                const int kh = tap(win.height, c.h, oh);
#pragma unroll 1
                for (int ow = rw.first; ow <= rw.last; ++ow) {
                    const int kw = tap(win.width, c.w, ow);
                    if (kd < 0 || kh < 0 || kw < 0) continue;
                    const int k = (kd * win.height.kernel + kh) * win.width.kernel + kw;
                    sum += acc_t(from[k * outs + (od * win.height.out + oh) * win.width.out + ow]);
                }
            }
        }
        x[e] = scalar_t(sum);
    }
}

// -- positions that may be any: out (planes, size) = sums of g (planes, outs) at the places index (planes, outs) ------
//
// Grid: planes x parts of a plane, one block each, which holds its part's sums in shared memory and walks all of the
// plane's outputs, a chunk at a time. In a round, every output that is not yet added bids for its place; the first in
// order wins, adds, and is done. So additions at a place happen in the order of outputs, whatever the schedule,
// and one round is enough where positions differ. A bid has the number of the round in its upper bits, which grows, so
// bids need no clearing.
// Bytes moved: g, index and out once each (index once for each part: planes of more than `part` places).
// Rounds: as many as outputs of a chunk name the same place.

#define ITEMS 4
#define BID_BITS 10  // ITEMS * 256 outputs of a chunk
#define LAST_ROUND (1u << (32 - BID_BITS))

template <class I>
DEVICE void scatter(const scalar_t* __restrict__ g, const I* __restrict__ index, scalar_t* __restrict__ out, int* fault,
                    int outs, int size, int part) {
    DYN_SHARED(acc_t, sums);
    unsigned* bids = reinterpret_cast<unsigned*>(sums + part);
    const int parts = (size + part - 1) / part, threads = blockDim.x, chunk = ITEMS * threads;
    const long long plane = blockIdx.x / parts;
    const int begin = int(blockIdx.x - plane * parts) * part, length = min(part, size - begin);
    g += plane * outs;
    index += plane * outs;
    for (int i = threadIdx.x; i < length; i += threads) sums[i] = acc_t(0), bids[i] = 0;
    unsigned round = 0;
    for (int base = 0; base < outs; base += chunk) {
        if (round >= LAST_ROUND - 1 - chunk) {
            __syncthreads();
            for (int i = threadIdx.x; i < length; i += threads) bids[i] = 0;
            round = 0;
        }
        int place[ITEMS];
        bool waiting = false;
#pragma unroll
        for (int k = 0; k < ITEMS; ++k) {
            const int j = base + k * threads + threadIdx.x;
            place[k] = -1;
            if (j < outs) {
                const I at = index[j];
                if (at < 0 || at >= size) {
                    report(fault, FAULT_INDEX);
                } else if (at >= begin && at < begin + length) {
                    place[k] = int(at) - begin;
                    waiting = true;
                }
            }
        }
        while (__syncthreads_or(waiting)) {
            ++round;
#pragma unroll
            for (int k = 0; k < ITEMS; ++k) {  // the first in order bids highest
                const unsigned bid = (round << BID_BITS) + (chunk - 1 - k * threads - threadIdx.x);
                if (place[k] >= 0) atomicMax(&bids[place[k]], bid);
            }
            __syncthreads();
            waiting = false;
#pragma unroll
            for (int k = 0; k < ITEMS; ++k) {
                if (place[k] < 0) continue;
                const int rank = k * threads + threadIdx.x;
                if (bids[place[k]] == (round << BID_BITS) + (chunk - 1 - rank)) {
                    sums[place[k]] += acc_t(g[base + rank]);
                    place[k] = -1;
                } else {
                    waiting = true;
                }
            }
        }
    }
    __syncthreads();
    for (int i = threadIdx.x; i < length; i += threads) out[plane * size + begin + i] = scalar_t(sums[i]);
}

extern "C" __global__ void pool_scatter(const scalar_t* __restrict__ g, const int* __restrict__ index,
                                        scalar_t* __restrict__ out, int* fault, int outs, int size, int part) {
    scatter(g, index, out, fault, outs, size, part);
}

extern "C" __global__ void pool_scatter_long(const scalar_t* __restrict__ g, const long long* __restrict__ index,
                                             scalar_t* __restrict__ out, int* fault, int outs, int size, int part) {
    scatter(g, index, out, fault, outs, size, part);
}

// y (outer, outs, inner) = x (outer, size, inner) at the places index, shaped as y.
template <class I>
DEVICE void gather(const scalar_t* __restrict__ x, const I* __restrict__ index, scalar_t* __restrict__ y, int* fault,
                   long long n, long long outs, int size, int inner) {
#pragma unroll 1
    for (long long e = first(); e < n; e += step()) {
        const long long outer = e / (outs * inner);
        const I at = index[e];
        if (at < 0 || at >= size) {
            report(fault, FAULT_INDEX);
            y[e] = scalar_t(0.0f);
        } else {
            y[e] = x[(outer * size + at) * inner + e % inner];
        }
    }
}

extern "C" __global__ void pool_gather(const scalar_t* __restrict__ x, const int* __restrict__ index,
                                       scalar_t* __restrict__ y, int* fault, long long n, long long outs, int size,
                                       int inner) {
    gather(x, index, y, fault, n, outs, size, inner);
}

extern "C" __global__ void pool_gather_long(const scalar_t* __restrict__ x, const long long* __restrict__ index,
                                            scalar_t* __restrict__ y, int* fault, long long n, long long outs, int size,
                                            int inner) {
    gather(x, index, y, fault, n, outs, size, inner);
}
