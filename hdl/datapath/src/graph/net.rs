//! Nets: values as runs of bits, each run with its own source and time.

use num_bigint::BigUint;
use num_traits::{One, Zero};

/// The largest width of a piece, and of every node of the graph, in bits.
pub(crate) const WORD: usize = 64;

/// `width` ones, for widths of at most 64 bits.
pub(crate) fn ones(width: usize) -> u64 {
    match width {
        0 => 0,
        _ => u64::MAX >> (WORD - width),
    }
}

/// The largest value of `width` bits.
pub fn largest(width: usize) -> BigUint {
    (BigUint::one() << width) - 1u32
}

/// Bits `low .. low + width` of a value given by its 64-bit limbs; `width` is at most 64.
pub(crate) fn limb_bits(limbs: &[u64], low: usize, width: usize) -> u64 {
    let limb = |index: usize| u128::from(limbs.get(index).copied().unwrap_or(0));
    let pair = limb(low / WORD) | limb(low / WORD + 1) << WORD;
    (pair >> (low % WORD)) as u64 & ones(width)
}

/// Where the bits of a piece come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Source {
    /// The same bits in every cycle.
    Constant(u64),
    /// Bits from `low` of a node, `delay` registers after it.
    Node {
        index: usize,
        low: usize,
        delay: usize,
        inverted: bool,
    },
}

/// At most 64 bits from one source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Piece {
    pub source: Source,
    pub width: usize,
}

impl Piece {
    pub fn constant(value: u64, width: usize) -> Self {
        debug_assert!(width <= WORD && value <= ones(width));
        Piece {
            source: Source::Constant(value),
            width,
        }
    }

    pub fn node(index: usize, low: usize, width: usize, delay: usize) -> Self {
        Piece {
            source: Source::Node {
                index,
                low,
                delay,
                inverted: false,
            },
            width,
        }
    }

    pub fn is_zero(&self) -> bool {
        self.source == Source::Constant(0)
    }

    /// The largest value the piece may have.
    pub fn largest(&self) -> u64 {
        match self.source {
            Source::Constant(value) => value,
            Source::Node { .. } => ones(self.width),
        }
    }

    pub fn delayed(self, cycles: usize) -> Self {
        self.map_node(|delay, inverted| (delay + cycles, inverted))
    }

    pub fn complement(self) -> Self {
        match self.source {
            Source::Constant(value) => Piece::constant(!value & ones(self.width), self.width),
            Source::Node { .. } => self.map_node(|delay, inverted| (delay, !inverted)),
        }
    }

    fn map_node(mut self, change: impl Fn(usize, bool) -> (usize, bool)) -> Self {
        if let Source::Node {
            delay, inverted, ..
        } = &mut self.source
        {
            (*delay, *inverted) = change(*delay, *inverted);
        }
        self
    }

    fn part(self, from: usize, width: usize) -> Self {
        let source = match self.source {
            Source::Constant(value) => Source::Constant(value >> from & ones(width)),
            Source::Node {
                index,
                low,
                delay,
                inverted,
            } => Source::Node {
                index,
                low: low + from,
                delay,
                inverted,
            },
        };
        Piece { source, width }
    }

    /// `self` with `next` above it as one piece, where both are neighbours in one source.
    fn joined(self, next: Piece) -> Option<Piece> {
        let width = self.width + next.width;
        if width > WORD {
            return None;
        }
        let source = match (self.source, next.source) {
            (Source::Constant(lower), Source::Constant(upper)) => {
                Source::Constant(lower | upper << self.width)
            }
            (
                Source::Node {
                    index,
                    low,
                    delay,
                    inverted,
                },
                upper @ Source::Node { .. },
            ) if upper
                == (Source::Node {
                    index,
                    low: low + self.width,
                    delay,
                    inverted,
                }) =>
            {
                self.source
            }
            _ => return None,
        };
        Some(Piece { source, width })
    }
}

/// Total width of some pieces in bits.
pub(crate) fn width_of(pieces: &[Piece]) -> usize {
    pieces.iter().map(|piece| piece.width).sum()
}

/// Appends `piece` above `pieces`, as part of the last one where that is possible.
pub(crate) fn push(pieces: &mut Vec<Piece>, piece: Piece) {
    if piece.width == 0 {
        return;
    }
    match pieces.last().and_then(|last| last.joined(piece)) {
        Some(joined) => *pieces.last_mut().expect("it was just joined") = joined,
        None => pieces.push(piece),
    }
}

