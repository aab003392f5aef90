//! Products of nets: tiles below, Karatsuba above.

use num_bigint::BigInt;
use num_traits::Zero;

use super::sum::{Range, Term};
use crate::error::Result;
use crate::graph::{Builder, Config, Net, slice_pieces};

/// Tiles of the product of two nets of `a` and `b` bits, if all pairs of parts are multiplied, and
/// whether the wide side of the tiles takes `a`.
fn direct_tiles(config: Config, a: usize, b: usize) -> (usize, bool) {
    let (wide, narrow) = config.tile;
    let straight = a.div_ceil(wide) * b.div_ceil(narrow);
    let turned = a.div_ceil(narrow) * b.div_ceil(wide);
    (straight.min(turned), straight <= turned)
}

/// Where Karatsuba's identity splits two operands, if both have bits above that.
fn split_at(a: usize, b: usize) -> Option<usize> {
    let half = a.max(b).div_ceil(2);
    (half > 1 && a.min(b) > half).then_some(half)
}

/// The fewest tiles of a product, over all depths of Karatsuba.
fn fewest_tiles(config: Config, a: usize, b: usize) -> usize {
    let direct = direct_tiles(config, a, b).0;
    match split_at(a, b) {
        Some(half) if direct > 1 => direct.min(karatsuba_tiles(config, a, b, half)),
        _ => direct,
    }
}

fn karatsuba_tiles(config: Config, a: usize, b: usize, half: usize) -> usize {
    fewest_tiles(config, half, half)
        + fewest_tiles(config, a - half, b - half)
        + fewest_tiles(config, half + 1, half + 1)
}

impl Builder {
    /// a * b.
    ///
    /// # Errors
    /// If the timing rules are violated.
    pub fn multiply(&mut self, a: &Net, b: &Net) -> Result<Net> {
        let direct = direct_tiles(self.config, a.width(), b.width()).0;
        match split_at(a.width(), b.width()) {
            Some(half) if karatsuba_tiles(self.config, a.width(), b.width(), half) < direct => {
                self.karatsuba(a, b, half)
            }
            _ => self.direct(a, b),
        }
    }

    /// Three products of half the width for four: with a = a0 + a1 2^h and b alike,
    /// a0 b1 + a1 b0 = (a0 + a1)(b0 + b1) - a0 b0 - a1 b1.
    fn karatsuba(&mut self, a: &Net, b: &Net, half: usize) -> Result<Net> {
        let (a0, a1) = (a.slice(0, half), a.slice(half, a.width() - half));
        let (b0, b1) = (b.slice(0, half), b.slice(half, b.width() - half));
        let a_sum = self.add(&a0, &a1)?;
        let b_sum = self.add(&b0, &b1)?;
        let low = self.multiply(&a0, &b0)?;
        let high = self.multiply(&a1, &b1)?;
        let both = self.multiply(&a_sum, &b_sum)?;
        let terms = [Term::plus(&both), Term::minus(&low), Term::minus(&high)];
        let cross = Range::Known {
            bound: a0.bound() * b1.bound() + a1.bound() * b0.bound(),
            because: "Karatsuba's identity",
        };
        let cross = self.sum(&terms, &BigInt::zero(), cross)?;
        let outer = Net::concatenate(&[low.resize(2 * half), high]);
        let product = Range::Known {
            bound: a.bound() * b.bound(),
            because: "the product of the operands",
        };
        self.sum(
            &[Term::plus(&outer), Term::plus(&cross).shifted(half)],
            &BigInt::zero(),
            product,
        )
    }

    /// A tile for every pair of parts.
    fn direct(&mut self, a: &Net, b: &Net) -> Result<Net> {
        let (a, b) = match direct_tiles(self.config, a.width(), b.width()).1 {
            true => (a, b),
            false => (b, a),
        };
        let (wide, narrow) = self.config.tile;
        let (a_in, b_in) = (self.register(a), self.register(b));
        let mut terms = Vec::new();
        for i in (0..a.width()).step_by(wide) {
            let a_part = slice_pieces(&a_in.pieces, i, wide.min(a.width() - i));
            for j in (0..b.width()).step_by(narrow) {
                let b_part = slice_pieces(&b_in.pieces, j, narrow.min(b.width() - j));
                let zero = [&a_part, &b_part]
                    .iter()
                    .any(|part| part.iter().all(|piece| piece.is_zero()));
                if !zero {
                    let pieces = self.tile(a_part.clone(), b_part)?;
                    let bound = crate::graph::largest(pieces[0].width);
                    terms.push(Term::plus(&Net::new(pieces, bound)).shifted(i + j));
                }
            }
        }
        let range = Range::Known {
            bound: a.bound() * b.bound(),
            because: "the product of the operands",
        };
        self.sum(&terms, &BigInt::zero(), range)
    }
}
