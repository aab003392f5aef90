//! The stages of a transform.

use super::column::Column;
use super::parts::Parts;
use super::swap::Swap;
use crate::cells::{Fixed, Register};
use rust_hdl_core::prelude::*;
use rust_hdl_widgets::dff_setup;

/// A level of butterflies with the swap before it. Frames come through the chain of the stages above, or enter
/// behind the swap where this is the first level that they need.
#[derive(LogicBlock, Default)]
pub struct Stage<const W: usize> {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// See [`Transform::size_log2`].
    pub size_log2: Signal<In, Bits<5>>,
    /// See [`Transform::inverse`].
    pub inverse: Signal<In, Bit>,
    /// A slot comes from the stage above.
    pub advance: Signal<In, Bit>,
    /// It carries a beat.
    pub valid: Signal<In, Bit>,
    /// The first beat of a frame.
    pub first: Signal<In, Bit>,
    /// The beat.
    pub beat: Signal<In, Bits<W>>,
    /// A slot that has not been through a stage.
    pub new_advance: Signal<In, Bit>,
    /// It carries a beat.
    pub new_valid: Signal<In, Bit>,
    /// The first beat of a frame.
    pub new_first: Signal<In, Bit>,
    /// The beat.
    pub new_beat: Signal<In, Bits<W>>,
    /// A slot for the stage below.
    pub out_advance: Signal<Out, Bit>,
    /// It carries a beat.
    pub out_valid: Signal<Out, Bit>,
    /// The first beat of a frame.
    pub out_first: Signal<Out, Bit>,
    /// The beat.
    pub out_beat: Signal<Out, Bits<W>>,
    /// The slot that has not been through a stage, a cycle later.
    pub passed_advance: Signal<Out, Bit>,
    /// It carries a beat.
    pub passed_valid: Signal<Out, Bit>,
    /// The first beat of a frame.
    pub passed_first: Signal<Out, Bit>,
    /// The beat.
    pub passed_beat: Signal<Out, Bits<W>>,
    size_that_enters: Fixed<Bits<5>>,
    swap: Swap<W>,
    butterflies: Column<W>,
    between: Column<W>,
    advance_register: Register<Bit>,
    valid_register: Register<Bit>,
    first_register: Register<Bit>,
    beat_register: Register<Bits<W>>,
}

impl<const W: usize> Stage<W> {
    /// The stage of a level, counted from the highest bit of the index.
    pub(super) fn new(parts: &Parts, number: usize) -> Self {
        let level = &parts.levels[number];
        let depth_log2 = parts
            .has_swap(level.bit)
            .then(|| level.bit + 1 - parts.parameters.lanes_log2());
        Self {
            size_that_enters: Fixed::new((level.bit as u64 + 1).into()),
            swap: Swap::new(depth_log2, parts.is_fast()),
            butterflies: Column::butterflies(parts, level),
            between: Column::between(parts, level),
            ..Default::default()
        }
    }
}

impl<const W: usize> Logic for Stage<W> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            advance_register,
            valid_register,
            first_register,
            beat_register
        );
        clock!(self, clock, swap, butterflies, between);
        self.butterflies.inverse.next = self.inverse.val();
        self.between.inverse.next = self.inverse.val();

        self.swap.advance.next = self.advance.val();
        self.swap.valid.next = self.valid.val();
        self.swap.first.next = self.first.val();
        self.swap.beat.next = self.beat.val();
        self.butterflies.advance.next = self.swap.out_advance.val();
        self.butterflies.valid.next = self.swap.out_valid.val();
        self.butterflies.first.next = self.swap.out_first.val();
        self.butterflies.beat.next = self.swap.out_beat.val();
        if self.size_log2.val() == self.size_that_enters.val() {
            self.butterflies.advance.next = self.new_advance.val();
            self.butterflies.valid.next = self.new_valid.val();
            self.butterflies.first.next = self.new_first.val();
            self.butterflies.beat.next = self.new_beat.val();
        }
        self.between.advance.next = self.butterflies.out_advance.val();
        self.between.valid.next = self.butterflies.out_valid.val();
        self.between.first.next = self.butterflies.out_first.val();
        self.between.beat.next = self.butterflies.out_beat.val();
        self.out_advance.next = self.between.out_advance.val();
        self.out_valid.next = self.between.out_valid.val();
        self.out_first.next = self.between.out_first.val();
        self.out_beat.next = self.between.out_beat.val();

        self.advance_register.d.next = self.new_advance.val();
        self.valid_register.d.next = self.new_valid.val();
        self.first_register.d.next = self.new_first.val();
        self.beat_register.d.next = self.new_beat.val();
        self.passed_advance.next = self.advance_register.q.val();
        self.passed_valid.next = self.valid_register.q.val();
        self.passed_first.next = self.first_register.q.val();
        self.passed_beat.next = self.beat_register.q.val();
    }
}

