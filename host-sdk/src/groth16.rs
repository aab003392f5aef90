//! Groth16 as a whole, on stock types: what the drop-in types do call by call, with fewer transfers.
//!
//! The three vectors of the witness map go to the card once, are transformed and multiplied there, and what they
//! become are the scalars of a sum, without coming back; the assignment goes to the card once for the other three
//! sums in G1. A card without the engines for that gets the three vectors as one batch, which comes back as their
//! values on the coset. The sums in G1 are the card's, one after the other, while the one in G2 runs on the CPU.
//! Proofs are the same bytes as those of arkworks' prover with the same randomness.
//!
//! ```no_run
//! # use ark_bn254::Bn254;
//! # use ark_groth16::ProvingKey;
//! # use ark_relations::gr1cs::ConstraintSynthesizer;
//! # fn example(key: &ProvingKey<Bn254>, circuit: impl ConstraintSynthesizer<ark_bn254::Fr>) -> Result<(), gristmill::groth16::ProveError> {
//! let proof = gristmill::groth16::prove(key, circuit, &mut rand::thread_rng())?;
//! println!("{}", proof.report);
//! # Ok(())
//! # }
//! ```

use std::{
    marker::PhantomData,
    time::{Duration, Instant},
};

use ark_ec::{AffineRepr, CurveGroup, VariableBaseMSM, pairing::Pairing};
use ark_ff::{PrimeField, UniformRand, Zero};
use ark_groth16::{
    Proof, ProvingKey,
    r1cs_to_qap::{LibsnarkReduction, R1CSToQAP, evaluate_constraint},
};
use ark_poly::{EvaluationDomain, GeneralEvaluationDomain};
use ark_relations::{
    gr1cs::{
        ConstraintSynthesizer, ConstraintSystem, OptimizationGoal, R1CS_PREDICATE_LABEL,
        SynthesisError, SynthesisMode,
    },
    utils::matrix::Matrix,
};
use ark_std::rand::Rng;
use rayon::prelude::*;
use thiserror::Error as ThisError;

use crate::{
    bases::Bases,
    card_field::CardField,
    circom::CircomReduction,
    dispatch::group_name,
    domain::{self, AcceleratedDomain},
    error::Error,
    fused::{Quotient, Staged},
    installed::current,
    layout::CardGroup,
    report::{Event, Operation, Place, Reason},
    scope::{self, Scoped},
    session::Session,
};

