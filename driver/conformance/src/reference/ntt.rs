//! Number-theoretic transforms: checks, then one transform after the other.

use super::execute::{Refusal, check_aligned};
use super::state::State;
use super::transform::{Tables, Transform, reverse};
use super::{Mutation, Shared};
use gristmill_driver::{PrimeField, Residue};
use gristmill_protocol::ntt::{self, TableFault};
use gristmill_protocol::{
    Completion, EngineCapability, EngineKind, FieldId, Ntt, NttPass, NttStatistics, SLOT_BYTES,
    SLOT_WORDS, Status, format,
};
use std::ops::Range;

/// Cycles around the beats of a pass.
const OVERHEAD: u64 = 200;
/// What the engine leaves where anything may stand.
const RUBBISH: u8 = 0x77;

/// Places in card memory.
struct Places {
    input: usize,
    output: usize,
    scratch: Option<Range<usize>>,
    tables: Range<usize>,
}

impl Shared {
    pub(super) fn ntt(
        &self,
        state: &mut State,
        queue: usize,
        words: [u64; SLOT_WORDS],
        completion: &mut Completion,
    ) -> Result<u64, Refusal> {
        let (ntt, statistics) = (Ntt::from_words(words), words[1]);
        let engine = self.engine(EngineKind::Ntt);
        let engine = engine.map(|(_, engine)| engine).unwrap_or_default();
        let id = FieldId::from_code(engine.group);
        let id = id.ok_or((Status::UnknownOpcode, words[0] & 0xff))?;
        self.check_ntt(&ntt, words, &engine)?;
        let places = self.ntt_places(state, queue, &ntt, &engine)?;
        self.check_overlap(&ntt, &engine)?;
        self.check_tables(state, &ntt, id, &places)?;

        let field = PrimeField::new(id);
        let mut input = self.ntt_read(state, &ntt, &field, places.input)?;
        let mut steps = vec![(u32::from(ntt.size_log2), ntt.inverse)];
        if ntt.extension_log2.is_some() {
            steps = vec![
                (u32::from(ntt.size_log2), true),
                (ntt.output_size_log2(), false),
            ];
        }
        let mut tables = &state.memory[places.tables];
        let mut statistics_block = NttStatistics::default();
        let mut passes = 0;
        for (size_log2, inverse) in steps {
            let set = ntt::table_set_bytes(id.element_bytes(), size_log2) as usize;
            let mut read = Tables::read(&field, size_log2, tables);
            if size_log2 > engine.pass_log2 + 1 && self.mutated(Mutation::NttPasses) {
                read.without_high_twiddles(&field);
            }
            tables = &tables[set..];
            let transform = Transform {
                field: &field,
                tables: &read,
                inverse,
                pass_log2: engine.pass_log2,
            };
            for x in &mut input {
                x.resize(1 << size_log2, Residue::default());
                transform.run(x);
                self.spoil_transform(x, &ntt, &transform);
            }
            let elements = u64::from(ntt.batch) << size_log2;
            let beats = elements.div_ceil(engine.lanes.max(1).into());
            for _ in 0..if size_log2 > engine.pass_log2 { 2 } else { 1 } {
                statistics_block.passes[passes] = NttPass {
                    feed_cycles: beats as u32,
                    beats: beats as u32,
                };
                passes += 1;
                completion.busy += beats;
                completion.cycles += beats + OVERHEAD;
                statistics_block.read_bytes += elements * id.element_bytes() as u64;
                statistics_block.written_bytes += elements * id.element_bytes() as u64;
            }
        }
        if let Some(scratch) = places.scratch {
            state.memory[scratch].fill(RUBBISH);
        }
        self.ntt_write(state, &ntt, &field, places.output, &input);
        let waiting = &state.queues[queue];
        let waiting = waiting.submission_tail != waiting.submission_head;
        self.spoil_output(state, &ntt, &field, places.output, waiting);
        if statistics != 0 && !self.mutated(Mutation::NttStatistics) {
            completion.link_bytes += SLOT_BYTES as u64;
            let block = format::slot_bytes(statistics_block.words());
            self.host_write(state, statistics, &block)?;
        }
        Ok(0)
    }

