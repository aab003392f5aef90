//! From magnitudes to signed digits.

use crate::cells::Register;
use rust_hdl_core::prelude::*;
use rust_hdl_widgets::dff_setup;

/// One signed digit: d = field + carry in 0..=2^c becomes d, or -(2^c - d) with a carry when
/// d > 2^(c-1). So a digit lies in -(2^(c-1) - 1) ..= 2^(c-1). Combinational.
///
/// M: bits of the magnitude; A: address bits of the buckets.
#[derive(LogicBlock, Default)]
pub struct Digit<const M: usize, const A: usize> {
    /// The magnitude from this digit on.
    pub magnitude: Signal<In, Bits<M>>,
    /// 2^c - 1.
    pub mask: Signal<In, Bits<17>>,
    /// Carry of the digit below.
    pub carry: Signal<In, Bit>,
    /// 2^(c-1).
    pub half: Signal<In, Bits<17>>,
    /// Absolute value modulo 2^(c-1).
    pub bucket: Signal<Out, Bits<A>>,
    /// The digit is not zero.
    pub nonzero: Signal<Out, Bit>,
    /// The digit is negative.
    pub negative: Signal<Out, Bit>,
    /// Carry into the digit above.
    pub carry_out: Signal<Out, Bit>,
    field: Signal<Local, Bits<17>>,
    sum: Signal<Local, Bits<17>>,
    value: Signal<Local, Bits<17>>,
    over: Signal<Local, Bit>,
}

impl<const M: usize, const A: usize> Logic for Digit<M, A> {
    #[hdl_gen]
    fn update(&mut self) {
        self.field.next = bit_cast::<17, M>(self.magnitude.val()) & self.mask.val();
        self.sum.next = self.field.val();
        if self.carry.val() {
            self.sum.next = self.field.val() + 1;
        }
        self.over.next = self.sum.val() > self.half.val();
        self.value.next = self.sum.val();
        if self.over.val() {
            self.value.next = (self.half.val() << 1) - self.sum.val();
        }
        self.bucket.next = bit_cast::<A, 17>(self.value.val() & (self.half.val() - 1));
        self.nonzero.next = self.value.val().any();
        self.negative.next = self.over.val();
        self.carry_out.next = self.over.val();
    }
}

/// Where the digits of one lane go.
#[derive(LogicInterface, Default)]
pub struct DigitPort<const A: usize> {
    /// The lane takes a digit in this cycle.
    pub valid: Signal<Out, Bit>,
    /// Bucket: window in the lane times 2^(c-1), plus the digit's absolute value modulo 2^(c-1).
    pub key: Signal<Out, Bits<A>>,
    /// The point is to be negated.
    pub negate: Signal<Out, Bit>,
}

/// Cuts one magnitude after the other into digits of c bits, L a cycle, one for each lane: window w
/// goes to lane w mod L. A magnitude ends with its last non-zero digit, or with the last window of
/// the pass; what is left of it then goes out as a remainder for a later pass. The next magnitude
/// begins in the following cycle: no bubbles. M: bits of a magnitude; E: bits of an affine point.
#[derive(LogicBlock, Default)]
pub struct Recoder<const M: usize, const E: usize, const A: usize, const L: usize> {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Level: forget the magnitude.
    pub clear: Signal<In, Bit>,
    /// Window width c.
    pub width: Signal<In, Bits<5>>,
    /// 2^(c-1).
    pub half: Signal<In, Bits<17>>,
    /// Windows a lane and pass.
    pub windows: Signal<In, Bits<6>>,
    /// There is a magnitude, not zero or with a carry.
    pub valid: Signal<In, Bit>,
    /// The magnitude, or what is left of it.
    pub magnitude: Signal<In, Bits<M>>,
    /// Its bits.
    pub length: Signal<In, Bits<9>>,
    /// A carry into its lowest digit.
    pub carry: Signal<In, Bit>,
    /// The scalar is minus the magnitude.
    pub negative: Signal<In, Bit>,
    /// Its point.
    pub affine: Signal<In, Bits<E>>,
    /// Its index.
    pub index: Signal<In, Bits<32>>,
    /// The magnitude is taken.
    pub pop: Signal<Out, Bit>,
    /// Every lane can take a digit, and the writer a remainder.
    pub room: Signal<In, Bit>,
    /// A magnitude is being cut.
    pub busy: Signal<Out, Bit>,
    /// The digits, one port a lane.
    pub digit: Vec<DigitPort<A>>,
    /// Window in its lane of the digits.
    pub window: Signal<Out, Bits<6>>,
    /// Point of the digits.
    pub point: Signal<Out, Bits<E>>,
    /// Index of the point.
    pub point_index: Signal<Out, Bits<32>>,
    /// The pass leaves a remainder.
    pub remains: Signal<Out, Bit>,
    /// The remainder; its point and sign are those of the digits.
    pub remainder: Signal<Out, Bits<M>>,
    /// Its bits.
    pub remainder_length: Signal<Out, Bits<9>>,
    /// A carry into its lowest digit.
    pub remainder_carry: Signal<Out, Bit>,
    /// The scalar is minus the remainder.
    pub remainder_negative: Signal<Out, Bit>,
    active: Register<Bit>,
    held: Register<Bits<M>>,
    held_length: Register<Bits<9>>,
    held_carry: Register<Bit>,
    held_negative: Register<Bit>,
    held_affine: Register<Bits<E>>,
    held_index: Register<Bits<32>>,
    step: Register<Bits<6>>,
    base: Register<Bits<A>>,
    digits: Vec<Digit<M, A>>,
    field: Vec<Signal<Local, Bits<M>>>,
    left: Vec<Signal<Local, Bits<9>>>,
    last_left: Signal<Local, Bits<9>>,
    last_carry: Signal<Local, Bit>,
    go: Signal<Local, Bit>,
    ends: Signal<Local, Bit>,
    width9: Signal<Local, Bits<9>>,
    mask: Signal<Local, Bits<17>>,
}

