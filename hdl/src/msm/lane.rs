//! What stands before one reducer.

use crate::cells::{Delay, Register};
use crate::pipeline::{Pipeline, PointEntry};
use rust_hdl_core::prelude::*;
use rust_hdl_widgets::dff_setup;

/// From digits to arrivals at a [`Reducer`](super::Reducer): negates the point where the digit says so
/// and drops the point at infinity. Digits come by credit: `room` promises space in the reducer's
/// input queue for one more than is on its way.
///
/// E: bits of an affine point in memory; P, A as in the reducer. One digit a cycle.
#[derive(LogicBlock, Default)]
pub struct Lane<const E: usize, const P: usize, const A: usize> {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// A digit comes; only while `room`.
    pub valid: Signal<In, Bit>,
    /// Its bucket.
    pub key: Signal<In, Bits<A>>,
    /// Its point is to be negated.
    pub negate: Signal<In, Bit>,
    /// Its window in this lane.
    pub window: Signal<In, Bits<6>>,
    /// Its point.
    pub affine: Signal<In, Bits<E>>,
    /// Index of the point.
    pub index: Signal<In, Bits<32>>,
    /// There is space for a digit.
    pub room: Signal<Out, Bit>,
    /// One cycle: a pass begins; forget which windows have digits, and errors.
    pub pass_begins: Signal<In, Bit>,
    /// A coordinate was not below the modulus.
    pub error: Signal<Out, Bit>,
    /// Index of the first such point.
    pub error_index: Signal<Out, Bits<32>>,
    /// Nothing is on its way.
    pub quiet: Signal<Out, Bit>,
    /// To the reducer: a point arrives.
    pub push: Signal<Out, Bit>,
    /// Its key.
    pub push_key: Signal<Out, Bits<A>>,
    /// The point.
    pub push_point: Signal<Out, Bits<P>>,
    /// From the reducer: a credit comes back.
    pub credit: Signal<In, Bit>,
    /// Bit w: window w of this pass has a digit.
    pub windows_occupied: Signal<Out, Bits<32>>,
    entry: PointEntry<E, P>,
    valid_delay: Delay<Bit>,
    key_delay: Delay<Bits<A>>,
    index_delay: Delay<Bits<32>>,
    valid1: Register<Bit>,
    key1: Register<Bits<A>>,
    negate1: Register<Bit>,
    affine1: Register<Bits<E>>,
    index1: Register<Bits<32>>,
    occupied: Register<Bits<32>>,
    on_the_way: Register<Bits<7>>,
    failed: Register<Bit>,
    failed_index: Register<Bits<32>>,
    accepted: Signal<Local, Bit>,
    drop_point: Signal<Local, Bit>,
    one: Signal<Local, Bits<32>>,
    inward: Signal<Local, Bits<7>>,
    outward: Signal<Local, Bits<7>>,
}

impl<const E: usize, const P: usize, const A: usize> Lane<E, P, A> {
    /// A lane with this pipeline.
    pub fn new(entry: Pipeline) -> Self {
        let latency = entry.latency();
        Self {
            entry: PointEntry::new(entry),
            valid_delay: Delay::new(latency),
            key_delay: Delay::new(latency),
            index_delay: Delay::new(latency),
            ..Default::default()
        }
    }
}

impl<const E: usize, const P: usize, const A: usize> Logic for Lane<E, P, A> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            valid1,
            key1,
            negate1,
            affine1,
            index1,
            occupied,
            on_the_way,
            failed,
            failed_index
        );
        clock!(self, clock, entry, valid_delay, key_delay, index_delay);
        self.valid1.d.next = self.valid.val();
        self.key1.d.next = self.key.val();
        self.negate1.d.next = self.negate.val();
        self.affine1.d.next = self.affine.val();
        self.index1.d.next = self.index.val();
        self.entry.affine.next = self.affine1.q.val();
        self.entry.negate.next = self.negate1.q.val();
        self.valid_delay.d.next = self.valid1.q.val();
        self.key_delay.d.next = self.key1.q.val();
        self.index_delay.d.next = self.index1.q.val();

        self.accepted.next =
            self.valid_delay.q.val() & !self.entry.infinity.val() & !self.entry.error.val();
        self.drop_point.next = self.valid_delay.q.val() & !self.accepted.val();
        self.push.next = self.accepted.val();
        self.push_key.next = self.key_delay.q.val();
        self.push_point.next = self.entry.point.val();

        // the reducer's input queue holds 32; a dropped point gives its credit back at once
        self.room.next = self.on_the_way.q.val() < 30;
        self.quiet.next = !self.on_the_way.q.val().any();
        self.inward.next = 0.into();
        if self.valid.val() {
            self.inward.next = 1.into();
        }
        self.outward.next = 0.into();
        if self.credit.val() | self.drop_point.val() {
            self.outward.next = 1.into();
        }
        if self.credit.val() & self.drop_point.val() {
            self.outward.next = 2.into();
        }
        // a sweep that was stopped leaves arrivals without a credit
        if !self.on_the_way.q.val().any() {
            self.outward.next = 0.into();
        }
        self.on_the_way.d.next = self.on_the_way.q.val() + self.inward.val() - self.outward.val();
        self.one.next = 1.into();
        if self.valid.val() {
            self.occupied.d.next = self.occupied.q.val() | (self.one.val() << self.window.val());
        }
        if self.valid_delay.q.val() & self.entry.error.val() & !self.failed.q.val() {
            self.failed.d.next = true;
            self.failed_index.d.next = self.index_delay.q.val();
        }
        if self.pass_begins.val() {
            self.occupied.d.next = 0.into();
            self.failed.d.next = false;
        }
        self.windows_occupied.next = self.occupied.q.val();
        self.error.next = self.failed.q.val();
        self.error_index.next = self.failed_index.q.val();
    }
}
