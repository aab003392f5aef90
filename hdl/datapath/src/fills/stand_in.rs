//! Verilog of the fast fill: wide sums, DPI functions, and one delay line to the latency of record.

use num_bigint::BigUint;

use crate::adder::Kinds;
use crate::arithmetic::{Arithmetic, largest_operands, offset};
use crate::error::Result;
use crate::graph::Graph;
use crate::operations::signed_digits;
use crate::reduction::SumOfProducts;

/// SystemVerilog with the ports, the latency and the outputs of a graph.
#[derive(Clone, Debug)]
pub(crate) struct StandIn {
    /// The kinds whose DPI functions are called.
    pub kinds: Vec<SumOfProducts>,
    body: String,
}

impl StandIn {
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
    name: String,
    bound: BigUint,
    /// The cycle in which it is there.
    time: usize,
}

impl Value {
    fn width(&self) -> usize {
        self.bound.bits() as usize
    }

    /// The value as an expression of `width` bits, shifted left.
    fn extended(&self, width: usize, shift: usize) -> String {
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

/// Arithmetic whose values are wires of any width.
pub(crate) struct Wide {
    kinds: Kinds,
    used: Vec<SumOfProducts>,
    latency: usize,
    body: String,
}

impl Wide {
    pub fn new(kinds: Kinds, latency: usize) -> Self {
        Wide {
            kinds,
            used: Vec::new(),
            latency,
            body: String::new(),
        }
    }

    pub fn input(&mut self, name: &str, bound: &BigUint) -> Value {
        Value {
            name: name.into(),
            bound: bound.clone(),
            time: 0,
        }
    }

    /// The text with its outputs, which have `bits` bits each, delayed to the latency.
    pub fn finish(mut self, outputs: &[(&str, Value)], bits: usize) -> StandIn {
        let time = outputs.iter().map(|(_, value)| value.time).max();
        let entries = self.latency - time.unwrap_or(0) - 1;
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
            kinds: self.used,
            body: self.body,
        }
    }
}

impl Arithmetic for Wide {
    type Value = Value;

    fn combine(&mut self, name: &str, terms: &[(&Value, i64)]) -> Result<Value> {
        let bounds: Vec<(&BigUint, i64)> =
            terms.iter().map(|(value, f)| (&value.bound, *f)).collect();
        let (offset, bound) = offset(self.kinds.modulus(), &bounds);
        let width = bound.bits() as usize;
        let (mut added, mut subtracted) = (Vec::new(), Vec::new());
        if offset.bits() > 0 {
            added.push(format!("{width}'h{offset:x}"));
        }
        for (value, factor) in terms {
            for digit in signed_digits(&factor.unsigned_abs().into()) {
                let text = value.extended(width, digit.shift);
                match digit.negative != (*factor < 0) {
                    true => subtracted.push(text),
                    false => added.push(text),
                }
            }
        }
        let mut sum = added.join(" + ");
        for text in subtracted {
            sum += &format!(" - {text}");
        }
        self.body += &format!("  wire [{}:0] {name} = {sum};\n", width - 1);
        let time = terms.iter().map(|(value, _)| value.time).max().unwrap_or(0);
        debug_assert!(terms.iter().all(|(value, _)| value.time == time));
        Ok(Value {
            name: name.into(),
            bound,
            time,
        })
    }

    fn reduced_sums(&mut self, name: &str, sums: &[Vec<(&Value, &Value)>]) -> Result<Vec<Value>> {
        let bounds = largest_operands(sums, |value| value.bound.clone());
        let kind = self.kinds.kind(bounds);
        let ports = operand_ports(&kind);
        let bound = kind.largest_result();
        let mut results = Vec::new();
        for (number, sum) in sums.iter().enumerate() {
            let result = format!("{name}_{number}");
            self.body += &format!("  wire [{}:0] {result};\n", bound.bits() - 1);
            let operands: Vec<&Value> = sum.iter().flat_map(|(a, b)| [*a, *b]).collect();
            let connections: String = ports
                .iter()
                .zip(&operands)
                .map(|((port, width), value)| {
                    format!("    .{port}({}),\n", value.extended(*width, 0))
                })
                .collect();
            self.body += &format!(
                "  {}_dpi {result}_unit (\n    .clock(clock),\n{connections}    .p({result})\n  );\n",
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
        self.used.push(kind);
        Ok(results)
    }
}
