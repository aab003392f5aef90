//! The walk over the buckets after a pass.

use crate::cells::Register;
use rust_hdl_core::prelude::*;
use rust_hdl_widgets::dff_setup;

/// What the sweep is doing.
#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
pub enum SweepPhase {
    /// Nothing.
    Idle,
    /// Reading the keys of a level, a pair every other cycle.
    Read,
    /// Waiting until all that the level sent to the next one has arrived there.
    Settle,
    /// Waiting for the last sums.
    Finish,
    /// Emptying every key, after a job that failed.
    Scrub,
    /// Waiting until the last key is empty.
    ScrubEnd,
}

/// Folds the buckets of each window, level by level. Level l has n = 2^(c-1-l) keys a window, window
/// after window from address 0; what is read as pair p of keys 2p and 2p + 1 becomes key p of level
/// l + 1. Even levels live in bank 0, odd ones in bank 1, so that read-out and arrivals never share
/// a bank. The odd key of each pair goes to the window's result l as well; key 0 of level 0, whose
/// weight is 2^(c-1) (a digit of ±2^(c-1) is kept there), goes to result c - 1; key 0 of any other
/// level has weight 0 and gets nothing.
///
/// A pair takes two cycles: in one its sum, or the one of the two that is there, goes to the next
/// level, in the other the odd one goes to the results. Windows that have no digit are passed over.
#[derive(LogicBlock, Default)]
pub struct Sweep<const P: usize, const A: usize> {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// One cycle: fold all buckets.
    pub start: Signal<In, Bit>,
    /// One cycle: empty all keys.
    pub scrub: Signal<In, Bit>,
    /// Level: drop what is being folded.
    pub stop: Signal<In, Bit>,
    /// Neither folding nor emptying.
    pub idle: Signal<Out, Bit>,
    /// Window width c, 2 to 16.
    pub width: Signal<In, Bits<5>>,
    /// Windows of this pass, 1 to 32.
    pub windows: Signal<In, Bits<6>>,
    /// Bit w: window w has a digit.
    pub occupied: Signal<In, Bits<32>>,
    /// The reducer's queues have room.
    pub room: Signal<In, Bit>,
    /// Nothing is on its way to bank 0 or 1.
    pub settled: Signal<In, Bit>,
    /// Nothing is on its way at all.
    pub quiet: Signal<In, Bit>,
    /// The sweep owns bank 0; the same for bank 1, and for all three while it empties them.
    pub reading_even: Signal<Out, Bit>,
    /// The sweep owns bank 1.
    pub reading_odd: Signal<Out, Bit>,
    /// The sweep owns all banks.
    pub scrubbing: Signal<Out, Bit>,
    /// Key to read at port 0; key + 1 is read at port 1.
    pub address: Signal<Out, Bits<A>>,
    /// A cycle after `address`: take what waits.
    pub take: Signal<Out, Bit>,
    /// A cycle after `address`: a point waits at the even key of the bank read.
    pub even_waiting: Signal<In, Bit>,
    /// A cycle after `address`: a point waits at the odd key.
    pub odd_waiting: Signal<In, Bit>,
    /// Two cycles after `address`: the even point.
    pub even: Signal<In, Bits<P>>,
    /// Two cycles after `address`: the odd point.
    pub odd: Signal<In, Bits<P>>,
    /// Send `even + odd` to `target`.
    pub fold: Signal<Out, Bit>,
    /// Send `point` to `target`.
    pub send: Signal<Out, Bit>,
    /// The point.
    pub point: Signal<Out, Bits<P>>,
    /// Bank of the target: 0, 1, or 2 for the results.
    pub target_bank: Signal<Out, Bits<2>>,
    /// Key in that bank.
    pub target: Signal<Out, Bits<A>>,
    phase: Register<SweepPhase>,
    level: Register<Bits<4>>,
    half: Register<Bits<17>>,
    pair: Register<Bits<A>>,
    index: Register<Bits<17>>,
    window: Register<Bits<6>>,
    second: Register<Bit>,
    patience: Register<Bits<4>>,
    read1: Register<Bit>,
    first1: Register<Bit>,
    pair1: Register<Bits<A>>,
    window1: Register<Bits<6>>,
    even2: Register<Bit>,
    odd2: Register<Bit>,
    first2: Register<Bit>,
    pair2: Register<Bits<A>>,
    window2: Register<Bits<6>>,
    odd3: Register<Bit>,
    odd_point3: Register<Bits<P>>,
    window3: Register<Bits<6>>,
    last_window: Signal<Local, Bit>,
    read: Signal<Local, Bit>,
    next_bank: Signal<Local, Bits<2>>,
    level_result: Signal<Local, Bits<A>>,
    top_result: Signal<Local, Bits<A>>,
}

