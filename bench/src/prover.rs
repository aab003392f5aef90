//! Groth16 over BN254 as a whole: each part on the CPU, and what of it the simulated card does.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ark_bn254::{Bn254, Fr, G1Projective, G2Projective};
use ark_ec::VariableBaseMSM;
use ark_ff::{Field, One, UniformRand, Zero};
use ark_groth16::r1cs_to_qap::{LibsnarkReduction, R1CSToQAP, evaluate_constraint};
use ark_groth16::{Groth16, ProvingKey};
use ark_poly::{EvaluationDomain, GeneralEvaluationDomain};
use ark_relations::gr1cs::{
    ConstraintSynthesizer, ConstraintSystem, ConstraintSystemRef, LinearCombination,
    OptimizationGoal, R1CS_PREDICATE_LABEL, SynthesisError, SynthesisMode,
};
use ark_relations::utils::matrix::Matrix;
use ark_serialize::CanonicalSerialize;
use ark_snark::SNARK;
use gristmill::{CardProvider, DriverCard, Fallback, Operation, Place as Where, Session, groth16};
use gristmill_driver::Card;
use gristmill_rollup::{Batch, Shape};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::Failure;
use crate::points::Place;
use crate::results::spread;

/// Times that each part on the CPU is run.
const REPEATS: usize = 3;
/// Wall time that a job may take in simulation.
const PATIENCE: Duration = Duration::from_secs(3600);
/// The card that has both engines.
pub const CARD: &str = "bn254_prover";
/// What the card does, in its order.
pub const ON_CARD: [Part; 7] = [
    Part::Transforms,
    Part::Products,
    Part::Back,
    Part::H,
    Part::B,
    Part::L,
    Part::A,
];
/// Seed of circuits, keys and proofs.
const SEED: u64 = 1;

/// What is proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Witness {
    /// The rollup's batch of payments: Poseidon hashes, and ranges bit by bit.
    Rollup,
    /// Nine in ten constraints say that a variable is 0 or 1, the tenth squares.
    Booleans,
}

/// A proof of one size.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProofRun {
    /// What was proven.
    pub witness: Witness,
    /// Binary logarithm of the domain.
    pub log2: u32,
    /// Constraints.
    pub constraints: usize,
    /// Variables.
    pub variables: usize,
    /// The fraction of variables that are 0.
    pub zeros: f64,
    /// The fraction that are 1.
    pub ones: f64,
    /// The parts on the CPU, with all threads.
    pub cpu: Vec<CpuPart>,
    /// What the card did, in its order; G2 is the CPU's.
    pub card: Vec<CardPart>,
    /// The proof has the bytes of stock arkworks' one.
    pub same_bytes: bool,
}

/// A part of a proof on the CPU, in seconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CpuPart {
    /// Which.
    pub part: Part,
    /// The least.
    pub min: f64,
    /// Half are less.
    pub median: f64,
    /// The greatest.
    pub max: f64,
}

/// A part of a proof on the card.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CardPart {
    /// Which.
    pub part: Part,
    /// Elements.
    pub elements: usize,
    /// Cycles of its jobs.
    pub cycles: u64,
    /// Bytes over the link.
    pub link_bytes: u64,
}

/// Parts of a proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The circuit's synthesis: assignment and matrices.
    Synthesis,
    /// Matrices times assignment.
    Rows,
    /// The transforms of the witness map; on the card, those to the coset.
    Transforms,
    /// On the card, a b - c on the coset; on the CPU it is among the transforms.
    Products,
    /// On the card, the transform back from the coset.
    Back,
    /// The sum over the h query.
    H,
    /// The sum over the l query.
    L,
    /// The sum over the a query.
    A,
    /// The sum over the b query in G1.
    B,
    /// The sum over the b query in G2, always on the CPU.
    G2,
}

