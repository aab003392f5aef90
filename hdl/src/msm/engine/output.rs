//! What an engine writes to the host: the results of each pass, then the statistics block.

use super::fixed;
use crate::card::socket::WriteClient;
use crate::cells::{Fixed, Packer, Register};
use crate::msm::RESULT_ADDRESS_BITS;
use crate::msm::results::ResultWriter;
use rust_hdl_core::prelude::*;
use rust_hdl_widgets::dff_setup;

/// Writes results and statistics. The widths are the engine's.
#[derive(LogicBlock, Default)]
pub struct Output<const W: usize, const P: usize, const T: usize, const L: usize> {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// The port to the host.
    pub port: WriteClient<W>,
    /// Level: forget everything.
    pub flush: Signal<In, Bit>,
    /// One cycle: write the results of a pass.
    pub write_results: Signal<In, Bit>,
    /// One cycle: write the statistics block.
    pub write_statistics: Signal<In, Bit>,
    /// Level: it is the statistics block that is written.
    pub in_statistics: Signal<In, Bit>,
    /// Window width c.
    pub width: Signal<In, Bits<5>>,
    /// Windows a lane.
    pub windows: Signal<In, Bits<6>>,
    /// Where the results go.
    pub address: Signal<In, Bits<64>>,
    /// Bytes of them.
    pub bytes: Signal<In, Bits<64>>,
    /// Where the statistics block goes.
    pub statistics_address: Signal<In, Bits<64>>,
    /// The block.
    pub statistics: Signal<In, Bits<512>>,
    /// Read a result in this cycle.
    pub read: Signal<Out, Bit>,
    /// From this lane.
    pub read_lane: Signal<Out, Bits<4>>,
    /// At this address.
    pub read_address: Signal<Out, Bits<RESULT_ADDRESS_BITS>>,
    /// A result comes.
    pub result_valid: Signal<In, Bit>,
    /// The result.
    pub result: Signal<In, Bits<P>>,
    /// One cycle: what was to be written is.
    pub done: Signal<Out, Bit>,
    /// With `done`: host memory answered with an error.
    pub error: Signal<Out, Bit>,
    /// A beat moves.
    pub moves: Signal<Out, Bit>,
    /// Nothing is on its way.
    pub idle: Signal<Out, Bit>,
    beat_log2: Fixed<Bits<4>>,
    statistics_beats: Fixed<Bits<32>>,
    wanted: Register<Bit>,
    statistics_sent: Register<Bit>,
    writer: ResultWriter<W, P, T, L>,
    packer: Packer<W, 512>,
}

impl<const W: usize, const P: usize, const T: usize, const L: usize> Output<W, P, T, L> {
    /// Output of L lanes.
    pub fn new() -> Self {
        Self {
            beat_log2: fixed(u64::from((W / 8).ilog2())),
            statistics_beats: fixed(512 / W as u64),
            writer: ResultWriter::new(),
            ..Default::default()
        }
    }
}

impl<const W: usize, const P: usize, const T: usize, const L: usize> Logic for Output<W, P, T, L> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, wanted, statistics_sent);
        clock!(self, clock, writer, packer);
        if self.wanted.q.val() & self.port.accepted.val() {
            self.wanted.d.next = false;
        }
        if self.write_results.val() {
            self.wanted.d.next = true;
        }
        if self.write_statistics.val() {
            self.wanted.d.next = true;
        }
        if self.flush.val() {
            self.wanted.d.next = false;
        }
        self.writer.start.next = self.write_results.val();
        self.writer.clear.next = self.flush.val();
        self.writer.width.next = self.width.val();
        self.writer.windows.next = self.windows.val();
        self.writer.valid.next = self.result_valid.val();
        self.writer.point.next = self.result.val();
        self.writer.beat_ready.next = self.port.ready.val();
        self.read.next = self.writer.read.val();
        self.read_lane.next = self.writer.lane.val();
        self.read_address.next = self.writer.address.val();

        self.packer.clear.next = self.flush.val();
        self.packer.slot.next = self.statistics.val();
        self.packer.valid.next = self.in_statistics.val() & !self.statistics_sent.q.val();
        self.packer.beat_ready.next = self.in_statistics.val() & self.port.ready.val();
        if self.in_statistics.val() & self.packer.ready.val() {
            self.statistics_sent.d.next = true;
        }
        if self.write_statistics.val() {
            self.statistics_sent.d.next = false;
        }

        self.port.request.next = self.wanted.q.val();
        self.port.flush.next = self.flush.val();
        self.port.address.next = self.address.val();
        self.port.beats.next = bit_cast::<32, 64>(self.bytes.val() >> self.beat_log2.val());
        self.port.valid.next = self.writer.beat_valid.val();
        self.port.data.next = self.writer.beat.val();
        if self.in_statistics.val() {
            self.port.address.next = self.statistics_address.val();
            self.port.beats.next = self.statistics_beats.val();
            self.port.valid.next = self.packer.beat_valid.val();
            self.port.data.next = self.packer.beat.val();
        }
        self.done.next = self.port.done.val();
        self.error.next = self.port.error.val();
        self.moves.next = self.port.valid.val() & self.port.ready.val();
        self.idle.next = self.port.idle.val();
    }
}
