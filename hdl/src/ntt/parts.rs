//! The stages of a pipeline and the arithmetic in them.

use super::fast;
use super::parameters::{Parameters, PassSummary};
use super::rom::{ROM_LATENCY, Rom};
use super::text::Layout;
use super::twiddles;
use crate::pipeline::Pipeline;
use gristmill_datapath::factor::{FactorShape, factor_addresses};
use gristmill_datapath::modular::modular_multiplier;
use gristmill_datapath::transform::{
    GOLDILOCKS_SHIFTS_LOG2, butterfly, element_entry, plain_butterfly, shift_butterfly, shift_turn,
};
use gristmill_datapath::{Fill, Form, Graph, dpi_source_of_field};

/// Cycles of a swap: to the output of its first memory, and to that of its second.
pub(super) const SWAP_LATENCY: usize = 2;
/// Cycles from an address of a factor table to its word.
pub(super) const TABLE_LATENCY: usize = 2;
/// Cycles before the addresses of factors: the settings and the frame's values are registered.
pub(super) const SETTINGS_LATENCY: usize = 1;

/// Where the twiddle factors of a level's butterflies come from.
#[derive(Clone, Debug)]
pub(super) enum Twiddle {
    /// They are all one.
    None,
    /// They do not depend on time: a constant for each butterfly and direction.
    Constant,
    /// From memories: one for lane 0, and one for the other lanes where there are any.
    Memory { first: Rom, others: Option<Rom> },
    /// They are powers of the root of unity of order 2^`order_log2`, which is a power of two; `turns` is that
    /// root and its inverse as turns of the shift butterfly, and the index above bit `low` is its exponent.
    Shift {
        order_log2: usize,
        low: usize,
        turns: [usize; 2],
    },
}

/// Butterflies on one bit of the index.
#[derive(Clone, Debug)]
pub(super) struct Level {
    /// The bit.
    pub bit: usize,
    pub twiddle: Twiddle,
    pub butterfly: Pipeline,
    /// Twiddle factors between this level's group and the next, with the multiplier's latency: a word for each beat, both
    /// directions.
    pub between: Option<(Rom, usize)>,
}

impl Level {
    /// Cycles that data waits for its twiddle factor.
    pub fn wait(&self) -> usize {
        match self.twiddle {
            Twiddle::None | Twiddle::Constant => 0,
            Twiddle::Memory { .. } => ROM_LATENCY,
            Twiddle::Shift { .. } => 1,
        }
    }

    /// Cycles through the butterflies.
    pub fn latency(&self) -> usize {
        self.wait() + self.butterfly.latency()
    }

    /// Cycles through the multipliers behind them.
    pub fn between_latency(&self) -> usize {
        let between = self.between.as_ref();
        between.map_or(0, |(_, multiplier)| ROM_LATENCY + multiplier)
    }
}

/// The module of products lane by lane.
#[derive(Clone, Debug)]
pub(super) struct Products {
    name: String,
    /// Its text and that of what it instantiates.
    pub core: String,
}

impl Products {
    pub fn instance(&self, name: &str, left: &str, right: &str, product: &str) -> String {
        format!(
            "{} {name}(.clock(clock), .left({left}), .right({right}), .product({product}));\n",
            self.name
        )
    }
}

/// Everything that a pipeline is made of.
pub(super) struct Parts {
    pub parameters: Parameters,
    pub layout: Layout,
    pub entry: Pipeline,
    pub multiplier: Pipeline,
    pub addresses: Pipeline,
    /// From the highest bit of the index to the lowest.
    pub levels: Vec<Level>,
    tiles: [usize; 3],
}

