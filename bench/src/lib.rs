//! Simulated card beside the CPU.
