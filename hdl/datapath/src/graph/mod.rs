//! The datapath graph: what is built, and what can be asked of it.

mod builder;
mod live;
mod net;
mod node;
mod verilog;

use std::sync::Arc;

use num_bigint::BigUint;

pub use builder::{Builder, Config, MAXIMUM_CARRY, MAXIMUM_LEVELS, Skew};
pub use net::{Net, largest};
pub(crate) use net::{
    Piece, Source, constant_pieces, limb_bits, ones, push, slice_pieces, width_of,
};
pub(crate) use node::{Bits, Gate, Node, Operation};

/// A slice of an input port: the node that is its value, its lowest bit and its time.
#[derive(Clone, Debug)]
pub(crate) struct PortSlice {
    pub node: usize,
    pub low: usize,
    pub time: usize,
}

#[derive(Clone, Debug)]
pub(crate) struct InputPort {
    pub name: String,
    pub width: usize,
    pub bound: BigUint,
    pub slices: Vec<PortSlice>,
}

#[derive(Clone, Debug)]
pub(crate) struct OutputPort {
    pub name: String,
    pub pieces: Bits,
    pub bound: BigUint,
    pub aligned: bool,
}

/// A datapath with a module boundary of its own, that others instantiate.
#[derive(Clone, Debug)]
pub struct Module {
    /// The name of the Verilog module.
    pub name: String,
    /// What is inside.
    pub graph: Graph,
}

/// An instance of a module: what each slice of its input ports is given, in the order of the ports.
#[derive(Clone, Debug)]
pub(crate) struct Instance {
    pub name: String,
    pub module: Arc<Module>,
    pub feeds: Vec<Bits>,
}

/// Direction of a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Into the datapath.
    Input,
    /// Out of the datapath.
    Output,
}

/// A port of a datapath; the port `clock` is not listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// Name in the Verilog.
    pub name: String,
    /// Width in bits.
    pub width: usize,
    /// Direction.
    pub direction: Direction,
}

/// What a datapath costs; sub-modules are counted once for each instance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Cycles from the inputs to the outputs.
    pub latency: usize,
    /// Multiplier tiles.
    pub tiles: usize,
    /// Flip-flops in bits, without those in delay lines and without product registers of tiles.
    pub registers: usize,
    /// Bits of delay lines: what is delayed further than by its first register, which needs no
    /// flip-flops where shift registers are made of look-up tables.
    pub delays: usize,
    /// Bits of adders, an estimate of their look-up tables.
    pub adders: usize,
}

/// A finished datapath: a feed-forward pipeline that takes new operands in every cycle.
#[derive(Clone, Debug)]
pub struct Graph {
    pub(crate) nodes: Vec<Node>,
    pub(crate) inputs: Vec<InputPort>,
    pub(crate) outputs: Vec<OutputPort>,
    pub(crate) instances: Vec<Instance>,
    pub(crate) need: live::Need,
    /// Verilog that stands for the graph's own, with the same outputs in the same cycles.
    pub(crate) stand_in: Option<Arc<crate::fills::StandIn>>,
}

impl Graph {
    fn new(
        nodes: Vec<Node>,
        inputs: Vec<InputPort>,
        outputs: Vec<OutputPort>,
        instances: Vec<Instance>,
    ) -> Self {
        let need = live::Need::of(&nodes, &outputs, &instances);
        Graph {
            nodes,
            inputs,
            outputs,
            instances,
            need,
            stand_in: None,
        }
    }

    /// Cycles from the first bits of the inputs to the last bits of the outputs.
    pub fn latency(&self) -> usize {
        let pieces = self.outputs.iter().flat_map(|output| &output.pieces);
        node::latest(&self.nodes, pieces).unwrap_or(0)
    }

    /// Multiplier tiles, those of the instances included.
    pub fn tiles(&self) -> usize {
        self.summary().tiles
    }

    /// What the datapath costs.
    pub fn summary(&self) -> Summary {
        let mut summary = Summary {
            latency: self.latency(),
            ..Summary::default()
        };
        for (index, node) in self.nodes.iter().enumerate() {
            let Some(top) = self.need.top(index) else {
                continue;
            };
            // The first two registers behind a product are those of its tile.
            let in_tile = 2 * usize::from(matches!(node.operation, Operation::Product(..)));
            summary.registers += self.need.bits_with(index, in_tile + 1);
            summary.delays += self.need.registers_from(index, in_tile + 2);
            match node.operation {
                Operation::Product(..) => summary.tiles += 1,
                Operation::Sum { .. } => summary.adders += top + 1,
                _ => {}
            }
        }
        for instance in &self.instances {
            let inner = instance.module.graph.summary();
            summary.tiles += inner.tiles;
            summary.registers += inner.registers;
            summary.delays += inner.delays;
            summary.adders += inner.adders;
        }
        summary
    }

    /// The ports in the order of the Verilog, inputs first; `clock`, which stands before them, is not
    /// listed.
    pub fn ports(&self) -> Vec<Port> {
        let inputs = self.inputs.iter().map(|port| Port {
            name: port.name.clone(),
            width: port.width,
            direction: Direction::Input,
        });
        let outputs = self.outputs.iter().map(|port| Port {
            name: port.name.clone(),
            width: width_of(&port.pieces),
            direction: Direction::Output,
        });
        inputs.chain(outputs).collect()
    }

    /// The largest value of an output port, by name.
    pub fn output_bound(&self, name: &str) -> Option<&BigUint> {
        let port = self.outputs.iter().find(|port| port.name == name)?;
        Some(&port.bound)
    }

    /// The modules that the datapath instantiates, each once, before those that instantiate it.
    pub fn submodules(&self) -> Vec<Arc<Module>> {
        let mut modules: Vec<Arc<Module>> = Vec::new();
        for instance in &self.instances {
            let inner = instance.module.graph.submodules();
            for module in inner.into_iter().chain([instance.module.clone()]) {
                if modules.iter().all(|known| known.name != module.name) {
                    modules.push(module);
                }
            }
        }
        modules
    }
}
