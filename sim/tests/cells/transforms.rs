//! The cells of transforms, against arkworks.

use ark_ff::PrimeField;
use gristmill_datapath::cells::Cell;
use gristmill_datapath::transform::shift_unit;
use gristmill_datapath::{Field, Form, largest};
use num_bigint::{BigUint, RandBigInt};
use rand::Rng;

use crate::bench::Trial;
use crate::fields::SMALL_BITS;
use crate::residues::{all_pairs, corners, number, pairs, powers, random, scale};

pub fn trial<F: PrimeField>(field: &Field, cell: Cell) -> Trial {
    let operation = cell.name.strip_prefix(field.name).unwrap_or_default();
    match operation.trim_end_matches("_16x16") {
        "_element_entry" => entry(field, cell),
        "_plain_butterfly" => butterfly::<F>(field, cell, |_| Vec::new(), |_, _| F::ONE),
        "_butterfly" => {
            let scale = scale::<F>(field);
            let (p, mut random) = (field.modulus.clone(), random());
            let corners = corners(field);
            let mut number_of_vector = 0;
            let operands = move |_: &Field| {
                number_of_vector += 1;
                let twiddle = match number_of_vector % 3 {
                    0 => corners[number_of_vector / 3 % corners.len()].clone(),
                    _ => random.gen_biguint_below(&p),
                };
                vec![twiddle, random.gen_range(0..2u32).into()]
            };
            butterfly::<F>(field, cell, operands, move |operands, _| {
                let factor = number::<F>(&operands[2]) * scale;
                match operands[3] == BigUint::ZERO {
                    true => factor,
                    false => -factor,
                }
            })
        }
        shift => {
            let order_log2 = shift.strip_prefix("_shift_butterfly_");
            let order_log2: usize = order_log2
                .and_then(|order| order.parse().ok())
                .unwrap_or_else(|| panic!("no reference for {}", cell.name));
            let mut turn = 0u32;
            let operands = move |_: &Field| {
                turn = (turn + 1) % (1 << order_log2);
                vec![turn.into()]
            };
            butterfly::<F>(field, cell, operands, move |operands, _| {
                let exponent = &operands[2] * shift_unit(order_log2);
                F::from(2u32).pow(exponent.to_u64_digits())
            })
        }
    }
}

/// A butterfly whose further operands are given for each pair, with the factor of the difference.
fn butterfly<F: PrimeField>(
    field: &Field,
    cell: Cell,
    mut further: impl FnMut(&Field) -> Vec<BigUint>,
    factor: impl Fn(&[BigUint], &Field) -> F + 'static,
) -> Trial {
    let mut vectors = match field.bits {
        0..=SMALL_BITS => all_pairs(field),
        _ => pairs(field, &field.modulus),
    };
    for vector in &mut vectors {
        vector.extend(further(field));
    }
    let field = field.clone();
    Trial::new(cell.name, cell.graph, vectors, move |operands, results| {
        let [a, b] = [0, 1].map(|place| number::<F>(&operands[place]));
        let product = (a - b) * factor(operands, &field);
        results == [(a + b).into_bigint().into(), product.into_bigint().into()]
    })
}

fn entry(field: &Field, cell: Cell) -> Trial {
    let p = field.modulus.clone();
    let mut words = corners(field);
    words.extend(powers(field));
    words.extend([p.clone(), &p + 1u32, largest(field.word_bits())]);
    let mut random = random();
    words.extend((0..1000).map(|_| random.gen_biguint(field.word_bits() as u64)));
    words.extend((0..1000).map(|_| random.gen_biguint_below(&p)));
    let form = field.form;
    let vectors = words.into_iter().map(|word| vec![word]).collect();
    Trial::new(cell.name, cell.graph, vectors, move |operands, results| {
        let word = &operands[0];
        match form {
            Form::Goldilocks => results == [word % &p],
            Form::Montgomery { .. } if *word < p => results == [word.clone(), 0u32.into()],
            Form::Montgomery { .. } => results[1] == 1u32.into(),
        }
    })
}
