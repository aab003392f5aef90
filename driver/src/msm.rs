//! Multi-scalar multiplications: the request and what comes back.

use crate::{Bases, Density, DmaSlice, Plan};
use gristmill_protocol::{Completion, MsmStatistics};
use std::time::Duration;

/// Where the points are.
#[derive(Clone, Copy)]
pub enum MsmBases<'a> {
    /// On the card, from this point of them on.
    Resident {
        /// The points.
        bases: &'a Bases,
        /// Index of the first one to use.
        first: usize,
    },
    /// In host memory, read once.
    Streamed {
        /// The points, the first one first.
        points: &'a DmaSlice,
        /// Bytes from one point to the next, a multiple of 8, at least two elements.
        stride: u16,
    },
}

/// Where the scalars are.
#[derive(Clone, Copy)]
pub enum MsmScalars<'a> {
    /// In DMA memory: nothing is copied.
    Dma(&'a DmaSlice),
    /// Anywhere: they are copied into DMA memory first.
    Bytes(&'a [u8]),
}

/// A multi-scalar multiplication.
#[derive(Clone, Copy)]
pub struct MsmRequest<'a> {
    /// The points.
    pub bases: MsmBases<'a>,
    /// The scalars, little-endian, of the engine's scalar bytes each, below the group's order.
    pub scalars: MsmScalars<'a>,
    /// Scalars are in Montgomery form.
    pub montgomery: bool,
    /// Number of pairs; 0 is answered without the card.
    pub count: usize,
    /// How many scalars are cheap; sampled from them when `None`.
    pub density: Option<Density>,
    /// Window width and windows a pass; chosen when `None`.
    pub plan: Option<Plan>,
    /// Wall time to wait for a place in the queue and for the result.
    pub patience: Duration,
}

/// What the card wrote. The sum is Σ_w 2^(c w) Σ_l 2^l slot(w c + l), see [`gristmill_protocol::format`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MsmResult {
    /// `windows * window` result slots.
    pub slots: Vec<u8>,
    /// Windows written.
    pub windows: u32,
    /// Window width c in bits.
    pub window: u32,
    /// The job's completion, with its counters.
    pub completion: Completion,
    /// The engine's own counters.
    pub statistics: MsmStatistics,
}
