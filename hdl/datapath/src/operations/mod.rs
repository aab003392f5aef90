//! What a datapath can compute.

mod constant;
mod logic;
mod multiply;
mod sum;

pub use constant::{Digit, signed_digits, window_digits};
pub use sum::{Range, Term};
