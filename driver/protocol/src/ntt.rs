//! Number-theoretic transforms: the descriptor's fields, the layout of data, and the table sets.
//!
//! # What is computed
//! With N = 2^size, w the field's root of unity of order N and g the coset offset:
//! forward X\[k\] = Σ_j x\[j\] g^j w^(jk); inverse x\[j\] = g^-j / N Σ_k X\[k\] w^(-jk). g, w and 1/N are
//! what the tables hold. Flags: `INPUT_REVERSED` and `OUTPUT_REVERSED` say that the element with index i
//! stands at the place of i with its `size` bits reversed. `EXTEND` computes coefficients from a natural
//! order input by the inverse of 2^size, appends zeros, and transforms forward at 2^(size + extension),
//! each with its own table set; it goes with neither `INVERSE` nor `INPUT_REVERSED`
//! ([`Status::UnsupportedParameter`](crate::Status), detail 0).
//!
//! # Where the data stand
//! All in one region, word 3, at offsets that are multiples of 64. Without `COLUMNS`, transform i of the
//! batch has its n elements at offset + i * n * element_bytes. With `COLUMNS` the data are a row-major
//! matrix: row j at offset + j * stride * 64, the element of transform i at i * element_bytes in it.
//! Blocks of 64 bytes that have an element of the batch are read and written whole: what else is in
//! them is overwritten with anything. The other blocks of a wide stride are left as they are.
//! [`Ntt::input_bytes`] and [`Ntt::output_bytes`] (with whole strides) are compared with the end of the
//! region; the scratch area is as large as the output.
//!
//! The output may be where the input is (same offset) when the extension is 0. Any other overlap of
//! output and input, and any of scratch and either, is [`Status::Overlap`](crate::Status), detail 4 and 6.
//! The scratch area is used with `EXTEND` and when a transform needs two passes, which is when its size
//! is over the engine's `pass_log2`; when it is not used word 6 must be 0 (`ReservedNotZero`, detail 6), as
//! must be the extension without `EXTEND` and the stride without `COLUMNS` (detail 5). After a job that
//! failed, output and scratch hold anything.
//!
//! A stride of less than the columns' bytes is [`Status::Stride`](crate::Status) (detail 5). A size (with
//! extension) over the capability is `SizeLimit` (detail: that size's logarithm), as is a batch of 0
//! (detail 0). An element that is not below the modulus is `NonCanonicalElement`, not for Goldilocks.
//! A job with several errors is refused with one of them. Success has detail 0.
//!
//! # Table sets
//! The region of word 7 begins with the set of the transform; with `EXTEND` the inverse's, and behind it
//! the forward's. A set is a header of 64 bytes and four tables ([`Table`]) of 2^h elements in memory
//! form below the modulus, h = ⌈size / 2⌉, each padded to a multiple of 64 bytes:
//! w^e = W_lo\[e mod 2^h\] W_hi\[e >> h\], and likewise g^e from G_lo and G_hi. The set of an inverse has
//! the inverses of w and g, and the factor 1/N in every element of G_hi. The card checks the headers
//! ([`header`]) and the length of the region ([`TableFault`]), not the elements.

use crate::descriptor::flag;
use crate::{FieldId, Handle, SLOT_WORDS};

/// Word 0 of a table set's header.
pub const TABLE_MAGIC: u64 = u64::from_le_bytes(*b"GRSTNTT1");
/// Bytes of a table set's header.
pub const HEADER_BYTES: u64 = 64;
/// Bytes of the blocks in which offsets, strides and tables are counted.
pub const BLOCK_BYTES: u64 = 64;
/// In the detail of [`Status::TablesMismatch`](crate::Status): the fault is in the second set.
pub const SECOND_SET: u64 = 1 << 8;

/// The header of a table set; its other words are zero.
pub const fn header(field: FieldId, size_log2: u32, inverse: bool) -> [u64; SLOT_WORDS] {
    let what = field as u64 | (size_log2 as u64) << 32 | (inverse as u64) << 40;
    [TABLE_MAGIC, what, 0, 0, 0, 0, 0, 0]
}

