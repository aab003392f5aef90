//! The engine of number-theoretic transforms.
//!
//! [`PassPipeline`] transforms frames of 2^k elements, k up to `pass_log2`, one beat of `lanes` elements a
//! cycle: X\[k\] = Σ_j x\[j\] w^(jk), w the root of unity of order 2^k of the CPU libraries, or its inverse.
//! With a factor for each element, before or after, it is one pass of a longer transform.

mod column;
mod elements;
mod factor_unit;
mod factors;
mod fast;
mod parameters;
mod parts;
mod pass_pipeline;
mod rom;
mod stage;
mod swap;
mod text;
mod twiddles;

pub use elements::{BeatEntry, BeatProduct};
pub use factor_unit::FactorUnit;
pub use factors::{FactorGenerator, FrameFactors};
pub use gristmill_datapath::factor::EXPONENT_BITS;
pub use parameters::{Parameters, PassSummary};
pub use pass_pipeline::PassPipeline;
pub use stage::{Stage, Transform};
pub use swap::Swap;

/// Values of [`PassPipeline::kind`].
pub mod kind {
    /// The factor is one.
    pub const NONE: u64 = 0;
    /// The power of the coset's offset, tables G.
    pub const POWER: u64 = 1;
    /// The twiddle factor between two passes, tables W.
    pub const TWIDDLE: u64 = 2;
}

/// Values of [`PassPipeline::table`].
pub mod table {
    /// w^e for e below 2^split.
    pub const W_LOW: u64 = 0;
    /// w^(e 2^split).
    pub const W_HIGH: u64 = 1;
    /// g^e for e below 2^split.
    pub const G_LOW: u64 = 2;
    /// g^(e 2^split), times 1/N where the transform is inverse.
    pub const G_HIGH: u64 = 3;
}
