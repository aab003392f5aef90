//! Groth16 as a whole: the same bytes as the stock prover's, with fewer transfers.

mod common;

use std::sync::Arc;

use ark_bn254::{Bn254, Fr};
use ark_groth16::{Groth16, Proof, ProvingKey, r1cs_to_qap::LibsnarkReduction};
use ark_serialize::CanonicalSerialize;
use ark_snark::SNARK;
use common::Chain;
use gristmill::{
    CircomReduction, DriverCard, Error, Fallback, Operation, SessionBuilder,
    groth16::{FusedReduction, ProveError, Prover},
};
use gristmill_conformance::{Mutation, ReferenceCard, ReferenceOptions};
use gristmill_driver::{Card, CardOptions};
use gristmill_protocol::{CurveId, FieldId};
use rand::{SeedableRng, rngs::StdRng};

const CIRCUIT: Chain = Chain {
    start: 3,
    rounds: 20,
};

/// Elements of the circuit's domain.
const SIZE: u64 = 64;
/// Bytes of the descriptors and completions of some jobs.
const AROUND: u64 = 2048;

fn rng() -> StdRng {
    StdRng::seed_from_u64(4)
}

fn builder(mutation: Option<Mutation>) -> (Arc<ReferenceCard>, SessionBuilder) {
    let options = ReferenceOptions { mutation, ..card() };
    open(options)
}

/// A card with all engines.
fn card() -> ReferenceOptions {
    without_pointwise().and_pointwise(FieldId::Bn254Fr)
}

fn without_pointwise() -> ReferenceOptions {
    ReferenceOptions::msm(CurveId::Bn254G1).and_ntt(FieldId::Bn254Fr)
}

fn open(options: ReferenceOptions) -> (Arc<ReferenceCard>, SessionBuilder) {
    let reference = ReferenceCard::new(options).unwrap();
    let card = Card::open(reference.clone(), CardOptions::default()).unwrap();
    let builder = gristmill::Session::builder()
        .card(Arc::new(DriverCard::new(card)))
        .fallback(Fallback::Never);
    (reference, builder)
}

fn key<Q: FusedReduction>() -> ProvingKey<Bn254> {
    Groth16::<Bn254, Q>::generate_random_parameters_with_reduction(CIRCUIT, &mut rng()).unwrap()
}

fn bytes(proof: &Proof<Bn254>) -> Vec<u8> {
    let mut bytes = Vec::new();
    proof.serialize_uncompressed(&mut bytes).unwrap();
    bytes
}

fn proofs_agree<Q: FusedReduction>(inverse_transforms: u64) {
    let key = key::<Q>();
    let expected = Groth16::<Bn254, Q>::prove(&key, CIRCUIT, &mut rng()).unwrap();
    let mut link_bytes = 0;
    for check in [false, true] {
        let session = builder(None).1.check(check).build();
        let prover = Prover::<Bn254, Q>::new(&session, &key).unwrap();
        for _ in 0..2 {
            let proof = prover.prove(CIRCUIT, &mut rng()).unwrap();
            assert_eq!(bytes(&proof.value), bytes(&expected));
            let report = proof.report;
            assert_eq!(report.on_card(Operation::Msm), 4);
            assert_eq!(report.on_cpu(Operation::Msm), 1);
            for operation in [Operation::Ifft, Operation::CosetFft] {
                assert_eq!(report.on_card(operation), 3);
            }
            assert_eq!(report.on_card(Operation::CosetIfft), inverse_transforms);
            assert_eq!(report.on_card(Operation::MultiplySubtract), 1);
            assert_eq!(report.events.len() as u64, 12 + inverse_transforms);
            if !check {
                link_bytes = report.usage.link_bytes;
            }
        }
    }
    // without the engine of element-wise arithmetic
    let session = open(without_pointwise()).1.build();
    let prover = Prover::<Bn254, Q>::new(&session, &key).unwrap();
    let proof = prover.prove(CIRCUIT, &mut rng()).unwrap();
    assert_eq!(bytes(&proof.value), bytes(&expected));
    let report = proof.report;
    assert_eq!(report.on_card(Operation::Msm), 4);
    assert_eq!(report.on_card(Operation::Extension), 1);
    assert_eq!(report.on_card(Operation::CosetIfft), inverse_transforms);
    assert_eq!(report.on_cpu(Operation::MultiplySubtract), 1);
    // Three vectors and an assignment cross the link; before, three came back, h went both ways, with a transform, or
    // one way, without, and every sum had its own scalars.
    let spared = (4 + 2 * inverse_transforms) * SIZE + 2 * (key.a_query.len() as u64 - 2);
    let (less, more) = (link_bytes, report.usage.link_bytes);
    assert!(less + 32 * spared - AROUND < more, "{less}, {more}");
    let inputs = [CIRCUIT.result()];
    assert!(Groth16::<Bn254, Q>::verify(&key.vk, &inputs, &expected).unwrap());
    assert!(!Groth16::<Bn254, Q>::verify(&key.vk, &[Fr::from(1)], &expected).unwrap());
}

