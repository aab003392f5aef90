//! An engine, its memories, and one job after the other.

use crate::ports::{Memory, ReadPort, Waits, WritePort};
use crate::toy::{Group, Point};
use gristmill_datapath::{Fill, adder, curve, entry};
use gristmill_hdl::{emit, msm, pipeline::Pipeline};
use gristmill_protocol::{Completion, Descriptor, Handle, Msm, MsmStatistics, Operation};
use gristmill_sim::verilator::{Design, Input, Model, ModelLibrary, Optimise, Options, Output};
use rand::{SeedableRng, rngs::SmallRng};
use rust_hdl_core::prelude::*;

pub const SCALARS: usize = 0x1000;
pub const STREAMED: usize = 0x10_0000;
pub const RESULTS: usize = 0x30_0000;
pub const STATISTICS: usize = 0x38_0000;
pub const BASES: usize = 0x1000;
pub const SCRATCH: usize = 0x20_0000;
pub const RECORD: usize = 64;
const MEMORY: usize = 0x40_0000;
const BEAT: usize = 8;
const SLOT: usize = 32;

/// How a job is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Job {
    pub window: u32,
    pub windows: u32,
    pub streamed: bool,
    pub montgomery: bool,
    pub stride: u16,
    /// Scalars are in card memory, so many bytes behind the room of the records.
    pub resident: Option<usize>,
}

impl Default for Job {
    fn default() -> Self {
        Self {
            window: 4,
            windows: 2,
            streamed: false,
            montgomery: false,
            stride: 16,
            resident: None,
        }
    }
}

/// What the engine is given.
#[derive(Clone, Copy, Debug)]
pub struct Request {
    pub msm: Msm,
    pub bases_length: u64,
    pub scratch_length: u64,
}

/// How a job ended.
#[derive(Debug)]
pub struct Outcome {
    pub status: u64,
    pub detail: u64,
    pub completion: Completion,
    pub statistics: MsmStatistics,
    /// Beats of scalars, streamed bases, resident bases, records, results, leftovers.
    pub beats: [u64; 6],
}

/// Cycles after which a job is taken to hang.
const PATIENCE: u64 = 2_000_000;

pub struct Bench {
    pub lanes: u32,
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
            lanes: lanes as u32,
            reads: ["scalars", "streamed", "resident", "records"].map(read),
            writes: ["results", "leftovers"].map(write),
            host: Memory::new(MEMORY),
            card: Memory::new(MEMORY),
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

    /// Puts the input in place; the job for it.
    pub fn place(&mut self, group: &Group, scalars: &[u64], bases: &[Point], job: Job) -> Request {
        for (i, scalar) in scalars.iter().enumerate() {
            let word = if job.montgomery {
                let factor = group.curve.scalar.to_memory(&(*scalar).into());
                u64::try_from(factor).expect("a toy word")
            } else {
                *scalar
            };
            let bytes = word.to_le_bytes();
            match job.resident {
                None => self.host.bytes[SCALARS + 8 * i..][..8].copy_from_slice(&bytes),
                Some(gap) => {
                    let place = SCRATCH + RECORD * scalars.len() + gap + 8 * i;
                    self.card.bytes[place..][..8].copy_from_slice(&bytes);
                }
            }
        }
        let stride = usize::from(job.stride);
        let length = bases.len() * stride;
        // what stands between the bases is not theirs
        self.host.bytes[STREAMED..][..length].fill(0xcc);
        for (i, base) in bases.iter().enumerate() {
            for (k, word) in group.words(*base).into_iter().enumerate() {
                let place = STREAMED + i * stride + 8 * k;
                self.host.bytes[place..][..8].copy_from_slice(&word.to_le_bytes());
            }
        }
        self.card.bytes[BASES..][..length].copy_from_slice(&self.host.bytes[STREAMED..][..length]);
        let room = RECORD * scalars.len();
        let (place, scratch_length) = match job.resident {
            None => (SCALARS, room),
            Some(gap) => (room + gap, room + gap + 8 * scalars.len()),
        };
        Request {
            msm: Msm {
                scalars: place as u64,
                scalars_resident: job.resident.is_some(),
                montgomery: job.montgomery,
                bases: (!job.streamed).then(Handle::default),
                bases_offset: if job.streamed { STREAMED as u64 } else { 0 },
                length: scalars.len() as u32,
                stride: job.stride,
                window: job.window as u8,
                windows_per_pass: job.windows as u8,
                results: RESULTS as u64,
                scratch: Handle::default(),
            },
            bases_length: length as u64,
            scratch_length: scratch_length as u64,
        }
    }

    /// Starts a job.
    pub fn start(&mut self, request: &Request) {
        self.host.bytes[RESULTS..RESULTS + 0x8000].fill(0xee);
        self.host.bytes[STATISTICS..STATISTICS + 64].fill(0xee);
        let descriptor = Descriptor {
            tag: 0,
            statistics: STATISTICS as u64,
            interrupt: true,
            operation: Operation::Msm(request.msm),
        };
        self.model.set_bytes(self.descriptor, &descriptor.bytes());
        for (port, value) in self.regions.into_iter().zip([
            BASES as u64,
            request.bases_length,
            SCRATCH as u64,
            request.scratch_length,
        ]) {
            self.model.set(port, value);
        }
        self.reads.iter_mut().for_each(|port| port.moved = 0);
        self.writes.iter_mut().for_each(|port| port.moved = 0);
        self.model.set(self.start, 1);
        self.cycle();
        self.model.set(self.start, 0);
    }

