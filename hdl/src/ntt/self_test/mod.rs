//! A pipeline that tests itself, for boards without a host.

pub mod plan;

use super::{EXPONENT_BITS, Parameters, PassPipeline};
use crate::cells::{Fixed, Register};
use crate::emit::{self, EmitError, Emitted};
use gristmill_datapath::{Fill, fields};
use plan::{FEEDBACK, LANES, MASK, SEED, SHIFT, SIZES_LOG2, TABLE_LOG2};
use rust_hdl_core::prelude::*;
use rust_hdl_widgets::dff_setup;

/// Cycles after which a run has failed: some times what one takes.
const DEADLINE: u64 = 1 << 16;

/// What the self-test is doing.
#[derive(Copy, Clone, PartialEq, Debug, LogicState)]
pub enum SelfTestState {
    /// A run begins.
    Begin,
    /// Factor tables are written.
    Tables,
    /// Frames of a pass are fed.
    Frames,
    /// Dummies move them out.
    Drain,
    /// The signature is compared.
    Judge,
}

/// The [`PassPipeline`] of BabyBear with two lanes and frames of up to 2^10 elements, fed with a fixed sequence
/// ([`plan`]), run after run. Of all that leaves it keeps a signature of 64 bits, which is compared with the one that
/// software computes. A run has both directions, factors before and behind, all kinds of factors, two sizes, and waits.
///
/// There is no reset: it begins at power-up.
#[derive(LogicBlock, Default)]
pub struct SelfTest {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Level, of any clock: one bit of one element of each run is inverted.
    pub inject: Signal<In, Bit>,
    /// Changes every 2^11 runs.
    pub running: Signal<Out, Bit>,
    /// The last run had the right signature.
    pub passed: Signal<Out, Bit>,
    /// A run since power-up had not, or did not end in time.
    pub failed: Signal<Out, Bit>,
    /// One cycle: a run has been judged.
    pub judged: Signal<Out, Bit>,
    pipeline: PassPipeline<64>,
    seed: Fixed<Bits<64>>,
    mask: Fixed<Bits<64>>,
    feedback: Fixed<Bits<64>>,
    expected: Fixed<Bits<64>>,
    fault: Fixed<Bits<64>>,
    large: Fixed<Bits<5>>,
    small: Fixed<Bits<5>>,
    large_last: Fixed<Bits<12>>,
    small_last: Fixed<Bits<12>>,
    shift: Fixed<Bits<5>>,
    split: Fixed<Bits<4>>,
    deadline: Fixed<Bits<17>>,
    state: Register<SelfTestState>,
    noise: Register<Bits<64>>,
    signature: Register<Bits<64>>,
    beat: Register<Bits<12>>,
    frame: Register<Bits<2>>,
    pass: Register<Bits<3>>,
    gap: Register<Bits<3>>,
    watch: Register<Bits<17>>,
    runs: Register<Bits<12>>,
    inject1: Register<Bit>,
    inject2: Register<Bit>,
    error: Register<Bit>,
    passed_register: Register<Bit>,
    failed_register: Register<Bit>,
    noise1: Signal<Local, Bits<64>>,
    noise2: Signal<Local, Bits<64>>,
    word: Signal<Local, Bits<64>>,
    last: Signal<Local, Bits<12>>,
    slot: Signal<Local, Bit>,
    step: Signal<Local, Bit>,
}

impl SelfTest {
    /// The self-test with this fill of its multipliers.
    pub fn new(fill: Fill) -> Self {
        let parameters = Self::parameters(fill);
        let last = |size_log2: usize| Fixed::new((parameters.beats(size_log2) as u64 - 1).into());
        let [large, small] = SIZES_LOG2;
        Self {
            large_last: last(large),
            small_last: last(small),
            pipeline: PassPipeline::new(&parameters),
            seed: Fixed::new(SEED.into()),
            mask: Fixed::new(MASK.into()),
            feedback: Fixed::new(FEEDBACK.into()),
            expected: Fixed::new(plan::signature(plan::definition).into()),
            fault: Fixed::new(1u64.into()),
            large: Fixed::new((large as u64).into()),
            small: Fixed::new((small as u64).into()),
            shift: Fixed::new((SHIFT as u64).into()),
            split: Fixed::new((TABLE_LOG2 as u64).into()),
            deadline: Fixed::new(DEADLINE.into()),
            ..Default::default()
        }
    }

    /// What its pipeline is made with.
    pub fn parameters(fill: Fill) -> Parameters {
        Parameters {
            field: fields::baby_bear(),
            lanes: LANES,
            pass_log2: SIZES_LOG2[0],
            table_log2: TABLE_LOG2,
            fill,
        }
    }

    /// Its Verilog, the top module of this name.
    ///
    /// # Errors
    /// When the emitter refuses.
    pub fn verilog(fill: Fill, top: &str) -> Result<Emitted, EmitError> {
        let mut block = Self::new(fill);
        block.connect_all();
        emit::verilog(&block, top)
    }
}

