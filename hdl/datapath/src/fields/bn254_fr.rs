//! The scalar field of BN254.

use crate::field::{Field, Form};

/// 36 x^4 + 36 x^3 + 18 x^2 + 6 x + 1 for x = 4965661367192848881.
pub fn bn254_fr() -> Field {
    Field::from_hex(
        "bn254_fr",
        "30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001",
        5,
        Form::Montgomery { bits: 256 },
        32,
    )
}
