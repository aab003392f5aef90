// Whole beats of elements, in the fast fill.
#ifndef GRISTMILL_BEATS
#define GRISTMILL_BEATS

#include <cstdint>
#include <cstring>
#include <vector>
#include "svdpi.h"

namespace gristmill_beats {

// What a column has computed and not yet given: beats in a circle.
struct Line {
  size_t words, place;
  std::vector<uint32_t> beats;

  Line(unsigned words, unsigned depth) : words(words), place(0), beats(size_t(words) * depth) {}

  // Gives the oldest beat and keeps this one.
  void exchange(svBitVecVal* oldest, const void* beat) {
    uint32_t* here = &beats[place];
    std::memcpy(oldest, here, words * sizeof *here);
    std::memcpy(here, beat, words * sizeof *here);
    place += words;
    if (place == beats.size()) place = 0;
  }
};

// An element of a table of memory words.
template <class Field>
inline typename Field::Element word(const uint32_t* table, size_t index) {
  typename Field::Element element;
  std::memcpy(&element, table + index * (sizeof element / sizeof *table), sizeof element);
  return element;
}

// What becomes of the difference of the butterfly of a lane: nothing;
template <class Field>
struct Plain {
  typedef typename Field::Element Element;
  Element operator()(int, const Element& a, const Element& b) const { return Field::subtract(a, b); }
};

// a product with a word of the direction's half of a table, the same in `bits` neighbouring places;
template <class Field>
struct Table {
  typedef typename Field::Element Element;
  const uint32_t* table;
  size_t first;
  int bits;
  Element operator()(int lane, const Element& a, const Element& b) const {
    return Field::multiply(Field::subtract(a, b), word<Field>(table, first + (lane >> bits)));
  }
};

// a product with a word of the forward direction, negated in the inverse one but for the word at 0.
template <class Field, int half>
struct Memory {
  typedef typename Field::Element Element;
  const uint32_t *first, *others;
  size_t place, other_place;
  bool inverse;
  Element operator()(int lane, const Element& a, const Element& b) const {
    bool negate = inverse && (lane != 0 || place != 0);
    Element difference = negate ? Field::subtract(b, a) : Field::subtract(a, b);
    size_t other = other_place * (half - 1) + (inverse ? half - lane : lane) - 1;
    Element twiddle = lane == 0 ? word<Field>(first, place) : word<Field>(others, other);
    return Field::multiply(difference, twiddle);
  }
};

// Butterflies of lanes at a distance, of which the lane below it is numbered.
template <class Field, int lanes, int distance, class Twiddle>
inline void butterflies(void* line, const svBitVecVal* beat, svBitVecVal* out, const Twiddle& twiddle) {
  typename Field::Element in[lanes], result[lanes];
  std::memcpy(in, beat, sizeof in);
  for (int base = 0; base < lanes; base += 2 * distance)
    for (int lane = 0; lane < distance; lane++) {
      const auto &a = in[base + lane], &b = in[base + lane + distance];
      result[base + lane] = Field::add(a, b);
      result[base + lane + distance] = twiddle(lane, a, b);
    }
  static_cast<Line*>(line)->exchange(out, result);
}

// Products lane by lane.
template <class Field, int lanes>
inline void products(void* line, const void* left, const void* right, svBitVecVal* out) {
  typename Field::Element a[lanes], b[lanes], result[lanes];
  std::memcpy(a, left, sizeof a);
  std::memcpy(b, right, sizeof b);
  for (int lane = 0; lane < lanes; lane++) result[lane] = Field::multiply(a[lane], b[lane]);
  static_cast<Line*>(line)->exchange(out, result);
}

}  // namespace gristmill_beats

extern "C" void* gristmill_line_new(unsigned int words, unsigned int depth) {
  return new gristmill_beats::Line(words, depth);
}

extern "C" void gristmill_line_delete(void* line) { delete static_cast<gristmill_beats::Line*>(line); }

#endif
