//! Between 64-byte slots and the beats of a bus of W bits.

use rust_hdl_core::prelude::*;

/// Bits of a slot.
pub const SLOT_BITS: usize = 8 * gristmill_protocol::SLOT_BYTES;

/// Collects beats into a slot: after 512 / W pushes, `q` holds them, the first one lowest. Latency 1.
#[derive(LogicBlock, Default)]
pub struct BeatsToSlot<const W: usize> {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Take `d`.
    pub push: Signal<In, Bit>,
    /// Beat.
    pub d: Signal<In, Bits<W>>,
    /// Slot.
    pub q: Signal<Out, Bits<SLOT_BITS>>,
}

impl<const W: usize> Logic for BeatsToSlot<W> {
    fn update(&mut self) {
        if self.clock.pos_edge() && self.push.val() {
            let mut slot = self.q.val() >> W as u64;
            slot.set_bits(SLOT_BITS - W, self.d.val());
            self.q.next = slot;
        }
    }
    fn connect(&mut self) {
        self.q.connect();
    }
    fn hdl(&self) -> Verilog {
        let shifted = if W == SLOT_BITS {
            "d".into()
        } else {
            format!("{{d, value[{}:{W}]}}", SLOT_BITS - 1)
        };
        super::leaf(format!(
            "reg [{last}:0] value;\ninitial value = {SLOT_BITS}'d0;\nassign q = value;\nalways @(posedge clock) if (push) value <= {shifted};\n",
            last = SLOT_BITS - 1,
        ))
    }
}

/// Hands a slot out in beats, the lowest first: `q` is the first beat in the cycle after `load`, the
/// next one in the cycle after each `pop`.
#[derive(LogicBlock, Default)]
pub struct SlotToBeats<const W: usize> {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Take `d`.
    pub load: Signal<In, Bit>,
    /// Slot.
    pub d: Signal<In, Bits<SLOT_BITS>>,
    /// Go on to the next beat.
    pub pop: Signal<In, Bit>,
    /// Beat.
    pub q: Signal<Out, Bits<W>>,
    _value: Bits<SLOT_BITS>,
}

impl<const W: usize> Logic for SlotToBeats<W> {
    fn update(&mut self) {
        if self.clock.pos_edge() {
            if self.load.val() {
                self._value = self.d.val();
            } else if self.pop.val() {
                self._value = self._value >> W as u64;
            }
            self.q.next = self._value.get_bits(0);
        }
    }
    fn connect(&mut self) {
        self.q.connect();
    }
    fn hdl(&self) -> Verilog {
        let shifted = if W == SLOT_BITS {
            format!("{SLOT_BITS}'d0")
        } else {
            format!("{{{W}'d0, value[{}:{W}]}}", SLOT_BITS - 1)
        };
        super::leaf(format!(
            "reg [{last}:0] value;\ninitial value = {SLOT_BITS}'d0;\nassign q = value[{beat}:0];\nalways @(posedge clock)\n  if (load) value <= d;\n  else if (pop) value <= {shifted};\n",
            last = SLOT_BITS - 1,
            beat = W - 1,
        ))
    }
}
