//! The RTL of the Gristmill card, in rust-hdl; emits Verilog.
//!
//! Arithmetic is a datapath graph inside a leaf ([`gristmill_datapath`]); everything above the
//! leaves is `#[derive(LogicBlock)]` and `#[hdl_gen]`.

pub mod card;
pub mod cells;
