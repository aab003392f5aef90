//! The cells of field arithmetic against big integers and against arkworks.

use crate::common::random;
use ark_ff::{BigInteger, PrimeField};
use gristmill_datapath::modular::{modular_adder, modular_multiplier, modular_subtractor};
use gristmill_datapath::{Field, Fill, Form, Model, fields};
use gristmill_protocol::FieldId;
use num_bigint::{BigUint, RandBigInt};
use p3_field::{PrimeField64, TwoAdicField};

const RANDOM_PAIRS: usize = 10_000;

/// Residues at which carries, borrows and final subtractions change.
fn corners(field: &Field) -> Vec<BigUint> {
    let p = &field.modulus;
    let one = BigUint::from(1u32);
    let mut corners = vec![BigUint::ZERO, one.clone(), BigUint::from(2u32)];
    corners.extend([p - 1u32, p - 2u32, p / 2u32, p / 2u32 + 1u32]);
    corners.push(field.one());
    for bit in (0..field.bits - 1).step_by(8.max(field.bits / 24)) {
        corners.push(&one << bit);
        corners.push((&one << bit) - 1u32);
        corners.push(p - (&one << bit));
    }
    corners.iter_mut().for_each(|corner| *corner %= p);
    corners
}

/// All pairs of corners, and random pairs below `limit`.
fn pairs(field: &Field, limit: &BigUint, count: usize) -> Vec<[BigUint; 2]> {
    let corners = corners(field);
    let mut pairs = Vec::new();
    for a in &corners {
        pairs.extend(corners.iter().map(|b| [a.clone(), b.clone()]));
    }
    let mut random = random();
    let mut below = || random.gen_biguint_below(limit);
    pairs.extend((0..count).map(|_| [below(), below()]));
    pairs
}

fn check(
    mut model: Model,
    pairs: &[[BigUint; 2]],
    expected: impl Fn(&BigUint, &BigUint) -> BigUint,
) {
    for [a, b] in pairs {
        let result = model.evaluate(&[a.clone(), b.clone()]);
        assert_eq!(result, [expected(a, b)], "{a:#x}, {b:#x}");
    }
}

#[test]
fn products() {
    for field in fields::all() {
        let p = &field.modulus;
        let scale = field.one().modinv(p).expect("the modulus is prime");
        let limit = match field.form {
            Form::Goldilocks => BigUint::from(1u128 << 64),
            Form::Montgomery { .. } => p.clone(),
        };
        for fill in [Fill::Record, Fill::Portable] {
            let model = Model::new(&modular_multiplier(&field, fill));
            let pairs = pairs(&field, &limit, RANDOM_PAIRS);
            check(model, &pairs, |a, b| a * b * &scale % p);
        }
    }
}

#[test]
fn sums_and_differences() {
    for field in fields::all() {
        let p = &field.modulus;
        let pairs = pairs(&field, p, RANDOM_PAIRS);
        check(Model::new(&modular_adder(&field)), &pairs, |a, b| {
            (a + b) % p
        });
        let model = Model::new(&modular_subtractor(&field));
        check(model, &pairs, |a, b| (a + p - b) % p);
    }
}

#[test]
fn every_pair_of_toy_elements() {
    for field in [fields::toy_fq(), fields::toy_fr()] {
        let p = &field.modulus;
        let elements = || num_iter(p);
        let mut pairs = Vec::new();
        for a in elements() {
            pairs.extend(elements().map(|b| [a.clone(), b]));
        }
        let scale = field.one().modinv(p).expect("the modulus is prime");
        for fill in [Fill::Record, Fill::Portable] {
            let model = Model::new(&modular_multiplier(&field, fill));
            check(model, &pairs, |a, b| a * b * &scale % p);
        }
        check(Model::new(&modular_adder(&field)), &pairs, |a, b| {
            (a + b) % p
        });
        let model = Model::new(&modular_subtractor(&field));
        check(model, &pairs, |a, b| (a + p - b) % p);
    }
}

fn num_iter(limit: &BigUint) -> impl Iterator<Item = BigUint> {
    let limit = u32::try_from(limit).expect("a toy modulus is small");
    (0..limit).map(BigUint::from)
}

/// The memory format is that of arkworks: the same limbs, and the product of the limbs is the limbs of the
/// product.
fn memory_of_arkworks<F: PrimeField>(field: &Field, limbs: impl Fn(&F) -> BigUint) {
    assert_eq!(F::MODULUS.into(), field.modulus);
    assert_eq!(F::BigInt::NUM_LIMBS * 8, field.element_bytes);
    let mut random = random();
    let mut model = Model::new(&modular_multiplier(field, Fill::Record));
    for _ in 0..1000 {
        let (a, b) = (F::rand(&mut random), F::rand(&mut random));
        let result = model.evaluate(&[limbs(&a), limbs(&b)]);
        assert_eq!(result, [limbs(&(a * b))]);
        assert_eq!(limbs(&a), field.to_memory(&a.into_bigint().into()));
        assert_eq!(field.from_memory(&limbs(&a)), a.into_bigint().into());
    }
}

