//! What the card is on PCI Express: identity, BARs, and where its interrupt table lies.
//!
//! | BAR | bytes | content |
//! |---|---|---|
//! | 0 | [`register::BAR_BYTES`](crate::register::BAR_BYTES) | registers, see [`register`](crate::register) |
//! | 2 | [`MSIX_BAR_BYTES`] | MSI-X table at [`MSIX_TABLE_OFFSET`], pending bits at [`MSIX_PENDING_OFFSET`] |
//!
//! Both are 32-bit, not prefetchable. Registers are accessed in aligned words of 32 bits.

/// Vendor number; not assigned by the PCI-SIG: a board with a number of its own changes it here.
pub const VENDOR: u16 = 0xf1a2;
/// Device number.
pub const DEVICE: u16 = 0x4752;
/// Revision: the protocol's major version.
pub const REVISION: u8 = crate::VERSION_MAJOR as u8;
/// Base class and subclass: processing accelerator.
pub const CLASS: u16 = 0x1200;
/// The BAR of the registers.
pub const REGISTER_BAR: u32 = 0;
/// The BAR of the MSI-X table.
pub const MSIX_BAR: u32 = 2;
/// Bytes of that BAR.
pub const MSIX_BAR_BYTES: u32 = 0x1000;
/// Byte offset of the MSI-X table in its BAR.
pub const MSIX_TABLE_OFFSET: u32 = 0;
/// Byte offset of the pending bits in the same BAR.
pub const MSIX_PENDING_OFFSET: u32 = 0x800;
/// Bytes of an entry of the MSI-X table.
pub const MSIX_ENTRY_BYTES: u32 = 16;
