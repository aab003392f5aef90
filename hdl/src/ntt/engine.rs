//! The engine: jobs in, tiles through buffers and pipeline, jobs out.

use super::half_beats::{HalfSlots, HalfTables, WholeBeats};
use super::order::Geometry;
use super::record::{Events, JobRecord};
use super::tile::JOB_BITS;
use super::{
    BeatMask, Collector, Feeder, Intake, Loader, Parameters, PassPipeline, READ_LATENCY, Sequencer,
    Side, Storer, TableLoader, TransposeBuffer,
};
use crate::card::socket::{JobClient, ReadClient, WriteClient};
use crate::cells::{Delay, Fixed, Register, SLOT_BITS, SlotToBeats};
use gristmill_protocol::FieldId;
use rust_hdl_core::prelude::*;
use rust_hdl_widgets::dff_setup;

/// What an engine is made of.
#[derive(Clone, Debug)]
pub struct EngineParameters {
    /// Its pipeline.
    pub pipeline: Parameters,
    /// The code of its field.
    pub field: FieldId,
    /// Its buffers and tiles.
    pub geometry: Geometry,
    /// Binary logarithm of the largest transform, with its extension.
    pub size_log2: usize,
    /// Job ports, 1 to 4.
    pub jobs: usize,
}

impl EngineParameters {
    /// Says which limit is broken, if one is.
    pub fn check(&self) -> Result<(), String> {
        let (pipeline, geometry) = (&self.pipeline, &self.geometry);
        let high = self.size_log2.div_ceil(2);
        let rules = [
            ((1..=1 << JOB_BITS).contains(&self.jobs), "1 to 4 job ports"),
            (
                (pipeline.lanes_log2()..=pipeline.lanes_log2() + 1).contains(&geometry.lanes_log2)
                    && pipeline.pass_log2 == geometry.pass_log2,
                "the buffers have the pipeline's frames, and its lanes or twice as many",
            ),
            (
                geometry.pass_log2 > geometry.lanes_log2 + geometry.split_log2,
                "a frame has more than one burst of each half",
            ),
            (
                geometry.columns_log2 >= geometry.lanes_log2
                    && geometry.tile_log2 >= geometry.pass_log2 + geometry.lanes_log2
                    && geometry.tile_log2 >= high + geometry.columns_log2,
                "a tile has room for its columns",
            ),
            (
                self.size_log2 <= geometry.pass_log2
                    || geometry.columns_log2 <= geometry.pass_log2.div_ceil(2),
                "a transform in two passes has the columns of a tile",
            ),
            (
                self.size_log2 <= 2 * geometry.pass_log2
                    && self.size_log2 <= 24
                    && self.size_log2 <= pipeline.field.two_adicity,
                "two passes and 24 bits are the most",
            ),
            (
                high <= pipeline.table_log2
                    && (pipeline.field.element_bytes << pipeline.table_log2) >= 64,
                "the tables have room for the largest set",
            ),
        ];
        match rules.iter().find(|(holds, _)| !holds) {
            Some((_, rule)) => Err((*rule).into()),
            None => Ok(()),
        }
    }
}

