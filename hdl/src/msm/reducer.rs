//! The reducer: a stream of (key, point) in, one point a key left.

use super::{Bank, RESULT_ADDRESS_BITS, Sweep};
use crate::cells::{Delay, Fifo, Register};
use crate::pipeline::{Pipeline, PointAdder};
use rust_hdl_core::prelude::*;
use rust_hdl_widgets::dff_setup;

/// Binary logarithm of the arrivals that the input queue holds.
pub const INPUT_QUEUE_LOG2: usize = 5;
/// Binary logarithm of the complete pairs that can wait for the adder.
const PAIR_QUEUE_LOG2: usize = 6;
/// Binary logarithm of the sweep's pairs that can wait for the adder.
const FOLD_QUEUE_LOG2: usize = 4;

/// Whatever arrives at a key, a new point or a sum from the adder, pairs with what waits there and
/// goes to the adder, or waits there itself. So there are no locks and no hazards, and skewed keys
/// cost nothing. One arrival a cycle; a sum is never held back, a point is when the queue of pairs
/// is nearly full. Points use port 0 of the banks, sums port 1.
///
/// P: bits of a point; A, H: address bits of bank 0 and bank 1, H = A - 1.
///
/// Order of service at the adder: a sum's pair (it cannot wait), the sweep's, a point's.
#[derive(LogicBlock, Default)]
pub struct Reducer<const P: usize, const A: usize, const H: usize> {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// A point arrives; only with a credit, of which there are 2^5.
    pub push: Signal<In, Bit>,
    /// Its key in bank 0.
    pub key: Signal<In, Bits<A>>,
    /// The point.
    pub point: Signal<In, Bits<P>>,
    /// A credit comes back.
    pub credit: Signal<Out, Bit>,
    /// Nothing is on its way.
    pub quiet: Signal<Out, Bit>,
    /// The adder takes a pair.
    pub issued: Signal<Out, Bit>,
    /// A point is held back because pairs wait for the adder.
    pub held: Signal<Out, Bit>,
    /// One cycle, when quiet: fold all buckets, see [`Sweep`].
    pub sweep_start: Signal<In, Bit>,
    /// Level: drop the fold.
    pub sweep_stop: Signal<In, Bit>,
    /// One cycle, when quiet: empty all keys.
    pub scrub_start: Signal<In, Bit>,
    /// The sweep has nothing to do.
    pub sweep_idle: Signal<Out, Bit>,
    /// See [`Sweep`].
    pub width: Signal<In, Bits<5>>,
    /// See [`Sweep`].
    pub windows: Signal<In, Bits<6>>,
    /// See [`Sweep`].
    pub occupied: Signal<In, Bits<32>>,
    /// When quiet and not sweeping: the results are read, one a cycle.
    pub reading_results: Signal<In, Bit>,
    /// Read the result at `result_address`: window in its lane times 16, plus weight.
    pub result_read: Signal<In, Bit>,
    /// Its address.
    pub result_address: Signal<In, Bits<RESULT_ADDRESS_BITS>>,
    /// Two cycles after `result_read`.
    pub result_valid: Signal<Out, Bit>,
    /// The result; zero where nothing waited.
    pub result: Signal<Out, Bits<P>>,

    p_valid: Register<Bit>,
    p_bank: Register<Bits<2>>,
    p_key: Register<Bits<A>>,
    p_point: Register<Bits<P>>,
    w_valid: Register<Bit>,
    w_bank: Register<Bits<2>>,
    w_key: Register<Bits<A>>,
    p2_valid: Register<Bit>,
    p2_bank: Register<Bits<2>>,
    p2_key: Register<Bits<A>>,
    p2_point: Register<Bits<P>>,
    w2_valid: Register<Bit>,
    w2_bank: Register<Bits<2>>,
    w2_key: Register<Bits<A>>,
    w2_point: Register<Bits<P>>,
    w2_direct: Register<Bit>,
    issue_valid: Register<Bit>,
    issue_bank: Register<Bits<2>>,
    issue_key: Register<Bits<A>>,
    issue_a: Register<Bits<P>>,
    issue_b: Register<Bits<P>>,
    in_flight: Register<Bits<12>>,
    in_flight_to_levels: Register<Bits<12>>,
    result1: Register<Bit>,
    result2: Register<Bit>,
    result_waited: Register<Bit>,

