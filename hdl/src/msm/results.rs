//! The results of a pass, on their way to the host.

use super::RESULT_ADDRESS_BITS;
use super::wiring::ResultSlot;
use crate::cells::{Fifo, Packer, Register};
use rust_hdl_core::prelude::*;
use rust_hdl_widgets::dff_setup;

/// Reads the results of all lanes, window by window and weight by weight, and sends them as slots:
/// window w of the pass is window w / L of lane w mod L. One slot every T / W cycles.
///
/// W: bits of a beat; P: of a point; T: of a slot; L: lanes.
#[derive(LogicBlock, Default)]
pub struct ResultWriter<const W: usize, const P: usize, const T: usize, const L: usize> {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// One cycle: read all results.
    pub start: Signal<In, Bit>,
    /// Level: stop, and drop everything.
    pub clear: Signal<In, Bit>,
    /// Everything has been sent.
    pub idle: Signal<Out, Bit>,
    /// Window width c: results a window.
    pub width: Signal<In, Bits<5>>,
    /// Windows a lane.
    pub windows: Signal<In, Bits<6>>,
    /// Read from lane `lane` in this cycle.
    pub read: Signal<Out, Bit>,
    /// The lane.
    pub lane: Signal<Out, Bits<4>>,
    /// Address in its bank of results.
    pub address: Signal<Out, Bits<RESULT_ADDRESS_BITS>>,
    /// A result comes.
    pub valid: Signal<In, Bit>,
    /// The result.
    pub point: Signal<In, Bits<P>>,
    /// There is a beat.
    pub beat_valid: Signal<Out, Bit>,
    /// The beat.
    pub beat: Signal<Out, Bits<W>>,
    /// It is taken.
    pub beat_ready: Signal<In, Bit>,
    active: Register<Bit>,
    weight: Register<Bits<5>>,
    from_lane: Register<Bits<4>>,
    window: Register<Bits<6>>,
    on_the_way: Register<Bits<4>>,
    queue: Fifo<Bits<P>, 3>,
    slot: ResultSlot<P, T>,
    packer: Packer<W, T>,
    taken: Signal<Local, Bit>,
    last_lane: crate::cells::Fixed<Bits<4>>,
}

impl<const W: usize, const P: usize, const T: usize, const L: usize> ResultWriter<W, P, T, L> {
    /// A writer for L lanes.
    pub fn new() -> Self {
        Self {
            last_lane: crate::cells::Fixed::new((L as u64 - 1).into()),
            ..Default::default()
        }
    }
}

impl<const W: usize, const P: usize, const T: usize, const L: usize> Logic
    for ResultWriter<W, P, T, L>
{
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, active, weight, from_lane, window, on_the_way);
        clock!(self, clock, queue, packer);
        self.read.next = self.active.q.val() & (self.on_the_way.q.val() < 7);
        self.lane.next = self.from_lane.q.val();
        self.address.next = (bit_cast::<RESULT_ADDRESS_BITS, 6>(self.window.q.val()) << 4)
            | bit_cast::<RESULT_ADDRESS_BITS, 5>(self.weight.q.val());
        if self.read.val() {
            self.weight.d.next = self.weight.q.val() + 1;
            if (self.weight.q.val() + 1) == self.width.val() {
                self.weight.d.next = 0.into();
                self.from_lane.d.next = self.from_lane.q.val() + 1;
                if self.from_lane.q.val() == self.last_lane.val() {
                    self.from_lane.d.next = 0.into();
                    self.window.d.next = self.window.q.val() + 1;
                    if (self.window.q.val() + 1) == self.windows.val() {
                        self.active.d.next = false;
                    }
                }
            }
        }
        self.queue.push.next = self.valid.val();
        self.queue.d.next = self.point.val();
        self.queue.clear.next = self.clear.val();
        self.slot.point.next = self.queue.q.val();
        self.packer.clear.next = self.clear.val();
        self.packer.valid.next = self.queue.valid.val();
        self.packer.slot.next = self.slot.slot.val();
        self.taken.next = self.queue.valid.val() & self.packer.ready.val();
        self.queue.pop.next = self.taken.val();
        self.beat_valid.next = self.packer.beat_valid.val();
        self.beat.next = self.packer.beat.val();
        self.packer.beat_ready.next = self.beat_ready.val();
        if self.read.val() & !self.taken.val() {
            self.on_the_way.d.next = self.on_the_way.q.val() + 1;
        }
        if !self.read.val() & self.taken.val() {
            self.on_the_way.d.next = self.on_the_way.q.val() - 1;
        }
        self.idle.next =
            !self.active.q.val() & !self.on_the_way.q.val().any() & !self.packer.beat_valid.val();
        if self.start.val() {
            self.active.d.next = true;
            self.weight.d.next = 0.into();
            self.from_lane.d.next = 0.into();
            self.window.d.next = 0.into();
        }
        if self.clear.val() {
            self.active.d.next = false;
            self.on_the_way.d.next = 0.into();
        }
    }
}
