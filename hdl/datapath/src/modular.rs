//! The cells of field arithmetic: canonical operands in memory form in, canonical results out.

use num_bigint::{BigInt, BigUint};

use crate::error::Result;
use crate::field::{Field, Form};
use crate::fills::{Fill, elements};
use crate::graph::{Builder, Config, Graph, Net, Skew, largest};
use crate::operations::{Range, Term};
use crate::reduction::Reduction;

/// Why the cells can be built for every field.
const FITS: &str = "residues fit the bits of the modulus, and the timing rules hold";

/// The product of two elements: inputs `a` and `b`, output `result`. A Montgomery product for fields in
/// Montgomery form; for Goldilocks the operands may be any words of 64 bits.
pub fn modular_multiplier(field: &Field, fill: Fill) -> Graph {
    let graph = multiplier(field, fill.config()).expect(FITS);
    match fill {
        Fill::Fast => elements::multiplier(graph, field),
        Fill::Record | Fill::Portable => graph,
    }
}

/// The sum of two elements: inputs `a` and `b`, output `result`.
pub fn modular_adder(field: &Field) -> Graph {
    let build = || {
        let mut builder = Builder::new(Config::RECORD);
        let [a, b] = operands(&mut builder, field, &(&field.modulus - 1u32))?;
        builder.label("total");
        let sum = builder.add(&a, &b)?;
        finish(builder, &sum, field)
    };
    build().expect(FITS)
}

/// The difference of two elements: inputs `a` and `b`, output `result`.
pub fn modular_subtractor(field: &Field) -> Graph {
    let build = || {
        let mut builder = Builder::new(Config::RECORD);
        let [a, b] = operands(&mut builder, field, &(&field.modulus - 1u32))?;
        builder.label("difference");
        let modulus = BigInt::from(field.modulus.clone());
        let terms = [Term::plus(&a), Term::minus(&b)];
        let difference = builder.sum(&terms, &modulus, Range::Computed)?;
        finish(builder, &difference, field)
    };
    build().expect(FITS)
}

/// Two operands `a` and `b` of a field's bits.
pub(crate) fn operands(builder: &mut Builder, field: &Field, bound: &BigUint) -> Result<[Net; 2]> {
    let mut port = |name| builder.input(name, field.bits, bound, Skew::Aligned);
    Ok([port("a")?, port("b")?])
}

fn finish(mut builder: Builder, value: &Net, field: &Field) -> Result<Graph> {
    builder.label("result");
    let result = builder.reduce_fully(value, &field.modulus)?;
    builder.output("result", &result);
    Ok(builder.finish())
}

fn multiplier(field: &Field, config: Config) -> Result<Graph> {
    let mut builder = Builder::new(config);
    let bound = match field.form {
        Form::Goldilocks => largest(field.bits),
        Form::Montgomery { .. } => &field.modulus - 1u32,
    };
    let [a, b] = operands(&mut builder, field, &bound)?;
    builder.label("product");
    let product = builder.multiply(&a, &b)?;
    let reduced = reduce(&mut builder, &product, field)?;
    finish(builder, &reduced, field)
}

/// A product of two memory words as a value below 4 * modulus that stands for the product of what they stand for.
pub(crate) fn reduce(builder: &mut Builder, product: &Net, field: &Field) -> Result<Net> {
    match field.form {
        Form::Goldilocks => reduce_goldilocks(builder, product, &field.modulus),
        Form::Montgomery { bits } => builder.montgomery_reduce(
            product,
            &Reduction {
                modulus: field.modulus.clone(),
                radix_bits: bits,
            },
        ),
    }
}

/// A value of at most 159 bits as one of the same residue below 3 * modulus: with the value l + m 2^64 + h 2^96,
/// where l has 64 bits, m has 32, it is l + m (2^32 - 1) - h + modulus.
fn reduce_goldilocks(builder: &mut Builder, value: &Net, modulus: &BigUint) -> Result<Net> {
    let value = value.resize(value.width().max(97));
    let (low, middle) = (value.slice(0, 64), value.slice(64, 32));
    let high = value.slice(96, value.width() - 96);
    debug_assert!(high.width() <= 63, "h is below the modulus");
    builder.label("reduced");
    let terms = [
        Term::plus(&low),
        Term::plus(&middle).shifted(32),
        Term::minus(&middle),
        Term::minus(&high),
    ];
    let bound = low.bound() + middle.bound() * largest(32) + modulus;
    let range = Range::Known {
        bound,
        because: "h is below the modulus, and m 2^32 is at least m",
    };
    builder.sum(&terms, &BigInt::from(modulus.clone()), range)
}
