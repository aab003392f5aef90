//! `ntt`: one batch of transforms, by the card and by the host.

use std::{io::Write, sync::Arc};

use clap::Args;
use gristmill_driver::{NttDirection, NttOrder, NttShape, PrimeField, Residue};
use gristmill_protocol::FieldId;
use rand::{RngCore, SeedableRng, rngs::StdRng};

use crate::{
    choice::CardProvider,
    cli::{CardArgument, CommandError},
    error::Error,
    transform::Transform,
};

/// What to transform.
#[derive(Args, Clone, Debug)]
pub struct NttArguments {
    #[command(flatten)]
    card: CardArgument,
    /// The field; without it, the first that the card offers.
    #[arg(long, value_parser = field)]
    field: Option<FieldId>,
    /// Binary logarithm of the elements of a transform.
    #[arg(long, default_value_t = 10)]
    size_log2: u32,
    /// Number of transforms.
    #[arg(long, default_value_t = 1)]
    batch: usize,
    /// The transforms are the columns of a row-major matrix.
    #[arg(long)]
    columns: bool,
    /// From values to coefficients.
    #[arg(long)]
    inverse: bool,
    /// From values to the values on a domain larger by this power of two.
    #[arg(long, value_name = "LOG2", conflicts_with_all = ["inverse", "input_reversed"])]
    extend: Option<u32>,
    /// On a coset, with a random offset.
    #[arg(long)]
    coset: bool,
    /// The input is in bit-reversed order.
    #[arg(long)]
    input_reversed: bool,
    /// The output is in bit-reversed order.
    #[arg(long)]
    output_reversed: bool,
    /// Seed of the input.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// The field with this name.
fn field(name: &str) -> Result<FieldId, String> {
    let known = FieldId::ALL.into_iter().find(|field| field.name() == name);
    known.ok_or_else(|| {
        let names = FieldId::ALL.map(FieldId::name);
        format!("expected one of {}", names.join(", "))
    })
}

pub(super) fn run(
    arguments: &NttArguments,
    cards: &[Arc<dyn CardProvider>],
    out: &mut impl Write,
) -> Result<(), CommandError> {
    let card = arguments.card.choose(cards)?.open()?;
    let offered = FieldId::ALL
        .into_iter()
        .find(|id| card.transform_engine(*id).is_some());
    let id = arguments.field.or(offered).unwrap_or(FieldId::Bn254Fr);
    let engine = card.transform_engine(id).ok_or(Error::NoTransform(id))?;
    let field = PrimeField::new(id);
    let shape = arguments.shape(id);
    let too_large = || CommandError::TooLarge {
        batch: arguments.batch,
        size_log2: shape.output_size_log2(),
        limit_log2: engine.size_log2,
    };
    if shape.output_size_log2() > engine.size_log2 {
        return Err(too_large());
    }
    let bytes = shape.input_bytes().zip(shape.output_bytes());
    let (input_bytes, output_bytes) = bytes.ok_or_else(too_large)?;

    let mut rng = StdRng::seed_from_u64(arguments.seed);
    // Four words of 64 bits, so that large fields are filled.
    let mut random = || {
        let radix = field.element(1 << 32);
        (0..8).fold(Residue::default(), |sum, _| {
            field.add(
                field.multiply(sum, radix),
                field.element(rng.next_u32().into()),
            )
        })
    };
    let shift = match arguments.coset {
        true => random(),
        false => field.one(),
    };
    let transforms: Vec<Vec<Residue>> = (0..arguments.batch)
        .map(|_| (0..1 << arguments.size_log2).map(|_| random()).collect())
        .collect();
    let mut offset = vec![0; id.element_bytes()];
    field.write(shift, &mut offset);
    let transform = Transform {
        shape,
        direction: match arguments.inverse {
            true => NttDirection::Inverse,
            false => NttDirection::Forward,
        },
        input_order: order(arguments.input_reversed),
        output_order: order(arguments.output_reversed),
        offset: arguments.coset.then_some(&offset),
    };
    let input = arguments.packed(&field, &transforms, arguments.input_reversed, input_bytes);
    let mut output = vec![0; output_bytes];
    let usage = card.transform(&transform, &input, &mut output)?;
    let size = format!("{} x 2^{}", arguments.batch, arguments.size_log2);
    writeln!(
        out,
        "{:<32}{:>14}",
        transform.operation().to_string(),
        id.name()
    )?;
    writeln!(out, "{:<32}{size:>14}", "transforms")?;
    write!(out, "{usage}")?;
    let expected: Vec<_> = transforms
        .into_iter()
        .map(|x| arguments.expected(&field, x, shift))
        .collect();
    let expected = arguments.packed(&field, &expected, arguments.output_reversed, output_bytes);
    if output != expected {
        return Err(CommandError::Wrong("its values are not the host's".into()));
    }
    writeln!(out, "card and host agree")?;
    Ok(())
}

fn order(reversed: bool) -> NttOrder {
    match reversed {
        true => NttOrder::BitReversed,
        false => NttOrder::Natural,
    }
}

impl NttArguments {
    fn shape(&self, field: FieldId) -> NttShape {
        NttShape {
            field,
            size_log2: self.size_log2,
            extension_log2: self.extend,
            batch: self.batch,
            columns: self.columns,
        }
    }

