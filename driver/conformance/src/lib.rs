//! The suite that any transport and any card must pass, and a card in plain Rust that passes it.

pub mod curve;
pub mod field;
pub mod latency;
pub mod reference;
pub mod suite;

pub use reference::{Faults, Mutation, ReferenceCard, ReferenceOptions};
