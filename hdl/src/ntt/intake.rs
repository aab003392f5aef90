//! Jobs on their way in: one after the other, with the tables that they need.

use super::order::Geometry;
use super::tile::{JOB_BITS, Job};
use super::{DescriptorChecks, Parameters, SetTag, TableSets};
use crate::cells::{Fifo, Fixed, Register};
use gristmill_protocol::Status;
use gristmill_protocol::ntt::{SECOND_SET, TableFault};
use rust_hdl_core::prelude::*;
use rust_hdl_widgets::dff_setup;

/// What the intake is doing.
#[derive(Copy, Clone, PartialEq, Debug, LogicState)]
pub enum IntakeState {
    /// Waiting for a job.
    Idle,
    /// Taking its descriptor.
    Take,
    /// Waiting for the checks.
    Checks,
    /// A table set: is it here already?
    Tables,
    /// Waiting for the table loader.
    Load,
    /// Its header is being looked at.
    Header,
    /// The set is known.
    Found,
    /// Handing the job on.
    Offer,
    /// The job is refused.
    Refuse,
}

/// Takes the jobs of all ports in the order in which they come, has them checked and their table sets
/// read, and hands them on. A job goes on as soon as the headers of its sets are right; its tables may still be on their way.
///
/// Latency from `start` to `valid`, when it is idle: 9 cycles where the set is here already, 11 for an extension whose sets
/// both are; refused by its descriptor 6 or, when areas overlap, 7.
#[derive(LogicBlock, Default)]
pub struct Intake {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Level: forget everything.
    pub clear: Signal<In, Bit>,
    /// One cycle: a job comes at this port.
    pub start: Vec<Signal<In, Bit>>,
    /// Its descriptor.
    pub descriptor: Vec<Signal<In, Bits<512>>>,
    /// First byte of the data's region.
    pub first_base: Vec<Signal<In, Bits<64>>>,
    /// Bytes of it.
    pub first_length: Vec<Signal<In, Bits<64>>>,
    /// First byte of the tables' region.
    pub second_base: Vec<Signal<In, Bits<64>>>,
    /// Bytes of it.
    pub second_length: Vec<Signal<In, Bits<64>>>,
    /// One cycle: the job of this port is in memory.
    pub leaves: Vec<Signal<In, Bit>>,
    /// One cycle: it is refused.
    pub refuse: Vec<Signal<Out, Bit>>,
    /// With `refuse`: status.
    pub status: Signal<Out, Bits<16>>,
    /// With `refuse`: detail.
    pub detail: Signal<Out, Bits<64>>,
    /// The tables of the job of this port were read with an error.
    pub tables_failed: Vec<Signal<Out, Bit>>,
    /// There is a job to be computed; until `taken`.
    pub valid: Signal<Out, Bit>,
    /// The job.
    pub job: Signal<Out, Job>,
    /// It is taken.
    pub taken: Signal<In, Bit>,
    /// Turns of the tables that the two sets hold: a set's turn changes when other tables are in place.
    pub turn: [Signal<Out, Bit>; 2],
    /// To the table loader, as what follows.
    pub table_start: Signal<Out, Bit>,
    /// First byte of a set.
    pub table_address: Signal<Out, Bits<64>>,
    /// Size of its transforms.
    pub table_size: Signal<Out, Bits<8>>,
    /// Their direction.
    pub table_inverse: Signal<Out, Bit>,
    /// The set has a header only.
    pub table_header_only: Signal<Out, Bit>,
    /// The set that is written.
    pub table_set: Signal<Out, Bit>,
    /// Port of the job for which it is.
    pub table_port: Signal<Out, Bits<JOB_BITS>>,
    /// The set may not be written yet.
    pub table_hold: Signal<Out, Bit>,
    /// From the table loader, as what follows.
    pub table_idle: Signal<In, Bit>,
    /// The header has been looked at.
    pub table_checked: Signal<In, Bit>,
    /// It is wrong.
    pub table_wrong: Signal<In, Bit>,
    /// Why.
    pub table_fault: Signal<In, Bits<8>>,
    /// Memory answered with an error.
    pub table_failed: Signal<In, Bit>,
    /// The set is there.
    pub table_done: Signal<In, Bit>,
    /// Nothing is here.
    pub idle: Signal<Out, Bit>,
    mismatch: Fixed<Bits<16>>,
    card_error: Fixed<Bits<16>>,
    short: Fixed<Bits<64>>,
    second_set: Fixed<Bits<64>>,
    number: Vec<Fixed<Bits<JOB_BITS>>>,
    state: Register<IntakeState>,
    order: Fifo<Bits<JOB_BITS>, 2>,
    port: Register<Bits<JOB_BITS>>,
    words: Register<Bits<512>>,
    data_base: Register<Bits<64>>,
    data_length: Register<Bits<64>>,
    tables_base: Register<Bits<64>>,
    tables_length: Register<Bits<64>>,
    descriptor_checks: DescriptorChecks,
    table_sets: TableSets,
    refusal: Register<Bits<16>>,
    refusal_detail: Register<Bits<64>>,
    second: Register<Bit>,
    wanted: Register<SetTag>,
    loading_port: Register<Bits<JOB_BITS>>,
    of_second: Signal<Local, Bits<64>>,
    _ports: usize,
}

