//! The fast fill of columns and products: a C++ function for each beat, which keeps what it has computed until the
//! latency of the arithmetic of record is over.

use super::parts::{Level, Parts, Twiddle};
use super::rom::Rom;
use super::twiddles;
use gristmill_datapath::dpi_source_of_field;
use num_bigint::BigUint;

/// The C++ that all fields share.
const TEMPLATES: &str = include_str!("fast.h");

/// Verilog of a module's inside: `out`, a beat of `width` bits, is what the function makes of its arguments, given as
/// type and expression, `latency` cycles before.
pub(super) fn call(
    function: &str,
    width: usize,
    latency: usize,
    arguments: &[(String, String)],
) -> String {
    let types: String = arguments
        .iter()
        .enumerate()
        .map(|(number, (kind, _))| format!("input {kind} argument{number}, "))
        .collect();
    let values: String = arguments
        .iter()
        .map(|(_, value)| format!("{value}, "))
        .collect();
    let top = width - 1;
    format!(
        "import \"DPI-C\" function chandle gristmill_line_new(input int unsigned words, input int unsigned depth);
import \"DPI-C\" function void gristmill_line_delete(input chandle line);
import \"DPI-C\" function void gristmill_{function}(input chandle line, {types}output bit [{top}:0] beat);
chandle line;
initial line = gristmill_line_new(32'd{}, 32'd{});
final gristmill_line_delete(line);
reg [{top}:0] now;
reg [{top}:0] out;
always @(posedge clock) begin
  gristmill_{function}(line, {values}now);
  out <= now;
end
",
        width / 32,
        latency - 1,
    )
}

/// Verilog of the data of a swap of D slots: `out_beat` belongs to the slot two cycles before, in which `crossed` says
/// whether the lanes change places.
pub(super) fn swap(width: usize, depth: usize, crossed: &str) -> String {
    let top = width - 1;
    format!(
        "import \"DPI-C\" function chandle gristmill_swap_new(input int unsigned words, input int unsigned depth);
import \"DPI-C\" function void gristmill_swap_delete(input chandle swap);
import \"DPI-C\" function void gristmill_swap_slot(input chandle swap, input bit crossed, input bit [{top}:0] beat, output bit [{top}:0] out);
chandle memories;
initial memories = gristmill_swap_new(32'd{}, 32'd{depth});
final gristmill_swap_delete(memories);
reg [{top}:0] now;
reg [{top}:0] out;
always @(posedge clock) begin
  out <= now;
  if (advance) gristmill_swap_slot(memories, {crossed}, beat, now);
end
assign out_beat = out;
",
        width / 32
    )
}

/// The name of the functions of the factors.
pub(super) fn factors_name(parts: &Parts) -> String {
    let field = parts.parameters.field.name;
    format!("{field}_factors_of_{}", parts.layout.lanes)
}

