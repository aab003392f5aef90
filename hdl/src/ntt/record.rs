//! What the engine knows of one of its jobs: how it is doing, and what it has cost.

use super::tile::JOB_BITS;
use crate::card::socket::JobClient;
use crate::cells::{Fixed, Register};
use gristmill_protocol::Status;
use rust_hdl_core::prelude::*;
use rust_hdl_widgets::dff_setup;

/// What happens in the engine in a cycle, and to the job on which port.
#[derive(Copy, Clone, PartialEq, Debug, Default, LogicStruct)]
pub struct Events {
    /// Port of the tile that the feeder has.
    pub feeding: Bits<JOB_BITS>,
    /// The feeder has one.
    pub present: Bit,
    /// Its pass.
    pub pass: Bits<2>,
    /// A beat of it enters the pipeline.
    pub fed: Bit,
    /// It waits for the pipeline to empty.
    pub emptying: Bit,
    /// It waits for space among the stores.
    pub blocked: Bit,
    /// A beat has been read for the job of `loading`.
    pub read: Bit,
    /// See `read`.
    pub loading: Bits<JOB_BITS>,
    /// With `read`: memory answered it with an error.
    pub read_failed: Bit,
    /// A beat of a table set has been read for the job of `tabling`.
    pub table_read: Bit,
    /// See `table_read`.
    pub tabling: Bits<JOB_BITS>,
    /// A beat has been written for the job of `storing`.
    pub written: Bit,
    /// See `written`.
    pub storing: Bits<JOB_BITS>,
    /// Memory answered a write of that job with an error.
    pub write_failed: Bit,
    /// The job of `storing` is in memory.
    pub stored: Bit,
    /// An element of the job of `checking` is not below the modulus.
    pub not_canonical: Bit,
    /// See `not_canonical`.
    pub checking: Bits<JOB_BITS>,
}

/// The record of the job on one port: status, counters, statistics. A job is done when it is in memory, or
/// refused, and its statistics, if wanted, are with the host.
///
/// Of its completion, `busy` counts beats into the pipeline, `stall_memory` the cycles in which its next beat has not
/// come, `stall_collision` those in which the pipeline has to become empty first, `stall_output` those without room
/// for what leaves the pipeline, and `drain` those behind its last beat.
#[derive(LogicBlock, Default)]
pub struct JobRecord {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Level: forget the job.
    pub clear: Signal<In, Bit>,
    /// The port.
    pub job: JobClient,
    /// The engine is at rest but for its jobs.
    pub calm: Signal<In, Bit>,
    /// What happens.
    pub events: Signal<In, Events>,
    /// Tables that the job uses were read with an error.
    pub tables_failed: Signal<In, Bit>,
    /// One cycle: the job is refused.
    pub refuse: Signal<In, Bit>,
    /// With `refuse`: how it ends.
    pub refuse_status: Signal<In, Bits<16>>,
    /// With `refuse`: detail.
    pub refuse_detail: Signal<In, Bits<64>>,
    /// The engine's progress.
    pub progress: Signal<In, Bits<32>>,
    /// There is a job.
    pub active: Signal<Out, Bit>,
    /// One cycle: it is in memory.
    pub leaves: Signal<Out, Bit>,
    /// Its statistics are to be written; until `statistics_done`.
    pub wants_statistics: Signal<Out, Bit>,
    /// One cycle: they are.
    pub statistics_done: Signal<In, Bit>,
    /// With `statistics_done`: host memory answered with an error.
    pub statistics_failed: Signal<In, Bit>,
    /// The statistics block.
    pub statistics: Signal<Out, Bits<512>>,
    number: Fixed<Bits<JOB_BITS>>,
    beat_bytes: Fixed<Bits<64>>,
    card_error: Fixed<Bits<16>>,
    host_error: Fixed<Bits<16>>,
    not_canonical: Fixed<Bits<16>>,
    unknown: Fixed<Bits<64>>,
    running: Register<Bit>,
    ending: Register<Bit>,
    ended: Register<Bit>,
    status: Register<Bits<16>>,
    detail: Register<Bits<64>>,
    cycles: Register<Bits<64>>,
    busy: Register<Bits<64>>,
    link_bytes: Register<Bits<64>>,
    stall_memory: Register<Bits<32>>,
    stall_empty: Register<Bits<32>>,
    stall_output: Register<Bits<32>>,
    drain: Register<Bits<32>>,
    span: Register<Bits<32>>,
    span_pass: Register<Bits<2>>,
    feed_cycles: [Register<Bits<32>>; 4],
    feed_beats: [Register<Bits<32>>; 4],
    read_bytes: Register<Bits<64>>,
    written_bytes: Register<Bits<64>>,
    empty_cycles: Register<Bits<64>>,
    fed: Signal<Local, Bit>,
    feeding: Signal<Local, Bit>,
    storing: Signal<Local, Bit>,
    failing: Signal<Local, Bit>,
    read_now: Signal<Local, Bits<64>>,
    table_now: Signal<Local, Bits<64>>,
    new_span: Signal<Local, Bits<32>>,
    _halves: usize,
}

