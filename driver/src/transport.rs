//! How the driver reaches a card: registers, DMA memory, interrupts, function reset.

use crate::DmaBuffer;
use std::time::{Duration, Instant};

/// A way to one card. Kernel VFIO, vfio-user and a simulation in the same process differ only here.
///
/// A transport neither retries nor judges: it reports. All methods may be called from many threads.
pub trait Transport: Send + Sync {
    /// What and where it is, for messages: `vfio:0000:3b:00.0`, `reference card`.
    fn name(&self) -> String;

    /// Reads the 32-bit register at byte `offset` of BAR 0 (a multiple of 4). A card that has
    /// vanished reads as all-ones; that is a value, not an error.
    fn read_register(&self, offset: u32) -> Result<u32, TransportError>;

    /// Writes the 32-bit register at byte `offset` of BAR 0. Every write to DMA memory that
    /// happened before is visible to the card before this one is.
    fn write_register(&self, offset: u32, value: u32) -> Result<(), TransportError>;

    /// Memory of at least `bytes` bytes that the card can reach: zeroed, contiguous in the card's
    /// view, aligned to 64 bytes. Dropping or [freeing](DmaBuffer::free) the buffer takes it away from the card.
    fn allocate(&self, bytes: usize) -> Result<DmaBuffer, TransportError>;

    /// Waits until interrupt `vector` is raised, at most until `deadline`. `true` when it was
    /// raised since the last wait on this vector that returned `true`, even before this call.
    fn wait_interrupt(&self, vector: u32, deadline: Instant) -> Result<bool, TransportError>;

    /// Whether the system has announced something about the card: an error of the bus, its removal, the end of
    /// the link. Costs no access to the card, and may be called while it is idle.
    ///
    /// # Errors
    /// [`TransportError::BusError`], told once; [`TransportError::RemovalRequested`], told from then on at each
    /// call; [`TransportError::Down`].
    fn check(&self) -> Result<(), TransportError> {
        Ok(())
    }

    /// Function-level reset, finished by `deadline`. Success does not mean that the card lives:
    /// read a register to know.
    fn reset(&self, deadline: Instant) -> Result<(), TransportError>;
}

/// What a transport could not do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// There is no such register: the offset is not a multiple of 4, or outside BAR 0.
    #[error("no register at offset {offset:#x}")]
    NoRegister {
        /// Byte offset in BAR 0.
        offset: u32,
    },
    /// There is no such interrupt vector.
    #[error("no interrupt vector {vector}")]
    NoVector {
        /// The vector.
        vector: u32,
    },
    /// No DMA memory of this size could be had.
    #[error("cannot allocate {bytes} bytes of DMA memory: {reason}")]
    Allocate {
        /// Bytes asked for.
        bytes: usize,
        /// What the system said.
        reason: String,
    },
    /// DMA memory could not be taken away from the card; it stays mapped and is never reused.
    #[error("cannot unmap the DMA memory at {iova:#x}: {reason}")]
    Unmap {
        /// Address in the card's view.
        iova: u64,
        /// What the system said.
        reason: String,
    },
    /// An access leaves its DMA buffer.
    #[error("bytes {offset}..{offset}+{bytes} leave a DMA buffer of {length} bytes")]
    OutsideBuffer {
        /// First byte.
        offset: usize,
        /// Bytes of the access.
        bytes: usize,
        /// Bytes of the buffer.
        length: usize,
    },
    /// The other side did not answer in time.
    #[error("{what} did not finish within {waited:?}")]
    TimedOut {
        /// What was waited for.
        what: &'static str,
        /// For how long.
        waited: Duration,
    },
    /// The link is broken or the other side closed it.
    #[error("the link to the card is down: {reason}")]
    Down {
        /// What the system or the other side said.
        reason: String,
    },
    /// VFIO's error interrupt.
    #[error("the bus reports an error that the card does not recover from")]
    BusError,
    /// VFIO's request interrupt: the card is about to be unplugged, or to get another driver.
    #[error("the system asks for the card back")]
    RemovalRequested,
    /// The system refused an operation on the device.
    #[error("{operation} failed: {reason}")]
    Refused {
        /// What was tried.
        operation: &'static str,
        /// What the system said.
        reason: String,
    },
}
