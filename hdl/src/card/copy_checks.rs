//! What may be wrong with a copy or a change of the region table.

use super::config::CoreConfig;
use crate::cells::{Fixed, Register, SLOT_BITS};
use gristmill_protocol::{ALIGNMENT, Opcode, Status, descriptor::flag};
use rust_hdl_core::prelude::*;
use rust_hdl_widgets::dff_setup;

/// Takes a descriptor of the copy engine apart, and judges it. All inputs are stable while it works;
/// what is computed (`card`, `status`, `detail`) is valid from the second cycle on.
///
/// A copy is judged against its region, a region against card memory; otherwise both have an offset
/// and a length. In this order: the region's index; the alignment of host address, offset and length;
/// a length of zero; the host address against the card's address bits; the bounds.
#[derive(LogicBlock, Default)]
pub struct CopyChecks {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// The descriptor.
    pub descriptor: Signal<In, Bits<SLOT_BITS>>,
    /// First byte of the region of a copy.
    pub region_base: Signal<In, Bits<64>>,
    /// Its bytes.
    pub region_length: Signal<In, Bits<64>>,
    /// There is a region with this `index`.
    pub index_valid: Signal<In, Bit>,
    /// `CopyToCard`.
    pub to_card: Signal<Out, Bit>,
    /// `CopyFromCard`.
    pub from_card: Signal<Out, Bit>,
    /// `RegionSet`.
    pub set: Signal<Out, Bit>,
    /// `RegionSet`, with zeros first.
    pub wipe: Signal<Out, Bit>,
    /// Index of the region to change.
    pub index: Signal<Out, Bits<16>>,
    /// Host address.
    pub host: Signal<Out, Bits<64>>,
    /// Address in card memory.
    pub card: Signal<Out, Bits<64>>,
    /// Bytes.
    pub length: Signal<Out, Bits<64>>,
    /// Status code.
    pub status: Signal<Out, Bits<16>>,
    /// Its detail.
    pub detail: Signal<Out, Bits<64>>,
    to_card_opcode: Fixed<Bits<8>>,
    from_card_opcode: Fixed<Bits<8>>,
    set_opcode: Fixed<Bits<8>>,
    wipe_flag: Fixed<Bits<16>>,
    memory_bytes: Fixed<Bits<64>>,
    misaligned_mask: Fixed<Bits<64>>,
    beyond_mask: Fixed<Bits<64>>,
    region_invalid: Fixed<Bits<16>>,
    misaligned: Fixed<Bits<16>>,
    size_limit: Fixed<Bits<16>>,
    unsupported: Fixed<Bits<16>>,
    region_bounds: Fixed<Bits<16>>,
    room: Register<Bits<64>>,
    offset_beyond: Register<Bit>,
    place: Register<Bits<64>>,
    host_last: Register<Bits<64>>,
    copy: Signal<Local, Bit>,
    change: Signal<Local, Bit>,
    offset: Signal<Local, Bits<64>>,
    limit: Signal<Local, Bits<64>>,
    base: Signal<Local, Bits<64>>,
    offset_word: Signal<Local, Bits<64>>,
    length_word: Signal<Local, Bits<64>>,
}

impl CopyChecks {
    /// The checks of a card with this configuration.
    pub fn new(config: &CoreConfig) -> Self {
        let code = |status: Status| Fixed::new(status.code().to_bits());
        let opcode = |opcode: Opcode| Fixed::new(opcode.code().to_bits());
        Self {
            to_card_opcode: opcode(Opcode::CopyToCard),
            from_card_opcode: opcode(Opcode::CopyFromCard),
            set_opcode: opcode(Opcode::RegionSet),
            wipe_flag: Fixed::new(flag::WIPE.to_bits()),
            memory_bytes: Fixed::new(config.memory_bytes.into()),
            misaligned_mask: Fixed::new((ALIGNMENT - 1).into()),
            beyond_mask: Fixed::new((u64::MAX << config.address_bits).into()),
            region_invalid: code(Status::RegionInvalid),
            misaligned: code(Status::Misaligned),
            size_limit: code(Status::SizeLimit),
            unsupported: code(Status::UnsupportedParameter),
            region_bounds: code(Status::RegionBounds),
            ..Default::default()
        }
    }
}

impl Logic for CopyChecks {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, room, offset_beyond, place, host_last);

        // the fields
        self.to_card.next = self.descriptor.val().get_bits::<8>(0) == self.to_card_opcode.val();
        self.from_card.next = self.descriptor.val().get_bits::<8>(0) == self.from_card_opcode.val();
        self.set.next = self.descriptor.val().get_bits::<8>(0) == self.set_opcode.val();
        self.wipe.next = self.set.val()
            & (self.descriptor.val().get_bits::<16>(16) & self.wipe_flag.val()).any();
        self.copy.next = self.to_card.val() | self.from_card.val();
        self.change.next = !self.copy.val();
        self.index.next = self.descriptor.val().get_bits::<16>(128);
        self.host.next = self.descriptor.val().get_bits::<64>(128);
        self.offset.next = self.descriptor.val().get_bits::<64>(192);
        self.offset_word.next = 3.into();
        self.length.next = self.descriptor.val().get_bits::<64>(256);
        self.length_word.next = 4.into();
        self.limit.next = self.memory_bytes.val();
        self.base.next = 0.into();
        if self.copy.val() {
            self.offset.next = self.descriptor.val().get_bits::<64>(256);
            self.offset_word.next = 4.into();
            self.length.next = self.descriptor.val().get_bits::<64>(320);
            self.length_word.next = 5.into();
            self.limit.next = self.region_length.val();
            self.base.next = self.region_base.val();
        }

        // the sums
        self.room.d.next = self.limit.val() - self.offset.val();
        self.offset_beyond.d.next = self.offset.val() > self.limit.val();
        self.place.d.next = self.base.val() + self.offset.val();
        self.host_last.d.next = self.host.val() + self.length.val() - 1;
        self.card.next = self.place.q.val();

        // the verdict: the last of these that holds counts
        self.status.next = 0.into();
        self.detail.next = 0.into();
        if self.copy.val() | self.set.val() {
            if self.offset_beyond.q.val() | (self.length.val() > self.room.q.val()) {
                self.status.next = self.region_bounds.val();
                self.detail.next = self.length_word.val();
            }
            if self.copy.val()
                & ((self.host.val() & self.beyond_mask.val()).any()
                    | (self.host_last.q.val() & self.beyond_mask.val()).any())
            {
                self.status.next = self.unsupported.val();
                self.detail.next = 2.into();
            }
            if !self.length.val().any() {
                self.status.next = self.size_limit.val();
                self.detail.next = 0.into();
            }
            if (self.length.val() & self.misaligned_mask.val()).any() {
                self.status.next = self.misaligned.val();
                self.detail.next = self.length_word.val();
            }
            if (self.offset.val() & self.misaligned_mask.val()).any() {
                self.status.next = self.misaligned.val();
                self.detail.next = self.offset_word.val();
            }
            if self.copy.val() & (self.host.val() & self.misaligned_mask.val()).any() {
                self.status.next = self.misaligned.val();
                self.detail.next = 2.into();
            }
        }
        if self.change.val() & !self.index_valid.val() {
            self.status.next = self.region_invalid.val();
            self.detail.next = bit_cast::<64, 16>(self.index.val());
        }
    }
}