#[test]
fn memory_format_of_arkworks() {
    memory_of_arkworks::<ark_bn254::Fq>(&fields::bn254_fq(), |a| a.0.into());
    memory_of_arkworks::<ark_bn254::Fr>(&fields::bn254_fr(), |a| a.0.into());
    memory_of_arkworks::<ark_bls12_381::Fq>(&fields::bls12_381_fq(), |a| a.0.into());
    memory_of_arkworks::<ark_bls12_381::Fr>(&fields::bls12_381_fr(), |a| a.0.into());
}

#[test]
fn multipliers_are_within_their_tiles() {
    let tiles = |field: &Field| modular_multiplier(field, Fill::Record).tiles();
    assert!(tiles(&fields::bn254_fq()) <= 190);
    assert!(tiles(&fields::bn254_fr()) <= 190);
    assert!(tiles(&fields::goldilocks()) <= 12);
    assert!(tiles(&fields::baby_bear()) <= 4);
}

/// The root of unity is that of arkworks.
fn root_of_arkworks<F: PrimeField>(field: &Field) {
    assert_eq!(field.two_adicity, F::TWO_ADICITY as usize);
    assert_eq!(
        field.root_of_unity,
        F::TWO_ADIC_ROOT_OF_UNITY.into_bigint().into()
    );
}

/// The roots of unity are those of Plonky3, of every order.
fn roots_of_plonky3<F: TwoAdicField + PrimeField64>(field: &Field) {
    assert_eq!(field.two_adicity, F::TWO_ADICITY);
    for order_log2 in 0..=field.two_adicity {
        let root = F::two_adic_generator(order_log2).as_canonical_u64();
        assert_eq!(field.root(order_log2, false), root.into());
    }
}

#[test]
fn roots_of_the_cpu_libraries() {
    root_of_arkworks::<ark_bn254::Fq>(&fields::bn254_fq());
    root_of_arkworks::<ark_bn254::Fr>(&fields::bn254_fr());
    root_of_arkworks::<ark_bls12_381::Fq>(&fields::bls12_381_fq());
    root_of_arkworks::<ark_bls12_381::Fr>(&fields::bls12_381_fr());
    roots_of_plonky3::<p3_goldilocks::Goldilocks>(&fields::goldilocks());
    roots_of_plonky3::<p3_baby_bear::BabyBear>(&fields::baby_bear());
    roots_of_plonky3::<p3_koala_bear::KoalaBear>(&fields::koala_bear());
}

/// The driver and the card mean the same fields.
#[test]
fn fields_of_the_protocol() {
    let number = |limbs: [u64; 4]| {
        let bytes: Vec<u8> = limbs.iter().flat_map(|limb| limb.to_le_bytes()).collect();
        BigUint::from_bytes_le(&bytes)
    };
    for (field, id) in [
        (fields::toy_ntt(), FieldId::Toy),
        (fields::bn254_fr(), FieldId::Bn254Fr),
        (fields::bls12_381_fr(), FieldId::Bls12381Fr),
        (fields::goldilocks(), FieldId::Goldilocks),
        (fields::baby_bear(), FieldId::BabyBear),
        (fields::koala_bear(), FieldId::KoalaBear),
    ] {
        assert_eq!(field.modulus, number(id.modulus()), "{id:?}");
        assert_eq!(field.root_of_unity, number(id.root_of_unity()), "{id:?}");
        assert_eq!(field.two_adicity, id.two_adicity() as usize);
        assert_eq!(field.element_bytes, id.element_bytes());
        let radix = BigUint::from(1u32) << id.radix_log2();
        assert_eq!(field.one(), radix % &field.modulus, "{id:?}");
    }
}

#[test]
fn roots_have_their_order() {
    for field in fields::all() {
        let (p, one) = (&field.modulus, BigUint::from(1u32));
        assert_eq!(p - 1u32, (p >> field.two_adicity) << field.two_adicity);
        for order_log2 in 0..=field.two_adicity {
            let root = field.root(order_log2, false);
            assert_eq!(&root * field.root(order_log2, true) % p, one);
            assert_eq!(root.modpow(&(&one << order_log2), p), one);
            if order_log2 > 0 {
                assert_eq!(root.modpow(&(&one << (order_log2 - 1)), p), p - 1u32);
            }
        }
    }
}
