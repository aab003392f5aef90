//! The cells of field arithmetic: canonical operands in memory form in, canonical results out.

use std::sync::Arc;

use num_bigint::{BigInt, BigUint};

use crate::error::Result;
use crate::field::{Field, Form};
use crate::fills::{Fill, product};
use crate::graph::{Builder, Config, Graph, Net, Skew, largest};
use crate::operations::{Range, Term};
use crate::reduction::{Reduction, SumOfProducts};

/// Why the cells can be built for every field.
const FITS: &str = "residues fit the bits of the modulus, and the timing rules hold";

/// The product of two elements: inputs `a` and `b`, output `result`. A Montgomery product for fields in
/// Montgomery form; for Goldilocks the operands may be any words of 64 bits.
pub fn modular_multiplier(field: &Field, fill: Fill) -> Graph {
    let mut graph = multiplier(field, fill.config()).expect(FITS);
    if fill == Fill::Fast {
        let latency = graph.latency();
        graph.stand_in = product_kind(field).map(|kind| Arc::new(product(kind, latency)));
    }
    graph
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

fn operands(builder: &mut Builder, field: &Field, bound: &BigUint) -> Result<[Net; 2]> {
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
    let reduced = match field.form {
        Form::Goldilocks => reduce_goldilocks(&mut builder, &product, &field.modulus)?,
        Form::Montgomery { bits } => builder.montgomery_reduce(
            &product,
            &Reduction {
                modulus: field.modulus.clone(),
                radix_bits: bits,
            },
        )?,
    };
    finish(builder, &reduced, field)
}

/// A product of two words of 64 bits as a value of the same residue below 3 * modulus: with the product
/// l + m 2^64 + h 2^96, where l has 64 bits, m and h have 32, it is l + m (2^32 - 1) - h + modulus.
fn reduce_goldilocks(builder: &mut Builder, product: &Net, modulus: &BigUint) -> Result<Net> {
    let product = product.resize(128);
    let (low, middle) = (product.slice(0, 64), product.slice(64, 32));
    let high = product.slice(96, 32);
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

/// The Montgomery product of a field of more than one limb, before its final subtraction.
pub(crate) fn product_kind(field: &Field) -> Option<SumOfProducts> {
    let Form::Montgomery { bits } = field.form else {
        return None;
    };
    let bound = &field.modulus - 1u32;
    (field.bits > 64).then(|| SumOfProducts {
        name: format!("{}_product", field.name),
        reduction: Reduction {
            modulus: field.modulus.clone(),
            radix_bits: bits,
        },
        bounds: vec![(bound.clone(), bound)],
    })
}
