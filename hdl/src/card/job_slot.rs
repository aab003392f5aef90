//! The core's side of one executor: its job, from start to completion.

use super::finished::FinishedClient;
use super::socket::JobServer;
use crate::cells::{Fixed, Register, SLOT_BITS};
use gristmill_protocol::descriptor::flag;
use rust_hdl_core::prelude::*;
use rust_hdl_widgets::dff_setup;

/// Holds what the executor was given until its completion is taken. The executor sees its `start` one
/// cycle after the core gave it.
#[derive(LogicBlock, Default)]
pub struct JobSlot {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Forget the job.
    pub reset: Signal<In, Bit>,
    /// Level: a soft reset, for the executor.
    pub abort: Signal<In, Bit>,
    /// A job may be started.
    pub free: Signal<Out, Bit>,
    /// One cycle, only while `free`: a job.
    pub start: Signal<In, Bit>,
    /// Its queue.
    pub queue: Signal<In, Bits<4>>,
    /// Its descriptor.
    pub descriptor: Signal<In, Bits<SLOT_BITS>>,
    /// Region of word 3.
    pub first_base: Signal<In, Bits<64>>,
    /// Region of word 3.
    pub first_length: Signal<In, Bits<64>>,
    /// Region of word 7.
    pub second_base: Signal<In, Bits<64>>,
    /// Region of word 7.
    pub second_length: Signal<In, Bits<64>>,
    /// An index in the region table.
    pub index: Signal<In, Bits<16>>,
    /// The job may be using the region with that index.
    pub uses: Signal<Out, Bit>,
    /// The executor has a job whose end it has not told.
    pub busy: Signal<Out, Bit>,
    /// The executor has no job and nothing on its way.
    pub idle: Signal<Out, Bit>,
    /// Progress of the executor.
    pub progress: Signal<Out, Bits<32>>,
    /// The executor.
    pub job: JobServer,
    /// To the completion writer.
    pub finished: FinishedClient,
    no_interrupt: Fixed<Bits<16>>,
    starting: Register<Bit>,
    running: Register<Bit>,
    ended: Register<Bit>,
    owner: Register<Bits<4>>,
    given: Register<Bits<SLOT_BITS>>,
    first_base_given: Register<Bits<64>>,
    first_length_given: Register<Bits<64>>,
    second_base_given: Register<Bits<64>>,
    second_length_given: Register<Bits<64>>,
}

impl JobSlot {
    /// A slot.
    pub fn new() -> Self {
        Self {
            no_interrupt: Fixed::new(flag::NO_INTERRUPT.to_bits()),
            ..Default::default()
        }
    }
}

impl Logic for JobSlot {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            starting,
            running,
            ended,
            owner,
            given,
            first_base_given,
            first_length_given,
            second_base_given,
            second_length_given
        );
        self.starting.d.next = self.start.val();
        if self.start.val() {
            self.running.d.next = true;
            self.owner.d.next = self.queue.val();
            self.given.d.next = self.descriptor.val();
            self.first_base_given.d.next = self.first_base.val();
            self.first_length_given.d.next = self.first_length.val();
            self.second_base_given.d.next = self.second_base.val();
            self.second_length_given.d.next = self.second_length.val();
        }
        if self.job.done.val() & self.running.q.val() {
            self.running.d.next = false;
            self.ended.d.next = true;
        }
        if self.finished.taken.val() {
            self.ended.d.next = false;
        }
        self.free.next = !self.running.q.val() & !self.ended.q.val() & self.job.idle.val();
        self.busy.next = self.running.q.val();
        self.idle.next = self.job.idle.val();
        self.progress.next = self.job.progress.val();
        self.uses.next = self.running.q.val()
            & ((self.given.q.val().get_bits::<16>(192) == self.index.val())
                | (self.given.q.val().get_bits::<16>(448) == self.index.val()));

        self.job.start.next = self.starting.q.val();
        self.job.descriptor.next = self.given.q.val();
        self.job.first_base.next = self.first_base_given.q.val();
        self.job.first_length.next = self.first_length_given.q.val();
        self.job.second_base.next = self.second_base_given.q.val();
        self.job.second_length.next = self.second_length_given.q.val();
        self.job.abort.next = self.abort.val();

        self.finished.valid.next = self.ended.q.val();
        self.finished.queue.next = self.owner.q.val();
        self.finished.tag.next = self.given.q.val().get_bits::<32>(32);
        self.finished.silent.next =
            (self.given.q.val().get_bits::<16>(16) & self.no_interrupt.val()).any();
        self.finished.status.next = self.job.status.val();
        self.finished.counters.next = self.job.counters.val();
        self.finished.detail.next = self.job.detail.val();

        if self.reset.val() {
            self.starting.d.next = false;
            self.running.d.next = false;
            self.ended.d.next = false;
        }
    }
}
