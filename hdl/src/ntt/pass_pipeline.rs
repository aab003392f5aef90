//! The pipeline of one pass.

use super::{EXPONENT_BITS, Parameters};
use rust_hdl_core::prelude::*;

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
}

impl<const W: usize> PassPipeline<W> {
    /// A pipeline of these parts.
    ///
    /// # Panics
    /// When the lanes do not fill a beat of W bits, or a parameter is outside its limits.
    pub fn new(parameters: &Parameters) -> Self {
        assert_eq!(parameters.lanes * parameters.field.word_bits(), W);
        Self::default()
    }
}

impl<const W: usize> Logic for PassPipeline<W> {
    #[hdl_gen]
    fn update(&mut self) {
        self.out_valid.next = self.valid.val();
        self.out_first.next = self.first.val();
        self.out_beat.next = self.beat.val();
        self.checked.next = self.valid.val();
        self.error.next = false;
        self.empty.next = true;
    }
}
