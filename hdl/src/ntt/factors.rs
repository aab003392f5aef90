//! The factors of the elements of a frame.

use super::EXPONENT_BITS;
use super::fast;
use super::parts::{Parts, Products, SETTINGS_LATENCY, TABLE_LATENCY, shape};
use super::text::{Layout, delay};
use crate::cells::{leaf, range};
use crate::pipeline::Pipeline;
use gristmill_datapath::factor::FactorShape;
use num_bigint::BigUint;
use rust_hdl_core::prelude::*;

/// What a frame says of its factors; see [`PassPipeline`](super::PassPipeline).
#[derive(Copy, Clone, PartialEq, Debug, Default, LogicStruct)]
pub struct FrameFactors {
    /// Number of the frame, in its exponents.
    pub frame: Bits<EXPONENT_BITS>,
    /// Which factors.
    pub kind: Bits<2>,
    /// Shift of the index.
    pub shift: Bits<5>,
    /// Bits of the low table's address.
    pub split: Bits<4>,
    /// The set of tables.
    pub set: Bit,
}

/// For each beat the factors of its elements, in a fixed time: a product of two table entries for each lane. The
/// tables stand once for each lane, because every lane reads at an address of its own.
#[derive(LogicBlock, Default)]
pub struct FactorGenerator<const W: usize> {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Binary logarithm of the frames' size; constant while beats are inside.
    pub size_log2: Signal<In, Bits<5>>,
    /// The beats are in the order of the transform's output; constant while beats are inside.
    pub post: Signal<In, Bit>,
    /// There is a beat.
    pub valid: Signal<In, Bit>,
    /// It is the first one of its frame; only with `valid`.
    pub first: Signal<In, Bit>,
    /// With `first`: [`FrameFactors::frame`].
    pub frame: Signal<In, Bits<EXPONENT_BITS>>,
    /// With `first`: [`FrameFactors::kind`].
    pub kind: Signal<In, Bits<2>>,
    /// With `first`: [`FrameFactors::shift`].
    pub shift: Signal<In, Bits<5>>,
    /// With `first`: [`FrameFactors::split`].
    pub split: Signal<In, Bits<4>>,
    /// With `first`: [`FrameFactors::set`].
    pub set: Signal<In, Bit>,
    /// The factors.
    pub factors: Signal<Out, Bits<W>>,
    /// Write entries of a table.
    pub table_write: Signal<In, Bit>,
    /// The set.
    pub table_set: Signal<In, Bit>,
    /// The table.
    pub table: Signal<In, Bits<2>>,
    /// Number of the beat in the table.
    pub table_address: Signal<In, Bits<12>>,
    /// The entries.
    pub table_beat: Signal<In, Bits<W>>,
    _parts: Option<GeneratorParts>,
}

/// What the text of a [`FactorGenerator`] is made of.
#[derive(Clone, Debug)]
struct GeneratorParts {
    addresses: Pipeline,
    products: Products,
    /// Cycles of a product.
    product_latency: usize,
    /// The functions of the fast fill, and the cycles from what the frame says to the factors.
    function: Option<(String, usize)>,
    layout: Layout,
    shape: FactorShape,
    one: BigUint,
}

impl<const W: usize> FactorGenerator<W> {
    pub(super) fn new(parts: &Parts) -> Self {
        Self {
            _parts: Some(GeneratorParts {
                addresses: parts.addresses.clone(),
                products: parts.products(),
                product_latency: parts.multiplier.latency(),
                function: parts.is_fast().then(|| {
                    let latency = parts.generator_latency() - SETTINGS_LATENCY;
                    (fast::factors_name(parts), latency)
                }),
                layout: parts.layout,
                shape: shape(&parts.parameters),
                one: parts.parameters.field.one(),
            }),
            ..Default::default()
        }
    }
}

impl<const W: usize> Logic for FactorGenerator<W> {
    // Verilator simulates what contains a generator.
    fn update(&mut self) {}
    fn connect(&mut self) {
        self.factors.connect();
    }
    fn hdl(&self) -> Verilog {
        let Some(parts) = &self._parts else {
            return Verilog::Empty;
        };
        if let Some((function, latency)) = &parts.function {
            let table_log2 = parts.shape.table_log2;
            let width = parts.layout.width();
            return leaf(parts.frame() + &fast::factors(function, width, table_log2, *latency));
        }
        Verilog::Wrapper(Wrapper {
            code: parts.frame() + &parts.settings() + &parts.lanes(),
            cores: parts.table() + parts.addresses.core() + &parts.products.core,
        })
    }
}

impl GeneratorParts {
    /// Address bits of a table of beats, both sets and both bases in one.
    fn beat_address_bits(&self) -> usize {
        self.shape.table_log2 - self.shape.lanes_log2 + 2
    }

    fn table_name(&self) -> String {
        let Layout { lanes, bits, .. } = self.layout;
        format!(
            "factor_table_{bits}x{}_by_{lanes}",
            4 << self.shape.table_log2
        )
    }

