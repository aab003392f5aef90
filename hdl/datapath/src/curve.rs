//! Descriptions of curves y^2 = x^3 + b.

use num_bigint::BigUint;
use num_traits::One;

pub use crate::curves::{bls12_381, bn254, toy};
use crate::field::Field;

/// A curve y^2 = x^3 + b of odd prime order over a prime field, so that the complete formulas hold for
/// all pairs of its points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Curve {
    /// Lower case with underscores, as in module names.
    pub name: &'static str,
    /// The field of the coordinates.
    pub base: Field,
    /// The field of the scalars; its modulus is the order of the subgroup that is used.
    pub scalar: Field,
    /// 3 b.
    pub b3: BigUint,
    /// Affine coordinates of a generator, as residues (not in Montgomery form).
    pub generator: (BigUint, BigUint),
}

impl Curve {
    /// The radix of the Montgomery reductions inside the point adder, as an exponent of two.
    ///
    /// The formulas are homogeneous, so that a radix other than that of the memory scales all coordinates
    /// alike. At least ten bits above the modulus keep a reduced sum of products close enough to the
    /// modulus to need no final subtraction: a sum below s p^2 is reduced to less than p + s p^2 / 2^bits.
    pub fn adder_radix_bits(&self) -> usize {
        (self.base.bits + 10).next_multiple_of(8)
    }

    /// One in the coordinates of the memory.
    pub fn one(&self) -> BigUint {
        self.base.one()
    }

    /// Whether (x, y), residues, is a point of the curve.
    pub fn contains(&self, x: &BigUint, y: &BigUint) -> bool {
        let p = &self.base.modulus;
        let three = BigUint::from(3u32);
        (y * y * &three) % p == (x * x * x * &three + &self.b3) % p && x < p && y < p
    }

    /// Half the order, rounded down: the largest magnitude of a scalar with its sign taken out.
    pub fn largest_magnitude(&self) -> BigUint {
        (&self.scalar.modulus - BigUint::one()) >> 1
    }
}