/// Transforms frames of 2^k elements: input in split order, output in the order of positions, as in
/// [`PassPipeline`](super::PassPipeline), a beat a cycle; but without factors.
#[derive(LogicBlock, Default)]
pub struct Transform<const W: usize> {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Binary logarithm k of the frames' size; constant while beats are inside.
    pub size_log2: Signal<In, Bits<5>>,
    /// Take the inverse roots of unity; constant while beats are inside.
    pub inverse: Signal<In, Bit>,
    /// This cycle is a slot.
    pub advance: Signal<In, Bit>,
    /// It carries a beat; only with `advance`.
    pub valid: Signal<In, Bit>,
    /// The first beat of a frame; only with `valid`.
    pub first: Signal<In, Bit>,
    /// The beat.
    pub beat: Signal<In, Bits<W>>,
    /// A slot leaves.
    pub out_advance: Signal<Out, Bit>,
    /// It carries a beat.
    pub out_valid: Signal<Out, Bit>,
    /// The first beat of a frame.
    pub out_first: Signal<Out, Bit>,
    /// The beat.
    pub out_beat: Signal<Out, Bits<W>>,
    stage: Vec<Stage<W>>,
    advance_register: Register<Bit>,
    valid_register: Register<Bit>,
    first_register: Register<Bit>,
    beat_register: Register<Bits<W>>,
    _stages: usize,
}

impl<const W: usize> Transform<W> {
    /// A transform with a stage for each level.
    pub(super) fn new(parts: &Parts) -> Self {
        let stages = parts.levels.len();
        Self {
            stage: (0..stages)
                .map(|number| Stage::new(parts, number))
                .collect(),
            _stages: stages,
            ..Default::default()
        }
    }
}

impl<const W: usize> Logic for Transform<W> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            advance_register,
            valid_register,
            first_register,
            beat_register
        );
        for i in 0..self._stages {
            self.stage[i].clock.next = self.clock.val();
            self.stage[i].size_log2.next = self.size_log2.val();
            self.stage[i].inverse.next = self.inverse.val();
        }
        self.stage[0].advance.next = false;
        self.stage[0].valid.next = false;
        self.stage[0].first.next = false;
        self.stage[0].beat.next = 0.into();
        self.stage[0].new_advance.next = self.advance.val();
        self.stage[0].new_valid.next = self.valid.val();
        self.stage[0].new_first.next = self.first.val();
        self.stage[0].new_beat.next = self.beat.val();
        for i in 1..self._stages {
            self.stage[i].advance.next = self.stage[i - 1].out_advance.val();
            self.stage[i].valid.next = self.stage[i - 1].out_valid.val();
            self.stage[i].first.next = self.stage[i - 1].out_first.val();
            self.stage[i].beat.next = self.stage[i - 1].out_beat.val();
            self.stage[i].new_advance.next = self.stage[i - 1].passed_advance.val();
            self.stage[i].new_valid.next = self.stage[i - 1].passed_valid.val();
            self.stage[i].new_first.next = self.stage[i - 1].passed_first.val();
            self.stage[i].new_beat.next = self.stage[i - 1].passed_beat.val();
        }
        // the last assignment is the one that counts: that of the last stage
        for i in 0..self._stages {
            self.advance_register.d.next = self.stage[i].out_advance.val();
            self.valid_register.d.next = self.stage[i].out_valid.val();
            self.first_register.d.next = self.stage[i].out_first.val();
            self.beat_register.d.next = self.stage[i].out_beat.val();
            if self.size_log2.val() == 0 {
                self.advance_register.d.next = self.stage[i].passed_advance.val();
                self.valid_register.d.next = self.stage[i].passed_valid.val();
                self.first_register.d.next = self.stage[i].passed_first.val();
                self.beat_register.d.next = self.stage[i].passed_beat.val();
            }
        }
        self.out_advance.next = self.advance_register.q.val();
        self.out_valid.next = self.valid_register.q.val();
        self.out_first.next = self.first_register.q.val();
        self.out_beat.next = self.beat_register.q.val();
    }
}
