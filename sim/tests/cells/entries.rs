//! The entries of points and scalars, against arkworks.

use ark_ff::{BigInteger, PrimeField, Zero};
use gristmill_datapath::cells::Cell;
use gristmill_datapath::{Curve, Field, largest};
use num_bigint::{BigUint, RandBigInt};

use crate::bench::Trial;
use crate::residues::{RANDOM_VECTORS, corners, number, powers, random, scale};

/// Corners, the words from the modulus on, and random words below and above it.
fn words(field: &Field) -> Vec<BigUint> {
    let p = &field.modulus;
    let mut words = corners(field);
    words.extend(powers(field));
    words.extend([
        p.clone(),
        p + 1u32,
        largest(field.bits),
        largest(field.word_bits()),
    ]);
    words.push(BigUint::from(1u32) << (field.word_bits() - 1));
    let mut random = random();
    words.extend((0..RANDOM_VECTORS / 2).map(|_| random.gen_biguint_below(p)));
    words.extend((0..100).map(|_| random.gen_biguint(field.word_bits() as u64)));
    words
}

fn flag(set: bool) -> BigUint {
    u32::from(set).into()
}

pub fn scalar<F: PrimeField>(curve: &Curve, cell: Cell) -> Trial {
    let scale = scale::<F>(&curve.scalar);
    let order = curve.scalar.modulus.clone();
    let words = words(&curve.scalar).into_iter();
    let vectors = words.flat_map(|word| [vec![word.clone(), flag(false)], vec![word, flag(true)]]);
    Trial::new(
        cell.name,
        cell.graph,
        vectors.collect(),
        move |operands, results| {
            let word = &operands[0];
            if *word >= order {
                return results[3] == flag(true);
            }
            let scalar = match operands[1] == flag(true) {
                true => number::<F>(word) * scale,
                false => number::<F>(word),
            };
            let negative = scalar.into_bigint() > F::MODULUS_MINUS_ONE_DIV_TWO;
            let magnitude = if negative { -scalar } else { scalar }.into_bigint();
            let length = magnitude.num_bits().into();
            results == [magnitude.into(), flag(negative), length, flag(false)]
        },
    )
}

pub fn point<F: PrimeField>(curve: &Curve, cell: Cell) -> Trial {
    let (field, one) = (&curve.base, curve.one());
    let (p, bits) = (field.modulus.clone(), field.bits);
    let words = words(field);
    let mut vectors = Vec::new();
    for x in [0u32, 1, 2]
        .map(BigUint::from)
        .iter()
        .chain([&p, &(&p - 1u32)])
    {
        for y in &words {
            vectors.push(vec![x.clone(), y.clone(), flag(false)]);
            vectors.push(vec![y.clone(), x.clone(), flag(true)]);
        }
    }
    let shuffled = words.iter().zip(words.iter().rev());
    vectors.extend(shuffled.map(|(x, y)| vec![x.clone(), y.clone(), flag(true)]));
    Trial::new(cell.name, cell.graph, vectors, move |operands, results| {
        let [x, y, negate] = operands else {
            return false;
        };
        let infinity = x.is_zero() && y.is_zero();
        let error = *x >= p || *y >= p;
        if results[1..] != [flag(infinity), flag(error)] {
            return false;
        }
        if error || infinity {
            return true;
        }
        let y = match *negate == flag(true) {
            // The opposite of zero may come as the modulus: coordinates need not be reduced.
            true if y.is_zero() => p.clone(),
            true => (-number::<F>(y)).into_bigint().into(),
            false => y.clone(),
        };
        results[0] == x + (y << bits) + (&one << (2 * bits))
    })
}
