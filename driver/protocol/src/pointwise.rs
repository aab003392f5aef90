//! Element-wise arithmetic on vectors in card memory.
//!
//! With the vectors a, b and c of n elements in memory form ([`crate::field`]), a\[i\] becomes a\[i\] b\[i\] - c\[i\].
//! All three stand in the region of word 3, at offsets that are multiples of 64, tightly packed; each area
//! ([`MultiplySubtract::area_bytes`]) is whole blocks of 64 bytes, and what stands in the last one behind the
//! elements of a may be overwritten with anything.
//!
//! a may not overlap b or c: [`Status::Overlap`](crate::Status), detail 4 and 6. b and c may be anything else, the
//! same vector too. An n of 0, or one over 2^size_log2 of the capability, is `SizeLimit` (detail n). An element
//! that is not below the modulus is `NonCanonicalElement`, not for Goldilocks, where any word stands for its
//! residue; its detail counts in its vector. The address of a statistics block is not used. After a job that
//! failed, a holds anything. A job with several errors is refused with one of them. Success has detail 0.

use crate::{Handle, SLOT_WORDS};

/// a <- a b - c, element by element.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MultiplySubtract {
    /// Region of all three vectors.
    pub data: Handle,
    /// Byte offset of a, a multiple of 64.
    pub a: u64,
    /// Byte offset of b, a multiple of 64.
    pub b: u64,
    /// Byte offset of c, a multiple of 64.
    pub c: u64,
    /// Elements of each vector.
    pub length: u32,
}

impl MultiplySubtract {
    /// Bytes of the area of each vector: whole blocks.
    pub const fn area_bytes(&self, element_bytes: usize) -> u64 {
        (self.length as u64 * element_bytes as u64).next_multiple_of(crate::ALIGNMENT)
    }

    /// Words 2 to 7.
    pub(crate) const fn encode(&self) -> [u64; 6] {
        [
            self.a,
            self.data.pack(),
            self.b,
            self.length as u64,
            self.c,
            0,
        ]
    }

    /// The fields in a descriptor's words.
    pub const fn from_words(words: [u64; SLOT_WORDS]) -> Self {
        let [_, _, a, data, b, length, c, _] = words;
        Self {
            data: Handle::unpack(data),
            a,
            b,
            c,
            length: length as u32,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Descriptor, Opcode, Operation};

    #[test]
    fn words_and_fields_are_inverses() {
        let job = MultiplySubtract {
            data: Handle {
                index: 3,
                generation: 9,
            },
            a: 64,
            b: 1 << 40,
            c: 128,
            length: u32::MAX,
        };
        let words = Descriptor {
            tag: 7,
            statistics: 0,
            interrupt: true,
            operation: Operation::MultiplySubtract(job),
        }
        .words();
        assert_eq!(MultiplySubtract::from_words(words), job);
        let used = Opcode::MultiplySubtract.used_bits();
        assert!(words.iter().zip(used).all(|(word, used)| word & !used == 0));
        assert_eq!(job.area_bytes(8), 8 << 32);
        assert_eq!(MultiplySubtract { length: 3, ..job }.area_bytes(32), 128);
    }
}