    /// Checks what can be seen without memory.
    fn check_ntt(
        &self,
        ntt: &Ntt,
        words: [u64; SLOT_WORDS],
        engine: &EngineCapability,
    ) -> Result<(), Refusal> {
        let shape = words[5];
        let unused = (ntt.extension_log2.is_none() && shape >> 8 & 0xff != 0)
            || (ntt.stride_blocks.is_none() && shape >> 16 & 0xffff != 0);
        let unused_scratch = !ntt.uses_scratch(engine.pass_log2) && ntt.scratch != 0;
        if !self.mutated(Mutation::NttUnused) {
            if unused {
                return Err((Status::ReservedNotZero, 5));
            }
            if unused_scratch {
                return Err((Status::ReservedNotZero, 6));
            }
        }
        let contradicts = ntt.extension_log2.is_some() && (ntt.inverse || ntt.input_reversed);
        if contradicts && !self.mutated(Mutation::NttFlags) {
            return Err((Status::UnsupportedParameter, 0));
        }
        if ntt.batch == 0 {
            return Err((Status::SizeLimit, 0));
        }
        let limit = match self.mutated(Mutation::NttSizeLimit) {
            true => engine.size_log2 + 1,
            false => engine.size_log2,
        };
        if ntt.output_size_log2() > limit {
            return Err((Status::SizeLimit, ntt.output_size_log2().into()));
        }
        check_aligned(words[1], 1)?;
        for (offset, word) in [(ntt.input, 2), (ntt.output, 4), (ntt.scratch, 6)] {
            if word != 4 || !self.mutated(Mutation::NttAlignment) {
                check_aligned(offset, word)?;
            }
        }
        let row = u64::from(ntt.batch) * u64::from(engine.element_bytes);
        let short = |stride: u16| u64::from(stride) * ntt::BLOCK_BYTES < row;
        if ntt.stride_blocks.is_some_and(short) && !self.mutated(Mutation::NttStride) {
            return Err((Status::Stride, 5));
        }
        Ok(())
    }

    fn ntt_places(
        &self,
        state: &State,
        queue: usize,
        ntt: &Ntt,
        engine: &EngineCapability,
    ) -> Result<Places, Refusal> {
        let region = self.region(state, queue, ntt.data.pack())?;
        let place = |offset: u64, length: u64, word: u64| {
            let end = offset.checked_add(length);
            let inside = end.is_some_and(|end| {
                let slack = match self.mutated(Mutation::NttBounds) {
                    true => ntt::BLOCK_BYTES,
                    false => 0,
                };
                end <= region.length + slack
            });
            match inside {
                true => Ok((region.base + offset) as usize),
                false => Err((Status::RegionBounds, word)),
            }
        };
        let bytes = usize::from(engine.element_bytes);
        let output_bytes = ntt.output_bytes(bytes);
        let input = place(ntt.input, ntt.input_bytes(bytes), 2)?;
        let output = place(ntt.output, output_bytes, 4)?;
        let scratch = match ntt.uses_scratch(engine.pass_log2) {
            true => Some(place(ntt.scratch, output_bytes, 6)?),
            false => None,
        };
        if ntt.tables.pack() == 0 {
            return Err((Status::TablesMismatch, TableFault::Missing as u64));
        }
        let tables = self.region(state, queue, ntt.tables.pack())?;
        let start = tables.base as usize;
        Ok(Places {
            input,
            output,
            scratch: scratch.map(|at| at..at + output_bytes as usize),
            tables: start..start + tables.length as usize,
        })
    }

