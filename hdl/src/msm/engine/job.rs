//! What a job's descriptor says: its words, the sizes that follow, and whether they are within the limits.

use super::{fixed, status};
use crate::cells::{Fixed, Register};
use crate::msm::Parameters;
use gristmill_protocol::Status;
use rust_hdl_core::prelude::*;
use rust_hdl_widgets::dff_setup;

/// Reads a job. `load` begins to work out the sizes, which are there with `measured`, sixteen cycles
/// later, after as many cycles of `measure`.
#[derive(LogicBlock, Default)]
pub struct Job {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// One cycle: there is a new descriptor.
    pub load: Signal<In, Bit>,
    /// Level: work out sizes.
    pub measure: Signal<In, Bit>,
    /// The descriptor; stable from `load` on.
    pub descriptor: Signal<In, Bits<512>>,
    /// First byte in card memory of the region of bases.
    pub first_base: Signal<In, Bits<64>>,
    /// Bytes of it.
    pub first_length: Signal<In, Bits<64>>,
    /// First byte in card memory of the region of records.
    pub second_base: Signal<In, Bits<64>>,
    /// Bytes of the region of records.
    pub second_length: Signal<In, Bits<64>>,
    /// The last cycle of measuring.
    pub measured: Signal<Out, Bit>,
    /// Once measured: the job is refused.
    pub refused: Signal<Out, Bit>,
    /// With this status.
    pub refusal: Signal<Out, Bits<16>>,
    /// And this detail.
    pub refusal_detail: Signal<Out, Bits<64>>,
    /// Bases come from host memory.
    pub is_streamed: Signal<Out, Bit>,
    /// Scalars are in Montgomery form.
    pub montgomery: Signal<Out, Bit>,
    /// Where the statistics block goes; 0 for none.
    pub statistics_address: Signal<Out, Bits<64>>,
    /// Scalars come from card memory.
    pub scalars_resident: Signal<Out, Bit>,
    /// Where the scalars are, in host or card memory.
    pub scalars_start: Signal<Out, Bits<64>>,
    /// The beat in which they begin.
    pub scalars_first: Signal<Out, Bits<64>>,
    /// Beats of them.
    pub scalar_beats: Signal<Out, Bits<32>>,
    /// Words of 64 bits in the first beat before the first scalar.
    pub scalar_offset: Signal<Out, Bits<4>>,
    /// Pairs.
    pub length: Signal<Out, Bits<32>>,
    /// Window width c.
    pub width: Signal<Out, Bits<5>>,
    /// Windows a pass.
    pub windows: Signal<Out, Bits<8>>,
    /// Windows a pass and lane.
    pub lane_windows: Signal<Out, Bits<6>>,
    /// 2^(c - 1).
    pub half: Signal<Out, Bits<17>>,
    /// Where the results go.
    pub result_base: Signal<Out, Bits<64>>,
    /// Bytes of the results of a pass.
    pub result_bytes: Signal<Out, Bits<64>>,
    /// Where the bases are, in host or card memory.
    pub bases_start: Signal<Out, Bits<64>>,
    /// The beat in which they begin.
    pub bases_first: Signal<Out, Bits<64>>,
    /// Beats of them.
    pub bases_beats: Signal<Out, Bits<32>>,
    /// Words of 64 bits in that beat before the first base.
    pub base_offset: Signal<Out, Bits<4>>,
    /// Words of 64 bits from base to base.
    pub base_stride: Signal<Out, Bits<13>>,
    /// Records that the region of records holds, before the scalars if those are in it.
    pub capacity: Signal<Out, Bits<64>>,

    size_limit: Fixed<Bits<16>>,
    region_bounds: Fixed<Bits<16>>,
    misaligned: Fixed<Bits<16>>,
    unsupported: Fixed<Bits<16>>,
    largest_length: Fixed<Bits<32>>,
    least_width: Fixed<Bits<8>>,
    largest_width: Fixed<Bits<8>>,
    pass_bits_min: Fixed<Bits<32>>,
    largest_windows: Fixed<Bits<8>>,
    lanes_mask: Fixed<Bits<8>>,
    lanes_log2: Fixed<Bits<3>>,
    buckets: Fixed<Bits<24>>,
    point_bytes: Fixed<Bits<64>>,
    beat_mask: Fixed<Bits<64>>,
    beat_log2: Fixed<Bits<4>>,
    scalar_log2: Fixed<Bits<4>>,
    record_log2: Fixed<Bits<4>>,
    slot_log2: Fixed<Bits<4>>,
    slot_has_half: Fixed<Bit>,

    step: Register<Bits<5>>,
    product: Register<Bits<64>>,
    addend: Register<Bits<64>>,
    multiplier: Register<Bits<16>>,
    slots: Register<Bits<32>>,
    slots_addend: Register<Bits<32>>,
    slots_multiplier: Register<Bits<8>>,
    half_width: Register<Bits<17>>,
    windows_of_lane: Register<Bits<6>>,
    bucket_need: Register<Bits<24>>,
    record_room: Register<Bits<64>>,

