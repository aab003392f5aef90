//! What the parts of the engine tell each other: jobs, and tiles of frames.

use super::{BEAT_BITS, EXPONENT_BITS, MODE_BITS};
use rust_hdl_core::prelude::*;

/// Bits of the number of a job port.
pub const JOB_BITS: usize = 2;
/// A grain that only a complete tile fills.
pub const WHOLE_TILE: u64 = 31;

/// A job that has been checked. Addresses are in card memory.
#[derive(Copy, Clone, PartialEq, Debug, Default, LogicStruct)]
pub struct Job {
    /// Its port.
    pub port: Bits<JOB_BITS>,
    /// Binary logarithm of the input's size.
    pub size: Bits<8>,
    /// Binary logarithm of the factor by which the output is longer.
    pub extension: Bits<8>,
    /// From values to coefficients.
    pub inverse: Bit,
    /// The input is in bit-reversed order.
    pub input_reversed: Bit,
    /// The output is.
    pub output_reversed: Bit,
    /// The transforms are the columns of a matrix.
    pub columns: Bit,
    /// Inverse, then forward at the extended size.
    pub extend: Bit,
    /// Transforms.
    pub batch: Bits<32>,
    /// Bytes of a row of the matrix.
    pub stride: Bits<64>,
    /// First byte of the input.
    pub input: Bits<64>,
    /// First byte of the output.
    pub output: Bits<64>,
    /// First byte of the scratch area.
    pub scratch: Bits<64>,
    /// The set of tables of the first transform; the second one has the other.
    pub set: Bit,
    /// Turns of each set: it is the one that the job needs when the turn of what it holds is this.
    pub turn_0: Bit,
    /// See `turn_0`.
    pub turn_1: Bit,
}

/// A tile on its way from memory: `runs` runs of consecutive beats.
#[derive(Copy, Clone, PartialEq, Debug, Default, LogicStruct)]
pub struct LoadTile {
    /// Port of its job.
    pub port: Bits<JOB_BITS>,
    /// First byte of the first run.
    pub address: Bits<64>,
    /// From run 2i to run 2i + 1.
    pub even_step: Bits<64>,
    /// From run 2i + 1 to run 2i + 2.
    pub odd_step: Bits<64>,
    /// Runs, at least 1.
    pub runs: Bits<BEAT_BITS>,
    /// Beats of a run, at least 1.
    pub beats: Bits<BEAT_BITS>,
    /// From the first beat of a run to that of the next one, in the tile.
    pub spacing: Bits<BEAT_BITS>,
    /// A mode of [`Load`](super::order::Load).
    pub mode: Bits<MODE_BITS>,
    /// Binary logarithm of a frame's size.
    pub size: Bits<5>,
    /// First beat of the tile in the buffer.
    pub place: Bits<BEAT_BITS>,
}

/// A tile on its way through the pipeline.
#[derive(Copy, Clone, PartialEq, Debug, Default, LogicStruct)]
pub struct FeedTile {
    /// Port of its job.
    pub port: Bits<JOB_BITS>,
    /// Pass of the job.
    pub pass: Bits<2>,
    /// A mode of [`Load`](super::order::Load).
    pub mode: Bits<MODE_BITS>,
    /// Binary logarithm of a frame's size.
    pub size: Bits<5>,
    /// First beat of the tile in the buffer of loads.
    pub place: Bits<BEAT_BITS>,
    /// Binary logarithm of the tile's room in beats.
    pub room: Bits<5>,
    /// Binary logarithm of the beats that must have come before any of them can go: as many
    /// beats of the pipeline's order as of that of memory, from multiples of their number on.
    pub grain: Bits<5>,
    /// Beats.
    pub beats: Bits<BEAT_BITS>,
    /// Elements of the last beat; the others are zero.
    pub rest: Bits<6>,
    /// Beats of a frame that have elements; what follows is zero.
    pub filled: Bits<BEAT_BITS>,
    /// Elements of such a beat, of each frame's part of it; the others are zero.
    pub kept: Bits<6>,
    /// The bits of the lane that number the elements of a frame's part of a beat.
    pub lane_mask: Bits<5>,
    /// The first frame's number, before reversal.
    pub number: Bits<EXPONENT_BITS>,
    /// From frame to frame.
    pub number_step: Bits<EXPONENT_BITS>,
    /// The numbers are reversed.
    pub reversed: Bit,
    /// With `reversed`: bits that the number has not, of those of an exponent.
    pub reversed_shift: Bits<5>,
    /// See [`PassPipeline`](super::PassPipeline), this and what follows.
    pub kind: Bits<2>,
    /// Shift of an index.
    pub shift: Bits<5>,
    /// Bits that address the low table.
    pub split: Bits<4>,
    /// Set of tables.
    pub set: Bit,
    /// See [`Job`].
    pub turn: Bit,
    /// Inverse roots, and factors behind the transform.
    pub inverse: Bit,
}

/// A tile on its way to memory.
#[derive(Copy, Clone, PartialEq, Debug, Default, LogicStruct)]
pub struct StoreTile {
    /// Port of its job.
    pub port: Bits<JOB_BITS>,
    /// The last one of its job.
    pub last: Bit,
    /// First byte of the first run.
    pub address: Bits<64>,
    /// From run to run.
    pub step: Bits<64>,
    /// Runs, at least 1.
    pub runs: Bits<BEAT_BITS>,
    /// Beats of a run, at least 1.
    pub run_beats: Bits<BEAT_BITS>,
    /// From the first beat of a run to that of the next one, in the tile.
    pub spacing: Bits<BEAT_BITS>,
    /// A mode of [`Store`](super::order::Store).
    pub mode: Bits<MODE_BITS>,
    /// Binary logarithm of a frame's size.
    pub size: Bits<5>,
    /// As in [`FeedTile`], for what leaves the pipeline.
    pub grain: Bits<5>,
    /// Beats that leave the pipeline.
    pub beats: Bits<BEAT_BITS>,
    /// First beat of the tile in the buffer of stores; the feeder's to say.
    pub place: Bits<BEAT_BITS>,
}

/// A slot of the pipeline, on its way through the buffer of loads.
#[derive(Copy, Clone, PartialEq, Debug, Default, LogicStruct)]
pub struct Slot {
    /// There is a slot.
    pub advance: Bit,
    /// It carries a beat.
    pub valid: Bit,
    /// The first of a frame.
    pub first: Bit,
    /// Port of the job.
    pub port: Bits<JOB_BITS>,
    /// See [`FeedTile`], for this beat.
    pub rest: Bits<6>,
    /// See [`FeedTile`], for this beat.
    pub kept: Bits<6>,
    /// See [`FeedTile`].
    pub lane_mask: Bits<5>,
    /// Number of the frame.
    pub number: Bits<EXPONENT_BITS>,
    /// See [`PassPipeline`](super::PassPipeline), this and what follows.
    pub kind: Bits<2>,
    /// Shift of an index.
    pub shift: Bits<5>,
    /// Bits that address the low table.
    pub split: Bits<4>,
    /// Set of tables.
    pub set: Bit,
}
