//! Building a datapath: ports, nodes and the timing rules.

use std::collections::HashMap;
use std::sync::Arc;

use num_bigint::BigUint;

use super::net::{Net, Piece, Source, WORD, largest, slice_pieces, width_of};
use super::node::{Bits, Node, Operation, latest, piece_at, piece_time};
use super::{Graph, InputPort, Instance, Module, OutputPort, PortSlice};
use crate::error::{Error, Result};

/// At most so many logic levels between two registers.
pub const MAXIMUM_LEVELS: usize = 3;
/// At most so many carry bits between two registers.
pub const MAXIMUM_CARRY: usize = 64;

/// What the arithmetic is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// Bits of a sum that are added in one cycle, 8 to 62 (two more bits hold the carry out).
    pub chunk: usize,
    /// Operand widths of a multiplier tile in bits, the wider one first.
    pub tile: (usize, usize),
}

impl Config {
    /// Unsigned part of a DSP48E2: 26 x 17 bits.
    pub const RECORD: Config = Config {
        chunk: 48,
        tile: (26, 17),
    };
    /// Tiles of 16 x 16 bits, which every FPGA and every synthesiser has.
    pub const PORTABLE: Config = Config {
        chunk: 48,
        tile: (16, 16),
    };
}

/// When the bits of an input port arrive, relative to its first ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Skew {
    /// All bits in one cycle.
    Aligned,
    /// Each chunk one cycle after the chunk below it, as a sum delivers them.
    ByChunk,
}

/// Builds a [`Graph`]. Operations take and return [`Net`]s; registers are inserted where operands
/// arrive at different times, so that a new set of operands can enter in every cycle.
#[derive(Clone, Debug)]
pub struct Builder {
    pub(crate) config: Config,
    pub(crate) nodes: Vec<Node>,
    known: HashMap<(Operation, usize), usize>,
    inputs: Vec<InputPort>,
    outputs: Vec<OutputPort>,
    instances: Vec<Instance>,
    label: String,
}

impl Builder {
    /// An empty datapath.
    ///
    /// # Panics
    /// If the chunk is not 8 to 62 bits.
    pub fn new(config: Config) -> Self {
        assert!((8..=62).contains(&config.chunk), "chunks are 8 to 62 bits");
        Builder {
            config,
            nodes: Vec::new(),
            known: HashMap::new(),
            inputs: Vec::new(),
            outputs: Vec::new(),
            instances: Vec::new(),
            label: "net".into(),
        }
    }

    /// What the nodes that follow are called in the Verilog, before their number.
    pub fn label(&mut self, label: &str) {
        self.label = label.into();
    }

    /// What is being built, for error messages.
    pub(crate) fn place(&self, operation: &str) -> String {
        format!("{} {operation}", self.label)
    }

    /// An input port whose value is at most `bound`.
    ///
    /// # Errors
    /// If the bound does not fit the width.
    pub fn input(&mut self, name: &str, width: usize, bound: &BigUint, skew: Skew) -> Result<Net> {
        if bound.bits() as usize > width {
            return Err(Error::Overflow {
                place: format!("input {name}"),
                largest: bound.clone(),
                limit: largest(width),
            });
        }
        let port = self.inputs.len();
        let (mut slices, mut pieces) = (Vec::new(), Vec::new());
        for (number, low) in (0..width).step_by(self.config.chunk).enumerate() {
            let part = self.config.chunk.min(width - low);
            let time = match skew {
                Skew::Aligned => 0,
                Skew::ByChunk => number,
            };
            let node = self.nodes.len();
            self.nodes.push(Node {
                operation: Operation::Input { port, low },
                width: part,
                time,
                levels: 0,
                carry: 0,
                name: format!("{name}_{low}"),
            });
            slices.push(PortSlice { node, low, time });
            pieces.push(Piece::node(node, 0, part, 0));
        }
        self.inputs.push(InputPort {
            name: name.into(),
            width,
            bound: bound.clone(),
            slices,
        });
        Ok(Net::new(pieces, bound.clone()))
    }

