//! The memories keep AXI's rules themselves, whatever their links are like, and are as fast as they say.

use std::collections::{HashMap, VecDeque};

use gristmill_sim::axi::{
    Address, Link, MasterSignals, Memory, Response, SlaveSignals, SparseMemory, Store, WriteBeat,
};
use proptest::prelude::*;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

const SPACE: u64 = 1 << 20;

#[derive(Clone, Debug)]
struct Job {
    address: Address,
    /// What is to be written, or what a read is to give.
    data: Vec<u8>,
    fails: bool,
}

/// A master that keeps to the rules and checks that the slave does.
struct Master {
    beat_bytes: usize,
    pause: f64,
    random: SmallRng,
    signals: MasterSignals,
    reads: VecDeque<Job>,
    addresses: VecDeque<Job>,
    beats: VecDeque<WriteBeat>,
    /// By identifier: reads with the bytes that came, and writes.
    reading: HashMap<u32, VecDeque<(Job, usize)>>,
    writing: HashMap<u32, VecDeque<Job>>,
    /// Writes whose data was taken, and whose addresses were.
    complete: (usize, usize, usize),
    waiting: SlaveSignals,
}

impl Master {
    fn new(beat_bytes: usize, pause: f64, seed: u64) -> Self {
        Self {
            beat_bytes,
            pause,
            random: SmallRng::seed_from_u64(seed),
            signals: MasterSignals::default(),
            reads: VecDeque::new(),
            addresses: VecDeque::new(),
            beats: VecDeque::new(),
            reading: HashMap::new(),
            writing: HashMap::new(),
            complete: (0, 0, 0),
            waiting: SlaveSignals::default(),
        }
    }

    fn read(&mut self, job: Job) {
        self.reads.push_back(job);
    }

    fn write(&mut self, job: Job) {
        let beats = job.data.chunks(self.beat_bytes);
        let count = beats.len();
        for (index, bytes) in beats.enumerate() {
            let mut beat = WriteBeat {
                last: index + 1 == count,
                ..WriteBeat::default()
            };
            beat.data[..bytes.len()].copy_from_slice(bytes);
            beat.strobes = u64::MAX >> (64 - bytes.len());
            self.beats.push_back(beat);
        }
        self.addresses.push_back(job);
    }

    fn is_done(&self) -> bool {
        let MasterSignals { aw, w, ar, .. } = self.signals;
        let queued = self.reads.len() + self.addresses.len() + self.beats.len();
        let waiting = self.reading.values().map(VecDeque::len).sum::<usize>()
            + self.writing.values().map(VecDeque::len).sum::<usize>();
        aw.is_none() && w.is_none() && ar.is_none() && queued + waiting == 0
    }

    fn goes(&mut self) -> bool {
        !self.random.gen_bool(self.pause)
    }

    fn clock(&mut self, slave: &SlaveSignals) {
        let driven = self.signals;
        assert!(
            self.waiting.r.is_none() || self.waiting.r == slave.r,
            "R stays"
        );
        assert!(
            self.waiting.b.is_none() || self.waiting.b == slave.b,
            "B stays"
        );
        self.waiting.r = slave.r.filter(|_| !driven.r_ready);
        self.waiting.b = slave.b.filter(|_| !driven.b_ready);
        if let Some(beat) = slave.r {
            let bursts = self
                .reading
                .get_mut(&beat.id)
                .expect("a read with this identifier");
            let (job, got) = bursts.front_mut().expect("a read under way");
            let expected = &job.data[*got..][..self.beat_bytes];
            assert_eq!(beat.response != Response::Okay, job.fails);
            assert!(
                job.fails || beat.data[..self.beat_bytes] == *expected,
                "wrong data: {job:?}"
            );
            let last = *got + self.beat_bytes == job.data.len();
            assert_eq!(beat.last, last, "RLAST");
            if driven.r_ready {
                *got += self.beat_bytes;
                if last {
                    bursts.pop_front();
                }
            }
        }
        if let Some(response) = slave.b {
            let bursts = self
                .writing
                .get_mut(&response.id)
                .expect("a write with this identifier");
            let job = bursts.front().expect("a write under way");
            assert_eq!(response.response != Response::Okay, job.fails);
            if driven.b_ready {
                bursts.pop_front();
                self.complete.2 += 1;
            }
        }
        let (data, addresses, responses) = self.complete;
        assert!(
            responses <= data.min(addresses),
            "a response before its write is complete"
        );
        self.complete.0 += usize::from(driven.w.is_some_and(|beat| beat.last) && slave.w_ready);
        self.complete.1 += usize::from(driven.aw.is_some() && slave.aw_ready);
        self.signals.ar = driven.ar.filter(|_| !slave.ar_ready);
        self.signals.aw = driven.aw.filter(|_| !slave.aw_ready);
        self.signals.w = driven.w.filter(|_| !slave.w_ready);
        if self.signals.ar.is_none() && self.goes() {
            self.signals.ar = self.reads.pop_front().map(|job| {
                let address = job.address;
                self.reading
                    .entry(address.id)
                    .or_default()
                    .push_back((job, 0));
                address
            });
        }
        if self.signals.aw.is_none() && self.goes() {
            self.signals.aw = self.addresses.pop_front().map(|job| {
                let address = job.address;
                self.writing.entry(address.id).or_default().push_back(job);
                address
            });
        }
        if self.signals.w.is_none() && self.goes() {
            self.signals.w = self.beats.pop_front();
        }
        self.signals.b_ready = self.goes();
        self.signals.r_ready = self.goes();
    }
}

