//! A master that keeps to AXI's rules, checks that the memory does, and compares what it reads.

use std::collections::{HashMap, VecDeque};

use gristmill_sim::axi::{
    Address, MasterSignals, Memory, Response, SlaveSignals, SparseMemory, WriteBeat,
};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

#[derive(Clone, Debug)]
pub struct Job {
    pub address: Address,
    /// What is to be written, or what a read is to give.
    pub data: Vec<u8>,
    pub fails: bool,
}

/// A master that keeps to the rules and checks that the slave does.
pub struct Master {
    beat_bytes: usize,
    pause: f64,
    random: SmallRng,
    pub signals: MasterSignals,
    reads: VecDeque<Job>,
    addresses: VecDeque<Job>,
    pub beats: VecDeque<WriteBeat>,
    /// By identifier: reads with the bytes that came, and writes.
    reading: HashMap<u32, VecDeque<(Job, usize)>>,
    writing: HashMap<u32, VecDeque<Job>>,
    /// Writes whose data was taken, and whose addresses were.
    complete: (usize, usize, usize),
    waiting: SlaveSignals,
}

impl Master {
    pub fn new(beat_bytes: usize, pause: f64, seed: u64) -> Self {
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

    pub fn read(&mut self, job: Job) {
        self.reads.push_back(job);
    }

    pub fn write(&mut self, job: Job) {
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

    pub fn is_done(&self) -> bool {
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
pub fn run(master: &mut Master, memory: &mut Memory<SparseMemory>) -> u64 {
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
