//! A Groth16 proof of 2^10 constraints, with a key that was made on the host.

use std::error::Error;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use ark_bn254::{Bn254, Fr};
use ark_ff::Field;
use ark_groth16::{Groth16, ProvingKey};
use ark_relations::gr1cs::{
    ConstraintSynthesizer, ConstraintSystemRef, LinearCombination, SynthesisError, Variable,
};
use ark_relations::lc;
use ark_serialize::{CanonicalDeserialize, CanonicalSerialize};
use ark_snark::SNARK;
use gristmill::{Accelerated, AcceleratedReduction, Fallback, Operation, Session, key};
use gristmill_driver::Card;
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

/// Proves on the CPU and with the card; the bytes are the same, the stock verifier accepts, and rejects
/// another public input, and all four sums over G1 ran on the card.
pub fn prove(card: Arc<Card>) -> Result<(), Box<dyn Error>> {
    // made on the host a moment ago
    let stock: ProvingKey<Bn254> =
        ProvingKey::deserialize_uncompressed_unchecked(&fs::read("/key")?[..])?;
    let random = || StdRng::seed_from_u64(12);
    let expected = bytes(&Stock::prove(&stock, circuit(), &mut random())?)?;
    let verifying = stock.vk.clone();
    let accelerated = key::accelerate_proving_key(stock);
    let session = Session::builder()
        .card(Session::from(card).card().map_err(Clone::clone)?.clone())
        .fallback(Fallback::Never)
        .build();
    let scoped = session.with_key(&accelerated, || {
        OnCard::prove(&accelerated, circuit(), &mut random())
    })?;
    let proof = key::stock_proof(scoped.value?);
    let on_card = scoped.report.on_card(Operation::Msm);
    println!(
        "Groth16, {} constraints: {on_card} sums on the card, {} card cycles",
        ROUNDS + 1,
        scoped.report.usage.cycles
    );
    if bytes(&proof)? != expected {
        return Err("the proof's bytes are not those of stock arkworks".into());
    }
    if !Stock::verify(&verifying, &[circuit().result()], &proof)? {
        return Err("the stock verifier rejects".into());
    }
    if Stock::verify(&verifying, &[Fr::from(1)], &proof)? {
        return Err("the stock verifier accepts another public input".into());
    }
    if on_card < 4 {
        return Err(format!("{on_card} of 4 sums ran on the card").into());
    }
    Ok(())
}

fn bytes(value: &impl CanonicalSerialize) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut bytes = Vec::new();
    value.serialize_uncompressed(&mut bytes)?;
    Ok(bytes)
}
