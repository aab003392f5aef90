//! The base field of BLS12-381.

use crate::field::{Field, Form};

/// (x - 1)^2 (x^4 - x^2 + 1) / 3 + x for x = -0xd201000000010000.
pub fn bls12_381_fq() -> Field {
    Field::from_hex(
        "bls12_381_fq",
        "1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab",
        2,
        Form::Montgomery { bits: 384 },
        48,
    )
}
