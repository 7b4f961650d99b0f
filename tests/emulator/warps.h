// Operations of a warp. A lane that calls one waits until every lane of its mask has called the same one (lanes that
// have left the kernel are not waited for); the last to come does the work for all.
#pragma once

#include "checkers.h"
#include "numbers.h"

namespace emu {

inline const char* name(Op op) {
    switch (op) {
        case Op::Sync: return "__syncwarp";
        case Op::ShuffleIndex: return "__shfl_sync";
        case Op::ShuffleUp: return "__shfl_up_sync";
        case Op::ShuffleDown: return "__shfl_down_sync";
        case Op::ShuffleXor: return "__shfl_xor_sync";
        case Op::Ballot: return "__ballot_sync, __any_sync or __all_sync";
        case Op::MatchAny: return "__match_any_sync";
        case Op::LoadMatrix: return "ldmatrix";
        case Op::LoadMatrixTransposed: return "ldmatrix.trans";
        case Op::MultiplyTf32:
        case Op::MultiplyBf16:
        case Op::MultiplyF16: return "mma";
        default: return "__reduce_sync";
    }
}

// The lanes of a warp that take part in one operation.
struct Group {
    Thread* warp;
    unsigned lanes;
    bool has(int lane) const { return lanes >> lane & 1; }
    Collective& part(int lane) const { return *warp[lane].part; }
};

template <class F>
inline void each_lane(const Group& group, F f) {
    for (int lane = 0; lane < kLanes; ++lane)
        if (group.has(lane)) f(lane, group.part(lane));
}

// -- shuffles, votes, reductions -------------------------------------------------------------------------------------

// The lane that a shuffle reads; its own where the source would lie outside of the segment.
inline int source_lane(const Collective& part, int lane) {
    const int width = part.width, begin = lane & ~(width - 1), end = begin + width, n = part.argument;
    switch (part.op) {
        case Op::ShuffleIndex: return begin + (n & (width - 1));
        case Op::ShuffleUp: return lane - n < begin ? lane : lane - n;
        case Op::ShuffleDown: return lane + n >= end ? lane : lane + n;
        default: return (lane ^ n) >= end ? lane : lane ^ n;
    }
}

inline void shuffle(const Group& group) {
    each_lane(group, [&](int lane, Collective& part) {
        const int source = source_lane(part, lane);
        if (group.has(source)) {
            part.result = group.part(source).value;
            return;
        }
        part.result = ~0ull;
        report(&group.warp[lane], "synccheck", part.site, "%s reads lane %d, which takes no part (mask %08x)",
               name(part.op), source, part.mask);
        stopped = true;
    });
}

inline void vote(const Group& group) {
    each_lane(group, [&](int, Collective& part) {
        part.result = 0;
        each_lane(group, [&](int other, Collective& theirs) {
            const bool set = part.op == Op::Ballot ? theirs.value != 0 : theirs.value == part.value;
            part.result |= emu_word{set} << other;
        });
    });
}

inline long long combine(Op op, long long a, long long b) {
    switch (op) {
        case Op::ReduceAdd: return a + b;
        case Op::ReduceMin: return a < b ? a : b;
        case Op::ReduceMax: return a > b ? a : b;
        case Op::ReduceAnd: return a & b;
        case Op::ReduceOr: return a | b;
        default: return a ^ b;
    }
}

inline void reduce(const Group& group) {
    long long total = 0;
    bool first = true;
    each_lane(group, [&](int, Collective& part) {
        const long long value = static_cast<long long>(part.value);
        total = first ? value : combine(part.op, total, value);
        first = false;
    });
    each_lane(group, [&](int, Collective& part) { part.result = static_cast<emu_word>(total); });
}

// -- matrices --------------------------------------------------------------------------------------------------------

// ldmatrix: lane 8m + r gives the address of row r (16 bytes) of matrix m. Lane l receives of every matrix the elements
// (l / 4, 2 (l % 4)) and (l / 4, 2 (l % 4) + 1); transposed, (2 (l % 4), l / 4) and (2 (l % 4) + 1, l / 4).
inline void load_matrices(const Group& group) {
    const bool transposed = group.part(0).op == Op::LoadMatrixTransposed;
    for (int matrix = 0; matrix < group.part(0).matrices; ++matrix) {
        unsigned short rows[8][8];
        for (int r = 0; r < 8; ++r) {
            const int lane = 8 * matrix + r;
            const Collective& part = group.part(lane);
            const unsigned char* row = shared_pointer(part.address, 16);
            if (!row || part.address % 16) {
                report(&group.warp[lane], "memcheck", part.site, "%s: the row at shared address %u %s", name(part.op),
                       part.address, row ? "is not aligned to 16 bytes" : "is outside of the block's memory");
                stopped = true;
                return;
            }
            access(group.warp[lane], reinterpret_cast<uintptr_t>(row), 16, Access::Read, part.site);
            memcpy(rows[r], row, 16);
        }
        each_lane(group, [&](int lane, Collective& part) {
            const int i = lane / 4, j = 2 * (lane % 4);
            const unsigned low = transposed ? rows[j][i] : rows[i][j],
                           high = transposed ? rows[j + 1][i] : rows[i][j + 1];
            part.loaded[matrix] = low | high << 16;
        });
    }
}

// The number in a register, or in its lower or upper half.
inline float element(Op op, unsigned bits, int half) {
    if (op == Op::MultiplyTf32) return cast_bits<float>(bits & ~0x1fffu);  // the tensor core does not see the low bits
    const unsigned short number = bits >> 16 * half & 0xffffu;
    return op == Op::MultiplyBf16 ? bfloat_to_float(number) : half_to_float(number);
}

// mma: C (16,8) += A (16,k) B (k,8), k = 8 for tf32 and 16 for 16-bit types; tensor_core.cuh draws who holds what.
// Products are exact and the sum is rounded once. The GPU's own order and rounding of the sum are not documented.
inline void multiply(const Group& group) {
    const Op op = group.part(0).op;
    const int per_register = op == Op::MultiplyTf32 ? 1 : 2, k = 8 * per_register;
    float a[16][16], b[16][8];
    each_lane(group, [&](int lane, Collective& part) {
        const int row = lane / 4, column = per_register * (lane % 4);
        for (int h = 0; h < per_register; ++h) {
            for (int i = 0; i < 4; ++i) {
                a[row + 8 * (i % 2)][column + k / 2 * (i / 2) + h] = element(op, part.a[i], h);
            }
            for (int i = 0; i < 2; ++i) b[column + k / 2 * i + h][row] = element(op, part.b[i], h);
        }
    });
    double c[16][8];
    const auto move = [&](auto copy) {
        each_lane(group, [&](int lane, Collective& part) {
            for (int i = 0; i < 4; ++i) copy(c[lane / 4 + 8 * (i / 2)][2 * (lane % 4) + i % 2], part.c[i]);
        });
    };
    move([](double& mine, float& lanes) { mine = lanes; });
    for (int i = 0; i < 16; ++i)
        for (int j = 0; j < k; ++j)
            for (int n = 0; n < 8; ++n) c[i][n] += static_cast<double>(a[i][j]) * b[j][n];
    move([](double& mine, float& lanes) { lanes = static_cast<float>(mine); });
}

// -- meeting ---------------------------------------------------------------------------------------------------------

inline void perform(const Group& group) {
    const Collective& any = group.part(__builtin_ctz(group.lanes));
    const bool of_whole_warp = any.op >= Op::LoadMatrix;
    if (of_whole_warp && group.lanes != ~0u) {
        report(&group.warp[__builtin_ctz(group.lanes)], "synccheck", any.site,
               "%s needs all 32 lanes of the warp, lanes %08x came", name(any.op), group.lanes);
        stopped = true;
        return;
    }
    switch (any.op) {
        case Op::Sync:
            if (launch.check) join_clocks(group.warp, group.lanes);
            return;
        case Op::ShuffleIndex:
        case Op::ShuffleUp:
        case Op::ShuffleDown:
        case Op::ShuffleXor: return shuffle(group);
        case Op::Ballot:
        case Op::MatchAny: return vote(group);
        case Op::LoadMatrix:
        case Op::LoadMatrixTransposed: return load_matrices(group);
        case Op::MultiplyTf32:
        case Op::MultiplyBf16:
        case Op::MultiplyF16: return multiply(group);
        default: return reduce(group);
    }
}

// Performs the operation in which `thread` waits, if all have come; then its lanes can go on.
inline bool meet(const Thread& thread) {
    const Collective& mine = *thread.part;
    Group group{&threads[thread.index & ~(kLanes - 1)], 0};
    for (unsigned rest = mine.mask; rest; rest &= rest - 1) {
        const int lane = __builtin_ctz(rest);
        const Thread& other = group.warp[lane];
        if (other.index >= thread_count || other.state == State::Done) continue;
        if (other.state != State::InWarp) return false;
        const Collective& part = *other.part;
        if (part.mask != mine.mask || part.op != mine.op || part.site.line != mine.site.line) return false;
        group.lanes |= 1u << lane;
    }
    perform(group);
    each_lane(group, [&](int lane, Collective&) {
        group.warp[lane].state = State::Ready;
        if (&group.warp[lane] != current) ready.push_back(group.warp[lane].index);
    });
    return true;
}

// A lane has left the kernel: those that waited for it need not any longer.
inline void meet_without(const Thread& gone) {
    const int begin = gone.index & ~(kLanes - 1);
    for (int i = begin; i < begin + kLanes && i < thread_count; ++i)
        if (threads[i].state == State::InWarp) meet(threads[i]);
}

}  // namespace emu

extern "C" void emu_collective(emu::Collective* part) {
    emu::Thread& thread = *emu::current;
    if (!(part->mask >> thread.index % emu::kLanes & 1)) {
        emu::report(&thread, "synccheck", part->site, "lane %d calls %s with a mask that it is not in (%08x)",
                    thread.index % emu::kLanes, emu::name(part->op), part->mask);
        emu::abandon();
    }
    thread.part = part;
    thread.state = emu::State::InWarp;
    if (!emu::meet(thread)) thread.fiber->leave();
    if (emu::stopped) emu::abandon();
}
