//! A second computation on the card that exposes a wrong result of the first.
//!
//! For resident points P, secret random t and T = Σ t_i P_i, computed once on the CPU, a result R for the
//! scalars s is accepted if the card's sum for t + ρ s is T + ρ R, for a fresh random ρ of 128 bits. A
//! fault that does not know ρ passes with probability 2^-128. The host's part is one field
//! multiplication and addition for each point, and one scalar multiplication.
//!
//! This guards against a card that errs, not against one that lies: t is used again, so that a card
//! which remembers the scalars of several jobs can solve for it.

use ark_ec::CurveGroup;
use ark_ff::{PrimeField, UniformRand, Zero};
use rand::{Rng, SeedableRng, rngs::StdRng};
use rayon::prelude::*;

use crate::{
    backend::{Resident, Usage},
    error::Error,
    layout::{CardGroup, Scalars},
    sum::sum_of_slots,
};

/// What it takes to check sums over one set of resident points.
pub(crate) struct Check<G: CurveGroup> {
    masks: Vec<G::ScalarField>,
    masked_sum: G,
}

impl<G: CardGroup> Check<G> {
    /// Draws the masks and computes their sum on the CPU, which takes one MSM.
    pub(crate) fn new(points: &[G::Affine]) -> Self {
        let mut rng = StdRng::from_entropy();
        let masks: Vec<_> = points
            .iter()
            .map(|_| G::ScalarField::rand(&mut rng))
            .collect();
        let masked_sum = G::msm_unchecked(points, &masks);
        Self { masks, masked_sum }
    }

    /// Accepts `claimed` as the sum of `scalars` times the resident points from `first` on.
    ///
    /// # Errors
    /// [`Error::CheckFailed`] if the two computations contradict each other; else that of the second one.
    pub(crate) fn verify(
        &self,
        resident: &dyn Resident,
        first: usize,
        scalars: &Scalars<'_, G::ScalarField>,
        claimed: G,
    ) -> Result<Usage, Error> {
        let factor: u128 = StdRng::from_entropy().gen_range(1..=u128::MAX);
        let combined = self.combine(first, scalars, G::ScalarField::from(factor));
        let (bytes, form) = Scalars::Montgomery(&combined).bytes::<G>();
        let raw = resident.msm(0, &bytes, form)?;
        let expected = self.masked_sum + claimed * G::ScalarField::from(factor);
        if sum_of_slots::<G>(&raw.slots)? == expected {
            Ok(raw.usage)
        } else {
            Err(Error::CheckFailed)
        }
    }

    /// t + factor * s over all resident points; s is zero outside of the scalars.
    fn combine(
        &self,
        first: usize,
        scalars: &Scalars<'_, G::ScalarField>,
        factor: G::ScalarField,
    ) -> Vec<G::ScalarField> {
        let mut combined = self.masks.clone();
        let range = &mut combined[first..first + scalars.len()];
        match scalars {
            Scalars::Montgomery(scalars) => range
                .par_iter_mut()
                .zip(*scalars)
                .for_each(|(mask, scalar)| *mask += factor * scalar),
            Scalars::Canonical(scalars) => {
                range
                    .par_iter_mut()
                    .zip(*scalars)
                    .for_each(|(mask, scalar)| {
                        let scalar = G::ScalarField::from_bigint(*scalar);
                        *mask += factor * scalar.unwrap_or_else(G::ScalarField::zero);
                    });
            }
        }
        combined
    }
}
