//! Completions: 64 bytes that tell the host how one job ended.
//!
//! | word | content |
//! |---|---|
//! | 0 | cycles from the start of the job in its engine to its last write response |
//! | 1 | adder (or butterfly) slots used |
//! | 2 | bytes over the link for this job, both directions, its completion included |
//! | 3 | stall cycles: input in 31..0, card memory in 63..32 |
//! | 4 | stall cycles: collision in 31..0, output in 63..32 |
//! | 5 | drain cycles in 31..0; descriptors fetched by the queue in 47..32 |
//! | 6 | detail, by status |
//! | 7 | tag in 31..0, status in 47..32, phase in bit 63 |
//!
//! The 32-bit counters saturate. The phase of a queue's first round is 1 and flips each round,
//! so a ring of zeros holds no completion. The slot is one aligned burst, last word last.

use crate::{SLOT_BYTES, SLOT_WORDS, Status};

/// Bit of the last word that holds the phase.
pub const PHASE_BIT: u32 = 63;

/// One completion.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Completion {
    /// Cycles of the job.
    pub cycles: u64,
    /// Slots of the arithmetic pipeline that carried work.
    pub busy: u64,
    /// Bytes over the link.
    pub link_bytes: u64,
    /// Cycles in which the engine waited for input from the host.
    pub stall_input: u32,
    /// Cycles in which the engine waited for card memory.
    pub stall_memory: u32,
    /// Cycles in which work was held back because its key was in use.
    pub stall_collision: u32,
    /// Cycles in which the engine waited to write.
    pub stall_output: u32,
    /// Cycles after the last input in which the pipeline emptied.
    pub drain: u32,
    /// Descriptors that the queue had fetched, modulo 2^16.
    pub submission_head: u16,
    /// By status, see [`Status::meaning`].
    pub detail: u64,
    /// Tag of the descriptor.
    pub tag: u32,
    /// Status code; [`Status::from_code`] names it.
    pub status: u16,
    /// Phase of the ring's round.
    pub phase: bool,
}

impl Completion {
    /// The eight words that cross the link.
    pub const fn words(&self) -> [u64; SLOT_WORDS] {
        [
            self.cycles,
            self.busy,
            self.link_bytes,
            self.stall_input as u64 | (self.stall_memory as u64) << 32,
            self.stall_collision as u64 | (self.stall_output as u64) << 32,
            self.drain as u64 | (self.submission_head as u64) << 32,
            self.detail,
            self.tag as u64 | (self.status as u64) << 32 | (self.phase as u64) << PHASE_BIT,
        ]
    }

    /// The inverse of [`Self::words`].
    pub const fn from_words(w: [u64; SLOT_WORDS]) -> Self {
        Self {
            cycles: w[0],
            busy: w[1],
            link_bytes: w[2],
            stall_input: w[3] as u32,
            stall_memory: (w[3] >> 32) as u32,
            stall_collision: w[4] as u32,
            stall_output: (w[4] >> 32) as u32,
            drain: w[5] as u32,
            submission_head: (w[5] >> 32) as u16,
            detail: w[6],
            tag: w[7] as u32,
            status: (w[7] >> 32) as u16,
            phase: w[7] >> PHASE_BIT == 1,
        }
    }

    /// The completion in these 64 bytes.
    pub fn from_bytes(bytes: &[u8; SLOT_BYTES]) -> Self {
        Self::from_words(crate::format::slot_words(bytes))
    }

    /// The named status, if the code has a name.
    pub const fn named_status(&self) -> Option<Status> {
        Status::from_code(self.status)
    }
}

/// The statistics block of an MSM: 64 bytes written before the completion to the address in the descriptor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MsmStatistics {
    /// Cycles in which points were streamed into the buckets.
    pub stream_cycles: u64,
    /// Cycles from the last point of a pass to its last result.
    pub sweep_cycles: u64,
    /// Non-zero digits taken.
    pub digits: u64,
    /// Points, over all passes, of which the scalar, or what was left of it, was not zero.
    pub points: u64,
    /// Passes over the scalars or over what was left of them.
    pub passes: u64,
    /// Records written for later passes.
    pub records: u64,
}

impl MsmStatistics {
    /// The block in these words; the last two are reserved.
    pub const fn from_words(w: [u64; SLOT_WORDS]) -> Self {
        Self {
            stream_cycles: w[0],
            sweep_cycles: w[1],
            digits: w[2],
            points: w[3],
            passes: w[4],
            records: w[5],
        }
    }
}

/// One pass of an NTT over its data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NttPass {
    /// Cycles from its first beat to its last at the entry of the pipeline.
    pub feed_cycles: u32,
    /// Beats with data that entered the pipeline.
    pub beats: u32,
}

/// The statistics block of an NTT: 64 bytes written before the completion to the address in the descriptor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NttStatistics {
    /// Words 0 to 3: the passes in order (cycles in 31..0, beats in 63..32), zeros behind the last.
    pub passes: [NttPass; 4],
    /// Word 4: bytes read from card memory, the tables' included.
    pub read_bytes: u64,
    /// Word 5: bytes written to card memory.
    pub written_bytes: u64,
    /// Word 6: cycles in which the next pass waited for the pipeline to empty.
    pub empty_cycles: u64,
}

impl NttStatistics {
    /// The block in these words; the last one is reserved.
    pub const fn from_words(w: [u64; SLOT_WORDS]) -> Self {
        const fn pass(word: u64) -> NttPass {
            NttPass {
                feed_cycles: word as u32,
                beats: (word >> 32) as u32,
            }
        }
        Self {
            passes: [pass(w[0]), pass(w[1]), pass(w[2]), pass(w[3])],
            read_bytes: w[4],
            written_bytes: w[5],
            empty_cycles: w[6],
        }
    }

    /// The inverse of [`Self::from_words`].
    pub const fn words(&self) -> [u64; SLOT_WORDS] {
        const fn word(pass: NttPass) -> u64 {
            pass.feed_cycles as u64 | (pass.beats as u64) << 32
        }
        let [a, b, c, d] = self.passes;
        [
            word(a),
            word(b),
            word(c),
            word(d),
            self.read_bytes,
            self.written_bytes,
            self.empty_cycles,
            0,
        ]
    }
}
