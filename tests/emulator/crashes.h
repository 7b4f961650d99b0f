// An access to an address that does not exist, or an integer division by zero, ends the launch and not the process.
#pragma once

#include <csetjmp>
#include <csignal>

#include "state.h"

namespace emu {

inline sigjmp_buf crash_landing;
inline siginfo_t crash;
constexpr int kCrashes[] = {SIGSEGV, SIGBUS, SIGFPE};
inline struct sigaction former_actions[3];
inline stack_t former_stack;

inline void on_crash(int signal, siginfo_t* info, void*) {
    if (!current) {  // not a kernel's fault
        for (int i = 0; i < 3; ++i) sigaction(kCrashes[i], &former_actions[i], nullptr);
        return;
    }
    crash = *info;
    siglongjmp(crash_landing, signal);
}

inline void catch_crashes() {
    static unsigned char stack[64 * 1024];  // the fiber's own may have overflowed
    stack_t alternative = {};
    alternative.ss_sp = stack;
    alternative.ss_size = sizeof stack;
    sigaltstack(&alternative, &former_stack);
    struct sigaction action = {};
    action.sa_sigaction = on_crash;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
    for (int i = 0; i < 3; ++i) sigaction(kCrashes[i], &action, &former_actions[i]);
}

inline void release_crashes() {
    for (int i = 0; i < 3; ++i) sigaction(kCrashes[i], &former_actions[i], nullptr);
    sigaltstack(&former_stack, nullptr);
}

inline void report_crash(int signal) {
    const uintptr_t address = reinterpret_cast<uintptr_t>(crash.si_addr);
    if (signal == SIGFPE) {
        report(current, "crash", Where(static_cast<char*>(crash.si_addr) + 1), "integer division by zero");
    } else if (current->fiber->holds(address + kGuard)) {
        report(current, "crash", kNowhere, "the thread's local variables need more than %zu KiB", kStack / 1024);
    } else {
        report(current, "crash", kNowhere, "access to the illegal address %p; check mode shows the line",
               crash.si_addr);
    }
    stopped = true;
}

}  // namespace emu