    same: Signal<Local, Bit>,
    p_waiting: Signal<Local, Bit>,
    w_waiting: Signal<Local, Bit>,
    p_go: Signal<Local, Bit>,
    w_go: Signal<Local, Bit>,
    p_take: Signal<Local, Bit>,
    p_other: Signal<Local, Bits<P>>,
    w_other: Signal<Local, Bits<P>>,
    from_pairs: Signal<Local, Bit>,
    from_folds: Signal<Local, Bit>,
    select_valid: Signal<Local, Bit>,
    select_bank: Signal<Local, Bits<2>>,
    select_to_levels: Signal<Local, Bit>,
    arrived_at_levels: Signal<Local, Bit>,
    nothing_arrives: Signal<Local, Bit>,

    in_bank: Fifo<Bits<2>, INPUT_QUEUE_LOG2>,
    in_key: Fifo<Bits<A>, INPUT_QUEUE_LOG2>,
    in_point: Fifo<Bits<P>, INPUT_QUEUE_LOG2>,
    pair_bank: Fifo<Bits<2>, PAIR_QUEUE_LOG2>,
    pair_key: Fifo<Bits<A>, PAIR_QUEUE_LOG2>,
    pair_a: Fifo<Bits<P>, PAIR_QUEUE_LOG2>,
    pair_b: Fifo<Bits<P>, PAIR_QUEUE_LOG2>,
    fold_bank: Fifo<Bits<2>, FOLD_QUEUE_LOG2>,
    fold_key: Fifo<Bits<A>, FOLD_QUEUE_LOG2>,
    fold_a: Fifo<Bits<P>, FOLD_QUEUE_LOG2>,
    fold_b: Fifo<Bits<P>, FOLD_QUEUE_LOG2>,
    even: Bank<P, A>,
    odd: Bank<P, H>,
    results: Bank<P, RESULT_ADDRESS_BITS>,
    adder: PointAdder<P>,
    tag_valid: Delay<Bit>,
    tag_bank: Delay<Bits<2>>,
    tag_key: Delay<Bits<A>>,
    sweeper: Sweep<P, A>,
}

impl<const P: usize, const A: usize, const H: usize> Reducer<P, A, H> {
    /// A reducer behind this adder.
    pub fn new(adder: Pipeline) -> Self {
        let latency = adder.latency();
        Self {
            adder: PointAdder::new(adder),
            tag_valid: Delay::new(latency - 1),
            tag_bank: Delay::new(latency - 1),
            tag_key: Delay::new(latency - 1),
            ..Default::default()
        }
    }
}

