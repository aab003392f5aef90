//! A first-in first-out queue.

use super::{LookupMemory, Register};
use crate::emit::named;
use rust_hdl_core::prelude::*;
use rust_hdl_widgets::dff_setup;

/// First-word-fall-through queue of 2^A words. The user never pushes into a full queue nor pops an
/// empty one: whoever pushes keeps a credit for the space, or looks at `level`.
#[derive(LogicBlock, Default)]
pub struct Fifo<T: Synth, const A: usize> {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Forget everything.
    pub clear: Signal<In, Bit>,
    /// Append `d`.
    pub push: Signal<In, Bit>,
    /// Word to append.
    pub d: Signal<In, T>,
    /// Remove the oldest word.
    pub pop: Signal<In, Bit>,
    /// Oldest word, when `valid`.
    pub q: Signal<Out, T>,
    /// There is a word.
    pub valid: Signal<Out, Bit>,
    /// Words in the queue.
    pub level: Signal<Out, Bits<16>>,
    write_place: Register<Bits<A>>,
    read_place: Register<Bits<A>>,
    count: Register<Bits<16>>,
    memory: LookupMemory<T, A>,
}

impl<T: Synth, const A: usize> Logic for Fifo<T, A> {
    fn timing(&self) -> Vec<TimingInfo> {
        named(format!("fifo_{}x{}", T::BITS, 1 << A))
    }
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, write_place, read_place, count);
        clock!(self, clock, memory);
        self.memory.write.next = self.push.val();
        self.memory.write_address.next = self.write_place.q.val();
        self.memory.d.next = self.d.val();
        self.memory.read_address.next = self.read_place.q.val();
        self.q.next = self.memory.q.val();
        self.level.next = self.count.q.val();
        self.valid.next = self.count.q.val().any();
        if self.push.val() {
            self.write_place.d.next = self.write_place.q.val() + 1;
        }
        if self.pop.val() {
            self.read_place.d.next = self.read_place.q.val() + 1;
        }
        if self.push.val() & !self.pop.val() {
            self.count.d.next = self.count.q.val() + 1;
        }
        if self.pop.val() & !self.push.val() {
            self.count.d.next = self.count.q.val() - 1;
        }
        if self.clear.val() {
            self.write_place.d.next = 0.into();
            self.read_place.d.next = 0.into();
            self.count.d.next = 0.into();
        }
    }
}
