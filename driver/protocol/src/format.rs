//! Word formats: how field elements, points and results lie in memory.
//!
//! A field element is little-endian in `element_bytes` bytes. Base-field elements are in Montgomery
//! form with R = 2^(8 * element_bytes), fully reduced, as arkworks, halo2curves and blst hold them.
//! An affine point is x then y; the point at infinity is all zeros. Points stand `stride` bytes
//! apart, so that formats with a flag behind y can be read as they are.
//!
//! Results of an MSM: for each window w written and each weight l in 0..c one slot of four elements:
//! X, Y, Z (homogeneous projective, below 2^(8 * element_bytes), not necessarily reduced, all three
//! multiplied by one unknown common factor) and zero. The slot of window w and weight l is the one
//! with index w * c + l; an all-zero slot stands for the point at infinity. The sum is
//! Σ_w 2^(c w) Σ_l 2^l slot(w, l). Passes write all their K windows, so the buffer has room for K c slots
//! for each of the ⌈W / K⌉ passes that W windows can need.

use crate::{SLOT_BYTES, SLOT_WORDS};

/// Elements of a result slot: X, Y, Z and one of padding.
pub const RESULT_ELEMENTS: usize = 4;

/// Bytes of a result slot.
pub const fn result_slot_bytes(element_bytes: usize) -> usize {
    RESULT_ELEMENTS * element_bytes
}

/// Bytes of a record that one pass leaves for the next: what is left of the scalar, and the point;
/// rounded up to a multiple of 64.
pub const fn record_bytes(element_bytes: usize, scalar_bytes: usize) -> usize {
    (scalar_bytes + 2 * element_bytes).next_multiple_of(64)
}

/// Windows that a scalar of `scalar_bits` bits can need at width c: the magnitude is at most half
/// the order, and the signed digits may carry once past its top.
pub const fn windows(scalar_bits: u32, c: u32) -> u32 {
    scalar_bits.div_ceil(c)
}

/// The bytes of eight words.
pub fn slot_bytes(words: [u64; SLOT_WORDS]) -> [u8; SLOT_BYTES] {
    let mut bytes = [0; SLOT_BYTES];
    for (chunk, word) in bytes.chunks_exact_mut(8).zip(words) {
        chunk.copy_from_slice(&word.to_le_bytes());
    }
    bytes
}

/// The eight words of these bytes.
pub fn slot_words(bytes: &[u8; SLOT_BYTES]) -> [u64; SLOT_WORDS] {
    let mut words = [0; SLOT_WORDS];
    for (word, chunk) in words.iter_mut().zip(bytes.as_chunks::<8>().0) {
        *word = u64::from_le_bytes(*chunk);
    }
    words
}
