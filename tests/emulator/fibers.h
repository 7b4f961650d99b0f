// Fibers: call stacks that one operating-system thread switches between by hand, in a few nanoseconds.
//
// Each CUDA thread runs on a fiber. The scheduler resumes it, and it comes back by `leave` when it waits or is done.
// A fiber whose function has ended starts it anew when it is resumed, so threads that never wait share one fiber.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <new>

#if !defined(__x86_64__) && !defined(__aarch64__)
#define EMU_UCONTEXT
#endif
#ifdef EMU_UCONTEXT
#include <ucontext.h>
#endif

namespace emu {

constexpr size_t kStack = 256 * 1024;  // address space; pages are taken when touched
constexpr size_t kGuard = 64 * 1024;   // a page size at least, on every system

void fiber_main();  // calls the kernel, marks the thread as done, leaves; again and again

inline char* new_stack() {
    void* memory = mmap(nullptr, kGuard + kStack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    mprotect(memory, kGuard, PROT_NONE);  // an overflow of the stack faults
    return static_cast<char*>(memory) + kGuard;
}

#ifndef EMU_UCONTEXT

// emu_switch(&from, to): keeps the registers that a callee must preserve on the present stack, stores its stack pointer
// in `from`, and goes on where `to` was stored. A new stack is laid out as if it had been left at fiber_main's entry.
extern "C" void emu_switch(void** from, void* to);

#if defined(__x86_64__)
asm(R"(
.text
.globl emu_switch
.hidden emu_switch
.type emu_switch, @function
emu_switch:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
.size emu_switch, . - emu_switch
)");
constexpr int kSaved = 6, kEntry = 6;  // registers below the return address; the index of the latter
#else
asm(R"(
.text
.globl emu_switch
.hidden emu_switch
.type emu_switch, %function
emu_switch:
    sub sp, sp, #160
    stp x19, x20, [sp, #0]
    stp x21, x22, [sp, #16]
    stp x23, x24, [sp, #32]
    stp x25, x26, [sp, #48]
    stp x27, x28, [sp, #64]
    stp x29, x30, [sp, #80]
    stp d8, d9, [sp, #96]
    stp d10, d11, [sp, #112]
    stp d12, d13, [sp, #128]
    stp d14, d15, [sp, #144]
    mov x9, sp
    str x9, [x0]
    mov sp, x1
    ldp x19, x20, [sp, #0]
    ldp x21, x22, [sp, #16]
    ldp x23, x24, [sp, #32]
    ldp x25, x26, [sp, #48]
    ldp x27, x28, [sp, #64]
    ldp x29, x30, [sp, #80]
    ldp d8, d9, [sp, #96]
    ldp d10, d11, [sp, #112]
    ldp d12, d13, [sp, #128]
    ldp d14, d15, [sp, #144]
    add sp, sp, #160
    ret
.size emu_switch, . - emu_switch
)");
constexpr int kSaved = 20, kEntry = 11;  // x30, the link register, is where `ret` goes
#endif

class Fiber {
   public:
    Fiber() : stack_(new_stack()) { restart(); }
    // Forgets where the fiber was; it will start from the beginning.
    void restart() {
#if defined(__x86_64__)
        constexpr int kWords = kSaved + 2;  // `ret` leaves the stack as a call does: 8 below a multiple of 16
#else
        constexpr int kWords = kSaved;
#endif
        void** top = reinterpret_cast<void**>(stack_ + kStack - 64) - kWords;
        for (int i = 0; i < kWords; ++i) top[i] = nullptr;
        top[kEntry] = reinterpret_cast<void*>(fiber_main);
        saved_ = top;
    }
    void enter() { emu_switch(&scheduler, saved_); }
    void leave() { emu_switch(&saved_, scheduler); }
    bool holds(uintptr_t address) const { return address - reinterpret_cast<uintptr_t>(stack_) < kStack; }

   private:
    char* stack_;
    void* saved_;
    static inline void* scheduler;
};

#else

class Fiber {
   public:
    Fiber() : stack_(new_stack()) { restart(); }
    void restart() {
        getcontext(&saved_);
        saved_.uc_stack.ss_sp = stack_;
        saved_.uc_stack.ss_size = kStack;
        saved_.uc_link = nullptr;
        makecontext(&saved_, fiber_main, 0);
    }
    void enter() { swapcontext(&scheduler, &saved_); }
    void leave() { swapcontext(&saved_, &scheduler); }
    bool holds(uintptr_t address) const { return address - reinterpret_cast<uintptr_t>(stack_) < kStack; }

   private:
    char* stack_;
    ucontext_t saved_;
    static inline ucontext_t scheduler;
};

#endif

}  // namespace emu
