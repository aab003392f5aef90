//! A Groth16 proof of 2^10 constraints, with a key that was made on the host.

use std::error::Error;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ark_bn254::{Bn254, Fr, G1Affine, G1Projective};
use ark_ec::VariableBaseMSM;
use ark_ff::{Field, UniformRand};
use ark_groth16::{Groth16, ProvingKey};
use ark_relations::gr1cs::{
    ConstraintSynthesizer, ConstraintSystemRef, LinearCombination, SynthesisError, Variable,
};
use ark_relations::lc;
use ark_serialize::{CanonicalDeserialize, CanonicalSerialize};
use ark_snark::SNARK;
use gristmill::{
    Accelerated, AcceleratedReduction, CardChoice, Fallback, Operation, Place, Report, Session,
    choose, key,
};
use gristmill_driver::{Card, Loss};
use rand::{SeedableRng, rngs::StdRng};

type Stock = Groth16<Bn254>;
type OnCard = Groth16<Accelerated<Bn254>, AcceleratedReduction>;

/// Constraints, with the one that makes the result public: 2^10.
const ROUNDS: usize = 1023;

/// Knowledge of where a chain of squarings plus one begins, which ends at a public value.
#[derive(Clone, Copy)]
struct Chain {
    start: Fr,
}

impl Chain {
    fn result(self) -> Fr {
        (0..ROUNDS).fold(self.start, |value, _| value.square() + Fr::ONE)
    }
}

impl ConstraintSynthesizer<Fr> for Chain {
    fn generate_constraints(self, system: ConstraintSystemRef<Fr>) -> Result<(), SynthesisError> {
        let result = system.new_input_variable(|| Ok(self.result()))?;
        let mut value = self.start;
        let mut variable = system.new_witness_variable(|| Ok(value))?;
        for _ in 0..ROUNDS {
            value = value.square() + Fr::ONE;
            let next = system.new_witness_variable(|| Ok(value))?;
            let operand = || LinearCombination::from(variable);
            let square = lc!() + next - Variable::One;
            system.enforce_r1cs_constraint(operand, operand, || square.clone())?;
            variable = next;
        }
        system.enforce_r1cs_constraint(
            || LinearCombination::from(variable),
            || lc!() + Variable::One,
            || LinearCombination::from(result),
        )
    }
}

fn circuit() -> Chain {
    Chain { start: Fr::from(7) }
}

/// Makes the key and writes it to a file.
pub fn make_key(file: &Path) -> Result<(), Box<dyn Error>> {
    let mut random = StdRng::seed_from_u64(11);
    let key = Stock::generate_random_parameters_with_reduction(circuit(), &mut random)?;
    let mut bytes = Vec::new();
    key.serialize_uncompressed(&mut bytes)?;
    Ok(fs::write(file, bytes)?)
}

/// The key, and the bytes of the proof that stock arkworks makes with it.
struct Prepared {
    stock: ProvingKey<Bn254>,
    expected: Vec<u8>,
}

impl Prepared {
    fn new() -> Result<Self, Box<dyn Error>> {
        // made on the host a moment ago
        let stock: ProvingKey<Bn254> =
            ProvingKey::deserialize_uncompressed_unchecked(&fs::read("/key")?[..])?;
        let expected = bytes(&Stock::prove(&stock, circuit(), &mut random())?)?;
        Ok(Self { stock, expected })
    }

