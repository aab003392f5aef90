//! Memories.

use crate::emit::named;
use rust_hdl_core::prelude::*;
use std::collections::HashMap;

/// One port of a [`DualPortMemory`]: a write, or a read whose result stands at `q` in the next cycle.
#[derive(LogicInterface, Default)]
pub struct DualPort<T: Synth, const A: usize> {
    /// Address.
    pub address: Signal<In, Bits<A>>,
    /// Write `d`; `q` then keeps its value.
    pub write: Signal<In, Bit>,
    /// Data to write.
    pub d: Signal<In, T>,
    /// Data read.
    pub q: Signal<Out, T>,
}

/// True dual-port memory of 2^A words, read latency 1. It holds zeros at power-up. Both ports must
/// not write one address in the same cycle; a read beside a write of the same address gives the old word.
#[derive(LogicBlock)]
pub struct DualPortMemory<T: Synth, const A: usize> {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// The two ports.
    pub port: [DualPort<T, A>; 2],
    _words: HashMap<usize, T>,
}

impl<T: Synth, const A: usize> Default for DualPortMemory<T, A> {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            port: Default::default(),
            _words: HashMap::new(),
        }
    }
}

impl<T: Synth, const A: usize> Logic for DualPortMemory<T, A> {
    fn update(&mut self) {
        if self.clock.pos_edge() {
            for port in self.port.iter_mut().filter(|port| !port.write.val()) {
                port.q.next = self
                    ._words
                    .get(&port.address.val().index())
                    .copied()
                    .unwrap_or_default();
            }
            for port in self.port.iter().filter(|port| port.write.val()) {
                self._words.insert(port.address.val().index(), port.d.val());
            }
        }
    }
    fn connect(&mut self) {
        for port in &mut self.port {
            port.q.connect();
        }
    }
    fn timing(&self) -> Vec<TimingInfo> {
        named(format!("dual_port_memory_{}x{}", T::BITS, 1u64 << A))
    }
    fn hdl(&self) -> Verilog {
        let range = super::range(T::BITS);
        let mut text = format!(
            "reg {range}words [0:{last}];\ninteger k;\ninitial for (k = 0; k < {depth}; k = k + 1) words[k] = {width}'d0;\n",
            depth = 1usize << A,
            last = (1usize << A) - 1,
            width = T::BITS
        );
        for i in 0..2 {
            text += &format!(
                "reg {range}q{i};\nassign port${i}$q = q{i};\nalways @(posedge clock)\n  if (port${i}$write) words[port${i}$address] <= port${i}$d;\n  else q{i} <= words[port${i}$address];\n"
            );
        }
        super::leaf(text)
    }
}

/// Memory of 2^A words with one write and one asynchronous read port: lookup-table RAM.
/// It holds zeros at power-up.
#[derive(LogicBlock)]
pub struct LookupMemory<T: Synth, const A: usize> {
    /// Clock of the writes.
    pub clock: Signal<In, Clock>,
    /// Write `d` at `write_address`.
    pub write: Signal<In, Bit>,
    /// Address to write.
    pub write_address: Signal<In, Bits<A>>,
    /// Data to write.
    pub d: Signal<In, T>,
    /// Address to read.
    pub read_address: Signal<In, Bits<A>>,
    /// Data at `read_address`, in the same cycle.
    pub q: Signal<Out, T>,
    _words: Vec<T>,
}

impl<T: Synth, const A: usize> Default for LookupMemory<T, A> {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            write: Default::default(),
            write_address: Default::default(),
            d: Default::default(),
            read_address: Default::default(),
            q: Default::default(),
            _words: vec![T::default(); 1 << A],
        }
    }
}

impl<T: Synth, const A: usize> Logic for LookupMemory<T, A> {
    fn update(&mut self) {
        if self.clock.pos_edge() && self.write.val() {
            self._words[self.write_address.val().index()] = self.d.val();
        }
        self.q.next = self._words[self.read_address.val().index()];
    }
    fn connect(&mut self) {
        self.q.connect();
    }
    fn timing(&self) -> Vec<TimingInfo> {
        named(format!("lookup_memory_{}x{}", T::BITS, 1u64 << A))
    }
    fn hdl(&self) -> Verilog {
        super::leaf(format!(
            "reg {range}words [0:{last}];\ninteger k;\ninitial for (k = 0; k < {depth}; k = k + 1) words[k] = {width}'d0;\nassign q = words[read_address];\nalways @(posedge clock) if (write) words[write_address] <= d;\n",
            range = super::range(T::BITS),
            depth = 1usize << A,
            last = (1usize << A) - 1,
            width = T::BITS,
        ))
    }
}
