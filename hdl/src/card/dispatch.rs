//! From a fetched descriptor to its executor, or to an answer.

use super::config::CoreConfig;
use super::decoder::{COPY, Decoder, FIRST_ENGINE};
use super::finished::FinishedClient;
use crate::cells::{Fixed, LookupMemory, Register, SLOT_BITS};
use gristmill_protocol::{ADMIN_QUEUE, ALIGNMENT, DESCRIPTOR_VERSION, Status, descriptor::flag};
use rust_hdl_core::prelude::*;
use rust_hdl_widgets::dff_setup;

/// What the dispatcher is doing.
#[derive(Copy, Clone, PartialEq, Debug, LogicState)]
pub enum DispatchState {
    /// Choosing a queue.
    Select,
    /// Reading its slot.
    Load,
    /// Judging the bits of the descriptor.
    Examine,
    /// Looking up the region of word 3.
    First,
    /// Looking up the region of word 7.
    Second,
    /// Going to the executor, if the regions allow it.
    Start,
    /// Waiting until a change of a region is decided, so that later look-ups see it.
    Settle,
    /// Answering at once.
    Answer,
}

/// Takes the descriptors that wait in the queues' slots, in turn; one whose executor has a job stays
/// and the next queue has its turn, so that no queue waits for another one's engine.
///
/// Checks, in this order: version, opcode, reserved bits, the alignment of the statistics address, the
/// admin queue, the handles. What fails, and `Nop`, is answered at once. A region does not change while
/// an engine has a job that may use it: such a change waits in its slot, and what comes after it sees it.
/// Five to seven cycles a descriptor, ten for a change.
#[derive(LogicBlock, Default)]
pub struct Dispatch {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Forget everything.
    pub reset: Signal<In, Bit>,
    /// One cycle: `fetched_descriptor` goes into the slot of `fetched_queue`.
    pub fetched: Signal<In, Bit>,
    /// See `fetched`.
    pub fetched_queue: Signal<In, Bits<4>>,
    /// See `fetched`.
    pub fetched_descriptor: Signal<In, Bits<SLOT_BITS>>,
    /// A slot holds a descriptor.
    pub pending: Signal<In, Bit>,
    /// Its queue.
    pub next_queue: Signal<In, Bits<4>>,
    /// One cycle: `next_queue` is being tried.
    pub tried: Signal<Out, Bit>,
    /// The queue that is being tried.
    pub queue: Signal<Out, Bits<4>>,
    /// One cycle: its slot is empty.
    pub dispatched: Signal<Out, Bit>,
    /// Handle to look up.
    pub handle: Signal<Out, Bits<48>>,
    /// First byte of its region.
    pub region_base: Signal<In, Bits<64>>,
    /// Bytes of its region.
    pub region_length: Signal<In, Bits<64>>,
    /// Status of the look-up.
    pub region_status: Signal<In, Bits<16>>,
    /// The descriptor.
    pub descriptor: Signal<Out, Bits<SLOT_BITS>>,
    /// Index of the region that an admin command changes.
    pub index: Signal<Out, Bits<16>>,
    /// An engine has a job that may use that region.
    pub index_used: Signal<In, Bit>,
    /// One cycle: the change is refused, or its region is no longer valid.
    pub settled: Signal<In, Bit>,
    /// The job slots that may be given a job: the copy engine's, then those of the engines.
    pub free: Vec<Signal<In, Bit>>,
    /// One cycle: a job for one of them, the lowest free slot of its executor.
    pub start: Vec<Signal<Out, Bit>>,
    /// Region of word 3.
    pub first_base: Signal<Out, Bits<64>>,
    /// Region of word 3.
    pub first_length: Signal<Out, Bits<64>>,
    /// Region of word 7.
    pub second_base: Signal<Out, Bits<64>>,
    /// Region of word 7.
    pub second_length: Signal<Out, Bits<64>>,
    /// Something is under way.
    pub busy: Signal<Out, Bit>,
    /// What is answered at once.
    pub answer: FinishedClient,
    format: Fixed<Bits<8>>,
    admin_queue: Fixed<Bits<4>>,
    misaligned_mask: Fixed<Bits<64>>,
    no_interrupt: Fixed<Bits<16>>,
    unknown_opcode: Fixed<Bits<16>>,
    reserved_not_zero: Fixed<Bits<16>>,
    wrong_version: Fixed<Bits<16>>,
    misaligned: Fixed<Bits<16>>,
    not_permitted: Fixed<Bits<16>>,
    state: Register<DispatchState>,
    owner: Register<Bits<4>>,
    loaded: Register<Bits<SLOT_BITS>>,
    first_base_found: Register<Bits<64>>,
    first_length_found: Register<Bits<64>>,
    second_base_found: Register<Bits<64>>,
    second_length_found: Register<Bits<64>>,
    status: Register<Bits<16>>,
    detail: Register<Bits<64>>,
    answering: Register<Bit>,
    answered_queue: Register<Bits<4>>,
    answered_tag: Register<Bits<32>>,
    answered_silent: Register<Bit>,
    answered_status: Register<Bits<16>>,
    answered_detail: Register<Bits<64>>,
    slots: LookupMemory<Bits<SLOT_BITS>, 4>,
    decoder: Decoder,
    available: Signal<Local, Bit>,
    fits: Vec<Signal<Local, Bit>>,
    taken: Vec<Signal<Local, Bit>>,
    word_3: Signal<Local, Bits<48>>,
    word_7: Signal<Local, Bits<48>>,
    executor: Vec<Fixed<Bits<4>>>,
    _slots: usize,
}