impl Logic for SelfTest {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            state,
            noise,
            signature,
            beat,
            frame,
            pass,
            gap,
            watch,
            runs,
            inject1,
            inject2,
            error,
            passed_register,
            failed_register
        );
        clock!(self, clock, pipeline);
        self.inject1.d.next = self.inject.val();
        self.inject2.d.next = self.inject1.q.val();
        self.running.next = self.runs.q.val().get_bit(11);
        self.passed.next = self.passed_register.q.val();
        self.failed.next = self.failed_register.q.val();
        self.judged.next = false;

        // the sequence
        self.noise1.next = self.noise.q.val() ^ (self.noise.q.val() << 13);
        self.noise2.next = self.noise1.val() ^ (self.noise1.val() >> 7);
        self.step.next = false;
        self.word.next = self.noise.q.val() & self.mask.val();

        // what a pass is
        self.pipeline.size_log2.next = self.large.val();
        self.last.next = self.large_last.val();
        if self.pass.q.val().get_bit(2) {
            self.pipeline.size_log2.next = self.small.val();
            self.last.next = self.small_last.val();
        }
        self.pipeline.inverse.next = self.pass.q.val().get_bit(0);
        self.pipeline.post.next = self.pass.q.val().get_bit(1);

        // passes of inverse transforms have waits
        self.gap.d.next = self.gap.q.val() + 1;
        self.slot.next = !(self.pass.q.val().get_bit(0) & (self.gap.q.val() == 7));

        self.pipeline.advance.next = false;
        self.pipeline.valid.next = false;
        self.pipeline.first.next = self.beat.q.val() == 0;
        self.pipeline.beat.next = self.word.val();
        self.pipeline.frame.next = bit_cast::<EXPONENT_BITS, 2>(self.frame.q.val());
        // no factors, powers, twiddle factors, powers
        self.pipeline.kind.next = self.frame.q.val();
        if self.frame.q.val() == 3 {
            self.pipeline.kind.next = 1.into();
        }
        self.pipeline.shift.next = self.shift.val();
        self.pipeline.split.next = self.split.val();
        self.pipeline.set.next = self.frame.q.val().get_bit(1);
        self.pipeline.table_write.next = false;
        self.pipeline.table_set.next = self.beat.q.val().get_bit(7);
        self.pipeline.table.next = self.beat.q.val().get_bits::<2>(5);
        self.pipeline.table_address.next = bit_cast::<12, 5>(self.beat.q.val().get_bits::<5>(0));
        self.pipeline.table_beat.next = self.word.val();

        self.watch.d.next = self.watch.q.val() + 1;
        match self.state.q.val() {
            SelfTestState::Begin => {
                self.noise.d.next = self.seed.val();
                self.beat.d.next = 0.into();
                self.frame.d.next = 0.into();
                self.pass.d.next = 0.into();
                self.gap.d.next = 0.into();
                self.watch.d.next = 0.into();
                self.error.d.next = false;
                self.state.d.next = SelfTestState::Tables;
            }
            SelfTestState::Tables => {
                self.pipeline.table_write.next = true;
                self.step.next = true;
                self.beat.d.next = self.beat.q.val() + 1;
                if self.beat.q.val() == 255 {
                    self.beat.d.next = 0.into();
                    self.state.d.next = SelfTestState::Frames;
                }
            }
            SelfTestState::Frames => {
                self.pipeline.advance.next = self.slot.val();
                self.pipeline.valid.next = self.slot.val();
                if self.slot.val() {
                    self.step.next = true;
                    self.beat.d.next = self.beat.q.val() + 1;
                    if self.beat.q.val() == self.last.val() {
                        self.beat.d.next = 0.into();
                        self.frame.d.next = self.frame.q.val() + 1;
                        if self.frame.q.val() == 3 {
                            self.state.d.next = SelfTestState::Drain;
                        }
                    }
                }
                if self.inject2.q.val()
                    & (self.pass.q.val() == 5)
                    & (self.frame.q.val() == 2)
                    & (self.beat.q.val() == 3)
                {
                    self.pipeline.beat.next = self.word.val() ^ self.fault.val();
                }
            }
            SelfTestState::Drain => {
                self.pipeline.advance.next = self.slot.val();
                if self.pipeline.empty.val() {
                    self.pass.d.next = self.pass.q.val() + 1;
                    self.state.d.next = SelfTestState::Frames;
                    if self.pass.q.val() == 7 {
                        self.state.d.next = SelfTestState::Judge;
                    }
                }
            }
            SelfTestState::Judge => {
                self.judged.next = true;
                self.runs.d.next = self.runs.q.val() + 1;
                self.state.d.next = SelfTestState::Begin;
                self.passed_register.d.next = true;
                if self.error.q.val() | (self.signature.q.val() != self.expected.val()) {
                    self.passed_register.d.next = false;
                    self.failed_register.d.next = true;
                }
            }
        }
        if self.watch.q.val() == self.deadline.val() {
            self.judged.next = true;
            self.passed_register.d.next = false;
            self.failed_register.d.next = true;
            self.state.d.next = SelfTestState::Begin;
        }
        if self.step.val() {
            self.noise.d.next = self.noise2.val() ^ (self.noise2.val() << 17);
        }

        // the signature
        if self.pipeline.out_valid.val() {
            self.signature.d.next = (self.signature.q.val() << 1) ^ self.pipeline.out_beat.val();
            if self.signature.q.val().get_bit(63) {
                self.signature.d.next = (self.signature.q.val() << 1)
                    ^ self.pipeline.out_beat.val()
                    ^ self.feedback.val();
            }
        }
        if self.pipeline.checked.val() & self.pipeline.error.val() {
            self.error.d.next = true;
        }
        if self.state.q.val() == SelfTestState::Begin {
            self.signature.d.next = 0.into();
        }
    }
}
