//! The operands on their way: runs of a, b and c through one port, and beats of all three side by side.

use super::{Parameters, Pipelines};
use crate::card::socket::ReadClient;
use crate::cells::{Delay, Fifo, Fixed, Register};
use crate::ntt::text::Layout;
use crate::ntt::{BeatEntry, BeatMask};
use rust_hdl_core::prelude::*;
use rust_hdl_widgets::dff_setup;

/// Binary logarithm of the beats of a run; a and b wait for c that long.
const RUN_LOG2: usize = 6;

/// Which operand a beat is of.
#[derive(Copy, Clone, PartialEq, Debug, Default, LogicStruct)]
pub struct Beat {
    /// There is one.
    pub valid: Bit,
    /// 0 for a, 1 for b, 2 for c.
    pub operand: Bits<2>,
}

/// Asks for runs of 64 beats of a, of b and of c in turn, of what is left at the end, and gives the beats with the
/// same number together. Elements behind the last one are zeros. One beat of each every three cycles.
#[derive(LogicBlock, Default)]
pub struct Operands<const W: usize> {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Level: forget everything.
    pub clear: Signal<In, Bit>,
    /// One cycle: begin.
    pub start: Signal<In, Bit>,
    /// Level: a job is under way.
    pub run: Signal<In, Bit>,
    /// Addresses of a, b and c.
    pub address: [Signal<In, Bits<64>>; 3],
    /// Beats of each.
    pub beats: Signal<In, Bits<32>>,
    /// Elements of the last beat.
    pub last_lanes: Signal<In, Bits<6>>,
    /// Beats of c may come.
    pub room: Signal<In, Bit>,
    /// Card memory.
    pub memory: ReadClient<W>,
    /// One cycle: a beat of c comes, and the beats of its number will leave.
    pub admitted: Signal<Out, Bit>,
    /// A beat comes.
    pub moves: Signal<Out, Bit>,
    /// With `moves`: memory answered it with an error.
    pub failed: Signal<Out, Bit>,
    /// Address of the operand that comes.
    pub coming: Signal<Out, Bits<64>>,
    /// A word is none of the field's.
    pub not_canonical: Signal<Out, Bit>,
    /// More is to come.
    pub left: Signal<Out, Bit>,
    /// There are beats of all three in this cycle.
    pub valid: Signal<Out, Bit>,
    /// Of a.
    pub a: Signal<Out, Bits<W>>,
    /// Of b.
    pub b: Signal<Out, Bits<W>>,
    /// Of c.
    pub c: Signal<Out, Bits<W>>,
    run_beats: Fixed<Bits<32>>,
    run_bytes: Fixed<Bits<64>>,
    all_lanes: Fixed<Bits<6>>,
    asking: Register<Bits<2>>,
    ask_place: Register<Bits<64>>,
    ask_left: Register<Bits<32>>,
    taking: Register<Bits<2>>,
    take_left: Register<Bits<32>>,
    taken: Register<Bits<32>>,
    entering: Register<Bits<W>>,
    mask: BeatMask<W>,
    entry: BeatEntry<W>,
    delay: Delay<Beat>,
    a_beats: Fifo<Bits<W>, RUN_LOG2>,
    b_beats: Fifo<Bits<W>, RUN_LOG2>,
    asked_run: Signal<Local, Bits<32>>,
    taken_run: Signal<Local, Bits<32>>,
    ready: Signal<Local, Bit>,
    next_taken: Signal<Local, Bits<32>>,
}

impl<const W: usize> Operands<W> {
    pub(super) fn new(parameters: &Parameters, pipelines: &Pipelines, layout: Layout) -> Self {
        let run = 1u64 << RUN_LOG2;
        Self {
            run_beats: Fixed::new(run.into()),
            run_bytes: Fixed::new((run * W as u64 / 8).into()),
            all_lanes: Fixed::new((parameters.lanes as u64).into()),
            mask: BeatMask::new(parameters.lanes),
            entry: BeatEntry::of(&pipelines.entry, layout, pipelines.checks),
            delay: Delay::new(1 + pipelines.entry.latency()),
            ..Default::default()
        }
    }
}