/// The NTT engine behind the card's sockets: one job port for each job that it may have at a time, two
/// readers of card memory (data, tables), a writer, and a writer of host memory for statistics.
///
/// Jobs are computed in the order in which they come; refused ones end at once. The loads of a job follow those of the one
/// before, and its frames too where size and direction are the same. An error in the data or in memory does not stop a job.
///
/// W: bits of a beat; N: of one of the pipeline, W or half of it (see [`HalfSlots`]).
#[derive(LogicBlock, Default)]
pub struct NttEngine<const W: usize, const N: usize> {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Synchronous reset: drops all jobs like an abort.
    pub reset: Signal<In, Bit>,
    /// The job ports.
    pub job: Vec<JobClient>,
    /// Statistics.
    pub statistics: WriteClient<W>,
    /// Data.
    pub data: ReadClient<W>,
    /// Tables.
    pub tables: ReadClient<W>,
    /// Results.
    pub results: WriteClient<W>,
    statistics_beats: Fixed<Bits<32>>,
    number: Vec<Fixed<Bits<JOB_BITS>>>,
    stopped: Register<Bit>,
    flushing: Register<Bit>,
    patience: Register<Bits<8>>,
    progress: Register<Bits<32>>,
    asking: Register<Bit>,
    sending: Register<Bit>,
    waiting: Register<Bit>,
    served: Register<Bits<JOB_BITS>>,
    served_address: Register<Bits<64>>,
    sent: Register<Bits<32>>,
    intake: Intake,
    table_loader: TableLoader<W>,
    sequencer: Sequencer,
    loader: Loader<W>,
    loads: TransposeBuffer<W>,
    feeder: Feeder,
    mask: BeatMask<W>,
    half_slots: Vec<HalfSlots<W, N>>,
    half_tables: Vec<HalfTables<W, N>>,
    pipeline: PassPipeline<N>,
    whole_beats: Vec<WholeBeats<W, N>>,
    checking: Delay<Bits<JOB_BITS>>,
    collector: Collector,
    stores: TransposeBuffer<W>,
    storer: Storer<W>,
    record: Vec<JobRecord>,
    block: SlotToBeats<W>,
    stop: Signal<Local, Bit>,
    clear: Signal<Local, Bit>,
    still: Signal<Local, Bit>,
    jobs_active: Signal<Local, Bit>,
    events: Signal<Local, Events>,
    statistics_now: Signal<Local, Bits<SLOT_BITS>>,
    moving: Signal<Local, Bit>,
    _jobs: usize,
    _halves: usize,
}

impl<const W: usize, const N: usize> NttEngine<W, N> {
    /// An engine of these parts.
    ///
    /// # Panics
    /// When [`EngineParameters::check`] says no.
    pub fn new(parameters: &EngineParameters) -> Self {
        parameters
            .check()
            .unwrap_or_else(|rule| panic!("{rule}: {parameters:?}"));
        let (pipeline, geometry) = (&parameters.pipeline, &parameters.geometry);
        let (jobs, lanes_log2) = (parameters.jobs, geometry.lanes_log2);
        let half = lanes_log2 > pipeline.lanes_log2();
        let halves = usize::from(half);
        Self {
            job: (0..jobs).map(|_| Default::default()).collect(),
            statistics_beats: Fixed::new((SLOT_BITS as u64 / W as u64).into()),
            number: (0..jobs)
                .map(|job| Fixed::new((job as u64).into()))
                .collect(),
            intake: Intake::new(pipeline, geometry, parameters.size_log2, jobs),
            table_loader: TableLoader::new(pipeline, parameters.field),
            sequencer: Sequencer::new(pipeline, geometry),
            loads: TransposeBuffer::new(Side::Memory, *geometry),
            feeder: Feeder::new(lanes_log2, geometry.beat_bits(), half),
            mask: BeatMask::new(1 << lanes_log2),
            half_slots: (0..halves)
                .map(|_| HalfSlots::new(pipeline.lanes_log2()))
                .collect(),
            half_tables: (0..halves).map(|_| Default::default()).collect(),
            whole_beats: (0..halves).map(|_| Default::default()).collect(),
            pipeline: PassPipeline::new(pipeline),
            checking: Delay::new(pipeline.check_latency()),
            stores: TransposeBuffer::new(Side::Pipeline, *geometry),
            record: (0..jobs).map(|job| JobRecord::new(job, W, half)).collect(),
            _jobs: jobs,
            _halves: halves,
            ..Default::default()
        }
    }
}

// the feeder's slots take as many cycles as the buffer of loads
const _: () = assert!(READ_LATENCY == 3);

