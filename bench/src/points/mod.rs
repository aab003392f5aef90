//! Points: jobs on simulated cards whose cycles are measured.

mod msm;
mod ntt;

use std::fmt;
use std::time::Duration;

use gristmill_sim::simulated::{SimulatedCard, SimulatedFill, SimulatedLink, SimulatedMemory};
use serde::{Deserialize, Serialize};

use crate::Failure;
use crate::distribution::Distribution;
pub(crate) use msm::toy_scalars;
pub use msm::{MsmBench, Run, multiples};
pub use ntt::NttBench;

/// Wall time that a job may take in simulation.
const PATIENCE: Duration = Duration::from_secs(3600);

/// A simulated card on its board.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// Name in `hdl/cards`.
    pub card: String,
    /// The link to host memory.
    pub link: LinkKind,
    /// Card memory.
    pub memory: MemoryKind,
}

/// The link to host memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LinkKind {
    /// No limits but a beat a cycle.
    Ideal,
    /// PCIe Gen3 x16.
    Gen3,
    /// PCIe Gen4 x16.
    Gen4,
}

/// Card memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MemoryKind {
    /// A beat a cycle both ways.
    Flat,
    /// Four channels of DDR4-2400.
    Ddr4,
}

/// What a job computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Work {
    /// A multi-scalar multiplication.
    Msm {
        /// Pairs.
        count: usize,
        /// How the scalars are distributed.
        scalars: Distribution,
        /// Window width c and windows a pass K; the driver's choice when `None`.
        plan: Option<(u8, u8)>,
    },
    /// A number-theoretic transform of data in card memory, natural order in and out.
    Ntt {
        /// Binary logarithm of the size.
        log2: u32,
        /// Number of transforms.
        batch: usize,
        /// From values to coefficients.
        inverse: bool,
        /// The output is in bit-reversed order.
        reversed: bool,
    },
}

/// A job on a simulated card: all that fixes its cycles.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Point {
    /// The card and its board.
    pub place: Place,
    /// The job.
    pub work: Work,
}

/// What the card counted for a point; every figure is from the job's completion or its statistics block.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measurement {
    /// The point.
    #[serde(flatten)]
    pub point: Point,
    /// Cycles of the job, from its start in the engine to its last write response.
    pub cycles: u64,
    /// Slots of adders or butterflies with work.
    pub busy: u64,
    /// Bytes over the link.
    pub link_bytes: u64,
    /// Cycles without the host's data.
    pub stall_input: u64,
    /// Cycles without card memory's data.
    pub stall_memory: u64,
    /// Cycles in which work was held back because its key was in use.
    pub stall_collision: u64,
    /// Cycles of waiting to write.
    pub stall_output: u64,
    /// Cycles in which pipelines emptied.
    pub drain: u64,
    /// What only an MSM has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub msm: Option<MsmMeasurement>,
    /// What only a transform has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ntt: Option<NttMeasurement>,
    /// Cycles that the whole card was simulated for, copies over the link included.
    #[serde(default)]
    pub simulated: u64,
    /// Wall time of the simulation in seconds.
    #[serde(default)]
    pub wall: f64,
}

/// The statistics block of an MSM, and its plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MsmMeasurement {
    /// Window width c.
    pub window: u32,
    /// Windows a pass K.
    pub windows_per_pass: u32,
    /// Passes that were run.
    pub passes: u64,
    /// Cycles of streaming digits.
    pub stream: u64,
    /// Cycles from the end of digits to the end of each pass.
    pub sweep: u64,
    /// Digits that are not zero.
    pub digits: u64,
    /// Records left for later passes.
    pub records: u64,
}

/// The statistics block of a transform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NttMeasurement {
    /// Cycles and beats of each pass at the entry of the pipeline.
    pub passes: Vec<(u64, u64)>,
    /// Bytes read from card memory and written to it.
    pub memory_bytes: u64,
}