/// Why there is no proof.
#[derive(Debug, ThisError)]
pub enum ProveError {
    /// The circuit cannot be synthesised, or is too large for the field.
    #[error("the circuit: {0}")]
    Synthesis(#[from] SynthesisError),
    /// Under [`Fallback::Never`](crate::Fallback::Never): what kept the card from its part.
    #[error(transparent)]
    Card(#[from] Error),
    /// The thread of the sum in G2 panicked.
    #[error("the sum in G2 panicked")]
    Panicked,
}

/// A reduction whose witness map is known here: libsnark's and circom's.
pub trait FusedReduction: R1CSToQAP + private::Sealed {
    /// Whether the h query is for the coefficients of h, and not for the values of h times the vanishing
    /// polynomial.
    const COEFFICIENTS: bool;

    /// Offset of the coset on which A B - C is computed.
    fn coset_offset<F: PrimeField>(size: usize) -> Option<F>;
}

mod private {
    /// Keeps [`super::FusedReduction`] to the reductions that were examined.
    pub trait Sealed {}
    impl Sealed for super::LibsnarkReduction {}
    impl Sealed for super::CircomReduction {}
}

impl FusedReduction for LibsnarkReduction {
    const COEFFICIENTS: bool = true;
    fn coset_offset<F: PrimeField>(_: usize) -> Option<F> {
        Some(F::GENERATOR)
    }
}

impl FusedReduction for CircomReduction {
    const COEFFICIENTS: bool = false;
    fn coset_offset<F: PrimeField>(size: usize) -> Option<F> {
        F::get_root_of_unity(2 * size as u64)
    }
}

/// A proving key whose queries in G1 are on the session's card, for any number of proofs.
pub struct Prover<'a, E: Pairing, Q = LibsnarkReduction>
where
    E::G1: CardGroup,
{
    session: Session,
    key: &'a ProvingKey<E>,
    h: Bases<'a, E::G1>,
    l: Bases<'a, E::G1>,
    a: Bases<'a, E::G1>,
    b: Bases<'a, E::G1>,
    reduction: PhantomData<Q>,
}

/// Proves with the [`current`] session and libsnark's reduction, as
/// [`SNARK::prove`](ark_snark::SNARK::prove) of arkworks' Groth16 does.
///
/// # Errors
/// See [`ProveError`].
pub fn prove<E: Pairing>(
    key: &ProvingKey<E>,
    circuit: impl ConstraintSynthesizer<E::ScalarField>,
    rng: &mut impl Rng,
) -> Result<Scoped<Proof<E>>, ProveError>
where
    E::G1: CardGroup,
    E::ScalarField: CardField,
{
    Prover::<E>::new(&current(), key)?.prove(circuit, rng)
}

impl<'a, E: Pairing, Q: FusedReduction> Prover<'a, E, Q>
where
    E::G1: CardGroup,
    E::ScalarField: CardField,
{
    /// Puts the key's queries in G1 on the card.
    ///
    /// # Errors
    /// Under [`Fallback::Never`](crate::Fallback::Never), what keeps them from getting there.
    pub fn new(session: &Session, key: &'a ProvingKey<E>) -> Result<Self, Error> {
        Ok(Self {
            session: session.clone(),
            key,
            h: session.load_bases(&key.h_query)?,
            l: session.load_bases(&key.l_query)?,
            a: session.load_bases(behind_first(&key.a_query))?,
            b: session.load_bases(behind_first(&key.b_g1_query))?,
            reduction: PhantomData,
        })
    }

    /// Proves, and tells what ran where.
    ///
    /// # Errors
    /// See [`ProveError`].
    pub fn prove(
        &self,
        circuit: impl ConstraintSynthesizer<E::ScalarField>,
        rng: &mut impl Rng,
    ) -> Result<Scoped<Proof<E>>, ProveError> {
        let r = E::ScalarField::rand(rng);
        let s = E::ScalarField::rand(rng);
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
        let assignment = [instance, cs.witness_assignment()?].concat();
        let matrices = cs.to_matrices()?;
        let matrices = matrices
            .get(R1CS_PREDICATE_LABEL)
            .ok_or(SynthesisError::MissingCS)?;
        let scoped = self.session.scope(|| {
            let constraints = cs.num_constraints();
            self.prove_assignment(matrices, inputs, constraints, &assignment, r, s)
        })?;
        Ok(Scoped {
            value: scoped.value?,
            report: scoped.report,
        })
    }

    fn prove_assignment(
        &self,
        matrices: &[Matrix<E::ScalarField>],
        inputs: usize,
        constraints: usize,
        assignment: &[E::ScalarField],
        r: E::ScalarField,
        s: E::ScalarField,
    ) -> Result<Proof<E>, ProveError> {
        let (key, session) = (self.key, &self.session);
        // Without the one.
        let scalars = &assignment[1..];
        let (in_g1, in_g2) = std::thread::scope(|threads| {
            let in_g2 = threads.spawn(|| {
                let started = Instant::now();
                let points = behind_first(&key.b_g2_query);
                (E::G2::msm_unchecked(points, scalars), started.elapsed())
            });
            let in_g1 = || -> Result<_, ProveError> {
                let system = System {
                    matrices,
                    inputs,
                    constraints,
                    assignment,
                };
                let h = system.h_sum::<E::G1, Q>(session, &self.h)?;
                let staged = Staged::new(session, scalars);
                let b = match r.is_zero() {
                    true => E::G1::zero(),
                    false => {
                        staged.msm(session, &self.b, 0)?
                            + first(&key.b_g1_query)
                            + key.beta_g1
                            + key.delta_g1 * s
                    }
                };
                Ok((
                    h + staged.msm(session, &self.l, inputs - 1)?,
                    staged.msm(session, &self.a, 0)?,
                    b,
                ))
            };
            (in_g1(), in_g2.join())
        });
        let (b_g2, elapsed): (E::G2, Duration) = in_g2.map_err(|_| ProveError::Panicked)?;
        scope::record(Event {
            operation: Operation::Msm,
            group: group_name::<E::G2>(),
            length: scalars.len(),
            place: Place::Cpu(Reason::Unsupported),
            elapsed,
        });
        let (h_and_l, a, b) = in_g1?;
        let a = a + first(&key.a_query) + key.vk.alpha_g1 + key.delta_g1 * r;
        let b_g2 = b_g2 + first(&key.b_g2_query) + key.vk.beta_g2 + key.vk.delta_g2 * s;
        let c = h_and_l + a * s + b * r - key.delta_g1 * (r * s);
        Ok(Proof {
            a: a.into_affine(),
            b: b_g2.into_affine(),
            c: c.into_affine(),
        })
    }
}

/// A constraint system with its assignment.
struct System<'a, F: PrimeField> {
    matrices: &'a [Matrix<F>],
    inputs: usize,
    constraints: usize,
    assignment: &'a [F],
}

impl<F: CardField> System<'_, F> {
    /// The sum over the h query.
    fn h_sum<G: CardGroup<ScalarField = F>, Q: FusedReduction>(
        &self,
        session: &Session,
        bases: &Bases<'_, G>,
    ) -> Result<G, ProveError> {
        let too_large = || SynthesisError::PolynomialDegreeTooLarge;
        let elements = self.constraints + self.inputs;
        let domain = GeneralEvaluationDomain::<F>::new(elements).ok_or_else(too_large)?;
        let size = domain.size();
        if !size.is_power_of_two() {
            let h = Q::witness_map_from_matrices::<F, AcceleratedDomain<F>>(
                self.matrices,
                self.inputs,
                self.constraints,
                self.assignment,
            )?;
            return Ok(session.msm(bases, &h)?);
        }
        let offset = Q::coset_offset(size).ok_or_else(too_large)?;
        let coset = domain.get_coset(offset).ok_or_else(too_large)?;
        // On the coset the vanishing polynomial has one value.
        let vanishing = domain.evaluate_vanishing_polynomial(offset);
        let inverse = vanishing.inverse().ok_or_else(too_large)?;
        let values = self.values::<Q>(size);
        let quotient = Quotient {
            domain: &domain,
            coset: &coset,
            inverse_vanishing: Q::COEFFICIENTS.then_some(inverse),
            values: &values,
        };
        let fused = quotient.sum(session, bases);
        if let Some(error) = session.refusal(&fused) {
            return Err(error.into());
        }
        let reason = match fused {
            Ok((sum, events)) => {
                events.into_iter().for_each(scope::record);
                return Ok(sum);
            }
            Err(reason) => reason,
        };
        let mut values = values;
        domain::to_coset(session, &domain, &coset, &mut values)?;
        let started = Instant::now();
        let (a, rest) = values.split_at(size);
        let (b, c) = rest.split_at(size);
        let products = a.par_iter().zip(b).zip(c).map(|((a, b), c)| *a * b - c);
        let mut h: Vec<F> = match Q::COEFFICIENTS {
            true => products.map(|product| product * inverse).collect(),
            false => products.collect(),
        };
        scope::record(Event {
            operation: Operation::MultiplySubtract,
            group: F::FIELD.name(),
            length: size,
            place: Place::Cpu(reason),
            elapsed: started.elapsed(),
        });
        if Q::COEFFICIENTS {
            session.ifft(&coset, &mut h)?;
        }
        Ok(session.msm(bases, &h)?)
    }

