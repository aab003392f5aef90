//! Jobs on their way in: checks, and the tables that they need.

use super::order::Geometry;
use super::tile::{JOB_BITS, Job};
use super::{BEAT_BITS, Parameters};
use crate::cells::{Fifo, Fixed, Register};
use gristmill_protocol::Status;
use gristmill_protocol::descriptor::flag;
use gristmill_protocol::ntt::{HEADER_BYTES, SECOND_SET, TableFault};
use rust_hdl_core::prelude::*;
use rust_hdl_widgets::dff_setup;

/// What the intake is doing.
#[derive(Copy, Clone, PartialEq, Debug, LogicState)]
pub enum IntakeState {
    /// Waiting for a job.
    Idle,
    /// Taking its descriptor.
    Take,
    /// Working out sizes.
    Measure,
    /// And the ends of areas.
    Ends,
    /// Comparing them.
    Check,
    /// A table set: is it here already?
    Tables,
    /// Waiting for the table loader.
    Load,
    /// Its header is being looked at.
    Header,
    /// Handing the job on.
    Offer,
    /// The job is refused.
    Refuse,
}

/// What a table set was read from.
#[derive(Copy, Clone, PartialEq, Debug, Default, LogicStruct)]
pub struct SetTag {
    /// First byte of the set.
    pub address: Bits<64>,
    /// Binary logarithm of its transforms' size.
    pub size: Bits<8>,
    /// It is for inverse transforms.
    pub inverse: Bit,
}

