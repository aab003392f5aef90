//! Transforms of which the result is known, and the job that computes them.

use super::Miss;
use super::bench::{Bench, Queue, demand};
use crate::field::Field;
use gristmill_driver::DmaBuffer;
use gristmill_protocol::ntt::BLOCK_BYTES;
use gristmill_protocol::{
    EngineCapability, EngineKind, FieldId, Ntt, NttStatistics, Operation, SLOT_BYTES, format,
};
use num_bigint::{BigUint, RandBigInt};
use num_traits::One;

/// Entry of the region table for the data of a job, unless told otherwise; the next one is its tables'.
const REGION: u16 = 5;
/// What stands in the data region where no input stands.
pub(super) const BACKGROUND: u8 = 0xcc;
/// Most bytes of the data region of a check.
const ROOM: u64 = 32 << 20;

/// Transforms, and how they are given to the card.
#[derive(Clone)]
pub(super) struct Transforms {
    pub(super) field: Field,
    pub(super) engine: EngineCapability,
    /// First byte of card memory that is used.
    pub(super) base: u64,
    /// First of two entries of the region table.
    pub(super) region: u16,
    /// Sizes, orders and direction; the rest is filled in when it is placed.
    pub(super) ntt: Ntt,
    pub(super) in_place: bool,
    /// Coset offset of the transform, or of the forward one of an extension.
    pub(super) shift: BigUint,
    /// In natural order.
    pub(super) inputs: Vec<Vec<BigUint>>,
}

/// A job whose parts are where the card finds them.
pub(super) struct Placed {
    pub(super) ntt: Ntt,
    pub(super) statistics: DmaBuffer,
    /// Bytes of the data region.
    pub(super) bytes: u64,
    /// First byte of card memory behind the job's regions.
    pub(super) end: u64,
}

/// The NTT engine, if there is one.
pub(super) fn engine(bench: &Bench) -> Result<EngineCapability, Miss> {
    let mut engines = bench.engines.iter();
    let found = engines.find(|engine| engine.kind == EngineKind::Ntt as u32);
    found
        .copied()
        .ok_or_else(|| Miss::Skipped("the card has no NTT engine".into()))
}

impl Transforms {
    /// Forward transforms of random elements, natural orders, no coset.
    pub(super) fn random(bench: &mut Bench, size_log2: u32, batch: u32) -> Result<Self, Miss> {
        let engine = engine(bench)?;
        let id = FieldId::from_code(engine.group)
            .ok_or_else(|| Miss::Failed(format!("the engine's field is {}", engine.group)))?;
        let field = Field::of(id);
        let longest = bench.options.longest_transform_log2;
        if size_log2 > longest {
            let text = format!("transforms are tried up to 2^{longest}, not 2^{size_log2}");
            return Err(Miss::Skipped(text));
        }
        let room = ROOM.min(bench.capabilities.memory_bytes);
        let bytes = 3 * (u64::from(batch) << size_log2) * field.element_bytes as u64;
        if size_log2 > engine.size_log2 || bytes + bytes / 2 + 4096 > room {
            return Err(Miss::Skipped(format!("no room for 2^{size_log2} elements")));
        }
        let random = &mut bench.random;
        let inputs = (0..batch).map(|_| {
            (0..1 << size_log2)
                .map(|_| random.gen_biguint_below(&field.modulus))
                .collect()
        });
        Ok(Self {
            engine,
            base: 0,
            region: REGION,
            ntt: Ntt {
                size_log2: size_log2 as u8,
                batch,
                ..Ntt::default()
            },
            in_place: false,
            shift: BigUint::one(),
            inputs: inputs.collect(),
            field,
        })
    }

    /// The same as columns of a matrix whose rows have `spare` blocks more than they need.
    pub(super) fn columns(mut self, spare: u16) -> Self {
        let row = self.inputs.len() * self.field.element_bytes;
        let blocks = row.div_ceil(BLOCK_BYTES as usize) as u16;
        self.ntt.stride_blocks = Some(blocks + spare);
        self
    }

    /// The results in natural order.
    pub(super) fn expected(&self) -> Vec<Vec<BigUint>> {
        let transform = |x: &Vec<BigUint>| match self.ntt.extension_log2 {
            Some(_) => {
                let mut coefficients = self.field.transform(x, true, &BigUint::one());
                coefficients.resize(1 << self.ntt.output_size_log2(), BigUint::ZERO);
                self.field.transform(&coefficients, false, &self.shift)
            }
            None => self.field.transform(x, self.ntt.inverse, &self.shift),
        };
        self.inputs.iter().map(transform).collect()
    }

    pub(super) fn tables(&self) -> Vec<u8> {
        let (size_log2, one) = (u32::from(self.ntt.size_log2), BigUint::one());
        let over_n = self.field.inverse(&(BigUint::one() << size_log2));
        let set = |size_log2, inverse, shift| {
            let scale = if inverse { &over_n } else { &one };
            self.field.table_set(size_log2, inverse, shift, scale)
        };
        match self.ntt.extension_log2 {
            Some(_) => {
                let mut sets = set(size_log2, true, &one);
                sets.extend(set(self.ntt.output_size_log2(), false, &self.shift));
                sets
            }
            None => set(size_log2, self.ntt.inverse, &self.shift),
        }
    }

