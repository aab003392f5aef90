//! Table sets on their way from card memory into the pipeline.

use super::{BEAT_BITS, Parameters};
use crate::card::socket::ReadClient;
use crate::cells::{Fixed, Register};
use gristmill_protocol::FieldId;
use gristmill_protocol::ntt::{HEADER_BYTES, TABLE_MAGIC, TableFault};
use rust_hdl_core::prelude::*;
use rust_hdl_widgets::dff_setup;

/// What the table loader is doing.
#[derive(Copy, Clone, PartialEq, Debug, LogicState)]
pub enum TableState {
    /// Waiting for a set.
    Idle,
    /// Asking for it.
    Ask,
    /// Looking at its header.
    Header,
    /// The rest of the header.
    Skip,
    /// Its tables.
    Tables,
    /// Dropping the rest of a set that is not what it should be.
    Drop,
}

/// Reads a table set: checks its header, waits while the pipeline uses the set that it replaces, and
/// hands the tables over, a beat a cycle, or every other cycle where the pipeline has half as many lanes. W is at least 128, so that the first beat has both words of the header.
#[derive(LogicBlock, Default)]
pub struct TableLoader<const W: usize> {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Level: forget everything; the port is flushed.
    pub clear: Signal<In, Bit>,
    /// One cycle, only while `idle`: a set.
    pub start: Signal<In, Bit>,
    /// Its first byte.
    pub address: Signal<In, Bits<64>>,
    /// Binary logarithm of its transforms' size; this and what follows is stable while not `idle`.
    pub size: Signal<In, Bits<8>>,
    /// It is for inverse transforms.
    pub inverse: Signal<In, Bit>,
    /// Look at the header only: the tables are not there.
    pub header_only: Signal<In, Bit>,
    /// Level: the tables may not be written yet.
    pub hold: Signal<In, Bit>,
    /// Nothing is on its way.
    pub idle: Signal<Out, Bit>,
    /// One cycle: the header has been looked at.
    pub checked: Signal<Out, Bit>,
    /// With `checked`: the header is not the right one.
    pub wrong: Signal<Out, Bit>,
    /// With `wrong`: a [`TableFault`].
    pub fault: Signal<Out, Bits<8>>,
    /// With any beat: memory answered it with an error.
    pub failed: Signal<Out, Bit>,
    /// One cycle: all tables are in place.
    pub done: Signal<Out, Bit>,
    /// To the pipeline.
    pub write: Signal<Out, Bit>,
    /// To the pipeline.
    pub table: Signal<Out, Bits<2>>,
    /// To the pipeline.
    pub table_address: Signal<Out, Bits<12>>,
    /// To the pipeline.
    pub table_beat: Signal<Out, Bits<W>>,
    /// A beat came.
    pub moved: Signal<Out, Bit>,
    /// Card memory.
    pub memory: ReadClient<W>,
    magic: Fixed<Bits<64>>,
    field: Fixed<Bits<32>>,
    magic_fault: Fixed<Bits<8>>,
    field_fault: Fixed<Bits<8>>,
    size_fault: Fixed<Bits<8>>,
    direction_fault: Fixed<Bits<8>>,
    header_beats: Fixed<Bits<BEAT_BITS>>,
    lanes_log2: Fixed<Bits<8>>,
    block_log2: Fixed<Bits<8>>,
    state: Register<TableState>,
    place: Register<Bits<64>>,
    table_beats: Register<Bits<BEAT_BITS>>,
    beat: Register<Bits<BEAT_BITS>>,
    number: Register<Bits<2>>,
    table_log2: Signal<Local, Bits<8>>,
    take: Signal<Local, Bit>,
    word: Signal<Local, Bits<64>>,
    what: Signal<Local, Bits<64>>,
    halved: Vec<Register<Bit>>,
    _halves: usize,
}

impl<const W: usize> TableLoader<W> {
    /// The table loader of an engine with this pipeline, whose lanes are those of a beat or half as many.
    pub fn new(parameters: &Parameters, field: FieldId) -> Self {
        let lanes = W / parameters.field.word_bits();
        let halves = usize::from(lanes > parameters.lanes);
        let fault = |fault: TableFault| Fixed::new((fault as u64).into());
        Self {
            magic: Fixed::new(TABLE_MAGIC.into()),
            field: Fixed::new((field as u64).into()),
            magic_fault: fault(TableFault::Magic),
            field_fault: fault(TableFault::Field),
            size_fault: fault(TableFault::Size),
            direction_fault: fault(TableFault::Direction),
            header_beats: Fixed::new((8 * HEADER_BYTES / W as u64).into()),
            lanes_log2: Fixed::new(u64::from(lanes.ilog2()).into()),
            block_log2: Fixed::new(u64::from((512 / W).ilog2()).into()),
            halved: (0..halves).map(|_| Default::default()).collect(),
            _halves: halves,
            ..Default::default()
        }
    }
}

