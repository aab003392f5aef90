//! The buses of the core: AXI4 towards host and card memory, AXI4-Lite for the registers, and the
//! bursts between a mover and its arbiter.

use rust_hdl_core::prelude::*;

/// Code of an incrementing burst in `awburst` and `arburst`.
pub const BURST_INCREMENTING: u64 = 1;

/// An AXI4 manager with W data bits and S = W / 8 strobes. All bursts are incrementing, of full beats,
/// and cross no 4 KiB boundary; an ID has its responses in order. `rready` and `bready` are always high.
#[derive(LogicInterface, Default)]
#[join = "AxiSubordinate"]
pub struct AxiManager<const W: usize, const S: usize> {
    pub awvalid: Signal<Out, Bit>,
    pub awready: Signal<In, Bit>,
    pub awid: Signal<Out, Bits<4>>,
    pub awaddr: Signal<Out, Bits<64>>,
    pub awlen: Signal<Out, Bits<8>>,
    pub awsize: Signal<Out, Bits<3>>,
    pub awburst: Signal<Out, Bits<2>>,
    pub wvalid: Signal<Out, Bit>,
    pub wready: Signal<In, Bit>,
    pub wdata: Signal<Out, Bits<W>>,
    pub wstrb: Signal<Out, Bits<S>>,
    pub wlast: Signal<Out, Bit>,
    pub bvalid: Signal<In, Bit>,
    pub bready: Signal<Out, Bit>,
    pub bid: Signal<In, Bits<4>>,
    pub bresp: Signal<In, Bits<2>>,
    pub arvalid: Signal<Out, Bit>,
    pub arready: Signal<In, Bit>,
    pub arid: Signal<Out, Bits<4>>,
    pub araddr: Signal<Out, Bits<64>>,
    pub arlen: Signal<Out, Bits<8>>,
    pub arsize: Signal<Out, Bits<3>>,
    pub arburst: Signal<Out, Bits<2>>,
    pub rvalid: Signal<In, Bit>,
    pub rready: Signal<Out, Bit>,
    pub rid: Signal<In, Bits<4>>,
    pub rdata: Signal<In, Bits<W>>,
    pub rresp: Signal<In, Bits<2>>,
    pub rlast: Signal<In, Bit>,
}

/// The other side of an [`AxiManager`].
#[derive(LogicInterface, Default)]
#[join = "AxiManager"]
pub struct AxiSubordinate<const W: usize, const S: usize> {
    pub awvalid: Signal<In, Bit>,
    pub awready: Signal<Out, Bit>,
    pub awid: Signal<In, Bits<4>>,
    pub awaddr: Signal<In, Bits<64>>,
    pub awlen: Signal<In, Bits<8>>,
    pub awsize: Signal<In, Bits<3>>,
    pub awburst: Signal<In, Bits<2>>,
    pub wvalid: Signal<In, Bit>,
    pub wready: Signal<Out, Bit>,
    pub wdata: Signal<In, Bits<W>>,
    pub wstrb: Signal<In, Bits<S>>,
    pub wlast: Signal<In, Bit>,
    pub bvalid: Signal<Out, Bit>,
    pub bready: Signal<In, Bit>,
    pub bid: Signal<Out, Bits<4>>,
    pub bresp: Signal<Out, Bits<2>>,
    pub arvalid: Signal<In, Bit>,
    pub arready: Signal<Out, Bit>,
    pub arid: Signal<In, Bits<4>>,
    pub araddr: Signal<In, Bits<64>>,
    pub arlen: Signal<In, Bits<8>>,
    pub arsize: Signal<In, Bits<3>>,
    pub arburst: Signal<In, Bits<2>>,
    pub rvalid: Signal<Out, Bit>,
    pub rready: Signal<In, Bit>,
    pub rid: Signal<Out, Bits<4>>,
    pub rdata: Signal<Out, Bits<W>>,
    pub rresp: Signal<Out, Bits<2>>,
    pub rlast: Signal<Out, Bit>,
}

