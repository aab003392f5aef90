//! The course of a job: its phases, and how it ends.

use super::status;
use crate::cells::{Fixed, Register};
use gristmill_protocol::Status;
use rust_hdl_core::prelude::*;
use rust_hdl_widgets::dff_setup;

/// What an engine is doing.
#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
pub enum Phase {
    /// Waiting for a job.
    Idle,
    /// Working out sizes: sixteen steps.
    Measure,
    /// Comparing them with the limits.
    Check,
    /// A pass begins.
    Begin,
    /// Asking for the pass's input.
    Request,
    /// Digits go to the lanes.
    Stream,
    /// The lanes bring their buckets together.
    Drain,
    /// The buckets are folded.
    Sweep,
    /// The results are written.
    Results,
    /// The statistics block is written.
    Statistics,
    /// The job has ended.
    Done,
    /// After a failure or an abort: waiting until nothing is on its way.
    Flush,
    /// After a failure or an abort: emptying the buckets.
    Scrub,
    /// The buckets are being emptied.
    Scrubbing,
}

/// Takes a job through its phases.
#[derive(LogicBlock, Default)]
pub struct Control {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// One cycle: a job starts.
    pub start: Signal<In, Bit>,
    /// Level: drop the job.
    pub stop: Signal<In, Bit>,
    /// The sizes are worked out in this cycle.
    pub measured: Signal<In, Bit>,
    /// The job is refused.
    pub refused: Signal<In, Bit>,
    /// With this status.
    pub refusal: Signal<In, Bits<16>>,
    /// And this detail.
    pub refusal_detail: Signal<In, Bits<64>>,
    /// Something goes wrong; looked at while `working`.
    pub fault: Signal<In, Bit>,
    /// With this status.
    pub fault_status: Signal<In, Bits<16>>,
    /// And this detail.
    pub fault_detail: Signal<In, Bits<64>>,
    /// Windows a pass.
    pub windows: Signal<In, Bits<8>>,
    /// Where the results of the first pass go.
    pub result_base: Signal<In, Bits<64>>,
    /// Bytes of the results of a pass.
    pub result_bytes: Signal<In, Bits<64>>,
    /// A statistics block is wanted.
    pub wants_statistics: Signal<In, Bit>,
    /// The pass's input has been asked for.
    pub asked: Signal<In, Bit>,
    /// There is more input to come.
    pub input_left: Signal<In, Bit>,
    /// Bases or scalars are what is waited for, and they are in card memory.
    pub starved_of_resident: Signal<In, Bit>,
    /// A magnitude is being cut.
    pub recoder_busy: Signal<In, Bit>,
    /// There is room for records.
    pub writer_room: Signal<In, Bit>,
    /// All records are written.
    pub writer_idle: Signal<In, Bit>,
    /// There are records for another pass.
    pub leaves_records: Signal<In, Bit>,
    /// Nothing is on its way in the lanes.
    pub lanes_quiet: Signal<In, Bit>,
    /// No buckets are being folded or emptied.
    pub lanes_idle: Signal<In, Bit>,
    /// What was to be written to the host is.
    pub output_done: Signal<In, Bit>,
    /// Nothing is on its way to or from memory.
    pub ports_idle: Signal<In, Bit>,

