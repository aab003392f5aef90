//! Arithmetic of the fast fill: the values are wires of any width.

use num_bigint::BigUint;

use super::stand_in::{Text, Value};
use crate::arithmetic::{Arithmetic, largest_operands, offset};
use crate::error::Result;
use crate::operations::signed_digits;
use crate::reduction::Kinds;

/// Arithmetic that is written as Verilog with wide operators and DPI functions.
pub(crate) struct Wide {
    pub kinds: Kinds,
    pub text: Text,
}

impl Wide {
    pub fn new(kinds: Kinds) -> Self {
        Wide {
            kinds,
            text: Text::default(),
        }
    }
}

impl Arithmetic for Wide {
    type Value = Value;

    fn combine(&mut self, name: &str, terms: &[(&Value, i64)]) -> Result<Value> {
        let bounds: Vec<(&BigUint, i64)> =
            terms.iter().map(|(value, f)| (&value.bound, *f)).collect();
        let (offset, bound) = offset(self.kinds.modulus(), &bounds);
        let width = bound.bits() as usize;
        let (mut added, mut subtracted) = (Vec::new(), Vec::new());
        if offset.bits() > 0 {
            added.push(format!("{width}'h{offset:x}"));
        }
        for (value, factor) in terms {
            for digit in signed_digits(&factor.unsigned_abs().into()) {
                let text = value.extended(width, digit.shift);
                match digit.negative != (*factor < 0) {
                    true => subtracted.push(text),
                    false => added.push(text),
                }
            }
        }
        let mut sum = added.join(" + ");
        for text in subtracted {
            sum += &format!(" - {text}");
        }
        let time = terms.iter().map(|(value, _)| value.time).max().unwrap_or(0);
        debug_assert!(terms.iter().all(|(value, _)| value.time == time));
        Ok(self.text.wire(name, bound, time, &sum))
    }

    fn reduced_sums(&mut self, name: &str, sums: &[Vec<(&Value, &Value)>]) -> Result<Vec<Value>> {
        let bounds = largest_operands(sums, |value| value.bound.clone());
        let operands: Vec<Vec<&Value>> = sums
            .iter()
            .map(|sum| sum.iter().flat_map(|(a, b)| [*a, *b]).collect())
            .collect();
        Ok(self.text.calls(name, self.kinds.kind(bounds), &operands))
    }
}
