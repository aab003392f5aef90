//! A pipeline with its tables, and what it ought to make of a frame.

use gristmill_datapath::Field;
use gristmill_datapath::factor::{EXPONENT_BITS, reversed};
use gristmill_hdl::ntt::{Parameters, PassPipeline, PassSummary, kind, table};
use gristmill_sim::verilator::{
    Design, Input, Model, ModelLibrary, Optimise, Options, Output, lint,
};
use num_bigint::{BigUint, RandBigInt};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use rust_hdl_core::prelude::*;

/// Blocks are built by value.
const STACK_BYTES: usize = 256 << 20;

/// Which factors a frame gets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Factors {
    pub kind: u64,
    pub frame: u64,
    pub shift: u64,
    pub split: u64,
    pub set: u64,
}

/// What is fed as one frame: one, or as many as share a beat. Elements are memory words.
#[derive(Clone, Debug, Default)]
pub struct Frame {
    pub elements: Vec<BigUint>,
    pub factors: Factors,
    /// Beats that are not fed: the frame is broken off, and stands last in its run.
    pub missing: usize,
}

/// The size and the sides of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pass {
    pub size_log2: usize,
    pub inverse: bool,
    pub post: bool,
}

/// How often there is no slot, and a dummy between frames.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pauses {
    pub gap: f64,
    pub dummy: f64,
}

pub const NONE: Pauses = Pauses {
    gap: 0.0,
    dummy: 0.0,
};
pub const MANY: Pauses = Pauses {
    gap: 0.3,
    dummy: 0.5,
};

pub struct Ports {
    pub advance: Input,
    pub valid: Input,
    pub first: Input,
    pub beat: Input,
    pub factors: [Input; 5],
    pub size_log2: Input,
    pub inverse: Input,
    pub post: Input,
    pub table_write: Input,
    pub table_set: Input,
    pub table: Input,
    pub table_address: Input,
    pub table_beat: Input,
    pub out_valid: Output,
    pub out_first: Output,
    pub out_beat: Output,
    pub checked: Output,
    pub error: Output,
    pub empty: Output,
}

/// The transform of residues, forward or inverse without the factor 1/N.
pub type Transform<'a> = &'a dyn Fn(&[BigUint], bool) -> Vec<BigUint>;

pub struct Bench {
    pub parameters: Parameters,
    pub summary: PassSummary,
    pub model: Model,
    pub ports: Ports,
    /// One over what stands for one in memory.
    scale_down: BigUint,
    /// Both sets of the tables, in their order; residues.
    tables: [[Vec<BigUint>; 4]; 2],
    pub random: StdRng,
    pub cycle: u64,
}

pub fn verilog(parameters: &Parameters) -> String {
    fn text<const W: usize>(parameters: &Parameters) -> String {
        let mut pipeline = PassPipeline::<W>::new(parameters);
        pipeline.connect_all();
        let emitted = gristmill_hdl::emit::verilog(&pipeline, "pass_pipeline");
        emitted.expect("the pipeline can be emitted").text()
    }
    let emit = || match parameters.lanes * parameters.field.word_bits() {
        128 => text::<128>(parameters),
        256 => text::<256>(parameters),
        512 => text::<512>(parameters),
        width => panic!("no bench for beats of {width} bits"),
    };
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK_BYTES);
        let thread = thread.spawn_scoped(scope, emit).expect("a thread");
        thread
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// Verilator has nothing to say of the text.
pub fn check_text(parameters: &Parameters) {
    lint(&verilog(parameters), "pass_pipeline")
        .unwrap_or_else(|error| panic!("{error}: {error:?}"));
}

impl Bench {
    pub fn new(parameters: Parameters, optimise: Optimise) -> Self {
        Self::of_text(parameters.clone(), verilog(&parameters), optimise)
    }

