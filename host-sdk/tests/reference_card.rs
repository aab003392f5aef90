//! Through the driver, to the card in plain Rust that knows nothing of arkworks.

mod common;

use std::{sync::Arc, time::Duration};

use ark_bn254::Bn254;
use ark_ec::{AffineRepr, VariableBaseMSM};
use ark_ff::UniformRand;
use ark_groth16::Groth16;
use ark_snark::SNARK;
use ark_std::test_rng;
use common::Chain;
use gristmill::{
    Accelerated, AcceleratedReduction, CardChoice, CardGroup, CardProvider, DriverCard, Error,
    Fallback, Operation, Session, cli, key,
};
use gristmill_conformance::{ReferenceCard, ReferenceOptions};
use gristmill_driver::{Card, CardOptions, Transport};
use gristmill_protocol::CurveId;
use rand::{SeedableRng, rngs::StdRng};

type OnCard = Groth16<Accelerated<Bn254>, AcceleratedReduction>;

fn reference(curve: CurveId) -> Arc<ReferenceCard> {
    ReferenceCard::new(ReferenceOptions::msm(curve)).unwrap()
}

fn session(transport: Arc<ReferenceCard>, check: bool) -> Session {
    let card = Card::open(transport, CardOptions::default()).unwrap();
    Session::builder()
        .card(Arc::new(DriverCard::new(card)))
        .fallback(Fallback::Never)
        .check(check)
        .build()
}

fn sums_agree<G: CardGroup>() {
    let rng = &mut test_rng();
    let mut points: Vec<G::Affine> = (0..60).map(|_| G::rand(rng).into_affine()).collect();
    points[4] = G::Affine::ZERO;
    points[6] = points[5];
    let scalars: Vec<G::ScalarField> = (0..60).map(|_| G::ScalarField::rand(rng)).collect();
    let session = session(reference(G::CURVE), true);
    let bases = session.load_bases::<G>(&points).unwrap();
    for range in [0..60, 1..60, 4..5, 20..37] {
        let slice = bases.slice(range.clone()).unwrap();
        let scalars = &scalars[..range.len()];
        let expected = G::msm_unchecked(&points[range], scalars);
        assert_eq!(session.msm(&slice, scalars).unwrap(), expected);
    }
}

#[test]
fn sums_over_bn254() {
    sums_agree::<ark_bn254::G1Projective>();
}

#[test]
fn sums_over_bls12_381() {
    sums_agree::<ark_bls12_381::G1Projective>();
}

#[test]
fn a_proof_on_the_card() {
    let circuit = Chain {
        start: 3,
        rounds: 20,
    };
    let rng = || StdRng::seed_from_u64(1);
    let stock = Groth16::<Bn254>::circuit_specific_setup(circuit, &mut rng())
        .unwrap()
        .0;
    let expected = Groth16::<Bn254>::prove(&stock, circuit, &mut rng()).unwrap();
    let key = key::accelerate_proving_key(stock);
    let scoped = session(reference(CurveId::Bn254G1), false)
        .with_key(&key, || OnCard::prove(&key, circuit, &mut rng()))
        .unwrap();
    assert_eq!(key::stock_proof(scoped.value.unwrap()), expected);
    assert_eq!(scoped.report.on_card(Operation::Msm), 4);
    assert!(scoped.report.usage.cycles > 0);
}

#[test]
fn a_card_that_leaves_is_a_typed_error() {
    let transport = reference(CurveId::Bn254G1);
    let rng = &mut test_rng();
    let points = vec![ark_bn254::G1Affine::rand(rng); 8];
    let scalars = vec![ark_bn254::Fr::rand(rng); 8];
    let never = session(transport.clone(), false);
    let bases = never
        .load_bases::<ark_bn254::G1Projective>(&points)
        .unwrap();
    let cpu = Session::builder()
        .card(never.card().unwrap().clone())
        .build();
    transport.inject(|faults| faults.gone = true);
    assert!(matches!(never.msm(&bases, &scalars), Err(Error::Card(_))));
    let expected = ark_bn254::G1Projective::msm(&points, &scalars).unwrap();
    assert_eq!(cpu.msm(&bases, &scalars).unwrap(), expected);
}

struct Offered;

impl CardProvider for Offered {
    fn choice(&self) -> CardChoice {
        CardChoice::Sim
    }
    fn summary(&self) -> String {
        "the card in plain Rust".into()
    }
    fn transport(&self) -> Result<Arc<dyn Transport>, Error> {
        Ok(reference(CurveId::Bn254G1))
    }
    fn patience(&self) -> Duration {
        Duration::from_secs(60)
    }
}

/// Runs the command line; what it wrote.
fn command(arguments: &[&str]) -> Result<String, cli::CommandError> {
    use clap::Parser;
    #[derive(Parser)]
    struct Line {
        #[command(subcommand)]
        command: cli::Command,
    }
    let line = Line::try_parse_from([&["gristmill"], arguments].concat()).unwrap();
    let mut out = Vec::new();
    line.command.run(&[Arc::new(Offered)], &mut out)?;
    Ok(String::from_utf8(out).unwrap())
}

#[test]
fn the_command_line() {
    assert!(command(&["list"]).unwrap().contains("sim "));
    assert!(
        command(&["info", "--card", "auto"])
            .unwrap()
            .contains("adders")
    );
    for distribution in ["uniform", "witness", "equal", "zero", "one", "minus-one"] {
        let arguments = [
            "msm",
            "--card",
            "sim",
            "--size",
            "90",
            "--distribution",
            distribution,
        ];
        let text = command(&arguments).unwrap();
        assert!(text.contains("card and CPU agree"), "{text}");
        assert!(text.contains("card, cycles"), "{text}");
    }
    let error = command(&["info", "--card", "vfio:0000:01:00.0"]).unwrap_err();
    assert!(matches!(
        error,
        cli::CommandError::Card(Error::NoTransport(_))
    ));
    let error = command(&["msm", "--card", "sim", "--curve", "bls12-381"]).unwrap_err();
    assert!(matches!(error, cli::CommandError::Card(Error::NoEngine(_))));
}

#[test]
fn the_selftest() {
    let text = command(&["selftest", "--card", "sim"]).unwrap();
    assert!(text.contains("passed"), "{text}");
}
