//! Table sets: what a transform's factors are made from on the card.

use super::{NttDirection, NttShape};
use crate::object::{Object, Specification};
use crate::prime::{PrimeField, Residue};
use crate::sync::lock;
use crate::{Card, CardError};
use gristmill_protocol::format::slot_bytes;
use gristmill_protocol::ntt::{self, Table};
use gristmill_protocol::{FieldId, RegionKind};
use std::collections::VecDeque;
use std::sync::Arc;

/// The bytes of a table set, as [`gristmill_protocol::ntt`] describes it, for a coset offset in memory
/// form (1 when `None`), and a factor of all results, likewise; `None` when the field has no root of this
/// order, or the offset or the factor is 0 or not below the modulus.
pub fn table_set(
    id: FieldId,
    size_log2: u32,
    inverse: bool,
    offset: Option<&[u8]>,
    scale: Option<&[u8]>,
) -> Option<Vec<u8>> {
    let field = PrimeField::new(id);
    let mut root = field.root_of_unity(size_log2)?;
    let read = |bytes: Option<&[u8]>| {
        let element = match bytes {
            Some(bytes) => field.read(bytes)?,
            None => field.one(),
        };
        (element != Residue::default()).then_some(element)
    };
    let (mut shift, mut scale) = (read(offset)?, read(scale)?);
    if inverse {
        root = field.inverse(root);
        shift = field.inverse(shift);
        let length = field.element(1u64.checked_shl(size_log2)?);
        scale = field.multiply(scale, field.inverse(length));
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

/// Sets whose host copy is kept; each has at most about half a megabyte.
const KEPT: usize = 32;

/// Domain, field, size, extension, inverse, the offset and the scale.
type Key = (u8, FieldId, u32, Option<u32>, bool, [Vec<u8>; 2]);

/// Table sets that were made, the one used last at the end.
pub(crate) type TableCache = VecDeque<(Key, Arc<Object>)>;

impl Card {
    /// The table sets of transforms: resident objects, made at their first use.
    pub(crate) fn tables(
        &self,
        domain: u8,
        shape: &NttShape,
        direction: NttDirection,
        offset: Option<&[u8]>,
        scale: Option<&[u8]>,
    ) -> Result<Arc<Object>, CardError> {
        let NttShape {
            field,
            size_log2,
            extension_log2,
            ..
        } = *shape;
        let inverse = direction == NttDirection::Inverse;
        let elements = [offset, scale].map(|bytes| bytes.unwrap_or_default().to_vec());
        let key = (domain, field, size_log2, extension_log2, inverse, elements);
        let mut cache = lock(&self.tables);
        let found = cache.iter().position(|(known, _)| *known == key);
        if let Some(entry) = found.and_then(|at| cache.remove(at)) {
            let object = entry.1.clone();
            cache.push_back(entry);
            return Ok(object);
        }
        let sets = match extension_log2 {
            Some(_) => {
                let output_log2 = shape.output_size_log2();
                let second = table_set(field, output_log2, false, offset, scale);
                let first = table_set(field, size_log2, true, None, None);
                first
                    .zip(second)
                    .map(|(first, second)| [first, second].concat())
            }
            None => table_set(field, size_log2, inverse, offset, scale),
        };
        let sets = sets.ok_or(CardError::Argument {
            what: "the number of bytes of the coset offset and the scale",
            value: key.5.iter().map(Vec::len).sum::<usize>() as u64,
            expected: "an element that is not zero, in memory form, is needed",
        })?;
        let specification = Specification {
            bytes: sets.len() as u64,
            kind: RegionKind::Tables,
            domain,
            source: Some(Arc::new(sets)),
        };
        let object = Arc::new(Object::new(&self.memory, specification));
        if cache.len() == KEPT {
            cache.pop_front();
        }
        cache.push_back((key, object.clone()));
        Ok(object)
    }
}
