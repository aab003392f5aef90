//! The messages of the vfio-user protocol, version 0.1, as far as a card needs them.
//!
//! Source: the vfio-user specification in the documentation of QEMU 10.1. All words are in the
//! machine's own order; both sides are on one machine. Each message is a [`Header`] and a payload.

use bytemuck::{Pod, Zeroable};

/// Version that both sides speak.
pub const VERSION: (u16, u16) = (0, 1);
/// Most bytes of data in one message, as negotiated by [`capabilities`].
pub const MAX_TRANSFER: usize = 1 << 20;
/// Most bytes of a message: data, and room for the largest fixed part.
pub const MAX_MESSAGE: usize = MAX_TRANSFER + 4096;
/// Most file descriptors with one message.
pub const MAX_FILES: usize = 16;

macro_rules! commands {
    ($($name:ident = $code:literal;)*) => {
        /// What a message asks for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u16)]
        #[allow(missing_docs, reason = "the names are the specification's")]
        pub enum Command { $($name = $code),* }
        impl Command {
            /// The command with this code, if this implementation knows it.
            pub const fn from_code(code: u16) -> Option<Self> {
                match code { $($code => Some(Self::$name),)* _ => None }
            }
        }
    };
}

commands! {
    Version = 1;
    DmaMap = 2;
    DmaUnmap = 3;
    DeviceGetInfo = 4;
    DeviceGetRegionInfo = 5;
    DeviceGetIrqInfo = 7;
    DeviceSetIrqs = 8;
    RegionRead = 9;
    RegionWrite = 10;
    DeviceReset = 13;
}

/// Bits of [`Header::flags`].
pub mod flags {
    /// The bits that tell commands from replies.
    pub const TYPE: u32 = 0xf;
    /// A command.
    pub const COMMAND: u32 = 0;
    /// A reply.
    pub const REPLY: u32 = 1;
    /// The command wants no reply.
    pub const NO_REPLY: u32 = 1 << 4;
    /// The reply says that the command failed, and `error` how.
    pub const ERROR: u32 = 1 << 5;
}

/// What every message begins with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct Header {
    /// Chosen by the sender of a command, repeated by its reply.
    pub id: u16,
    /// Code of the [`Command`].
    pub command: u16,
    /// Bytes of the message, this header included.
    pub size: u32,
    /// See [`flags`].
    pub flags: u32,
    /// Error number of a failed command.
    pub error: u32,
}

/// Payload of [`Command::Version`], before the text of [`capabilities`].
#[derive(Clone, Copy, Debug, Default, Pod, Zeroable)]
#[repr(C)]
pub struct Version {
    /// Incompatible changes.
    pub major: u16,
    /// Compatible additions.
    pub minor: u16,
}

/// The text of a version message, with the zero byte that ends it.
pub fn capabilities() -> Vec<u8> {
    format!(
        "{{\"capabilities\":{{\"max_msg_fds\":{MAX_FILES},\"max_data_xfer_size\":{MAX_TRANSFER}}}}}\0"
    )
    .into_bytes()
}

/// Payload of [`Command::DmaMap`]; a file comes with it, or the memory cannot be reached.
#[derive(Clone, Copy, Debug, Default, Pod, Zeroable)]
#[repr(C)]
pub struct DmaMap {
    /// Bytes of this structure.
    pub argsz: u32,
    /// Bit 0: readable by the card; bit 1: writable.
    pub flags: u32,
    /// Offset in the file.
    pub offset: u64,
    /// Address in the card's view.
    pub address: u64,
    /// Bytes.
    pub size: u64,
}

/// Bits of [`DmaMap::flags`].
pub mod map_flags {
    /// The card may read.
    pub const READ: u32 = 1 << 0;
    /// The card may write.
    pub const WRITE: u32 = 1 << 1;
}

/// Payload of [`Command::DmaUnmap`] and of its reply.
#[derive(Clone, Copy, Debug, Default, Pod, Zeroable)]
#[repr(C)]
pub struct DmaUnmap {
    /// Bytes of this structure.
    pub argsz: u32,
    /// See [`unmap_flags`].
    pub flags: u32,
    /// Address in the card's view.
    pub address: u64,
    /// Bytes.
    pub size: u64,
}

/// Bits of [`DmaUnmap::flags`].
pub mod unmap_flags {
    /// Return which pages are dirty.
    pub const DIRTY: u32 = 1 << 0;
    /// Forget all maps; address and size are zero.
    pub const ALL: u32 = 1 << 1;
}