    /// There is no job.
    pub idle: Signal<Out, Bit>,
    /// One cycle: a job is taken.
    pub load: Signal<Out, Bit>,
    /// Level: work out sizes.
    pub measure: Signal<Out, Bit>,
    /// A pass is under way.
    pub working: Signal<Out, Bit>,
    /// One cycle: a pass begins.
    pub pass_begins: Signal<Out, Bit>,
    /// It is not the first one.
    pub later: Signal<Out, Bit>,
    /// No more records come in this pass.
    pub finish_records: Signal<Out, Bit>,
    /// One cycle: fold the buckets.
    pub sweep_start: Signal<Out, Bit>,
    /// One cycle: empty the buckets.
    pub scrub_start: Signal<Out, Bit>,
    /// One cycle: write the results.
    pub write_results: Signal<Out, Bit>,
    /// The results are being written.
    pub reading_results: Signal<Out, Bit>,
    /// One cycle: write the statistics block.
    pub write_statistics: Signal<Out, Bit>,
    /// The statistics block is being written.
    pub in_statistics: Signal<Out, Bit>,
    /// A pass has ended.
    pub pass_ends: Signal<Out, Bit>,
    /// Level: forget everything.
    pub flush: Signal<Out, Bit>,
    /// Where the results of this pass go.
    pub result_address: Signal<Out, Bits<64>>,
    /// One cycle: the job has ended.
    pub done: Signal<Out, Bit>,
    /// Its status.
    pub status: Signal<Out, Bits<16>>,
    /// Its detail.
    pub detail: Signal<Out, Bits<64>>,
    /// For the counters: the pass asks or streams.
    pub streams: Signal<Out, Bit>,
    /// For the counters: the lanes drain.
    pub drains: Signal<Out, Bit>,
    /// For the counters: from the end of digits to the end of the pass.
    pub sweeps: Signal<Out, Bit>,
    /// For the counters: nothing to do for want of the host's data.
    pub waits_for_input: Signal<Out, Bit>,
    /// For the counters: nothing to do for want of card memory's data.
    pub waits_for_memory: Signal<Out, Bit>,
    /// For the counters: nothing to do for want of room for records.
    pub waits_for_output: Signal<Out, Bit>,

    success: Fixed<Bits<16>>,
    phase: Register<Phase>,
    end: Register<Bits<16>>,
    end_detail: Register<Bits<64>>,
    aborted: Register<Bit>,
    not_first: Register<Bit>,
    next_results: Register<Bits<64>>,
    windows_written: Register<Bits<64>>,
    patience: Register<Bits<4>>,
    windows_total: Signal<Local, Bits<64>>,
}

impl Control {
    /// A control without a job.
    pub fn new() -> Self {
        Self {
            success: status(Status::Success),
            ..Default::default()
        }
    }
}

