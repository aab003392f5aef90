//! A reduction to quadratic arithmetic programs whose transforms go through [`AcceleratedDomain`].

use std::marker::PhantomData;

use ark_ff::PrimeField;
use ark_groth16::r1cs_to_qap::{LibsnarkReduction, R1CSToQAP};
use ark_poly::EvaluationDomain;
use ark_relations::{
    gr1cs::{ConstraintSystemRef, SynthesisError},
    utils::matrix::Matrix,
};

use crate::domain::AcceleratedDomain;

/// Any reduction Q (libsnark's, circom's), over [`AcceleratedDomain`] instead of the domain that ark-groth16
/// names: that one has no hook, but the methods of a reduction are generic in their domain.
pub struct AcceleratedReduction<Q: R1CSToQAP = LibsnarkReduction>(PhantomData<Q>);

impl<Q: R1CSToQAP> R1CSToQAP for AcceleratedReduction<Q> {
    fn instance_map_with_evaluation<F: PrimeField, D: EvaluationDomain<F>>(
        cs: ConstraintSystemRef<F>,
        t: &F,
    ) -> Result<(Vec<F>, Vec<F>, Vec<F>, F, usize, usize), SynthesisError> {
        Q::instance_map_with_evaluation::<F, AcceleratedDomain<F>>(cs, t)
    }

    fn witness_map<F: PrimeField, D: EvaluationDomain<F>>(
        prover: ConstraintSystemRef<F>,
    ) -> Result<Vec<F>, SynthesisError> {
        Q::witness_map::<F, AcceleratedDomain<F>>(prover)
    }

    fn witness_map_from_matrices<F: PrimeField, D: EvaluationDomain<F>>(
        matrices: &[Matrix<F>],
        num_inputs: usize,
        num_constraints: usize,
        full_assignment: &[F],
    ) -> Result<Vec<F>, SynthesisError> {
        Q::witness_map_from_matrices::<F, AcceleratedDomain<F>>(
            matrices,
            num_inputs,
            num_constraints,
            full_assignment,
        )
    }

    fn h_query_scalars<F: PrimeField, D: EvaluationDomain<F>>(
        max_power: usize,
        t: F,
        zt: F,
        delta_inverse: F,
    ) -> Result<Vec<F>, SynthesisError> {
        Q::h_query_scalars::<F, AcceleratedDomain<F>>(max_power, t, zt, delta_inverse)
    }
}
