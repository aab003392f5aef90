//! The buffer between the order of memory and that of the pipeline.

use super::order::{Geometry, Load, Route, Store, short};
use crate::cells::{leaf, range};
use crate::emit::named;
use rust_hdl_core::prelude::*;
use std::collections::{HashMap, VecDeque};
use std::fmt::Write;

/// Bits of a mode, of [`Load`] or [`Store`].
pub const MODE_BITS: usize = 4;
/// Bits of mode and size.
const KEY_BITS: usize = MODE_BITS + 5;
/// Bits of the number of a beat at a buffer's ports; what it has no room for is ignored.
pub const BEAT_BITS: usize = 20;
/// Cycles from a beat's number to the beat.
pub const READ_LATENCY: usize = 3;
/// A beat can be read from the cycle on that is so many cycles after that of its write.
pub const WRITE_LATENCY: usize = 2;

/// Which side writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Side {
    /// Memory: the modes are those of [`Load`].
    #[default]
    Memory,
    /// The pipeline: the modes are those of [`Store`].
    Pipeline,
}

/// Holds two tiles of the largest size, or more smaller ones: L banks, each of a word a beat. One beat
/// is written and one read a cycle, in the two orders of a mode and a size, see [`order`](super::order).
/// A beat has its number in the tile, and the tile's base: a multiple of its size. What has not been written reads as anything.
#[derive(LogicBlock)]
pub struct TransposeBuffer<const W: usize> {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Write `d`.
    pub write: Signal<In, Bit>,
    /// Mode of the tile that is written.
    pub write_mode: Signal<In, Bits<MODE_BITS>>,
    /// Binary logarithm of its frames' size.
    pub write_size: Signal<In, Bits<5>>,
    /// Number of its first beat in the buffer.
    pub write_base: Signal<In, Bits<BEAT_BITS>>,
    /// Number of the beat in the tile, in the order of the side that writes.
    pub write_beat: Signal<In, Bits<BEAT_BITS>>,
    /// The beat.
    pub d: Signal<In, Bits<W>>,
    /// Mode of the tile that is read.
    pub read_mode: Signal<In, Bits<MODE_BITS>>,
    /// Binary logarithm of its frames' size.
    pub read_size: Signal<In, Bits<5>>,
    /// Number of its first beat in the buffer.
    pub read_base: Signal<In, Bits<BEAT_BITS>>,
    /// Number of the beat in the tile, in the order of the side that reads.
    pub read_beat: Signal<In, Bits<BEAT_BITS>>,
    /// The beat, [`READ_LATENCY`] cycles later.
    pub q: Signal<Out, Bits<W>>,
    _side: Side,
    _geometry: Option<Geometry>,
    _model: Model<W>,
}

/// What the Verilog does, in Rust.
#[derive(Default)]
struct Model<const W: usize> {
    routes: Vec<Option<Route>>,
    banks: Vec<HashMap<usize, Bits<W>>>,
    writes: VecDeque<Vec<(usize, usize, Bits<W>)>>,
    addresses: Vec<(usize, usize)>,
    read: Vec<Bits<W>>,
}

impl<const W: usize> Default for TransposeBuffer<W> {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            write: Default::default(),
            write_mode: Default::default(),
            write_size: Default::default(),
            write_base: Default::default(),
            write_beat: Default::default(),
            d: Default::default(),
            read_mode: Default::default(),
            read_size: Default::default(),
            read_base: Default::default(),
            read_beat: Default::default(),
            q: Default::default(),
            _side: Side::default(),
            _geometry: None,
            _model: Model::default(),
        }
    }
}

impl<const W: usize> TransposeBuffer<W> {
    /// A buffer of this shape, one of whose sides writes.
    ///
    /// # Panics
    /// When the geometry breaks a limit of [`Geometry`].
    pub fn new(side: Side, geometry: Geometry) -> Self {
        let lanes = 1 << geometry.lanes_log2;
        assert!(
            geometry.lanes_log2 >= 1
                && geometry.columns_log2 >= geometry.lanes_log2
                && geometry.tile_log2 >= geometry.pass_log2 + geometry.lanes_log2
                && geometry.beat_bits() < BEAT_BITS
                && W.is_multiple_of(lanes),
            "{geometry:?}"
        );
        let mut buffer = Self {
            _side: side,
            _geometry: Some(geometry),
            ..Default::default()
        };
        buffer._model.routes = buffer.routes(&geometry);
        buffer._model.banks = vec![HashMap::new(); lanes];
        buffer
    }