    /// The elements as they go to the card and come from it.
    fn packed(
        &self,
        field: &PrimeField,
        transforms: &[Vec<Residue>],
        reversed: bool,
        bytes: usize,
    ) -> Vec<u8> {
        let mut packed = vec![0; bytes];
        let element = field.id().element_bytes();
        for (i, x) in transforms.iter().enumerate() {
            for (j, x_j) in x.iter().enumerate() {
                let place = if reversed { reverse(j, x.len()) } else { j };
                let index = match self.columns {
                    true => place * transforms.len() + i,
                    false => i * x.len() + place,
                };
                field.write(*x_j, &mut packed[index * element..]);
            }
        }
        packed
    }

    /// The transform of x, by the host.
    fn expected(&self, field: &PrimeField, mut x: Vec<Residue>, shift: Residue) -> Vec<Residue> {
        let inverse = |x: &mut Vec<Residue>, shift| {
            sums(field, x, true);
            let scale = field.inverse(field.element(x.len() as u64));
            scale_by_powers(field, x, scale, field.inverse(shift));
        };
        if self.inverse {
            inverse(&mut x, shift);
            return x;
        }
        if let Some(extension) = self.extend {
            inverse(&mut x, field.one());
            x.resize(x.len() << extension, Residue::default());
        }
        scale_by_powers(field, &mut x, field.one(), shift);
        sums(field, &mut x, false);
        x
    }
}

/// Multiplies x\[i\] by first * ratio^i.
fn scale_by_powers(field: &PrimeField, x: &mut [Residue], first: Residue, ratio: Residue) {
    let mut factor = first;
    for x in x {
        *x = field.multiply(*x, factor);
        factor = field.multiply(factor, ratio);
    }
}

/// Σ_j x\[j\] w^(jk), or w^-1 for w: radix 2, in place.
fn sums(field: &PrimeField, x: &mut [Residue], inverse: bool) {
    let length = x.len();
    for i in 0..length {
        let j = reverse(i, length);
        if i < j {
            x.swap(i, j);
        }
    }
    for log2 in 1..=length.trailing_zeros() {
        let root = field.root_of_unity(log2).unwrap_or_default();
        let root = if inverse { field.inverse(root) } else { root };
        let half = 1usize << (log2 - 1);
        for block in x.chunks_mut(2 * half) {
            let mut twiddle = field.one();
            for i in 0..half {
                let product = field.multiply(block[half + i], twiddle);
                (block[i], block[half + i]) = (
                    field.add(block[i], product),
                    field.subtract(block[i], product),
                );
                twiddle = field.multiply(twiddle, root);
            }
        }
    }
}

fn reverse(index: usize, length: usize) -> usize {
    match length.trailing_zeros() {
        0 => index,
        bits => index.reverse_bits() >> (usize::BITS - bits),
    }
}
