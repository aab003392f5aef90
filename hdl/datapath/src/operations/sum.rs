//! Sums of many shifted, signed terms: a tree of ternary adders whose results stay skewed by chunk.

use num_bigint::{BigInt, BigUint};
use num_integer::Integer;
use num_traits::{One, Signed, ToPrimitive, Zero};

use crate::error::{Error, Result};
use crate::graph::{
    Bits, Builder, Net, Operation, Piece, constant_pieces, largest, push, slice_pieces, width_of,
};

/// A term of a sum: plus or minus the net times 2^shift.
#[derive(Clone, Debug)]
pub struct Term {
    net: Net,
    shift: usize,
    negative: bool,
}

impl Term {
    /// The net itself.
    pub fn plus(net: &Net) -> Self {
        Term {
            net: net.clone(),
            shift: 0,
            negative: false,
        }
    }

    /// Minus the net.
    pub fn minus(net: &Net) -> Self {
        Term {
            negative: true,
            ..Term::plus(net)
        }
    }

    /// The term times 2^`bits`.
    pub fn shifted(mut self, bits: usize) -> Self {
        self.shift += bits;
        self
    }

    /// The term, subtracted if `negative`.
    pub fn signed(mut self, negative: bool) -> Self {
        self.negative = negative;
        self
    }

    /// The largest magnitude of the term.
    pub(crate) fn magnitude(&self) -> BigUint {
        self.net.bound() << self.shift
    }

    /// The bits of the magnitude below 2^width.
    fn pieces(&self, width: usize) -> Bits {
        let own = self.net.width().min(width.saturating_sub(self.shift));
        let mut pieces = constant_pieces(&BigUint::zero(), self.shift.min(width));
        for piece in slice_pieces(&self.net.pieces, 0, own) {
            push(&mut pieces, piece);
        }
        pieces
    }
}

/// What is known of the value of a sum.
#[derive(Clone, Debug)]
pub enum Range {
    /// Only what the operands' bounds say; the sum must not be negative by them.
    Computed,
    /// The value is at least 0 and at most `bound`, for the mathematical reason that is given.
    Known {
        /// The largest value.
        bound: BigUint,
        /// Why; read by humans only.
        because: &'static str,
    },
    /// The value modulo 2^width is wanted.
    Modulo(usize),
}

/// An operand of the tree: non-negative, with zero bits at both ends left out of its adders.
struct Row {
    pieces: Bits,
    bound: BigUint,
}

impl Row {
    /// Zero bits below the lowest bit that may be set.
    fn low(&self) -> usize {
        let zeros = self.pieces.iter().take_while(|piece| piece.is_zero());
        zeros.map(|piece| piece.width).sum()
    }
}

impl Builder {
    /// a + b.
    ///
    /// # Errors
    /// If the timing rules are violated.
    pub fn add(&mut self, a: &Net, b: &Net) -> Result<Net> {
        self.sum(
            &[Term::plus(a), Term::plus(b)],
            &BigInt::zero(),
            Range::Computed,
        )
    }

    /// a - b, which is at least 0 and at most `bound` for the mathematical reason that is given.
    ///
    /// # Errors
    /// If the timing rules are violated.
    pub fn subtract_known(
        &mut self,
        a: &Net,
        b: &Net,
        bound: BigUint,
        because: &'static str,
    ) -> Result<Net> {
        let range = Range::Known { bound, because };
        self.sum(&[Term::plus(a), Term::minus(b)], &BigInt::zero(), range)
    }

    /// The sum of the terms and the constant.
    ///
    /// # Errors
    /// If the sum may be negative and no range is given, or if the timing rules are violated.
    pub fn sum(&mut self, terms: &[Term], constant: &BigInt, range: Range) -> Result<Net> {
        let magnitude = |negative: bool| -> BigInt {
            let terms = terms.iter().filter(|term| term.negative == negative);
            terms.map(Term::magnitude).sum::<BigUint>().into()
        };
        let highest = constant + magnitude(false);
        let bound = match range {
            Range::Modulo(width) => largest(width),
            Range::Known { bound, .. } => bound,
            Range::Computed => {
                let lowest = constant - magnitude(true);
                if lowest.is_negative() {
                    return Err(Error::Negative {
                        place: self.place("sum"),
                        lowest,
                    });
                }
                highest.magnitude().clone()
            }
        };
        let bound = match highest.to_biguint() {
            Some(highest) if magnitude(true).is_zero() => bound.min(highest),
            _ => bound,
        };
        let width = (bound.bits() as usize).max(1);
        let modulus = BigInt::one() << width;
        let negatives = terms.iter().filter(|term| term.negative).count();
        let carry = (constant + BigInt::from(negatives)).mod_floor(&modulus);
        let small = carry.to_usize().filter(|carry| *carry < terms.len());
        let (rows, carry) = match small {
            // Few terms: complements of the full width, and what is left of the constant as the carry in.
            Some(carry) if terms.len() <= 3 => (full_rows(terms, width), carry),
            _ => (merged_rows(terms, constant, width), 0),
        };
        let pieces = self.add_tree(rows, width, carry as u64)?;
        Ok(Net::new(slice_pieces(&pieces, 0, width), bound))
    }

    fn add_tree(&mut self, mut rows: Vec<Row>, width: usize, mut carry: u64) -> Result<Bits> {
        rows = pack(rows);
        if rows.is_empty() {
            return Ok(constant_pieces(&BigUint::from(carry), width));
        }
        while rows.len() > 1 || carry > 0 {
            rows.sort_by_key(Row::low);
            let mut next = Vec::new();
            for group in rows.chunks(3) {
                next.push(self.add_rows(group, width, std::mem::take(&mut carry))?);
            }
            rows = next;
        }
        Ok(rows.remove(0).pieces)
    }

