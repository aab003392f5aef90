//! How transforms are cut into jobs, and where a job's areas are.

use crate::CardError;
use gristmill_protocol::ntt::{BLOCK_BYTES, table_set_bytes};
use gristmill_protocol::{EngineCapability, FieldId, Ntt};

/// Bytes of a job's input and output from which on a batch is cut: what is copied for one job while the
/// card computes another, and what the host holds in DMA memory at once, twice.
pub(crate) const PIECE_BYTES: u64 = 32 << 20;
/// Bytes that the engine reads from or writes to a row of a matrix at once, and cycles around them.
const CHUNK_BYTES: usize = 512;
const CHUNK_CYCLES: u64 = 16;
/// Jobs of one request that are under way at once.
pub(crate) const JOBS_IN_FLIGHT: u64 = 2;

/// Sizes of a batch of transforms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NttShape {
    /// The field.
    pub field: FieldId,
    /// Binary logarithm of the elements of a transform's input.
    pub size_log2: u32,
    /// For an extension, the binary logarithm of the factor by which the output is longer.
    pub extension_log2: Option<u32>,
    /// Number of transforms.
    pub batch: usize,
    /// The transforms are the columns of a row-major matrix, and not one behind the other.
    pub columns: bool,
}

/// How a batch is cut into jobs, and what one takes on the card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NttPlan {
    /// Transforms of a job; the last job may have fewer.
    pub batch: usize,
    /// Number of jobs.
    pub jobs: usize,
    /// Passes over the data of a job.
    pub passes: u32,
    /// Bytes of the data region of a job: input, output and scratch area.
    pub data_bytes: u64,
    /// Bytes of the table sets.
    pub table_bytes: u64,
    /// Predicted cycles of a job: each pass feeds its beats once, the pipeline empties in between, card memory
    /// may be half as fast as the pipeline, and takes its time for each row of a matrix, 512 bytes at once.
    pub cycles: u64,
}

impl NttShape {
    /// Binary logarithm of the elements of a transform's output.
    pub fn output_size_log2(&self) -> u32 {
        self.size_log2
            .saturating_add(self.extension_log2.unwrap_or(0))
    }

    /// Bytes of the input, tightly packed; `None` when they are not addressable.
    pub fn input_bytes(&self) -> Option<usize> {
        self.bytes(self.size_log2)
    }

    /// Bytes of the output, tightly packed; `None` when they are not addressable.
    pub fn output_bytes(&self) -> Option<usize> {
        self.bytes(self.output_size_log2())
    }

    fn bytes(&self, size_log2: u32) -> Option<usize> {
        let length = 1usize.checked_shl(size_log2)?;
        let transforms = self.batch.checked_mul(self.field.element_bytes())?;
        transforms.checked_mul(length)
    }

    /// The descriptor's fields for `batch` of the transforms, areas placed, without handles and orders.
    /// `in_place` puts the output over the input where the sizes allow it. Also the bytes of all areas.
    pub(crate) fn place(&self, batch: usize, pass_log2: u32, in_place: bool) -> (Ntt, u64) {
        let bytes = self.field.element_bytes();
        let row = (batch * bytes) as u64;
        let mut ntt = Ntt {
            size_log2: self.size_log2 as u8,
            extension_log2: self.extension_log2.map(|log2| log2 as u8),
            stride_blocks: self.columns.then(|| row.div_ceil(BLOCK_BYTES) as u16),
            batch: batch as u32,
            ..Ntt::default()
        };
        let (input, output) = (ntt.input_bytes(bytes), ntt.output_bytes(bytes));
        let mut end = input;
        if !in_place || output > input {
            ntt.output = end;
            end = end.saturating_add(output);
        }
        if ntt.uses_scratch(pass_log2) {
            ntt.scratch = end;
            end = end.saturating_add(output);
        }
        (ntt, end)
    }
}

