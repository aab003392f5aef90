//! One queue pair: the check of its rings, its pointers.

use super::config::CoreConfig;
use super::queue_settings::QueueSettings;
use crate::cells::{Fixed, KeyedSelect, Pack, Register};
use gristmill_protocol::{
    ALIGNMENT, RING_LOG2_ENTRIES, SLOT_BYTES, Status,
    register::{self, STATE_RUNNING},
};
use rust_hdl_core::prelude::*;
use rust_hdl_widgets::dff_setup;

/// What a queue is doing.
#[derive(Copy, Clone, PartialEq, Debug, LogicState)]
pub enum QueueState {
    /// Not enabled, and nothing of it is outstanding.
    Off,
    /// Computing where its rings end.
    Locate,
    /// Judging the rings.
    Judge,
    /// Fetching and completing.
    Running,
    /// Fetching no more; what was fetched is completed.
    Stopped,
}

/// The registers of [`register::QUEUE`], and what follows from them.
///
/// The rings are checked when `CONTROL` enables the queue, which also sets all four pointers to zero;
/// three cycles later the queue runs, or `STATE` says why not. While it is not off, its rings, vector
/// and domain keep their values: writes to them are ignored. A queue that is disabled finishes what it
/// had fetched, and runs until then.
///
/// Each descriptor has one completion, so a descriptor is wanted only while the descriptors fetched
/// and not yet known to be read by the host (`SUBMISSION_HEAD` - `COMPLETION_HEAD`) are fewer than the
/// ring's entries: a full completion ring stops the fetching and loses nothing.
#[derive(LogicBlock, Default)]
pub struct Queue {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Off, all registers zero.
    pub reset: Signal<In, Bit>,
    /// One cycle: write `write_data` at `write_offset` of this queue.
    pub write: Signal<In, Bit>,
    /// Byte offset in the queue's block.
    pub write_offset: Signal<In, Bits<6>>,
    /// Word to write.
    pub write_data: Signal<In, Bits<32>>,
    /// Byte offset in the queue's block.
    pub read_offset: Signal<In, Bits<6>>,
    /// The word there, in the same cycle.
    pub read_data: Signal<Out, Bits<32>>,
    /// There is a descriptor to fetch, and space for it and its completion.
    pub wants: Signal<Out, Bit>,
    /// One cycle: the descriptor at `submission_address` is being fetched.
    pub claimed: Signal<In, Bit>,
    /// One cycle: it has come, and waits in the queue's slot.
    pub fetched: Signal<In, Bit>,
    /// One cycle: host memory answered the fetch with an error; the queue stops.
    pub fetch_failed: Signal<In, Bit>,
    /// A descriptor waits in the queue's slot.
    pub pending: Signal<Out, Bit>,
    /// One cycle: it has gone to its executor.
    pub dispatched: Signal<In, Bit>,
    /// One cycle: the completion at `completion_address` is written.
    pub completed: Signal<In, Bit>,
    /// With `completed`: with an error; the queue stops.
    pub completion_failed: Signal<In, Bit>,
    /// Host address of the next descriptor.
    pub submission_address: Signal<Out, Bits<64>>,
    /// Host address of the next completion.
    pub completion_address: Signal<Out, Bits<64>>,
    /// Its phase.
    pub phase: Signal<Out, Bit>,
    /// Descriptors fetched.
    pub submission_head: Signal<Out, Bits<16>>,
    /// Completions raise `vector`.
    pub interrupts: Signal<Out, Bit>,
    /// Interrupt vector.
    pub vector: Signal<Out, Bits<32>>,
    /// Domain.
    pub domain: Signal<Out, Bits<8>>,
    /// There is work for the card: to check, to fetch, or to complete.
    pub busy: Signal<Out, Bit>,
    tail_offset: Fixed<Bits<6>>,
    head_offset: Fixed<Bits<6>>,
    least_size: Fixed<Bits<32>>,
    largest_size: Fixed<Bits<32>>,
    slot_bytes: Fixed<Bits<64>>,
    slot_log2: Fixed<Bits<4>>,
    one: Fixed<Bits<16>>,
    bad_first: Fixed<Bits<64>>, // bits that a ring's first address may not have
    bad_last: Fixed<Bits<64>>,
    address_error: Fixed<Bits<16>>,
    overlap_error: Fixed<Bits<16>>,
    memory_error: Fixed<Bits<16>>,
    settings: QueueSettings,
    state: Register<QueueState>,
    code: Register<Bits<16>>,
    span: Register<Bits<64>>,
    entries: Register<Bits<16>>,
    submission_last: Register<Bits<64>>,
    completion_last: Register<Bits<64>>,
    tail: Register<Bits<16>>,
    head: Register<Bits<16>>,
    completion_tail: Register<Bits<16>>,
    completion_head: Register<Bits<16>>,
    fetching: Register<Bit>,
    slot_full: Register<Bit>,
    mask: Signal<Local, Bits<16>>,
    submission_index: Signal<Local, Bits<16>>,
    completion_index: Signal<Local, Bits<16>>,
    round: Signal<Local, Bits<16>>,
    unread: Signal<Local, Bits<16>>,
    outstanding: Signal<Local, Bit>,
    fetchable: Signal<Local, Bit>,
    running: Pack<32>,
    values: KeyedSelect<32, 6>,
}