    /// The sum of at most three rows modulo 2^width: one adder for each chunk, the carry registered in
    /// between, so that each chunk is a cycle behind the chunk below it.
    fn add_rows(&mut self, rows: &[Row], width: usize, carry: u64) -> Result<Row> {
        let bound: BigUint = rows.iter().map(|row| &row.bound).sum::<BigUint>() + carry;
        let bound = bound.min(largest(width));
        let width = (bound.bits() as usize).max(1);
        let mut lows: Vec<usize> = rows.iter().map(|row| row.low().min(width)).collect();
        lows.sort_unstable();
        let start = match lows.get(1) {
            Some(second) if carry == 0 => *second,
            None if carry == 0 => width,
            _ => 0,
        };
        let alone = rows.iter().find(|row| row.low() < start);
        let alone = alone.map_or_else(Vec::new, |row| row.pieces.clone());
        let mut pieces = slice_pieces(&alone, 0, start);
        let mut carry: Bits = match carry {
            0 => Vec::new(),
            _ => vec![Piece::constant(carry, 2)],
        };
        let mut low = start;
        while low < width {
            let high = width.min((low / self.config.chunk + 1) * self.config.chunk);
            let chunk = high - low;
            let slices = rows.iter().map(|row| slice_pieces(&row.pieces, low, chunk));
            let operands: Vec<Bits> = slices.filter(|bits| !is_zero(bits)).collect();
            if operands.len() < 2 && carry.is_empty() {
                let bits = operands.into_iter().next();
                let bits = bits.unwrap_or_else(|| slice_pieces(&[], 0, chunk));
                bits.into_iter().for_each(|piece| push(&mut pieces, piece));
            } else if operands.is_empty() {
                let bits = slice_pieces(&std::mem::take(&mut carry), 0, chunk);
                bits.into_iter().for_each(|piece| push(&mut pieces, piece));
            } else {
                let most: u128 = operands.iter().chain([&carry]).map(most).sum();
                let whole = (128 - most.leading_zeros()) as usize;
                let node_width = whole.max(1).min(width - low);
                let node = self.node(Operation::Sum { operands, carry }, node_width)?;
                let kept = node_width.min(chunk);
                push(&mut pieces, Piece::node(node, 0, kept, 1));
                if kept < chunk {
                    push(&mut pieces, Piece::constant(0, chunk - kept));
                }
                carry = match node_width - kept {
                    0 => Vec::new(),
                    extra => vec![Piece::node(node, kept, extra, 1)],
                };
            }
            low = high;
        }
        Ok(Row { pieces, bound })
    }
}

fn is_zero(bits: &Bits) -> bool {
    bits.iter().all(Piece::is_zero)
}

/// The largest value of some bits.
fn most(bits: &Bits) -> u128 {
    let mut at = 0;
    let mut sum = 0;
    for piece in bits {
        sum += u128::from(piece.largest()) << at;
        at += piece.width;
    }
    sum
}

/// Each negative term as its complement in all bits: -x = ~x + 1 modulo 2^width.
fn full_rows(terms: &[Term], width: usize) -> Vec<Row> {
    let row = |term: &Term| {
        let pieces = term.pieces(width);
        if term.negative {
            let pieces = slice_pieces(&pieces, 0, width);
            Row {
                pieces: pieces.into_iter().map(Piece::complement).collect(),
                bound: largest(width),
            }
        } else {
            let bound = term.magnitude().min(largest(width_of(&pieces)));
            Row { pieces, bound }
        }
    };
    terms.iter().map(row).collect()
}

/// Each negative term as the complement of its own bits, and what that adds merged with the constant
/// into one more row: for x of n bits at shift s, -x 2^s = ~x 2^s - (2^n - 1) 2^s.
fn merged_rows(terms: &[Term], constant: &BigInt, width: usize) -> Vec<Row> {
    let mut constant = constant.clone();
    let mut rows = Vec::new();
    for term in terms {
        let mut pieces = term.pieces(width);
        let mut bound = term.magnitude().min(largest(width_of(&pieces)));
        if term.negative {
            let shift = term.shift.min(width);
            let own = width_of(&pieces) - shift;
            let upper = slice_pieces(&pieces, shift, own);
            pieces = constant_pieces(&BigUint::zero(), shift);
            for piece in upper {
                push(&mut pieces, piece.complement());
            }
            bound = largest(own) << shift;
            constant -= BigInt::from(bound.clone());
        }
        rows.push(Row { pieces, bound });
    }
    let modulus = BigInt::one() << width;
    let constant = constant.mod_floor(&modulus);
    rows.push(Row {
        pieces: constant_pieces(constant.magnitude(), constant.bits() as usize),
        bound: constant.magnitude().clone(),
    });
    rows
}

/// Rows that do not overlap are laid into one.
fn pack(mut rows: Vec<Row>) -> Vec<Row> {
    rows.retain(|row| !row.bound.is_zero() && !is_zero(&row.pieces));
    rows.sort_by_key(Row::low);
    let mut packed: Vec<Row> = Vec::new();
    for row in rows {
        let low = row.low();
        let fitting = packed
            .iter_mut()
            .filter(|below| width_of(&below.pieces) <= low);
        match fitting.max_by_key(|below| width_of(&below.pieces)) {
            Some(below) => {
                below.pieces = slice_pieces(&below.pieces, 0, low);
                let upper = slice_pieces(&row.pieces, low, width_of(&row.pieces) - low);
                upper
                    .into_iter()
                    .for_each(|piece| push(&mut below.pieces, piece));
                below.bound += row.bound;
            }
            None => packed.push(row),
        }
    }
    packed
}