impl Logic for Control {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            phase,
            end,
            end_detail,
            aborted,
            not_first,
            next_results,
            windows_written,
            patience
        );
        self.idle.next = false;
        self.load.next = false;
        self.measure.next = false;
        self.working.next = true;
        self.pass_begins.next = false;
        self.finish_records.next = false;
        self.sweep_start.next = false;
        self.scrub_start.next = false;
        self.write_results.next = false;
        self.reading_results.next = false;
        self.write_statistics.next = false;
        self.in_statistics.next = false;
        self.pass_ends.next = false;
        self.flush.next = false;
        self.done.next = false;
        self.streams.next = false;
        self.drains.next = false;
        self.sweeps.next = false;
        self.waits_for_input.next = false;
        self.waits_for_memory.next = false;
        self.waits_for_output.next = false;
        self.windows_total.next =
            self.windows_written.q.val() + bit_cast::<64, 8>(self.windows.val());

        match self.phase.q.val() {
            Phase::Idle => {
                self.idle.next = true;
                self.working.next = false;
                if self.start.val() {
                    self.load.next = true;
                    self.phase.d.next = Phase::Measure;
                    self.end.d.next = self.success.val();
                    self.end_detail.d.next = 0.into();
                    self.aborted.d.next = false;
                    self.not_first.d.next = false;
                    self.next_results.d.next = self.result_base.val();
                    self.windows_written.d.next = 0.into();
                }
            }
            Phase::Measure => {
                self.working.next = false;
                self.measure.next = true;
                if self.measured.val() {
                    self.phase.d.next = Phase::Check;
                }
            }
            Phase::Check => {
                self.working.next = false;
                self.phase.d.next = Phase::Begin;
                if self.refused.val() {
                    self.end.d.next = self.refusal.val();
                    self.end_detail.d.next = self.refusal_detail.val();
                    self.phase.d.next = Phase::Done;
                }
            }
            Phase::Begin => {
                // lanes, input and writer still tell what went wrong in the job before
                self.working.next = false;
                self.pass_begins.next = true;
                self.phase.d.next = Phase::Request;
            }
            Phase::Request => {
                self.streams.next = true;
                if self.asked.val() {
                    self.phase.d.next = Phase::Stream;
                }
            }
            Phase::Stream => {
                self.streams.next = true;
                if !self.recoder_busy.val() {
                    if self.not_first.q.val() | self.starved_of_resident.val() {
                        self.waits_for_memory.next = true;
                    } else {
                        self.waits_for_input.next = true;
                    }
                } else if !self.writer_room.val() {
                    self.waits_for_output.next = true;
                }
                if !self.input_left.val() & !self.recoder_busy.val() {
                    self.phase.d.next = Phase::Drain;
                }
            }
            Phase::Drain => {
                self.drains.next = true;
                self.sweeps.next = true;
                self.finish_records.next = true;
                if self.lanes_quiet.val() & self.writer_idle.val() {
                    self.sweep_start.next = true;
                    self.phase.d.next = Phase::Sweep;
                }
            }
            Phase::Sweep => {
                self.sweeps.next = true;
                if self.lanes_idle.val() {
                    self.write_results.next = true;
                    self.phase.d.next = Phase::Results;
                }
            }
            Phase::Results => {
                self.sweeps.next = true;
                self.reading_results.next = true;
                if self.output_done.val() {
                    self.pass_ends.next = true;
                    self.next_results.d.next = self.next_results.q.val() + self.result_bytes.val();
                    self.windows_written.d.next = self.windows_total.val();
                    self.not_first.d.next = true;
                    if self.leaves_records.val() {
                        self.phase.d.next = Phase::Begin;
                    } else if self.wants_statistics.val() {
                        self.write_statistics.next = true;
                        self.phase.d.next = Phase::Statistics;
                    } else {
                        self.end_detail.d.next = self.windows_total.val();
                        self.phase.d.next = Phase::Done;
                    }
                }
            }
            Phase::Statistics => {
                self.in_statistics.next = true;
                if self.output_done.val() {
                    self.end_detail.d.next = self.windows_written.q.val();
                    self.phase.d.next = Phase::Done;
                }
            }
            Phase::Done => {
                self.working.next = false;
                self.done.next = !self.aborted.q.val();
                self.phase.d.next = Phase::Idle;
            }
            Phase::Flush => {
                self.working.next = false;
                self.flush.next = true;
                if self.patience.q.val() != 15 {
                    self.patience.d.next = self.patience.q.val() + 1;
                } else if self.ports_idle.val() & self.lanes_quiet.val() {
                    self.phase.d.next = Phase::Scrub;
                }
            }
            Phase::Scrub => {
                self.working.next = false;
                self.scrub_start.next = true;
                self.phase.d.next = Phase::Scrubbing;
            }
            Phase::Scrubbing => {
                self.working.next = false;
                if self.lanes_idle.val() {
                    self.phase.d.next = Phase::Done;
                }
            }
            _ => {}
        }

        if self.stop.val() & !self.idle.val() {
            self.aborted.d.next = true;
        }
        if self.working.val() & self.fault.val() {
            self.end.d.next = self.fault_status.val();
            self.end_detail.d.next = self.fault_detail.val();
        }
        if self.working.val() & (self.fault.val() | self.stop.val()) {
            self.patience.d.next = 0.into();
            self.phase.d.next = Phase::Flush;
        }
        self.later.next = self.not_first.q.val();
        self.result_address.next = self.next_results.q.val();
        self.status.next = self.end.q.val();
        self.detail.next = self.end_detail.q.val();
    }
}
