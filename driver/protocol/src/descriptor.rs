//! Descriptors: 64 bytes that tell the card one job.
//!
//! | word | bits | content |
//! |---|---|---|
//! | 0 | 7..0 | opcode |
//! | 0 | 15..8 | descriptor version |
//! | 0 | 31..16 | flags |
//! | 0 | 63..32 | tag, returned in the completion |
//! | 1 | 63..0 | host address of a statistics block, or 0 |
//! | 2..7 | | by opcode, see [`Operation`] |
//!
//! Reserved bits must be zero ([`Opcode::used_bits`] says which are not reserved).

use crate::{DESCRIPTOR_VERSION, MultiplySubtract, Ntt, SLOT_WORDS};

macro_rules! opcodes {
    ($($name:ident = $code:literal, $flags:expr, $words:expr, $meaning:literal;)*) => {
        /// What a descriptor asks for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Opcode { $(#[doc = $meaning] $name = $code),* }
        impl Opcode {
            /// All opcodes, in order.
            pub const ALL: &'static [Opcode] = &[$(Opcode::$name),*];
            /// The opcode with this code, if there is one.
            pub const fn from_code(code: u8) -> Option<Self> {
                match code { $($code => Some(Opcode::$name),)* _ => None }
            }
            /// What it does.
            pub const fn meaning(self) -> &'static str {
                match self { $(Opcode::$name => $meaning),* }
            }
            /// For each word, the bits that may be other than zero.
            pub const fn used_bits(self) -> [u64; SLOT_WORDS] {
                match self { $(Opcode::$name => {
                    let [w2, w3, w4, w5, w6, w7] = $words;
                    [WORD_0 | (($flags as u64 | flag::NO_INTERRUPT as u64) << 16), ALL, w2, w3, w4, w5, w6, w7]
                }),* }
            }
        }
    };
}

const ALL: u64 = u64::MAX;
const WORD_0: u64 = 0xffff_ffff_0000_ffff;
const HANDLE: u64 = (1 << 48) - 1;

/// Flags of a descriptor, bits 31..16 of word 0.
pub mod flag {
    /// [`Operation::RegionSet`](super::Operation::RegionSet): fill the region with zeros before it becomes valid.
    pub const WIPE: u16 = 1 << 0;
    /// MSM: the bases are in host memory, at the address in word 4.
    pub const BASES_STREAMED: u16 = 1 << 0;
    /// MSM: the scalars are in Montgomery form (times 2^(8 * scalar bytes) modulo the order).
    pub const SCALARS_MONTGOMERY: u16 = 1 << 1;
    /// MSM: the scalars are in card memory, in the region of word 7 and behind its records; for engines with
    /// [`feature::SCALARS_RESIDENT`](crate::capability::feature::SCALARS_RESIDENT), others answer `ReservedNotZero`.
    pub const SCALARS_RESIDENT: u16 = 1 << 2;
    /// NTT: from values to coefficients.
    pub const INVERSE: u16 = 1 << 0;
    /// NTT: the input is in bit-reversed order.
    pub const INPUT_REVERSED: u16 = 1 << 1;
    /// NTT: the output is in bit-reversed order.
    pub const OUTPUT_REVERSED: u16 = 1 << 2;
    /// NTT: the transforms are the columns of a row-major matrix.
    pub const COLUMNS: u16 = 1 << 3;
    /// NTT: to coefficients, and to the values on a larger or another coset.
    pub const EXTEND: u16 = 1 << 4;
    /// Reserved for host buffers that are lists of segments.
    pub const SCATTER_LIST: u16 = 1 << 14;
    /// The completion raises no interrupt.
    pub const NO_INTERRUPT: u16 = 1 << 15;
}

