#include "common.cuh"
// Rows at positions, and additions at indexed places.
//
// In order, the same result on every run: the positions are put in order, stably, so that all additions to one row
// stand together (here by counting where there are few, else by CuPy's radix sort); then every STRETCH neighbours
// are summed by one thread a column, and rows that reach over several stretches are put together from their parts.
// In any order, by atomic additions: float32 and float64 only.
//
// A position below 0 counts from the end; one out of bounds is reported, and nothing is written for it.
// Rows are read and written in packs of 16 bytes where they allow it, neighbouring threads on neighbouring packs.
// Bytes moved by gather_rows: the positions, and every row named once read and once written. By additions in order: src and the rows of out that are named once, 2 / STRETCH of src for the parts, the sort.

#define STRETCH 32

// Where position i of `rows` lies, or `rows` where it is out of bounds.
DEVICE long long wrapped(long long i, long long rows, int* fault) {
    if (i < 0) i += rows;
    if (i >= 0 && i < rows) return i;
    report(fault, FAULT_INDEX);
    return rows;
}

extern "C" __global__ void wrap(const long long* __restrict__ index, long long* __restrict__ keys, int* fault,
                                long long n, long long rows) {
    for (long long i = first(); i < n; i += step()) keys[i] = wrapped(index[i], rows, fault);
}

extern "C" __global__ void check(const long long* __restrict__ index, int* fault, long long n, long long low,
                                 long long high) {
    for (long long i = first(); i < n; i += step()) {
        if (index[i] < low || index[i] >= high) report(fault, FAULT_INDEX);
    }
}

DEVICE long long quotient(long long n, long long d) {  // 32 bits are several times faster
    return (n | d) >> 32 ? n / d : static_cast<long long>(unsigned(n) / unsigned(d));
}

// -- rows -------------------------------------------------------------------------------------------------------------

struct alignas(16) Bytes {
    unsigned words[4];
};

// Rows of `width` elements of T; thread e owns element e of out. A row that is not there is zeros.
template <class T>
DEVICE void copy_rows(const T* __restrict__ table, const long long* __restrict__ index, T* __restrict__ out, T zero,
                      int* fault, long long n, long long rows, long long width) {
    for (long long e = first(); e < n * width; e += step()) {
        const long long m = quotient(e, width), row = index[m];
        const bool there = row >= 0 && row < rows;
        if (!there) report(fault, FAULT_INDEX);
        out[e] = there ? table[row * width + (e - m * width)] : zero;
    }
}

// out (n,width): out[m] = table[index[m]], table (rows,width)
extern "C" __global__ void gather_rows(const scalar_t* __restrict__ table, const long long* __restrict__ index,
                                       scalar_t* __restrict__ out, int* fault, long long n, long long rows,
                                       long long width) {
    constexpr int PACK = 16 / sizeof(scalar_t);
    const bool packs = width % PACK == 0 && reinterpret_cast<unsigned long long>(table) % 16 == 0 &&
                       reinterpret_cast<unsigned long long>(out) % 16 == 0;
    if (packs) {
        copy_rows(reinterpret_cast<const Bytes*>(table), index, reinterpret_cast<Bytes*>(out), Bytes{}, fault, n, rows,
                  width / PACK);
    } else {
        copy_rows(table, index, out, scalar_t(0.0f), fault, n, rows, width);
    }
}

// -- additions in order -------------------------------------------------------------------------------------------------

// Stable sort of few positions: an element's rank is the number of smaller ones, and of equal ones before it. Thread i
// of the grid owns element i and reads all others, 128 at a time, as many as a block has threads. sorted and order: the
// positions and where they stood.
extern "C" __global__ void rank(const long long* __restrict__ index, long long* __restrict__ sorted,
                                long long* __restrict__ order, int* fault, int n, long long rows) {
    __shared__ long long keys[128];
    const int i = int(first());
    const long long mine = i < n ? wrapped(index[i], rows, fault) : 0;
    int place = 0;
    for (int base = 0; base < n; base += 128) {
        const int j = base + threadIdx.x, count = min(128, n - base);
        __syncthreads();
        if (j < n) {
            const long long key = index[j] < 0 ? index[j] + rows : index[j];
            keys[threadIdx.x] = key >= 0 && key < rows ? key : rows;
        }
        __syncthreads();
        for (int k = 0; k < count; ++k) place += keys[k] < mine || (keys[k] == mine && base + k < i);
    }
    if (i < n) sorted[place] = mine, order[place] = i;
}

