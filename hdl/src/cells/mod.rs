//! Leaf cells: registers, memories, delays and FIFOs. A leaf that is not a kernel carries its Verilog
//! as text and the same behaviour in Rust, and a test compares the two.

mod constant;
mod delay;
mod fifo;
mod memory;
mod packer;
mod register;
mod round_robin;
mod select;
mod slot;
mod toggle_memory;
mod unpacker;

pub use constant::Fixed;
pub use delay::Delay;
pub use fifo::Fifo;
pub use memory::{DualPort, DualPortMemory, LookupMemory};
pub use packer::Packer;
pub use register::Register;
pub use round_robin::RoundRobin;
pub use select::{ConstantTable, KeyedSelect, Pack, Replicate};
pub use slot::{BeatsToSlot, SLOT_BITS, SlotToBeats};
pub use toggle_memory::{ToggleMemory, TogglePort};
pub use unpacker::Unpacker;

use rust_hdl_core::prelude::*;

/// A leaf whose Verilog is this text; its outputs are wires.
pub(crate) fn leaf(code: String) -> Verilog {
    Verilog::Wrapper(Wrapper {
        code,
        cores: String::new(),
    })
}

/// The range of a declaration of `width` bits, with a space behind it; nothing for one bit.
pub(crate) fn range(width: usize) -> String {
    if width == 1 {
        String::new()
    } else {
        format!("[{}:0] ", width - 1)
    }
}
