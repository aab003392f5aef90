//! Where the factors of a frame's elements stand in their tables.
//!
//! The factor of the element of index u is base^e, e = u m + a modulo 2^24, from two tables:
//! base^e = low\[e mod 2^split\] · high\[e >> split\].

use num_bigint::{BigInt, BigUint};

use crate::error::Result;
use crate::fills::Fill;
use crate::graph::{Builder, Graph, Net, largest};
use crate::operations::{Range, Term};

/// Bits of an exponent.
pub const EXPONENT_BITS: usize = 24;

/// Why the graph can be built for every shape.
const FITS: &str = "exponents are cut to their bits, and the timing rules hold";

/// The sizes that the addresses depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FactorShape {
    /// Binary logarithm of the elements of a beat, at least 1.
    pub lanes_log2: usize,
    /// Binary logarithm of the largest frame.
    pub pass_log2: usize,
    /// Binary logarithm of the entries of a table.
    pub table_log2: usize,
}

/// What the addresses depend on besides the frame: constant for a size of frames and a side of the transform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FactorSettings {
    /// The reversed time is shifted right so far.
    pub time_shift: usize,
    /// The second multiple of m is m 2^`scale`.
    pub scale: usize,
    /// Whether the lower bits of the lane count as multiples of m.
    pub neighbours: bool,
    /// For each lane how often it counts m 2^`scale`.
    pub lanes: Vec<usize>,
}

/// The lowest `bits` bits of a number, reversed.
pub fn reversed(value: usize, bits: usize) -> usize {
    (0..bits).fold(0, |sum, bit| sum | (value >> bit & 1) << (bits - 1 - bit))
}

impl FactorShape {
    /// Bits of the number of a beat in its frame.
    pub fn time_bits(&self) -> usize {
        (self.pass_log2 - self.lanes_log2).max(1)
    }

    /// The settings for frames of 2^`size_log2` elements, before the transform or after it.
    pub fn settings(&self, size_log2: usize, post: bool) -> FactorSettings {
        let lanes_log2 = self.lanes_log2;
        let whole = size_log2 >= lanes_log2;
        let lane = |lane: usize| match (whole, post) {
            (true, true) => reversed(lane, lanes_log2),
            (true, false) => lane >> (lanes_log2 - 1),
            (false, true) => reversed(lane, size_log2),
            (false, false) => lane & ((1 << size_log2) - 1),
        };
        FactorSettings {
            time_shift: if whole { self.pass_log2 - size_log2 } else { 0 },
            scale: match (whole, post) {
                (true, true) => size_log2 - lanes_log2,
                (true, false) => size_log2 - 1,
                (false, _) => 0,
            },
            neighbours: whole && !post,
            lanes: (0..1 << lanes_log2).map(lane).collect(),
        }
    }
}

/// Bits of a shift up to `most`.
fn shift_bits(most: usize) -> usize {
    ((usize::BITS - most.leading_zeros()) as usize).max(1)
}

impl FactorShape {
    /// Bits of [`FactorSettings::time_shift`] as an input.
    pub fn time_shift_bits(&self) -> usize {
        shift_bits(self.pass_log2 - self.lanes_log2)
    }

    /// Bits of [`FactorSettings::scale`] as an input.
    pub fn scale_bits(&self) -> usize {
        shift_bits(self.pass_log2 - 1)
    }
}

/// The addresses of the factors of a beat.
///
/// Inputs: `beat`, the number t of the beat in its frame; `frame`; `twiddle`, set for m = frame and a = 0, clear for
/// m = 2^`shift` and a = frame; `shift`; `split`; `post`; and the settings `time_shift`, `scale`,
/// `neighbours` and `lanes` (`lanes_log2` bits a lane). Outputs: `low` and `high`, `table_log2` bits a lane.
///
/// With L lanes the index of lane l is, before the transform, t L/2 + l mod L/2 + (l / (L/2)) 2^scale, and after it
/// reversed(t) + lanes\[l\] 2^scale, so that u m is one product for all lanes and a few multiples of m.
pub fn factor_addresses(shape: &FactorShape, fill: Fill) -> Graph {
    build(shape, fill).expect(FITS)
}