    /// A bench for other Verilog of the same boundary.
    pub fn of_text(parameters: Parameters, verilog: String, optimise: Optimise) -> Self {
        let mut design = Design::new("pass_pipeline", verilog).with_options(Options {
            optimise,
            ..Options::default()
        });
        if let Some(functions) = parameters.functions() {
            design = design.with_function(functions);
        }
        let library = ModelLibrary::build(&design).unwrap_or_else(|error| panic!("{error}"));
        let model = library.instantiate().expect("a model");
        let input = |name: &str| model.input(name).expect("an input");
        let output = |name: &str| model.output(name).expect("an output");
        let ports = Ports {
            advance: input("advance"),
            valid: input("valid"),
            first: input("first"),
            beat: input("beat"),
            factors: ["kind", "frame", "shift", "split", "set"].map(input),
            size_log2: input("size_log2"),
            inverse: input("inverse"),
            post: input("post"),
            table_write: input("table_write"),
            table_set: input("table_set"),
            table: input("table_"),
            table_address: input("table_address"),
            table_beat: input("table_beat"),
            out_valid: output("out_valid"),
            out_first: output("out_first"),
            out_beat: output("out_beat"),
            checked: output("checked"),
            error: output("error"),
            empty: output("empty"),
        };
        let mut bench = Self {
            summary: parameters.summary(),
            scale_down: {
                let field = &parameters.field;
                let inverse = field.one().modinv(&field.modulus);
                inverse.expect("one is not zero")
            },
            parameters,
            model,
            ports,
            tables: Default::default(),
            random: StdRng::seed_from_u64(20_261_122),
            cycle: 0,
        };
        for set in 0..2 {
            bench.write_tables(set);
        }
        bench
    }

    pub fn field(&self) -> &Field {
        &self.parameters.field
    }

    pub fn lanes(&self) -> usize {
        self.parameters.lanes
    }

    /// A beat of memory words.
    fn beat(&self, elements: &[BigUint]) -> Vec<u32> {
        let limbs = self.field().word_bits() / 32;
        let words = elements.iter().flat_map(|element| {
            let mut digits = element.to_u32_digits();
            digits.resize(limbs, 0);
            digits
        });
        words.collect()
    }

    pub fn step(&mut self) {
        self.model.cycle().expect("the model runs");
        self.cycle += 1;
    }

    /// Writes random numbers into all tables of a set.
    pub fn write_tables(&mut self, set: usize) {
        let entries = 1 << self.parameters.table_log2;
        let modulus = self.field().modulus.clone();
        for which in [table::W_LOW, table::W_HIGH, table::G_LOW, table::G_HIGH] {
            let residues: Vec<BigUint> = (0..entries)
                .map(|_| self.random.gen_biguint_below(&modulus))
                .collect();
            for (address, chunk) in residues.chunks(self.lanes()).enumerate() {
                let words: Vec<BigUint> = chunk.iter().map(|r| self.field().to_memory(r)).collect();
                let beat = self.beat(&words);
                self.model.set_words(self.ports.table_beat, &beat);
                self.model.set(self.ports.table_write, 1);
                self.model.set(self.ports.table_set, set as u64);
                self.model.set(self.ports.table, which);
                self.model.set(self.ports.table_address, address as u64);
                self.step();
            }
            self.tables[set][which as usize] = residues;
        }
        self.model.set(self.ports.table_write, 0);
    }

    /// The factor of the element of this index, a residue.
    fn factor(&self, factors: &Factors, index: usize) -> BigUint {
        let index = index as u64;
        let (exponent, [low, high]) = match factors.kind {
            kind::NONE => return 1u32.into(),
            kind::POWER => (
                (index << factors.shift) + factors.frame,
                [table::G_LOW, table::G_HIGH],
            ),
            _ => (index * factors.frame, [table::W_LOW, table::W_HIGH]),
        };
        let tables = &self.tables[factors.set as usize];
        let exponent = exponent % (1 << EXPONENT_BITS);
        let low = &tables[low as usize][(exponent & ((1 << factors.split) - 1)) as usize];
        let place = exponent >> factors.split & ((1 << self.parameters.table_log2) - 1);
        low * &tables[high as usize][place as usize] % &self.field().modulus
    }

