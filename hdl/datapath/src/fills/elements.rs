//! The fast fill of the arithmetic of transforms.

use std::sync::Arc;

use num_traits::ToPrimitive;

use super::Fill;
use super::dpi::limbs;
use super::stand_in::StandIn;
use crate::field::{Field, Form};
use crate::graph::{Graph, limb_bits};
use crate::reduction::Reduction;

/// The C++ that all fields share.
const TEMPLATES: &str = include_str!("elements.h");

/// How a field's cells are simulated.
enum Kind {
    /// By C++ functions on limbs.
    Limbs,
    /// By C++ functions on 64-bit integers.
    Goldilocks,
    /// By Verilog of at most 64 bits, for this modulus and -1 / modulus modulo 2^32.
    Short { modulus: u64, inverse: u64 },
}

/// How a field's cells are simulated; nothing where the fast fill is the one of record.
fn kind(field: &Field) -> Option<Kind> {
    match field.form {
        Form::Goldilocks => Some(Kind::Goldilocks),
        // 2 p^2 + 2^32 p is below 2^64
        Form::Montgomery { bits: 32 } if field.bits == 31 => Some(Kind::Short {
            modulus: field.modulus.to_u64()?,
            inverse: negative_inverse(field, 32),
        }),
        Form::Montgomery { bits } if bits > 64 && field.bits < bits && bits % 64 == 0 => {
            Some(Kind::Limbs)
        }
        Form::Montgomery { .. } => None,
    }
}

/// -1 / modulus modulo 2^`bits`, at most 64 of them.
fn negative_inverse(field: &Field, bits: usize) -> u64 {
    let reduction = Reduction {
        modulus: field.modulus.clone(),
        radix_bits: bits,
    };
    limb_bits(&reduction.negative_inverse().to_u64_digits(), 0, bits)
}

/// The graph with its stand-in, where the fill wants one and there is one for its latency.
pub(crate) fn filled(
    mut graph: Graph,
    fill: Fill,
    stand_in: impl Fn(usize) -> Option<StandIn>,
) -> Graph {
    if fill == Fill::Fast {
        graph.stand_in = stand_in(graph.latency()).map(Arc::new);
    }
    graph
}

/// C++17 with the DPI functions of a field's cells in the fast fill; needs `svdpi.h`. None where that fill has
/// no functions. The shared part is guarded, so that the sources of several fields can stand in one file.
pub fn dpi_source_of_field(field: &Field) -> Option<String> {
    let name = field.name;
    let functions = match kind(field)? {
        Kind::Short { .. } => return None,
        Kind::Goldilocks => format!(
            "extern \"C\" unsigned long long gristmill_{name}_multiplier(unsigned long long a, unsigned long long b) {{
  return gristmill_elements::goldilocks_product(a, b);
}}
extern \"C\" unsigned long long gristmill_{name}_shift(unsigned long long a, unsigned int shift) {{
  return gristmill_elements::goldilocks_product(a, gristmill_elements::powers_of_two.power[shift]);
}}
"
        ),
        Kind::Limbs => {
            let count = field.bits.div_ceil(64);
            let inverse = negative_inverse(field, 64);
            let modulus = limbs(&field.modulus, count);
            format!(
                "namespace gristmill_elements {{
struct {name} {{
  static constexpr int limbs = {count};
  static constexpr uint64_t modulus[{count}] = {{{modulus}}};
  static constexpr uint64_t inverse = 0x{inverse:016x};
}};
}}
extern \"C\" void gristmill_{name}_multiplier(const svBitVecVal* a, const svBitVecVal* b, svBitVecVal* result) {{
  gristmill_elements::multiplier<gristmill_elements::{name}>(a, b, result);
}}
extern \"C\" void gristmill_{name}_plain_butterfly(const svBitVecVal* a, const svBitVecVal* b, svBitVecVal* sum, svBitVecVal* product) {{
  gristmill_elements::plain_butterfly<gristmill_elements::{name}>(a, b, sum, product);
}}
extern \"C\" void gristmill_{name}_butterfly(const svBitVecVal* a, const svBitVecVal* b, const svBitVecVal* twiddle, svBit negate, svBitVecVal* sum, svBitVecVal* product) {{
  gristmill_elements::butterfly<gristmill_elements::{name}>(a, b, twiddle, negate, sum, product);
}}
"
            )
        }
    };
    Some(format!("{TEMPLATES}\n{functions}"))
}