impl Part {
    /// What tables call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Synthesis => "synthesis",
            Self::Rows => "matrices x assignment",
            Self::Transforms => "transforms",
            Self::Products => "a b - c",
            Self::Back => "transform back",
            Self::H => "MSM h",
            Self::L => "MSM l",
            Self::A => "MSM a",
            Self::B => "MSM b (G1)",
            Self::G2 => "MSM b (G2)",
        }
    }

    /// Whether the card does it.
    pub fn is_offloaded(self) -> bool {
        !matches!(self, Self::Synthesis | Self::Rows | Self::G2)
    }
}

impl ProofRun {
    /// Median seconds of a part on the CPU.
    pub fn cpu_seconds(&self, part: Part) -> f64 {
        let parts = self.cpu.iter().filter(|cpu| cpu.part == part);
        parts.map(|cpu| cpu.median).sum()
    }
}

/// A circuit of either kind.
#[derive(Clone)]
enum Circuit {
    Rollup(Batch<Fr>),
    Booleans(usize),
}

impl Circuit {
    /// The circuit whose domain is 2^`log2`.
    fn new(witness: Witness, log2: u32) -> Result<Self, Failure> {
        match witness {
            Witness::Rollup => {
                let (payments, depth) = match log2 {
                    12 => (1, 1),
                    13 => (1, 3),
                    14 => (1, 9),
                    16 => (3, 16),
                    _ => return Err(format!("no batch is known for a domain of 2^{log2}").into()),
                };
                Ok(Self::Rollup(Batch::example(
                    Shape { payments, depth },
                    SEED,
                )?))
            }
            Witness::Booleans => Ok(Self::Booleans((1usize << log2) * 15 / 16)),
        }
    }
}

