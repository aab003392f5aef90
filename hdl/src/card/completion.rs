//! Completions, into the rings.

use super::finished::FinishedServer;
use super::socket::WriteClient;
use crate::cells::{Fixed, Register, RoundRobin, SLOT_BITS, SlotToBeats, leaf};
use gristmill_protocol::SLOT_BYTES;
use rust_hdl_core::prelude::*;
use rust_hdl_widgets::dff_setup;

/// Bytes over the link that no executor counts: the descriptor and the completion itself.
const OWN_BYTES: u64 = 2 * SLOT_BYTES as u64;

/// The slot of a completion, from its fields, the link bytes of its descriptor and of itself added.
/// Latency 0.
#[derive(LogicBlock, Default)]
pub struct CompletionSlot {
    /// Words 0 to 4 and the lower half of word 5, as the executor counted them.
    pub counters: Signal<In, Bits<352>>,
    /// Descriptors fetched.
    pub submission_head: Signal<In, Bits<16>>,
    /// Detail.
    pub detail: Signal<In, Bits<64>>,
    /// Tag.
    pub tag: Signal<In, Bits<32>>,
    /// Status code.
    pub status: Signal<In, Bits<16>>,
    /// Phase.
    pub phase: Signal<In, Bit>,
    /// The slot.
    pub q: Signal<Out, Bits<SLOT_BITS>>,
}

impl Logic for CompletionSlot {
    fn update(&mut self) {
        let mut slot = Bits::<SLOT_BITS>::default();
        slot.set_bits(0, self.counters.val());
        slot.set_bits(128, slot.get_bits::<64>(128) + OWN_BYTES);
        slot.set_bits(352, self.submission_head.val());
        slot.set_bits(384, self.detail.val());
        slot.set_bits(448, self.tag.val());
        slot.set_bits(480, self.status.val());
        self.q.next = slot.replace_bit(511, self.phase.val());
    }
    fn connect(&mut self) {
        self.q.connect();
    }
    fn hdl(&self) -> Verilog {
        leaf(format!(
            "wire [63:0] link_bytes = counters[191:128] + 64'd{OWN_BYTES};\nassign q = {{phase, 15'd0, status, tag, detail, 16'd0, submission_head, counters[351:192], link_bytes, counters[127:0]}};\n"
        ))
    }
}

/// What the writer is doing.
#[derive(Copy, Clone, PartialEq, Debug, LogicState)]
pub enum CompletionState {
    /// Choosing a finished job.
    Idle,
    /// Taking its fields.
    Take,
    /// Building its slot.
    Build,
    /// Asking for the write.
    Request,
    /// Handing its beats on.
    Send,
    /// Waiting for the write's response.
    Wait,
}

/// Writes the completion of one finished job at a time, as one burst, and raises the queue's vector
/// after that write's own response, unless the descriptor or the queue wants no interrupt.
///
/// The link bytes of a completion are those that the executor counted, and the descriptor's and the
/// completion's own 64 each.
#[derive(LogicBlock, Default)]
pub struct CompletionWriter<const W: usize> {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Forget everything; the port is flushed by whoever resets.
    pub reset: Signal<In, Bit>,
    /// The executors.
    pub finished: Vec<FinishedServer>,
    /// The queue whose completion is being written.
    pub queue: Signal<Out, Bits<4>>,
    /// Host address of its next completion.
    pub address: Signal<In, Bits<64>>,
    /// Its phase.
    pub phase: Signal<In, Bit>,
    /// Descriptors fetched from it.
    pub submission_head: Signal<In, Bits<16>>,
    /// Its completions raise its vector.
    pub interrupts: Signal<In, Bit>,
    /// One cycle: the completion is written.
    pub completed: Signal<Out, Bit>,
    /// With `completed`: with an error.
    pub failed: Signal<Out, Bit>,
    /// One cycle: raise the vector of `queue`.
    pub interrupt: Signal<Out, Bit>,
    /// A completion is being written, or waits for it.
    pub busy: Signal<Out, Bit>,
    /// Host memory.
    pub port: WriteClient<W>,
    beats: Fixed<Bits<32>>,
    last_beat: Fixed<Bits<4>>,
    turn: RoundRobin,
    state: Register<CompletionState>,
    chosen: Register<Bits<4>>,
    beat: Register<Bits<4>>,
    owner: Register<Bits<4>>,
    tag: Register<Bits<32>>,
    silent: Register<Bit>,
    status: Register<Bits<16>>,
    counters: Register<Bits<352>>,
    detail: Register<Bits<64>>,
    slot: CompletionSlot,
    shift: SlotToBeats<W>,
    _executors: usize,
}

