//! A block in rust-hdl's simulator and in Verilator, side by side.

use gristmill_sim::verilator::{Design, Model, ModelLibrary};
use rand::Rng;
use rand::rngs::SmallRng;
use rust_hdl_core::prelude::*;
use rust_hdl_core::simulate::simulate;

/// Steps until rust-hdl's simulator must have settled.
const SETTLED: usize = 20;

/// The block in both simulators, under one name.
pub struct Both<B> {
    pub rust: B,
    model: Model,
}

impl<B: Block> Both<B> {
    pub fn new(rust: B, name: &str) -> Self {
        Self::with(rust, name, |verilog| verilog)
    }

    /// A block without a clock; its Verilog is given one, for the simulator wants to step something.
    pub fn combinational(rust: B, name: &str) -> Self {
        let head = format!("module {name} (");
        Self::with(rust, name, |verilog| {
            assert!(verilog.contains(&head));
            verilog.replacen(&head, &format!("{head}\n  input wire clock,"), 1)
        })
    }

    fn with(mut rust: B, name: &str, change: impl Fn(String) -> String) -> Self {
        rust.connect_all();
        let verilog = change(gristmill_hdl::emit::verilog(&rust, name).unwrap().text());
        let library = ModelLibrary::build(&Design::new(name, verilog)).unwrap();
        let model = library.instantiate().unwrap();
        Self { rust, model }
    }

    /// Gives the Verilog an input; the model in Rust is given it by whoever calls.
    pub fn set<const N: usize>(&mut self, name: &str, value: Bits<N>) {
        let port = self.model.input(name).unwrap();
        self.model.set_words(port, &words(value));
    }

    pub fn set_bit(&mut self, name: &str, value: bool) {
        self.set(name, Bits::<1>::from(value));
    }

    /// The Verilog's output.
    pub fn get<const N: usize>(&self, name: &str) -> Bits<N> {
        let words = self.model.words(self.model.output(name).unwrap());
        (0..N).fold(Bits::default(), |all, bit| {
            all.replace_bit(bit, words[bit / 32] >> (bit % 32) & 1 == 1)
        })
    }

    pub fn get_bit(&self, name: &str) -> bool {
        self.get::<1>(name).get_bit(0)
    }

    /// Both follow their inputs within a cycle.
    pub fn settle(&mut self) {
        simulate(&mut self.rust, SETTLED);
        self.model.settle().unwrap();
    }

    /// A cycle passes; `clock` sets the clock of the model in Rust.
    pub fn cycle(&mut self, clock: impl Fn(&mut B, Clock)) {
        for clk in [true, false] {
            clock(&mut self.rust, Clock { clk });
            simulate(&mut self.rust, SETTLED);
        }
        self.model.cycle().unwrap();
    }
}

fn words<const N: usize>(value: Bits<N>) -> Vec<u32> {
    let word = |word: usize| {
        let bits = 32 * word..N.min(32 * word + 32);
        bits.fold(0, |all, bit| {
            all | u32::from(value.get_bit(bit)) << (bit % 32)
        })
    };
    (0..N.div_ceil(32)).map(word).collect()
}

/// Any value.
pub fn random<const N: usize>(random: &mut SmallRng) -> Bits<N> {
    (0..N).fold(Bits::default(), |all, bit| {
        all.replace_bit(bit, random.r#gen())
    })
}
