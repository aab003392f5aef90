//! The butterflies of a level, and the multipliers between groups of levels.

use super::fast;
use super::parts::{Level, Parts, Products, Twiddle};
use super::rom::{ROM_LATENCY, Rom};
use super::text::{Layout, delay};
use super::twiddles;
use crate::cells::{leaf, range};
use gristmill_datapath::Field;
use rust_hdl_core::prelude::*;

/// What a column does to the beats that pass.
#[derive(Clone, Debug)]
enum Work {
    /// Nothing, in no time.
    Wires,
    /// The butterflies of a level; in the fast fill by this function.
    Butterflies {
        field: Field,
        level: Box<Level>,
        function: Option<String>,
    },
    /// A product for each lane with the word of a memory; in the fast fill by this function.
    Products {
        rom: Rom,
        products: Products,
        latency: usize,
        function: Option<String>,
    },
}

/// The elements of a beat together with their twiddle factors, a beat a cycle.
#[derive(LogicBlock, Default)]
pub struct Column<const W: usize> {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Take the inverse roots of unity; constant while beats are inside.
    pub inverse: Signal<In, Bit>,
    /// This cycle is a slot.
    pub advance: Signal<In, Bit>,
    /// It carries a beat; only with `advance`.
    pub valid: Signal<In, Bit>,
    /// The first beat of a frame; only with `valid`.
    pub first: Signal<In, Bit>,
    /// The beat.
    pub beat: Signal<In, Bits<W>>,
    /// `advance` when the beat leaves.
    pub out_advance: Signal<Out, Bit>,
    /// `valid` when the beat leaves.
    pub out_valid: Signal<Out, Bit>,
    /// `first` when the beat leaves.
    pub out_first: Signal<Out, Bit>,
    /// The beat that leaves.
    pub out_beat: Signal<Out, Bits<W>>,
    _work: Option<(Work, Layout)>,
}

impl<const W: usize> Column<W> {
    /// The butterflies of a level.
    pub(super) fn butterflies(parts: &Parts, level: &Level) -> Self {
        let fast = parts.is_fast();
        Self::of(
            parts,
            Work::Butterflies {
                field: parts.parameters.field.clone(),
                level: Box::new(level.clone()),
                function: fast.then(|| fast::butterflies_name(parts, level)),
            },
        )
    }

    /// The multipliers behind a level; wires where it has none.
    pub(super) fn between(parts: &Parts, level: &Level) -> Self {
        let work = match level.between.clone() {
            Some((rom, _)) => Work::Products {
                products: parts.products(),
                latency: level.between_latency(),
                function: parts.is_fast().then(|| fast::between_name(&rom)),
                rom,
            },
            None => Work::Wires,
        };
        Self::of(parts, work)
    }

    fn of(parts: &Parts, work: Work) -> Self {
        Self {
            _work: Some((work, parts.layout)),
            ..Default::default()
        }
    }
}

impl<const W: usize> Logic for Column<W> {
    // Verilator simulates what contains a column.
    fn update(&mut self) {}
    fn connect(&mut self) {
        self.out_advance.connect();
        self.out_valid.connect();
        self.out_first.connect();
        self.out_beat.connect();
    }
    fn hdl(&self) -> Verilog {
        let Some((work, layout)) = &self._work else {
            return Verilog::Empty;
        };
        let mut text = Text::new(*layout);
        match work {
            Work::Wires => leaf(
                "assign out_advance = advance;\nassign out_valid = valid;\nassign out_first = first;\nassign out_beat = beat;\n"
                    .into(),
            ),
            Work::Butterflies {
                level,
                function: Some(function),
                ..
            } => {
                let [place, other_place] = text.counters(level);
                let arguments = [
                    (INTEGER, place),
                    (INTEGER, other_place),
                    ("bit", "inverse".into()),
                ];
                text.call(function, level.latency(), &arguments);
                text.finish(level.latency())
            }
            Work::Butterflies { field, level, .. } => {
                text.butterflies(field, level);
                text.finish(level.latency())
            }
            Work::Products {
                rom,
                latency,
                function: Some(function),
                ..
            } => {
                let address = text.address(rom);
                let address = integer(rom.address_bits(), &address);
                text.call(function, *latency, &[(INTEGER, address)]);
                text.finish(*latency)
            }
            Work::Products {
                rom,
                products,
                latency,
                ..
            } => {
                text.products(rom, products);
                text.finish(*latency)
            }
        }
    }
}

/// The type of an argument that is a number.
const INTEGER: &str = "int unsigned";

/// An expression of `bits` bits as such an argument.
fn integer(bits: usize, expression: &str) -> String {
    format!("{{{}'d0, {expression}}}", 32 - bits)
}

