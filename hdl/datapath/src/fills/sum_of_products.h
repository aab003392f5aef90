// Reduced sums of products with 64-bit limbs, least significant limb first.
#ifndef GRISTMILL_SUM_OF_PRODUCTS
#define GRISTMILL_SUM_OF_PRODUCTS

#include <array>
#include <cstdint>
#include "svdpi.h"

namespace gristmill_dpi {

typedef unsigned __int128 uint128;

// A simulator's bit vector of `Words` 32-bit words as `Limbs` limbs.
template <int Limbs, int Words>
inline std::array<uint64_t, Limbs> load(const svBitVecVal* words) {
  std::array<uint64_t, Limbs> limbs{};
  for (int i = 0; i < Words; i++) limbs[i / 2] |= uint64_t(words[i]) << (32 * (i % 2));
  return limbs;
}

template <int Words>
inline void store(svBitVecVal* words, const uint64_t* limbs) {
  for (int i = 0; i < Words; i++) words[i] = svBitVecVal(limbs[i / 2] >> (32 * (i % 2)));
}

// sum += a * b.
template <int Limbs, int Sum>
inline void add_product(uint64_t* sum, const std::array<uint64_t, Limbs>& a,
                        const std::array<uint64_t, Limbs>& b) {
  for (int i = 0; i < Limbs; i++) {
    uint64_t carry = 0;
    for (int j = 0; j < Limbs; j++) {
      uint128 t = uint128(a[i]) * b[j] + sum[i + j] + carry;
      sum[i + j] = uint64_t(t);
      carry = uint64_t(t >> 64);
    }
    for (int j = i + Limbs; j < Sum; j++) {
      uint128 t = uint128(sum[j]) + carry;
      sum[j] = uint64_t(t);
      carry = uint64_t(t >> 64);
    }
  }
}

// sum = (sum + m * modulus) / 2^RadixBits with the m below 2^RadixBits for which the division is exact;
// `inverse` is -1 / modulus modulo 2^64. Word by word, the last word cut to the bits that remain.
template <int Limbs, int Sum, int RadixBits>
inline void reduce(uint64_t* sum, const uint64_t* modulus, uint64_t inverse) {
  constexpr int Steps = (RadixBits + 63) / 64;
  constexpr int Rest = RadixBits % 64;
  for (int i = 0; i < Steps; i++) {
    uint64_t m = sum[i] * inverse;
    if (Rest != 0 && i == Steps - 1) m &= (uint64_t(1) << Rest) - 1;
    uint64_t carry = 0;
    for (int j = 0; j < Limbs; j++) {
      uint128 t = uint128(m) * modulus[j] + sum[i + j] + carry;
      sum[i + j] = uint64_t(t);
      carry = uint64_t(t >> 64);
    }
    for (int j = i + Limbs; j < Sum; j++) {
      uint128 t = uint128(sum[j]) + carry;
      sum[j] = uint64_t(t);
      carry = uint64_t(t >> 64);
    }
  }
  constexpr int Whole = RadixBits / 64;
  for (int j = 0; j < Sum - Whole; j++) {
    uint64_t above = j + Whole + 1 < Sum ? sum[j + Whole + 1] : 0;
    sum[j] = Rest == 0 ? sum[j + Whole] : sum[j + Whole] >> Rest | above << ((64 - Rest) % 64);
  }
  for (int j = Sum - Whole; j < Sum; j++) sum[j] = 0;
}

}  // namespace gristmill_dpi

#endif
