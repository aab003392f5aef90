//! Jobs of the engine, from descriptor to completion.

use super::{MultiplySubtract, Operands, Parameters, Pipelines, Request};
use crate::card::socket::{JobClient, ReadClient, WriteClient};
use crate::cells::{Delay, Fifo, Fixed, Register};
use crate::ntt::text::Layout;
use gristmill_protocol::Status;
use rust_hdl_core::prelude::*;
use rust_hdl_widgets::dff_setup;

/// Binary logarithm of the beats of results that may be on their way or wait.
const RESULTS_LOG2: usize = 7;
/// Cycles of an abort, in which everything that was on its way inside comes out.
const FLUSH_CYCLES: u64 = 255;

/// What an engine is doing.
#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
pub enum Phase {
    /// Waiting for a job.
    Idle,
    /// Working out sizes.
    Measure,
    /// Comparing them with the limits.
    Check,
    /// Beats go through.
    Run,
    /// The job has ended.
    Done,
    /// After an abort: waiting until nothing is on its way.
    Flush,
}

/// The engine behind the card's socket, one job at a time. What goes wrong in a job is told at its end.
///
/// Of the completion, `busy` counts beats of results, `stall_memory` the cycles in which the next beat of an operand
/// has not come, `stall_output` those in which a beat of c has no room, and `drain` those behind the last beat.
#[derive(LogicBlock, Default)]
pub struct PointwiseEngine<const W: usize> {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Synchronous reset: drops the job like an abort.
    pub reset: Signal<In, Bit>,
    /// The job port.
    pub job: JobClient,
    /// Operands.
    pub operands: ReadClient<W>,
    /// Results.
    pub results: WriteClient<W>,
    card_error: Fixed<Bits<16>>,
    not_canonical: Fixed<Bits<16>>,
    unknown: Fixed<Bits<64>>,
    measured: Fixed<Bits<8>>,
    depth: Fixed<Bits<16>>,
    flush_cycles: Fixed<Bits<8>>,
    phase: Register<Phase>,
    patience: Register<Bits<8>>,
    wants_write: Register<Bit>,
    on_the_way: Register<Bits<16>>,
    end: Register<Bits<16>>,
    end_detail: Register<Bits<64>>,
    cycles: Register<Bits<64>>,
    busy: Register<Bits<64>>,
    stall_memory: Register<Bits<32>>,
    stall_output: Register<Bits<32>>,
    drain: Register<Bits<32>>,
    progress: Register<Bits<32>>,
    left: Register<Bits<W>>,
    right: Register<Bits<W>>,
    minus: Register<Bits<W>>,
    request: Request,
    incoming: Operands<W>,
    arithmetic: MultiplySubtract<W>,
    leaving: Delay<Bit>,
    outgoing: Fifo<Bits<W>, RESULTS_LOG2>,
    stop: Signal<Local, Bit>,
    running: Signal<Local, Bit>,
    flush: Signal<Local, Bit>,
    room: Signal<Local, Bit>,
    emerges: Signal<Local, Bit>,
    good: Signal<Local, Bit>,
}

impl<const W: usize> PointwiseEngine<W> {
    /// An engine of these parts.
    ///
    /// # Panics
    /// When the lanes do not fill the beats, or a limit of [`Parameters`] is broken.
    pub fn new(parameters: &Parameters) -> Self {
        let status = |status: Status| Fixed::new(u64::from(status.code()).into());
        let layout = Layout::new(&parameters.field, parameters.lanes);
        assert!(
            layout.width() == W && parameters.lanes <= 32 && parameters.size_log2 <= 31,
            "{} lanes of {} bits for beats of {W}, 2^{} elements",
            parameters.lanes,
            layout.word,
            parameters.size_log2
        );
        let pipelines = Pipelines::new(parameters);
        let inside = 3 + pipelines.entry.latency() + pipelines.latency();
        assert!(
            inside < 1 << RESULTS_LOG2 && inside < FLUSH_CYCLES as usize,
            "{inside} cycles of latency"
        );
        Self {
            card_error: status(Status::CardMemoryError),
            not_canonical: status(Status::NonCanonicalElement),
            unknown: Fixed::new(u64::MAX.into()),
            measured: Fixed::new(Request::CYCLES.into()),
            depth: Fixed::new((1u64 << RESULTS_LOG2).into()),
            flush_cycles: Fixed::new(FLUSH_CYCLES.into()),
            request: Request::new(parameters),
            incoming: Operands::new(parameters, &pipelines, layout),
            arithmetic: MultiplySubtract::new(&pipelines, layout),
            leaving: Delay::new(1 + pipelines.latency()),
            ..Default::default()
        }
    }
}

