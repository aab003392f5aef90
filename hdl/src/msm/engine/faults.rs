//! What goes wrong in a pass, as a status and a detail.

use super::status;
use crate::cells::Fixed;
use gristmill_protocol::Status;
use rust_hdl_core::prelude::*;

/// Names what goes wrong in this cycle; of several faults the last one of the list of inputs. Combinational.
#[derive(LogicBlock, Default)]
pub struct Faults {
    /// A coordinate is not below the modulus.
    pub bad_base: Signal<In, Bit>,
    /// Index of its point.
    pub bad_base_index: Signal<In, Bits<32>>,
    /// A scalar is not below the order.
    pub bad_scalar: Signal<In, Bit>,
    /// Its index.
    pub bad_scalar_index: Signal<In, Bits<32>>,
    /// The region of records is full.
    pub overflow: Signal<In, Bit>,
    /// Card memory answered a read with an error.
    pub card_error: Signal<In, Bit>,
    /// It was one of scalars.
    pub card_error_in_scalars: Signal<In, Bit>,
    /// Card memory answered a write of records with an error.
    pub record_error: Signal<In, Bit>,
    /// The pass is not the first one.
    pub later: Signal<In, Bit>,
    /// Where records are.
    pub record_base: Signal<In, Bits<64>>,
    /// Where the bases are.
    pub bases_start: Signal<In, Bits<64>>,
    /// Host memory answered a read with an error.
    pub host_error: Signal<In, Bit>,
    /// It was one of bases.
    pub host_error_in_bases: Signal<In, Bit>,
    /// Where the scalars are.
    pub scalars_start: Signal<In, Bits<64>>,
    /// What was written to the host has been answered.
    pub output_done: Signal<In, Bit>,
    /// With an error.
    pub output_error: Signal<In, Bit>,
    /// It was the statistics block.
    pub in_statistics: Signal<In, Bit>,
    /// Where that goes.
    pub statistics_address: Signal<In, Bits<64>>,
    /// Where the results go.
    pub result_address: Signal<In, Bits<64>>,
    /// Something is wrong.
    pub fault: Signal<Out, Bit>,
    /// The status.
    pub status: Signal<Out, Bits<16>>,
    /// The detail.
    pub detail: Signal<Out, Bits<64>>,
    bad_base_status: Fixed<Bits<16>>,
    bad_scalar_status: Fixed<Bits<16>>,
    region_bounds: Fixed<Bits<16>>,
    card_memory: Fixed<Bits<16>>,
    host_memory: Fixed<Bits<16>>,
}

impl Faults {
    /// The engine's faults.
    pub fn new() -> Self {
        Self {
            bad_base_status: status(Status::NonCanonicalBase),
            bad_scalar_status: status(Status::NonCanonicalScalar),
            region_bounds: status(Status::RegionBounds),
            card_memory: status(Status::CardMemoryError),
            host_memory: status(Status::HostMemoryError),
            ..Default::default()
        }
    }
}

impl Logic for Faults {
    #[hdl_gen]
    fn update(&mut self) {
        self.fault.next = self.bad_base.val();
        self.status.next = self.bad_base_status.val();
        self.detail.next = bit_cast::<64, 32>(self.bad_base_index.val());
        if self.bad_scalar.val() {
            self.fault.next = true;
            self.status.next = self.bad_scalar_status.val();
            self.detail.next = bit_cast::<64, 32>(self.bad_scalar_index.val());
        }
        if self.overflow.val() {
            self.fault.next = true;
            self.status.next = self.region_bounds.val();
            self.detail.next = 7.into();
        }
        if self.card_error.val() | self.record_error.val() {
            self.fault.next = true;
            self.status.next = self.card_memory.val();
            self.detail.next = self.record_base.val();
            if !self.later.val() & !self.record_error.val() {
                self.detail.next = self.bases_start.val();
                if self.card_error_in_scalars.val() {
                    self.detail.next = self.scalars_start.val();
                }
            }
        }
        if self.host_error.val() | (self.output_done.val() & self.output_error.val()) {
            self.fault.next = true;
            self.status.next = self.host_memory.val();
            self.detail.next = self.scalars_start.val();
            if self.host_error_in_bases.val() {
                self.detail.next = self.bases_start.val();
            }
            if self.output_done.val() {
                self.detail.next = self.result_address.val();
                if self.in_statistics.val() {
                    self.detail.next = self.statistics_address.val();
                }
            }
        }
    }
}
