//! What a descriptor says: offsets and sizes, and whether they are within the limits.

use super::Parameters;
use crate::cells::{Fixed, Register};
use gristmill_protocol::Status;
use rust_hdl_core::prelude::*;
use rust_hdl_widgets::dff_setup;

/// Reads a job. What it says is there [`Request::CYCLES`] cycles after the descriptor.
#[derive(LogicBlock, Default)]
pub struct Request {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// The descriptor; stable.
    pub descriptor: Signal<In, Bits<512>>,
    /// Bytes of the region; stable.
    pub length: Signal<In, Bits<64>>,
    /// The job is refused.
    pub refused: Signal<Out, Bit>,
    /// With this status.
    pub refusal: Signal<Out, Bits<16>>,
    /// And this detail.
    pub refusal_detail: Signal<Out, Bits<64>>,
    /// Byte offsets of a, b and c.
    pub offset: [Signal<Out, Bits<64>>; 3],
    /// Beats of each.
    pub beats: Signal<Out, Bits<32>>,
    /// Elements of the last beat.
    pub last_lanes: Signal<Out, Bits<6>>,
    size_limit: Fixed<Bits<16>>,
    region_bounds: Fixed<Bits<16>>,
    misaligned: Fixed<Bits<16>>,
    overlap: Fixed<Bits<16>>,
    largest: Fixed<Bits<64>>,
    element_log2: Fixed<Bits<4>>,
    lanes_log2: Fixed<Bits<4>>,
    lanes_mask: Fixed<Bits<64>>,
    elements: Signal<Local, Bits<64>>,
    area: Register<Bits<64>>,
    end: [Register<Bits<64>>; 3],
    whole: Register<Bits<32>>,
    lanes: Register<Bits<6>>,
}

impl Request {
    /// See [`Request`].
    pub const CYCLES: u64 = 2;

    /// Requests of such an engine.
    pub fn new(parameters: &Parameters) -> Self {
        let status = |status: Status| Fixed::new(u64::from(status.code()).into());
        let lanes = parameters.lanes as u64;
        Self {
            size_limit: status(Status::SizeLimit),
            region_bounds: status(Status::RegionBounds),
            misaligned: status(Status::Misaligned),
            overlap: status(Status::Overlap),
            largest: Fixed::new((1u64 << parameters.size_log2).into()),
            element_log2: Fixed::new(u64::from(parameters.field.element_bytes.ilog2()).into()),
            lanes_log2: Fixed::new(u64::from(lanes.ilog2()).into()),
            lanes_mask: Fixed::new((lanes - 1).into()),
            ..Default::default()
        }
    }
}

impl Logic for Request {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, area, whole, lanes);
        for i in 0..3 {
            self.end[i].clock.next = self.clock.val();
            self.end[i].d.next = self.offset[i].val() + self.area.q.val();
        }
        self.offset[0].next = self.descriptor.val().get_bits::<64>(128);
        self.offset[1].next = self.descriptor.val().get_bits::<64>(256);
        self.offset[2].next = self.descriptor.val().get_bits::<64>(384);
        self.elements.next = bit_cast::<64, 32>(self.descriptor.val().get_bits::<32>(320));
        self.area.d.next = (((self.elements.val() << self.element_log2.val()) + 63) >> 6) << 6;
        self.whole.d.next = bit_cast::<32, 64>(
            (self.elements.val() + self.lanes_mask.val()) >> self.lanes_log2.val(),
        );
        self.lanes.d.next = bit_cast::<6, 64>(
            (self.elements.val() + self.lanes_mask.val()) & self.lanes_mask.val(),
        ) + 1;
        self.beats.next = self.whole.q.val();
        self.last_lanes.next = self.lanes.q.val();

        // the limits; of several that are broken the last one here is named
        self.refused.next = false;
        self.refusal.next = self.overlap.val();
        self.refusal_detail.next = 6.into();
        if (self.offset[0].val() < self.end[2].q.val())
            & (self.offset[2].val() < self.end[0].q.val())
        {
            self.refused.next = true;
        }
        if (self.offset[0].val() < self.end[1].q.val())
            & (self.offset[1].val() < self.end[0].q.val())
        {
            self.refused.next = true;
            self.refusal_detail.next = 4.into();
        }
        if (self.offset[2].val() > self.length.val()) | (self.end[2].q.val() > self.length.val()) {
            self.refused.next = true;
            self.refusal.next = self.region_bounds.val();
            self.refusal_detail.next = 6.into();
        }
        if (self.offset[1].val() > self.length.val()) | (self.end[1].q.val() > self.length.val()) {
            self.refused.next = true;
            self.refusal.next = self.region_bounds.val();
            self.refusal_detail.next = 4.into();
        }
        if (self.offset[0].val() > self.length.val()) | (self.end[0].q.val() > self.length.val()) {
            self.refused.next = true;
            self.refusal.next = self.region_bounds.val();
            self.refusal_detail.next = 2.into();
        }
        if (self.offset[2].val() & 63).any() {
            self.refused.next = true;
            self.refusal.next = self.misaligned.val();
            self.refusal_detail.next = 6.into();
        }
        if (self.offset[1].val() & 63).any() {
            self.refused.next = true;
            self.refusal.next = self.misaligned.val();
            self.refusal_detail.next = 4.into();
        }
        if (self.offset[0].val() & 63).any() {
            self.refused.next = true;
            self.refusal.next = self.misaligned.val();
            self.refusal_detail.next = 2.into();
        }
        if !self.elements.val().any() | (self.elements.val() > self.largest.val()) {
            self.refused.next = true;
            self.refusal.next = self.size_limit.val();
            self.refusal_detail.next = self.elements.val();
        }
    }
}