impl ConstraintSynthesizer<Fr> for Circuit {
    fn generate_constraints(self, cs: ConstraintSystemRef<Fr>) -> Result<(), SynthesisError> {
        let count = match self {
            Self::Rollup(batch) => return batch.generate_constraints(cs),
            Self::Booleans(count) => count,
        };
        let mut random = StdRng::seed_from_u64(SEED);
        let one = || LinearCombination::from((Fr::one(), ark_relations::gr1cs::Variable::One));
        let first = Fr::rand(&mut random);
        let mut last = (first, cs.new_input_variable(|| Ok(first))?);
        for i in 0..count {
            if i % 10 == 9 {
                let square = last.0.square();
                let variable = cs.new_witness_variable(|| Ok(square))?;
                let side = |of| move || LinearCombination::from((Fr::one(), of));
                cs.enforce_r1cs_constraint(side(last.1), side(last.1), side(variable))?;
                last = (square, variable);
            } else {
                let bit = Fr::from(random.r#gen::<bool>());
                let variable = cs.new_witness_variable(|| Ok(bit))?;
                let bit = || LinearCombination::from((Fr::one(), variable));
                cs.enforce_r1cs_constraint(
                    bit,
                    || one() - (Fr::one(), variable),
                    LinearCombination::zero,
                )?;
            }
        }
        Ok(())
    }
}

/// What the synthesis leaves.
struct Synthesized {
    matrices: Vec<Matrix<Fr>>,
    assignment: Vec<Fr>,
    inputs: usize,
    constraints: usize,
}

fn synthesize(circuit: Circuit) -> Result<Synthesized, Failure> {
    let cs = ConstraintSystem::new_ref();
    cs.set_optimization_goal(OptimizationGoal::Constraints);
    cs.set_mode(SynthesisMode::Prove {
        construct_matrices: true,
        generate_lc_assignments: false,
    });
    circuit.generate_constraints(cs.clone())?;
    cs.finalize();
    let instance = cs.instance_assignment()?;
    let inputs = instance.len();
    let mut matrices = cs.to_matrices()?;
    Ok(Synthesized {
        assignment: [instance, cs.witness_assignment()?].concat(),
        matrices: matrices
            .remove(R1CS_PREDICATE_LABEL)
            .ok_or(SynthesisError::MissingCS)?,
        inputs,
        constraints: cs.num_constraints(),
    })
}

/// Runs `work` [`REPEATS`] times.
fn timed<T>(part: Part, mut work: impl FnMut() -> T) -> (CpuPart, Option<T>) {
    let (mut seconds, mut last) = (Vec::new(), None);
    for _ in 0..REPEATS {
        let started = Instant::now();
        let result = work();
        seconds.push(started.elapsed().as_secs_f64());
        last = Some(result);
    }
    let [min, median, max] = spread(&mut seconds);
    let part = CpuPart {
        part,
        min,
        median,
        max,
    };
    (part, last)
}

/// The parts of arkworks' prover, one after the other.
fn on_cpu(
    key: &ProvingKey<Bn254>,
    circuit: &Circuit,
) -> Result<(Vec<CpuPart>, Synthesized), Failure> {
    let mut parts = Vec::new();
    let (part, synthesized) = timed(Part::Synthesis, || synthesize(circuit.clone()));
    parts.push(part);
    let synthesized = synthesized.ok_or("nothing was run")??;
    let assignment = &synthesized.assignment;
    let (rows, _) = timed(Part::Rows, || -> Vec<Vec<Fr>> {
        let rows = |matrix: &Matrix<Fr>| {
            matrix
                .par_iter()
                .map(|row| evaluate_constraint(row, assignment))
                .collect()
        };
        synthesized.matrices.iter().map(rows).collect()
    });
    let (mut map, h) = timed(Part::Transforms, || {
        LibsnarkReduction::witness_map_from_matrices::<Fr, GeneralEvaluationDomain<Fr>>(
            &synthesized.matrices,
            synthesized.inputs,
            synthesized.constraints,
            assignment,
        )
    });
    let h = h.ok_or("nothing was run")??;
    // the witness map without the rows, which were timed by themselves
    for (of_map, of_rows) in [
        (&mut map.min, rows.median),
        (&mut map.median, rows.median),
        (&mut map.max, rows.median),
    ] {
        *of_map = (*of_map - of_rows).max(0.0);
    }
    parts.extend([rows, map]);
    let (scalars, private) = (&assignment[1..], &assignment[synthesized.inputs..]);
    let sums: [(Part, &[_], &[Fr]); 4] = [
        (Part::H, &key.h_query, &h),
        (Part::L, &key.l_query, private),
        (Part::A, &key.a_query[1..], scalars),
        (Part::B, &key.b_g1_query[1..], scalars),
    ];
    for (part, points, scalars) in sums {
        parts.push(timed(part, || G1Projective::msm_unchecked(points, scalars)).0);
    }
    let points = &key.b_g2_query[1..];
    parts.push(timed(Part::G2, || G2Projective::msm_unchecked(points, scalars)).0);
    Ok((parts, synthesized))
}

/// The proof by the SDK's prover on the card, and what the card did.
fn on_card(
    session: &Session,
    key: &ProvingKey<Bn254>,
    circuit: &Circuit,
) -> Result<(Vec<u8>, Vec<CardPart>), Failure> {
    let prover = groth16::Prover::<Bn254>::new(session, key)?;
    let scoped = prover.prove(circuit.clone(), &mut StdRng::seed_from_u64(SEED))?;
    // the order of the prover's sums in G1
    let mut sums = [Part::H, Part::B, Part::L, Part::A].into_iter();
    let mut parts: Vec<CardPart> = Vec::new();
    for event in &scoped.report.events {
        let Where::Card(usage) = event.place else {
            continue;
        };
        let part = match event.operation {
            Operation::Msm => sums.next().ok_or("there are four sums in G1")?,
            Operation::Ifft | Operation::CosetFft => Part::Transforms,
            Operation::MultiplySubtract => Part::Products,
            Operation::CosetIfft => Part::Back,
            other => return Err(format!("{other} is no part of the fused prover").into()),
        };
        match parts.iter_mut().find(|known| known.part == part) {
            Some(known) => {
                known.cycles += usage.cycles;
                known.link_bytes += usage.link_bytes;
            }
            None => parts.push(CardPart {
                part,
                elements: event.length,
                cycles: usage.cycles,
                link_bytes: usage.link_bytes,
            }),
        }
    }
    let found: Vec<Part> = parts.iter().map(|part| part.part).collect();
    if found != ON_CARD {
        return Err(format!("the card did {found:?}, not {ON_CARD:?}").into());
    }
    Ok((bytes(&scoped.value)?, parts))
}

fn bytes(proof: &impl CanonicalSerialize) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    proof.serialize_uncompressed(&mut bytes)?;
    Ok(bytes)
}

