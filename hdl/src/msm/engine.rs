//! The engine: jobs, passes, and the way from memory to memory.

use super::results::ResultWriter;
use super::wiring::RecordSplit;
use super::{Lane, Parameters, Recoder, RecordWriter, Reducer, Source};
use crate::card::socket::{JobClient, ReadClient, WriteClient};
use crate::cells::{Fixed, Register};
use crate::pipeline::{Packer, Unpacker};
use gristmill_protocol::Status;
use rust_hdl_core::prelude::*;
use rust_hdl_widgets::dff_setup;

/// What the engine is doing.
#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
pub enum EnginePhase {
    /// Waiting for a job.
    Idle,
    /// Working out sizes: sixteen steps.
    Measure,
    /// Comparing them with the limits.
    Check,
    /// A pass begins.
    Begin,
    /// Asking for the pass's input.
    Request,
    /// Digits go to the lanes.
    Stream,
    /// The lanes bring their buckets together.
    Drain,
    /// The buckets are folded.
    Sweep,
    /// The results are written.
    Results,
    /// The statistics block is written.
    Statistics,
    /// The job has ended.
    Done,
    /// After a failure or an abort: waiting until nothing is on its way.
    Flush,
    /// After a failure or an abort: emptying the buckets.
    Scrub,
    /// The buckets are being emptied.
    Scrubbing,
}

/// The MSM engine behind the card's socket. Host ports: scalars, streamed bases; results and
/// statistics. Memory ports: bases, records; records.
///
/// W: bits of a beat; S: of a scalar in memory; M: of a magnitude; E: of an affine point in memory;
/// P: of a projective point; A, H: address bits of the two banks, H = A - 1; R: bits of a record;
/// T: of a result slot; L: lanes, one adder each, a power of two.
#[derive(LogicBlock, Default)]
pub struct MsmEngine<
    const W: usize,
    const S: usize,
    const M: usize,
    const E: usize,
    const P: usize,
    const A: usize,
    const H: usize,
    const R: usize,
    const T: usize,
    const L: usize,