    fn check_overlap(&self, ntt: &Ntt, engine: &EngineCapability) -> Result<(), Refusal> {
        let bytes = usize::from(engine.element_bytes);
        let input = ntt.input..ntt.input + ntt.input_bytes(bytes);
        let output = ntt.output..ntt.output + ntt.output_bytes(bytes);
        let scratch = ntt.scratch..ntt.scratch + ntt.output_bytes(bytes);
        let overlap = |a: &Range<u64>, b: &Range<u64>| a.start < b.end && b.start < a.end;
        let in_place = ntt.input == ntt.output && ntt.extension_log2.unwrap_or(0) == 0;
        if self.mutated(Mutation::NttOverlap) {
            return Ok(());
        }
        if overlap(&input, &output) && !in_place {
            return Err((Status::Overlap, 4));
        }
        let used = ntt.uses_scratch(engine.pass_log2);
        if used && (overlap(&scratch, &input) || overlap(&scratch, &output)) {
            return Err((Status::Overlap, 6));
        }
        Ok(())
    }

    fn check_tables(
        &self,
        state: &State,
        ntt: &Ntt,
        id: FieldId,
        places: &Places,
    ) -> Result<(), Refusal> {
        let size_log2 = u32::from(ntt.size_log2);
        let sets = match ntt.extension_log2 {
            Some(_) => vec![(size_log2, true), (ntt.output_size_log2(), false)],
            None => vec![(size_log2, ntt.inverse)],
        };
        let mut rest = &state.memory[places.tables.clone()];
        for ((size_log2, inverse), set) in sets.into_iter().zip([0, ntt::SECOND_SET]) {
            let fault = |fault| Err((Status::TablesMismatch, fault as u64 | set));
            let bytes = ntt::table_set_bytes(id.element_bytes(), size_log2) as usize;
            if rest.len() < SLOT_BYTES {
                return fault(TableFault::Short);
            }
            let header = rest.first_chunk().map(format::slot_words);
            let [magic, what, ..] = header.unwrap_or_default();
            if magic != ntt::TABLE_MAGIC {
                return fault(TableFault::Magic);
            }
            if what as u32 != id as u32 {
                return fault(TableFault::Field);
            }
            if what >> 32 & 0xff != size_log2.into() {
                return fault(TableFault::Size);
            }
            let direction = what >> 40 & 1 == u64::from(inverse);
            if !direction && !self.mutated(Mutation::NttTables) {
                return fault(TableFault::Direction);
            }
            if rest.len() < bytes {
                return fault(TableFault::Short);
            }
            rest = &rest[bytes..];
        }
        Ok(())
    }

    /// The transforms' inputs in natural order.
    fn ntt_read(
        &self,
        state: &State,
        ntt: &Ntt,
        field: &PrimeField,
        base: usize,
    ) -> Result<Vec<Vec<Residue>>, Refusal> {
        let size_log2 = u32::from(ntt.size_log2);
        let n = 1usize << size_log2;
        let mut input = vec![vec![Residue::default(); n]; ntt.batch as usize];
        for (i, x) in input.iter_mut().enumerate() {
            for (j, x) in x.iter_mut().enumerate() {
                let place = match ntt.input_reversed {
                    true => reverse(j, size_log2),
                    false => j,
                };
                let at = base + element_offset(ntt, field, size_log2, i, place);
                let element = field.read(&state.memory[at..]);
                *x = match element {
                    Some(element) => element,
                    None if self.mutated(Mutation::NttRange) => Residue::default(),
                    None => {
                        let index = match ntt.stride_blocks {
                            Some(_) => place * ntt.batch as usize + i,
                            None => i * n + place,
                        };
                        return Err((Status::NonCanonicalElement, index as u64));
                    }
                };
            }
        }
        Ok(input)
    }