    /// Factors whose exponents stay within the tables.
    pub fn random_factors(&mut self, kind: u64) -> Factors {
        let table_log2 = self.parameters.table_log2 as u64;
        Factors {
            kind,
            frame: self.random.gen_range(0..1 << EXPONENT_BITS),
            shift: self.random.gen_range(0..=EXPONENT_BITS as u64),
            split: self.random.gen_range(0..=table_log2),
            set: self.random.gen_range(0..2),
        }
    }

    /// A frame of random elements with random factors of this kind.
    pub fn random_frame(&mut self, size_log2: usize, kind: u64) -> Frame {
        Frame {
            elements: self.random_elements(size_log2),
            factors: self.random_factors(kind),
            missing: 0,
        }
    }

    /// Random elements for a frame of this size.
    pub fn random_elements(&mut self, size_log2: usize) -> Vec<BigUint> {
        let count = (1 << size_log2).max(self.lanes());
        let modulus = self.field().modulus.clone();
        (0..count)
            .map(|_| self.random.gen_biguint_below(&modulus))
            .collect()
    }

    /// The beats that leave for a frame.
    pub fn output(&self, pass: Pass, frame: &Frame, transform: Transform) -> Vec<Vec<u32>> {
        let (field, p) = (self.field(), &self.field().modulus);
        let mut words = Vec::new();
        for elements in frame.elements.chunks(1 << pass.size_log2) {
            let times =
                |index: usize, residue: BigUint| residue * self.factor(&frame.factors, index) % p;
            let residues = elements.iter().map(|word| word * &self.scale_down % p);
            let mut residues: Vec<BigUint> = residues.collect();
            if !pass.post {
                residues = residues
                    .into_iter()
                    .enumerate()
                    .map(|(j, x)| times(j, x))
                    .collect();
            }
            residues = transform(&residues, pass.inverse);
            if pass.post {
                residues = residues
                    .into_iter()
                    .enumerate()
                    .map(|(k, x)| times(k, x))
                    .collect();
            }
            let positions = 0..1 << pass.size_log2;
            words
                .extend(positions.map(|position| {
                    field.to_memory(&residues[reversed(position, pass.size_log2)])
                }));
        }
        words
            .chunks(self.lanes())
            .map(|beat| self.beat(beat))
            .collect()
    }

    /// The beats of a frame, in split order.
    pub fn input(&self, pass: Pass, frame: &Frame) -> Vec<Vec<u32>> {
        let (lanes, half) = (self.lanes(), self.lanes() / 2);
        let beats = self.parameters.beats(pass.size_log2);
        let element = |beat: usize, lane: usize| match pass.size_log2 < self.parameters.lanes_log2()
        {
            true => lane,
            false => ((lane / half) << pass.size_log2 >> 1) + beat * half + lane % half,
        };
        (0..beats)
            .map(|beat| {
                let elements: Vec<BigUint> = (0..lanes)
                    .map(|lane| frame.elements[element(beat, lane)].clone())
                    .collect();
                self.beat(&elements)
            })
            .collect()
    }

    /// Cycles a second of this thread's time, of frames back to back, over so many cycles.
    pub fn speed(&mut self, pass: Pass, cycles: usize) -> f64 {
        let frame = Frame {
            elements: self.random_elements(pass.size_log2),
            factors: self.random_factors(kind::POWER),
            missing: 0,
        };
        let beats = self.input(pass, &frame);
        self.model.set(self.ports.size_log2, pass.size_log2 as u64);
        self.model.set(self.ports.inverse, pass.inverse.into());
        self.model.set(self.ports.post, pass.post.into());
        let begin = thread_seconds();
        for cycle in 0..cycles {
            let place = cycle % beats.len();
            self.model.set(self.ports.advance, 1);
            self.model.set(self.ports.valid, 1);
            self.model.set(self.ports.first, u64::from(place == 0));
            self.model.set_words(self.ports.beat, &beats[place]);
            self.step();
        }
        cycles as f64 / (thread_seconds() - begin)
    }
}

/// Seconds that this thread has run, which other load does not lengthen.
fn thread_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").expect("a Linux kernel");
    let nanoseconds = text
        .split(' ')
        .next()
        .and_then(|first| first.parse::<f64>().ok());
    nanoseconds.expect("a number") / 1e9
}