impl Queue {
    /// A queue of a card with this configuration.
    pub fn new(config: &CoreConfig) -> Self {
        let code = |status: Status| Fixed::new(status.code().to_bits());
        let beyond = u64::MAX << config.address_bits;
        let keys = [
            register::SUBMISSION_TAIL,
            register::COMPLETION_HEAD,
            register::SUBMISSION_HEAD,
            register::COMPLETION_TAIL,
            register::STATE,
        ];
        Self {
            tail_offset: Fixed::new(register::SUBMISSION_TAIL.to_bits()),
            head_offset: Fixed::new(register::COMPLETION_HEAD.to_bits()),
            least_size: Fixed::new(RING_LOG2_ENTRIES.start().to_bits()),
            largest_size: Fixed::new(RING_LOG2_ENTRIES.end().to_bits()),
            slot_bytes: Fixed::new(SLOT_BYTES.to_bits()),
            slot_log2: Fixed::new(SLOT_BYTES.ilog2().to_bits()),
            one: Fixed::new(1.into()),
            bad_first: Fixed::new((beyond | (ALIGNMENT - 1)).into()),
            bad_last: Fixed::new(beyond.into()),
            address_error: code(Status::RingAddress),
            overlap_error: code(Status::RingOverlap),
            memory_error: code(Status::HostMemoryError),
            running: Pack::new(vec![STATE_RUNNING.trailing_zeros() as usize]),
            values: KeyedSelect::new(keys.map(u64::from).into()),
            ..Default::default()
        }
    }
}