    fn ntt_write(
        &self,
        state: &mut State,
        ntt: &Ntt,
        field: &PrimeField,
        base: usize,
        output: &[Vec<Residue>],
    ) {
        let (bytes, size_log2) = (field.id().element_bytes(), ntt.output_size_log2());
        let block = ntt::BLOCK_BYTES as usize;
        let row = (ntt.batch as usize * bytes).next_multiple_of(block);
        let (rows, stride) = match ntt.stride_blocks {
            Some(stride) => (1 << size_log2, usize::from(stride) * block),
            None => (1, ntt.output_bytes(bytes) as usize),
        };
        let written = match ntt.stride_blocks {
            Some(_) => row,
            None => stride,
        };
        for row in 0..rows {
            let at = base + row * stride;
            let behind = match self.mutated(Mutation::NttNeighbours) {
                true => block,
                false => 0,
            };
            let end = (at + written + behind).min(state.memory.len());
            state.memory[at..end].fill(RUBBISH);
        }
        let reversed = match (ntt.input_reversed, ntt.output_reversed) {
            (true, true) => ntt.stride_blocks.is_some() || !self.mutated(Mutation::NttOrders),
            (_, reversed) => reversed,
        };
        for (i, x) in output.iter().enumerate() {
            for (k, x) in x.iter().enumerate() {
                let place = match reversed {
                    true => reverse(k, size_log2),
                    false => k,
                };
                let at = base + element_offset(ntt, field, size_log2, i, place);
                field.write(*x, &mut state.memory[at..]);
            }
        }
    }

    /// Applies the mutations that concern a transform.
    fn spoil_transform(&self, x: &mut [Residue], ntt: &Ntt, transform: &Transform) {
        let (field, tables) = (transform.field, transform.tables);
        match self.options.mutation {
            Some(Mutation::NttSizes) if x.len() == 2 => x[1] = x[0],
            // Takes the factor out and puts its own in, the right one.
            Some(Mutation::NttFactor) if transform.inverse && ntt.extension_log2.is_none() => {
                let length = field.element(x.len() as u64);
                let own = field.multiply(length, tables.coset(field, 0));
                let own = field.inverse(own);
                x.iter_mut().for_each(|x| *x = field.multiply(*x, own));
            }
            Some(Mutation::NttCoset)
                if x.len() > 2 && ntt.batch == 1 && ntt.extension_log2.is_none() =>
            {
                let shifted = tables.coset(field, 1) != tables.coset(field, 0);
                if shifted {
                    x.swap(1, 2);
                }
            }
            Some(Mutation::NttExtension) if !transform.inverse && ntt.extension_log2.is_some() => {
                x.swap(0, 1);
            }
            _ => {}
        }
    }

    /// Applies the mutations that concern where the results stand.
    fn spoil_output(
        &self,
        state: &mut State,
        ntt: &Ntt,
        field: &PrimeField,
        base: usize,
        waiting: bool,
    ) {
        let last = match self.options.mutation {
            Some(Mutation::NttBatch) => ntt.stride_blocks.is_none() && ntt.batch == 5,
            Some(Mutation::NttColumns) if ntt.stride_blocks.is_some() => {
                ntt.extension_log2.is_none() && ntt.input != ntt.output
            }
            Some(Mutation::NttInPlace) => ntt.input == ntt.output,
            Some(Mutation::NttInFlight) => waiting,
            _ => false,
        };
        if last {
            let (batch, size_log2) = (ntt.batch as usize, ntt.output_size_log2());
            let place = (1 << size_log2) - 1;
            let at = base + element_offset(ntt, field, size_log2, batch - 1, place);
            state.memory[at] ^= 1;
        }
    }
}

/// Byte offset of a place of a transform of the batch.
fn element_offset(
    ntt: &Ntt,
    field: &PrimeField,
    size_log2: u32,
    transform: usize,
    place: usize,
) -> usize {
    let bytes = field.id().element_bytes();
    match ntt.stride_blocks {
        Some(stride) => place * usize::from(stride) * ntt::BLOCK_BYTES as usize + transform * bytes,
        None => ((transform << size_log2) + place) * bytes,
    }
}