    word: Signal<Local, Bits<512>>,
    stride: Signal<Local, Bits<16>>,
    window_width: Signal<Local, Bits<8>>,
    scalars_offset: Signal<Local, Bits<64>>,
    scalar_bytes: Signal<Local, Bits<64>>,
    scalars_end: Signal<Local, Bits<64>>,
    scalars_last: Signal<Local, Bits<64>>,
    room: Signal<Local, Bits<64>>,
    bases_offset: Signal<Local, Bits<64>>,
    bases_end: Signal<Local, Bits<64>>,
    resident_end: Signal<Local, Bits<64>>,
    result_half: Signal<Local, Bits<64>>,
}

/// The widths that a job's limits depend on, as the engine names them.
pub(super) struct Widths {
    pub beat: usize,
    pub scalar: usize,
    pub magnitude: usize,
    pub affine: usize,
    pub bucket_address: usize,
    pub record: usize,
    pub slot: usize,
    pub lanes: usize,
}

impl Job {
    /// Jobs of an engine of these widths and limits.
    pub(super) fn new(widths: &Widths, parameters: &Parameters) -> Self {
        let log2 = |value: usize| u64::from(value.ilog2());
        let lanes = widths.lanes as u64;
        let pass_bits = Parameters::pass_bits_min(widths.scalar, widths.magnitude);
        Self {
            size_limit: status(Status::SizeLimit),
            region_bounds: status(Status::RegionBounds),
            misaligned: status(Status::Misaligned),
            unsupported: status(Status::UnsupportedParameter),
            largest_length: fixed(1 << parameters.size_log2),
            least_width: fixed(u64::from(parameters.window_min)),
            largest_width: fixed(u64::from(parameters.window_max)),
            pass_bits_min: fixed(pass_bits as u64),
            largest_windows: fixed(lanes * u64::from(parameters.windows_per_lane)),
            lanes_mask: fixed(lanes - 1),
            lanes_log2: fixed(log2(widths.lanes)),
            buckets: fixed(1 << widths.bucket_address),
            point_bytes: fixed(widths.affine as u64 / 8),
            beat_mask: fixed(widths.beat as u64 / 8 - 1),
            beat_log2: fixed(log2(widths.beat / 8)),
            scalar_log2: fixed(log2(widths.scalar / 8)),
            record_log2: fixed(log2(widths.record / 8)),
            slot_log2: fixed(log2(widths.slot / 8)),
            slot_has_half: Fixed::new(!(widths.slot / 8).is_power_of_two()),
            ..Default::default()
        }
    }
}

