//! Between elements that are tightly packed and the layout of a job, whose rows are whole blocks.

use super::{NttResult, NttShape, Part, check_room};
use crate::{CardError, DmaBuffer};
use gristmill_protocol::Ntt;
use gristmill_protocol::ntt::BLOCK_BYTES;

/// How the elements of a job stand in its DMA memory: rows of `row` bytes at a distance of `stride`.
#[derive(Clone, Copy)]
pub(crate) struct Packed {
    rows: usize,
    row: usize,
    stride: usize,
}

impl Packed {
    pub(super) fn new(ntt: &Ntt, element_bytes: usize, size_log2: u32) -> Self {
        let transforms = ntt.batch as usize * element_bytes;
        match ntt.stride_blocks {
            Some(stride) => Self {
                rows: 1 << size_log2,
                row: transforms,
                stride: usize::from(stride) * BLOCK_BYTES as usize,
            },
            None => Self {
                rows: 1,
                row: transforms << size_log2,
                stride: (transforms << size_log2).next_multiple_of(BLOCK_BYTES as usize),
            },
        }
    }

    /// Whether rows follow each other without padding.
    pub(super) fn is_tight(&self) -> bool {
        self.row == self.stride
    }

    /// Byte offset and distance of the rows of a part among all elements of a batch.
    fn in_batch(&self, shape: &NttShape, part: Part) -> (usize, usize) {
        let bytes = shape.field.element_bytes();
        match shape.columns {
            true => (part.first * bytes, shape.batch * bytes),
            false => (part.first * (self.row / part.batch), self.row),
        }
    }

    /// Copies a part of the batch's elements, whose length was checked, to the job.
    pub(super) fn write(
        &self,
        buffer: &DmaBuffer,
        input: &[u8],
        shape: &NttShape,
        part: Part,
    ) -> Result<(), CardError> {
        let (first, distance) = self.in_batch(shape, part);
        if self.is_tight() && distance == self.row {
            return Ok(buffer.write(0, &input[first..first + self.rows * self.row])?);
        }
        for row in 0..self.rows {
            let from = first + row * distance;
            buffer.write(row * self.stride, &input[from..from + self.row])?;
        }
        Ok(())
    }

    /// Copies all elements of the job to the first bytes of `into`.
    pub(super) fn read(&self, buffer: &DmaBuffer, into: &mut [u8]) -> Result<(), CardError> {
        let bytes = self.rows * self.row;
        check_room("the number of bytes of the output", into.len(), Some(bytes))?;
        self.read_rows(buffer, into, 0, self.row)
    }

    fn read_rows(
        &self,
        buffer: &DmaBuffer,
        into: &mut [u8],
        first: usize,
        distance: usize,
    ) -> Result<(), CardError> {
        if self.is_tight() && distance == self.row {
            return Ok(buffer.read(0, &mut into[first..first + self.rows * self.row])?);
        }
        for row in 0..self.rows {
            let to = first + row * distance;
            buffer.read(row * self.stride, &mut into[to..to + self.row])?;
        }
        Ok(())
    }
}

impl NttResult {
    /// Copies the output of a part to its place among all elements of a batch.
    pub(super) fn read_part(
        &self,
        into: &mut [u8],
        shape: &NttShape,
        part: Part,
    ) -> Result<(), CardError> {
        match &self.output {
            Some((buffer, packed)) => {
                let (first, distance) = packed.in_batch(shape, part);
                packed.read_rows(buffer, into, first, distance)
            }
            None => Ok(()),
        }
    }
}
