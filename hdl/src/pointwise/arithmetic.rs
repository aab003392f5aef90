//! The arithmetic, lane by lane.

use super::Pipelines;
use crate::ntt::text::{Layout, delay};
use rust_hdl_core::prelude::*;

/// `result` is left * right - minus, lane by lane, in the time of multiplier and subtractor. All elements are below
/// the modulus. Initiation interval 1.
#[derive(LogicBlock, Default)]
pub struct MultiplySubtract<const W: usize> {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Elements.
    pub left: Signal<In, Bits<W>>,
    /// Elements.
    pub right: Signal<In, Bits<W>>,
    /// Elements.
    pub minus: Signal<In, Bits<W>>,
    /// Elements.
    pub result: Signal<Out, Bits<W>>,
    _parts: Option<(Pipelines, Layout)>,
}

impl<const W: usize> MultiplySubtract<W> {
    pub(super) fn new(pipelines: &Pipelines, layout: Layout) -> Self {
        Self {
            _parts: Some((pipelines.clone(), layout)),
            ..Default::default()
        }
    }
}

impl<const W: usize> Logic for MultiplySubtract<W> {
    // Verilator simulates what contains it.
    fn update(&mut self) {}
    fn connect(&mut self) {
        self.result.connect();
    }
    fn hdl(&self) -> Verilog {
        let Some((pipelines, layout)) = &self._parts else {
            return Verilog::Empty;
        };
        let (multiplier, subtractor) = (&pipelines.multiplier, &pipelines.subtractor);
        let mut code = delay("late", "minus", W, multiplier.latency());
        let mut results = Vec::new();
        let top = layout.bits - 1;
        for lane in 0..layout.lanes {
            code += &format!("wire [{top}:0] product{lane};\nwire [{top}:0] result{lane};\n");
            code += &multiplier.instance_named(
                &format!("multiplier{lane}"),
                &[
                    ("a", layout.element("left", lane)),
                    ("b", layout.element("right", lane)),
                    ("result", format!("product{lane}")),
                ],
            );
            code += &subtractor.instance_named(
                &format!("subtractor{lane}"),
                &[
                    ("a", format!("product{lane}")),
                    ("b", layout.element("late", lane)),
                    ("result", format!("result{lane}")),
                ],
            );
            results.push(format!("result{lane}"));
        }
        for beat in ["left", "right", "late"] {
            code += &layout.unused(beat);
        }
        code += &format!("assign result = {};\n", layout.beat(&results));
        Verilog::Wrapper(Wrapper {
            code,
            cores: format!("{}{}", multiplier.core(), subtractor.core()),
        })
    }
}
