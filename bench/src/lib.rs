//! What the cards do, beside what CPUs do.
//!
//! | module | what |
//! |---|---|
//! | [`points`] | jobs on simulated cards, and the cycles that they take |
//! | [`baseline`] | the cycles that the repository records, and what exceeds them |
//! | [`model`] | a cycle model, fitted on some points and judged by others |
//! | [`prover`] | Groth16 as a whole, on the CPU and with the card |
//! | [`results`] | what a run has measured so far |
//! | [`report`] | the page, its plots, and the part of the README that is made from them |
//! | [`figures`], [`path`] | the figures that the design promises, and what the way to the card costs |

pub mod baseline;
#[cfg(feature = "cpu")]
pub mod cpu;
pub mod distribution;
pub mod driver;
pub mod figures;
mod host;
pub mod model;
pub mod path;
pub mod points;
pub mod prover;
pub mod published;
pub mod report;
pub mod results;
pub mod run;
pub mod table;

/// Why something was not measured.
pub type Failure = Box<dyn std::error::Error>;