opcodes! {
    Nop = 0x00, 0, [0, 0, 0, 0, 0, 0], "Complete at once.";
    RegionSet = 0x01, flag::WIPE, [0x0000_0000_ffff_ffff, ALL, ALL, 0, 0, 0],
        "Admin: define a region. Word 2: index | kind << 16 | domain << 24; word 3: base; word 4: length. Detail: the new generation.";
    RegionClear = 0x02, 0, [0xffff, 0, 0, 0, 0, 0], "Admin: forget a region. Word 2: index.";
    CopyToCard = 0x03, 0, [ALL, HANDLE, ALL, ALL, 0, 0],
        "Host to card memory. Word 2: host address; word 3: handle; word 4: offset; word 5: length.";
    CopyFromCard = 0x04, 0, [ALL, HANDLE, ALL, ALL, 0, 0],
        "Card to host memory. Word 2: host address; word 3: handle; word 4: offset; word 5: length.";
    Msm = 0x10, flag::BASES_STREAMED | flag::SCALARS_MONTGOMERY | flag::SCALARS_RESIDENT, [ALL, HANDLE, ALL, ALL, ALL, HANDLE],
        "Multi-scalar multiplication. Word 2: host address of the scalars; word 3: handle of the bases; word 4: their offset, or host address; word 5: n | stride << 32 | c << 48 | K << 56 (K a multiple of the adders); word 6: host address of the results; word 7: handle of the scratch region. With SCALARS_RESIDENT word 2 is the byte offset of the scalars, a multiple of 8, in the region of word 7, whose bytes before them are the scratch. Detail: windows written.";
    Ntt = 0x20, flag::INVERSE | flag::INPUT_REVERSED | flag::OUTPUT_REVERSED | flag::COLUMNS | flag::EXTEND, [ALL, HANDLE, ALL, ALL, ALL, HANDLE],
        "Number-theoretic transforms. Word 2: input offset; word 3: handle of the data; word 4: output offset; word 5: size_log2 | extension_log2 << 8 | row stride in blocks of 64 bytes << 16 | batch << 32; word 6: scratch offset; word 7: handle of the tables.";
    MultiplySubtract = 0x30, 0, [ALL, HANDLE, ALL, 0xffff_ffff, ALL, 0],
        "Element-wise a <- a b - c. Word 2: offset of a; word 3: handle of the data; word 4: offset of b; word 5: elements; word 6: offset of c.";
}

impl Opcode {
    /// The code that crosses the link.
    pub const fn code(self) -> u8 {
        self as u8
    }
}

/// Names a region of card memory: index in the table, and the generation it had when it was set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Handle {
    /// Index in the region table.
    pub index: u16,
    /// Generation; a handle of an earlier one is refused.
    pub generation: u32,
}

impl Handle {
    /// The 48 bits that cross the link.
    pub const fn pack(self) -> u64 {
        self.index as u64 | (self.generation as u64) << 16
    }
    /// The inverse of [`Self::pack`].
    pub const fn unpack(word: u64) -> Self {
        Self {
            index: word as u16,
            generation: (word >> 16) as u32,
        }
    }
}

/// What a region holds; the card does not look inside, tools show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum RegionKind {
    /// Anything.
    Data = 0,
    /// Affine points.
    Bases = 1,
    /// Records of an engine between passes.
    Scratch = 2,
    /// Table sets of an NTT.
    Tables = 3,
}

/// A multi-scalar multiplication.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Msm {
    /// Host address of n scalars, 64-byte aligned; or, with `scalars_resident`, their byte offset in the region of
    /// `scratch`, a multiple of 8.
    pub scalars: u64,
    /// Scalars are in card memory.
    pub scalars_resident: bool,
    /// Scalars are in Montgomery form.
    pub montgomery: bool,
    /// Region of the bases, or `None` when they are streamed from host memory.
    pub bases: Option<Handle>,
    /// Byte offset of the first base in its region, or its host address; a multiple of 8.
    pub bases_offset: u64,
    /// Number of pairs.
    pub length: u32,
    /// Bytes from one base to the next, a multiple of 8, at least the size of a point.
    pub stride: u16,
    /// Window width c in bits.
    pub window: u8,
    /// Windows a pass K, over all adders; a multiple of their number.
    pub windows_per_pass: u8,
    /// Host address of the result slots, 64-byte aligned.
    pub results: u64,
    /// Region for what later passes need: n records; unused when one pass is enough. With `scalars_resident` it
    /// has the scalars too, and the records before them.
    pub scratch: Handle,
}

