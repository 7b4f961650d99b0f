// What the compiler calls in instrumented kernels. gcc puts a call of __tsan_* before every access to memory and calls
// __ubsan_handle_* on undefined behaviour; as neither sanitizer's library is linked, the calls come here.
#pragma once

#include "checkers.h"

#define EMU_CALLER __builtin_return_address(0)

namespace emu {

inline bool is_local(const void* address) {
    return !current || current->fiber->holds(reinterpret_cast<uintptr_t>(address));
}

inline void instrumented(const void* address, int size, Access kind, const void* instruction) {
    if (!is_local(address)) access(*current, reinterpret_cast<uintptr_t>(address), size, kind, instruction);
}

inline void instrumented_range(const void* address, size_t size, Access kind, const void* instruction) {
    if (is_local(address)) return;
    for (size_t i = 0; i < size; ++i) instrumented(static_cast<const char*>(address) + i, 1, kind, instruction);
}

// The first words of every UBSan record.
struct Location {
    const char* file;
    unsigned line, column;
};

inline void undefined(const char* what, const Location* location) {
    if (!current) return;
    report(current, "ubcheck", Site{location->file, static_cast<int>(location->line)}, "%s", what);
}

}  // namespace emu

extern "C" {

#define EMU_ACCESS(size)                                                                                     \
    void __tsan_read##size(void* p) { emu::instrumented(p, size, emu::Access::Read, EMU_CALLER); }           \
    void __tsan_write##size(void* p) { emu::instrumented(p, size, emu::Access::Write, EMU_CALLER); }         \
    void __tsan_unaligned_read##size(void* p) { emu::instrumented(p, size, emu::Access::Read, EMU_CALLER); } \
    void __tsan_unaligned_write##size(void* p) { emu::instrumented(p, size, emu::Access::Write, EMU_CALLER); }
EMU_ACCESS(1)
EMU_ACCESS(2)
EMU_ACCESS(4)
EMU_ACCESS(8)
EMU_ACCESS(16)
#undef EMU_ACCESS

void __tsan_read_range(void* p, size_t n) { emu::instrumented_range(p, n, emu::Access::Read, EMU_CALLER); }
void __tsan_write_range(void* p, size_t n) { emu::instrumented_range(p, n, emu::Access::Write, EMU_CALLER); }
void __tsan_init() {}
void __tsan_func_entry(void*) {}
void __tsan_func_exit() {}

using Location = emu::Location;
void __ubsan_handle_type_mismatch_v1(Location* at, void*) { emu::undefined("misaligned vector access", at); }
void __ubsan_handle_out_of_bounds(Location* at, void*) { emu::undefined("index outside of an array", at); }
void __ubsan_handle_add_overflow(Location* at, void*, void*) { emu::undefined("signed overflow in +", at); }
void __ubsan_handle_sub_overflow(Location* at, void*, void*) { emu::undefined("signed overflow in -", at); }
void __ubsan_handle_mul_overflow(Location* at, void*, void*) { emu::undefined("signed overflow in *", at); }
void __ubsan_handle_negate_overflow(Location* at, void*) { emu::undefined("signed overflow in a negation", at); }
void __ubsan_handle_divrem_overflow(Location* at, void*, void*) { emu::undefined("division by zero", at); }
void __ubsan_handle_shift_out_of_bounds(Location* at, void*, void*) { emu::undefined("shift by too many bits", at); }

}  // extern "C"
