//! The twiddle factors of the levels.

use super::parts::Twiddle;
use super::rom::Rom;
use gristmill_datapath::Field;
use gristmill_datapath::factor::reversed;
use num_bigint::BigUint;

/// The first `count` powers of the root of unity of order 2^`order_log2`, or of its inverse; residues.
fn powers(field: &Field, order_log2: usize, inverse: bool, count: usize) -> Vec<BigUint> {
    let root = field.root(order_log2, inverse);
    let mut power = BigUint::from(1u32);
    let mut powers = Vec::with_capacity(count);
    for _ in 0..count {
        let next = &power * &root % &field.modulus;
        powers.push(std::mem::replace(&mut power, next));
    }
    powers
}

/// Words one above the other, the first one lowest.
fn joined(words: impl DoubleEndedIterator<Item = BigUint>, width: usize) -> BigUint {
    words
        .rev()
        .fold(BigUint::ZERO, |sum, word| (sum << width) + word)
}

/// The twiddle factors of the butterflies on bit b: w^j for w of order 2^(b+1) and j the bits below b. Time
/// gives the upper ones, the lane the lower ones, so that butterfly i takes w^(t L/2 + i) at time t. Those of the
/// inverse are found in the same memories: w^-j = -w^(2^b - j), for lane 0 at -t (but one where t is 0, not
/// negated), for lane i at the complement of t in the place of lane L/2 - i.
pub(super) fn of_level(field: &Field, lanes: usize, bit: usize) -> Twiddle {
    let half = lanes / 2;
    if bit == 0 {
        return Twiddle::None;
    }
    if 1 << bit <= half {
        return Twiddle::Constant;
    }
    let powers: Vec<BigUint> = powers(field, bit + 1, false, 1 << bit)
        .iter()
        .map(|power| field.to_memory(power))
        .collect();
    let rom = |name: &str, range: std::ops::Range<usize>| Rom {
        name: format!("{}_twiddles_{bit}_of_{lanes}_{name}", field.name),
        width: range.len() * field.word_bits(),
        words: powers
            .chunks(half)
            .map(|beat| joined(beat[range.clone()].iter().cloned(), field.word_bits()))
            .collect(),
    };
    Twiddle::Memory {
        first: rom("first", 0..1),
        others: (half > 1).then(|| rom("others", 1..half)),
    }
}

/// The first `count` powers of the root of unity of order 2^`order_log2` and of its inverse, in memory form.
pub(super) fn powers_of_level(field: &Field, order_log2: usize, count: usize) -> Vec<[BigUint; 2]> {
    let [forward, inverse] = [false, true].map(|inverse| powers(field, order_log2, inverse, count));
    let pairs = forward.iter().zip(&inverse);
    pairs
        .map(|(forward, inverse)| [forward, inverse].map(|power| field.to_memory(power)))
        .collect()
}

/// The twiddle factors behind a group of levels that only shift, of bits `high` to `low` of the index:
/// w^(reversed(a) b) for w of order 2^(high+1), a the bits of the group and b those below it. A word is those of a
/// beat; inverse ones in the upper half of the addresses.
pub(super) fn between_groups(field: &Field, lanes: usize, high: usize, low: usize) -> Rom {
    let (half, lanes_log2) = (lanes / 2, lanes.trailing_zeros() as usize);
    let time_below = low + 1 - lanes_log2;
    let mut words = Vec::new();
    for inverse in [false, true] {
        let powers = powers(field, high + 1, inverse, 2 << high);
        for time in 0..1 << (high + 1 - lanes_log2) {
            // behind the butterflies on bit `low` that bit is the highest of the lane
            let element = |lane: usize| {
                let a = (time >> time_below << 1) | (lane / half);
                let b = (time & ((1 << time_below) - 1)) * half + lane % half;
                let exponent = reversed(a, high - low + 1) * b;
                field.to_memory(&powers[exponent & ((2 << high) - 1)])
            };
            words.push(joined((0..lanes).map(element), field.word_bits()));
        }
    }
    Rom {
        name: format!("{}_twiddles_{high}_to_{low}_of_{lanes}", field.name),
        width: lanes * field.word_bits(),
        words,
    }
}
