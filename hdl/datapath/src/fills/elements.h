// Arithmetic of elements in memory form. A field is a type with `Element`, which has the bytes of a memory word, and
// the functions `add`, `subtract` and `multiply` of reduced elements.
#ifndef GRISTMILL_ELEMENTS
#define GRISTMILL_ELEMENTS

#include <cstdint>
#include <cstring>
#include "svdpi.h"
#ifdef __x86_64__
#include <immintrin.h>
#endif

namespace gristmill_elements {

typedef unsigned __int128 uint128;

// A limb of a sum and of a difference. Compilers do not see the carry of x86 in the general form.
inline uint64_t add_with_carry(uint64_t a, uint64_t b, bool& carry) {
#ifdef __x86_64__
  unsigned long long sum;
  carry = _addcarry_u64(carry, a, b, &sum);
  return sum;
#else
  uint64_t sum;
  bool first = __builtin_add_overflow(a, b, &sum), second = __builtin_add_overflow(sum, carry, &sum);
  carry = first || second;
  return sum;
#endif
}

inline uint64_t subtract_with_borrow(uint64_t a, uint64_t b, bool& borrow) {
#ifdef __x86_64__
  unsigned long long difference;
  borrow = _subborrow_u64(borrow, a, b, &difference);
  return difference;
#else
  uint64_t difference;
  bool first = __builtin_sub_overflow(a, b, &difference);
  bool second = __builtin_sub_overflow(difference, borrow, &difference);
  borrow = first || second;
  return difference;
#endif
}

// Elements of several limbs, least significant limb first, in Montgomery form. The parameters have `limbs`, `modulus`
// and `inverse`, -1 / modulus modulo 2^64; the modulus leaves the highest bit of the limbs free.
template <class Parameters>
struct Limbs {
  static constexpr int limbs = Parameters::limbs;
  struct Element {
    uint64_t limb[limbs];
  };

  static Element reduced(const Element& a) {
    Element less, r;
    bool keep = subtract_limbs(a.limb, Parameters::modulus, less);
    for (int i = 0; i < limbs; i++) r.limb[i] = keep ? a.limb[i] : less.limb[i];
    return r;
  }

  static Element add(const Element& a, const Element& b) {
    Element sum;
    add_limbs(a.limb, b.limb, sum);
    return reduced(sum);
  }

  static Element subtract(const Element& a, const Element& b) {
    Element less, more, r;
    bool negative = subtract_limbs(a.limb, b.limb, less);
    add_limbs(less.limb, Parameters::modulus, more);
    for (int i = 0; i < limbs; i++) r.limb[i] = negative ? more.limb[i] : less.limb[i];
    return r;
  }

  // Reduced while it is summed up; the free highest bit leaves room for the carries.
  static Element multiply(const Element& a, const Element& b) {
    constexpr int last = limbs - 1;
    Element t{};
    for (int i = 0; i <= last; i++) {
      uint128 sum = uint128(a.limb[0]) * b.limb[i] + t.limb[0];
      uint64_t m = uint64_t(sum) * Parameters::inverse;
      uint128 rest = uint128(m) * Parameters::modulus[0] + uint64_t(sum);
      uint64_t carry = uint64_t(sum >> 64), carry_rest = uint64_t(rest >> 64);
      for (int j = 1; j <= last; j++) {
        sum = uint128(a.limb[j]) * b.limb[i] + t.limb[j] + carry;
        carry = uint64_t(sum >> 64);
        rest = uint128(m) * Parameters::modulus[j] + uint64_t(sum) + carry_rest;
        carry_rest = uint64_t(rest >> 64);
        t.limb[j - 1] = uint64_t(rest);
      }
      t.limb[last] = carry + carry_rest;
    }
    return reduced(t);
  }

 private:
  // a + b, without the last carry.
  static void add_limbs(const uint64_t* a, const uint64_t* b, Element& sum) {
    bool carry = false;
    for (int i = 0; i < limbs; i++) sum.limb[i] = add_with_carry(a[i], b[i], carry);
  }

  // a - b, and whether that is negative.
  static bool subtract_limbs(const uint64_t* a, const uint64_t* b, Element& difference) {
    bool borrow = false;
    for (int i = 0; i < limbs; i++) difference.limb[i] = subtract_with_borrow(a[i], b[i], borrow);
    return borrow;
  }
};

// Goldilocks: 2^64 = 2^32 - 1 and 2^96 = -1. `multiply` takes any words.
struct Goldilocks {
  typedef uint64_t Element;
  static constexpr uint64_t modulus = 0xffffffff00000001;

  static Element add(Element a, Element b) {
    uint64_t sum = a + b;
    return sum < a || sum >= modulus ? sum - modulus : sum;
  }

  static Element subtract(Element a, Element b) { return a < b ? a - b + modulus : a - b; }

  static Element multiply(Element a, Element b) {
    uint128 product = uint128(a) * b;
    uint64_t low = uint64_t(product), high = uint64_t(product >> 64);
    uint64_t above = high >> 32, middle = (high & 0xffffffff) * 0xffffffff;
    uint64_t t = low - above;
    if (low < above) t -= 0xffffffff;
    uint64_t r = t + middle;
    if (r < middle) r += 0xffffffff;
    return r >= modulus ? r - modulus : r;
  }
};

// Elements of 31 bits in Montgomery form with the radix 2^32; `inverse` is -1 / modulus modulo 2^32.
template <uint32_t modulus, uint32_t inverse>
struct Short {
  typedef uint32_t Element;

  static Element reduced(uint32_t a) { return a >= modulus ? a - modulus : a; }
  static Element add(Element a, Element b) { return reduced(a + b); }
  static Element subtract(Element a, Element b) { return reduced(a + modulus - b); }
  static Element multiply(Element a, Element b) {
    uint64_t product = uint64_t(a) * b;
    uint64_t quotient = uint32_t(product) * inverse;
    return reduced(uint32_t((product + quotient * modulus) >> 32));
  }
};

template <class Field>
inline void multiplier(const svBitVecVal* a, const svBitVecVal* b, svBitVecVal* result) {
  typename Field::Element x, y;
  std::memcpy(&x, a, sizeof x);
  std::memcpy(&y, b, sizeof y);
  x = Field::multiply(x, y);
  std::memcpy(result, &x, sizeof x);
}

}  // namespace gristmill_elements

#endif
