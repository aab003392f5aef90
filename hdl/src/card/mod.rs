//! The card around its engines: registers, rings, regions, copies, and the way to both memories.

pub mod socket;
