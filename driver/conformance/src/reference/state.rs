//! What the card remembers.

use super::{Faults, Mutation, ReferenceOptions};
use gristmill_protocol::{RegionKind, Status};

pub(super) struct State {
    pub(super) faults: Faults,
    pub(super) power_off: bool,
    pub(super) cycles: u64,
    pub(super) cycles_high: u32,
    /// Bits of `STATUS`.
    pub(super) status: u32,
    pub(super) resets: u32,
    /// Resets of either kind: a job that sees it change is gone.
    pub(super) epoch: u64,
    /// Bits of `BUSY`.
    pub(super) busy: u32,
    pub(super) progress: Vec<u32>,
    pub(super) queues: Vec<Queue>,
    pub(super) regions: Vec<Region>,
    pub(super) memory: Vec<u8>,
    /// What was written to the build register, for the mutation.
    pub(super) build: u32,
}

#[derive(Clone, Default)]
pub(super) struct Queue {
    pub(super) submission: u64,
    pub(super) completion: u64,
    pub(super) size_log2: u32,
    pub(super) control: u32,
    pub(super) vector: u32,
    pub(super) domain: u32,
    pub(super) submission_tail: u16,
    pub(super) submission_head: u16,
    pub(super) completion_tail: u16,
    pub(super) completion_head: u16,
    pub(super) running: bool,
    pub(super) stopped_by: Option<Status>,
}

#[derive(Clone, Copy, Default)]
pub(super) struct Region {
    pub(super) valid: bool,
    pub(super) generation: u32,
    pub(super) domain: u8,
    pub(super) base: u64,
    pub(super) length: u64,
}

impl State {
    pub(super) fn new(options: &ReferenceOptions) -> Self {
        let capabilities = &options.capabilities;
        Self {
            faults: Faults::default(),
            power_off: false,
            cycles: 0,
            cycles_high: 0,
            status: gristmill_protocol::register::status_bits::READY,
            resets: 0,
            epoch: 0,
            busy: 0,
            progress: vec![0; capabilities.engines as usize],
            queues: vec![Queue::default(); capabilities.queues as usize],
            regions: vec![Region::default(); capabilities.regions as usize],
            // Not zero, so that a wipe shows.
            memory: vec![0xa5; capabilities.memory_bytes as usize],
            build: capabilities.build,
        }
    }

    /// Everything in flight is forgotten, all queues are off, every handle is stale.
    pub(super) fn reset(&mut self, options: &ReferenceOptions) {
        use gristmill_protocol::register::status_bits::*;
        self.epoch += 1;
        self.busy = match options.mutation {
            Some(Mutation::ResetBusy) => 1 << 31,
            _ => 0,
        };
        self.queues.fill(Queue::default());
        if options.mutation != Some(Mutation::ResetGeneration) {
            for region in &mut self.regions {
                region.generation = next_generation(region.generation);
            }
        }
        if self.faults.endless_reset {
            self.status = RESETTING;
            return;
        }
        self.status = READY;
        if self.faults.dirty_reset {
            self.status |= NEEDS_FUNCTION_RESET;
        }
        self.resets += 1;
    }

    pub(super) fn set_region(
        &mut self,
        index: usize,
        kind: Option<RegionKind>,
        new: Region,
    ) -> u32 {
        let generation = next_generation(self.regions[index].generation);
        self.regions[index] = Region {
            valid: kind.is_some(),
            generation,
            ..new
        };
        generation
    }
}

/// Generations are never 0, so that a zero handle names nothing.
fn next_generation(generation: u32) -> u32 {
    generation.wrapping_add(1).max(1)
}