/// Measures proofs of these sizes, each with both witnesses; `done` gets each as soon as it is there.
///
/// # Errors
/// When the card cannot be simulated or fails, or a size has no circuit; what `done` returns.
pub fn measure(
    sizes: &[u32],
    mut done: impl FnMut(ProofRun) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let simulated = Place::usual(CARD).simulated();
    let card = Card::open(Arc::new(simulated.start()?), simulated.options())?;
    let session = Session::builder()
        .card(Arc::new(DriverCard::with_patience(card, PATIENCE)))
        .fallback(Fallback::Never)
        .build();
    for log2 in sizes {
        for witness in [Witness::Rollup, Witness::Booleans] {
            done(run(&session, witness, *log2)?)?;
        }
    }
    Ok(())
}

fn run(session: &Session, witness: Witness, log2: u32) -> Result<ProofRun, Failure> {
    let circuit = Circuit::new(witness, log2)?;
    let mut random = StdRng::seed_from_u64(SEED);
    let (key, _) = Groth16::<Bn254>::circuit_specific_setup(circuit.clone(), &mut random)?;
    let (cpu, synthesized) = on_cpu(&key, &circuit)?;
    let size = synthesized.constraints + synthesized.inputs;
    let domain = GeneralEvaluationDomain::<Fr>::new(size).ok_or("no such domain")?;
    if domain.size() != 1 << log2 {
        return Err(format!("{witness:?}: a domain of {}, not 2^{log2}", domain.size()).into());
    }
    let mut random = StdRng::seed_from_u64(SEED);
    let stock = bytes(&Groth16::<Bn254>::prove(
        &key,
        circuit.clone(),
        &mut random,
    )?)?;
    let (found, card) = on_card(session, &key, &circuit)?;
    let variables = synthesized.assignment.len();
    let fraction = |is: fn(&Fr) -> bool| {
        synthesized.assignment.iter().filter(|x| is(x)).count() as f64 / variables as f64
    };
    Ok(ProofRun {
        witness,
        log2,
        constraints: synthesized.constraints,
        variables,
        zeros: fraction(Fr::is_zero),
        ones: fraction(Fr::is_one),
        cpu,
        card,
        same_bytes: found == stock,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn circuits_have_the_domains_that_they_are_for() {
        for (witness, log2) in [
            (Witness::Rollup, 12),
            (Witness::Rollup, 13),
            (Witness::Booleans, 8),
        ] {
            let synthesized = synthesize(Circuit::new(witness, log2).unwrap()).unwrap();
            let size = synthesized.constraints + synthesized.inputs;
            assert_eq!(size.next_power_of_two(), 1 << log2, "{witness:?} {size}");
        }
    }

    #[test]
    fn nine_in_ten_booleans() {
        let synthesized = synthesize(Circuit::new(Witness::Booleans, 12).unwrap()).unwrap();
        let small = |x: &&Fr| x.is_zero() || x.is_one();
        let small = synthesized.assignment.iter().filter(small).count() as f64;
        let fraction = small / synthesized.assignment.len() as f64;
        assert!((fraction - 0.9).abs() < 0.01, "{fraction}");
    }
}
