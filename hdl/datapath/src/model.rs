//! The cycle-accurate model of a graph.

use num_bigint::BigUint;

use crate::graph::{Bits, Gate, Graph, Operation, Source, limb_bits, ones};

/// Some bits of a step's value, and where they go.
#[derive(Clone, Debug)]
struct Fetch {
    step: usize,
    delay: usize,
    low: usize,
    mask: u64,
    inverted: bool,
    at: usize,
}

/// Bits gathered from several steps, and the constant ones among them.
#[derive(Clone, Debug, Default)]
struct Gather {
    constant: u64,
    fetches: Vec<Fetch>,
}

#[derive(Clone, Debug)]
enum Action {
    /// Bits of an input of the model.
    Input {
        port: usize,
        low: usize,
    },
    Sum(Vec<Gather>),
    Product(Gather, Gather),
    Select(Gather, Gather, Gather),
    Any(Gather),
    Gate(Gate, Gather, Gather),
}

#[derive(Clone, Debug)]
struct Step {
    action: Action,
    mask: u64,
    /// Where the step's past values are, and how many of them are kept less one (a power of two less one).
    past: usize,
    past_mask: usize,
}

/// An output: gathers of at most 64 bits from the lowest up, with their widths.
type OutputBits = Vec<(Gather, usize)>;

/// A graph that runs: as a pipeline, cycle by cycle, or as the pure function that the pipeline computes.
#[derive(Clone, Debug)]
pub struct Model {
    steps: Vec<Step>,
    outputs: Vec<OutputBits>,
    /// Past values of every step, for the pipeline.
    past: Vec<u64>,
    /// Values of every step, for the pure function.
    values: Vec<u64>,
    cycle: usize,
}

impl Model {
    /// The model of a graph, all registers zero.
    pub fn new(graph: &Graph) -> Self {
        let mut flat = Flat::default();
        let nodes = flat.graph(graph, None);
        let outputs = graph.outputs.iter().map(|port| {
            let pieces = port.pieces.iter();
            let gathers = pieces.map(|piece| (flat.gather(&vec![*piece], &nodes), piece.width));
            gathers.collect()
        });
        let outputs: Vec<OutputBits> = outputs.collect();
        flat.lay_out(&outputs);
        let last = flat.steps.last();
        Model {
            past: vec![0; last.map_or(0, |step| step.past + step.past_mask + 1)],
            values: vec![0; flat.steps.len()],
            steps: flat.steps,
            outputs,
            cycle: 0,
        }
    }

    /// What the pipeline computes of these inputs, in the order of [`Graph::ports`].
    pub fn evaluate(&mut self, inputs: &[BigUint]) -> Vec<BigUint> {
        let limbs: Vec<Vec<u64>> = inputs.iter().map(BigUint::to_u64_digits).collect();
        for index in 0..self.steps.len() {
            let step = &self.steps[index];
            let value = step.value(&limbs, &|fetch| self.values[fetch.step]);
            self.values[index] = value & step.mask;
        }
        self.collect(&|fetch| self.values[fetch.step])
    }

    /// One clock cycle: the inputs before the clock edge, the outputs after it. Outputs that belong to the
    /// inputs of one call are returned by the call `latency - 1` calls later.
    pub fn step(&mut self, inputs: &[BigUint]) -> Vec<BigUint> {
        let limbs: Vec<Vec<u64>> = inputs.iter().map(BigUint::to_u64_digits).collect();
        let cycle = self.cycle;
        for index in 0..self.steps.len() {
            let step = &self.steps[index];
            let value = step.value(&limbs, &|fetch| self.before(fetch, cycle));
            let place = step.past + (cycle & step.past_mask);
            self.past[place] = value & step.mask;
        }
        self.cycle = cycle.wrapping_add(1);
        self.collect(&|fetch| self.before(fetch, cycle.wrapping_add(1)))
    }

    /// The value of a fetched step in the cycle before `cycle` that the fetch's delay says.
    fn before(&self, fetch: &Fetch, cycle: usize) -> u64 {
        let step = &self.steps[fetch.step];
        self.past[step.past + (cycle.wrapping_sub(fetch.delay) & step.past_mask)]
    }

    fn collect(&self, value: &dyn Fn(&Fetch) -> u64) -> Vec<BigUint> {
        let output = |bits: &OutputBits| {
            let (mut sum, mut low) = (BigUint::ZERO, 0);
            for (gather, width) in bits {
                sum += BigUint::from(gather.value(value)) << low;
                low += width;
            }
            sum
        };
        self.outputs.iter().map(output).collect()
    }
}

impl Gather {
    fn value(&self, value: &(impl Fn(&Fetch) -> u64 + ?Sized)) -> u64 {
        let mut bits = self.constant;
        for fetch in &self.fetches {
            let source = value(fetch) ^ if fetch.inverted { u64::MAX } else { 0 };
            bits |= (source >> fetch.low & fetch.mask) << fetch.at;
        }
        bits
    }
}

impl Step {
    fn value(&self, inputs: &[Vec<u64>], value: &impl Fn(&Fetch) -> u64) -> u64 {
        match &self.action {
            Action::Input { port, low } => limb_bits(&inputs[*port], *low, 64),
            Action::Sum(operands) => operands
                .iter()
                .fold(0, |sum, operand| sum.wrapping_add(operand.value(value))),
            Action::Product(a, b) => a.value(value).wrapping_mul(b.value(value)),
            Action::Select(condition, yes, no) => match condition.value(value) {
                0 => no.value(value),
                _ => yes.value(value),
            },
            Action::Any(bits) => u64::from(bits.value(value) != 0),
            Action::Gate(Gate::And, a, b) => a.value(value) & b.value(value),
            Action::Gate(Gate::Or, a, b) => a.value(value) | b.value(value),
        }
    }

