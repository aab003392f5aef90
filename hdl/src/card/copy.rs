//! The core's own engine: copies between the memories, and changes of the region table.

use super::config::CoreConfig;
use super::copy_checks::CopyChecks;
use super::socket::{JobClient, ReadClient, WriteClient};
use crate::cells::{Fixed, Register};
use gristmill_protocol::Status;
use rust_hdl_core::prelude::*;
use rust_hdl_widgets::dff_setup;

/// What the engine is doing.
#[derive(Copy, Clone, PartialEq, Debug, LogicState)]
pub enum CopyState {
    /// No job.
    Idle,
    /// The checks are computing.
    Measure,
    /// They have a verdict.
    Judge,
    /// Forgetting the region that is to change.
    Invalidate,
    /// Asking for the source and the destination.
    Request,
    /// Beats are moving, or their responses are awaited.
    Move,
    /// Defining the region.
    Define,
    /// Telling the end.
    Done,
}

/// Serves `CopyToCard`, `CopyFromCard`, `RegionSet` and `RegionClear`, as one engine among others.
///
/// A copy streams from one read port to one write port, a beat a cycle. A wipe writes zeros before the
/// region becomes valid. A read error does not stop a copy: it ends with the status and the address of
/// the first such beat, a write error with the first address of the destination. `counters` hold cycles
/// and, for a copy, its bytes as link bytes.
#[derive(LogicBlock, Default)]
pub struct CopyEngine<const W: usize> {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Forget everything; the ports are flushed by whoever resets.
    pub reset: Signal<In, Bit>,
    /// The jobs.
    pub job: JobClient,
    /// One cycle: define region `index`.
    pub region_set: Signal<Out, Bit>,
    /// One cycle: forget region `index`.
    pub region_clear: Signal<Out, Bit>,
    /// Index of the region to change.
    pub index: Signal<Out, Bits<16>>,
    /// There is such an index.
    pub index_valid: Signal<In, Bit>,
    /// Its base.
    pub region_base: Signal<Out, Bits<64>>,
    /// Its length.
    pub region_length: Signal<Out, Bits<64>>,
    /// Its domain.
    pub region_domain: Signal<Out, Bits<8>>,
    /// The generation it will have.
    pub next_generation: Signal<In, Bits<32>>,
    /// One cycle: a change is refused, or its region is no longer valid.
    pub settled: Signal<Out, Bit>,
    /// Host memory.
    pub host_read: ReadClient<W>,
    /// Host memory.
    pub host_write: WriteClient<W>,
    /// Card memory.
    pub memory_read: ReadClient<W>,
    /// Card memory.
    pub memory_write: WriteClient<W>,
    beat_log2: Fixed<Bits<8>>,
    beat_bytes: Fixed<Bits<64>>,
    host_error: Fixed<Bits<16>>,
    memory_error: Fixed<Bits<16>>,
    checks: CopyChecks,
    state: Register<CopyState>,
    status: Register<Bits<16>>,
    detail: Register<Bits<64>>,
    cycles: Register<Bits<64>>,
    link_bytes: Register<Bits<64>>,
    moved: Register<Bits<32>>,
    read_place: Register<Bits<64>>,
    read_asked: Register<Bit>,
    write_asked: Register<Bit>,
    requesting: Signal<Local, Bit>,
    moving: Signal<Local, Bit>,
    reading: Signal<Local, Bit>,
    read_accepted: Signal<Local, Bit>,
    write_accepted: Signal<Local, Bit>,
    beat_read: Signal<Local, Bit>,
    read_error: Signal<Local, Bit>,
    done: Signal<Local, Bit>,
    write_error: Signal<Local, Bit>,
    beats: Signal<Local, Bits<32>>,
}

