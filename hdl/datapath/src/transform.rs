//! The cells of number-theoretic transforms: elements in memory form, canonical but where it is said. In the fast
//! fill they are those of record: a simulated transform works on whole beats.

use num_bigint::{BigInt, BigUint};

use crate::error::Result;
use crate::field::{Field, Form};
use crate::fills::Fill;
use crate::graph::{Builder, Config, Graph, Net, Skew};
use crate::modular::{operands, reduce};
use crate::operations::{Range, Term};

/// Why the cells can be built for the fields of transforms.
const FITS: &str = "residues fit the bits of the modulus, and the timing rules hold";

/// Binary logarithm of the largest order for which the roots of unity of Goldilocks are powers of two, up to
/// their sign: 2 has the order 192, so 2^3 is a root of order 64.
pub const GOLDILOCKS_SHIFTS_LOG2: usize = 6;

/// The order of 2 modulo the prime of Goldilocks.
const GOLDILOCKS_ORDER_OF_TWO: usize = 192;

/// A word from memory as an element: input `x`, a memory word; output `element`, of the bits of the modulus.
///
/// For Goldilocks `element` is the word modulo the prime. For fields in Montgomery form there is an output `error`, set
/// where the word is not below the modulus; then `element` has no meaning.
pub fn element_entry(field: &Field) -> Graph {
    let build = || {
        let mut builder = Builder::new(Config::RECORD);
        let word = builder.word("x", field.word_bits());
        builder.label("element");
        match field.form {
            Form::Goldilocks => {
                let element = builder.reduce_fully(&word, &field.modulus)?;
                builder.output("element", &element);
            }
            Form::Montgomery { .. } => {
                builder.output("element", &word.slice(0, field.bits));
                builder.label("error");
                let error = builder.at_least(&word, &field.modulus)?;
                builder.output("error", &error);
            }
        }
        Ok::<_, crate::Error>(builder.finish())
    };
    build().expect(FITS)
}

/// The radix-2 butterfly of decimation in frequency: inputs `a`, `b`, `twiddle`, and the bit `negate`; outputs
/// `sum`, a + b, and `product`, (a - b) twiddle, or (b - a) twiddle where `negate` is set. For fields in
/// Montgomery form.
///
/// # Panics
/// For Goldilocks, whose butterflies are [`shift_butterfly`].
pub fn butterfly(field: &Field, fill: Fill) -> Graph {
    build_butterfly(field, fill.config()).expect(FITS)
}

fn build_butterfly(field: &Field, config: Config) -> Result<Graph> {
    assert_ne!(
        field.form,
        Form::Goldilocks,
        "twiddle factors inside a group of Goldilocks are shifts"
    );
    let mut builder = Builder::new(config);
    let (a, b) = butterfly_operands(&mut builder, field)?;
    let bound = &field.modulus - 1u32;
    let twiddle = builder.input("twiddle", field.bits, &bound, Skew::Aligned)?;
    let negate = builder.word("negate", 1);
    let sum = sum(&mut builder, field, &a, &b)?;
    let difference = signed_difference(&mut builder, field, &a, &b, &negate)?;
    builder.label("product");
    let product = builder.multiply(&difference, &twiddle)?;
    let product = reduce(&mut builder, &product, field)?;
    finish(builder, field, &sum, &product)
}

/// The butterfly without a twiddle factor: inputs `a` and `b`; outputs `sum`, a + b, and `product`, a - b.
pub fn plain_butterfly(field: &Field, fill: Fill) -> Graph {
    let build = || {
        let mut builder = Builder::new(fill.config());
        let (a, b) = butterfly_operands(&mut builder, field)?;
        let sum = sum(&mut builder, field, &a, &b)?;
        builder.label("difference");
        let difference = difference(&mut builder, field, &a, &b)?;
        finish(builder, field, &sum, &difference)
    };
    build().expect(FITS)
}

