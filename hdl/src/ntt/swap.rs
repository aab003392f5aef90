//! Exchange of a bit of the time with the highest bit of the lane.

use super::fast;
use super::text::address_bits;
use crate::cells::{leaf, range};
use rust_hdl_core::prelude::*;
use std::collections::VecDeque;

/// Delay, switch, delay: of every 2 D slots of a frame, the upper half of the lanes in the first D and the lower
/// half in the last D change places. Beats leave D slots after they came, and two cycles after the slot that moves
/// them; frames whose beats are a multiple of 2 D are exchanged right wherever they begin.
#[derive(LogicBlock, Default)]
pub struct Swap<const W: usize> {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// This cycle is a slot.
    pub advance: Signal<In, Bit>,
    /// It carries a beat; only with `advance`.
    pub valid: Signal<In, Bit>,
    /// The first beat of a frame; only with `valid`.
    pub first: Signal<In, Bit>,
    /// The beat.
    pub beat: Signal<In, Bits<W>>,
    /// A slot leaves.
    pub out_advance: Signal<Out, Bit>,
    /// It carries a beat.
    pub out_valid: Signal<Out, Bit>,
    /// The first beat of a frame.
    pub out_first: Signal<Out, Bit>,
    /// The beat.
    pub out_beat: Signal<Out, Bits<W>>,
    _depth_log2: Option<usize>,
    _is_fast: bool,
    _state: State<W>,
}

/// The registers and memories of the model.
#[derive(Clone, Debug, Default)]
struct State<const W: usize> {
    /// Slots of the frame.
    count: usize,
    /// The cycle before was a slot.
    advanced: bool,
    /// In the last slot the lanes changed places.
    crossed: bool,
    /// What came with the last slot, and with the one D slots before it.
    new: Arrival<W>,
    old: Arrival<W>,
    /// Before the switch, and behind it.
    before: VecDeque<Arrival<W>>,
    behind: VecDeque<Bits<W>>,
}

/// A beat in halves.
#[derive(Clone, Copy, Debug, Default)]
struct Arrival<const W: usize> {
    valid: bool,
    first: bool,
    low: Bits<W>,
    high: Bits<W>,
}

/// What came so many times before, nothing until then.
fn after<T: Default>(line: &mut VecDeque<T>, new: T, depth: usize) -> T {
    line.push_back(new);
    match line.len() > depth {
        true => line.pop_front().unwrap_or_default(),
        false => T::default(),
    }
}

impl<const W: usize> State<W> {
    /// What comes out of the switch, its lower half behind its delay.
    fn switch(&mut self, depth: usize) -> Bits<W> {
        let (low, high) = match self.crossed {
            false => (self.new.low, self.old.high),
            true => (self.old.high, self.new.low),
        };
        let low = after(&mut self.behind, low, depth);
        (high << (W as u64 / 2)) | low
    }
}

impl<const W: usize> Swap<W> {
    /// A swap of D = 2^`depth_log2` slots, or wires that take no time; in the fast fill its data is moved by a C++
    /// function.
    pub fn new(depth_log2: Option<usize>, is_fast: bool) -> Self {
        Self {
            _depth_log2: depth_log2,
            _is_fast: is_fast,
            ..Default::default()
        }
    }
}

/// `name` is `value` of D slots before, in the cycle after the slot `advance`.
fn line(name: &str, value: &str, width: usize, depth: usize, advance: &str, place: &str) -> String {
    let range = range(width);
    if depth == 1 {
        return format!(
            "reg {range}{name}_held;
reg {range}{name};
initial begin
  {name}_held = {width}'d0;
  {name} = {width}'d0;
end
always @(posedge clock)
  if ({advance}) begin
    {name} <= {name}_held;
    {name}_held <= {value};
  end
"
        );
    }
    format!(
        "reg {range}{name}_line [0:{last}];
reg {range}{name};
integer {name}_k;
initial begin
  {name} = {width}'d0;
  for ({name}_k = 0; {name}_k <= {last}; {name}_k = {name}_k + 1) {name}_line[{name}_k] = {width}'d0;
end
always @(posedge clock)
  if ({advance}) begin
    {name} <= {name}_line[{place}];
    {name}_line[{place}] <= {value};
  end
",
        last = depth - 1,
    )
}