/// An AXI4-Lite subordinate: 32 data bits, 16 address bits.
#[derive(LogicInterface, Default)]
pub struct LiteSubordinate {
    pub awvalid: Signal<In, Bit>,
    pub awready: Signal<Out, Bit>,
    pub awaddr: Signal<In, Bits<16>>,
    pub wvalid: Signal<In, Bit>,
    pub wready: Signal<Out, Bit>,
    pub wdata: Signal<In, Bits<32>>,
    pub wstrb: Signal<In, Bits<4>>,
    pub bvalid: Signal<Out, Bit>,
    pub bready: Signal<In, Bit>,
    pub bresp: Signal<Out, Bits<2>>,
    pub arvalid: Signal<In, Bit>,
    pub arready: Signal<Out, Bit>,
    pub araddr: Signal<In, Bits<16>>,
    pub rvalid: Signal<Out, Bit>,
    pub rready: Signal<In, Bit>,
    pub rdata: Signal<Out, Bits<32>>,
    pub rresp: Signal<Out, Bits<2>>,
}

/// A mover's side of its bursts of reads.
#[derive(LogicInterface, Default)]
#[join = "BurstReadServer"]
pub struct BurstReadClient<const W: usize> {
    /// There is a burst; it may be withdrawn until `accepted`.
    pub request: Signal<Out, Bit>,
    /// Byte address of its first beat.
    pub address: Signal<Out, Bits<64>>,
    /// Its beats, 1 to 128.
    pub length: Signal<Out, Bits<8>>,
    /// The burst is taken in this cycle: its beats will come, and the mover has space for them.
    pub accepted: Signal<In, Bit>,
    /// A beat comes in this cycle.
    pub valid: Signal<In, Bit>,
    /// The beat.
    pub data: Signal<In, Bits<W>>,
    /// Memory answered it with an error.
    pub error: Signal<In, Bit>,
}

/// The arbiter's side of a [`BurstReadClient`].
#[derive(LogicInterface, Default)]
#[join = "BurstReadClient"]
pub struct BurstReadServer<const W: usize> {
    pub request: Signal<In, Bit>,
    pub address: Signal<In, Bits<64>>,
    pub length: Signal<In, Bits<8>>,
    pub accepted: Signal<Out, Bit>,
    pub valid: Signal<Out, Bit>,
    pub data: Signal<Out, Bits<W>>,
    pub error: Signal<Out, Bit>,
}

/// A mover's side of its bursts of writes.
#[derive(LogicInterface, Default)]
#[join = "BurstWriteServer"]
pub struct BurstWriteClient<const W: usize> {
    /// There is a burst, and the mover holds all its beats; it may be withdrawn until `accepted`.
    pub request: Signal<Out, Bit>,
    /// Byte address of its first beat.
    pub address: Signal<Out, Bits<64>>,
    /// Its beats, 1 to 128.
    pub length: Signal<Out, Bits<8>>,
    /// The burst is taken in this cycle.
    pub accepted: Signal<In, Bit>,
    /// The next beat.
    pub data: Signal<Out, Bits<W>>,
    /// The beat is to be written.
    pub strobe: Signal<Out, Bit>,
    /// The beat moves in this cycle.
    pub take: Signal<In, Bit>,
    /// A burst is answered in this cycle.
    pub response: Signal<In, Bit>,
    /// With `response`: by an error.
    pub error: Signal<In, Bit>,
}

/// The arbiter's side of a [`BurstWriteClient`].
#[derive(LogicInterface, Default)]
#[join = "BurstWriteClient"]
pub struct BurstWriteServer<const W: usize> {
    pub request: Signal<In, Bit>,
    pub address: Signal<In, Bits<64>>,
    pub length: Signal<In, Bits<8>>,
    pub accepted: Signal<Out, Bit>,
    pub data: Signal<In, Bits<W>>,
    pub strobe: Signal<In, Bit>,
    pub take: Signal<Out, Bit>,
    pub response: Signal<Out, Bit>,
    pub error: Signal<Out, Bit>,
}
