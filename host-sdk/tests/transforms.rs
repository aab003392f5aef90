//! Transforms through arkworks' domain and reductions, on the card in plain Rust.

mod common;

use std::sync::Arc;

use ark_bn254::{Bn254, Fr, G1Projective};
use ark_ff::{FftField, UniformRand, Zero};
use ark_groth16::{
    Groth16,
    r1cs_to_qap::{LibsnarkReduction, R1CSToQAP},
};
use ark_poly::{EvaluationDomain, GeneralEvaluationDomain, MixedRadixEvaluationDomain};
use ark_serialize::CanonicalSerialize;
use ark_snark::SNARK;
use ark_std::test_rng;
use common::Chain;
use gristmill::{
    Accelerated, AcceleratedDomain, AcceleratedReduction, CardField, CircomReduction, DriverCard,
    Error, Fallback, Operation, Place, Reason, Report, Session, SessionBuilder, key,
};
use gristmill_conformance::{Mutation, ReferenceCard, ReferenceOptions};
use gristmill_driver::{Card, CardOptions};
use gristmill_protocol::{CurveId, FieldId};
use rand::{SeedableRng, rngs::StdRng};

fn builder(options: ReferenceOptions) -> (Arc<ReferenceCard>, SessionBuilder) {
    let reference = ReferenceCard::new(options).unwrap();
    let card = Card::open(reference.clone(), CardOptions::default()).unwrap();
    let builder = Session::builder()
        .card(Arc::new(DriverCard::new(card)))
        .fallback(Fallback::Never);
    (reference, builder)
}

fn transforms(field: FieldId) -> Session {
    builder(ReferenceOptions::ntt(field)).1.check(true).build()
}

fn random<F: UniformRand>(count: usize) -> Vec<F> {
    (0..count).map(|_| F::rand(&mut test_rng())).collect()
}

fn reason(report: &Report) -> &Reason {
    match &report.events[0].place {
        Place::Cpu(reason) => reason,
        Place::Card(_) => panic!("ran on the card"),
    }
}

fn domains_agree<F: CardField>() {
    let session = transforms(F::FIELD);
    for log2 in [0, 1, 2, 5, 9, 12] {
        let stock = GeneralEvaluationDomain::<F>::new(1 << log2).unwrap();
        for stock in [stock, stock.get_coset(F::GENERATOR).unwrap()] {
            let domain = AcceleratedDomain(stock);
            let x: Vec<F> = random(1 << log2);
            let scoped = session.scope(|| (domain.fft(&x), domain.ifft(&x))).unwrap();
            assert_eq!(scoped.value, (stock.fft(&x), stock.ifft(&x)));
            let on_card = |event: &gristmill::Event| {
                event.length == 1 << log2
                    && event.group == F::FIELD.name()
                    && matches!(event.place, Place::Card(_))
            };
            assert_eq!(scoped.report.events.len(), 2);
            assert!(
                scoped.report.events.iter().all(on_card),
                "{}",
                scoped.report
            );
            assert!(scoped.report.usage.beats > 0 && scoped.report.usage.cycles > 0);
            assert!(scoped.report.usage.link_bytes >= (4 * 32) << log2);

            let mut explicit = x.clone();
            session.fft(&stock, &mut explicit).unwrap();
            assert_eq!(explicit, stock.fft(&x));
            session.ifft(&stock, &mut explicit).unwrap();
            assert_eq!(explicit, x);
        }
    }
}

#[test]
fn domains_of_bn254() {
    domains_agree::<Fr>();
}

#[test]
fn domains_of_bls12_381() {
    domains_agree::<ark_bls12_381::Fr>();
}

