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

  // Gives the oldest beat and keeps this one. The size is known where it is compiled: a copy is a few moves then.
  template <class Beat>
  void exchange(svBitVecVal* oldest, const Beat& beat) {
    uint32_t* here = &beats[place];
    std::memcpy(oldest, here, sizeof beat);
    std::memcpy(here, &beat, sizeof beat);
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
    Element difference = Field::subtract(*(negate ? &b : &a), *(negate ? &a : &b));
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

// The memories of a swap: what waits before the switch, and what waits behind it.
struct Swap {
  size_t words, place;
  std::vector<uint32_t> before, behind;

  Swap(unsigned words, unsigned depth)
      : words(words / 2), place(0), before(this->words * depth), behind(this->words * depth) {}

  // Half a beat of 512 bits is the common case, and its copies are a move each.
  void slot(bool crossed, const svBitVecVal* beat, svBitVecVal* out) {
    if (words == 8)
      slot_of(8 * sizeof *beat, crossed, beat, out);
    else
      slot_of(words * sizeof *beat, crossed, beat, out);
  }

 private:
  [[gnu::always_inline]] void slot_of(const size_t bytes, bool crossed, const svBitVecVal* beat, svBitVecVal* out) {
    uint32_t *early = &before[place], *late = &behind[place];
    std::memcpy(out, late, bytes);
    std::memcpy(out + words, crossed ? beat : early, bytes);
    std::memcpy(late, crossed ? early : beat, bytes);
    std::memcpy(early, beat + words, bytes);
    place += words;
    if (place == before.size()) place = 0;
  }
};

// What a frame says of its factors.
struct Frame {
  unsigned number, exponent, shift, split, size_log2;
  bool twiddle, none, set, post;
};

// The tables of factors, once for all lanes.
template <class Field, int lanes>
struct Factors {
  typedef typename Field::Element Element;
  const unsigned table_log2;
  // by set, table and entry
  std::vector<Element> entries;
  Line line;

  Factors(unsigned table_log2, unsigned depth)
      : table_log2(table_log2), entries(size_t(8) << table_log2), line(lanes * sizeof(Element) / 4, depth) {}

  void write(bool set, unsigned table, unsigned address, const svBitVecVal* beat) {
    size_t place = ((set * size_t(4) + table) << table_log2) + size_t(address) * lanes;
    std::memcpy(&entries[place], beat, lanes * sizeof(Element));
  }

  // The lowest `bits` bits in reverse.
  static unsigned reversed(unsigned value, unsigned bits) {
    value = (value & 0x55555555) << 1 | (value >> 1 & 0x55555555);
    value = (value & 0x33333333) << 2 | (value >> 2 & 0x33333333);
    value = (value & 0x0f0f0f0f) << 4 | (value >> 4 & 0x0f0f0f0f);
    return bits == 0 ? 0 : __builtin_bswap32(value) >> (32 - bits);
  }

  void factors(const Frame& frame, const Element& one, svBitVecVal* out) {
    const unsigned k = frame.size_log2, half = lanes / 2;
    const size_t base = (frame.set * size_t(4) + (frame.twiddle ? 0 : 2)) << table_log2;
    const unsigned mask = (1u << table_log2) - 1, frame_mask = (1u << k) - 1;
    // the index of a position is the reversed one of its beat, or'ed with the reversed one of its lane
    const unsigned time = reversed(frame.number * lanes & frame_mask, k);
    Element result[lanes];
    for (unsigned lane = 0; lane < lanes; lane++) {
      unsigned index;
      if (frame.post)
        index = time | reversed(lane & frame_mask, k);
      else if (1u << k < lanes)
        index = lane & frame_mask;
      else
        index = (lane / half << k >> 1) + frame.number * half + lane % half;
      uint64_t exponent = frame.twiddle ? uint64_t(index) * frame.exponent
                                        : (uint64_t(index) << frame.shift) + frame.exponent;
      exponent &= 0xffffff;
      const Element& low = entries[base + (exponent & ((1u << frame.split) - 1) & mask)];
      const Element& high = entries[base + (size_t(1) << table_log2) + (exponent >> frame.split & mask)];
      result[lane] = frame.none ? one : Field::multiply(low, high);
    }
    line.exchange(out, result);
  }
};

}  // namespace gristmill_beats

extern "C" void* gristmill_line_new(unsigned int words, unsigned int depth) {
  return new gristmill_beats::Line(words, depth);
}

extern "C" void gristmill_line_delete(void* line) { delete static_cast<gristmill_beats::Line*>(line); }

extern "C" void* gristmill_swap_new(unsigned int words, unsigned int depth) {
  return new gristmill_beats::Swap(words, depth);
}

extern "C" void gristmill_swap_delete(void* swap) { delete static_cast<gristmill_beats::Swap*>(swap); }

extern "C" void gristmill_swap_slot(void* swap, svBit crossed, const svBitVecVal* beat, svBitVecVal* out) {
  static_cast<gristmill_beats::Swap*>(swap)->slot(crossed != 0, beat, out);
}

#endif
