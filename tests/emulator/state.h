// The running launch: its threads, what went wrong, and how a thread stops.
#pragma once

#include <dlfcn.h>

#include <cstdarg>
#include <cstdio>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "fibers.h"
#include "interface.h"

namespace emu {

constexpr int kLanes = 32, kMostThreads = 1024;
constexpr unsigned char kPoison = 0xff;  // NaN in every floating type, -1 in every integer

// What the host asks for. tests/emulator/native.py mirrors this struct.
struct Launch {
    void (*entry)(void**);
    void** arguments;
    unsigned grid[3], block[3];
    size_t dynamic_shared;
    unsigned char *static_begin, *static_end;  // the module's static shared memory
    int order;                                 // 0 shuffled, 1 ascending, 2 descending
    unsigned seed;
    int check;  // the module is instrumented
};

enum class State { Ready, AtBarrier, InWarp, Done };

// An asynchronous copy that has been asked for and not yet made.
struct Copy {
    unsigned char* shared;
    const unsigned char* global;
    int size;
    bool valid;
    unsigned group;
    Site site;
};

struct Thread {
    State state;
    int index;  // in the block; the warp is index / 32
    uint3 position;
    Fiber* fiber;

    Barrier barrier;  // the barrier where it waits, and what the barrier told it
    int predicate, outcome;
    Site site;

    Collective* part;  // the warp operation in which it waits

    std::vector<Copy> copies;
    unsigned group;  // number of the group that the next copies belong to

    unsigned clock[kLanes];  // checkers.h
};

inline Launch launch;
inline Thread threads[kMostThreads];
inline int thread_count;
inline Thread* current;  // null while no kernel runs
inline bool stopped;     // a fault made it pointless to go on
inline std::vector<int> ready;

inline std::string message;
inline std::set<std::pair<std::string, std::string>> reported;  // each fault once per place
constexpr size_t kMostReports = 8;

// Where a fault happened: the source position, or the instruction's offset in the module's file, or nothing.
struct Where {
    Site site;
    uintptr_t instruction;
    Where(Site site) : site(site), instruction(0) {}
    Where(const void* instruction) : site{nullptr, 0}, instruction(reinterpret_cast<uintptr_t>(instruction) - 1) {}
    std::string text() const {
        char buffer[300] = "";
        if (site.file && site.line) {
            snprintf(buffer, sizeof buffer, " (%s:%d)", site.file, site.line);
        } else if (instruction) {
            Dl_info image = {};
            dladdr(reinterpret_cast<void*>(instruction), &image);
            const uintptr_t base = reinterpret_cast<uintptr_t>(image.dli_fbase);
            snprintf(buffer, sizeof buffer, " [+0x%zx]", instruction - base);  // for addr2line
        }
        return buffer;
    }
};

constexpr Site kNowhere = {nullptr, 0};

__attribute__((format(printf, 4, 5))) inline void report(const Thread* thread, const char* checker, const Where& where,
                                                         const char* format, ...) {
    const std::string place = where.text();
    if (reported.size() >= kMostReports || !reported.insert({checker, place}).second) return;
    char buffer[600];
    const uint3 b = emu_here.block;
    int length = snprintf(buffer, sizeof buffer, "%s: block (%u,%u,%u)", checker, b.x, b.y, b.z);
    if (thread) {
        const uint3 t = thread->position;
        length += snprintf(buffer + length, sizeof buffer - length, " thread (%u,%u,%u)", t.x, t.y, t.z);
    }
    length += snprintf(buffer + length, sizeof buffer - length, ": ");
    va_list list;
    va_start(list, format);
    vsnprintf(buffer + length, sizeof buffer - length, format, list);
    va_end(list);
    message += buffer + place + "\n";
}

// Ends the launch from inside a kernel: what comes next cannot be done.
[[noreturn]] inline void abandon() {
    stopped = true;
    for (;;) current->fiber->leave();
}

// Shared memory as the 32-bit addresses of PTX see it: static memory, then dynamic memory, above a reserved kilobyte.
constexpr unsigned kSharedBase = 1024, kSharedAlign = 128;

inline uintptr_t static_origin() {
    return reinterpret_cast<uintptr_t>(launch.static_begin) & ~uintptr_t{kSharedAlign - 1};
}

inline unsigned dynamic_base() {
    if (launch.static_begin == launch.static_end) return kSharedBase;
    const uintptr_t size = reinterpret_cast<uintptr_t>(launch.static_end) - static_origin();
    return kSharedBase + static_cast<unsigned>((size + kSharedAlign - 1) / kSharedAlign * kSharedAlign);
}

inline bool in_static_shared(uintptr_t address, size_t size) {
    return address >= reinterpret_cast<uintptr_t>(launch.static_begin) &&
           address + size <= reinterpret_cast<uintptr_t>(launch.static_end);
}

inline bool in_dynamic_shared(uintptr_t address, size_t size) {
    const uintptr_t begin = reinterpret_cast<uintptr_t>(emu_here.dynamic_shared);
    return address >= begin && address + size <= begin + launch.dynamic_shared;
}

// The memory behind a 32-bit shared address, or null when it is outside of the block's memory.
inline unsigned char* shared_pointer(unsigned address, size_t size) {
    const uintptr_t p = address >= dynamic_base()
                            ? reinterpret_cast<uintptr_t>(emu_here.dynamic_shared) + (address - dynamic_base())
                            : static_origin() + address - kSharedBase;
    return in_static_shared(p, size) || in_dynamic_shared(p, size) ? reinterpret_cast<unsigned char*>(p) : nullptr;
}

}  // namespace emu
