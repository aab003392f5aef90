//! The engine of element-wise arithmetic: a\[i\] <- a\[i\] b\[i\] - c\[i\] on vectors in card memory.
//!
//! | block | what it does |
//! |---|---|
//! | [`Request`] | what a descriptor says, and whether it is within the limits |
//! | [`Operands`] | brings runs of a, b and c, one after the other through one port, side by side |
//! | [`MultiplySubtract`] | the arithmetic |
//! | [`PointwiseEngine`] | jobs, results, errors and counters |
//!
//! A job reads three beats for each beat that it writes, so it takes three cycles a beat where memory keeps up, and
//! about [`Parameters::latency`] more.

mod arithmetic;
mod engine;
mod operands;
mod request;

pub use arithmetic::MultiplySubtract;
pub use engine::PointwiseEngine;
pub use operands::Operands;
pub use request::Request;

use crate::pipeline::Pipeline;
use gristmill_datapath::modular::{modular_multiplier, modular_subtractor};
use gristmill_datapath::transform::element_entry;
use gristmill_datapath::{Field, Fill, Form};

/// What an engine is made of.
#[derive(Clone, Debug)]
pub struct Parameters {
    /// The field; an element has `field.word_bits()` bits of a beat.
    pub field: Field,
    /// Elements of a beat: a power of two, at most 32.
    pub lanes: usize,
    /// Binary logarithm of the most elements of a vector, at most 31.
    pub size_log2: usize,
    /// What the multipliers are filled with.
    pub fill: Fill,
}

/// The pipelines of a lane.
#[derive(Clone, Debug)]
pub(crate) struct Pipelines {
    pub entry: Pipeline,
    pub multiplier: Pipeline,
    pub subtractor: Pipeline,
    /// The entry has an output `error`.
    pub checks: bool,
}

impl Pipelines {
    fn new(parameters: &Parameters) -> Self {
        let field = &parameters.field;
        let name = |cell: &str| format!("{}_{cell}", field.name);
        let multiplier = modular_multiplier(field, parameters.fill);
        Self {
            entry: Pipeline::new(&name("entry"), &element_entry(field)),
            multiplier: Pipeline::new(&name("multiplier"), &multiplier),
            subtractor: Pipeline::new(&name("subtractor"), &modular_subtractor(field)),
            checks: field.form != Form::Goldilocks,
        }
    }

    /// Cycles from the operands of the arithmetic to its result.
    fn latency(&self) -> usize {
        self.multiplier.latency() + self.subtractor.latency()
    }
}

impl Parameters {
    /// Cycles from a beat of c at the port to its beat of results at the other one, where nothing waits.
    pub fn latency(&self) -> usize {
        let pipelines = Pipelines::new(self);
        // registers: behind the port, before the arithmetic; the queue of results
        3 + pipelines.entry.latency() + pipelines.latency()
    }
}