impl Parts {
    pub fn new(parameters: &Parameters) -> Self {
        parameters.check();
        let Parameters {
            ref field,
            lanes,
            pass_log2,
            fill,
            ..
        } = *parameters;
        let name = |cell: &str| format!("{}_{cell}", field.name);
        let pipeline = |cell: &str, graph: &Graph| Pipeline::new(&name(cell), graph);
        let multiplier_graph = modular_multiplier(field, fill);
        let multiplier = pipeline("multiplier", &multiplier_graph);
        let addresses_graph = factor_addresses(&shape(parameters), fill);
        let addresses = Pipeline::new(
            &format!("factor_addresses_{lanes}x{pass_log2}"),
            &addresses_graph,
        );
        let plain = pipeline("plain_butterfly", &plain_butterfly(field, fill));
        let full = match field.form {
            Form::Goldilocks => None,
            Form::Montgomery { .. } => Some(butterfly(field, fill)),
        };
        let full_tiles = full.as_ref().map_or(0, Graph::tiles);
        let full = full.map(|graph| pipeline("butterfly", &graph));
        let level = |bit: usize| match &full {
            Some(full) => {
                let twiddle = twiddles::of_level(field, lanes, bit);
                let butterfly = match twiddle {
                    Twiddle::None => plain.clone(),
                    _ => full.clone(),
                };
                Level {
                    bit,
                    twiddle,
                    butterfly,
                    between: None,
                }
            }
            None => {
                let low = bit - bit % GOLDILOCKS_SHIFTS_LOG2;
                let order_log2 = bit - low + 1;
                let (twiddle, butterfly) = match order_log2 {
                    1 => (Twiddle::None, plain.clone()),
                    _ => {
                        let twiddle = Twiddle::Shift {
                            order_log2,
                            low,
                            turns: [false, true].map(|inverse| shift_turn(order_log2, inverse)),
                        };
                        let cell = format!("shift_butterfly_{order_log2}");
                        (twiddle, pipeline(&cell, &shift_butterfly(order_log2, fill)))
                    }
                };
                let high = (low + GOLDILOCKS_SHIFTS_LOG2).min(pass_log2) - 1;
                let between = (bit == low && low > 0).then(|| {
                    let rom = twiddles::between_groups(field, lanes, high, low);
                    (rom, multiplier.latency())
                });
                Level {
                    bit,
                    twiddle,
                    butterfly,
                    between,
                }
            }
        };
        Self {
            layout: Layout::new(field, lanes),
            entry: pipeline("element_entry", &element_entry(field)),
            levels: (0..pass_log2).rev().map(level).collect(),
            tiles: [
                full_tiles,
                multiplier_graph.tiles(),
                addresses_graph.tiles(),
            ],
            multiplier,
            addresses,
            parameters: parameters.clone(),
        }
    }

    /// Whether words from memory may be none of the field's.
    pub fn entry_checks(&self) -> bool {
        self.parameters.field.form != Form::Goldilocks
    }

    /// Whether a level has a swap before it.
    pub fn has_swap(&self, bit: usize) -> bool {
        bit + 1 >= self.parameters.lanes_log2() && bit + 1 < self.parameters.pass_log2
    }

    /// Cycles from the inputs of the generator of factors to the factors.
    pub fn generator_latency(&self) -> usize {
        SETTINGS_LATENCY + self.addresses.latency() + TABLE_LATENCY + self.multiplier.latency()
    }

    /// Cycles through the factor unit.
    pub fn factor_latency(&self) -> usize {
        self.generator_latency() + self.multiplier.latency()
    }

    /// Cycles through the transform: a register a level that a frame passes by, and one behind all.
    pub fn transform_latency(&self, size_log2: usize) -> usize {
        let pass_log2 = self.parameters.pass_log2;
        let levels = self.levels.iter().filter(|level| level.bit < size_log2);
        let levels: usize = levels
            .map(|level| {
                let swapped = self.has_swap(level.bit) && level.bit + 1 < size_log2;
                SWAP_LATENCY * usize::from(swapped) + level.latency() + level.between_latency()
            })
            .sum();
        pass_log2 - size_log2 + levels + 1
    }

    pub fn latency(&self, size_log2: usize) -> usize {
        self.entry.latency() + self.factor_latency() + self.transform_latency(size_log2)
    }

