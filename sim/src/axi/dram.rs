//! The time that DRAM takes: channels of banks with open rows, refresh, and turnarounds of the data bus.
//!
//! A [`Dram`] knows times and no data: a [`Memory`](super::Memory) asks it when each burst of the DRAM is there. Each
//! channel has a controller with a queue of reads and a queue of writes. It keeps rows open, serves what finds its row
//! open first, then what waits longest (FR-FCFS), gathers writes and drains them together, and refreshes all banks at
//! once. It issues real commands at the DRAM's own clock under all rules of [`Timing`]; the log of them can be had and
//! checked ([`Dram::commands`]).
//!
//! What one port of 64 bytes a cycle at 250 MHz gets out of it, in bytes a cycle (the tests assert the bounds):
//!
//! | traffic | DDR4, four channels | DDR4, one channel | HBM2 |
//! |---|---|---|---|
//! | a stream, read or written | 64 | 64 | 64 |
//! | tiles of bursts of 512 bytes, strides of 2^14 to 2^20 bytes, read and written at once | 128 | 52 to 59 | 128 |
//! | the same, strides from 2^19 on, without the hash of [`Mapping`] | 44 | 26 | 52 |
//! | single beats anywhere, 32 on their way | 46 | 38 | 22 |
//! | single beats anywhere, one at a time | 2.2 | 2.2 | 1.4 |
//!
//! What it leaves out: ranks, power-down, ECC with its read-modify-write of partial writes, temperature, the periodic
//! reads of a PHY; and of HBM that two pseudo channels share their command buses, and the bounds of the switch between
//! its ports.

mod channel;
mod config;
mod counters;
mod devices;
mod mapping;
mod timing;

pub use channel::{Command, CommandKind};
pub use config::DramConfig;
pub use counters::DramCounters;
pub use mapping::{BANKS, GROUPS, Mapping, Place};
pub use timing::Timing;

use channel::{Channel, Done};
use devices::Direction;

/// Whose a read is: the burst of AXI, and the burst of the DRAM in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tag {
    pub burst: u64,
    pub piece: usize,
}

/// The time that DRAM takes.
#[derive(Debug)]
pub struct Dram {
    config: DramConfig,
    channels: Vec<Channel>,
    /// The clock of the DRAM up to which everything has happened.
    clock: u64,
    next_serial: u64,
    done: Vec<Done>,
    log: Vec<Command>,
}

impl Dram {
    /// DRAM whose banks are closed.
    pub fn new(config: DramConfig) -> Self {
        let channels = config.mapping.channels;
        Self {
            channels: (0..channels)
                .map(|index| Channel::new(index, &config))
                .collect(),
            config,
            clock: 0,
            next_serial: 0,
            done: Vec::new(),
            log: Vec::new(),
        }
    }

    /// What it is made of.
    pub fn config(&self) -> &DramConfig {
        &self.config
    }

    /// What happened, summed over the channels.
    pub fn counters(&self) -> DramCounters {
        let mut sum = DramCounters::default();
        self.channels
            .iter()
            .for_each(|channel| sum += *channel.counters());
        sum
    }

    /// The commands issued so far, of each channel in their order; empty unless [`DramConfig::log`] is set.
    pub fn commands(&self) -> &[Command] {
        &self.log
    }

    /// Lets time pass up to a cycle of the core.
    pub(super) fn pass(&mut self, cycle: u64) {
        self.clock = self.config.clock_of(cycle);
        let mut log = self.config.log.then_some(&mut self.log);
        for channel in &mut self.channels {
            channel.run(self.clock, &mut self.done, log.as_deref_mut());
        }
    }

    /// The reads that were issued since the last call, and the cycle in which each one's data is at the port.
    pub(super) fn take_done(&mut self) -> impl Iterator<Item = (Tag, u64)> {
        let config = &self.config;
        self.done.drain(..).map(|done| {
            (
                done.tag,
                config.cycle_of(done.clock) + config.latency_cycles(),
            )
        })
    }

    /// Queues reads of the bytes from `from` to `to`, which are in one granule of a channel. Returns the address up to
    /// which there was room.
    pub(super) fn read(&mut self, burst: u64, start: u64, from: u64, to: u64) -> u64 {
        let bytes = self.config.mapping.burst_bytes;
        let first = start / bytes;
        self.queue(Direction::Read, from, to, |address| {
            let piece = (address / bytes - first) as usize;
            Some(Tag { burst, piece })
        })
    }

    /// Queues writes of the bytes from `from` to `to`, which are in one granule of a channel. Returns the address up
    /// to which there was room.
    pub(super) fn write(&mut self, from: u64, to: u64) -> u64 {
        self.queue(Direction::Write, from, to, |_| None)
    }

    fn queue(
        &mut self,
        direction: Direction,
        from: u64,
        to: u64,
        tag: impl Fn(u64) -> Option<Tag>,
    ) -> u64 {
        let bytes = self.config.mapping.burst_bytes;
        let mut address = from;
        while address < to {
            let place = self.config.mapping.place(address);
            let channel = &mut self.channels[place.channel];
            if !channel.push(direction, self.next_serial, place, tag(address), self.clock) {
                return address;
            }
            self.next_serial += 1;
            address = (address / bytes + 1) * bytes;
        }
        to
    }

    /// Forgets what is queued.
    pub(super) fn forget(&mut self) {
        self.channels.iter_mut().for_each(Channel::forget);
        self.done.clear();
    }
}
