//! The Goldilocks field.

use crate::field::{Field, Form};

/// 2^64 - 2^32 + 1.
pub fn goldilocks() -> Field {
    Field::from_hex("goldilocks", "ffffffff00000001", 7, Form::Goldilocks, 8)
}