    /// An input port of any value, all bits in one cycle.
    pub fn word(&mut self, name: &str, width: usize) -> Net {
        self.input(name, width, &largest(width), Skew::Aligned)
            .expect("every value of the width fits the width")
    }

    /// An output port; the bits of all aligned outputs leave in the same cycle.
    pub fn output(&mut self, name: &str, net: &Net) {
        self.push_output(name, net, true);
    }

    /// An output port whose bits leave as soon as each is there.
    pub fn output_skewed(&mut self, name: &str, net: &Net) {
        self.push_output(name, net, false);
    }

    fn push_output(&mut self, name: &str, net: &Net, aligned: bool) {
        let registered = self.registered(&net.pieces);
        self.outputs.push(OutputPort {
            name: name.into(),
            pieces: registered,
            bound: net.bound().clone(),
            aligned,
        });
    }

    /// The datapath as it stands, with its aligned outputs brought to one cycle.
    pub fn finish(mut self) -> Graph {
        let aligned = self.outputs.iter().filter(|output| output.aligned);
        let time = latest(&self.nodes, aligned.flat_map(|output| &output.pieces));
        for output in self.outputs.iter_mut().filter(|output| output.aligned) {
            for piece in &mut output.pieces {
                *piece = piece_at(&self.nodes, piece, time.unwrap_or(0));
            }
        }
        Graph::new(self.nodes, self.inputs, self.outputs, self.instances)
    }

    /// The cycle in which the last bits of a net are there, counted from the first bits of the
    /// inputs; 0 for a constant.
    pub fn arrival(&self, net: &Net) -> usize {
        latest(&self.nodes, &net.pieces).unwrap_or(0)
    }

    /// The net `cycles` later.
    pub fn delay(&self, net: &Net, cycles: usize) -> Net {
        let pieces = net.pieces.iter().map(|piece| piece.delayed(cycles));
        Net::new(pieces.collect(), net.bound().clone())
    }

    /// The net with all its bits in the cycle of the last one.
    pub fn align(&self, net: &Net) -> Net {
        let time = self.arrival(net);
        let pieces = net.pieces.iter();
        let pieces = pieces.map(|piece| piece_at(&self.nodes, piece, time));
        Net::new(pieces.collect(), net.bound().clone())
    }

    /// The net with a register behind every bit that comes out of logic.
    pub fn register(&self, net: &Net) -> Net {
        Net::new(self.registered(&net.pieces), net.bound().clone())
    }

    fn registered(&self, pieces: &[Piece]) -> Bits {
        let behind_register = |piece: &Piece| match piece.source {
            Source::Node {
                index, delay: 0, ..
            } if !self.is_registered_port(index) => piece.delayed(1),
            _ => *piece,
        };
        pieces.iter().map(behind_register).collect()
    }

    fn is_registered_port(&self, index: usize) -> bool {
        matches!(
            self.nodes[index].operation,
            Operation::InstanceOutput { .. }
        )
    }

