//! All queue pairs, as one block of registers and one set of selections.

use super::config::CoreConfig;
use super::queue::Queue;
use crate::cells::{Fixed, RoundRobin};
use gristmill_protocol::register::{QUEUE_BASE, QUEUE_STRIDE};
use rust_hdl_core::prelude::*;

/// The queues of a card, and a view of one queue for each stage: fetch, dispatch, completion. A stage
/// gives the queue's number and sees its values in the same cycle; its pulses are for that queue.
#[derive(LogicBlock, Default)]
pub struct Queues {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// All queues off.
    pub reset: Signal<In, Bit>,
    /// One cycle: write.
    pub write: Signal<In, Bit>,
    /// Byte offset in BAR 0.
    pub write_address: Signal<In, Bits<12>>,
    /// Word to write.
    pub write_data: Signal<In, Bits<32>>,
    /// Byte offset in BAR 0.
    pub read_address: Signal<In, Bits<12>>,
    /// The word there; zero when it is no queue's. Same cycle.
    pub read_data: Signal<Out, Bits<32>>,
    /// A queue wants a descriptor: `next_fetch`, chosen fairly.
    pub wants: Signal<Out, Bit>,
    /// See `wants`.
    pub next_fetch: Signal<Out, Bits<4>>,
    /// One cycle: the descriptor of `next_fetch` is being fetched.
    pub claimed: Signal<In, Bit>,
    /// The queue whose descriptor is being fetched.
    pub fetch_queue: Signal<In, Bits<4>>,
    /// Host address of its next descriptor.
    pub submission_address: Signal<Out, Bits<64>>,
    /// One cycle: its descriptor has come.
    pub fetched: Signal<In, Bit>,
    /// One cycle: its descriptor could not be read.
    pub fetch_failed: Signal<In, Bit>,
    /// A queue's slot holds a descriptor: `next_dispatch`, chosen fairly.
    pub pending: Signal<Out, Bit>,
    /// See `pending`.
    pub next_dispatch: Signal<Out, Bits<4>>,
    /// One cycle: the dispatcher tries `next_dispatch`.
    pub tried: Signal<In, Bit>,
    /// The queue whose descriptor is being dispatched.
    pub dispatch_queue: Signal<In, Bits<4>>,
    /// Its domain.
    pub domain: Signal<Out, Bits<8>>,
    /// One cycle: its descriptor has gone to its executor.
    pub dispatched: Signal<In, Bit>,
    /// The queue whose completion is being written.
    pub completion_queue: Signal<In, Bits<4>>,
    /// Host address of its next completion.
    pub completion_address: Signal<Out, Bits<64>>,
    /// Its phase.
    pub phase: Signal<Out, Bit>,
    /// Descriptors fetched from it.
    pub submission_head: Signal<Out, Bits<16>>,
    /// Its completions raise `vector`.
    pub interrupts: Signal<Out, Bit>,
    /// Its interrupt vector.
    pub vector: Signal<Out, Bits<32>>,
    /// One cycle: its completion is written.
    pub completed: Signal<In, Bit>,
    /// With `completed`: with an error.
    pub completion_failed: Signal<In, Bit>,
    /// There is work for the card.
    pub busy: Signal<Out, Bit>,
    page: Vec<Fixed<Bits<6>>>,
    queue: Vec<Queue>,
    fetch_turn: RoundRobin,
    dispatch_turn: RoundRobin,
    _queues: usize,
}

impl Queues {
    /// The queues of a card with this configuration.
    pub fn new(config: &CoreConfig) -> Self {
        let page = |queue: u32| (QUEUE_BASE + queue * QUEUE_STRIDE) / QUEUE_STRIDE;
        let queues = config.queues;
        Self {
            page: (0..queues as u32)
                .map(|queue| Fixed::new(page(queue).to_bits()))
                .collect(),
            queue: (0..queues).map(|_| Queue::new(config)).collect(),
            fetch_turn: RoundRobin::new(queues),
            dispatch_turn: RoundRobin::new(queues),
            _queues: queues,
            ..Default::default()
        }
    }
}

impl Logic for Queues {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, fetch_turn, dispatch_turn);

        // registers
        self.read_data.next = 0.into();
        for i in 0..self._queues {
            self.queue[i].clock.next = self.clock.val();
            self.queue[i].reset.next = self.reset.val();
            self.queue[i].write.next = self.write.val()
                & (self.write_address.val().get_bits::<6>(6) == self.page[i].val());
            self.queue[i].write_offset.next = self.write_address.val().get_bits::<6>(0);
            self.queue[i].write_data.next = self.write_data.val();
            self.queue[i].read_offset.next = self.read_address.val().get_bits::<6>(0);
            if self.read_address.val().get_bits::<6>(6) == self.page[i].val() {
                self.read_data.next = self.queue[i].read_data.val();
            }
        }

        // fetch
        self.submission_address.next = 0.into();
        for i in 0..self._queues {
            self.fetch_turn.request[i].next = self.queue[i].wants.val();
            self.queue[i].claimed.next =
                self.claimed.val() & (self.fetch_turn.choice.val() == i.to_bits());
            self.queue[i].fetched.next =
                self.fetched.val() & (self.fetch_queue.val() == i.to_bits());
            self.queue[i].fetch_failed.next =
                self.fetch_failed.val() & (self.fetch_queue.val() == i.to_bits());
            if self.fetch_queue.val() == i.to_bits() {
                self.submission_address.next = self.queue[i].submission_address.val();
            }
        }
        self.fetch_turn.taken.next = self.claimed.val();
        self.wants.next = self.fetch_turn.any.val();
        self.next_fetch.next = self.fetch_turn.choice.val();

        // dispatch
        self.domain.next = 0.into();
        for i in 0..self._queues {
            self.dispatch_turn.request[i].next = self.queue[i].pending.val();
            self.queue[i].dispatched.next =
                self.dispatched.val() & (self.dispatch_queue.val() == i.to_bits());
            if self.dispatch_queue.val() == i.to_bits() {
                self.domain.next = self.queue[i].domain.val();
            }
        }
        self.dispatch_turn.taken.next = self.tried.val();
        self.pending.next = self.dispatch_turn.any.val();
        self.next_dispatch.next = self.dispatch_turn.choice.val();

        // completion
        self.completion_address.next = 0.into();
        self.phase.next = false;
        self.submission_head.next = 0.into();
        self.interrupts.next = false;
        self.vector.next = 0.into();
        self.busy.next = false;
        for i in 0..self._queues {
            self.queue[i].completed.next =
                self.completed.val() & (self.completion_queue.val() == i.to_bits());
            self.queue[i].completion_failed.next = self.completion_failed.val();
            if self.completion_queue.val() == i.to_bits() {
                self.completion_address.next = self.queue[i].completion_address.val();
                self.phase.next = self.queue[i].phase.val();
                self.submission_head.next = self.queue[i].submission_head.val();
                self.interrupts.next = self.queue[i].interrupts.val();
                self.vector.next = self.queue[i].vector.val();
            }
            if self.queue[i].busy.val() {
                self.busy.next = true;
            }
        }
    }
}
