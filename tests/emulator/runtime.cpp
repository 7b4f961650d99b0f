// The runtime: blocks one after the other, the threads of a block as fibers, barriers, the launch.
#include "callbacks.h"
#include "checkers.h"
#include "copies.h"
#include "crashes.h"
#include "state.h"
#include "warps.h"

#include <link.h>

#include <algorithm>
#include <mutex>
#include <numeric>
#include <unordered_map>

emu::Here emu_here;

namespace emu {

constexpr size_t kMostDynamicShared = 227 * 1024, kRedZone = 1024;
alignas(1024) unsigned char shared_memory[kSharedAlign + kMostDynamicShared + kRedZone];

std::vector<Fiber*> idle_fibers;

// Marsaglia's xorshift generator. `below` is less than 2^32.
unsigned long long random_state;
size_t random_below(size_t below) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (random_state >> 32) * below >> 32;
}

// -- threads ---------------------------------------------------------------------------------------------------------

void fiber_main() {
    for (;;) {
        launch.entry(launch.arguments);
        current->state = State::Done;
        current->fiber->leave();
    }
}

Fiber* take_fiber() {
    if (idle_fibers.empty()) return new Fiber;
    Fiber* fiber = idle_fibers.back();
    idle_fibers.pop_back();
    return fiber;
}

void resume(Thread& thread) {
    if (!thread.fiber) thread.fiber = take_fiber();
    current = &thread;
    emu_here.thread = thread.position;
    thread.fiber->enter();
    if (thread.state != State::Done || stopped) return;
    idle_fibers.push_back(thread.fiber);
    thread.fiber = nullptr;
    meet_without(thread);
}

// The order in which runnable threads, or blocks, have their turn.
void arrange(std::vector<int>& numbers) {
    if (launch.order == 0) {  // Fisher and Yates
        for (size_t i = numbers.size(); i > 1; --i) std::swap(numbers[i - 1], numbers[random_below(i)]);
        return;
    }
    if (!std::is_sorted(numbers.begin(), numbers.end())) std::sort(numbers.begin(), numbers.end());
    if (launch.order == 2) std::reverse(numbers.begin(), numbers.end());
}

// -- the barrier -----------------------------------------------------------------------------------------------------

std::vector<Thread*> threads_in(State state) {
    std::vector<Thread*> found;
    for (int i = 0; i < thread_count; ++i)
        if (threads[i].state == state) found.push_back(&threads[i]);
    return found;
}

void report_stuck_warp(const Thread& thread) {
    const Collective& part = *thread.part;
    unsigned came = 0;
    const Thread* warp = &threads[thread.index & ~(kLanes - 1)];
    for (int lane = 0; lane < kLanes; ++lane) {
        const bool waits = warp[lane].index < thread_count && warp[lane].state == State::InWarp;
        if (waits && warp[lane].part->op == part.op && warp[lane].part->site.line == part.site.line) came |= 1u << lane;
    }
    report(&thread, "synccheck", part.site, "%s with mask %08x never completed: only lanes %08x called it",
           name(part.op), part.mask, came);
    stopped = true;
}

// No thread can run: the block is done, or all of it stands at a barrier, or it is stuck.
void pass_barrier() {
    const auto in_warp = threads_in(State::InWarp), waiting = threads_in(State::AtBarrier),
               gone = threads_in(State::Done);
    if (!in_warp.empty()) return report_stuck_warp(*in_warp[0]);
    if (waiting.empty()) return;
    const Site site = waiting[0]->site;
    if (!gone.empty()) {
        report(gone[0], "synccheck", site,
               "%zu of %d threads left the kernel before a __syncthreads() that the others reached", gone.size(),
               thread_count);
        stopped = true;
        return;
    }
    int count = 0;
    for (Thread* thread : waiting) {
        if (thread->site.line != site.line) {
            report(thread, "synccheck", thread->site,
                   "threads of one block wait at different __syncthreads(): the other is at %s:%d", site.file,
                   site.line);
            stopped = true;
            return;
        }
        count += thread->predicate != 0;
    }
    for (Thread* thread : waiting) {
        const bool all = count == thread_count;
        thread->outcome = thread->barrier == Barrier::And ? all : thread->barrier == Barrier::Or ? count > 0 : count;
        thread->state = State::Ready;
        ready.push_back(thread->index);
    }
    ++epoch;
}

// -- a block ---------------------------------------------------------------------------------------------------------

void start_threads() {
    const dim3 size = emu_here.block_size;
    ready.clear();
    for (int i = 0; i < thread_count; ++i) {
        Thread& thread = threads[i];
        thread.state = State::Ready;
        thread.index = i;
        thread.position = {i % size.x, i / size.x % size.y, i / (size.x * size.y)};
        thread.copies.clear();
        thread.group = 0;
        if (launch.check) start_clock(thread);
        ready.push_back(i);
    }
    for (int i = thread_count; i % kLanes; ++i) threads[i].index = i;  // the lanes that the last warp lacks
    epoch = 0;
}

void check_red_zone() {
    const unsigned char* end = emu_here.dynamic_shared + launch.dynamic_shared;
    for (size_t i = 0; i < kRedZone; ++i) {
        if (end[i] == kPoison) continue;
        report(nullptr, "memcheck", kNowhere, "dynamic shared memory was written %zu bytes past its %zu bytes", i,
               launch.dynamic_shared);
        stopped = true;
        return;
    }
}

