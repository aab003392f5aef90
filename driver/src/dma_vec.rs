//! Vectors that live in DMA memory: the zero-copy way in.

use crate::{DmaBuffer, TransportError};
use bytemuck::Pod;
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

/// `T`s in memory that the card can read. A job that names it keeps it alive until the card is done.
///
/// The card only ever reads it, so shared access is always possible, and mutable access while no
/// job in flight names it.
pub struct DmaVec<T: Pod> {
    buffer: Arc<DmaBuffer>,
    length: usize,
    elements: PhantomData<T>,
}

impl<T: Pod> DmaVec<T> {
    /// The first `length` elements of `buffer`; zero elements of any `T` fit everywhere.
    ///
    /// # Errors
    /// [`TransportError::OutsideBuffer`] when the buffer is too small.
    pub fn new(buffer: DmaBuffer, length: usize) -> Result<Self, TransportError> {
        const { assert!(align_of::<T>() <= 64, "DMA buffers are aligned to 64 bytes") };
        let bytes = length.saturating_mul(size_of::<T>());
        if bytes > buffer.len() {
            return Err(TransportError::OutsideBuffer {
                offset: 0,
                bytes,
                length: buffer.len(),
            });
        }
        Ok(Self {
            buffer: Arc::new(buffer),
            length,
            elements: PhantomData,
        })
    }

    /// Mutable access, or `None` while a job in flight names the vector.
    pub fn as_mut_slice(&mut self) -> Option<&mut [T]> {
        let buffer = Arc::get_mut(&mut self.buffer)?;
        // SAFETY: bounds and alignment by `new`, any bytes are a `T`, and no job names the buffer.
        Some(unsafe { std::slice::from_raw_parts_mut(buffer.as_ptr().cast(), self.length) })
    }

    /// All bytes, as an argument of a job.
    pub fn as_dma(&self) -> DmaSlice {
        DmaSlice {
            buffer: self.buffer.clone(),
            offset: 0,
            length: self.length * size_of::<T>(),
        }
    }
}

impl<T: Pod> Deref for DmaVec<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        // SAFETY: bounds and alignment by `new`; the card does not write here, and a mutable
        // reference needs `&mut self`.
        unsafe { std::slice::from_raw_parts(self.buffer.as_ptr().cast(), self.length) }
    }
}

/// Part of a [`DmaVec`], as an argument of a job. While it exists its vector cannot be written.
#[derive(Clone, Debug)]
pub struct DmaSlice {
    pub(crate) buffer: Arc<DmaBuffer>,
    offset: usize,
    length: usize,
}

impl DmaSlice {
    /// `length` bytes from byte `offset` on; `None` when that leaves the slice.
    pub fn slice(&self, offset: usize, length: usize) -> Option<Self> {
        let end = offset.checked_add(length)?;
        (end <= self.length).then(|| Self {
            buffer: self.buffer.clone(),
            offset: self.offset + offset,
            length,
        })
    }

    /// Address in the card's view.
    pub fn iova(&self) -> u64 {
        self.buffer.iova() + self.offset as u64
    }

    /// Bytes.
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether it has no bytes.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        // SAFETY: within the vector by `slice`; the slice's share of the buffer excludes writers.
        unsafe { std::slice::from_raw_parts(self.buffer.as_ptr().add(self.offset), self.length) }
    }
}