impl<const M: usize, const E: usize, const A: usize, const L: usize> Recoder<M, E, A, L> {
    /// A recoder for L lanes.
    pub fn new() -> Self {
        Self {
            digit: (0..L).map(|_| Default::default()).collect(),
            digits: (0..L).map(|_| Default::default()).collect(),
            field: (0..L).map(|_| Default::default()).collect(),
            left: (0..L).map(|_| Default::default()).collect(),
            ..Default::default()
        }
    }
}

impl<const M: usize, const E: usize, const A: usize, const L: usize> Logic for Recoder<M, E, A, L> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            active,
            held,
            held_length,
            held_carry,
            held_negative,
            held_affine,
            held_index,
            step,
            base
        );
        self.go.next = self.active.q.val() & self.room.val();
        self.busy.next = self.active.q.val();
        self.width9.next = bit_cast::<9, 5>(self.width.val());
        self.mask.next = (self.half.val() << 1) - 1;

        // the digits of this step, lowest window first
        self.field[0].next = self.held.q.val();
        self.digits[0].carry.next = self.held_carry.q.val();
        self.left[0].next = 0.into();
        if self.held_length.q.val() > self.width9.val() {
            self.left[0].next = self.held_length.q.val() - self.width9.val();
        }
        for a in 1..L {
            self.field[a].next = self.field[a - 1].val() >> self.width.val();
            self.digits[a].carry.next = self.digits[a - 1].carry_out.val();
            self.left[a].next = 0.into();
            if self.left[a - 1].val() > self.width9.val() {
                self.left[a].next = self.left[a - 1].val() - self.width9.val();
            }
        }
        self.remainder.next = self.held.q.val();
        self.last_left.next = 0.into();
        self.last_carry.next = false;
        for a in 0..L {
            self.digits[a].half.next = self.half.val();
            self.digits[a].magnitude.next = self.field[a].val();
            self.digits[a].mask.next = self.mask.val();
            self.digit[a].valid.next = self.go.val() & self.digits[a].nonzero.val();
            self.digit[a].negate.next = self.digits[a].negative.val() ^ self.held_negative.q.val();
            self.digit[a].key.next = self.base.q.val() + self.digits[a].bucket.val();
            self.remainder.next = self.field[a].val() >> self.width.val();
            self.last_left.next = self.left[a].val();
            self.last_carry.next = self.digits[a].carry_out.val();
        }

        // the end of the magnitude: nothing left of it, or the last window of the pass
        self.remainder_length.next = self.last_left.val();
        self.remainder_carry.next = self.last_carry.val();
        self.remainder_negative.next = self.held_negative.q.val();
        self.remains.next = self.go.val()
            & ((self.step.q.val() + 1) == self.windows.val())
            & (self.last_left.val().any() | self.last_carry.val());
        self.ends.next = self.go.val()
            & (((self.step.q.val() + 1) == self.windows.val())
                | (!self.last_left.val().any() & !self.last_carry.val()));
        self.window.next = self.step.q.val();
        self.point.next = self.held_affine.q.val();
        self.point_index.next = self.held_index.q.val();
        if self.go.val() {
            self.step.d.next = self.step.q.val() + 1;
            self.base.d.next = self.base.q.val() + bit_cast::<A, 17>(self.half.val());
            self.held.d.next = self.remainder.val();
            self.held_length.d.next = self.last_left.val();
            self.held_carry.d.next = self.last_carry.val();
        }
        self.pop.next = self.valid.val() & (!self.active.q.val() | self.ends.val());
        if self.ends.val() {
            self.active.d.next = false;
        }
        if self.pop.val() {
            self.active.d.next = true;
            self.step.d.next = 0.into();
            self.base.d.next = 0.into();
            self.held.d.next = self.magnitude.val();
            self.held_length.d.next = self.length.val();
            self.held_carry.d.next = self.carry.val();
            self.held_negative.d.next = self.negative.val();
            self.held_affine.d.next = self.affine.val();
            self.held_index.d.next = self.index.val();
        }
        if self.clear.val() {
            self.active.d.next = false;
        }
    }
}
