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

impl Parameters {
    /// Bits K * c that a pass takes off a scalar at least, so that its record has room for the rest; for
    /// the bits of a scalar in memory and of a magnitude.
    pub fn pass_bits_min(scalar_bits: usize, magnitude_bits: usize) -> usize {
        magnitude_bits - super::wiring::record_magnitude_bits(scalar_bits, magnitude_bits)
    }
}
