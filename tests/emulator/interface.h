// What compiled kernels and the runtime say to each other. Both include it, so it needs no header of a library.
#pragma once

typedef unsigned long long emu_word;

struct uint3 {
    unsigned x, y, z;
};
struct dim3 {
    unsigned x, y, z;
    constexpr dim3(unsigned x = 1, unsigned y = 1, unsigned z = 1) : x(x), y(y), z(z) {}
};

namespace emu {

// A place in a kernel's source. As a default argument `emu::Site site = {__builtin_FILE(), __builtin_LINE()}` it is the
// caller's: unlike a return address, it stays the same when the compiler duplicates the call.
struct Site {
    const char* file;
    int line;
};

// Which thread runs, and where its block's dynamic shared memory is.
struct Here {
    uint3 thread, block;
    dim3 block_size, grid_size;
    unsigned char* dynamic_shared;
};

enum class Barrier { Plain, And, Or, Count };

enum class Op {
    Sync,
    ShuffleIndex,
    ShuffleUp,
    ShuffleDown,
    ShuffleXor,
    Ballot,
    MatchAny,
    ReduceAdd,
    ReduceMin,
    ReduceMax,
    ReduceAnd,
    ReduceOr,
    ReduceXor,
    LoadMatrix,
    LoadMatrixTransposed,
    MultiplyTf32,
    MultiplyBf16,
    MultiplyF16,
};

// One lane's part in an operation of its warp. It lies on the lane's stack while the lane waits, so the runtime can
// read every lane's operands and write every lane's results once all lanes of the mask have come.
struct Collective {
    Op op;
    unsigned mask;
    Site site;
    emu_word value, result;  // shuffles, votes, reductions
    int argument, width;     // of a shuffle
    unsigned address;        // of a row, in a matrix load
    int matrices;            // how many a matrix load fetches: 2 or 4
    unsigned* loaded;        // its result, one register per matrix
    const unsigned *a, *b;   // operands of a matrix product
    float* c;                // its accumulator
};

}  // namespace emu

extern "C" {
extern emu::Here emu_here;
int emu_barrier(emu::Barrier kind, int predicate, emu::Site site);
void emu_collective(emu::Collective* part);
void emu_atomic(const void* address, int size, emu::Site site);
void emu_trap(emu::Site site);
unsigned emu_shared_address(const void* pointer, emu::Site site);
void emu_copy(unsigned shared, const void* global, int size, bool valid, emu::Site site);
void emu_copy_commit();
void emu_copy_wait(unsigned newest_groups);
int printf(const char* format, ...);
}
