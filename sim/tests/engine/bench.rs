//! An engine, its memories, and one job after the other.

use crate::ports::{Memory, ReadPort, Waits, WritePort};
use crate::toy::{Group, Point};
use gristmill_datapath::{Fill, adder, curve, entry};
use gristmill_hdl::{emit, msm, pipeline::Pipeline};
use gristmill_protocol::{Descriptor, Handle, Msm, MsmStatistics, Operation};
use gristmill_sim::verilator::{Design, Input, Model, ModelLibrary, Optimise, Options, Output};
use rand::{SeedableRng, rngs::SmallRng};
use rust_hdl_core::prelude::*;

const SCALARS: usize = 0x1000;
const STREAMED: usize = 0x10_0000;
const RESULTS: usize = 0x30_0000;
const STATISTICS: usize = 0x38_0000;
const BASES: usize = 0x1000;
const SCRATCH: usize = 0x20_0000;
const MEMORY: usize = 0x40_0000;
const BEAT: usize = 8;

/// How a job is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Job {
    pub window: u32,
    pub windows: u32,
    pub streamed: bool,
    pub montgomery: bool,
    pub stride: u16,
    pub scratch_records: u64,
    pub most_cycles: u64,
}

impl Default for Job {
    fn default() -> Self {
        Self {
            window: 4,
            windows: 2,
            streamed: false,
            montgomery: false,
            stride: 16,
            scratch_records: 4096,
            most_cycles: 2_000_000,
        }
    }
}

/// How it ended.
#[derive(Debug)]
pub struct Outcome {
    pub status: u64,
    pub detail: u64,
    pub sum: Point,
    pub cycles: u64,
    pub statistics: MsmStatistics,
}

pub struct Bench {
    model: Model,
    reads: [ReadPort; 4],
    writes: [WritePort; 2],
    pub host: Memory,
    pub card: Memory,
    pub waits: Waits,
    random: SmallRng,
    start: Input,
    abort: Input,
    descriptor: Input,
    regions: [Input; 4],
    done: Output,
    idle: Output,
    status: Output,
    detail: Output,
    counters: Output,
}

type Engine<const L: usize> = msm::MsmEngine<64, 64, 8, 128, 24, 10, 9, 512, 256, L>;

fn verilog(lanes: usize) -> String {
    let curve = curve::toy();
    let parameters = msm::Parameters {
        adder: Pipeline::new("toy_adder", &adder::complete_adder(&curve, Fill::Record)),
        point_entry: Pipeline::new("toy_point_entry", &entry::point_entry(&curve)),
        scalar_entry: Pipeline::new("toy_scalar_entry", &entry::scalar_entry(&curve)),
        size_log2: 16,
        windows_per_lane: 8,
        window_min: 2,
        window_max: 8,
    };
    fn text<const L: usize>(parameters: &msm::Parameters) -> String {
        let mut engine = Engine::<L>::new(parameters);
        engine.connect_all();
        emit::verilog(&engine, "engine")
            .expect("the engine can be emitted")
            .text()
    }
    match lanes {
        1 => text::<1>(&parameters),
        _ => text::<2>(&parameters),
    }
}

impl Bench {
    pub fn new(lanes: usize) -> Self {
        let design = Design::new("engine", verilog(lanes)).with_options(Options {
            optimise: Optimise::Build,
            ..Options::default()
        });
        let model = ModelLibrary::build(&design)
            .expect("`make setup` has been run")
            .instantiate()
            .expect("the model was just built");
        let read = |name: &str| ReadPort::new(&model, name, BEAT).expect("the port is there");
        let write = |name: &str| WritePort::new(&model, name, BEAT).expect("the port is there");
        let input = |name: &str| model.input(name).expect("the port is there");
        let output = |name: &str| model.output(name).expect("the port is there");
        Self {
            reads: ["scalars", "streamed", "resident", "records"].map(read),
            writes: ["results", "leftovers"].map(write),
            host: Memory {
                bytes: vec![0; MEMORY],
                faulty_from: None,
            },
            card: Memory {
                bytes: vec![0; MEMORY],
                faulty_from: None,
            },
            waits: crate::SMOOTH,
            random: SmallRng::seed_from_u64(1),
            start: input("job_start"),
            abort: input("job_abort"),
            descriptor: input("job_descriptor"),
            regions: ["first_base", "first_length", "second_base", "second_length"]
                .map(|name| input(&format!("job_{name}"))),
            done: output("job_done"),
            idle: output("job_idle"),
            status: output("job_status"),
            detail: output("job_detail"),
            counters: output("job_counters"),
            model,
        }
    }

