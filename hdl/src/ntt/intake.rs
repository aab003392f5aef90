//! Jobs on their way in: checks, and the tables that they need.

use super::Parameters;
use super::order::Geometry;
use super::tile::{JOB_BITS, Job};
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
    /// Comparing them with the limits.
    Check,
    /// Comparing areas.
    Overlap,
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
/// A set is not read again while a job that came before has it: the host does not
/// change the tables of a job that is not complete, so they are the same. An extension has both sets. A set that is
/// overwritten takes turns: 0 and 1 are the turns of the jobs before and of those to come.
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
    element_log2: Fixed<Bits<8>>,
    number: Vec<Fixed<Bits<JOB_BITS>>>,
    side: [Fixed<Bit>; 2],
    turn_0_bit: [Fixed<Bits<4>>; 2],
    turn_1_bit: [Fixed<Bits<4>>; 2],
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
    loading: Register<Bit>,
    loading_port: Register<Bits<JOB_BITS>>,
    first_set: Register<Bit>,
    latest: Register<Bit>,
    tag: [Register<SetTag>; 2],
    tag_turn: [Register<Bit>; 2],
    held_turn: [Register<Bit>; 2],
    users: [Register<Bits<3>>; 4],
    bad: [Register<Bit>; 4],
    turns: [Register<Bit>; 2],
    has: Vec<Register<Bits<4>>>,

    flags: Signal<Local, Bits<16>>,
    size: Signal<Local, Bits<8>>,
    extension: Signal<Local, Bits<8>>,
    stride: Signal<Local, Bits<16>>,
    batch: Signal<Local, Bits<32>>,
    source: Signal<Local, Bits<64>>,
    target: Signal<Local, Bits<64>>,
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
    narrow: Signal<Local, Bit>,
    here: [Signal<Local, Bit>; 2],
    vacant: [Signal<Local, Bit>; 2],
    takes: [Signal<Local, Bits<4>>; 2],
    gain: Signal<Local, Bits<4>>,
    leave: Vec<Signal<Local, Bits<4>>>,
    remain: Vec<Signal<Local, Bits<3>>>,
    after: [Signal<Local, Bits<3>>; 4],
    offered: Signal<Local, Job>,
    next_set: Signal<Local, Bit>,
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
            leave: (0..ports).map(|_| Default::default()).collect(),
            remain: (0..4 * ports + 4).map(|_| Default::default()).collect(),
            number: (0..ports)
                .map(|port| Fixed::new((port as u64).into()))
                .collect(),
            side: [Fixed::new(false), Fixed::new(true)],
            turn_0_bit: [1u64, 4].map(|bit| Fixed::new(bit.into())),
            turn_1_bit: [2u64, 8].map(|bit| Fixed::new(bit.into())),
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
            loading,
            loading_port,
            first_set,
            latest
        );
        clock!(self, clock, order);
        for i in 0..2 {
            self.tag[i].clock.next = self.clock.val();
            self.tag[i].d.next = self.tag[i].q.val();
            self.tag_turn[i].clock.next = self.clock.val();
            self.tag_turn[i].d.next = self.tag_turn[i].q.val();
            self.held_turn[i].clock.next = self.clock.val();
            self.held_turn[i].d.next = self.held_turn[i].q.val();
            self.turns[i].clock.next = self.clock.val();
            self.turns[i].d.next = self.turns[i].q.val();
            self.turn[i].next = self.held_turn[i].q.val();
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
        self.source.next = self.words.q.val().get_bits::<64>(128);
        self.target.next = self.words.q.val().get_bits::<64>(256);
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
        self.uses_scratch.next =
            self.extend.val() | (bit_cast::<16, 8>(self.size.val()) > self.pass_log2.val());
        self.stride_bytes.next = bit_cast::<64, 16>(self.stride.val()) << 6;
        self.in_place.next = (self.source.val() == self.target.val())
            & (!self.extend.val() | !self.extension.val().any());
        // an extension whose coefficients are less than a row of the matrix N1 x N2
        self.narrow.next = self.extend.val()
            & (self.whole.q.val() > self.pass_log2.val())
            & (bit_cast::<16, 8>(self.size.val()) < (self.whole.q.val() >> 1));

        // what each port has: bit 2i + t for set i in turn t, and how many have that
        self.accepted.next = self.valid.val() & self.taken.val();
        for i in 0..2 {
            self.takes[i].next = self.turn_0_bit[i].val();
            if self.turns[i].q.val() {
                self.takes[i].next = self.turn_1_bit[i].val();
            }
        }
        self.gain.next = self.takes[0].val();
        if self.first_set.q.val() {
            self.gain.next = self.takes[1].val();
        }
        if self.extend.val() {
            self.gain.next = self.takes[0].val() | self.takes[1].val();
        }
        for k in 0..4 {
            self.remain[k].next = self.users[k].q.val();
            if self.accepted.val() & self.gain.val().get_bit(k) {
                self.remain[k].next = self.users[k].q.val() + 1;
            }
        }
        for i in 0..self._ports {
            self.has[i].clock.next = self.clock.val();
            self.has[i].d.next = self.has[i].q.val();
            if self.accepted.val() & (self.port.q.val() == self.number[i].val()) {
                self.has[i].d.next = self.gain.val();
            }
            self.leave[i].next = 0.into();
            if self.leaves[i].val() {
                self.leave[i].next = self.has[i].q.val();
                self.has[i].d.next = 0.into();
            }
            self.tables_failed[i].next = false;
            for k in 0..4 {
                self.remain[4 * i + 4 + k].next = self.remain[4 * i + k].val();
                if self.leave[i].val().get_bit(k) {
                    self.remain[4 * i + 4 + k].next = self.remain[4 * i + k].val() - 1;
                }
                if self.has[i].q.val().get_bit(k) & self.bad[k].q.val() {
                    self.tables_failed[i].next = true;
                }
            }
            self.refuse[i].next = (self.state.q.val() == IntakeState::Refuse)
                & (self.port.q.val() == self.number[i].val());
        }
        for k in 0..4 {
            self.after[k].next = self.remain[k].val();
            for i in 0..self._ports {
                self.after[k].next = self.remain[4 * i + 4 + k].val();
            }
            self.users[k].clock.next = self.clock.val();
            self.users[k].d.next = self.after[k].val();
            self.bad[k].clock.next = self.clock.val();
            self.bad[k].d.next = self.bad[k].q.val();
        }
        for i in 0..2 {
            self.vacant[i].next =
                !self.users[2 * i].q.val().any() & !self.users[2 * i + 1].q.val().any();
        }
        self.here[0].next = (self.tag[0].q.val().address == self.wanted.q.val().address)
            & (self.tag[0].q.val().size == self.wanted.q.val().size)
            & (self.tag[0].q.val().inverse == self.wanted.q.val().inverse)
            & ((self.tag_turn[0].q.val() & self.users[1].q.val().any())
                | (!self.tag_turn[0].q.val() & self.users[0].q.val().any()));
        self.here[1].next = (self.tag[1].q.val().address == self.wanted.q.val().address)
            & (self.tag[1].q.val().size == self.wanted.q.val().size)
            & (self.tag[1].q.val().inverse == self.wanted.q.val().inverse)
            & ((self.tag_turn[1].q.val() & self.users[3].q.val().any())
                | (!self.tag_turn[1].q.val() & self.users[2].q.val().any()));

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
        self.offered.next.input = self.data_base.q.val() + self.source.val();
        self.offered.next.output = self.data_base.q.val() + self.target.val();
        self.offered.next.scratch = self.data_base.q.val() + self.scratch.val();
        self.offered.next.set = self.first_set.q.val();
        self.offered.next.turn_0 = self.turns[0].q.val();
        self.offered.next.turn_1 = self.turns[1].q.val();
        self.job.next = self.offered.val();
        self.table_start.next = false;
        self.table_address.next = self.wanted.q.val().address;
        self.table_size.next = self.wanted.q.val().size;
        self.table_inverse.next = self.wanted.q.val().inverse;
        self.table_set.next = self.loading.q.val();
        self.table_port.next = self.loading_port.q.val();
        self.table_header_only.next = self.short_first.q.val();
        if self.second.q.val() {
            self.table_header_only.next = self.short_second.q.val();
        }
        // the other turn's jobs still use what is to be overwritten
        self.table_hold.next = false;
        for i in 0..2 {
            if (self.loading.q.val() == self.side[i].val())
                & ((self.held_turn[i].q.val() & self.users[2 * i + 1].q.val().any())
                    | (!self.held_turn[i].q.val() & self.users[2 * i].q.val().any()))
            {
                self.table_hold.next = true;
            }
        }
        self.next_set.next = !self.latest.q.val();
        if self.vacant[1].val() {
            self.next_set.next = true;
        }
        if self.vacant[0].val() {
            self.next_set.next = false;
        }
        if self.second.q.val() {
            self.next_set.next = !self.first_set.q.val();
        }

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
                self.state.d.next = IntakeState::Measure;
            }
            IntakeState::Measure => {
                self.whole.d.next = self.whole_now.val();
                self.row_bytes.d.next =
                    bit_cast::<64, 32>(self.batch.val()) << self.element_log2.val();
                self.set_bytes.d.next =
                    bits::<64>(1) << (((self.size.val() + 1) >> 1) + self.element_log2.val());
                self.second_bytes.d.next = bits::<64>(1)
                    << (((bit_cast::<8, 16>(self.whole_now.val()) + 1) >> 1)
                        + self.element_log2.val());
                self.state.d.next = IntakeState::Ends;
            }
            IntakeState::Ends => {
                // areas in whole blocks; a set has at least a block a table
                self.input_bytes.d.next = self.stride_bytes.val() << self.size.val();
                self.output_bytes.d.next = self.stride_bytes.val() << self.whole.q.val();
                if !self.columns.val() {
                    self.input_bytes.d.next =
                        (((self.row_bytes.q.val() << self.size.val()) + 63) >> 6) << 6;
                    self.output_bytes.d.next =
                        (((self.row_bytes.q.val() << self.whole.q.val()) + 63) >> 6) << 6;
                }
                self.set_bytes.d.next = (self.set_bytes.q.val() << 2) + self.header_bytes.val();
                if self.set_bytes.q.val() < 64 {
                    self.set_bytes.d.next = self.header_bytes.val() + 256;
                }
                self.second_bytes.d.next =
                    (self.second_bytes.q.val() << 2) + self.header_bytes.val();
                if self.second_bytes.q.val() < 64 {
                    self.second_bytes.d.next = self.header_bytes.val() + 256;
                }
                self.state.d.next = IntakeState::Check;
            }
            IntakeState::Check => {
                self.input_end.d.next = self.source.val() + self.input_bytes.q.val();
                self.output_end.d.next = self.target.val() + self.output_bytes.q.val();
                self.scratch_end.d.next = self.scratch.val() + self.output_bytes.q.val();
                self.short_first.d.next = self.tables_length.q.val() < self.set_bytes.q.val();
                self.short_second.d.next = (self.tables_length.q.val() - self.set_bytes.q.val())
                    < self.second_bytes.q.val();
                self.wanted.d.next.address = self.tables_base.q.val();
                self.wanted.d.next.size = self.size.val();
                self.wanted.d.next.inverse = self.inverse.val() | self.extend.val();
                self.state.d.next = IntakeState::Overlap;
                // the last of these that holds counts
                if !self.words.q.val().get_bits::<48>(448).any() {
                    self.refusal.d.next = self.mismatch.val();
                    self.refusal_detail.d.next = self.missing.val();
                    self.state.d.next = IntakeState::Refuse;
                }
                if self.uses_scratch.val()
                    & ((self.scratch.val() > self.data_length.q.val())
                        | (self.output_bytes.q.val()
                            > (self.data_length.q.val() - self.scratch.val())))
                {
                    self.refusal.d.next = self.bounds.val();
                    self.refusal_detail.d.next = 6.into();
                    self.state.d.next = IntakeState::Refuse;
                }
                if (self.target.val() > self.data_length.q.val())
                    | (self.output_bytes.q.val() > (self.data_length.q.val() - self.target.val()))
                {
                    self.refusal.d.next = self.bounds.val();
                    self.refusal_detail.d.next = 4.into();
                    self.state.d.next = IntakeState::Refuse;
                }
                if (self.source.val() > self.data_length.q.val())
                    | (self.input_bytes.q.val() > (self.data_length.q.val() - self.source.val()))
                {
                    self.refusal.d.next = self.bounds.val();
                    self.refusal_detail.d.next = 2.into();
                    self.state.d.next = IntakeState::Refuse;
                }
                if self.columns.val() & (self.row_bytes.q.val() > self.stride_bytes.val()) {
                    self.refusal.d.next = self.stride_status.val();
                    self.refusal_detail.d.next = 5.into();
                    self.state.d.next = IntakeState::Refuse;
                }
                if (self.scratch.val() & 63).any() {
                    self.refusal.d.next = self.misaligned.val();
                    self.refusal_detail.d.next = 6.into();
                    self.state.d.next = IntakeState::Refuse;
                }
                if (self.target.val() & 63).any() {
                    self.refusal.d.next = self.misaligned.val();
                    self.refusal_detail.d.next = 4.into();
                    self.state.d.next = IntakeState::Refuse;
                }
                if (self.source.val() & 63).any() {
                    self.refusal.d.next = self.misaligned.val();
                    self.refusal_detail.d.next = 2.into();
                    self.state.d.next = IntakeState::Refuse;
                }
                if self.narrow.val() {
                    self.refusal.d.next = self.unsupported.val();
                    self.refusal_detail.d.next = 5.into();
                    self.state.d.next = IntakeState::Refuse;
                }
                if self.whole.q.val() > self.size_most.val() {
                    self.refusal.d.next = self.size_limit.val();
                    self.refusal_detail.d.next = bit_cast::<64, 16>(self.whole.q.val());
                    self.state.d.next = IntakeState::Refuse;
                }
                if !self.batch.val().any() {
                    self.refusal.d.next = self.size_limit.val();
                    self.refusal_detail.d.next = 0.into();
                    self.state.d.next = IntakeState::Refuse;
                }
                if self.extend.val() & (self.inverse.val() | self.input_reversed.val()) {
                    self.refusal.d.next = self.unsupported.val();
                    self.refusal_detail.d.next = 0.into();
                    self.state.d.next = IntakeState::Refuse;
                }
                if !self.uses_scratch.val() & self.scratch.val().any() {
                    self.refusal.d.next = self.reserved.val();
                    self.refusal_detail.d.next = 6.into();
                    self.state.d.next = IntakeState::Refuse;
                }
                if (!self.extend.val() & self.extension.val().any())
                    | (!self.columns.val() & self.stride.val().any())
                {
                    self.refusal.d.next = self.reserved.val();
                    self.refusal_detail.d.next = 5.into();
                    self.state.d.next = IntakeState::Refuse;
                }
            }
            IntakeState::Overlap => {
                self.state.d.next = IntakeState::Tables;
                if self.uses_scratch.val()
                    & (((self.scratch.val() < self.input_end.q.val())
                        & (self.source.val() < self.scratch_end.q.val()))
                        | ((self.scratch.val() < self.output_end.q.val())
                            & (self.target.val() < self.scratch_end.q.val())))
                {
                    self.refusal.d.next = self.overlap.val();
                    self.refusal_detail.d.next = 6.into();
                    self.state.d.next = IntakeState::Refuse;
                }
                if !self.in_place.val()
                    & (self.source.val() < self.output_end.q.val())
                    & (self.target.val() < self.input_end.q.val())
                {
                    self.refusal.d.next = self.overlap.val();
                    self.refusal_detail.d.next = 4.into();
                    self.state.d.next = IntakeState::Refuse;
                }
            }
            IntakeState::Tables => {
                // a set that a job has already, or one to be read
                self.set.d.next = self.next_set.val();
                self.state.d.next = IntakeState::Load;
                for i in 0..2 {
                    if self.here[i].val()
                        & (!self.second.q.val() | (self.first_set.q.val() != self.side[i].val()))
                    {
                        self.set.d.next = self.side[i].val();
                        self.state.d.next = IntakeState::Found;
                    }
                }
            }
            IntakeState::Load => {
                if self.table_idle.val() {
                    self.table_start.next = true;
                    self.state.d.next = IntakeState::Header;
                }
            }
            IntakeState::Header => {
                if self.table_checked.val() {
                    self.state.d.next = IntakeState::Found;
                    for i in 0..2 {
                        if self.set.q.val() == self.side[i].val() {
                            self.tag[i].d.next = self.wanted.q.val();
                            self.tag_turn[i].d.next = !self.held_turn[i].q.val();
                        }
                    }
                    if self.table_header_only.val() {
                        self.refusal.d.next = self.mismatch.val();
                        self.refusal_detail.d.next = self.short.val();
                        if self.second.q.val() {
                            self.refusal_detail.d.next = self.short.val() | self.second_set.val();
                        }
                        self.state.d.next = IntakeState::Refuse;
                    }
                    if self.table_wrong.val() {
                        self.refusal.d.next = self.mismatch.val();
                        self.refusal_detail.d.next = bit_cast::<64, 8>(self.table_fault.val());
                        if self.second.q.val() {
                            self.refusal_detail.d.next =
                                bit_cast::<64, 8>(self.table_fault.val()) | self.second_set.val();
                        }
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
                // the turn of the set, as it is or will be
                self.latest.d.next = self.set.q.val();
                for i in 0..2 {
                    if self.set.q.val() == self.side[i].val() {
                        self.turns[i].d.next = self.tag_turn[i].q.val();
                    }
                }
                self.state.d.next = IntakeState::Offer;
                if !self.second.q.val() {
                    self.first_set.d.next = self.set.q.val();
                    if self.extend.val() {
                        self.second.d.next = true;
                        self.wanted.d.next.address =
                            self.tables_base.q.val() + self.set_bytes.q.val();
                        self.wanted.d.next.size = bit_cast::<8, 16>(self.whole.q.val());
                        self.wanted.d.next.inverse = false;
                        self.state.d.next = IntakeState::Tables;
                        if self.tables_length.q.val()
                            < (self.set_bytes.q.val() + self.header_bytes.val())
                        {
                            self.refusal.d.next = self.mismatch.val();
                            self.refusal_detail.d.next = self.short.val() | self.second_set.val();
                            self.state.d.next = IntakeState::Refuse;
                        }
                    }
                }
            }
            IntakeState::Offer => {
                self.valid.next = true;
                if self.taken.val() {
                    self.state.d.next = IntakeState::Idle;
                }
            }
            IntakeState::Refuse => {
                self.state.d.next = IntakeState::Idle;
            }
        }

        // tables that have come
        for i in 0..2 {
            if self.table_done.val() & (self.loading.q.val() == self.side[i].val()) {
                self.held_turn[i].d.next = self.tag_turn[i].q.val();
            }
            for t in 0..2 {
                if (self.loading.q.val() == self.side[i].val())
                    & (self.tag_turn[i].q.val() == self.side[t].val())
                {
                    if self.table_checked.val() {
                        self.bad[2 * i + 1 - t].d.next = false;
                    } else if self.table_failed.val() {
                        self.bad[2 * i + t].d.next = true;
                    }
                }
            }
        }
        if self.table_start.val() {
            self.loading.d.next = self.set.q.val();
            self.loading_port.d.next = self.port.q.val();
        }

        if self.clear.val() {
            self.state.d.next = IntakeState::Idle;
            for k in 0..4 {
                self.users[k].d.next = 0.into();
            }
            for i in 0..self._ports {
                self.has[i].d.next = 0.into();
            }
        }
    }
}
