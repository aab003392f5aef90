//! From doorbell to completion.

use super::completion::CompletionWriter;
use super::config::CoreConfig;
use super::copy::CopyEngine;
use super::dispatch::Dispatch;
use super::fetch::Fetch;
use super::finished::FinishedClient;
use super::job_slot::JobSlot;
use super::queues::Queues;
use super::regions::Regions;
use super::socket::{JobClient, JobServer, ReadClient, WriteClient};
use crate::cells::Fixed;
use rust_hdl_core::prelude::*;

/// Queues, fetch, dispatch, regions, copies and completions, joined. Slot 0 is the copy engine's, slot
/// j + 1 is that of job port j.
#[derive(LogicBlock, Default)]
pub struct QueueEngine<const W: usize> {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Queues off, jobs forgotten; the ports are flushed by whoever resets.
    pub reset: Signal<In, Bit>,
    /// Level: the engines drop their jobs.
    pub abort: Signal<In, Bit>,
    /// One cycle: invalidate all regions.
    pub sweep: Signal<In, Bit>,
    /// That is under way.
    pub sweeping: Signal<Out, Bit>,
    /// One cycle: write a register.
    pub write: Signal<In, Bit>,
    /// Byte offset in BAR 0.
    pub write_address: Signal<In, Bits<12>>,
    /// Word to write.
    pub write_data: Signal<In, Bits<32>>,
    /// Byte offset in BAR 0.
    pub read_address: Signal<In, Bits<12>>,
    /// The word there; zero when it is no queue's. Same cycle.
    pub read_data: Signal<Out, Bits<32>>,
    /// One cycle: raise `vector`.
    pub interrupt: Signal<Out, Bit>,
    /// Interrupt vector.
    pub vector: Signal<Out, Bits<32>>,
    /// There is work for the queue engine or the copy engine.
    pub busy: Signal<Out, Bit>,
    /// Engine e has a job.
    pub engine_busy: Vec<Signal<Out, Bit>>,
    /// Progress of engine e.
    pub progress: Vec<Signal<Out, Bits<32>>>,
    /// All engines, the copy engine too, have nothing on their way.
    pub idle: Signal<Out, Bit>,
    /// The job ports of the engines.
    pub job: Vec<JobServer>,
    /// Descriptors.
    pub descriptors: ReadClient<W>,
    /// Completions.
    pub completions: WriteClient<W>,
    /// Copies.
    pub host_read: ReadClient<W>,
    /// Copies.
    pub host_write: WriteClient<W>,
    /// Copies.
    pub memory_read: ReadClient<W>,
    /// Copies and wipes.
    pub memory_write: WriteClient<W>,
    queues: Queues,
    fetch: Fetch<W>,
    dispatch: Dispatch,
    regions: Regions,
    copy: CopyEngine<W>,
    slot: Vec<JobSlot>,
    completion: CompletionWriter<W>,
    engine_of: Vec<Fixed<Bits<4>>>,
    first_of: Vec<Fixed<Bit>>,
    _engines: usize,
    _jobs: usize,
    _slots: usize,
}

impl<const W: usize> QueueEngine<W> {
    /// The queue engine of a card with this configuration.
    pub fn new(config: &CoreConfig) -> Self {
        let (engines, jobs) = (config.engines.len(), config.jobs());
        let ports = config.engines.iter().enumerate();
        let ports = ports.flat_map(|(e, engine)| (0..engine.slots).map(move |i| (e, i == 0)));
        let (engine_of, first_of) = ports
            .map(|(e, first)| (Fixed::new(e.to_bits()), Fixed::new(first)))
            .unzip();
        Self {
            engine_busy: (0..engines).map(|_| Default::default()).collect(),
            progress: (0..engines).map(|_| Default::default()).collect(),
            job: (0..jobs).map(|_| Default::default()).collect(),
            queues: Queues::new(config),
            fetch: Fetch::new(),
            dispatch: Dispatch::new(config),
            regions: Regions::new(config),
            copy: CopyEngine::new(config),
            slot: (0..=jobs).map(|_| JobSlot::new()).collect(),
            completion: CompletionWriter::new(jobs + 2),
            engine_of,
            first_of,
            _engines: engines,
            _jobs: jobs,
            _slots: jobs + 1,
            ..Default::default()
        }
    }
}

impl<const W: usize> Logic for QueueEngine<W> {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(
            self, clock, queues, fetch, dispatch, regions, copy, completion
        );

        // registers
        self.queues.reset.next = self.reset.val();
        self.queues.write.next = self.write.val();
        self.queues.write_address.next = self.write_address.val();
        self.queues.write_data.next = self.write_data.val();
        self.queues.read_address.next = self.read_address.val();
        self.read_data.next = self.queues.read_data.val();

        // fetch
        self.fetch.reset.next = self.reset.val();
        self.fetch.wants.next = self.queues.wants.val();
        self.fetch.next_queue.next = self.queues.next_fetch.val();
        self.fetch.address.next = self.queues.submission_address.val();
        self.queues.claimed.next = self.fetch.claimed.val();
        self.queues.fetch_queue.next = self.fetch.queue.val();
        self.queues.fetched.next = self.fetch.fetched.val();
        self.queues.fetch_failed.next = self.fetch.failed.val();
        ReadClient::<W>::link(&mut self.descriptors, &mut self.fetch.port);

