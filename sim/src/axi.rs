//! AXI as a card meets it: memories behind links of any temper, checkers of the rules, a master for registers.
//!
//! Everything steps by the cycle, in two halves that fit [`Model::cycle`](crate::verilator::Model::cycle): what a
//! side drives in the coming cycle is known before it, and what the other side drove is given to `clock` after it.
//! No driven signal depends on the same cycle's signals of the card, so one settling a cycle is enough.

mod checker;
mod counters;
pub mod dram;
mod link;
mod lite;
mod memory;
mod ports;
mod read;
mod signals;
mod store;
mod write;

pub use checker::{Channel, Checker, Rule, Violation};
pub use counters::{Counters, Traffic};
pub use dram::{Dram, DramConfig, DramCounters};
pub use link::{Link, WriteOrder};
pub use lite::{Access, Completion, RegisterError, RegisterMaster};
pub use memory::Memory;
pub use ports::{LitePort, MemoryPort};
pub use signals::{
    Address, Lines, LiteMaster, LiteSlave, MAX_BEAT_BYTES, MasterSignals, ReadBeat, Response,
    SlaveSignals, WriteBeat, WriteResponse,
};
pub use store::{Fault, SparseMemory, Store};