    /// The values of A, B and C on the domain, one behind the other.
    fn values<Q: FusedReduction>(&self, size: usize) -> Vec<F> {
        let mut vectors = vec![F::zero(); 3 * size];
        let fill = |vector: &mut [F], matrix: &Matrix<F>| {
            let rows = vector[..self.constraints].par_iter_mut().zip(matrix);
            rows.for_each(|(value, row)| *value = evaluate_constraint(row, self.assignment));
        };
        let (a, rest) = vectors.split_at_mut(size);
        let (b, c) = rest.split_at_mut(size);
        fill(a, &self.matrices[0]);
        fill(b, &self.matrices[1]);
        match Q::COEFFICIENTS {
            true => fill(c, &self.matrices[2]),
            false => c
                .par_iter_mut()
                .zip(&*a)
                .zip(&*b)
                .for_each(|((c, a), b)| *c = *a * b),
        }
        a[self.constraints..][..self.inputs].copy_from_slice(&self.assignment[..self.inputs]);
        vectors
    }
}

/// The first point of a query, which belongs to the constant one.
fn first<A: AffineRepr>(query: &[A]) -> A {
    query.first().copied().unwrap_or_else(A::zero)
}

fn behind_first<A>(query: &[A]) -> &[A] {
    query.get(1..).unwrap_or_default()
}
