//! A batch proven twice, by stock arkworks and with the card, and what came of it.

use std::{
    cell::Cell,
    fmt, fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use ark_bn254::{Bn254, Fr};
use ark_ff::Field;
use ark_groth16::{Groth16, Proof, ProvingKey, VerifyingKey};
use ark_relations::gr1cs::{ConstraintSynthesizer, ConstraintSystemRef, SynthesisError};
use ark_serialize::{CanonicalSerialize, SerializationError};
use ark_snark::SNARK;
use clap::{Args, builder::TypedValueParser, value_parser};
use gristmill::{
    Accelerated, AcceleratedReduction, DriverCard, Fallback, Report, Session, groth16,
    key::{accelerate_proving_key, stock_proof},
};
use gristmill_driver::Card;
use indicatif::{ProgressBar, ProgressStyle};
use rand::{SeedableRng, rngs::StdRng};
use serde_json::Value;
use thiserror::Error;

use crate::{Batch, LedgerError, Shape, snarkjs};

type Stock = Groth16<Bn254>;
type OnCard = Groth16<Accelerated<Bn254>, AcceleratedReduction>;

/// What to prove, and how.
#[derive(Args, Clone, Debug)]
pub struct ProveOptions {
    /// Payments in the batch.
    #[arg(long, default_value_t = Shape::default().payments)]
    pub payments: usize,
    /// Levels of the tree of accounts, 1 to 32.
    #[arg(long, default_value_t = Shape::default().depth, value_parser = value_parser!(u8).range(1..=32).map(usize::from))]
    pub depth: usize,
    /// Seed of the batch, of the key and of the proof. A key from a known seed is not secure: this is a demonstration.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Folder for proof.json, public.json and verification_key.json; it is made if need be.
    #[arg(long, default_value = "proof")]
    pub output: PathBuf,
    /// Have each result of the card checked by a second job.
    #[arg(long)]
    pub check: bool,
    /// Prove with the prover that keeps its vectors on the card, instead of arkworks' on accelerated types.
    #[arg(long)]
    pub fused: bool,
    /// Let the CPU do what the card should do and cannot.
    #[arg(long)]
    pub fallback: bool,
    /// How the modular multipliers of a simulated card are built; only for the table.
    #[arg(skip)]
    pub fill: Option<String>,
}

/// Why there is no proof.
#[derive(Debug, Error)]
pub enum ProveError {
    /// The batch could not be made.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The prover refused.
    #[error("the proof cannot be made: {0}")]
    Synthesis(#[from] SynthesisError),
    /// The card could not, and the CPU was not allowed to.
    #[error(transparent)]
    Card(#[from] gristmill::Error),
    /// The prover that keeps its vectors on the card could not.
    #[error(transparent)]
    Fused(#[from] groth16::ProveError),
    /// The proof has no bytes.
    #[error("the proof cannot be written: {0}")]
    Serialization(#[from] SerializationError),
    /// A file could not be written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// What came of it; its text form is the table of `make prove`.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Constraints of the circuit.
    pub constraints: usize,
    /// Size of the prover's domain.
    pub domain: usize,
    /// The card, if one was used.
    pub card: Option<String>,
    /// As in the options.
    pub fill: Option<String>,
    /// What ran where in the accelerated proof.
    pub report: Report,
    /// Wall time by part, in order.
    pub parts: Vec<(&'static str, Duration)>,
    /// The two proofs have the same bytes.
    pub same_bytes: bool,
    /// The stock verifier accepts the accelerated proof.
    pub accepted: bool,
    /// The stock verifier rejects it after one public input was changed.
    pub rejected: bool,
    /// The files written.
    pub files: Vec<PathBuf>,
}

impl Outcome {
    /// All three answers are as they should be.
    pub fn is_success(&self) -> bool {
        self.same_bytes && self.accepted && self.rejected
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<32}{:>14}", "constraints", self.constraints)?;
        writeln!(f, "{:<32}{:>14}", "domain", self.domain)?;
        let card = self.card.as_deref().unwrap_or("none");
        writeln!(f, "{:<32}{card:>14}", "card")?;
        if let Some(fill) = &self.fill {
            writeln!(f, "{:<32}{fill:>14}", "multiplier fill")?;
        }
        writeln!(f, "\n{}", self.report)?;
        for (part, time) in &self.parts {
            writeln!(f, "{part:<32}{:>12.2} s", time.as_secs_f64())?;
        }
        writeln!(f)?;
        for file in &self.files {
            writeln!(f, "wrote {}", file.display())?;
        }
        let answer = |is: bool, good, bad| if is { good } else { bad };
        let same = answer(self.same_bytes, "yes", "no");
        writeln!(f, "proof bytes equal to stock arkworks: {same}")?;
        let accepted = answer(self.accepted, "accepted", "rejected");
        writeln!(f, "stock verifier: {accepted}")?;
        let rejected = answer(self.rejected, "rejected", "accepted");
        write!(f, "one public input changed: {rejected}")
    }
}

/// Proves an example batch by stock arkworks and with the card (or, without one, with whatever the
/// environment gives), from the same key and the same randomness, and compares. Progress goes to the standard error.
///
/// # Errors
/// See [`ProveError`]. A proof that differs or does not verify is no error: see [`Outcome::is_success`].
pub fn prove(options: &ProveOptions, card: Option<Arc<Card>>) -> Result<Outcome, ProveError> {
    let session = match card {
        None => Session::from_environment()?,
        Some(card) => Session::builder()
            .card(Arc::new(DriverCard::new(card)))
            .check(options.check)
            .fallback(if options.fallback {
                Fallback::Cpu
            } else {
                Fallback::Never
            })
            .build(),
    };
    prove_with(options, &session)
}

/// [`prove()`] with any session.
///
/// # Errors
/// As there.
pub fn prove_with(options: &ProveOptions, session: &Session) -> Result<Outcome, ProveError> {
    let mut parts = Parts::new();
    let shape = Shape {
        payments: options.payments,
        depth: options.depth,
    };
    let batch = parts.run("batch", || Batch::example(shape, options.seed))?;
    let rng = || StdRng::seed_from_u64(options.seed);
    let constraints = Cell::new(0);
    let counted = Counted {
        batch: batch.clone(),
        constraints: &constraints,
    };
    let (key, verifying) =
        parts.run("key", || Stock::circuit_specific_setup(counted, &mut rng()))?;
    let stock = parts.run("proof by stock arkworks", || {
        Stock::prove(&key, batch.clone(), &mut rng())
    })?;

    let domain = key.h_query.len() + 1;
    let (proof, report) = parts.run("proof with the card", || match options.fused {
        true => {
            let prover = groth16::Prover::<Bn254>::new(session, &key)?;
            let scoped = prover.prove(batch.clone(), &mut rng())?;
            Ok::<_, ProveError>((scoped.value, scoped.report))
        }
        false => {
            let key: ProvingKey<Accelerated<Bn254>> = accelerate_proving_key(key);
            let prove = || OnCard::prove(&key, batch.clone(), &mut rng());
            let scoped = session.with_key(&key, prove)?;
            Ok((stock_proof(scoped.value?), scoped.report))
        }
    })?;

    let inputs = batch.public_inputs();
    let verdicts = parts.run("verification", || verdicts(&verifying, &inputs, &proof))?;
    let files = parts.run("files", || {
        write_files(&options.output, &proof, &inputs, &verifying)
    })?;
    Ok(Outcome {
        constraints: constraints.get(),
        domain,
        card: session.card().ok().map(|card| card.description()),
        fill: options.fill.clone(),
        report,
        parts: parts.done(),
        same_bytes: bytes(&proof)? == bytes(&stock)?,
        accepted: verdicts[0],
        rejected: !verdicts[1],
        files,
    })
}

/// What the stock verifier says to the proof, and to the same with one input changed.
fn verdicts(
    key: &VerifyingKey<Bn254>,
    inputs: &[Fr; 3],
    proof: &Proof<Bn254>,
) -> Result<[bool; 2], SynthesisError> {
    let mut changed = *inputs;
    changed[1] += Fr::ONE;
    Ok([
        Stock::verify(key, inputs, proof)?,
        Stock::verify(key, &changed, proof)?,
    ])
}

fn bytes(proof: &Proof<Bn254>) -> Result<Vec<u8>, SerializationError> {
    let mut bytes = Vec::new();
    proof.serialize_uncompressed(&mut bytes)?;
    Ok(bytes)
}

fn write_files(
    folder: &Path,
    proof: &Proof<Bn254>,
    inputs: &[Fr],
    key: &VerifyingKey<Bn254>,
) -> Result<Vec<PathBuf>, ProveError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| ProveError::File { path, source }
    };
    fs::create_dir_all(folder).map_err(failed(folder))?;
    let write = |name: &str, value: Value| {
        let path = folder.join(name);
        fs::write(&path, format!("{value:#}\n")).map_err(failed(&path))?;
        Ok(path)
    };
    [
        ("proof.json", snarkjs::proof(proof)),
        ("public.json", snarkjs::public_inputs(inputs)),
        ("verification_key.json", snarkjs::verifying_key(key)),
    ]
    .into_iter()
    .map(|(name, value)| write(name, value))
    .collect()
}

/// A batch that tells how many constraints it made.
struct Counted<'a> {
    batch: Batch<Fr>,
    constraints: &'a Cell<usize>,
}

impl ConstraintSynthesizer<Fr> for Counted<'_> {
    fn generate_constraints(self, cs: ConstraintSystemRef<Fr>) -> Result<(), SynthesisError> {
        self.batch.generate_constraints(cs.clone())?;
        self.constraints.set(cs.num_constraints());
        Ok(())
    }
}

/// The parts of the work: their progress, and their time.
struct Parts {
    bar: ProgressBar,
    done: Vec<(&'static str, Duration)>,
}

impl Parts {
    fn new() -> Self {
        let bar = ProgressBar::new_spinner();
        let style = ProgressStyle::with_template("{spinner} {msg} {elapsed}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
        bar.enable_steady_tick(Duration::from_millis(200));
        Self {
            bar,
            done: Vec::new(),
        }
    }

    fn run<R>(&mut self, part: &'static str, work: impl FnOnce() -> R) -> R {
        self.bar.set_message(part);
        self.bar.reset_elapsed();
        let started = Instant::now();
        let result = work();
        self.done.push((part, started.elapsed()));
        result
    }

    fn done(self) -> Vec<(&'static str, Duration)> {
        self.bar.finish_and_clear();
        self.done
    }
}