    /// Runs for so many cycles, or until the job ends; whether it has ended.
    pub fn advance(&mut self, cycles: u64) -> bool {
        (0..cycles).any(|_| {
            self.cycle();
            self.model.bit(self.done)
        })
    }

    /// Runs until the job ends.
    pub fn finish(&mut self) -> Outcome {
        assert!(self.advance(PATIENCE), "the job does not end");
        let bytes: &[u8; 64] = self.host.bytes[STATISTICS..][..64]
            .try_into()
            .expect("64 bytes");
        let statistics = MsmStatistics::from_words(gristmill_protocol::format::slot_words(bytes));
        let counters = self.model.words(self.counters);
        let wide = |word: usize| u64::from(counters[word]) | u64::from(counters[word + 1]) << 32;
        let [scalars, streamed, resident, records] = [0, 1, 2, 3].map(|i| self.reads[i].moved);
        let [results, leftovers] = [0, 1].map(|i| self.writes[i].moved);
        Outcome {
            status: self.model.get(self.status),
            detail: self.model.get(self.detail),
            completion: Completion {
                cycles: wide(0),
                busy: wide(2),
                link_bytes: wide(4),
                stall_input: counters[6],
                stall_memory: counters[7],
                stall_collision: counters[8],
                stall_output: counters[9],
                drain: counters[10],
                ..Completion::default()
            },
            statistics,
            beats: [scalars, streamed, resident, records, results, leftovers],
        }
    }

    /// The sum in the first `windows` windows of the results.
    pub fn sum(&self, group: &Group, windows: u64, job: Job) -> Point {
        let mut sum = None;
        for window in (0..windows as usize).rev() {
            for _ in 0..job.window {
                sum = group.add(sum, sum);
            }
            for weight in (0..job.window as usize).rev() {
                let slot = RESULTS + SLOT * (window * job.window as usize + weight);
                let element = |i: usize| {
                    let bytes = self.host.bytes[slot + 8 * i..][..8].try_into();
                    u64::from_le_bytes(bytes.expect("eight bytes"))
                };
                let point = group.of_slot([element(0), element(1), element(2)]);
                sum = group.add(sum, group.times(1 << weight, point));
            }
        }
        sum
    }

    /// Runs a job that must succeed, and checks its sum and what it says of itself.
    pub fn check(&mut self, group: &Group, scalars: &[u64], bases: &[Point], job: Job) -> Outcome {
        let request = self.place(group, scalars, bases, job);
        self.start(&request);
        let outcome = self.finish();
        assert_eq!(outcome.status, 0, "detail {:#x}", outcome.detail);
        let windows = outcome.detail;
        let what = format!("{} pairs, {job:?}", scalars.len());
        let expected = group.msm(scalars, bases);
        assert_eq!(self.sum(group, windows, job), expected, "{what}");
        self.check_counters(group, scalars, job, &outcome);
        outcome
    }

    fn check_counters(&self, group: &Group, scalars: &[u64], job: Job, outcome: &Outcome) {
        let (mut digits, mut points, mut living, mut passes) = (0, 0, 0, 1);
        for scalar in scalars {
            let (taken, length) = group.digits(*scalar, job.window);
            let needed = length.div_ceil(u64::from(job.windows));
            digits += taken;
            points += needed;
            living += u64::from(taken > 0);
            passes = passes.max(needed);
        }
        let (statistics, completion) = (&outcome.statistics, &outcome.completion);
        let found = [statistics.digits, statistics.points, statistics.passes];
        assert_eq!(found, [digits, points, passes], "{statistics:?}, {job:?}");
        assert_eq!(statistics.records, points - living, "{job:?}");
        let windows = u64::from(job.windows);
        assert_eq!(outcome.detail, passes * windows, "{job:?}");

        let count = scalars.len() as u64;
        let bases = ((count - 1) * u64::from(job.stride) + 16) / BEAT as u64;
        let records = statistics.records * (RECORD / BEAT) as u64;
        let slots = passes * windows * u64::from(job.window);
        let output = (slots * SLOT as u64 + 64) / BEAT as u64;
        let (streamed, resident) = if job.streamed { (bases, 0) } else { (0, bases) };
        let (from_host, from_card) = match job.resident {
            None => (count, 0),
            Some(_) => (0, count),
        };
        assert_eq!(
            outcome.beats,
            [
                from_host,
                streamed,
                resident,
                from_card + records,
                output,
                records
            ],
            "{job:?}"
        );
        let link_beats = from_host + streamed + output;
        assert_eq!(completion.link_bytes, link_beats * BEAT as u64, "{job:?}");

        let stalls = [
            completion.stall_input,
            completion.stall_memory,
            completion.stall_output,
        ];
        let stalls: u64 = stalls.into_iter().map(u64::from).sum();
        assert!(stalls <= statistics.stream_cycles, "{outcome:?}");
        assert!(u64::from(completion.drain) <= statistics.sweep_cycles);
        assert!(statistics.stream_cycles + statistics.sweep_cycles < completion.cycles);
        assert!(completion.busy <= completion.cycles * u64::from(self.lanes));
        assert!(digits <= statistics.stream_cycles * u64::from(self.lanes));
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