/// The butterfly of Goldilocks whose twiddle factor is a power of the root r = 2^(192 / 2^`order_log2`) of order
/// 2^`order_log2`: inputs `a`, `b` and `turn`, of `order_log2` bits; outputs `sum`, a + b, and `product`,
/// (a - b) r^turn. It has no multiplier.
///
/// # Panics
/// If `order_log2` is not 2 to [`GOLDILOCKS_SHIFTS_LOG2`].
pub fn shift_butterfly(order_log2: usize, fill: Fill) -> Graph {
    assert!(
        (2..=GOLDILOCKS_SHIFTS_LOG2).contains(&order_log2),
        "the roots of order 2^{order_log2} are not all powers of two"
    );
    build_shift_butterfly(order_log2, fill.config()).expect(FITS)
}

/// The exponent of two of the root r of [`shift_butterfly`].
pub fn shift_unit(order_log2: usize) -> usize {
    GOLDILOCKS_ORDER_OF_TWO >> order_log2
}

fn build_shift_butterfly(order_log2: usize, config: Config) -> Result<Graph> {
    let field = crate::fields::goldilocks();
    let mut builder = Builder::new(config);
    let (a, b) = butterfly_operands(&mut builder, &field)?;
    let turn = builder.word("turn", order_log2);
    let sum = sum(&mut builder, &field, &a, &b)?;
    // The upper half of the turns is the lower half negated.
    let negate = turn.slice(order_log2 - 1, 1);
    let mut shifted = signed_difference(&mut builder, &field, &a, &b, &negate)?;
    builder.label("shifted");
    for bit in 0..order_log2 - 1 {
        let far = shifted.shift_left(shift_unit(order_log2) << bit);
        let near = shifted.resize(far.width());
        shifted = builder.select(&turn.slice(bit, 1), &far, &near)?;
        if bit % 2 == 1 || bit + 2 == order_log2 {
            shifted = builder.register(&shifted);
        }
    }
    let product = reduce(&mut builder, &shifted, &field)?;
    finish(builder, &field, &sum, &product)
}

fn butterfly_operands(builder: &mut Builder, field: &Field) -> Result<(Net, Net)> {
    let [a, b] = operands(builder, field, &(&field.modulus - 1u32))?;
    Ok((a, b))
}

fn sum(builder: &mut Builder, field: &Field, a: &Net, b: &Net) -> Result<Net> {
    builder.label("sum");
    let sum = builder.add(a, b)?;
    builder.reduce_fully(&sum, &field.modulus)
}

/// a - b + modulus.
fn difference(builder: &mut Builder, field: &Field, a: &Net, b: &Net) -> Result<Net> {
    let modulus = BigInt::from(field.modulus.clone());
    let terms = [Term::plus(a), Term::minus(b)];
    builder.sum(&terms, &modulus, Range::Computed)
}

/// a - b + modulus, or b - a + modulus where `negate` is set.
fn signed_difference(
    builder: &mut Builder,
    field: &Field,
    a: &Net,
    b: &Net,
    negate: &Net,
) -> Result<Net> {
    builder.label("difference");
    let minuend = builder.select(negate, b, a)?;
    let subtrahend = builder.select(negate, a, b)?;
    difference(builder, field, &minuend, &subtrahend)
}

fn finish(mut builder: Builder, field: &Field, sum: &Net, product: &Net) -> Result<Graph> {
    builder.label("product");
    let product = builder.reduce_fully(product, &field.modulus)?;
    builder.output("sum", sum);
    builder.output("product", &product);
    Ok(builder.finish())
}

/// The root of unity of order 2^`order_log2`, or its inverse, as a turn of [`shift_butterfly`].
///
/// # Panics
/// As [`shift_butterfly`].
pub fn shift_turn(order_log2: usize, inverse: bool) -> usize {
    let field = crate::fields::goldilocks();
    let root = field.root(order_log2, inverse);
    let unit = shift_unit(order_log2);
    let is_root = |turn: &usize| {
        let exponent = BigUint::from(unit * turn);
        BigUint::from(2u32).modpow(&exponent, &field.modulus) == root
    };
    let turn = (0..1 << order_log2).find(is_root);
    turn.expect("the roots of order 64 are powers of two")
}
