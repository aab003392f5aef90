//! Table sets: what a transform's factors are made from on the card.

use crate::prime::{PrimeField, Residue};
use gristmill_protocol::FieldId;
use gristmill_protocol::format::slot_bytes;
use gristmill_protocol::ntt::{self, Table};

/// The bytes of a table set, as [`gristmill_protocol::ntt`] describes it, for a coset offset in memory
/// form (1 when `None`); `None` when the field has no root of this order, or the offset is 0 or not
/// below the modulus.
pub fn table_set(
    id: FieldId,
    size_log2: u32,
    inverse: bool,
    offset: Option<&[u8]>,
) -> Option<Vec<u8>> {
    let field = PrimeField::new(id);
    let mut root = field.root_of_unity(size_log2)?;
    let mut shift = match offset {
        Some(bytes) => field.read(bytes)?,
        None => field.one(),
    };
    if shift == Residue::default() {
        return None;
    }
    let mut scale = field.one();
    if inverse {
        root = field.inverse(root);
        shift = field.inverse(shift);
        scale = field.inverse(field.element(1u64.checked_shl(size_log2)?));
    }
    let bytes = ntt::table_set_bytes(id.element_bytes(), size_log2);
    let mut set = vec![0; usize::try_from(bytes).ok()?];
    set[..64].copy_from_slice(&slot_bytes(ntt::header(id, size_log2, inverse)));
    let low = |base| (field.one(), base);
    let high = |start, base| (start, field.power(base, 1 << ntt::table_log2(size_log2)));
    for (table, (start, ratio)) in [
        (Table::WLow, low(root)),
        (Table::WHigh, high(field.one(), root)),
        (Table::GLow, low(shift)),
        (Table::GHigh, high(scale, shift)),
    ] {
        let at = ntt::table_offset(table, id.element_bytes(), size_log2) as usize;
        let elements = set[at..].chunks_exact_mut(id.element_bytes());
        let mut power = start;
        for element in elements.take(1 << ntt::table_log2(size_log2)) {
            field.write(power, element);
            power = field.multiply(power, ratio);
        }
    }
    Some(set)
}
