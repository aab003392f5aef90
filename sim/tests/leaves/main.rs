//! The leaves and queues that streams pass through: their models in Rust against their Verilog, cycle by cycle.

mod both;
mod half_beats;
mod queue;
mod streams;
mod swap;
mod wires;
