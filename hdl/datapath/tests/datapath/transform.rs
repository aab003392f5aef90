//! The cells of transforms, through their models.

use crate::common::random;
use gristmill_datapath::factor::{EXPONENT_BITS, FactorShape, factor_addresses, reversed};
use gristmill_datapath::transform::{
    GOLDILOCKS_SHIFTS_LOG2, butterfly, element_entry, plain_butterfly, shift_butterfly, shift_turn,
};
use gristmill_datapath::{Field, Fill, Form, Model, fields, largest};
use num_bigint::{BigUint, RandBigInt};
use rand::Rng;

const RANDOM: usize = 2000;

fn elements(field: &Field, count: usize) -> Vec<BigUint> {
    let p = &field.modulus;
    let corners = [0u32, 1, 2].map(BigUint::from).to_vec();
    let upper = [1u32, 2].map(|less| p - less);
    let mut random = random();
    let others = (0..count).map(|_| random.gen_biguint_below(p));
    corners.into_iter().chain(upper).chain(others).collect()
}

#[test]
fn entries() {
    for field in fields::of_transforms() {
        let mut model = Model::new(&element_entry(&field));
        let p = &field.modulus;
        let mut words = elements(&field, RANDOM);
        words.extend([p.clone(), p + 1u32, largest(field.word_bits())]);
        for word in words {
            let result = model.evaluate(std::slice::from_ref(&word));
            match field.form {
                Form::Goldilocks => assert_eq!(result, [word % p]),
                Form::Montgomery { .. } if word < *p => assert_eq!(result, [word, 0u32.into()]),
                Form::Montgomery { .. } => assert_eq!(result[1], 1u32.into(), "{word}"),
            }
        }
    }
}

#[test]
fn butterflies() {
    for field in fields::of_transforms() {
        let p = &field.modulus;
        let scale = field.one().modinv(p).expect("the modulus is prime");
        let elements = elements(&field, 30);
        for fill in [Fill::Record, Fill::Portable] {
            let mut plain = Model::new(&plain_butterfly(&field, fill));
            let full = (field.form != Form::Goldilocks).then(|| butterfly(&field, fill));
            let mut full = full.map(|graph| Model::new(&graph));
            for a in &elements {
                for b in &elements {
                    let (sum, difference) = ((a + b) % p, (a + p - b) % p);
                    let result = plain.evaluate(&[a.clone(), b.clone()]);
                    assert_eq!(result, [sum.clone(), difference.clone()]);
                    let Some(full) = &mut full else {
                        continue;
                    };
                    for (twiddle, negate) in elements.iter().zip([0u32, 1].into_iter().cycle()) {
                        let inputs = [a.clone(), b.clone(), twiddle.clone(), negate.into()];
                        let signed = match negate {
                            0 => difference.clone(),
                            _ => (b + p - a) % p,
                        };
                        let product = signed * twiddle * &scale % p;
                        assert_eq!(full.evaluate(&inputs), [sum.clone(), product]);
                    }
                }
            }
        }
    }
}

#[test]
fn shifts_are_products_with_roots() {
    let field = fields::goldilocks();
    let p = &field.modulus;
    for order_log2 in 2..=GOLDILOCKS_SHIFTS_LOG2 {
        let mut model = Model::new(&shift_butterfly(order_log2, Fill::Record));
        for inverse in [false, true] {
            let (root, turn) = (
                field.root(order_log2, inverse),
                shift_turn(order_log2, inverse),
            );
            for exponent in 0..1usize << order_log2 {
                let turn = exponent * turn % (1 << order_log2);
                let factor = root.modpow(&exponent.into(), p);
                for (a, b) in elements(&field, 50)
                    .iter()
                    .zip(elements(&field, 50).iter().rev())
                {
                    let result = model.evaluate(&[a.clone(), b.clone(), turn.into()]);
                    assert_eq!(result, [(a + b) % p, (a + p - b) * &factor % p]);
                }
            }
        }
    }
}

#[test]
fn addresses_of_factors() {
    let mut random = random();
    for (lanes_log2, pass_log2, table_log2) in [
        (1, 4, 4),
        (2, 4, 4),
        (2, 2, 3),
        (1, 14, 12),
        (3, 14, 12),
        (4, 14, 12),
    ] {
        let shape = FactorShape {
            lanes_log2,
            pass_log2,
            table_log2,
        };
        let mut model = Model::new(&factor_addresses(&shape, Fill::Record));
        for _ in 0..RANDOM {
            let size_log2 = random.gen_range(0..=pass_log2);
            let post = random.r#gen();
            let (twiddle, split) = (random.r#gen(), random.gen_range(0..=table_log2));
            let (frame, shift) = (
                random.gen_range(0..1usize << EXPONENT_BITS),
                random.gen_range(0..=EXPONENT_BITS),
            );
            let beat = random.gen_range(0..1usize << size_log2.saturating_sub(lanes_log2));
            let settings = shape.settings(size_log2, post);
            let lanes = settings.lanes.iter().rev();
            let lanes = lanes.fold(BigUint::ZERO, |sum, lane| (sum << lanes_log2) + *lane);
            let inputs = [
                beat.into(),
                frame.into(),
                u32::from(twiddle).into(),
                shift.into(),
                split.into(),
                u32::from(post).into(),
                settings.time_shift.into(),
                settings.scale.into(),
                u32::from(settings.neighbours).into(),
                lanes,
            ];
            let result = model.evaluate(&inputs);
            for lane in 0..1usize << lanes_log2 {
                let frame_mask = (1 << size_log2) - 1;
                let half = 1 << (lanes_log2 - 1);
                let index = if post {
                    reversed((beat << lanes_log2 | lane) & frame_mask, size_log2)
                } else if size_log2 < lanes_log2 {
                    lane & frame_mask
                } else {
                    ((lane / half) << size_log2 >> 1) + beat * half + lane % half
                };
                let exponent = match twiddle {
                    true => index * frame,
                    false => (index << shift) + frame,
                } % (1 << EXPONENT_BITS);
                let address =
                    |output: &BigUint| output >> (lane * table_log2) & largest(table_log2);
                assert_eq!(address(&result[0]), (exponent & ((1 << split) - 1)).into());
                let high = (exponent >> split) & ((1 << table_log2) - 1);
                assert_eq!(address(&result[1]), high.into(), "{shape:?} {settings:?}");
            }
        }
    }
}
