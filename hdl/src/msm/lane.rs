//! One adder with what stands before it.

use super::Reducer;
use crate::cells::{Delay, Fixed, Register};
use crate::pipeline::{Pipeline, PointEntry};
use rust_hdl_core::prelude::*;
use rust_hdl_widgets::dff_setup;

/// From digits to the folded buckets of this lane's windows: negates the point where the digit says
/// so, drops the point at infinity, and feeds the [`Reducer`]. Digits come by credit: `room` promises
/// space in the reducer's input queue for one more than is on its way.
///
/// E: bits of an affine point in memory; P, A, H as in [`Reducer`]. One digit a cycle.
#[derive(LogicBlock, Default)]
pub struct Lane<const E: usize, const P: usize, const A: usize, const H: usize> {
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
    pub begin: Signal<In, Bit>,
    /// A coordinate was not below the modulus.
    pub error: Signal<Out, Bit>,
    /// Index of the first such point.
    pub error_index: Signal<Out, Bits<32>>,
    /// Read a result of lane `result_lane`.
    pub result_read: Signal<In, Bit>,
    /// The lane meant.
    pub result_lane: Signal<In, Bits<4>>,
    /// Nothing is on its way.
    pub quiet: Signal<Out, Bit>,
    /// The reducer with the sweep.
    pub reducer: Reducer<P, A, H>,
    number: Fixed<Bits<4>>,
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
    push: Signal<Local, Bit>,
    drop_point: Signal<Local, Bit>,
    one: Signal<Local, Bits<32>>,
    inward: Signal<Local, Bits<7>>,
    outward: Signal<Local, Bits<7>>,
}

impl<const E: usize, const P: usize, const A: usize, const H: usize> Lane<E, P, A, H> {
    /// Lane `number` with these pipelines.
    pub fn new(number: usize, entry: Pipeline, adder: Pipeline) -> Self {
        let latency = entry.latency();
        Self {
            number: Fixed::new((number as u64).into()),
            reducer: Reducer::new(adder),
            entry: PointEntry::new(entry),
            valid_delay: Delay::new(latency),
            key_delay: Delay::new(latency),
            index_delay: Delay::new(latency),
            ..Default::default()
        }
    }
}

impl<const E: usize, const P: usize, const A: usize, const H: usize> Logic for Lane<E, P, A, H> {
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
        clock!(
            self,
            clock,
            reducer,
            entry,
            valid_delay,
            key_delay,
            index_delay
        );
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

        self.push.next =
            self.valid_delay.q.val() & !self.entry.infinity.val() & !self.entry.error.val();
        self.drop_point.next = self.valid_delay.q.val() & !self.push.val();
        self.reducer.push.next = self.push.val();
        self.reducer.key.next = self.key_delay.q.val();
        self.reducer.point.next = self.entry.point.val();

        // the reducer's input queue holds 32; a dropped point gives its credit back at once
        self.room.next = self.on_the_way.q.val() < 30;
        self.quiet.next = !self.on_the_way.q.val().any() & self.reducer.quiet.val();
        self.inward.next = 0.into();
        if self.valid.val() {
            self.inward.next = 1.into();
        }
        self.outward.next = 0.into();
        if self.reducer.credit.val() | self.drop_point.val() {
            self.outward.next = 1.into();
        }
        if self.reducer.credit.val() & self.drop_point.val() {
            self.outward.next = 2.into();
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
        if self.begin.val() {
            self.occupied.d.next = 0.into();
            self.failed.d.next = false;
        }
        self.reducer.result_read.next =
            self.result_read.val() & (self.result_lane.val() == self.number.val());
        self.reducer.occupied.next = self.occupied.q.val();
        self.error.next = self.failed.q.val();
        self.error_index.next = self.failed_index.q.val();
    }
}
