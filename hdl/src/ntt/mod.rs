//! The engine of number-theoretic transforms.
//!
//! [`PassPipeline`] transforms frames of 2^k elements, k up to `pass_log2`, one beat of `lanes` elements a
//! cycle: X\[k\] = Σ_j x\[j\] w^(jk), w the root of unity of order 2^k of the CPU libraries, or its inverse.
//! With a factor for each element, before or after, it is one pass of a longer transform.
//!
//! [`NttEngine`] computes jobs with it, in one pass or two:
//!
//! | block | what it does |
//! |---|---|
//! | [`Intake`], [`DescriptorChecks`] | takes jobs in, or refuses them |
//! | [`TableSets`], [`TableLoader`] | which set has whose tables, and how they come |
//! | [`Sequencer`] | cuts jobs into passes ([`pass_shape`]) and tiles ([`tile`]) |
//! | [`Loader`], [`TransposeBuffer`] | brings tiles from memory into the order of the pipeline ([`order`]) |
//! | [`Feeder`], [`PassPipeline`] | feeds frames where there is room for what they become |
//! | [`half_beats`] | beats in two halves, where the pipeline has half as many lanes as they have elements |
//! | [`Collector`], [`TransposeBuffer`], [`Storer`] | brings them into the order of memory, and writes them |
//! | [`JobRecord`] | status, counters and statistics of a job |
//!
//! [`SelfTest`] is the pipeline on a board without a host.
//!
//! # What of the protocol it does not have
//! An extension in two passes whose coefficients are fewer than N2, a row of the matrix N1 x N2, is
//! refused (`UnsupportedParameter`, detail 5). The index of an element that is not below the modulus is never known.
//! While a job is not complete, no other one may write its input, and the host may not write its tables.

mod column;
mod descriptor_checks;
mod elements;
mod engine;
mod factor_unit;
mod factors;
mod fast;
mod feeder;
pub mod half_beats;
mod intake;
mod loader;
pub mod order;
mod parameters;
mod parts;
mod pass_pipeline;
pub mod pass_shape;
mod record;
mod rom;
pub mod self_test;
mod sequencer;
mod stage;
mod storer;
mod swap;
mod table_sets;
mod tables;
pub(crate) mod text;
pub mod tile;
mod transpose_buffer;
mod twiddles;

pub use descriptor_checks::{CheckState, DescriptorChecks};
pub use elements::{BeatEntry, BeatProduct};
pub use engine::{EngineParameters, NttEngine};
pub use factor_unit::FactorUnit;
pub use factors::{FactorGenerator, FrameFactors};
pub use feeder::{BeatMask, FEED_TILES_LOG2, Feeder, Reversed, TILES};
pub use gristmill_datapath::factor::EXPONENT_BITS;
pub use intake::{Intake, IntakeState};
pub use loader::Loader;
pub use parameters::{Parameters, PassSummary};
pub use pass_pipeline::PassPipeline;
pub use record::{Events, JobRecord};
pub use self_test::{SelfTest, SelfTestState};
pub use sequencer::{Sequencer, SequencerState};
pub use stage::{Stage, Transform};
pub use storer::{Collector, STORE_TILES_LOG2, Storer};
pub use swap::Swap;
pub use table_sets::{SetTag, TableSets};
pub use tables::{TableLoader, TableState};
pub use transpose_buffer::{
    BEAT_BITS, MODE_BITS, READ_LATENCY, Side, TransposeBuffer, WRITE_LATENCY,
};

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
