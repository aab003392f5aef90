//! What one pass leaves for the next.

use super::wiring::RecordJoin;
use crate::cells::{Fifo, Fixed, Packer, Register};
use rust_hdl_core::prelude::*;
use rust_hdl_widgets::dff_setup;

/// Binary logarithm of the records that can wait.
const QUEUE_LOG2: usize = 6;

/// What the writer is doing.
#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
pub enum RecordPhase {
    /// Collecting records.
    Collect,
    /// Asking for a run of beats.
    Request,
    /// Sending the run.
    Send,
    /// Waiting for its responses.
    Wait,
}

/// Writes records one behind the other to card memory, in runs of up to 32. In later passes they
/// overwrite records that have been read: a pass leaves no more than it takes, and later.
///
/// W: bits of a beat; R: bits of a record.
#[derive(LogicBlock, Default)]
pub struct RecordWriter<const W: usize, const M: usize, const E: usize, const R: usize> {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// One cycle: a pass begins.
    pub start: Signal<In, Bit>,
    /// Level: drop everything.
    pub clear: Signal<In, Bit>,
    /// First byte of the records.
    pub base: Signal<In, Bits<64>>,
    /// There is a remainder; only while `room`.
    pub push: Signal<In, Bit>,
    /// The remainder.
    pub remainder: Signal<In, Bits<M>>,
    /// Its bits.
    pub length: Signal<In, Bits<9>>,
    /// A carry into its lowest digit.
    pub carry: Signal<In, Bit>,
    /// The scalar is minus the remainder.
    pub negative: Signal<In, Bit>,
    /// The point.
    pub affine: Signal<In, Bits<E>>,
    /// There is space for a remainder beside the one that is coming.
    pub room: Signal<Out, Bit>,
    /// Level: no more will come; write what is left.
    pub finish: Signal<In, Bit>,
    /// Everything is written.
    pub idle: Signal<Out, Bit>,
    /// Records of this pass.
    pub records: Signal<Out, Bits<32>>,
    /// Memory answered with an error.
    pub error: Signal<Out, Bit>,
    /// To the memory port, see [`crate::card::socket::WriteClient`].
    pub request: Signal<Out, Bit>,
    /// To the memory port.
    pub address: Signal<Out, Bits<64>>,
    /// To the memory port.
    pub beats: Signal<Out, Bits<32>>,
    /// From the memory port.
    pub accepted: Signal<In, Bit>,
    /// To the memory port.
    pub beat_valid: Signal<Out, Bit>,
    /// To the memory port.
    pub beat: Signal<Out, Bits<W>>,
    /// From the memory port.
    pub beat_ready: Signal<In, Bit>,
    /// From the memory port.
    pub done: Signal<In, Bit>,
    /// From the memory port.
    pub done_error: Signal<In, Bit>,
    record_bytes_log2: Fixed<Bits<5>>,
    record_beats_log2: Fixed<Bits<5>>,
    phase: Register<RecordPhase>,
    pushed: Register<Bits<32>>,
    written: Register<Bits<32>>,
    run: Register<Bits<16>>,
    failed: Register<Bit>,
    queue: Fifo<Bits<R>, QUEUE_LOG2>,
    format: RecordJoin<M, E, R>,
    packer: Packer<W, R>,
    bytes: Signal<Local, Bits<64>>,
}

impl<const W: usize, const M: usize, const E: usize, const R: usize> RecordWriter<W, M, E, R> {
    /// A writer of records whose scalar part has this many bits.
    pub fn new(scalar_bits: usize) -> Self {
        Self {
            record_bytes_log2: Fixed::new(u64::from((R / 8).ilog2()).into()),
            record_beats_log2: Fixed::new(u64::from((R / W).ilog2()).into()),
            format: RecordJoin::new(scalar_bits),
            ..Default::default()
        }
    }
}

impl<const W: usize, const M: usize, const E: usize, const R: usize> Logic
    for RecordWriter<W, M, E, R>
{
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, phase, pushed, written, run, failed);
        clock!(self, clock, queue, packer);
        self.format.magnitude.next = self.remainder.val();
        self.format.length.next = self.length.val();
        self.format.carry.next = self.carry.val();
        self.format.negative.next = self.negative.val();
        self.format.affine.next = self.affine.val();
        self.queue.push.next = self.push.val() & !self.clear.val();
        self.queue.d.next = self.format.record.val();
        self.queue.clear.next = self.clear.val();
        self.room.next = self.queue.level.val() < 62;
        self.records.next = self.pushed.q.val();
        if self.push.val() {
            self.pushed.d.next = self.pushed.q.val() + 1;
        }

        self.bytes.next = bit_cast::<64, 32>(self.written.q.val()) << self.record_bytes_log2.val();
        self.address.next = self.base.val() + self.bytes.val();
        self.beats.next = bit_cast::<32, 16>(self.run.q.val()) << self.record_beats_log2.val();
        self.request.next = false;
        self.packer.clear.next = self.clear.val();
        self.packer.valid.next = false;
        self.packer.slot.next = self.queue.q.val();
        self.queue.pop.next = false;
        self.beat_valid.next = self.packer.beat_valid.val();
        self.beat.next = self.packer.beat.val();
        self.packer.beat_ready.next = self.beat_ready.val();
        self.idle.next = false;
        match self.phase.q.val() {
            RecordPhase::Collect => {
                self.idle.next = !self.queue.valid.val();
                if self.queue.level.val() >= 32 {
                    self.run.d.next = 32.into();
                    self.phase.d.next = RecordPhase::Request;
                } else if self.finish.val() & self.queue.valid.val() {
                    self.run.d.next = self.queue.level.val();
                    self.phase.d.next = RecordPhase::Request;
                }
            }
            RecordPhase::Request => {
                self.request.next = true;
                if self.accepted.val() {
                    self.written.d.next =
                        self.written.q.val() + bit_cast::<32, 16>(self.run.q.val());
                    self.phase.d.next = RecordPhase::Send;
                }
            }
            RecordPhase::Send => {
                self.packer.valid.next = true;
                if self.packer.ready.val() {
                    self.queue.pop.next = true;
                    self.run.d.next = self.run.q.val() - 1;
                    if self.run.q.val() == 1 {
                        self.phase.d.next = RecordPhase::Wait;
                    }
                }
            }
            RecordPhase::Wait => {
                if self.done.val() {
                    self.failed.d.next = self.failed.q.val() | self.done_error.val();
                    self.phase.d.next = RecordPhase::Collect;
                }
            }
            _ => {}
        }
        self.error.next = self.failed.q.val();
        if self.start.val() {
            self.pushed.d.next = 0.into();
            self.written.d.next = 0.into();
            self.failed.d.next = false;
        }
        if self.clear.val() {
            self.phase.d.next = RecordPhase::Collect;
        }
    }
}
