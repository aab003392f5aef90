//! The complete point adder.

use std::sync::Arc;

use num_bigint::{BigInt, BigUint};
use num_traits::ToPrimitive;

use crate::arithmetic::{Arithmetic, largest_operands, offset};
use crate::curve::Curve;
use crate::error::{Error, Result};
use crate::fills::{Fill, StandIn, Text, Wide};
use crate::graph::{Builder, Graph, Module, Net, Skew, largest};
use crate::operations::{Range, Term, signed_digits};
use crate::reduction::Kinds;

/// The sum of two points in homogeneous projective coordinates, for a = 0: Renes, Costello, Batina,
/// Complete addition formulas for prime order elliptic curves (2015/1060), algorithm 7. Twelve products;
/// each of the three results is a sum of two products that is reduced once:
///
/// X3 = t3 (t1 - b3 t2) - t4 b3 y3, Y3 = (t1 - b3 t2)(t1 + b3 t2) + b3 y3 3 t0,
/// Z3 = (t1 + b3 t2) t4 + 3 t0 t3
///
/// with t0 = X1 X2, t1 = Y1 Y2, t2 = Z1 Z2 and the cross terms t3 = X1 Y2 + X2 Y1, t4 = Y1 Z2 + Y2 Z1,
/// y3 = X1 Z2 + X2 Z1, each from one product of sums.
fn add_points<A: Arithmetic>(
    arithmetic: &mut A,
    curve: &Curve,
    [x1, y1, z1]: &[A::Value; 3],
    [x2, y2, z2]: &[A::Value; 3],
) -> Result<[A::Value; 3]> {
    let b3 = curve.b3.to_i64().expect("3 b is small");
    let mut sum = |name, a, b| arithmetic.combine(name, &[(a, 1), (b, 1)]);
    let (xy1, xy2) = (sum("xy1", x1, y1)?, sum("xy2", x2, y2)?);
    let (yz1, yz2) = (sum("yz1", y1, z1)?, sum("yz2", y2, z2)?);
    let (xz1, xz2) = (sum("xz1", x1, z1)?, sum("xz2", x2, z2)?);
    let products = arithmetic.reduced_sums(
        "level1",
        &[
            vec![(x1, x2)],
            vec![(y1, y2)],
            vec![(z1, z2)],
            vec![(&xy1, &xy2)],
            vec![(&yz1, &yz2)],
            vec![(&xz1, &xz2)],
        ],
    )?;
    let [t0, t1, t2, xy, yz, xz] = &products[..] else {
        unreachable!("six products were asked for");
    };
    let t3 = arithmetic.combine("t3", &[(xy, 1), (t0, -1), (t1, -1)])?;
    let t4 = arithmetic.combine("t4", &[(yz, 1), (t1, -1), (t2, -1)])?;
    let minus_b3_y3 = arithmetic.combine("minus_b3_y3", &[(t0, b3), (t2, b3), (xz, -b3)])?;
    let three_t0 = arithmetic.combine("three_t0", &[(t0, 3)])?;
    let minus_three_t0 = arithmetic.combine("minus_three_t0", &[(t0, -3)])?;
    let difference = arithmetic.combine("difference", &[(t1, 1), (t2, -b3)])?;
    let total = arithmetic.combine("total", &[(t1, 1), (t2, b3)])?;
    let sums = arithmetic.reduced_sums(
        "level2",
        &[
            vec![(&difference, &t3), (&t4, &minus_b3_y3)],
            vec![(&difference, &total), (&minus_three_t0, &minus_b3_y3)],
            vec![(&t4, &total), (&t3, &three_t0)],
        ],
    )?;
    let [x3, y3, z3] = &sums[..] else {
        unreachable!("three sums were asked for");
    };
    Ok([x3.clone(), y3.clone(), z3.clone()])
}

/// Arithmetic whose values are nets.
struct Nets {
    builder: Builder,
    kinds: Kinds,
}

impl Arithmetic for Nets {
    type Value = Net;

