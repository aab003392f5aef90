//! The pipelines through which points and scalars enter the MSM engine.

use num_bigint::BigInt;

use crate::curve::Curve;
use crate::error::Result;
use crate::field::Form;
use crate::graph::{Builder, Config, Graph, Net};
use crate::operations::{Range, Term};
use crate::reduction::Reduction;

/// Why the pipelines can be built for every curve.
const FITS: &str = "words and moduli fit their ports, and the timing rules hold";

/// Width of the output `bit_length` of [`scalar_entry`] in bits.
pub const BIT_LENGTH_BITS: usize = 9;

/// An affine point from memory, perhaps negated, as the adder takes it.
///
/// Inputs: `x` and `y`, memory words; `negate`, a bit. Outputs: `point`, the coordinates x, y or
/// modulus - y, and 1 in memory form, x lowest, each of the bits of the modulus; `infinity`, set where both
/// words are zero; `error`, set where a word is not below the modulus. The point of a word that is not, and
/// of infinity, has no meaning.
pub fn point_entry(curve: &Curve) -> Graph {
    build_point_entry(curve).expect(FITS)
}

fn build_point_entry(curve: &Curve) -> Result<Graph> {
    let field = &curve.base;
    let mut builder = Builder::new(Config::RECORD);
    let x = builder.word("x", field.word_bits());
    let y = builder.word("y", field.word_bits());
    let negate = builder.word("negate", 1);
    let (x_low, y_low) = (x.slice(0, field.bits), y.slice(0, field.bits));

    builder.label("opposite");
    let modulus = BigInt::from(field.modulus.clone());
    let opposite = builder.sum(&[Term::minus(&y_low)], &modulus, Range::Modulo(field.bits))?;
    let y_signed = builder.select(&negate, &opposite, &y_low)?;
    let z = Net::constant(&field.one(), field.bits);
    builder.output("point", &Net::concatenate(&[x_low, y_signed, z]));

    builder.label("infinity");
    let (x_set, y_set) = (builder.nonzero(&x)?, builder.nonzero(&y)?);
    let finite = builder.or(&x_set, &y_set)?;
    builder.output("infinity", &finite.complement());

    builder.label("error");
    let x_large = builder.at_least(&x, &field.modulus)?;
    let y_large = builder.at_least(&y, &field.modulus)?;
    let error = builder.or(&x_large, &y_large)?;
    builder.output("error", &error);
    Ok(builder.finish())
}

/// A scalar from memory with its sign taken out: magnitude s where s <= order / 2, else order - s.
///
/// Inputs: `s`, a memory word; `montgomery`, a bit, set where the word is in Montgomery form. Outputs:
/// `magnitude`, of the bits of the order; `negative`; `bit_length` of the magnitude, 0 for zero;
/// `canonical_error`, set where the word is not below the order, and then the others have no meaning.
pub fn scalar_entry(curve: &Curve) -> Graph {
    build_scalar_entry(curve).expect(FITS)
}

fn build_scalar_entry(curve: &Curve) -> Result<Graph> {
    let field = &curve.scalar;
    let (order, bits) = (&field.modulus, field.bits);
    let mut builder = Builder::new(Config::RECORD);
    let word = builder.word("s", field.word_bits());
    let montgomery = builder.word("montgomery", 1);

    builder.label("canonical_error");
    let error = builder.at_least(&word, order)?;

    let plain = word.slice(0, bits);
    let scalar = match field.form {
        Form::Goldilocks => plain,
        // A word below the order comes out below the order: (s + m order) / radix < order for m < radix.
        Form::Montgomery { bits: radix_bits } => {
            let reduction = Reduction {
                modulus: order.clone(),
                radix_bits,
            };
            let reduced = builder.montgomery_reduce(&word, &reduction)?;
            builder.label("scalar");
            let scalar = builder.select(&montgomery, &reduced.resize(bits), &plain)?;
            builder.register(&scalar)
        }
    };

    builder.label("magnitude");
    let half = curve.largest_magnitude();
    let negative = builder.at_least(&scalar, &(&half + 1u32))?;
    let order = BigInt::from(order.clone());
    let opposite = builder.sum(&[Term::minus(&scalar)], &order, Range::Modulo(bits))?;
    let magnitude = builder.select(&negative, &opposite, &scalar)?;
    let magnitude = builder.register(&magnitude);
    builder.output("magnitude", &magnitude);
    builder.output("negative", &negative);

    builder.label("bit_length");
    let length = builder.bit_length(&magnitude)?;
    builder.output("bit_length", &length.resize(BIT_LENGTH_BITS));
    builder.output("canonical_error", &error);
    Ok(builder.finish())
}
