//! Memory behind the engine's ports, with random waits.

use gristmill_sim::verilator::{Input, Model, ModelError, Output};
use rand::{Rng, rngs::SmallRng};

/// A memory and where its errors begin.
#[derive(Default)]
pub struct Memory {
    pub bytes: Vec<u8>,
    pub faulty_from: Option<usize>,
}

/// Behaviour of all ports of a bench.
#[derive(Clone, Copy)]
pub struct Waits {
    /// Chance that a port is not ready in a cycle.
    pub stall: f64,
    /// Cycles from a request to its first beat, and from a last beat to `done`.
    pub latency: u64,
}

pub struct ReadPort {
    request: Output,
    address: Output,
    beats: Output,
    ready: Output,
    flush: Output,
    accepted: Input,
    valid: Input,
    data: Input,
    error: Input,
    idle: Input,
    beat_bytes: usize,
    place: usize,
    left: u64,
    begins: u64,
    accepting: bool,
    showing: bool,
    pub moved: u64,
}

impl ReadPort {
    pub fn new(model: &Model, name: &str, beat_bytes: usize) -> Result<Self, ModelError> {
        let output = |field: &str| model.output(&format!("{name}_{field}"));
        let input = |field: &str| model.input(&format!("{name}_{field}"));
        Ok(Self {
            request: output("request")?,
            address: output("address")?,
            beats: output("beats")?,
            ready: output("ready")?,
            flush: output("flush")?,
            accepted: input("accepted")?,
            valid: input("valid")?,
            data: input("data")?,
            error: input("error")?,
            idle: input("idle")?,
            beat_bytes,
            place: 0,
            left: 0,
            begins: 0,
            accepting: false,
            showing: false,
            moved: 0,
        })
    }

    /// Looks at the cycle that was, and sets the inputs of the next.
    pub fn step(
        &mut self,
        model: &mut Model,
        memory: &Memory,
        waits: Waits,
        random: &mut SmallRng,
    ) {
        let now = model.cycles();
        if self.showing && model.bit(self.ready) {
            self.place += self.beat_bytes;
            self.left -= 1;
            self.moved += 1;
            self.showing = false;
        }
        if self.accepting {
            self.accepting = false;
        } else if model.bit(self.request) && self.left == 0 && !random.gen_bool(waits.stall) {
            self.place = model.get(self.address) as usize;
            self.left = model.get(self.beats);
            assert!(self.left > 0, "a request of no beats");
            assert_eq!(self.place % self.beat_bytes, 0, "a request off the beat");
            self.begins = now + waits.latency;
            self.accepting = true;
        }
        if model.bit(self.flush) {
            self.left = 0;
            self.showing = false;
        }
        if self.left > 0 && now >= self.begins {
            self.showing = self.showing || !random.gen_bool(waits.stall);
        }
        model.set(self.accepted, u64::from(self.accepting));
        model.set(self.valid, u64::from(self.showing));
        model.set(self.idle, u64::from(self.left == 0));
        if self.showing {
            let end = self.place + self.beat_bytes;
            let zeros = vec![0; self.beat_bytes];
            model.set_bytes(
                self.data,
                memory.bytes.get(self.place..end).unwrap_or(&zeros),
            );
            let faulty = memory.faulty_from.is_some_and(|from| end > from);
            model.set(self.error, u64::from(faulty));
        }
    }
}

pub struct WritePort {
    request: Output,
    address: Output,
    beats: Output,
    valid: Output,
    data: Output,
    flush: Output,
    accepted: Input,
    ready: Input,
    done: Input,
    error: Input,
    idle: Input,
    beat_bytes: usize,
    place: usize,
    left: u64,
    ends: Option<u64>,
    failed: bool,
    accepting: bool,
    taking: bool,
    pub moved: u64,
}

impl WritePort {
    pub fn new(model: &Model, name: &str, beat_bytes: usize) -> Result<Self, ModelError> {
        let output = |field: &str| model.output(&format!("{name}_{field}"));
        let input = |field: &str| model.input(&format!("{name}_{field}"));
        Ok(Self {
            request: output("request")?,
            address: output("address")?,
            beats: output("beats")?,
            valid: output("valid")?,
            data: output("data")?,
            flush: output("flush")?,
            accepted: input("accepted")?,
            ready: input("ready")?,
            done: input("done")?,
            error: input("error")?,
            idle: input("idle")?,
            beat_bytes,
            place: 0,
            left: 0,
            ends: None,
            failed: false,
            accepting: false,
            taking: false,
            moved: 0,
        })
    }

    pub fn step(
        &mut self,
        model: &mut Model,
        memory: &mut Memory,
        waits: Waits,
        random: &mut SmallRng,
    ) {
        let now = model.cycles();
        if self.taking && model.bit(self.valid) {
            let end = self.place + self.beat_bytes;
            if memory.faulty_from.is_some_and(|from| end > from) {
                self.failed = true;
            } else {
                memory.bytes[self.place..end]
                    .copy_from_slice(&model.bytes(self.data)[..self.beat_bytes]);
            }
            self.place = end;
            self.left -= 1;
            self.moved += 1;
            if self.left == 0 {
                self.ends = Some(now + waits.latency);
            }
        }
        if self.accepting {
            self.accepting = false;
        } else if model.bit(self.request)
            && self.left == 0
            && self.ends.is_none()
            && !random.gen_bool(waits.stall)
        {
            self.place = model.get(self.address) as usize;
            self.left = model.get(self.beats);
            assert!(self.left > 0, "a request of no beats");
            self.failed = false;
            self.accepting = true;
        }
        if model.bit(self.flush) {
            self.left = 0;
            self.ends = None;
        }
        let done = self.ends.is_some_and(|cycle| now >= cycle);
        if done {
            self.ends = None;
        }
        self.taking = self.left > 0 && !random.gen_bool(waits.stall);
        model.set(self.accepted, u64::from(self.accepting));
        model.set(self.ready, u64::from(self.taking));
        model.set(self.done, u64::from(done));
        model.set(self.error, u64::from(done && self.failed));
        model.set(self.idle, u64::from(self.left == 0 && self.ends.is_none()));
    }
}