impl Intake {
    /// The intake of an engine of so many job ports, for transforms up to 2^`size_log2`.
    pub fn new(
        parameters: &Parameters,
        geometry: &Geometry,
        size_log2: usize,
        ports: usize,
    ) -> Self {
        let status = |status: Status| Fixed::new(u64::from(status.code()).into());
        Self {
            start: (0..ports).map(|_| Default::default()).collect(),
            descriptor: (0..ports).map(|_| Default::default()).collect(),
            first_base: (0..ports).map(|_| Default::default()).collect(),
            first_length: (0..ports).map(|_| Default::default()).collect(),
            second_base: (0..ports).map(|_| Default::default()).collect(),
            second_length: (0..ports).map(|_| Default::default()).collect(),
            leaves: (0..ports).map(|_| Default::default()).collect(),
            refuse: (0..ports).map(|_| Default::default()).collect(),
            tables_failed: (0..ports).map(|_| Default::default()).collect(),
            number: (0..ports)
                .map(|port| Fixed::new((port as u64).into()))
                .collect(),
            mismatch: status(Status::TablesMismatch),
            card_error: status(Status::CardMemoryError),
            short: Fixed::new((TableFault::Short as u64).into()),
            second_set: Fixed::new(SECOND_SET.into()),
            descriptor_checks: DescriptorChecks::new(parameters, geometry, size_log2),
            table_sets: TableSets::new(ports),
            _ports: ports,
            ..Default::default()
        }
    }
}

