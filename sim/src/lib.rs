//! The card without the card: Verilated RTL, link and memory models.

pub mod verilator;