/// The tables of a set, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// w^i.
    WLow = 0,
    /// w^(i 2^h).
    WHigh = 1,
    /// g^i.
    GLow = 2,
    /// g^(i 2^h); times 1/N for an inverse.
    GHigh = 3,
}

/// h: binary logarithm of the elements of each table.
pub const fn table_log2(size_log2: u32) -> u32 {
    size_log2.div_ceil(2)
}

/// Bytes of one table with its padding.
pub const fn table_bytes(element_bytes: usize, size_log2: u32) -> u64 {
    ((element_bytes as u64) << table_log2(size_log2)).next_multiple_of(BLOCK_BYTES)
}

/// Byte offset of a table in its set.
pub const fn table_offset(table: Table, element_bytes: usize, size_log2: u32) -> u64 {
    HEADER_BYTES + table as u64 * table_bytes(element_bytes, size_log2)
}

/// Bytes of a table set.
pub const fn table_set_bytes(element_bytes: usize, size_log2: u32) -> u64 {
    HEADER_BYTES + 4 * table_bytes(element_bytes, size_log2)
}

/// What is wrong with a table set: bits 7..0 of the detail of
/// [`Status::TablesMismatch`](crate::Status). The first that holds, of the first set that has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum TableFault {
    /// Word 7 is 0.
    Missing = 0,
    /// Word 0 of the header is not [`TABLE_MAGIC`].
    Magic = 1,
    /// The set is of another field.
    Field = 2,
    /// The set is of another size.
    Size = 3,
    /// The set is of the other direction.
    Direction = 4,
    /// The region ends before the set.
    Short = 5,
}

/// A batch of number-theoretic transforms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ntt {
    /// Region of the input, the output and the scratch area.
    pub data: Handle,
    /// Byte offset of the input, a multiple of 64.
    pub input: u64,
    /// Byte offset of the output, a multiple of 64.
    pub output: u64,
    /// Byte offset of the scratch area, a multiple of 64; 0 when it is not used.
    pub scratch: u64,
    /// Region of the table sets.
    pub tables: Handle,
    /// Binary logarithm of the elements of a transform's input.
    pub size_log2: u8,
    /// `EXTEND`: binary logarithm of the factor by which the output is longer, 0 allowed.
    pub extension_log2: Option<u8>,
    /// `COLUMNS`: bytes of a row in blocks of 64.
    pub stride_blocks: Option<u16>,
    /// Number of transforms; columns with `COLUMNS`.
    pub batch: u32,
    /// From values to coefficients.
    pub inverse: bool,
    /// The input is in bit-reversed order.
    pub input_reversed: bool,
    /// The output is in bit-reversed order.
    pub output_reversed: bool,
}

impl Ntt {
    /// Binary logarithm of the elements of a transform's output.
    pub const fn output_size_log2(&self) -> u32 {
        self.size_log2 as u32
            + match self.extension_log2 {
                Some(extension) => extension as u32,
                None => 0,
            }
    }

    /// Bytes that `2^size_log2` elements of each transform take; saturating.
    const fn area_bytes(&self, element_bytes: usize, size_log2: u32) -> u64 {
        if size_log2 >= 64 {
            return u64::MAX;
        }
        let elements = 1u64 << size_log2;
        match self.stride_blocks {
            Some(stride) => elements.saturating_mul(stride as u64 * BLOCK_BYTES),
            None => {
                let transform = elements.saturating_mul(element_bytes as u64);
                match transform
                    .saturating_mul(self.batch as u64)
                    .checked_next_multiple_of(BLOCK_BYTES)
                {
                    Some(bytes) => bytes,
                    None => u64::MAX,
                }
            }
        }
    }

    /// Bytes of the input area; saturating.
    pub const fn input_bytes(&self, element_bytes: usize) -> u64 {
        self.area_bytes(element_bytes, self.size_log2 as u32)
    }

    /// Bytes of the output area, and of the scratch area; saturating.
    pub const fn output_bytes(&self, element_bytes: usize) -> u64 {
        self.area_bytes(element_bytes, self.output_size_log2())
    }

    /// Whether the scratch area is used by an engine with this `pass_log2`.
    pub const fn uses_scratch(&self, pass_log2: u32) -> bool {
        self.extension_log2.is_some() || self.size_log2 as u32 > pass_log2
    }

