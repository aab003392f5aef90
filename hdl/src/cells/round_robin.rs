//! A fair choice.

use super::Register;
use rust_hdl_core::prelude::*;
use rust_hdl_widgets::dff_setup;

/// Chooses one of up to 16 requests, downwards from the one that was `taken` last. Latency 0; whoever
/// requests is chosen after each of the others was taken at most once.
#[derive(LogicBlock, Default)]
pub struct RoundRobin {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// The requests.
    pub request: Vec<Signal<In, Bit>>,
    /// The choice is served in this cycle.
    pub taken: Signal<In, Bit>,
    /// There is a request.
    pub any: Signal<Out, Bit>,
    /// The request chosen; 0 when there is none.
    pub choice: Signal<Out, Bits<4>>,
    last: Register<Bits<4>>,
    _count: usize,
}

impl RoundRobin {
    /// A choice among `count` requests.
    ///
    /// # Panics
    /// When `count` is over 16.
    pub fn new(count: usize) -> Self {
        assert!(count <= 16, "{count} requests; 16 is the most");
        Self {
            request: (0..count).map(|_| Default::default()).collect(),
            _count: count,
            ..Default::default()
        }
    }
}

impl Logic for RoundRobin {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, last);
        self.any.next = false;
        self.choice.next = 0.into();
        for i in 0..self._count {
            if self.request[i].val() {
                self.any.next = true;
                self.choice.next = i.to_bits();
            }
        }
        for i in 0..self._count {
            if self.request[i].val() & (self.last.q.val() > i.to_bits()) {
                self.choice.next = i.to_bits();
            }
        }
        if self.taken.val() {
            self.last.d.next = self.choice.val();
        }
    }
}