impl NttPlan {
    /// The plan with the largest jobs that leave room for another one in `memory_bytes` of card memory,
    /// and are no larger than what is worth waiting for; a single transform may take it all.
    ///
    /// # Errors
    /// [`CardError::NoTransform`] when the engine has another field or its sizes are too small,
    /// [`CardError::OutOfMemory`] when card memory is.
    pub fn choose(
        engine: &EngineCapability,
        memory_bytes: u64,
        shape: &NttShape,
    ) -> Result<Self, CardError> {
        let bytes = shape.field.element_bytes();
        let fits = engine.group == shape.field as u32
            && usize::from(engine.element_bytes) == bytes
            && shape.output_size_log2() <= engine.size_log2.min(shape.field.two_adicity());
        if !fits || engine.size_log2 > 2 * engine.pass_log2 {
            return Err(CardError::NoTransform {
                field: shape.field,
                size_log2: shape.output_size_log2(),
            });
        }
        let mut table_bytes = table_set_bytes(bytes, shape.size_log2);
        if shape.extension_log2.is_some() {
            table_bytes += table_set_bytes(bytes, shape.output_size_log2());
        }
        let room = memory_bytes.saturating_sub(table_bytes);
        let data_bytes = |batch| shape.place(batch, engine.pass_log2, true).1;
        // Columns are cut where blocks end, so that rows have no padding but the last one's.
        let unit = match shape.columns {
            true => BLOCK_BYTES as usize / bytes,
            false => 1,
        };
        let most_columns = usize::from(u16::MAX) * BLOCK_BYTES as usize / bytes;
        let most = if shape.columns { most_columns } else { 1 << 31 };
        let good = |batch: usize| {
            let piece = (batch as u64 * bytes as u64) << shape.output_size_log2();
            batch <= most
                && data_bytes(batch) <= room / JOBS_IN_FLIGHT
                && (piece <= PIECE_BYTES || batch <= unit)
        };
        let mut batch = unit.min(shape.batch.max(1));
        if !good(batch) && data_bytes(batch) > room {
            return Err(CardError::OutOfMemory {
                wanted: data_bytes(batch) + table_bytes,
                free: memory_bytes,
                largest: memory_bytes,
            });
        }
        while batch < shape.batch && good((2 * batch).min(shape.batch)) {
            batch = (2 * batch).min(shape.batch);
        }
        let pass = |size_log2: u32| if size_log2 > engine.pass_log2 { 2 } else { 1 };
        let output_passes = pass(shape.output_size_log2());
        let passes = match shape.extension_log2 {
            Some(_) => pass(shape.size_log2) + output_passes,
            None => output_passes,
        };
        let beats = ((batch as u64) << shape.output_size_log2()) / u64::from(engine.lanes.max(1));
        let chunks = match shape.columns {
            true => ((batch * bytes).div_ceil(CHUNK_BYTES) as u64) << shape.output_size_log2(),
            false => 0,
        };
        let around = (2 << engine.pass_log2.min(31)) + 8 * u64::from(engine.latency);
        Ok(Self {
            batch,
            jobs: shape.batch.div_ceil(batch),
            passes,
            data_bytes: data_bytes(batch),
            table_bytes,
            cycles: u64::from(passes) * (2 * beats + CHUNK_CYCLES * chunks + around),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn engine(field: FieldId) -> EngineCapability {
        EngineCapability {
            kind: 2,
            group: field as u32,
            size_log2: 24,
            lanes: 64 / field.element_bytes() as u32,
            element_bytes: field.element_bytes() as u16,
            latency: 100,
            pass_log2: 14,
            job_slots: 2,
            ..EngineCapability::default()
        }
    }

    fn shape(size_log2: u32, batch: usize) -> NttShape {
        NttShape {
            field: FieldId::BabyBear,
            size_log2,
            extension_log2: None,
            batch,
            columns: true,
        }
    }

    #[test]
    fn jobs_fit_the_memory_and_cover_the_batch() {
        let engine = engine(FieldId::BabyBear);
        for memory_log2 in [20, 24, 30] {
            let memory = 1u64 << memory_log2;
            for (size_log2, batch) in [(0, 1), (10, 100), (14, 2633), (16, 70), (20, 3)] {
                let Ok(plan) = NttPlan::choose(&engine, memory, &shape(size_log2, batch)) else {
                    assert!(
                        (16 * 8) << size_log2 > memory,
                        "2^{size_log2} in 2^{memory_log2}"
                    );
                    continue;
                };
                assert!(plan.data_bytes + plan.table_bytes <= memory);
                assert!(plan.batch * plan.jobs >= batch && plan.batch * (plan.jobs - 1) < batch);
                assert!(plan.jobs == 1 || plan.batch.is_multiple_of(16));
                assert_eq!(plan.passes, if size_log2 > 14 { 2 } else { 1 });
            }
        }
    }

    #[test]
    fn what_does_not_fit_is_refused_with_a_reason() {
        let bn254 = engine(FieldId::Bn254Fr);
        let refused = NttPlan::choose(&bn254, 1 << 30, &shape(3, 1));
        assert!(matches!(refused, Err(CardError::NoTransform { .. })));
        let engine = engine(FieldId::BabyBear);
        let refused = NttPlan::choose(&engine, 1 << 30, &shape(25, 1));
        assert!(matches!(
            refused,
            Err(CardError::NoTransform { size_log2: 25, .. })
        ));
        let refused = NttPlan::choose(&engine, 1 << 16, &shape(14, 1));
        assert!(matches!(refused, Err(CardError::OutOfMemory { .. })));
        let extended = NttShape {
            extension_log2: Some(2),
            ..shape(13, 1)
        };
        let plan = NttPlan::choose(&engine, 1 << 30, &extended).unwrap();
        assert_eq!(plan.passes, 1 + 2);
    }
}
