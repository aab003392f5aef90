//! The fast fill of modular multipliers, and the C++ arithmetic of a field's elements.

use std::sync::Arc;

use super::dpi::limbs;
use super::stand_in::StandIn;
use crate::field::{Field, Form};
use crate::graph::{Graph, limb_bits};
use crate::reduction::Reduction;

/// The C++ that all fields share.
const TEMPLATES: &str = include_str!("elements.h");

/// -1 / modulus modulo 2^`bits`, at most 64 of them.
fn negative_inverse(field: &Field, bits: usize) -> u64 {
    let reduction = Reduction {
        modulus: field.modulus.clone(),
        radix_bits: bits,
    };
    limb_bits(&reduction.negative_inverse().to_u64_digits(), 0, bits)
}

/// The definition of the type `name` with the arithmetic of a field; none for fields that have none, because they
/// are too small to need a fast fill.
fn arithmetic(field: &Field, name: &str) -> Option<String> {
    match field.form {
        Form::Goldilocks => Some(format!("typedef Goldilocks {name};\n")),
        Form::Montgomery { bits: 32 } if field.bits == 31 => Some(format!(
            "typedef Short<{:#x}u, {:#x}u> {name};\n",
            field.modulus,
            negative_inverse(field, 32)
        )),
        Form::Montgomery { bits } if bits == field.word_bits() && field.bits > 64 => {
            let count = bits / 64;
            (field.bits < bits).then(|| {
                format!(
                    "struct {name}_parameters {{
  static constexpr int limbs = {count};
  static constexpr uint64_t modulus[{count}] = {{{}}};
  static constexpr uint64_t inverse = {:#x};
}};
typedef Limbs<{name}_parameters> {name};
",
                    limbs(&field.modulus, count),
                    negative_inverse(field, 64)
                )
            })
        }
        Form::Montgomery { .. } => None,
    }
}

/// C++17 with the arithmetic of a field, the type `gristmill_elements::NAME` of the field's name, and the DPI
/// function of its multiplier in the fast fill; needs `svdpi.h`. None where that fill is the one of record, because
/// the field is a toy. The shared part is guarded, so that the sources of several fields can stand in one file.
pub fn dpi_source_of_field(field: &Field) -> Option<String> {
    let name = field.name;
    let arithmetic = arithmetic(field, name)?;
    Some(format!(
        "{TEMPLATES}
namespace gristmill_elements {{
{arithmetic}}}
extern \"C\" void gristmill_{name}_multiplier(const svBitVecVal* a, const svBitVecVal* b, svBitVecVal* result) {{
  gristmill_elements::multiplier<gristmill_elements::{name}>(a, b, result);
}}
"
    ))
}

/// A graph of one result with a call of the field's multiplier in its place, where there is one.
pub(crate) fn multiplier(mut graph: Graph, field: &Field) -> Graph {
    if arithmetic(field, field.name).is_none() {
        return graph;
    }
    let (name, top) = (field.name, field.bits - 1);
    let last = graph.latency() - 2;
    let bits = (usize::BITS - last.leading_zeros()).max(1);
    // Nobody else reads the line, so its new word may stand in it at once.
    graph.stand_in = Some(Arc::new(StandIn::of_body(format!(
        "  import \"DPI-C\" function void gristmill_{name}_multiplier(input bit [{top}:0] a, input bit [{top}:0] b, output bit [{top}:0] result);
  reg [{top}:0] line [0:{last}];
  reg [{top}:0] now;
  reg [{top}:0] late;
  reg [{}:0] position;
  initial position = {bits}'d0;
  assign result = late;
  always @(posedge clock) begin
    gristmill_{name}_multiplier(a, b, now);
    late <= line[position];
    line[position] = now;
    position <= position == {bits}'d{last} ? {bits}'d0 : position + {bits}'d1;
  end
",
        bits - 1,
    ))));
    graph
}