impl Logic for Queue {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            state,
            code,
            span,
            entries,
            submission_last,
            completion_last,
            tail,
            head,
            completion_tail,
            completion_head,
            fetching,
            slot_full
        );
        clock!(self, clock, settings);

        // doorbells and settings
        self.settings.reset.next = self.reset.val();
        self.settings.write.next = self.write.val();
        self.settings.write_offset.next = self.write_offset.val();
        self.settings.write_data.next = self.write_data.val();
        self.settings.locked.next = !(self.state.q.val() == QueueState::Off);
        self.settings.read_offset.next = self.read_offset.val();
        if self.write.val() & (self.write_offset.val() == self.tail_offset.val()) {
            self.tail.d.next = self.write_data.val().get_bits::<16>(0);
        }
        if self.write.val() & (self.write_offset.val() == self.head_offset.val()) {
            self.completion_head.d.next = self.write_data.val().get_bits::<16>(0);
        }

        // pointers
        self.outstanding.next =
            self.fetching.q.val() | (self.head.q.val() != self.completion_tail.q.val());
        if self.claimed.val() {
            self.fetching.d.next = true;
        }
        if self.fetched.val() {
            self.fetching.d.next = false;
            self.slot_full.d.next = true;
            self.head.d.next = self.head.q.val() + 1;
        }
        if self.dispatched.val() {
            self.slot_full.d.next = false;
        }
        if self.completed.val() {
            self.completion_tail.d.next = self.completion_tail.q.val() + 1;
        }

        // state
        match self.state.q.val() {
            QueueState::Off => {
                self.span.d.next =
                    (self.slot_bytes.val() << self.settings.size_log2.val().get_bits::<4>(0)) - 1;
                self.entries.d.next =
                    self.one.val() << self.settings.size_log2.val().get_bits::<4>(0);
                if self.settings.enabled.val() {
                    self.state.d.next = QueueState::Locate;
                    self.code.d.next = 0.into();
                    self.tail.d.next = 0.into();
                    self.head.d.next = 0.into();
                    self.completion_tail.d.next = 0.into();
                    self.completion_head.d.next = 0.into();
                }
            }
            QueueState::Locate => {
                self.submission_last.d.next = self.settings.submission.val() + self.span.q.val();
                self.completion_last.d.next = self.settings.completion.val() + self.span.q.val();
                self.state.d.next = QueueState::Judge;
            }
            QueueState::Judge => {
                self.state.d.next = QueueState::Running;
                if (self.settings.submission.val() <= self.completion_last.q.val())
                    & (self.settings.completion.val() <= self.submission_last.q.val())
                {
                    self.state.d.next = QueueState::Stopped;
                    self.code.d.next = self.overlap_error.val();
                }
                if (self.settings.submission.val() & self.bad_first.val()).any()
                    | (self.settings.completion.val() & self.bad_first.val()).any()
                    | (self.submission_last.q.val() & self.bad_last.val()).any()
                    | (self.completion_last.q.val() & self.bad_last.val()).any()
                    | (self.settings.size_log2.val() < self.least_size.val())
                    | (self.settings.size_log2.val() > self.largest_size.val())
                {
                    self.state.d.next = QueueState::Stopped;
                    self.code.d.next = self.address_error.val();
                }
            }
            QueueState::Running => {
                if !self.settings.enabled.val() {
                    self.state.d.next = QueueState::Stopped;
                }
            }
            QueueState::Stopped => {
                if !self.settings.enabled.val() & !self.outstanding.val() {
                    self.state.d.next = QueueState::Off;
                }
            }
        }
        if self.fetch_failed.val() {
            self.fetching.d.next = false;
        }
        if self.fetch_failed.val() | (self.completed.val() & self.completion_failed.val()) {
            self.state.d.next = QueueState::Stopped;
            self.code.d.next = self.memory_error.val();
        }

        // what the queue engine sees
        self.mask.next = self.entries.q.val() - 1;
        self.submission_index.next = self.head.q.val() & self.mask.val();
        self.completion_index.next = self.completion_tail.q.val() & self.mask.val();
        self.submission_address.next = self.settings.submission.val()
            + (bit_cast::<64, 16>(self.submission_index.val()) << self.slot_log2.val());
        self.completion_address.next = self.settings.completion.val()
            + (bit_cast::<64, 16>(self.completion_index.val()) << self.slot_log2.val());
        self.round.next = self.completion_tail.q.val() & self.entries.q.val();
        self.phase.next = !self.round.val().any();
        self.unread.next = self.head.q.val() - self.completion_head.q.val();
        self.fetchable.next = (self.state.q.val() == QueueState::Running)
            & (self.tail.q.val() != self.head.q.val())
            & (self.unread.val() < self.entries.q.val());
        self.wants.next = self.fetchable.val() & !self.fetching.q.val() & !self.slot_full.q.val();
        self.pending.next = self.slot_full.q.val();
        self.submission_head.next = self.head.q.val();
        self.interrupts.next = self.settings.interrupts.val();
        self.vector.next = self.settings.vector.val();
        self.domain.next = self.settings.domain.val();
        self.busy.next = self.outstanding.val()
            | self.fetchable.val()
            | (self.state.q.val() == QueueState::Locate)
            | (self.state.q.val() == QueueState::Judge)
            | ((self.state.q.val() == QueueState::Off) & self.settings.enabled.val());

        // reads by the host
        self.running.d[0].next =
            (self.state.q.val() == QueueState::Running) | self.outstanding.val();
        self.values.key.next = self.read_offset.val();
        self.values.d[0].next = bit_cast::<32, 16>(self.tail.q.val());
        self.values.d[1].next = bit_cast::<32, 16>(self.completion_head.q.val());
        self.values.d[2].next = bit_cast::<32, 16>(self.head.q.val());
        self.values.d[3].next = bit_cast::<32, 16>(self.completion_tail.q.val());
        self.values.d[4].next = bit_cast::<32, 16>(self.code.q.val()) | self.running.q.val();
        self.read_data.next = self.settings.read_data.val() | self.values.q.val();

        if self.reset.val() {
            self.state.d.next = QueueState::Off;
            self.code.d.next = 0.into();
            self.tail.d.next = 0.into();
            self.head.d.next = 0.into();
            self.completion_tail.d.next = 0.into();
            self.completion_head.d.next = 0.into();
            self.fetching.d.next = false;
            self.slot_full.d.next = false;
        }
    }
}
