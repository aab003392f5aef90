//! A delay line.

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
    /// A delay of `cycles` >= 3 cycles.
    ///
    /// # Panics
    /// When `cycles` < 3: a register does that.
    pub fn new(cycles: usize) -> Self {
        assert!(cycles >= 3, "a delay of {cycles} cycles is a register");
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
        Self::new(3)
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
    fn hdl(&self) -> Verilog {
        let last = self._cycles - 2;
        let address = clog2(last + 1).max(1);
        super::leaf(format!(
            "reg {range}line [0:{last}];\nreg {range}value;\nreg {place}place;\ninteger k;\ninitial begin\n  place = {address}'d0;\n  value = {width}'d0;\n  for (k = 0; k <= {last}; k = k + 1) line[k] = {width}'d0;\nend\nassign q = value;\nalways @(posedge clock) begin\n  value <= line[place];\n  line[place] <= d;\n  place <= (place == {address}'d{last}) ? {address}'d0 : place + {address}'d1;\nend\n",
            range = super::range(T::BITS),
            place = super::range(address),
            width = T::BITS,
        ))
    }
}