> {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Synchronous reset: drops the job like an abort, and empties the buckets before the next one.
    pub reset: Signal<In, Bit>,
    /// The job port.
    pub job: JobClient,
    /// Scalars.
    pub scalars: ReadClient<W>,
    /// Bases in host memory.
    pub streamed: ReadClient<W>,
    /// Results and statistics.
    pub results: WriteClient<W>,
    /// Bases in card memory.
    pub resident: ReadClient<W>,
    /// Records of the pass before.
    pub records: ReadClient<W>,
    /// Records for the next pass.
    pub leftovers: WriteClient<W>,

    success: Fixed<Bits<16>>,
    size_limit: Fixed<Bits<16>>,
    region_bounds: Fixed<Bits<16>>,
    misaligned: Fixed<Bits<16>>,
    unsupported: Fixed<Bits<16>>,
    host_error: Fixed<Bits<16>>,
    card_error: Fixed<Bits<16>>,
    bad_scalar: Fixed<Bits<16>>,
    bad_base: Fixed<Bits<16>>,
    largest_length: Fixed<Bits<32>>,
    least_width: Fixed<Bits<8>>,
    largest_width: Fixed<Bits<8>>,
    pass_bits_min: Fixed<Bits<32>>,
    largest_windows: Fixed<Bits<8>>,
    lanes_mask: Fixed<Bits<8>>,
    lanes_log2: Fixed<Bits<3>>,
    buckets: Fixed<Bits<24>>,
    point_bytes: Fixed<Bits<64>>,
    beat_mask: Fixed<Bits<64>>,
    beat_bytes: Fixed<Bits<64>>,
    beat_log2: Fixed<Bits<4>>,
    scalar_log2: Fixed<Bits<4>>,
    record_log2: Fixed<Bits<4>>,
    record_words: Fixed<Bits<13>>,
    slot_log2: Fixed<Bits<4>>,
    slot_has_half: Fixed<Bit>,
    all_ones: Fixed<Bits<32>>,
    number: Vec<Fixed<Bits<4>>>,
    statistics_beats: Fixed<Bits<32>>,

    phase: Register<EnginePhase>,
    step: Register<Bits<5>>,
    product: Register<Bits<64>>,
    addend: Register<Bits<64>>,
    multiplier: Register<Bits<16>>,
    slots: Register<Bits<32>>,
    slots_addend: Register<Bits<32>>,
    slots_multiplier: Register<Bits<8>>,
    half: Register<Bits<17>>,
    lane_windows: Register<Bits<6>>,
    bucket_need: Register<Bits<24>>,
    status: Register<Bits<16>>,
    detail: Register<Bits<64>>,
    aborted: Register<Bit>,
    later: Register<Bit>,
    wants_scalars: Register<Bit>,
    wants_streamed: Register<Bit>,
    wants_resident: Register<Bit>,
    wants_records: Register<Bit>,
    record_count: Register<Bits<32>>,
    records_taken: Register<Bits<32>>,
    capacity: Register<Bits<64>>,
    result_address: Register<Bits<64>>,
    windows_written: Register<Bits<64>>,
    patience: Register<Bits<4>>,
    statistics_sent: Register<Bit>,
    wants_results: Register<Bit>,

    cycles: Register<Bits<64>>,
    busy: Register<Bits<64>>,
    link_bytes: Register<Bits<64>>,
    stall_input: Register<Bits<32>>,
    stall_memory: Register<Bits<32>>,
    stall_collision: Register<Bits<32>>,
    stall_output: Register<Bits<32>>,
    drain: Register<Bits<32>>,
    stream_cycles: Register<Bits<64>>,
    sweep_cycles: Register<Bits<64>>,
    digits: Register<Bits<64>>,
    points: Register<Bits<64>>,
    passes: Register<Bits<64>>,
    leftover_total: Register<Bits<64>>,
    progress: Register<Bits<32>>,

    descriptor: Signal<Local, Bits<512>>,
    statistics_address: Signal<Local, Bits<64>>,
    scalars_start: Signal<Local, Bits<64>>,
    bases_offset: Signal<Local, Bits<64>>,
    length: Signal<Local, Bits<32>>,
    stride: Signal<Local, Bits<16>>,
    width: Signal<Local, Bits<8>>,
    windows: Signal<Local, Bits<8>>,
    result_base: Signal<Local, Bits<64>>,
    is_streamed: Signal<Local, Bit>,
    bases_start: Signal<Local, Bits<64>>,
    bases_end: Signal<Local, Bits<64>>,
    bases_beats: Signal<Local, Bits<64>>,
    bases_first: Signal<Local, Bits<64>>,
    scalar_beats: Signal<Local, Bits<64>>,
    resident_end: Signal<Local, Bits<64>>,
    flush: Signal<Local, Bit>,
    fail: Signal<Local, Bit>,
    input_left: Signal<Local, Bit>,
    lanes_quiet: Signal<Local, Bit>,
    lanes_idle: Signal<Local, Bit>,
    lanes_room: Signal<Local, Bit>,
    lanes_error: Signal<Local, Bit>,
    lanes_error_index: Signal<Local, Bits<32>>,
    lanes_held: Signal<Local, Bit>,
    issued: Vec<Signal<Local, Bits<4>>>,
    taken: Vec<Signal<Local, Bits<4>>>,
    issued_total: Signal<Local, Bits<4>>,
    taken_total: Signal<Local, Bits<4>>,
    scalar_moves: Signal<Local, Bit>,
    streamed_moves: Signal<Local, Bit>,
    result_moves: Signal<Local, Bit>,
    scalar_bytes: Signal<Local, Bits<64>>,
    streamed_bytes: Signal<Local, Bits<64>>,
    result_bytes: Signal<Local, Bits<64>>,
    overflow: Signal<Local, Bit>,
    result_half: Signal<Local, Bits<64>>,
    result_total: Signal<Local, Bits<64>>,
    working: Signal<Local, Bit>,
    stop: Signal<Local, Bit>,
    ports_idle: Signal<Local, Bit>,

    source: Source<W, S, M, E>,
    record_unpacker: Unpacker<W, R>,
    split: RecordSplit<M, E, R>,
    recoder: Recoder<M, E, A, L>,
    writer: RecordWriter<W, M, E, R>,
    lane: Vec<Lane<E, P, A>>,
    reducer: Vec<Reducer<P, A, H>>,
    result_writer: ResultWriter<W, P, T, L>,
    statistics_packer: Packer<W, 512>,
    words: super::wiring::Counters,
}

impl<
    const W: usize,
    const S: usize,
    const M: usize,
    const E: usize,
    const P: usize,
    const A: usize,
    const H: usize,
    const R: usize,
    const T: usize,
    const L: usize,
> MsmEngine<W, S, M, E, P, A, H, R, T, L>
{
    /// An engine of these parts.
    pub fn new(parameters: &Parameters) -> Self {
        let log2 = |value: usize| u64::from(value.ilog2());
        Self {
            success: status(Status::Success),
            size_limit: status(Status::SizeLimit),
            region_bounds: status(Status::RegionBounds),
            misaligned: status(Status::Misaligned),
            unsupported: status(Status::UnsupportedParameter),
            host_error: status(Status::HostMemoryError),
            card_error: status(Status::CardMemoryError),
            bad_scalar: status(Status::NonCanonicalScalar),
            bad_base: status(Status::NonCanonicalBase),
            largest_length: fixed(1 << parameters.size_log2),
            least_width: fixed(u64::from(parameters.window_min)),
            largest_width: fixed(u64::from(parameters.window_max)),
            pass_bits_min: fixed(Parameters::pass_bits_min(S, M) as u64),
            largest_windows: fixed(L as u64 * u64::from(parameters.windows_per_lane)),
            lanes_mask: fixed(L as u64 - 1),
            lanes_log2: fixed(log2(L)),
            buckets: fixed(1 << A),
            point_bytes: fixed(E as u64 / 8),
            beat_mask: fixed(W as u64 / 8 - 1),
            beat_bytes: fixed(W as u64 / 8),
            beat_log2: fixed(log2(W / 8)),
            scalar_log2: fixed(log2(S / 8)),
            record_log2: fixed(log2(R / 8)),
            record_words: fixed(R as u64 / 64),
            slot_log2: fixed(log2(T / 8)),
            slot_has_half: Fixed::new(!(T / 8).is_power_of_two()),
            statistics_beats: fixed(512 / W as u64),
            all_ones: fixed(u64::from(u32::MAX)),
            source: Source::new(parameters.scalar_entry.clone()),
            split: RecordSplit::new(S),
            recoder: Recoder::new(),
            writer: RecordWriter::new(S),
            lane: (0..L)
                .map(|_| Lane::new(parameters.point_entry.clone()))
                .collect(),
            reducer: (0..L)
                .map(|_| Reducer::new(parameters.adder.clone()))
                .collect(),
            number: (0..L).map(|a| fixed(a as u64)).collect(),
            result_writer: ResultWriter::new(),
            issued: (0..L).map(|_| Default::default()).collect(),
            taken: (0..L).map(|_| Default::default()).collect(),
            ..Default::default()
        }
    }
}

