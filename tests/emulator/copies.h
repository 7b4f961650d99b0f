// Asynchronous copies, as late as they may be: a copy is made only when its thread waits for it. So a kernel that does
// not wait finds the poison, or the tile before, just as it may on the GPU.
#pragma once

#include "checkers.h"

namespace emu {

inline void perform(const Thread& thread, const Copy& copy) {
    access(thread, reinterpret_cast<uintptr_t>(copy.shared), copy.size, Access::CopyEnd, copy.site);
    if (copy.valid) {
        memcpy(copy.shared, copy.global, copy.size);
    } else {
        memset(copy.shared, 0, copy.size);
    }
}

}  // namespace emu

extern "C" {

void emu_copy(unsigned shared, const void* global, int size, bool valid, emu::Site site) {
    emu::Thread& thread = *emu::current;
    unsigned char* destination = emu::shared_pointer(shared, size);
    const uintptr_t source = reinterpret_cast<uintptr_t>(global);
    if (!destination) {
        emu::report(&thread, "memcheck", site,
                    "asynchronous copy of %d bytes to shared address %u, outside of the block's memory", size, shared);
        emu::abandon();
    }
    if (shared % size || source % size) {
        emu::report(&thread, "memcheck", site,
                    "asynchronous copy of %d bytes is misaligned: shared address %u, global address %p", size, shared,
                    global);
        emu::abandon();
    }
    if (valid) emu::access(thread, source, size, emu::Access::Read, site);
    emu::access(thread, reinterpret_cast<uintptr_t>(destination), size, emu::Access::CopyStart, site);
    thread.copies.push_back({destination, static_cast<const unsigned char*>(global), size, valid, thread.group, site});
}

void emu_copy_commit() { ++emu::current->group; }

void emu_copy_wait(unsigned newest_groups) {
    emu::Thread& thread = *emu::current;
    auto& copies = thread.copies;
    size_t done = 0;
    while (done < copies.size() && copies[done].group + newest_groups < thread.group) perform(thread, copies[done++]);
    copies.erase(copies.begin(), copies.begin() + done);
}

}  // extern "C"
