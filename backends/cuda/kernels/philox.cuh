// Philox 4x32-10 and numbers made of its words; backends/reference/random.py defines the stream.
// Source: Salmon, Moraes, Dror and Shaw, Parallel Random Numbers: As Easy as 1, 2, 3, SC 2011.
#pragma once

typedef unsigned long long word64;

struct Words {
    unsigned at[4];

    DEVICE word64 number(int i) const { return at[2 * i] | static_cast<word64>(at[2 * i + 1]) << 32; }
};

// The four words of a block.
DEVICE Words philox(word64 seed, word64 block) {
    unsigned c0 = unsigned(block), c1 = unsigned(block >> 32), c2 = 0, c3 = 0;
    unsigned k0 = unsigned(seed), k1 = unsigned(seed >> 32);
#pragma unroll
    for (int round = 0; round < 10; ++round) {
        const unsigned even = __umulhi(0xD2511F53u, c0), odd = __umulhi(0xCD9E8D57u, c2);
        const unsigned low_even = 0xD2511F53u * c0, low_odd = 0xCD9E8D57u * c2;
        c0 = odd ^ c1 ^ k0;
        c1 = low_odd;
        c2 = even ^ c3 ^ k1;
        c3 = low_even;
        k0 += 0x9E3779B9u;  // golden ratio
        k1 += 0xBB67AE85u;  // sqrt(3) - 1
    }
    return {{c0, c1, c2, c3}};
}
