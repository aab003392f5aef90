//! Formats as wires: records and result slots.

use crate::cells::leaf;
use rust_hdl_core::prelude::*;

/// Bits of a record that hold the remainder: what the scalar's bytes leave beside nine bits of its
/// length, the carry and the sign.
pub const fn record_magnitude_bits(scalar_bits: usize, magnitude_bits: usize) -> usize {
    if scalar_bits - 11 < magnitude_bits {
        scalar_bits - 11
    } else {
        magnitude_bits
    }
}

/// Joins the parts of a record: remainder, length, carry and sign in the bytes of a scalar, then the
/// point as it lay in memory. The remainder has lost the bits of at least three windows, so the
/// bits that the record has no room for are zero. Combinational.
#[derive(LogicBlock, Default)]
pub struct RecordJoin<const M: usize, const E: usize, const R: usize> {
    /// The remainder.
    pub magnitude: Signal<In, Bits<M>>,
    /// Its bits.
    pub length: Signal<In, Bits<9>>,
    /// A carry into its lowest digit.
    pub carry: Signal<In, Bit>,
    /// The scalar is minus the remainder.
    pub negative: Signal<In, Bit>,
    /// The point.
    pub affine: Signal<In, Bits<E>>,
    /// The record.
    pub record: Signal<Out, Bits<R>>,
    _scalar_bits: usize,
}

impl<const M: usize, const E: usize, const R: usize> RecordJoin<M, E, R> {
    /// For scalars of this many bits in memory.
    pub fn new(scalar_bits: usize) -> Self {
        Self {
            _scalar_bits: scalar_bits,
            ..Default::default()
        }
    }
}

impl<const M: usize, const E: usize, const R: usize> Logic for RecordJoin<M, E, R> {
    fn update(&mut self) {
        let (scalar, kept) = (
            self._scalar_bits,
            record_magnitude_bits(self._scalar_bits, M),
        );
        let mut record = Bits::<R>::default();
        for bit in 0..kept {
            record = record.replace_bit(bit, self.magnitude.val().get_bit(bit));
        }
        record.set_bits(scalar - 11, self.length.val());
        record = record.replace_bit(scalar - 2, self.carry.val());
        record = record.replace_bit(scalar - 1, self.negative.val());
        record.set_bits(scalar, self.affine.val());
        self.record.next = record;
    }
    fn connect(&mut self) {
        self.record.connect();
    }
    fn hdl(&self) -> Verilog {
        let kept = record_magnitude_bits(self._scalar_bits, M);
        let mut parts = Vec::new();
        if R > self._scalar_bits + E {
            parts.push(format!("{}'d0", R - self._scalar_bits - E));
        }
        parts.extend(["affine", "negative", "carry", "length"].map(String::from));
        if self._scalar_bits - 11 > kept {
            parts.push(format!("{}'d0", self._scalar_bits - 11 - kept));
        }
        parts.push(format!("magnitude[{}:0]", kept - 1));
        leaf(format!("assign record = {{{}}};\n", parts.join(", ")))
    }
}

/// Takes a record apart. Combinational.
#[derive(LogicBlock, Default)]
pub struct RecordSplit<const M: usize, const E: usize, const R: usize> {
    /// The record.
    pub record: Signal<In, Bits<R>>,
    /// The remainder.
    pub magnitude: Signal<Out, Bits<M>>,
    /// Its bits.
    pub length: Signal<Out, Bits<9>>,
    /// A carry into its lowest digit.
    pub carry: Signal<Out, Bit>,
    /// The scalar is minus the remainder.
    pub negative: Signal<Out, Bit>,
    /// The point.
    pub affine: Signal<Out, Bits<E>>,
    _scalar_bits: usize,
}

impl<const M: usize, const E: usize, const R: usize> RecordSplit<M, E, R> {
    /// For scalars of this many bits in memory.
    pub fn new(scalar_bits: usize) -> Self {
        Self {
            _scalar_bits: scalar_bits,
            ..Default::default()
        }
    }
}

