// What the kernels of attention share: tiles in shared memory, products of tiles, scores.
//
// A block is 256 threads, seen as 16 x 16: (ty, tx). Tiles of queries have TILE_T lines, tiles of keys TILE_S, both WIDTH
// elements long with zeros behind the last one; in shared memory they are acc_t, whatever the arrays hold. A product of
// two tiles gives thread (ty, tx) the rows ty * rows + i and the columns tx + 16 j: then the lines that a warp reads lie
// in different banks, or are one and the same.
#pragma once

#ifndef TILE_T
#define TILE_T 64
#endif
#ifndef TILE_S
#define TILE_S 64
#endif
#ifndef WIDTH  // of a head: a multiple of 64
#define WIDTH 64
#endif

#define PITCH (WIDTH + 4)  // of a tile's lines

// Distances of arrays along B, H and T (or S); elements of a line are neighbours. `mask` has all four axes.
struct Layout {
    long long q[3], k[3], v[3], y[3], g[3], gq[3], gk[3], gv[3], mask[4];
    int heads, queries, keys, q_width, v_width, causal;
};

// The part of an array that belongs to one head.
template <class T>
DEVICE T* of_head(T* x, const long long* steps, long long head, int heads) {
    return x + head / heads * steps[0] + head % heads * steps[1];
}

// Lines `first`, `first` + 1, ... of x as a tile; zeros beyond the last line and beyond `width`.
template <int LINES>
DEVICE void load(acc_t* tile, const scalar_t* __restrict__ x, long long step, int first, int lines, int width) {
    const int ty = threadIdx.x / 16, tx = threadIdx.x % 16;
    const bool packs = width % 4 == 0 && step % 4 == 0 && packed(x);
    for (int line = ty; line < LINES; line += 16) {
        const scalar_t* from = x + (first + line) * step;
        const int end = first + line < lines ? width : 0;
        for (int at = 4 * tx; at < WIDTH; at += 64) {
            pack4<acc_t> part;
            if (packs && at < end) {
                const pack4<scalar_t> read = *reinterpret_cast<const pack4<scalar_t>*>(from + at);
#pragma unroll
                for (int l = 0; l < 4; ++l) part.at[l] = acc_t(read.at[l]);
            } else {
#pragma unroll
                for (int l = 0; l < 4; ++l) part.at[l] = at + l < end ? acc_t(from[at + l]) : acc_t(0);
            }
            *reinterpret_cast<pack4<acc_t>*>(tile + line * PITCH + at) = part;
        }
    }
}

DEVICE const pack4<acc_t>& four(const acc_t* shared) { return *reinterpret_cast<const pack4<acc_t>*>(shared); }

// out[i][j] = left line (ty * ROWS + i) times right line (tx + 16 j), over the first `width` elements
template <int ROWS, int COLUMNS>
DEVICE void dot(const acc_t* left, const acc_t* right, int width, acc_t (&out)[ROWS][COLUMNS]) {
    const int ty = threadIdx.x / 16, tx = threadIdx.x % 16;
#pragma unroll
    for (int i = 0; i < ROWS; ++i)
#pragma unroll
        for (int j = 0; j < COLUMNS; ++j) out[i][j] = acc_t(0);
#pragma unroll 2
    for (int at = 0; at < width; at += 4) {
        pack4<acc_t> a[ROWS];
#pragma unroll
        for (int i = 0; i < ROWS; ++i) a[i] = four(left + (ty * ROWS + i) * PITCH + at);
#pragma unroll
        for (int j = 0; j < COLUMNS; ++j) {
            const pack4<acc_t> b = four(right + (tx + 16 * j) * PITCH + at);
#pragma unroll
            for (int i = 0; i < ROWS; ++i)
#pragma unroll
                for (int l = 0; l < 4; ++l) out[i][j] += a[i].at[l] * b.at[l];
        }
    }
}

// Writes what each thread holds of a product of tiles, as lines of COLUMNS * 16 + 4 elements.
template <int ROWS, int COLUMNS>
DEVICE void put(acc_t* weights, const acc_t (&value)[ROWS][COLUMNS]) {
    const int ty = threadIdx.x / 16, tx = threadIdx.x % 16;
#pragma unroll
    for (int i = 0; i < ROWS; ++i)
#pragma unroll
        for (int j = 0; j < COLUMNS; ++j) weights[(ty * ROWS + i) * (COLUMNS * 16 + 4) + tx + 16 * j] = value[i][j];
}

