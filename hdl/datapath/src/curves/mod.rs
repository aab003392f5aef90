//! The curves, a file each.

mod bls12_381;
mod bn254;
mod toy;

pub use bls12_381::bls12_381;
pub use bn254::bn254;
pub use toy::toy;
