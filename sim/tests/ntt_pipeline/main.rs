//! The pass pipeline of the NTT engine in Verilator, without what feeds it.

mod bench;
mod fields;
mod run;
mod toy;