#[test]
fn inputs_that_are_not_full() {
    let session = transforms(FieldId::Bn254Fr);
    let stock = GeneralEvaluationDomain::<Fr>::new(64).unwrap();
    let domain = AcceleratedDomain(stock);
    // A quarter of the domain or less is quicker where the degree is known.
    for (length, on_card) in [
        (64, true),
        (33, true),
        (17, true),
        (16, false),
        (1, false),
        (0, false),
    ] {
        let x: Vec<Fr> = random(length);
        let scoped = session.scope(|| domain.fft(&x)).unwrap();
        assert_eq!(scoped.value, stock.fft(&x), "{length}");
        assert_eq!(
            scoped.report.on_card(Operation::Fft),
            u64::from(on_card),
            "{length}"
        );
        if !on_card {
            assert!(matches!(reason(&scoped.report), Reason::TooSmall));
        }
    }
}

#[test]
fn points_and_mixed_radix_sizes_stay_on_the_cpu() {
    let session = transforms(FieldId::Bn254Fr);
    let stock = GeneralEvaluationDomain::<Fr>::new(8).unwrap();
    let points: Vec<G1Projective> = random(8);
    let scoped = session
        .scope(|| AcceleratedDomain(stock).fft(&points))
        .unwrap();
    assert_eq!(scoped.value, stock.fft(&points));
    assert!(matches!(reason(&scoped.report), Reason::Unsupported));

    let mixed = MixedRadixEvaluationDomain::<Fr>::new(9).unwrap();
    assert_eq!(mixed.size(), 9);
    let mixed = GeneralEvaluationDomain::MixedRadix(mixed);
    let x: Vec<Fr> = random(9);
    let scoped = session.scope(|| AcceleratedDomain(mixed).ifft(&x)).unwrap();
    assert_eq!(scoped.value, mixed.ifft(&x));
    assert!(matches!(reason(&scoped.report), Reason::Unsupported));
}

#[test]
fn what_the_card_does_not_offer_is_no_error() {
    // Another field; and a size that is too large for the engine.
    let session = transforms(FieldId::Bls12381Fr);
    for (session, log2) in [(session, 4), (transforms(FieldId::Bn254Fr), 13)] {
        let stock = GeneralEvaluationDomain::<Fr>::new(1 << log2).unwrap();
        let x: Vec<Fr> = random(1 << log2);
        let scoped = session.scope(|| AcceleratedDomain(stock).fft(&x)).unwrap();
        assert_eq!(scoped.value, stock.fft(&x));
        assert!(matches!(reason(&scoped.report), Reason::Unsupported));
    }
}

#[test]
fn below_the_threshold_the_cpu_does_it() {
    let options = ReferenceOptions::ntt(FieldId::Bn254Fr);
    let session = builder(options)
        .1
        .fallback(Fallback::Cpu)
        .threshold(32)
        .build();
    for (size, on_card) in [(16, 0), (32, 1)] {
        let stock = GeneralEvaluationDomain::<Fr>::new(size).unwrap();
        let x: Vec<Fr> = random(size);
        let scoped = session.scope(|| AcceleratedDomain(stock).fft(&x)).unwrap();
        assert_eq!(scoped.value, stock.fft(&x));
        assert_eq!(scoped.report.on_card(Operation::Fft), on_card);
    }
}

#[test]
fn a_wrong_transform_is_found_out() {
    // The driver transforms in place, so that each result of this card has a wrong value.
    let wrong = || ReferenceOptions::ntt(FieldId::Bn254Fr).with(Mutation::NttInPlace);
    let stock = GeneralEvaluationDomain::<Fr>::new(64).unwrap();
    let domain = AcceleratedDomain(stock.get_coset(Fr::GENERATOR).unwrap());
    let x: Vec<Fr> = random(64);

    let unchecked = builder(wrong()).1.build();
    let scoped = unchecked.scope(|| domain.fft(&x)).unwrap();
    assert_ne!(scoped.value, domain.0.fft(&x));

    let never = builder(wrong()).1.check(true).build();
    let mut answers = Vec::new();
    let failed = never.scope(|| answers.push(domain.fft(&x)));
    assert!(matches!(failed, Err(Error::CheckFailed)));
    assert_eq!(answers[0], domain.0.fft(&x));
    let failed = never.fft(&domain.0, &mut x.clone());
    assert!(matches!(failed, Err(Error::CheckFailed)));

    let cpu = builder(wrong())
        .1
        .check(true)
        .fallback(Fallback::Cpu)
        .build();
    let scoped = cpu.scope(|| domain.ifft(&x)).unwrap();
    assert_eq!(scoped.value, domain.0.ifft(&x));
    assert!(matches!(
        reason(&scoped.report),
        Reason::Failed(Error::CheckFailed)
    ));
    let mut values = x.clone();
    cpu.ifft(&domain.0, &mut values).unwrap();
    assert_eq!(values, domain.0.ifft(&x));
}

