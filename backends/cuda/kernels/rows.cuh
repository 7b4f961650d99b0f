// Rows of n columns, read and written four neighbours at a time, and sums of exponentials over them.
//
// Lane l of a warp holds the packs of columns that begin at 4 (l + 32 i), thread t of a block those at
// 4 (t + blockDim i): the same ones whenever it passes over the row, so what it keeps in shared memory is its own.
#pragma once
#include "common.cuh"

#define NARROW 2                          // packs a lane: rows of up to 256 columns
#define WIDE (sizeof(acc_t) > 4 ? 4 : 8)  // up to 1024, in double 512

// Whether rows of n columns, one after the other, all begin where a pack may.
template <class T>
DEVICE bool rows_packed(const T* first_row, int n) {
    return n % 4 == 0 && packed(first_row);
}

// The columns c..c+3; `absent` for those past the end, or for all of a row that is null.
template <class T>
DEVICE void take(const T* row, int c, int n, bool packs, acc_t absent, acc_t (&v)[4]) {
    if (packs && row && c < n) {
        const pack4<T> p = *reinterpret_cast<const pack4<T>*>(row + c);
#pragma unroll
        for (int j = 0; j < 4; ++j) v[j] = acc_t(p.at[j]);
    } else {
#pragma unroll
        for (int j = 0; j < 4; ++j) v[j] = row && c + j < n ? acc_t(row[c + j]) : absent;
    }
}

// Writes the columns c..c+3 that exist.
DEVICE void give(scalar_t* row, int c, int n, bool packs, const acc_t (&v)[4]) {
    if (packs && c < n) {
        pack4<scalar_t> p;
#pragma unroll
        for (int j = 0; j < 4; ++j) p.at[j] = scalar_t(v[j]);
        *reinterpret_cast<pack4<scalar_t>*>(row + c) = p;
    } else {
#pragma unroll
        for (int j = 0; j < 4; ++j)
            if (c + j < n) row[c + j] = scalar_t(v[j]);
    }
}

// A row in the registers of a warp.
template <int PACKS>
struct WarpRow {
    acc_t at[PACKS][4];

    DEVICE static int column(int pack) { return 4 * ((threadIdx.x & 31) + 32 * pack); }

    template <class T>
    DEVICE void load(const T* row, int n, bool packs, acc_t absent) {
#pragma unroll
        for (int i = 0; i < PACKS; ++i) take(row, column(i), n, packs, absent, at[i]);
    }

    DEVICE void store(scalar_t* row, int n, bool packs) const {
#pragma unroll
        for (int i = 0; i < PACKS; ++i) give(row, column(i), n, packs, at[i]);
    }

    // f(value, pack, place in it) of all values, those past the end included
    template <class F>
    DEVICE void each(F f) {
#pragma unroll
        for (int i = 0; i < PACKS; ++i) {
#pragma unroll
            for (int j = 0; j < 4; ++j) f(at[i][j], i, j);
        }
    }
};

// The row of a kernel whose blocks are warps with a row each.
DEVICE long long warp_row() { return static_cast<long long>(blockIdx.x) * (blockDim.x >> 5) + (threadIdx.x >> 5); }

// The largest value and the sum of exp(value - largest), kept up to date as values come (online softmax: Milakov and
// Gimelshein, 2018).
struct ExpSum {
    acc_t top, sum;

    DEVICE void add(acc_t v) {
        if (v > top) {
            sum = sum * exponential(top - v) + acc_t(1);
            top = v;
        } else {
            sum += v == top ? acc_t(1) : exponential(v - top);
        }
    }

    // The sum with respect to a top that is at least this one's.
    DEVICE acc_t at(acc_t higher) const { return top == higher ? sum : sum * exponential(top - higher); }

    // Where the largest is infinite, exp(largest - largest) is NaN.
    DEVICE void close() { sum = top - top == acc_t(0) ? sum : not_a_number<acc_t>(); }
};

DEVICE ExpSum no_values() { return {-infinity<acc_t>(), acc_t(0)}; }

// That of all values that the block's threads have seen, for every thread.
DEVICE ExpSum block_exp_sum(const ExpSum& own, acc_t* scratch) {
    ExpSum all;
    all.top = block_max(own.top, scratch);
    all.sum = block_sum(own.at(all.top), scratch);
    all.close();
    return all;
}

// The largest value of a row in registers, and the sum of exponentials with respect to it, for every lane of the warp;
// values past the end are -inf.
template <int PACKS>
DEVICE acc_t warp_top(WarpRow<PACKS>& row) {
    acc_t top = -infinity<acc_t>();
    row.each([&](acc_t& v, int, int) { top = v > top || v != v ? v : top; });
    return warp_max(top);
}

template <int PACKS>
DEVICE acc_t warp_exp_sum(WarpRow<PACKS>& row, acc_t top) {
    acc_t sum = acc_t(0);
    row.each([&](acc_t& v, int, int) { sum += exponential(v - top); });
    return warp_sum(sum);
}