// A run is what stands together in `sorted`. Thread e owns column e % width of stretch e / width. Runs inside a stretch
// are added to out; of those that go on beyond it the sum so far is kept in parts (stretches, 2, width): [0] of the run
// that was begun before the stretch, [1] of one that begins in it.
extern "C" __global__ void add_runs(const scalar_t* __restrict__ src, const long long* __restrict__ sorted,
                                    const long long* __restrict__ order, scalar_t* __restrict__ out,
                                    acc_t* __restrict__ parts, long long n, long long rows, long long width) {
    const long long stretches = (n + STRETCH - 1) / STRETCH;
    for (long long e = first(); e < stretches * width; e += step()) {
        const long long stretch = e / width, column = e - stretch * width;
        const long long begin = stretch * STRETCH, end = min(begin + STRETCH, n);
        long long row = sorted[begin];
        bool before = begin > 0 && sorted[begin - 1] == row;  // the run was begun before
        acc_t sum = acc_t(0);
#pragma unroll 4
        for (long long i = begin; i < end; ++i) {
            sum += acc_t(src[order[i] * width + column]);
            const long long next = i + 1 < n ? sorted[i + 1] : -1;
            if (next != row || i + 1 == end) {
                if (before || (next == row && i + 1 == end)) {
                    parts[(2 * stretch + (before ? 0 : 1)) * width + column] = sum;
                } else if (row < rows) {
                    scalar_t* to = out + row * width + column;
                    *to = scalar_t(acc_t(*to) + sum);
                }
                row = next;
                before = false;
                sum = acc_t(0);
            }
        }
    }
}

// Runs of more than one stretch: thread e owns those that begin in stretch e / width, column e % width.
extern "C" __global__ void join_runs(const acc_t* __restrict__ parts, const long long* __restrict__ sorted,
                                     scalar_t* __restrict__ out, long long n, long long rows, long long width) {
    const long long stretches = (n + STRETCH - 1) / STRETCH;
    for (long long e = first(); e < (stretches - 1) * width; e += step()) {
        const long long stretch = e / width, column = e - stretch * width;
        const long long begin = stretch * STRETCH, end = begin + STRETCH, row = sorted[end - 1];
        const bool begun_before = begin > 0 && sorted[begin - 1] == row;  // then all of the stretch is of this run
        if (row >= rows || sorted[end] != row || begun_before) continue;
        acc_t sum = parts[(2 * stretch + 1) * width + column];
        for (long long s = stretch + 1; s < stretches && sorted[s * STRETCH] == row; ++s) {
            sum += parts[2 * s * width + column];
        }
        scalar_t* to = out + row * width + column;
        *to = scalar_t(acc_t(*to) + sum);
    }
}

// -- by atomic additions: out is acc_t, which is scalar_t for float32 and float64 ------------------------------------

// out (rows,width): out[index[m]] += src[m]; thread e owns element e of src.
extern "C" __global__ void add_rows(const scalar_t* __restrict__ src, const long long* __restrict__ index, acc_t* out,
                                    int* fault, long long n, long long rows, long long width) {
    for (long long e = first(); e < n * width; e += step()) {
        const long long m = e / width, row = wrapped(index[m], rows, fault);
        if (row < rows) atomicAdd(out + row * width + (e - m * width), acc_t(src[e]));
    }
}

// -- single elements along one axis -----------------------------------------------------------------------------------

#define MOST_AXES 16

struct Scatter {  // axes of index, the last one innermost; strides in elements
    long long shape[MOST_AXES], out_stride[MOST_AXES], src_stride[MOST_AXES];
    int axes, axis;  // how many; along which index counts
    long long rows;  // of out along it
};

// Element e of index, in C order: where src[from] goes in out, or -1.
DEVICE long long scattered(const long long* __restrict__ index, long long e, const Scatter& s, int* fault,
                           long long& from) {
    const long long row = wrapped(index[e], s.rows, fault);
    long long rest = e, place = row * s.out_stride[s.axis];
    from = 0;
    for (int a = s.axes - 1; a >= 0; --a) {
        const long long above = quotient(rest, s.shape[a]), i = rest - above * s.shape[a];
        from += i * s.src_stride[a];
        if (a != s.axis) place += i * s.out_stride[a];
        rest = above;
    }
    return row < s.rows ? place : -1;
}

// out like index, in C order: thread e owns element e.
extern "C" __global__ void gather(const scalar_t* __restrict__ x, const long long* __restrict__ index,
                                  scalar_t* __restrict__ out, int* fault, long long n, Scatter s) {
    for (long long e = first(); e < n; e += step()) {
        long long from;
        const long long place = scattered(index, e, s, fault, from);
        out[e] = place < 0 ? scalar_t(0.0f) : x[place];
    }
}

extern "C" __global__ void scatter_add(const long long* __restrict__ index, const scalar_t* __restrict__ src,
                                       acc_t* out, int* fault, long long n, Scatter s) {
    for (long long e = first(); e < n; e += step()) {
        long long from;
        const long long place = scattered(index, e, s, fault, from);
        if (place >= 0) atomicAdd(out + place, acc_t(src[from]));
    }
}

// The same as positions and values for add_runs; a position out of bounds is that of the first element, its value 0.
extern "C" __global__ void scatter_places(const long long* __restrict__ index, const scalar_t* __restrict__ src,
                                          long long* __restrict__ places, scalar_t* __restrict__ values, int* fault,
                                          long long n, Scatter s) {
    for (long long e = first(); e < n; e += step()) {
        long long from;
        const long long place = scattered(index, e, s, fault, from);
        places[e] = place < 0 ? 0 : place;
        values[e] = place < 0 ? scalar_t(0.0f) : src[from];
    }
}
