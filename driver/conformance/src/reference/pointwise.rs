//! Element-wise arithmetic: checks, then one element after the other.

use super::execute::{Refusal, check_aligned};
use super::state::State;
use super::{Mutation, Shared};
use gristmill_driver::{PrimeField, Residue};
use gristmill_protocol::{Completion, EngineKind, FieldId, MultiplySubtract, SLOT_WORDS, Status};

/// Cycles around the beats of a job.
const OVERHEAD: u64 = 100;
/// What the engine leaves where anything may stand.
const RUBBISH: u8 = 0x77;

impl Shared {
    pub(super) fn multiply_subtract(
        &self,
        state: &mut State,
        queue: usize,
        words: [u64; SLOT_WORDS],
        completion: &mut Completion,
    ) -> Result<u64, Refusal> {
        let job = MultiplySubtract::from_words(words);
        let engine = self.engine(EngineKind::Pointwise);
        let engine = engine.map(|(_, engine)| engine).unwrap_or_default();
        let id = FieldId::from_code(engine.group);
        let id = id.ok_or((Status::UnknownOpcode, words[0] & 0xff))?;
        let length = u64::from(job.length);
        let most = match self.mutated(Mutation::PointwiseSizeLimit) {
            true => 2u64 << engine.size_log2,
            false => 1 << engine.size_log2,
        };
        if length == 0 || length > most {
            return Err((Status::SizeLimit, length));
        }
        let operands = [(job.a, 2), (job.b, 4), (job.c, 6)];
        for (offset, word) in operands {
            if word != 6 || !self.mutated(Mutation::PointwiseAlignment) {
                check_aligned(offset, word)?;
            }
        }
        let region = self.region(state, queue, job.data.pack())?;
        let area = job.area_bytes(id.element_bytes());
        for (offset, word) in operands {
            let end = offset.checked_add(area);
            let inside = end.is_some_and(|end| end <= region.length);
            let looked_at = word == 2 || !self.mutated(Mutation::PointwiseBounds);
            let possible = end.is_some_and(|end| region.base + end <= state.memory.len() as u64);
            if !inside && (looked_at || !possible) {
                return Err((Status::RegionBounds, word));
            }
        }
        for (offset, word) in [(job.b, 4), (job.c, 6)] {
            let apart = job.a >= offset + area || offset >= job.a + area;
            if !apart && !self.mutated(Mutation::PointwiseOverlap) {
                return Err((Status::Overlap, word));
            }
        }

        let field = PrimeField::new(id);
        let bytes = id.element_bytes();
        let [a, b, c] = operands.map(|(offset, _)| (region.base + offset) as usize);
        let read = |at: usize, index: u64| {
            let element = field.read(&state.memory[at + index as usize * bytes..]);
            match element {
                Some(element) => Ok(element),
                None if self.mutated(Mutation::PointwiseRange) => Ok(Residue::default()),
                None => Err((Status::NonCanonicalElement, index)),
            }
        };
        let results = (0..length).map(|i| {
            let product = field.multiply(read(a, i)?, read(b, i)?);
            Ok(field.subtract(product, read(c, i)?))
        });
        let mut results = results.collect::<Result<Vec<_>, Refusal>>()?;
        if self.mutated(Mutation::PointwiseValues)
            && length.is_power_of_two()
            && let Some(last) = results.last_mut()
        {
            *last = field.add(*last, field.one());
        }
        let behind = match self.mutated(Mutation::PointwiseNeighbours) {
            true => gristmill_protocol::ALIGNMENT as usize,
            false => 0,
        };
        let end = (a + area as usize + behind).min(state.memory.len());
        state.memory[a..end].fill(RUBBISH);
        for (i, result) in results.into_iter().enumerate() {
            field.write(result, &mut state.memory[a + i * bytes..]);
        }
        let beats = length.div_ceil(engine.lanes.max(1).into());
        completion.busy = beats;
        completion.cycles += 3 * beats + OVERHEAD;
        Ok(0)
    }
}
