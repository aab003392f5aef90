//! The KoalaBear field.

use crate::field::{Field, Form};

/// 2^31 - 2^24 + 1.
pub fn koala_bear() -> Field {
    Field::from_hex(
        "koala_bear",
        "7f000001",
        3,
        Form::Montgomery { bits: 32 },
        4,
    )
}