#[test]
fn with_the_reduction_of_libsnark() {
    proofs_agree::<LibsnarkReduction>(1);
}

#[test]
fn with_the_reduction_of_circom() {
    proofs_agree::<CircomReduction>(0);
}

#[test]
fn a_card_that_errs_or_leaves_costs_no_proof() {
    let key = key::<LibsnarkReduction>();
    let expected = Groth16::<Bn254>::prove(&key, CIRCUIT, &mut rng()).unwrap();
    // Two values of each extension are exchanged.
    let (_reference, wrong) = open(without_pointwise().with(Mutation::NttExtension));
    let (reference, leaving) = open(without_pointwise());
    reference.inject(|faults| faults.gone = true);
    for builder in [wrong.check(true), leaving] {
        let cpu = builder.clone().fallback(Fallback::Cpu).build();
        let proof = Prover::<Bn254>::new(&cpu, &key).unwrap();
        let proof = proof.prove(CIRCUIT, &mut rng()).unwrap();
        assert_eq!(bytes(&proof.value), bytes(&expected));
        assert_eq!(proof.report.on_cpu(Operation::Extension), 1);
        let never = builder.build();
        let failed = Prover::<Bn254>::new(&never, &key)
            .map_err(ProveError::from)
            .and_then(|prover| prover.prove(CIRCUIT, &mut rng()));
        let error = failed.map(|_| ()).unwrap_err();
        assert!(
            matches!(error, ProveError::Card(Error::CheckFailed | Error::Card(_))),
            "{error}"
        );
    }
}

/// One wrong result of each kind of job, and the check that finds it.
#[test]
fn a_wrong_result_that_stays_on_the_card_is_found() {
    fn found<Q: FusedReduction>(mutation: Mutation) {
        let key = key::<Q>();
        let expected = Groth16::<Bn254, Q>::prove(&key, CIRCUIT, &mut rng()).unwrap();
        let prove = |session: &gristmill::Session| {
            Prover::<Bn254, Q>::new(session, &key)
                .map_err(ProveError::from)
                .and_then(|prover| prover.prove(CIRCUIT, &mut rng()))
        };
        let (_reference, builder) = builder(Some(mutation));
        let unseen = prove(&builder.clone().build()).unwrap();
        assert_ne!(bytes(&unseen.value), bytes(&expected), "{mutation:?}");
        let error = prove(&builder.clone().check(true).build()).map(|_| ());
        let seen = matches!(error, Err(ProveError::Card(Error::CheckFailed)));
        assert!(seen, "{mutation:?}: {error:?}");
        let cpu = builder.check(true).fallback(Fallback::Cpu).build();
        let proof = prove(&cpu).unwrap();
        assert_eq!(bytes(&proof.value), bytes(&expected), "{mutation:?}");
    }
    // a transform in place, the product, an inverse coset transform, and the shared scalars of a sum
    for mutation in [
        Mutation::NttInPlace,
        Mutation::PointwiseValues,
        Mutation::NttCoset,
        Mutation::ResidentScalars,
    ] {
        found::<LibsnarkReduction>(mutation);
    }
    found::<CircomReduction>(Mutation::NttInPlace);
    found::<CircomReduction>(Mutation::PointwiseValues);
}

/// Every job of a proof fails in turn.
#[test]
fn a_job_that_fails_costs_no_proof() {
    let key = key::<LibsnarkReduction>();
    let expected = Groth16::<Bn254>::prove(&key, CIRCUIT, &mut rng()).unwrap();
    let mut failures = 0;
    loop {
        let (reference, builder) = builder(None);
        let session = builder.fallback(Fallback::Cpu).build();
        let prover = Prover::<Bn254>::new(&session, &key).unwrap();
        reference.inject(|faults| faults.fail_after = Some(failures));
        let proof = prover.prove(CIRCUIT, &mut rng()).unwrap();
        assert_eq!(bytes(&proof.value), bytes(&expected), "job {failures}");
        let mut unused = false;
        reference.inject(|faults| unused = faults.fail_after.is_some());
        if unused {
            break;
        }
        failures += 1;
    }
    // three vectors, two batches of transforms, a product, a transform, an assignment, four sums; tables and regions
    assert!(failures >= 12, "{failures} jobs");
}

#[test]
fn without_a_card_the_current_session_proves_too() {
    let key = key::<LibsnarkReduction>();
    let expected = Groth16::<Bn254>::prove(&key, CIRCUIT, &mut rng()).unwrap();
    let proof = gristmill::groth16::prove(&key, CIRCUIT, &mut rng()).unwrap();
    assert_eq!(bytes(&proof.value), bytes(&expected));
    assert_eq!(proof.report.on_card(Operation::Msm), 0);
}
