//! Vectors that stay in card memory, through the driver, on the reference card.

mod common;

use common::{PATIENCE, options};
use gristmill_conformance::curve::Curve;
use gristmill_conformance::field::Field;
use gristmill_conformance::{ReferenceCard, ReferenceOptions};
use gristmill_driver::{
    Card, CardError, CardVectors, JobError, MsmBases, MsmRequest, MsmScalars, NttDirection, Plan,
    VectorTransform,
};
use gristmill_protocol::{CurveId, EngineKind, FieldId, Status};
use num_bigint::{BigUint, RandBigInt};
use rand::SeedableRng;
use rand::rngs::StdRng;
use std::sync::Arc;

const ID: FieldId = FieldId::Bn254Fr;

fn open() -> (Arc<ReferenceCard>, Arc<Card>) {
    let options_of_card = ReferenceOptions::msm(CurveId::Bn254G1)
        .and_ntt(ID)
        .and_pointwise(ID);
    let reference = ReferenceCard::new(options_of_card).unwrap();
    let card = Card::open(reference.clone(), options()).unwrap();
    (reference, card)
}

fn random(length: usize, seed: u64) -> Vec<BigUint> {
    let mut random = StdRng::seed_from_u64(seed);
    let modulus = Field::of(ID).modulus;
    let elements = (0..length).map(|_| random.gen_biguint_below(&modulus));
    elements.collect()
}

fn encode(elements: &[BigUint]) -> Vec<u8> {
    let field = Field::of(ID);
    elements.iter().flat_map(|x| field.encode(x)).collect()
}

fn get(card: &Card, vectors: &CardVectors, vector: usize) -> Vec<BigUint> {
    let mut bytes = vec![0; 32 * vectors.length()];
    card.download(vectors, vector, &mut bytes, PATIENCE)
        .unwrap();
    let field = Field::of(ID);
    let elements = bytes.chunks_exact(32).map(|x| field.decode(x).unwrap());
    elements.collect()
}

#[test]
fn what_goes_up_comes_down() {
    let (_reference, card) = open();
    for length in [1, 2, 3, 64, 1000, 1001] {
        let vectors = card.vectors(ID, length, 3, PATIENCE).unwrap();
        let elements: Vec<_> = (0..3).map(|i| random(length, i)).collect();
        for (i, elements) in elements.iter().enumerate() {
            let bytes = card
                .upload(&vectors, i, &encode(elements), PATIENCE)
                .unwrap();
            assert!(bytes >= 32 * length as u64, "{bytes}");
        }
        for (i, elements) in elements.iter().enumerate() {
            assert_eq!(&get(&card, &vectors, i), elements);
        }
    }
    // only the front
    let vectors = card.vectors(ID, 10, 1, PATIENCE).unwrap();
    let (old, new) = (random(10, 7), random(4, 8));
    card.upload(&vectors, 0, &encode(&old), PATIENCE).unwrap();
    card.upload(&vectors, 0, &encode(&new), PATIENCE).unwrap();
    assert_eq!(get(&card, &vectors, 0), [&new[..], &old[4..]].concat());
}

/// (A B - C) / Z on a coset, back to coefficients, and those times points: nothing but the sum comes back.
#[test]
fn a_quotient_and_its_sum() {
    let (_reference, card) = open();
    let field = Field::of(ID);
    let p = &field.modulus;
    // one pass and two
    for size_log2 in [5u32, 7] {
        let n = 1usize << size_log2;
        let vectors = card.vectors(ID, n, 3, PATIENCE).unwrap();
        assert!(card.keeps_vectors(ID, n, 3));
        assert!(!card.keeps_vectors(FieldId::Bls12381Fr, n, 3));
        assert!(!card.keeps_vectors(ID, 1 << 12, 3), "there is no room");
        let values: Vec<_> = (0..3).map(|i| random(n, 10 + i)).collect();
        for (i, values) in values.iter().enumerate() {
            card.upload(&vectors, i, &encode(values), PATIENCE).unwrap();
        }
        let (offset, scale) = (BigUint::from(7u32), BigUint::from(12345u32));
        let (offset_bytes, scale_bytes) = (field.encode(&offset), field.encode(&scale));
        let plain = |direction| VectorTransform {
            direction,
            offset: None,
            scale: None,
        };
        let transform = |range, transform: &VectorTransform| {
            let usage = card.transform_vectors(&vectors, range, transform, PATIENCE);
            assert_eq!(usage.unwrap().jobs.len(), 1);
        };
        transform(0..3, &plain(NttDirection::Inverse));
        let coset = VectorTransform {
            offset: Some(&offset_bytes),
            ..plain(NttDirection::Forward)
        };
        transform(0..3, &coset);
        let done = card
            .multiply_subtract(&vectors, [0, 1, 2], PATIENCE)
            .unwrap();
        assert!(done.busy > 0);
        let back = VectorTransform {
            direction: NttDirection::Inverse,
            offset: Some(&offset_bytes),
            scale: Some(&scale_bytes),
        };
        transform(0..1, &back);

        let one = BigUint::from(1u32);
        let on_coset: Vec<_> = values
            .iter()
            .map(|x| field.transform(&field.transform(x, true, &one), false, &offset))
            .collect();
        let product = (0..n).map(|i| (&on_coset[0][i] * &on_coset[1][i] + p - &on_coset[2][i]) % p);
        let product: Vec<_> = product.collect();
        let quotient = field.transform(&product, true, &offset);
        let quotient: Vec<_> = quotient.iter().map(|x| x * &scale % p).collect();
        assert_eq!(get(&card, &vectors, 0), quotient);
        assert_eq!(get(&card, &vectors, 1), on_coset[1]);

        // some of them are scalars, in one pass and in several
        let curve = Curve::of(CurveId::Bn254G1);
        let generator = curve.generator();
        let point = |i: usize| curve.encode_point(&curve.multiply(&i.into(), &generator));
        let points: Vec<u8> = (1..=n).flat_map(point).collect();
        let bases = card.load_bases(points, 64, n).unwrap();
        let engine = *card.engine(EngineKind::Msm).unwrap();
        for (first, count) in [(0, n), (1, n - 1), (3, 9)] {
            let plan = Plan::with_window(&engine, 4, count, gristmill_driver::Density::UNIFORM);
            for plan in [None, plan.map(|plan| plan.narrowest(&engine))] {
                let request = MsmRequest {
                    bases: MsmBases::Resident {
                        bases: &bases,
                        first: 0,
                    },
                    scalars: MsmScalars::Resident {
                        vectors: &vectors,
                        vector: 0,
                        first,
                    },
                    montgomery: true,
                    count,
                    density: None,
                    plan,
                    patience: PATIENCE,
                };
                let result = card.msm(&request).unwrap();
                let sum: BigUint = (0..count).map(|i| &quotient[first + i] * (i + 1)).sum();
                let wanted = curve.multiply(&(sum % &curve.order), &generator);
                let found = curve.sum_of_slots(&result.slots, result.window as usize);
                assert!(
                    curve.equal(&found.unwrap(), &wanted),
                    "{first}, {count}, {plan:?}"
                );
                assert!(result.completion.link_bytes < result.slots.len() as u64 + 1000);
            }
        }
    }
}