/// The stand-in of [`crate::modular::modular_multiplier`].
pub(crate) fn multiplier(field: &Field, latency: usize) -> Option<StandIn> {
    let (name, top) = (field.name, field.bits - 1);
    let mut body = Body::new(field.bits, latency, &["result"]);
    match kind(field)? {
        Kind::Limbs => {
            body.text += &format!(
                "  import \"DPI-C\" function void gristmill_{name}_multiplier(input bit [{top}:0] a, input bit [{top}:0] b, output bit [{top}:0] result);\n"
            );
            body.registers("result");
            body.calls = format!("    gristmill_{name}_multiplier(a, b, result_now);\n");
        }
        Kind::Goldilocks => {
            body.text += &goldilocks_import("multiplier", "longint unsigned b");
            body.registers("result");
            body.calls = format!("    result_now = gristmill_{name}_multiplier(a, b);\n");
        }
        Kind::Short { modulus, inverse } => {
            let (a, b) = ("{33'd0, a}", "{33'd0, b}");
            body.short_product("result", &format!("{a} * {b}"), modulus, inverse);
        }
    }
    Some(body.finish())
}

/// The stand-in of [`crate::transform::plain_butterfly`].
pub(crate) fn plain_butterfly(field: &Field, latency: usize) -> Option<StandIn> {
    let (name, top) = (field.name, field.bits - 1);
    let mut body = Body::new(field.bits, latency, &["sum", "product"]);
    match kind(field)? {
        Kind::Limbs => {
            body.text += &format!(
                "  import \"DPI-C\" function void gristmill_{name}_plain_butterfly(input bit [{top}:0] a, input bit [{top}:0] b, output bit [{top}:0] sum, output bit [{top}:0] product);\n"
            );
            body.registers("sum");
            body.registers("product");
            body.calls =
                format!("    gristmill_{name}_plain_butterfly(a, b, sum_now, product_now);\n");
        }
        Kind::Goldilocks => {
            body.goldilocks_sum();
            body.goldilocks_difference("product_now", "a", "b");
        }
        Kind::Short { modulus, .. } => {
            body.short_sum(modulus);
            body.text +=
                &format!("  wire [31:0] difference = {{1'b0, a}} + 32'd{modulus} - {{1'b0, b}};\n");
            body.short_reduced("product", "difference", modulus);
        }
    }
    Some(body.finish())
}

/// The stand-in of [`crate::transform::butterfly`].
pub(crate) fn butterfly(field: &Field, latency: usize) -> Option<StandIn> {
    let (name, top) = (field.name, field.bits - 1);
    let mut body = Body::new(field.bits, latency, &["sum", "product"]);
    match kind(field)? {
        Kind::Limbs => {
            body.text += &format!(
                "  import \"DPI-C\" function void gristmill_{name}_butterfly(input bit [{top}:0] a, input bit [{top}:0] b, input bit [{top}:0] twiddle, input bit negate, output bit [{top}:0] sum, output bit [{top}:0] product);\n"
            );
            body.registers("sum");
            body.registers("product");
            body.calls = format!(
                "    gristmill_{name}_butterfly(a, b, twiddle, negate, sum_now, product_now);\n"
            );
        }
        Kind::Goldilocks => return None,
        Kind::Short { modulus, inverse } => {
            body.short_sum(modulus);
            body.text += &format!(
                "  wire [31:0] difference = 32'd{modulus} + (negate ? {{1'b0, b}} - {{1'b0, a}} : {{1'b0, a}} - {{1'b0, b}});\n"
            );
            let product = "{32'd0, difference} * {33'd0, twiddle}";
            body.short_product("product", product, modulus, inverse);
        }
    }
    Some(body.finish())
}