    /// The module of a table: L entries are written at once, one is read.
    fn table(&self) -> String {
        let Layout { lanes, bits, .. } = self.layout;
        let lanes_log2 = self.shape.lanes_log2;
        let writes: String = (0..lanes)
            .map(|lane| {
                format!(
                    "      words[{{write_address, {lanes_log2}'d{lane}}}] <= {};\n",
                    self.layout.element("beat", lane)
                )
            })
            .collect();
        format!(
            "module {name} (
  input wire clock,
  input wire write,
  input wire [{write_top}:0] write_address,
  input wire [{beat_top}:0] beat,
  input wire [{top}:0] address,
  output reg [{word_top}:0] q
);
  reg [{word_top}:0] words [0:{last}];
  reg [{word_top}:0] word;
  {unused}always @(posedge clock) begin
    if (write) begin
{writes}    end
    word <= words[address];
    q <= word;
  end
endmodule
",
            name = self.table_name(),
            write_top = self.beat_address_bits() - 1,
            beat_top = self.layout.width() - 1,
            top = self.shape.table_log2 + 1,
            word_top = bits - 1,
            last = (4usize << self.shape.table_log2) - 1,
            unused = self.layout.unused("beat"),
        )
    }

    /// The number of the beat in its frame, and what the frame says, in the cycle after the beat.
    fn frame(&self) -> String {
        let bits = self.shape.time_bits();
        let mut text = format!(
            "reg {range}number_next;
initial number_next = {bits}'d0;
wire {range}number = first ? {bits}'d0 : number_next;
reg {range}number1;
always @(posedge clock) begin
  if (valid) number_next <= number + {bits}'d1;
  number1 <= number;
end
",
            range = range(bits),
        );
        for (name, value, width) in [
            ("frame1", "frame", EXPONENT_BITS),
            ("twiddle1", "kind == 2'd2", 1),
            ("none1", "kind == 2'd0", 1),
            ("shift1", "shift", 5),
            ("split1", "split", 4),
            ("set1", "set", 1),
        ] {
            text += &format!(
                "reg {}{name};\nalways @(posedge clock) if (first) {name} <= {value};\n",
                range(width)
            );
        }
        text
    }

    /// The settings of the size and the side.
    fn settings(&self) -> String {
        let shape = self.shape;
        let fields = [
            ("time_shift", shape.time_shift_bits()),
            ("scale", shape.scale_bits()),
            ("neighbours", 1),
            ("lanes", self.layout.lanes * shape.lanes_log2),
        ];
        let total: usize = fields.iter().map(|(_, width)| width).sum();
        let names: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
        let mut text: String = fields
            .iter()
            .map(|(name, width)| format!("reg {}{name};\n", range(*width)))
            .collect();
        text += "always @(posedge clock)\n  case ({post, size_log2})\n";
        for post in [false, true] {
            for size_log2 in 0..=shape.pass_log2 {
                let settings = shape.settings(size_log2, post);
                let lanes: Vec<String> = settings
                    .lanes
                    .iter()
                    .rev()
                    .map(|lane| format!("{}'d{lane}", shape.lanes_log2))
                    .collect();
                text += &format!(
                    "    {{1'b{}, 5'd{size_log2}}}: {{{}}} <= {{{}'d{}, {}'d{}, 1'b{}, {}}};\n",
                    u8::from(post),
                    names.join(", "),
                    shape.time_shift_bits(),
                    settings.time_shift,
                    shape.scale_bits(),
                    settings.scale,
                    u8::from(settings.neighbours),
                    lanes.join(", "),
                );
            }
        }
        text + &format!(
            "    default: {{{}}} <= {total}'d0;\n  endcase\n",
            names.join(", ")
        )
    }

    /// Addresses, tables and products.
    fn lanes(&self) -> String {
        let Layout { lanes, bits, .. } = self.layout;
        let FactorShape {
            lanes_log2,
            table_log2,
            ..
        } = self.shape;
        let wide = lanes * table_log2;
        let mut text = format!("wire [{0}:0] low;\nwire [{0}:0] high;\n", wide - 1);
        let connections = [
            ("beat", "number1"),
            ("frame", "frame1"),
            ("twiddle", "twiddle1"),
            ("shift", "shift1"),
            ("split", "split1"),
            ("post", "post"),
            ("time_shift", "time_shift"),
            ("scale", "scale"),
            ("neighbours", "neighbours"),
            ("lanes", "lanes"),
            ("low", "low"),
            ("high", "high"),
        ];
        let connections = connections.map(|(port, signal)| (port, signal.to_owned()));
        text += &self.addresses.instance_named("addresses", &connections);
        text += &delay("tables", "{set1, !twiddle1}", 2, self.addresses.latency());
        text += &delay(
            "none",
            "none1",
            1,
            self.addresses.latency() + TABLE_LATENCY + self.product_latency,
        );
        let beat_address = match table_log2 - lanes_log2 {
            0 => String::new(),
            bits => format!(", table_address[{}:0]", bits - 1),
        };
        let table = self.table_name();
        let beat = |side: &str| {
            let lanes = 0..self.layout.lanes;
            let elements: Vec<String> = lanes.map(|lane| format!("{side}{lane}")).collect();
            self.layout.beat(&elements)
        };
        text += &format!("wire [{}:0] product;\n", self.layout.width() - 1);
        text += &self.layout.unused("product");
        let mut factors = Vec::new();
        for lane in 0..lanes {
            let part = |address: &str| {
                format!(
                    "{{tables, {address}[{}:{}]}}",
                    (lane + 1) * table_log2 - 1,
                    lane * table_log2
                )
            };
            for (side, is_this) in [("low", "!table[0]"), ("high", "table[0]")] {
                text += &format!(
                    "wire [{}:0] {side}{lane};
{table} {side}_table{lane}(.clock(clock), .write(table_write && {is_this}), .write_address({{table_set, table[1]{beat_address}}}), .beat(table_beat), .address({}), .q({side}{lane}));
",
                    bits - 1,
                    part(side),
                );
            }
            text += &format!(
                "wire [{}:0] factor{lane} = none ? {bits}'h{:x} : {};\n",
                bits - 1,
                self.one,
                self.layout.element("product", lane),
            );
            factors.push(format!("factor{lane}"));
        }
        text += &self
            .products
            .instance("products", &beat("low"), &beat("high"), "product");
        text + &format!("assign factors = {};\n", self.layout.beat(&factors))
    }
}