    fn roms(&self) -> Vec<&Rom> {
        let mut roms = Vec::new();
        for level in &self.levels {
            if let Twiddle::Memory { first, others } = &level.twiddle {
                roms.push(first);
                roms.extend(others);
            }
            roms.extend(level.between.iter().map(|(rom, _)| rom));
        }
        roms
    }

    /// Whether beats are computed by C++ functions.
    pub fn is_fast(&self) -> bool {
        self.parameters.fill == Fill::Fast && dpi_source_of_field(&self.parameters.field).is_some()
    }

    pub fn functions(&self) -> Option<String> {
        match self.is_fast() {
            true => fast::functions(self),
            false => None,
        }
    }

    /// The module that multiplies beats lane by lane, with what it instantiates: ports `left`, `right`, `product`.
    pub fn products(&self) -> Products {
        let (layout, name) = (self.layout, fast::products_name(self));
        let (width, top) = (layout.width(), layout.width() - 1);
        let head = format!(
            "module {name} (\n  input wire clock,\n  input wire [{top}:0] left,\n  input wire [{top}:0] right,\n  output wire [{top}:0] product\n);\n"
        );
        let latency = self.multiplier.latency();
        if self.is_fast() {
            let beat = format!("bit [{top}:0]");
            let arguments = [(beat.clone(), "left".into()), (beat, "right".into())];
            let call = fast::call(&name, width, latency, &arguments);
            return Products {
                core: format!("{head}{call}assign product = out;\nendmodule\n"),
                name,
            };
        }
        let mut code = String::new();
        let mut products = Vec::new();
        for lane in 0..layout.lanes {
            code += &format!("wire [{}:0] product{lane};\n", layout.bits - 1);
            code += &self.multiplier.instance_named(
                &format!("multiplier{lane}"),
                &[
                    ("a", layout.element("left", lane)),
                    ("b", layout.element("right", lane)),
                    ("result", format!("product{lane}")),
                ],
            );
            products.push(format!("product{lane}"));
        }
        code += &layout.unused("left");
        code += &layout.unused("right");
        let product = layout.beat(&products);
        let multiplier = self.multiplier.core();
        Products {
            core: format!("{multiplier}{head}{code}assign product = {product};\nendmodule\n"),
            name,
        }
    }

    pub fn summary(&self) -> PassSummary {
        let Parameters {
            lanes,
            pass_log2,
            table_log2,
            ..
        } = self.parameters;
        let bits = self.layout.bits;
        let [butterfly_tiles, multiplier_tiles, addresses_tiles] = self.tiles;
        let general =
            |level: &&Level| matches!(level.twiddle, Twiddle::Constant | Twiddle::Memory { .. });
        let butterflies = self.levels.iter().filter(general).count() * lanes / 2;
        let between = lanes * self.levels.iter().filter(|l| l.between.is_some()).count();
        let swap_bits = (0..pass_log2).filter(|bit| self.has_swap(*bit));
        let swap_bits =
            swap_bits.map(|bit| (lanes * bits) << (bit + 1 - self.parameters.lanes_log2()));
        PassSummary {
            latency: (0..=pass_log2).map(|size| self.latency(size)).collect(),
            check_latency: self.entry.latency(),
            transform_multipliers: butterflies + between,
            factor_multipliers: 2 * lanes,
            tiles: butterflies * butterfly_tiles
                + (between + 2 * lanes) * multiplier_tiles
                + addresses_tiles,
            twiddle_bits: self
                .roms()
                .iter()
                .map(|rom| rom.width * rom.words.len())
                .sum(),
            swap_bits: swap_bits.sum(),
            table_bits: (2 * 2 * 2 * lanes * bits) << table_log2,
        }
    }
}

/// The shape of the addresses of factors.
pub(super) fn shape(parameters: &Parameters) -> FactorShape {
    FactorShape {
        lanes_log2: parameters.lanes_log2(),
        pass_log2: parameters.pass_log2,
        table_log2: parameters.table_log2,
    }
}
