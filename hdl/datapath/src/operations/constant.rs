//! Products with constants, by shifts and additions.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use num_bigint::{BigInt, BigUint};
use num_integer::Integer;
use num_traits::{One, ToPrimitive, Zero};

use super::sum::{Range, Term};
use crate::error::Result;
use crate::graph::{Builder, Net};

/// A digit of a signed expansion: plus or minus `factor` times 2^`shift`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digit {
    /// Weight, as an exponent of two.
    pub shift: usize,
    /// Odd magnitude of the digit.
    pub factor: u32,
    /// Whether the digit is subtracted.
    pub negative: bool,
}

/// The non-adjacent form: digits +-1, no two of them neighbours.
pub fn signed_digits(value: &BigUint) -> Vec<Digit> {
    window_digits(value, 2)
}

/// The windowed non-adjacent form: odd digits below 2^(window - 1) in magnitude, at most one in `window`
/// neighbouring places (Hankerson, Menezes, Vanstone, Guide to Elliptic Curve Cryptography, algorithm
/// 3.35).
pub fn window_digits(value: &BigUint, window: usize) -> Vec<Digit> {
    let modulus = 1u32 << window;
    let (mut rest, mut shift, mut digits) = (value.clone(), 0, Vec::new());
    while !rest.is_zero() {
        if rest.is_odd() {
            let residue = (&rest % modulus).to_u32().expect("it is below the modulus");
            let negative = residue > modulus / 2;
            let factor = if negative { modulus - residue } else { residue };
            if negative {
                rest += factor;
            } else {
                rest -= factor;
            }
            digits.push(Digit {
                shift,
                factor,
                negative,
            });
        }
        rest >>= 1;
        shift += 1;
    }
    digits
}

/// Digits up to +-7, so that three shared multiples (3, 5 and 7 times) serve one digit in five places.
const WINDOW: usize = 4;

impl Builder {
    /// The multiples of a net by the factors of some digits.
    fn odd_multiples(&mut self, net: &Net, digits: &[Digit]) -> Result<HashMap<u32, Net>> {
        let mut multiples = HashMap::from([(1, net.clone())]);
        for digit in digits {
            if let Entry::Vacant(place) = multiples.entry(digit.factor) {
                let terms = shifted_terms(net, &digit.factor.into());
                let range = Range::Known {
                    bound: net.bound() * digit.factor,
                    because: "a multiple of an unsigned value",
                };
                place.insert(self.sum(&terms, &BigInt::zero(), range)?);
            }
        }
        Ok(multiples)
    }

    /// net * constant modulo 2^width.
    ///
    /// # Errors
    /// If the timing rules are violated.
    pub fn multiply_constant_modulo(
        &mut self,
        net: &Net,
        constant: &BigUint,
        width: usize,
    ) -> Result<Net> {
        let digits = window_digits(constant, WINDOW);
        let digits: Vec<Digit> = digits.into_iter().filter(|d| d.shift < width).collect();
        let multiples = self.odd_multiples(net, &digits)?;
        let terms: Vec<Term> = digits
            .iter()
            .map(|digit| {
                let term = Term::plus(&multiples[&digit.factor]).shifted(digit.shift);
                term.signed(digit.negative)
            })
            .collect();
        self.sum(&terms, &BigInt::zero(), Range::Modulo(width))
    }

    /// (addend + net * constant) / 2^shift for a dividend that is known to be divisible by 2^shift.
    ///
    /// Only the high parts of the terms are added. Each of the n terms, cut off g bits below the result, is
    /// too small by less than 1 in units of 2^(shift - g), a negated one too large by less than 1. With the
    /// number of negated ones subtracted, the sum S is too small by e, 0 <= e < n <= 2^g, and as the result
    /// X is an integer, X 2^g = S + e, so X = (S + 2^g - 1) / 2^g rounded down.
    ///
    /// # Errors
    /// If the timing rules are violated.
    pub fn multiply_constant_add_exact(
        &mut self,
        net: &Net,
        constant: &BigUint,
        addend: &Net,
        shift: usize,
    ) -> Result<Net> {
        let digits = window_digits(constant, WINDOW);
        let count = digits.len() + 1;
        let guard = (usize::BITS - (count - 1).leading_zeros()) as usize;
        let guard = guard.min(shift);
        let cut = shift - guard;
        let multiples = self.odd_multiples(net, &digits)?;
        let mut negatives = 0u32;
        let mut terms = Vec::new();
        for digit in &digits {
            let multiple = &multiples[&digit.factor];
            match digit.shift.checked_sub(cut) {
                Some(left) => terms.push(Term::plus(multiple).shifted(left).signed(digit.negative)),
                None => {
                    negatives += u32::from(digit.negative);
                    let dropped = cut - digit.shift;
                    if dropped < multiple.width() {
                        let kept = multiple.slice(dropped, multiple.width() - dropped);
                        terms.push(Term::plus(&kept).signed(digit.negative));
                    }
                }
            }
        }
        if cut < addend.width() {
            terms.push(Term::plus(&addend.slice(cut, addend.width() - cut)));
        }
        let rounding = (BigInt::one() << guard) - 1 - BigInt::from(negatives);
        let result = (addend.bound() + net.bound() * constant) >> shift;
        let bound = (&result << guard) + ((BigUint::one() << guard) - 1u32);
        let sum = self.sum(
            &terms,
            &rounding,
            Range::Known {
                bound,
                because: "the error of the cut terms is below 2^guard",
            },
        )?;
        let width = sum.width();
        Ok(sum
            .slice(guard.min(width - 1), width - guard.min(width - 1))
            .with_bound(result))
    }
}

/// factor * net as terms of a sum.
fn shifted_terms(net: &Net, factor: &BigUint) -> Vec<Term> {
    let digits = signed_digits(factor);
    let term = |digit: &Digit| {
        let term = Term::plus(net).shifted(digit.shift);
        term.signed(digit.negative)
    };
    digits.iter().map(term).collect()
}