    /// Instantiates a module; one operand for each of its inputs, one net for each of its outputs.
    ///
    /// # Errors
    /// If the operands do not fit the inputs of the module.
    pub fn instance(&mut self, module: &Arc<Module>, operands: &[Net]) -> Result<Vec<Net>> {
        let ports = &module.graph.inputs;
        if operands.len() != ports.len() {
            return Err(Error::Operands {
                module: module.name.clone(),
                given: operands.len(),
                expected: ports.len(),
            });
        }
        let mut start = 0;
        let mut feeds = Vec::new();
        for (operand, port) in operands.iter().zip(ports) {
            if *operand.bound() > port.bound {
                return Err(Error::Overflow {
                    place: format!("input {} of {}", port.name, module.name),
                    largest: operand.bound().clone(),
                    limit: port.bound.clone(),
                });
            }
            let operand = self.register(&operand.resize(port.width));
            for slice in &port.slices {
                let width = module.graph.nodes[slice.node].width;
                let pieces = slice_pieces(&operand.pieces, slice.low, width);
                let needed = latest(&self.nodes, &pieces).unwrap_or(0);
                start = start.max(needed.saturating_sub(slice.time));
                feeds.push((pieces, slice.time));
            }
        }
        let feeds = feeds.into_iter().map(|(pieces, time)| {
            let at = |piece: &Piece| piece_at(&self.nodes, piece, start + time);
            pieces.iter().map(at).collect()
        });
        let instance = self.instances.len();
        let instance_name = format!("{}_{}", self.label, instance);
        self.instances.push(Instance {
            name: instance_name.clone(),
            module: module.clone(),
            feeds: feeds.collect(),
        });
        let mut results = Vec::new();
        for (port, output) in module.graph.outputs.iter().enumerate() {
            let (mut low, mut pieces) = (0, Vec::new());
            for piece in &output.pieces {
                let time = piece_time(&module.graph.nodes, piece).unwrap_or(0);
                pieces.push(Piece::node(self.nodes.len(), 0, piece.width, 0));
                self.nodes.push(Node {
                    operation: Operation::InstanceOutput {
                        instance,
                        port,
                        low,
                    },
                    width: piece.width,
                    time: start + time,
                    levels: 0,
                    carry: 0,
                    name: format!("{instance_name}_{}_{low}", output.name),
                });
                low += piece.width;
            }
            results.push(Net::new(pieces, output.bound.clone()));
        }
        Ok(results)
    }

    /// Adds a node, or finds the same one; its operands are brought to the cycle of the latest.
    pub(crate) fn node(&mut self, mut operation: Operation, width: usize) -> Result<usize> {
        debug_assert!((1..=WORD).contains(&width));
        let operands = operation.operands();
        let mut time = latest(&self.nodes, operands.iter().copied().flatten()).unwrap_or(0);
        if matches!(operation, Operation::Product(..)) {
            // The tile's own operand registers.
            time += 1;
        }
        for bits in operation.operands_mut() {
            for piece in bits.iter_mut() {
                *piece = piece_at(&self.nodes, piece, time);
            }
        }
        if let Some(index) = self.known.get(&(operation.clone(), width)) {
            return Ok(*index);
        }
        let (levels, carry) = self.check_timing(&operation, width)?;
        let index = self.nodes.len();
        self.known.insert((operation.clone(), width), index);
        let name = format!("{}_{}_{index}", self.label, operation.name());
        self.nodes.push(Node {
            operation,
            width,
            time,
            levels,
            carry,
            name,
        });
        Ok(index)
    }

    /// Levels and carry bits up to and including the operation, if the rules allow them.
    fn check_timing(&self, operation: &Operation, width: usize) -> Result<(usize, usize)> {
        let (mut levels, mut carry) = (0, 0);
        let is_tile = matches!(operation, Operation::Product(..));
        for piece in operation.operands().into_iter().flatten() {
            let Source::Node { index, delay, .. } = piece.source else {
                continue;
            };
            let source = &self.nodes[index];
            let from_tile = matches!(source.operation, Operation::Product(..));
            if (from_tile && delay < 2) || (is_tile && delay < 1) {
                return Err(Error::Tile {
                    place: self.place(operation.name()),
                });
            }
            if delay == 0 {
                levels = levels.max(source.levels);
                carry = carry.max(source.carry);
            }
        }
        levels += operation.levels();
        if matches!(operation, Operation::Sum { .. }) {
            carry += width;
        }
        if levels > MAXIMUM_LEVELS || carry > MAXIMUM_CARRY {
            return Err(Error::Timing {
                place: self.place(operation.name()),
                levels,
                carry,
            });
        }
        Ok((levels, carry))
    }

    /// A node of a product in one tile, with the tile's operand, product and output registers: three
    /// cycles.
    pub(crate) fn tile(&mut self, a: Bits, b: Bits) -> Result<Bits> {
        let width = width_of(&a) + width_of(&b);
        let index = self.node(Operation::Product(a, b), width)?;
        Ok(vec![Piece::node(index, 0, width, 2)])
    }
}
