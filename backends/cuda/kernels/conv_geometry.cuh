// The geometry of a convolution as kernels read it: which element of the source meets which weight for which target.
//
// Two arrays lie over the same space. The source is gathered from, out of its bounds it is zero: x, or in the input
// gradient g. The target is at the positions: y, or g in the weight gradient, or x's gradient. Position q and tap t of
// an axis meet at the source's coordinate q * stride + start + t * dilation.
//
// The input gradient of a strided convolution is the sum of ordinary convolutions: the elements i of one class,
// (i + padding) mod stride, meet the same taps, tap_step apart, and consecutive ones meet consecutive positions of g. A
// block serves one class, so no product is with a zero that strides put there.
//
// backends/cuda/conv_plan.py packs the structs.
#pragma once

#ifndef AXES
#define AXES 2  // of the space; 3 for volumes, lines are planes of height 1
#endif

// Division by a number known before the launch, as a multiplication and a shift, for 0 <= n < 2^31:
// n / d = (hi(n * multiplier) + n) >> shift. Granlund and Montgomery, Division by Invariant Integers using
// Multiplication, 1994.
struct Divisor {
    unsigned divisor, multiplier, shift;
};

// index mod d; index becomes index / d.
DEVICE int take(int& index, const Divisor& d) {
    const unsigned n = index;
    const unsigned high = static_cast<unsigned>(static_cast<unsigned long long>(n) * d.multiplier >> 32);
    const unsigned quotient = (high + n) >> d.shift;
    index = quotient;
    return n - quotient * d.divisor;
}

struct Axis {
    Divisor positions[2], taps[2];  // how many; [1] in classes that have one more
    int size;                       // of the source
    int stride, start, dilation;
    int source, target, weight;  // elements of memory between neighbours: coordinates, positions, taps
    int classes;                 // 1 unless this is the input gradient of a strided convolution; then these matter:
    int more_positions, more_taps;  // classes (and first taps) below these have one more
    int padding, spread;            // of the convolution; spread is its dilation
    int common, tap_step, inverse;  // gcd(spread, stride); stride / common; of spread / common modulo tap_step
};

struct Geometry {
    Axis axes[3];  // z, y, x
    Divisor channels, columns, all_columns, runs[2];
    int images, groups;
    int source_image, source_channel, source_group;
    int target_image, target_column, target_group;
    int weight_channel, weight_column, weight_group;
};

// An axis in one class. What it adds to the addresses of all positions and taps is in target_start and weight_start.
struct Line {
    Divisor positions, taps;
    int stride, start, dilation, source, target, weight;
    int count, tap_count, target_start, weight_start;
};

DEVICE Line line(const Axis& a, int i) {  // i: the class's first element
    if (a.classes == 1) {
        return {a.positions[0], a.taps[0], a.stride, a.start, a.dilation, a.source, a.target, a.weight,
                static_cast<int>(a.positions[0].divisor), static_cast<int>(a.taps[0].divisor), 0, 0};
    }
    const int rest = (i + a.padding) % a.classes;
    const bool met = rest % a.common == 0;
    const int tap = met ? rest / a.common * a.inverse % a.tap_step : 0;
    const Divisor positions = a.positions[i < a.more_positions], taps = a.taps[tap < a.more_taps];
    const int start = met ? (i + a.padding - tap * a.spread) / a.classes : 0;
    return {positions, taps, a.stride, start, a.dilation, a.source, a.target * a.classes, a.weight * a.tap_step,
            static_cast<int>(positions.divisor), met ? static_cast<int>(taps.divisor) : 0, i * a.target,
            tap * a.weight};
}

// The geometry of a block's class.
struct Space {
    Line lines[3];
    int positions, taps, target_start, weight_start;  // of one image; the last two in elements
};

// Filled in by the whole block, which then may read it.
DEVICE void enter(Space& space, const Geometry& geo, int number) {
    if (threadIdx.x == 0 && threadIdx.y == 0) {
        space.positions = space.taps = 1;
        space.target_start = space.weight_start = 0;
        for (int a = 2; a >= 0; --a) {
            const Line l = line(geo.axes[a], number % geo.axes[a].classes);
            number /= geo.axes[a].classes;
            space.lines[a] = l;
            space.positions *= l.count;
            space.taps *= l.tap_count;
            space.target_start += l.target_start;
            space.weight_start += l.weight_start;
        }
    }
    __syncthreads();
}

// What a position, or a pair of a channel and a tap, contributes: a position and a pair meet at the sum of their
// coordinates, whose address in the source is the sum of their offsets.
struct alignas(AXES == 2 ? 16 : 4) Point {
    int at[AXES];
    int source, other;  // elements; other: of a position in the target, of a pair in the weights
};

#define OUTSIDE (-(1 << 30))  // plus any coordinate is out of bounds

DEVICE Point nowhere() {
    Point p;
    for (int a = 0; a < AXES; ++a) p.at[a] = OUTSIDE;
    p.source = p.other = 0;
    return p;
}

// The position's coordinates in the source, from its indices q along the axes.
DEVICE Point place(const Space& space, const Geometry& geo, int image, const int* q) {
    Point p;
    p.source = image * geo.source_image;
    p.other = image * geo.target_image + space.target_start;
#pragma unroll
    for (int a = 0; a < AXES; ++a) {
        const Line& l = space.lines[a + 3 - AXES];
        p.at[a] = q[a] * l.stride + l.start;
        p.source += p.at[a] * l.source;
        p.other += q[a] * l.target;
    }
    return p;
}

// The index-th position of all images, the last axis fastest.
DEVICE Point position(const Space& space, const Geometry& geo, int index) {
    int q[AXES];
#pragma unroll
    for (int a = AXES - 1; a >= 0; --a) q[a] = take(index, space.lines[a + 3 - AXES].positions);
    return place(space, geo, index, q);
}

// The index-th pair; channels are fastest where they are neighbours in memory.
template <bool CHANNELS_LAST>
DEVICE Point pair(const Space& space, const Geometry& geo, int index) {
    int channel = CHANNELS_LAST ? take(index, geo.channels) : 0;
    Point p;
    p.source = 0;
    p.other = space.weight_start;
#pragma unroll
    for (int a = AXES - 1; a >= 0; --a) {
        const Line& l = space.lines[a + 3 - AXES];
        const int t = take(index, l.taps);
        p.at[a] = t * l.dilation;
        p.source += p.at[a] * l.source;
        p.other += t * l.weight;
    }
    if (!CHANNELS_LAST) channel = index;
    p.source += channel * geo.source_channel;
    p.other += channel * geo.weight_channel;
    return p;
}

DEVICE bool inside(const Point& a, const Point& b, const Geometry& geo) {
    bool is = true;
#pragma unroll
    for (int i = 0; i < AXES; ++i) {
        is &= static_cast<unsigned>(a.at[i] + b.at[i]) < static_cast<unsigned>(geo.axes[i + 3 - AXES].size);
    }
    return is;
}
