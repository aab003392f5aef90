//! Random input of the distributions that provers have.

use std::fmt;

use ark_ff::{PrimeField, Zero};
use clap::ValueEnum;
use rand::{Rng, SeedableRng, rngs::StdRng};

use crate::layout::CardGroup;

/// How the scalars of a multiplication are distributed.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Distribution {
    /// Uniform below the order.
    Uniform,
    /// As in a witness: 45 % zero, 45 % one, the rest uniform.
    Witness,
    /// One random scalar, everywhere.
    Equal,
    /// All zero.
    Zero,
    /// All one.
    One,
    /// All order - 1.
    MinusOne,
}

impl fmt::Display for Distribution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.to_possible_value();
        f.pad(value.as_ref().map_or("", |value| value.get_name()))
    }
}

impl Distribution {
    /// Scalars, the same for the same seed.
    pub(crate) fn scalars<F: PrimeField>(self, count: usize, seed: u64) -> Vec<F> {
        let mut rng = StdRng::seed_from_u64(seed);
        let equal = F::rand(&mut rng);
        let mut one = || match self {
            Self::Uniform => F::rand(&mut rng),
            Self::Witness => match rng.gen_range(0..100) {
                0..45 => F::zero(),
                45..90 => F::one(),
                _ => F::rand(&mut rng),
            },
            Self::Equal => equal,
            Self::Zero => F::zero(),
            Self::One => F::one(),
            Self::MinusOne => -F::one(),
        };
        (0..count).map(|_| one()).collect()
    }
}

/// Random points, the same for the same seed; the second and every 1000th is infinity.
pub(crate) fn points<G: CardGroup>(count: usize, seed: u64) -> Vec<G::Affine> {
    let mut factors: Vec<G::ScalarField> = Distribution::Uniform.scalars(count, !seed);
    let infinities = factors.iter_mut().skip(1).step_by(1000);
    infinities.for_each(|factor| *factor = G::ScalarField::zero());
    G::generator().batch_mul(&factors)
}
