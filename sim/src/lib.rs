//! The card without the card: Verilated RTL, link and memory models.

pub mod axi;
pub mod card;
pub mod simulated;
pub mod verilator;
pub mod vfio_user;