/// The text of a column while it is written.
struct Text {
    layout: Layout,
    code: String,
    cores: String,
}

impl Text {
    fn new(layout: Layout) -> Self {
        Self {
            layout,
            code: String::new(),
            cores: String::new(),
        }
    }

    /// The function of these arguments and the beat.
    fn call(&mut self, function: &str, latency: usize, arguments: &[(&str, String)]) {
        let width = self.layout.width();
        let mut all: Vec<(String, String)> = arguments
            .iter()
            .map(|(kind, value)| ((*kind).into(), value.clone()))
            .collect();
        all.push((format!("bit [{}:0]", width - 1), "beat".into()));
        self.code += &fast::call(function, width, latency, &all);
    }

    /// The place of the butterflies' twiddle factors as numbers: that of lane 0, and that of the others.
    fn counters(&mut self, level: &Level) -> [String; 2] {
        let none = || "32'd0".to_owned();
        match &level.twiddle {
            Twiddle::None | Twiddle::Constant => [none(), none()],
            Twiddle::Memory { first, others } => {
                let time = self.memory_counters(first, others.as_ref());
                let other_place = match others {
                    Some(_) => integer(time, "other_place"),
                    None => none(),
                };
                [integer(time, "place"), other_place]
            }
            Twiddle::Shift { .. } => match self.shift_counter(level.bit) {
                0 => [none(), none()],
                time => [integer(time, "place"), none()],
            },
        }
    }

    /// Counters of the places in the memories of twiddle factors, backwards for the inverse; their bits.
    fn memory_counters(&mut self, first: &Rom, others: Option<&Rom>) -> usize {
        let time = first.address_bits();
        self.counter("place", time, &format!("{time}'d0"), true);
        if others.is_some() {
            self.counter("other_place", time, &format!("{{{time}{{inverse}}}}"), true);
        }
        time
    }

    /// A counter of the time below a bit; its bits.
    fn shift_counter(&mut self, bit: usize) -> usize {
        let half_log2 = self.layout.lanes.trailing_zeros() as usize - 1;
        let time = bit.saturating_sub(half_log2);
        if time > 0 {
            self.counter("place", time, &format!("{time}'d0"), false);
        }
        time
    }

    /// The address in the memory between levels.
    fn address(&mut self, rom: &Rom) -> String {
        let time = rom.address_bits() - 1;
        self.counter("place", time, &format!("{time}'d0"), false);
        "{inverse, place}".into()
    }