/// Appends `width` zero bits above `pieces`.
pub(crate) fn push_zeros(pieces: &mut Vec<Piece>, mut width: usize) {
    while width > 0 {
        let part = width.min(WORD);
        push(pieces, Piece::constant(0, part));
        width -= part;
    }
}

/// Bits `low .. low + width`, with zeros above the top.
pub(crate) fn slice_pieces(pieces: &[Piece], low: usize, width: usize) -> Vec<Piece> {
    let (mut result, mut at) = (Vec::new(), 0);
    for piece in pieces {
        let (from, to) = (low.max(at), (low + width).min(at + piece.width));
        if from < to {
            push(&mut result, piece.part(from - at, to - from));
        }
        at += piece.width;
    }
    let missing = width - width_of(&result);
    push_zeros(&mut result, missing);
    result
}

/// The pieces of a constant of any width.
pub(crate) fn constant_pieces(value: &BigUint, width: usize) -> Vec<Piece> {
    let limbs = value.to_u64_digits();
    let mut pieces = Vec::new();
    for low in (0..width).step_by(WORD) {
        let part = WORD.min(width - low);
        push(
            &mut pieces,
            Piece::constant(limb_bits(&limbs, low, part), part),
        );
    }
    pieces
}

/// An unsigned value in the graph: pieces from the least significant bit up, each available at its own
/// time, and the largest value that they may have together.
#[derive(Clone, Debug)]
pub struct Net {
    pub(crate) pieces: Vec<Piece>,
    width: usize,
    bound: BigUint,
}

impl Net {
    pub(crate) fn new(pieces: Vec<Piece>, bound: BigUint) -> Self {
        let width = width_of(&pieces);
        debug_assert!(bound.bits() as usize <= width);
        Net {
            pieces,
            width,
            bound,
        }
    }

    /// The constant `value` of `width` bits.
    ///
    /// # Panics
    /// If the value does not fit.
    pub fn constant(value: &BigUint, width: usize) -> Self {
        assert!(
            value.bits() as usize <= width,
            "{value:#x} does not fit {width} bits"
        );
        Net::new(constant_pieces(value, width), value.clone())
    }

    /// Width in bits.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The largest value the net may have.
    pub fn bound(&self) -> &BigUint {
        &self.bound
    }

    /// Bits `low .. low + width`.
    ///
    /// # Panics
    /// If the net has fewer bits.
    pub fn slice(&self, low: usize, width: usize) -> Net {
        assert!(
            low + width <= self.width,
            "bits {low}..{} of a net of {} bits",
            low + width,
            self.width
        );
        let bound = (&self.bound >> low).min(largest(width));
        Net::new(slice_pieces(&self.pieces, low, width), bound)
    }

    /// The net with `extra` zero bits below it: its value times 2^extra.
    pub fn shift_left(&self, extra: usize) -> Net {
        let mut pieces = Vec::new();
        push_zeros(&mut pieces, extra);
        for piece in &self.pieces {
            push(&mut pieces, *piece);
        }
        Net::new(pieces, &self.bound << extra)
    }

    /// The same value in `width` bits: zeros are added, or bits that are zero by the bound are dropped.
    ///
    /// # Panics
    /// If the bound does not fit.
    pub fn resize(&self, width: usize) -> Net {
        assert!(
            self.bound.bits() as usize <= width,
            "{:#x} does not fit {width} bits",
            self.bound
        );
        Net::new(slice_pieces(&self.pieces, 0, width), self.bound.clone())
    }

    /// The nets side by side, the first one in the lowest bits.
    pub fn concatenate(parts: &[Net]) -> Net {
        let (mut pieces, mut bound) = (Vec::new(), BigUint::zero());
        let mut width = 0;
        for part in parts {
            bound += &part.bound << width;
            width += part.width;
            for piece in &part.pieces {
                push(&mut pieces, *piece);
            }
        }
        Net::new(pieces, bound)
    }

    /// Every bit inverted: 2^width - 1 - value.
    pub fn complement(&self) -> Net {
        let pieces = self.pieces.iter().map(|piece| piece.complement()).collect();
        Net::new(pieces, largest(self.width))
    }

    /// The same bits with a smaller bound that the caller knows from mathematics.
    pub(crate) fn with_bound(&self, bound: BigUint) -> Net {
        let width = self.width.min(bound.bits() as usize).max(1);
        Net::new(slice_pieces(&self.pieces, 0, width), bound)
    }
}