impl<const W: usize> CopyEngine<W> {
    /// The engine of a card with this configuration.
    pub fn new(config: &CoreConfig) -> Self {
        Self {
            beat_log2: Fixed::new((W / 8).ilog2().to_bits()),
            beat_bytes: Fixed::new((W / 8).to_bits()),
            host_error: Fixed::new(Status::HostMemoryError.code().to_bits()),
            memory_error: Fixed::new(Status::CardMemoryError.code().to_bits()),
            checks: CopyChecks::new(config),
            ..Default::default()
        }
    }
}

impl<const W: usize> Logic for CopyEngine<W> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            state,
            status,
            detail,
            cycles,
            link_bytes,
            moved,
            read_place,
            read_asked,
            write_asked
        );
        clock!(self, clock, checks);
        self.checks.descriptor.next = self.job.descriptor.val();
        self.checks.region_base.next = self.job.first_base.val();
        self.checks.region_length.next = self.job.first_length.val();
        self.checks.index_valid.next = self.index_valid.val();

        // the ports
        self.requesting.next = self.state.q.val() == CopyState::Request;
        self.moving.next = self.state.q.val() == CopyState::Move;
        self.reading.next = self.checks.to_card.val() | self.checks.from_card.val();
        self.beats.next = self
            .checks
            .length
            .val()
            .get_bits::<32>(self.beat_log2.val().index());
        self.host_read.request.next =
            self.requesting.val() & self.checks.to_card.val() & !self.read_asked.q.val();
        self.host_read.address.next = self.checks.host.val();
        self.host_read.beats.next = self.beats.val();
        self.host_read.ready.next =
            self.moving.val() & self.checks.to_card.val() & self.memory_write.ready.val();
        self.host_read.flush.next = false;
        self.memory_read.request.next =
            self.requesting.val() & self.checks.from_card.val() & !self.read_asked.q.val();
        self.memory_read.address.next = self.checks.card.val();
        self.memory_read.beats.next = self.beats.val();
        self.memory_read.ready.next =
            self.moving.val() & self.checks.from_card.val() & self.host_write.ready.val();
        self.memory_read.flush.next = false;
        self.host_write.request.next =
            self.requesting.val() & self.checks.from_card.val() & !self.write_asked.q.val();
        self.host_write.address.next = self.checks.host.val();
        self.host_write.beats.next = self.beats.val();
        self.host_write.valid.next =
            self.moving.val() & self.checks.from_card.val() & self.memory_read.valid.val();
        self.host_write.data.next = self.memory_read.data.val();
        self.host_write.flush.next = false;
        self.memory_write.request.next =
            self.requesting.val() & !self.checks.from_card.val() & !self.write_asked.q.val();
        self.memory_write.address.next = self.checks.card.val();
        self.memory_write.beats.next = self.beats.val();
        self.memory_write.valid.next = self.moving.val()
            & !self.checks.from_card.val()
            & (self.host_read.valid.val() | self.checks.set.val());
        self.memory_write.data.next = 0.into();
        if self.checks.to_card.val() {
            self.memory_write.data.next = self.host_read.data.val();
        }
        self.memory_write.flush.next = false;

        // what they say
        self.read_accepted.next = self.host_read.accepted.val() | self.memory_read.accepted.val();
        self.write_accepted.next =
            self.host_write.accepted.val() | self.memory_write.accepted.val();
        self.beat_read.next = self.moving.val()
            & ((self.checks.to_card.val()
                & self.host_read.valid.val()
                & self.memory_write.ready.val())
                | (self.checks.from_card.val()
                    & self.memory_read.valid.val()
                    & self.host_write.ready.val()));
        self.read_error.next = self.memory_read.error.val();
        self.done.next = self.memory_write.done.val();
        self.write_error.next = self.memory_write.error.val();
        if self.checks.to_card.val() {
            self.read_error.next = self.host_read.error.val();
        }
        if self.checks.from_card.val() {
            self.done.next = self.host_write.done.val();
            self.write_error.next = self.host_write.error.val();
        }

        // the job
        self.cycles.d.next = self.cycles.q.val() + 1;
        self.region_set.next = false;
        self.region_clear.next = false;
        self.settled.next = false;
        self.job.done.next = false;
        self.job.idle.next = false;
        match self.state.q.val() {
            CopyState::Idle => {
                self.job.idle.next = true;
                self.cycles.d.next = self.cycles.q.val();
                self.read_asked.d.next = false;
                self.write_asked.d.next = false;
                if self.job.start.val() {
                    self.state.d.next = CopyState::Measure;
                    self.cycles.d.next = 0.into();
                    self.link_bytes.d.next = 0.into();
                    self.moved.d.next = 0.into();
                }
            }
            CopyState::Measure => {
                self.state.d.next = CopyState::Judge;
            }
            CopyState::Judge => {
                self.status.d.next = self.checks.status.val();
                self.detail.d.next = self.checks.detail.val();
                self.read_place.d.next = self.checks.card.val();
                if self.checks.to_card.val() {
                    self.read_place.d.next = self.checks.host.val();
                }
                self.state.d.next = CopyState::Invalidate;
                if self.reading.val() {
                    self.state.d.next = CopyState::Request;
                }
                if self.checks.status.val().any() {
                    self.state.d.next = CopyState::Done;
                    self.settled.next = true;
                }
            }
            CopyState::Invalidate => {
                self.region_clear.next = true;
                self.settled.next = true;
                self.state.d.next = CopyState::Done;
                if self.checks.set.val() {
                    self.state.d.next = CopyState::Define;
                }
                if self.checks.wipe.val() {
                    self.state.d.next = CopyState::Request;
                }
            }
            CopyState::Request => {
                if self.reading.val() {
                    self.link_bytes.d.next = self.checks.length.val();
                }
                if self.read_accepted.val() {
                    self.read_asked.d.next = true;
                }
                if self.write_accepted.val() {
                    self.write_asked.d.next = true;
                }
                if self.write_asked.q.val() & (self.read_asked.q.val() | !self.reading.val()) {
                    self.state.d.next = CopyState::Move;
                }
            }
            CopyState::Move => {
                if self.beat_read.val() {
                    self.moved.d.next = self.moved.q.val() + 1;
                    self.read_place.d.next = self.read_place.q.val() + self.beat_bytes.val();
                }
                if self.beat_read.val() & self.read_error.val() & !self.status.q.val().any() {
                    self.detail.d.next = self.read_place.q.val();
                    self.status.d.next = self.memory_error.val();
                    if self.checks.to_card.val() {
                        self.status.d.next = self.host_error.val();
                    }
                }
                if self.done.val() {
                    self.state.d.next = CopyState::Done;
                    if self.checks.set.val() {
                        self.state.d.next = CopyState::Define;
                    }
                    if self.write_error.val() {
                        self.state.d.next = CopyState::Done;
                    }
                }
                if self.done.val() & self.write_error.val() & !self.status.q.val().any() {
                    self.detail.d.next = self.checks.card.val();
                    self.status.d.next = self.memory_error.val();
                    if self.checks.from_card.val() {
                        self.detail.d.next = self.checks.host.val();
                        self.status.d.next = self.host_error.val();
                    }
                }
            }
            CopyState::Define => {
                self.region_set.next = true;
                self.detail.d.next = bit_cast::<64, 32>(self.next_generation.val());
                self.state.d.next = CopyState::Done;
            }
            CopyState::Done => {
                self.job.done.next = true;
                self.state.d.next = CopyState::Idle;
            }
        }
        self.index.next = self.checks.index.val();
        self.region_base.next = self.checks.card.val();
        self.region_length.next = self.checks.length.val();
        self.region_domain.next = self.job.descriptor.val().get_bits::<8>(152);

        self.job.status.next = self.status.q.val();
        self.job.detail.next = self.detail.q.val();
        self.job.counters.next = (bit_cast::<352, 64>(self.link_bytes.q.val()) << 128)
            | bit_cast::<352, 64>(self.cycles.q.val());
        self.job.progress.next = self.moved.q.val();

        if self.reset.val() | self.job.abort.val() {
            self.state.d.next = CopyState::Idle;
        }
    }
}
