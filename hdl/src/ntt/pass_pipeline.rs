//! The pipeline of one pass.

use super::elements::BeatEntry;
use super::factor_unit::{FactorUnit, SlotControl};
use super::factors::FrameFactors;
use super::parts::Parts;
use super::stage::Transform;
use super::{EXPONENT_BITS, Parameters};
use crate::cells::{Delay, Fifo, Register};
use rust_hdl_core::prelude::*;
use rust_hdl_widgets::dff_setup;

/// Binary logarithm of the frames that may be between the input and the factor unit.
const FRAMES_LOG2: usize = 8;

/// Transforms frames of 2^k elements, a beat of L elements a cycle: W = L times the bits of an element
/// in memory, element i of a beat in bits i E .. (i + 1) E. Elements are memory words of the field.
///
/// # Stream
/// A cycle with `advance` is a *slot*. A slot with `valid` carries a beat, one without is a *dummy*, whose other
/// inputs mean nothing. A frame is `Parameters::beats(k)` slots with `valid`, `first` with the first of them.
/// Cycles without `advance` may stand anywhere. Dummies may stand between frames only; any number of them; a frame may
/// follow after any of them. There is no back-pressure: what is behind the pipeline takes every beat.
///
/// Output beat i of a frame is there exactly `Parameters::latency(k)` cycles after the slot that is
/// `Parameters::slots(k)` + i slots after the frame's first one (slots of all kinds count, those of the frame
/// itself, of later frames, and dummies). So frames leave in order, back to back where they came so, with the gaps of
/// the slots that move them; and the last frame leaves only when `Parameters::slots(k)` more slots follow it. Who has
/// nothing to feed feeds dummies until `empty`.
///
/// A frame may be broken off: its missing beats are then dummies. Its output is `valid` for as many beats as were
/// given and means nothing; nothing else is disturbed once `empty` has been seen.
///
/// # Order
/// With λ = log2 L. Input, *split order*: for k ≥ λ, lane l and beat t of the frame hold element
/// u = l / (L/2) · 2^(k-1) + t · L/2 + l mod (L/2): the lower half of the lanes takes the first half of
/// the frame in order, the upper half of the lanes the second half. For k < λ a beat holds L / 2^k frames one behind the
/// other, lane l element l mod 2^k, and each beat is `first`.
/// Output: lane l of beat t is position p = t L + l (for k < λ: p = l mod 2^k) and holds X\[rev_k(p)\].
///
/// # Factors
/// Each element is multiplied by a factor, before the transform (`post` = 0) or after it (`post` = 1):
/// one; or T_low\[e mod 2^split\] · T_high\[e >> split\] for T = G or W. The exponent of the element of index u (of
/// the input's order, or u = rev_k(p) of the output): POWER: e = (u << shift) + frame, tables G; TWIDDLE: e = u · frame,
/// tables W; modulo 2^24. Frames that share a beat share `frame`.
///
/// # Configuration
/// `size_log2`, `inverse` and `post` keep their values while the pipeline is not `empty`, from the cycle
/// of the first slot with `valid` on. They may change in any cycle in which `empty` is set, also the cycle of that slot.
///
/// # Errors
/// Words of a Montgomery field that are not below the modulus: see `error`. Words of Goldilocks may be any; results
/// are always below the modulus.
#[derive(LogicBlock, Default)]
pub struct PassPipeline<const W: usize> {
    /// Clock.
    pub clock: Signal<In, Clock>,

    /// This cycle is a slot.
    pub advance: Signal<In, Bit>,
    /// With `advance`: the slot carries a beat.
    pub valid: Signal<In, Bit>,
    /// With `valid`: the beat is the first of its frame.
    pub first: Signal<In, Bit>,
    /// With `valid`: the beat.
    pub beat: Signal<In, Bits<W>>,

    /// With `first`: number of the frame, in its exponents.
    pub frame: Signal<In, Bits<EXPONENT_BITS>>,
    /// With `first`: which factors the frame gets, one of [`kind`](super::kind).
    pub kind: Signal<In, Bits<2>>,
    /// With `first`: shift of the index in an exponent of kind POWER, 0 to 24.
    pub shift: Signal<In, Bits<5>>,
    /// With `first`: bits of an exponent that address the low table, 0 to `table_log2`.
    pub split: Signal<In, Bits<4>>,
    /// With `first`: the set of tables.
    pub set: Signal<In, Bit>,

    /// Binary logarithm k of the frames' size, 0 to `pass_log2`.
    pub size_log2: Signal<In, Bits<5>>,
    /// Take the inverse roots of unity; the factor 1/N is the tables' affair.
    pub inverse: Signal<In, Bit>,
    /// The factors come after the transform.
    pub post: Signal<In, Bit>,

    /// Write `table_beat`: L entries of a table, in memory form, from entry `table_address` · L on. A table of a set is
    /// not written from the cycle in which a frame that uses it begins until the frame has left; a frame may
    /// begin in the cycle after the last write. A table with fewer than L entries is one beat, the rest of it ignored.
    pub table_write: Signal<In, Bit>,
    /// The set to write.
    pub table_set: Signal<In, Bit>,
    /// The table to write, one of [`table`](super::table).
    pub table: Signal<In, Bits<2>>,
    /// Number of the beat in the table, below 2^`table_log2` / L.
    pub table_address: Signal<In, Bits<12>>,
    /// The entries.
    pub table_beat: Signal<In, Bits<W>>,

