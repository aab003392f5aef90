//! Verilog to a running model: Verilator, the C++ compiler, a cache of shared libraries, and the loader.
//!
//! Models are built at run time, so that no build of the crate ever needs Verilator:
//!
//! ```no_run
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use gristmill_sim::verilator::{Design, ModelLibrary};
//!
//! let verilog = "module top(input clock, input [7:0] a, output reg [7:0] sum);
//!     always @(posedge clock) sum <= sum + a;
//! endmodule";
//! let library = ModelLibrary::build(&Design::new("top", verilog))?;
//! let mut model = library.instantiate()?;
//! let (a, sum) = (model.input("a")?, model.output("sum")?);
//! model.set(a, 3);
//! model.cycle()?;
//! model.settle()?;
//! println!("{}", model.get(sum));
//! # Ok(())
//! # }
//! ```

mod bridge;
mod compile;
mod design;
mod error;
mod library;
mod lint;
mod model;
mod ports;
mod shim;
mod toolchain;

pub use design::{Design, Optimise, Options};
pub use error::{BuildError, LintError, ModelError};
pub use library::ModelLibrary;
pub use lint::lint;
pub use model::Model;
pub use ports::{Direction, Input, Output, Port};
