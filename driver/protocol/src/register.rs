//! The card's registers: 32 bits wide, at byte offsets in BAR 0, reached by AXI4-Lite.

/// What a register answers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Reads give the card's state; writes are ignored.
    ReadOnly,
    /// Reads give what was written.
    ReadWrite,
    /// A write acts; reads give zero.
    WriteOnly,
}

/// One row of the register table.
#[derive(Clone, Copy, Debug)]
pub struct Register {
    /// Name, as in the constants of this module.
    pub name: &'static str,
    /// Byte offset in BAR 0, or from the start of the queue's block.
    pub offset: u32,
    /// What it answers to.
    pub access: Access,
    /// Meaning and unit.
    pub meaning: &'static str,
}

macro_rules! registers {
    ($(#[$table_doc:meta])* $table:ident; $($name:ident = $offset:literal, $access:ident, $meaning:literal;)*) => {
        $(#[doc = $meaning] pub const $name: u32 = $offset;)*
        $(#[$table_doc])*
        pub const $table: &[Register] = &[$(Register {
            name: stringify!($name), offset: $offset, access: Access::$access, meaning: $meaning,
        }),*];
    };
}

registers! {
    /// Registers of the whole card.
    CARD;
    IDENTITY = 0x000, ReadOnly, "`GRST` (0x47525354) on a living card.";
    VERSION = 0x004, ReadOnly, "Protocol version: major in the upper half, minor in the lower.";
    BUILD = 0x008, ReadOnly, "First 32 bits of the checksum of the card's configuration.";
    STATUS = 0x00c, ReadOnly, "Card state: the bits of `status_bits`.";
    RESET = 0x010, WriteOnly, "Writing `RESET_KEY` starts a soft reset.";
    CYCLES_LOW = 0x014, ReadOnly, "Core cycles since power-up, low half; reading it holds the high half.";
    CYCLES_HIGH = 0x018, ReadOnly, "High half of the cycle count, as held by the last read of the low half.";
    CLOCK_KILOHERTZ = 0x01c, ReadOnly, "Core clock that the configuration assumes, in kHz.";
    QUEUE_COUNT = 0x020, ReadOnly, "Queue pairs.";
    REGION_COUNT = 0x024, ReadOnly, "Entries of the region table.";
    MEMORY_LOW = 0x028, ReadOnly, "Bytes of card memory, low half.";
    MEMORY_HIGH = 0x02c, ReadOnly, "Bytes of card memory, high half.";
    ADDRESS_BITS = 0x030, ReadOnly, "Bits of a host address that the card can issue.";
    VECTOR_COUNT = 0x034, ReadOnly, "Interrupt vectors.";
    INTERRUPT_TEST = 0x038, WriteOnly, "Writing v raises vector v once.";
    ENGINE_COUNT = 0x03c, ReadOnly, "Engines; each has one entry of the capability table.";
    BUSY = 0x040, ReadOnly, "Bit e: engine e has a job. Bit 31: the queue engine has one.";
    RESET_COUNT = 0x044, ReadOnly, "Soft resets completed since power-up.";
    PROGRESS = 0x080, ReadOnly, "Progress of engine e at offset + 4 e: changes while its job advances.";
}

registers! {
    /// Registers of queue q, from [`QUEUE_BASE`] + q * [`QUEUE_STRIDE`].
    QUEUE;
    SUBMISSION_LOW = 0x00, ReadWrite, "Host address of the submission ring, low half; 64-byte aligned.";
    SUBMISSION_HIGH = 0x04, ReadWrite, "Host address of the submission ring, high half.";
    COMPLETION_LOW = 0x08, ReadWrite, "Host address of the completion ring, low half; 64-byte aligned.";
    COMPLETION_HIGH = 0x0c, ReadWrite, "Host address of the completion ring, high half.";
    SIZE_LOG2 = 0x10, ReadWrite, "Binary logarithm of the entries of both rings, 1 to 12.";
    CONTROL = 0x14, ReadWrite, "Bit 0: enabled (rings are checked when it rises). Bit 1: raise interrupts.";
    VECTOR = 0x18, ReadWrite, "Interrupt vector of the queue.";
    DOMAIN = 0x1c, ReadWrite, "Domain of the queue, 8 bits: it reaches the regions of this domain.";
    SUBMISSION_TAIL = 0x20, ReadWrite, "Doorbell: free-running 16-bit count of descriptors written.";
    COMPLETION_HEAD = 0x24, ReadWrite, "Doorbell: free-running 16-bit count of completions read.";
    SUBMISSION_HEAD = 0x28, ReadOnly, "Free-running 16-bit count of descriptors fetched.";
    COMPLETION_TAIL = 0x2c, ReadOnly, "Free-running 16-bit count of completions written.";
    STATE = 0x30, ReadOnly, "Status code in the lower half (0: running or off), bit 16: running.";
}

/// First register block of the queues.
pub const QUEUE_BASE: u32 = 0x100;
/// Bytes between the register blocks of neighbouring queues.
pub const QUEUE_STRIDE: u32 = 0x40;
/// Most queue pairs that the register map has room for.
pub const MAX_QUEUES: u32 = 16;
/// Most engines that the register map has room for.
pub const MAX_ENGINES: u32 = 16;
/// First word of the capability table.
pub const CAPABILITY_BASE: u32 = 0x800;
/// Bytes of BAR 0.
pub const BAR_BYTES: u32 = 0x1000;
/// What `RESET` wants to be written.
pub const RESET_KEY: u32 = 0x5265_7365;

/// Bits of `STATUS`.
pub mod status_bits {
    /// The card takes work.
    pub const READY: u32 = 1 << 0;
    /// A soft reset is under way.
    pub const RESETTING: u32 = 1 << 1;
    /// The last soft reset could not drain the buses: only a function reset helps.
    pub const NEEDS_FUNCTION_RESET: u32 = 1 << 2;
}

/// Bits of a queue's `CONTROL`.
pub mod control_bits {
    /// The queue runs.
    pub const ENABLE: u32 = 1 << 0;
    /// Completions raise the queue's vector.
    pub const INTERRUPT: u32 = 1 << 1;
}

/// Bit of a queue's `STATE` that is set while the queue runs.
pub const STATE_RUNNING: u32 = 1 << 16;

/// Offset in BAR 0 of `register` of queue `queue`.
pub const fn queue_register(queue: u32, register: u32) -> u32 {
    QUEUE_BASE + queue * QUEUE_STRIDE + register
}

/// Offset in BAR 0 of the progress register of engine `engine`.
pub const fn progress_register(engine: u32) -> u32 {
    PROGRESS + 4 * engine
}