    /// Byte offset in its area of an element.
    pub(super) fn offset(&self, size_log2: u32, transform: usize, place: usize) -> usize {
        let bytes = self.field.element_bytes;
        match self.ntt.stride_blocks {
            Some(stride) => place * usize::from(stride) * BLOCK_BYTES as usize + transform * bytes,
            None => ((transform << size_log2) + place) * bytes,
        }
    }

    /// The data region before the job: background, and the input at its offset.
    pub(super) fn contents(&self, ntt: &Ntt, bytes: u64) -> Vec<u8> {
        let mut contents = vec![BACKGROUND; bytes as usize];
        let size_log2 = u32::from(ntt.size_log2);
        for (i, x) in self.inputs.iter().enumerate() {
            for (j, x) in x.iter().enumerate() {
                let place = ordered(j, size_log2, ntt.input_reversed);
                let at = ntt.input as usize + self.offset(size_log2, i, place);
                contents[at..at + self.field.element_bytes].copy_from_slice(&self.field.encode(x));
            }
        }
        contents
    }

    /// Offsets of the areas, with a block in front of each and behind the last; bytes of the region.
    fn areas(&self) -> (Ntt, u64) {
        let (bytes, mut ntt) = (self.field.element_bytes, self.ntt);
        let mut end = BLOCK_BYTES;
        let mut take = |area: u64| {
            let at = end;
            end += area + BLOCK_BYTES;
            at
        };
        ntt.input = take(ntt.input_bytes(bytes));
        ntt.output = match self.in_place {
            true => ntt.input,
            false => take(ntt.output_bytes(bytes)),
        };
        if ntt.uses_scratch(self.engine.pass_log2) {
            ntt.scratch = take(ntt.output_bytes(bytes));
        }
        (ntt, end)
    }

    /// Puts input and tables in their places.
    pub(super) fn place(&self, bench: &Bench, queue: &mut Queue) -> Result<Placed, Miss> {
        let (ntt, bytes) = self.areas();
        let contents = self.contents(&ntt, bytes);
        self.place_contents(bench, queue, &contents, &self.tables())
    }

    /// The same with these bytes in the data region, and these tables.
    pub(super) fn place_contents(
        &self,
        bench: &Bench,
        queue: &mut Queue,
        contents: &[u8],
        tables: &[u8],
    ) -> Result<Placed, Miss> {
        let (mut ntt, bytes) = self.areas();
        ntt.data = queue.region(bench, self.region, self.base, contents)?;
        let tables_base = self.base + bytes;
        ntt.tables = queue.region(bench, self.region + 1, tables_base, tables)?;
        Ok(Placed {
            ntt,
            statistics: bench.buffer(&[0; SLOT_BYTES])?,
            bytes,
            end: tables_base + (tables.len() as u64).next_multiple_of(BLOCK_BYTES),
        })
    }

    /// Runs the job and compares the results; the statistics block.
    pub(super) fn run(&self, bench: &Bench, queue: &mut Queue) -> Result<NttStatistics, Miss> {
        let placed = self.place(bench, queue)?;
        let mut words = queue.words(Operation::Ntt(placed.ntt));
        words[1] = placed.statistics.iova();
        let detail = queue.succeed_with(words, || format!("{:?}", placed.ntt))?;
        demand(detail == 0, || format!("the detail of success is {detail}"))?;
        self.compare(bench, queue, &placed, &self.expected())?;
        let mut block = [0; SLOT_BYTES];
        placed.statistics.read(0, &mut block)?;
        Ok(NttStatistics::from_words(format::slot_words(&block)))
    }

    /// As [`Self::run`].
    pub(super) fn check(&self, bench: &Bench, queue: &mut Queue) -> Result<(), Miss> {
        self.run(bench, queue).map(drop)
    }

    /// Compares the output with these results.
    pub(super) fn compare(
        &self,
        bench: &Bench,
        queue: &mut Queue,
        placed: &Placed,
        expected: &[Vec<BigUint>],
    ) -> Result<(), Miss> {
        let (ntt, bytes) = (&placed.ntt, self.field.element_bytes);
        let size_log2 = ntt.output_size_log2();
        let output = queue.read_back(bench, ntt.data, ntt.output, ntt.output_bytes(bytes))?;
        for (i, y) in expected.iter().enumerate() {
            for (k, y) in y.iter().enumerate() {
                let place = ordered(k, size_log2, ntt.output_reversed);
                let at = self.offset(size_log2, i, place);
                let found = self.field.decode(&output[at..]);
                demand(found.as_ref() == Some(y), || {
                    format!("{ntt:?}: transform {i} has {found:?} for {k}, not {y}")
                })?;
            }
        }
        Ok(())
    }
}

/// The place of an element.
pub(super) fn ordered(index: usize, bits: u32, reversed: bool) -> usize {
    match reversed && bits > 0 {
        true => index.reverse_bits() >> (usize::BITS - bits),
        false => index,
    }
}