    fn gathers(&self) -> Vec<&Gather> {
        match &self.action {
            Action::Input { .. } => Vec::new(),
            Action::Sum(operands) => operands.iter().collect(),
            Action::Product(a, b) | Action::Gate(_, a, b) => vec![a, b],
            Action::Select(condition, yes, no) => vec![condition, yes, no],
            Action::Any(bits) => vec![bits],
        }
    }
}

/// A graph without instances: each instance's nodes stand in the place of the instance.
#[derive(Default)]
struct Flat {
    steps: Vec<Step>,
}

impl Flat {
    /// Appends a graph, whose inputs are the model's own or the given feeds; for each of its nodes the
    /// gather that is its value, which is one fetch or a constant.
    fn graph(&mut self, graph: &Graph, feeds: Option<Vec<Gather>>) -> Vec<Gather> {
        let mut nodes: Vec<Gather> = Vec::new();
        let mut feeds = feeds.map(Vec::into_iter);
        let mut instances: Vec<Option<Vec<Vec<Gather>>>> = vec![None; graph.instances.len()];
        for node in &graph.nodes {
            let gather = |flat: &Self, bits: &Bits| flat.gather(bits, &nodes);
            let action = match &node.operation {
                Operation::Input { port, low } => match &mut feeds {
                    None => Action::Input {
                        port: *port,
                        low: *low,
                    },
                    Some(feeds) => {
                        let feed = feeds.next().expect("a feed for every slice of every input");
                        Action::Sum(vec![feed])
                    }
                },
                Operation::InstanceOutput {
                    instance,
                    port,
                    low,
                } => {
                    let outputs = instances[*instance]
                        .get_or_insert_with(|| self.instance(graph, *instance, &nodes));
                    let inner = &graph.instances[*instance].module.graph.outputs[*port];
                    let mut at = 0;
                    let number = inner.pieces.iter().position(|piece| {
                        let found = at == *low;
                        at += piece.width;
                        found
                    });
                    let number = number.expect("an output node is a piece of the port");
                    nodes.push(outputs[*port][number].clone());
                    continue;
                }
                Operation::Sum { operands, carry } => {
                    let operands = operands.iter().chain([carry]);
                    Action::Sum(operands.map(|bits| gather(self, bits)).collect())
                }
                Operation::Product(a, b) => Action::Product(gather(self, a), gather(self, b)),
                Operation::Select { condition, yes, no } => {
                    Action::Select(gather(self, condition), gather(self, yes), gather(self, no))
                }
                Operation::Any(bits) => Action::Any(gather(self, bits)),
                Operation::Gate(gate, a, b) => {
                    Action::Gate(*gate, gather(self, a), gather(self, b))
                }
            };
            let step = self.steps.len();
            self.steps.push(Step {
                action,
                mask: ones(node.width),
                past: 0,
                past_mask: 0,
            });
            nodes.push(Gather {
                constant: 0,
                fetches: vec![Fetch {
                    step,
                    delay: 0,
                    low: 0,
                    mask: ones(node.width),
                    inverted: false,
                    at: 0,
                }],
            });
        }
        nodes
    }

    /// Appends an instance; for each of its outputs the gathers of the output's pieces.
    fn instance(&mut self, graph: &Graph, number: usize, nodes: &[Gather]) -> Vec<Vec<Gather>> {
        let instance = &graph.instances[number];
        let feeds = instance.feeds.iter().map(|bits| self.gather(bits, nodes));
        let feeds = feeds.collect();
        let inner = &instance.module.graph;
        let nodes = self.graph(inner, Some(feeds));
        let outputs = inner.outputs.iter().map(|port| {
            let pieces = port.pieces.iter();
            pieces
                .map(|piece| self.gather(&vec![*piece], &nodes))
                .collect()
        });
        outputs.collect()
    }

    fn gather(&self, bits: &Bits, nodes: &[Gather]) -> Gather {
        let (mut result, mut at) = (Gather::default(), 0);
        for piece in bits {
            match piece.source {
                Source::Constant(value) => result.constant |= value << at,
                Source::Node {
                    index,
                    low,
                    delay,
                    inverted,
                } => match nodes[index].fetches.first() {
                    Some(node) => result.fetches.push(Fetch {
                        step: node.step,
                        delay: node.delay + delay,
                        low: node.low + low,
                        mask: ones(piece.width),
                        inverted: node.inverted != inverted,
                        at,
                    }),
                    None => {
                        let invert = if inverted { u64::MAX } else { 0 };
                        let value = (nodes[index].constant ^ invert) >> low & ones(piece.width);
                        result.constant |= value << at;
                    }
                },
            }
            at += piece.width;
        }
        result
    }

    /// Gives each step room for the past values that are read of it.
    fn lay_out(&mut self, outputs: &[OutputBits]) {
        let mut longest = vec![0usize; self.steps.len()];
        let inner = self.steps.iter().flat_map(Step::gathers);
        let outer = outputs.iter().flatten().map(|(gather, _)| gather);
        for fetch in inner.chain(outer).flat_map(|gather| &gather.fetches) {
            longest[fetch.step] = longest[fetch.step].max(fetch.delay);
        }
        let mut past = 0;
        for (step, longest) in self.steps.iter_mut().zip(longest) {
            let length = (longest + 1).next_power_of_two();
            step.past = past;
            step.past_mask = length - 1;
            past += length;
        }
    }
}
