//! Memory that host and card share.

use crate::{TransportError, shared};
use std::fmt;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU64, Ordering};

/// What stands behind a [`DmaBuffer`]: a mapping that a transport made.
pub trait DmaBacking: Send + Sync {
    /// Takes the memory away from the card and gives it back to the system. Called once. After an
    /// error the memory must stay valid for ever, since the card may still write to it.
    fn release(&mut self) -> Result<(), TransportError>;
}

/// A buffer that the card can reach: contiguous in the card's view, aligned to 64 bytes, zero at first.
///
/// It is a pointer and not a slice, since the card may write at any time while a job names it.
/// Dropping it unmaps it; whoever hands its address to a card keeps it until the card is done
/// (a [`Card`](crate::Card) does this for its jobs).
pub struct DmaBuffer {
    pointer: NonNull<u8>,
    length: usize,
    iova: u64,
    /// `None` once it was released.
    backing: Option<Box<dyn DmaBacking>>,
}

// SAFETY: the pointer is owned, and is dereferenced only by atomics or under the caller's exclusion.
unsafe impl Send for DmaBuffer {}
// SAFETY: as above; all methods with `&self` use atomics.
unsafe impl Sync for DmaBuffer {}

impl DmaBuffer {
    /// Wraps the mapping of a transport.
    ///
    /// # Safety
    /// `pointer` is aligned to 64 bytes and valid for reads and writes of `length` bytes until
    /// `backing` is released; nobody else on this side holds a reference into it.
    pub unsafe fn new(
        pointer: NonNull<u8>,
        length: usize,
        iova: u64,
        backing: Box<dyn DmaBacking>,
    ) -> Self {
        Self {
            pointer,
            length,
            iova,
            backing: Some(backing),
        }
    }

    /// Address of the first byte in the card's view.
    pub fn iova(&self) -> u64 {
        self.iova
    }

    /// Bytes.
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether it has no bytes.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// First byte in the host's view.
    pub fn as_ptr(&self) -> *mut u8 {
        self.pointer.as_ptr()
    }

    /// Copies out of the buffer from byte `offset`.
    pub fn read(&self, offset: usize, into: &mut [u8]) -> Result<(), TransportError> {
        let from = self.at(offset, into.len())?;
        // SAFETY: `at` checked the bounds; a card writes atomically or over the bus.
        unsafe { shared::read(from, into) };
        Ok(())
    }

    /// Copies into the buffer from byte `offset`.
    pub fn write(&self, offset: usize, from: &[u8]) -> Result<(), TransportError> {
        let into = self.at(offset, from.len())?;
        // SAFETY: `at` checked the bounds; a card reads atomically or over the bus.
        unsafe { shared::write(into, from) };
        Ok(())
    }

    /// The little-endian 64-bit word at byte `offset` (a multiple of 8), with acquire ordering:
    /// what the card wrote before this word is visible after it.
    pub fn load(&self, offset: usize) -> Result<u64, TransportError> {
        Ok(u64::from_le(self.word(offset)?.load(Ordering::Acquire)))
    }

    /// Stores a little-endian 64-bit word at byte `offset` (a multiple of 8), with release ordering.
    pub fn store(&self, offset: usize, value: u64) -> Result<(), TransportError> {
        self.word(offset)?.store(value.to_le(), Ordering::Release);
        Ok(())
    }

    /// Sets all bytes to zero.
    pub fn clear(&self) {
        for offset in (0..self.length).step_by(4096) {
            let bytes = 4096.min(self.length - offset);
            // SAFETY: `offset + bytes` is at most the length.
            unsafe { shared::write(self.as_ptr().add(offset), &[0; 4096][..bytes]) };
        }
    }

    /// Unmaps it now and says whether that worked; dropping it does the same silently.
    pub fn free(mut self) -> Result<(), TransportError> {
        self.release()
    }

    fn release(&mut self) -> Result<(), TransportError> {
        match self.backing.take() {
            Some(mut backing) => backing.release(),
            None => Ok(()),
        }
    }

    fn at(&self, offset: usize, bytes: usize) -> Result<*mut u8, TransportError> {
        if offset
            .checked_add(bytes)
            .is_none_or(|end| end > self.length)
        {
            return Err(TransportError::OutsideBuffer {
                offset,
                bytes,
                length: self.length,
            });
        }
        // SAFETY: the offset is within the allocation.
        Ok(unsafe { self.as_ptr().add(offset) })
    }

    fn word(&self, offset: usize) -> Result<&AtomicU64, TransportError> {
        let pointer = self.at(offset, 8)?;
        if !offset.is_multiple_of(8) {
            return Err(TransportError::OutsideBuffer {
                offset,
                bytes: 8,
                length: self.length,
            });
        }
        // SAFETY: in bounds and aligned, since the buffer is aligned to 64 bytes; valid while `self` is.
        Ok(unsafe { AtomicU64::from_ptr(pointer.cast()) })
    }
}

impl Drop for DmaBuffer {
    fn drop(&mut self) {
        if let Err(error) = self.release() {
            tracing::error!(%error, "DMA memory stays mapped");
        }
    }
}

impl fmt::Debug for DmaBuffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DmaBuffer({:#x}, {} bytes)", self.iova, self.length)
    }
}
