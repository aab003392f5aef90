//! The register file.

use super::state::{Queue, State};
use super::{Mutation, ReferenceOptions};
use gristmill_protocol::capability::ENGINE_WORDS;
use gristmill_protocol::register::*;
use gristmill_protocol::{RING_LOG2_ENTRIES, SLOT_BYTES, Status, VERSION_MAJOR, VERSION_MINOR};

impl State {
    pub(super) fn read(&mut self, offset: u32, options: &ReferenceOptions) -> u32 {
        if self.faults.gone {
            return u32::MAX;
        }
        let capabilities = &options.capabilities;
        let engines = 4 * self.progress.len() as u32;
        let queues = QUEUE_STRIDE * self.queues.len() as u32;
        let table = 4 * (ENGINE_WORDS * options.engines.len()) as u32;
        match offset {
            IDENTITY => gristmill_protocol::IDENTITY,
            VERSION if options.mutation == Some(Mutation::Version) => 0x7fff_0000,
            VERSION => u32::from(VERSION_MAJOR) << 16 | u32::from(VERSION_MINOR),
            BUILD => self.build,
            STATUS => self.status,
            CYCLES_LOW => {
                let cycles = match options.mutation {
                    Some(Mutation::CyclesBackwards) => u64::from(u32::MAX) - self.cycles,
                    _ => self.cycles,
                };
                self.cycles_high = (cycles >> 32) as u32;
                cycles as u32
            }
            CYCLES_HIGH => self.cycles_high,
            CLOCK_KILOHERTZ => capabilities.clock_kilohertz,
            QUEUE_COUNT => capabilities.queues,
            REGION_COUNT => capabilities.regions,
            MEMORY_LOW => capabilities.memory_bytes as u32,
            MEMORY_HIGH => (capabilities.memory_bytes >> 32) as u32,
            ADDRESS_BITS => capabilities.address_bits,
            VECTOR_COUNT => capabilities.vectors,
            ENGINE_COUNT => capabilities.engines,
            BUSY => self.busy,
            RESET_COUNT => self.resets,
            _ if (PROGRESS..PROGRESS + engines).contains(&offset) => {
                self.progress[(offset - PROGRESS) as usize / 4]
            }
            _ if (QUEUE_BASE..QUEUE_BASE + queues).contains(&offset) => {
                let at = offset - QUEUE_BASE;
                self.queues[(at / QUEUE_STRIDE) as usize].read(at % QUEUE_STRIDE, options)
            }
            _ if (CAPABILITY_BASE..CAPABILITY_BASE + table).contains(&offset) => {
                let word = (offset - CAPABILITY_BASE) as usize / 4;
                let mut engine = options.engines[word / ENGINE_WORDS];
                if options.mutation == Some(Mutation::Latency) {
                    engine.latency = 0;
                }
                engine.words()[word % ENGINE_WORDS]
            }
            _ => 0,
        }
    }

    /// The vector to raise, if the write raises one.
    pub(super) fn write(
        &mut self,
        offset: u32,
        value: u32,
        options: &ReferenceOptions,
    ) -> Option<u32> {
        let queues = QUEUE_STRIDE * self.queues.len() as u32;
        let any_key = options.mutation == Some(Mutation::ResetKey);
        if self.faults.gone {
            return None;
        }
        match offset {
            BUILD if options.mutation == Some(Mutation::WritableRegister) => self.build = value,
            RESET if value == RESET_KEY || any_key => self.reset(options),
            INTERRUPT_TEST if options.mutation == Some(Mutation::TestVector) => {
                return Some((value + 1) % options.capabilities.vectors);
            }
            INTERRUPT_TEST => return Some(value),
            _ if (QUEUE_BASE..QUEUE_BASE + queues).contains(&offset) => {
                let at = offset - QUEUE_BASE;
                let queue = &mut self.queues[(at / QUEUE_STRIDE) as usize];
                queue.write(at % QUEUE_STRIDE, value, options);
            }
            _ => {}
        }
        None
    }
}

impl Queue {
    fn read(&self, offset: u32, options: &ReferenceOptions) -> u32 {
        match offset {
            SUBMISSION_LOW => self.submission as u32,
            SUBMISSION_HIGH => (self.submission >> 32) as u32,
            COMPLETION_LOW => self.completion as u32,
            COMPLETION_HIGH => (self.completion >> 32) as u32,
            SIZE_LOG2 => self.size_log2,
            CONTROL => self.control,
            VECTOR => self.vector,
            DOMAIN => self.domain,
            SUBMISSION_TAIL => self.submission_tail.into(),
            COMPLETION_HEAD => self.completion_head.into(),
            SUBMISSION_HEAD => self.submission_head.into(),
            COMPLETION_TAIL if options.mutation == Some(Mutation::CompletionCount) => {
                u32::from(self.completion_tail) & ((2 << self.size_log2) - 1)
            }
            COMPLETION_TAIL => self.completion_tail.into(),
            STATE if self.running => STATE_RUNNING,
            STATE => self.stopped_by.map_or(0, |status| status.code().into()),
            _ => 0,
        }
    }

    fn write(&mut self, offset: u32, value: u32, options: &ReferenceOptions) {
        let low = |old: u64| old & !0xffff_ffff | u64::from(value);
        let high = |old: u64| old & 0xffff_ffff | u64::from(value) << 32;
        match offset {
            SUBMISSION_LOW => self.submission = low(self.submission),
            SUBMISSION_HIGH => self.submission = high(self.submission),
            COMPLETION_LOW => self.completion = low(self.completion),
            COMPLETION_HIGH => self.completion = high(self.completion),
            SIZE_LOG2 => self.size_log2 = value,
            VECTOR => self.vector = value,
            DOMAIN if options.mutation == Some(Mutation::ForgetfulRegister) => {
                self.domain = value & 0xf;
            }
            DOMAIN => self.domain = value & 0xff,
            SUBMISSION_TAIL => self.submission_tail = value as u16,
            COMPLETION_HEAD => self.completion_head = value as u16,
            CONTROL => self.control(value, options),
            _ => {}
        }
    }

    fn control(&mut self, value: u32, options: &ReferenceOptions) {
        let enabled = value & control_bits::ENABLE != 0;
        let rises = enabled && self.control & control_bits::ENABLE == 0;
        self.control = value;
        if rises {
            self.stopped_by = self.ring_error(options);
            self.running = self.stopped_by.is_none();
            (self.submission_head, self.completion_tail) = (0, 0);
        } else if !enabled && options.mutation != Some(Mutation::Disable) {
            self.running = false;
        }
    }

    fn ring_error(&self, options: &ReferenceOptions) -> Option<Status> {
        let overlap_allowed = options.mutation == Some(Mutation::RingOverlap);
        if !RING_LOG2_ENTRIES.contains(&self.size_log2) {
            return Some(Status::RingAddress);
        }
        let bytes = (SLOT_BYTES as u64) << self.size_log2;
        let limit = 1u64 << options.capabilities.address_bits.min(63);
        let misplaced = |address: u64| {
            !address.is_multiple_of(64) || address.checked_add(bytes).is_none_or(|end| end > limit)
        };
        let any_misplaced = misplaced(self.submission) || misplaced(self.completion);
        if any_misplaced && options.mutation != Some(Mutation::RingAddress) {
            return Some(Status::RingAddress);
        }
        if self.submission.abs_diff(self.completion) < bytes && !overlap_allowed {
            return Some(Status::RingOverlap);
        }
        None
    }
}