impl<const P: usize, const A: usize, const H: usize> Logic for Reducer<P, A, H> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            p_valid,
            p_bank,
            p_key,
            p_point,
            w_valid,
            w_bank,
            w_key,
            p2_valid,
            p2_bank,
            p2_key,
            p2_point,
            w2_valid,
            w2_bank,
            w2_key,
            w2_point,
            w2_direct,
            issue_valid,
            issue_bank,
            issue_key,
            issue_a,
            issue_b,
            in_flight,
            in_flight_to_levels,
            result1,
            result2,
            result_waited
        );
        clock!(
            self, clock, in_bank, in_key, in_point, pair_bank, pair_key, pair_a, pair_b, fold_bank,
            fold_key, fold_a, fold_b, even, odd, results, adder, tag_valid, tag_bank, tag_key,
            sweeper
        );
        self.in_bank.clear.next = false;
        self.in_key.clear.next = false;
        self.in_point.clear.next = false;
        self.pair_bank.clear.next = false;
        self.pair_key.clear.next = false;
        self.pair_a.clear.next = false;
        self.pair_b.clear.next = false;
        self.fold_bank.clear.next = false;
        self.fold_key.clear.next = false;
        self.fold_a.clear.next = false;
        self.fold_b.clear.next = false;

        // arrivals: the stream's, or the sweep's
        self.in_bank.push.next = self.push.val() | self.sweeper.send.val();
        self.in_key.push.next = self.push.val() | self.sweeper.send.val();
        self.in_point.push.next = self.push.val() | self.sweeper.send.val();
        self.in_bank.d.next = 0.into();
        self.in_key.d.next = self.key.val();
        self.in_point.d.next = self.point.val();
        if self.sweeper.send.val() {
            self.in_bank.d.next = self.sweeper.target_bank.val();
            self.in_key.d.next = self.sweeper.target.val();
            self.in_point.d.next = self.sweeper.point.val();
        }

        // first cycle of an access: the key of the next point, and of the sum that the adder ends
        self.p_take.next =
            self.in_bank.valid.val() & (!self.p_valid.q.val() | self.same.val() | self.p_go.val());
        self.in_bank.pop.next = self.p_take.val();
        self.in_key.pop.next = self.p_take.val();
        self.in_point.pop.next = self.p_take.val();
        // what the sweep sends has no credit, and while it runs nothing else arrives
        self.credit.next = self.p_take.val() & self.sweeper.idle.val();
        if self.same.val() | self.p_go.val() {
            self.p_valid.d.next = false;
        }
        if self.p_take.val() {
            self.p_valid.d.next = true;
            self.p_bank.d.next = self.in_bank.q.val();
            self.p_key.d.next = self.in_key.q.val();
            self.p_point.d.next = self.in_point.q.val();
        }
        self.w_valid.d.next = self.tag_valid.q.val();
        self.w_bank.d.next = self.tag_bank.q.val();
        self.w_key.d.next = self.tag_key.q.val();
        self.even.port[0].address.next = self.p_key.d.val();
        self.even.port[1].address.next = self.tag_key.q.val();
        self.odd.port[0].address.next = bit_cast::<H, A>(self.p_key.d.val());
        self.odd.port[1].address.next = bit_cast::<H, A>(self.tag_key.q.val());
        self.results.port[0].address.next = bit_cast::<RESULT_ADDRESS_BITS, A>(self.p_key.d.val());
        self.results.port[1].address.next =
            bit_cast::<RESULT_ADDRESS_BITS, A>(self.tag_key.q.val());

        // second cycle: both of one key meet directly; otherwise each takes what waits, or waits
        self.p_waiting.next = self.even.port[0].waiting.val();
        if self.p_bank.q.val() == 1 {
            self.p_waiting.next = self.odd.port[0].waiting.val();
        }
        if self.p_bank.q.val() == 2 {
            self.p_waiting.next = self.results.port[0].waiting.val();
        }
        self.w_waiting.next = self.even.port[1].waiting.val();
        if self.w_bank.q.val() == 1 {
            self.w_waiting.next = self.odd.port[1].waiting.val();
        }
        if self.w_bank.q.val() == 2 {
            self.w_waiting.next = self.results.port[1].waiting.val();
        }
        self.same.next = self.p_valid.q.val()
            & self.w_valid.q.val()
            & (self.p_bank.q.val() == self.w_bank.q.val())
            & (self.p_key.q.val() == self.w_key.q.val());
        self.held.next =
            self.p_valid.q.val() & !self.same.val() & (self.pair_bank.level.val() >= 60);
        self.p_go.next = self.p_valid.q.val() & !self.same.val() & !self.held.val();
        self.w_go.next = self.w_valid.q.val() & !self.same.val();
        self.even.port[0].go.next = self.p_go.val() & (self.p_bank.q.val() == 0);
        self.even.port[1].go.next = self.w_go.val() & (self.w_bank.q.val() == 0);
        self.odd.port[0].go.next = self.p_go.val() & (self.p_bank.q.val() == 1);
        self.odd.port[1].go.next = self.w_go.val() & (self.w_bank.q.val() == 1);
        self.results.port[0].go.next = self.p_go.val() & (self.p_bank.q.val() == 2);
        self.results.port[1].go.next = self.w_go.val() & (self.w_bank.q.val() == 2);
        self.even.port[0].d.next = self.p_point.q.val();
        self.even.port[1].d.next = self.adder.sum.val();
        self.odd.port[0].d.next = self.p_point.q.val();
        self.odd.port[1].d.next = self.adder.sum.val();
        self.results.port[0].d.next = self.p_point.q.val();
        self.results.port[1].d.next = self.adder.sum.val();

        // third cycle: complete pairs; a sum's goes to the adder, a point's to the queue
        self.p2_valid.d.next = self.p_go.val() & self.p_waiting.val();
        self.p2_bank.d.next = self.p_bank.q.val();
        self.p2_key.d.next = self.p_key.q.val();
        self.p2_point.d.next = self.p_point.q.val();
        self.w2_valid.d.next = self.same.val() | (self.w_go.val() & self.w_waiting.val());
        self.w2_bank.d.next = self.w_bank.q.val();
        self.w2_key.d.next = self.w_key.q.val();
        self.w2_point.d.next = self.adder.sum.val();
        self.w2_direct.d.next = self.same.val();
        self.p_other.next = self.even.port[0].q.val();
        if self.p2_bank.q.val() == 1 {
            self.p_other.next = self.odd.port[0].q.val();
        }
        if self.p2_bank.q.val() == 2 {
            self.p_other.next = self.results.port[0].q.val();
        }
        self.w_other.next = self.even.port[1].q.val();
        if self.w2_bank.q.val() == 1 {
            self.w_other.next = self.odd.port[1].q.val();
        }
        if self.w2_bank.q.val() == 2 {
            self.w_other.next = self.results.port[1].q.val();
        }
        if self.w2_direct.q.val() {
            self.w_other.next = self.p2_point.q.val();
        }
        self.pair_bank.push.next = self.p2_valid.q.val();
        self.pair_key.push.next = self.p2_valid.q.val();
        self.pair_a.push.next = self.p2_valid.q.val();
        self.pair_b.push.next = self.p2_valid.q.val();
        self.pair_bank.d.next = self.p2_bank.q.val();
        self.pair_key.d.next = self.p2_key.q.val();
        self.pair_a.d.next = self.p2_point.q.val();
        self.pair_b.d.next = self.p_other.val();
        self.fold_bank.push.next = self.sweeper.fold.val();
        self.fold_key.push.next = self.sweeper.fold.val();
        self.fold_a.push.next = self.sweeper.fold.val();
        self.fold_b.push.next = self.sweeper.fold.val();
        self.fold_bank.d.next = self.sweeper.target_bank.val();
        self.fold_key.d.next = self.sweeper.target.val();
        self.fold_a.d.next = self.sweeper.even.val();
        self.fold_b.d.next = self.sweeper.odd.val();

        // the adder
        self.from_folds.next = !self.w2_valid.q.val() & self.fold_bank.valid.val();
        self.from_pairs.next =
            !self.w2_valid.q.val() & !self.fold_bank.valid.val() & self.pair_bank.valid.val();
        self.fold_bank.pop.next = self.from_folds.val();
        self.fold_key.pop.next = self.from_folds.val();
        self.fold_a.pop.next = self.from_folds.val();
        self.fold_b.pop.next = self.from_folds.val();
        self.pair_bank.pop.next = self.from_pairs.val();
        self.pair_key.pop.next = self.from_pairs.val();
        self.pair_a.pop.next = self.from_pairs.val();
        self.pair_b.pop.next = self.from_pairs.val();
        self.select_valid.next =
            self.w2_valid.q.val() | self.from_folds.val() | self.from_pairs.val();
        self.select_bank.next = self.w2_bank.q.val();
        self.issue_key.d.next = self.w2_key.q.val();
        self.issue_a.d.next = self.w2_point.q.val();
        self.issue_b.d.next = self.w_other.val();
        if self.from_folds.val() {
            self.select_bank.next = self.fold_bank.q.val();
            self.issue_key.d.next = self.fold_key.q.val();
            self.issue_a.d.next = self.fold_a.q.val();
            self.issue_b.d.next = self.fold_b.q.val();
        }
        if self.from_pairs.val() {
            self.select_bank.next = self.pair_bank.q.val();
            self.issue_key.d.next = self.pair_key.q.val();
            self.issue_a.d.next = self.pair_a.q.val();
            self.issue_b.d.next = self.pair_b.q.val();
        }
        self.issue_valid.d.next = self.select_valid.val();
        self.issue_bank.d.next = self.select_bank.val();
        self.issued.next = self.issue_valid.q.val();
        self.adder.a.next = self.issue_a.q.val();
        self.adder.b.next = self.issue_b.q.val();
        self.tag_valid.d.next = self.issue_valid.q.val();
        self.tag_bank.d.next = self.issue_bank.q.val();
        self.tag_key.d.next = self.issue_key.q.val();

        // what is on its way
        if self.select_valid.val() & !self.w_valid.q.val() {
            self.in_flight.d.next = self.in_flight.q.val() + 1;
        }
        if !self.select_valid.val() & self.w_valid.q.val() {
            self.in_flight.d.next = self.in_flight.q.val() - 1;
        }
        self.select_to_levels.next = self.select_valid.val() & (self.select_bank.val() != 2);
        self.arrived_at_levels.next = self.w_valid.q.val() & (self.w_bank.q.val() != 2);
        if self.select_to_levels.val() & !self.arrived_at_levels.val() {
            self.in_flight_to_levels.d.next = self.in_flight_to_levels.q.val() + 1;
        }
        if !self.select_to_levels.val() & self.arrived_at_levels.val() {
            self.in_flight_to_levels.d.next = self.in_flight_to_levels.q.val() - 1;
        }
        self.nothing_arrives.next =
            !self.in_bank.valid.val() & !self.p_valid.q.val() & !self.fold_bank.valid.val();
        self.quiet.next = self.nothing_arrives.val()
            & !self.p2_valid.q.val()
            & !self.w2_valid.q.val()
            & !self.pair_bank.valid.val()
            & !self.in_flight.q.val().any();

        // the sweep
        self.sweeper.start.next = self.sweep_start.val();
        self.sweeper.stop.next = self.sweep_stop.val();
        self.sweeper.scrub.next = self.scrub_start.val();
        self.sweep_idle.next = self.sweeper.idle.val();
        self.sweeper.width.next = self.width.val();
        self.sweeper.windows.next = self.windows.val();
        self.sweeper.occupied.next = self.occupied.val();
        self.sweeper.room.next = (self.in_bank.level.val() < 16) & (self.fold_bank.level.val() < 8);
        self.sweeper.settled.next =
            self.nothing_arrives.val() & !self.in_flight_to_levels.q.val().any();
        self.sweeper.quiet.next = self.quiet.val();
        self.sweeper.even_waiting.next = self.even.port[0].waiting.val();
        self.sweeper.odd_waiting.next = self.even.port[1].waiting.val();
        self.sweeper.even.next = self.even.port[0].q.val();
        self.sweeper.odd.next = self.even.port[1].q.val();
        if self.sweeper.reading_odd.val() {
            self.sweeper.even_waiting.next = self.odd.port[0].waiting.val();
            self.sweeper.odd_waiting.next = self.odd.port[1].waiting.val();
            self.sweeper.even.next = self.odd.port[0].q.val();
            self.sweeper.odd.next = self.odd.port[1].q.val();
        }
        if self.sweeper.reading_even.val() | self.sweeper.scrubbing.val() {
            self.even.port[0].address.next = self.sweeper.address.val();
            self.even.port[1].address.next = self.sweeper.address.val() | 1;
            self.even.port[0].go.next = self.sweeper.take.val() & self.even.port[0].waiting.val();
            self.even.port[1].go.next = self.sweeper.take.val()
                & self.even.port[1].waiting.val()
                & !self.sweeper.scrubbing.val();
        }
        if self.sweeper.reading_odd.val() | self.sweeper.scrubbing.val() {
            self.odd.port[0].address.next = bit_cast::<H, A>(self.sweeper.address.val());
            self.odd.port[1].address.next = bit_cast::<H, A>(self.sweeper.address.val() | 1);
            self.odd.port[0].go.next = self.sweeper.take.val() & self.odd.port[0].waiting.val();
            self.odd.port[1].go.next = self.sweeper.take.val()
                & self.odd.port[1].waiting.val()
                & !self.sweeper.scrubbing.val();
        }

        // the results
        self.result1.d.next = self.result_read.val();
        self.result2.d.next = self.result1.q.val();
        self.result_waited.d.next = self.results.port[0].waiting.val();
        self.result_valid.next = self.result2.q.val();
        self.result.next = 0.into();
        if self.result_waited.q.val() {
            self.result.next = self.results.port[0].q.val();
        }
        if self.reading_results.val() {
            self.results.port[0].address.next = self.result_address.val();
            self.results.port[0].go.next =
                self.result1.q.val() & self.results.port[0].waiting.val();
        }
        if self.sweeper.scrubbing.val() {
            self.results.port[0].address.next =
                bit_cast::<RESULT_ADDRESS_BITS, A>(self.sweeper.address.val());
            self.results.port[0].go.next =
                self.sweeper.take.val() & self.results.port[0].waiting.val();
        }
    }
}
