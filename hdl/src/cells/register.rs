//! A register.

use crate::emit::named;
use rust_hdl_core::prelude::*;

/// `q` is `d` of the cycle before; zero at power-up. Latency 1.
#[derive(Clone, Debug, Default, LogicBlock)]
pub struct Register<T: Synth> {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Next value.
    pub d: Signal<In, T>,
    /// Value.
    pub q: Signal<Out, T>,
}

impl<T: Synth> Logic for Register<T> {
    fn update(&mut self) {
        if self.clock.pos_edge() {
            self.q.next = self.d.val();
        }
    }
    fn connect(&mut self) {
        self.q.connect();
    }
    fn timing(&self) -> Vec<TimingInfo> {
        named(format!("register_{}", T::BITS))
    }
    fn hdl(&self) -> Verilog {
        super::leaf(format!(
            "reg {}value;\ninitial value = {}'d0;\nassign q = value;\nalways @(posedge clock) value <= d;\n",
            super::range(T::BITS),
            T::BITS,
        ))
    }
}
