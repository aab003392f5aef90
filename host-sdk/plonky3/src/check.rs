//! A check of a batch of transforms at a random point: one pass over its elements.
//!
//! With random α of an extension field the columns p_c become one polynomial Σ α^c p_c, and the matrices of
//! coefficients or values become one column each. Both sides of a transform are evaluated at a random
//! point: coefficients by Horner's rule, values on s H, |H| = n, by
//! p(z) = (z^n - s^n) / (n s^n) Σ_k v_k s w^k / (z - s w^k). Wrong transforms pass with a probability of at most
//! (width + n) over the size of the extension, which has about 2^124 elements.

use crate::CardField;
use p3_field::{PrimeCharacteristicRing, batch_multiplicative_inverse};
use rand::{RngCore, SeedableRng, rngs::StdRng};
use rayon::prelude::*;

/// What a matrix says of its columns' polynomials.
#[derive(Clone, Copy)]
pub(crate) enum Side<F> {
    /// Row j has the coefficients of X^j.
    Coefficients,
    /// Row k has the values at s w^k, for this s.
    Values(F),
    /// The same with rows in bit-reversed order.
    ReversedValues(F),
}

/// Whether two matrices of this width stand for the same polynomials.
pub(crate) fn agree<F: CardField>(
    width: usize,
    (a, side_a): (&[F], Side<F>),
    (b, side_b): (&[F], Side<F>),
) -> bool {
    let mut rng = StdRng::from_entropy();
    let mut random = || {
        use p3_field::BasedVectorSpace;
        F::Extension::from_basis_coefficients_fn(|_| F::from_u64(rng.next_u64()))
    };
    let (alpha, point) = (random(), random());
    let powers: Vec<_> = alpha.powers().take(width).collect();
    let evaluate = |matrix: &[F], side| {
        let rows = matrix.par_chunks_exact(width);
        let column = rows.map(|row| {
            let products = row.iter().zip(&powers).map(|(x, power)| *power * *x);
            products.sum::<F::Extension>()
        });
        value_at(point, column.collect(), side)
    };
    evaluate(a, side_a) == evaluate(b, side_b)
}

/// The value at `point` of the polynomial of which `column` is one side.
fn value_at<F: CardField>(
    point: F::Extension,
    column: Vec<F::Extension>,
    side: Side<F>,
) -> F::Extension {
    let (shift, reversed) = match side {
        Side::Coefficients => {
            let horner = |sum: F::Extension, c: &F::Extension| sum * point + *c;
            return column.iter().rev().fold(F::Extension::ZERO, horner);
        }
        Side::Values(shift) => (shift, false),
        Side::ReversedValues(shift) => (shift, true),
    };
    let log2 = column.len().trailing_zeros();
    let points: Vec<F> = F::two_adic_generator(log2 as usize)
        .shifted_powers(shift)
        .take(column.len())
        .collect();
    let differences: Vec<_> = points
        .iter()
        .map(|x| point - F::Extension::from(*x))
        .collect();
    let inverses = batch_multiplicative_inverse(&differences);
    let place = |k: usize| match reversed && log2 > 0 {
        true => k.reverse_bits() >> (usize::BITS - log2),
        false => k,
    };
    let terms = points.iter().zip(&inverses).enumerate();
    let sum: F::Extension = terms
        .map(|(k, (x, inverse))| column[place(k)] * *inverse * *x)
        .sum();
    let shift_power = shift.exp_power_of_2(log2 as usize);
    let vanishing = point.exp_power_of_2(log2 as usize) - F::Extension::from(shift_power);
    let scale = shift_power * F::ONE.mul_2exp_u64(u64::from(log2));
    sum * vanishing * scale.inverse()
}
