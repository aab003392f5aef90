//! The seam between the SDK and a card: bytes in, raw result slots out.
//!
//! The driver's card is behind it, and so can be anything else that multiplies scalars with points: a
//! program that shares several cards, or a test.

use std::{any::Any, fmt, ops::Range, sync::Arc};

use gristmill_driver::{Density, VectorTransform};
use gristmill_protocol::{CurveId, EngineCapability, FieldId};

use crate::{error::Error, transform::Transform};

/// A card, as the SDK sees it.
pub trait Backend: Send + Sync {
    /// What it is, in a line.
    fn description(&self) -> String;

    /// Its MSM engine for this group, if it has one.
    fn engine(&self, curve: CurveId) -> Option<EngineCapability>;

    /// Puts affine points into card memory. `points` holds them in the format of
    /// [`gristmill_protocol::format`], x then y, without gaps.
    ///
    /// # Errors
    /// Whatever keeps the points from getting there.
    fn load(&self, curve: CurveId, points: Vec<u8>) -> Result<Arc<dyn Resident>, Error>;

    /// Its NTT engine for this field, if it has one: none unless told otherwise.
    fn transform_engine(&self, _field: FieldId) -> Option<EngineCapability> {
        None
    }

    /// Transforms the elements of `input` into `output`, both tightly packed in the format of
    /// [`gristmill_protocol::ntt`].
    ///
    /// # Errors
    /// Whatever keeps it from completing; [`Error::NoTransform`] without an engine.
    fn transform(
        &self,
        transform: &Transform<'_>,
        _input: &[u8],
        _output: &mut [u8],
    ) -> Result<Usage, Error> {
        Err(Error::NoTransform(transform.shape.field))
    }

    /// Whether so many [`Self::vectors`] of this length can be transformed, multiplied, and be scalars of as many
    /// points: no unless told otherwise.
    fn keeps_vectors(&self, _field: FieldId, _length: usize, _count: usize) -> bool {
        false
    }

    /// Reserves card memory for `count` vectors of `length` elements.
    ///
    /// # Errors
    /// Whatever keeps it from that; [`Error::NoVectors`] where [`Self::keeps_vectors`] says no.
    fn vectors(
        &self,
        field: FieldId,
        _length: usize,
        _count: usize,
    ) -> Result<Box<dyn ResidentVectors>, Error> {
        Err(Error::NoVectors(field))
    }
}

/// Vectors of field elements in card memory, in memory form ([`gristmill_protocol::field`]); they leave it when this
/// is dropped.
pub trait ResidentVectors: Any + Send + Sync {
    /// Copies elements to a vector.
    ///
    /// # Errors
    /// Whatever keeps the copy from completing.
    fn upload(&self, vector: usize, elements: &[u8]) -> Result<Usage, Error>;

    /// Copies a vector's elements to the host.
    ///
    /// # Errors
    /// Whatever keeps the copy from completing.
    fn download(&self, vector: usize, elements: &mut [u8]) -> Result<Usage, Error>;

    /// Transforms vectors where they are, natural order in and out.
    ///
    /// # Errors
    /// Whatever keeps the job from completing; the vectors then hold anything.
    fn transform(
        &self,
        vectors: Range<usize>,
        transform: &VectorTransform<'_>,
    ) -> Result<Usage, Error>;

    /// Of vectors a, b and c, a becomes a b - c, element by element; a is none of the others.
    ///
    /// # Errors
    /// Whatever keeps the job from completing; a then holds anything.
    fn multiply_subtract(&self, operands: [usize; 3]) -> Result<Usage, Error>;
}

/// Elements of a resident vector, as the scalars of a sum.
#[derive(Clone, Copy)]
pub struct ResidentScalars<'a> {
    /// The vectors, of the card that has the points.
    pub vectors: &'a dyn ResidentVectors,
    /// Which of them.
    pub vector: usize,
    /// Index of its first element to use.
    pub first: usize,
    /// Number of pairs.
    pub count: usize,
    /// How many of the scalars are cheap.
    pub density: Density,
}