/// Reply to [`Command::DeviceGetInfo`].
#[derive(Clone, Copy, Debug, Default, Pod, Zeroable)]
#[repr(C)]
pub struct DeviceInfo {
    /// Bytes of this structure.
    pub argsz: u32,
    /// See [`device_flags`].
    pub flags: u32,
    /// Number of regions.
    pub regions: u32,
    /// Number of kinds of interrupts.
    pub irqs: u32,
}

/// Bits of [`DeviceInfo::flags`].
pub mod device_flags {
    /// It can be reset.
    pub const RESET: u32 = 1 << 0;
    /// It is a PCI function.
    pub const PCI: u32 = 1 << 1;
}

/// Asks for, and answers [`Command::DeviceGetRegionInfo`].
#[derive(Clone, Copy, Debug, Default, Pod, Zeroable)]
#[repr(C)]
pub struct RegionInfo {
    /// Bytes of this structure and its capabilities.
    pub argsz: u32,
    /// See [`region_flags`].
    pub flags: u32,
    /// Index of the region, one of [`region`].
    pub index: u32,
    /// Offset of the first capability.
    pub capabilities: u32,
    /// Bytes of the region; none if there is no such region.
    pub size: u64,
    /// Offset in the file that came with the reply.
    pub offset: u64,
}

/// Bits of [`RegionInfo::flags`].
pub mod region_flags {
    /// It can be read.
    pub const READ: u32 = 1 << 0;
    /// It can be written.
    pub const WRITE: u32 = 1 << 1;
}

/// Indices of a PCI function's regions. BAR b is region b.
pub mod region {
    /// The configuration space.
    pub const CONFIGURATION: u32 = 7;
    /// Number of regions.
    pub const COUNT: u32 = 9;
}

/// Asks for, and answers [`Command::DeviceGetIrqInfo`].
#[derive(Clone, Copy, Debug, Default, Pod, Zeroable)]
#[repr(C)]
pub struct IrqInfo {
    /// Bytes of this structure.
    pub argsz: u32,
    /// See [`irq_info_flags`].
    pub flags: u32,
    /// Kind of interrupt, one of [`irq`].
    pub index: u32,
    /// Interrupts of this kind.
    pub count: u32,
}

/// Bits of [`IrqInfo::flags`].
pub mod irq_info_flags {
    /// It can be signalled through an eventfd.
    pub const EVENTFD: u32 = 1 << 0;
    /// It can be masked.
    pub const MASKABLE: u32 = 1 << 1;
}

/// Indices of a PCI function's kinds of interrupts.
pub mod irq {
    /// MSI-X.
    pub const MSIX: u32 = 2;
    /// The function failed, and does not recover by itself. One vector.
    pub const ERROR: u32 = 3;
    /// The function is asked back. One vector.
    pub const REQUEST: u32 = 4;
    /// Number of kinds.
    pub const COUNT: u32 = 5;
}

/// Payload of [`Command::DeviceSetIrqs`]; the files are eventfds.
#[derive(Clone, Copy, Debug, Default, Pod, Zeroable)]
#[repr(C)]
pub struct SetIrqs {
    /// Bytes of this structure and its data.
    pub argsz: u32,
    /// One of the data bits and one of the action bits of [`set_irqs_flags`].
    pub flags: u32,
    /// Kind of interrupt.
    pub index: u32,
    /// First interrupt.
    pub start: u32,
    /// Number of interrupts; 0 with `DATA_NONE` and `ACTION_TRIGGER` disables all.
    pub count: u32,
}

/// Bits of [`SetIrqs::flags`].
pub mod set_irqs_flags {
    /// No data.
    pub const DATA_NONE: u32 = 1 << 0;
    /// One byte an interrupt follows.
    pub const DATA_BOOL: u32 = 1 << 1;
    /// One eventfd an interrupt comes along.
    pub const DATA_EVENTFD: u32 = 1 << 2;
    /// Mask.
    pub const ACTION_MASK: u32 = 1 << 3;
    /// Unmask.
    pub const ACTION_UNMASK: u32 = 1 << 4;
    /// Connect to eventfds, or raise.
    pub const ACTION_TRIGGER: u32 = 1 << 5;
}

/// Payload of [`Command::RegionRead`] and [`Command::RegionWrite`], and of their replies; data follows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct RegionAccess {
    /// Offset in the region.
    pub offset: u64,
    /// The region.
    pub region: u32,
    /// Bytes of data.
    pub count: u32,
}

/// The structure at the start of a payload, and what follows it; `None` if the payload is shorter.
pub fn split<T: Pod>(payload: &[u8]) -> Option<(T, &[u8])> {
    let (head, rest) = payload.split_at_checked(size_of::<T>())?;
    Some((bytemuck::pod_read_unaligned(head), rest))
}
