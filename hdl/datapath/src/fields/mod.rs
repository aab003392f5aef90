//! The fields, a file each.

mod baby_bear;
mod bls12_381_fq;
mod bls12_381_fr;
mod bn254_fq;
mod bn254_fr;
mod goldilocks;
mod koala_bear;
mod toy;

pub use baby_bear::baby_bear;
pub use bls12_381_fq::bls12_381_fq;
pub use bls12_381_fr::bls12_381_fr;
pub use bn254_fq::bn254_fq;
pub use bn254_fr::bn254_fr;
pub use goldilocks::goldilocks;
pub use koala_bear::koala_bear;
pub use toy::{toy_fq, toy_fr, toy_ntt};

use crate::field::Field;

/// Every field.
pub fn all() -> Vec<Field> {
    vec![
        bn254_fq(),
        bn254_fr(),
        bls12_381_fq(),
        bls12_381_fr(),
        goldilocks(),
        baby_bear(),
        koala_bear(),
        toy_fq(),
        toy_fr(),
        toy_ntt(),
    ]
}

/// The fields of number-theoretic transforms.
pub fn of_transforms() -> Vec<Field> {
    vec![
        bn254_fr(),
        bls12_381_fr(),
        goldilocks(),
        baby_bear(),
        koala_bear(),
        toy_ntt(),
    ]
}
