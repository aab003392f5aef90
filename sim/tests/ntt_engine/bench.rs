//! A card with an NTT engine, data in its memory, and one job or several.

use crate::core_bench::{Bench as Host, Queue};
use gristmill_conformance::field::Field;
use gristmill_hdl::config::CardConfig;
use gristmill_hdl::datapath::Fill;
use gristmill_protocol::format::slot_words;
use gristmill_protocol::{
    Completion, Descriptor, FieldId, Handle, Ntt, NttStatistics, Operation, Status, ntt,
};
use gristmill_sim::axi::Store;
use gristmill_sim::card::BoardOptions;
use gristmill_sim::simulated::design;
use gristmill_sim::verilator::{ModelLibrary, Optimise, Options};
use num_bigint::BigUint;
use num_traits::{One, Zero};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// First byte of the data's region, and of the tables'.
pub const DATA: u64 = 0x0010_0000;
pub const TABLES: u64 = 0x0008_0000;
const TABLES_BYTES: u64 = 0x0008_0000;
/// What stands where nothing was put.
pub const BACKGROUND: u8 = 0xee;

/// What a job computes, and how.
#[derive(Clone, Copy, Debug, Default)]
pub struct Shape {
    pub size: u32,
    pub batch: u32,
    pub inverse: bool,
    pub input_reversed: bool,
    pub output_reversed: bool,
    /// Blocks of a row beside those that it needs.
    pub columns: Option<u16>,
    pub extension: Option<u32>,
    pub coset: bool,
    pub in_place: bool,
}

/// A job, its data in place.
#[derive(Clone, Debug)]
pub struct Placed {
    pub shape: Shape,
    pub ntt: Ntt,
    pub shift: BigUint,
    pub input: Vec<Vec<BigUint>>,
}

pub struct Bench {
    pub host: Host,
    pub queue: Queue,
    pub field: Field,
    pub pass_log2: u32,
    pub size_log2: u32,
    pub lanes: u64,
    pub random: SmallRng,
    data: Handle,
    tables: Handle,
    length: u64,
    statistics: gristmill_driver::DmaBuffer,
}

fn library(card: &str, fill: Fill) -> Arc<ModelLibrary> {
    static BUILT: OnceLock<Mutex<HashMap<String, Arc<ModelLibrary>>>> = OnceLock::new();
    let mut built = BUILT
        .get_or_init(Mutex::default)
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    let build = || {
        let design = design(&CardConfig::load(card).unwrap().design(fill).unwrap());
        let optimise = match fill {
            Fill::Record => Optimise::Build,
            _ => Optimise::Speed,
        };
        let options = Options {
            optimise,
            ..Options::default()
        };
        Arc::new(ModelLibrary::build(&design.with_options(options)).unwrap())
    };
    Arc::clone(
        built
            .entry(format!("{card} {fill:?}"))
            .or_insert_with(build),
    )
}

/// A queue, and the regions of data and tables.
fn open(host: &mut Host, length: u64) -> (Queue, Handle, Handle) {
    let mut queue = Queue::open(host, 0, 4, 0);
    let data = queue.region(host, 1, 0, DATA, length, false);
    let tables = queue.region(host, 2, 0, TABLES, TABLES_BYTES, false);
    (queue, data, tables)
}

pub fn reverse(index: usize, bits: u32) -> usize {
    match bits {
        0 => 0,
        bits => index.reverse_bits() >> (usize::BITS - bits),
    }
}

impl Bench {
    pub fn new(card: &str, fill: Fill, options: BoardOptions) -> Self {
        Self::with_memory(card, fill, options, u64::MAX)
    }

    /// A board with so many bytes of card memory, if that is less than the card believes.
    pub fn with_memory(card: &str, fill: Fill, options: BoardOptions, bytes: u64) -> Self {
        let config = CardConfig::load(card).unwrap();
        let ntt = config.ntt.as_ref().unwrap();
        let id = FieldId::ALL.into_iter().find(|id| id.name() == ntt.field);
        let options = BoardOptions {
            memory_bytes: config.memory_bytes.min(bytes),
            ..options
        };
        let mut host = Host::on(&library(card, fill), &options);
        host.wake();
        let length = config.memory_bytes - DATA;
        let (queue, data, tables) = open(&mut host, length);
        Self {
            length,
            statistics: host.buffer(64),
            field: Field::of(id.unwrap()),
            pass_log2: ntt.pass_log2 as u32,
            size_log2: ntt.size_log2 as u32,
            lanes: ntt.lanes as u64,
            random: SmallRng::seed_from_u64(7),
            host,
            queue,
            data,
            tables,
        }
    }

