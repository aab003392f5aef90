//! Fields small enough for exhaustive tests: those of the curve y^2 = x^3 + 3 over 199 elements, and one with
//! roots of unity.

use crate::field::{Field, Form};

/// The base field, 199 = 0xc7.
pub fn toy_fq() -> Field {
    Field::from_hex("toy_fq", "c7", 3, Form::Montgomery { bits: 64 }, 8)
}

/// The scalar field, 211 = 0xd3, the number of points.
pub fn toy_fr() -> Field {
    Field::from_hex("toy_fr", "d3", 2, Form::Montgomery { bits: 64 }, 8)
}

/// The field of transforms, 257 = 0x101, two-adicity 8.
pub fn toy_ntt() -> Field {
    Field::from_hex("toy_ntt", "101", 3, Form::Montgomery { bits: 64 }, 8)
}
