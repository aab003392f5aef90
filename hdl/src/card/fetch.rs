//! Descriptors from the rings.

use super::socket::ReadClient;
use crate::cells::{BeatsToSlot, Fixed, Register, SLOT_BITS};
use gristmill_protocol::SLOT_BYTES;
use rust_hdl_core::prelude::*;
use rust_hdl_widgets::dff_setup;

/// What the fetch is doing.
#[derive(Copy, Clone, PartialEq, Debug, LogicState)]
pub enum FetchState {
    /// No queue wants anything.
    Idle,
    /// Asking for the descriptor.
    Request,
    /// Its beats are coming.
    Collect,
    /// It has come, or it has failed.
    Deliver,
}

/// Fetches one descriptor at a time, from the queue that is `next_queue`, into that queue's slot.
#[derive(LogicBlock, Default)]
pub struct Fetch<const W: usize> {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Forget everything; the port is flushed by whoever resets.
    pub reset: Signal<In, Bit>,
    /// A queue wants a descriptor.
    pub wants: Signal<In, Bit>,
    /// That queue.
    pub next_queue: Signal<In, Bits<4>>,
    /// One cycle: its descriptor is being fetched.
    pub claimed: Signal<Out, Bit>,
    /// The queue whose descriptor is being fetched.
    pub queue: Signal<Out, Bits<4>>,
    /// Host address of that descriptor.
    pub address: Signal<In, Bits<64>>,
    /// One cycle: `descriptor` has come.
    pub fetched: Signal<Out, Bit>,
    /// The descriptor.
    pub descriptor: Signal<Out, Bits<SLOT_BITS>>,
    /// One cycle: host memory answered with an error.
    pub failed: Signal<Out, Bit>,
    /// A fetch is under way.
    pub busy: Signal<Out, Bit>,
    /// Host memory.
    pub port: ReadClient<W>,
    beats: Fixed<Bits<32>>,
    last_beat: Fixed<Bits<4>>,
    state: Register<FetchState>,
    owner: Register<Bits<4>>,
    beat: Register<Bits<4>>,
    error: Register<Bit>,
    slot: BeatsToSlot<W>,
}

impl<const W: usize> Fetch<W> {
    /// A fetch through a port of W bits.
    pub fn new() -> Self {
        let beats = SLOT_BYTES * 8 / W;
        Self {
            beats: Fixed::new(beats.to_bits()),
            last_beat: Fixed::new((beats - 1).to_bits()),
            ..Default::default()
        }
    }
}

impl<const W: usize> Logic for Fetch<W> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, state, owner, beat, error);
        clock!(self, clock, slot);
        self.queue.next = self.owner.q.val();
        self.busy.next = !(self.state.q.val() == FetchState::Idle);
        self.claimed.next = false;
        self.fetched.next = false;
        self.failed.next = false;
        self.descriptor.next = self.slot.q.val();
        self.slot.d.next = self.port.data.val();
        self.slot.push.next = false;
        self.port.request.next = false;
        self.port.address.next = self.address.val();
        self.port.beats.next = self.beats.val();
        self.port.ready.next = false;
        self.port.flush.next = false;
        match self.state.q.val() {
            FetchState::Idle => {
                self.owner.d.next = self.next_queue.val();
                self.beat.d.next = 0.into();
                self.error.d.next = false;
                if self.wants.val() {
                    self.claimed.next = true;
                    self.state.d.next = FetchState::Request;
                }
            }
            FetchState::Request => {
                self.port.request.next = true;
                if self.port.accepted.val() {
                    self.state.d.next = FetchState::Collect;
                }
            }
            FetchState::Collect => {
                self.port.ready.next = true;
                if self.port.valid.val() {
                    self.slot.push.next = true;
                    self.beat.d.next = self.beat.q.val() + 1;
                    self.error.d.next = self.error.q.val() | self.port.error.val();
                    if self.beat.q.val() == self.last_beat.val() {
                        self.state.d.next = FetchState::Deliver;
                    }
                }
            }
            FetchState::Deliver => {
                self.fetched.next = !self.error.q.val();
                self.failed.next = self.error.q.val();
                self.state.d.next = FetchState::Idle;
            }
        }
        if self.reset.val() {
            self.state.d.next = FetchState::Idle;
        }
    }
}