    /// The beat `cycles` later.
    fn delayed(&mut self, cycles: usize) -> &'static str {
        if cycles == 0 {
            return "beat";
        }
        self.code += &delay("late_beat", "beat", self.layout.width(), cycles);
        "late_beat"
    }

    /// A counter of the slots of a frame: `name` is `start` in its first one and then goes on, backwards where
    /// the transform is inverse and `both_ways` is set.
    fn counter(&mut self, name: &str, bits: usize, start: &str, both_ways: bool) {
        let step = match both_ways {
            true => format!("inverse ? {name} - {bits}'d1 : {name} + {bits}'d1"),
            false => format!("{name} + {bits}'d1"),
        };
        self.code += &format!(
            "reg {range}{name}_next;
initial {name}_next = {bits}'d0;
wire {range}{name} = first ? {start} : {name}_next;
always @(posedge clock) if (advance) {name}_next <= {step};
",
            range = range(bits),
        );
    }

    fn rom(&mut self, rom: &Rom, address: &str, q: &str) {
        self.cores += &rom.core();
        self.code += &format!(
            "wire [{}:0] {q};\n{} {q}_memory(.clock(clock), .address({address}), .q({q}));\n",
            rom.width - 1,
            rom.name
        );
    }

    fn butterflies(&mut self, field: &Field, level: &Level) {
        let half = self.layout.lanes / 2;
        let bit = level.bit;
        // on bits of the time two halves of the lanes meet, else lanes of the same beat
        let distance = half.min(1 << bit);
        let twiddles = self.twiddles(field, level);
        let beat = self.delayed(level.wait());
        if level.wait() > 0 {
            self.code += &self.layout.unused(beat);
        }
        self.cores += level.butterfly.core();
        let elements = 0..self.layout.lanes;
        let elements: Vec<String> = elements.map(|lane| format!("out{lane}")).collect();
        for element in &elements {
            self.code += &format!("wire [{}:0] {element};\n", self.layout.bits - 1);
        }
        self.code += &format!(
            "wire [{}:0] out = {};\n",
            self.layout.width() - 1,
            self.layout.beat(&elements)
        );
        let tops = (0..self.layout.lanes).filter(|lane| lane & distance == 0);
        for (number, lane) in tops.enumerate() {
            let partner = lane + distance;
            let mut connections = vec![
                ("a", self.layout.element(beat, lane)),
                ("b", self.layout.element(beat, partner)),
                ("sum", format!("out{lane}")),
                ("product", format!("out{partner}")),
            ];
            connections.extend(twiddles(lane % distance));
            self.code += &level
                .butterfly
                .instance_named(&format!("butterfly{number}"), &connections);
        }
    }

    /// What gives the butterfly of each lane below the distance its twiddle factor.
    fn twiddles(
        &mut self,
        field: &Field,
        level: &Level,
    ) -> Box<dyn Fn(usize) -> Vec<(&'static str, String)>> {
        let layout = self.layout;
        let half = layout.lanes / 2;
        let bit = level.bit;
        let bits = layout.bits;
        match &level.twiddle {
            Twiddle::None => Box::new(|_| Vec::new()),
            Twiddle::Constant => {
                let constants = twiddles::powers_of_level(field, bit + 1, 1 << bit);
                Box::new(move |lane| {
                    let [forward, inverse] = &constants[lane];
                    let choice = match forward == inverse {
                        true => format!("{bits}'h{forward:x}"),
                        false => format!("inverse ? {bits}'h{inverse:x} : {bits}'h{forward:x}"),
                    };
                    vec![("twiddle", choice), ("negate", "1'b0".into())]
                })
            }
            Twiddle::Memory { first, others } => {
                let time = self.memory_counters(first, others.as_ref());
                self.rom(first, "place", "first_twiddle");
                let pads = |name: &str, count: usize| {
                    let layout = Layout {
                        lanes: count,
                        ..layout
                    };
                    layout.unused(name)
                };
                self.code += &pads("first_twiddle", 1);
                self.code += &delay(
                    "first_negate",
                    &format!("inverse && place != {time}'d0"),
                    1,
                    level.wait(),
                );
                if let Some(others) = others {
                    self.rom(others, "other_place", "other_twiddles");
                    self.code += &pads("other_twiddles", half - 1);
                }
                Box::new(move |lane| {
                    if lane == 0 {
                        let twiddle = layout.element("first_twiddle", 0);
                        return vec![("twiddle", twiddle), ("negate", "first_negate".into())];
                    }
                    let at = |lane: usize| layout.element("other_twiddles", lane - 1);
                    let twiddle = match half - lane == lane {
                        true => at(lane),
                        false => format!("inverse ? {} : {}", at(half - lane), at(lane)),
                    };
                    vec![("twiddle", twiddle), ("negate", "inverse".into())]
                })
            }
            Twiddle::Shift {
                order_log2,
                low,
                turns,
            } => self.turns(bit, *order_log2, *low, *turns),
        }
    }

    fn turns(
        &mut self,
        bit: usize,
        order_log2: usize,
        low: usize,
        [forward, inverse]: [usize; 2],
    ) -> Box<dyn Fn(usize) -> Vec<(&'static str, String)>> {
        let half_log2 = self.layout.lanes.trailing_zeros() as usize - 1;
        let time = self.shift_counter(bit);
        // the index below `bit` is time above the lane; above bit `low` it may not depend on the lane
        let lanes = match low < half_log2 {
            true => 1usize << bit.min(half_log2),
            false => 1,
        };
        for lane in 0..lanes {
            let exponent = match low.checked_sub(half_log2) {
                Some(0) => "place".into(),
                Some(cut) => format!("place[{}:{cut}]", time - 1),
                None if time > 0 => format!("place, {}'d{}", half_log2 - low, lane >> low),
                None => format!("{}'d{}", bit - low, lane >> low),
            };
            let turn = |root: usize| format!("{order_log2}'d{root} * {{1'b0, {exponent}}}");
            self.code += &delay(
                &format!("turn{lane}"),
                &format!("inverse ? {} : {}", turn(inverse), turn(forward)),
                order_log2,
                1,
            );
        }
        Box::new(move |lane| vec![("turn", format!("turn{}", lane % lanes))])
    }

    fn products(&mut self, rom: &Rom, products: &Products) {
        let address = self.address(rom);
        self.rom(rom, &address, "twiddles");
        let beat = self.delayed(ROM_LATENCY);
        self.cores += &products.core;
        self.code += &format!("wire [{}:0] out;\n", self.layout.width() - 1);
        self.code += &products.instance("products", beat, "twiddles", "out");
    }

    fn finish(self, latency: usize) -> Verilog {
        let code = format!(
            "{}{}assign {{out_advance, out_valid, out_first}} = control;
assign out_beat = out;
",
            self.code,
            delay("control", "{advance, valid, first}", 3, latency),
        );
        Verilog::Wrapper(Wrapper {
            code,
            cores: self.cores,
        })
    }
}