impl Logic for Job {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            step,
            product,
            addend,
            multiplier,
            slots,
            slots_addend,
            slots_multiplier,
            half_width,
            windows_of_lane,
            bucket_need,
            record_room
        );

        // the descriptor's words
        self.word.next = self.descriptor.val();
        self.is_streamed.next = self.word.val().get_bit(16);
        self.montgomery.next = self.word.val().get_bit(17);
        self.statistics_address.next = self.word.val().get_bits::<64>(64);
        self.scalars_resident.next = self.word.val().get_bit(18);
        self.scalars_offset.next = self.word.val().get_bits::<64>(128);
        self.bases_offset.next = self.word.val().get_bits::<64>(256);
        self.length.next = self.word.val().get_bits::<32>(320);
        self.stride.next = self.word.val().get_bits::<16>(352);
        self.window_width.next = self.word.val().get_bits::<8>(368);
        self.windows.next = self.word.val().get_bits::<8>(376);
        self.result_base.next = self.word.val().get_bits::<64>(384);
        self.width.next = bit_cast::<5, 8>(self.window_width.val());
        self.base_stride.next = bit_cast::<13, 16>(self.stride.val() >> 3);

        // the scalars may stand behind the records
        self.room.next = self.second_length.val();
        self.scalars_start.next = self.scalars_offset.val();
        if self.scalars_resident.val() {
            self.room.next = self.scalars_offset.val();
            self.scalars_start.next = self.second_base.val() + self.scalars_offset.val();
        }

        // products, bit by bit
        if self.load.val() {
            self.step.d.next = 0.into();
            self.product.d.next = 0.into();
            self.addend.d.next = bit_cast::<64, 32>(self.length.val() - 1);
            self.multiplier.d.next = self.stride.val();
            self.slots.d.next = 0.into();
            self.slots_addend.d.next = bit_cast::<32, 8>(self.window_width.val());
            self.slots_multiplier.d.next = self.windows.val();
            self.half_width.d.next = (bits::<17>(1) << self.window_width.val()) >> 1;
            self.windows_of_lane.d.next =
                bit_cast::<6, 8>(self.windows.val() >> self.lanes_log2.val());
            self.record_room.d.next = self.room.val() >> self.record_log2.val();
        }
        if self.measure.val() {
            self.step.d.next = self.step.q.val() + 1;
            self.addend.d.next = self.addend.q.val() << 1;
            self.multiplier.d.next = self.multiplier.q.val() >> 1;
            if self.multiplier.q.val().get_bit(0) {
                self.product.d.next = self.product.q.val() + self.addend.q.val();
            }
            self.slots_addend.d.next = self.slots_addend.q.val() << 1;
            self.slots_multiplier.d.next = self.slots_multiplier.q.val() >> 1;
            if self.slots_multiplier.q.val().get_bit(0) {
                self.slots.d.next = self.slots.q.val() + self.slots_addend.q.val();
            }
            self.bucket_need.d.next =
                (bit_cast::<24, 6>(self.windows_of_lane.q.val()) << self.window_width.val()) >> 1;
        }
        self.measured.next = self.step.q.val() == 15;
        self.half.next = self.half_width.q.val();
        self.lane_windows.next = self.windows_of_lane.q.val();
        self.capacity.next = self.record_room.q.val();

        // bytes of a pass's results: a slot has 2^n bytes, or half as many more
        self.result_half.next = 0.into();
        if self.slot_has_half.val() {
            self.result_half.next =
                (bit_cast::<64, 32>(self.slots.q.val()) << self.slot_log2.val()) >> 1;
        }
        self.result_bytes.next = (bit_cast::<64, 32>(self.slots.q.val()) << self.slot_log2.val())
            + self.result_half.val();

        // where the input lies
        self.bases_start.next = self.bases_offset.val();
        if !self.is_streamed.val() {
            self.bases_start.next = self.first_base.val() + self.bases_offset.val();
        }
        self.bases_end.next =
            self.bases_start.val() + self.product.q.val() + self.point_bytes.val();
        self.bases_first.next =
            self.bases_start.val() - (self.bases_start.val() & self.beat_mask.val());
        self.bases_beats.next = bit_cast::<32, 64>(
            (self.bases_end.val() - self.bases_first.val() + self.beat_mask.val())
                >> self.beat_log2.val(),
        );
        self.base_offset.next =
            bit_cast::<4, 64>((self.bases_start.val() & self.beat_mask.val()) >> 3);
        self.scalar_bytes.next = bit_cast::<64, 32>(self.length.val()) << self.scalar_log2.val();
        self.scalars_first.next =
            self.scalars_start.val() - (self.scalars_start.val() & self.beat_mask.val());
        self.scalars_last.next = self.scalars_start.val() + self.scalar_bytes.val();
        self.scalar_beats.next = bit_cast::<32, 64>(
            (self.scalars_last.val() - self.scalars_first.val() + self.beat_mask.val())
                >> self.beat_log2.val(),
        );
        self.scalar_offset.next =
            bit_cast::<4, 64>((self.scalars_start.val() & self.beat_mask.val()) >> 3);
        self.scalars_end.next = self.scalars_offset.val() + self.scalar_bytes.val();
        self.resident_end.next =
            self.bases_offset.val() + self.product.q.val() + self.point_bytes.val();

        // the limits; of several that are broken the last one here is named
        self.refused.next = false;
        self.refusal.next = self.size_limit.val();
        self.refusal_detail.next = 4.into();
        if !self.is_streamed.val()
            & ((self.bases_offset.val() > self.first_length.val())
                | (self.resident_end.val() > self.first_length.val()))
        {
            self.refused.next = true;
            self.refusal.next = self.region_bounds.val();
        }
        if self.scalars_resident.val()
            & ((self.scalars_offset.val() > self.second_length.val())
                | (self.scalars_end.val() > self.second_length.val()))
        {
            self.refused.next = true;
            self.refusal.next = self.region_bounds.val();
            self.refusal_detail.next = 2.into();
        }
        if (self.result_base.val() & 63).any() {
            self.refused.next = true;
            self.refusal.next = self.misaligned.val();
            self.refusal_detail.next = 6.into();
        }
        if (self.bases_offset.val() & 7).any() {
            self.refused.next = true;
            self.refusal.next = self.misaligned.val();
            self.refusal_detail.next = 4.into();
        }
        if (self.scalars_offset.val() & 7).any()
            | (!self.scalars_resident.val() & (self.scalars_offset.val() & 63).any())
        {
            self.refused.next = true;
            self.refusal.next = self.misaligned.val();
            self.refusal_detail.next = 2.into();
        }
        if (self.window_width.val() < self.least_width.val())
            | (self.window_width.val() > self.largest_width.val())
            | (self.slots.q.val() < self.pass_bits_min.val())
            | !self.windows.val().any()
            | (self.windows.val() > self.largest_windows.val())
            | (self.windows.val() & self.lanes_mask.val()).any()
            | (self.bucket_need.q.val() > self.buckets.val())
            | (bit_cast::<64, 16>(self.stride.val()) < self.point_bytes.val())
            | (self.stride.val() & 7).any()
            | (self.stride.val() > 1024)
        {
            self.refused.next = true;
            self.refusal.next = self.unsupported.val();
            self.refusal_detail.next = 5.into();
        }
        if !self.length.val().any() | (self.length.val() > self.largest_length.val()) {
            self.refused.next = true;
            self.refusal.next = self.size_limit.val();
            self.refusal_detail.next = bit_cast::<64, 32>(self.length.val());
        }
    }
}
