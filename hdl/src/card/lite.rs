//! The AXI4-Lite side of the registers.

use super::axi::LiteSubordinate;
use crate::cells::Register;
use rust_hdl_core::prelude::*;
use rust_hdl_widgets::dff_setup;

/// Turns AXI4-Lite accesses into one-cycle reads and writes of 32-bit words in a 4 KiB map.
///
/// A write acts in the cycle before `bvalid` rises, so that what it starts is under way when the host
/// has its response. A read is answered three cycles after its address. An access beyond the map
/// reads zero and writes nothing; so does a write with a strobe low. All responses are OKAY.
#[derive(LogicBlock, Default)]
pub struct Lite {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Forget everything.
    pub reset: Signal<In, Bit>,
    /// The bus.
    pub bus: LiteSubordinate,
    /// One cycle: write `write_data` at `write_address`.
    pub write: Signal<Out, Bit>,
    /// Byte offset, a multiple of 4.
    pub write_address: Signal<Out, Bits<12>>,
    /// Word to write.
    pub write_data: Signal<Out, Bits<32>>,
    /// One cycle: the word at `read_address` is read.
    pub read: Signal<Out, Bit>,
    /// Byte offset, a multiple of 4; stable from the cycle before `read`.
    pub read_address: Signal<Out, Bits<12>>,
    /// The word at `read_address`, in the cycle of `read`.
    pub read_data: Signal<In, Bits<32>>,
    has_address: Register<Bit>,
    address: Register<Bits<16>>,
    has_data: Register<Bit>,
    data: Register<Bits<32>>,
    strobes: Register<Bits<4>>,
    bvalid: Register<Bit>,
    asked: Register<Bit>,
    reading: Register<Bit>,
    place: Register<Bits<16>>,
    rvalid: Register<Bit>,
    rdata: Register<Bits<32>>,
    complete: Signal<Local, Bit>,
    in_map: Signal<Local, Bit>,
}

impl Logic for Lite {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            has_address,
            address,
            has_data,
            data,
            strobes,
            bvalid,
            asked,
            reading,
            place,
            rvalid,
            rdata
        );

        // writes: address and data may come in either order
        self.bus.awready.next = !self.has_address.q.val();
        self.bus.wready.next = !self.has_data.q.val();
        if self.bus.awvalid.val() & !self.has_address.q.val() {
            self.has_address.d.next = true;
            self.address.d.next = self.bus.awaddr.val();
        }
        if self.bus.wvalid.val() & !self.has_data.q.val() {
            self.has_data.d.next = true;
            self.data.d.next = self.bus.wdata.val();
            self.strobes.d.next = self.bus.wstrb.val();
        }
        if self.bus.bready.val() {
            self.bvalid.d.next = false;
        }
        self.complete.next =
            self.has_address.q.val() & self.has_data.q.val() & !self.bvalid.q.val();
        if self.complete.val() {
            self.has_address.d.next = false;
            self.has_data.d.next = false;
            self.bvalid.d.next = true;
        }
        self.in_map.next = !self.address.q.val().get_bits::<4>(12).any();
        self.write.next = self.complete.val() & self.in_map.val() & self.strobes.q.val().all();
        self.write_address.next = bit_cast::<12, 10>(self.address.q.val().get_bits::<10>(2)) << 2;
        self.write_data.next = self.data.q.val();
        self.bus.bvalid.next = self.bvalid.q.val();
        self.bus.bresp.next = 0.into();

        // reads
        self.bus.arready.next = !self.asked.q.val() & !self.reading.q.val() & !self.rvalid.q.val();
        self.asked.d.next = false;
        if self.bus.arvalid.val()
            & !self.asked.q.val()
            & !self.reading.q.val()
            & !self.rvalid.q.val()
        {
            self.asked.d.next = true;
            self.place.d.next = self.bus.araddr.val();
        }
        self.reading.d.next = self.asked.q.val();
        self.read_address.next = bit_cast::<12, 10>(self.place.q.val().get_bits::<10>(2)) << 2;
        self.read.next = self.reading.q.val() & !self.place.q.val().get_bits::<4>(12).any();
        if self.bus.rready.val() {
            self.rvalid.d.next = false;
        }
        if self.reading.q.val() {
            self.rvalid.d.next = true;
            self.rdata.d.next = 0.into();
        }
        if self.read.val() {
            self.rdata.d.next = self.read_data.val();
        }
        self.bus.rvalid.next = self.rvalid.q.val();
        self.bus.rdata.next = self.rdata.q.val();
        self.bus.rresp.next = 0.into();

        if self.reset.val() {
            self.has_address.d.next = false;
            self.has_data.d.next = false;
            self.bvalid.d.next = false;
            self.asked.d.next = false;
            self.reading.d.next = false;
            self.rvalid.d.next = false;
        }
    }
}