impl<const W: usize, const N: usize> Logic for NttEngine<W, N> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            stopped,
            flushing,
            patience,
            progress,
            asking,
            sending,
            waiting,
            served,
            served_address,
            sent
        );
        clock!(
            self,
            clock,
            intake,
            table_loader,
            sequencer,
            loader,
            loads,
            feeder,
            pipeline,
            checking,
            collector,
            stores,
            storer,
            block
        );

        // stop and start again
        self.stop.next = self.reset.val();
        for j in 0..self._jobs {
            if self.job[j].abort.val() {
                self.stop.next = true;
            }
        }
        self.clear.next = self.stop.val() | self.flushing.q.val();
        self.still.next = self.data.idle.val()
            & self.tables.idle.val()
            & self.results.idle.val()
            & self.statistics.idle.val()
            & self.feeder.idle.val();
        if self.flushing.q.val() {
            if self.patience.q.val() != 255 {
                self.patience.d.next = self.patience.q.val() + 1;
            } else if self.still.val() {
                self.flushing.d.next = false;
            }
        }
        self.stopped.d.next = self.stop.val();
        if self.stop.val() & !self.stopped.q.val() {
            self.flushing.d.next = true;
            self.patience.d.next = 0.into();
        }

        // jobs
        self.intake.clear.next = self.clear.val();
        self.intake.taken.next = self.sequencer.taken.val();
        self.jobs_active.next = false;
        for j in 0..self._jobs {
            JobClient::link(&mut self.job[j], &mut self.record[j].job);
            self.record[j].clock.next = self.clock.val();
            self.record[j].clear.next = self.clear.val();
            self.record[j].calm.next =
                !self.flushing.q.val() & (self.stopped.q.val() | !self.stop.val());
            self.record[j].events.next = self.events.val();
            self.record[j].tables_failed.next = self.intake.tables_failed[j].val();
            self.record[j].refuse.next = self.intake.refuse[j].val();
            self.record[j].refuse_status.next = self.intake.status.val();
            self.record[j].refuse_detail.next = self.intake.detail.val();
            self.record[j].progress.next = self.progress.q.val();
            self.record[j].statistics_done.next = self.waiting.q.val()
                & self.statistics.done.val()
                & (self.served.q.val() == self.number[j].val());
            self.record[j].statistics_failed.next = self.statistics.error.val();
            self.intake.start[j].next = self.job[j].start.val();
            self.intake.descriptor[j].next = self.job[j].descriptor.val();
            self.intake.first_base[j].next = self.job[j].first_base.val();
            self.intake.first_length[j].next = self.job[j].first_length.val();
            self.intake.second_base[j].next = self.job[j].second_base.val();
            self.intake.second_length[j].next = self.job[j].second_length.val();
            self.intake.leaves[j].next = self.record[j].leaves.val();
            if self.record[j].active.val() {
                self.jobs_active.next = true;
            }
        }

        // tables
        self.table_loader.clear.next = self.clear.val();
        self.table_loader.start.next = self.intake.table_start.val();
        self.table_loader.address.next = self.intake.table_address.val();
        self.table_loader.size.next = self.intake.table_size.val();
        self.table_loader.inverse.next = self.intake.table_inverse.val();
        self.table_loader.header_only.next = self.intake.table_header_only.val();
        self.table_loader.hold.next = self.intake.table_hold.val();
        self.intake.table_idle.next = self.table_loader.idle.val();
        self.intake.table_checked.next = self.table_loader.checked.val();
        self.intake.table_wrong.next = self.table_loader.wrong.val();
        self.intake.table_fault.next = self.table_loader.fault.val();
        self.intake.table_failed.next = self.table_loader.failed.val();
        self.intake.table_done.next = self.table_loader.done.val();
        ReadClient::<W>::link(&mut self.tables, &mut self.table_loader.memory);
        self.pipeline.table_write.next = self.table_loader.write.val();
        self.pipeline.table_set.next = self.intake.table_set.val();
        self.pipeline.table.next = self.table_loader.table.val();
        self.pipeline.table_address.next = self.table_loader.table_address.val();
        self.pipeline.table_beat.next = bit_cast::<N, W>(self.table_loader.table_beat.val());
        for i in 0..self._halves {
            self.half_tables[i].clock.next = self.clock.val();
            self.half_tables[i].write.next = self.table_loader.write.val();
            self.half_tables[i].set.next = self.intake.table_set.val();
            self.half_tables[i].table.next = self.table_loader.table.val();
            self.half_tables[i].address.next = self.table_loader.table_address.val();
            self.half_tables[i].beat.next = self.table_loader.table_beat.val();
            self.pipeline.table_write.next = self.half_tables[i].half.val();
            self.pipeline.table_set.next = self.half_tables[i].half_set.val();
            self.pipeline.table.next = self.half_tables[i].half_table.val();
            self.pipeline.table_address.next = self.half_tables[i].half_address.val();
            self.pipeline.table_beat.next = self.half_tables[i].half_beat.val();
        }

        // tiles
        self.sequencer.clear.next = self.clear.val();
        self.sequencer.valid.next = self.intake.valid.val();
        self.sequencer.job.next = self.intake.job.val();
        self.sequencer.waiting.next = self.feeder.waiting.val();
        self.sequencer.freed.next = self.feeder.free.val();
        self.sequencer.quiet.next = self.feeder.idle.val() & self.storer.idle.val();
        self.sequencer.load_taken.next = self.loader.taken.val();
        self.loader.clear.next = self.clear.val();
        self.loader.valid.next = self.sequencer.load_valid.val();
        self.loader.tile.next = self.sequencer.load.val();
        ReadClient::<W>::link(&mut self.data, &mut self.loader.memory);
        self.loads.write.next = self.loader.write.val();
        self.loads.write_mode.next = self.loader.mode.val();
        self.loads.write_size.next = self.loader.size.val();
        self.loads.write_base.next = self.loader.place.val();
        self.loads.write_beat.next = self.loader.beat.val();
        self.loads.d.next = self.loader.d.val();

        // through the pipeline
        self.feeder.clear.next = self.clear.val();
        self.feeder.push.next = self.sequencer.push.val();
        self.feeder.tile.next = self.sequencer.feed.val();
        self.feeder.store.next = self.sequencer.store.val();
        self.feeder.complete.next = self.loader.complete.val();
        self.feeder.arrived.next = self.loader.arrived.val();
        self.feeder.stored.next = self.storer.free.val();
        self.feeder.empty.next = self.pipeline.empty.val();
        for i in 0..2 {
            self.feeder.turn[i].next = self.intake.turn[i].val();
        }
        self.loads.read_mode.next = self.feeder.mode.val();
        self.loads.read_size.next = self.feeder.size.val();
        self.loads.read_base.next = self.feeder.place.val();
        self.loads.read_beat.next = self.feeder.beat.val();
        self.mask.d.next = self.loads.q.val();
        self.mask.rest.next = self.feeder.slot.val().rest;
        self.mask.kept.next = self.feeder.slot.val().kept;
        self.mask.lane_mask.next = self.feeder.slot.val().lane_mask;
        self.pipeline.advance.next = self.feeder.slot.val().advance;
        self.pipeline.valid.next = self.feeder.slot.val().valid;
        self.pipeline.first.next = self.feeder.slot.val().first;
        self.pipeline.beat.next = bit_cast::<N, W>(self.mask.q.val());
        self.pipeline.frame.next = self.feeder.slot.val().number;
        self.pipeline.kind.next = self.feeder.slot.val().kind;
        self.pipeline.shift.next = self.feeder.slot.val().shift;
        self.pipeline.split.next = self.feeder.slot.val().split;
        self.pipeline.set.next = self.feeder.slot.val().set;
        self.pipeline.size_log2.next = self.feeder.frame_size.val();
        self.pipeline.inverse.next = self.feeder.inverse.val();
        self.pipeline.post.next = self.feeder.inverse.val();
        self.checking.d.next = self.feeder.slot.val().port;
        for i in 0..self._halves {
            self.half_slots[i].clock.next = self.clock.val();
            self.half_slots[i].slot.next = self.feeder.slot.val();
            self.half_slots[i].beat.next = self.mask.q.val();
            self.half_slots[i].size.next = self.feeder.frame_size.val();
            self.pipeline.advance.next = self.half_slots[i].advance.val();
            self.pipeline.valid.next = self.half_slots[i].valid.val();
            self.pipeline.first.next = self.half_slots[i].first.val();
            self.pipeline.beat.next = self.half_slots[i].half_beat.val();
            self.pipeline.frame.next = self.half_slots[i].number.val();
            self.pipeline.kind.next = self.half_slots[i].kind.val();
            self.pipeline.shift.next = self.half_slots[i].shift.val();
            self.pipeline.split.next = self.half_slots[i].table_split.val();
            self.pipeline.set.next = self.half_slots[i].set.val();
            self.checking.d.next = self.half_slots[i].port.val();
        }

        // to memory
        self.collector.clear.next = self.clear.val();
        self.collector.push.next = self.feeder.announce.val();
        self.collector.tile.next = self.feeder.announced.val();
        self.collector.valid.next = self.pipeline.out_valid.val();
        self.stores.write.next = self.collector.write.val();
        self.stores.write_mode.next = self.collector.mode.val();
        self.stores.write_size.next = self.collector.size.val();
        self.stores.write_base.next = self.collector.place.val();
        self.stores.write_beat.next = self.collector.beat.val();
        self.stores.d.next = bit_cast::<W, N>(self.pipeline.out_beat.val());
        for i in 0..self._halves {
            self.whole_beats[i].clock.next = self.clock.val();
            self.whole_beats[i].clear.next = self.clear.val();
            self.whole_beats[i].valid.next = self.pipeline.out_valid.val();
            self.whole_beats[i].beat.next = self.pipeline.out_beat.val();
            self.collector.valid.next = self.whole_beats[i].whole.val();
            self.stores.d.next = self.whole_beats[i].whole_beat.val();
        }
        self.storer.clear.next = self.clear.val();
        self.storer.push.next = self.feeder.announce.val();
        self.storer.tile.next = self.feeder.announced.val();
        self.storer.complete.next = self.collector.complete.val();
        self.storer.arrived.next = self.collector.arrived.val();
        self.stores.read_mode.next = self.storer.mode.val();
        self.stores.read_size.next = self.storer.size.val();
        self.stores.read_base.next = self.storer.place.val();
        self.stores.read_beat.next = self.storer.beat.val();
        self.storer.q.next = self.stores.q.val();
        WriteClient::<W>::link(&mut self.results, &mut self.storer.memory);

        // what the records see
        self.events.next.feeding = self.feeder.current.val().port;
        self.events.next.present = self.feeder.present.val();
        for i in 0..self._halves {
            if self.feeder.second_half[i].val() {
                self.events.next.present = false;
            }
        }
        self.events.next.pass = self.feeder.current.val().pass;
        self.events.next.fed = self.feeder.fed.val();
        self.events.next.emptying = self.feeder.emptying.val();
        self.events.next.blocked = self.feeder.blocked.val();
        self.events.next.read = self.loader.write.val();
        self.events.next.loading = self.loader.port.val();
        self.events.next.read_failed = self.loader.failed.val();
        self.events.next.table_read = self.table_loader.moved.val();
        self.events.next.tabling = self.intake.table_port.val();
        self.events.next.written = self.storer.moved.val();
        self.events.next.storing = self.storer.port.val();
        self.events.next.write_failed = self.storer.failed.val();
        self.events.next.stored = self.storer.done.val();
        self.events.next.not_canonical = self.pipeline.checked.val() & self.pipeline.error.val();
        self.events.next.checking = self.checking.q.val();

        // statistics, one block at a time
        self.block.load.next = false;
        self.block.pop.next = false;
        self.statistics_now.next = 0.into();
        for j in 0..self._jobs {
            if self.served.q.val() == self.number[j].val() {
                self.statistics_now.next = self.record[j].statistics.val();
            }
        }
        self.block.d.next = self.statistics_now.val();
        if !self.asking.q.val() & !self.sending.q.val() & !self.waiting.q.val() {
            for j in 0..self._jobs {
                if self.record[j].wants_statistics.val() {
                    self.asking.d.next = true;
                    self.served.d.next = self.number[j].val();
                    self.served_address.d.next = self.job[j].descriptor.val().get_bits::<64>(64);
                }
            }
        }
        self.statistics.request.next = self.asking.q.val();
        self.statistics.address.next = self.served_address.q.val();
        self.statistics.beats.next = self.statistics_beats.val();
        self.statistics.valid.next = self.sending.q.val();
        self.statistics.data.next = self.block.q.val();
        self.statistics.flush.next = self.clear.val();
        if self.asking.q.val() & self.statistics.accepted.val() {
            self.asking.d.next = false;
            self.sending.d.next = true;
            self.block.load.next = true;
            self.sent.d.next = 1.into();
        }
        if self.sending.q.val() & self.statistics.ready.val() {
            self.block.pop.next = true;
            self.sent.d.next = self.sent.q.val() + 1;
            if self.sent.q.val() == self.statistics_beats.val() {
                self.sending.d.next = false;
                self.waiting.d.next = true;
            }
        }
        if self.waiting.q.val() & self.statistics.done.val() {
            self.waiting.d.next = false;
        }

        self.moving.next = self.loader.write.val()
            | self.feeder.fed.val()
            | self.storer.moved.val()
            | self.table_loader.moved.val()
            | (self.jobs_active.val() & self.pipeline.out_valid.val());
        if self.moving.val() {
            self.progress.d.next = self.progress.q.val() + 1;
        }
        if self.clear.val() {
            self.asking.d.next = false;
            self.sending.d.next = false;
            self.waiting.d.next = false;
        }
    }
}