    fn combine(&mut self, name: &str, terms: &[(&Net, i64)]) -> Result<Net> {
        self.builder.label(name);
        let bounds: Vec<(&BigUint, i64)> = terms.iter().map(|(net, f)| (net.bound(), *f)).collect();
        let (offset, bound) = offset(self.kinds.modulus(), &bounds);
        let mut parts = Vec::new();
        for (net, factor) in terms {
            for digit in signed_digits(&factor.unsigned_abs().into()) {
                let negative = digit.negative != (*factor < 0);
                parts.push(Term::plus(net).shifted(digit.shift).signed(negative));
            }
        }
        let range = Range::Known {
            bound,
            because: "the offset is at least what is subtracted",
        };
        self.builder.sum(&parts, &BigInt::from(offset), range)
    }

    fn reduced_sums(&mut self, name: &str, sums: &[Vec<(&Net, &Net)>]) -> Result<Vec<Net>> {
        let kind = self
            .kinds
            .kind(largest_operands(sums, |net| net.bound().clone()));
        let module: Arc<Module> = Arc::new(kind.module(self.builder.config)?);
        self.builder.label(name);
        let mut results = Vec::new();
        for sum in sums {
            let operands = sum.iter().flat_map(|(a, b)| [(*a).clone(), (*b).clone()]);
            let operands: Vec<Net> = operands.collect();
            results.extend(self.builder.instance(&module, &operands)?);
        }
        Ok(results)
    }
}

/// The complete adder of a curve: inputs x1, y1, z1, x2, y2, z2, outputs x3, y3, z3, each of the bits of the
/// base field's modulus.
///
/// An affine point in memory form enters with Z = [`Curve::one`], infinity as (0 : 1 : 0). Coordinates need
/// not be below the modulus, neither those that enter nor those that leave; outputs can be fed back.
///
/// # Panics
/// If the bounds of the curve's field do not allow coordinates without a final subtraction; they do for
/// the curves of this crate.
pub fn complete_adder(curve: &Curve, fill: Fill) -> Graph {
    build(curve, fill).expect("the bounds of the curve's field fit the adder")
}

fn build(curve: &Curve, fill: Fill) -> Result<Graph> {
    let bits = curve.base.bits;
    let mut builder = Builder::new(fill.config());
    let mut port = |name| builder.input(name, bits, &largest(bits), Skew::Aligned);
    let first = [port("x1")?, port("y1")?, port("z1")?];
    let second = [port("x2")?, port("y2")?, port("z2")?];
    let mut nets = Nets {
        builder,
        kinds: Kinds::new(curve, fill.suffix()),
    };
    let results = add_points(&mut nets, curve, &first, &second)?;
    let mut builder = nets.builder;
    for (name, result) in ["x3", "y3", "z3"].into_iter().zip(results) {
        if result.bound().bits() as usize > bits {
            return Err(Error::Overflow {
                place: format!("output {name}"),
                largest: result.bound().clone(),
                limit: largest(bits),
            });
        }
        builder.output(name, &result.resize(bits));
    }
    let mut graph = builder.finish();
    if fill == Fill::Fast {
        graph.stand_in = Some(Arc::new(fast(curve, graph.latency())?));
    }
    Ok(graph)
}

/// The adder's stand-in of the fast fill, with the given latency.
pub(crate) fn fast(curve: &Curve, latency: usize) -> Result<StandIn> {
    let bits = curve.base.bits;
    let mut wide = Wide::new(Kinds::new(curve, ""));
    let first = ["x1", "y1", "z1"].map(|name| Text::input(name, &largest(bits)));
    let second = ["x2", "y2", "z2"].map(|name| Text::input(name, &largest(bits)));
    let results = add_points(&mut wide, curve, &first, &second)?;
    let outputs = ["x3", "y3", "z3"].into_iter().zip(results);
    let outputs: Vec<(&str, _)> = outputs.collect();
    Ok(wide.text.finish(latency, &outputs, bits))
}
