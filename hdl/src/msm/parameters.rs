//! What a constructor of the engine is told.

use crate::pipeline::Pipeline;

/// The parts and limits of an MSM engine that are not widths.
#[derive(Clone, Debug)]
pub struct Parameters {
    /// Complete adder of the curve.
    pub adder: Pipeline,
    /// Entry of an affine point.
    pub point_entry: Pipeline,
    /// Entry of a scalar.
    pub scalar_entry: Pipeline,
    /// Binary logarithm of the largest number of pairs of a job.
    pub size_log2: u32,
    /// Most windows a lane and pass, up to 32.
    pub windows_per_lane: u32,
    /// Least window width, at least 2.
    pub window_min: u32,
    /// Largest window width, up to 16.
    pub window_max: u32,
}