impl<const W: usize> Logic for TableLoader<W> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, state, place, table_beats, beat, number);
        self.table_log2.next = (self.size.val() + 1) >> 1;
        self.memory.request.next = false;
        self.memory.address.next = self.place.q.val();
        self.memory.beats.next =
            bit_cast::<32, BEAT_BITS>(self.header_beats.val() + (self.table_beats.q.val() << 2));
        if self.header_only.val() {
            self.memory.beats.next = bit_cast::<32, BEAT_BITS>(self.header_beats.val());
        }
        self.memory.ready.next = false;
        self.memory.flush.next = self.clear.val();
        self.idle.next = false;
        self.checked.next = false;
        self.wrong.next = false;
        self.fault.next = 0.into();
        self.done.next = false;
        self.write.next = false;
        self.table.next = self.number.q.val();
        self.table_address.next = bit_cast::<12, BEAT_BITS>(self.beat.q.val());
        self.table_beat.next = self.memory.data.val();
        self.moved.next = self.take.val();
        self.failed.next = self.take.val() & self.memory.error.val();
        self.word.next = self.memory.data.val().get_bits::<64>(0);
        self.what.next = self.memory.data.val().get_bits::<64>(64);
        match self.state.q.val() {
            TableState::Idle => {
                self.idle.next = true;
                self.place.d.next = self.address.val();
                self.beat.d.next = 0.into();
                self.number.d.next = 0.into();
                // beats of a table, of whole blocks
                self.table_beats.d.next = bits::<BEAT_BITS>(1) << self.block_log2.val();
                if self.table_log2.val() > (self.block_log2.val() + self.lanes_log2.val()) {
                    self.table_beats.d.next =
                        bits::<BEAT_BITS>(1) << (self.table_log2.val() - self.lanes_log2.val());
                }
                if self.start.val() {
                    self.state.d.next = TableState::Ask;
                }
            }
            TableState::Ask => {
                self.memory.request.next = true;
                if self.memory.accepted.val() {
                    self.state.d.next = TableState::Header;
                }
            }
            TableState::Header => {
                self.memory.ready.next = true;
                if self.memory.valid.val() {
                    self.checked.next = true;
                    self.beat.d.next = 1.into();
                    self.state.d.next = TableState::Skip;
                    if self.header_beats.val() == 1 {
                        self.beat.d.next = 0.into();
                        self.state.d.next = TableState::Tables;
                    }
                    if self.what.val().get_bit(40) != self.inverse.val() {
                        self.wrong.next = true;
                        self.fault.next = self.direction_fault.val();
                    }
                    if self.what.val().get_bits::<8>(32) != self.size.val() {
                        self.wrong.next = true;
                        self.fault.next = self.size_fault.val();
                    }
                    if self.what.val().get_bits::<32>(0) != self.field.val() {
                        self.wrong.next = true;
                        self.fault.next = self.field_fault.val();
                    }
                    if self.word.val() != self.magic.val() {
                        self.wrong.next = true;
                        self.fault.next = self.magic_fault.val();
                    }
                    if self.wrong.val() | self.header_only.val() | self.memory.error.val() {
                        self.state.d.next = TableState::Drop;
                    }
                }
            }
            TableState::Skip => {
                self.memory.ready.next = true;
                if self.memory.valid.val() {
                    self.beat.d.next = self.beat.q.val() + 1;
                    if (self.beat.q.val() + 1) == self.header_beats.val() {
                        self.beat.d.next = 0.into();
                        self.state.d.next = TableState::Tables;
                    }
                }
            }
            TableState::Tables => {
                self.memory.ready.next = !self.hold.val();
                for i in 0..self._halves {
                    if self.halved[i].q.val() {
                        self.memory.ready.next = false;
                    }
                }
                self.write.next = self.take.val();
                if self.take.val() {
                    self.beat.d.next = self.beat.q.val() + 1;
                    if (self.beat.q.val() + 1) == self.table_beats.q.val() {
                        self.beat.d.next = 0.into();
                        self.number.d.next = self.number.q.val() + 1;
                        if self.number.q.val() == 3 {
                            self.done.next = true;
                            self.state.d.next = TableState::Idle;
                        }
                    }
                }
            }
            TableState::Drop => {
                self.memory.flush.next = true;
                if self.memory.idle.val() {
                    self.state.d.next = TableState::Idle;
                }
            }
        }
        self.take.next = self.memory.valid.val() & self.memory.ready.val();
        for i in 0..self._halves {
            self.halved[i].clock.next = self.clock.val();
            self.halved[i].d.next = self.write.val();
        }
        if self.clear.val() {
            self.state.d.next = TableState::Idle;
        }
    }
}
