//! A delay line.

use crate::emit::named;
use rust_hdl_core::prelude::*;
use std::collections::VecDeque;

/// `q` is `d` of `cycles` cycles before; zero until then. Longer lines are a circular memory.
#[derive(LogicBlock)]
pub struct Delay<T: Synth> {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Input.
    pub d: Signal<In, T>,
    /// Output.
    pub q: Signal<Out, T>,
    _cycles: usize,
    _line: VecDeque<T>,
}

impl<T: Synth> Delay<T> {
    /// A delay of `cycles` cycles, at least 1.
    ///
    /// # Panics
    /// When `cycles` is 0: a wire does that.
    pub fn new(cycles: usize) -> Self {
        assert!(cycles >= 1, "a delay of 0 cycles is a wire");
        Self {
            clock: Default::default(),
            d: Default::default(),
            q: Default::default(),
            _cycles: cycles,
            _line: vec![T::default(); cycles - 1].into(),
        }
    }
}

impl<T: Synth> Default for Delay<T> {
    fn default() -> Self {
        Self::new(1)
    }
}

impl<T: Synth> Logic for Delay<T> {
    fn update(&mut self) {
        if self.clock.pos_edge() {
            self._line.push_back(self.d.val());
            self.q.next = self._line.pop_front().unwrap_or_default();
        }
    }
    fn connect(&mut self) {
        self.q.connect();
    }
    fn timing(&self) -> Vec<TimingInfo> {
        named(format!("delay_{}x{}", T::BITS, self._cycles))
    }
    fn hdl(&self) -> Verilog {
        let (width, range) = (T::BITS, super::range(T::BITS));
        if self._cycles < 3 {
            let mut text = String::new();
            for i in 0..self._cycles {
                let from = if i == 0 {
                    "d".into()
                } else {
                    format!("value{}", i - 1)
                };
                text += &format!(
                    "reg {range}value{i};\ninitial value{i} = {width}'d0;\nalways @(posedge clock) value{i} <= {from};\n"
                );
            }
            return super::leaf(text + &format!("assign q = value{};\n", self._cycles - 1));
        }
        let last = self._cycles - 2;
        let address = clog2(last + 1).max(1);
        super::leaf(format!(
            "reg {range}line [0:{last}];\nreg {range}value;\nreg {place}place;\ninteger k;\ninitial begin\n  place = {address}'d0;\n  value = {width}'d0;\n  for (k = 0; k <= {last}; k = k + 1) line[k] = {width}'d0;\nend\nassign q = value;\nalways @(posedge clock) begin\n  value <= line[place];\n  line[place] <= d;\n  place <= (place == {address}'d{last}) ? {address}'d0 : place + {address}'d1;\nend\n",
            place = super::range(address),
        ))
    }
}