/// The part of a descriptor that depends on the opcode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Complete at once.
    Nop,
    /// Define a region.
    RegionSet {
        /// Index in the table.
        index: u16,
        /// What it will hold.
        kind: RegionKind,
        /// Domain that may use it.
        domain: u8,
        /// First byte in card memory, 64-byte aligned.
        base: u64,
        /// Bytes, a multiple of 64, not zero.
        length: u64,
        /// Fill with zeros first.
        wipe: bool,
    },
    /// Forget a region.
    RegionClear {
        /// Index in the table.
        index: u16,
    },
    /// Host to card memory.
    CopyToCard {
        /// Host address, 64-byte aligned.
        host: u64,
        /// Region.
        region: Handle,
        /// Byte offset in the region, a multiple of 64.
        offset: u64,
        /// Bytes, a multiple of 64, not zero.
        length: u64,
    },
    /// Card to host memory; fields as in [`Operation::CopyToCard`].
    CopyFromCard {
        /// Host address, 64-byte aligned.
        host: u64,
        /// Region.
        region: Handle,
        /// Byte offset in the region, a multiple of 64.
        offset: u64,
        /// Bytes, a multiple of 64, not zero.
        length: u64,
    },
    /// Multi-scalar multiplication.
    Msm(Msm),
    /// Number-theoretic transforms.
    Ntt(Ntt),
    /// a <- a b - c, element by element.
    MultiplySubtract(MultiplySubtract),
}

impl Operation {
    /// Its opcode.
    pub const fn opcode(&self) -> Opcode {
        match self {
            Operation::Nop => Opcode::Nop,
            Operation::RegionSet { .. } => Opcode::RegionSet,
            Operation::RegionClear { .. } => Opcode::RegionClear,
            Operation::CopyToCard { .. } => Opcode::CopyToCard,
            Operation::CopyFromCard { .. } => Opcode::CopyFromCard,
            Operation::Msm(_) => Opcode::Msm,
            Operation::Ntt(_) => Opcode::Ntt,
            Operation::MultiplySubtract(_) => Opcode::MultiplySubtract,
        }
    }
}

/// One descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Descriptor {
    /// Returned in the completion.
    pub tag: u32,
    /// Host address of a statistics block ([`crate::MsmStatistics`], [`crate::NttStatistics`]), 64-byte aligned, or 0.
    pub statistics: u64,
    /// The completion raises the queue's interrupt.
    pub interrupt: bool,
    /// What to do.
    pub operation: Operation,
}

impl Descriptor {
    /// The eight words that cross the link.
    pub const fn words(&self) -> [u64; SLOT_WORDS] {
        let (flags, [w2, w3, w4, w5, w6, w7]) = match self.operation {
            Operation::Nop => (0, [0; 6]),
            Operation::RegionSet {
                index,
                kind,
                domain,
                base,
                length,
                wipe,
            } => (
                if wipe { flag::WIPE } else { 0 },
                [
                    index as u64 | (kind as u64) << 16 | (domain as u64) << 24,
                    base,
                    length,
                    0,
                    0,
                    0,
                ],
            ),
            Operation::RegionClear { index } => (0, [index as u64, 0, 0, 0, 0, 0]),
            Operation::CopyToCard {
                host,
                region,
                offset,
                length,
            }
            | Operation::CopyFromCard {
                host,
                region,
                offset,
                length,
            } => (0, [host, region.pack(), offset, length, 0, 0]),
            Operation::Msm(msm) => {
                let (streamed, bases) = match msm.bases {
                    Some(handle) => (0, handle.pack()),
                    None => (flag::BASES_STREAMED, 0),
                };
                let montgomery = if msm.montgomery {
                    flag::SCALARS_MONTGOMERY
                } else {
                    0
                };
                let resident = match msm.scalars_resident {
                    true => flag::SCALARS_RESIDENT,
                    false => 0,
                };
                let shape = msm.length as u64
                    | (msm.stride as u64) << 32
                    | (msm.window as u64) << 48
                    | (msm.windows_per_pass as u64) << 56;
                (
                    streamed | montgomery | resident,
                    [
                        msm.scalars,
                        bases,
                        msm.bases_offset,
                        shape,
                        msm.results,
                        msm.scratch.pack(),
                    ],
                )
            }
            Operation::Ntt(ntt) => ntt.encode(),
            Operation::MultiplySubtract(job) => (0, job.encode()),
        };
        let flags = flags
            | if self.interrupt {
                0
            } else {
                flag::NO_INTERRUPT
            };
        let head = self.operation.opcode().code() as u64
            | (DESCRIPTOR_VERSION as u64) << 8
            | (flags as u64) << 16
            | (self.tag as u64) << 32;
        [head, self.statistics, w2, w3, w4, w5, w6, w7]
    }

    /// The 64 bytes that stand in the ring.
    pub fn bytes(&self) -> [u8; crate::SLOT_BYTES] {
        crate::format::slot_bytes(self.words())
    }
}
