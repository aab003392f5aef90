//! One card, opened.

use crate::{Bases, BasesSource, CardError, DmaVec, MsmRequest, MsmResult, Transport};
use bytemuck::Pod;
use gristmill_protocol::{Capabilities, EngineCapability};
use std::sync::Arc;
use std::time::Duration;

/// How a card is used.
#[derive(Clone, Debug)]
pub struct CardOptions {
    /// One queue pair for each entry, serving that domain. The first one is the admin queue too.
    pub queue_domains: Vec<u8>,
    /// Binary logarithm of the entries of each ring, 1 to 12.
    pub ring_log2: u32,
    /// Longest wait for an interrupt before the rings are looked at without one.
    pub interrupt_patience: Duration,
    /// Time between two looks at the card's registers while a job is in flight.
    pub liveness_interval: Duration,
    /// A card is stopped when nothing moves for this long (wall time) while a job is in flight.
    pub stopped_after: Duration,
    /// A busy engine hangs when its progress stands still for this many core cycles.
    pub hung_after_cycles: u64,
    /// A job may take this many times the cycles predicted for it and for the jobs ahead.
    pub deadline_margin: u64,
    /// Bytes of each of the two buffers through which bytes are staged to the card.
    pub staging_bytes: usize,
    /// Wall time for a reset, and for the driver's own jobs.
    pub patience: Duration,
}

/// What a card did since it was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Jobs given to the card.
    pub submitted: u64,
    /// Jobs that succeeded.
    pub succeeded: u64,
    /// Jobs that failed, for whatever reason.
    pub failed: u64,
    /// Completions found although no interrupt came.
    pub lost_interrupts: u64,
    /// Completions of jobs whose deadline had passed.
    pub late_completions: u64,
    /// Times the card was lost.
    pub losses: u64,
    /// Successful recoveries.
    pub recoveries: u64,
    /// Uploads of resident objects, the first one of each included.
    pub loads: u64,
    /// Resident objects that left to make room.
    pub evictions: u64,
}

/// A card. All methods may be called from many threads.
pub struct Card {}

impl Card {
    /// Takes the card into use: checks what it is, resets it, starts its queues.
    pub fn open(
        _transport: Arc<dyn Transport>,
        _options: CardOptions,
    ) -> Result<Arc<Self>, CardError> {
        todo!()
    }
    /// What the card says of itself.
    pub fn capabilities(&self) -> &Capabilities {
        todo!()
    }
    /// What its engines can do.
    pub fn engines(&self) -> &[EngineCapability] {
        todo!()
    }
    /// Registers `count` points of `stride` bytes each as resident, keeping a host copy to reload them from.
    pub fn load_bases(
        self: &Arc<Self>,
        _points: Vec<u8>,
        _stride: u16,
        _count: usize,
    ) -> Result<Bases, CardError> {
        todo!()
    }
    /// The same from any source, for a domain.
    pub fn load_bases_from(
        self: &Arc<Self>,
        _source: Arc<dyn BasesSource>,
        _stride: u16,
        _count: usize,
        _domain: u8,
    ) -> Result<Bases, CardError> {
        todo!()
    }
    /// `length` zeroed elements in DMA memory.
    pub fn alloc<T: Pod>(&self, _length: usize) -> Result<DmaVec<T>, CardError> {
        todo!()
    }
    /// Computes, and waits for the result.
    pub fn msm(&self, _request: &MsmRequest) -> Result<MsmResult, CardError> {
        todo!()
    }
    /// Resets the card.
    pub fn recover(&self) -> Result<(), CardError> {
        todo!()
    }
    /// What happened so far.
    pub fn counters(&self) -> Counters {
        todo!()
    }
}
