//! Fields small enough for exhaustive tests: those of the curve y^2 = x^3 + 3 over 199 elements.

use crate::field::{Field, Form};

/// The base field, 199 = 0xc7.
pub fn toy_fq() -> Field {
    Field::from_hex("toy_fq", "c7", Form::Montgomery { bits: 64 }, 8)
}

/// The scalar field, 211 = 0xd3, the number of points.
pub fn toy_fr() -> Field {
    Field::from_hex("toy_fr", "d3", Form::Montgomery { bits: 64 }, 8)
}
