//! The first pass's scalars and bases, side by side.

use crate::cells::{Delay, Fifo, Fixed, Register, Unpacker};
use crate::pipeline::{Pipeline, ScalarEntry};
use rust_hdl_core::prelude::*;
use rust_hdl_widgets::dff_setup;

/// Binary logarithm of the pairs that may be between the unpackers and the recoder.
const QUEUE_LOG2: usize = 7;

/// Takes scalars and bases out of two streams of beats, brings each scalar to sign and magnitude,
/// and queues the pairs whose scalar is not zero. One pair a cycle.
///
/// W: bits of a beat; S: of a scalar in memory; M: of a magnitude; E: of an affine point in memory.
#[derive(LogicBlock, Default)]
pub struct Source<const W: usize, const S: usize, const M: usize, const E: usize> {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// One cycle: begin with `count` pairs.
    pub start: Signal<In, Bit>,
    /// Level: drop everything.
    pub clear: Signal<In, Bit>,
    /// Pairs; stable until `done`.
    pub count: Signal<In, Bits<32>>,
    /// Scalars are in Montgomery form.
    pub montgomery: Signal<In, Bit>,
    /// Words of 64 bits before the first scalar in its first beat.
    pub scalar_offset: Signal<In, Bits<4>>,
    /// Words of 64 bits before the first base in its first beat.
    pub base_offset: Signal<In, Bits<4>>,
    /// Words from one base to the next.
    pub base_stride: Signal<In, Bits<13>>,
    /// There is a beat of scalars.
    pub scalars_valid: Signal<In, Bit>,
    /// The beat.
    pub scalars: Signal<In, Bits<W>>,
    /// It is taken.
    pub scalars_ready: Signal<Out, Bit>,
    /// There is a beat of bases.
    pub bases_valid: Signal<In, Bit>,
    /// The beat.
    pub bases: Signal<In, Bits<W>>,
    /// It is taken.
    pub bases_ready: Signal<Out, Bit>,
    /// There is a pair.
    pub valid: Signal<Out, Bit>,
    /// Its magnitude.
    pub magnitude: Signal<Out, Bits<M>>,
    /// Bits of the magnitude.
    pub length: Signal<Out, Bits<9>>,
    /// The scalar is minus the magnitude.
    pub negative: Signal<Out, Bit>,
    /// Its base.
    pub affine: Signal<Out, Bits<E>>,
    /// Its index.
    pub index: Signal<Out, Bits<32>>,
    /// It is taken.
    pub pop: Signal<In, Bit>,
    /// All pairs have been through, and none is queued.
    pub done: Signal<Out, Bit>,
    /// Nothing is in the pipeline.
    pub empty: Signal<Out, Bit>,
    /// A scalar was not below the order.
    pub error: Signal<Out, Bit>,
    /// Index of the first such scalar.
    pub error_index: Signal<Out, Bits<32>>,
    /// There is no scalar where one is wanted.
    pub starved_of_scalars: Signal<Out, Bit>,
    /// There is no base where one is wanted.
    pub starved_of_bases: Signal<Out, Bit>,
    /// A pair with a scalar other than zero is queued in this cycle.
    pub queued: Signal<Out, Bit>,
    scalar_words: Fixed<Bits<13>>,
    scalar_unpacker: Unpacker<W, S>,
    base_unpacker: Unpacker<W, E>,
    entry: ScalarEntry<S, M>,
    admitted_delay: Delay<Bit>,
    affine_delay: Delay<Bits<E>>,
    magnitudes: Fifo<Bits<M>, QUEUE_LOG2>,
    lengths: Fifo<Bits<9>, QUEUE_LOG2>,
    signs: Fifo<Bit, QUEUE_LOG2>,
    affines: Fifo<Bits<E>, QUEUE_LOG2>,
    indices: Fifo<Bits<32>, QUEUE_LOG2>,
    admitted: Register<Bits<32>>,
    completed: Register<Bits<32>>,
    on_the_way: Register<Bits<8>>,
    entering: Register<Bit>,
    entering_scalar: Register<Bits<S>>,
    entering_affine: Register<Bits<E>>,
    failed: Register<Bit>,
    failed_index: Register<Bits<32>>,
    admit: Signal<Local, Bit>,
    wanted: Signal<Local, Bit>,
    leaves: Signal<Local, Bit>,
    push: Signal<Local, Bit>,
    dropped: Signal<Local, Bit>,
    inward: Signal<Local, Bits<8>>,
    outward: Signal<Local, Bits<8>>,
}

impl<const W: usize, const S: usize, const M: usize, const E: usize> Source<W, S, M, E> {
    /// A source with this scalar pipeline, whose latency is less than 2^7 - 8.
    pub fn new(entry: Pipeline) -> Self {
        let latency = entry.latency();
        Self {
            scalar_words: Fixed::new((S as u64 / 64).into()),
            entry: ScalarEntry::new(entry),
            admitted_delay: Delay::new(latency),
            affine_delay: Delay::new(latency),
            ..Default::default()
        }
    }
}