impl Place {
    /// This card with an ideal link and flat memory.
    pub fn ideal(card: &str) -> Self {
        Self {
            card: card.into(),
            link: LinkKind::Ideal,
            memory: MemoryKind::Flat,
        }
    }

    /// This card behind PCIe Gen3 x16 with DDR4.
    pub fn usual(card: &str) -> Self {
        Self {
            card: card.into(),
            link: LinkKind::Gen3,
            memory: MemoryKind::Ddr4,
        }
    }

    /// The simulator's options for it.
    pub fn simulated(&self) -> SimulatedCard {
        SimulatedCard {
            config: self.card.clone(),
            fill: SimulatedFill::Fast,
            link: match self.link {
                LinkKind::Ideal => SimulatedLink::Ideal,
                LinkKind::Gen3 => SimulatedLink::Gen3,
                LinkKind::Gen4 => SimulatedLink::Gen4,
            },
            memory: match self.memory {
                MemoryKind::Flat => SimulatedMemory::Flat,
                MemoryKind::Ddr4 => SimulatedMemory::Ddr4,
            },
        }
    }
}

impl Point {
    /// An MSM with the driver's plan.
    pub fn msm(place: Place, count: usize, scalars: Distribution) -> Self {
        let plan = None;
        Self {
            place,
            work: Work::Msm {
                count,
                scalars,
                plan,
            },
        }
    }

    /// One forward transform, natural order in and out.
    pub fn ntt(place: Place, log2: u32) -> Self {
        Self {
            place,
            work: Work::Ntt {
                log2,
                batch: 1,
                inverse: false,
                reversed: false,
            },
        }
    }

    /// Elements: pairs, or values of all transforms.
    pub fn elements(&self) -> u64 {
        match self.work {
            Work::Msm { count, .. } => count as u64,
            Work::Ntt { log2, batch, .. } => (batch as u64) << log2,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let link = match self.link {
            LinkKind::Ideal => "ideal link",
            LinkKind::Gen3 => "Gen3 x16",
            LinkKind::Gen4 => "Gen4 x16",
        };
        let memory = match self.memory {
            MemoryKind::Flat => "flat memory",
            MemoryKind::Ddr4 => "DDR4",
        };
        write!(f, "{}, {link}, {memory}", self.card)
    }
}

impl fmt::Display for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Msm {
                count,
                scalars,
                plan,
            } => {
                write!(f, "MSM of {count} pairs, scalars {scalars}")?;
                match plan {
                    Some((window, windows)) => write!(f, ", c {window}, K {windows}"),
                    None => Ok(()),
                }
            }
            Self::Ntt {
                log2,
                batch,
                inverse,
                reversed,
            } => {
                let way = if *inverse { "inverse NTT" } else { "NTT" };
                write!(f, "{way} of {batch} x 2^{log2}")?;
                match reversed {
                    true => write!(f, ", output bit-reversed"),
                    false => Ok(()),
                }
            }
        }
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.work)
    }
}

/// Measures the points in their order, powering a card up once for each run of points that share it; `done` gets
/// each measurement as soon as it is there.
///
/// # Errors
/// When a card cannot be simulated, fails a job or answers wrongly, and what `done` returns.
pub fn measure(
    points: &[Point],
    mut done: impl FnMut(Measurement) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let same = |a: &Point, b: &Point| {
        a.place == b.place
            && matches!(a.work, Work::Msm { .. }) == matches!(b.work, Work::Msm { .. })
    };
    for group in points.chunk_by(same) {
        let place = &group[0].place;
        let most = group.iter().map(|point| match point.work {
            Work::Msm { count, .. } => count,
            Work::Ntt { .. } => 0,
        });
        match most.max().unwrap_or(0) {
            // where a job's data stand in card memory depends on the jobs before it, and its bursts on where they stand
            0 => {
                let library = place.simulated().library()?;
                for point in group {
                    done(NttBench::start(place, &library)?.measure(point)?)?;
                }
            }
            most => {
                let bench = MsmBench::start(place, most)?;
                for point in group {
                    done(bench.measure(point)?)?;
                }
            }
        }
    }
    Ok(())
}
