//! What comes into an engine: pairs in the first pass, records in the later ones.

use super::fixed;
use crate::card::socket::ReadClient;
use crate::cells::{Fixed, Register, Unpacker};
use crate::msm::wiring::RecordSplit;
use crate::msm::{Parameters, Source};
use rust_hdl_core::prelude::*;
use rust_hdl_widgets::dff_setup;

/// Asks memory for a pass's input and gives it to the recoder, pair by pair or record by record. The
/// widths are the engine's.
#[derive(LogicBlock, Default)]
pub struct Input<const W: usize, const S: usize, const M: usize, const E: usize, const R: usize> {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Scalars.
    pub scalars: ReadClient<W>,
    /// Bases in host memory.
    pub streamed: ReadClient<W>,
    /// Bases in card memory.
    pub resident: ReadClient<W>,
    /// Scalars in card memory; in later passes the records of the pass before.
    pub records: ReadClient<W>,
    /// One cycle: a pass begins.
    pub begin: Signal<In, Bit>,
    /// It is not the first one.
    pub later: Signal<In, Bit>,
    /// Level: forget everything.
    pub flush: Signal<In, Bit>,
    /// Where records are.
    pub record_base: Signal<In, Bits<64>>,
    /// Records for the pass that begins.
    pub record_count: Signal<In, Bits<32>>,
    /// Bases come from host memory.
    pub is_streamed: Signal<In, Bit>,
    /// Scalars are in Montgomery form.
    pub montgomery: Signal<In, Bit>,
    /// Pairs.
    pub length: Signal<In, Bits<32>>,
    /// Scalars come from card memory.
    pub scalars_resident: Signal<In, Bit>,
    /// The beat in which the scalars begin.
    pub scalars_first: Signal<In, Bits<64>>,
    /// Beats of them.
    pub scalar_beats: Signal<In, Bits<32>>,
    /// Words before the first scalar.
    pub scalar_offset: Signal<In, Bits<4>>,
    /// The beat in which the bases begin.
    pub bases_first: Signal<In, Bits<64>>,
    /// Beats of bases.
    pub bases_beats: Signal<In, Bits<32>>,
    /// Words before the first base.
    pub base_offset: Signal<In, Bits<4>>,
    /// Words from base to base.
    pub base_stride: Signal<In, Bits<13>>,
    /// All requests of the pass have been accepted.
    pub asked: Signal<Out, Bit>,
    /// There is a pair or a record.
    pub valid: Signal<Out, Bit>,
    /// Its magnitude, or what remains of it.
    pub magnitude: Signal<Out, Bits<M>>,
    /// Bits of the magnitude.
    pub bits: Signal<Out, Bits<9>>,
    /// A carry into its lowest digit.
    pub carry: Signal<Out, Bit>,
    /// The point is to be negated.
    pub negative: Signal<Out, Bit>,
    /// The point.
    pub affine: Signal<Out, Bits<E>>,
    /// Index of the pair; all ones for a record.
    pub index: Signal<Out, Bits<32>>,
    /// It is taken.
    pub pop: Signal<In, Bit>,
    /// There is more to come.
    pub left: Signal<Out, Bit>,
    /// Scalars are what is waited for.
    pub starved_of_scalars: Signal<Out, Bit>,
    /// Bases are what is waited for.
    pub starved_of_bases: Signal<Out, Bit>,
    /// A scalar was not below the order.
    pub bad_scalar: Signal<Out, Bit>,
    /// Index of the first such scalar.
    pub bad_scalar_index: Signal<Out, Bits<32>>,
    /// Host memory answered with an error.
    pub host_error: Signal<Out, Bit>,
    /// Streamed bases were last answered with an error.
    pub host_error_in_bases: Signal<Out, Bit>,
    /// Card memory answered with an error.
    pub card_error: Signal<Out, Bit>,
    /// Resident scalars were last answered with an error.
    pub card_error_in_scalars: Signal<Out, Bit>,
    /// A beat of scalars moves.
    pub scalar_moves: Signal<Out, Bit>,
    /// A beat of streamed bases moves.
    pub streamed_moves: Signal<Out, Bit>,
    /// Nothing is on its way.
    pub idle: Signal<Out, Bit>,

