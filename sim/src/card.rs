//! A simulated card: its core as a Verilated model on a board with a link, memory and interrupts, and the driver's
//! transport to it.

mod board;
mod simulation;

pub use board::{Board, BoardError, BoardOptions, PortNames, Step};
pub use simulation::{CardSimulation, Progress};
