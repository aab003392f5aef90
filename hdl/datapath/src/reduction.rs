//! Montgomery reduction, and sums of products that are reduced once.

use num_bigint::BigUint;
use num_traits::One;

use crate::curve::Curve;
use crate::error::Result;
use crate::graph::{Builder, Config, Module, Net, Skew, largest};

/// A Montgomery reduction: value / 2^radix_bits modulo the modulus, without a final subtraction
/// (Montgomery, Modular multiplication without trial division, 1985).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reduction {
    /// The odd modulus.
    pub modulus: BigUint,
    /// The radix as an exponent of two.
    pub radix_bits: usize,
}

impl Reduction {
    /// -1 / modulus modulo the radix.
    ///
    /// # Panics
    /// If the modulus is even.
    pub fn negative_inverse(&self) -> BigUint {
        let radix = BigUint::one() << self.radix_bits;
        let inverse = self.modulus.modinv(&radix);
        radix - inverse.expect("an odd number has an inverse modulo a power of two")
    }

    /// The largest result for values up to `bound`: (bound + (radix - 1) modulus) / radix.
    pub fn largest_result(&self, bound: &BigUint) -> BigUint {
        (bound + largest(self.radix_bits) * &self.modulus) >> self.radix_bits
    }

    /// What the reduction computes: with m = -value / modulus modulo the radix,
    /// (value + m modulus) / radix, an exact division.
    pub fn reduce(&self, value: &BigUint) -> BigUint {
        let m = (value * self.negative_inverse()) & largest(self.radix_bits);
        (value + m * &self.modulus) >> self.radix_bits
    }
}

impl Builder {
    /// The Montgomery reduction of a value; both products are with constants, so it takes no tile.
    ///
    /// # Errors
    /// If the timing rules are violated.
    pub fn montgomery_reduce(&mut self, value: &Net, reduction: &Reduction) -> Result<Net> {
        let radix_bits = reduction.radix_bits;
        let low = value.slice(0, radix_bits.min(value.width()));
        self.label("quotient");
        let inverse = reduction.negative_inverse();
        let quotient = self.multiply_constant_modulo(&low, &inverse, radix_bits)?;
        self.label("reduced");
        self.multiply_constant_add_exact(&quotient, &reduction.modulus, value, radix_bits)
    }
}

/// A reduced sum of products a0 b0 + a1 b1 + ..., the kind of sub-module in which the tiles are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SumOfProducts {
    /// The name of the Verilog module.
    pub name: String,
    /// The reduction of the sum.
    pub reduction: Reduction,
    /// The largest operands of each product.
    pub bounds: Vec<(BigUint, BigUint)>,
}

impl SumOfProducts {
    /// The largest sum before its reduction.
    pub fn largest_sum(&self) -> BigUint {
        self.bounds.iter().map(|(a, b)| a * b).sum()
    }

    /// The largest result.
    pub fn largest_result(&self) -> BigUint {
        self.reduction.largest_result(&self.largest_sum())
    }

    /// The pipeline: inputs a0, b0, a1, b1, ..., skewed by chunk, and the output `p`, as skewed as it comes.
    ///
    /// # Errors
    /// If the timing rules are violated.
    pub fn module(&self, config: Config) -> Result<Module> {
        let mut builder = Builder::new(config);
        let mut products = Vec::new();
        let mut operands = Vec::new();
        for (number, (a, b)) in self.bounds.iter().enumerate() {
            let mut port = |side: &str, bound: &BigUint| {
                let name = format!("{side}{number}");
                builder.input(&name, bound.bits() as usize, bound, Skew::ByChunk)
            };
            operands.push((port("a", a)?, port("b", b)?));
        }
        for (number, (a, b)) in operands.iter().enumerate() {
            builder.label(&format!("product{number}"));
            products.push(builder.multiply(a, b)?);
        }
        builder.label("total");
        let mut total = products[0].clone();
        for product in &products[1..] {
            total = builder.add(&total, product)?;
        }
        let result = builder.montgomery_reduce(&total, &self.reduction)?;
        builder.output_skewed("p", &result);
        Ok(Module {
            name: self.name.clone(),
            graph: builder.finish(),
        })
    }
}

/// The kinds of reduced sums of products in a curve's adder.
pub(crate) struct Kinds {
    prefix: String,
    reduction: Reduction,
}

impl Kinds {
    pub fn new(curve: &Curve, suffix: &str) -> Self {
        Kinds {
            prefix: format!("{}_sum_of_products{suffix}", curve.name),
            reduction: Reduction {
                modulus: curve.base.modulus.clone(),
                radix_bits: curve.adder_radix_bits(),
            },
        }
    }

    /// The kind with these largest operands; its name ends in the number of products.
    pub fn kind(&self, bounds: Vec<(BigUint, BigUint)>) -> SumOfProducts {
        SumOfProducts {
            name: format!("{}_{}", self.prefix, bounds.len()),
            reduction: self.reduction.clone(),
            bounds,
        }
    }

    pub fn modulus(&self) -> &BigUint {
        &self.reduction.modulus
    }
}