impl<const W: usize, const S: usize, const M: usize, const E: usize> Logic for Source<W, S, M, E> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            admitted,
            completed,
            on_the_way,
            entering,
            entering_scalar,
            entering_affine,
            failed,
            failed_index
        );
        clock!(
            self,
            clock,
            scalar_unpacker,
            base_unpacker,
            entry,
            admitted_delay,
            affine_delay,
            magnitudes,
            lengths,
            signs,
            affines,
            indices
        );
        // a job that failed leaves beats behind
        self.scalar_unpacker.start.next = self.start.val() | self.clear.val();
        self.scalar_unpacker.offset.next = self.scalar_offset.val();
        self.scalar_unpacker.stride.next = self.scalar_words.val();
        self.base_unpacker.start.next = self.start.val() | self.clear.val();
        self.base_unpacker.offset.next = self.base_offset.val();
        self.base_unpacker.stride.next = self.base_stride.val();
        self.scalar_unpacker.valid.next = self.scalars_valid.val();
        self.scalar_unpacker.data.next = self.scalars.val();
        self.scalars_ready.next = self.scalar_unpacker.ready.val();
        self.base_unpacker.valid.next = self.bases_valid.val();
        self.base_unpacker.data.next = self.bases.val();
        self.bases_ready.next = self.base_unpacker.ready.val();

        // a pair enters when there is space for it at the other end
        self.wanted.next =
            (self.admitted.q.val() != self.count.val()) & (self.on_the_way.q.val() < 126);
        self.admit.next = self.wanted.val()
            & self.scalar_unpacker.element_valid.val()
            & self.base_unpacker.element_valid.val()
            & !self.clear.val();
        self.starved_of_scalars.next =
            self.wanted.val() & !self.scalar_unpacker.element_valid.val();
        self.starved_of_bases.next = self.wanted.val()
            & self.scalar_unpacker.element_valid.val()
            & !self.base_unpacker.element_valid.val();
        self.scalar_unpacker.pop.next = self.admit.val();
        self.base_unpacker.pop.next = self.admit.val();
        self.entering.d.next = self.admit.val();
        self.entering_scalar.d.next = self.scalar_unpacker.element.val();
        self.entering_affine.d.next = self.base_unpacker.element.val();
        self.entry.scalar.next = self.entering_scalar.q.val();
        self.entry.montgomery.next = self.montgomery.val();
        self.admitted_delay.d.next = self.entering.q.val();
        self.affine_delay.d.next = self.entering_affine.q.val();

        // the other end: zeros are dropped
        self.leaves.next = self.admitted_delay.q.val();
        self.push.next = self.leaves.val()
            & self.entry.length.val().any()
            & !self.entry.error.val()
            & !self.clear.val();
        self.queued.next = self.push.val();
        self.magnitudes.push.next = self.push.val();
        self.lengths.push.next = self.push.val();
        self.signs.push.next = self.push.val();
        self.affines.push.next = self.push.val();
        self.indices.push.next = self.push.val();
        self.magnitudes.d.next = self.entry.magnitude.val();
        self.lengths.d.next = self.entry.length.val();
        self.signs.d.next = self.entry.negative.val();
        self.affines.d.next = self.affine_delay.q.val();
        self.indices.d.next = self.completed.q.val();
        self.magnitudes.pop.next = self.pop.val();
        self.lengths.pop.next = self.pop.val();
        self.signs.pop.next = self.pop.val();
        self.affines.pop.next = self.pop.val();
        self.indices.pop.next = self.pop.val();
        self.magnitudes.clear.next = self.clear.val();
        self.lengths.clear.next = self.clear.val();
        self.signs.clear.next = self.clear.val();
        self.affines.clear.next = self.clear.val();
        self.indices.clear.next = self.clear.val();
        self.valid.next = self.magnitudes.valid.val();
        self.magnitude.next = self.magnitudes.q.val();
        self.length.next = self.lengths.q.val();
        self.negative.next = self.signs.q.val();
        self.affine.next = self.affines.q.val();
        self.index.next = self.indices.q.val();

        if self.admit.val() {
            self.admitted.d.next = self.admitted.q.val() + 1;
        }
        if self.leaves.val() {
            self.completed.d.next = self.completed.q.val() + 1;
            if self.entry.error.val() & !self.failed.q.val() {
                self.failed.d.next = true;
                self.failed_index.d.next = self.completed.q.val();
            }
        }
        // counts from admission to the pop of a queued pair, or to the end of a dropped one
        self.inward.next = 0.into();
        if self.admit.val() {
            self.inward.next = 1.into();
        }
        self.dropped.next = self.leaves.val() & !self.push.val();
        self.outward.next = 0.into();
        if self.pop.val() | self.dropped.val() {
            self.outward.next = 1.into();
        }
        if self.pop.val() & self.dropped.val() {
            self.outward.next = 2.into();
        }
        self.on_the_way.d.next = self.on_the_way.q.val() + self.inward.val() - self.outward.val();
        self.empty.next = self.admitted.q.val() == self.completed.q.val();
        self.done.next =
            (self.completed.q.val() == self.count.val()) & !self.magnitudes.valid.val();
        self.error.next = self.failed.q.val();
        self.error_index.next = self.failed_index.q.val();
        if self.start.val() {
            self.admitted.d.next = 0.into();
            self.completed.d.next = 0.into();
            self.on_the_way.d.next = 0.into();
            self.failed.d.next = false;
        }
    }
}
