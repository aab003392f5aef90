//! Verilog of the fast fill: wide sums, DPI functions, and one delay line to the latency of record.

use num_bigint::BigUint;

use crate::graph::Graph;
use crate::reduction::SumOfProducts;

/// SystemVerilog with the ports, the latency and the outputs of a graph.
#[derive(Clone, Debug)]
pub(crate) struct StandIn {
    /// The kinds whose DPI functions are called.
    pub kinds: Vec<SumOfProducts>,
    body: String,
}

impl StandIn {
    /// A stand-in whose module has this body.
    pub fn of_body(body: String) -> Self {
        StandIn {
            kinds: Vec::new(),
            body,
        }
    }

    pub fn verilog(&self, module_name: &str, graph: &Graph) -> String {
        let mut text = String::new();
        for kind in &self.kinds {
            text += &dpi_module(kind);
            text += "\n";
        }
        text + &graph.module_head(module_name) + &self.body + "endmodule\n"
    }
}

/// The operand ports of a kind, with their widths.
pub(crate) fn operand_ports(kind: &SumOfProducts) -> Vec<(String, usize)> {
    let places = kind.bounds.iter().enumerate();
    let ports = places.flat_map(|(number, (a, b))| {
        [("a", a), ("b", b)].map(|(side, bound)| (format!("{side}{number}"), bound.bits() as usize))
    });
    ports.collect()
}

/// The name of a kind's DPI function.
pub(crate) fn function_name(kind: &SumOfProducts) -> String {
    format!("gristmill_{}", kind.name)
}

/// The module around a kind's DPI function; its result is registered.
fn dpi_module(kind: &SumOfProducts) -> String {
    let width = kind.largest_result().bits();
    let top = width - 1;
    let ports = operand_ports(kind);
    let arguments: String = ports
        .iter()
        .map(|(name, width)| format!("    input bit [{}:0] {name},\n", width - 1))
        .collect();
    let inputs: String = ports
        .iter()
        .map(|(name, width)| format!("  input wire [{}:0] {name},\n", width - 1))
        .collect();
    let names: String = ports.iter().map(|(name, _)| format!("{name}, ")).collect();
    let function = function_name(kind);
    format!(
        "module {name}_dpi (
  input wire clock,
{inputs}  output reg [{top}:0] p
);
  import \"DPI-C\" function void {function}(
{arguments}    output bit [{top}:0] p
  );
  reg [{top}:0] result;
  always @(posedge clock) begin
    {function}({names}result);
    p <= result;
  end
endmodule
",
        name = kind.name,
    )
}

/// A wide value of the text.
#[derive(Clone, Debug)]
pub(crate) struct Value {
    pub name: String,
    pub bound: BigUint,
    /// The cycle in which it is there.
    pub time: usize,
}

impl Value {
    pub fn width(&self) -> usize {
        self.bound.bits() as usize
    }

    /// The value as an expression of `width` bits, shifted left.
    pub fn extended(&self, width: usize, shift: usize) -> String {
        let above = width.saturating_sub(self.width() + shift);
        let kept = width - shift - above;
        let value = match kept == self.width() {
            true => self.name.clone(),
            false => format!("{}[{}:0]", self.name, kept - 1),
        };
        let above = match above {
            0 => String::new(),
            bits => format!("{bits}'d0, "),
        };
        let below = match shift {
            0 => String::new(),
            bits => format!(", {bits}'d0"),
        };
        format!("{{{above}{value}{below}}}")
    }
}

/// The body of a stand-in while it is written.
#[derive(Default)]
pub(crate) struct Text {
    kinds: Vec<SumOfProducts>,
    body: String,
}

impl Text {
    /// An input port of the graph.
    pub fn input(name: &str, bound: &BigUint) -> Value {
        Value {
            name: name.into(),
            bound: bound.clone(),
            time: 0,
        }
    }

    /// A wire with the value of an expression of the bound's width.
    pub fn wire(&mut self, name: &str, bound: BigUint, time: usize, expression: &str) -> Value {
        let value = Value {
            name: name.into(),
            bound,
            time,
        };
        let top = value.width() - 1;
        self.body += &format!("  wire [{top}:0] {name} = {expression};\n");
        value
    }

    /// For each list of operands a call of the kind's function.
    pub fn calls(
        &mut self,
        name: &str,
        kind: SumOfProducts,
        operands: &[Vec<&Value>],
    ) -> Vec<Value> {
        let ports = operand_ports(&kind);
        let bound = kind.largest_result();
        let mut results = Vec::new();
        for (number, operands) in operands.iter().enumerate() {
            let result = format!("{name}_{number}");
            let connections: String = ports
                .iter()
                .zip(operands)
                .map(|((port, width), value)| {
                    format!("    .{port}({}),\n", value.extended(*width, 0))
                })
                .collect();
            self.body += &format!(
                "  wire [{}:0] {result};
  {}_dpi {result}_unit (\n    .clock(clock),\n{connections}    .p({result})\n  );\n",
                bound.bits() - 1,
                kind.name
            );
            let time = operands.iter().map(|value| value.time).max().unwrap_or(0);
            debug_assert!(operands.iter().all(|value| value.time == time));
            results.push(Value {
                name: result,
                bound: bound.clone(),
                time: time + 1,
            });
        }
        self.kinds.push(kind);
        results
    }

    /// The stand-in with its outputs, which have `bits` bits each, delayed to the latency by a memory that
    /// is read and written in a circle.
    pub fn finish(mut self, latency: usize, outputs: &[(&str, Value)], bits: usize) -> StandIn {
        let time = outputs.iter().map(|(_, value)| value.time).max();
        let entries = latency - time.unwrap_or(0) - 1;
        let width = bits * outputs.len();
        let (top, last) = (width - 1, entries - 1);
        let index_bits = (usize::BITS - last.leading_zeros()).max(1);
        let values: Vec<String> = outputs
            .iter()
            .rev()
            .map(|(_, value)| value.extended(bits, 0))
            .collect();
        self.body += &format!(
            "  reg [{top}:0] delay [0:{last}];
  reg [{index_top}:0] position;
  reg [{top}:0] delayed;
  initial position = {index_bits}'d0;
  always @(posedge clock) begin
    delayed <= delay[position];
    delay[position] <= {{{values}}};
    position <= position == {index_bits}'d{last} ? {index_bits}'d0 : position + {index_bits}'d1;
  end
",
            index_top = index_bits - 1,
            values = values.join(", "),
        );
        for (number, (name, _)) in outputs.iter().enumerate() {
            let low = number * bits;
            self.body += &format!("  assign {name} = delayed[{}:{low}];\n", low + bits - 1);
        }
        StandIn {
            kinds: self.kinds,
            body: self.body,
        }
    }
}