    fn cycle(&mut self) {
        self.model.cycle().expect("the model runs");
        for (i, port) in self.reads.iter_mut().enumerate() {
            let memory = if i < 2 { &self.host } else { &self.card };
            port.step(&mut self.model, memory, self.waits, &mut self.random);
        }
        let [results, leftovers] = &mut self.writes;
        results.step(
            &mut self.model,
            &mut self.host,
            self.waits,
            &mut self.random,
        );
        leftovers.step(
            &mut self.model,
            &mut self.card,
            self.waits,
            &mut self.random,
        );
    }

    /// Puts the input in place and starts the job.
    pub fn start(&mut self, group: &Group, scalars: &[u64], bases: &[Point], job: Job) {
        for (i, scalar) in scalars.iter().enumerate() {
            let word = if job.montgomery {
                let factor = group.curve.scalar.to_memory(&(*scalar).into());
                u64::try_from(factor).expect("a toy word")
            } else {
                *scalar
            };
            self.host.bytes[SCALARS + 8 * i..][..8].copy_from_slice(&word.to_le_bytes());
        }
        for (i, base) in bases.iter().enumerate() {
            let place = i * usize::from(job.stride);
            for (k, word) in group.words(*base).into_iter().enumerate() {
                let bytes = word.to_le_bytes();
                self.host.bytes[STREAMED + place + 8 * k..][..8].copy_from_slice(&bytes);
                self.card.bytes[BASES + place + 8 * k..][..8].copy_from_slice(&bytes);
            }
        }
        self.host.bytes[RESULTS..RESULTS + 0x8000].fill(0xee);
        let descriptor = Descriptor {
            tag: 0,
            statistics: STATISTICS as u64,
            interrupt: true,
            operation: Operation::Msm(Msm {
                scalars: SCALARS as u64,
                montgomery: job.montgomery,
                bases: (!job.streamed).then(Handle::default),
                bases_offset: if job.streamed { STREAMED as u64 } else { 0 },
                length: scalars.len() as u32,
                stride: job.stride,
                window: job.window as u8,
                windows_per_pass: job.windows as u8,
                results: RESULTS as u64,
                scratch: Handle::default(),
            }),
        };
        self.model.set_bytes(self.descriptor, &descriptor.bytes());
        let length = (bases.len() * usize::from(job.stride)) as u64;
        for (port, value) in self.regions.into_iter().zip([
            BASES as u64,
            length,
            SCRATCH as u64,
            64 * job.scratch_records,
        ]) {
            self.model.set(port, value);
        }
        self.model.set(self.start, 1);
        self.cycle();
        self.model.set(self.start, 0);
    }

    /// Runs until the job ends.
    pub fn finish(&mut self, group: &Group, job: Job) -> Outcome {
        let begun = self.model.cycles();
        loop {
            self.cycle();
            if self.model.bit(self.done) {
                break;
            }
            assert!(
                self.model.cycles() - begun < job.most_cycles,
                "the job does not end"
            );
        }
        let words = |place: usize| {
            let bytes: &[u8; 64] = self.host.bytes[place..][..64].try_into().expect("64 bytes");
            gristmill_protocol::format::slot_words(bytes)
        };
        let status = self.model.get(self.status);
        let detail = self.model.get(self.detail);
        let mut sum = None;
        if status == 0 {
            for window in (0..detail as usize).rev() {
                for _ in 0..job.window {
                    sum = group.add(sum, sum);
                }
                for weight in (0..job.window as usize).rev() {
                    let slot = RESULTS + 32 * (window * job.window as usize + weight);
                    let element = |i: usize| {
                        let bytes = self.host.bytes[slot + 8 * i..][..8].try_into();
                        u64::from_le_bytes(bytes.expect("eight bytes"))
                    };
                    let point = group.of_slot([element(0), element(1), element(2)]);
                    sum = group.add(sum, group.times(1 << weight, point));
                }
            }
        }
        let cycles = u64::from(self.model.words(self.counters)[0]);
        Outcome {
            status,
            detail,
            sum,
            cycles,
            statistics: MsmStatistics::from_words(words(STATISTICS)),
        }
    }

    pub fn run(&mut self, group: &Group, scalars: &[u64], bases: &[Point], job: Job) -> Outcome {
        self.start(group, scalars, bases, job);
        self.finish(group, job)
    }

    /// Lets some cycles pass.
    pub fn run_for(&mut self, cycles: u64) {
        for _ in 0..cycles {
            self.cycle();
        }
    }

    /// Holds `abort` for some cycles, then waits until the engine is idle.
    pub fn abort(&mut self) {
        self.model.set(self.abort, 1);
        for cycle in 0.. {
            self.cycle();
            if self.model.bit(self.idle) {
                break;
            }
            assert!(cycle < 100_000, "the engine does not stop");
        }
        self.model.set(self.abort, 0);
        self.cycle();
    }
}
