// 16-bit floating point by its bits, alike on every host.
#pragma once

namespace emu {

template <class To, class From>
inline To cast_bits(From from) {
    static_assert(sizeof(To) == sizeof(From), "same size");
    To to;
    __builtin_memcpy(&to, &from, sizeof(To));
    return to;
}

inline float half_to_float(unsigned short half) {
    const unsigned sign = (half & 0x8000u) << 16, magnitude = (half & 0x7fffu) << 13;
    if (magnitude >= 0x7c00u << 13) return cast_bits<float>(sign | magnitude | 0x7f800000u);  // infinity, NaN
    const float scaled = cast_bits<float>(magnitude) * 0x1p112f;  // the biases differ by 112; right for subnormals too
    return cast_bits<float>(sign | cast_bits<unsigned>(scaled));
}

// To nearest, ties to even; NaN becomes the one NaN that the GPU makes.
inline unsigned short float_to_half(float value) {
    const unsigned bits = cast_bits<unsigned>(value), sign = bits >> 16 & 0x8000u;
    unsigned magnitude = bits & 0x7fffffffu;
    if (magnitude > 0x7f800000u) return 0x7fff;
    if (magnitude >= 0x477ff000u) return sign | 0x7c00u;  // 65520 and more round to infinity
    if (magnitude < 0x38800000u) {                        // below 2^-14: 0.5 has subnormal halves as its last bit
        const float rounded = cast_bits<float>(magnitude) + 0.5f;
        return sign | (cast_bits<unsigned>(rounded) - 0x3f000000u);
    }
    magnitude += 0xfffu + (magnitude >> 13 & 1u);
    return sign | ((magnitude - (112u << 23)) >> 13);
}

inline float bfloat_to_float(unsigned short bits) { return cast_bits<float>(static_cast<unsigned>(bits) << 16); }

inline unsigned short float_to_bfloat(float value) {
    const unsigned bits = cast_bits<unsigned>(value);
    return value != value ? 0x7fff : (bits + 0x7fffu + (bits >> 16 & 1u)) >> 16;
}

// cvt.rna.tf32: 10 bits of fraction, to nearest, ties away from zero.
inline unsigned round_tf32(float value) {
    const unsigned bits = cast_bits<unsigned>(value);
    return (bits & 0x7f800000u) == 0x7f800000u ? bits : (bits + 0x1000u) & ~0x1fffu;
}

}  // namespace emu