        // dispatch
        self.dispatch.reset.next = self.reset.val();
        self.dispatch.fetched.next = self.fetch.fetched.val();
        self.dispatch.fetched_queue.next = self.fetch.queue.val();
        self.dispatch.fetched_descriptor.next = self.fetch.descriptor.val();
        self.dispatch.pending.next = self.queues.pending.val();
        self.dispatch.next_queue.next = self.queues.next_dispatch.val();
        self.queues.tried.next = self.dispatch.tried.val();
        self.queues.dispatch_queue.next = self.dispatch.queue.val();
        self.queues.dispatched.next = self.dispatch.dispatched.val();
        self.regions.handle.next = self.dispatch.handle.val();
        self.regions.domain.next = self.queues.domain.val();
        self.dispatch.region_base.next = self.regions.base.val();
        self.dispatch.region_length.next = self.regions.length.val();
        self.dispatch.region_status.next = self.regions.status.val();
        self.dispatch.settled.next = self.copy.settled.val();
        FinishedClient::join(&mut self.dispatch.answer, &mut self.completion.finished[0]);

        // executors
        self.dispatch.index_used.next = false;
        self.idle.next = true;
        for i in 0..self._slots {
            self.slot[i].clock.next = self.clock.val();
            self.slot[i].reset.next = self.reset.val();
            self.slot[i].abort.next = self.abort.val();
            self.slot[i].start.next = self.dispatch.start[i].val();
            self.slot[i].queue.next = self.dispatch.queue.val();
            self.slot[i].descriptor.next = self.dispatch.descriptor.val();
            self.slot[i].first_base.next = self.dispatch.first_base.val();
            self.slot[i].first_length.next = self.dispatch.first_length.val();
            self.slot[i].second_base.next = self.dispatch.second_base.val();
            self.slot[i].second_length.next = self.dispatch.second_length.val();
            self.slot[i].index.next = self.dispatch.index.val();
            self.dispatch.free[i].next = self.slot[i].free.val();
            if self.slot[i].uses.val() {
                self.dispatch.index_used.next = true;
            }
            if !self.slot[i].idle.val() {
                self.idle.next = false;
            }
            FinishedClient::join(
                &mut self.slot[i].finished,
                &mut self.completion.finished[i + 1],
            );
        }
        for j in 0..self._jobs {
            JobServer::link(&mut self.job[j], &mut self.slot[j + 1].job);
        }
        // an engine is busy on any of its ports; its first one tells of its progress
        for e in 0..self._engines {
            self.engine_busy[e].next = false;
            self.progress[e].next = 0.into();
            for j in 0..self._jobs {
                if self.engine_of[j].val() == e.to_bits() {
                    if self.slot[j + 1].busy.val() {
                        self.engine_busy[e].next = true;
                    }
                    if self.first_of[j].val() {
                        self.progress[e].next = self.slot[j + 1].progress.val();
                    }
                }
            }
        }

        // copies and regions
        self.copy.reset.next = self.reset.val();
        JobClient::join(&mut self.copy.job, &mut self.slot[0].job);
        self.regions.sweep.next = self.sweep.val();
        self.sweeping.next = self.regions.sweeping.val();
        self.regions.set.next = self.copy.region_set.val();
        self.regions.clear.next = self.copy.region_clear.val();
        self.regions.index.next = self.copy.index.val();
        self.regions.set_base.next = self.copy.region_base.val();
        self.regions.set_length.next = self.copy.region_length.val();
        self.regions.set_domain.next = self.copy.region_domain.val();
        self.copy.index_valid.next = self.regions.index_valid.val();
        self.copy.next_generation.next = self.regions.next_generation.val();
        ReadClient::<W>::link(&mut self.host_read, &mut self.copy.host_read);
        WriteClient::<W>::link(&mut self.host_write, &mut self.copy.host_write);
        ReadClient::<W>::link(&mut self.memory_read, &mut self.copy.memory_read);
        WriteClient::<W>::link(&mut self.memory_write, &mut self.copy.memory_write);

        // completions
        self.completion.reset.next = self.reset.val();
        self.queues.completion_queue.next = self.completion.queue.val();
        self.completion.address.next = self.queues.completion_address.val();
        self.completion.phase.next = self.queues.phase.val();
        self.completion.submission_head.next = self.queues.submission_head.val();
        self.completion.interrupts.next = self.queues.interrupts.val();
        self.queues.completed.next = self.completion.completed.val();
        self.queues.completion_failed.next = self.completion.failed.val();
        self.interrupt.next = self.completion.interrupt.val();
        self.vector.next = self.queues.vector.val();
        WriteClient::<W>::link(&mut self.completions, &mut self.completion.port);

        self.busy.next = self.queues.busy.val()
            | self.fetch.busy.val()
            | self.dispatch.busy.val()
            | self.completion.busy.val()
            | self.slot[0].busy.val();
    }
}
