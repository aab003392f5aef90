//! Verilog from the tree of blocks, written for readers and for strict tools.
//!
//! rust-hdl's own generator names a module after its instance, gives every signal of a module one
//! `always` block, and leaves widths to Verilog's rules. This emitter walks the same public tree and
//! writes plain names, one module for all equal instances, one driver for each signal, and widths
//! that are never extended or truncated unsaid. `hdl/README.md` has the rules for kernels.

mod drive;
mod error;
mod expression;
mod kernel;
mod lift;
mod module;
mod names;
mod share;
mod text;
mod tree;
mod value;

#[cfg(test)]
mod tests;

pub use error::{EmitError, Fault};

use rust_hdl_core::block::Block;
use rust_hdl_core::timing::TimingInfo;
use sha2::{Digest, Sha256};
use std::fmt;

/// The Verilog of a block and everything inside.
#[derive(Clone, Debug)]
pub struct Emitted {
    /// The modules; each stands after those it uses, so that the last one is the top.
    pub modules: Vec<Module>,
    /// The ports of the top.
    pub ports: Vec<Port>,
}

impl Emitted {
    /// All modules as one text.
    pub fn text(&self) -> String {
        let texts: Vec<_> = self
            .modules
            .iter()
            .map(|module| module.text.as_str())
            .collect();
        texts.join("\n")
    }

    /// SHA-256 of [`Self::text`], in hexadecimal.
    pub fn sha256(&self) -> String {
        sha256(&self.text())
    }
}

/// A Verilog module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Module {
    /// Its name.
    pub name: String,
    /// Its text.
    pub text: String,
    /// SHA-256 of the text, in hexadecimal.
    pub sha256: String,
}

impl Module {
    /// A module of this name and text.
    pub(crate) fn new(name: String, text: String) -> Self {
        let sha256 = sha256(&text);
        Self { name, text, sha256 }
    }
}

/// A port of the top.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// Its name in Verilog.
    pub name: String,
    /// Which way it points.
    pub direction: Direction,
    /// Its bits.
    pub width: usize,
}

/// Which way a port points, seen from the design.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Driven by the environment.
    Input,
    /// Driven by the design.
    Output,
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Direction::Input => "input",
            Direction::Output => "output",
        })
    }
}

/// The Verilog of `block`, whose module is named `top`; the names of all others but the cores begin
/// with `top` and `_`.
///
/// # Errors
/// When a kernel has no faithful Verilog, with the path of the block and the reason.
pub fn verilog(block: &dyn Block, top: &str) -> Result<Emitted, EmitError> {
    share::emit(block, top)
}

/// What a block returns from `Logic::timing` to name its module; without it, the module is named
/// after the field that holds the block.
pub fn named(name: impl Into<String>) -> Vec<TimingInfo> {
    vec![TimingInfo {
        name: name.into(),
        clock: "clock".into(),
        inputs: Vec::new(),
        outputs: Vec::new(),
    }]
}

fn sha256(text: &str) -> String {
    format!("{:x}", Sha256::digest(text))
}
