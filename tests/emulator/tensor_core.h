// The functions of backends/cuda/kernels/tensor_core.cuh, which says what they do.
#pragma once

inline unsigned shared_address(const void* pointer, EMU_SITE) { return emu_shared_address(pointer, site); }

inline void cp_async_4(unsigned shared, const void* global, bool valid, EMU_SITE) {
    emu_copy(shared, global, 4, valid, site);
}
inline void cp_async_8(unsigned shared, const void* global, bool valid, EMU_SITE) {
    emu_copy(shared, global, 8, valid, site);
}
inline void cp_async_16(unsigned shared, const void* global, bool valid, EMU_SITE) {
    emu_copy(shared, global, 16, valid, site);
}
inline void cp_async_commit() { emu_copy_commit(); }
template <int newest_groups>
inline void cp_async_wait() {
    emu_copy_wait(newest_groups);
}

inline unsigned round_tf32(float value) { return emu::round_tf32(value); }
inline unsigned pack_bf16(float low, float high) {
    return emu::float_to_bfloat(low) | static_cast<unsigned>(emu::float_to_bfloat(high)) << 16;
}
inline unsigned pack_f16(float low, float high) {
    return emu::float_to_half(low) | static_cast<unsigned>(emu::float_to_half(high)) << 16;
}

namespace emu {

inline void load_matrices(Op op, int matrices, unsigned* loaded, unsigned address, Site site) {
    Collective part = collective(op, ~0u, site);
    part.matrices = matrices;
    part.loaded = loaded;
    part.address = address;
    emu_collective(&part);
}

inline void multiply(Op op, float* c, const unsigned* a, const unsigned* b, Site site) {
    Collective part = collective(op, ~0u, site);
    part.a = a;
    part.b = b;
    part.c = c;
    emu_collective(&part);
}

}  // namespace emu

#define EMU_LOAD_MATRIX(name, count, op)                                 \
    inline void name(unsigned (&r)[count], unsigned address, EMU_SITE) { \
        emu::load_matrices(emu::Op::op, count, r, address, site);        \
    }
EMU_LOAD_MATRIX(ldmatrix_x2, 2, LoadMatrix)
EMU_LOAD_MATRIX(ldmatrix_x4, 4, LoadMatrix)
EMU_LOAD_MATRIX(ldmatrix_x2_trans, 2, LoadMatrixTransposed)
EMU_LOAD_MATRIX(ldmatrix_x4_trans, 4, LoadMatrixTransposed)
#undef EMU_LOAD_MATRIX

#define EMU_MULTIPLY(name, op)                                                                  \
    inline void name(float (&c)[4], const unsigned (&a)[4], const unsigned (&b)[2], EMU_SITE) { \
        emu::multiply(emu::Op::op, c, a, b, site);                                              \
    }
EMU_MULTIPLY(mma_m16n8k8_tf32, MultiplyTf32)
EMU_MULTIPLY(mma_m16n8k16_bf16, MultiplyBf16)
EMU_MULTIPLY(mma_m16n8k16_f16, MultiplyF16)
#undef EMU_MULTIPLY