impl Dispatch {
    /// The dispatcher of a card with this configuration.
    pub fn new(config: &CoreConfig) -> Self {
        let code = |status: Status| Fixed::new(status.code().to_bits());
        let engines = config.engines.iter().enumerate();
        let executor: Vec<Fixed<Bits<4>>> = std::iter::once(COPY)
            .chain(engines.flat_map(|(e, engine)| vec![FIRST_ENGINE + e; engine.slots]))
            .map(|executor| Fixed::new(executor.to_bits()))
            .collect();
        let slots = executor.len();
        Self {
            free: (0..slots).map(|_| Default::default()).collect(),
            start: (0..slots).map(|_| Default::default()).collect(),
            fits: (0..slots).map(|_| Default::default()).collect(),
            taken: (0..=slots).map(|_| Default::default()).collect(),
            executor,
            format: Fixed::new(DESCRIPTOR_VERSION.to_bits()),
            admin_queue: Fixed::new(ADMIN_QUEUE.to_bits()),
            misaligned_mask: Fixed::new((ALIGNMENT - 1).into()),
            no_interrupt: Fixed::new(flag::NO_INTERRUPT.to_bits()),
            unknown_opcode: code(Status::UnknownOpcode),
            reserved_not_zero: code(Status::ReservedNotZero),
            wrong_version: code(Status::WrongVersion),
            misaligned: code(Status::Misaligned),
            not_permitted: code(Status::NotPermitted),
            decoder: Decoder::new(config),
            _slots: slots,
            ..Default::default()
        }
    }
}