fn fixed<const N: usize>(value: u64) -> Fixed<Bits<N>> {
    Fixed::new(value.into())
}

fn status(status: Status) -> Fixed<Bits<16>> {
    fixed(u64::from(status.code()))
}

impl<
    const W: usize,
    const S: usize,
    const M: usize,
    const E: usize,
    const P: usize,
    const A: usize,
    const H: usize,
    const R: usize,
    const T: usize,
    const L: usize,
> Logic for MsmEngine<W, S, M, E, P, A, H, R, T, L>
{
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            phase,
            step,
            product,
            addend,
            multiplier,
            slots,
            slots_addend,
            slots_multiplier,
            half,
            lane_windows,
            bucket_need,
            status,
            detail,
            aborted,
            later,
            wants_scalars,
            wants_streamed,
            wants_resident,
            wants_records,
            wants_results,
            record_count,
            records_taken,
            capacity,
            result_address,
            windows_written,
            patience,
            statistics_sent,
            cycles,
            busy,
            link_bytes,
            stall_input,
            stall_memory,
            stall_collision,
            stall_output,
            drain,
            stream_cycles,
            sweep_cycles,
            digits,
            points,
            passes,
            leftover_total,
            progress
        );
        clock!(
            self,
            clock,
            source,
            record_unpacker,
            recoder,
            writer,
            result_writer,
            statistics_packer
        );

        // the descriptor's words
        self.descriptor.next = self.job.descriptor.val();
        self.is_streamed.next = self.descriptor.val().get_bit(16);
        self.statistics_address.next = self.descriptor.val().get_bits::<64>(64);
        self.scalars_start.next = self.descriptor.val().get_bits::<64>(128);
        self.bases_offset.next = self.descriptor.val().get_bits::<64>(256);
        self.length.next = self.descriptor.val().get_bits::<32>(320);
        self.stride.next = self.descriptor.val().get_bits::<16>(352);
        self.width.next = self.descriptor.val().get_bits::<8>(368);
        self.windows.next = self.descriptor.val().get_bits::<8>(376);
        self.result_base.next = self.descriptor.val().get_bits::<64>(384);

        // bytes of a pass's results: a slot has 2^n bytes, or half as many more
        self.result_half.next = 0.into();
        if self.slot_has_half.val() {
            self.result_half.next =
                (bit_cast::<64, 32>(self.slots.q.val()) << self.slot_log2.val()) >> 1;
        }
        self.result_total.next = (bit_cast::<64, 32>(self.slots.q.val()) << self.slot_log2.val())
            + self.result_half.val();

        // where the input lies
        self.bases_start.next = self.bases_offset.val();
        if !self.is_streamed.val() {
            self.bases_start.next = self.job.first_base.val() + self.bases_offset.val();
        }
        self.bases_end.next =
            self.bases_start.val() + self.product.q.val() + self.point_bytes.val();
        self.bases_first.next =
            self.bases_start.val() - (self.bases_start.val() & self.beat_mask.val());
        self.bases_beats.next = (self.bases_end.val() - self.bases_first.val()
            + self.beat_mask.val())
            >> self.beat_log2.val();
        self.scalar_beats.next = ((bit_cast::<64, 32>(self.length.val())
            << self.scalar_log2.val())
            + self.beat_mask.val())
            >> self.beat_log2.val();
        self.resident_end.next =
            self.bases_offset.val() + self.product.q.val() + self.point_bytes.val();

        // defaults
        self.job.idle.next = false;
        self.job.done.next = false;
        self.source.start.next = false;
        self.writer.start.next = false;
        self.writer.finish.next = false;
        self.record_unpacker.start.next = false;
        self.result_writer.start.next = false;
        self.statistics_packer.valid.next = false;
        self.flush.next = false;
        self.working.next = true;
        for a in 0..L {
            self.lane[a].clock.next = self.clock.val();
            self.reducer[a].clock.next = self.clock.val();
            self.lane[a].pass_begins.next = false;
            self.reducer[a].sweep_start.next = false;
            self.reducer[a].scrub_start.next = false;
            self.reducer[a].reading_results.next = false;
        }
        if self.wants_scalars.q.val() & self.scalars.accepted.val() {
            self.wants_scalars.d.next = false;
        }
        if self.wants_streamed.q.val() & self.streamed.accepted.val() {
            self.wants_streamed.d.next = false;
        }
        if self.wants_resident.q.val() & self.resident.accepted.val() {
            self.wants_resident.d.next = false;
        }
        if self.wants_records.q.val() & self.records.accepted.val() {
            self.wants_records.d.next = false;
        }
        if self.wants_results.q.val() & self.results.accepted.val() {
            self.wants_results.d.next = false;
        }

        self.cycles.d.next = self.cycles.q.val() + 1;
        match self.phase.q.val() {
            EnginePhase::Idle => {
                self.job.idle.next = true;
                self.working.next = false;
                self.cycles.d.next = self.cycles.q.val();
                if self.job.start.val() {
                    self.phase.d.next = EnginePhase::Measure;
                    self.status.d.next = self.success.val();
                    self.detail.d.next = 0.into();
                    self.aborted.d.next = false;
                    self.later.d.next = false;
                    self.step.d.next = 0.into();
                    self.product.d.next = 0.into();
                    self.addend.d.next = bit_cast::<64, 32>(self.length.val() - 1);
                    self.multiplier.d.next = self.stride.val();
                    self.slots.d.next = 0.into();
                    self.slots_addend.d.next = bit_cast::<32, 8>(self.width.val());
                    self.slots_multiplier.d.next = self.windows.val();
                    self.half.d.next = (bits::<17>(1) << self.width.val()) >> 1;
                    self.lane_windows.d.next =
                        bit_cast::<6, 8>(self.windows.val() >> self.lanes_log2.val());
                    self.capacity.d.next = self.job.second_length.val() >> self.record_log2.val();
                    self.result_address.d.next = self.result_base.val();
                    self.windows_written.d.next = 0.into();
                    self.cycles.d.next = 0.into();
                    self.busy.d.next = 0.into();
                    self.link_bytes.d.next = 0.into();
                    self.stall_input.d.next = 0.into();
                    self.stall_memory.d.next = 0.into();
                    self.stall_collision.d.next = 0.into();
                    self.stall_output.d.next = 0.into();
                    self.drain.d.next = 0.into();
                    self.stream_cycles.d.next = 0.into();
                    self.sweep_cycles.d.next = 0.into();
                    self.digits.d.next = 0.into();
                    self.points.d.next = 0.into();
                    self.passes.d.next = 0.into();
                    self.leftover_total.d.next = 0.into();
                }
            }
            EnginePhase::Measure => {
                self.working.next = false;
                self.step.d.next = self.step.q.val() + 1;
                self.addend.d.next = self.addend.q.val() << 1;
                self.multiplier.d.next = self.multiplier.q.val() >> 1;
                if self.multiplier.q.val().get_bit(0) {
                    self.product.d.next = self.product.q.val() + self.addend.q.val();
                }
                self.slots_addend.d.next = self.slots_addend.q.val() << 1;
                self.slots_multiplier.d.next = self.slots_multiplier.q.val() >> 1;
                if self.slots_multiplier.q.val().get_bit(0) {
                    self.slots.d.next = self.slots.q.val() + self.slots_addend.q.val();
                }
                self.bucket_need.d.next =
                    (bit_cast::<24, 6>(self.lane_windows.q.val()) << self.width.val()) >> 1;
                if self.step.q.val() == 15 {
                    self.phase.d.next = EnginePhase::Check;
                }
            }
            EnginePhase::Check => {
                self.working.next = false;
                self.phase.d.next = EnginePhase::Begin;
                if !self.is_streamed.val()
                    & ((self.bases_offset.val() > self.job.first_length.val())
                        | (self.resident_end.val() > self.job.first_length.val()))
                {
                    self.status.d.next = self.region_bounds.val();
                    self.detail.d.next = 4.into();
                    self.phase.d.next = EnginePhase::Done;
                }
                if (self.result_base.val() & 63).any() {
                    self.status.d.next = self.misaligned.val();
                    self.detail.d.next = 6.into();
                    self.phase.d.next = EnginePhase::Done;
                }
                if (self.bases_offset.val() & 7).any() {
                    self.status.d.next = self.misaligned.val();
                    self.detail.d.next = 4.into();
                    self.phase.d.next = EnginePhase::Done;
                }
                if (self.scalars_start.val() & 63).any() {
                    self.status.d.next = self.misaligned.val();
                    self.detail.d.next = 2.into();
                    self.phase.d.next = EnginePhase::Done;
                }
                if (self.width.val() < self.least_width.val())
                    | (self.width.val() > self.largest_width.val())
                    | (self.slots.q.val() < self.pass_bits_min.val())
                    | !self.windows.val().any()
                    | (self.windows.val() > self.largest_windows.val())
                    | (self.windows.val() & self.lanes_mask.val()).any()
                    | (self.bucket_need.q.val() > self.buckets.val())
                    | (bit_cast::<64, 16>(self.stride.val()) < self.point_bytes.val())
                    | (self.stride.val() & 7).any()
                    | (self.stride.val() > 1024)
                {
                    self.status.d.next = self.unsupported.val();
                    self.detail.d.next = 5.into();
                    self.phase.d.next = EnginePhase::Done;
                }
                if !self.length.val().any() | (self.length.val() > self.largest_length.val()) {
                    self.status.d.next = self.size_limit.val();
                    self.detail.d.next = bit_cast::<64, 32>(self.length.val());
                    self.phase.d.next = EnginePhase::Done;
                }
            }
            EnginePhase::Begin => {
                self.passes.d.next = self.passes.q.val() + 1;
                self.record_count.d.next = self.writer.records.val();
                self.records_taken.d.next = 0.into();
                self.writer.start.next = true;
                self.record_unpacker.start.next = self.later.q.val();
                self.source.start.next = !self.later.q.val();
                self.wants_scalars.d.next = !self.later.q.val();
                self.wants_streamed.d.next = !self.later.q.val() & self.is_streamed.val();
                self.wants_resident.d.next = !self.later.q.val() & !self.is_streamed.val();
                self.wants_records.d.next = self.later.q.val();
                for a in 0..L {
                    self.lane[a].pass_begins.next = true;
                }
                self.phase.d.next = EnginePhase::Request;
            }
            EnginePhase::Request => {
                self.stream_cycles.d.next = self.stream_cycles.q.val() + 1;
                if !self.wants_scalars.q.val()
                    & !self.wants_streamed.q.val()
                    & !self.wants_resident.q.val()
                    & !self.wants_records.q.val()
                {
                    self.phase.d.next = EnginePhase::Stream;
                }
            }
            EnginePhase::Stream => {
                self.stream_cycles.d.next = self.stream_cycles.q.val() + 1;
                if !self.recoder.busy.val() {
                    if self.later.q.val()
                        | (self.source.starved_of_bases.val() & !self.is_streamed.val())
                    {
                        self.stall_memory.d.next = self.stall_memory.q.val() + 1;
                    } else {
                        self.stall_input.d.next = self.stall_input.q.val() + 1;
                    }
                } else if !self.writer.room.val() {
                    self.stall_output.d.next = self.stall_output.q.val() + 1;
                }
                if !self.input_left.val() & !self.recoder.busy.val() {
                    self.phase.d.next = EnginePhase::Drain;
                }
            }
            EnginePhase::Drain => {
                self.drain.d.next = self.drain.q.val() + 1;
                self.sweep_cycles.d.next = self.sweep_cycles.q.val() + 1;
                self.writer.finish.next = true;
                if self.lanes_quiet.val() & self.writer.idle.val() {
                    for a in 0..L {
                        self.reducer[a].sweep_start.next = true;
                    }
                    self.phase.d.next = EnginePhase::Sweep;
                }
            }
            EnginePhase::Sweep => {
                self.sweep_cycles.d.next = self.sweep_cycles.q.val() + 1;
                if self.lanes_idle.val() {
                    self.result_writer.start.next = true;
                    self.wants_results.d.next = true;
                    self.phase.d.next = EnginePhase::Results;
                }
            }
            EnginePhase::Results => {
                self.sweep_cycles.d.next = self.sweep_cycles.q.val() + 1;
                for a in 0..L {
                    self.reducer[a].reading_results.next = true;
                }
                if self.results.done.val() {
                    self.result_address.d.next =
                        self.result_address.q.val() + self.result_total.val();
                    self.windows_written.d.next =
                        self.windows_written.q.val() + bit_cast::<64, 8>(self.windows.val());
                    self.leftover_total.d.next =
                        self.leftover_total.q.val() + bit_cast::<64, 32>(self.writer.records.val());
                    self.later.d.next = true;
                    if self.writer.records.val().any() {
                        self.phase.d.next = EnginePhase::Begin;
                    } else if self.statistics_address.val().any() {
                        self.wants_results.d.next = true;
                        self.statistics_sent.d.next = false;
                        self.phase.d.next = EnginePhase::Statistics;
                    } else {
                        self.detail.d.next = self.windows_written.d.val();
                        self.phase.d.next = EnginePhase::Done;
                    }
                }
            }
            EnginePhase::Statistics => {
                self.statistics_packer.valid.next = !self.statistics_sent.q.val();
                if self.statistics_packer.ready.val() {
                    self.statistics_sent.d.next = true;
                }
                if self.results.done.val() {
                    self.detail.d.next = self.windows_written.q.val();
                    self.phase.d.next = EnginePhase::Done;
                }
            }
            EnginePhase::Done => {
                self.working.next = false;
                self.job.done.next = !self.aborted.q.val();
                self.phase.d.next = EnginePhase::Idle;
            }
            EnginePhase::Flush => {
                self.working.next = false;
                self.flush.next = true;
                self.wants_scalars.d.next = false;
                self.wants_streamed.d.next = false;
                self.wants_resident.d.next = false;
                self.wants_records.d.next = false;
                self.wants_results.d.next = false;
                if self.patience.q.val() != 15 {
                    self.patience.d.next = self.patience.q.val() + 1;
                } else if self.ports_idle.val() & self.lanes_quiet.val() & self.source.empty.val() {
                    self.phase.d.next = EnginePhase::Scrub;
                }
            }
            EnginePhase::Scrub => {
                self.working.next = false;
                self.flush.next = true;
                for a in 0..L {
                    self.reducer[a].scrub_start.next = true;
                }
                self.phase.d.next = EnginePhase::Scrubbing;
            }
            EnginePhase::Scrubbing => {
                self.working.next = false;
                if self.lanes_idle.val() {
                    self.phase.d.next = EnginePhase::Done;
                }
            }
            _ => {}
        }

        // what goes wrong
        self.stop.next = self.job.abort.val() | self.reset.val();
        self.fail.next = false;
        if self.working.val() {
            if self.lanes_error.val() {
                self.fail.next = true;
                self.status.d.next = self.bad_base.val();
                self.detail.d.next = bit_cast::<64, 32>(self.lanes_error_index.val());
            }
            if self.source.error.val() {
                self.fail.next = true;
                self.status.d.next = self.bad_scalar.val();
                self.detail.d.next = bit_cast::<64, 32>(self.source.error_index.val());
            }
            if self.overflow.val() {
                self.fail.next = true;
                self.status.d.next = self.region_bounds.val();
                self.detail.d.next = 7.into();
            }
            if (self.resident.valid.val() & self.resident.ready.val() & self.resident.error.val())
                | (self.records.valid.val() & self.records.ready.val() & self.records.error.val())
                | self.writer.error.val()
            {
                self.fail.next = true;
                self.status.d.next = self.card_error.val();
                self.detail.d.next = self.job.second_base.val();
                if !self.later.q.val() & !self.writer.error.val() {
                    self.detail.d.next = self.bases_start.val();
                }
            }
            if (self.scalars.valid.val() & self.scalars.ready.val() & self.scalars.error.val())
                | (self.streamed.valid.val()
                    & self.streamed.ready.val()
                    & self.streamed.error.val())
                | (self.results.done.val() & self.results.error.val())
            {
                self.fail.next = true;
                self.status.d.next = self.host_error.val();
                self.detail.d.next = self.scalars_start.val();
                if self.streamed.valid.val() & self.streamed.error.val() {
                    self.detail.d.next = self.bases_start.val();
                }
                if self.results.done.val() {
                    self.detail.d.next = self.result_address.q.val();
                }
            }
        }
        if self.stop.val() & !self.job.idle.val() {
            self.aborted.d.next = true;
        }
        if self.fail.val() | (self.stop.val() & self.working.val()) {
            self.patience.d.next = 0.into();
            self.phase.d.next = EnginePhase::Flush;
        }

        // input
        self.source.clear.next = self.flush.val();
        self.source.count.next = self.length.val();
        self.source.montgomery.next = self.descriptor.val().get_bit(17);
        self.source.base_offset.next =
            bit_cast::<4, 64>((self.bases_start.val() & self.beat_mask.val()) >> 3);
        self.source.base_stride.next = bit_cast::<13, 16>(self.stride.val() >> 3);
        self.scalars.request.next = self.wants_scalars.q.val();
        self.scalars.address.next = self.scalars_start.val();
        self.scalars.beats.next = bit_cast::<32, 64>(self.scalar_beats.val());
        self.scalars.flush.next = self.flush.val();
        self.scalars.ready.next = self.source.scalars_ready.val();
        self.source.scalars_valid.next = self.scalars.valid.val();
        self.source.scalars.next = self.scalars.data.val();
        self.streamed.request.next = self.wants_streamed.q.val();
        self.streamed.address.next = self.bases_first.val();
        self.streamed.beats.next = bit_cast::<32, 64>(self.bases_beats.val());
        self.streamed.flush.next = self.flush.val();
        self.streamed.ready.next = self.source.bases_ready.val() & self.is_streamed.val();
        self.resident.request.next = self.wants_resident.q.val();
        self.resident.address.next = self.bases_first.val();
        self.resident.beats.next = bit_cast::<32, 64>(self.bases_beats.val());
        self.resident.flush.next = self.flush.val();
        self.resident.ready.next = self.source.bases_ready.val() & !self.is_streamed.val();
        self.source.bases_valid.next = self.resident.valid.val();
        self.source.bases.next = self.resident.data.val();
        if self.is_streamed.val() {
            self.source.bases_valid.next = self.streamed.valid.val();
            self.source.bases.next = self.streamed.data.val();
        }
        self.records.request.next = self.wants_records.q.val();
        self.records.address.next = self.job.second_base.val();
        self.records.beats.next = bit_cast::<32, 64>(
            ((bit_cast::<64, 32>(self.record_count.q.val()) << self.record_log2.val())
                + self.beat_mask.val())
                >> self.beat_log2.val(),
        );
        self.records.flush.next = self.flush.val();
        self.records.ready.next = self.record_unpacker.ready.val();
        self.record_unpacker.offset.next = 0.into();
        self.record_unpacker.stride.next = self.record_words.val();
        self.record_unpacker.valid.next = self.records.valid.val();
        self.record_unpacker.data.next = self.records.data.val();
        self.split.record.next = self.record_unpacker.element.val();

        // the recoder's input: pairs in the first pass, records in the later ones
        self.recoder.clear.next = self.flush.val();
        self.recoder.width.next = bit_cast::<5, 8>(self.width.val());
        self.recoder.half.next = self.half.q.val();
        self.recoder.windows.next = self.lane_windows.q.val();
        self.recoder.valid.next = self.source.valid.val();
        self.recoder.magnitude.next = self.source.magnitude.val();
        self.recoder.length.next = self.source.length.val();
        self.recoder.carry.next = false;
        self.recoder.negative.next = self.source.negative.val();
        self.recoder.affine.next = self.source.affine.val();
        self.recoder.index.next = self.source.index.val();
        self.source.pop.next = self.recoder.pop.val() & !self.later.q.val();
        self.record_unpacker.pop.next = self.recoder.pop.val() & self.later.q.val();
        self.input_left.next = !self.source.done.val();
        if self.later.q.val() {
            self.input_left.next = self.records_taken.q.val() != self.record_count.q.val();
            self.recoder.valid.next =
                self.record_unpacker.element_valid.val() & self.input_left.val();
            self.recoder.magnitude.next = self.split.magnitude.val();
            self.recoder.length.next = self.split.length.val();
            self.recoder.carry.next = self.split.carry.val();
            self.recoder.negative.next = self.split.negative.val();
            self.recoder.affine.next = self.split.affine.val();
            self.recoder.index.next = self.all_ones.val();
            if self.recoder.pop.val() {
                self.records_taken.d.next = self.records_taken.q.val() + 1;
            }
        }
        if self.recoder.pop.val() {
            self.points.d.next = self.points.q.val() + 1;
        }

        // digits to the lanes, remainders to the writer
        self.recoder.room.next = self.lanes_room.val() & self.writer.room.val();
        self.overflow.next = self.recoder.remains.val()
            & (bit_cast::<64, 32>(self.writer.records.val()) == self.capacity.q.val());
        self.writer.clear.next = self.flush.val();
        self.writer.base.next = self.job.second_base.val();
        self.writer.push.next = self.recoder.remains.val() & !self.overflow.val();
        self.writer.remainder.next = self.recoder.remainder.val();
        self.writer.length.next = self.recoder.remainder_length.val();
        self.writer.carry.next = self.recoder.remainder_carry.val();
        self.writer.negative.next = self.recoder.remainder_negative.val();
        self.writer.affine.next = self.recoder.point.val();
        self.leftovers.request.next = self.writer.request.val();
        self.leftovers.address.next = self.writer.address.val();
        self.leftovers.beats.next = self.writer.beats.val();
        self.leftovers.valid.next = self.writer.beat_valid.val();
        self.leftovers.data.next = self.writer.beat.val();
        self.leftovers.flush.next = self.flush.val();
        self.writer.accepted.next = self.leftovers.accepted.val();
        self.writer.beat_ready.next = self.leftovers.ready.val();
        self.writer.done.next = self.leftovers.done.val();
        self.writer.done_error.next = self.leftovers.error.val();

        // the lanes together
        self.lanes_quiet.next = true;
        self.lanes_idle.next = true;
        self.lanes_room.next = true;
        self.lanes_error.next = false;
        self.lanes_error_index.next = self.lane[0].error_index.val();
        self.lanes_held.next = false;
        self.result_writer.valid.next = false;
        self.result_writer.point.next = self.reducer[0].result.val();
        for a in 0..L {
            self.lane[a].valid.next = self.recoder.digit[a].valid.val();
            self.lane[a].key.next = self.recoder.digit[a].key.val();
            self.lane[a].negate.next = self.recoder.digit[a].negate.val();
            self.lane[a].window.next = self.recoder.window.val();
            self.lane[a].affine.next = self.recoder.point.val();
            self.lane[a].index.next = self.recoder.point_index.val();
            self.reducer[a].width.next = bit_cast::<5, 8>(self.width.val());
            self.reducer[a].windows.next = self.lane_windows.q.val();
            self.reducer[a].sweep_stop.next = self.flush.val();
            self.reducer[a].result_address.next = self.result_writer.address.val();
            self.reducer[a].result_read.next = self.result_writer.read.val()
                & (self.result_writer.lane.val() == self.number[a].val());
            self.reducer[a].push.next = self.lane[a].push.val();
            self.reducer[a].key.next = self.lane[a].push_key.val();
            self.reducer[a].point.next = self.lane[a].push_point.val();
            self.reducer[a].occupied.next = self.lane[a].windows_occupied.val();
            self.lane[a].credit.next = self.reducer[a].credit.val();
            if !self.reducer[a].quiet.val() {
                self.lanes_quiet.next = false;
            }
            if !self.lane[a].quiet.val() {
                self.lanes_quiet.next = false;
            }
            if !self.reducer[a].sweep_idle.val() {
                self.lanes_idle.next = false;
            }
            if !self.lane[a].room.val() {
                self.lanes_room.next = false;
            }
            if self.reducer[a].held.val() {
                self.lanes_held.next = true;
            }
            if self.lane[a].error.val() {
                self.lanes_error.next = true;
                self.lanes_error_index.next = self.lane[a].error_index.val();
            }
            if self.reducer[a].result_valid.val() {
                self.result_writer.valid.next = true;
                self.result_writer.point.next = self.reducer[a].result.val();
            }
        }
        self.issued[0].next = 0.into();
        if self.reducer[0].issued.val() {
            self.issued[0].next = 1.into();
        }
        self.taken[0].next = 0.into();
        if self.recoder.digit[0].valid.val() {
            self.taken[0].next = 1.into();
        }
        for a in 1..L {
            self.issued[a].next = self.issued[a - 1].val();
            if self.reducer[a].issued.val() {
                self.issued[a].next = self.issued[a - 1].val() + 1;
            }
            self.taken[a].next = self.taken[a - 1].val();
            if self.recoder.digit[a].valid.val() {
                self.taken[a].next = self.taken[a - 1].val() + 1;
            }
        }

        for a in 0..L {
            self.issued_total.next = self.issued[a].val();
            self.taken_total.next = self.taken[a].val();
        }

        // output
        self.result_writer.clear.next = self.flush.val();
        self.result_writer.width.next = bit_cast::<5, 8>(self.width.val());
        self.result_writer.windows.next = self.lane_windows.q.val();
        self.result_writer.beat_ready.next = self.results.ready.val();
        self.statistics_packer.clear.next = self.flush.val();
        self.statistics_packer.slot.next = self.words.statistics.val();
        self.statistics_packer.beat_ready.next = false;
        self.results.request.next = self.wants_results.q.val();
        self.results.address.next = self.result_address.q.val();
        self.results.beats.next =
            bit_cast::<32, 64>(self.result_total.val() >> self.beat_log2.val());
        self.results.valid.next = self.result_writer.beat_valid.val();
        self.results.data.next = self.result_writer.beat.val();
        self.results.flush.next = self.flush.val();
        if self.phase.q.val() == EnginePhase::Statistics {
            self.results.address.next = self.statistics_address.val();
            self.results.beats.next = self.statistics_beats.val();
            self.results.valid.next = self.statistics_packer.beat_valid.val();
            self.results.data.next = self.statistics_packer.beat.val();
            self.statistics_packer.beat_ready.next = self.results.ready.val();
        }
        self.ports_idle.next = self.scalars.idle.val()
            & self.streamed.idle.val()
            & self.resident.idle.val()
            & self.records.idle.val()
            & self.results.idle.val()
            & self.leftovers.idle.val();

        // counters
        self.scalar_moves.next = self.scalars.valid.val() & self.scalars.ready.val();
        self.streamed_moves.next = self.streamed.valid.val() & self.streamed.ready.val();
        self.result_moves.next = self.results.valid.val() & self.results.ready.val();
        self.scalar_bytes.next = 0.into();
        if self.scalar_moves.val() {
            self.scalar_bytes.next = self.beat_bytes.val();
        }
        self.streamed_bytes.next = 0.into();
        if self.streamed_moves.val() {
            self.streamed_bytes.next = self.beat_bytes.val();
        }
        self.result_bytes.next = 0.into();
        if self.result_moves.val() {
            self.result_bytes.next = self.beat_bytes.val();
        }
        if !self.job.idle.val() {
            self.link_bytes.d.next = self.link_bytes.q.val()
                + self.scalar_bytes.val()
                + self.streamed_bytes.val()
                + self.result_bytes.val();
            self.busy.d.next = self.busy.q.val() + bit_cast::<64, 4>(self.issued_total.val());
            self.digits.d.next = self.digits.q.val() + bit_cast::<64, 4>(self.taken_total.val());
            if self.lanes_held.val() {
                self.stall_collision.d.next = self.stall_collision.q.val() + 1;
            }
            if self.issued_total.val().any()
                | self.scalar_moves.val()
                | self.result_moves.val()
                | self.recoder.pop.val()
                | !self.lanes_idle.val()
            {
                self.progress.d.next = self.progress.q.val() + 1;
            }
        }
        self.words.cycles.next = self.cycles.q.val();
        self.words.busy.next = self.busy.q.val();
        self.words.link_bytes.next = self.link_bytes.q.val();
        self.words.stall_input.next = self.stall_input.q.val();
        self.words.stall_memory.next = self.stall_memory.q.val();
        self.words.stall_collision.next = self.stall_collision.q.val();
        self.words.stall_output.next = self.stall_output.q.val();
        self.words.drain.next = self.drain.q.val();
        self.words.statistic[0].word.next = self.stream_cycles.q.val();
        self.words.statistic[1].word.next = self.sweep_cycles.q.val();
        self.words.statistic[2].word.next = self.digits.q.val();
        self.words.statistic[3].word.next = self.points.q.val();
        self.words.statistic[4].word.next = self.passes.q.val();
        self.words.statistic[5].word.next = self.leftover_total.q.val();
        self.job.counters.next = self.words.counters.val();
        self.job.status.next = self.status.q.val();
        self.job.detail.next = self.detail.q.val();
        self.job.progress.next = self.progress.q.val();
    }
}
