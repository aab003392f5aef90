//! The graph as Verilog-2001.

use std::fmt::Write;

use super::net::{Piece, Source, slice_pieces, width_of};
use super::node::{Bits, Gate, Node, Operation};
use super::{Direction, Graph, Instance};

/// A part of a node whose bits have the same number of registers behind them.
struct Run {
    low: usize,
    width: usize,
    /// Registers behind the run; none if nothing reads it.
    registers: Option<usize>,
    name: String,
}

/// `[high:low] ` for a declaration; nothing for a single bit.
fn range(width: usize) -> String {
    match width {
        1 => String::new(),
        _ => format!("[{}:0] ", width - 1),
    }
}

/// Bits `low .. low + width` of a signal of `whole` bits.
fn select(signal: &str, low: usize, width: usize, whole: usize) -> String {
    if width == whole {
        signal.into()
    } else if width == 1 {
        format!("{signal}[{low}]")
    } else {
        format!("{signal}[{}:{low}]", low + width - 1)
    }
}

/// Parts from the lowest to the highest as one expression.
fn concatenation(parts: &[String]) -> String {
    match parts {
        [single] if !single.starts_with('~') => single.clone(),
        _ => {
            let reversed: Vec<&str> = parts.iter().rev().map(String::as_str).collect();
            format!("{{{}}}", reversed.join(", "))
        }
    }
}

/// The text of one module.
struct Writer<'a> {
    graph: &'a Graph,
    runs: Vec<Vec<Run>>,
    declarations: String,
    assignments: String,
    registers: String,
}

impl Graph {
    /// The Verilog of the datapath, every sub-module first, the datapath itself last.
    pub fn verilog(&self, module_name: &str) -> String {
        if let Some(stand_in) = &self.stand_in {
            return stand_in.verilog(module_name, self);
        }
        let mut text = String::new();
        for module in self.submodules() {
            text += &module.graph.module_text(&module.name);
            text += "\n";
        }
        text + &self.module_text(module_name)
    }

    /// The head of the module: its name and its ports.
    pub(crate) fn module_head(&self, module_name: &str) -> String {
        let mut head = format!("module {module_name} (\n  input wire clock");
        for port in self.ports() {
            let direction = match port.direction {
                Direction::Input => "input",
                Direction::Output => "output",
            };
            write!(
                head,
                ",\n  {direction} wire {}{}",
                range(port.width),
                port.name
            )
            .expect("writing to a String cannot fail");
        }
        head + "\n);\n"
    }

    /// The bits of the inputs that nothing reads.
    fn unread_inputs(&self) -> Vec<String> {
        let mut unread = Vec::new();
        for port in &self.inputs {
            for slice in &port.slices {
                for (low, width, need) in self.need.runs(slice.node) {
                    if need == 0 {
                        unread.push(select(&port.name, slice.low + low, width, port.width));
                    }
                }
            }
        }
        unread
    }

    fn module_text(&self, module_name: &str) -> String {
        let mut writer = Writer::new(self);
        for index in 0..self.nodes.len() {
            writer.node(index);
        }
        for instance in 0..self.instances.len() {
            writer.instance(instance);
        }
        for port in &self.outputs {
            let value = writer.expression(&port.pieces, width_of(&port.pieces));
            writer.assign(&port.name, &value);
        }
        let unread = self.unread_inputs();
        if !unread.is_empty() {
            let all = unread.join(", ");
            writer.declarations += &format!("  wire unused = &{{1'b0, {all}}};\n");
        }
        let mut text = self.module_head(module_name);
        text += &writer.declarations;
        text += &writer.assignments;
        if !writer.registers.is_empty() {
            text += "  always @(posedge clock) begin\n";
            text += &writer.registers;
            text += "  end\n";
        }
        text + "endmodule\n"
    }
}

impl<'a> Writer<'a> {
    fn new(graph: &'a Graph) -> Self {
        let runs = (0..graph.nodes.len()).map(|index| runs_of(graph, index));
        Writer {
            graph,
            runs: runs.collect(),
            declarations: String::new(),
            assignments: String::new(),
            registers: String::new(),
        }
    }

    fn declare(&mut self, kind: &str, width: usize, name: &str) {
        self.declarations += &format!("  {kind} {}{name};\n", range(width));
    }

    fn assign(&mut self, target: &str, value: &str) {
        self.assignments += &format!("  assign {target} = {value};\n");
    }

