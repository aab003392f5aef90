//! The RTL of the Gristmill card, in rust-hdl; emits Verilog.
//!
//! Arithmetic is a datapath graph inside a leaf ([`gristmill_datapath`]); everything above the
//! leaves is `#[derive(LogicBlock)]` and `#[hdl_gen]`.

#![allow(
    missing_docs,
    reason = "the derives of rust-hdl add methods of their own"
)]

pub mod card;
pub mod cells;
pub mod config;
pub mod emit;
pub mod msm;
pub mod ntt;
pub mod package;
pub mod pipeline;
pub mod pointwise;
pub mod record;

pub use gristmill_datapath as datapath;