    /// There is a beat of output.
    pub out_valid: Signal<Out, Bit>,
    /// With `out_valid`: it is the first of its frame.
    pub out_first: Signal<Out, Bit>,
    /// With `out_valid`: the beat.
    pub out_beat: Signal<Out, Bits<W>>,

    /// An input beat has been checked: set `Parameters::check_latency()` cycles after each slot with `valid`.
    pub checked: Signal<Out, Bit>,
    /// With `checked`: an element of that beat is not below the modulus. The output of its frame means nothing.
    pub error: Signal<Out, Bit>,
    /// Every beat that was given in an earlier cycle has left in an earlier cycle. Registered: it is
    /// clear from the cycle after the slot of a beat to the cycle in which the last one leaves, both included.
    pub empty: Signal<Out, Bit>,

    entry: BeatEntry<W>,
    entry_delay: Delay<SlotControl>,
    frames: Fifo<FrameFactors, FRAMES_LOG2>,
    factors: FactorUnit<W>,
    transform: Transform<W>,
    inside: Register<Bits<17>>,
    slot_valid: Signal<Local, Bit>,
    slot_first: Signal<Local, Bit>,
    leaves: Signal<Local, Bit>,
}

impl<const W: usize> PassPipeline<W> {
    /// A pipeline of these parts.
    ///
    /// # Panics
    /// When the lanes do not fill a beat of W bits, or a parameter is outside its limits.
    pub fn new(parameters: &Parameters) -> Self {
        assert_eq!(
            parameters.lanes * parameters.field.word_bits(),
            W,
            "the lanes fill a beat"
        );
        let parts = Parts::new(parameters);
        for size_log2 in 0..=parameters.pass_log2 {
            let cycles = parts.entry.latency() + parts.transform_latency(size_log2);
            assert!(
                cycles.div_ceil(parameters.beats(size_log2)) + 2 <= 1 << FRAMES_LOG2,
                "the queue holds the frames between input and factors"
            );
        }
        Self {
            entry_delay: Delay::new(parts.entry.latency()),
            entry: BeatEntry::new(&parts),
            factors: FactorUnit::new(&parts),
            transform: Transform::new(&parts),
            ..Default::default()
        }
    }
}

impl<const W: usize> Logic for PassPipeline<W> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, inside);
        clock!(self, clock, entry, entry_delay, frames, factors, transform);
        self.slot_valid.next = self.advance.val() & self.valid.val();
        self.slot_first.next = self.slot_valid.val() & self.first.val();

        // what the frames say waits for them at the factor unit
        self.frames.clear.next = false;
        self.frames.push.next = self.slot_first.val();
        self.frames.d.next.frame = self.frame.val();
        self.frames.d.next.kind = self.kind.val();
        self.frames.d.next.shift = self.shift.val();
        self.frames.d.next.split = self.split.val();
        self.frames.d.next.set = self.set.val();
        self.frames.pop.next = self.factors.first.val();
        self.factors.factors.next = self.frames.q.val();

        self.entry.beat.next = self.beat.val();
        self.entry_delay.d.next.advance = self.advance.val();
        self.entry_delay.d.next.valid = self.slot_valid.val();
        self.entry_delay.d.next.first = self.slot_first.val();
        self.checked.next = self.entry_delay.q.val().valid;
        self.error.next = self.entry_delay.q.val().valid & self.entry.error.val();

        self.factors.size_log2.next = self.size_log2.val();
        self.factors.post.next = self.post.val();
        self.factors.table_write.next = self.table_write.val();
        self.factors.table_set.next = self.table_set.val();
        self.factors.table.next = self.table.val();
        self.factors.table_address.next = self.table_address.val();
        self.factors.table_beat.next = self.table_beat.val();
        self.transform.size_log2.next = self.size_log2.val();
        self.transform.inverse.next = self.inverse.val();

        // entry, factors, transform; or entry, transform, factors
        self.factors.advance.next = self.entry_delay.q.val().advance;
        self.factors.valid.next = self.entry_delay.q.val().valid;
        self.factors.first.next = self.entry_delay.q.val().first;
        self.factors.beat.next = self.entry.out_beat.val();
        self.transform.advance.next = self.factors.out_advance.val();
        self.transform.valid.next = self.factors.out_valid.val();
        self.transform.first.next = self.factors.out_first.val();
        self.transform.beat.next = self.factors.out_beat.val();
        self.leaves.next = self.transform.out_valid.val();
        self.out_first.next = self.transform.out_first.val();
        self.out_beat.next = self.transform.out_beat.val();
        if self.post.val() {
            self.factors.advance.next = self.transform.out_advance.val();
            self.factors.valid.next = self.transform.out_valid.val();
            self.factors.first.next = self.transform.out_first.val();
            self.factors.beat.next = self.transform.out_beat.val();
            self.transform.advance.next = self.entry_delay.q.val().advance;
            self.transform.valid.next = self.entry_delay.q.val().valid;
            self.transform.first.next = self.entry_delay.q.val().first;
            self.transform.beat.next = self.entry.out_beat.val();
            self.leaves.next = self.factors.out_valid.val();
            self.out_first.next = self.factors.out_first.val();
            self.out_beat.next = self.factors.out_beat.val();
        }
        self.out_valid.next = self.leaves.val();

        if self.slot_valid.val() & !self.leaves.val() {
            self.inside.d.next = self.inside.q.val() + 1;
        }
        if self.leaves.val() & !self.slot_valid.val() {
            self.inside.d.next = self.inside.q.val() - 1;
        }
        self.empty.next = !self.inside.q.val().any();
    }
}