fn argument(result: Result<impl Sized, CardError>) -> bool {
    matches!(result, Err(CardError::Argument { .. }))
}

#[test]
fn what_contradicts_itself_is_refused_here() {
    let (_reference, card) = open();
    let (_other_reference, other) = open();
    let vectors = card.vectors(ID, 48, 2, PATIENCE).unwrap();
    assert!(argument(card.vectors(ID, 0, 1, PATIENCE)));
    assert!(argument(card.vectors(ID, 1, 0, PATIENCE)));
    let too_large = card.vectors(ID, 1 << 20, 1, PATIENCE);
    assert!(matches!(too_large, Err(CardError::OutOfMemory { .. })));
    assert!(argument(card.upload(&vectors, 2, &[0; 32], PATIENCE)));
    assert!(argument(card.upload(&vectors, 0, &[0; 33], PATIENCE)));
    assert!(argument(card.upload(&vectors, 0, &[0; 49 * 32], PATIENCE)));
    assert!(argument(other.upload(&vectors, 0, &[0; 32], PATIENCE)));
    assert!(argument(card.download(&vectors, 2, &mut [0; 32], PATIENCE)));
    let forward = VectorTransform {
        direction: NttDirection::Forward,
        offset: None,
        scale: None,
    };
    // no power of two
    assert!(argument(card.transform_vectors(
        &vectors,
        0..1,
        &forward,
        PATIENCE
    )));
    let square = card.vectors(ID, 64, 2, PATIENCE).unwrap();
    for range in [0..0, 2..3, 1..3] {
        assert!(argument(
            card.transform_vectors(&square, range, &forward, PATIENCE)
        ));
    }
    let nothing = VectorTransform {
        scale: Some(&[0; 32]),
        ..forward
    };
    assert!(argument(card.transform_vectors(
        &square,
        0..1,
        &nothing,
        PATIENCE
    )));
    for operands in [[0, 0, 1], [0, 1, 0], [0, 1, 2]] {
        assert!(argument(
            card.multiply_subtract(&square, operands, PATIENCE)
        ));
    }
}

/// Memory comes back when vectors go, and not before.
#[test]
fn dropped_vectors_leave_their_room() {
    let (_reference, card) = open();
    let large = || card.vectors(ID, 1 << 11, 6, std::time::Duration::from_millis(50));
    for _ in 0..5 {
        let first = large().unwrap();
        let second = large();
        assert!(matches!(second, Err(CardError::OutOfMemory { .. })));
        assert_eq!(first.count(), 6);
    }
}

#[test]
fn a_reset_takes_them_and_an_error_is_told() {
    let (reference, card) = open();
    let vectors = card.vectors(ID, 8, 3, PATIENCE).unwrap();
    let elements = encode(&random(8, 1));
    for i in 0..3 {
        card.upload(&vectors, i, &elements, PATIENCE).unwrap();
    }
    reference.inject(|faults| faults.memory_errors = 1);
    let failed = card.upload(&vectors, 0, &elements, PATIENCE);
    let failed = failed.map_err(|error| match error {
        CardError::Job(error) => error.status(),
        _ => None,
    });
    assert_eq!(failed, Err(Some(Status::HostMemoryError)));
    // not an element
    card.upload(&vectors, 2, &[0xff; 32], PATIENCE).unwrap();
    let failed = card.multiply_subtract(&vectors, [0, 1, 2], PATIENCE);
    let failed = failed.map_err(|error| match error {
        CardError::Job(error) => error.status(),
        _ => None,
    });
    assert_eq!(failed.map(drop), Err(Some(Status::NonCanonicalElement)));

    card.recover().unwrap();
    let aborted = CardError::Job(JobError::Aborted);
    assert_eq!(
        card.upload(&vectors, 0, &elements, PATIENCE),
        Err(aborted.clone())
    );
    let product = card.multiply_subtract(&vectors, [0, 1, 2], PATIENCE);
    assert_eq!(product.map(drop), Err(aborted));
    drop(vectors);
    let vectors = card.vectors(ID, 8, 3, PATIENCE).unwrap();
    card.upload(&vectors, 0, &elements, PATIENCE).unwrap();
}
