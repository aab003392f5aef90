//! From beats of a bus to elements.

use rust_hdl_core::prelude::*;
use std::collections::VecDeque;
use std::fmt::Write;

/// Takes elements of E bits out of beats of W bits; both widths are multiples of 64. Element i
/// begins `offset` + i * `stride` words of 64 bits behind the start of the first beat.
///
/// `start` sets the position and forgets all beats. `ready` and `valid` do not depend on each other's
/// partners: `ready` looks at `pop`. One element a cycle where beats come fast enough.
#[derive(LogicBlock, Default)]
pub struct Unpacker<const W: usize, const E: usize> {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Begin a run.
    pub start: Signal<In, Bit>,
    /// Words before the first element, less than W / 64.
    pub offset: Signal<In, Bits<4>>,
    /// Words from one element to the next.
    pub stride: Signal<In, Bits<13>>,
    /// There is a beat.
    pub valid: Signal<In, Bit>,
    /// The beat.
    pub data: Signal<In, Bits<W>>,
    /// The beat is taken.
    pub ready: Signal<Out, Bit>,
    /// There is an element.
    pub element_valid: Signal<Out, Bit>,
    /// The element.
    pub element: Signal<Out, Bits<E>>,
    /// The element is taken; only while `element_valid`.
    pub pop: Signal<In, Bit>,
    /// The beats that are held, oldest first, and the word at which the next element begins.
    _window: VecDeque<Bits<W>>,
    _head: usize,
}

impl<const W: usize, const E: usize> Unpacker<W, E> {
    const BEAT_WORDS: usize = W / 64;
    const ELEMENT_WORDS: usize = E / 64;
    /// Beats that an element may touch.
    const BEATS: usize = (Self::BEAT_WORDS - 1 + Self::ELEMENT_WORDS).div_ceil(Self::BEAT_WORDS);

    /// The word at which the next element begins after this cycle, counted from the oldest beat of this cycle.
    fn moved(&self) -> usize {
        self._head
            + if self.pop.val() {
                self.stride.val().index()
            } else {
                0
            }
    }

    /// The oldest beat goes.
    fn drops(&self) -> bool {
        self.moved() >= Self::BEAT_WORDS && !self._window.is_empty()
    }

    fn accepts(&self) -> bool {
        self._window.len() != Self::BEATS || self.drops()
    }

    /// The next element, if all of it is there.
    fn next_element(&self) -> Option<Bits<E>> {
        let word = |index: usize| {
            let beat = self._window.get(index / Self::BEAT_WORDS)?;
            Some(beat.get_bits::<64>(index % Self::BEAT_WORDS * 64))
        };
        let mut element = Bits::default();
        for index in 0..Self::ELEMENT_WORDS {
            element.set_bits(64 * index, word(self._head + index)?);
        }
        (self._head < Self::BEAT_WORDS).then_some(element)
    }
}

impl<const W: usize, const E: usize> Logic for Unpacker<W, E> {
    fn update(&mut self) {
        if self.clock.pos_edge() {
            let (moved, drops) = (self.moved(), self.drops());
            let takes = self.valid.val() && self.accepts();
            if drops {
                self._window.pop_front();
            }
            if takes {
                self._window.push_back(self.data.val());
            }
            self._head = if drops {
                moved - Self::BEAT_WORDS
            } else {
                moved
            };
            if self.start.val() {
                self._window.clear();
                self._head = self.offset.val().index();
            }
        }
        self.ready.next = self.accepts();
        let element = self.next_element();
        self.element_valid.next = element.is_some();
        self.element.next = element.unwrap_or_default();
    }
    fn connect(&mut self) {
        self.ready.connect();
        self.element_valid.connect();
        self.element.connect();
    }
    fn hdl(&self) -> Verilog {
        let (beat, element) = (Self::BEAT_WORDS, Self::ELEMENT_WORDS);
        let slots = Self::BEATS;
        let count = clog2(slots + 1).max(1);
        let top = slots * W - 1;
        let mut code = format!(
            "// window: the oldest {slots} beats, oldest lowest; head: word at which the next element begins
reg [{top}:0] window;
reg {count_range}held;
reg [13:0] head;
initial begin
  held = {count}'d0;
  head = 14'd0;
end
wire [13:0] moved = pop ? head + {{1'b0, stride}} : head;
wire drop = moved >= 14'd{beat} && held != {count}'d0;
wire take = valid && ready;
wire {count_range}kept = drop ? held - {count}'d1 : held;
assign ready = held != {count}'d{slots} || drop;
",
            count_range = super::range(count),
        );
        let needed: Vec<String> = (0..beat)
            .map(|word| {
                let beats = (word + element).div_ceil(beat);
                format!("(head == 14'd{word} && held >= {count}'d{beats})")
            })
            .collect();
        writeln!(code, "assign element_valid = {};", needed.join(" || ")).expect("string");
        let choices: String = (0..beat)
            .map(|word| {
                let (low, high) = (word * 64, (word * 64 + E - 1).min(top));
                let slice = if high - low + 1 == E {
                    format!("window[{high}:{low}]")
                } else {
                    format!("{{{}'d0, window[{high}:{low}]}}", E - (high - low + 1))
                };
                if word + 1 == beat {
                    slice
                } else {
                    format!("head == 14'd{word} ? {slice} : ")
                }
            })
            .collect();
        writeln!(code, "assign element = {choices};").expect("string");
        code += "always @(posedge clock) begin\n";
        for slot in 0..slots {
            let (low, high) = (slot * W, (slot + 1) * W - 1);
            writeln!(
                code,
                "  if (take && kept == {count}'d{slot}) window[{high}:{low}] <= data;"
            )
            .expect("string");
            if slot + 1 < slots {
                writeln!(
                    code,
                    "  else if (drop) window[{high}:{low}] <= window[{}:{}];",
                    high + W,
                    low + W
                )
                .expect("string");
            }
        }
        write!(
            code,
            "  held <= take ? kept + {count}'d1 : kept;
  head <= drop ? moved - 14'd{beat} : moved;
  if (start) begin
    held <= {count}'d0;
    head <= {{10'd0, offset}};
  end
end
"
        )
        .expect("string");
        super::leaf(code)
    }
}