impl<const W: usize> Logic for Swap<W> {
    fn update(&mut self) {
        let Some(depth_log2) = self._depth_log2 else {
            self.out_advance.next = self.advance.val();
            self.out_valid.next = self.valid.val();
            self.out_first.next = self.first.val();
            self.out_beat.next = self.beat.val();
            return;
        };
        if !self.clock.pos_edge() {
            return;
        }
        let state = &mut self._state;
        self.out_advance.next = state.advanced;
        self.out_valid.next = state.advanced && state.old.valid;
        self.out_first.next = state.advanced && state.old.first;
        if state.advanced {
            self.out_beat.next = state.switch(1 << depth_log2);
        }
        state.advanced = self.advance.val();
        if state.advanced {
            let count = if self.first.val() { 0 } else { state.count };
            state.crossed = count >> depth_log2 & 1 == 1;
            state.count = count + 1;
            let half = W as u64 / 2;
            let beat = self.beat.val();
            state.new = Arrival {
                valid: self.valid.val(),
                first: self.first.val(),
                low: (beat << half) >> half,
                high: beat >> half,
            };
            state.old = after(&mut state.before, state.new, 1 << depth_log2);
        }
    }
    fn connect(&mut self) {
        self.out_advance.connect();
        self.out_valid.connect();
        self.out_first.connect();
        self.out_beat.connect();
    }
    fn hdl(&self) -> Verilog {
        let Some(depth_log2) = self._depth_log2 else {
            return leaf(
                "assign out_advance = advance;\nassign out_valid = valid;\nassign out_first = first;\nassign out_beat = beat;\n"
                    .into(),
            );
        };
        let depth = 1 << depth_log2;
        let bits = address_bits(2 * depth);
        let second_half = match bits {
            1 => "count".into(),
            _ => format!("count[{}]", bits - 1),
        };
        let mut text = format!(
            "// slot of the frame, of which the highest bit says which half of 2 D it is in
reg {count_range}count_next;
initial count_next = {bits}'d0;
wire {count_range}count = first ? {bits}'d0 : count_next;
reg advance1;
reg advance2;
reg valid2;
reg first2;
initial begin
  advance1 = 1'b0;
  advance2 = 1'b0;
  valid2 = 1'b0;
  first2 = 1'b0;
end
wire valid1;
wire first1;
always @(posedge clock) begin
  if (advance) count_next <= count + {bits}'d1;
  advance1 <= advance;
  advance2 <= advance1;
  valid2 <= advance1 && valid1;
  first2 <= advance1 && first1;
end
assign out_advance = advance2;
assign out_valid = valid2;
assign out_first = first2;
",
            count_range = range(bits),
        );
        text += &place("place1", "advance", depth_log2);
        text += &match self._is_fast {
            true => {
                line("control1", "{valid, first}", 2, depth, "advance", "place1")
                    + "assign {valid1, first1} = control1;\n"
                    + &fast::swap(W, depth, &second_half)
            }
            false => data::<W>(depth_log2, &second_half),
        };
        leaf(text)
    }
}

/// A counter of slots that addresses a memory of 2^`depth_log2` words; nothing for one word.
fn place(name: &str, advance: &str, depth_log2: usize) -> String {
    if depth_log2 == 0 {
        return String::new();
    }
    format!(
        "reg {range}{name};
initial {name} = {depth_log2}'d0;
always @(posedge clock) if ({advance}) {name} <= {name} + {depth_log2}'d1;
",
        range = range(depth_log2),
    )
}

/// The way of the beats: a delay for the upper half of the lanes and for what the slot carries, the switch, a delay
/// for the lower half.
fn data<const W: usize>(depth_log2: usize, second_half: &str) -> String {
    let (depth, half) = (1 << depth_log2, W / 2);
    let text = format!(
        "reg crossed;
reg [{top}:0] low1;
reg [{top}:0] high2;
wire [{top}:0] high1;
wire [{top}:0] low_out = crossed ? high1 : low1;
wire [{top}:0] high_out = crossed ? low1 : high1;
initial crossed = 1'b0;
always @(posedge clock) begin
  if (advance) begin
    crossed <= {second_half};
    low1 <= beat[{top}:0];
  end
  if (advance1) high2 <= high_out;
end
assign out_beat = {{high2, low2}};
assign {{valid1, first1, high1}} = waiting;
",
        top = half - 1,
    );
    let upper = format!("{{valid, first, beat[{}:{half}]}}", W - 1);
    text + &place("place2", "advance1", depth_log2)
        + &line("waiting", &upper, half + 2, depth, "advance", "place1")
        + &line("low2", "low_out", half, depth, "advance1", "place2")
}
