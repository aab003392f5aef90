//! Beats of memory in two halves: for a pipeline with half as many lanes as a beat has elements. What comes from memory and
//! goes there moves at twice the pipeline's rate, so that tiles are filled and emptied in half the time.
//!
//! With L lanes in the pipeline: half 0 of a beat of 2L elements has the first L / 2 elements of its lower half and of its upper one,
//! half 1 the rest. So the two halves of a beat in split order are beats in split order. Where a frame has fewer than 2L
//! elements, the halves are lanes 0 to L - 1 and L to 2L - 1.

use super::EXPONENT_BITS;
use super::tile::{JOB_BITS, Slot};
use crate::cells::{Fixed, Register, leaf};
use rust_hdl_core::prelude::*;
use rust_hdl_widgets::dff_setup;

/// Cuts a beat of W = 2N bits. Latency 0.
#[derive(LogicBlock, Default)]
pub struct Halves<const W: usize, const N: usize> {
    /// The beat.
    pub d: Signal<In, Bits<W>>,
    /// It is in split order.
    pub split: Signal<In, Bit>,
    /// Half 0.
    pub first: Signal<Out, Bits<N>>,
    /// Half 1.
    pub second: Signal<Out, Bits<N>>,
}

impl<const W: usize, const N: usize> Logic for Halves<W, N> {
    fn update(&mut self) {
        let (mut first, mut second) = (Bits::<N>::default(), Bits::<N>::default());
        let split = self.split.val();
        for bit in 0..N {
            let from = match (split, bit < N / 2) {
                (true, false) => bit + N / 2,
                _ => bit,
            };
            first = first.replace_bit(bit, self.d.val().get_bit(from));
            let other = if split { N / 2 } else { N };
            second = second.replace_bit(bit, self.d.val().get_bit(from + other));
        }
        self.first.next = first;
        self.second.next = second;
    }
    fn connect(&mut self) {
        self.first.connect();
        self.second.connect();
    }
    fn hdl(&self) -> Verilog {
        let quarter = |number: usize| {
            let low = number * N / 2;
            format!("d[{}:{low}]", low + N / 2 - 1)
        };
        let [a, b, c, d] = [0, 1, 2, 3].map(quarter);
        leaf(format!(
            "assign first = split ? {{{c}, {a}}} : {{{b}, {a}}};\nassign second = split ? {{{d}, {b}}} : {{{d}, {c}}};\n"
        ))
    }
}

/// Puts two halves together. Latency 0.
#[derive(LogicBlock, Default)]
pub struct Joined<const W: usize, const N: usize> {
    /// Lanes 0 to L - 1.
    pub low: Signal<In, Bits<N>>,
    /// Lanes L to 2L - 1.
    pub high: Signal<In, Bits<N>>,
    /// The beat.
    pub q: Signal<Out, Bits<W>>,
}

impl<const W: usize, const N: usize> Logic for Joined<W, N> {
    fn update(&mut self) {
        let mut q = Bits::<W>::default();
        for bit in 0..N {
            q = q.replace_bit(bit, self.low.val().get_bit(bit));
            q = q.replace_bit(bit + N, self.high.val().get_bit(bit));
        }
        self.q.next = q;
    }
    fn connect(&mut self) {
        self.q.connect();
    }
    fn hdl(&self) -> Verilog {
        leaf("assign q = {high, low};\n".into())
    }
}

/// A slot with a beat becomes two slots: half 0 in the same cycle, half 1 in the next one, in which no other slot with a beat may
/// come. A dummy in that cycle is dropped. Initiation interval 2, latency 0.
#[derive(LogicBlock, Default)]
pub struct HalfSlots<const W: usize, const N: usize> {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// A slot of the feeder.
    pub slot: Signal<In, Slot>,
    /// Its beat.
    pub beat: Signal<In, Bits<W>>,
    /// Binary logarithm of the frame's size.
    pub size: Signal<In, Bits<5>>,
    /// To the pipeline, this and what follows: see [`Slot`].
    pub advance: Signal<Out, Bit>,
    /// See [`Slot`].
    pub valid: Signal<Out, Bit>,
    /// See [`Slot`].
    pub first: Signal<Out, Bit>,
    /// See [`Slot`].
    pub port: Signal<Out, Bits<JOB_BITS>>,
    /// See [`Slot`].
    pub number: Signal<Out, Bits<EXPONENT_BITS>>,
    /// See [`Slot`].
    pub kind: Signal<Out, Bits<2>>,
    /// See [`Slot`].
    pub shift: Signal<Out, Bits<5>>,
    /// See [`Slot`].
    pub table_split: Signal<Out, Bits<4>>,
    /// See [`Slot`].
    pub set: Signal<Out, Bit>,
    /// The half.
    pub half_beat: Signal<Out, Bits<N>>,
    half: Signal<Local, Slot>,
    lanes_log2: Fixed<Bits<5>>,
    halves: Halves<W, N>,
    pending: Register<Bit>,
    held: Register<Slot>,
    held_beat: Register<Bits<N>>,
}