    /// Proves with the card, under this policy: the proof's bytes are stock's, and the stock verifier accepts, and
    /// rejects another public input.
    fn prove(&self, card: &Arc<Card>, fallback: Fallback) -> Result<Report, Box<dyn Error>> {
        let accelerated = key::accelerate_proving_key(self.stock.clone());
        let card = Session::from(card.clone())
            .card()
            .map_err(Clone::clone)?
            .clone();
        let session = Session::builder().card(card).fallback(fallback).build();
        let scoped = session.with_key(&accelerated, || {
            OnCard::prove(&accelerated, circuit(), &mut random())
        })?;
        let proof = key::stock_proof(scoped.value?);
        if bytes(&proof)? != self.expected {
            return Err("the proof's bytes are not those of stock arkworks".into());
        }
        let verifying = &self.stock.vk;
        if !Stock::verify(verifying, &[circuit().result()], &proof)? {
            return Err("the stock verifier rejects".into());
        }
        if Stock::verify(verifying, &[Fr::from(1)], &proof)? {
            return Err("the stock verifier accepts another public input".into());
        }
        Ok(scoped.report)
    }
}

/// The kinds of transforms of a proof.
const TRANSFORMS: [Operation; 4] = [
    Operation::Fft,
    Operation::Ifft,
    Operation::CosetFft,
    Operation::CosetIfft,
];

/// Proves with the card, which must do all four sums over G1 and all seven transforms.
pub fn prove(card: &Arc<Card>) -> Result<(), Box<dyn Error>> {
    let report = Prepared::new()?.prove(card, Fallback::Never)?;
    let sums = report.on_card(Operation::Msm);
    let transforms = TRANSFORMS.map(|kind| report.on_card(kind));
    let transforms: u64 = transforms.iter().sum();
    println!(
        "Groth16, {} constraints: {sums} sums and {transforms} transforms on the card, {} card cycles",
        ROUNDS + 1,
        report.usage.cycles
    );
    match (sums, transforms) {
        (4.., 7..) => Ok(()),
        _ => Err("4 sums and 7 transforms are the card's".into()),
    }
}

/// A sum with the card at `address`, which cannot be had: the CPU does it, right, and `cause` is in the reason.
pub fn sums_on_cpu(address: &str, cause: &str) -> Result<(), Box<dyn Error>> {
    let card = choose(&CardChoice::Vfio(address.into()), &[])?;
    let session = Session::builder().open(&*card).build();
    let mut random = random();
    let points: Vec<_> = (0..64).map(|_| G1Affine::rand(&mut random)).collect();
    let scalars: Vec<_> = (0..64).map(|_| Fr::rand(&mut random)).collect();
    let scoped = session.scope(|| {
        let bases = session.load_bases::<G1Projective>(&points)?;
        session.msm(&bases, &scalars)
    })?;
    if scoped.value? != G1Projective::msm_unchecked(&points, &scalars) {
        return Err("the sum is wrong".into());
    }
    match scoped.report.events.front().map(|event| &event.place) {
        Some(Place::Cpu(reason)) if reason.to_string().contains(cause) => Ok(()),
        other => Err(format!("{cause:?} is not the reason: {other:?}").into()),
    }
}

/// Proves again and again while somebody takes the card away, which this asks for by printing `ready`; how it was
/// lost. Every proof is right; the first one without the card ends in time.
pub fn prove_until_lost(
    card: &Arc<Card>,
    ready: &str,
    patience: Duration,
) -> Result<Loss, Box<dyn Error>> {
    let prepared = Prepared::new()?;
    prepared.prove(card, Fallback::Cpu)?;
    println!("{ready}");
    let deadline = Instant::now() + patience;
    while Instant::now() < deadline {
        let started = Instant::now();
        let report = prepared.prove(card, Fallback::Cpu)?;
        if let Some(loss) = card.loss() {
            println!(
                "  {} sums on the card, {} on the CPU, {:.1?}: {loss}",
                report.on_card(Operation::Msm),
                report.on_cpu(Operation::Msm),
                started.elapsed()
            );
            return Ok(loss);
        }
    }
    Err("the card was not taken away".into())
}

fn random() -> StdRng {
    StdRng::seed_from_u64(12)
}

fn bytes(value: &impl CanonicalSerialize) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut bytes = Vec::new();
    value.serialize_uncompressed(&mut bytes)?;
    Ok(bytes)
}
