//! Why a datapath could not be built.

use num_bigint::{BigInt, BigUint};

/// A datapath that would compute a wrong value or miss its timing is not built; this says why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The value of a net may exceed what the place it is given to can hold.
    #[error("{place}: the value may reach {largest:#x}, the limit is {limit:#x}")]
    Overflow {
        /// The operation or port that was asked to hold the value.
        place: String,
        /// The largest value the net may have.
        largest: BigUint,
        /// The largest value that is allowed there.
        limit: BigUint,
    },
    /// A difference may be negative, and its caller gave no bound with a reason.
    #[error("{place}: the value may be as low as {lowest:#x}")]
    Negative {
        /// The operation.
        place: String,
        /// The lowest value the operands allow.
        lowest: BigInt,
    },
    /// Operands that must have equal widths do not.
    #[error("{place}: operands of {left} and {right} bits")]
    Width {
        /// The operation.
        place: String,
        /// Width of the first operand in bits.
        left: usize,
        /// Width of the second operand in bits.
        right: usize,
    },
    /// More logic between two registers than the timing rules allow.
    #[error("{place}: {levels} logic levels and {carry} carry bits between registers")]
    Timing {
        /// The operation at the end of the path.
        place: String,
        /// Logic levels on the path.
        levels: usize,
        /// Carry bits on the path.
        carry: usize,
    },
    /// A multiplier tile whose operand or product is not registered as the tile's own registers demand.
    #[error("{place}: a multiplier tile's operands and product need their registers")]
    Tile {
        /// The operation that uses the tile.
        place: String,
    },
    /// An instance was given another number of operands than its module has inputs.
    #[error("{module}: {given} operands for {expected} inputs")]
    Operands {
        /// The module.
        module: String,
        /// Operands given.
        given: usize,
        /// Inputs of the module.
        expected: usize,
    },
}

/// What building a datapath returns.
pub type Result<T> = std::result::Result<T, Error>;
