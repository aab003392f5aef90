//! A real prover on accelerated types: what it sends where, and that its proofs are stock's.

mod common;

use std::sync::atomic::Ordering;

use ark_bn254::{Bn254, Fr};
use ark_groth16::{Groth16, ProvingKey};
use ark_serialize::CanonicalSerialize;
use ark_snark::SNARK;
use common::{Chain, session};
use gristmill::{
    Accelerated, AcceleratedReduction, Fallback, Operation, Place, Reason, Session, key,
};
use rand::{SeedableRng, rngs::StdRng};

type Stock = Groth16<Bn254>;
type Card = Groth16<Accelerated<Bn254>, AcceleratedReduction>;

const CIRCUIT: Chain = Chain {
    start: 3,
    rounds: 200,
};

fn rng() -> StdRng {
    StdRng::seed_from_u64(5)
}

fn stock_key() -> ProvingKey<Bn254> {
    Stock::generate_random_parameters_with_reduction(CIRCUIT, &mut rng()).unwrap()
}

fn bytes(value: &impl CanonicalSerialize) -> Vec<u8> {
    let mut bytes = Vec::new();
    value.serialize_uncompressed(&mut bytes).unwrap();
    bytes
}

#[test]
fn four_sums_go_to_the_card_and_the_rest_is_counted() {
    let stock = stock_key();
    let expected = Stock::prove(&stock, CIRCUIT, &mut rng()).unwrap();
    let verifying = stock.vk.clone();
    let address = stock.h_query.as_ptr().addr();
    let key = key::accelerate_proving_key(stock);
    assert_eq!(key.h_query.as_ptr().addr(), address, "the key was copied");

    let (card, switches) = session();
    let never = Session::builder()
        .card(card.card().unwrap().clone())
        .fallback(Fallback::Never)
        .build();
    let scoped = never
        .with_key(&key, || Card::prove(&key, CIRCUIT, &mut rng()))
        .unwrap();
    let proof = key::stock_proof(scoped.value.unwrap());
    assert_eq!(bytes(&proof), bytes(&expected));
    assert!(Stock::verify(&verifying, &[CIRCUIT.result()], &proof).unwrap());
    assert!(!Stock::verify(&verifying, &[Fr::from(1)], &proof).unwrap());

    let report = scoped.report;
    let sums = |group: &str| -> Vec<(usize, bool)> {
        let events = report.events.iter();
        events
            .filter(|event| event.operation == Operation::Msm && event.group == group)
            .map(|event| (event.length, matches!(event.place, Place::Card(_))))
            .collect()
    };
    let variables = key.a_query.len() - 1;
    let expected = [key.h_query.len(), key.l_query.len(), variables, variables];
    assert_eq!(sums("bn254.g1"), expected.map(|length| (length, true)));
    assert_eq!(sums("bn254.g2"), [(variables, false)]);
    assert_eq!(report.on_card(Operation::Msm), 4);
    assert_eq!(report.on_cpu(Operation::Ifft), 3);
    assert_eq!(report.on_cpu(Operation::CosetFft), 3);
    assert_eq!(report.on_cpu(Operation::CosetIfft), 1);
    assert_eq!(report.on_cpu(Operation::Fft), 0);
    assert_eq!(report.usage.jobs, 4);
    assert_eq!(report.usage.cycles, 4000);
    assert_eq!(switches.loads.load(Ordering::Relaxed), 4);
    let transforms = report
        .events
        .iter()
        .filter(|event| event.group == "bn254.fr");
    assert!(transforms.clone().all(|event| event.length == 512));
    assert!(
        transforms
            .clone()
            .all(|event| matches!(event.place, Place::Cpu(Reason::Unsupported)))
    );
    assert_eq!(transforms.count(), 7);
}

#[test]
fn two_proofs_in_a_scope_load_the_key_once() {
    let key = key::accelerate_proving_key(stock_key());
    let (session, switches) = session();
    let scoped = session
        .with_key(&key, || {
            for seed in 0..2 {
                Card::prove(&key, CIRCUIT, &mut StdRng::seed_from_u64(seed)).unwrap();
            }
        })
        .unwrap();
    assert_eq!(scoped.report.on_card(Operation::Msm), 8);
    assert_eq!(switches.loads.load(Ordering::Relaxed), 4);
}

#[test]
fn setup_and_key_files_are_the_same_bytes() {
    let (session, _) = session();
    let accelerated = session
        .scope(|| Card::circuit_specific_setup(CIRCUIT, &mut rng()).unwrap().0)
        .unwrap()
        .value;
    let stock = Stock::circuit_specific_setup(CIRCUIT, &mut rng())
        .unwrap()
        .0;
    assert_eq!(bytes(&accelerated), bytes(&stock));
    assert_eq!(key::stock_proving_key(accelerated), stock);
    let verifying = key::accelerate_verifying_key(stock.vk.clone());
    let proof = Stock::prove(&stock, CIRCUIT, &mut rng()).unwrap();
    let proof = key::accelerate_proof(proof);
    assert!(Card::verify(&verifying, &[CIRCUIT.result()], &proof).unwrap());
}

#[test]
fn a_card_that_fails_costs_no_proof() {
    let stock = stock_key();
    let expected = Stock::prove(&stock, CIRCUIT, &mut rng()).unwrap();
    let key = key::accelerate_proving_key(stock);
    let (session, switches) = session();
    for switch in [
        &switches.garbage,
        &switches.refuse_msm,
        &switches.refuse_load,
    ] {
        switch.store(true, Ordering::Relaxed);
        let scoped = session
            .with_key(&key, || Card::prove(&key, CIRCUIT, &mut rng()))
            .unwrap();
        assert_eq!(key::stock_proof(scoped.value.unwrap()), expected);
        assert_eq!(scoped.report.on_card(Operation::Msm), 0);
        assert_eq!(scoped.report.on_cpu(Operation::Msm), 5);
    }
}