impl JobRecord {
    /// The record of this port, of an engine whose beats have `width` bits; `half`: the pipeline takes each in two.
    pub fn new(port: usize, width: usize, half: bool) -> Self {
        let status = |status: Status| Fixed::new(u64::from(status.code()).into());
        Self {
            number: Fixed::new((port as u64).into()),
            beat_bytes: Fixed::new((width as u64 / 8).into()),
            card_error: status(Status::CardMemoryError),
            host_error: status(Status::HostMemoryError),
            not_canonical: status(Status::NonCanonicalElement),
            unknown: Fixed::new(u64::MAX.into()),
            _halves: usize::from(half),
            ..Default::default()
        }
    }
}

impl Logic for JobRecord {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            running,
            ending,
            ended,
            status,
            detail,
            cycles,
            busy,
            link_bytes,
            stall_memory,
            stall_empty,
            stall_output,
            drain,
            span,
            span_pass,
            read_bytes,
            written_bytes,
            empty_cycles
        );
        for i in 0..4 {
            self.feed_cycles[i].clock.next = self.clock.val();
            self.feed_cycles[i].d.next = self.feed_cycles[i].q.val();
            self.feed_beats[i].clock.next = self.clock.val();
            self.feed_beats[i].d.next = self.feed_beats[i].q.val();
        }
        self.active.next = self.running.q.val() | self.ending.q.val() | self.ended.q.val();
        self.job.idle.next =
            self.calm.val() & !self.running.q.val() & !self.ending.q.val() & !self.ended.q.val();
        self.cycles.d.next = self.cycles.q.val() + 1;

        // feeding
        self.feeding.next =
            self.events.val().present & (self.events.val().feeding == self.number.val());
        self.fed.next = self.feeding.val() & self.events.val().fed;
        self.drain.d.next = self.drain.q.val() + 1;
        self.new_span.next = self.span.q.val() + 1;
        if self.span_pass.q.val() != self.events.val().pass {
            self.new_span.next = 1.into();
        }
        if !self.busy.q.val().any() {
            self.new_span.next = 1.into();
        }
        self.span.d.next = self.span.q.val() + 1;
        if self.fed.val() {
            self.busy.d.next = self.busy.q.val() + 1;
            self.drain.d.next = 0.into();
            self.span.d.next = self.new_span.val();
            self.span_pass.d.next = self.events.val().pass;
            for i in 0..4 {
                if self.events.val().pass == i.to_bits() {
                    self.feed_beats[i].d.next = self.feed_beats[i].q.val() + 1;
                    self.feed_cycles[i].d.next = self.new_span.val();
                    for _half in 0..self._halves {
                        self.feed_beats[i].d.next = self.feed_beats[i].q.val() + 2;
                        self.feed_cycles[i].d.next = self.new_span.val() + 1;
                    }
                }
            }
            for _half in 0..self._halves {
                self.busy.d.next = self.busy.q.val() + 2;
            }
        }
        if self.feeding.val() {
            if self.events.val().emptying {
                self.stall_empty.d.next = self.stall_empty.q.val() + 1;
                self.empty_cycles.d.next = self.empty_cycles.q.val() + 1;
            } else if self.events.val().blocked {
                self.stall_output.d.next = self.stall_output.q.val() + 1;
            } else if !self.events.val().fed {
                self.stall_memory.d.next = self.stall_memory.q.val() + 1;
            }
        }

        // bytes
        self.read_now.next = 0.into();
        if self.events.val().read & (self.events.val().loading == self.number.val()) {
            self.read_now.next = self.beat_bytes.val();
        }
        self.table_now.next = 0.into();
        if self.events.val().table_read & (self.events.val().tabling == self.number.val()) {
            self.table_now.next = self.beat_bytes.val();
        }
        self.read_bytes.d.next =
            self.read_bytes.q.val() + self.read_now.val() + self.table_now.val();
        self.storing.next = self.events.val().storing == self.number.val();
        if self.events.val().written & self.storing.val() {
            self.written_bytes.d.next = self.written_bytes.q.val() + self.beat_bytes.val();
        }

        // what goes wrong does not stop a job: its output then means nothing
        self.failing.next = !self.status.q.val().any() & self.running.q.val();
        if self.failing.val() {
            if self.events.val().not_canonical & (self.events.val().checking == self.number.val()) {
                self.status.d.next = self.not_canonical.val();
                self.detail.d.next = self.unknown.val();
            }
            if (self.events.val().read
                & self.events.val().read_failed
                & (self.events.val().loading == self.number.val()))
                | (self.events.val().write_failed & self.storing.val())
            {
                self.status.d.next = self.card_error.val();
                self.detail.d.next = self.job.first_base.val();
            }
        }

        // the end
        self.leaves.next = self.running.q.val() & self.events.val().stored & self.storing.val();
        if self.leaves.val() {
            self.running.d.next = false;
            self.ending.d.next = true;
            if self.tables_failed.val() & self.failing.val() {
                self.status.d.next = self.card_error.val();
                self.detail.d.next = self.job.second_base.val();
            }
        }
        if self.refuse.val() {
            self.running.d.next = false;
            self.ended.d.next = true;
            self.status.d.next = self.refuse_status.val();
            self.detail.d.next = self.refuse_detail.val();
        }
        self.wants_statistics.next = self.ending.q.val()
            & !self.status.q.val().any()
            & self.job.descriptor.val().get_bits::<64>(64).any();
        if self.ending.q.val() {
            self.cycles.d.next = self.cycles.q.val();
            self.drain.d.next = self.drain.q.val();
            if !self.wants_statistics.val() {
                self.ending.d.next = false;
                self.ended.d.next = true;
            }
        }
        if self.statistics_done.val() {
            self.ending.d.next = false;
            self.ended.d.next = true;
            self.link_bytes.d.next = 64.into();
            if self.statistics_failed.val() {
                self.status.d.next = self.host_error.val();
                self.detail.d.next = self.job.descriptor.val().get_bits::<64>(64);
            }
        }
        self.job.done.next = self.ended.q.val() & !self.clear.val();
        if self.ended.q.val() {
            self.cycles.d.next = self.cycles.q.val();
            self.drain.d.next = self.drain.q.val();
            self.ended.d.next = false;
        }
        if !self.running.q.val() {
            self.cycles.d.next = self.cycles.q.val();
            self.drain.d.next = self.drain.q.val();
        }
        if self.job.start.val() {
            self.running.d.next = true;
            self.status.d.next = 0.into();
            self.detail.d.next = 0.into();
            self.cycles.d.next = 0.into();
            self.busy.d.next = 0.into();
            self.link_bytes.d.next = 0.into();
            self.stall_memory.d.next = 0.into();
            self.stall_empty.d.next = 0.into();
            self.stall_output.d.next = 0.into();
            self.drain.d.next = 0.into();
            self.span.d.next = 0.into();
            self.span_pass.d.next = 0.into();
            self.read_bytes.d.next = 0.into();
            self.written_bytes.d.next = 0.into();
            self.empty_cycles.d.next = 0.into();
            for i in 0..4 {
                self.feed_cycles[i].d.next = 0.into();
                self.feed_beats[i].d.next = 0.into();
            }
        }
        if self.clear.val() {
            self.running.d.next = false;
            self.ending.d.next = false;
            self.ended.d.next = false;
        }

        self.job.status.next = self.status.q.val();
        self.job.detail.next = self.detail.q.val();
        self.job.progress.next = self.progress.val();
        self.job.counters.next = bit_cast::<352, 64>(self.cycles.q.val())
            | (bit_cast::<352, 64>(self.busy.q.val()) << 64)
            | (bit_cast::<352, 64>(self.link_bytes.q.val()) << 128)
            | (bit_cast::<352, 32>(self.stall_memory.q.val()) << 224)
            | (bit_cast::<352, 32>(self.stall_empty.q.val()) << 256)
            | (bit_cast::<352, 32>(self.stall_output.q.val()) << 288)
            | (bit_cast::<352, 32>(self.drain.q.val()) << 320);
        self.statistics.next = bit_cast::<512, 32>(self.feed_cycles[0].q.val())
            | (bit_cast::<512, 32>(self.feed_beats[0].q.val()) << 32)
            | (bit_cast::<512, 32>(self.feed_cycles[1].q.val()) << 64)
            | (bit_cast::<512, 32>(self.feed_beats[1].q.val()) << 96)
            | (bit_cast::<512, 32>(self.feed_cycles[2].q.val()) << 128)
            | (bit_cast::<512, 32>(self.feed_beats[2].q.val()) << 160)
            | (bit_cast::<512, 32>(self.feed_cycles[3].q.val()) << 192)
            | (bit_cast::<512, 32>(self.feed_beats[3].q.val()) << 224)
            | (bit_cast::<512, 64>(self.read_bytes.q.val()) << 256)
            | (bit_cast::<512, 64>(self.written_bytes.q.val()) << 320)
            | (bit_cast::<512, 64>(self.empty_cycles.q.val()) << 384);
    }
}