    fn store(&mut self, target: &str, value: &str) {
        self.registers += &format!("    {target} <= {value};\n");
    }

    fn node(&mut self, index: usize) {
        let Some(top) = self.graph.need.top(index) else {
            return;
        };
        let node = &self.graph.nodes[index];
        for run in 0..self.runs[index].len() {
            self.registers_of(index, run);
        }
        match &node.operation {
            Operation::Input { .. } | Operation::InstanceOutput { .. } => {}
            Operation::Sum { operands, carry } => {
                let width = top + 1;
                let operands = operands.iter().chain([carry]);
                let present = operands.filter(|bits| !bits.is_empty());
                let terms: Vec<String> = present.map(|bits| self.expression(bits, width)).collect();
                let target = self.target(index);
                self.give(index, &target, &terms.join(" + "));
            }
            Operation::Product(a, b) => {
                let (a, b) = (self.expression(a, top + 1), self.expression(b, top + 1));
                let target = self.target(index);
                self.give(index, &target, &format!("{a} * {b}"));
            }
            Operation::Any(bits) => {
                let bits = self.expression(bits, width_of(bits));
                let target = self.target(index);
                self.give(index, &target, &format!("|{bits}"));
            }
            Operation::Select { condition, yes, no } => {
                let condition = self.expression(condition, 1);
                self.bitwise(index, yes, no, |yes, no| {
                    format!("{condition} ? {yes} : {no}")
                });
            }
            Operation::Gate(gate, a, b) => {
                let symbol = match gate {
                    Gate::And => '&',
                    Gate::Or => '|',
                };
                self.bitwise(index, a, b, |a, b| format!("{a} {symbol} {b}"));
            }
        }
    }

    /// Declares what holds a run, and the registers that follow it.
    fn registers_of(&mut self, index: usize, run: usize) {
        let node = &self.graph.nodes[index];
        let Run {
            width,
            registers,
            name,
            ..
        } = &self.runs[index][run];
        let (width, name) = (*width, name.clone());
        let Some(registers) = *registers else {
            match node.operation {
                Operation::Input { .. } => {}
                _ if self.is_wire(index) => self.declare("wire", width, &name),
                _ => self.declare("reg", width, &name),
            }
            return;
        };
        let first = self.stage(index, run, 0);
        if !matches!(node.operation, Operation::Input { .. }) && self.is_wire(index) {
            self.declare("wire", width, &first);
        }
        if registers > 0 {
            let held = self.stage(index, run, 1);
            self.declare("reg", width, &held);
            if self.is_wire(index) {
                self.store(&held, &first);
            }
            for delay in 2..=registers {
                let (earlier, later) = (
                    self.stage(index, run, delay - 1),
                    self.stage(index, run, delay),
                );
                self.declare("reg", width, &later);
                self.store(&later, &earlier);
            }
        }
    }

    /// Whether a node has a signal before its first register.
    fn is_wire(&self, index: usize) -> bool {
        self.graph.need.is_unregistered(index)
            || matches!(
                self.graph.nodes[index].operation,
                Operation::Input { .. } | Operation::InstanceOutput { .. }
            )
    }

    /// The signal of a run `delay` registers after its node.
    fn stage(&self, index: usize, run: usize, delay: usize) -> String {
        let run = &self.runs[index][run];
        self.stage_bits(index, run, delay, 0, run.width)
    }

    /// Bits `from .. from + part` of a run, `delay` registers after its node.
    fn stage_bits(
        &self,
        index: usize,
        run: &Run,
        delay: usize,
        from: usize,
        part: usize,
    ) -> String {
        let name = &run.name;
        let signal = match (&self.graph.nodes[index].operation, delay) {
            (Operation::Input { port, low }, 0) => {
                let port = &self.graph.inputs[*port];
                return select(&port.name, low + run.low + from, part, port.width);
            }
            (Operation::InstanceOutput { .. }, 0) => name.clone(),
            (Operation::Input { .. } | Operation::InstanceOutput { .. }, _) => {
                format!("{name}_delay{delay}")
            }
            (_, 0) => format!("{name}_now"),
            (_, 1) => name.clone(),
            _ => format!("{name}_delay{}", delay - 1),
        };
        select(&signal, from, part, run.width)
    }