impl Logic for Dispatch {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            state,
            owner,
            loaded,
            first_base_found,
            first_length_found,
            second_base_found,
            second_length_found,
            status,
            detail,
            answering,
            answered_queue,
            answered_tag,
            answered_silent,
            answered_status,
            answered_detail
        );
        clock!(self, clock, slots);
        self.slots.write.next = self.fetched.val();
        self.slots.write_address.next = self.fetched_queue.val();
        self.slots.d.next = self.fetched_descriptor.val();
        self.slots.read_address.next = self.owner.q.val();
        self.decoder.descriptor.next = self.loaded.q.val();
        self.queue.next = self.owner.q.val();
        self.descriptor.next = self.loaded.q.val();
        self.first_base.next = self.first_base_found.q.val();
        self.first_length.next = self.first_length_found.q.val();
        self.second_base.next = self.second_base_found.q.val();
        self.second_length.next = self.second_length_found.q.val();
        self.busy.next = !(self.state.q.val() == DispatchState::Select) | self.answering.q.val();

        // the executor is free, and no engine uses a region that is to change
        self.index.next = self.loaded.q.val().get_bits::<16>(128);
        self.available.next = !self.decoder.executor.val().any();
        self.taken[0].next = false;
        for i in 0..self._slots {
            self.fits[i].next =
                (self.decoder.executor.val() == self.executor[i].val()) & self.free[i].val();
            self.taken[i + 1].next = self.taken[i].val() | self.fits[i].val();
            if self.fits[i].val() {
                self.available.next = true;
            }
        }
        if self.decoder.admin.val() & self.index_used.val() {
            self.available.next = false;
        }

        self.tried.next = false;
        self.dispatched.next = false;
        for i in 0..self._slots {
            self.start[i].next = false;
        }
        self.word_3.next = self.loaded.q.val().get_bits::<48>(192);
        self.word_7.next = self.loaded.q.val().get_bits::<48>(448);
        self.handle.next = self.word_3.val();
        match self.state.q.val() {
            DispatchState::Select => {
                self.owner.d.next = self.next_queue.val();
                self.first_base_found.d.next = 0.into();
                self.first_length_found.d.next = 0.into();
                self.second_base_found.d.next = 0.into();
                self.second_length_found.d.next = 0.into();
                self.status.d.next = 0.into();
                self.detail.d.next = 0.into();
                if self.pending.val() {
                    self.tried.next = true;
                    self.state.d.next = DispatchState::Load;
                }
            }
            DispatchState::Load => {
                self.loaded.d.next = self.slots.q.val();
                self.state.d.next = DispatchState::Examine;
            }
            DispatchState::Examine => {
                self.state.d.next = DispatchState::Start;
                if self.decoder.second.val() & self.word_7.val().any() {
                    self.state.d.next = DispatchState::Second;
                }
                if self.decoder.first.val() {
                    self.state.d.next = DispatchState::First;
                }
                if !self.decoder.executor.val().any() {
                    self.state.d.next = DispatchState::Answer;
                }
                if !self.available.val() {
                    self.state.d.next = DispatchState::Select;
                }
                // the last of these that holds counts
                if self.decoder.admin.val() & (self.owner.q.val() != self.admin_queue.val()) {
                    self.status.d.next = self.not_permitted.val();
                    self.detail.d.next =
                        bit_cast::<64, 16>(self.loaded.q.val().get_bits::<16>(128));
                    self.state.d.next = DispatchState::Answer;
                }
                if (self.loaded.q.val().get_bits::<64>(64) & self.misaligned_mask.val()).any() {
                    self.status.d.next = self.misaligned.val();
                    self.detail.d.next = 1.into();
                    self.state.d.next = DispatchState::Answer;
                }
                if self.decoder.reserved.val() {
                    self.status.d.next = self.reserved_not_zero.val();
                    self.detail.d.next = bit_cast::<64, 3>(self.decoder.reserved_word.val());
                    self.state.d.next = DispatchState::Answer;
                }
                if !self.decoder.known.val() {
                    self.status.d.next = self.unknown_opcode.val();
                    self.detail.d.next = bit_cast::<64, 8>(self.loaded.q.val().get_bits::<8>(0));
                    self.state.d.next = DispatchState::Answer;
                }
                if self.loaded.q.val().get_bits::<8>(8) != self.format.val() {
                    self.status.d.next = self.wrong_version.val();
                    self.detail.d.next = bit_cast::<64, 8>(self.loaded.q.val().get_bits::<8>(8));
                    self.state.d.next = DispatchState::Answer;
                }
            }
            DispatchState::First => {
                self.first_base_found.d.next = self.region_base.val();
                self.first_length_found.d.next = self.region_length.val();
                self.status.d.next = self.region_status.val();
                self.detail.d.next = bit_cast::<64, 16>(self.word_3.val().get_bits::<16>(0));
                self.state.d.next = DispatchState::Start;
                if self.decoder.second.val() & self.word_7.val().any() {
                    self.state.d.next = DispatchState::Second;
                }
            }
            DispatchState::Second => {
                self.handle.next = self.word_7.val();
                self.second_base_found.d.next = self.region_base.val();
                self.second_length_found.d.next = self.region_length.val();
                if !self.status.q.val().any() {
                    self.status.d.next = self.region_status.val();
                    self.detail.d.next = bit_cast::<64, 16>(self.word_7.val().get_bits::<16>(0));
                }
                self.state.d.next = DispatchState::Start;
            }
            DispatchState::Start => {
                self.state.d.next = DispatchState::Answer;
                if !self.status.q.val().any() {
                    self.dispatched.next = true;
                    self.state.d.next = DispatchState::Select;
                    if self.decoder.admin.val() {
                        self.state.d.next = DispatchState::Settle;
                    }
                    for i in 0..self._slots {
                        self.start[i].next = self.fits[i].val() & !self.taken[i].val();
                    }
                }
            }
            DispatchState::Settle => {
                if self.settled.val() {
                    self.state.d.next = DispatchState::Select;
                }
            }
            DispatchState::Answer => {
                if !self.answering.q.val() {
                    self.answering.d.next = true;
                    self.answered_queue.d.next = self.owner.q.val();
                    self.answered_tag.d.next = self.loaded.q.val().get_bits::<32>(32);
                    self.answered_silent.d.next =
                        (self.loaded.q.val().get_bits::<16>(16) & self.no_interrupt.val()).any();
                    self.answered_status.d.next = self.status.q.val();
                    self.answered_detail.d.next = self.detail.q.val();
                    self.dispatched.next = true;
                    self.state.d.next = DispatchState::Select;
                }
            }
        }

        if self.answer.taken.val() {
            self.answering.d.next = false;
        }
        self.answer.valid.next = self.answering.q.val();
        self.answer.queue.next = self.answered_queue.q.val();
        self.answer.tag.next = self.answered_tag.q.val();
        self.answer.silent.next = self.answered_silent.q.val();
        self.answer.status.next = self.answered_status.q.val();
        self.answer.counters.next = 0.into();
        self.answer.detail.next = self.answered_detail.q.val();

        if self.reset.val() {
            self.state.d.next = DispatchState::Select;
            self.answering.d.next = false;
        }
    }
}
