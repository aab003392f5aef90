//! The multiplication of every element by its factor.

use super::elements::BeatProduct;
use super::factors::{FactorGenerator, FrameFactors};
use super::parts::Parts;
use crate::cells::Delay;
use rust_hdl_core::prelude::*;

/// Control of a slot.
#[derive(Copy, Clone, PartialEq, Debug, Default, LogicStruct)]
pub struct SlotControl {
    /// This cycle is a slot.
    pub advance: Bit,
    /// It carries a beat.
    pub valid: Bit,
    /// The first beat of a frame.
    pub first: Bit,
}

/// Multiplies every element by its factor, in a fixed time.
#[derive(LogicBlock, Default)]
pub struct FactorUnit<const W: usize> {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Binary logarithm of the frames' size; constant while beats are inside.
    pub size_log2: Signal<In, Bits<5>>,
    /// The beats are in the order of the transform's output; constant while beats are inside.
    pub post: Signal<In, Bit>,
    /// This cycle is a slot.
    pub advance: Signal<In, Bit>,
    /// It carries a beat; only with `advance`.
    pub valid: Signal<In, Bit>,
    /// The first beat of a frame; only with `valid`.
    pub first: Signal<In, Bit>,
    /// The beat.
    pub beat: Signal<In, Bits<W>>,
    /// With `first`: what the frame says of its factors.
    pub factors: Signal<In, FrameFactors>,
    /// A slot leaves.
    pub out_advance: Signal<Out, Bit>,
    /// It carries a beat.
    pub out_valid: Signal<Out, Bit>,
    /// The first beat of a frame.
    pub out_first: Signal<Out, Bit>,
    /// The beat.
    pub out_beat: Signal<Out, Bits<W>>,
    /// See [`FactorGenerator`].
    pub table_write: Signal<In, Bit>,
    /// The set.
    pub table_set: Signal<In, Bit>,
    /// The table.
    pub table: Signal<In, Bits<2>>,
    /// Number of the beat in the table.
    pub table_address: Signal<In, Bits<12>>,
    /// The entries.
    pub table_beat: Signal<In, Bits<W>>,
    generator: FactorGenerator<W>,
    product: BeatProduct<W>,
    beat_delay: Delay<Bits<W>>,
    control_delay: Delay<SlotControl>,
}

impl<const W: usize> FactorUnit<W> {
    pub(super) fn new(parts: &Parts) -> Self {
        Self {
            generator: FactorGenerator::new(parts),
            product: BeatProduct::new(parts),
            beat_delay: Delay::new(parts.generator_latency()),
            control_delay: Delay::new(parts.factor_latency()),
            ..Default::default()
        }
    }
}

impl<const W: usize> Logic for FactorUnit<W> {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, generator, product, beat_delay, control_delay);
        self.generator.size_log2.next = self.size_log2.val();
        self.generator.post.next = self.post.val();
        self.generator.valid.next = self.valid.val();
        self.generator.first.next = self.first.val();
        self.generator.frame.next = self.factors.val().frame;
        self.generator.kind.next = self.factors.val().kind;
        self.generator.shift.next = self.factors.val().shift;
        self.generator.split.next = self.factors.val().split;
        self.generator.set.next = self.factors.val().set;
        self.generator.table_write.next = self.table_write.val();
        self.generator.table_set.next = self.table_set.val();
        self.generator.table.next = self.table.val();
        self.generator.table_address.next = self.table_address.val();
        self.generator.table_beat.next = self.table_beat.val();

        self.beat_delay.d.next = self.beat.val();
        self.product.left.next = self.beat_delay.q.val();
        self.product.right.next = self.generator.factors.val();
        self.out_beat.next = self.product.product.val();
        self.control_delay.d.next.advance = self.advance.val();
        self.control_delay.d.next.valid = self.valid.val();
        self.control_delay.d.next.first = self.first.val();
        self.out_advance.next = self.control_delay.q.val().advance;
        self.out_valid.next = self.control_delay.q.val().valid;
        self.out_first.next = self.control_delay.q.val().first;
    }
}