/// Takes the jobs of all ports in the order in which they come, checks them, has their table sets
/// read, and hands them on.
///
/// A set is not read again while a job has it that came before: the host may not
/// change the tables of a job that is not complete, so they are the same. An extension has both sets.
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
    /// Sets that can be used.
    pub ready: [Signal<Out, Bit>; 2],
    /// To the table loader, as what follows.
    pub table_start: Signal<Out, Bit>,
    /// First byte of a set.
    pub table_address: Signal<Out, Bits<64>>,
    /// Size of its transforms.
    pub table_size: Signal<Out, Bits<8>>,
    /// Their direction.
    pub table_inverse: Signal<Out, Bit>,
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

    misaligned: Fixed<Bits<16>>,
    size_limit: Fixed<Bits<16>>,
    reserved: Fixed<Bits<16>>,
    unsupported: Fixed<Bits<16>>,
    stride_status: Fixed<Bits<16>>,
    bounds: Fixed<Bits<16>>,
    overlap: Fixed<Bits<16>>,
    mismatch: Fixed<Bits<16>>,
    card_error: Fixed<Bits<16>>,
    missing: Fixed<Bits<64>>,
    short: Fixed<Bits<64>>,
    second_set: Fixed<Bits<64>>,
    inverse_flag: Fixed<Bits<16>>,
    input_flag: Fixed<Bits<16>>,
    output_flag: Fixed<Bits<16>>,
    columns_flag: Fixed<Bits<16>>,
    extend_flag: Fixed<Bits<16>>,
    header_bytes: Fixed<Bits<64>>,
    size_most: Fixed<Bits<16>>,
    pass_log2: Fixed<Bits<16>>,
    lanes_log2: Fixed<Bits<8>>,
    element_log2: Fixed<Bits<8>>,
    number: Vec<Fixed<Bits<JOB_BITS>>>,
    state: Register<IntakeState>,
    order: Fifo<Bits<JOB_BITS>, 2>,
    port: Register<Bits<JOB_BITS>>,
    words: Register<Bits<512>>,
    data_base: Register<Bits<64>>,
    data_length: Register<Bits<64>>,
    tables_base: Register<Bits<64>>,
    tables_length: Register<Bits<64>>,
    refusal: Register<Bits<16>>,
    refusal_detail: Register<Bits<64>>,
    whole: Register<Bits<16>>,
    row_bytes: Register<Bits<64>>,
    input_bytes: Register<Bits<64>>,
    output_bytes: Register<Bits<64>>,
    input_end: Register<Bits<64>>,
    output_end: Register<Bits<64>>,
    scratch_end: Register<Bits<64>>,
    set_bytes: Register<Bits<64>>,
    second_bytes: Register<Bits<64>>,
    short_first: Register<Bit>,
    short_second: Register<Bit>,
    second: Register<Bit>,
    wanted: Register<SetTag>,
    set: Register<Bit>,
    first_set: Register<Bit>,
    latest: Register<Bit>,
    tag: [Register<SetTag>; 2],
    users: [Register<Bits<3>>; 2],
    here: [Register<Bit>; 2],
    bad: [Register<Bit>; 2],
    has: Vec<Register<Bits<2>>>,

    flags: Signal<Local, Bits<16>>,
    size: Signal<Local, Bits<8>>,
    extension: Signal<Local, Bits<8>>,
    stride: Signal<Local, Bits<16>>,
    batch: Signal<Local, Bits<32>>,
    input: Signal<Local, Bits<64>>,
    output: Signal<Local, Bits<64>>,
    scratch: Signal<Local, Bits<64>>,
    inverse: Signal<Local, Bit>,
    input_reversed: Signal<Local, Bit>,
    output_reversed: Signal<Local, Bit>,
    columns: Signal<Local, Bit>,
    extend: Signal<Local, Bit>,
    whole_now: Signal<Local, Bits<16>>,
    uses_scratch: Signal<Local, Bit>,
    stride_bytes: Signal<Local, Bits<64>>,
    in_place: Signal<Local, Bit>,
    first_high: Signal<Local, Bits<8>>,
    narrow: Signal<Local, Bit>,
    here_0: Signal<Local, Bit>,
    here_1: Signal<Local, Bit>,
    fits: Signal<Local, Bit>,
    gain: Vec<Signal<Local, Bits<2>>>,
    leave: Vec<Signal<Local, Bits<2>>>,
    offered: Signal<Local, Job>,
    left_0: Vec<Signal<Local, Bits<3>>>,
    left_1: Vec<Signal<Local, Bits<3>>>,
    end_0: Signal<Local, Bits<3>>,
    end_1: Signal<Local, Bits<3>>,
    more: [Signal<Local, Bits<3>>; 2],
    accepted: Signal<Local, Bit>,
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
        let flag = |flag: u16| Fixed::new(u64::from(flag).into());
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
            has: (0..ports).map(|_| Default::default()).collect(),
            gain: (0..ports).map(|_| Default::default()).collect(),
            leave: (0..ports).map(|_| Default::default()).collect(),
            left_0: (0..=ports).map(|_| Default::default()).collect(),
            left_1: (0..=ports).map(|_| Default::default()).collect(),
            number: (0..ports)
                .map(|port| Fixed::new((port as u64).into()))
                .collect(),
            misaligned: status(Status::Misaligned),
            size_limit: status(Status::SizeLimit),
            reserved: status(Status::ReservedNotZero),
            unsupported: status(Status::UnsupportedParameter),
            stride_status: status(Status::Stride),
            bounds: status(Status::RegionBounds),
            overlap: status(Status::Overlap),
            mismatch: status(Status::TablesMismatch),
            card_error: status(Status::CardMemoryError),
            missing: Fixed::new((TableFault::Missing as u64).into()),
            short: Fixed::new((TableFault::Short as u64).into()),
            second_set: Fixed::new(SECOND_SET.into()),
            inverse_flag: flag(flag::INVERSE),
            input_flag: flag(flag::INPUT_REVERSED),
            output_flag: flag(flag::OUTPUT_REVERSED),
            columns_flag: flag(flag::COLUMNS),
            extend_flag: flag(flag::EXTEND),
            header_bytes: Fixed::new(HEADER_BYTES.into()),
            size_most: Fixed::new((size_log2 as u64).into()),
            pass_log2: Fixed::new((geometry.pass_log2 as u64).into()),
            lanes_log2: Fixed::new((geometry.lanes_log2 as u64).into()),
            element_log2: Fixed::new(u64::from(parameters.field.element_bytes.ilog2()).into()),
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
            whole,
            row_bytes,
            input_bytes,
            output_bytes,
            input_end,
            output_end,
            scratch_end,
            set_bytes,
            second_bytes,
            short_first,
            short_second,
            second,
            wanted,
            set,
            first_set,
            latest
        );
        clock!(self, clock, order);
        for i in 0..2 {
            self.tag[i].clock.next = self.clock.val();
            self.tag[i].d.next = self.tag[i].q.val();
            self.users[i].clock.next = self.clock.val();
            self.here[i].clock.next = self.clock.val();
            self.here[i].d.next = self.here[i].q.val();
            self.bad[i].clock.next = self.clock.val();
            self.bad[i].d.next = self.bad[i].q.val();
            self.ready[i].next = self.here[i].q.val();
        }

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
        }

        // the descriptor's fields
        self.flags.next = self.words.q.val().get_bits::<16>(16);
        self.size.next = self.words.q.val().get_bits::<8>(320);
        self.extension.next = self.words.q.val().get_bits::<8>(328);
        self.stride.next = self.words.q.val().get_bits::<16>(336);
        self.batch.next = self.words.q.val().get_bits::<32>(352);
        self.input.next = self.words.q.val().get_bits::<64>(128);
        self.output.next = self.words.q.val().get_bits::<64>(256);
        self.scratch.next = self.words.q.val().get_bits::<64>(384);
        self.inverse.next = (self.flags.val() & self.inverse_flag.val()).any();
        self.input_reversed.next = (self.flags.val() & self.input_flag.val()).any();
        self.output_reversed.next = (self.flags.val() & self.output_flag.val()).any();
        self.columns.next = (self.flags.val() & self.columns_flag.val()).any();
        self.extend.next = (self.flags.val() & self.extend_flag.val()).any();
        self.whole_now.next = bit_cast::<16, 8>(self.size.val());
        if self.extend.val() {
            self.whole_now.next =
                bit_cast::<16, 8>(self.size.val()) + bit_cast::<16, 8>(self.extension.val());
        }
        self.uses_scratch.next = self.extend.val()
            | (bit_cast::<16, 8>(self.size.val()) > self.pass_log2.val());
        self.stride_bytes.next = bit_cast::<64, 16>(self.stride.val()) << 6;
        self.in_place.next = (self.input.val() == self.output.val())
            & (!self.extend.val() | !self.extension.val().any());
        // an extension whose first pass would have less than a row of the matrix N1 x N2, or whose
        // transforms would not be whole beats
        self.first_high.next = bit_cast::<8, 16>(self.whole.q.val() >> 1);
        self.narrow.next = self.extend.val()
            & ((!self.columns.val() & (self.size.val() < self.lanes_log2.val()))
                | ((self.whole.q.val() > self.pass_log2.val())
                    & (self.size.val() < self.first_high.val())));

        // table sets: what each port has, and how many jobs have each
        self.accepted.next = false;
        self.left_0[0].next = 0.into();
        self.left_1[0].next = 0.into();
        for i in 0..self._ports {
            self.has[i].clock.next = self.clock.val();
            self.has[i].d.next = self.has[i].q.val();
            self.gain[i].next = 0.into();
            if self.accepted.val() & (self.port.q.val() == self.number[i].val()) {
                self.gain[i].next = 1.into();
                if self.set.q.val() {
                    self.gain[i].next = 2.into();
                }
                if self.extend.val() {
                    self.gain[i].next = 3.into();
                }
                self.has[i].d.next = self.gain[i].val();
            }
            self.leave[i].next = 0.into();
            if self.leaves[i].val() {
                self.leave[i].next = self.has[i].q.val();
                self.has[i].d.next = 0.into();
            }
            self.tables_failed[i].next = (self.has[i].q.val().get_bit(0) & self.bad[0].q.val())
                | (self.has[i].q.val().get_bit(1) & self.bad[1].q.val());
            self.left_0[i + 1].next = self.left_0[i].val();
            self.left_1[i + 1].next = self.left_1[i].val();
            if self.leave[i].val().get_bit(0) {
                self.left_0[i + 1].next = self.left_0[i].val() + 1;
            }
            if self.leave[i].val().get_bit(1) {
                self.left_1[i + 1].next = self.left_1[i].val() + 1;
            }
            self.refuse[i].next = (self.state.q.val() == IntakeState::Refuse)
                & (self.port.q.val() == self.number[i].val());
        }
        self.end_0.next = 0.into();
        self.end_1.next = 0.into();
        for i in 0..self._ports {
            self.end_0.next = self.left_0[i + 1].val();
            self.end_1.next = self.left_1[i + 1].val();
        }
        self.more[0].next = 0.into();
        self.more[1].next = 0.into();
        if self.accepted.val() & (!self.set.q.val() | self.extend.val()) {
            self.more[0].next = 1.into();
        }
        if self.accepted.val() & (self.set.q.val() | self.extend.val()) {
            self.more[1].next = 1.into();
        }
        self.users[0].d.next = self.users[0].q.val() + self.more[0].val() - self.end_0.val();
        self.users[1].d.next = self.users[1].q.val() + self.more[1].val() - self.end_1.val();

        self.status.next = self.refusal.q.val();
        self.detail.next = self.refusal_detail.q.val();
        self.idle.next = (self.state.q.val() == IntakeState::Idle) & !self.order.valid.val();
        self.valid.next = false;
        self.offered.next.port = self.port.q.val();
        self.offered.next.size = self.size.val();
        self.offered.next.extension = self.extension.val();
        self.offered.next.inverse = self.inverse.val();
        self.offered.next.input_reversed = self.input_reversed.val();
        self.offered.next.output_reversed = self.output_reversed.val();
        self.offered.next.columns = self.columns.val();
        self.offered.next.extend = self.extend.val();
        self.offered.next.batch = self.batch.val();
        self.offered.next.stride = self.stride_bytes.val();
        self.offered.next.input = self.data_base.q.val() + self.input.val();
        self.offered.next.output = self.data_base.q.val() + self.output.val();
        self.offered.next.scratch = self.data_base.q.val() + self.scratch.val();
        self.offered.next.set = self.first_set.q.val();
        self.job.next = self.offered.val();
        self.table_start.next = false;
        self.table_address.next = self.wanted.q.val().address;
        self.table_size.next = self.wanted.q.val().size;
        self.table_inverse.next = self.wanted.q.val().inverse;
        self.table_set.next = self.set.q.val();
        self.table_port.next = self.port.q.val();
        self.here_0.next = self.users[0].q.val().any() & (self.tag[0].q.val() == self.wanted.q.val());
        self.here_1.next = self.users[1].q.val().any() & (self.tag[1].q.val() == self.wanted.q.val());
        self.table_hold.next = false;
        self.fits.next = false;
    }
}
