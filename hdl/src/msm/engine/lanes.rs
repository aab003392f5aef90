//! All lanes of an engine with their reducers, as one.

use super::fixed;
use crate::cells::Fixed;
use crate::msm::{Lane, Parameters, RESULT_ADDRESS_BITS, Reducer};
use rust_hdl_core::prelude::*;

/// A digit for a lane.
#[derive(LogicInterface, Default)]
pub struct LaneDigit<const A: usize> {
    /// There is one.
    pub valid: Signal<In, Bit>,
    /// Its bucket.
    pub key: Signal<In, Bits<A>>,
    /// Its point is to be negated.
    pub negate: Signal<In, Bit>,
}

/// The lanes. The widths are the engine's.
#[derive(LogicBlock, Default)]
pub struct Lanes<const E: usize, const P: usize, const A: usize, const H: usize, const L: usize> {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// One cycle: a pass begins.
    pub pass_begins: Signal<In, Bit>,
    /// Window width c.
    pub width: Signal<In, Bits<5>>,
    /// Windows a lane.
    pub windows: Signal<In, Bits<6>>,
    /// The digits of a window, one for each lane; only while `room`.
    pub digit: Vec<LaneDigit<A>>,
    /// Their window in its lane.
    pub window: Signal<In, Bits<6>>,
    /// Their point.
    pub affine: Signal<In, Bits<E>>,
    /// Its index.
    pub index: Signal<In, Bits<32>>,
    /// One cycle: fold the buckets.
    pub sweep_start: Signal<In, Bit>,
    /// Level: stop folding.
    pub sweep_stop: Signal<In, Bit>,
    /// One cycle: empty the buckets.
    pub scrub_start: Signal<In, Bit>,
    /// The results are being read.
    pub reading_results: Signal<In, Bit>,
    /// Read a result in this cycle.
    pub result_read: Signal<In, Bit>,
    /// From this lane.
    pub result_lane: Signal<In, Bits<4>>,
    /// At this address.
    pub result_address: Signal<In, Bits<RESULT_ADDRESS_BITS>>,
    /// There is a result.
    pub result_valid: Signal<Out, Bit>,
    /// The result.
    pub result: Signal<Out, Bits<P>>,
    /// Every lane has space for a digit.
    pub room: Signal<Out, Bit>,
    /// Nothing is on its way in any lane.
    pub quiet: Signal<Out, Bit>,
    /// No buckets are being folded or emptied.
    pub idle: Signal<Out, Bit>,
    /// A point waits for its bucket.
    pub held: Signal<Out, Bit>,
    /// A coordinate was not below the modulus.
    pub error: Signal<Out, Bit>,
    /// Index of the first such point of a lane.
    pub error_index: Signal<Out, Bits<32>>,
    /// Additions that the adders take in this cycle.
    pub issued: Signal<Out, Bits<4>>,
    /// Digits that come in this cycle.
    pub taken: Signal<Out, Bits<4>>,
    number: Vec<Fixed<Bits<4>>>,
    issued_up_to: Vec<Signal<Local, Bits<4>>>,
    taken_up_to: Vec<Signal<Local, Bits<4>>>,
    lane: Vec<Lane<E, P, A>>,
    reducer: Vec<Reducer<P, A, H>>,
}

impl<const E: usize, const P: usize, const A: usize, const H: usize, const L: usize>
    Lanes<E, P, A, H, L>
{
    /// Lanes of these parts.
    pub fn new(parameters: &Parameters) -> Self {
        let (entry, adder) = (&parameters.point_entry, &parameters.adder);
        Self {
            digit: (0..L).map(|_| Default::default()).collect(),
            number: (0..L).map(|a| fixed(a as u64)).collect(),
            issued_up_to: (0..L).map(|_| Default::default()).collect(),
            taken_up_to: (0..L).map(|_| Default::default()).collect(),
            lane: (0..L).map(|_| Lane::new(entry.clone())).collect(),
            reducer: (0..L).map(|_| Reducer::new(adder.clone())).collect(),
            ..Default::default()
        }
    }
}

impl<const E: usize, const P: usize, const A: usize, const H: usize, const L: usize> Logic
    for Lanes<E, P, A, H, L>
{
    #[hdl_gen]
    fn update(&mut self) {
        self.quiet.next = true;
        self.idle.next = true;
        self.room.next = true;
        self.error.next = false;
        self.error_index.next = self.lane[0].error_index.val();
        self.held.next = false;
        self.result_valid.next = false;
        self.result.next = self.reducer[0].result.val();
        for a in 0..L {
            self.lane[a].clock.next = self.clock.val();
            self.reducer[a].clock.next = self.clock.val();
            self.lane[a].pass_begins.next = self.pass_begins.val();
            self.lane[a].valid.next = self.digit[a].valid.val();
            self.lane[a].key.next = self.digit[a].key.val();
            self.lane[a].negate.next = self.digit[a].negate.val();
            self.lane[a].window.next = self.window.val();
            self.lane[a].affine.next = self.affine.val();
            self.lane[a].index.next = self.index.val();
            self.lane[a].credit.next = self.reducer[a].credit.val();
            self.reducer[a].width.next = self.width.val();
            self.reducer[a].windows.next = self.windows.val();
            self.reducer[a].sweep_start.next = self.sweep_start.val();
            self.reducer[a].sweep_stop.next = self.sweep_stop.val();
            self.reducer[a].scrub_start.next = self.scrub_start.val();
            self.reducer[a].reading_results.next = self.reading_results.val();
            self.reducer[a].result_address.next = self.result_address.val();
            self.reducer[a].result_read.next =
                self.result_read.val() & (self.result_lane.val() == self.number[a].val());
            self.reducer[a].push.next = self.lane[a].push.val();
            self.reducer[a].key.next = self.lane[a].push_key.val();
            self.reducer[a].point.next = self.lane[a].push_point.val();
            self.reducer[a].occupied.next = self.lane[a].windows_occupied.val();
            if !self.reducer[a].quiet.val() {
                self.quiet.next = false;
            }
            if !self.lane[a].quiet.val() {
                self.quiet.next = false;
            }
            if !self.reducer[a].sweep_idle.val() {
                self.idle.next = false;
            }
            if !self.lane[a].room.val() {
                self.room.next = false;
            }
            if self.reducer[a].held.val() {
                self.held.next = true;
            }
            if self.lane[a].error.val() {
                self.error.next = true;
                self.error_index.next = self.lane[a].error_index.val();
            }
            if self.reducer[a].result_valid.val() {
                self.result_valid.next = true;
                self.result.next = self.reducer[a].result.val();
            }
        }
        self.issued_up_to[0].next = 0.into();
        if self.reducer[0].issued.val() {
            self.issued_up_to[0].next = 1.into();
        }
        self.taken_up_to[0].next = 0.into();
        if self.digit[0].valid.val() {
            self.taken_up_to[0].next = 1.into();
        }
        for a in 1..L {
            self.issued_up_to[a].next = self.issued_up_to[a - 1].val();
            if self.reducer[a].issued.val() {
                self.issued_up_to[a].next = self.issued_up_to[a - 1].val() + 1;
            }
            self.taken_up_to[a].next = self.taken_up_to[a - 1].val();
            if self.digit[a].valid.val() {
                self.taken_up_to[a].next = self.taken_up_to[a - 1].val() + 1;
            }
        }
        for a in 0..L {
            self.issued.next = self.issued_up_to[a].val();
            self.taken.next = self.taken_up_to[a].val();
        }
    }
}
