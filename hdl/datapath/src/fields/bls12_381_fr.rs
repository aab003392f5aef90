//! The scalar field of BLS12-381.

use crate::field::{Field, Form};

/// x^4 - x^2 + 1 for x = -0xd201000000010000.
pub fn bls12_381_fr() -> Field {
    Field::from_hex(
        "bls12_381_fr",
        "73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001",
        7,
        Form::Montgomery { bits: 256 },
        32,
    )
}
