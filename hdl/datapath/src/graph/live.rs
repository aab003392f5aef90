//! Which bits are needed, and how many registers follow each.

use super::net::{Piece, Source, width_of};
use super::node::{Bits, Node, Operation};
use super::{Instance, OutputPort};

/// For each node and each of its bits: 0 if nothing reads it, else one more than the registers behind
/// it. What nothing reads is not emitted.
#[derive(Clone, Debug)]
pub(crate) struct Need {
    bits: Vec<Vec<usize>>,
    /// Whether a node is read before its first register.
    unregistered: Vec<bool>,
}

impl Need {
    pub fn of(nodes: &[Node], outputs: &[OutputPort], instances: &[Instance]) -> Need {
        let mut need = Need {
            bits: nodes.iter().map(|node| vec![0; node.width]).collect(),
            unregistered: vec![false; nodes.len()],
        };
        for piece in outputs.iter().flat_map(|output| &output.pieces) {
            need.read(piece, piece.width);
        }
        let mut fed = vec![false; instances.len()];
        for (index, node) in nodes.iter().enumerate().rev() {
            let Some(top) = need.top(index) else {
                continue;
            };
            match &node.operation {
                Operation::Input { .. } => {}
                Operation::InstanceOutput { instance, .. } => {
                    if !std::mem::replace(&mut fed[*instance], true) {
                        let feeds = instances[*instance].feeds.iter().flatten();
                        feeds.for_each(|piece| need.read(piece, piece.width));
                    }
                }
                Operation::Sum { .. } | Operation::Product(..) => {
                    for bits in node.operation.operands() {
                        need.read_up_to(bits, top + 1);
                    }
                }
                Operation::Any(bits) => need.read_up_to(bits, width_of(bits)),
                Operation::Select { condition, yes, no } => {
                    need.read_up_to(condition, 1);
                    need.read_same(yes, index);
                    need.read_same(no, index);
                }
                Operation::Gate(_, a, b) => {
                    need.read_same(a, index);
                    need.read_same(b, index);
                }
            }
        }
        need
    }

    /// The highest bit of a node that is needed.
    pub fn top(&self, index: usize) -> Option<usize> {
        self.bits[index].iter().rposition(|need| *need > 0)
    }

    /// Bits of a node that have at least so many registers behind them.
    pub fn bits_with(&self, index: usize, registers: usize) -> usize {
        let bits = self.bits[index].iter();
        bits.filter(|need| **need > registers).count()
    }

    /// Registers behind a node, in bits, counted from the given one of each bit.
    pub fn registers_from(&self, index: usize, first: usize) -> usize {
        let bits = self.bits[index].iter();
        bits.map(|need| need.saturating_sub(first)).sum()
    }

    pub fn is_unregistered(&self, index: usize) -> bool {
        self.unregistered[index]
    }

    /// Runs of bits of a node with equal need: lowest bit, width, need.
    pub fn runs(&self, index: usize) -> Vec<(usize, usize, usize)> {
        let bits = &self.bits[index];
        let mut runs: Vec<(usize, usize, usize)> = Vec::new();
        for (at, need) in bits.iter().enumerate() {
            match runs.last_mut() {
                Some((_, width, last)) if last == need => *width += 1,
                _ => runs.push((at, 1, *need)),
            }
        }
        runs
    }

    /// The lowest `width` bits of a piece are read.
    fn read(&mut self, piece: &Piece, width: usize) {
        let Source::Node {
            index, low, delay, ..
        } = piece.source
        else {
            return;
        };
        for need in &mut self.bits[index][low..low + width.min(piece.width)] {
            *need = (*need).max(delay + 1);
        }
        self.unregistered[index] |= delay == 0;
    }

    fn read_up_to(&mut self, bits: &Bits, width: usize) {
        let mut at = 0;
        for piece in bits {
            if at < width {
                self.read(piece, width - at);
            }
            at += piece.width;
        }
    }

    /// The bits are read that are needed of node `index`.
    fn read_same(&mut self, bits: &Bits, index: usize) {
        for (low, width, need) in self.runs(index) {
            if need > 0 {
                for piece in super::net::slice_pieces(bits, low, width) {
                    self.read(&piece, piece.width);
                }
            }
        }
    }
}
