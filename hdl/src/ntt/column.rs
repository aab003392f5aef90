//! The butterflies of a level, and the multipliers between groups of levels.

use super::parts::Level;
use super::parts::Twiddle;
use super::rom::{ROM_LATENCY, Rom};
use super::text::{Layout, delay};
use super::twiddles;
use crate::cells::{leaf, range};
use crate::pipeline::Pipeline;
use gristmill_datapath::{Field, Fill};
use rust_hdl_core::prelude::*;

/// What a column does to the beats that pass.
#[derive(Clone, Debug)]
enum Work {
    /// Nothing, in no time.
    Wires,
    /// The butterflies of a level.
    Butterflies { field: Field, level: Box<Level> },
    /// A product for each lane with the word of a memory.
    Products { rom: Rom, multiplier: Pipeline },
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
    _work: Option<(Work, Layout, Fill)>,
}

impl<const W: usize> Column<W> {
    /// The butterflies of a level.
    pub(super) fn butterflies(field: &Field, layout: Layout, level: &Level, fill: Fill) -> Self {
        let work = Work::Butterflies {
            field: field.clone(),
            level: Box::new(level.clone()),
        };
        Self {
            _work: Some((work, layout, fill)),
            ..Default::default()
        }
    }

    /// The multipliers behind a level; wires where it has none.
    pub(super) fn between(layout: Layout, level: &Level, fill: Fill) -> Self {
        let work = match level.between.clone() {
            Some((rom, multiplier)) => Work::Products { rom, multiplier },
            None => Work::Wires,
        };
        Self {
            _work: Some((work, layout, fill)),
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
        let Some((work, layout, fill)) = &self._work else {
            return Verilog::Empty;
        };
        match work {
            Work::Wires => leaf(
                "assign out_advance = advance;\nassign out_valid = valid;\nassign out_first = first;\nassign out_beat = beat;\n"
                    .into(),
            ),
            Work::Butterflies { field, level } => {
                let mut text = Text::new(*layout, *fill);
                text.butterflies(field, level);
                text.finish(level.latency())
            }
            Work::Products { rom, multiplier } => {
                let mut text = Text::new(*layout, *fill);
                text.products(rom, multiplier);
                text.finish(ROM_LATENCY + multiplier.latency())
            }
        }
    }
}

/// The text of a column while it is written.
struct Text {
    layout: Layout,
    fill: Fill,
    code: String,
    cores: String,
    outputs: Vec<String>,
}

impl Text {
    fn new(layout: Layout, fill: Fill) -> Self {
        Self {
            layout,
            fill,
            code: String::new(),
            cores: String::new(),
            outputs: (0..layout.lanes).map(|lane| format!("out{lane}")).collect(),
        }
    }

    /// The beat `cycles` later.
    fn delayed(&mut self, cycles: usize) -> &'static str {
        if cycles == 0 {
            return "beat";
        }
        self.code += &delay("late_beat", "beat", self.layout.width(), cycles);
        self.code += &self.layout.unused("late_beat");
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
        self.cores += &rom.core(self.fill);
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
        self.cores += level.butterfly.core();
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
                let constants = twiddles::constants(field, bit);
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
                let time = first.address_bits();
                self.counter("place", time, &format!("{time}'d0"), true);
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
                    self.counter("other_place", time, &format!("{{{time}{{inverse}}}}"), true);
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
        let time = bit.saturating_sub(half_log2);
        if time > 0 {
            self.counter("place", time, &format!("{time}'d0"), false);
        }
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

    fn products(&mut self, rom: &Rom, multiplier: &Pipeline) {
        let time = rom.address_bits() - 1;
        self.counter("place", time, &format!("{time}'d0"), false);
        self.rom(rom, "{inverse, place}", "twiddles");
        let beat = self.delayed(ROM_LATENCY);
        self.cores += multiplier.core();
        for lane in 0..self.layout.lanes {
            let connections = [
                ("a", self.layout.element(beat, lane)),
                ("b", self.layout.element("twiddles", lane)),
                ("result", format!("out{lane}")),
            ];
            self.code += &multiplier.instance_named(&format!("product{lane}"), &connections);
        }
    }

    fn finish(self, latency: usize) -> Verilog {
        let outputs: String = self
            .outputs
            .iter()
            .map(|output| format!("wire [{}:0] {output};\n", self.layout.bits - 1))
            .collect();
        let code = format!(
            "{outputs}{}{}assign {{out_advance, out_valid, out_first}} = control;
assign out_beat = {};
",
            self.code,
            delay("control", "{advance, valid, first}", 3, latency),
            self.layout.beat(&self.outputs),
        );
        Verilog::Wrapper(Wrapper {
            code,
            cores: self.cores,
        })
    }
}
