//! What the recoder makes of scalars: signed digits, counted on a sample.

use std::collections::HashMap;

use ark_ff::{BigInteger, PrimeField};
use gristmill_protocol::CurveId;

use crate::distribution::Distribution;
use crate::points::toy_scalars;

/// Scalars of a sample of uniform ones, at most: they all have as many digits, or one less.
const UNIFORM: usize = 1 << 12;
/// Of others, whose dense scalars are few: a tenth of these is known to 1 %.
const OTHERS: usize = 1 << 16;

/// Magnitudes min(s, r - s) of a sample, little-endian limbs.
pub struct Magnitudes {
    magnitudes: Vec<[u64; 4]>,
}

/// What a pass over n scalars has to do in one lane.
#[derive(Clone, Copy, Debug, Default)]
pub struct PassLoad {
    /// Scalars that come into the pass, as a fraction of n.
    pub taken: f64,
    /// Cycles in which the recoder gives digits, per scalar of n.
    pub steps: f64,
    /// Windows of a lane that get a digit.
    pub occupied: f64,
    /// The largest share that one bucket has in the digits of its lane.
    pub hottest: f64,
}

impl Magnitudes {
    /// Those of `count` scalars of this distribution.
    pub fn of(curve: CurveId, distribution: Distribution, count: usize) -> Self {
        let count = count.min(match distribution {
            Distribution::Uniform => UNIFORM,
            _ => OTHERS,
        });
        let magnitudes = match curve {
            CurveId::Toy => toy_scalars(count, distribution)
                .into_iter()
                .map(|s| [s.min(211 - s), 0, 0, 0])
                .collect(),
            CurveId::Bn254G1 => of_field::<ark_bn254::Fr>(distribution, count),
            CurveId::Bls12381G1 => of_field::<ark_bls12_381::Fr>(distribution, count),
        };
        Self { magnitudes }
    }

    /// The loads of the passes of a job of `count` scalars at c = `window`, with `lanes` lanes of `windows` windows a
    /// pass each. The recoder spends a cycle on each of a magnitude's windows that are in the pass, the ones
    /// with a zero digit too, up to its last bit or carry.
    pub fn passes(&self, count: usize, window: u32, lanes: u32, windows: u32) -> Vec<PassLoad> {
        let digits: Vec<Vec<i32>> = self.magnitudes.iter().map(|m| recode(*m, window)).collect();
        let longest = digits.iter().map(Vec::len).max().unwrap_or(0) as u32;
        let steps = |digits: &Vec<i32>| (digits.len() as u32).div_ceil(lanes);
        let sample = self.magnitudes.len().max(1) as f64;
        let passes = longest.div_ceil(lanes).div_ceil(windows.max(1)).max(1);
        (0..passes)
            .map(|pass| {
                let first = pass * windows;
                let taken = digits.iter().filter(|digits| steps(digits) > first).count();
                let cycles: u32 = digits
                    .iter()
                    .map(|digits| steps(digits).saturating_sub(first).min(windows))
                    .sum();
                let range = (first * lanes) as usize..((first + windows) * lanes) as usize;
                let mut keys: HashMap<(usize, i32), u32> = HashMap::new();
                let mut of_window = vec![0u32; windows as usize * lanes as usize];
                for digits in &digits {
                    let here = digits
                        .iter()
                        .enumerate()
                        .skip(range.start)
                        .take(range.len());
                    for (w, digit) in here.filter(|(_, digit)| **digit != 0) {
                        *keys.entry((w, digit.abs())).or_default() += 1;
                        of_window[w - range.start] += 1;
                    }
                }
                let of_lane = |lane: usize| -> u32 {
                    of_window.iter().skip(lane).step_by(lanes as usize).sum()
                };
                let hottest = keys.iter().map(|((w, _), found)| {
                    let lane = (w - range.start) % lanes as usize;
                    // a key that a few of the sample hit tells nothing
                    match found {
                        8.. => f64::from(*found) / f64::from(of_lane(lane)),
                        _ => 0.0,
                    }
                });
                let scale = count as f64 / sample;
                let of_first_lane = of_window.iter().step_by(lanes as usize);
                let there = of_first_lane.map(|found| (f64::from(*found) * scale).min(1.0));
                let buckets = f64::from(windows) * (1u64 << (window - 1)) as f64;
                PassLoad {
                    taken: taken as f64 / sample,
                    steps: f64::from(cycles) / sample,
                    occupied: there.sum(),
                    hottest: hottest.fold(1.0 / buckets, f64::max),
                }
            })
            .collect()
    }
}