impl<const W: usize> CompletionWriter<W> {
    /// A writer for `executors` executors, through a port of W bits.
    pub fn new(executors: usize) -> Self {
        let beats = SLOT_BYTES * 8 / W;
        Self {
            finished: (0..executors).map(|_| Default::default()).collect(),
            beats: Fixed::new(beats.to_bits()),
            last_beat: Fixed::new((beats - 1).to_bits()),
            turn: RoundRobin::new(executors),
            _executors: executors,
            ..Default::default()
        }
    }
}

impl<const W: usize> Logic for CompletionWriter<W> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self, clock, state, chosen, beat, owner, tag, silent, status, counters, detail
        );
        clock!(self, clock, turn, shift);
        self.slot.counters.next = self.counters.q.val();
        self.slot.submission_head.next = self.submission_head.val();
        self.slot.detail.next = self.detail.q.val();
        self.slot.tag.next = self.tag.q.val();
        self.slot.status.next = self.status.q.val();
        self.slot.phase.next = self.phase.val();
        self.shift.d.next = self.slot.q.val();
        self.shift.load.next = false;
        self.shift.pop.next = false;
        self.queue.next = self.owner.q.val();
        self.completed.next = false;
        self.failed.next = self.port.error.val();
        self.interrupt.next = false;
        self.busy.next = !(self.state.q.val() == CompletionState::Idle) | self.turn.any.val();
        self.port.request.next = false;
        self.port.address.next = self.address.val();
        self.port.beats.next = self.beats.val();
        self.port.valid.next = false;
        self.port.data.next = self.shift.q.val();
        self.port.flush.next = false;
        self.turn.taken.next = false;
        for i in 0..self._executors {
            self.turn.request[i].next = self.finished[i].valid.val();
            self.finished[i].taken.next = false;
        }
        match self.state.q.val() {
            CompletionState::Idle => {
                self.chosen.d.next = self.turn.choice.val();
                self.beat.d.next = 0.into();
                if self.turn.any.val() {
                    self.turn.taken.next = true;
                    self.state.d.next = CompletionState::Take;
                }
            }
            CompletionState::Take => {
                for i in 0..self._executors {
                    if self.chosen.q.val() == i.to_bits() {
                        self.finished[i].taken.next = true;
                        self.owner.d.next = self.finished[i].queue.val();
                        self.tag.d.next = self.finished[i].tag.val();
                        self.silent.d.next = self.finished[i].silent.val();
                        self.status.d.next = self.finished[i].status.val();
                        self.counters.d.next = self.finished[i].counters.val();
                        self.detail.d.next = self.finished[i].detail.val();
                    }
                }
                self.state.d.next = CompletionState::Build;
            }
            CompletionState::Build => {
                self.shift.load.next = true;
                self.state.d.next = CompletionState::Request;
            }
            CompletionState::Request => {
                self.port.request.next = true;
                if self.port.accepted.val() {
                    self.state.d.next = CompletionState::Send;
                }
            }
            CompletionState::Send => {
                self.port.valid.next = true;
                if self.port.ready.val() {
                    self.shift.pop.next = true;
                    self.beat.d.next = self.beat.q.val() + 1;
                    if self.beat.q.val() == self.last_beat.val() {
                        self.state.d.next = CompletionState::Wait;
                    }
                }
            }
            CompletionState::Wait => {
                if self.port.done.val() {
                    self.completed.next = true;
                    self.interrupt.next = self.interrupts.val() & !self.silent.q.val();
                    self.state.d.next = CompletionState::Idle;
                }
            }
        }
        if self.reset.val() {
            self.state.d.next = CompletionState::Idle;
        }
    }
}