/// Points in card memory; they leave it when this is dropped.
pub trait Resident: Send + Sync {
    /// The sum of scalar i times point `first` + i. `scalars` holds them one after the other, in the
    /// curve's scalar size, each below the group's order.
    ///
    /// # Errors
    /// Whatever keeps the job from completing.
    fn msm(&self, first: usize, scalars: &[u8], form: ScalarForm) -> Result<RawSum, Error>;

    /// The same with scalars in card memory.
    ///
    /// # Errors
    /// Whatever keeps the job from completing; [`Error::Malformed`] where nothing is known of such scalars.
    fn msm_resident(&self, _first: usize, _scalars: &ResidentScalars<'_>) -> Result<RawSum, Error> {
        Err(Error::Malformed("the scalars are not this card's"))
    }
}

/// How scalars lie in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScalarForm {
    /// The integer itself.
    Canonical,
    /// Times R = 2^(8 * bytes), modulo the order.
    Montgomery,
}

/// What a card returns for an MSM.
#[derive(Clone, Debug, Default)]
pub struct RawSum {
    /// Result slots in the format of [`gristmill_protocol::format`]: slot i stands for 2^i times its point.
    pub slots: Vec<u8>,
    /// What it cost.
    pub usage: Usage,
}

/// What jobs cost on the card; sums over jobs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Jobs.
    pub jobs: u64,
    /// Cycles from the start of a job in its engine to its last write response.
    pub cycles: u64,
    /// Slots of the adders that carried work.
    pub busy: u64,
    /// Slots that the adders had: cycles times adders.
    pub slots: u64,
    /// Bytes over the link.
    pub link_bytes: u64,
    /// Cycles of waiting for input from the host.
    pub stall_input: u64,
    /// Cycles of waiting for card memory.
    pub stall_memory: u64,
    /// Cycles in which work was held back because its key was in use.
    pub stall_collision: u64,
    /// Cycles of waiting to write.
    pub stall_output: u64,
    /// Cycles in which the pipeline emptied after the last input.
    pub drain: u64,
    /// Beats that entered the pipeline of transforms.
    pub beats: u64,
    /// Bytes that transforms read from card memory and wrote to it.
    pub memory_bytes: u64,
}

impl std::ops::AddAssign for Usage {
    fn add_assign(&mut self, other: Self) {
        self.jobs += other.jobs;
        self.cycles += other.cycles;
        self.busy += other.busy;
        self.slots += other.slots;
        self.link_bytes += other.link_bytes;
        self.stall_input += other.stall_input;
        self.stall_memory += other.stall_memory;
        self.stall_collision += other.stall_collision;
        self.stall_output += other.stall_output;
        self.drain += other.drain;
        self.beats += other.beats;
        self.memory_bytes += other.memory_bytes;
    }
}

impl fmt::Display for Usage {
    /// A line a figure, each with its share of the cycles.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let share = |part: u64, all: u64| 100.0 * part as f64 / all.max(1) as f64;
        writeln!(f, "{:<32}{:>14}", "card, jobs", self.jobs)?;
        writeln!(
            f,
            "{:<32}{:>14}",
            "card, bytes over the link", self.link_bytes
        )?;
        writeln!(f, "{:<32}{:>14}", "card, cycles", self.cycles)?;
        for (cause, cycles) in [
            ("  waiting for the host's data", self.stall_input),
            ("  waiting for card memory", self.stall_memory),
            ("  waiting for a key in use", self.stall_collision),
            ("  waiting to write", self.stall_output),
            ("  draining", self.drain),
        ] {
            let share = share(cycles, self.cycles);
            writeln!(f, "{cause:<32}{cycles:>14}  {share:>5.1} %")?;
        }
        if self.beats > 0 {
            writeln!(f, "{:<32}{:>14}", "transforms, beats", self.beats)?;
            let bytes = self.memory_bytes;
            writeln!(f, "{:<32}{bytes:>14}", "transforms, card memory bytes")?;
        }
        if self.slots > 0 || self.beats == 0 {
            let use_of_adder = share(self.busy, self.slots);
            let busy = self.busy;
            writeln!(
                f,
                "{:<32}{busy:>14}  {use_of_adder:>5.1} %",
                "adder, slots with work"
            )?;
        }
        Ok(())
    }
}