fn of_field<F: PrimeField>(distribution: Distribution, count: usize) -> Vec<[u64; 4]> {
    let magnitude = |scalar: F| {
        let (scalar, negated) = (scalar.into_bigint(), (-scalar).into_bigint());
        let least = scalar.min(negated);
        let mut limbs = [0; 4];
        for (limb, bytes) in limbs.iter_mut().zip(least.to_bytes_le().chunks(8)) {
            *limb = bytes
                .iter()
                .rev()
                .fold(0, |limb, byte| limb << 8 | u64::from(*byte));
        }
        limbs
    };
    distribution
        .scalars(count)
        .into_iter()
        .map(magnitude)
        .collect()
}

/// Signed digits from -(2^(c-1) - 1) to 2^(c-1), lowest first, up to the magnitude's last bit and the carry out of it.
fn recode(magnitude: [u64; 4], c: u32) -> Vec<i32> {
    let top = magnitude.iter().rposition(|limb| *limb != 0);
    let bits = top.map_or(0, |top| {
        64 * top as u32 + 64 - magnitude[top].leading_zeros()
    });
    let field = |w: u32| -> u64 {
        let (limb, bit) = ((w * c / 64) as usize, w * c % 64);
        let low = magnitude.get(limb).map_or(0, |limb| limb >> bit);
        let high = match bit {
            0 => 0,
            _ => magnitude.get(limb + 1).map_or(0, |limb| limb << (64 - bit)),
        };
        (low | high) & ((1 << c) - 1)
    };
    let (mut digits, mut carry) = (Vec::new(), 0);
    for w in 0..bits.div_ceil(c) {
        let sum = field(w) as i32 + carry;
        carry = i32::from(sum > 1 << (c - 1));
        digits.push(sum - (carry << c));
    }
    if carry != 0 {
        digits.push(1);
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_sum_to_the_magnitude() {
        for c in 2..=16 {
            for magnitude in [0, 1, 2, 255, 0x8000, 0xffff_ffff, 0x0123_4567_89ab_cdef] {
                let digits = recode([magnitude, 0, 0, 0], c);
                let sum = digits
                    .iter()
                    .rev()
                    .fold(0i128, |sum, digit| (sum << c) + i128::from(*digit));
                assert_eq!(sum, i128::from(magnitude), "c {c}");
                assert!(
                    digits
                        .iter()
                        .all(|digit| -(1 << (c - 1)) < *digit && *digit <= 1 << (c - 1))
                );
            }
        }
        let all = recode([u64::MAX; 4], 13);
        assert_eq!((all[0], all.len()), (-1, 20));
    }

    #[test]
    fn a_uniform_scalar_has_a_digit_in_every_window() {
        let magnitudes = Magnitudes::of(CurveId::Bn254G1, Distribution::Uniform, 1000);
        let passes = magnitudes.passes(1000, 8, 1, 16);
        assert_eq!(passes.len(), 2);
        assert!((passes[0].steps - 16.0).abs() < 1e-9 && passes[0].taken > 0.999);
    }

    #[test]
    fn ones_take_one_cycle() {
        let magnitudes = Magnitudes::of(CurveId::Bn254G1, Distribution::Bits, 4096);
        let passes = magnitudes.passes(4096, 8, 1, 32);
        assert_eq!(passes.len(), 1);
        assert!((passes[0].steps - passes[0].taken).abs() < 1e-9);
        assert!((passes[0].hottest - 1.0).abs() < 1e-9 && passes[0].occupied == 1.0);
    }
}
