//! Multipliers, adders and subtractors of fields, against arkworks.

use ark_ff::PrimeField;
use gristmill_datapath::cells::Cell;
use gristmill_datapath::{Field, Form, largest};

use crate::bench::Trial;
use crate::residues::{all_pairs, number, pairs, scale};
use crate::transforms;

/// Fields of at most these bits are tried with every pair.
pub const SMALL_BITS: usize = 9;

pub fn trial<F: PrimeField>(field: &Field, cell: Cell) -> Trial {
    let operation = cell
        .name
        .trim_start_matches(field.name)
        .trim_start_matches('_');
    let scale = scale::<F>(field);
    let result: fn(F, F, F) -> F = match operation {
        "multiplier" | "multiplier_16x16" => |a, b, scale| a * b * scale,
        "adder" => |a, b, _| a + b,
        "subtractor" => |a, b, _| a - b,
        _ => return transforms::trial::<F>(field, cell),
    };
    // A multiplier of Goldilocks takes words that are not reduced.
    let limit = match (field.form, operation) {
        (Form::Goldilocks, "multiplier" | "multiplier_16x16") => largest(field.bits) + 1u32,
        _ => field.modulus.clone(),
    };
    let mut vectors = match field.bits {
        0..=SMALL_BITS => all_pairs(field),
        _ => pairs(field, &limit),
    };
    if limit > field.modulus {
        vectors.push(vec![largest(field.bits), largest(field.bits)]);
    }
    Trial::new(cell.name, cell.graph, vectors, move |operands, results| {
        let expected = result(number(&operands[0]), number(&operands[1]), scale);
        results == [expected.into_bigint().into()]
    })
}