    /// Opens the queue and the regions again, after a reset.
    pub fn reopen(&mut self) {
        (self.queue, self.data, self.tables) = open(&mut self.host, self.length);
    }

    pub fn element(&mut self) -> BigUint {
        let bytes: Vec<u8> = (0..40).map(|_| self.random.r#gen()).collect();
        BigUint::from_bytes_le(&bytes) % &self.field.modulus
    }

    pub fn random_input(&mut self, shape: &Shape) -> Vec<Vec<BigUint>> {
        (0..shape.batch)
            .map(|_| (0..1 << shape.size).map(|_| self.element()).collect())
            .collect()
    }

    /// Byte offset of an element in its area.
    fn offset(&self, ntt: &Ntt, size: u32, transform: usize, index: usize) -> u64 {
        let bytes = self.field.element_bytes as u64;
        match ntt.stride_blocks {
            Some(stride) => {
                index as u64 * u64::from(stride) * ntt::BLOCK_BYTES + transform as u64 * bytes
            }
            None => ((transform << size) + index) as u64 * bytes,
        }
    }

    /// Puts tables and data in place, from byte `at` of the region on.
    pub fn place(&mut self, shape: Shape, input: Vec<Vec<BigUint>>, at: u64) -> Placed {
        self.put(shape, input, at, 0, self.tables)
    }

    /// The same, with a region of its own for the tables, at byte `tables_at` of those of all jobs.
    pub fn place_with_tables(
        &mut self,
        shape: Shape,
        input: Vec<Vec<BigUint>>,
        at: u64,
        tables_at: u64,
    ) -> Placed {
        let index = 3 + (tables_at >> 12) as u16;
        let (host, base) = (&mut self.host, TABLES + tables_at);
        let tables = self.queue.region(host, index, 0, base, 0x1000, false);
        self.put(shape, input, at, tables_at, tables)
    }

    /// A region that has only so many bytes of the tables.
    pub fn short_tables(&mut self, bytes: u64) -> Handle {
        let host = &mut self.host;
        self.queue.region(host, 60, 0, TABLES, bytes, false)
    }

    /// A region for tables at this place of card memory.
    pub fn tables_at(&mut self, base: u64) -> Handle {
        let host = &mut self.host;
        self.queue.region(host, 61, 0, base, 0x1000, false)
    }

    fn put(
        &mut self,
        shape: Shape,
        input: Vec<Vec<BigUint>>,
        at: u64,
        tables_at: u64,
        tables: Handle,
    ) -> Placed {
        let shift = match shape.coset {
            true => self.element() + 2u32,
            false => BigUint::one(),
        } % &self.field.modulus;
        let bytes = self.field.element_bytes;
        let row = (u64::from(shape.batch) * bytes as u64).div_ceil(ntt::BLOCK_BYTES);
        let mut ntt = Ntt {
            data: self.data,
            tables,
            size_log2: shape.size as u8,
            extension_log2: shape.extension.map(|extension| extension as u8),
            stride_blocks: shape.columns.map(|more| row as u16 + more),
            batch: shape.batch,
            inverse: shape.inverse,
            input_reversed: shape.input_reversed,
            output_reversed: shape.output_reversed,
            ..Ntt::default()
        };
        let (input_bytes, output_bytes) = (ntt.input_bytes(bytes), ntt.output_bytes(bytes));
        ntt.input = at + ntt::BLOCK_BYTES;
        ntt.output = match shape.in_place {
            true => ntt.input,
            false => ntt.input + input_bytes + ntt::BLOCK_BYTES,
        };
        let mut end = ntt.output + output_bytes + ntt::BLOCK_BYTES;
        if ntt.uses_scratch(self.pass_log2) {
            ntt.scratch = end;
            end += output_bytes + ntt::BLOCK_BYTES;
        }
        let mut area = vec![BACKGROUND; (end - at) as usize];
        for (i, x) in input.iter().enumerate() {
            for (j, x) in x.iter().enumerate() {
                let place = match shape.input_reversed {
                    true => reverse(j, shape.size),
                    false => j,
                };
                let to = ntt.input - at + self.offset(&ntt, shape.size, i, place);
                area[to as usize..][..bytes].copy_from_slice(&self.field.encode(x));
            }
        }
        let memory = self.host.board.card_memory();
        memory.write(DATA + at, &area).unwrap();
        let tables = self.table_sets(&shape, &shift);
        let memory = self.host.board.card_memory();
        memory.write(TABLES + tables_at, &tables).unwrap();
        Placed {
            shape,
            ntt,
            shift,
            input,
        }
    }

    fn table_sets(&self, shape: &Shape, shift: &BigUint) -> Vec<u8> {
        let scale = |size: u32| self.field.inverse(&(BigUint::one() << size));
        let one = BigUint::one();
        match shape.extension {
            Some(extension) => {
                let first = self
                    .field
                    .table_set(shape.size, true, &one, &scale(shape.size));
                let size = shape.size + extension;
                [first, self.field.table_set(size, false, shift, &one)].concat()
            }
            None if shape.inverse => {
                self.field
                    .table_set(shape.size, true, shift, &scale(shape.size))
            }
            None => self.field.table_set(shape.size, false, shift, &one),
        }
    }

    pub fn descriptor(&self, placed: &Placed, tag: u32) -> Descriptor {
        Descriptor {
            tag,
            statistics: self.statistics.iova(),
            interrupt: true,
            operation: Operation::Ntt(placed.ntt),
        }
    }

    /// Runs a job; its completion and statistics.
    pub fn run(&mut self, placed: &Placed) -> (Completion, NttStatistics) {
        let descriptor = self.descriptor(placed, 5);
        let completion = self.queue.words(&mut self.host, descriptor.words());
        let mut block = [0; 64];
        self.statistics.read(0, &mut block).unwrap();
        (completion, NttStatistics::from_words(slot_words(&block)))
    }

    /// Gives the card these jobs at once; their completions, in the order of the jobs.
    pub fn run_all(&mut self, jobs: &[Placed]) -> Vec<Completion> {
        for (tag, placed) in jobs.iter().enumerate() {
            let mut descriptor = self.descriptor(placed, tag as u32);
            descriptor.statistics = 0;
            self.queue.put(descriptor.words());
        }
        self.queue.ring(&mut self.host);
        let mut completions = vec![Completion::default(); jobs.len()];
        for _ in jobs {
            let completion = self.queue.wait(&mut self.host);
            completions[completion.tag as usize] = completion;
        }
        completions
    }

    /// What the transforms are, in natural order.
    pub fn expected(&self, placed: &Placed) -> Vec<Vec<BigUint>> {
        let shape = &placed.shape;
        let transform = |x: &Vec<BigUint>| match shape.extension {
            Some(extension) => {
                let mut x = self.field.transform(x, true, &BigUint::one());
                x.resize(1 << (shape.size + extension), BigUint::zero());
                self.field.transform(&x, false, &placed.shift)
            }
            None => self.field.transform(x, shape.inverse, &placed.shift),
        };
        placed.input.iter().map(transform).collect()
    }

    /// The output in memory, in natural order.
    pub fn output(&mut self, placed: &Placed) -> Vec<Vec<BigUint>> {
        let shape = placed.shape;
        let size = shape.size + shape.extension.unwrap_or(0);
        let bytes = self.field.element_bytes;
        let mut output = Vec::new();
        for i in 0..shape.batch as usize {
            let mut x = Vec::new();
            for k in 0..1 << size {
                let place = match shape.output_reversed {
                    true => reverse(k, size),
                    false => k,
                };
                let at = DATA + placed.ntt.output + self.offset(&placed.ntt, size, i, place);
                let mut word = vec![0; bytes];
                self.host.board.card_memory().read(at, &mut word).unwrap();
                let element = self.field.decode(&word);
                x.push(element.unwrap_or_else(|| &self.field.modulus + 1u32));
            }
            output.push(x);
        }
        output
    }

    /// Runs a job that must succeed, and compares its output.
    pub fn check(&mut self, shape: Shape) -> (Completion, NttStatistics) {
        let input = self.random_input(&shape);
        self.check_input(shape, input)
    }

    /// The same with this input.
    pub fn check_input(
        &mut self,
        shape: Shape,
        input: Vec<Vec<BigUint>>,
    ) -> (Completion, NttStatistics) {
        let placed = self.place(shape, input, 0);
        let (completion, statistics) = self.run(&placed);
        assert_eq!(
            completion.named_status(),
            Some(Status::Success),
            "{shape:?}: detail {:#x}",
            completion.detail
        );
        let (output, expected) = (self.output(&placed), self.expected(&placed));
        for (i, (found, wanted)) in output.iter().zip(&expected).enumerate() {
            assert_eq!(found, wanted, "transform {i} of {shape:?}");
        }
        (completion, statistics)
    }
}
