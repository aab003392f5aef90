//! The soft reset.

use super::config::CoreConfig;
use crate::cells::{Fixed, Register};
use rust_hdl_core::prelude::*;
use rust_hdl_widgets::dff_setup;

/// What the reset is doing.
#[derive(Copy, Clone, PartialEq, Debug, LogicState)]
pub enum ResetState {
    /// After power-up and after the external reset.
    Wake,
    /// The regions are being swept.
    Sweep,
    /// The card takes work.
    Ready,
    /// Engines stop, buses drain.
    Drain,
    /// They did not, within the bound.
    Failed,
}

/// Brings the card to rest: `abort` tells engines and movers to stop; when all are idle, or after a
/// bounded wait, the region table is swept and the card is ready, or it needs a function reset (another
/// soft reset tries again). `clear` keeps the queue engine in reset meanwhile.
#[derive(LogicBlock, Default)]
pub struct SoftReset {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// External reset.
    pub reset: Signal<In, Bit>,
    /// One cycle: the host asks for a soft reset.
    pub request: Signal<In, Bit>,
    /// Engines and movers have nothing on their way.
    pub idle: Signal<In, Bit>,
    /// The region table is being swept.
    pub sweeping: Signal<In, Bit>,
    /// One cycle: sweep it.
    pub sweep: Signal<Out, Bit>,
    /// Engines and movers are to stop.
    pub abort: Signal<Out, Bit>,
    /// The queue engine is held in reset.
    pub clear: Signal<Out, Bit>,
    /// The card takes work.
    pub ready: Signal<Out, Bit>,
    /// A reset is under way.
    pub resetting: Signal<Out, Bit>,
    /// The buses did not drain.
    pub failed: Signal<Out, Bit>,
    /// Soft resets completed.
    pub count: Signal<Out, Bits<32>>,
    bound: Fixed<Bits<32>>,
    state: Register<ResetState>,
    waited: Register<Bits<32>>,
    asked: Register<Bit>,
    completed: Register<Bits<32>>,
}

impl SoftReset {
    /// The reset of a card with this configuration.
    pub fn new(config: &CoreConfig) -> Self {
        Self {
            bound: Fixed::new(config.drain_cycles.to_bits()),
            ..Default::default()
        }
    }
}

impl Logic for SoftReset {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, state, waited, asked, completed);
        self.sweep.next = false;
        self.abort.next = false;
        self.clear.next = true;
        self.ready.next = false;
        self.resetting.next = true;
        self.failed.next = false;
        self.count.next = self.completed.q.val();
        match self.state.q.val() {
            ResetState::Wake => {
                self.sweep.next = true;
                self.state.d.next = ResetState::Sweep;
            }
            ResetState::Sweep => {
                if !self.sweeping.val() {
                    self.state.d.next = ResetState::Ready;
                    if self.asked.q.val() {
                        self.completed.d.next = self.completed.q.val() + 1;
                    }
                }
            }
            ResetState::Ready => {
                self.ready.next = true;
                self.clear.next = false;
                self.resetting.next = false;
            }
            ResetState::Drain => {
                self.abort.next = true;
                self.waited.d.next = self.waited.q.val() + 1;
                if self.waited.q.val() == self.bound.val() {
                    self.state.d.next = ResetState::Failed;
                }
                // engines see the abort one cycle after it begins
                if self.idle.val() & (self.waited.q.val() > 3) {
                    self.state.d.next = ResetState::Wake;
                }
            }
            ResetState::Failed => {
                self.abort.next = true;
                self.resetting.next = false;
                self.failed.next = true;
            }
        }
        if self.request.val() {
            self.state.d.next = ResetState::Drain;
            self.asked.d.next = true;
            self.waited.d.next = 0.into();
        }
        if self.reset.val() {
            self.state.d.next = ResetState::Wake;
            self.asked.d.next = false;
            self.completed.d.next = 0.into();
        }
    }
}
