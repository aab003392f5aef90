//! The leaves and queues that streams pass through: their models in Rust against their Verilog, cycle by cycle.

mod both;
mod descriptor_checks;
mod half_beats;
mod queue;
mod streams;
mod swap;
mod table_sets;
mod wires;
