//! The BabyBear field.

use crate::field::{Field, Form};

/// 2^31 - 2^27 + 1.
pub fn baby_bear() -> Field {
    Field::from_hex(
        "baby_bear",
        "78000001",
        31,
        Form::Montgomery { bits: 32 },
        4,
    )
}