/// Verilog of a generator of factors from what a frame says in the cycle after its beat.
pub(super) fn factors(function: &str, width: usize, table_log2: usize, latency: usize) -> String {
    let top = width - 1;
    format!(
        "import \"DPI-C\" function chandle gristmill_{function}_new(input int unsigned table_log2, input int unsigned depth);
import \"DPI-C\" function void gristmill_{function}_delete(input chandle tables);
import \"DPI-C\" function void gristmill_{function}_write(input chandle tables, input bit set, input int unsigned which, input int unsigned address, input bit [{top}:0] beat);
import \"DPI-C\" function void gristmill_{function}(input chandle tables, input int unsigned number, input int unsigned exponent, input int unsigned shift, input int unsigned split, input int unsigned size_log2, input bit twiddle, input bit none, input bit set, input bit post, output bit [{top}:0] beat);
chandle tables;
initial tables = gristmill_{function}_new(32'd{table_log2}, 32'd{depth});
final gristmill_{function}_delete(tables);
reg [{top}:0] now;
reg [{top}:0] out;
always @(posedge clock) begin
  if (table_write) gristmill_{function}_write(tables, table_set, {{30'd0, table}}, {{20'd0, table_address}}, table_beat);
  gristmill_{function}(tables, 32'(number1), {{8'd0, frame1}}, {{27'd0, shift1}}, {{28'd0, split1}}, {{27'd0, size_log2}}, twiddle1, none1, set1, post, now);
  out <= now;
end
assign factors = out;
",
        depth = latency - 1,
    )
}

/// Words as the array `words_of_NAME`, one behind the other.
fn array(name: &str, width: usize, words: &[BigUint]) -> String {
    let limbs = width.div_ceil(32);
    let content: String = words
        .iter()
        .map(|word| {
            let mut digits = word.to_u32_digits();
            digits.resize(limbs, 0);
            let digits: Vec<String> = digits.iter().map(|digit| format!("{digit:#x},")).collect();
            digits.concat() + "\n"
        })
        .collect();
    format!(
        "static const uint32_t words_of_{name}[{}] = {{\n{content}}};\n",
        limbs * words.len()
    )
}

fn rom(rom: &Rom) -> String {
    array(&rom.name, rom.width, &rom.words)
}

/// The name of the function of a level's butterflies.
pub(super) fn butterflies_name(parts: &Parts, level: &Level) -> String {
    let field = parts.parameters.field.name;
    format!(
        "{field}_butterflies_{}_of_{}",
        level.bit, parts.layout.lanes
    )
}

/// The name of the function of the products between levels, for the memory that it reads.
pub(super) fn between_name(rom: &Rom) -> String {
    format!("{}_products", rom.name)
}

/// The name of the function, and of the module, of products lane by lane.
pub(super) fn products_name(parts: &Parts) -> String {
    let field = parts.parameters.field.name;
    format!("{field}_products_of_{}", parts.layout.lanes)
}

/// All functions of a pipeline.
pub(super) fn functions(parts: &Parts) -> Option<String> {
    let field = &parts.parameters.field;
    let (name, lanes) = (field.name, parts.layout.lanes);
    let kind = format!("gristmill_elements::{name}");
    let mut text = dpi_source_of_field(field)? + TEMPLATES;
    for level in &parts.levels {
        text += &butterflies(parts, level, &kind);
        if let Some((between, _)) = &level.between {
            text += &rom(between);
            text += &format!(
                "extern \"C\" void gristmill_{}(void* line, unsigned int address, const svBitVecVal* beat, svBitVecVal* out) {{
  gristmill_beats::products<{kind}, {lanes}>(line, beat, words_of_{} + size_t(address) * {}, out);
}}
",
                between_name(between),
                between.name,
                between.width / 32,
            );
        }
    }
    text += &format!(
        "extern \"C\" void gristmill_{}(void* line, const svBitVecVal* left, const svBitVecVal* right, svBitVecVal* out) {{
  gristmill_beats::products<{kind}, {lanes}>(line, left, right, out);
}}
",
        products_name(parts)
    );
    let factors = factors_name(parts);
    let kind_of_tables = format!("gristmill_beats::Factors<{kind}, {lanes}>");
    let one = array(&format!("{factors}_one"), field.word_bits(), &[field.one()]);
    text += &format!(
        "{one}extern \"C\" void* gristmill_{factors}_new(unsigned int table_log2, unsigned int depth) {{
  return new {kind_of_tables}(table_log2, depth);
}}
extern \"C\" void gristmill_{factors}_delete(void* tables) {{ delete static_cast<{kind_of_tables}*>(tables); }}
extern \"C\" void gristmill_{factors}_write(void* tables, svBit set, unsigned int which, unsigned int address, const svBitVecVal* beat) {{
  static_cast<{kind_of_tables}*>(tables)->write(set != 0, which, address, beat);
}}
extern \"C\" void gristmill_{factors}(void* tables, unsigned int number, unsigned int exponent, unsigned int shift, unsigned int split, unsigned int size_log2, svBit twiddle, svBit none, svBit set, svBit post, svBitVecVal* out) {{
  gristmill_beats::Frame frame = {{number, exponent, shift, split, size_log2, twiddle != 0, none != 0, set != 0, post != 0}};
  auto one = gristmill_beats::word<{kind}>(words_of_{factors}_one, 0);
  static_cast<{kind_of_tables}*>(tables)->factors(frame, one, out);
}}
"
    );
    Some(text)
}

fn butterflies(parts: &Parts, level: &Level, kind: &str) -> String {
    let (field, lanes) = (&parts.parameters.field, parts.layout.lanes);
    let half = lanes / 2;
    let distance = half.min(1 << level.bit);
    let name = butterflies_name(parts, level);
    let both = |words: Vec<[BigUint; 2]>| {
        let directions = [0, 1].map(|direction| {
            let words = words.iter().map(move |pair| pair[direction].clone());
            words.collect::<Vec<_>>()
        });
        array(&name, field.word_bits(), &directions.concat())
    };
    let (arrays, twiddle) = match &level.twiddle {
        Twiddle::None => (String::new(), format!("Plain<{kind}>{{}}")),
        Twiddle::Constant => (
            both(twiddles::powers_of_level(
                field,
                level.bit + 1,
                1 << level.bit,
            )),
            format!("Table<{kind}>{{words_of_{name}, inverse * {distance}u, 0}}"),
        ),
        Twiddle::Memory { first, others } => {
            let others_name = match others {
                Some(others) => format!("words_of_{}", others.name),
                None => "nullptr".into(),
            };
            (
                rom(first) + &others.as_ref().map_or_else(String::new, rom),
                format!(
                    "Memory<{kind}, {half}>{{words_of_{}, {others_name}, place, other_place, inverse != 0}}",
                    first.name
                ),
            )
        }
        Twiddle::Shift {
            order_log2, low, ..
        } => {
            let count = 1usize << (order_log2 - 1);
            // the exponent is the index below the bit, time above the lane, from bit `low` on
            let half_log2 = half.trailing_zeros() as usize;
            let time = match half_log2.checked_sub(*low) {
                Some(up) => format!("(place << {up})"),
                None => format!("(place >> {})", low - half_log2),
            };
            let lane = match low < &half_log2 {
                true => *low,
                // the lane is below the group
                false => 31,
            };
            (
                both(twiddles::powers_of_level(field, *order_log2, count)),
                format!("Table<{kind}>{{words_of_{name}, inverse * {count}u + {time}, {lane}}}"),
            )
        }
    };
    format!(
        "{arrays}extern \"C\" void gristmill_{name}(void* line, unsigned int place, unsigned int other_place, svBit inverse, const svBitVecVal* beat, svBitVecVal* out) {{
  using namespace gristmill_beats;
  butterflies<{kind}, {lanes}, {distance}>(line, beat, out, {twiddle});
}}
"
    )
}