    record_log2: Fixed<Bits<4>>,
    beat_log2: Fixed<Bits<4>>,
    beat_mask: Fixed<Bits<64>>,
    record_words: Fixed<Bits<13>>,
    all_ones: Fixed<Bits<32>>,
    wants_scalars: Register<Bit>,
    wants_streamed: Register<Bit>,
    wants_resident: Register<Bit>,
    wants_records: Register<Bit>,
    count: Register<Bits<32>>,
    taken: Register<Bits<32>>,
    source: Source<W, S, M, E>,
    record_unpacker: Unpacker<W, R>,
    split: RecordSplit<M, E, R>,
    from_card: Signal<Local, Bit>,
    record_moves: Signal<Local, Bit>,
}

impl<const W: usize, const S: usize, const M: usize, const E: usize, const R: usize>
    Input<W, S, M, E, R>
{
    /// Input of an engine of these parts.
    pub fn new(parameters: &Parameters) -> Self {
        let log2 = |value: usize| u64::from(value.ilog2());
        Self {
            record_log2: fixed(log2(R / 8)),
            beat_log2: fixed(log2(W / 8)),
            beat_mask: fixed(W as u64 / 8 - 1),
            record_words: fixed(R as u64 / 64),
            all_ones: fixed(u64::from(u32::MAX)),
            source: Source::new(parameters.scalar_entry.clone()),
            split: RecordSplit::new(S),
            ..Default::default()
        }
    }
}

