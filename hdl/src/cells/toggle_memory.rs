//! A small memory with several read-modify-write ports.

use crate::emit::named;
use rust_hdl_core::prelude::*;
use std::collections::HashMap;

/// One port of a [`ToggleMemory`]: `read_address` in one cycle; in the next, its bit at `q`, and
/// in that same cycle the update of that same address: `toggle` inverts the bit.
#[derive(LogicInterface, Default)]
pub struct TogglePort<const A: usize> {
    /// Address whose bit is wanted in the next cycle.
    pub read_address: Signal<In, Bits<A>>,
    /// Bit at the address given in the cycle before.
    pub q: Signal<Out, Bit>,
    /// Address given in the cycle before.
    pub toggle_address: Signal<In, Bits<A>>,
    /// Invert the bit at `toggle_address`.
    pub toggle: Signal<In, Bit>,
}

/// 2^A bits behind two ports, each of which reads and inverts one bit a cycle. A read sees every
/// update of the cycle in which its address is given. All bits are 0 at power-up.
///
/// Each port has its own bank of bits, written by it alone; a bit is the exclusive or of the two
/// banks, so inverting it takes one write of the port's own bank. Invariant: the ports never invert
/// one address in the same cycle.
#[derive(LogicBlock, Default)]
pub struct ToggleMemory<const A: usize> {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// The two ports.
    pub port: [TogglePort<A>; 2],
    _bits: HashMap<usize, bool>,
}

impl<const A: usize> Logic for ToggleMemory<A> {
    fn update(&mut self) {
        if self.clock.pos_edge() {
            for port in self.port.iter().filter(|port| port.toggle.val()) {
                *self
                    ._bits
                    .entry(port.toggle_address.val().index())
                    .or_default() ^= true;
            }
            for port in &mut self.port {
                port.q.next = self
                    ._bits
                    .get(&port.read_address.val().index())
                    .copied()
                    .unwrap_or_default();
            }
        }
    }
    fn connect(&mut self) {
        for port in &mut self.port {
            port.q.connect();
        }
    }
    fn timing(&self) -> Vec<TimingInfo> {
        named(format!("toggle_memory_{}", 1u64 << A))
    }
    fn hdl(&self) -> Verilog {
        let (depth, last) = (1usize << A, (1usize << A) - 1);
        let mut text = String::from("integer k;\n");
        // bank<i>_<j>: port j's bits, in the copy that port i reads
        for i in 0..2 {
            for j in 0..2 {
                text += &format!(
                    "reg bank{i}_{j} [0:{last}];
reg stored{i}_{j};
reg forward{i}_{j};
wire seen{i}_{j} = forward{i}_{j} ? latest{j} : stored{i}_{j};
initial begin
  forward{i}_{j} = 1'b0;
  stored{i}_{j} = 1'b0;
  for (k = 0; k < {depth}; k = k + 1) bank{i}_{j}[k] = 1'b0;
end
always @(posedge clock) begin
  if (port${j}$toggle) bank{i}_{j}[port${j}$toggle_address] <= update{j};
  stored{i}_{j} <= bank{i}_{j}[port${i}$read_address];
  forward{i}_{j} <= port${j}$toggle && port${j}$toggle_address == port${i}$read_address;
end
"
                );
            }
        }
        for i in 0..2 {
            text += &format!(
                "assign port${i}$q = seen{i}_0 ^ seen{i}_1;
wire update{i} = !seen{i}_{i};
reg latest{i};
initial latest{i} = 1'b0;
always @(posedge clock) latest{i} <= update{i};
"
            );
        }
        super::leaf(text)
    }
}