impl<const W: usize, const N: usize> HalfSlots<W, N> {
    /// For a pipeline of 2^`lanes_log2` lanes.
    pub fn new(lanes_log2: usize) -> Self {
        Self {
            lanes_log2: Fixed::new((lanes_log2 as u64).into()),
            ..Default::default()
        }
    }
}

impl<const W: usize, const N: usize> Logic for HalfSlots<W, N> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, pending, held, held_beat);
        self.halves.d.next = self.beat.val();
        self.halves.split.next = self.size.val() > self.lanes_log2.val();
        self.pending.d.next = self.slot.val().advance & self.slot.val().valid;
        self.held.d.next = self.slot.val();
        // a frame of L elements or fewer is one beat of the pipeline
        self.held.d.next.first = self.size.val() <= self.lanes_log2.val();
        self.held_beat.d.next = self.halves.second.val();
        self.half.next = self.slot.val();
        self.half_beat.next = self.halves.first.val();
        if self.pending.q.val() {
            self.half.next = self.held.q.val();
            self.half_beat.next = self.held_beat.q.val();
            self.pending.d.next = false;
        }
        self.advance.next = self.half.val().advance;
        self.valid.next = self.half.val().valid;
        self.first.next = self.half.val().first;
        self.port.next = self.half.val().port;
        self.number.next = self.half.val().number;
        self.kind.next = self.half.val().kind;
        self.shift.next = self.half.val().shift;
        self.table_split.next = self.half.val().split;
        self.set.next = self.half.val().set;
    }
}

/// Two beats of the pipeline become one, in the cycle of the second. Latency 0.
#[derive(LogicBlock, Default)]
pub struct WholeBeats<const W: usize, const N: usize> {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Level: forget the first half.
    pub clear: Signal<In, Bit>,
    /// A beat leaves the pipeline.
    pub valid: Signal<In, Bit>,
    /// The beat.
    pub beat: Signal<In, Bits<N>>,
    /// There is a whole beat.
    pub whole: Signal<Out, Bit>,
    /// The beat.
    pub whole_beat: Signal<Out, Bits<W>>,
    second: Register<Bit>,
    low: Register<Bits<N>>,
    joined: Joined<W, N>,
}

impl<const W: usize, const N: usize> Logic for WholeBeats<W, N> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, second, low);
        self.joined.low.next = self.low.q.val();
        self.joined.high.next = self.beat.val();
        self.whole_beat.next = self.joined.q.val();
        self.whole.next = self.valid.val() & self.second.q.val();
        if self.valid.val() {
            self.second.d.next = !self.second.q.val();
            self.low.d.next = self.beat.val();
        }
        if self.clear.val() {
            self.second.d.next = false;
        }
    }
}

/// A beat of a table becomes two: half 0 in the same cycle, half 1 in the next one, in which no other may come. Initiation
/// interval 2, latency 0.
#[derive(LogicBlock, Default)]
pub struct HalfTables<const W: usize, const N: usize> {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Write `beat`.
    pub write: Signal<In, Bit>,
    /// The set.
    pub set: Signal<In, Bit>,
    /// The table.
    pub table: Signal<In, Bits<2>>,
    /// Number of the beat in the table.
    pub address: Signal<In, Bits<12>>,
    /// The beat.
    pub beat: Signal<In, Bits<W>>,
    /// Write `half_beat`.
    pub half: Signal<Out, Bit>,
    /// The set.
    pub half_set: Signal<Out, Bit>,
    /// The table.
    pub half_table: Signal<Out, Bits<2>>,
    /// Number of the half in the table.
    pub half_address: Signal<Out, Bits<12>>,
    /// The half.
    pub half_beat: Signal<Out, Bits<N>>,
    whole: Fixed<Bit>,
    halves: Halves<W, N>,
    pending: Register<Bit>,
    held_set: Register<Bit>,
    held_table: Register<Bits<2>>,
    held_address: Register<Bits<12>>,
    held_beat: Register<Bits<N>>,
}

impl<const W: usize, const N: usize> Logic for HalfTables<W, N> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            pending,
            held_set,
            held_table,
            held_address,
            held_beat
        );
        self.halves.d.next = self.beat.val();
        self.halves.split.next = self.whole.val();
        self.pending.d.next = self.write.val();
        self.held_set.d.next = self.set.val();
        self.held_table.d.next = self.table.val();
        self.held_address.d.next = (self.address.val() << 1) + 1;
        self.held_beat.d.next = self.halves.second.val();
        self.half.next = self.write.val();
        self.half_set.next = self.set.val();
        self.half_table.next = self.table.val();
        self.half_address.next = self.address.val() << 1;
        self.half_beat.next = self.halves.first.val();
        if self.pending.q.val() {
            self.half.next = true;
            self.half_set.next = self.held_set.q.val();
            self.half_table.next = self.held_table.q.val();
            self.half_address.next = self.held_address.q.val();
            self.half_beat.next = self.held_beat.q.val();
        }
    }
}
