//! The engine of multi-scalar multiplication: Σ s_i P_i by the bucket method.
//!
//! A job runs in passes of K windows of c bits. In each pass the recoder ([`Recoder`]) cuts the
//! scalars into signed digits and sends (bucket, ±point) to the lanes ([`Lane`]), one for each adder.
//! A lane's [`Reducer`] brings the points of each bucket together through its one adder, and the
//! [`Sweep`] folds the buckets of a window to c points with the same reducer:
//!
//! Σ_i i B_i = 2 Σ_j j (B_2j + B_2j+1) + Σ_j B_2j+1
//!
//! applied c - 1 times, so that window w leaves points O_(w,0) .. O_(w,c-1) with
//! Σ_i i B_i = Σ_l 2^l O_(w,l). The host does the rest.

#![allow(
    clippy::collapsible_match,
    clippy::needless_range_loop,
    reason = "a kernel's arms have no guards, and its loops are over indices: each is a part of the circuit"
)]

mod bank;
mod engine;
mod lane;
mod parameters;
mod recoder;
mod records;
mod reducer;
mod results;
mod source;
mod sweep;
pub mod wiring;

pub use bank::{Bank, BankPort};
pub use engine::MsmEngine;
pub use lane::Lane;
pub use parameters::Parameters;
pub use recoder::Recoder;
pub use records::RecordWriter;
pub use reducer::Reducer;
pub use source::Source;
pub use sweep::Sweep;

/// Address bits of the bank of results: five of the window in its lane, four of the weight.
pub const RESULT_ADDRESS_BITS: usize = 9;