impl<const W: usize, const S: usize, const M: usize, const E: usize, const R: usize> Logic
    for Input<W, S, M, E, R>
{
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            wants_scalars,
            wants_streamed,
            wants_resident,
            wants_records,
            count,
            taken
        );
        clock!(self, clock, source, record_unpacker);

        // requests
        if self.wants_scalars.q.val() & self.scalars.accepted.val() {
            self.wants_scalars.d.next = false;
        }
        if self.wants_streamed.q.val() & self.streamed.accepted.val() {
            self.wants_streamed.d.next = false;
        }
        if self.wants_resident.q.val() & self.resident.accepted.val() {
            self.wants_resident.d.next = false;
        }
        if self.wants_records.q.val() & self.records.accepted.val() {
            self.wants_records.d.next = false;
        }
        if self.begin.val() {
            self.count.d.next = self.record_count.val();
            self.wants_scalars.d.next = !self.later.val() & !self.scalars_resident.val();
            self.wants_streamed.d.next = !self.later.val() & self.is_streamed.val();
            self.wants_resident.d.next = !self.later.val() & !self.is_streamed.val();
            self.wants_records.d.next = self.later.val() | self.scalars_resident.val();
        }
        if self.flush.val() {
            self.wants_scalars.d.next = false;
            self.wants_streamed.d.next = false;
            self.wants_resident.d.next = false;
            self.wants_records.d.next = false;
        }
        self.asked.next = !self.wants_scalars.q.val()
            & !self.wants_streamed.q.val()
            & !self.wants_resident.q.val()
            & !self.wants_records.q.val();
        self.scalars.request.next = self.wants_scalars.q.val();
        self.scalars.address.next = self.scalars_first.val();
        self.scalars.beats.next = self.scalar_beats.val();
        self.scalars.flush.next = self.flush.val();
        self.streamed.request.next = self.wants_streamed.q.val();
        self.streamed.address.next = self.bases_first.val();
        self.streamed.beats.next = self.bases_beats.val();
        self.streamed.flush.next = self.flush.val();
        self.resident.request.next = self.wants_resident.q.val();
        self.resident.address.next = self.bases_first.val();
        self.resident.beats.next = self.bases_beats.val();
        self.resident.flush.next = self.flush.val();
        self.records.request.next = self.wants_records.q.val();
        // in the first pass there are no records yet, and their port is the scalars'
        self.from_card.next = self.scalars_resident.val() & !self.later.val();
        self.records.address.next = self.record_base.val();
        self.records.beats.next = bit_cast::<32, 64>(
            ((bit_cast::<64, 32>(self.count.q.val()) << self.record_log2.val())
                + self.beat_mask.val())
                >> self.beat_log2.val(),
        );
        if self.from_card.val() {
            self.records.address.next = self.scalars_first.val();
            self.records.beats.next = self.scalar_beats.val();
        }
        self.records.flush.next = self.flush.val();

        // beats
        self.source.start.next = self.begin.val() & !self.later.val();
        self.source.clear.next = self.flush.val();
        self.source.count.next = self.length.val();
        self.source.montgomery.next = self.montgomery.val();
        self.source.base_offset.next = self.base_offset.val();
        self.source.base_stride.next = self.base_stride.val();
        self.source.scalar_offset.next = self.scalar_offset.val();
        self.source.scalars_valid.next = self.scalars.valid.val();
        self.source.scalars.next = self.scalars.data.val();
        self.scalars.ready.next = self.source.scalars_ready.val() & !self.scalars_resident.val();
        if self.scalars_resident.val() {
            self.source.scalars_valid.next = self.records.valid.val() & !self.later.val();
            self.source.scalars.next = self.records.data.val();
        }
        self.streamed.ready.next = self.source.bases_ready.val() & self.is_streamed.val();
        self.resident.ready.next = self.source.bases_ready.val() & !self.is_streamed.val();
        self.source.bases_valid.next = self.resident.valid.val();
        self.source.bases.next = self.resident.data.val();
        if self.is_streamed.val() {
            self.source.bases_valid.next = self.streamed.valid.val();
            self.source.bases.next = self.streamed.data.val();
        }
        self.record_unpacker.start.next = (self.begin.val() & self.later.val()) | self.flush.val();
        self.record_unpacker.offset.next = 0.into();
        self.record_unpacker.stride.next = self.record_words.val();
        self.record_unpacker.valid.next = self.records.valid.val() & self.later.val();
        self.record_unpacker.data.next = self.records.data.val();
        self.records.ready.next = self.record_unpacker.ready.val() & self.later.val();
        if self.from_card.val() {
            self.records.ready.next = self.source.scalars_ready.val();
        }
        self.split.record.next = self.record_unpacker.element.val();

        // pairs in the first pass, records in the later ones
        self.valid.next = self.source.valid.val();
        self.magnitude.next = self.source.magnitude.val();
        self.bits.next = self.source.length.val();
        self.carry.next = false;
        self.negative.next = self.source.negative.val();
        self.affine.next = self.source.affine.val();
        self.index.next = self.source.index.val();
        self.source.pop.next = self.pop.val() & !self.later.val();
        self.record_unpacker.pop.next = self.pop.val() & self.later.val();
        self.left.next = !self.source.done.val();
        if self.later.val() {
            self.left.next = self.taken.q.val() != self.count.q.val();
            self.valid.next = self.record_unpacker.element_valid.val() & self.left.val();
            self.magnitude.next = self.split.magnitude.val();
            self.bits.next = self.split.length.val();
            self.carry.next = self.split.carry.val();
            self.negative.next = self.split.negative.val();
            self.affine.next = self.split.affine.val();
            self.index.next = self.all_ones.val();
            if self.pop.val() {
                self.taken.d.next = self.taken.q.val() + 1;
            }
        }
        if self.begin.val() {
            self.taken.d.next = 0.into();
        }
        self.starved_of_scalars.next = self.source.starved_of_scalars.val();
        self.starved_of_bases.next = self.source.starved_of_bases.val();

        // what goes wrong
        self.bad_scalar.next = self.source.error.val();
        self.bad_scalar_index.next = self.source.error_index.val();
        self.scalar_moves.next = self.scalars.valid.val() & self.scalars.ready.val();
        self.streamed_moves.next = self.streamed.valid.val() & self.streamed.ready.val();
        self.host_error.next = (self.scalar_moves.val() & self.scalars.error.val())
            | (self.streamed_moves.val() & self.streamed.error.val());
        self.host_error_in_bases.next = self.streamed.valid.val() & self.streamed.error.val();
        self.record_moves.next = self.records.valid.val() & self.records.ready.val();
        self.card_error.next =
            (self.resident.valid.val() & self.resident.ready.val() & self.resident.error.val())
                | (self.record_moves.val() & self.records.error.val());
        self.card_error_in_scalars.next =
            self.from_card.val() & self.record_moves.val() & self.records.error.val();
        self.idle.next = self.scalars.idle.val()
            & self.streamed.idle.val()
            & self.resident.idle.val()
            & self.records.idle.val()
            & self.source.empty.val();
    }
}
