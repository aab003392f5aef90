//! What the self-test feeds, and what must come of it.

use super::super::{kind, table};
use gristmill_datapath::factor::reversed;
use gristmill_datapath::{Field, fields};
use num_traits::ToPrimitive;

/// Elements of a beat.
pub const LANES: usize = 2;
/// Binary logarithms of the sizes of frames.
pub const SIZES_LOG2: [usize; 2] = [10, 6];
/// Binary logarithm of the entries of a factor table.
pub const TABLE_LOG2: usize = 6;
/// Frames of a pass.
pub const FRAMES: usize = 4;
/// Shift of the index in an exponent of kind POWER.
pub const SHIFT: usize = 1;
/// Passes of a run: both sizes, factors before or after, both directions.
pub const PASSES: usize = 8;
/// The first value of the sequence.
pub const SEED: u64 = 0x2026_1122_6772_6973;
/// Of each value of the sequence, the bits that two elements have: any number of 30 bits is below the modulus.
pub const MASK: u64 = 0x3fff_ffff_3fff_ffff;
/// What the signature's feedback adds: x^64 + x^4 + x^3 + x + 1.
pub const FEEDBACK: u64 = 0x1b;

/// The value after this one (Marsaglia, Xorshift RNGs, 2003: 13, 7, 17).
pub fn next(mut value: u64) -> u64 {
    value ^= value << 13;
    value ^= value >> 7;
    value ^ value << 17
}

/// The kind of factors of each frame of a pass; the upper two frames take the second set of tables.
pub const KINDS: [u64; FRAMES] = [kind::NONE, kind::POWER, kind::TWIDDLE, kind::POWER];

/// The signature of a run, with this transform of residues: forward, or inverse without the factor 1/N.
pub fn signature(transform: impl Fn(&[u64], bool) -> Vec<u64>) -> u64 {
    let field = fields::baby_bear();
    let number = |value: num_bigint::BigUint| value.to_u64().expect("a field of 31 bits");
    let modulus = number(field.modulus.clone());
    let [into, out_of] = [
        field.to_memory(&1u32.into()),
        field.from_memory(&1u32.into()),
    ]
    .map(number);
    let mut value = SEED;
    let mut beat = || {
        let elements = [value & MASK & 0xffff_ffff, (value & MASK) >> 32];
        value = next(value);
        elements.map(|word| word * out_of % modulus)
    };
    let tables: Vec<Vec<u64>> = (0..2 * 4)
        .map(|_| {
            (0..(1 << TABLE_LOG2) / LANES)
                .flat_map(|_| beat())
                .collect()
        })
        .collect();
    let mut signature = 0u64;
    for pass in 0..PASSES {
        let (inverse, post) = (pass & 1 == 1, pass & 2 == 2);
        let size_log2 = SIZES_LOG2[pass >> 2];
        for (frame, kind) in KINDS.into_iter().enumerate() {
            let beats: Vec<[u64; LANES]> = (0..(1 << size_log2) / LANES).map(|_| beat()).collect();
            // split order: each lane takes a half of the frame
            let mut elements: Vec<u64> = (0..LANES)
                .flat_map(|lane| beats.iter().map(move |beat| beat[lane]))
                .collect();
            let scale = |elements: &mut [u64]| {
                for (index, element) in elements.iter_mut().enumerate() {
                    let (exponent, low, high) = match kind {
                        kind::NONE => return,
                        kind::POWER => ((index << SHIFT) + frame, table::G_LOW, table::G_HIGH),
                        _ => (index * frame, table::W_LOW, table::W_HIGH),
                    };
                    let of =
                        |which: u64, place: usize| tables[frame / 2 * 4 + which as usize][place];
                    let factor =
                        of(low, exponent % (1 << TABLE_LOG2)) * of(high, exponent >> TABLE_LOG2);
                    *element = factor % modulus * *element % modulus;
                }
            };
            if !post {
                scale(&mut elements);
            }
            elements = transform(&elements, inverse);
            if post {
                scale(&mut elements);
            }
            let place = |place: usize| elements[reversed(place, size_log2)] * into % modulus;
            for first in (0..1 << size_log2).step_by(LANES) {
                let beat = place(first) | place(first + 1) << 32;
                let feedback = if signature >> 63 == 1 { FEEDBACK } else { 0 };
                signature = signature << 1 ^ feedback ^ beat;
            }
        }
    }
    signature
}

/// The transform by its definition: X\[k\] = Σ_j x\[j\] w^(jk).
pub fn definition(elements: &[u64], inverse: bool) -> Vec<u64> {
    let field: Field = fields::baby_bear();
    let count = elements.len();
    let modulus = field.modulus.to_u64().expect("a field of 31 bits");
    let root = field.root(count.trailing_zeros() as usize, inverse);
    let root = root.to_u64().expect("a field of 31 bits");
    let powers: Vec<u64> = (0..count)
        .scan(1, |power, _| {
            let this = *power;
            *power = this * root % modulus;
            Some(this)
        })
        .collect();
    let sum = |k: usize| {
        let terms = elements.iter().enumerate();
        terms.fold(0, |sum, (j, x)| (sum + x * powers[j * k % count]) % modulus)
    };
    (0..count).map(sum).collect()
}