impl<const P: usize, const A: usize> Logic for Sweep<P, A> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self, clock, phase, level, half, pair, index, window, second, patience, read1, first1,
            pair1, window1, even2, odd2, first2, pair2, window2, odd3, odd_point3, window3
        );
        self.idle.next = false;
        self.reading_even.next = false;
        self.reading_odd.next = false;
        self.scrubbing.next = false;
        self.read.next = false;
        self.last_window.next = (self.window.q.val() + 1) == self.windows.val();
        self.second.d.next = false;

        match self.phase.q.val() {
            SweepPhase::Idle => {
                self.idle.next = true;
                self.level.d.next = 0.into();
                self.half.d.next = (bits::<17>(1) << self.width.val()) >> 2;
                self.pair.d.next = 0.into();
                self.index.d.next = 0.into();
                self.window.d.next = 0.into();
                self.patience.d.next = 0.into();
                if self.start.val() {
                    self.phase.d.next = SweepPhase::Read;
                }
                if self.scrub.val() {
                    self.phase.d.next = SweepPhase::Scrub;
                }
            }
            SweepPhase::Read => {
                self.reading_even.next = !self.level.q.val().get_bit(0);
                self.reading_odd.next = self.level.q.val().get_bit(0);
                self.patience.d.next = 0.into();
                if !self.occupied.val().get_bit(self.window.q.val().index()) {
                    self.pair.d.next = self.pair.q.val() + bit_cast::<A, 17>(self.half.q.val());
                    self.window.d.next = self.window.q.val() + 1;
                    if self.last_window.val() {
                        self.phase.d.next = SweepPhase::Settle;
                    }
                } else if !self.second.q.val() & self.room.val() {
                    self.read.next = true;
                    self.second.d.next = true;
                    self.pair.d.next = self.pair.q.val() + 1;
                    self.index.d.next = self.index.q.val() + 1;
                    if (self.index.q.val() + 1) == self.half.q.val() {
                        self.index.d.next = 0.into();
                        self.window.d.next = self.window.q.val() + 1;
                        if self.last_window.val() {
                            self.phase.d.next = SweepPhase::Settle;
                        }
                    }
                }
            }
            SweepPhase::Settle => {
                // the last read is still on its way through the stages below
                self.reading_even.next = !self.level.q.val().get_bit(0);
                self.reading_odd.next = self.level.q.val().get_bit(0);
                if self.patience.q.val() != 8 {
                    self.patience.d.next = self.patience.q.val() + 1;
                } else if self.settled.val() {
                    self.level.d.next = self.level.q.val() + 1;
                    self.half.d.next = self.half.q.val() >> 1;
                    self.pair.d.next = 0.into();
                    self.window.d.next = 0.into();
                    self.phase.d.next = SweepPhase::Read;
                    if self.half.q.val() == 1 {
                        self.phase.d.next = SweepPhase::Finish;
                    }
                }
            }
            SweepPhase::Finish => {
                if self.quiet.val() {
                    self.phase.d.next = SweepPhase::Idle;
                }
            }
            SweepPhase::Scrub => {
                self.scrubbing.next = true;
                self.read.next = true;
                self.patience.d.next = 0.into();
                self.pair.d.next = self.pair.q.val() + 1;
                if !self.pair.d.val().any() {
                    self.phase.d.next = SweepPhase::ScrubEnd;
                }
            }
            SweepPhase::ScrubEnd => {
                self.scrubbing.next = true;
                self.patience.d.next = self.patience.q.val() + 1;
                if self.patience.q.val() == 8 {
                    self.phase.d.next = SweepPhase::Idle;
                }
            }
            _ => {}
        }
        if self.stop.val() & !self.scrubbing.val() {
            self.phase.d.next = SweepPhase::Idle;
        }

        self.address.next = self.pair.q.val() << 1;
        if self.scrubbing.val() {
            self.address.next = self.pair.q.val();
        }
        self.read1.d.next = self.read.val();
        self.first1.d.next = !self.index.q.val().any();
        self.pair1.d.next = self.pair.q.val();
        self.window1.d.next = self.window.q.val();

        self.take.next = self.read1.q.val();
        self.even2.d.next = self.read1.q.val() & self.even_waiting.val() & !self.scrubbing.val();
        self.odd2.d.next = self.read1.q.val() & self.odd_waiting.val() & !self.scrubbing.val();
        self.first2.d.next = self.first1.q.val();
        self.pair2.d.next = self.pair1.q.val();
        self.window2.d.next = self.window1.q.val();

        self.odd3.d.next = self.odd2.q.val();
        self.odd_point3.d.next = self.odd.val();
        self.window3.d.next = self.window2.q.val();

        self.next_bank.next = 1.into();
        if self.level.q.val().get_bit(0) {
            self.next_bank.next = 0.into();
        }
        self.top_result.next =
            (bit_cast::<A, 6>(self.window2.q.val()) << 4) | bit_cast::<A, 5>(self.width.val() - 1);
        self.level_result.next =
            (bit_cast::<A, 6>(self.window3.q.val()) << 4) | bit_cast::<A, 4>(self.level.q.val());

        self.fold.next = self.even2.q.val() & self.odd2.q.val() & !self.first2.q.val();
        self.send.next = (self.even2.q.val() & self.first2.q.val())
            | ((self.even2.q.val() ^ self.odd2.q.val()) & !self.first2.q.val())
            | self.odd3.q.val();
        self.point.next = self.odd.val();
        if self.even2.q.val() {
            self.point.next = self.even.val();
        }
        self.target_bank.next = self.next_bank.val();
        self.target.next = self.pair2.q.val();
        if self.first2.q.val() & self.even2.q.val() {
            self.target_bank.next = 2.into();
            self.target.next = self.top_result.val();
        }
        if self.odd3.q.val() {
            self.point.next = self.odd_point3.q.val();
            self.target_bank.next = 2.into();
            self.target.next = self.level_result.val();
        }
    }
}
