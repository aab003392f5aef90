//! Nodes: operations of at most 64 bits, each at its cycle.

use super::net::{Piece, Source};

/// At most 64 bits, as pieces from the least significant bit up.
pub(crate) type Bits = Vec<Piece>;

/// Two-operand logic functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Gate {
    And,
    Or,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Operation {
    /// A slice of an input port.
    Input { port: usize, low: usize },
    /// A slice of an output port of an instance.
    InstanceOutput {
        instance: usize,
        port: usize,
        low: usize,
    },
    /// Sum of at most three operands and a carry of at most two bits, modulo 2^width.
    Sum { operands: Vec<Bits>, carry: Bits },
    /// Product in one multiplier tile.
    Product(Bits, Bits),
    /// `yes` where the condition, a bit, is set.
    Select {
        condition: Bits,
        yes: Bits,
        no: Bits,
    },
    /// Whether any bit is set.
    Any(Bits),
    /// A bitwise function.
    Gate(Gate, Bits, Bits),
}

impl Operation {
    /// Every run of bits the operation reads.
    pub fn operands(&self) -> Vec<&Bits> {
        match self {
            Operation::Input { .. } | Operation::InstanceOutput { .. } => Vec::new(),
            Operation::Sum { operands, carry } => operands.iter().chain([carry]).collect(),
            Operation::Product(a, b) | Operation::Gate(_, a, b) => vec![a, b],
            Operation::Select { condition, yes, no } => vec![condition, yes, no],
            Operation::Any(bits) => vec![bits],
        }
    }

    pub fn operands_mut(&mut self) -> Vec<&mut Bits> {
        match self {
            Operation::Input { .. } | Operation::InstanceOutput { .. } => Vec::new(),
            Operation::Sum { operands, carry } => operands.iter_mut().chain([carry]).collect(),
            Operation::Product(a, b) | Operation::Gate(_, a, b) => vec![a, b],
            Operation::Select { condition, yes, no } => vec![condition, yes, no],
            Operation::Any(bits) => vec![bits],
        }
    }

    /// Logic levels of the operation itself, in look-up tables of six inputs: a ternary adder is a
    /// compressor and an adder.
    pub fn levels(&self) -> usize {
        match self {
            Operation::Input { .. } | Operation::InstanceOutput { .. } | Operation::Product(..) => {
                0
            }
            Operation::Sum { operands, .. } => operands.len().saturating_sub(1).max(1),
            Operation::Select { .. } | Operation::Gate(..) => 1,
            Operation::Any(bits) => match super::net::width_of(bits) {
                0..=6 => 1,
                7..=36 => 2,
                _ => 3,
            },
        }
    }

    pub fn name(&self) -> &'static str {
        match self {
            Operation::Input { .. } => "input",
            Operation::InstanceOutput { .. } => "output",
            Operation::Sum { .. } => "sum",
            Operation::Product(..) => "tile",
            Operation::Select { .. } => "select",
            Operation::Any(_) => "any",
            Operation::Gate(Gate::And, ..) => "and",
            Operation::Gate(Gate::Or, ..) => "or",
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub operation: Operation,
    pub width: usize,
    /// The cycle in which the value is there, before any register behind the node.
    pub time: usize,
    /// Logic levels since the last register.
    pub levels: usize,
    /// Carry bits since the last register.
    pub carry: usize,
    /// What the node is called in the Verilog.
    pub name: String,
}

/// The cycle in which a piece is there; none for a constant.
pub(crate) fn piece_time(nodes: &[Node], piece: &Piece) -> Option<usize> {
    match piece.source {
        Source::Constant(_) => None,
        Source::Node { index, delay, .. } => Some(nodes[index].time + delay),
    }
}

/// The latest time among some pieces; none if all are constant.
pub(crate) fn latest<'a>(
    nodes: &[Node],
    pieces: impl IntoIterator<Item = &'a Piece>,
) -> Option<usize> {
    pieces
        .into_iter()
        .filter_map(|piece| piece_time(nodes, piece))
        .max()
}

/// The piece as it is in cycle `time`, which must not be earlier than the piece is.
pub(crate) fn piece_at(nodes: &[Node], piece: &Piece, time: usize) -> Piece {
    match piece_time(nodes, piece) {
        Some(now) => piece.delayed(time - now),
        None => *piece,
    }
}
