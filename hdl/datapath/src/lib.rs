//! Arithmetic pipelines as a graph whose nets know their width, value bound and cycle.
//!
//! One graph gives the Verilog and the cycle-accurate model of a datapath. Pipelines are feed-forward: they
//! have no enable and take new operands in every cycle. Long sums stay skewed, each chunk a cycle behind
//! the chunk below it, and registers that align operands are inserted for each slice.
//!
//! ```
//! use gristmill_datapath::{Builder, Config, Model};
//!
//! let mut builder = Builder::new(Config::RECORD);
//! let (a, b) = (builder.word("a", 100), builder.word("b", 100));
//! let product = builder.multiply(&a, &b)?;
//! builder.output("product", &product);
//! let graph = builder.finish();
//! let mut model = Model::new(&graph);
//! assert_eq!(model.evaluate(&[6u32.into(), 7u32.into()]), [42u32.into()]);
//! assert!(graph.verilog("multiplier").starts_with("module multiplier (\n  input wire clock"));
//! # Ok::<(), gristmill_datapath::Error>(())
//! ```

pub mod adder;
mod arithmetic;
pub mod cells;
pub mod curve;
mod curves;
pub mod entry;
mod error;
pub mod factor;
mod field;
pub mod fields;
mod fills;
mod graph;
mod model;
pub mod modular;
mod operations;
mod reduction;
pub mod transform;

pub use curve::Curve;
pub use error::{Error, Result};
pub use field::{Field, Form};
pub use fills::{Fill, dpi_source, dpi_source_of_field};
pub use graph::{
    Builder, Config, Direction, Graph, MAXIMUM_CARRY, MAXIMUM_LEVELS, Module, Net, Port, Skew,
    Summary, largest,
};
pub use model::Model;
pub use operations::{Digit, Range, Term, signed_digits, window_digits};
pub use reduction::{Reduction, SumOfProducts};
