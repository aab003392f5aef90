//! Arithmetic on all elements of a beat.

use super::parts::{Parts, Products};
use super::text::Layout;
use crate::pipeline::Pipeline;
use rust_hdl_core::prelude::*;

/// Words from memory as elements, in the time of its pipeline. Initiation interval 1.
#[derive(LogicBlock, Default)]
pub struct BeatEntry<const W: usize> {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// The words.
    pub beat: Signal<In, Bits<W>>,
    /// The elements.
    pub out_beat: Signal<Out, Bits<W>>,
    /// A word is none of the field's.
    pub error: Signal<Out, Bit>,
    _parts: Option<(Pipeline, Layout, bool)>,
}

impl<const W: usize> BeatEntry<W> {
    pub(super) fn new(parts: &Parts) -> Self {
        Self::of(&parts.entry, parts.layout, parts.entry_checks())
    }

    /// Of this pipeline for each lane, which has an output `error` if it `checks`.
    pub(crate) fn of(entry: &Pipeline, layout: Layout, checks: bool) -> Self {
        Self {
            _parts: Some((entry.clone(), layout, checks)),
            ..Default::default()
        }
    }
}

impl<const W: usize> Logic for BeatEntry<W> {
    // Verilator simulates what contains an entry.
    fn update(&mut self) {}
    fn connect(&mut self) {
        self.out_beat.connect();
        self.error.connect();
    }
    fn hdl(&self) -> Verilog {
        let Some((pipeline, layout, checks)) = &self._parts else {
            return Verilog::Empty;
        };
        let (mut code, mut elements) = (String::new(), Vec::new());
        for lane in 0..layout.lanes {
            let low = lane * layout.word;
            code += &format!("wire [{}:0] element{lane};\n", layout.bits - 1);
            code += &pipeline.instance_named(
                &format!("entry{lane}"),
                &[
                    ("x", format!("beat[{}:{low}]", low + layout.word - 1)),
                    ("element", format!("element{lane}")),
                    ("error", format!("errors[{lane}]")),
                ],
            );
            elements.push(format!("element{lane}"));
        }
        let error = match checks {
            true => {
                code = format!("wire [{}:0] errors;\n{code}", layout.lanes - 1);
                "|errors"
            }
            false => "1'b0",
        };
        code += &format!(
            "assign error = {error};\nassign out_beat = {};\n",
            layout.beat(&elements)
        );
        Verilog::Wrapper(Wrapper {
            code,
            cores: pipeline.core().into(),
        })
    }
}

/// The products of two beats, lane by lane, in the time of the multiplier. Initiation interval 1.
#[derive(LogicBlock, Default)]
pub struct BeatProduct<const W: usize> {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Elements.
    pub left: Signal<In, Bits<W>>,
    /// Elements.
    pub right: Signal<In, Bits<W>>,
    /// Their products.
    pub product: Signal<Out, Bits<W>>,
    _products: Option<Products>,
}

impl<const W: usize> BeatProduct<W> {
    pub(super) fn new(parts: &Parts) -> Self {
        Self {
            _products: Some(parts.products()),
            ..Default::default()
        }
    }
}

impl<const W: usize> Logic for BeatProduct<W> {
    // Verilator simulates what contains a product.
    fn update(&mut self) {}
    fn connect(&mut self) {
        self.product.connect();
    }
    fn hdl(&self) -> Verilog {
        match &self._products {
            Some(products) => Verilog::Wrapper(Wrapper {
                code: products.instance("products", "left", "right", "product"),
                cores: products.core.clone(),
            }),
            None => Verilog::Empty,
        }
    }
}
