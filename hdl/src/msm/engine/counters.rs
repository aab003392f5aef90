//! What an engine counts: the completion's counters and the statistics block.

use super::fixed;
use crate::cells::{Fixed, Register};
use crate::msm::wiring;
use rust_hdl_core::prelude::*;
use rust_hdl_widgets::dff_setup;

/// The counters of a job. W: bits of a beat.
#[derive(LogicBlock, Default)]
pub struct Counters<const W: usize> {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// One cycle: a job starts, everything is zero.
    pub clear: Signal<In, Bit>,
    /// There is a job.
    pub active: Signal<In, Bit>,
    /// A beat of scalars moves.
    pub scalar_moves: Signal<In, Bit>,
    /// A beat of streamed bases moves.
    pub streamed_moves: Signal<In, Bit>,
    /// A beat of results moves.
    pub result_moves: Signal<In, Bit>,
    /// Additions that the adders take.
    pub issued: Signal<In, Bits<4>>,
    /// Digits that the lanes take.
    pub taken: Signal<In, Bits<4>>,
    /// A point waits for its bucket.
    pub held: Signal<In, Bit>,
    /// A pair or record is taken.
    pub pop: Signal<In, Bit>,
    /// Buckets are folded or emptied.
    pub sweeping: Signal<In, Bit>,
    /// Nothing to do for want of the host's data.
    pub waits_for_input: Signal<In, Bit>,
    /// Nothing to do for want of card memory's data.
    pub waits_for_memory: Signal<In, Bit>,
    /// Nothing to do for want of room for records.
    pub waits_for_output: Signal<In, Bit>,
    /// A pass begins.
    pub pass_begins: Signal<In, Bit>,
    /// Digits go to the lanes.
    pub streams: Signal<In, Bit>,
    /// The lanes bring their buckets together.
    pub drains: Signal<In, Bit>,
    /// From the end of digits to the end of the pass.
    pub sweeps: Signal<In, Bit>,
    /// A pass has ended.
    pub pass_ends: Signal<In, Bit>,
    /// With these records for the next one.
    pub records: Signal<In, Bits<32>>,
    /// Changes while the job advances.
    pub progress: Signal<Out, Bits<32>>,
    /// The completion's words.
    pub counters: Signal<Out, Bits<352>>,
    /// The statistics block.
    pub statistics: Signal<Out, Bits<512>>,

    beat_bytes: Fixed<Bits<64>>,
    cycles: Register<Bits<64>>,
    busy: Register<Bits<64>>,
    link_bytes: Register<Bits<64>>,
    stall_input: Register<Bits<32>>,
    stall_memory: Register<Bits<32>>,
    stall_collision: Register<Bits<32>>,
    stall_output: Register<Bits<32>>,
    drain: Register<Bits<32>>,
    stream_cycles: Register<Bits<64>>,
    sweep_cycles: Register<Bits<64>>,
    digits: Register<Bits<64>>,
    points: Register<Bits<64>>,
    passes: Register<Bits<64>>,
    leftover_total: Register<Bits<64>>,
    advances: Register<Bits<32>>,
    scalar_bytes: Signal<Local, Bits<64>>,
    streamed_bytes: Signal<Local, Bits<64>>,
    result_bytes: Signal<Local, Bits<64>>,
    words: wiring::Counters,
}

impl<const W: usize> Counters<W> {
    /// Counters at zero.
    pub fn new() -> Self {
        Self {
            beat_bytes: fixed(W as u64 / 8),
            ..Default::default()
        }
    }
}