impl<const W: usize> Logic for PointwiseEngine<W> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            phase,
            patience,
            wants_write,
            on_the_way,
            end,
            end_detail,
            cycles,
            busy,
            stall_memory,
            stall_output,
            drain,
            progress,
            left,
            right,
            minus
        );
        clock!(
            self, clock, request, incoming, arithmetic, leaving, outgoing
        );
        self.stop.next = self.job.abort.val() | self.reset.val();
        self.running.next = false;
        self.flush.next = false;
        self.job.idle.next = false;
        self.job.done.next = false;
        self.incoming.start.next = false;

        // the job
        self.request.descriptor.next = self.job.descriptor.val();
        self.request.length.next = self.job.first_length.val();
        for i in 0..3 {
            self.incoming.address[i].next =
                self.job.first_base.val() + self.request.offset[i].val();
        }
        self.incoming.beats.next = self.request.beats.val();
        self.incoming.last_lanes.next = self.request.last_lanes.val();
        self.cycles.d.next = self.cycles.q.val() + 1;
        match self.phase.q.val() {
            Phase::Idle => {
                self.job.idle.next = true;
                self.cycles.d.next = self.cycles.q.val();
                if self.job.start.val() {
                    self.phase.d.next = Phase::Measure;
                    self.patience.d.next = 0.into();
                    self.end.d.next = 0.into();
                    self.end_detail.d.next = 0.into();
                    self.cycles.d.next = 0.into();
                    self.busy.d.next = 0.into();
                    self.stall_memory.d.next = 0.into();
                    self.stall_output.d.next = 0.into();
                    self.drain.d.next = 0.into();
                    self.on_the_way.d.next = 0.into();
                    self.progress.d.next = self.progress.q.val() + 1;
                }
            }
            Phase::Measure => {
                self.patience.d.next = self.patience.q.val() + 1;
                if self.patience.q.val() == self.measured.val() {
                    self.phase.d.next = Phase::Check;
                }
            }
            Phase::Check => {
                if self.request.refused.val() {
                    self.end.d.next = self.request.refusal.val();
                    self.end_detail.d.next = self.request.refusal_detail.val();
                    self.phase.d.next = Phase::Done;
                } else {
                    self.incoming.start.next = true;
                    self.wants_write.d.next = true;
                    self.phase.d.next = Phase::Run;
                }
            }
            Phase::Run => {
                self.running.next = true;
                if self.results.done.val() {
                    self.phase.d.next = Phase::Done;
                }
            }
            Phase::Done => {
                self.cycles.d.next = self.cycles.q.val();
                self.job.done.next = !self.stop.val();
                self.phase.d.next = Phase::Idle;
            }
            Phase::Flush => {
                self.flush.next = true;
                self.patience.d.next = self.patience.q.val() + 1;
                if self.patience.q.val() == self.flush_cycles.val() {
                    self.patience.d.next = self.patience.q.val();
                    if self.operands.idle.val() & self.results.idle.val() {
                        self.phase.d.next = Phase::Idle;
                    }
                }
            }
            _ => {}
        }

        // operands, arithmetic, results
        ReadClient::<W>::link(&mut self.operands, &mut self.incoming.memory);
        self.incoming.clear.next = self.flush.val();
        self.incoming.run.next = self.running.val();
        self.room.next = self.on_the_way.q.val() + self.outgoing.level.val() < self.depth.val();
        self.incoming.room.next = self.room.val();
        self.left.d.next = self.incoming.a.val();
        self.right.d.next = self.incoming.b.val();
        self.minus.d.next = self.incoming.c.val();
        self.arithmetic.left.next = self.left.q.val();
        self.arithmetic.right.next = self.right.q.val();
        self.arithmetic.minus.next = self.minus.q.val();
        self.leaving.d.next = self.incoming.valid.val();
        self.emerges.next = self.leaving.q.val() & self.running.val();
        if self.incoming.admitted.val() & !self.emerges.val() {
            self.on_the_way.d.next = self.on_the_way.q.val() + 1;
        }
        if self.emerges.val() & !self.incoming.admitted.val() {
            self.on_the_way.d.next = self.on_the_way.q.val() - 1;
        }
        self.outgoing.push.next = self.emerges.val();
        self.outgoing.d.next = self.arithmetic.result.val();
        self.outgoing.clear.next = self.flush.val();
        self.outgoing.pop.next = self.results.valid.val() & self.results.ready.val();
        self.results.valid.next = self.outgoing.valid.val() & self.running.val();
        self.results.data.next = self.outgoing.q.val();
        self.results.request.next = self.wants_write.q.val() & self.running.val();
        self.results.address.next = self.incoming.address[0].val();
        self.results.beats.next = self.request.beats.val();
        self.results.flush.next = self.flush.val();
        if self.results.request.val() & self.results.accepted.val() {
            self.wants_write.d.next = false;
        }

        // what goes wrong: the first of it is told
        self.good.next = self.running.val() & !self.end.q.val().any();
        if self.good.val() {
            if self.incoming.not_canonical.val() {
                self.end.d.next = self.not_canonical.val();
                self.end_detail.d.next = self.unknown.val();
            }
            if self.incoming.moves.val() & self.incoming.failed.val() {
                self.end.d.next = self.card_error.val();
                self.end_detail.d.next = self.incoming.coming.val();
            }
            if self.results.done.val() & self.results.error.val() {
                self.end.d.next = self.card_error.val();
                self.end_detail.d.next = self.incoming.address[0].val();
            }
        }

        // what is counted
        if self.running.val() {
            if self.incoming.valid.val() {
                self.busy.d.next = self.busy.q.val() + 1;
            }
            if self.incoming.left.val() & !self.operands.valid.val() {
                self.stall_memory.d.next = self.stall_memory.q.val() + 1;
            }
            if self.operands.valid.val() & !self.incoming.moves.val() {
                self.stall_output.d.next = self.stall_output.q.val() + 1;
            }
            if !self.incoming.left.val() {
                self.drain.d.next = self.drain.q.val() + 1;
            }
            if self.incoming.moves.val() | self.outgoing.pop.val() {
                self.progress.d.next = self.progress.q.val() + 1;
            }
        }

        if self.stop.val() & !self.job.idle.val() & !self.flush.val() {
            self.patience.d.next = 0.into();
            self.phase.d.next = Phase::Flush;
        }
        self.job.status.next = self.end.q.val();
        self.job.detail.next = self.end_detail.q.val();
        self.job.progress.next = self.progress.q.val();
        self.job.counters.next = bit_cast::<352, 64>(self.cycles.q.val())
            | (bit_cast::<352, 64>(self.busy.q.val()) << 64)
            | (bit_cast::<352, 32>(self.stall_memory.q.val()) << 224)
            | (bit_cast::<352, 32>(self.stall_output.q.val()) << 288)
            | (bit_cast::<352, 32>(self.drain.q.val()) << 320);
    }
}