    /// The routes by mode · 2^5 + size.
    fn routes(&self, geometry: &Geometry) -> Vec<Option<Route>> {
        let mut routes = vec![None; 32 << MODE_BITS];
        for k in 0..=geometry.pass_log2 {
            for mode in 0..Load::ALL.len() {
                let permutation = match self._side {
                    Side::Memory => Load::ALL[mode].permutation(geometry, k),
                    Side::Pipeline => Store::ALL[mode].permutation(geometry, k),
                };
                routes[mode << 5 | k] =
                    permutation.map(|bits| Route::new(geometry.lanes_log2, &bits));
            }
            if self._side == Side::Memory {
                for kept in 0..geometry.lanes_log2.min(k) {
                    let mode = usize::from(short(kept));
                    routes[mode << 5 | k] = Some(Route::short(geometry, k, kept));
                }
            }
        }
        routes
    }

    /// Bank and address of each lane of a beat of one side.
    fn places(
        &self,
        side: Side,
        key: usize,
        base: usize,
        beat: usize,
    ) -> Option<Vec<(usize, usize)>> {
        let geometry = self._geometry.as_ref()?;
        let route = self._model.routes[key].as_ref()?;
        let in_tile = beat % (1 << (geometry.tile_log2 - geometry.lanes_log2));
        let wrap = |address: usize| (address | base) % (1 << geometry.beat_bits());
        let lanes = 0..1 << geometry.lanes_log2;
        Some(
            lanes
                .map(|lane| match side {
                    Side::Memory => (route.memory_bank(in_tile, lane), wrap(in_tile)),
                    Side::Pipeline => {
                        let (bank, address) = route.pipeline_place(in_tile, lane);
                        (bank, wrap(address))
                    }
                })
                .collect(),
        )
    }

    fn step(&mut self) {
        let Some(geometry) = self._geometry else {
            return;
        };
        let element = W >> geometry.lanes_log2;
        let mask = Bits::<W>::mask() >> (W - element) as u64;
        let key = |mode: Bits<MODE_BITS>, size: Bits<5>| mode.index() << 5 | size.index();
        // from the last stage to the first
        self.q.next = self
            ._model
            .read
            .iter()
            .rev()
            .fold(Bits::default(), |beat, word| {
                (beat << element as u64) | *word
            });
        let banks = &mut self._model.banks;
        self._model.read = self
            ._model
            .addresses
            .iter()
            .map(|(bank, address)| banks[*bank].get(address).copied().unwrap_or_default())
            .collect();
        if self._model.writes.len() == WRITE_LATENCY {
            for (bank, address, word) in self._model.writes.pop_front().unwrap_or_default() {
                banks[bank].insert(address, word);
            }
        }
        let (reads, writes) = match self._side {
            Side::Memory => (Side::Pipeline, Side::Memory),
            Side::Pipeline => (Side::Memory, Side::Pipeline),
        };
        self._model.addresses = self
            .places(
                reads,
                key(self.read_mode.val(), self.read_size.val()),
                self.read_base.val().index(),
                self.read_beat.val().index(),
            )
            .unwrap_or_default();
        let places = self
            .places(
                writes,
                key(self.write_mode.val(), self.write_size.val()),
                self.write_base.val().index(),
                self.write_beat.val().index(),
            )
            .filter(|_| self.write.val())
            .unwrap_or_default();
        let beat = self.d.val();
        self._model.writes.push_back(
            places
                .into_iter()
                .enumerate()
                .map(|(lane, (bank, address))| {
                    (bank, address, (beat >> (lane * element) as u64) & mask)
                })
                .collect(),
        );
    }
}

impl<const W: usize> Logic for TransposeBuffer<W> {
    fn update(&mut self) {
        if self.clock.pos_edge() {
            self.step();
        }
    }
    fn connect(&mut self) {
        self.q.connect();
    }
    fn timing(&self) -> Vec<TimingInfo> {
        named(match self._side {
            Side::Memory => "load_buffer",
            Side::Pipeline => "store_buffer",
        })
    }
    fn hdl(&self) -> Verilog {
        match &self._geometry {
            Some(geometry) => leaf(self.text(geometry)),
            None => Verilog::Empty,
        }
    }
}

/// The registers of a side, by its geometry, its routes and its name.
type SideText = fn(&Geometry, &[Option<Route>], &str) -> String;

/// Bits, the last one highest, as a concatenation.
fn concatenate(bits: impl DoubleEndedIterator<Item = String>) -> String {
    format!("{{{}}}", bits.rev().collect::<Vec<_>>().join(", "))
}

