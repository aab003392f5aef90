//! From wide words to beats of a bus.

use rust_hdl_core::prelude::*;

/// Cuts slots of `S` bits into beats of W bits, lowest first; S is a multiple of W.
#[derive(LogicBlock, Default)]
pub struct Packer<const W: usize, const S: usize> {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Forget everything.
    pub clear: Signal<In, Bit>,
    /// There is a slot.
    pub valid: Signal<In, Bit>,
    /// The slot.
    pub slot: Signal<In, Bits<S>>,
    /// The slot is taken.
    pub ready: Signal<Out, Bit>,
    /// There is a beat.
    pub beat_valid: Signal<Out, Bit>,
    /// The beat.
    pub beat: Signal<Out, Bits<W>>,
    /// The beat is taken.
    pub beat_ready: Signal<In, Bit>,
    /// What is left of the slot, and its beats.
    _held: Bits<S>,
    _left: usize,
}

impl<const W: usize, const S: usize> Logic for Packer<W, S> {
    fn update(&mut self) {
        let accepts = |left: usize, beat_ready: bool| left == 0 || (left == 1 && beat_ready);
        if self.clock.pos_edge() {
            if self.valid.val() && accepts(self._left, self.beat_ready.val()) {
                self._held = self.slot.val();
                self._left = S / W;
            } else if self._left != 0 && self.beat_ready.val() {
                self._held = self._held >> W as u64;
                self._left -= 1;
            }
            if self.clear.val() {
                self._left = 0;
            }
        }
        self.ready.next = accepts(self._left, self.beat_ready.val());
        self.beat_valid.next = self._left != 0;
        self.beat.next = self._held.get_bits(0);
    }
    fn connect(&mut self) {
        self.ready.connect();
        self.beat_valid.connect();
        self.beat.connect();
    }
    fn hdl(&self) -> Verilog {
        let beats = S / W;
        let count = clog2(beats + 1).max(1);
        let shifted = if beats == 1 {
            "held".into()
        } else {
            format!("{{{W}'d0, held[{}:{W}]}}", S - 1)
        };
        super::leaf(format!(
            "reg [{top}:0] held;
reg {range}left;
initial left = {count}'d0;
wire last = left == {count}'d0 || (left == {count}'d1 && beat_ready);
assign ready = last;
assign beat_valid = left != {count}'d0;
assign beat = held[{beat_top}:0];
always @(posedge clock) begin
  if (valid && ready) begin
    held <= slot;
    left <= {count}'d{beats};
  end else if (beat_valid && beat_ready) begin
    held <= {shifted};
    left <= left - {count}'d1;
  end
  if (clear) left <= {count}'d0;
end
",
            top = S - 1,
            beat_top = W - 1,
            range = super::range(count),
        ))
    }
}
