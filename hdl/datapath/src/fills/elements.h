// Arithmetic of elements in memory form. A field of several limbs, least significant limb first, is a structure with
// `limbs`, `modulus` and `inverse`, -1 / modulus modulo 2^64; its modulus leaves the highest bit of the limbs free.
#ifndef GRISTMILL_ELEMENTS
#define GRISTMILL_ELEMENTS

#include <cstdint>
#include <cstring>
#include "svdpi.h"

namespace gristmill_elements {

typedef unsigned __int128 uint128;

template <class Field>
struct Element {
  uint64_t limb[Field::limbs];
};

template <class Field>
inline Element<Field> load(const svBitVecVal* words) {
  Element<Field> element;
  std::memcpy(element.limb, words, sizeof element.limb);
  return element;
}

template <class Field>
inline void store(svBitVecVal* words, const Element<Field>& element) {
  std::memcpy(words, element.limb, sizeof element.limb);
}

// a - b, and whether that is negative.
template <class Field>
inline bool subtract_limbs(Element<Field>& r, const uint64_t* a, const uint64_t* b) {
  uint64_t borrow = 0;
  for (int i = 0; i < Field::limbs; i++) {
    uint128 t = uint128(a[i]) - b[i] - borrow;
    r.limb[i] = uint64_t(t);
    borrow = uint64_t(t >> 64) & 1;
  }
  return borrow != 0;
}

template <class Field>
inline Element<Field> reduced(const Element<Field>& a) {
  Element<Field> less, r;
  uint64_t keep = subtract_limbs<Field>(less, a.limb, Field::modulus) ? ~uint64_t(0) : 0;
  for (int i = 0; i < Field::limbs; i++) r.limb[i] = (a.limb[i] & keep) | (less.limb[i] & ~keep);
  return r;
}

template <class Field>
inline Element<Field> add(const Element<Field>& a, const Element<Field>& b) {
  Element<Field> sum;
  uint64_t carry = 0;
  for (int i = 0; i < Field::limbs; i++) {
    uint128 t = uint128(a.limb[i]) + b.limb[i] + carry;
    sum.limb[i] = uint64_t(t);
    carry = uint64_t(t >> 64);
  }
  return reduced(sum);
}

template <class Field>
inline Element<Field> subtract(const Element<Field>& a, const Element<Field>& b) {
  Element<Field> r;
  uint64_t mask = subtract_limbs<Field>(r, a.limb, b.limb) ? ~uint64_t(0) : 0;
  uint64_t carry = 0;
  for (int i = 0; i < Field::limbs; i++) {
    uint128 t = uint128(r.limb[i]) + (Field::modulus[i] & mask) + carry;
    r.limb[i] = uint64_t(t);
    carry = uint64_t(t >> 64);
  }
  return r;
}

// The Montgomery product, reduced while it is summed up; the free highest bit leaves room for the carries.
template <class Field>
inline Element<Field> multiply(const Element<Field>& a, const Element<Field>& b) {
  constexpr int last = Field::limbs - 1;
  Element<Field> t{};
  for (int i = 0; i <= last; i++) {
    uint128 sum = uint128(a.limb[0]) * b.limb[i] + t.limb[0];
    uint64_t m = uint64_t(sum) * Field::inverse;
    uint128 rest = uint128(m) * Field::modulus[0] + uint64_t(sum);
    uint64_t carry = uint64_t(sum >> 64), carry_rest = uint64_t(rest >> 64);
    for (int j = 1; j <= last; j++) {
      sum = uint128(a.limb[j]) * b.limb[i] + t.limb[j] + carry;
      carry = uint64_t(sum >> 64);
      rest = uint128(m) * Field::modulus[j] + uint64_t(sum) + carry_rest;
      carry_rest = uint64_t(rest >> 64);
      t.limb[j - 1] = uint64_t(rest);
    }
    t.limb[last] = carry + carry_rest;
  }
  return reduced(t);
}

template <class Field>
inline void multiplier(const svBitVecVal* a, const svBitVecVal* b, svBitVecVal* result) {
  store<Field>(result, multiply(load<Field>(a), load<Field>(b)));
}

template <class Field>
inline void plain_butterfly(const svBitVecVal* a, const svBitVecVal* b, svBitVecVal* sum,
                            svBitVecVal* product) {
  Element<Field> x = load<Field>(a), y = load<Field>(b);
  store<Field>(sum, add(x, y));
  store<Field>(product, subtract(x, y));
}

template <class Field>
inline void butterfly(const svBitVecVal* a, const svBitVecVal* b, const svBitVecVal* twiddle,
                      svBit negate, svBitVecVal* sum, svBitVecVal* product) {
  Element<Field> x = load<Field>(a), y = load<Field>(b);
  store<Field>(sum, add(x, y));
  Element<Field> difference = negate ? subtract(y, x) : subtract(x, y);
  store<Field>(product, multiply(difference, load<Field>(twiddle)));
}

// Goldilocks: 2^64 = 2^32 - 1 and 2^96 = -1.
constexpr uint64_t goldilocks = 0xffffffff00000001;

inline uint64_t goldilocks_product(uint64_t a, uint64_t b) {
  uint128 product = uint128(a) * b;
  uint64_t low = uint64_t(product), high = uint64_t(product >> 64);
  uint64_t above = high >> 32, middle = (high & 0xffffffff) * 0xffffffff;
  uint64_t t = low - above;
  if (low < above) t -= 0xffffffff;
  uint64_t r = t + middle;
  if (r < middle) r += 0xffffffff;
  return r >= goldilocks ? r - goldilocks : r;
}

struct PowersOfTwo {
  uint64_t power[192];
  constexpr PowersOfTwo() : power{} {
    uint64_t value = 1;
    for (int i = 0; i < 192; i++) {
      power[i] = value;
      value = value >= goldilocks - value ? value - (goldilocks - value) : value + value;
    }
  }
};

constexpr PowersOfTwo powers_of_two;

}  // namespace gristmill_elements

#endif