    /// Bytes of the table sets that the job needs.
    pub const fn table_bytes(&self, element_bytes: usize) -> u64 {
        let first = table_set_bytes(element_bytes, self.size_log2 as u32);
        match self.extension_log2 {
            Some(_) => first + table_set_bytes(element_bytes, self.output_size_log2()),
            None => first,
        }
    }

    /// Flags and words 2 to 7.
    pub(crate) const fn encode(&self) -> (u16, [u64; 6]) {
        let mut flags = 0;
        let mut shape = self.size_log2 as u64 | (self.batch as u64) << 32;
        if self.inverse {
            flags |= flag::INVERSE;
        }
        if self.input_reversed {
            flags |= flag::INPUT_REVERSED;
        }
        if self.output_reversed {
            flags |= flag::OUTPUT_REVERSED;
        }
        if let Some(stride) = self.stride_blocks {
            flags |= flag::COLUMNS;
            shape |= (stride as u64) << 16;
        }
        if let Some(extension) = self.extension_log2 {
            flags |= flag::EXTEND;
            shape |= (extension as u64) << 8;
        }
        let words = [
            self.input,
            self.data.pack(),
            self.output,
            shape,
            self.scratch,
            self.tables.pack(),
        ];
        (flags, words)
    }

    /// The fields in a descriptor's words; an extension without `EXTEND` and a stride without `COLUMNS`
    /// are not seen.
    pub const fn from_words(words: [u64; SLOT_WORDS]) -> Self {
        let [head, _, input, data, output, shape, scratch, tables] = words;
        let flags = (head >> 16) as u16;
        Self {
            data: Handle::unpack(data),
            input,
            output,
            scratch,
            tables: Handle::unpack(tables),
            size_log2: shape as u8,
            extension_log2: match flags & flag::EXTEND != 0 {
                true => Some((shape >> 8) as u8),
                false => None,
            },
            stride_blocks: match flags & flag::COLUMNS != 0 {
                true => Some((shape >> 16) as u16),
                false => None,
            },
            batch: (shape >> 32) as u32,
            inverse: flags & flag::INVERSE != 0,
            input_reversed: flags & flag::INPUT_REVERSED != 0,
            output_reversed: flags & flag::OUTPUT_REVERSED != 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Descriptor, Operation};

    #[test]
    fn words_and_fields_are_inverses() {
        let plain = Ntt {
            data: Handle {
                index: 3,
                generation: 9,
            },
            input: 64,
            output: 128,
            tables: Handle {
                index: 4,
                generation: 1,
            },
            size_log2: 7,
            batch: 5,
            inverse: true,
            output_reversed: true,
            ..Ntt::default()
        };
        let extended = Ntt {
            extension_log2: Some(2),
            stride_blocks: Some(0x1234),
            scratch: 1 << 20,
            inverse: false,
            input_reversed: true,
            ..plain
        };
        for ntt in [plain, extended] {
            let descriptor = Descriptor {
                tag: 7,
                statistics: 0,
                interrupt: true,
                operation: Operation::Ntt(ntt),
            };
            let words = descriptor.words();
            assert_eq!(Ntt::from_words(words), ntt);
            let used = crate::Opcode::Ntt.used_bits();
            assert!(words.iter().zip(used).all(|(word, used)| word & !used == 0));
        }
    }

    #[test]
    fn areas_are_whole_blocks() {
        let rows = Ntt {
            size_log2: 3,
            batch: 3,
            ..Ntt::default()
        };
        assert_eq!(rows.input_bytes(4), 128);
        assert_eq!(rows.table_bytes(4), 64 + 4 * 64);
        let columns = Ntt {
            stride_blocks: Some(2),
            extension_log2: Some(1),
            ..rows
        };
        assert_eq!(columns.input_bytes(4), 8 * 128);
        assert_eq!(columns.output_bytes(4), 16 * 128);
        assert_eq!(columns.table_bytes(32), (64 + 4 * 128) + (64 + 4 * 128));
        let huge = Ntt {
            size_log2: 255,
            extension_log2: Some(255),
            ..rows
        };
        assert_eq!(
            (huge.input_bytes(32), huge.output_bytes(32)),
            (u64::MAX, u64::MAX)
        );
    }
}
