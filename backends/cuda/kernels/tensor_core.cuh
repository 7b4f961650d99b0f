// Tensor cores (sm_80 and newer): asynchronous copies to shared memory, matrix loads, matrix products.
//
// Source: PTX ISA, the sections on cp.async, ldmatrix and mma. Under the emulator these functions come from its header.
//
// Who holds what. A product C (16,8) += A (16,k) B (k,8) is spread over the 32 lanes of a warp, lane = 4 g + t with
// g = 0..7, t = 0..3. A register holds one tf32 number, or two neighbouring 16-bit numbers, the first in its low half.
//
//     A, tf32 (k = 8)              A, 16 bits (k = 16)                B (k,8)                     C, float
//          t       t + 4                2t,2t+1   2t+8,2t+9                 g                         2t     2t + 1
//       +-------+-------+            +---------+-----------+          +---------+                  +------+--------+
//   g   | a[0]  | a[2]  |        g   |  a[0]   |   a[2]    |  first   |  b[0]   |              g   | c[0] |  c[1]  |
//       +-------+-------+            +---------+-----------+  half k  +---------+                  +------+--------+
//   g+8 | a[1]  | a[3]  |        g+8 |  a[1]   |   a[3]    |  second  |  b[1]   |              g+8 | c[2] |  c[3]  |
//       +-------+-------+            +---------+-----------+  half k  +---------+                  +------+--------+
//                                                       B's rows: t and t+4 (tf32); 2t,2t+1 and 2t+8,2t+9 (16 bits)
//
// ldmatrix reads 8x8 matrices of 16-bit elements: lane 8 m + r gives the address of row r of matrix m (16 bytes,
// aligned), and register m of lane 4 g + t receives the elements (g, 2t) and (g, 2t+1), so matrices that hold A's
// quarters in the order a[0], a[1], a[2], a[3] arrive as mma wants them. _trans delivers (2t, g) and (2t+1, g): B from
// rows of k. A row of 4 tf32 numbers is a row of 8 such elements, so ldmatrix without _trans also fetches A, and B stored
// by columns.
#pragma once

#ifndef __CUDA_EMU__

// The 32-bit address of shared memory that the functions below take.
DEVICE unsigned shared_address(const void* pointer) { return static_cast<unsigned>(__cvta_generic_to_shared(pointer)); }

// -- asynchronous copies from global to shared memory ----------------------------------------------------------------
//
// Both addresses are aligned to the size. If not `valid`, zeros are written and `global` is not read, but must be
// aligned all the same. The copies since the last commit form a group. cp_async_wait<n>() returns when all but the n
// newest groups of the calling thread have arrived; other threads see them after the next __syncthreads().

DEVICE void cp_async_16(unsigned shared, const void* global, bool valid) {
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(shared), "l"(__cvta_generic_to_global(global)),
                 "r"(valid ? 16 : 0)
                 : "memory");
}
DEVICE void cp_async_8(unsigned shared, const void* global, bool valid) {
    asm volatile("cp.async.ca.shared.global [%0], [%1], 8, %2;" ::"r"(shared), "l"(__cvta_generic_to_global(global)),
                 "r"(valid ? 8 : 0)
                 : "memory");
}
DEVICE void cp_async_4(unsigned shared, const void* global, bool valid) {
    asm volatile("cp.async.ca.shared.global [%0], [%1], 4, %2;" ::"r"(shared), "l"(__cvta_generic_to_global(global)),
                 "r"(valid ? 4 : 0)
                 : "memory");
}
DEVICE void cp_async_commit() { asm volatile("cp.async.commit_group;" ::: "memory"); }
template <int newest_groups>
DEVICE void cp_async_wait() {
    asm volatile("cp.async.wait_group %0;" ::"n"(newest_groups) : "memory");
}

// -- operands --------------------------------------------------------------------------------------------------------

// To the nearest number with 10 bits of fraction, ties away from zero; mma would just cut the lower bits off.
DEVICE unsigned round_tf32(float value) {
    unsigned bits;
    asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(bits) : "f"(value));
    return bits;
}
DEVICE unsigned pack_bf16(float low, float high) {
    unsigned bits;
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(bits) : "f"(high), "f"(low));
    return bits;
}
DEVICE unsigned pack_f16(float low, float high) {
    unsigned bits;
    asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(bits) : "f"(high), "f"(low));
    return bits;
}

// -- matrix loads: called by all 32 lanes ----------------------------------------------------------------------------

DEVICE void ldmatrix_x4(unsigned (&r)[4], unsigned address) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
                 : "r"(address)
                 : "memory");
}
DEVICE void ldmatrix_x4_trans(unsigned (&r)[4], unsigned address) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
                 : "r"(address)
                 : "memory");
}
// The addresses of lanes 16 to 31 are not used.
DEVICE void ldmatrix_x2(unsigned (&r)[2], unsigned address) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x2.shared.b16 {%0, %1}, [%2];"
                 : "=r"(r[0]), "=r"(r[1])
                 : "r"(address)
                 : "memory");
}
DEVICE void ldmatrix_x2_trans(unsigned (&r)[2], unsigned address) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x2.trans.shared.b16 {%0, %1}, [%2];"
                 : "=r"(r[0]), "=r"(r[1])
                 : "r"(address)
                 : "memory");
}

// -- matrix products: called by all 32 lanes, sums in float ----------------------------------------------------------

DEVICE void mma_m16n8k8_tf32(float (&c)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
    asm volatile(
        "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 "
        "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}
DEVICE void mma_m16n8k16_bf16(float (&c)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
    asm volatile(
        "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 "
        "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}
DEVICE void mma_m16n8k16_f16(float (&c)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
    asm volatile(
        "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 "
        "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

#endif