fn build(shape: &FactorShape, fill: Fill) -> Result<Graph> {
    let FactorShape {
        lanes_log2,
        table_log2,
        ..
    } = *shape;
    let (count, half) = (1 << lanes_log2, 1 << (lanes_log2 - 1));
    let mut builder = Builder::new(fill.config());
    let beat = builder.word("beat", shape.time_bits());
    let frame = builder.word("frame", EXPONENT_BITS);
    let twiddle = builder.word("twiddle", 1);
    let shift = builder.word("shift", 5);
    let split = builder.word("split", 4);
    let post = builder.word("post", 1);
    let time_shift = builder.word("time_shift", shape.time_shift_bits());
    let scale = builder.word("scale", shape.scale_bits());
    let neighbours = builder.word("neighbours", 1);
    let lanes = builder.word("lanes", count * lanes_log2);

    builder.label("multiplier");
    let one = Net::constant(&1u32.into(), EXPONENT_BITS);
    let power = shift_left(&mut builder, &one, &shift)?;
    let multiplier = builder.select(&twiddle, &frame, &power)?;
    let multiplier = builder.register(&multiplier);
    let none = Net::constant(&BigUint::ZERO, EXPONENT_BITS);
    let addend = builder.select(&twiddle, &none, &frame)?;
    let addend = builder.register(&addend);

    builder.label("time");
    let bits: Vec<Net> = (0..beat.width())
        .rev()
        .map(|bit| beat.slice(bit, 1))
        .collect();
    let backward = shift_right(&mut builder, &Net::concatenate(&bits), &time_shift)?;
    let width = beat.width() + lanes_log2 - 1;
    let forward = beat.shift_left(lanes_log2 - 1);
    let time = builder.select(&post, &backward.resize(width), &forward)?;
    let product = builder.multiply(&builder.register(&time), &multiplier)?;
    let product = product.resize(product.width().max(EXPONENT_BITS));
    let product = product.slice(0, EXPONENT_BITS);
    let modulo = || Range::Modulo(EXPONENT_BITS);
    let terms = [Term::plus(&product), Term::plus(&addend)];
    let common = builder.sum(&terms, &BigInt::ZERO, modulo())?;

    builder.label("lane");
    let scaled = shift_left(&mut builder, &multiplier, &scale)?;
    let base = masked(&mut builder, &multiplier, &neighbours)?;
    let mut multiples = Vec::new();
    for number in 0..half {
        let bits = (0..lanes_log2).filter(|bit| number >> bit & 1 == 1);
        let terms: Vec<Term> = bits.map(|bit| Term::plus(&base).shifted(bit)).collect();
        multiples.push(builder.sum(&terms, &BigInt::ZERO, modulo())?);
    }
    let (mut low, mut high) = (Vec::new(), Vec::new());
    let above = shift_left(
        &mut builder,
        &Net::constant(&largest(table_log2), table_log2),
        &split,
    )?;
    let mask = above.complement();
    for lane in 0..count {
        let mut terms = vec![Term::plus(&multiples[lane % half])];
        for bit in 0..lanes_log2 {
            let counts = lanes.slice(lane * lanes_log2 + bit, 1);
            let part = masked(&mut builder, &scaled, &counts)?;
            terms.push(Term::plus(&part).shifted(bit));
        }
        let sum = builder.sum(&terms, &BigInt::ZERO, modulo())?;
        let terms = [Term::plus(&common), Term::plus(&sum)];
        let exponent = builder.sum(&terms, &BigInt::ZERO, modulo())?;
        let exponent = exponent.resize(EXPONENT_BITS);
        low.push(builder.and(&exponent.slice(0, table_log2), &mask)?);
        let address = shift_right(&mut builder, &exponent, &split)?;
        high.push(address.slice(0, table_log2));
    }
    builder.output("low", &Net::concatenate(&low));
    builder.output("high", &Net::concatenate(&high));
    Ok(builder.finish())
}

/// The net where the bit is set, else zero; registered.
fn masked(builder: &mut Builder, net: &Net, bit: &Net) -> Result<Net> {
    let bits = Net::concatenate(&vec![bit.clone(); net.width()]);
    let masked = builder.and(net, &bits)?;
    Ok(builder.register(&masked))
}

/// The net shifted left, in its own width; registered.
fn shift_left(builder: &mut Builder, net: &Net, amount: &Net) -> Result<Net> {
    shifted(builder, net, amount, |net, by| {
        net.slice(0, net.width() - by).shift_left(by)
    })
}

/// The net shifted right, in its own width; registered.
fn shift_right(builder: &mut Builder, net: &Net, amount: &Net) -> Result<Net> {
    shifted(builder, net, amount, |net, by| {
        net.slice(by, net.width() - by).resize(net.width())
    })
}

fn shifted(
    builder: &mut Builder,
    net: &Net,
    amount: &Net,
    by: impl Fn(&Net, usize) -> Net,
) -> Result<Net> {
    let width = net.width();
    let mut shifted = net.clone();
    for bit in 0..amount.width() {
        let far = by(&shifted, (1 << bit).min(width));
        shifted = builder.select(&amount.slice(bit, 1), &far, &shifted)?;
        if bit % 2 == 1 {
            shifted = builder.register(&shifted);
        }
    }
    Ok(builder.register(&shifted))
}