impl Logic for Intake {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            state,
            port,
            words,
            data_base,
            data_length,
            tables_base,
            tables_length,
            refusal,
            refusal_detail,
            second,
            wanted,
            loading_port
        );
        clock!(self, clock, order, descriptor_checks, table_sets);

        // the order in which jobs come
        self.order.push.next = false;
        self.order.d.next = 0.into();
        self.order.pop.next = false;
        self.order.clear.next = self.clear.val();
        for i in 0..self._ports {
            if self.start[i].val() {
                self.order.push.next = true;
                self.order.d.next = self.number[i].val();
            }
            self.refuse[i].next = (self.state.q.val() == IntakeState::Refuse)
                & (self.port.q.val() == self.number[i].val());
        }
        self.status.next = self.refusal.q.val();
        self.detail.next = self.refusal_detail.q.val();
        self.idle.next = (self.state.q.val() == IntakeState::Idle) & !self.order.valid.val();

        self.descriptor_checks.clear.next = self.clear.val();
        self.descriptor_checks.start.next = self.state.q.val() == IntakeState::Take;
        self.descriptor_checks.words.next = self.words.q.val();
        self.descriptor_checks.data_length.next = self.data_length.q.val();
        self.descriptor_checks.tables_length.next = self.tables_length.q.val();

        self.table_sets.clear.next = self.clear.val();
        self.table_sets.wanted.next = self.wanted.q.val();
        self.table_sets.second.next = self.second.q.val();
        self.table_sets.look.next = self.state.q.val() == IntakeState::Tables;
        self.table_sets.load.next = self.table_start.val();
        self.table_sets.checked.next = self.table_checked.val();
        self.table_sets.failed.next = self.table_failed.val();
        self.table_sets.done.next = self.table_done.val();
        self.table_sets.found.next = self.state.q.val() == IntakeState::Found;
        self.table_sets.accepted.next = self.valid.val() & self.taken.val();
        self.table_sets.port.next = self.port.q.val();
        self.table_sets.extend.next = self.descriptor_checks.extend.val();
        for i in 0..self._ports {
            self.table_sets.leaves[i].next = self.leaves[i].val();
            self.tables_failed[i].next = self.table_sets.tables_failed[i].val();
        }
        for i in 0..2 {
            self.turn[i].next = self.table_sets.turn[i].val();
        }

        // to the table loader
        self.table_start.next = (self.state.q.val() == IntakeState::Load) & self.table_idle.val();
        self.table_address.next = self.wanted.q.val().address;
        self.table_size.next = self.wanted.q.val().size;
        self.table_inverse.next = self.wanted.q.val().inverse;
        self.table_header_only.next = self.descriptor_checks.short_first.val();
        self.of_second.next = 0.into();
        if self.second.q.val() {
            self.table_header_only.next = self.descriptor_checks.short_second.val();
            self.of_second.next = self.second_set.val();
        }
        self.table_set.next = self.table_sets.written.val();
        self.table_port.next = self.loading_port.q.val();
        self.table_hold.next = self.table_sets.hold.val();
        if self.table_start.val() {
            self.loading_port.d.next = self.port.q.val();
        }

        // the job
        self.valid.next = self.state.q.val() == IntakeState::Offer;
        self.job.next.port = self.port.q.val();
        self.job.next.size = self.descriptor_checks.size.val();
        self.job.next.extension = self.descriptor_checks.extension.val();
        self.job.next.inverse = self.descriptor_checks.inverse.val();
        self.job.next.input_reversed = self.descriptor_checks.input_reversed.val();
        self.job.next.output_reversed = self.descriptor_checks.output_reversed.val();
        self.job.next.columns = self.descriptor_checks.columns.val();
        self.job.next.extend = self.descriptor_checks.extend.val();
        self.job.next.batch = self.descriptor_checks.batch.val();
        self.job.next.stride = self.descriptor_checks.stride.val();
        self.job.next.input = self.data_base.q.val() + self.descriptor_checks.source.val();
        self.job.next.output = self.data_base.q.val() + self.descriptor_checks.target.val();
        self.job.next.scratch = self.data_base.q.val() + self.descriptor_checks.scratch.val();
        self.job.next.set = self.table_sets.first.val();
        self.job.next.turn_0 = self.table_sets.job_turn[0].val();
        self.job.next.turn_1 = self.table_sets.job_turn[1].val();

        match self.state.q.val() {
            IntakeState::Idle => {
                self.port.d.next = self.order.q.val();
                self.second.d.next = false;
                if self.order.valid.val() {
                    self.order.pop.next = true;
                    self.state.d.next = IntakeState::Take;
                }
            }
            IntakeState::Take => {
                for i in 0..self._ports {
                    if self.port.q.val() == self.number[i].val() {
                        self.words.d.next = self.descriptor[i].val();
                        self.data_base.d.next = self.first_base[i].val();
                        self.data_length.d.next = self.first_length[i].val();
                        self.tables_base.d.next = self.second_base[i].val();
                        self.tables_length.d.next = self.second_length[i].val();
                    }
                }
                self.state.d.next = IntakeState::Checks;
            }
            IntakeState::Checks => {
                self.wanted.d.next.address = self.tables_base.q.val();
                self.wanted.d.next.size = self.descriptor_checks.size.val();
                self.wanted.d.next.inverse =
                    self.descriptor_checks.inverse.val() | self.descriptor_checks.extend.val();
                if self.descriptor_checks.passed.val() {
                    self.state.d.next = IntakeState::Tables;
                }
                if self.descriptor_checks.refused.val() {
                    self.refusal.d.next = self.descriptor_checks.status.val();
                    self.refusal_detail.d.next = self.descriptor_checks.detail.val();
                    self.state.d.next = IntakeState::Refuse;
                }
            }
            IntakeState::Tables => {
                self.state.d.next = IntakeState::Load;
                if self.table_sets.here.val() {
                    self.state.d.next = IntakeState::Found;
                }
            }
            IntakeState::Load => {
                if self.table_idle.val() {
                    self.state.d.next = IntakeState::Header;
                }
            }
            IntakeState::Header => {
                if self.table_checked.val() {
                    self.state.d.next = IntakeState::Found;
                    if self.table_header_only.val() {
                        self.refusal.d.next = self.mismatch.val();
                        self.refusal_detail.d.next = self.short.val() | self.of_second.val();
                        self.state.d.next = IntakeState::Refuse;
                    }
                    if self.table_wrong.val() {
                        self.refusal.d.next = self.mismatch.val();
                        self.refusal_detail.d.next =
                            bit_cast::<64, 8>(self.table_fault.val()) | self.of_second.val();
                        self.state.d.next = IntakeState::Refuse;
                    }
                    if self.table_failed.val() {
                        self.refusal.d.next = self.card_error.val();
                        self.refusal_detail.d.next = self.wanted.q.val().address;
                        self.state.d.next = IntakeState::Refuse;
                    }
                }
            }
            IntakeState::Found => {
                self.state.d.next = IntakeState::Offer;
                // an extension's second set is behind the first one
                if self.descriptor_checks.extend.val() & !self.second.q.val() {
                    self.second.d.next = true;
                    self.wanted.d.next.address =
                        self.tables_base.q.val() + self.descriptor_checks.set_bytes.val();
                    self.wanted.d.next.size = self.descriptor_checks.output_size.val();
                    self.wanted.d.next.inverse = false;
                    self.state.d.next = IntakeState::Tables;
                    if self.descriptor_checks.short_header.val() {
                        self.refusal.d.next = self.mismatch.val();
                        self.refusal_detail.d.next = self.short.val() | self.second_set.val();
                        self.state.d.next = IntakeState::Refuse;
                    }
                }
            }
            IntakeState::Offer => {
                if self.taken.val() {
                    self.state.d.next = IntakeState::Idle;
                }
            }
            IntakeState::Refuse => {
                self.state.d.next = IntakeState::Idle;
            }
        }
        if self.clear.val() {
            self.state.d.next = IntakeState::Idle;
        }
    }
}
