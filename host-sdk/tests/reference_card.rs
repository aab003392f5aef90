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
use gristmill_conformance::{Mutation, ReferenceCard, ReferenceOptions};
use gristmill_driver::{Card, CardOptions, Transport};
use gristmill_protocol::{CurveId, FieldId};
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

/// A card with an NTT engine for this field, which may be broken.
struct Offered(FieldId, Option<Mutation>);

impl CardProvider for Offered {
    fn choice(&self) -> CardChoice {
        CardChoice::Sim
    }
    fn summary(&self) -> String {
        "the card in plain Rust".into()
    }
    fn transport(&self) -> Result<Arc<dyn Transport>, Error> {
        let options = ReferenceOptions::msm(CurveId::Bn254G1).and_ntt(self.0);
        let options = ReferenceOptions {
            mutation: self.1,
            ..options
        };
        Ok(ReferenceCard::new(options).unwrap())
    }
    fn patience(&self) -> Duration {
        Duration::from_secs(60)
    }
}

/// Runs the command line; what it wrote.
fn command(arguments: &[&str]) -> Result<String, cli::CommandError> {
    command_on(Offered(FieldId::Bn254Fr, None), arguments)
}

fn command_on(card: Offered, arguments: &[&str]) -> Result<String, cli::CommandError> {
    use clap::Parser;
    #[derive(Parser)]
    struct Line {
        #[command(subcommand)]
        command: cli::Command,
    }
    let line = Line::try_parse_from([&["gristmill"], arguments].concat()).unwrap();
    let mut out = Vec::new();
    line.command.run(&[Arc::new(card)], &mut out)?;
    Ok(String::from_utf8(out).unwrap())
}

#[test]
fn the_command_line() {
    assert!(command(&["list"]).unwrap().contains("sim "));
    let info = command(&["info", "--card", "auto"]).unwrap();
    assert!(info.contains("NTT engine, bn254.fr"), "{info}");
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
    for modes in [
        "--size-log2 7",
        "--inverse --coset --batch 3 --size-log2 5",
        "--columns --batch 5 --input-reversed --output-reversed",
        "--extend 2 --coset --output-reversed --columns --batch 2",
        "--size-log2 0 --inverse",
    ] {
        let arguments = ["ntt", "--card", "sim"].into_iter();
        let arguments: Vec<_> = arguments.chain(modes.split_whitespace()).collect();
        let text = command(&arguments).unwrap();
        assert!(text.contains("card and host agree"), "{text}");
        assert!(text.contains("transforms, beats"), "{text}");
    }
    for field in FieldId::ALL {
        let arguments = [
            "ntt",
            "--field",
            field.name(),
            "--card",
            "sim",
            "--size-log2",
        ];
        let arguments = [&arguments, ["5", "--columns", "--batch", "9"].as_slice()].concat();
        let text = command_on(Offered(field, None), &arguments).unwrap();
        assert!(text.contains("card and host agree"), "{text}");
        let unnamed = ["ntt", "--card", "sim", "--size-log2", "5"];
        let text = command_on(Offered(field, None), &unnamed).unwrap();
        assert!(text.contains(field.name()), "{text}");
    }
    let error = command(&["ntt", "--card", "sim", "--field", "goldilocks"]).unwrap_err();
    assert!(matches!(
        error,
        cli::CommandError::Card(Error::NoTransform(_))
    ));
    let error = command(&["ntt", "--card", "sim", "--size-log2", "13"]).unwrap_err();
    let message = error.to_string();
    assert!(
        message.starts_with("1 x 2^13 values are too many"),
        "{message}"
    );
    let error = command(&["info", "--card", "vfio:ffff:ff:1f.7"]).unwrap_err();
    assert!(matches!(error, cli::CommandError::Card(Error::Card(_))));
    let error = command(&["msm", "--card", "sim", "--curve", "bls12-381"]).unwrap_err();
    assert!(matches!(error, cli::CommandError::Card(Error::NoEngine(_))));
}

#[test]
fn the_command_line_sees_wrong_transforms() {
    let wrong = || Offered(FieldId::Bn254Fr, Some(Mutation::NttInPlace));
    for arguments in [["ntt", "--card", "sim"], ["selftest", "--card", "sim"]] {
        let error = command_on(wrong(), &arguments).unwrap_err();
        assert!(matches!(error, cli::CommandError::Wrong(_)), "{error}");
    }
}

#[test]
fn the_selftest() {
    let text = command(&["selftest", "--card", "sim"]).unwrap();
    assert!(text.contains("passed"), "{text}");
}
