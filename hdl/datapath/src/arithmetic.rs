//! Arithmetic modulo a prime in which a formula is written once and built in several ways.

use num_bigint::{BigInt, BigUint};
use num_integer::Integer;
use num_traits::{Signed, Zero};

use crate::error::Result;

/// Values that are correct modulo a prime and bounded.
pub(crate) trait Arithmetic {
    type Value: Clone;

    /// The sum of the values times their factors, plus the least multiple of the modulus that keeps it from
    /// being negative.
    fn combine(&mut self, name: &str, terms: &[(&Self::Value, i64)]) -> Result<Self::Value>;

    /// For each sum of products its Montgomery reduction; all are of one kind of module.
    fn reduced_sums(
        &mut self,
        name: &str,
        sums: &[Vec<(&Self::Value, &Self::Value)>],
    ) -> Result<Vec<Self::Value>>;
}

/// The least multiple of the modulus that keeps a combination from being negative, and the bound of the
/// combination with it.
pub(crate) fn offset(modulus: &BigUint, terms: &[(&BigUint, i64)]) -> (BigUint, BigUint) {
    let (mut negative, mut positive) = (BigInt::zero(), BigInt::zero());
    for (bound, factor) in terms {
        let reach = BigInt::from((*bound).clone()) * *factor;
        if reach.is_negative() {
            negative -= reach;
        } else {
            positive += reach;
        }
    }
    let offset = negative.magnitude().div_ceil(modulus) * modulus;
    let bound = &offset + positive.magnitude();
    (offset, bound)
}

/// For each place in the sums the largest operands.
pub(crate) fn largest_operands<V>(
    sums: &[Vec<(&V, &V)>],
    bound: impl Fn(&V) -> BigUint,
) -> Vec<(BigUint, BigUint)> {
    let places = sums.iter().map(Vec::len).max().unwrap_or(0);
    let mut bounds = vec![(BigUint::zero(), BigUint::zero()); places];
    for sum in sums {
        for ((a, b), (most_a, most_b)) in sum.iter().zip(&mut bounds) {
            *most_a = (&*most_a).max(&bound(a)).clone();
            *most_b = (&*most_b).max(&bound(b)).clone();
        }
    }
    bounds
}