void run_block() {
    memset(launch.static_begin, kPoison, launch.static_end - launch.static_begin);
    memset(emu_here.dynamic_shared, kPoison, launch.dynamic_shared + kRedZone);
    start_threads();
    std::vector<int> batch;
    while (!ready.empty()) {
        batch.swap(ready);
        ready.clear();
        arrange(batch);
        for (int i : batch) {
            resume(threads[i]);
            if (stopped) return;
        }
        if (ready.empty()) pass_barrier();
        if (stopped) return;
    }
    check_red_zone();
}

// -- a launch --------------------------------------------------------------------------------------------------------

int add_constants(dl_phdr_info* image, size_t, void* data) {
    Segments segments;
    bool found = false;
    for (int i = 0; i < image->dlpi_phnum; ++i) {
        const auto& header = image->dlpi_phdr[i];
        if (header.p_type != PT_LOAD) continue;
        const uintptr_t begin = image->dlpi_addr + header.p_vaddr, end = begin + header.p_memsz;
        const uintptr_t entry = reinterpret_cast<uintptr_t>(launch.entry);
        found = found || (entry >= begin && entry < end);
        if (!(header.p_flags & PF_W)) segments.read_only.push_back({begin, end});
    }
    if (found) *static_cast<Segments*>(data) = segments;
    return found;
}

const Segments* constants_of_module() {
    static std::unordered_map<void (*)(void**), Segments> known;
    auto [entry, is_new] = known.try_emplace(launch.entry);
    if (is_new) dl_iterate_phdr(add_constants, &entry->second);
    return &entry->second;
}

void run_grid() {
    const dim3 grid = emu_here.grid_size;
    std::vector<int> order(static_cast<size_t>(grid.x) * grid.y * grid.z);
    std::iota(order.begin(), order.end(), 0);
    arrange(order);
    for (int i : order) {
        const unsigned n = i;
        block_number = n;
        emu_here.block = {n % grid.x, n / grid.x % grid.y, n / grid.x / grid.y};
        run_block();
        if (stopped) return;
    }
}

void start(const Launch& wanted) {
    launch = wanted;
    thread_count = wanted.block[0] * wanted.block[1] * wanted.block[2];
    emu_here.grid_size = {wanted.grid[0], wanted.grid[1], wanted.grid[2]};
    emu_here.block_size = {wanted.block[0], wanted.block[1], wanted.block[2]};
    emu_here.dynamic_shared = shared_memory + kSharedAlign;
    stopped = false;
    message.clear();
    reported.clear();
    random_state = 0x9e3779b97f4a7c15ull * (wanted.seed + 1) | 1;  // not 0
    if (wanted.check) {
        forget_accesses();
        constants = constants_of_module();
    }
}

void finish() {
    current = nullptr;
    for (int i = 0; i < thread_count; ++i) {  // threads that a fault left behind
        if (!threads[i].fiber) continue;
        threads[i].fiber->restart();
        idle_fibers.push_back(threads[i].fiber);
        threads[i].fiber = nullptr;
    }
}

}  // namespace emu

extern "C" {

// -- called by kernels -----------------------------------------------------------------------------------------------

int emu_barrier(emu::Barrier kind, int predicate, emu::Site site) {
    emu::Thread* thread = emu::current;
    thread->barrier = kind;
    thread->predicate = predicate;
    thread->site = site;
    thread->state = emu::State::AtBarrier;
    thread->fiber->leave();
    return thread->outcome;
}

void emu_atomic(const void* address, int size, emu::Site site) {
    emu::access(*emu::current, reinterpret_cast<uintptr_t>(address), size, emu::Access::Atomic, site);
}

void emu_trap(emu::Site site) {
    emu::report(emu::current, "trap", site, "the kernel called __trap()");
    emu::abandon();
}

unsigned emu_shared_address(const void* pointer, emu::Site site) {
    const uintptr_t p = reinterpret_cast<uintptr_t>(pointer);
    if (emu::in_static_shared(p, 0)) return emu::kSharedBase + static_cast<unsigned>(p - emu::static_origin());
    if (emu::in_dynamic_shared(p, 0))
        return emu::dynamic_base() + static_cast<unsigned>(p - reinterpret_cast<uintptr_t>(emu_here.dynamic_shared));
    emu::report(emu::current, "memcheck", site, "shared_address of %p, which is not in shared memory", pointer);
    emu::abandon();
}

// -- called by the host ----------------------------------------------------------------------------------------------

static std::mutex one_at_a_time;  // shared memory and the state above are the process's

void emu_register(void* address, size_t size, const char* name) {
    std::lock_guard<std::mutex> lock(one_at_a_time);
    const uintptr_t begin = reinterpret_cast<uintptr_t>(address);
    emu::ranges[begin] = {begin + size, name};
}

void emu_unregister(void* address) {
    std::lock_guard<std::mutex> lock(one_at_a_time);
    emu::ranges.erase(reinterpret_cast<uintptr_t>(address));
}

// Runs a kernel to its end. Returns what went wrong, a line for each fault; "" if nothing did.
const char* emu_launch(const emu::Launch* wanted) {
    static thread_local std::string result;
    std::lock_guard<std::mutex> lock(one_at_a_time);
    emu::start(*wanted);
    emu::catch_crashes();
    if (const int signal = sigsetjmp(emu::crash_landing, 1)) {
        emu::report_crash(signal);
    } else {
        emu::run_grid();
    }
    emu::release_crashes();
    emu::finish();
    result = emu::message;
    return result.c_str();
}

}  // extern "C"