    fn piece(&self, piece: &Piece, parts: &mut Vec<String>) {
        match piece.source {
            Source::Constant(value) => parts.push(format!("{}'h{value:x}", piece.width)),
            Source::Node {
                index,
                low,
                delay,
                inverted,
            } => {
                for run in &self.runs[index] {
                    let from = low.max(run.low);
                    let to = (low + piece.width).min(run.low + run.width);
                    if from < to {
                        let bits = self.stage_bits(index, run, delay, from - run.low, to - from);
                        parts.push(if inverted { format!("~{bits}") } else { bits });
                    }
                }
            }
        }
    }

    /// Some bits as an expression of `width` bits.
    fn expression(&self, bits: &Bits, width: usize) -> String {
        let mut parts = Vec::new();
        for piece in slice_pieces(bits, 0, width) {
            self.piece(&piece, &mut parts);
        }
        concatenation(&parts)
    }

    /// What a node's operation is assigned to: its runs up to the highest that is read.
    fn target(&self, index: usize) -> String {
        let delay = usize::from(!self.is_wire(index));
        let runs = self.runs[index].iter().enumerate();
        let names: Vec<String> = runs
            .map(|(number, run)| match run.registers {
                Some(_) => self.stage(index, number, delay),
                None => run.name.clone(),
            })
            .collect();
        concatenation(&names)
    }

    fn give(&mut self, index: usize, target: &str, value: &str) {
        if self.is_wire(index) {
            self.assign(target, value);
        } else {
            self.store(target, value);
        }
    }

    /// A bitwise operation, for each run that is read.
    fn bitwise(&mut self, index: usize, a: &Bits, b: &Bits, text: impl Fn(&str, &str) -> String) {
        let delay = usize::from(!self.is_wire(index));
        for run in 0..self.runs[index].len() {
            let Run {
                low,
                width,
                registers,
                ..
            } = self.runs[index][run];
            if registers.is_some() {
                let a = self.expression(&slice_pieces(a, low, width), width);
                let b = self.expression(&slice_pieces(b, low, width), width);
                let target = self.stage(index, run, delay);
                self.give(index, &target, &text(&a, &b));
            }
        }
    }

    fn instance(&mut self, number: usize) {
        let graph = self.graph;
        let Instance {
            name,
            module,
            feeds,
        } = &graph.instances[number];
        let inner = &module.graph;
        let mut connections = vec!["    .clock(clock)".to_string()];
        let mut feeds = feeds.iter();
        for port in &inner.inputs {
            let slices = port.slices.iter().zip(feeds.by_ref());
            let bits: Bits = slices.flat_map(|(_, bits)| bits.clone()).collect();
            let value = self.expression(&bits, port.width);
            connections.push(format!("    .{}({value})", port.name));
        }
        let mut live = false;
        for (number_of_port, port) in inner.outputs.iter().enumerate() {
            let is_this = |node: &Node| {
                matches!(node.operation, Operation::InstanceOutput { instance, port, .. }
                    if instance == number && port == number_of_port)
            };
            let mut names = Vec::new();
            for index in (0..graph.nodes.len()).filter(|index| is_this(&graph.nodes[*index])) {
                live |= graph.need.top(index).is_some();
                names.extend(self.runs[index].iter().map(|run| run.name.clone()));
            }
            connections.push(format!("    .{}({})", port.name, concatenation(&names)));
        }
        if live {
            let connections = connections.join(",\n");
            self.assignments += &format!("  {} {name} (\n{connections}\n  );\n", module.name);
        }
    }
}

/// The runs of a node; the bits above the highest one that is read are left out, except at the outputs
/// of an instance, where every bit is connected.
fn runs_of(graph: &Graph, index: usize) -> Vec<Run> {
    let node = &graph.nodes[index];
    let keep_top = matches!(node.operation, Operation::InstanceOutput { .. });
    let top = graph.need.top(index);
    let runs = graph.need.runs(index);
    let single = runs.iter().filter(|(_, _, need)| *need > 0).count() == 1;
    let name = |low: usize, need: usize| match (need, single) {
        (0, _) => format!("unused_{}_bit{low}", node.name),
        (_, true) => node.name.clone(),
        _ => format!("{}_bit{low}", node.name),
    };
    runs.into_iter()
        .filter(|(low, _, _)| keep_top || top.is_some_and(|top| *low <= top))
        .map(|(low, width, need)| Run {
            low,
            width,
            registers: need.checked_sub(1),
            name: name(low, need),
        })
        .collect()
}
