//! The base field of BN254.

use crate::field::{Field, Form};

/// 36 x^4 + 36 x^3 + 24 x^2 + 6 x + 1 for x = 4965661367192848881.
pub fn bn254_fq() -> Field {
    Field::from_hex(
        "bn254_fq",
        "30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47",
        3,
        Form::Montgomery { bits: 256 },
        32,
    )
}