/// Runs until the master is done, and returns the cycles that took.
fn run(master: &mut Master, memory: &mut Memory<SparseMemory>) -> u64 {
    for cycle in 0..300_000 {
        if master.is_done() {
            assert!(memory.is_idle());
            memory.finish().unwrap();
            return cycle;
        }
        let (driven, slave) = (master.signals, *memory.signals());
        memory.clock(&driven).unwrap();
        master.clock(&slave);
    }
    panic!("the memory hangs");
}

fn jobs(beat_bytes: usize) -> impl Strategy<Value = Vec<Job>> {
    let job = (0..4_u32, 0..SPACE / 4096, 1..=80_u8, any::<u8>(), 0..10_u8).prop_map(
        move |(id, page, beats, fill, fault)| {
            let beats = beats.min((4096 / beat_bytes).min(255) as u8);
            let fails = fault == 0;
            let base = page * 4096 + if fails { SPACE } else { 0 };
            let bytes = usize::from(beats) * beat_bytes;
            let data = (0..bytes)
                .map(|byte| fill.wrapping_add(byte as u8))
                .collect();
            Job {
                address: Address::incrementing(id, base, beats, beat_bytes),
                data,
                fails,
            }
        },
    );
    proptest::collection::vec(job, 1..60).prop_map(|mut jobs| {
        jobs.sort_by_key(|job| job.address.address);
        jobs.dedup_by_key(|job| job.address.address);
        jobs
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_link_keeps_the_rules_and_the_data(
        (beat_bytes, jobs) in prop_oneof![Just(8_usize), Just(32), Just(64)].prop_flat_map(|width| (Just(width), jobs(width))),
        kind in 0..3,
        seed in any::<u64>(),
        pause in 0.0..0.8,
    ) {
        let link = match kind {
            0 => Link::ideal(),
            1 => Link::pcie_gen3_x16(250_000),
            _ => Link::hostile(seed),
        };
        let mut memory = Memory::new("test", beat_bytes, link, SparseMemory::new(SPACE));
        let mut master = Master::new(beat_bytes, pause, seed);
        jobs.iter().cloned().for_each(|job| master.write(job));
        run(&mut master, &mut memory);
        jobs.iter().cloned().for_each(|job| master.read(job));
        run(&mut master, &mut memory);
        let bytes: u64 = jobs.iter().map(|job| job.data.len() as u64).sum();
        prop_assert_eq!((memory.counters().read.bytes, memory.counters().write.bytes), (bytes, bytes));
        let failed = jobs.iter().filter(|job| job.fails).count() as u64;
        prop_assert_eq!((memory.counters().read.errors, memory.counters().write.errors), (failed, failed));
    }
}

fn stream(link: Link, bytes: u64, write: bool) -> f64 {
    let mut memory = Memory::new("test", 64, link, SparseMemory::new(bytes));
    let mut master = Master::new(64, 0.0, 1);
    for burst in 0..bytes / 512 {
        let address = Address::incrementing(0, burst * 512, 8, 64);
        let job = Job {
            address,
            data: vec![0; 512],
            fails: false,
        };
        if write {
            master.write(job)
        } else {
            master.read(job)
        }
    }
    let cycles = run(&mut master, &mut memory);
    bytes as f64 / cycles as f64
}

#[test]
fn an_ideal_memory_moves_a_beat_a_cycle() {
    for write in [false, true] {
        let rate = stream(Link::ideal(), 1 << 20, write);
        assert!(rate > 63.9, "{rate} bytes a cycle");
    }
}

#[test]
fn a_link_moves_what_it_says() {
    for (link, limit) in [
        (Link::pcie_gen3_x16(250_000), 51.2),
        (Link::pcie_gen3_x16(300_000), 42.67),
    ] {
        for write in [false, true] {
            let rate = stream(link.clone(), 4 << 20, write);
            assert!(
                rate < limit * 1.001 && rate > limit * 0.97,
                "{rate} of {limit} bytes a cycle"
            );
        }
    }
}

#[test]
fn what_is_in_flight_bounds_the_rate() {
    let link = Link {
        read_latency: 400..=400,
        read_bytes_in_flight: 4096,
        ..Link::ideal()
    };
    let rate = stream(link, 1 << 20, false);
    assert!(
        rate < 4096.0 / 400.0 && rate > 4096.0 / 480.0,
        "{rate} bytes a cycle"
    );
}

#[test]
fn a_read_does_not_see_an_unanswered_write() {
    let link = Link {
        write_latency: 50..=50,
        ..Link::ideal()
    };
    let mut memory = Memory::new("test", 8, link, SparseMemory::new(SPACE));
    let mut master = Master::new(8, 0.0, 1);
    let address = Address::incrementing(0, 64, 1, 8);
    master.write(Job {
        address,
        data: vec![7; 8],
        fails: false,
    });
    master.read(Job {
        address,
        data: vec![0; 8],
        fails: false,
    });
    run(&mut master, &mut memory);
    let mut bytes = [0; 8];
    memory.store().read(64, &mut bytes).unwrap();
    assert_eq!(bytes, [7; 8]);
}

#[test]
fn only_strobed_bytes_are_written() {
    let mut memory = Memory::new("test", 8, Link::ideal(), SparseMemory::new(SPACE));
    let mut master = Master::new(8, 0.0, 1);
    let address = Address::incrementing(0, 0, 2, 8);
    master.write(Job {
        address,
        data: (1..=16).collect(),
        fails: false,
    });
    master.beats[0].strobes = 0b1010_0110;
    master.beats[1].strobes = 0;
    run(&mut master, &mut memory);
    let mut bytes = [9; 16];
    memory.store().read(0, &mut bytes).unwrap();
    assert_eq!(bytes, [0, 2, 3, 0, 0, 6, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(memory.counters().write.bytes, 4);
}
