//! What the modular multipliers of a datapath are filled with.

mod dpi;
pub(crate) mod elements;
mod stand_in;
mod wide;

pub use dpi::dpi_source;
pub use elements::dpi_source_of_field;
pub(crate) use stand_in::{StandIn, Text};
pub(crate) use wide::Wide;

use crate::graph::Config;

/// The fill of the modular multipliers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fill {
    /// Tiles of 26 x 17 bits, Karatsuba above them, constant operands by shift-add.
    Record,
    /// The same with tiles of 16 x 16 bits.
    Portable,
    /// For simulation: a C++ function for each reduced sum of products of a point adder, and for each product of
    /// elements; everything between them aligned, the latency and every output bit those of the record fill.
    Fast,
}

impl Fill {
    /// What the arithmetic is made of.
    pub fn config(self) -> Config {
        match self {
            Fill::Record | Fill::Fast => Config::RECORD,
            Fill::Portable => Config::PORTABLE,
        }
    }

    /// What tells apart the names of this fill's sub-modules.
    pub(crate) fn suffix(self) -> &'static str {
        match self {
            Fill::Record | Fill::Fast => "",
            Fill::Portable => "_16x16",
        }
    }
}
