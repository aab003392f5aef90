//! The engine: jobs, passes, and the way from memory to memory.
//!
//! [`Job`] says what a descriptor wants, [`Control`] takes it through its phases, [`Input`] brings pairs and records,
//! [`Lanes`] add them up, [`Output`] writes results and statistics, [`Faults`] and [`Counters`] tell how it went.

mod control;
mod counters;
mod faults;
mod input;
mod job;
mod lanes;
mod output;

use super::{Parameters, Recoder, RecordWriter};
use crate::card::socket::{JobClient, ReadClient, WriteClient};
use crate::cells::Fixed;
use control::Control;
use counters::Counters;
use faults::Faults;
use gristmill_protocol::Status;
use input::Input;
use job::{Job, Widths};
use lanes::Lanes;
use output::Output;
use rust_hdl_core::prelude::*;

/// The MSM engine behind the card's socket. Host ports: scalars, streamed bases; results and
/// statistics. Memory ports: bases, records (in the first pass scalars); records.
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
    /// Scalars in card memory; in later passes the records of the pass before.
    pub records: ReadClient<W>,
    /// Records for the next pass.
    pub leftovers: WriteClient<W>,

    overflow: Signal<Local, Bit>,
    wanted: Job,
    control: Control,
    incoming: Input<W, S, M, E, R>,
    recoder: Recoder<M, E, A, L>,
    writer: RecordWriter<W, M, E, R>,
    lanes: Lanes<E, P, A, H, L>,
    outgoing: Output<W, P, T, L>,
    faults: Faults,
    counters: Counters<W>,
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
        let widths = Widths {
            beat: W,
            scalar: S,
            magnitude: M,
            affine: E,
            bucket_address: A,
            record: R,
            slot: T,
            lanes: L,
        };
        Self {
            wanted: Job::new(&widths, parameters),
            control: Control::new(),
            incoming: Input::new(parameters),
            recoder: Recoder::new(),
            writer: RecordWriter::new(S),
            lanes: Lanes::new(parameters),
            outgoing: Output::new(),
            faults: Faults::new(),
            counters: Counters::new(),
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
        clock!(
            self, clock, wanted, control, incoming, recoder, writer, lanes, outgoing, counters
        );

        // the job
        self.wanted.load.next = self.control.load.val();
        self.wanted.measure.next = self.control.measure.val();
        self.wanted.descriptor.next = self.job.descriptor.val();
        self.wanted.first_base.next = self.job.first_base.val();
        self.wanted.first_length.next = self.job.first_length.val();
        self.wanted.second_base.next = self.job.second_base.val();
        self.wanted.second_length.next = self.job.second_length.val();
        self.job.idle.next = self.control.idle.val();
        self.job.done.next = self.control.done.val();
        self.job.status.next = self.control.status.val();
        self.job.detail.next = self.control.detail.val();
        self.job.counters.next = self.counters.counters.val();
        self.job.progress.next = self.counters.progress.val();

        // its course
        self.control.start.next = self.job.start.val();
        self.control.stop.next = self.job.abort.val() | self.reset.val();
        self.control.measured.next = self.wanted.measured.val();
        self.control.refused.next = self.wanted.refused.val();
        self.control.refusal.next = self.wanted.refusal.val();
        self.control.refusal_detail.next = self.wanted.refusal_detail.val();
        self.control.fault.next = self.faults.fault.val();
        self.control.fault_status.next = self.faults.status.val();
        self.control.fault_detail.next = self.faults.detail.val();
        self.control.windows.next = self.wanted.windows.val();
        self.control.result_base.next = self.wanted.result_base.val();
        self.control.result_bytes.next = self.wanted.result_bytes.val();
        self.control.wants_statistics.next = self.wanted.statistics_address.val().any();
        self.control.asked.next = self.incoming.asked.val();
        self.control.input_left.next = self.incoming.left.val();
        self.control.starved_of_resident.next = (self.incoming.starved_of_bases.val()
            & !self.wanted.is_streamed.val())
            | (self.incoming.starved_of_scalars.val() & self.wanted.scalars_resident.val());
        self.control.recoder_busy.next = self.recoder.busy.val();
        self.control.writer_room.next = self.writer.room.val();
        self.control.writer_idle.next = self.writer.idle.val();
        self.control.leaves_records.next = self.writer.records.val().any();
        self.control.lanes_quiet.next = self.lanes.quiet.val();
        self.control.lanes_idle.next = self.lanes.idle.val();
        self.control.output_done.next = self.outgoing.done.val();
        self.control.ports_idle.next =
            self.incoming.idle.val() & self.outgoing.idle.val() & self.leftovers.idle.val();

        // input
        ReadClient::<W>::link(&mut self.scalars, &mut self.incoming.scalars);
        ReadClient::<W>::link(&mut self.streamed, &mut self.incoming.streamed);
        ReadClient::<W>::link(&mut self.resident, &mut self.incoming.resident);
        ReadClient::<W>::link(&mut self.records, &mut self.incoming.records);
        self.incoming.begin.next = self.control.pass_begins.val();
        self.incoming.later.next = self.control.later.val();
        self.incoming.flush.next = self.control.flush.val();
        self.incoming.record_base.next = self.job.second_base.val();
        self.incoming.record_count.next = self.writer.records.val();
        self.incoming.is_streamed.next = self.wanted.is_streamed.val();
        self.incoming.montgomery.next = self.wanted.montgomery.val();
        self.incoming.length.next = self.wanted.length.val();
        self.incoming.scalars_resident.next = self.wanted.scalars_resident.val();
        self.incoming.scalars_first.next = self.wanted.scalars_first.val();
        self.incoming.scalar_beats.next = self.wanted.scalar_beats.val();
        self.incoming.scalar_offset.next = self.wanted.scalar_offset.val();
        self.incoming.bases_first.next = self.wanted.bases_first.val();
        self.incoming.bases_beats.next = self.wanted.bases_beats.val();
        self.incoming.base_offset.next = self.wanted.base_offset.val();
        self.incoming.base_stride.next = self.wanted.base_stride.val();
        self.incoming.pop.next = self.recoder.pop.val();

        // to digits
        self.recoder.clear.next = self.control.flush.val();
        self.recoder.width.next = self.wanted.width.val();
        self.recoder.half.next = self.wanted.half.val();
        self.recoder.windows.next = self.wanted.lane_windows.val();
        self.recoder.valid.next = self.incoming.valid.val();
        self.recoder.magnitude.next = self.incoming.magnitude.val();
        self.recoder.length.next = self.incoming.bits.val();
        self.recoder.carry.next = self.incoming.carry.val();
        self.recoder.negative.next = self.incoming.negative.val();
        self.recoder.affine.next = self.incoming.affine.val();
        self.recoder.index.next = self.incoming.index.val();
        self.recoder.room.next = self.lanes.room.val() & self.writer.room.val();

        // remainders to the writer
        self.overflow.next = self.recoder.remains.val()
            & (bit_cast::<64, 32>(self.writer.records.val()) == self.wanted.capacity.val());
        self.writer.start.next = self.control.pass_begins.val();
        self.writer.clear.next = self.control.flush.val();
        self.writer.finish.next = self.control.finish_records.val();
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
        self.leftovers.flush.next = self.control.flush.val();
        self.writer.accepted.next = self.leftovers.accepted.val();
        self.writer.beat_ready.next = self.leftovers.ready.val();
        self.writer.done.next = self.leftovers.done.val();
        self.writer.done_error.next = self.leftovers.error.val();

        // digits to the lanes
        self.lanes.pass_begins.next = self.control.pass_begins.val();
        self.lanes.width.next = self.wanted.width.val();
        self.lanes.windows.next = self.wanted.lane_windows.val();
        for a in 0..L {
            self.lanes.digit[a].valid.next = self.recoder.digit[a].valid.val();
            self.lanes.digit[a].key.next = self.recoder.digit[a].key.val();
            self.lanes.digit[a].negate.next = self.recoder.digit[a].negate.val();
        }
        self.lanes.window.next = self.recoder.window.val();
        self.lanes.affine.next = self.recoder.point.val();
        self.lanes.index.next = self.recoder.point_index.val();
        self.lanes.sweep_start.next = self.control.sweep_start.val();
        self.lanes.sweep_stop.next = self.control.flush.val();
        self.lanes.scrub_start.next = self.control.scrub_start.val();
        self.lanes.reading_results.next = self.control.reading_results.val();
        self.lanes.result_read.next = self.outgoing.read.val();
        self.lanes.result_lane.next = self.outgoing.read_lane.val();
        self.lanes.result_address.next = self.outgoing.read_address.val();

        // output
        WriteClient::<W>::link(&mut self.results, &mut self.outgoing.port);
        self.outgoing.flush.next = self.control.flush.val();
        self.outgoing.write_results.next = self.control.write_results.val();
        self.outgoing.write_statistics.next = self.control.write_statistics.val();
        self.outgoing.in_statistics.next = self.control.in_statistics.val();
        self.outgoing.width.next = self.wanted.width.val();
        self.outgoing.windows.next = self.wanted.lane_windows.val();
        self.outgoing.address.next = self.control.result_address.val();
        self.outgoing.bytes.next = self.wanted.result_bytes.val();
        self.outgoing.statistics_address.next = self.wanted.statistics_address.val();
        self.outgoing.statistics.next = self.counters.statistics.val();
        self.outgoing.result_valid.next = self.lanes.result_valid.val();
        self.outgoing.result.next = self.lanes.result.val();

        // what goes wrong
        self.faults.bad_base.next = self.lanes.error.val();
        self.faults.bad_base_index.next = self.lanes.error_index.val();
        self.faults.bad_scalar.next = self.incoming.bad_scalar.val();
        self.faults.bad_scalar_index.next = self.incoming.bad_scalar_index.val();
        self.faults.overflow.next = self.overflow.val();
        self.faults.card_error.next = self.incoming.card_error.val();
        self.faults.card_error_in_scalars.next = self.incoming.card_error_in_scalars.val();
        self.faults.record_error.next = self.writer.error.val();
        self.faults.later.next = self.control.later.val();
        self.faults.record_base.next = self.job.second_base.val();
        self.faults.bases_start.next = self.wanted.bases_start.val();
        self.faults.host_error.next = self.incoming.host_error.val();
        self.faults.host_error_in_bases.next = self.incoming.host_error_in_bases.val();
        self.faults.scalars_start.next = self.wanted.scalars_start.val();
        self.faults.output_done.next = self.outgoing.done.val();
        self.faults.output_error.next = self.outgoing.error.val();
        self.faults.in_statistics.next = self.control.in_statistics.val();
        self.faults.statistics_address.next = self.wanted.statistics_address.val();
        self.faults.result_address.next = self.control.result_address.val();

        // what is counted
        self.counters.clear.next = self.control.load.val();
        self.counters.active.next = !self.control.idle.val();
        self.counters.scalar_moves.next = self.incoming.scalar_moves.val();
        self.counters.streamed_moves.next = self.incoming.streamed_moves.val();
        self.counters.result_moves.next = self.outgoing.moves.val();
        self.counters.issued.next = self.lanes.issued.val();
        self.counters.taken.next = self.lanes.taken.val();
        self.counters.held.next = self.lanes.held.val();
        self.counters.pop.next = self.recoder.pop.val();
        self.counters.sweeping.next = !self.lanes.idle.val();
        self.counters.waits_for_input.next = self.control.waits_for_input.val();
        self.counters.waits_for_memory.next = self.control.waits_for_memory.val();
        self.counters.waits_for_output.next = self.control.waits_for_output.val();
        self.counters.pass_begins.next = self.control.pass_begins.val();
        self.counters.streams.next = self.control.streams.val();
        self.counters.drains.next = self.control.drains.val();
        self.counters.sweeps.next = self.control.sweeps.val();
        self.counters.pass_ends.next = self.control.pass_ends.val();
        self.counters.records.next = self.writer.records.val();
    }
}
