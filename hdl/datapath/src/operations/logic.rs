//! Selections, bit logic and comparisons.

use num_bigint::{BigInt, BigUint};
use num_traits::One;

use super::sum::{Range, Term};
use crate::error::{Error, Result};
use crate::graph::{
    Bits, Builder, Gate, MAXIMUM_LEVELS, Net, Operation, Piece, push, slice_pieces,
};

/// Bits that are examined by one node of a zero test: two levels of six-input tables.
const ZERO_TEST: usize = 36;

impl Builder {
    /// `yes` where the bit `condition` is set, else `no`; one logic level, no register.
    ///
    /// # Errors
    /// If the widths differ, or if the timing rules are violated.
    pub fn select(&mut self, condition: &Net, yes: &Net, no: &Net) -> Result<Net> {
        self.equal_widths("select", condition.width(), 1)?;
        let bound = yes.bound().max(no.bound()).clone();
        let condition = condition.pieces.clone();
        let pieces = self.bitwise("select", yes, no, |yes, no| Operation::Select {
            condition: condition.clone(),
            yes,
            no,
        })?;
        Ok(Net::new(pieces, bound))
    }

    /// Bitwise and; one logic level, no register.
    ///
    /// # Errors
    /// If the widths differ, or if the timing rules are violated.
    pub fn and(&mut self, a: &Net, b: &Net) -> Result<Net> {
        let bound = a.bound().min(b.bound()).clone();
        let pieces = self.bitwise("and", a, b, |a, b| Operation::Gate(Gate::And, a, b))?;
        Ok(Net::new(pieces, bound))
    }

    /// Bitwise or; one logic level, no register.
    ///
    /// # Errors
    /// If the widths differ, or if the timing rules are violated.
    pub fn or(&mut self, a: &Net, b: &Net) -> Result<Net> {
        let bound = crate::graph::largest(a.width());
        let pieces = self.bitwise("or", a, b, |a, b| Operation::Gate(Gate::Or, a, b))?;
        Ok(Net::new(pieces, bound))
    }

    /// Whether any bit of the net is set: a bit, registered.
    ///
    /// # Errors
    /// If the timing rules are violated.
    pub fn nonzero(&mut self, net: &Net) -> Result<Net> {
        let mut pieces = net.pieces.clone();
        loop {
            let width: usize = pieces.iter().map(|piece| piece.width).sum();
            let mut found = Vec::new();
            for low in (0..width).step_by(ZERO_TEST) {
                let part = ZERO_TEST.min(width - low);
                let bits = slice_pieces(&pieces, low, part);
                let node = self.node(Operation::Any(bits), 1)?;
                push(&mut found, Piece::node(node, 0, 1, 1));
            }
            pieces = found;
            if width <= ZERO_TEST {
                return Ok(Net::new(pieces, BigUint::one()));
            }
        }
    }

    /// Whether the net is at least the constant: a bit, registered.
    ///
    /// # Errors
    /// If the timing rules are violated.
    pub fn at_least(&mut self, net: &Net, constant: &BigUint) -> Result<Net> {
        let width = net.width().max(constant.bits() as usize);
        let offset = (BigInt::one() << width) - BigInt::from(constant.clone());
        let sum = self.sum(&[Term::plus(net)], &offset, Range::Computed)?;
        Ok(sum.resize(sum.width().max(width + 1)).slice(width, 1))
    }

    /// The residue of a net below 4 * modulus; registered, all bits in one cycle.
    ///
    /// # Errors
    /// If the net may be larger, or if the timing rules are violated.
    pub fn reduce_fully(&mut self, net: &Net, modulus: &BigUint) -> Result<Net> {
        let limit = modulus * (MAXIMUM_LEVELS as u32 + 1) - 1u32;
        if *net.bound() > limit {
            return Err(Error::Overflow {
                place: self.place("conditional subtraction"),
                largest: net.bound().clone(),
                limit,
            });
        }
        let width = modulus.bits() as usize;
        let whole = net.width().max(limit.bits() as usize);
        let mut residue = net.resize(whole).slice(0, width);
        let mut multiple = modulus.clone();
        while multiple <= *net.bound() {
            // Bit `whole` of net + 2^whole - multiple says whether the net is at least the multiple.
            let offset = (BigInt::one() << whole) - BigInt::from(multiple.clone());
            let difference = self.sum(&[Term::plus(net)], &offset, Range::Computed)?;
            let reaches = difference.slice(whole, 1);
            residue = self.select(&reaches, &difference.slice(0, width), &residue)?;
            multiple += modulus;
        }
        let residue = self.align(&self.register(&residue));
        Ok(residue.with_bound(modulus - 1u32).resize(width))
    }

    /// The number of bits up to the highest one that is set, 0 for zero; registered.
    ///
    /// # Errors
    /// If the timing rules are violated.
    pub fn bit_length(&mut self, net: &Net) -> Result<Net> {
        let mut span = net.width().next_power_of_two();
        let mut rest = net.resize(span);
        let mut position = Vec::new();
        while span > 1 {
            span /= 2;
            let (lower, upper) = (rest.slice(0, span), rest.slice(span, span));
            let is_above = self.nonzero(&upper)?;
            let half = self.select(&is_above, &upper, &lower)?;
            rest = self.register(&half);
            position.insert(0, is_above);
        }
        // What is left is the highest bit that is set, or 0 with position 0.
        let length = self.add(&Net::concatenate(&position), &rest)?;
        Ok(length.with_bound(length.bound().clone().min(net.width().into())))
    }

    fn bitwise(
        &mut self,
        place: &str,
        a: &Net,
        b: &Net,
        operation: impl Fn(Bits, Bits) -> Operation,
    ) -> Result<Bits> {
        self.equal_widths(place, a.width(), b.width())?;
        let mut pieces = Vec::new();
        for low in (0..a.width()).step_by(self.config.chunk) {
            let part = self.config.chunk.min(a.width() - low);
            let (a, b) = (
                slice_pieces(&a.pieces, low, part),
                slice_pieces(&b.pieces, low, part),
            );
            let node = self.node(operation(a, b), part)?;
            push(&mut pieces, Piece::node(node, 0, part, 0));
        }
        Ok(pieces)
    }

    fn equal_widths(&self, operation: &str, left: usize, right: usize) -> Result<()> {
        if left == right {
            return Ok(());
        }
        Err(Error::Width {
            place: self.place(operation),
            left,
            right,
        })
    }
}