impl<const W: usize> Logic for Operands<W> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self, clock, asking, ask_place, ask_left, taking, take_left, taken, entering
        );
        clock!(self, clock, entry, delay, a_beats, b_beats);

        // requests: a run of each in turn
        self.asked_run.next = self.run_beats.val();
        if self.ask_left.q.val() < self.run_beats.val() {
            self.asked_run.next = self.ask_left.q.val();
        }
        self.memory.request.next = self.run.val() & self.ask_left.q.val().any();
        self.memory.address.next = self.address[0].val() + self.ask_place.q.val();
        if self.asking.q.val() == 1 {
            self.memory.address.next = self.address[1].val() + self.ask_place.q.val();
        }
        if self.asking.q.val() == 2 {
            self.memory.address.next = self.address[2].val() + self.ask_place.q.val();
        }
        self.memory.beats.next = self.asked_run.val();
        self.memory.flush.next = self.clear.val();
        if self.memory.request.val() & self.memory.accepted.val() {
            self.asking.d.next = self.asking.q.val() + 1;
            if self.asking.q.val() == 2 {
                self.asking.d.next = 0.into();
                self.ask_place.d.next = self.ask_place.q.val() + self.run_bytes.val();
                self.ask_left.d.next = self.ask_left.q.val() - self.asked_run.val();
            }
        }

        // what comes
        self.taken_run.next = self.run_beats.val();
        if self.take_left.q.val() < self.run_beats.val() {
            self.taken_run.next = self.take_left.q.val();
        }
        self.left.next = self.take_left.q.val().any();
        self.ready.next =
            self.run.val() & self.left.val() & ((self.taking.q.val() != 2) | self.room.val());
        self.memory.ready.next = self.ready.val();
        self.moves.next = self.memory.valid.val() & self.ready.val();
        self.admitted.next = self.moves.val() & (self.taking.q.val() == 2);
        self.failed.next = self.memory.error.val();
        self.coming.next = self.address[0].val();
        if self.taking.q.val() == 1 {
            self.coming.next = self.address[1].val();
        }
        if self.taking.q.val() == 2 {
            self.coming.next = self.address[2].val();
        }
        self.next_taken.next = self.taken.q.val() + 1;
        self.mask.d.next = self.memory.data.val();
        self.mask.rest.next = self.all_lanes.val();
        if self.next_taken.val() == self.take_left.q.val() {
            self.mask.rest.next = self.last_lanes.val();
        }
        self.mask.kept.next = 1.into();
        self.mask.lane_mask.next = 0.into();
        if self.moves.val() {
            self.taken.d.next = self.next_taken.val();
            if self.next_taken.val() == self.taken_run.val() {
                self.taken.d.next = 0.into();
                self.taking.d.next = self.taking.q.val() + 1;
                if self.taking.q.val() == 2 {
                    self.taking.d.next = 0.into();
                    self.take_left.d.next = self.take_left.q.val() - self.taken_run.val();
                }
            }
        }

        // elements; those of a and b wait for those of c
        self.entering.d.next = self.mask.q.val();
        self.entry.beat.next = self.entering.q.val();
        self.delay.d.next.valid = self.moves.val();
        self.delay.d.next.operand = self.taking.q.val();
        self.not_canonical.next = self.delay.q.val().valid & self.entry.error.val();
        self.a_beats.push.next =
            self.delay.q.val().valid & (self.delay.q.val().operand == 0) & !self.clear.val();
        self.a_beats.d.next = self.entry.out_beat.val();
        self.b_beats.push.next =
            self.delay.q.val().valid & (self.delay.q.val().operand == 1) & !self.clear.val();
        self.b_beats.d.next = self.entry.out_beat.val();
        self.valid.next =
            self.delay.q.val().valid & (self.delay.q.val().operand == 2) & !self.clear.val();
        self.a.next = self.a_beats.q.val();
        self.b.next = self.b_beats.q.val();
        self.c.next = self.entry.out_beat.val();
        self.a_beats.pop.next = self.valid.val();
        self.b_beats.pop.next = self.valid.val();
        self.a_beats.clear.next = self.clear.val();
        self.b_beats.clear.next = self.clear.val();

        if self.start.val() {
            self.asking.d.next = 0.into();
            self.ask_place.d.next = 0.into();
            self.ask_left.d.next = self.beats.val();
            self.taking.d.next = 0.into();
            self.take_left.d.next = self.beats.val();
            self.taken.d.next = 0.into();
        }
    }
}