// Columns of a line of WIDTH elements that a thread sums up: packs of four, 64 apart.
#define PARTS (WIDTH / 64)

// sum[i] += weights line (ty * ROWS + i) times the first `count` lines of `values`
template <int ROWS, int COLUMNS>
DEVICE void accumulate(const acc_t* weights, const acc_t* values, int count, pack4<acc_t> (&sum)[ROWS][PARTS]) {
    const int ty = threadIdx.x / 16, tx = threadIdx.x % 16;
    for (int line = 0; line < count; line += 4) {
        pack4<acc_t> w[ROWS];
#pragma unroll
        for (int i = 0; i < ROWS; ++i) w[i] = four(weights + (ty * ROWS + i) * (COLUMNS * 16 + 4) + line);
#pragma unroll
        for (int l = 0; l < 4; ++l)
#pragma unroll
            for (int part = 0; part < PARTS; ++part) {
                const pack4<acc_t> value = four(values + (line + l) * PITCH + 64 * part + 4 * tx);
#pragma unroll
                for (int i = 0; i < ROWS; ++i)
#pragma unroll
                    for (int c = 0; c < 4; ++c) sum[i][part].at[c] += w[i].at[l] * value.at[c];
            }
    }
}

// Stores factor[i] * sum[i] as line first + ty * ROWS + i of y.
template <int ROWS>
DEVICE void store(scalar_t* __restrict__ y, long long step, int first, int lines, int width, const acc_t (&factor)[ROWS],
                  const pack4<acc_t> (&sum)[ROWS][PARTS]) {
    const int ty = threadIdx.x / 16, tx = threadIdx.x % 16;
    const bool packs = width % 4 == 0 && step % 4 == 0 && packed(y);
#pragma unroll
    for (int i = 0; i < ROWS; ++i) {
        const int line = first + ty * ROWS + i;
        if (line >= lines) return;
#pragma unroll
        for (int part = 0; part < PARTS; ++part) {
            const int at = 64 * part + 4 * tx;
            pack4<scalar_t> out;
#pragma unroll
            for (int c = 0; c < 4; ++c) out.at[c] = scalar_t(factor[i] * sum[i][part].at[c]);
            if (packs && at < width) {
                *reinterpret_cast<pack4<scalar_t>*>(y + line * step + at) = out;
            } else {
#pragma unroll
                for (int c = 0; c < 4; ++c)
                    if (at + c < width) y[line * step + at + c] = out.at[c];
            }
        }
    }
}

template <int ROWS>
DEVICE void clear(pack4<acc_t> (&sum)[ROWS][PARTS]) {
#pragma unroll
    for (int i = 0; i < ROWS; ++i)
#pragma unroll
        for (int part = 0; part < PARTS; ++part)
#pragma unroll
            for (int c = 0; c < 4; ++c) sum[i][part].at[c] = acc_t(0);
}

// The score of query t and key s from their product; -inf where the key takes no part. At most one mask is not null.
struct Scores {
    const bool* keep;
    const scalar_t* added;
    acc_t scale;
    const Layout& layout;

    DEVICE Scores(const bool* keep, const scalar_t* added, double scale, const Layout& layout, long long head)
        : keep(keep == nullptr ? keep : of_head(keep, layout.mask, head, layout.heads)),
          added(added == nullptr ? added : of_head(added, layout.mask, head, layout.heads)),
          scale(acc_t(scale)),
          layout(layout) {}

    DEVICE acc_t operator()(acc_t product, int t, int s) const {
        if (t >= layout.queries || s >= layout.keys || (layout.causal && t < s)) return -infinity<acc_t>();
        const long long at = t * layout.mask[2] + s * layout.mask[3];
        if (keep != nullptr) return keep[at] ? scale * product : -infinity<acc_t>();
        return added == nullptr ? scale * product : scale * product + acc_t(added[at]);
    }
};

// -inf stands for no key at all: exp(score - finite(top)) is then 0, and not exp(-inf + inf)
DEVICE acc_t finite(acc_t top) { return top == -infinity<acc_t>() ? acc_t(0) : top; }

DEVICE int smaller(int a, int b) { return a < b ? a : b; }