impl<const W: usize> Logic for Counters<W> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            cycles,
            busy,
            link_bytes,
            stall_input,
            stall_memory,
            stall_collision,
            stall_output,
            drain,
            stream_cycles,
            sweep_cycles,
            digits,
            points,
            passes,
            leftover_total,
            advances
        );
        self.scalar_bytes.next = 0.into();
        if self.scalar_moves.val() {
            self.scalar_bytes.next = self.beat_bytes.val();
        }
        self.streamed_bytes.next = 0.into();
        if self.streamed_moves.val() {
            self.streamed_bytes.next = self.beat_bytes.val();
        }
        self.result_bytes.next = 0.into();
        if self.result_moves.val() {
            self.result_bytes.next = self.beat_bytes.val();
        }
        if self.active.val() {
            self.cycles.d.next = self.cycles.q.val() + 1;
            self.link_bytes.d.next = self.link_bytes.q.val()
                + self.scalar_bytes.val()
                + self.streamed_bytes.val()
                + self.result_bytes.val();
            self.busy.d.next = self.busy.q.val() + bit_cast::<64, 4>(self.issued.val());
            self.digits.d.next = self.digits.q.val() + bit_cast::<64, 4>(self.taken.val());
            if self.held.val() {
                self.stall_collision.d.next = self.stall_collision.q.val() + 1;
            }
            if self.issued.val().any()
                | self.scalar_moves.val()
                | self.result_moves.val()
                | self.pop.val()
                | self.sweeping.val()
            {
                self.advances.d.next = self.advances.q.val() + 1;
            }
        }
        if self.waits_for_input.val() {
            self.stall_input.d.next = self.stall_input.q.val() + 1;
        }
        if self.waits_for_memory.val() {
            self.stall_memory.d.next = self.stall_memory.q.val() + 1;
        }
        if self.waits_for_output.val() {
            self.stall_output.d.next = self.stall_output.q.val() + 1;
        }
        if self.drains.val() {
            self.drain.d.next = self.drain.q.val() + 1;
        }
        if self.streams.val() {
            self.stream_cycles.d.next = self.stream_cycles.q.val() + 1;
        }
        if self.sweeps.val() {
            self.sweep_cycles.d.next = self.sweep_cycles.q.val() + 1;
        }
        if self.pop.val() {
            self.points.d.next = self.points.q.val() + 1;
        }
        if self.pass_begins.val() {
            self.passes.d.next = self.passes.q.val() + 1;
        }
        if self.pass_ends.val() {
            self.leftover_total.d.next =
                self.leftover_total.q.val() + bit_cast::<64, 32>(self.records.val());
        }
        if self.clear.val() {
            self.cycles.d.next = 0.into();
            self.busy.d.next = 0.into();
            self.link_bytes.d.next = 0.into();
            self.stall_input.d.next = 0.into();
            self.stall_memory.d.next = 0.into();
            self.stall_collision.d.next = 0.into();
            self.stall_output.d.next = 0.into();
            self.drain.d.next = 0.into();
            self.stream_cycles.d.next = 0.into();
            self.sweep_cycles.d.next = 0.into();
            self.digits.d.next = 0.into();
            self.points.d.next = 0.into();
            self.passes.d.next = 0.into();
            self.leftover_total.d.next = 0.into();
        }
        self.words.cycles.next = self.cycles.q.val();
        self.words.busy.next = self.busy.q.val();
        self.words.link_bytes.next = self.link_bytes.q.val();
        self.words.stall_input.next = self.stall_input.q.val();
        self.words.stall_memory.next = self.stall_memory.q.val();
        self.words.stall_collision.next = self.stall_collision.q.val();
        self.words.stall_output.next = self.stall_output.q.val();
        self.words.drain.next = self.drain.q.val();
        self.words.statistic[0].word.next = self.stream_cycles.q.val();
        self.words.statistic[1].word.next = self.sweep_cycles.q.val();
        self.words.statistic[2].word.next = self.digits.q.val();
        self.words.statistic[3].word.next = self.points.q.val();
        self.words.statistic[4].word.next = self.passes.q.val();
        self.words.statistic[5].word.next = self.leftover_total.q.val();
        self.counters.next = self.words.counters.val();
        self.statistics.next = self.words.statistics.val();
        self.progress.next = self.advances.q.val();
    }
}