#[test]
fn a_card_that_leaves_costs_no_transform() {
    let (reference, never) = builder(ReferenceOptions::ntt(FieldId::Bn254Fr));
    let cpu = never.clone().fallback(Fallback::Cpu).build();
    let never = never.build();
    reference.inject(|faults| faults.gone = true);
    let stock = GeneralEvaluationDomain::<Fr>::new(64).unwrap();
    let x: Vec<Fr> = random(50);
    let failed = never.scope(|| AcceleratedDomain(stock).fft(&x));
    assert!(matches!(failed, Err(Error::Card(_))));
    let scoped = cpu.scope(|| AcceleratedDomain(stock).fft(&x)).unwrap();
    assert_eq!(scoped.value, stock.fft(&x));
    assert!(matches!(
        reason(&scoped.report),
        Reason::Failed(Error::Card(_))
    ));
}

fn proofs_agree<Q: R1CSToQAP>(transforms: [u64; 4]) {
    let circuit = Chain {
        start: 3,
        rounds: 20,
    };
    let rng = || StdRng::seed_from_u64(1);
    let stock = Groth16::<Bn254, Q>::generate_random_parameters_with_reduction(circuit, &mut rng())
        .unwrap();
    let expected = Groth16::<Bn254, Q>::prove(&stock, circuit, &mut rng()).unwrap();
    let verifying = stock.vk.clone();
    let key = key::accelerate_proving_key(stock);
    let options = ReferenceOptions::msm(CurveId::Bn254G1).and_ntt(FieldId::Bn254Fr);
    let session = builder(options).1.build();
    let scoped = session
        .with_key(&key, || {
            Groth16::<Accelerated<Bn254>, AcceleratedReduction<Q>>::prove(&key, circuit, &mut rng())
        })
        .unwrap();
    let proof = key::stock_proof(scoped.value.unwrap());
    let bytes = |proof: &ark_groth16::Proof<Bn254>| {
        let mut bytes = Vec::new();
        proof.serialize_compressed(&mut bytes).unwrap();
        bytes
    };
    assert_eq!(bytes(&proof), bytes(&expected));
    let inputs = [circuit.result()];
    assert!(Groth16::<Bn254, Q>::verify(&verifying, &inputs, &proof).unwrap());
    assert!(!Groth16::<Bn254, Q>::verify(&verifying, &[Fr::zero()], &proof).unwrap());
    let report = scoped.report;
    assert_eq!(report.on_card(Operation::Msm), 4);
    let kinds = [
        Operation::Fft,
        Operation::Ifft,
        Operation::CosetFft,
        Operation::CosetIfft,
    ];
    assert_eq!(kinds.map(|kind| report.on_card(kind)), transforms);
    assert_eq!(kinds.map(|kind| report.on_cpu(kind)), [0; 4]);
}

#[test]
fn a_proof_with_the_reduction_of_libsnark() {
    proofs_agree::<LibsnarkReduction>([0, 3, 3, 1]);
}

#[test]
fn a_proof_with_the_reduction_of_circom() {
    proofs_agree::<CircomReduction>([0, 3, 3, 0]);
}
