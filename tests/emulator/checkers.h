// memcheck, initcheck and racecheck.
//
// The kernel is compiled with -fsanitize=thread, but without that sanitizer's library: the calls that the compiler puts
// before every access arrive here (callbacks.h). Each byte that a kernel touches has a Cell, which remembers who wrote
// it last and who has read it since; the four bytes of a word share one until an access parts them. An access is a
// hazard if it conflicts with a remembered one that is not ordered before it, whatever the schedule was. Order comes
//   * from the program, within a thread;
//   * from __syncthreads, within a block: accesses of different barrier epochs are ordered;
//   * from __syncwarp, among the lanes of its mask: by vector clocks. Shuffles and votes order no memory, as CUDA says.
// Blocks of a grid are never ordered.
#pragma once

#include <cstring>
#include <map>
#include <memory>
#include <unordered_map>

#include "state.h"

namespace emu {

enum class Access {
    Read,
    Write,
    Atomic,
    CopyStart,  // cp.async: from here on until the copy ends, its destination belongs to the copy
    CopyEnd,
};

struct Record {
    unsigned block, epoch, clock;
    int thread;
};

struct Cell {
    Record write, read;
    unsigned lanes;  // lanes of read.thread's warp that have read since the last write
    bool written, written_atomically, was_read, read_by_warps, read_by_blocks, in_flight;
};

struct Range {
    uintptr_t end;
    std::string name;
};

inline std::map<uintptr_t, Range> ranges;  // the global memory that kernels may touch, by its begin
inline unsigned block_number, epoch;       // of this launch; of this block: how many barriers it has passed

// -- cells -----------------------------------------------------------------------------------------------------------

struct Word {
    Cell bytes[4];   // only the first one counts while they are not split
    unsigned block;  // in shared memory: whose story this is, as a number from 1
    bool split;
};

constexpr uintptr_t kWord = 4, kPage = 256;
struct Page {
    Word words[kPage / kWord];
};
inline std::unordered_map<uintptr_t, std::unique_ptr<Page>> pages;
inline std::pair<uintptr_t, Page*> recent_pages[64];

inline Page& page(uintptr_t address) {
    const uintptr_t number = address / kPage;
    auto& recent = recent_pages[number % 64];
    if (recent.first != number || !recent.second) {
        auto& found = pages[number];
        if (!found) found.reset(new Page());
        recent = {number, found.get()};
    }
    return *recent.second;
}

inline void forget_accesses() {
    pages.clear();
    for (auto& recent : recent_pages) recent = {0, nullptr};
}

// -- order -----------------------------------------------------------------------------------------------------------

inline void start_clock(Thread& thread) {
    memset(thread.clock, 0, sizeof thread.clock);
    thread.clock[thread.index % kLanes] = 1;
}

// __syncwarp: what any of the lanes knew before, all know after.
inline void join_clocks(Thread* warp, unsigned lanes) {
    unsigned joined[kLanes] = {};
    for (int lane = 0; lane < kLanes; ++lane) {
        if (!(lanes >> lane & 1)) continue;
        for (int i = 0; i < kLanes; ++i) joined[i] = joined[i] > warp[lane].clock[i] ? joined[i] : warp[lane].clock[i];
    }
    for (int lane = 0; lane < kLanes; ++lane) {
        if (!(lanes >> lane & 1)) continue;
        memcpy(warp[lane].clock, joined, sizeof joined);
        ++warp[lane].clock[lane];
    }
}

inline Record record(const Thread& thread) {
    return {block_number, epoch, thread.clock[thread.index % kLanes], thread.index};
}

inline bool same_warp(int a, int b) { return a / kLanes == b / kLanes; }

inline bool before(const Record& earlier, const Thread& now) {
    if (earlier.block != block_number) return false;
    if (earlier.thread == now.index || earlier.epoch != epoch) return true;
    return same_warp(earlier.thread, now.index) && earlier.clock <= now.clock[earlier.thread % kLanes];
}

// Lanes of `now`'s own warp whose reads of a cell are not ordered before it.
inline unsigned unordered_lanes(const Cell& c, const Thread& now) {
    unsigned lanes = c.lanes & ~(1u << now.index % kLanes), unordered = 0;
    for (; lanes; lanes &= lanes - 1) {
        const int lane = __builtin_ctz(lanes);
        if (c.read.clock > now.clock[lane]) unordered |= 1u << lane;
    }
    return unordered;
}

inline bool reads_before(const Cell& c, const Thread& now) {
    if (!c.was_read) return true;
    if (c.read_by_blocks || c.read.block != block_number) return false;
    if (c.read.epoch != epoch) return true;
    return !c.read_by_warps && same_warp(c.read.thread, now.index) && !unordered_lanes(c, now);
}

inline void note_read(Cell& c, const Thread& thread) {
    const unsigned lane = 1u << thread.index % kLanes;
    const Record now = record(thread);
    if (!c.was_read || c.read.block != block_number || c.read.epoch != epoch) {
        c.read_by_blocks = c.read_by_blocks || (c.was_read && c.read.block != block_number);
        c.read_by_warps = false;
        c.lanes = lane;
        c.read = now;
    } else if (!same_warp(c.read.thread, thread.index)) {
        c.read_by_warps = true;
        c.lanes = lane;
        c.read = now;
    } else if (!unordered_lanes(c, thread)) {
        c.lanes = lane;
        c.read = now;
    } else {  // one clock stands for all these lanes; the smallest accuses nobody wrongly
        const unsigned clock = c.read.clock < now.clock ? c.read.clock : now.clock;
        c.lanes |= lane;
        c.read = now;
        c.read.clock = clock;
    }
    c.was_read = true;
}

// -- one access ------------------------------------------------------------------------------------------------------

inline void hazard(const Thread& thread, const Where& where, const char* what, bool shared, const Record& other) {
    report(&thread, "racecheck", where, "%s hazard on %s memory with block %u thread %d, no barrier between", what,
           shared ? "shared" : "global", other.block, other.thread);
}

inline void access_cell(Cell& c, const Thread& thread, Access kind, bool shared, const Where& where) {
    const bool reads = kind == Access::Read;
    if (c.in_flight && kind != Access::CopyEnd) {
        report(&thread, "racecheck", where, "%s of shared memory while an asynchronous copy into it is in flight%s",
               reads ? "read" : "write", reads ? ": its cp_async_wait is missing" : "");
    } else if (shared && !c.written && (reads || kind == Access::Atomic)) {
        report(&thread, "initcheck", where, "read of shared memory that nobody in this block has written");
    }
    if (c.written && !before(c.write, thread) && !(kind == Access::Atomic && c.written_atomically)) {
        hazard(thread, where, reads ? "read after write" : "write after write", shared, c.write);
    } else if (!reads && !reads_before(c, thread)) {
        hazard(thread, where, "write after read", shared, c.read);
    }
    if (reads) {
        note_read(c, thread);
    } else if (kind == Access::CopyStart) {
        c.in_flight = true;
    } else {
        c.write = record(thread);
        c.written = true;
        c.written_atomically = kind == Access::Atomic;
        c.was_read = c.read_by_warps = c.read_by_blocks = c.in_flight = false;
    }
}

// An aligned access of at most 16 bytes, which lies in one page.
inline void access_cells(const Thread& thread, uintptr_t address, int size, Access kind, bool shared,
                         const Where& where) {
    Word* word = &page(address).words[address % kPage / kWord];
    for (int done = 0; done < size; done += kWord, ++word) {
        if (shared && word->block != block_number + 1) {
            *word = Word{};
            word->block = block_number + 1;
        }
        if (size < static_cast<int>(kWord) && !word->split) {
            for (int i = 1; i < 4; ++i) word->bytes[i] = word->bytes[0];
            word->split = true;
        }
        if (!word->split) {
            access_cell(word->bytes[0], thread, kind, shared, where);
            continue;
        }
        Cell* byte = word->bytes + address % kWord;
        for (int i = 0; i < size && i < static_cast<int>(kWord); ++i) access_cell(byte[i], thread, kind, shared, where);
    }
}

// A module's constants: the segments of its image that cannot be written.
struct Segments {
    std::vector<std::pair<uintptr_t, uintptr_t>> read_only;
    bool hold(uintptr_t address, size_t size) const {
        for (auto& s : read_only)
            if (address >= s.first && address + size <= s.second) return true;
        return false;
    }
};
inline const Segments* constants;

inline bool in_range(uintptr_t address, size_t size) {
    auto next = ranges.upper_bound(address);
    return next != ranges.begin() && address + size <= std::prev(next)->second.end;
}

// The nearest range below an address, for the message.
inline std::string neighbour(uintptr_t address) {
    auto next = ranges.upper_bound(address);
    if (next == ranges.begin()) return "";
    const auto& [begin, range] = *std::prev(next);
    if (address >= range.end + (1 << 20)) return "";
    if (address < range.end) return ", across the end of " + range.name;
    return ", " + std::to_string(address - range.end) + " bytes past the end of " + range.name;
}

inline void access(const Thread& thread, uintptr_t address, int size, Access kind, const Where& where) {
    if (!launch.check) return;
    const bool shared = in_static_shared(address, size) || in_dynamic_shared(address, size);
    if (!shared && !in_range(address, size)) {
        const uintptr_t here = reinterpret_cast<uintptr_t>(&emu_here);
        if (address >= here && address + size <= here + sizeof emu_here) return;
        const bool reads = kind == Access::Read;
        if (reads && constants->hold(address, size)) return;
        const bool null = address < 4096;
        report(&thread, "memcheck", where, "invalid %s of %d bytes at %p%s", reads ? "read" : "write", size,
               reinterpret_cast<void*>(address), null ? ", a null pointer" : neighbour(address).c_str());
        abandon();
    }
    if (address & (size - 1)) {  // sizes are powers of two
        report(&thread, "memcheck", where, "misaligned access of %d bytes at %p", size,
               reinterpret_cast<void*>(address));
        abandon();
    }
    access_cells(thread, address, size, kind, shared, where);
}

}  // namespace emu