impl<const M: usize, const E: usize, const R: usize> Logic for RecordSplit<M, E, R> {
    fn update(&mut self) {
        let (scalar, kept) = (
            self._scalar_bits,
            record_magnitude_bits(self._scalar_bits, M),
        );
        let record = self.record.val();
        let mut magnitude = Bits::<M>::default();
        for bit in 0..kept {
            magnitude = magnitude.replace_bit(bit, record.get_bit(bit));
        }
        self.magnitude.next = magnitude;
        self.length.next = record.get_bits(scalar - 11);
        self.carry.next = record.get_bit(scalar - 2);
        self.negative.next = record.get_bit(scalar - 1);
        self.affine.next = record.get_bits(scalar);
    }
    fn connect(&mut self) {
        self.magnitude.connect();
        self.length.connect();
        self.carry.connect();
        self.negative.connect();
        self.affine.connect();
    }
    fn hdl(&self) -> Verilog {
        let scalar = self._scalar_bits;
        let kept = record_magnitude_bits(scalar, M);
        let magnitude = if kept == M {
            format!("record[{}:0]", M - 1)
        } else {
            format!("{{{}'d0, record[{}:0]}}", M - kept, kept - 1)
        };
        leaf(format!(
            "assign magnitude = {magnitude};
assign length = record[{}:{}];
assign carry = record[{}];
assign negative = record[{}];
assign affine = record[{}:{scalar}];
",
            scalar - 3,
            scalar - 11,
            scalar - 2,
            scalar - 1,
            scalar + E - 1,
        ))
    }
}

/// Spreads the three coordinates of a point over the elements of a result slot of T bits. Combinational.
#[derive(LogicBlock, Default)]
pub struct ResultSlot<const P: usize, const T: usize> {
    /// The point.
    pub point: Signal<In, Bits<P>>,
    /// The slot.
    pub slot: Signal<Out, Bits<T>>,
}

impl<const P: usize, const T: usize> Logic for ResultSlot<P, T> {
    fn update(&mut self) {
        let (element, coordinate) = (T / 4, P / 3);
        let mut slot = Bits::<T>::default();
        for bit in 0..P {
            let place = bit / coordinate * element + bit % coordinate;
            slot = slot.replace_bit(place, self.point.val().get_bit(bit));
        }
        self.slot.next = slot;
    }
    fn connect(&mut self) {
        self.slot.connect();
    }
    fn hdl(&self) -> Verilog {
        let (element, coordinate) = (T / 4, P / 3);
        let mut parts = vec![format!("{element}'d0")];
        for i in (0..3).rev() {
            if element > coordinate {
                parts.push(format!("{}'d0", element - coordinate));
            }
            parts.push(format!(
                "point[{}:{}]",
                (i + 1) * coordinate - 1,
                i * coordinate
            ));
        }
        leaf(format!("assign slot = {{{}}};\n", parts.join(", ")))
    }
}

/// Joins an engine's counters to the words of its completion and of its statistics block. Combinational.
#[derive(LogicBlock, Default)]
pub struct Counters {
    /// Words 0, 1, 2 of the completion.
    pub cycles: Signal<In, Bits<64>>,
    /// Slots used.
    pub busy: Signal<In, Bits<64>>,
    /// Bytes over the link.
    pub link_bytes: Signal<In, Bits<64>>,
    /// Word 3, lower half.
    pub stall_input: Signal<In, Bits<32>>,
    /// Word 3, upper half.
    pub stall_memory: Signal<In, Bits<32>>,
    /// Word 4, lower half.
    pub stall_collision: Signal<In, Bits<32>>,
    /// Word 4, upper half.
    pub stall_output: Signal<In, Bits<32>>,
    /// Word 5, lower half.
    pub drain: Signal<In, Bits<32>>,
    /// The words.
    pub counters: Signal<Out, Bits<352>>,
    /// The six words of the statistics block, first one first.
    pub statistic: [StatisticPort; 6],
    /// The block.
    pub statistics: Signal<Out, Bits<512>>,
}

/// One word of a statistics block.
#[derive(LogicInterface, Default)]
pub struct StatisticPort {
    /// The word.
    pub word: Signal<In, Bits<64>>,
}

impl Logic for Counters {
    fn update(&mut self) {
        let mut counters = Bits::<352>::default();
        let wide = [&self.cycles, &self.busy, &self.link_bytes];
        for (word, counter) in wide.into_iter().enumerate() {
            counters.set_bits(64 * word, counter.val());
        }
        let narrow = [
            &self.stall_input,
            &self.stall_memory,
            &self.stall_collision,
            &self.stall_output,
            &self.drain,
        ];
        for (half, counter) in narrow.into_iter().enumerate() {
            counters.set_bits(192 + 32 * half, counter.val());
        }
        self.counters.next = counters;
        let mut statistics = Bits::<512>::default();
        for (word, statistic) in self.statistic.iter().enumerate() {
            statistics.set_bits(64 * word, statistic.word.val());
        }
        self.statistics.next = statistics;
    }
    fn connect(&mut self) {
        self.counters.connect();
        self.statistics.connect();
    }
    fn hdl(&self) -> Verilog {
        let words: Vec<String> = (0..6)
            .rev()
            .map(|i| format!("statistic${i}$word"))
            .collect();
        leaf(format!(
            "assign counters = {{drain, stall_output, stall_collision, stall_memory, stall_input, link_bytes, busy, cycles}};
assign statistics = {{128'd0, {}}};
",
            words.join(", ")
        ))
    }
}