/// The stand-in of [`crate::transform::shift_butterfly`], whose root is 2^`unit`.
pub(crate) fn shift_butterfly(unit: usize, order_log2: usize, latency: usize) -> Option<StandIn> {
    let mut body = Body::new(64, latency, &["sum", "product"]);
    body.text += &goldilocks_import("shift", "int unsigned shift");
    body.goldilocks_sum();
    body.goldilocks_difference("difference", "a", "b");
    body.registers("product");
    let extended = format!("{{{}'d0, turn}}", 32 - order_log2);
    body.calls = format!(
        "    product_now = gristmill_goldilocks_shift(difference, 32'd{unit} * {extended});\n"
    );
    Some(body.finish())
}

fn goldilocks_import(function: &str, second: &str) -> String {
    format!(
        "  import \"DPI-C\" function longint unsigned gristmill_goldilocks_{function}(input longint unsigned a, input {second});\n"
    )
}

/// The body of a module while it is written: each output is the signal of its name with `_now` behind it,
/// delayed to the latency by a memory that is read and written in a circle.
struct Body {
    bits: usize,
    latency: usize,
    outputs: &'static [&'static str],
    text: String,
    /// Statements that give values to registers.
    calls: String,
}

impl Body {
    fn new(bits: usize, latency: usize, outputs: &'static [&'static str]) -> Self {
        Body {
            bits,
            latency,
            outputs,
            text: String::new(),
            calls: String::new(),
        }
    }

    fn registers(&mut self, output: &str) {
        self.text += &format!("  reg [{}:0] {output}_now;\n", self.bits - 1);
    }

    fn goldilocks_sum(&mut self) {
        self.text += "  wire [63:0] total = a + b;
  wire [63:0] sum_now = total < a || total >= 64'hffffffff00000001 ? total - 64'hffffffff00000001 : total;
";
    }

    fn goldilocks_difference(&mut self, name: &str, a: &str, b: &str) {
        self.text += &format!(
            "  wire [63:0] {name} = {a} < {b} ? {a} - {b} + 64'hffffffff00000001 : {a} - {b};\n"
        );
    }

    fn short_sum(&mut self, modulus: u64) {
        self.text += "  wire [31:0] total = {1'b0, a} + {1'b0, b};\n";
        self.short_reduced("sum", "total", modulus);
    }

    /// The output as a value below twice the modulus, reduced.
    fn short_reduced(&mut self, output: &str, value: &str, modulus: u64) {
        self.text += &format!(
            "  wire [30:0] {output}_now = 31'({value} >= 32'd{modulus} ? {value} - 32'd{modulus} : {value});\n"
        );
    }

    /// The output as the Montgomery reduction of an expression of 64 bits.
    fn short_product(&mut self, output: &str, product: &str, modulus: u64, inverse: u64) {
        self.text += &format!(
            "  wire [63:0] whole = {product};
  wire [31:0] quotient = whole[31:0] * 32'd{inverse};
  wire [63:0] exact = whole + {{32'd0, quotient}} * 64'd{modulus};
  wire [31:0] upper = exact[63:32];
"
        );
        self.short_reduced(output, "upper", modulus);
    }

    fn finish(mut self) -> StandIn {
        let last = self.latency - 2;
        let index_bits = (usize::BITS - last.leading_zeros()).max(1);
        let top = self.bits - 1;
        let mut moves = String::new();
        for output in self.outputs {
            self.text += &format!(
                "  reg [{top}:0] {output}_line [0:{last}];
  reg [{top}:0] {output}_late;
  assign {output} = {output}_late;
"
            );
            // Nobody else reads the line, so its new word may stand in it at once.
            moves += &format!(
                "    {output}_late <= {output}_line[position];
    {output}_line[position] = {output}_now;
"
            );
        }
        StandIn::of_body(format!(
            "{}  reg [{}:0] position;
  initial position = {index_bits}'d0;
  always @(posedge clock) begin
{}{moves}    position <= position == {index_bits}'d{last} ? {index_bits}'d0 : position + {index_bits}'d1;
  end
",
            self.text,
            index_bits - 1,
            self.calls,
        ))
    }
}
