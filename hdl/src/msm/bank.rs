//! A bank of buckets: one point and one waiting bit a key.

use crate::cells::{DualPortMemory, Register, ToggleMemory};
use rust_hdl_core::prelude::*;

/// One port of a [`Bank`]. An access takes three cycles: `address` in the first; `waiting`, and with
/// it `go` and `d`, in the second; `q` in the third.
#[derive(LogicInterface, Default)]
pub struct BankPort<const P: usize, const A: usize> {
    /// First cycle: the key.
    pub address: Signal<In, Bits<A>>,
    /// Second cycle: a point waits at the key.
    pub waiting: Signal<Out, Bit>,
    /// Second cycle: take the point that waits, or leave `d` to wait.
    pub go: Signal<In, Bit>,
    /// Second cycle: the point to leave.
    pub d: Signal<In, Bits<P>>,
    /// Third cycle: the point taken.
    pub q: Signal<Out, Bits<P>>,
}

/// 2^A keys for points of P bits, behind two ports. A key with nothing waiting is empty, whatever
/// its memory holds: memory is never cleared. Invariant: the ports do not `go` on one key in one cycle.
#[derive(LogicBlock, Default)]
pub struct Bank<const P: usize, const A: usize> {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// The two ports.
    pub port: [BankPort<P, A>; 2],
    place: [Register<Bits<A>>; 2],
    waiting: ToggleMemory<A>,
    points: DualPortMemory<Bits<P>, A>,
}

impl<const P: usize, const A: usize> Logic for Bank<P, A> {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, waiting, points);
        for i in 0..2 {
            self.place[i].clock.next = self.clock.val();
            self.place[i].d.next = self.port[i].address.val();
            self.waiting.port[i].read_address.next = self.port[i].address.val();
            self.waiting.port[i].toggle_address.next = self.place[i].q.val();
            self.waiting.port[i].toggle.next = self.port[i].go.val();
            self.points.port[i].address.next = self.place[i].q.val();
            self.points.port[i].write.next = self.port[i].go.val() & !self.waiting.port[i].q.val();
            self.points.port[i].d.next = self.port[i].d.val();
            self.port[i].waiting.next = self.waiting.port[i].q.val();
            self.port[i].q.next = self.points.port[i].q.val();
        }
    }
}
