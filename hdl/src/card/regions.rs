//! The region table: which part of card memory belongs to whom.

use super::config::{CoreConfig, REGION_INDEX_BITS};
use crate::cells::{Fixed, LookupMemory, Register};
use gristmill_protocol::Status;
use rust_hdl_core::prelude::*;
use rust_hdl_widgets::dff_setup;

/// Entries of base, length, domain, generation, and whether there is a region.
///
/// A look-up is answered in the same cycle. `set` and `clear` act in the next cycle; `set` raises the
/// generation, so that a handle of before is refused. A sweep, started by `sweep`, raises every
/// generation and clears every entry, one a cycle; nothing else may be asked until `sweeping` is low.
/// What a region holds (its kind) is the driver's affair and is not kept.
#[derive(LogicBlock, Default)]
pub struct Regions {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// One cycle: invalidate everything.
    pub sweep: Signal<In, Bit>,
    /// A sweep is under way.
    pub sweeping: Signal<Out, Bit>,
    /// Handle to look up: index, generation.
    pub handle: Signal<In, Bits<48>>,
    /// Domain of whoever asks.
    pub domain: Signal<In, Bits<8>>,
    /// First byte of the region.
    pub base: Signal<Out, Bits<64>>,
    /// Its bytes.
    pub length: Signal<Out, Bits<64>>,
    /// Status code: success, or why the handle is refused.
    pub status: Signal<Out, Bits<16>>,
    /// One cycle: define the region `index`.
    pub set: Signal<In, Bit>,
    /// One cycle: forget the region `index`.
    pub clear: Signal<In, Bit>,
    /// Index to change.
    pub index: Signal<In, Bits<16>>,
    /// There is such an index.
    pub index_valid: Signal<Out, Bit>,
    /// The region's first byte.
    pub set_base: Signal<In, Bits<64>>,
    /// Its bytes.
    pub set_length: Signal<In, Bits<64>>,
    /// Its domain.
    pub set_domain: Signal<In, Bits<8>>,
    /// Generation that a `set` of `index` gives.
    pub next_generation: Signal<Out, Bits<32>>,
    count: Fixed<Bits<16>>,
    last: Fixed<Bits<REGION_INDEX_BITS>>,
    invalid: Fixed<Bits<16>>,
    stale: Fixed<Bits<16>>,
    not_permitted: Fixed<Bits<16>>,
    place: Register<Bits<REGION_INDEX_BITS>>,
    active: Register<Bit>,
    valid_memory: LookupMemory<Bit, REGION_INDEX_BITS>,
    base_memory: LookupMemory<Bits<64>, REGION_INDEX_BITS>,
    length_memory: LookupMemory<Bits<64>, REGION_INDEX_BITS>,
    domain_memory: LookupMemory<Bits<8>, REGION_INDEX_BITS>,
    generation_memory: LookupMemory<Bits<32>, REGION_INDEX_BITS>,
    generation_copy: LookupMemory<Bits<32>, REGION_INDEX_BITS>, // read at the place to change
    looked_up: Signal<Local, Bits<REGION_INDEX_BITS>>,
    changed: Signal<Local, Bits<REGION_INDEX_BITS>>,
    new_generation: Signal<Local, Bits<32>>,
}

impl Regions {
    /// The table of a card with this configuration.
    pub fn new(config: &CoreConfig) -> Self {
        let code = |status: Status| Fixed::new(status.code().to_bits());
        Self {
            count: Fixed::new(config.regions.to_bits()),
            last: Fixed::new(Bits::mask()),
            invalid: code(Status::RegionInvalid),
            stale: code(Status::StaleGeneration),
            not_permitted: code(Status::NotPermitted),
            ..Default::default()
        }
    }
}

impl Logic for Regions {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, place, active);
        clock!(
            self,
            clock,
            valid_memory,
            base_memory,
            length_memory,
            domain_memory,
            generation_memory,
            generation_copy
        );

        // look-up
        self.looked_up.next = self.handle.val().get_bits::<REGION_INDEX_BITS>(0);
        self.valid_memory.read_address.next = self.looked_up.val();
        self.base_memory.read_address.next = self.looked_up.val();
        self.length_memory.read_address.next = self.looked_up.val();
        self.domain_memory.read_address.next = self.looked_up.val();
        self.generation_memory.read_address.next = self.looked_up.val();
        self.base.next = self.base_memory.q.val();
        self.length.next = self.length_memory.q.val();
        self.status.next = 0.into();
        if self.domain_memory.q.val() != self.domain.val() {
            self.status.next = self.not_permitted.val();
        }
        if self.generation_memory.q.val() != self.handle.val().get_bits::<32>(16) {
            self.status.next = self.stale.val();
        }
        if !self.valid_memory.q.val() | (self.handle.val().get_bits::<16>(0) >= self.count.val()) {
            self.status.next = self.invalid.val();
        }

        // change
        self.index_valid.next = self.index.val() < self.count.val();
        self.changed.next = self.index.val().get_bits::<REGION_INDEX_BITS>(0);
        if self.active.q.val() {
            self.changed.next = self.place.q.val();
        }
        self.generation_copy.read_address.next = self.changed.val();
        self.new_generation.next = self.generation_copy.q.val() + 1;
        self.next_generation.next = self.new_generation.val();
        self.valid_memory.write.next = self.set.val() | self.clear.val() | self.active.q.val();
        self.valid_memory.write_address.next = self.changed.val();
        self.valid_memory.d.next = self.set.val() & !self.active.q.val();
        self.base_memory.write.next = self.set.val();
        self.base_memory.write_address.next = self.changed.val();
        self.base_memory.d.next = self.set_base.val();
        self.length_memory.write.next = self.set.val();
        self.length_memory.write_address.next = self.changed.val();
        self.length_memory.d.next = self.set_length.val();
        self.domain_memory.write.next = self.set.val();
        self.domain_memory.write_address.next = self.changed.val();
        self.domain_memory.d.next = self.set_domain.val();
        self.generation_memory.write.next = self.set.val() | self.active.q.val();
        self.generation_memory.write_address.next = self.changed.val();
        self.generation_memory.d.next = self.new_generation.val();
        self.generation_copy.write.next = self.set.val() | self.active.q.val();
        self.generation_copy.write_address.next = self.changed.val();
        self.generation_copy.d.next = self.new_generation.val();

        // sweep
        if self.active.q.val() {
            self.place.d.next = self.place.q.val() + 1;
            if self.place.q.val() == self.last.val() {
                self.active.d.next = false;
            }
        }
        if self.sweep.val() {
            self.active.d.next = true;
            self.place.d.next = 0.into();
        }
        self.sweeping.next = self.active.q.val();
    }
}
