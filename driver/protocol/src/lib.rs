//! What crosses the link between host and card: registers, descriptors, completions, word formats.
//!
//! This crate is the one source of every number that two sides must agree on. The RTL takes its
//! offsets, opcodes, masks and error codes from here, the driver and the simulator too, and the
//! register table for people is printed from the same definitions ([`document`]).
//!
//! All words are little-endian. A descriptor and a completion are 64 bytes, eight 64-bit words.
#![no_std]

pub mod capability;
pub mod completion;
pub mod descriptor;
pub mod document;
pub mod field;
pub mod format;
pub mod ntt;
pub mod pci;
pub mod pointwise;
pub mod register;
pub mod status;

pub use capability::{Capabilities, CurveId, EngineCapability, EngineKind};
pub use completion::{Completion, MsmStatistics, NttPass, NttStatistics};
pub use descriptor::{Descriptor, Handle, Msm, Opcode, Operation, RegionKind};
pub use field::FieldId;
pub use ntt::Ntt;
pub use pointwise::MultiplySubtract;
pub use status::Status;

/// Reads `GRST` in register `IDENTITY`; never all-ones, so a vanished card cannot look alive.
pub const IDENTITY: u32 = 0x4752_5354;
/// Incompatible changes of the protocol.
pub const VERSION_MAJOR: u16 = 1;
/// Compatible additions to the protocol.
pub const VERSION_MINOR: u16 = 2;
/// Format of the descriptor, its second byte.
pub const DESCRIPTOR_VERSION: u8 = 1;
/// Bytes of a descriptor and of a completion.
pub const SLOT_BYTES: usize = 64;
/// 64-bit words of a descriptor and of a completion.
pub const SLOT_WORDS: usize = 8;
/// Alignment in bytes of rings, host buffers, region bases and copies.
pub const ALIGNMENT: u64 = 64;
/// Least and largest binary logarithm of the entries of a ring.
pub const RING_LOG2_ENTRIES: core::ops::RangeInclusive<u32> = 1..=12;
/// The queue whose descriptors may change the region table.
pub const ADMIN_QUEUE: u16 = 0;