impl<const W: usize> TransposeBuffer<W> {
    fn text(&self, geometry: &Geometry) -> String {
        let (lanes_log2, address) = (geometry.lanes_log2, geometry.beat_bits());
        let (lanes, element) = (1 << lanes_log2, W >> lanes_log2);
        let mut text = String::new();
        let (write, read): (SideText, SideText) = match self._side {
            Side::Memory => (memory_side, pipeline_side),
            Side::Pipeline => (pipeline_side, memory_side),
        };
        for (side, name) in [(write, "write"), (read, "read")] {
            text += &side(geometry, &self._model.routes, name);
            writeln!(
                text,
                "wire {name}_unused = &{{1'b0, {name}_base[{last}:{address}], {name}_beat[{last}:{tile}]}};",
                last = BEAT_BITS - 1,
                tile = address - 1,
            )
            .expect("writing to a string");
        }
        text += &format!(
            "reg write_1;\nreg write_2;\ninitial begin\n  write_1 = 1'b0;\n  write_2 = 1'b0;\nend\nreg {}d_1;\nalways @(posedge clock) begin\n  write_1 <= write;\n  write_2 <= write_1;\n  d_1 <= d;\nend\n",
            range(W)
        );
        for bank in 0..lanes {
            // the bank's memory, its write in the second cycle, its read in the second
            write!(
                text,
                "reg {word}bank_{bank} [0:{last}];
reg {place}bank_address_{bank};
reg {word}bank_word_{bank};
reg {word}read_word_{bank};
wire {index}write_lane_{bank} = {lane};
always @(posedge clock) begin
  bank_address_{bank} <= write_address_{bank};
  bank_word_{bank} <= d_1[{{write_lane_{bank}, {shift}'d0}} +: {element}];
  if (write_2) bank_{bank}[bank_address_{bank}] <= bank_word_{bank};
  read_word_{bank} <= bank_{bank}[read_address_{bank}];
end
",
                word = range(element),
                place = range(address),
                index = range(lanes_log2),
                last = (1usize << address) - 1,
                lane = match self._side {
                    Side::Memory => format!("{lanes_log2}'d{bank} ^ write_mask"),
                    Side::Pipeline => lane_of("write", lanes_log2, bank),
                },
                shift = element.trailing_zeros(),
            )
            .expect("writing to a string");
        }
        // the beat, in the third cycle
        let words = concatenate((0..lanes).map(|bank| format!("read_word_{bank}")));
        write!(
            text,
            "wire {beat}words = {words};\nreg {beat}value;\nassign q = value;\nreg {index}read_mask_2;\n",
            beat = range(W),
            index = range(lanes_log2),
        )
        .expect("writing to a string");
        let pipeline_reads = self._side == Side::Memory && lanes_log2 > 1;
        let select = range(select_bits(lanes_log2));
        let mut moves = String::from("  read_mask_2 <= read_mask;\n");
        if pipeline_reads {
            for x in 0..lanes_log2 {
                text += &format!("reg {select}read_lane_2_{x};\n");
                moves += &format!("  read_lane_2_{x} <= read_lane_{x};\n");
            }
        }
        for lane in 0..lanes {
            let bank = if pipeline_reads {
                text += &format!(
                    "wire {}read_number_{lane} = {lanes_log2}'d{lane};\n",
                    range(lanes_log2)
                );
                concatenate((0..lanes_log2).map(|x| format!("read_number_{lane}[read_lane_2_{x}]")))
            } else {
                format!("{lanes_log2}'d{lane}")
            };
            text += &format!(
                "wire {}read_bank_{lane} = {bank} ^ read_mask_2;\n",
                range(lanes_log2)
            );
            moves += &format!(
                "  value[{high}:{low}] <= words[{{read_bank_{lane}, {shift}'d0}} +: {element}];\n",
                high = (lane + 1) * element - 1,
                low = lane * element,
                shift = element.trailing_zeros(),
            );
        }
        text + &format!("always @(posedge clock) begin\n{moves}end\n")
    }
}

fn select_bits(lanes_log2: usize) -> usize {
    lanes_log2.next_power_of_two().trailing_zeros().max(1) as usize
}

/// The lane of the pipeline's side that is in a bank.
fn lane_of(name: &str, lanes_log2: usize, bank: usize) -> String {
    let inverted = format!("{lanes_log2}'d{bank} ^ {name}_mask");
    if lanes_log2 == 1 {
        return inverted;
    }
    concatenate((0..lanes_log2).map(|i| format!("{name}_inverted_{bank}[{name}_bank_{i}]")))
}

/// Registers `<name>_mask` and `<name>_address_<bank>` of the memory side.
fn memory_side(geometry: &Geometry, routes: &[Option<Route>], name: &str) -> String {
    let (lanes_log2, address) = (geometry.lanes_log2, geometry.beat_bits());
    let index = range(lanes_log2);
    let rows = rows(routes, |route| {
        let bits = route.memory_mask.iter();
        let bits = bits.map(|bit| bit.map_or("1'b0".into(), |bit| format!("{name}_beat[{bit}]")));
        format!("{name}_found = {};", concatenate(bits))
    });
    let mut text = format!(
        "reg {index}{name}_found;
always @(*)
  case ({{{name}_mode, {name}_size}})
{rows}    default: {name}_found = {lanes_log2}'d0;
  endcase
reg {index}{name}_mask;
reg {place}{name}_address;
always @(posedge clock) begin
  {name}_mask <= {name}_found;
  {name}_address <= {name}_base[{last}:0] | {{1'b0, {name}_beat[{tile}:0]}};
end
",
        place = range(address),
        last = address - 1,
        tile = address - 2,
    );
    for bank in 0..1 << lanes_log2 {
        writeln!(
            text,
            "wire {}{name}_address_{bank} = {name}_address;",
            range(address)
        )
        .expect("writing to a string");
    }
    text
}

/// The same of the pipeline's side, and `<name>_lane_<x>`, the lane's bit that is bit x of the bank, or
/// `<name>_bank_<i>`, the inverse of that.
fn pipeline_side(geometry: &Geometry, routes: &[Option<Route>], name: &str) -> String {
    let (lanes_log2, address) = (geometry.lanes_log2, geometry.beat_bits());
    let (tile, select) = (address - 1, select_bits(lanes_log2));
    let inverse = name == "write";
    let beat_bit = |bit: &Option<usize>| {
        bit.map_or_else(|| "1'b0".to_string(), |bit| format!("{name}_beat[{bit}]"))
    };
    let selector = |x: usize| format!("{name}_{}_{x}", if inverse { "bank" } else { "lane" });
    let rows = rows(routes, |route| {
        let mut row = format!(
            "begin {name}_found = {}; {name}_common = {};",
            concatenate(route.mask.iter().map(beat_bit)),
            concatenate(route.address.iter().map(beat_bit)),
        );
        for x in 0..lanes_log2 {
            let place = route.place[x].map_or(0, |bit| 1usize << bit);
            row += &format!(" {name}_place_{x}_found = {tile}'d{place};");
            if lanes_log2 > 1 {
                let to = match inverse {
                    true => route.lane.iter().position(|lane| *lane == x).unwrap_or(0),
                    false => route.lane[x],
                };
                row += &format!(" {}_found = {select}'d{to};", selector(x));
            }
        }
        row + " end"
    });
    let (index, word, choice) = (range(lanes_log2), range(tile), range(select));
    let mut text = format!("reg {index}{name}_found;\nreg {word}{name}_common;\n");
    let mut zero = format!("{name}_found = {lanes_log2}'d0; {name}_common = {tile}'d0;");
    let mut moves = format!(
        "  {name}_mask <= {name}_found;\n  {name}_address <= {name}_base[{last}:0] | {{1'b0, {name}_common}};\n",
        last = address - 1
    );
    text += &format!(
        "reg {index}{name}_mask;\nreg {}{name}_address;\n",
        range(address)
    );
    for x in 0..lanes_log2 {
        text += &format!("reg {word}{name}_place_{x}_found;\nreg {word}{name}_place_{x};\n");
        zero += &format!(" {name}_place_{x}_found = {tile}'d0;");
        moves += &format!("  {name}_place_{x} <= {name}_place_{x}_found;\n");
        if lanes_log2 > 1 {
            let selector = selector(x);
            text += &format!("reg {choice}{selector}_found;\nreg {choice}{selector};\n");
            zero += &format!(" {selector}_found = {select}'d0;");
            moves += &format!("  {selector} <= {selector}_found;\n");
        }
    }
    text += &format!(
        "always @(*)\n  case ({{{name}_mode, {name}_size}})\n{rows}    default: begin {zero} end\n  endcase\nalways @(posedge clock) begin\n{moves}end\n"
    );
    for bank in 0..1 << lanes_log2 {
        text +=
            &format!("wire {index}{name}_inverted_{bank} = {lanes_log2}'d{bank} ^ {name}_mask;\n");
        let bit = |x: usize| match lanes_log2 {
            1 => format!("{name}_inverted_{bank}"),
            _ => format!("{name}_inverted_{bank}[{x}]"),
        };
        let places: String = (0..lanes_log2)
            .map(|x| format!(" | {{1'b0, {name}_place_{x} & {{{tile}{{{}}}}}}}", bit(x)))
            .collect();
        text += &format!(
            "wire {}{name}_address_{bank} = {name}_address{places};\n",
            range(address)
        );
    }
    text
}

/// The rows of a case over modes and sizes.
fn rows(routes: &[Option<Route>], row: impl Fn(&Route) -> String) -> String {
    let routes = routes.iter().enumerate();
    routes
        .filter_map(|(key, route)| {
            let route = route.as_ref()?;
            Some(format!("    {KEY_BITS}'d{key}: {}\n", row(route)))
        })
        .collect()
}
