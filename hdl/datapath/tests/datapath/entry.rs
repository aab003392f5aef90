//! The entries of points and scalars.

use crate::common::random;
use gristmill_datapath::entry::{point_entry, scalar_entry};
use gristmill_datapath::{Curve, Model, curve, largest};
use num_bigint::{BigUint, RandBigInt};

const RANDOM_WORDS: usize = 2_000;

/// What is expected of a scalar below the order: magnitude, sign and length.
fn sign_and_magnitude(curve: &Curve, scalar: &BigUint) -> [BigUint; 3] {
    let order = &curve.scalar.modulus;
    let negative = *scalar > curve.largest_magnitude();
    let magnitude = if negative {
        order - scalar
    } else {
        scalar.clone()
    };
    let length = magnitude.bits();
    [magnitude, u32::from(negative).into(), length.into()]
}

fn check_scalar(curve: &Curve, model: &mut Model, word: &BigUint) {
    let order = &curve.scalar.modulus;
    for montgomery in [false, true] {
        let flag = BigUint::from(u32::from(montgomery));
        let outputs = model.evaluate(&[word.clone(), flag]);
        let error = BigUint::from(u32::from(word >= order));
        assert_eq!(outputs[3], error, "{word:#x}");
        if word < order {
            let scalar = match montgomery {
                true => curve.scalar.from_memory(word),
                false => word.clone(),
            };
            let expected = sign_and_magnitude(curve, &scalar);
            assert_eq!(outputs[..3], expected, "{word:#x}, {montgomery}");
        }
    }
}

#[test]
fn every_toy_scalar() {
    let curve = curve::toy();
    let mut model = Model::new(&scalar_entry(&curve));
    for word in 0u32..1024 {
        check_scalar(&curve, &mut model, &word.into());
    }
    check_scalar(&curve, &mut model, &largest(64));
}

#[test]
fn scalars() {
    for curve in [curve::bn254(), curve::bls12_381()] {
        let mut random = random();
        let mut model = Model::new(&scalar_entry(&curve));
        let order = &curve.scalar.modulus;
        let half = curve.largest_magnitude();
        let word_bits = curve.scalar.word_bits();
        let mut words = vec![BigUint::ZERO, order - 1u32, order.clone(), order + 1u32];
        words.extend([half.clone(), half + 1u32, largest(word_bits)]);
        for bit in 0..word_bits {
            let power = BigUint::from(1u32) << bit;
            words.extend([power.clone() - 1u32, power.clone(), power % order]);
        }
        words.extend((0..RANDOM_WORDS).map(|_| random.gen_biguint_below(order)));
        words.extend((0..100).map(|_| random.gen_biguint(word_bits as u64)));
        for word in &words {
            check_scalar(&curve, &mut model, word);
            check_scalar(&curve, &mut model, &(curve.scalar.to_memory(word) % order));
        }
    }
}

#[test]
fn points() {
    for curve in [curve::toy(), curve::bn254(), curve::bls12_381()] {
        let (p, bits) = (&curve.base.modulus, curve.base.bits);
        let mut random = random();
        let mut model = Model::new(&point_entry(&curve));
        let word_bits = curve.base.word_bits();
        let mut corners = vec![BigUint::ZERO, BigUint::from(1u32), p - 1u32, p.clone()];
        corners.extend([p + 1u32, largest(bits), largest(word_bits)]);
        corners.push(BigUint::from(1u32) << (word_bits - 1));
        let mut words: Vec<[BigUint; 2]> = Vec::new();
        for x in &corners {
            words.extend(corners.iter().map(|y| [x.clone(), y.clone()]));
        }
        let mut below = || random.gen_biguint_below(p);
        words.extend((0..RANDOM_WORDS).map(|_| [below(), below()]));
        for [x, y] in words {
            for negate in [0u32, 1] {
                let inputs = [x.clone(), y.clone(), negate.into()];
                let outputs = model.evaluate(&inputs);
                let infinity = x == BigUint::ZERO && y == BigUint::ZERO;
                let error = x >= *p || y >= *p;
                let flags = [infinity, error].map(|flag| BigUint::from(u32::from(flag)));
                assert_eq!(outputs[1..], flags, "{x:#x}, {y:#x}");
                if !error {
                    let y = if negate == 1 { p - &y } else { y.clone() };
                    let point = &x + (y << bits) + (curve.one() << (2 * bits));
                    assert_eq!(outputs[0], point, "{x:#x}, negate {negate}");
                }
            }
        }
    }
}
